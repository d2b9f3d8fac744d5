"""The recorder that a training loop talks to."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from derivviz.errors import UsageError
from derivviz.recording.gathering import PICTURE_SIDE, Gathering
from derivviz.recording.measure import pictures
from derivviz.recording.provenance import provenance
from derivviz.recording.tables import STEP_ROWS, Tables
from derivviz.recording.watch import Watch
from derivviz.trace.writer import TraceWriter

SECONDS_BETWEEN_COMMITS = 5.0
OWN_NAMES = frozenset({
    "step", "time", "recorder_seconds", "lr", "lr_factor", "param",
    "stats", "stat", "tensor", "kind", "name", "size", "estimator",
})  # fmt: skip


class Recorder:
    """Records the steps of an optimizer on a model while its ``with`` block runs. Made by :func:`record`.

    Nothing that goes wrong in it reaches the training: it warns once, keeps what is recorded, and stops.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        path: str | Path,
        *,
        every: int = 1,
        snapshot_every: int = 10,
        steps: int | None = None,
        overwrite: bool = False,
    ) -> None:
        self.path = Path(path)
        self._model, self._optimizer, self._overwrite = model, optimizer, overwrite
        self._every, self._snapshot_every, self._steps = every, snapshot_every, steps
        self._stopped = True

    def __enter__(self) -> Self:
        about = provenance(self._model, self._optimizer)
        self._modules: list[dict[str, Any]] = about["modules"]
        self._writer = TraceWriter(self.path, about, self._overwrite)
        self._watch = Watch(self._model, self._optimizer, self._wanted, self._safely, self._finished)
        self._tables = Tables(self._writer, self._watch.modules, self._watch.parameters)
        self._began = self._committed = time.perf_counter()
        self._seconds = 0.0
        self._uncommitted = 0
        self._row: dict[str, Any] | None = None  # the last step, open for what the loop still logs of it
        self._scalars: dict[str, Any] = {}  # logged of that step
        self._coming: dict[str, Any] = {}  # logged of the step under way
        self._stopped = False
        self._watch.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watch.detach()
        self._safely(self._close)
        self._stopped = True

    def log(self, **scalars: float | Tensor) -> None:
        """Record scalars of the current step: before ``optimizer.step()`` or after it, as the loop has them.

        Raises
        ------
        UsageError : a name that the trace uses itself.
        """
        taken = OWN_NAMES.intersection(scalars)
        if taken:
            raise UsageError(f"recorder.log: the trace uses the name {min(taken)!r} itself. Choose another.")
        self._safely(self._log, scalars)

    def note(self, **values: Any) -> None:
        """Add to what the trace says of the run (``trace.attrs``): anything that JSON can hold."""
        self._safely(lambda: self._writer.note(**values))

    def batch(self, images: Tensor, target: Tensor | None = None) -> None:
        """Tell the recorder the batch, before the forward pass; kept if this step is a snapshot.

        Parameters
        ----------
        images : (sample, channel, y, x), of which thumbnails of the first four are kept
        target : true classes, (sample,)
        """
        self._safely(self._batch, images, target)

    def evaluation(
        self,
        probabilities: Tensor | np.ndarray[Any, Any],
        *,
        epoch: int | None = None,
        target: Sequence[int] | Tensor | None = None,
        names: Sequence[str] | None = None,
        images: Tensor | None = None,
    ) -> None:
        """Record the probabilities of held-out images; one call an epoch, the images always the same.

        Parameters
        ----------
        probabilities : (image, class)
        epoch : its number; counted from 1 if left out
        target : true classes, (image,); this and what follows is needed only once
        names : names of the images
        images : (image, channel, y, x), of which thumbnails are kept
        """
        self._safely(self._evaluation, probabilities, epoch, target, names, images)

    def _wanted(self, step: int) -> tuple[bool, bool]:
        last = self._steps is not None and step == self._steps - 1
        snapshot = step % self._snapshot_every == 0 or last
        return snapshot or step % self._every == 0, snapshot

    def _safely(self, action: Callable[..., None], *arguments: Any) -> None:
        """Run `action`; a fault in it stops the recording, not the training."""
        if self._stopped:
            return
        start = time.perf_counter()
        try:
            action(*arguments)
        except Exception as fault:
            self._stop(fault)
        finally:
            self._seconds += time.perf_counter() - start

    def _stop(self, fault: Exception) -> None:
        self._stopped = True
        self._watch.detach()
        message = (
            f"The recording in {self.path} stopped at step {self._watch.step}, "
            f"because of {type(fault).__name__}: {fault}. "
            "The training goes on, and what was recorded until then can be read."
        )
        try:
            self._writer.note(stopped=message)
            self._close()
        except Exception:  # most likely the fault itself, once more: the last commit is what stays
            pass
        try:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        except RuntimeWarning:  # where warnings are errors, this one must still not end the training
            print(message, file=sys.stderr)

    def _finished(self, gathered: Gathering) -> None:
        """A recorded step is over."""
        now = time.perf_counter()
        self._end_row()
        times = {"time": now - self._began, "recorder_seconds": self._seconds}
        self._row, self._scalars, self._coming = self._tables.step_row(gathered, times), self._coming, {}
        if gathered.snapshot:
            for module in self._modules:
                module["output_shape"] = gathered.shapes.get(module["name"], module.get("output_shape"))
            self._writer.note(modules=self._modules)
            self._tables.append_snapshot(gathered)
        if self._uncommitted >= STEP_ROWS or now - self._committed > SECONDS_BETWEEN_COMMITS:
            self._writer.commit()
            self._uncommitted, self._committed = 0, time.perf_counter()

    def _end_row(self) -> None:
        if self._row is not None:
            row, self._row = self._row, None
            self._tables.append_step(row, {name: float(value) for name, value in self._scalars.items()})
            self._uncommitted += 1

    def _close(self) -> None:
        self._end_row()
        self._writer.close()

    def _log(self, scalars: dict[str, Any]) -> None:
        # Copies: a loss tensor would hold its graph, and a running one may change before the row is written.
        copied = {k: v.detach().clone() if isinstance(v, Tensor) else float(v) for k, v in scalars.items()}
        if self._watch.under_way or self._watch.step == 0:
            if self._watch.gathering is not None:
                self._coming |= copied
        elif self._row is not None and self._row["step"] == self._watch.step - 1:
            self._scalars |= copied

    def _batch(self, images: Tensor, target: Tensor | None) -> None:
        gathering = self._watch.gathering
        if gathering is not None and gathering.snapshot:
            gathering.images(images, target)

    def _evaluation(self, probabilities: Any, epoch: Any, target: Any, names: Any, images: Any) -> None:
        writer = self._writer
        values = _numpy(probabilities)
        if not values.size:
            return  # nothing was held out
        writer.declare("evaluation/epoch", dtype=np.int64)
        writer.declare("evaluation/probabilities", ("image", "class"), values.shape, np.float32)
        if target is not None:
            writer.labels("evaluation/target", ("image",), _numpy(target).astype(np.int64))
        if names is not None:
            writer.labels("evaluation/name", ("image",), [str(name) for name in names])
        if images is not None:
            dims = ("image", "y", "x", "rgb")
            writer.labels("evaluation/thumbnail", dims, pictures(images, PICTURE_SIDE))
        number = writer.rows.get("evaluation", 0) + 1 if epoch is None else epoch
        writer.append("evaluation", {"epoch": number, "probabilities": values})


def _numpy(values: Any) -> np.ndarray[Any, Any]:
    return np.asarray(values.detach().cpu().numpy() if isinstance(values, Tensor) else values)
