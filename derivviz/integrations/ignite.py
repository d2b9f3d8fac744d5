"""Record what an Ignite Engine trains: a handler.

>>> from derivviz.integrations.ignite import RecordTraining
>>> from ignite.engine import create_supervised_trainer
>>> import torch
>>> model = torch.nn.Linear(3, 1)
>>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
>>> trainer = create_supervised_trainer(model, optimizer, torch.nn.functional.mse_loss)
>>> RecordTraining("run.zarr", snapshot_every=20).attach(trainer, model, optimizer)
>>> batches = [(torch.rand(8, 3), torch.rand(8, 1))] * 10
>>> trainer.run(batches, max_epochs=2)                                                  # doctest: +SKIP

The trace has ``epoch``, counted from 1, the engine's output (``loss`` if it is a number, its names if it is a
mapping), and its metrics under their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer

from derivviz.integrations.hosted import Hosted, missing

try:
    from ignite.engine import Engine, Events
except ModuleNotFoundError as error:
    raise missing("Ignite", "ignite") from error


def _as_it_is(output: Any) -> Any:
    return output


class RecordTraining(Hosted):
    """Records each run of an engine that it is attached to.

    Parameters
    ----------
    path : the trace to make, a folder
    output_transform : of the engine's output, the number or the mapping of numbers to log
    options : what :func:`derivviz.record` takes, ``scaler`` too. With ``resume=True`` a run that goes on from an
        engine's state goes on in its trace: steps recorded after that state are dropped. Where gradients are
        accumulated, a step is no iteration: say ``first_step`` too.
    """

    def __init__(
        self, path: str | Path, *, output_transform: Callable[[Any], Any] = _as_it_is, **options: Any
    ) -> None:
        super().__init__(path, **options)
        self.output_transform = output_transform

    def attach(
        self,
        engine: Engine,
        model: nn.Module,
        optimizer: Optimizer,
        evaluators: Mapping[str, Engine] | None = None,
    ) -> None:
        """Record what `engine` trains from its next run on.

        Parameters
        ----------
        evaluators : engines that run between steps; the metrics of ``{"held_out": engine}`` are logged as
            ``held_out/NAME`` at the step that they followed

        Raises
        ------
        TraceError : when the engine is run, if the trace cannot be made.
        """
        run = engine.run

        @wraps(run)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            # An engine that is done counts anew when it is run again, and tells so only later.
            self._open(model, optimizer, step=engine.state.iteration if self.options.get("resume") else 0)
            # Added now, so that they come after the handlers that work out the metrics.
            handlers = [
                engine.add_event_handler(Events.ITERATION_STARTED, self._iteration_started),
                engine.add_event_handler(Events.ITERATION_COMPLETED, self._iteration_completed),
                engine.add_event_handler(Events.EPOCH_COMPLETED, self._metrics),
                *(
                    evaluator.add_event_handler(Events.COMPLETED, self._metrics, f"{name}/")
                    for name, evaluator in (evaluators or {}).items()
                ),
            ]
            try:
                return run(*args, **kwargs)
            except BaseException as error:
                self._close(error)
                raise
            finally:
                self._close()
                for handler in handlers:
                    handler.remove()

        # Not the event EXCEPTION_RAISED: to listen to it is to swallow what was raised.
        engine.run = recorded

    def _iteration_started(self, engine: Engine) -> None:
        self._batch(engine.state.batch)

    def _iteration_completed(self, engine: Engine) -> None:
        output = self.output_transform(engine.state.output)
        told = output if isinstance(output, Mapping) else {"loss": output}
        self._log({"epoch": engine.state.epoch, **told})
        self._metrics(engine)

    def _metrics(self, engine: Engine, prefix: str = "") -> None:
        self._log(self._fresh({prefix + name: value for name, value in engine.state.metrics.items()}))
