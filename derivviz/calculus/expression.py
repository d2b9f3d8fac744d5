"""Expressions of x as people write them, read without ever being evaluated as code.

Notation: ``x**2 + 2*x + 1``, ``3x^2``, ``2x(x + 1)``, ``x sin(x)``, ``sin(x)^2``, ``|x|``, ``x²``, ``√x``,
``2·x``; the functions sin cos tan asin acos atan sinh cosh tanh exp log (also ln) sqrt cbrt abs; the
constants pi (also π) and e. Decimals are exact: 0.1 is 1/10. Everything is real: ``x^(1/3)`` at −8 is −2, as
in a school book, and not SymPy's complex principal root; sqrt(x) and log(x) have no value below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus import symbolic
from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.parser import read
from derivviz.calculus.text import to_text
from derivviz.calculus.tokens import ExpressionError
from derivviz.calculus.tree import Node, evaluate

__all__ = ["Expression", "ExpressionError", "parse"]

_SECONDS = 5.0
_TOO_SLOW = "Working this out takes too long."
_SIMPLER = "Use a simpler expression."


@dataclass(frozen=True)
class Expression:
    """A real function of x. Made by `parse`, not by hand.

    Attributes
    ----------
    text : str
        As the user wrote it; for a derivative, in the same notation.
    sympy : sympy.Expr
        The same in SymPy's form, numbers exact, in the real symbol `symbol`.
    tree : Node
        The same in the written order of terms and factors.
    """

    text: str
    sympy: Any = field(compare=False)
    tree: Node = field(repr=False)
    _domain: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def variable(self) -> str:
        """The name of the variable: ``x``."""
        return "x"

    @property
    def symbol(self) -> Any:
        """The SymPy symbol of the variable. It is real, so another ``Symbol("x")`` is not equal to it."""
        return symbolic.X

    @overload
    def __call__(self, x: float) -> float: ...
    @overload
    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]: ...
    def __call__(self, x: float | NDArray[Any]) -> float | NDArray[np.float64]:
        """The value at `x`, in float64 and in the written order of operations.

        A number gives the float that Python gives for the same line of arithmetic (whole numbers up to
        2^53); an array of any shape gives an array of that shape. Outside the domain, and at a pole, the
        value is NaN.
        """
        points = np.asarray(x, np.float64)
        found = values(self.tree, self._domain, points[()], points.shape)
        return found if points.ndim else float(found)

    def derivative(self) -> Expression:
        """The derivative by the rules of differentiation.

        It is NaN where the function itself has no value, and where a rule has none, as |x|′ = |x|/x at 0.

        Raises
        ------
        ExpressionError
            If it takes too long to find, or the rules lead to no real number anywhere.
        """
        slope, tree = differentiated(self.text, self.sympy, self.symbol)
        return Expression(to_text(tree), slope, tree, (*self._domain, self.tree))

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Expression:
    """Read an expression of x.

    Parameters
    ----------
    text
        The expression, at most 500 characters.

    Raises
    ------
    ExpressionError
        With a caret under the offending character, what is wrong there and what would be right. Also
        for what would be too large or too slow to work with, as ``9**9**9**9``.
    """
    return Expression(text.strip(), *understood(text, ("x",)))


def understood(text: str, variables: Sequence[str]) -> tuple[Any, Node]:
    """An expression of these variables in SymPy's form and as a tree, or an `ExpressionError`."""
    tree = read(text, variables)
    try:
        with deadline(_SECONDS):
            value = symbolic.to_sympy(tree)
    except (OutOfTime, RecursionError):
        raise ExpressionError(text, 0, _TOO_SLOW, _SIMPLER) from None
    except OverflowError:
        reason = "A part of this has no real value, or one that is too large."
        raise ExpressionError(text, 0, reason, _SIMPLER) from None
    if not symbolic.is_real(value):
        reason = f"This has no real value for any {' and '.join(variables)}."
        raise ExpressionError(text, 0, reason, "Change it so that it has one.")
    return value, tree


def differentiated(text: str, value: Any, variable: Any) -> tuple[Any, Node]:
    """The derivative of a SymPy expression by a variable, and its tree, or an `ExpressionError` about `text`."""
    try:
        with deadline(_SECONDS):
            slope = symbolic.differentiate(value, variable)
            if not symbolic.is_real(slope):
                reason = "The rules of differentiation give this no real slope."
                raise ExpressionError(text, 0, reason, _SIMPLER)
            return slope, symbolic.to_tree(slope)
    except (OutOfTime, RecursionError):
        raise ExpressionError(text, 0, _TOO_SLOW, _SIMPLER) from None


def values(tree: Node, domain: Sequence[Node], points: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The values of a tree as an array of a shape, NaN wherever a tree of the domain has none."""
    with np.errstate(all="ignore"):
        found = np.broadcast_to(evaluate(tree, points), shape)
        for node in domain:
            found = np.where(np.isnan(evaluate(node, points)), np.nan, found)
    return np.array(found)
