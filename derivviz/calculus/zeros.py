"""Where a function of x is zero, and where it breaks: by halving, and exactly where SymPy can tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy
from numpy.typing import NDArray

from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import Negative, Node, Product, Sum, children, evaluate

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

SAMPLES = 4096
_HALVINGS = 60
_LEAST_STEP = 2e-3  # of a function's spread, from where it may be a jump
_SECONDS = 2.0
_GOLDEN = 0.381966  # away from round numbers, so that no sample hits a pole
_ROUNDING = 16 * np.finfo(float).eps


def samples(low: float, high: float) -> Array:
    """Numbers from `low` to `high`, evenly apart but for the two ends."""
    inner = low + (high - low) * (np.arange(SAMPLES) + _GOLDEN) / SAMPLES
    return np.concatenate([[low], inner, [high]])


def signs(g: Expression, x: Array) -> Array:
    """−1, 0 or 1 at each `x`, shape of `x`; 0 also where rounding may have made the sign, NaN outside.

    x³ − 3x² + 3x − 1 near 1 is a difference of numbers far larger than itself, and its float64 sign is noise.
    """
    return np.sign(_sure(g, x))


def _sure(g: Expression, x: Array) -> Array:
    """The values of `g`, 0 where they are nothing but rounding."""
    value = g(x)
    with np.errstate(all="ignore"):
        unsure = np.broadcast_to(_unsure(g.tree, x), x.shape)
    return np.where(unsure & np.isfinite(value), 0.0, value)


def _unsure(node: Node, x: Array) -> NDArray[np.bool_]:
    """Where the sign of a tree may come from rounding: where a sum cancels, in it or in a factor of it."""
    match node:
        case Sum(terms):
            total = np.zeros_like(x)
            for _, term in terms:
                total = total + np.abs(evaluate(term, x))
            return np.asarray(np.abs(evaluate(node, x)) < _ROUNDING * total)
        case Product() | Negative():
            found = np.zeros(x.shape, bool)
            for child in children(node):
                found = found | _unsure(child, x)
            return found
        case _:
            return np.zeros(x.shape, bool)


def crossings(g: Expression, x: Array) -> Array:
    """The places between neighbours of `x` at which `g` changes its sign, poles among them."""
    sign = signs(g, x)
    known = np.flatnonzero(sign != 0)  # what cannot be told is jumped over; NaN is kept and ends a run
    turns = np.flatnonzero(sign[known[:-1]] * sign[known[1:]] < 0)
    low, high, before = x[known[turns]], x[known[turns + 1]], sign[known[turns]]
    # Zero throughout between two signs is a level stretch and no crossing.
    short = known[turns + 1] - known[turns] <= 2
    low, high, before = low[short], high[short], before[short]
    first, last = (low, high), (low, high)  # the two ends of what cannot be told in between
    for _ in range(_HALVINGS):
        middle = (first[0] + first[1]) / 2
        left = signs(g, middle) == before
        first = np.where(left, middle, first[0]), np.where(left, first[1], middle)
        middle = (last[0] + last[1]) / 2
        right = signs(g, middle) == -before
        last = np.where(right, last[0], middle), np.where(right, middle, last[1])
    return (first[1] + last[0]) / 2


def breaks(g: Expression, x: Array) -> Array:
    """The places between neighbours of `x` at which `g` jumps or has a pole: a step that halving leaves.

    A pole with one sign on both sides is not among them; there the derivative of `g` changes its sign.
    """
    low, high = x[:-1], x[1:]
    below, above = _sure(g, low), _sure(g, high)
    inside = np.isfinite(below) & np.isfinite(above)
    low, high, below, above = low[inside], high[inside], below[inside], above[inside]
    if not len(low):
        return low
    sizes, spread = np.abs(below), np.ptp(np.percentile(below, [2, 98]))
    least = max(1e-6 * np.median(sizes), 1e-10 * np.percentile(sizes, 99))
    wide = np.abs(above - below) > _LEAST_STEP * spread  # no smaller jump could be seen
    low, high, below, above = low[wide], high[wide], below[wide], above[wide]
    first = np.abs(above - below)
    floor = np.maximum(_ROUNDING * 1e4 * np.maximum(np.abs(below), np.abs(above)), least)
    for _ in range(_HALVINGS - 15):
        middle = low + (0.5 - 1e-3 * _GOLDEN) * (high - low)
        value = _sure(g, middle)
        upper = ~(np.abs(value - below) >= np.abs(above - value))  # the half with the larger step
        low, below = np.where(upper, middle, low), np.where(upper, value, below)
        high, above = np.where(upper, high, middle), np.where(upper, above, value)
    with np.errstate(all="ignore"):
        left = np.abs(above - below)
        broken = ~((left <= 0.1 * first) | (left <= floor))
    return (low + high)[broken] / 2


def edges(g: Function, x: Array) -> list[tuple[float, float]]:
    """The intervals between the ends of `x` on which `g` has a value, be it too large for float64."""
    inside = ~np.isnan(g(x))
    turns = np.flatnonzero(np.diff(inside.astype(int)))
    low, high, before = x[turns], x[turns + 1], inside[turns]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        left = ~np.isnan(g(middle)) == before
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    found = [float(v) for v in np.where(before, low, high)]  # the side that has a value
    if inside[0]:
        found.insert(0, float(x[0]))
    if inside[-1]:
        found.append(float(x[-1]))
    return list(zip(found[::2], found[1::2], strict=True))


def limit(g: Function, at: float, side: int, width: float) -> float:
    """The one-sided limit of `g`, ±∞ where it grows without bound, NaN where it has no value there.

    From three points ever nearer, at 10⁻⁶, 10⁻⁹ and 10⁻¹² of `width`: what tends to a limit like a power of
    the distance is carried on to it (Aitken's Δ² process).
    """
    a, b, c = (float(v) for v in g(at + side * width * np.array([1e-6, 1e-9, 1e-12])))
    if not np.isfinite([a, b, c]).all():
        return c if np.isinf(c) else float("nan")
    far, near = b - a, c - b
    if abs(near) <= 1e-7 * max(abs(c), abs(far)):
        return c
    if abs(near) >= 0.9 * abs(far):
        return float(np.copysign(np.inf, near))
    return c - near * near / (near - far)


def exact_zeros(g: Expression, low: float, high: float) -> dict[float, int] | None:
    """All zeros of a rational function on [low, high] with their multiplicities, from SymPy.

    None for what is no rational function, or takes too long. `g` changes its sign where the multiplicity is odd.
    """
    x = g.symbol
    if not g.sympy.is_rational_function(x):
        return None
    try:
        with deadline(_SECONDS):
            above, _ = sympy.fraction(sympy.cancel(g.sympy))
            if not above.has(x):
                return None
            roots = sympy.real_roots(sympy.Poly(above, x), multiple=False)
            found = {float(sympy.N(root, 20)): int(multiplicity) for root, multiplicity in roots}
    except (OutOfTime, NotImplementedError, ValueError, TypeError, ArithmeticError, RecursionError):
        return None  # SymPy raises any of these for a polynomial that it cannot isolate the roots of
    except sympy.polys.polyerrors.BasePolynomialError:
        return None
    return {zero: found[zero] for zero in sorted(found) if low <= zero <= high}
