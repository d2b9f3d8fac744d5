"""A derivative found step by step, each step by one rule that has a name.

>>> from derivviz.calculus.expression import parse
>>> for step in derive(parse("(3x^2 + 8)^3")).steps:
...     print(f"{step.rule.name:18}{to_text(step.after)}")
chain             3*(3*x**2 + 8)**(3 - 1)*d/dx(3*x**2 + 8)
sum               3*(3*x**2 + 8)**(3 - 1)*(d/dx(3*x**2) + d/dx(8))
constant multiple 3*(3*x**2 + 8)**(3 - 1)*(3*d/dx(x**2) + d/dx(8))
power             3*(3*x**2 + 8)**(3 - 1)*(3*(2*x**(2 - 1)) + d/dx(8))
constant          3*(3*x**2 + 8)**(3 - 1)*(3*(2*x**(2 - 1)) + 0)
arithmetic        3*(3*x**2 + 8)**2*6*x
simplification    18*x*(3*x**2 + 8)**2
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import Any

import sympy

from derivviz.calculus import symbolic
from derivviz.calculus.bounds import terms
from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.expression import Expression
from derivviz.calculus.rules import Rule, rule_for
from derivviz.calculus.text import to_text
from derivviz.calculus.tidy import tidy
from derivviz.calculus.tree import Derivative, Node, Sum, children, size, with_children

Path = tuple[int, ...]
"""Where in a tree a part stands: which child of the root, which child of that one, and so on."""

_SECONDS = 5.0
_MOST_TERMS = 2000  # of an expression that is multiplied out
_PLACES = [sympy.Rational(n, 16) for n in (-83, -41, -23, -9, -5, -1, 3, 7, 11, 19, 37, 61, 101)]


def _never(u: Node) -> None:
    return None


ARITHMETIC = Rule("arithmetic", "계산", "5 − 1 = 4,  1·u = u,  u + 0 = u", _never)
SIMPLIFICATION = Rule("simplification", "정리", "", _never)
"""The two last steps of a derivation, which are no rules of differentiation."""


@dataclass(frozen=True)
class Step:
    """One rule, applied once.

    Attributes
    ----------
    rule : Rule
        Which.
    path : tuple of int
        Where in `before` the part stands that the rule is applied to, and in `after` what it became.
    before, after : Node
        The whole expression.
    """

    rule: Rule
    path: Path
    before: Node
    after: Node

    @property
    def part(self) -> Node:
        """What the rule is applied to: d/dx of something, or the whole expression in the last steps."""
        return at(self.before, self.path)

    @property
    def made(self) -> Node:
        """What became of it."""
        return at(self.after, self.path)


@dataclass(frozen=True)
class Derivation:
    """The way from d/dx f to f′.

    Attributes
    ----------
    function : Expression
        f.
    steps : tuple of Step
        Each begins with what the one before made; the first begins with d/dx f.
    result : Expression
        f′ as the last step leaves it. NaN where f has no value.
    """

    function: Expression
    steps: tuple[Step, ...]
    result: Expression

    def confirmed(self) -> bool:
        """Whether SymPy's own derivative of f is the result, at a dozen points to 20 digits."""
        return _agree(self.function.derivative().tree, self.result.tree)


def derive(function: Expression) -> Derivation:
    """The derivative of an expression, step by step.

    Parameters
    ----------
    function
        As `derivviz.calculus.expression.parse` reads it.

    Returns
    -------
    Derivation
        Each step applies one rule to one part. When no d/dx is left, the numbers are worked out (rule
        ``arithmetic``), and SymPy's shortest form of the result ends the derivation (``simplification``)
        where it is shorter. A step that would change nothing is left out.

    Raises
    ------
    ExpressionError
        If SymPy finds no real derivative, or it takes too long to find.

    Examples
    --------
    >>> from derivviz.calculus.expression import parse
    >>> derivation = derive(parse("x^3 * x^4"))
    >>> derivation.result.text
    '7*x**6'
    >>> [step.rule.name for step in derivation.steps]
    ['product', 'power', 'power', 'arithmetic', 'simplification']
    """
    slope = function.derivative()
    steps = list(differentiation(function.tree))
    end = steps[-1].after
    for rule, made in ((ARITHMETIC, tidy), (SIMPLIFICATION, lambda tree: simplified(tree, slope.sympy))):
        after = made(end)
        if after != end:
            steps.append(Step(rule, (), end, after))
            end = after
    domain = (*function._domain, function.tree)
    return Derivation(function, tuple(steps), Expression(to_text(end), slope.sympy, end, domain))


