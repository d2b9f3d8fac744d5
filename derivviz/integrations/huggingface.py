"""Record what a Hugging Face Trainer trains: a TrainerCallback.

>>> from derivviz.integrations.huggingface import RecordTraining
>>> from transformers import Trainer, TrainingArguments
>>> record = RecordTraining("run.zarr", snapshot_every=20)
>>> arguments = TrainingArguments("out", max_steps=100, logging_steps=1)                # doctest: +SKIP
>>> Trainer(model, arguments, train_dataset=rows, callbacks=[record]).train()           # doctest: +SKIP

The trace has ``epoch``, counted from 1, and whatever the Trainer logs, under its name and at its step (``loss``,
``grad_norm``, ``eval_loss``, …): with ``logging_steps=1`` the loss of every step, else its means. An
evaluation before the first step has no step to stand at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from derivviz.integrations.hosted import Hosted, missing

try:
    from transformers import Trainer, TrainerCallback
except ModuleNotFoundError as error:
    raise missing("transformers", "transformers") from error


class RecordTraining(Hosted, TrainerCallback):
    """Records each training of a Trainer; ``Trainer(…, callbacks=[RecordTraining("run.zarr")])``.

    Parameters
    ----------
    path : the trace to make, a folder
    options : what :func:`derivviz.record` takes. With ``resume=True`` a training that goes on from a checkpoint
        goes on in its trace: steps recorded after that checkpoint are dropped.

    Raises
    ------
    TraceError : when training begins, if the trace cannot be made.
    """

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **_: Any
    ) -> None:
        """Everything is in place: weights, optimizer, and the state of a checkpoint."""
        # accelerate wraps the optimizer, and its wrapper takes no hooks.
        inner = getattr(optimizer, "optimizer", optimizer)
        self._first = state.global_step
        self._open(model, inner, getattr(optimizer, "scaler", None), state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the optimizer's step."""
        self._log({"epoch": math.ceil(state.epoch)})

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """The Trainer logs: after a step, after an evaluation, and once at the end."""
        if state.global_step > self._first:
            self._log({name: value for name, value in (logs or {}).items() if name != "epoch"})

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The training is over."""
        self._close()


def _closing(train: Callable[..., Any]) -> Callable[..., Any]:
    """`train`, but whatever it raises closes the recordings that are among its callbacks."""

    @wraps(train)
    def closing(trainer: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return train(trainer, *args, **kwargs)
        except BaseException as error:
            for callback in trainer.callback_handler.callbacks:
                if isinstance(callback, RecordTraining):
                    callback._close(error)
            raise

    return closing


# A Trainer tells its callbacks of no exception: without this, Ctrl-C in a notebook would leave the hooks behind.
Trainer.train = _closing(Trainer.train)
