"""The shape of a graph: where it rises and falls, its summits and valleys, where it bends, where it breaks.

Source: f rises where f′ > 0 and falls where f′ < 0; where f′ changes its sign f has an extremum, and where f″
changes its sign a point of inflection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from derivviz.calculus import zeros
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError

MOST_TURNS = 24
"""How often a function may turn on an interval whose shape is told."""


@dataclass(frozen=True)
class Point:
    """A point of the graph."""

    x: float
    y: float


@dataclass(frozen=True)
class Extremum(Point):
    """A local extremum; `smooth` where f′ = 0 there, and not where the graph has a corner or a cusp."""

    maximum: bool
    smooth: bool


@dataclass(frozen=True)
class Kink(Point):
    """A point where f is continuous and has no derivative: the slopes from the left and from the right."""

    left: float
    right: float


@dataclass(frozen=True)
class Break:
    """A place where f is not continuous: its limits from the left and from the right.

    ±∞ at a pole, NaN on a side on which there is no limit.
    """

    x: float
    left: float
    right: float


@dataclass(frozen=True)
class Stretch:
    """An interval on which f rises (sign 1), falls (−1) or stays level (0)."""

    low: float
    high: float
    sign: int


@lru_cache(maxsize=16)
def derivatives(f: Expression) -> tuple[Expression, Expression]:
    """f′ and f″ by the rules of differentiation."""
    slope = f.derivative()
    return slope, slope.derivative()


class Shape:
    """What f does between `low` and `high`.

    Zeros of f′ and f″ are exact, from SymPy, where these are rational functions; elsewhere they are found by
    halving between samples, which misses what happens twice within 1/4000 of the interval.

    Parameters
    ----------
    f
        The function.
    low, high
        Ends of the interval, ``low < high``.

    Attributes
    ----------
    f, slope, bend : Expression
        f, f′ and f″.

    Raises
    ------
    ExpressionError
        If SymPy does not find f′ or f″ in some seconds.
    UsageError
        If the interval is none, if f has no value on it, or turns up and down more than `MOST_TURNS` times.

    Examples
    --------
    >>> from derivviz.calculus.expression import parse
    >>> [(e.x, e.y, e.maximum) for e in Shape(parse("-2x^3 - 6x^2 + 18x"), -5, 3).extrema]
    [(-3.0, -54.0, False), (1.0, 10.0, True)]
    """

    def __init__(self, f: Expression, low: float, high: float) -> None:
        if not low < high:
            raise UsageError(
                f"the interval from {low:g} to {high:g} is none: give --to a larger number than --from"
            )
        self.f, self.low, self.high = f, low, high
        self.slope, self.bend = derivatives(f)
        self._x = zeros.samples(low, high)
        if not self.domain:
            raise UsageError(
                f"{f.text} has no value between {low:g} and {high:g}: choose another --from and --to"
            )
        if len(self._turns) > MOST_TURNS:
            raise UsageError(
                f"{f.text} turns up and down {len(self._turns)} times or more between {low:g} and {high:g}, and "
                f"{MOST_TURNS} are the most that can be told apart: choose --from and --to nearer to each other"
            )

    @cached_property
    def domain(self) -> tuple[tuple[float, float], ...]:
        """The intervals on which f has a value; single points without one do not part them."""
        width = self.high - self.low
        found = [(self._tidy(low), self._tidy(high)) for low, high in zeros.edges(self.f, self._x)]
        return tuple((low, high) for low, high in found if high - low > 1e-9 * width)

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """Poles and jumps, from left to right."""
        found = []
        for x in self._distinct(zeros.breaks(self.f, self._x), self._turns):
            left, right = (self._limit(self.f, x, side) for side in (-1, 1))
            apart = abs(left - right) > 1e-6 * max(abs(left), abs(right)) + 1e-9 * self._size(self.f)
            if apart or not np.isfinite([left, right]).all():
                found.append(Break(x, left, right))
        return tuple(found)

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        """Corners, cusps and vertical tangents, from left to right."""
        broken = [one.x for one in self.breaks]
        found = []
        for x in self._distinct(zeros.breaks(self.slope, self._x), self._turns, self._bends):
            left, right = (self._limit(self.slope, x, side) for side in (-1, 1))
            apart = abs(left - right) > 1e-6 * max(abs(left), abs(right)) + 1e-9 * self._size(self.slope)
            if (apart or not np.isfinite([left, right]).all()) and not self._among(x, broken):
                found.append(Kink(x, self.value(self.f, x), left, right))
        return tuple(found)

    @cached_property
    def zeros(self) -> tuple[float, ...]:
        """Where f′ = 0 at a single point, extremum or not, from left to right."""
        if self._exact is not None:
            return self._apart(self._exact)
        least = 1e-9 * self._size(self.slope)
        touching = [x for x in self._bends if abs(self.slope(x)) <= least]
        return self._apart(self._distinct(self._turns, np.array(touching)))

    @cached_property
    def extrema(self) -> tuple[Extremum, ...]:
        """Local maxima and minima inside the interval, from left to right."""
        kinks = [kink.x for kink in self.kinks]
        found = []
        for one, other in pairwise(self._steps):
            x = one.high
            if one.high == other.low and one.sign * other.sign < 0 and not self._among(x, self._broken):
                found.append(Extremum(x, self.value(self.f, x), one.sign > 0, x not in kinks))
        return tuple(found)

    @cached_property
    def inflections(self) -> tuple[Point, ...]:
        """Where f″ = 0 and changes its sign, from left to right."""
        exact = zeros.exact_zeros(self.bend, self.low, self.high)
        if exact is None:
            turns = self._distinct(self._bends)
        else:
            turns = [x for x, multiplicity in exact.items() if multiplicity % 2]
        return tuple(Point(x, self.value(self.f, x)) for x in self._apart(turns))

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The longest intervals on which f rises, falls or stays level, from left to right."""
        merged: list[Stretch] = []
        for one in self._steps:
            before = merged[-1] if merged else None
            joined = before is not None and before.high == one.low and before.sign == one.sign
            if before is not None and joined and not self._among(one.low, self._broken):
                merged[-1] = Stretch(before.low, one.high, one.sign)
            else:
                merged.append(one)
        return tuple(merged)

    # ---- how --------------------------------------------------------------------------------------------

    @cached_property
    def _turns(self) -> np.ndarray:
        """Where f′ changes its sign, be it through zero or not."""
        return zeros.crossings(self.slope, self._x)

    @cached_property
    def _bends(self) -> np.ndarray:
        """Where f″ changes its sign, be it through zero or not."""
        return zeros.crossings(self.bend, self._x)

    @cached_property
    def _exact(self) -> dict[float, int] | None:
        return zeros.exact_zeros(self.slope, self.low, self.high)

    def _size(self, g: Expression) -> float:
        """How large the values of `g` are as a rule."""
        sizes = np.abs(g(self._x))
        return float(np.median(sizes[np.isfinite(sizes)])) if np.isfinite(sizes).any() else 0.0

    def value(self, g: Expression, x: float) -> float:
        """g(x), or what g tends to where only the point itself is missing, as sin(x)/x at 0.

        What is only left of rounding x is 0, as tan at π.
        """
        y = g(x)
        if abs(y) < 1e-12 * self._size(g):
            return 0.0
        return y if np.isfinite(y) else (self._limit(g, x, -1) + self._limit(g, x, 1)) / 2

    @cached_property
    def _broken(self) -> list[float]:
        return [one.x for one in self.breaks]

    @cached_property
    def _steps(self) -> tuple[Stretch, ...]:
        """Stretches between all places at which the sign of f′ may change."""
        places = [*self.zeros, *self._broken, *(kink.x for kink in self.kinks)]
        if self._exact is None:
            level = zeros.signs(self.slope, self._x) == 0
            flats = self._x[np.flatnonzero(np.diff(level.astype(int)))]  # |x| + x is level up to 0
            places += [float(x) for x in flats if not self._among(x, places)]
        found = []
        for low, high in self.domain:
            knots = [low, *sorted(x for x in places if low < x < high), high]
            for a, b in pairwise(knots):
                seen = zeros.signs(self.slope, a + (b - a) * np.linspace(0.05, 0.95, 19))
                total = np.nansum(seen)
                found.append(Stretch(a, b, int(np.sign(total)) if abs(total) > 2 else 0))
        return tuple(found)

    def _limit(self, g: Expression, x: float, side: int) -> float:
        return zeros.limit(g, x, side, self.high - self.low)

    def _among(self, x: float, others: Iterable[float]) -> bool:
        return any(abs(x - other) < 1e-9 * (self.high - self.low) for other in others)

    def _distinct(self, *groups: np.ndarray) -> list[float]:
        """Places in rising order, each once, the ends left out."""
        found: list[float] = []
        for x in sorted(self._tidy(x) for group in groups for x in group):
            if not self._among(x, [*found, self.low, self.high]):
                found.append(x)
        return found

    def _tidy(self, x: float) -> float:
        """Rounded, where that changes no more than the last digits."""
        width = self.high - self.low
        tidy = round(float(x), 9 - int(np.floor(np.log10(width))))
        return (tidy if abs(tidy - x) < 1e-12 * width else float(x)) + 0.0

    def _apart(self, places: Iterable[float]) -> tuple[float, ...]:
        """Those places that are neither breaks nor kinks nor ends."""
        taken = [*self._broken, *(kink.x for kink in self.kinks), self.low, self.high]
        return tuple(x for x in places if not self._among(x, taken))
