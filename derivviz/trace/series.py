"""The step table: one value a recorded step, by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.layout import STATS
from derivviz.trace.store import Array, Store

DERIVED = ("mean", "std", "norm", "rms", "min", "max", "nonfinite")
_PER_PARAMETER = ("lr", "lr_factor")
_TABLE = np.dtype([(stat, np.float64) for stat in DERIVED])


class Series:
    """What the step table of a trace holds.

    Attributes
    ----------
    keys : key → (array in the group step, index along its second dimension)
    tensors : ``KIND/NAME`` → index along the second dimension of the statistics
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def tensors(self) -> dict[str, int]:
        return labelled(self._store, "step", "stats")

    @cached_property
    def keys(self) -> dict[str, tuple[str, int | None]]:
        store = self._store
        keys: dict[str, tuple[str, int | None]] = {}
        for array in store.below("step"):
            about = store.arrays[f"step/{array}"]
            if about.dims == ("step",) and array != "step" and about.item is not None:
                keys[str(about.attributes.get("name", array))] = (array, None)
        for array in _PER_PARAMETER:
            if f"step/{array}" in store and len(store.arrays[f"step/{array}"].shape) == 2:
                names = store.read("step/param")[: store.arrays[f"step/{array}"].shape[1]]
                keys |= {f"{array}/{name}": (array, n) for n, name in enumerate(names)}
        for tensor, n in self.tensors.items():
            keys |= {f"{tensor}/{stat}": ("stats", n) for stat in DERIVED}
        return keys

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The keys that any of the patterns (``grad/*/norm``) means, in their own order.

        Raises
        ------
        MissingSeriesError : a pattern means none.
        """
        chosen: set[str] = set()
        for pattern in patterns:
            if pattern in self.keys:
                found = {pattern}
            elif pattern in self.tensors:
                found = {f"{pattern}/{stat}" for stat in DERIVED}
            else:
                found = {key for key in self.keys if fnmatchcase(key, pattern)}
            if not found:
                raise MissingSeriesError.among("series", pattern, self.keys)
            chosen |= found
        return [key for key in self.keys if key in chosen]

    def read(self, keys: Sequence[str], rows: slice) -> dict[str, Array]:
        """The values of `keys` in the steps of those rows, each float64, shape (step,).

        Raises
        ------
        MissingSeriesError : a key that there is not; the message names the nearest.
        """
        wanted: dict[str, dict[int, int]] = {}  # array → column on disk → column of what is read
        for key in keys:
            if key not in self.keys:
                raise MissingSeriesError.among("series", key, [*self.keys, *self.tensors])
            array, column = self.keys[key]
            if column is not None:
                wanted.setdefault(array, {})[column] = 0
        read: dict[str, Array] = {}
        for array, columns in wanted.items():
            order = sorted(columns)
            columns |= {column: n for n, column in enumerate(order)}
            span = slice(order[0], order[-1] + 1)  # much quicker than a list, where it is the same
            read[array] = self._rows(array, (rows, span if len(order) == span.stop - span.start else order))
        return {key: self._one(key, rows, wanted, read) for key in keys}

    def table(self, tensor: str, rows: slice) -> Array:
        """All statistics of ``KIND/NAME`` in those rows: a structured array, one field a statistic."""
        n = self.tensors[tensor]
        sums = self._sums(self._rows("stats", (rows, slice(n, n + 1)))[:, 0])
        table = np.empty(len(sums["count"]), _TABLE)
        for stat in DERIVED:
            table[stat] = _derive(stat, sums, self._sizes[n])
        return table

    def _one(self, key: str, rows: slice, wanted: dict[str, dict[int, int]], read: dict[str, Array]) -> Array:
        array, column = self.keys[key]
        if column is None:
            return self._rows(array, (rows,)).astype(np.float64)
        values = read[array][:, wanted[array][column]]
        if array in _PER_PARAMETER:
            return np.asarray(values, np.float64)
        return _derive(key.rpartition("/")[2], self._sums(values), self._sizes[column])

    def _rows(self, array: str, index: tuple[Any, ...]) -> Array:
        values = self._store.read(f"step/{array}", index)
        if len(values) != index[0].stop - index[0].start:
            raise self._store.damaged(
                f"step/{array}", ValueError("it has not as many rows as there are steps")
            )
        return values

    def _sums(self, values: Array) -> dict[str, Array]:
        """What is on disk by name, from values of shape (step, stat)."""
        return {stat: values[:, n] for stat, n in self._stats.items()}

    @cached_property
    def _stats(self) -> dict[str, int]:
        store = self._store
        names = list(store.read("step/stat")) if "step/stat" in store else list(STATS)
        known = dict(zip(names, range(store.arrays["step/stats"].shape[-1]), strict=False))
        if not set(STATS) <= set(known):
            raise store.damaged("step/stat", ValueError(f"of {', '.join(STATS)} some are not there"))
        return known

    @cached_property
    def _sizes(self) -> Array:
        sizes = self._store.read("step/size").astype(np.float64)
        if sizes.ndim != 1 or len(sizes) < len(self.tensors):
            raise self._store.damaged("step/size", ValueError("it is shorter than the table of tensors"))
        return sizes


def labelled(store: Store, group: str, array: str) -> dict[str, int]:
    """``KIND/NAME`` → index along the second dimension of an array with the dimensions (row, tensor, …)."""
    path = f"{group}/{array}"
    if path not in store or len(store.arrays[path].shape) != 3:
        return {}
    kinds, names = store.read(f"{group}/kind"), store.read(f"{group}/name")
    if kinds.ndim != 1 or kinds.shape != names.shape or len(kinds) < store.arrays[path].shape[1]:
        raise store.damaged(f"{group}/name", ValueError("the names of the tensors are not all there"))
    labels = zip(kinds, names, range(store.arrays[path].shape[1]), strict=False)
    return {f"{kind}/{name}": n for kind, name, n in labels}


def _derive(stat: str, sums: dict[str, Array], size: float) -> Array:
    """A statistic from the sums over the values looked at, of a tensor of `size` elements."""
    if stat in ("min", "max", "nonfinite"):
        return sums[stat]
    with np.errstate(all="ignore"):
        mean, square = sums["sum"] / sums["count"], sums["sumsq"] / sums["count"]
        if stat == "mean":
            return np.asarray(mean)
        if stat == "std":
            return np.asarray(np.sqrt(np.maximum(square - mean**2, 0)))
        if stat == "rms":
            return np.asarray(np.sqrt(square))
        # A sample of n of N values has the norm of the whole, in expectation of the square, times sqrt(n/N).
        return np.where(np.isnan(sums["norm"]), np.sqrt(square * size), sums["norm"])
