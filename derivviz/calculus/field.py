"""Functions of two variables: slices, partial derivatives, gradient, level points.

Source: the partial derivative ∂f/∂x is the derivative of f(x, y) by x with y held still; the gradient
∇f = (∂f/∂x, ∂f/∂y); the slope in the direction of a unit vector u is ∇f · u; at a level point the Hessian
matrix of the second partial derivatives tells a minimum, a maximum and a saddle apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.expression import differentiated, understood, values
from derivviz.calculus.symbolic import SYMBOLS
from derivviz.calculus.text import to_text
from derivviz.calculus.tree import Node
from derivviz.errors import UsageError

Array = NDArray[np.float64]
VARIABLES = ("x", "y")
LevelPoint = Literal["minimum", "maximum", "saddle", "undecided"]

_FLAT = 1e-9  # of the largest second derivative: a Hessian determinant within it decides nothing


@dataclass(frozen=True)
class Field:
    """A real function of x and y (a scalar field). Made by `parse_field`, not by hand.

    Attributes
    ----------
    text : str
        As the user wrote it; for a partial derivative, in the same notation.
    sympy : sympy.Expr
        The same in SymPy's form, numbers exact, in the real symbols of `derivviz.calculus.symbolic.SYMBOLS`.
    tree : Node
        The same in the written order of terms and factors.
    """

    text: str
    sympy: Any = field(compare=False)
    tree: Node = field(repr=False)
    _domain: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def symbols(self) -> tuple[Any, Any]:
        """The SymPy symbols of x and y. They are real, so another ``Symbol("x")`` is not equal to them."""
        return SYMBOLS["x"], SYMBOLS["y"]

    def __call__(self, x: ArrayLike, y: ArrayLike) -> Any:
        """The value at (x, y) in float64: a float, or an array of the shape that x and y broadcast to.

        It is NaN outside the domain and at a pole.
        """
        at = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        points = {name: values[()] for name, values in zip(VARIABLES, at, strict=True)}
        found = values(self.tree, self._domain, points, at[0].shape)
        return found if found.ndim else float(found)

    def partial(self, variable: str) -> Field:
        """∂f/∂x or ∂f/∂y, by the rules of differentiation with the other variable as a constant.

        It is NaN where f itself has no value, and where a rule has none.

        Raises
        ------
        ExpressionError
            If it takes too long to find, or the rules lead to no real number anywhere.
        """
        return self._partials[VARIABLES.index(variable)]

    @cached_property
    def _partials(self) -> tuple[Field, Field]:
        slopes = (differentiated(self.text, self.sympy, SYMBOLS[name]) for name in VARIABLES)
        by_x, by_y = (Field(to_text(tree), slope, tree, (*self._domain, self.tree)) for slope, tree in slopes)
        return by_x, by_y

    def gradient(self, x: ArrayLike, y: ArrayLike) -> Array:
        """(∂f/∂x, ∂f/∂y) at (x, y), shape (2, …)."""
        return np.array([slope(x, y) for slope in self._partials])

    def hessian(self, x: ArrayLike, y: ArrayLike) -> Array:
        """The second partial derivatives at (x, y), shape (2, 2, …)."""
        return np.array([slope.gradient(x, y) for slope in self._partials]) + 0.0  # −0 is 0

    def __str__(self) -> str:
        return self.text


def parse_field(text: str) -> Field:
    """Read a function of x and y.

    Parameters
    ----------
    text
        As for `derivviz.calculus.expression.parse`, with y beside x: ``x^2 + xy - sin(y)``.

    Raises
    ------
    ExpressionError
        As `derivviz.calculus.expression.parse` does.
    """
    return Field(text.strip(), *understood(text, VARIABLES))


def direction(angle: float) -> Array:
    """The unit vector at an angle from the x-axis towards the y-axis, in radians; shape (2,)."""
    return np.array([np.cos(angle), np.sin(angle)])


def level_point(hessian: ArrayLike) -> LevelPoint:
    """What a point with gradient 0 is, by its Hessian matrix: det < 0 a saddle, det > 0 an extremum.

    Where det = 0, as for x⁴ + y⁴, the second derivatives do not decide.
    """
    (xx, xy), (yx, yy) = np.asarray(hessian, float)
    determinant, scale = xx * yy - xy * yx, max(abs(xx), abs(xy), abs(yy))
    if not abs(determinant) > _FLAT * scale**2:  # NaN decides nothing either
        return "undecided"
    if determinant < 0:
        return "saddle"
    return "minimum" if xx > 0 else "maximum"


def value_and_gradient(f: Field, x: float, y: float) -> tuple[float, Array]:
    """f and ∇f at a point.

    Raises
    ------
    UsageError
        If f has no value there, or the rules of differentiation give no slope along one of the axes.
    """
    value, gradient = f(x, y), f.gradient(x, y)
    for what, found in (("value", value), ("slope along both axes", gradient)):
        if not np.isfinite(found).all():
            raise UsageError(f"{f.text} has no {what} at ({x:g}, {y:g}): choose another --at-x or --at-y")
    return value, gradient + 0.0  # −0 is 0


def heights(
    f: Field, x_range: tuple[float, float], y_range: tuple[float, float], at: float
) -> tuple[float, float]:
    """Bottom and top of a box that shows the graph of f well: poles are cut off, the height `at` lies inside."""
    x, y = np.meshgrid(np.linspace(*x_range, 61), np.linspace(*y_range, 61))
    z = f(x, y)
    z = np.append(z[np.isfinite(z)], at)
    low, high = np.percentile(z, [6, 94])
    low, high = min(low, at), max(high, at)
    room = high - low
    bottom, top = max(float(z.min()), low - 0.8 * room), min(float(z.max()), high + 0.8 * room)
    if top - bottom < 1e-9 * max(1.0, abs(top)):  # level everywhere
        return bottom - max(1.0, abs(bottom)), top + max(1.0, abs(top))
    return bottom, top
