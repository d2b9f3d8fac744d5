"""A composition as machines in a row: what goes into the first comes out of the last, and rates multiply.

(g ∘ f)(x) = g(f(x)): first f, then g. Source: the chain rule, dy/dx = dy/du · du/dx.

>>> from derivviz.calculus.expression import parse
>>> [str(machine.function) for machine in machines(parse("(3x^2 + 8)^3"))]
['3*x**2 + 8', 'x**3']
>>> [str(operation.function) for operation in operations(parse("(3x^2 + 8)^3"))]
['x**2', '3*x', 'x + 8', 'x**3']
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from derivviz.calculus.derivation import Path, at, derive, replaced
from derivviz.calculus.dual import derivative
from derivviz.calculus.expression import Expression, parse
from derivviz.calculus.text import to_text
from derivviz.calculus.tree import Call, Node, Power, Product, Sum, Variable, children, is_constant
from derivviz.errors import UsageError

MOST = 4
_REACH = 4.0
_X = Variable()


@dataclass(frozen=True)
class Machine:
    """One link of a chain, a function of what it is given; that is called x in it, whatever it is outside.

    Attributes
    ----------
    function : Expression
        What it makes of its input.
    """

    function: Expression

    @cached_property
    def slope(self) -> Expression:
        """The derivative, in its shortest form."""
        return derive(self.function).result

    def rate(self, value: float) -> float:
        """The derivative at `value`; NaN where there is none."""
        return derivative(self.function, value).slope


def machines(expression: Expression, most: int = MOST) -> tuple[Machine, ...]:
    """The chain of functions that an expression is, the first one first.

    What is cut is what the chain rule cuts: the inside of an elementary function, of a power, of a divisor.
    Adding a number or multiplying by one makes no machine of its own. Beyond `most`, the innermost functions
    are one.

    Raises
    ------
    UsageError
        If the expression is no composition.
    """
    outside: list[Node] = []
    rest = expression.tree
    while len(outside) < most - 1 and (path := _inner(rest)) is not None:
        outside.append(replaced(rest, path, _X))
        rest = at(rest, path)
    if not outside:
        raise UsageError(
            f"{expression.text} is no composition: {_reason(expression.tree)}. The chain rule needs a function "
            "of a function, such as 'sin(x^2)', 'sqrt(1+x^2)' or '1/(1+exp(-x))'"
        )
    return tuple(_machine(node) for node in (rest, *reversed(outside)))


def operations(expression: Expression) -> tuple[Machine, ...]:
    """The same chain in its smallest links: every single operation is one, the first one first.

    A part in which two operands depend on x is one link, the first.
    """
    links: list[Node] = []
    rest = expression.tree
    while (path := _only_child(rest)) is not None:
        links.append(replaced(rest, path, _X))
        rest = at(rest, path)
    return tuple(_machine(node) for node in ([rest] if rest != _X else []) + links[::-1])


@dataclass(frozen=True)
class Run:
    """A number sent through a chain, and the derivatives that come back.

    Attributes
    ----------
    links : tuple of Machine
        The chain.
    values : tuple of float
        What goes into the first link, and what comes out of each: one more than there are links.
    rates : tuple of float
        The derivative of each link at its own input.
    """

    links: tuple[Machine, ...]
    values: tuple[float, ...]
    rates: tuple[float, ...]

    @classmethod
    def of(cls, links: Sequence[Machine], x: float) -> Run:
        """Send `x` through. Where a link has no value, it and all after it are NaN."""
        values = _through(links, x)
        slopes = (link.rate(value) + 0.0 for link, value in zip(links, values, strict=False))
        return cls(tuple(links), values, tuple(slopes))

    @property
    def gradients(self) -> tuple[float, ...]:
        """The derivative of the last value with respect to each: 1 at the end, times every rate on the way back."""
        found = [1.0]
        for rate in reversed(self.rates):
            found.append(found[-1] * rate)
        return tuple(found[::-1])

    @property
    def total(self) -> float:
        """The derivative of the whole chain, the product of the rates."""
        return self.gradients[0]

    def nudged(self, h: float) -> tuple[float, ...]:
        """The values when x is moved by `h`."""
        return _through(self.links, self.values[0] + h)

    def shifts(self, h: float) -> tuple[float, ...]:
        """How far each value moves when x moves by `h`."""
        return tuple(moved - value for moved, value in zip(self.nudged(h), self.values, strict=True))

    def ratios(self, h: float) -> tuple[float, ...]:
        """Δu/Δx, Δy/Δu and so on, by what each link multiplies the shift that it gets; Δy/Δx last.

        NaN for a link that gets a shift of 0, as rounding leaves behind a flat one.
        """
        shifts = self.shifts(h)
        pairs = (*pairwise(shifts), (shifts[0], shifts[-1]))
        return tuple(after / before if before else math.nan for before, after in pairs)


def _through(links: Sequence[Machine], x: float) -> tuple[float, ...]:
    values = [float(x)]
    for link in links:
        values.append(link.function(values[-1]) + 0.0)  # −0 is 0
    return tuple(values)


def window(link: Machine, x: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends in x and in y of the stretch of a link's graph around its input that shows how it bends."""
    reach = min(0.6 * abs(x), _REACH) or 1.0
    heights = link.function(np.linspace(x - reach, x + reach, 201))
    heights = heights[np.isfinite(heights)]
    y = link.function(x)
    low, high = np.percentile(heights, [3, 97])  # what a pole nearby does is left out
    room = max(0.15 * (high - low), 1e-6 * max(1.0, abs(y)), 0.3 * reach if high == low else 0.0)
    return (x - reach, x + reach), (float(min(low, y - room) - room), float(max(high, y + room) + room))


def _machine(node: Node) -> Machine:
    return Machine(parse(to_text(node)))


def _only_child(node: Node) -> Path | None:
    """Where x is, if it is below one child of the node alone."""
    moving = [n for n, child in enumerate(children(node)) if not is_constant(child)]
    return (moving[0],) if len(moving) == 1 else None


def _inner(node: Node) -> Path | None:
    """Where the inner function stands, or None if the node is no composition."""
    path: Path = ()
    while (step := _only_child(at(node, path))) is not None:
        part = at(node, path)
        cuts = isinstance(part, Call | Power) or (isinstance(part, Product) and part.factors[step[0]][0])
        path += step
        if cuts:
            return path if at(node, path) != _X else None
    return None


def _reason(node: Node) -> str:
    if is_constant(node):
        return "x does not occur in it"
    while (step := _only_child(node)) is not None:
        node = at(node, step)
    outside = {Sum: "a sum", Product: "a product", Power: "a power"}.get(type(node))
    return (
        f"it is {outside} of functions of x, and not a function of one" if outside else "one machine does it"
    )
