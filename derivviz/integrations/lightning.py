"""Record what a Lightning Trainer trains: a Callback.

>>> from derivviz.integrations.lightning import RecordTraining
>>> import lightning, torch
>>> class Line(lightning.LightningModule):
...     def __init__(self):
...         super().__init__()
...         self.layer = torch.nn.Linear(3, 1)
...     def training_step(self, batch, index):
...         return self.layer(batch).square().mean()
...     def configure_optimizers(self):
...         return torch.optim.SGD(self.parameters(), lr=0.1)
>>> record = RecordTraining("run.zarr", snapshot_every=20)
>>> trainer = lightning.Trainer(max_epochs=2, callbacks=[record])                       # doctest: +SKIP
>>> trainer.fit(Line(), torch.utils.data.DataLoader(torch.rand(64, 3), batch_size=8))   # doctest: +SKIP

The trace has ``loss``, which is that of the whole step where gradients are accumulated, ``epoch`` counted from
1, and whatever the module logs, under its name: validation metrics at the step that they followed. Modules and
parameters are named as in the LightningModule (``layer``, ``layer.weight``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from derivviz.errors import UsageError
from derivviz.integrations.hosted import Hosted, missing

try:
    from lightning.pytorch.callbacks import Callback
except ModuleNotFoundError:
    try:  # the same library under its older name
        from pytorch_lightning.callbacks import Callback
    except ModuleNotFoundError as error:
        raise missing("Lightning", "lightning") from error


class RecordTraining(Hosted, Callback):
    """Records each fit of a Lightning Trainer; ``Trainer(callbacks=[RecordTraining("run.zarr")])``.

    Parameters
    ----------
    path : the trace to make, a folder
    optimizer : of several (a GAN), the number of the one whose steps are recorded
    options : what :func:`derivviz.record` takes. With ``resume=True`` a fit that goes on from a checkpoint goes
        on in its trace: steps recorded after that checkpoint are dropped.

    Raises
    ------
    UsageError : when training begins, if there are several optimizers and none is chosen.
    TraceError : when training begins, if the trace cannot be made.
    """

    def __init__(self, path: str | Path, *, optimizer: int | None = None, **options: Any) -> None:
        super().__init__(path, **options)
        self.optimizer = optimizer

    def __getstate__(self) -> dict[str, Any]:
        """Without the methods of the module that Lightning lends to each callback."""
        return {
            name: value for name, value in super().__getstate__().items() if name not in ("log", "log_dict")
        }

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Everything is in place: weights, optimizers, and the state of a checkpoint."""
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        chosen = self._chosen(trainer.optimizers)
        self._open(pl_module, chosen, scaler, trainer.global_step // max(len(trainer.optimizers), 1))
        self._steps = trainer.global_step
        self._loss: Tensor | float = 0.0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """What callback_metrics shows from the epoch before is no news."""
        self._fresh(trainer.callback_metrics)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Before the forward pass."""
        self._batch(batch)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """After the backward pass, and after the optimizer's step unless gradients are accumulated."""
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        own: dict[str, Any] = {"epoch": trainer.current_epoch + 1}
        if isinstance(loss, Tensor):
            # Lightning has divided it by the number of batches that a step accumulates.
            self._loss = own["loss"] = loss.detach() + self._loss
        self._log({**own, **self._fresh(trainer.callback_metrics)})
        if trainer.global_step != self._steps:
            self._steps, self._loss = trainer.global_step, 0.0

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """What validation inside the epoch logged; it belongs to the step before."""
        self._log(self._fresh(trainer.callback_metrics))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Means over the epoch."""
        self._log(self._fresh(trainer.callback_metrics))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """The fit is over."""
        self._close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Something was raised, or Ctrl-C was pressed."""
        self._close(exception)

    def _chosen(self, optimizers: list[Optimizer]) -> Optimizer:
        known = ", ".join(f"{n}: {type(optimizer).__name__}" for n, optimizer in enumerate(optimizers))
        if not optimizers:
            raise UsageError("There is nothing to record: configure_optimizers of this module returns none.")
        if self.optimizer is None and len(optimizers) > 1:
            raise UsageError(
                f"This module has {len(optimizers)} optimizers ({known}), and a trace follows the steps of one. "
                f"Say which: RecordTraining({str(self.path)!r}, optimizer=0)"
            )
        number = self.optimizer or 0
        if not 0 <= number < len(optimizers):
            raise UsageError(f"There is no optimizer {number}. This module has {known}.")
        return optimizers[number]
