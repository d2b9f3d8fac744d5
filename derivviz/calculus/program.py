"""An expression run as a program, on any kind of number: single precision, dual numbers, nodes of a graph.

Automatic differentiation changes the numbers and leaves the program as it is. So the program, which takes the
operations in their written order, stands here once, and each kind of number says what it does differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

import numpy as np

from derivviz.calculus.tree import (
    Call,
    Negative,
    Node,
    Power,
    Product,
    Sum,
    Variable,
    evaluate,
    is_constant,
    number,
    rational,
)

N = TypeVar("N")
_X = Variable()
_ORIGIN = np.float64(0)


@dataclass(frozen=True)
class Kind(Generic[N]):
    """A kind of number. It has + − · / and ** of its own; the rest is here.

    Attributes
    ----------
    constant : callable
        The number of this kind for a float64.
    call : callable
        An elementary function, by its canonical name, of a number.
    power : callable
        A number to the power of an exponent (a tree without x).
    """

    constant: Callable[[Any], N]
    call: Callable[[str, N], N]
    power: Callable[[N, Node], N]


def run(node: Node, x: N, kind: Kind[N]) -> N:
    """The value of a tree at `x`, in numbers of that kind and in the written order of operations.

    A part without x is worked out in float64 and is one constant.
    """
    if is_constant(node):
        return kind.constant(evaluate(node, _ORIGIN))
    result: Any
    match node:
        case Variable():
            return x
        case Negative(inner):
            result = -run(inner, x, kind)  # type: ignore[operator]
        case Sum(((negative, first), *rest)):
            result = run(first, x, kind)
            result = -result if negative else result
            for negative, part in rest:
                value = run(part, x, kind)
                result = result - value if negative else result + value
        case Product(((inverse, first), *rest)):
            result = run(first, x, kind)
            result = kind.constant(np.float64(1)) / result if inverse else result
            for inverse, part in rest:
                value = run(part, x, kind)
                result = result / value if inverse else result * value
        case Power(base, exponent) if is_constant(exponent):
            result = kind.power(run(base, x, kind), exponent)
        case Power(base, exponent):
            result = run(base, x, kind) ** run(exponent, x, kind)  # type: ignore[operator]
        case Call(name, argument):
            result = kind.call(name, run(argument, x, kind))
        case _:
            raise TypeError(f"not a node of an expression: {node!r}")
    return result


# --- what every kind needs of the elementary functions ---------------------------------------------------


def function(name: str, u: Any) -> Any:
    """An elementary function at `u`; NaN outside of its domain."""
    return evaluate(Call(name, _X), u)


def power(u: Any, exponent: Node) -> Any:
    """The real power of `u`; NaN where there is none."""
    return evaluate(Power(_X, exponent), u)


def function_slope(name: str, u: float, y: float) -> float:
    """The derivative of an elementary function at `u`, where its value is `y`; NaN where it has none."""
    with np.errstate(all="ignore"):
        return _slope_or_nan(_SLOPES[name](np.float64(u), np.float64(y)), y)


def power_slope(u: float, exponent: Node, y: float) -> float:
    """The derivative n u^(n − 1) of u^n at `u`, where its value is `y`; NaN where it has none."""
    exact = rational(exponent)
    with np.errstate(all="ignore"):
        if exact is None:
            n = evaluate(exponent, _ORIGIN)
            return _slope_or_nan(n * np.float64(u) ** (n - 1), y)
        if exact == 0:
            return _slope_or_nan(np.float64(0), y)
        lowered = evaluate(Power(_X, number(exact - 1)), np.float64(u))
        return _slope_or_nan(np.float64(Fraction(exact)) * lowered, y)


_SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "sin": lambda u, y: np.cos(u),
    "cos": lambda u, y: -np.sin(u),
    "tan": lambda u, y: 1 + y * y,
    "asin": lambda u, y: 1 / np.sqrt((1 - u) * (1 + u)),
    "acos": lambda u, y: -1 / np.sqrt((1 - u) * (1 + u)),
    "atan": lambda u, y: 1 / (1 + u * u),
    "sinh": lambda u, y: np.cosh(u),
    "cosh": lambda u, y: np.sinh(u),
    "tanh": lambda u, y: 1 / np.cosh(u) ** 2,
    "exp": lambda u, y: y,
    "log": lambda u, y: 1 / u,
    "sqrt": lambda u, y: 1 / (2 * y),
    "cbrt": lambda u, y: 1 / (3 * y * y),
    "abs": lambda u, y: u / y,
}


def _slope_or_nan(slope: Any, y: float) -> float:
    """A slope without bound at a finite value is none, and where there is no value there is no slope."""
    return float("nan") if np.isnan(y) or (np.isinf(slope) and np.isfinite(y)) else float(slope)
