"""Which parts of a derivation are one term, and keep one colour from d/dx f to f′."""

from __future__ import annotations

from collections.abc import Iterator

from derivviz.calculus import symbolic
from derivviz.calculus.derivation import Path, Step, at
from derivviz.calculus.rules import ONE, groups
from derivviz.calculus.tidy import tidy
from derivviz.calculus.tree import (
    Call,
    Derivative,
    Negative,
    Node,
    Power,
    Product,
    Sum,
    children,
    is_constant,
    size,
)

Terms = dict[Path, int]
"""The number of the term that stands at a path; what stands below belongs to it."""

SPLITTING = ("sum", "product", "quotient", "reciprocal", "chain", "logarithmic differentiation")
"""The rules that take a function apart."""

_COMPARED = 40  # nodes of a term that is held against another by its value


def split(step: Step) -> Terms:
    """The parts that a rule takes d/dx u apart into, in `step.before`: terms, factors, the inner function.

    Factors of one group have one number.
    """
    assert isinstance(step.part, Derivative)
    match step.part.inner:
        case Product(parts) as u if step.rule.name == "product":
            numbers = [number for number, group in enumerate(groups(u)) for _ in group]
            return {(*step.path, 0, n): number for n, number in enumerate(numbers)}
        case Sum(parts) | Product(parts):
            below = [n for n, (_, part) in enumerate(parts) if part != ONE]
        case Power(base, exponent):
            below = [n for n, part in enumerate((base, exponent)) if not is_constant(part)]
        case Call():
            below = [0]
        case _:
            below = []
    return {(*step.path, 0, n): number for number, n in enumerate(below)}


def carried(terms: Terms, step: Step) -> Terms:
    """Where the terms of `step.before` stand in `step.after`."""
    cut = len(step.path)
    if step.part == step.before and not isinstance(step.part, Derivative):
        return _worked_out(terms, step)
    made: Terms = {}
    for path, number in terms.items():
        if len(path) <= cut or path[:cut] != step.path:
            made[path] = number
            continue
        part = at(step.before, path)
        for below in _places(step.made, part):
            made.setdefault((*step.path, *below), number)
    return made


def _places(tree: Node, part: Node) -> Iterator[Path]:
    """Where a part or its d/dx stands; a constant only under d/dx, since equal numbers mean little."""
    if tree == Derivative(part) or (tree == part and not is_constant(part)):
        yield ()
        return
    for n, child in enumerate(children(tree)):
        yield from ((n, *below) for below in _places(child, part))


def _worked_out(terms: Terms, step: Step) -> Terms:
    """The same after numbers were worked out: by what each term comes to."""
    made: Terms = {}
    for path, number in terms.items():
        worked = tidy(at(step.before, path))
        parts = [worked]
        if isinstance(worked, Sum) and not any(_equal(step.after, worked)):
            parts = [part for _, part in worked.terms]
        for part in (_unsigned(part) for part in parts):
            places = [p for p in _equal(step.after, part) if len(p) == 1 or not is_constant(part)]
            if not places and len(path) == 1 and isinstance(step.before, Sum):
                places = [p for p, other in _parts(step.after) if _same(part, other)]
            for place in places:
                made.setdefault(place, number)
    _rest(terms, step.before, made, step.after, ())
    if isinstance(step.before, Sum) and isinstance(step.after, Sum):
        for n, _ in enumerate(step.before.terms if len(step.before.terms) == len(step.after.terms) else ()):
            _rest(terms, step.before, made, step.after, (n,))
    return made


def _rest(terms: Terms, before: Node, made: Terms, after: Node, path: Path) -> None:
    """Where all parts of a node had a colour, and all but one came out again: what is left is that one."""
    old, new = at(before, path), at(after, path)
    if path in made or type(old) is not type(new) or not isinstance(old, Sum | Product):
        return
    numbers = {terms.get((*path, *below)) for below, _ in _parts(old)}
    free = [(*path, *below) for below, _ in _parts(new) if not _touched((*path, *below), made)]
    gone = numbers - {number for place, number in made.items() if place[: len(path)] == path}
    if free and len(gone) == 1 and None not in numbers:
        made.update((place, number) for place in free for number in gone if number is not None)


def _touched(path: Path, made: Terms) -> bool:
    return any(place[: len(path)] == path for place in made)


def _equal(tree: Node, part: Node) -> Iterator[Path]:
    if tree == part:
        yield ()
        return
    for n, child in enumerate(children(tree)):
        yield from ((n, *below) for below in _equal(child, part))


def _parts(tree: Node) -> list[tuple[Path, Node]]:
    return [((n,), part) for n, part in enumerate(children(tree))] if isinstance(tree, Sum | Product) else []


def _unsigned(node: Node) -> Node:
    return node.inner if isinstance(node, Negative) else node


def _same(one: Node, other: Node) -> bool:
    """Whether two terms are equal but for their sign."""
    if size(one) > _COMPARED or size(other) > _COMPARED:
        return False
    a, b = symbolic.to_sympy(one), symbolic.to_sympy(other)
    return bool((a - b).expand() == 0 or (a + b).expand() == 0)
