"""From secant to tangent: difference quotients, the lines they draw, and their limits.

Source: the delta method: dy/dx = lim Δx→0 (f(x + Δx) − f(x))/Δx.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.expression import Expression
from derivviz.calculus.symbolic import is_odd_root, is_real, to_sympy
from derivviz.errors import DerivvizError, UsageError

_SECONDS = 3.0
UNKNOWN_LIMIT = (
    OutOfTime,
    NotImplementedError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What comes of a limit that SymPy does not know, or not in time: it raises errors of any of these kinds."""

_NEAR = [sympy.Rational(1, 2**bits) for bits in (24, 32, 40)]


@dataclass(frozen=True)
class Line:
    """The straight line y = slope · x + intercept."""

    slope: float
    intercept: float

    def __call__(self, x: Any) -> Any:
        """y at `x`, a float or an array of any shape."""
        return self.slope * x + self.intercept


def difference_quotient(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    """The slope (f(x + h) − f(x))/h from x to x + h, in float64 just as the line is written.

    Parameters
    ----------
    f
        Any function of a number, vectorised if `x` or `h` is an array.
    x, h
        Floats, or arrays that broadcast. h may be negative.

    Raises
    ------
    UsageError
        If h is 0 somewhere: the quotient is then 0/0.
    """
    if np.any(np.asarray(h) == 0):
        raise UsageError("h is 0, and 0/0 has no value: take h as small as you like, but not 0.")
    return (f(x + h) - f(x)) / h


def secant(f: Callable[[float], Any], a: float, b: float) -> Line:
    """The line through (a, f(a)) and (b, f(b)).

    Raises
    ------
    UsageError
        If a = b, where no single line is meant.
    DerivvizError
        If f has no finite value at one of the two.
    """
    if a == b:
        raise UsageError(f"A secant needs two points, and both are at x = {a:g}. Move one of them.")
    at_a, at_b = float(f(a)), float(f(b))
    for x, y in ((a, at_a), (b, at_b)):
        if not np.isfinite(y):
            raise DerivvizError(f"The function has no value at x = {x:g}: choose another point.")
    slope = (at_b - at_a) / (b - a)
    return Line(slope, at_b - slope * b)


def one_sided_slopes(expression: Expression, a: Any) -> tuple[Any, Any]:
    """The limits of (f(a + h) − f(a))/h as h → 0 from the left and from the right.

    Parameters
    ----------
    expression
        The function.
    a
        The place: a float (0.1 is taken as 1/10, as it is written) or a SymPy number.

    Returns
    -------
    (left, right)
        Exact SymPy numbers: ``sympy.oo`` or ``-sympy.oo`` for a vertical slope, ``sympy.nan`` on a side on
        which the function is not defined or the slope has no limit.

    Raises
    ------
    DerivvizError
        If f has no value at a, or the limit is not found in some seconds.
    """
    place = exact(a)
    if not np.isfinite(expression(float(place))):
        raise DerivvizError(f"{expression.text} has no value at x = {_place(place)}: choose another point.")
    try:
        with deadline(_SECONDS):
            sides = [_slope_beside(expression, place, side) for side in (-1, 1)]
    except UNKNOWN_LIMIT:
        raise DerivvizError(
            f"The slope of {expression.text} at x = {_place(place)} was not found: "
            "choose another point or a simpler function."
        ) from None
    return sides[0], sides[1]


def tangent(expression: Expression, a: Any) -> Line:
    """The tangent line at x = a.

    Raises
    ------
    DerivvizError
        If there is none: f has no value at a, a corner, a cusp, a vertical tangent, an end of the domain.
        The message gives the slopes from the left and from the right.
    """
    place = exact(a)
    left, right = one_sided_slopes(expression, place)
    slope = float(left)
    if left != right or not np.isfinite(slope):
        raise DerivvizError(
            f"{expression.text} has no tangent with a slope at x = {_place(place)}: "
            f"from the left the slope is {_told(left)}, from the right {_told(right)}."
        )
    height = to_sympy(expression.tree, place)
    if not height.is_extended_real:
        height = expression(float(place))
    return Line(slope, float(height - left * place))


def expanded_quotient(expression: Expression, a: Any, most: int = 4) -> sympy.Expr | None:
    """(f(a + h) − f(a))/h of a polynomial, expanded in the symbol ``h``.

    None where f is no polynomial, where h drops out of the quotient, or where it has more than `most` terms.
    """
    h, x = sympy.Symbol("h"), expression.symbol
    f, place = expression.sympy, exact(a)
    if not f.is_polynomial(x) or sympy.degree(f, x) > 50:
        return None
    expanded = sympy.expand((f.subs(x, place + h) - f.subs(x, place)) / h)
    return expanded if len(sympy.Add.make_args(expanded)) <= most and h in expanded.free_symbols else None


def exact(a: Any) -> Any:
    """The number `a` in exact form: a float as the decimal that it prints as."""
    if isinstance(a, sympy.Basic):
        return a
    if not np.isfinite(a):
        raise UsageError(f"x = {a} is no point on the axis: name a finite number.")
    value = Fraction(repr(float(a)))
    return sympy.Rational(value.numerator, value.denominator)


def _place(place: Any) -> str:
    return f"{float(place):.6g}"


def _told(slope: Any) -> str:
    words = {sympy.oo: "+∞", -sympy.oo: "−∞", sympy.nan: "not defined"}
    return words.get(slope, str(slope))


def _slope_beside(expression: Expression, place: Any, side: int) -> Any:
    """The slope at `place` from the left (side −1) or the right (+1); nan where it has none."""
    if not np.isfinite(expression(float(place) + side * 1e-9 * max(1.0, abs(float(place))))):
        return sympy.nan
    # Where the rules of differentiation give a value, they are the limit, worked out once and for all.
    slope = to_sympy(expression.derivative().tree, place)
    if not is_real(slope):
        slope = one_sided_slope(expression, place, side)
    if isinstance(slope, sympy.AccumBounds):
        return sympy.nan
    if not (slope.is_number and slope.is_extended_real):
        raise NotImplementedError
    return slope


def one_sided_slope(expression: Expression, place: Any, side: int, height: Any = None) -> Any:
    """SymPy's limit of (f(a + h) − f(a))/h from the left (side −1) or the right (+1).

    Parameters
    ----------
    height
        f(a); by default the limit of f on that side.

    Raises
    ------
    NotImplementedError
        And others of `UNKNOWN_LIMIT`, when SymPy does not find it.
    """
    t = sympy.Symbol("t", positive=True)
    near = beside(expression, place, side, t)
    start = sympy.limit(near, t, 0, "+") if height is None else height
    slope = (near - start) / t
    if slope.is_rational_function(t):  # a hidden 0 would keep SymPy's limit searching for ever
        slope = sympy.cancel(slope)
    return side * sympy.limit(slope, t, 0, "+")


def beside(expression: Expression, place: Any, side: int, t: Any) -> Any:
    """f(a ± t) for small t > 0, without |u| and without roots of negative u, which limits cannot take."""
    value = expression.sympy.subs(expression.symbol, place + side * t)

    def sign(part: Any) -> int:
        signs = {int(sympy.sign(part.subs(t, step).evalf(30))) for step in _NEAR}
        if len(signs) > 1:
            raise NotImplementedError
        return signs.pop()

    def rooted(power: Any) -> Any:
        if sign(power.base) >= 0:
            return power
        return (-1) ** (power.exp.p % 2) * (-power.base) ** power.exp

    value = value.replace(sympy.Abs, lambda part: sign(part) * part)
    return value.replace(is_odd_root, rooted)
