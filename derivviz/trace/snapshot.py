"""The exact values of one training step, and the evaluations of held-out images."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from derivviz.trace.errors import MissingSeriesError, printable
from derivviz.trace.layout import STATS
from derivviz.trace.series import labelled
from derivviz.trace.store import Array, Store


class Named(Mapping[str, Any]):
    """Arrays by module or parameter name, read when asked for; a wrong name is told the nearest ones."""

    def __init__(self, what: str, paths: Mapping[str, str], read: Any) -> None:
        self._what, self._paths, self._read = what, paths, read

    def __getitem__(self, name: str) -> Any:
        if name not in self._paths:
            raise MissingSeriesError.among(self._what, name, self._paths)
        return self._read(self._paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def by_name(store: Store, group: str, read: Callable[[str], Any]) -> Named:
    """The arrays of a group by their true names, in the order of the model; `read` takes an array's path."""
    paths = {
        str(store.attributes(path)["name"]): path
        for path in (f"{group}/{last}" for last in store.below(group))
        if "name" in store.attributes(path)
    }
    order = {name: n for n, name in enumerate(store.order)}
    ordered = sorted(paths, key=lambda name: order.get(name.partition("#")[0], len(order)))
    return Named(group.rpartition("/")[2], {name: paths[name] for name in ordered}, read)


def beside(store: Store, path: str, what: str) -> Array | None:
    """The labels of a dimension of the array at `path`, where only some of it was kept."""
    group, _, name = path.rpartition("/")
    label = f"{group}/{what}_{name}"
    return store.read(label) if label in store else None


def shape(store: Store, path: str) -> tuple[int, ...]:
    """The shape of what the array at `path` was taken from."""
    sizes = store.attributes(path).get("shape")
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise store.damaged(path, ValueError(f"it was taken from the shape {sizes!r}"))
    return tuple(sizes)


