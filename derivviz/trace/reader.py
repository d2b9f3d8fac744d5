"""Reading a trace: NumPy and Zarr, no torch.

>>> trace = open_trace("renders/food.zarr")                                    # doctest: +SKIP
>>> trace["loss"], trace["grad/fc1.weight/norm"], trace["lr_factor/fc1.weight"]  # doctest: +SKIP
>>> trace.snapshot(0).activation["act1"]                                       # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.layout import STATS
from derivviz.trace.snapshot import Evaluation, Snapshot
from derivviz.trace.store import Store

Array = np.ndarray[Any, Any]
DERIVED = ("mean", "std", "norm", "rms", "min", "max", "nonfinite")
_PER_PARAMETER = ("lr", "lr_factor")


class Trace:
    """A recorded training run.

    ``trace[key]`` is a float64 array with one value a recorded step. Keys: ``time`` [s],
    ``recorder_seconds`` [s], whatever the loop logged (``loss``, ``epoch``, …), ``lr/PARAM``,
    ``lr_factor/PARAM`` [1], and ``KIND/NAME/STAT`` with KIND in activation, activation_grad, param, grad,
    update and STAT in mean, std, norm, rms, min, max, nonfinite. All but nonfinite are of the finite
    values; NaN where there was nothing to look at.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._store = Store(self.path)
        self.attrs: dict[str, Any] = dict(self._store.root["attributes"])

    def __repr__(self) -> str:
        return f"<Trace {self.path}: {len(self.steps)} steps, {len(self.snapshot_steps)} snapshots>"

    @cached_property
    def steps(self) -> Array:
        """Numbers of the recorded steps, int64, shape (step,)."""
        return self._steps_of("step")

    @cached_property
    def snapshot_steps(self) -> Array:
        """Numbers of the steps that have a snapshot, int64, shape (snapshot,)."""
        return self._steps_of("snapshot")

    def snapshot(self, step: int) -> Snapshot:
        """The exact values of one step.

        Raises
        ------
        MissingSeriesError : that step has none; the message names the nearest that has.
        """
        found = np.flatnonzero(self.snapshot_steps == step)
        if len(found):
            return Snapshot(self._store, int(found[0]), int(step))
        if not len(self.snapshot_steps):
            raise MissingSeriesError(f"The trace {self.path} has no snapshots.")
        order = np.argsort(np.abs(self.snapshot_steps - step), kind="stable")[:3]
        near = ", ".join(str(number) for number in sorted(self.snapshot_steps[order].tolist()))
        raise MissingSeriesError(f"Step {step} has no snapshot. The nearest that have one: {near}.")

    @cached_property
    def evaluation(self) -> Evaluation:
        """Probabilities of the held-out images, epoch by epoch."""
        if not len(self._steps_of("evaluation", "epoch")):
            raise MissingSeriesError(
                f"The trace {self.path} has no evaluation: recorder.evaluation(...) records one, and so does "
                "'derivviz record food'."
            )
        return Evaluation(self._store)

    def keys(self) -> list[str]:
        """Every key that ``trace[key]`` knows."""
        return list(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __getitem__(self, key: str) -> Array:
        if key not in self._keys:
            raise MissingSeriesError.among("series", key, self._keys)
        array, column = self._keys[key]
        if column is None:
            return self._store.read(f"step/{array}").astype(np.float64)
        if array in _PER_PARAMETER:
            return self._store.read(f"step/{array}", np.s_[:, column]).astype(np.float64)
        sums = self._store.read("step/stats", np.s_[:, column, :])
        return _derive(key.rpartition("/")[2], dict(zip(STATS, sums.T, strict=True)), self._sizes[column])

    @cached_property
    def _keys(self) -> dict[str, tuple[str, int | None]]:
        """Key → (array in the group step, index along its second dimension)."""
        store = self._store
        keys: dict[str, tuple[str, int | None]] = {
            str(store.attributes(f"step/{array}").get("name", array)): (array, None)
            for array in store.below("step")
            if store.arrays[f"step/{array}"]["dimension_names"] == ["step"] and array != "step"
        }
        for array in _PER_PARAMETER:
            if f"step/{array}" in store:
                keys |= {f"{array}/{name}": (array, n) for n, name in enumerate(store.read("step/param"))}
        if "step/stats" in store:
            labels = zip(store.read("step/kind"), store.read("step/name"), strict=True)
            for n, (kind, name) in enumerate(labels):
                keys |= {f"{kind}/{name}/{stat}": ("stats", n) for stat in DERIVED}
        return keys

    @cached_property
    def _sizes(self) -> Array:
        return self._store.read("step/size").astype(np.float64)

    def _steps_of(self, group: str, coordinate: str = "step") -> Array:
        name = f"{group}/{coordinate}"
        return self._store.read(name).astype(np.int64) if name in self._store else np.zeros(0, np.int64)


def _derive(stat: str, sums: dict[str, Array], size: float) -> Array:
    """A statistic from the sums over the values looked at, of a tensor of `size` elements."""
    if stat in ("min", "max", "nonfinite"):
        return sums[stat]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, square = sums["sum"] / sums["count"], sums["sumsq"] / sums["count"]
        if stat == "mean":
            return mean
        if stat == "std":
            return np.asarray(np.sqrt(np.maximum(square - mean**2, 0)))
        if stat == "rms":
            return np.asarray(np.sqrt(square))
        # A sample of n of N values has the norm of the whole, in expectation of the square, times sqrt(n/N).
        return np.where(np.isnan(sums["norm"]), np.sqrt(square * size), sums["norm"])


def open_trace(path: str | Path) -> Trace:
    """Open a recorded run for reading.

    Parameters
    ----------
    path : the trace's folder, e.g. ``renders/food.zarr``

    Raises
    ------
    TraceError : there is none, it is something else, damaged, or made by a newer version.
    """
    return Trace(path)
