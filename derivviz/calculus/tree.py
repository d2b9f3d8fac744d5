"""An expression as it was written: a small tree that keeps the order of terms and factors.

SymPy sorts terms and folds numbers, which changes the last bit of a float64 result. This tree is
evaluated in the written order, so ``x**2 + 2*x + 1`` gives the very number that Python gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Number:
    """An exact non-negative number, and how it was typed (``0.50`` stays ``0.50`` on screen)."""

    value: Fraction
    text: str


@dataclass(frozen=True)
class Variable:
    """A variable, by its letter."""

    name: str = "x"


@dataclass(frozen=True)
class Constant:
    """``pi`` or ``e``."""

    name: str


@dataclass(frozen=True)
class Negative:
    """−inner."""

    inner: Node


@dataclass(frozen=True)
class Sum:
    """Terms added (or, where the flag is set, subtracted) from left to right."""

    terms: tuple[tuple[bool, Node], ...]


@dataclass(frozen=True)
class Product:
    """Factors multiplied (or, where the flag is set, divided by) from left to right."""

    factors: tuple[tuple[bool, Node], ...]


@dataclass(frozen=True)
class Power:
    """base ^ exponent, real: an exponent p/q with odd q takes the real root of a negative base."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Call:
    """A function of one argument, by its canonical name."""

    name: str
    argument: Node


@dataclass(frozen=True)
class Derivative:
    """d/dx of inner, not yet worked out. No text is read as one: the rules of differentiation make it."""

    inner: Node


Node: TypeAlias = Number | Variable | Constant | Negative | Sum | Product | Power | Call | Derivative

CONSTANTS = {"pi": np.pi, "e": np.e}
FUNCTIONS: dict[str, Any] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "cbrt": np.cbrt, "abs": np.abs,
}  # fmt: skip
"""Canonical names; the logarithm is the natural one."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`, from left to right."""
    match node:
        case Negative(inner) | Derivative(inner):
            return (inner,)
        case Sum(parts) | Product(parts):
            return tuple(part for _, part in parts)
        case Power(base, exponent):
            return (base, exponent)
        case Call(_, argument):
            return (argument,)
        case _:
            return ()


def with_children(node: Node, below: Sequence[Node]) -> Node:
    """The same kind of node, with the same signs, over other children (as many as `children` gives)."""
    match node:
        case Negative():
            return Negative(*below)
        case Derivative():
            return Derivative(*below)
        case Sum(parts):
            return Sum(tuple((flag, child) for (flag, _), child in zip(parts, below, strict=True)))
        case Product(parts):
            return Product(tuple((flag, child) for (flag, _), child in zip(parts, below, strict=True)))
        case Power():
            return Power(*below)
        case Call(name):
            return Call(name, *below)
        case _:
            return node


def size(node: Node) -> int:
    """How many nodes the tree has."""
    return 1 + sum(size(child) for child in children(node))


def number(value: Fraction | int) -> Node:
    """The tree of an exact number, a fraction as one number divided by another."""
    value = Fraction(value)
    if value < 0:
        return Negative(number(-value))
    if value.denominator == 1:
        return Number(value, str(value))
    above, below = Fraction(value.numerator), Fraction(value.denominator)
    return Product(((False, Number(above, str(above))), (True, Number(below, str(below)))))


def is_constant(node: Node) -> bool:
    """Whether no variable occurs in the tree."""
    return not isinstance(node, Variable) and all(is_constant(child) for child in children(node))


def variables(node: Node) -> set[str]:
    """The variables that occur in the tree."""
    if isinstance(node, Variable):
        return {node.name}
    return {name for child in children(node) for name in variables(child)}


def rational(node: Node) -> Fraction | None:
    """The exact value of a tree of whole powers and numbers alone, or None."""
    value: Fraction | None
    match node:
        case Number(value, _):
            return value
        case Negative(inner):
            value = rational(inner)
            return None if value is None else -value
        case Sum(parts):
            total = Fraction(0)
            for negative, part in parts:
                if (value := rational(part)) is None:
                    return None
                total += -value if negative else value
            return total
        case Product(parts):
            result = Fraction(1)
            for inverse, part in parts:
                if (value := rational(part)) is None or (inverse and not value):
                    return None
                result *= 1 / value if inverse else value
            return result
        case Power(base, exponent):
            b, n = rational(base), rational(exponent)
            if b is None or n is None or n.denominator != 1 or (not b and n < 0):
                return None
            return b**n.numerator
        case _:
            return None


def evaluate(node: Node, x: Any) -> Any:
    """The value at `x`, in the written order of operations.

    `x` is a NumPy float64 or an array of them; where there are several variables, a mapping from their names
    to those. A point outside the domain, a pole included, gives NaN; what is only too large gives an infinity.
    """
    match node:
        case Number(value, _):
            return np.float64(_nearest(value))
        case Variable(name):
            return x[name] if isinstance(x, Mapping) else x
        case Constant(name):
            return np.float64(CONSTANTS[name])
        case Negative(inner):
            return -evaluate(inner, x)
        case Sum(((negative, first), *rest)):
            total = -evaluate(first, x) if negative else evaluate(first, x)
            for negative, part in rest:
                total = total - evaluate(part, x) if negative else total + evaluate(part, x)
            return total
        case Product(((inverse, first), *rest)):
            result = _quotient(np.float64(1), evaluate(first, x)) if inverse else evaluate(first, x)
            for inverse, part in rest:
                value = evaluate(part, x)
                result = _quotient(result, value) if inverse else result * value
            return result
        case Power(base, exponent):
            return _power(evaluate(base, x), rational(exponent), exponent, x)
        case Call("log", argument):
            value = evaluate(argument, x)
            return np.where(value == 0, np.nan, np.log(value))[()]
        case Call(name, argument):
            return FUNCTIONS[name](evaluate(argument, x))
    raise TypeError(f"not a node of an expression: {node!r}")


def _nearest(value: Fraction) -> float:
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _quotient(above: Any, below: Any) -> Any:
    return np.where(below == 0, np.nan, above / below)[()]


def _power(base: Any, exact: Fraction | None, exponent: Node, x: Any) -> Any:
    """The real power. `exact` is the exponent as a fraction, where it is one."""
    if exact is None:
        power = evaluate(exponent, x)
        # NumPy says NaN^0 = 1 and 1^NaN = 1; where a part has no value, the whole has none.
        nowhere = np.isnan(base) | np.isnan(power) | ((base == 0) & (power < 0))
        return np.where(nowhere, np.nan, base**power)[()]
    if exact == 0:
        return np.where(np.isnan(base), np.nan, 1.0)[()]
    number = _nearest(exact)
    if exact.denominator % 2 == 0 or exact.denominator == 1:
        result = base**number
    else:
        root = np.cbrt(base) ** float(exact.numerator) if exact.denominator == 3 else np.abs(base) ** number
        odd_root = exact.denominator != 3 and exact.numerator % 2
        result = np.copysign(root, base) if odd_root else root
    return np.where(base == 0, np.nan, result)[()] if exact < 0 else result
