"""The error of difference quotients: too large a step cuts off the curve, too small a one the digits.

Source: with R the rounding of the difference, the error of (f(a + h) − f(a))/h is about h|f″|/2 + R/h, least at
h = √(2R/|f″|); that of (f(a + h) − f(a − h))/(2h) about h²|f‴|/6 + R/(2h), least at h = ∛(3R/(2|f‴|)). As R is
the size of f times the machine's ε, the best h are of the sizes √ε and ∛ε (Press et al., Numerical Recipes,
section 5.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.expression import Expression, ExpressionError
from derivviz.calculus.program import Kind, function, power, run
from derivviz.calculus.symbolic import is_real, to_sympy
from derivviz.errors import DerivvizError, UsageError

Way = Literal["forward", "backward", "central"]
WAYS: tuple[Way, ...] = ("forward", "backward", "central")
Precision: TypeAlias = type[np.float32] | type[np.float64]
Array: TypeAlias = NDArray[np.float64]

PER_DECADE = 8
_SECONDS = 5.0
_NEAR = PER_DECADE // 2  # samples on either side of a step that count for how good it is


def steps(smallest: int = 16, per_decade: int = PER_DECADE) -> Array:
    """The h from 1 down to 10^−smallest, evenly in powers of ten."""
    return np.asarray(10.0 ** -np.linspace(0, smallest, smallest * per_decade + 1))


def quotient(
    f: Expression, at: float, h: ArrayLike, way: Way = "forward", precision: Precision = np.float64
) -> Array:
    """A difference quotient of f at `at`, worked out in that precision from the first sign to the last.

    Parameters
    ----------
    f
        The function.
    at
        The place; it is rounded to the precision first.
    h
        Steps above 0, of any shape.
    way
        ``forward`` (f(a + h) − f(a))/h, ``backward`` (f(a) − f(a − h))/h, ``central``
        (f(a + h) − f(a − h))/(2h).

    Returns
    -------
    ndarray
        Of the shape of `h`, in float64, which holds each float32 exactly. NaN where f has no value.

    Raises
    ------
    UsageError
        If a step is not above 0.
    """
    step: Any = np.asarray(h, precision)
    if not np.all(step > 0):
        raise UsageError("A step h has to be above 0: write for example 1e-6.")
    a: Any = precision(at)
    with np.errstate(all="ignore"):
        here = _value(f, np.full(step.shape, a, precision))
        ahead, behind = _value(f, a + step), _value(f, a - step)
        made = {
            "forward": lambda: (ahead - here) / step,
            "backward": lambda: (here - behind) / step,
            "central": lambda: (ahead - behind) / (precision(2) * step),
        }[way]()
    return np.asarray(made, np.float64)


@dataclass(frozen=True)
class Errors:
    """How far difference quotients are from the derivative.

    Attributes
    ----------
    h, error : ndarray of float64
        Steps, falling, and |quotient − f′(a)| at each; NaN where f has no value.
    slope : float
        f′(a).
    truncation : float or None
        C in the error C hᵖ of a step that is not small, p being 1, or 2 for the central quotient; 0 where a
        derivative of f vanishes there, None where it was not found.
    rounding : float
        R in the error R/h that the machine's digits leave at the most, about.
    order : int
        p.
    """

    h: Array
    error: Array
    slope: float
    truncation: float | None
    rounding: float
    order: int

    @property
    def best(self) -> int:
        """Which of `h` is the best, in practice.

        Where the digits run out the errors jump up and down, and one may be small by luck. So a step counts as
        bad as the worst within half a decade.
        """
        padded = np.pad(np.where(np.isfinite(self.error), self.error, np.inf), _NEAR, mode="edge")
        worst = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1).max(axis=1)
        return int(np.argmin(worst))

    @property
    def predicted(self) -> float | None:
        """The best h by theory, or None where there is no truncation to weigh against rounding."""
        if not self.truncation or not self.rounding:
            return None
        return float((self.rounding / (self.order * self.truncation)) ** (1 / (self.order + 1)))


def errors(
    f: Expression,
    at: float,
    way: Way = "forward",
    precision: Precision = np.float64,
    h: Array | None = None,
) -> Errors:
    """The errors of a difference quotient at many steps, from 1 down to 1e−16 unless `h` says otherwise.

    They are measured against the derivative at the number that the machine has for `at`, exact to 40 digits.

    Raises
    ------
    DerivvizError
        If f has no derivative there, or it is not found in some seconds.
    """
    h = steps() if h is None else h
    place = float(precision(at))
    value, slope, *higher = derivatives(f, place)
    found = quotient(f, at, h, way, precision)
    true = Fraction(str(slope))
    gaps = [abs(Fraction(v) - true) if np.isfinite(v) else None for v in found.tolist()]
    error = np.array([np.nan if gap is None else float(gap) for gap in gaps])
    order = 2 if way == "central" else 1
    bent = higher[order - 1]
    truncation = None if bent is None else abs(float(bent)) / (6 if order == 2 else 2)
    epsilon = float(np.finfo(precision).eps)
    size = abs(float(value)) + abs(place * float(slope))
    return Errors(h, error, float(slope), truncation, epsilon * size / order, order)


@lru_cache(maxsize=16)
def derivatives(f: Expression, place: float) -> tuple[Any, ...]:
    """f, f′, f″ and f‴ at the very number `place`, to 40 digits, as SymPy numbers; None for f″, f‴ if unknown.

    Raises
    ------
    DerivvizError
        If f has no derivative there, or it is not found in some seconds.
    """
    told = f"x = {place:g}"
    if not np.isfinite(f(place)):
        raise DerivvizError(f"{f.text} has no value at {told}: choose another point.")
    exact = sympy.Rational(*place.as_integer_ratio())
    found: list[Any] = []
    try:
        with deadline(_SECONDS):
            g = f
            for _ in range(4):
                number = to_sympy(g.tree, exact).evalf(40)
                found.append(number if is_real(number) and np.isfinite(float(number)) else None)
                g = g.derivative()
    except (OutOfTime, ExpressionError, RecursionError, TypeError, ValueError, ArithmeticError):
        pass  # what was found until then
    found += [None] * (4 - len(found))
    if found[1] is None:
        raise DerivvizError(f"{f.text} has no derivative at {told}: choose another point.")
    return tuple(found)


def _value(f: Expression, x: NDArray[Any]) -> NDArray[Any]:
    """f in the precision of `x`, every operation of it."""
    kind: Kind[NDArray[Any]] = Kind(
        lambda value: np.full(x.shape, value, x.dtype),
        lambda name, u: np.asarray(function(name, u), x.dtype),
        lambda u, exponent: np.asarray(power(u, exponent), x.dtype),
    )
    return run(f.tree, x, kind)