class Snapshot:
    """What one training step did, in exact values.

    Let n run over the samples of the batch (at most 64), j and k over chosen units. Every mapping goes
    by module name (``conv``) or parameter name (``conv.weight``):

    activation, activation_grad : output of the module and ∂L/∂output, shape (sample, unit), float32
    units : indices of those units in the flattened output of one sample, shape (unit,)
    shape : shape of the output of one sample, a tuple
    full : shape of the whole parameter, a tuple
    map, grad_map : thumbnails of 4-D outputs and of their gradients, area means, (shown, channel, y, x)
    param, grad, update : the parameter before the step, ∂L/∂parameter, and after − before. In its own
        shape, or (row, column) when the parameter has more than 4096 elements
    rows, columns : which of them those are, shape (row,) and (column,); None where there are all
    histogram : ``(counts, edges)`` by ``KIND/NAME``, shapes (bin,) and (bin + 1,)

    A chain can be multiplied out: for a linear layer with input x, z = Wx + b and a = φ(z),
    ``sum_n activation_grad[a][n, j] · φ′(activation[z][n, j]) · activation[x][n, k] = grad[W][j, k]``,
    with k over `columns`, which are the `units` of x.
    """

    def __init__(self, store: Store, row: int, step: int) -> None:
        self._store, self._row, self.step = store, row, step
        self._values: dict[str, Array] = {}  # what was read, which is often asked for again
        self.activation, self.activation_grad = (
            self._of("activation", True),
            self._of("activation_grad", True),
        )
        self.map, self.grad_map = self._of("map"), self._of("grad_map")
        self.param, self.grad, self.update = (
            by_name(store, f"snapshot/{kind}", self._parameter) for kind in ("param", "grad", "update")
        )
        self.units = by_name(store, "snapshot/activation", lambda path: beside(store, path, "unit"))
        self.rows = by_name(store, "snapshot/param", lambda path: beside(store, path, "row"))
        self.columns = by_name(store, "snapshot/param", lambda path: beside(store, path, "column"))
        self.shape = by_name(store, "snapshot/activation", lambda path: shape(store, path))
        self.full = by_name(store, "snapshot/param", lambda path: shape(store, path))

    def __repr__(self) -> str:
        return f"<Snapshot of step {self.step}: {printable(', '.join(self.activation))}>"

    @property
    def samples(self) -> int:
        """How many samples of the batch are kept."""
        return max(int(self._value("snapshot/samples")), 0)

    @property
    def images(self) -> Array:
        """Thumbnails of the first pictures of the batch, uint8, shape (shown, y, x, 3)."""
        return np.asarray(self._known("input_image", "recorder.batch(images, target)"))

    @property
    def target(self) -> Array:
        """The true classes, int64, shape (sample,)."""
        return np.asarray(self._known("target", "recorder.batch(images, target)")[: self.samples])

    @property
    def output(self) -> Array:
        """The network's output (logits), float32, shape (sample, class)."""
        return np.asarray(self._known("output", "a network whose output is one tensor")[: self.samples])

    @cached_property
    def histogram(self) -> Mapping[str, tuple[Array, Array]]:
        """``(counts, edges)`` by ``KIND/NAME``, of at most 2,048 values spread over the tensor."""
        rows = labelled(self._store, "snapshot", "histogram")

        def one(tensor: str) -> tuple[Array, Array]:
            index = (self._row, rows[tensor])
            return self._store.read("snapshot/histogram", index), self._store.read("snapshot/edges", index)

        return Named("histogram", {tensor: tensor for tensor in rows}, one)

    @cached_property
    def statistics(self) -> dict[str, dict[str, float]]:
        """The exact statistics of ``KIND/NAME`` by name: count, nonfinite, sum, sumsq, min, max, norm.

        All but nonfinite are of the finite values; NaN where there was nothing to look at.
        """
        tensors = labelled(self._store, "snapshot", "stats")
        if not tensors:
            return {}
        names = list(self._store.read("snapshot/stat")) if "snapshot/stat" in self._store else list(STATS)
        values = self._value("snapshot/stats")
        return {
            tensor: dict(zip(map(str, names), map(float, values[n]), strict=True))
            for tensor, n in tensors.items()
        }

    @property
    def nonfinite(self) -> dict[str, float]:
        """How many values of ``KIND/NAME`` are NaN or infinite, of all that it has; NaN where it was not seen."""
        return {tensor: found["nonfinite"] for tensor, found in self.statistics.items()}

    def _of(self, kind: str, samples: bool = False) -> Named:
        def read(path: str) -> Array:
            return self._value(path)[: self.samples] if samples else self._value(path)

        return by_name(self._store, f"snapshot/{kind}", read)

    def _value(self, path: str) -> Array:
        if path not in self._values:
            self._values[path] = self._store.read(path, self._row)
        return self._values[path].copy()  # whoever asks may write into it

    def _parameter(self, path: str) -> Array:
        value, whole = self._value(path), shape(self._store, path)
        return value.reshape(whole) if value.size == math.prod(whole) else value

    def _known(self, name: str, source: str) -> Array:
        if f"snapshot/{name}" not in self._store:
            raise MissingSeriesError(f"The snapshots of this trace hold no {name!r}: {source} gives it.")
        return self._value(f"snapshot/{name}")


class Evaluation:
    """Probabilities of held-out images after each epoch.

    probabilities : float64, shape (epoch, image, class)
    epochs : int64, shape (epoch,)
    steps : the step after which each was made, int64, shape (epoch,), or None in a trace of version 1
    target : true classes, int64, shape (image,), or None
    names : list of names of the images, or None
    thumbnails : uint8, shape (image, y, x, 3), or None
    """

    def __init__(self, store: Store, rows: slice) -> None:
        def known(name: str, index: Any = ()) -> Array | None:
            return store.read(f"evaluation/{name}", index) if f"evaluation/{name}" in store else None

        self.probabilities = store.read("evaluation/probabilities", rows).astype(np.float64)
        self.epochs = store.read("evaluation/epoch", rows).astype(np.int64)
        self.steps = known("step", rows)
        self.target, self.thumbnails = known("target"), known("thumbnail")
        names = known("name")
        self.names = None if names is None else [str(name) for name in names]
