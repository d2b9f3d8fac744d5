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
RUN = 4  # neighbours that are taken together: memory comes in lines of 64 bytes
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

    def followed(self) -> tuple[int, int]:
        """The distance between the elements that are followed, and how many they are.

        They are spread over a parameter, or over an activation's first sample: so they are the same ones
        whatever the batch, and however many values are looked at.
        """
        among = self.row if self.kind.startswith("activation") else self.size
        return max(1, among // FOLLOWED), min(among, FOLLOWED)


@lru_cache(maxsize=4096)
def stride(size: int, row: int, most: int) -> int:
    """The distance between runs, so that they have at most so many values.

    Of the distances that come into question, the one that moves on by most nearly the golden section of a
    row each time: so few runs or many, their columns are spread evenly.
    """
    least = -(-size * RUN // most)
    if not 1 < row < size:
        return least

    def unevenness(k: int) -> float:
        return abs(k % row / row - GOLDEN)

    return min(range(least, least + min(least // 4, 512) + 1), key=unevenness)


class Cut(NamedTuple):
    """Which elements are taken: all of them, or `runs` runs, `k` apart, and those followed, `step` apart."""

    size: int
    whole: bool
    k: int
    runs: int
    step: int
    followed: int
    is_complex: bool

    @classmethod
    def of(cls, part: Part, most: int) -> Cut:
        """How a tensor of that part is cut."""
        whole, k = part.size <= most, stride(part.size, part.row, most)
        runs = 0 if whole else (part.size - RUN) // k + 1
        return cls(part.size, whole, k, runs, *part.followed(), part.dtype.startswith("complex"))

    @property
    def number(self) -> int:
        """How many values are looked at."""
        return self.size if self.whole else self.runs * RUN

    def positions(self) -> Array:
        """Where they are in the flattened tensor."""
        if self.whole:
            return np.arange(self.size)
        return (np.arange(self.runs)[:, None] * self.k + np.arange(RUN)).ravel()

    def views(self, tensor: Tensor, runs: list[Tensor], rest: list[Tensor]) -> None:
        """Add the runs of `tensor`, (run, RUN), to the one list, and what else is taken, flat, to the other."""
        if self.is_complex:
            tensor = real(tensor)
        if not tensor.is_contiguous():  # by memory, since flattening would copy
            taken = _elements(tensor, self)
            runs.append(taken[: self.runs * RUN].view(-1, RUN))
            rest.append(taken[self.runs * RUN :])
        elif self.whole:
            rest.append(tensor if tensor.ndim == 1 else tensor.view(-1))
        else:
            runs.append(tensor.as_strided((self.runs, RUN), (self.k, 1)))
            rest.append(tensor.as_strided((self.followed,), (self.step,)))


def _elements(tensor: Tensor, cut: Cut) -> Tensor:
    where = _offsets(tensor.shape, tensor.stride(), cut, tensor.device)
    extent = 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.as_strided((extent,), (1,)).index_select(0, where)


@lru_cache(maxsize=1024)
def _offsets(shape: tuple[int, ...], strides: tuple[int, ...], cut: Cut, device: torch.device) -> Tensor:
    """Where in memory the elements lie."""
    followed = np.arange(0 if cut.whole else cut.followed) * cut.step
    places = np.unravel_index(np.concatenate([cut.positions(), followed]), shape)
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
        self._views: tuple[list[Tensor], list[Tensor]] = [], []

    def take(self, tensors: Mapping[str, Tensor], most: int) -> tuple[tuple[Part, ...], Tensor]:
        """A copy of what is taken: the runs of all tensors, and then the rest of all of them."""
        of: tuple[Any, ...] = most, *tensors
        if self.kind.startswith("activation"):  # the last batch of an epoch may be smaller
            of += tuple([tensor.shape for tensor in tensors.values()])
        if self._of != of:
            self._of, self._at = of, []
            self._parts = tuple(Part.of(self.kind, name, tensor) for name, tensor in tensors.items())
            self._cuts = [Cut.of(part, most) for part in self._parts]
        with torch.no_grad():
            at = [tensor.data_ptr() for tensor in tensors.values()] if self._lasting else None
            runs, rest = self._views
            if at is None or at != self._at:
                runs, rest = [], []
                for cut, tensor in zip(self._cuts, tensors.values(), strict=True):
                    cut.views(tensor, runs, rest)
                if at is not None:
                    self._at, self._views = at, (runs, rest)
            return self._parts, joined([joined(runs).view(-1), *rest] if runs else rest)

    def renamed(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """The same parts as of this kind."""
        if self._of is not parts:
            self._of, self._parts = parts, tuple(part._replace(kind=self.kind) for part in parts)
        return self._parts


def joined(values: Sequence[Tensor]) -> Tensor:
    """One after another, copied; on the CPU if they are of several devices."""
    if len({value.device for value in values}) > 1:
        values = [value.cpu() for value in values]
    return torch.cat(list(values))


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
        self._followed = np.full((len(cuts), FOLLOWED), -1)
        begins, self._of_sample = [0], np.zeros(len(cuts), np.int64)  # of all pieces; which one a sample is
        n = 0
        for group in groups:
            numbered = list(enumerate(cuts[n : n + len(group)], n))
            n += len(group)
            for at, cut in numbered:
                if not cut.whole:
                    self._of_sample[at] = len(begins) - 1
                    begins.append(begins[-1] + cut.number)
            for at, cut in numbered:
                step = cut.step if cut.whole else 1
                self._followed[at, : cut.followed] = begins[-1] + np.arange(cut.followed) * step
                if cut.whole:
                    self._of_sample[at] = len(begins) - 1
                begins.append(begins[-1] + (cut.size if cut.whole else cut.followed))
        self._begins = np.array(begins[:-1])
        # Of each value that is looked at, the tensor and where it is in the vector.
        self._row = np.repeat(np.arange(len(cuts)), self._lengths)
        within = np.arange(len(self._row)) - np.repeat(
            np.cumsum(self._lengths) - self._lengths, self._lengths
        )
        self._at = self._begins[self._of_sample][self._row] + within

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

    def histograms(self, vector: Array) -> tuple[Array, Array]:
        """Counts, shape (tensor, `BINS`), and edges, shape (tensor, `BINS` + 1), of the finite values."""
        ends = self.statistics(vector)[:, 4:]
        low, high = ends[:, 0], np.where(ends[:, 1] > ends[:, 0], ends[:, 1], ends[:, 0] + 1)
        edges = np.linspace(low, high, BINS + 1, axis=1)
        vector, row = vector[self._at], self._row
        finite = np.isfinite(vector)
        if not finite.all():
            vector, row = vector[finite], row[finite]
        bins = np.minimum(((vector - low[row]) * (BINS / (high - low))[row]).astype(np.int64), BINS - 1)
        counts = np.bincount(row * BINS + bins, minlength=len(self._lengths) * BINS)
        return counts.reshape(-1, BINS), edges

    def _reduced(self, how: np.ufunc, values: Array) -> Array:
        return np.asarray(how.reduceat(values, self._begins))[self._of_sample]


@lru_cache(maxsize=64)
def plan(groups: tuple[tuple[Part, ...], ...], most: int) -> Plan:
    """The plan for such groups, made once."""
    return Plan(groups, most)


def pick(tensor: Tensor, part: Part, most: int) -> Tensor:
    """What is taken of one tensor by itself."""
    runs: list[Tensor] = []
    rest: list[Tensor] = []
    Cut.of(part, most).views(tensor.detach(), runs, rest)
    return joined([*(run.reshape(-1) for run in runs), *rest])
