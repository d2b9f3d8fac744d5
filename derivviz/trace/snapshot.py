"""The exact values of one training step, and the evaluations of held-out images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.store import Store

Array = np.ndarray[Any, Any]


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


class Snapshot:
    """What one training step did, in exact values.

    Let n run over the samples of the batch (at most 64), j and k over chosen units. Every mapping goes
    by module name (``conv``) or parameter name (``conv.weight``):

    activation, activation_grad : output of the module and ∂L/∂output, shape (sample, unit), float32
    units : indices of those units in the flattened output of one sample, shape (unit,)
    shape : shape of the output of one sample, a tuple
    map, grad_map : thumbnails of 4-D outputs and of their gradients, area means, (shown, channel, y, x)
    param, grad, update : the parameter before the step, ∂L/∂parameter, and after − before. In its own
        shape, or (row, column) when the parameter has more than 4096 elements
    columns : which columns those are, shape (column,); None when the parameter is whole
    histogram : ``(counts, edges)`` by ``KIND/NAME``, shapes (bin,) and (bin + 1,)

    A chain can be multiplied out: for a linear layer with input x, z = Wx + b and a = φ(z),
    ``sum_n activation_grad[a][n, j] · φ′(activation[z][n, j]) · activation[x][n, k] = grad[W][j, k]``,
    with k over `columns`, which are the `units` of x.
    """

    def __init__(self, store: Store, row: int, step: int) -> None:
        self._store, self._row, self.step = store, row, step
        self.activation = self._samples("activation")
        self.activation_grad = self._samples("activation_grad")
        self.map, self.grad_map = self._by_name("map", self._value), self._by_name("grad_map", self._value)
        self.param, self.grad, self.update = (
            self._by_name(kind, self._parameter) for kind in ("param", "grad", "update")
        )
        self.units = self._by_name("activation", lambda path: self._beside(path, "unit"))
        self.columns = self._by_name("param", lambda path: self._beside(path, "column"))
        self.shape = self._by_name("activation", lambda path: tuple(store.attributes(path)["shape"]))

    def __repr__(self) -> str:
        return f"<Snapshot of step {self.step}: {', '.join(self.activation)}>"

    @property
    def samples(self) -> int:
        """How many samples of the batch are kept."""
        return int(self._value("snapshot/samples"))

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
        """``(counts, edges)`` by ``KIND/NAME``, of at most 16,384 randomly chosen values of the tensor."""
        read = self._store.read
        labels = zip(read("snapshot/kind"), read("snapshot/name"), strict=True)
        rows = {f"{kind}/{name}": str(n) for n, (kind, name) in enumerate(labels)}

        def one(tensor: str) -> tuple[Array, Array]:
            index = (self._row, int(tensor))
            return read("snapshot/histogram", index), read("snapshot/edges", index)

        return Named("histogram", rows, one)

    def _by_name(self, group: str, read: Any) -> Named:
        group = f"snapshot/{group}"
        paths = {
            str(self._store.attributes(path)["name"]): path
            for path in (f"{group}/{last}" for last in self._store.below(group))
            if "name" in self._store.attributes(path)
        }
        order = {name: n for n, name in enumerate(self._store.order)}
        ordered = sorted(paths, key=lambda name: order.get(name, len(order)))
        return Named(group.rpartition("/")[2], {name: paths[name] for name in ordered}, read)

    def _samples(self, group: str) -> Mapping[str, Array]:
        return self._by_name(group, lambda path: self._value(path)[: self.samples])

    def _value(self, path: str) -> Array:
        return self._store.read(path, self._row)

    def _parameter(self, path: str) -> Array:
        value, shape = self._value(path), self._store.attributes(path)["shape"]
        return value.reshape(shape) if value.size == np.prod(shape, dtype=int) else value

    def _beside(self, path: str, what: str) -> Array | None:
        group, _, name = path.rpartition("/")
        beside = f"{group}/{what}_{name}"
        return self._store.read(beside) if beside in self._store else None

    def _known(self, name: str, source: str) -> Array:
        if f"snapshot/{name}" not in self._store:
            raise MissingSeriesError(f"The snapshots of this trace hold no {name!r}: {source} gives it.")
        return self._value(f"snapshot/{name}")


class Evaluation:
    """Probabilities of held-out images after each epoch.

    probabilities : float64, shape (epoch, image, class)
    epochs : int64, shape (epoch,)
    target : true classes, int64, shape (image,), or None
    names : list of names of the images, or None
    thumbnails : uint8, shape (image, y, x, 3), or None
    """

    def __init__(self, store: Store) -> None:
        def known(name: str) -> Array | None:
            return store.read(f"evaluation/{name}") if f"evaluation/{name}" in store else None

        self.probabilities = store.read("evaluation/probabilities").astype(np.float64)
        self.epochs = store.read("evaluation/epoch").astype(np.int64)
        self.target, self.thumbnails = known("target"), known("thumbnail")
        names = known("name")
        self.names = None if names is None else [str(name) for name in names]
