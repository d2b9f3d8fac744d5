"""Whether a function has a derivative at a point, and what stands in the way where it has none.

Source: f is differentiable at a when (f(a + h) − f(a))/h has one finite limit as h → 0, from the left and
from the right. SymPy finds the limits; where it does not, they are read off numbers, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sympy
from numpy.typing import ArrayLike

from derivviz.calculus.deadline import deadline
from derivviz.calculus.difference import (
    UNKNOWN_LIMIT,
    Line,
    beside,
    exact,
    one_sided_slope,
)
from derivviz.calculus.expression import Expression
from derivviz.calculus.symbolic import is_real, to_sympy
from derivviz.errors import UsageError

Kind = Literal["smooth", "corner", "cusp", "vertical", "jump", "oscillation", "end"]

_SECONDS = 3.0
_HALVINGS = range(6, 27)  # of h, where limits are read off numbers
_SAME = 1e-6  # relative difference of numbers that were read off


@dataclass(frozen=True)
class Side:
    """What a function does on one side of a point.

    Attributes
    ----------
    value
        The limit of f(a + h): a SymPy number, an infinity, or an ``AccumBounds`` or ``nan`` when there is none.
    slope
        The same of (f(a + h) − f(a))/h.
    """

    value: Any
    slope: Any


@dataclass(frozen=True)
class Point:
    """A function at the point x = a.

    Attributes
    ----------
    expression
        The function.
    x, y
        a and f(a), SymPy numbers. Where the expression has no value, y is the limit that fills the gap.
    left, right
        The two sides; None where the function is not defined on that side.
    filled
        Whether the expression has no value at a, so that y is a limit.
    proven
        Whether SymPy found every limit. If not, some were read off numbers.
    """

    expression: Expression
    x: Any
    y: Any
    left: Side | None
    right: Side | None
    filled: bool
    proven: bool

    @property
    def kind(self) -> Kind:
        """``smooth`` where there is a derivative, else what stands in its way.

        ``corner``: two different slopes; ``cusp``: +∞ and −∞; ``vertical``: twice the same infinity;
        ``jump``: f itself has another limit than f(a); ``oscillation``: a limit does not exist because
        the slopes swing for ever; ``end``: f is defined on one side only.
        """
        sides = [side for side in (self.left, self.right) if side is not None]
        if any(swings(side.value) for side in sides):
            return "oscillation"
        if any(not _same(side.value, self.y) for side in sides):
            return "jump"
        if any(swings(side.slope) for side in sides):
            return "oscillation"
        if self.left is None or self.right is None:
            return "end"
        left, right = self.left.slope, self.right.slope
        if left.is_infinite and right.is_infinite:
            return "vertical" if left == right else "cusp"
        return "smooth" if _same(left, right) else "corner"

    @property
    def slope(self) -> Any:
        """The derivative, a SymPy number, or None where there is none."""
        return self.right.slope if self.kind == "smooth" and self.right is not None else None

    def slopes(self) -> tuple[float, float]:
        """The limits of the slopes from the left and from the right; NaN where there is none."""
        left, right = (
            float("nan") if side is None or swings(side.slope) else float(side.slope)
            for side in (self.left, self.right)
        )
        return left, right

    @property
    def tangent(self) -> Line | None:
        """The tangent line, or None where none has a slope."""
        if self.slope is None:
            return None
        return Line(float(self.slope), float(self.y - self.slope * self.x))

    def __call__(self, x: ArrayLike) -> Any:
        """f at `x`, a float or an array, the gap at a filled."""
        y = self.expression(x if isinstance(x, np.ndarray) else float(x))  # type: ignore[arg-type]
        return np.where(np.equal(x, float(self.x)), float(self.y), y)[()] if self.filled else y


def look_at(expression: Expression, a: Any, toward: int = 1) -> Point:
    """How a function behaves at x = a.

    Parameters
    ----------
    expression
        The function.
    a
        The place: a float (0.1 is taken as 1/10, as it is written) or a SymPy number.
    toward
        Where the function has no value at a and jumps there, the side whose limit is taken for f(a):
        −1 the left, 1 the right.

    Raises
    ------
    UsageError
        If f has no value at a and no limit that could stand for it, or is defined nowhere beside a.
    """
    place = exact(a)
    sides = [side for side in (-1, 1) if _is_defined(expression, place, side)]
    height = _height(expression, place)
    if not sides:
        where = "beside" if height is not None else "at or beside"
        raise UsageError(
            f"{expression.text} has no value {where} x = {float(place):.6g}: choose another --at."
        )
    values: dict[int, Any] = {}
    slopes: dict[int, Any] = {}
    proven = True
    for side in sides:
        values[side], found = _value(expression, place, side, height)
        proven &= found
    filled = height is None
    if height is None:
        height = values.get(toward, values[sides[0]])
        if swings(height) or height.is_infinite or any(not _is_finite(value) for value in values.values()):
            raise UsageError(
                f"{expression.text} has no value at x = {float(place):.6g}: choose another --at. "
                + " ".join(_told(values[side], side) for side in sides)
            )
    for side in sides:
        slopes[side], found = _slope(expression, place, side, height, values[side], filled)
        proven &= found
    left, right = (Side(values[side], slopes[side]) if side in sides else None for side in (-1, 1))
    return Point(expression, place, height, left, right, filled, proven)


def swings(limit: Any) -> bool:
    """Whether there is no limit, finite or infinite: the numbers swing for ever."""
    return limit is sympy.nan or isinstance(limit, sympy.AccumBounds)


def _is_finite(limit: Any) -> bool:
    return not swings(limit) and bool(limit.is_finite)


def _same(one: Any, other: Any) -> bool:
    if swings(one) or swings(other):
        return False
    if one == other:
        return True
    if not (one.is_finite and other.is_finite):
        return False
    a, b = float(one), float(other)
    loose = _SAME if one.has(sympy.Float) or other.has(sympy.Float) else 1e-12
    return abs(a - b) <= loose * max(1.0, abs(a), abs(b))


def _told(limit: Any, side: int) -> str:
    start = f"From the {'left' if side < 0 else 'right'} it"
    if swings(limit):
        return f"{start} has no limit."
    if limit.is_infinite:
        return f"{start} goes to {'+' if limit > 0 else '−'}∞."
    return f"{start} tends to {float(limit):.6g}."


def _is_defined(expression: Expression, place: Any, side: int) -> bool:
    steps = side * max(1.0, abs(float(place))) * np.array([1e-9, 3e-8, 1e-6])
    return bool(np.isfinite(expression(float(place) + steps)).any())


def _height(expression: Expression, place: Any) -> Any:
    """f(a) as a SymPy number, or None."""
    number = expression(float(place))
    if not np.isfinite(number):
        return None
    height = to_sympy(expression.tree, place)
    return (
        height if height.is_number and height.is_finite and height.is_extended_real else sympy.Float(number)
    )


def _value(expression: Expression, place: Any, side: int, height: Any) -> tuple[Any, bool]:
    """The limit of f on one side, and whether it was SymPy that found it.

    An expression of this notation is continuous wherever it has a value.
    """
    if height is not None:
        return height, True
    t = sympy.Symbol("t", positive=True)
    try:
        with deadline(_SECONDS):
            return _checked(sympy.limit(beside(expression, place, side, t), t, 0, "+")), True
    except UNKNOWN_LIMIT:
        return read_off(lambda h: expression(float(place) + side * h), abs(float(place))), False


def _slope(
    expression: Expression, place: Any, side: int, height: Any, value: Any, filled: bool
) -> tuple[Any, bool]:
    if not _same(value, height):  # f jumps: the quotient is the jump divided by h
        return (sympy.oo if (value - height) * side > 0 else -sympy.oo), True
    try:
        with deadline(_SECONDS):
            if not filled and is_real(rule := to_sympy(expression.derivative().tree, place)):
                return _checked(rule), True  # where the rules give a value, it is the limit
            return _checked(one_sided_slope(expression, place, side, height)), True
    except UNKNOWN_LIMIT:
        a, y = float(place), float(height)
        return read_off(lambda h: (expression(a + side * h) - y) / (side * h), abs(a)), False


def _checked(limit: Any) -> Any:
    """The limit, if it is one."""
    if isinstance(limit, sympy.AccumBounds) or (limit.is_number and limit.is_extended_real):
        return limit
    raise NotImplementedError


def read_off(quantity: Any, size: float) -> Any:
    """The limit of ``quantity(h)`` as h → 0 through positive numbers, read off halvings of h.

    Parameters
    ----------
    quantity
        A function of a float64 array of h.
    size
        Size of the place: h starts at max(1, size)/64.

    Returns
    -------
    sympy.Float or infinity or nan
        ``nan`` where the numbers settle on nothing. It is what numbers suggest, and proves nothing.
    """
    h = max(1.0, size) * 0.5 ** np.array(_HALVINGS)
    with np.errstate(all="ignore"):
        found = np.asarray(quantity(h), float)
    found = found[np.isfinite(found)]
    if len(found) < 6:
        return sympy.nan
    steps = np.diff(found)
    middle = len(steps) // 2  # later ones may be rounding alone
    early = steps[:middle]
    if _shrinks(early):
        before, after = steps[middle - 1], steps[middle]
        settled = abs(after - before) <= 1e-12 * max(1.0, float(np.abs(found).max()))
        aitken = found[middle] if settled else found[middle + 1] - after**2 / (after - before)
        return sympy.Float(float(f"{aitken:.6g}"))
    if (early > 0).all() or (early < 0).all():
        return sympy.oo if early[0] > 0 else -sympy.oo
    return sympy.nan


def _shrinks(steps: Any) -> bool:
    """Whether each step is clearly smaller than the one before, as those of a power of h are."""
    return bool((np.abs(steps[1:]) <= 0.9 * np.abs(steps[:-1]) + 1e-9).all())
