"""A few values of every tensor, laid one after another in one vector a step, and statistics of them.

A tensor gives all of its values, or of more than are looked at, short runs of neighbours, evenly far apart,
and so that all columns have their turn. Between two training operations every call is slow, since its code
has left the caches, and so is every new place in memory: a step only gathers, in as few operations as can
be, and the statistics are made later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from derivviz.recording.hooks import real

Array = np.ndarray[Any, Any]

SAMPLE = 1024  # values looked at each step; of at most as many, a tensor's statistics are exact
SNAPSHOT_SAMPLE = 2048  # values looked at for a snapshot's histograms
RUN = 16  # neighbours that are taken together: memory comes in lines of 64 bytes
FOLLOWED = 8  # elements whose values are kept themselves
BINS = 64
GOLDEN = (math.sqrt(5) - 1) / 2


class Part(NamedTuple):
    """The tensor that a part of the vector is of.

    Attributes
    ----------
    kind, name : one of ``layout.KINDS``, and the module or parameter
    size : number of its elements; of complex ones, real and imaginary parts count by themselves
    row : number of elements of one sample of an activation, or of one row of a parameter
    dtype : such as ``float32``
    """

    kind: str
    name: str
    size: int
    row: int
    dtype: str

    @classmethod
    def of(cls, kind: str, name: str, tensor: Tensor) -> Part:
        """The part that `tensor` makes, (sample, …) or (row, …)."""
        size = tensor.numel() * (2 if tensor.is_complex() else 1)
        row = size // len(tensor) if tensor.ndim else 1
        return cls(kind, name, size, row, str(tensor.dtype).removeprefix("torch."))

    @property
    def start(self) -> int:
        """Where one of the runs begins: in the middle of the first row, as rims are often empty."""
        return self.row // 2 if self.row >= 2 * RUN else 0

    @property
    def followed(self) -> range:
        """The elements that are followed, in the first row of an activation, or from there on in a parameter.

        They begin a run: so they are the same ones whatever the batch, and however many values are looked at.
        """
        among = self.row if self.kind.startswith("activation") else self.size
        return range(self.start, min(self.start + FOLLOWED, among))


@lru_cache(maxsize=4096)
def stride(size: int, row: int, most: int) -> int:
    """The distance between runs, so that they have at most so many values.

    Of the distances that come into question, the one that moves on by most nearly the golden section of a
    row each time: so few runs or many, their columns are spread evenly.
    """
    least = -(-size * RUN // most)
    if not 1 < row < size:
        return least
    distances = np.arange(least, least + min(least // 4, row) + 1)
    return int(distances[np.abs(distances % row / row - GOLDEN).argmin()])


class Cut(NamedTuple):
    """Which elements are taken: all of them, or `runs` runs from `first` on, `k` apart."""

    size: int
    whole: bool
    first: int
    k: int
    runs: int
    is_complex: bool

    @classmethod
    def of(cls, part: Part, most: int) -> Cut:
        """How a tensor of that part is cut."""
        whole, k = part.size <= most, stride(part.size, part.row, most)
        first = part.start % k
        runs = (part.size - first - RUN) // k + 1
        return cls(part.size, whole, first, k, runs, part.dtype.startswith("complex"))

    @property
    def number(self) -> int:
        """How many values are taken."""
        return self.size if self.whole else self.runs * RUN

    def positions(self) -> Array:
        """Where they are in the flattened tensor."""
        if self.whole:
            return np.arange(self.size)
        return (self.first + np.arange(self.runs)[:, None] * self.k + np.arange(RUN)).ravel()

    def view(self, tensor: Tensor) -> Tensor:
        """The taken elements of `tensor`, flat if it is whole, else (run, RUN); not necessarily a copy."""
        if self.is_complex:
            tensor = real(tensor)
        if not tensor.is_contiguous():  # by memory, since flattening would copy
            where = _offsets(tensor.shape, tensor.stride(), self, tensor.device)
            extent = 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
            taken = tensor.as_strided((extent,), (1,)).index_select(0, where)
            return taken if self.whole else taken.view(-1, RUN)
        if self.whole:
            return tensor if tensor.ndim == 1 else tensor.view(-1)
        at = tensor.storage_offset() + self.first
        return tensor.as_strided((self.runs, RUN), (self.k, 1), at)


@lru_cache(maxsize=1024)
def _offsets(shape: tuple[int, ...], strides: tuple[int, ...], cut: Cut, device: torch.device) -> Tensor:
    """Where in memory the elements lie."""
    places = np.unravel_index(cut.positions(), shape)
    return torch.from_numpy(sum(place * step for place, step in zip(places, strides, strict=True))).to(device)


class Sheet:
    """The samples of a group of tensors, taken in one operation.

    Parameters
    ----------
    kind : what they are
    lasting : whether their memory stays the same from step to step, as that of parameters; of gradients it
        would be held too long
    """

    def __init__(self, kind: str, lasting: bool = False) -> None:
        self.kind, self._lasting = kind, lasting
        self._of: Any = None
        self._parts: tuple[Part, ...] = ()
        self._cuts: list[Cut] = []
        self._at: list[int] = []  # where in memory the views look
        self._views: list[Tensor] = []

    def take(self, tensors: Mapping[str, Tensor], most: int) -> tuple[tuple[Part, ...], Tensor]:
        """A copy of what is taken: the runs of all large tensors, and then all of the small ones."""
        of: tuple[Any, ...] = most, *tensors
        if self.kind.startswith("activation"):  # the last batch of an epoch may be smaller
            of += tuple([tensor.shape for tensor in tensors.values()])
        if self._of != of:
            self._of, self._at = of, []
            self._parts = tuple(Part.of(self.kind, name, tensor) for name, tensor in tensors.items())
            self._cuts = [Cut.of(part, most) for part in self._parts]
        if self._lasting:
            at = [tensor.data_ptr() for tensor in tensors.values()]
            if at != self._at:
                self._at, self._views = at, self._cut(tensors)
            return self._parts, laid_out(self._views)
        return self._parts, laid_out(self._cut(tensors))

    def _cut(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        pairs = zip(self._cuts, tensors.values(), strict=True)
        return [cut.view(tensor.detach()) for cut, tensor in pairs]  # also what is frozen only now

    def renamed(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """The same parts as of this kind."""
        if self._of is not parts:
            self._of, self._parts = parts, tuple(part._replace(kind=self.kind) for part in parts)
        return self._parts


def laid_out(views: Sequence[Tensor]) -> Tensor:
    """A copy, flat: first those with runs, then the others."""
    runs = [view for view in views if view.ndim == 2]
    rest = [view for view in views if view.ndim == 1]
    return joined([joined(runs).view(-1), *rest] if runs else rest)


def joined(values: Sequence[Tensor]) -> Tensor:
    """One after another, copied; on the CPU if they are of several devices."""
    if len({value.device for value in values}) > 1:
        values = [value.cpu() for value in values]
    return torch.cat(list(values))


def in_float64(values: Sequence[Tensor]) -> Array:
    """One after another, float64 (value,)."""
    if not values:
        return np.zeros(0)
    whole = joined(values)
    numbers = (whole if whole.dtype == torch.float64 else whole.float()).cpu().numpy()
    return np.asarray(numbers, np.float64)


class Plan:
    """Where in the vector the parts are, and what is made of them.

    Parameters
    ----------
    groups : of each group of tensors that were taken together, the parts
    most : values looked at of each tensor

    Attributes
    ----------
    parts : of all groups
    """

    def __init__(self, groups: Sequence[Sequence[Part]], most: int) -> None:
        self.parts = [part for group in groups for part in group]
        cuts = [Cut.of(part, most) for part in self.parts]
        self._lengths = np.array([cut.number for cut in cuts])
        order: list[int] = []  # of the tensors in the vector
        for group in groups:
            inside = range(len(order), len(order) + len(group))
            order += sorted(inside, key=lambda n: cuts[n].whole)
        ends = np.cumsum(self._lengths[order])
        self._place = np.argsort(order)  # of each tensor in that order
        self._begins = ends - self._lengths[order]
        begins = self._begins[self._place]
        self._followed = np.full((len(cuts), FOLLOWED), -1)
        for places, begin, part, cut in zip(self._followed, begins, self.parts, cuts, strict=True):
            run = 0 if cut.whole else part.start - part.start // cut.k * RUN
            places[: len(part.followed)] = begin + np.array(part.followed) - run
        # Of each value in the vector, the tensor.
        self._row = np.repeat(order, self._lengths[order])

    def followed(self, vector: Array) -> Array:
        """Values of the followed elements, float32, shape (tensor, `FOLLOWED`); NaN where there is none."""
        return np.where(self._followed < 0, np.nan, vector[self._followed]).astype(np.float32)

    def statistics(self, vector: Array) -> Array:
        """All of ``layout.STATS`` but the norm, over the finite values.

        Parameters
        ----------
        vector : float64, shape (value,)

        Returns
        -------
        float64, shape (tensor, 6); NaN where no value is finite
        """
        lost: Array = np.zeros(len(self.parts))
        squares = self._reduced(np.add, vector * vector)
        low = high = vector
        if not np.isfinite(squares).all():
            finite = np.isfinite(vector)
            lost = self._lengths - self._reduced(np.add, finite.astype(np.float64))
            low, high = np.where(finite, vector, np.inf), np.where(finite, vector, -np.inf)
            vector = np.where(finite, vector, 0.0)
            squares = self._reduced(np.add, vector * vector)
        rest = [self._reduced(np.add, vector), squares, self._reduced(np.minimum, low)]
        table = np.stack([self._lengths - lost, lost, *rest, self._reduced(np.maximum, high)], axis=1)
        table[table[:, 0] == 0, 2:] = np.nan
        return table

    def histograms(self, vector: Array, statistics: Array) -> tuple[Array, Array]:
        """Counts, shape (tensor, `BINS`), and edges, shape (tensor, `BINS` + 1), of the finite values.

        Parameters
        ----------
        statistics : those of the same vector, whose least and largest values are the outer edges
        """
        low, high = statistics[:, 4], statistics[:, 5]
        high = np.where(high > low, high, low + np.maximum(1.0, np.abs(low) * 1e-6))  # wider than rounding
        edges = np.linspace(low, high, BINS + 1, axis=1)
        row = self._row
        finite = np.isfinite(vector)
        if not finite.all():
            vector, row = vector[finite], row[finite]
        bins = np.minimum(((vector - low[row]) * (BINS / (high - low))[row]).astype(np.int64), BINS - 1)
        counts = np.bincount(row * BINS + bins, minlength=len(self._lengths) * BINS)
        return counts.reshape(-1, BINS), edges

    def _reduced(self, how: np.ufunc, values: Array) -> Array:
        return np.asarray(how.reduceat(values, self._begins))[self._place]


@lru_cache(maxsize=64)
def plan(groups: tuple[tuple[Part, ...], ...], most: int) -> Plan:
    """The plan for such groups, made once."""
    return Plan(groups, most)


def pick(tensor: Tensor, part: Part, most: int) -> Tensor:
    """A copy of what is taken of one tensor by itself."""
    return laid_out([Cut.of(part, most).view(tensor.detach())])
