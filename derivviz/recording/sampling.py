"""A few values of every tensor, laid one after another in one vector a step, and statistics of them.

A tensor gives all of its values, or every k-th of more than are looked at; k has no factor in common with the
length of a row, so that all columns have their turn. Between two training operations every call is slow,
since its code has left the caches: so a step only gathers, in as few operations as can be, and the statistics
of several steps are made at once.
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
FOLLOWED = 8  # elements whose values are kept themselves
BINS = 64


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
    """The distance between sampled values, so that there are at most so many; it shares no factor with `row`."""
    k = max(1, -(-size // most))
    while math.gcd(k, row) > 1 and k < size:
        k += 1
    return k


def pick(tensor: Tensor, part: Part, most: int) -> Tensor:
    """A copy of the sampled values of `tensor`, which has a part `part`, and of the followed ones after them.

    Where all values are looked at, the followed ones are among them and not repeated.
    """
    return joined(_cut(part, most).views(tensor.detach()))


class _Cut(NamedTuple):
    """Which elements are taken: `number` of them, `k` apart, and then `more`, `step` apart."""

    k: int
    number: int
    step: int
    more: int
    is_complex: bool

    def views(self, tensor: Tensor) -> list[Tensor]:
        k, number, step, more, is_complex = self
        if is_complex:
            tensor = real(tensor)
        if k == 1 and tensor.ndim == 1:
            return [tensor]
        if tensor.is_contiguous():
            taken = tensor.as_strided((number,), (k,))
            return [taken, tensor.as_strided((more,), (step,))] if more else [taken]
        # By memory, since flattening would copy.
        extent = 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
        where = _offsets(tensor.shape, tensor.stride(), self, tensor.device)
        return [tensor.as_strided((extent,), (1,)).index_select(0, where)]


def _cut(part: Part, most: int) -> _Cut:
    k, (step, followed) = stride(part.size, part.row, most), part.followed()
    more = followed if k > 1 else 0
    return _Cut(k, -(-part.size // k), step, more, part.dtype.startswith("complex"))


@lru_cache(maxsize=1024)
def _offsets(shape: tuple[int, ...], strides: tuple[int, ...], cut: _Cut, device: torch.device) -> Tensor:
    """Where in memory the elements lie."""
    taken = np.concatenate([np.arange(cut.number) * cut.k, np.arange(cut.more) * cut.step])
    places = np.unravel_index(taken, shape)
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
        self._cuts: list[_Cut] = []
        self._at: list[int] = []  # where in memory the views look
        self._views: list[Tensor] = []

    def take(self, tensors: Mapping[str, Tensor], most: int) -> tuple[tuple[Part, ...], Tensor]:
        """A copy of the sampled values, one tensor after another."""
        of: tuple[Any, ...] = most, *tensors
        if self.kind.startswith("activation"):  # the last batch of an epoch may be smaller
            of += tuple([tensor.shape for tensor in tensors.values()])
        if self._of != of:
            self._of, self._at = of, []
            self._parts = tuple(Part.of(self.kind, name, tensor) for name, tensor in tensors.items())
            self._cuts = [_cut(part, most) for part in self._parts]
        with torch.no_grad():
            pairs = zip(self._cuts, tensors.values(), strict=True)
            if not self._lasting:
                return self._parts, joined([v for cut, tensor in pairs for v in cut.views(tensor)])
            at = [tensor.data_ptr() for tensor in tensors.values()]
            if self._at != at:
                self._at, self._views = at, [v for cut, tensor in pairs for v in cut.views(tensor)]
            return self._parts, joined(self._views)

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
    parts : one after another
    most : values looked at of each tensor
    """

    def __init__(self, parts: Sequence[Part], most: int) -> None:
        self.parts = parts
        self._lengths = np.zeros(len(parts), np.int64)
        self._followed = np.full((len(parts), FOLLOWED), -1)
        starts, self._of_sample = [0], []  # of samples, and of followed values that are not among them
        for n, part in enumerate(parts):
            cut, (step, number), start = _cut(part, most), part.followed(), starts[-1]
            self._lengths[n] = cut.number
            self._of_sample.append(len(starts) - 1)
            starts.append(start + cut.number)
            if cut.more:
                starts.append(start + cut.number + cut.more)
                start, step = start + cut.number, 1
            self._followed[n, :number] = start + np.arange(number) * step
        self._starts = np.array(starts[:-1])
        sampled = np.zeros(len(self._starts), bool)
        sampled[self._of_sample] = True
        self._sampled = np.repeat(sampled, np.diff(starts))

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
        row = np.repeat(np.arange(len(self._lengths)), self._lengths)
        vector = vector[self._sampled]
        finite = np.isfinite(vector)
        if not finite.all():
            vector, row = vector[finite], row[finite]
        bins = np.minimum(((vector - low[row]) * (BINS / (high - low))[row]).astype(np.int64), BINS - 1)
        counts = np.bincount(row * BINS + bins, minlength=len(self._lengths) * BINS)
        return counts.reshape(-1, BINS), edges

    def _reduced(self, how: np.ufunc, values: Array) -> Array:
        return np.asarray(how.reduceat(values, self._starts))[self._of_sample]


@lru_cache(maxsize=64)
def plan(parts: tuple[Part, ...], most: int) -> Plan:
    """The plan for such parts, made once."""
    return Plan(parts, most)
