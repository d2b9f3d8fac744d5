"""Expressions of x as people write them, read without ever being evaluated as code.

Notation: ``x**2 + 2*x + 1``, ``3x^2``, ``2x(x + 1)``, ``x sin(x)``, ``sin(x)^2``, ``|x|``, ``x²``, ``√x``,
``2·x``; the functions sin cos tan asin acos atan sinh cosh tanh exp log (also ln) sqrt cbrt abs; the
constants pi (also π) and e. Decimals are exact: 0.1 is 1/10. Everything is real: ``x^(1/3)`` at −8 is −2, as
in a school book, and not SymPy's complex principal root; sqrt(x) and log(x) have no value below 0.
"""

from __future__ import annotations

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
        with np.errstate(all="ignore"):
            values = np.broadcast_to(evaluate(self.tree, points[()]), points.shape)
            for node in self._domain:
                values = np.where(np.isnan(evaluate(node, points[()])), np.nan, values)
        return np.array(values) if points.ndim else float(values)

    def derivative(self) -> Expression:
        """The derivative by the rules of differentiation.

        It is NaN where the function itself has no value, and where a rule has none, as |x|′ = |x|/x at 0.

        Raises
        ------
        ExpressionError
            If it takes too long to find, or the rules lead to no real number anywhere.
        """
        try:
            with deadline(_SECONDS):
                slope = symbolic.differentiate(self.sympy)
                if not symbolic.is_real(slope):
                    reason = "The rules of differentiation give this no real slope."
                    raise ExpressionError(self.text, 0, reason, _SIMPLER)
                tree = symbolic.to_tree(slope)
        except (OutOfTime, RecursionError):
            raise ExpressionError(self.text, 0, _TOO_SLOW, _SIMPLER) from None
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
    tree = read(text)
    try:
        with deadline(_SECONDS):
            value = symbolic.to_sympy(tree)
    except (OutOfTime, RecursionError):
        raise ExpressionError(text, 0, _TOO_SLOW, _SIMPLER) from None
    except OverflowError:
        reason = "A part of this has no real value, or one that is too large."
        raise ExpressionError(text, 0, reason, _SIMPLER) from None
    if not symbolic.is_real(value):
        raise ExpressionError(text, 0, "This has no real value for any x.", "Change it so that it has one.")
    return Expression(text.strip(), value, tree)