def differentiation(tree: Node) -> Iterator[Step]:
    """The steps that take d/dx of `tree` to an expression without d/dx, outermost first, then left to right."""
    whole: Node = Derivative(tree)
    waiting: list[Path] = [()]
    while waiting:
        path = waiting.pop()
        under = at(whole, path)
        assert isinstance(under, Derivative)
        rule, made = rule_for(under.inner)
        after = replaced(whole, path, made)
        yield Step(rule, path, whole, after)
        whole = after
        waiting += [path + below for below in reversed(list(_derivatives(made)))]


def _derivatives(node: Node) -> Iterator[Path]:
    """Where d/dx stands in a tree, from left to right; what stands under it is not looked into."""
    if isinstance(node, Derivative):
        yield ()
        return
    for n, child in enumerate(children(node)):
        yield from ((n, *below) for below in _derivatives(child))


def at(tree: Node, path: Path) -> Node:
    """The part of a tree that stands at `path`."""
    for n in path:
        tree = children(tree)[n]
    return tree


def replaced(tree: Node, path: Path, part: Node) -> Node:
    """The tree with another part at `path`."""
    if not path:
        return part
    below = list(children(tree))
    below[path[0]] = replaced(below[path[0]], path[1:], part)
    return with_children(tree, below)


def simplified(tree: Node, value: Any) -> Node:
    """The shortest tree that SymPy finds for `value`, or `tree` itself where none is shorter.

    Parameters
    ----------
    tree
        A tree without d/dx.
    value
        What SymPy says that it is. A form of it that differs from `tree` anywhere is not taken.
    """
    best = tree
    # Multiplying out runs in loops that no deadline ends, and what is as long is never the shortest form.
    others = _forms(value) if terms(symbolic.to_tree(value)) <= _MOST_TERMS else ()
    try:
        with deadline(_SECONDS):
            for form in chain([value], others):
                found = tidy(symbolic.to_tree(form)) if symbolic.is_real(form) else best
                if _length(found) < _length(best) and _agree(tree, found):
                    best = found
    except (OutOfTime, RecursionError, TypeError, NotImplementedError, ValueError, OverflowError):
        pass  # what was found until then is as true, only longer
    return best


def _forms(value: Any) -> Iterator[Any]:
    """Other ways to write it. A polynomial is only multiplied out: its factors would hide its terms."""
    yield sympy.expand(value)
    if not value.is_polynomial(symbolic.X):
        for form in (sympy.cancel, sympy.factor, sympy.together, sympy.simplify):
            yield form(value)


def _length(tree: Node) -> tuple[int, int]:
    """How long a formula looks: its nodes and the signs of its sums, then its letters.

    Signs count, or x + 1 + x would be as short as 2x + 1.
    """
    return size(tree) + _signs(tree), len(to_text(tree))


def _signs(tree: Node) -> int:
    """How many pluses and minuses a tree has beyond the first of each sum."""
    own = len(tree.terms) - 2 if isinstance(tree, Sum) else 0
    return own + sum(_signs(child) for child in children(tree))


def _agree(one: Node, other: Node) -> bool:
    """Whether two trees have the same value to 20 digits wherever both have one, and both have some."""
    seen = 0
    for place in _PLACES:
        values = [_value(tree, place) for tree in (one, other)]
        if any(value is None for value in values):
            continue
        seen += 1
        if abs(values[0] - values[1]) > Fraction(1, 10**20) * (1 + abs(values[0])):
            return False
    return seen > 0


@lru_cache(maxsize=256)
def _value(tree: Node, place: Any) -> Any:
    """The value at a place to 40 digits, or None where there is no real one."""
    try:
        value = symbolic.to_sympy(tree, place)
    except OverflowError:
        return None
    if not symbolic.is_real(value):
        return None
    number = value.evalf(40)
    return number if number.is_Float or number.is_Rational else None
