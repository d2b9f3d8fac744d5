"""The recorder that a training loop talks to."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from torch import Tensor

from derivviz.errors import UsageError
from derivviz.recording.gathering import Gathering, Sheets
from derivviz.recording.hooks import Guard
from derivviz.recording.pace import Budget, Pace
from derivviz.recording.probe import Probe
from derivviz.recording.ranks import rank
from derivviz.recording.run import TIMES, Run
from derivviz.recording.sensitivity import Sensitivity
from derivviz.recording.watch import Watch, Watched
from derivviz.trace.diagnosis import diagnose
from derivviz.trace.errors import TraceError
from derivviz.trace.reader import open_trace
from derivviz.trace.writer import is_trace

SECONDS_BETWEEN_COMMITS = 2.0  # and in proportion more where a commit …
CHEAP_COMMIT = 0.01  # … takes longer than so many seconds: large models have many arrays
OWN_NAMES = frozenset({
    "step", "time", "recorder_seconds", "lr", "lr_factor", "param", "loss_scale", "skipped",
    "stats", "stat", "tensor", "kind", "name", "call", "size", "dtype", "estimator",
})  # fmt: skip


class Recorder:
    """Records the steps of an optimizer on a model while its ``with`` block runs. Made by :func:`record`.

    Nothing that goes wrong in it reaches the training: it warns once, keeps what is recorded, and stops.
    """

    def __init__(
        self,
        watched: Watched,
        path: str | Path,
        *,
        pace: Pace,
        budget: Budget | None = None,
        probe: Probe | None = None,
        sensitivity: Sensitivity | None = None,
        **of_run: Any,
    ) -> None:
        self.path = Path(path)
        self._watched, self._pace, self._budget, self._probe = watched, pace, budget, probe
        self._sensitivity = sensitivity
        self._of_run = of_run

    def __enter__(self) -> Self:
        self._rank = rank()
        if self._rank:
            self.path /= f"rank{self._rank}"
            self._watched = replace(self._watched, parameters={})  # the same everywhere: process 0 has them
        self._run: Run | None = None
        self._notes: dict[str, Any] = {}
        # Another process may yet be making the folder that this one's trace lies in; when a step is over, it
        # has done so, since the processes wait for each other in the backward pass.
        if not self._rank or (self._of_run.get("resume") and is_trace(self.path)):
            self._open()
        run = self._run
        self._first_step = run.first_step if run is not None else self._of_run.get("first_step") or 0
        earlier = run.times if run is not None else dict.fromkeys(TIMES, 0.0)
        self._guard = Guard(self._stop, earlier["recorder_seconds"])
        self._began = time.perf_counter() - earlier["time"]
        self._next_commit = time.perf_counter() + SECONDS_BETWEEN_COMMITS
        self._sheets = Sheets(), Sheets()  # of snapshots, which look at more, the second
        self._coming: dict[str, Any] = {}  # logged of the step under way
        self._skipped = 0
        # The last step before which the probe was shown: a resumed run goes on from there.
        self._probed, self._sensed = (run.probed, run.sensed) if run is not None else (-1, -1)
        self._sensing = 0.0  # seconds
        self._watch = Watch(
            self._watched, self._first_step, self._guard, self._begin, self._before, self._finished
        )
        self._watch.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._guard.run(self._watch.detach)
        if kind is None:  # who breaks off does not want to wait for it
            self._guard.run(self._sense)
        self._guard.run(self._close)
        self._guard.stopped = True

    @property
    def step(self) -> int:
        """Number of the step under way; the last one that is over is ``step - 1``."""
        return self._watch.step

    def log(self, step: int | None = None, **scalars: float | Tensor) -> None:
        """Record scalars of a step.

        Parameters
        ----------
        step : the one under way or the last one that is over. If left out, calls before and after
            ``optimizer.step()`` both mean that step, until the model is next called.
        scalars : by name

        Raises
        ------
        UsageError : a name that the trace uses itself.
        """
        taken = OWN_NAMES.intersection(scalars)
        if taken:
            raise UsageError(f"recorder.log: the trace uses the name {min(taken)!r} itself. Choose another.")
        self._guard.run(self._log, step, scalars)

    def note(self, **values: Any) -> None:
        """Add to what the trace says of the run (``trace.attrs``): anything that JSON can hold."""
        self._guard.run(self._note, values)

    def diagnose(self) -> None:
        """Measure the run so far, and keep what is found in the trace (``trace.attrs["diagnosis"]``).

        For the end of the training, of whatever kind. See :func:`derivviz.trace.diagnosis.diagnose`, which
        can be asked of any trace later.
        """
        self._guard.run(self._diagnose)

    def tag(self, name: str, tensor: Tensor) -> Tensor:
        """Record a tensor of the forward pass as if it were the output of a module called `name`.

        For what is no module: ``x = recorder.tag("sum", x + y)``.

        Returns
        -------
        the tensor as it is
        """
        self._guard.run(self._watch.seen, name, tensor)
        return tensor

    def batch(self, images: Tensor, target: Tensor | None = None) -> None:
        """Tell the recorder the batch, before the forward pass; kept if this step is a snapshot.

        Parameters
        ----------
        images : (sample, channel, y, x), of which thumbnails of the first four are kept
        target : true classes, (sample,)
        """
        self._guard.run(self._batch, images, target)

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
        self._guard.run(self._evaluation, probabilities, epoch, target, names, images)

    def _stop(self, fault: Exception) -> None:
        message = (
            f"The recording in {self.path} stopped at step {self._watch.step}, "
            f"because of {type(fault).__name__}: {fault}. "
            "The training goes on, and what was recorded until then can be read."
        )
        try:
            self._watch.detach()
            self._note({"stopped": message})
            self._open().close()
        except Exception:  # most likely the fault itself, once more: the last commit is what stays
            pass
        _warn(message)

    def _open(self) -> Run:
        if self._run is None:
            self._run = Run(self.path, self._watched, **self._of_run)
            self._run.note(**self._notes)
        return self._run

    def _begin(self, step: int) -> Gathering | None:
        recorded, snapshot = self._pace.wanted(step)
        sheets = self._sheets[snapshot]
        return Gathering(step, snapshot, self._pace.sample, sheets) if recorded else None

    def _finished(self, gathered: Gathering) -> None:
        """A recorded step is over."""
        run, now = self._open(), time.perf_counter()
        if self._budget is not None and not self._budget.settled:
            run.flush()  # so that what a step costs is not put off
            if self._budget.observe(self._pace, gathered, now, self._guard.seconds - self._sensing):
                run.note(budget=self._budget.told)
        if now > self._next_commit:
            self._tell_skipped(run)
            self._commit(run)
        times = {"time": now - self._began, "recorder_seconds": self._guard.seconds}
        run.step(gathered, times, self._coming | gathered.scalars)
        self._coming = {}

    def _commit(self, run: Run) -> None:
        start = time.thread_time()  # and not by the clock, since a machine may be busy with something else
        run.commit()
        dear = max(1.0, (time.thread_time() - start) / CHEAP_COMMIT)
        self._next_commit = time.perf_counter() + SECONDS_BETWEEN_COMMITS * dear

    def _before(self, gathered: Gathering) -> None:
        """The optimizer is about to make a recorded step."""
        if gathered.snapshot:
            self._show_probe()
        if self._sensitivity is not None and gathered.step % self._sensitivity.every == 0:
            self._sense()

    def _show_probe(self) -> None:
        """Show the model the probe, as it is before the step that comes."""
        if self._probe is not None and self._watch.step > self._probed:
            self._probed = self._watch.step
            self._open().probe(self._watch.step, self._probe)

    def _sense(self) -> None:
        """Measure how the outputs change with the probe, as the model is before the step that comes."""
        if self._sensitivity is None or self._watch.step <= self._sensed:
            return
        began, self._sensed = time.perf_counter(), self._watch.step
        try:
            found = self._sensitivity.look()
        except (
            RuntimeError,
            ValueError,
            TypeError,
            NotImplementedError,
        ) as fault:  # no derivatives to be had
            self._watch.skipped["sensitivity"] = f"{type(fault).__name__}: {fault}"
            self._sensitivity = None
        else:
            self._open().sensitivity(self._watch.step, found)
        self._sensing += time.perf_counter() - began

    def _tell_skipped(self, run: Run) -> None:
        """Note what could not be recorded, if there is more of it than was noted."""
        watch = self._watch
        if len(watch.skipped) + len(watch.recomputed) > self._skipped:
            self._skipped = len(watch.skipped) + len(watch.recomputed)
            run.note(skipped=watch.skipped, recomputed=sorted(watch.recomputed))

    def _close(self) -> None:
        run = self._open()
        self._show_probe()
        self._tell_skipped(run)
        if self._budget is not None and self._budget.settled:
            run.note(
                budget=self._budget.told
                | {"cost": self._budget.cost(time.perf_counter(), self._guard.seconds)}
            )
        try:
            run.close()
        except TraceError as error:  # everything is recorded; only its laying out failed
            _warn(str(error))

    def _log(self, step: int | None, scalars: dict[str, Any]) -> None:
        # Copies: a loss tensor would hold its graph, and a running one may change before the row is written.
        # On a device they stay tensors, as asking for a number would wait for it.
        copied = {
            name: float(value)
            if not isinstance(value, Tensor)
            else (value.item() if value.is_cpu else value.detach().clone())
            for name, value in scalars.items()
        }
        watch = self._watch
        if step is None:
            step = watch.step if watch.under_way or watch.step == self._first_step else watch.step - 1
        if step == watch.step and watch.gathering is not None:
            self._coming |= copied
        elif self._run is not None:
            self._run.log(step, copied)

    def _diagnose(self) -> None:
        run = self._open()
        run.commit()
        try:
            run.note(diagnosis=diagnose(open_trace(self.path)))
        except Exception as fault:  # it says no more than what is recorded, and takes nothing of it away
            _warn(f"The trace {self.path} was not diagnosed: {type(fault).__name__}: {fault}")

    def _note(self, values: dict[str, Any]) -> None:
        if self._run is None:
            self._notes |= values
        else:
            self._run.note(**values)

    def _batch(self, images: Tensor, target: Tensor | None) -> None:
        gathering = self._watch.gathering
        if gathering is not None and gathering.snapshot:
            gathering.images(images, target)

    def _evaluation(self, *given: Any) -> None:
        self._open().evaluation(self._watch.step, *given)


def _warn(message: str) -> None:
    try:
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    except RuntimeWarning:  # where warnings are errors, this one must still not end the training
        print(message, file=sys.stderr)
