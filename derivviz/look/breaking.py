"""Long formulas: broken into lines before the signs of a sum, or with parts left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from derivviz.calculus.derivation import Path
from derivviz.calculus.tree import (
    Call,
    Constant,
    Derivative,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    children,
    number,
    size,
    with_children,
)
from derivviz.look.math import typst_math
from derivviz.look.typst import outline

DOTS = Constant("dots.c")
"""Stands on screen for a part that is left out."""

_PART = re.compile(r"\{\{ *((?:(?!\{\{|\}\}).)*?) *: *[\w-]+ *\}\}")  # without parts inside of it
_LINE = 1.0  # em from one line to the next, at the least

Labels = Mapping[Path, Sequence[str]]


def extent(markup: str) -> tuple[float, float]:
    """Width and height of a formula in em; the labels of its parts do not matter."""
    bare, labelled = markup, 1
    while labelled:
        bare, labelled = _PART.subn(r"\1", bare)
    return _extent(bare)


@lru_cache(maxsize=4096)
def _extent(markup: str) -> tuple[float, float]:
    points = np.concatenate([shape.curves.reshape(-1, 2) for shape in outline(markup, math=True).shapes])
    width, height = np.ptp(points, axis=0)
    return float(width), float(height)


def least_height(line: float, width: float) -> float:
    """Height in em below which a formula never stays in lines of `width` em when one line of it is `line` em."""
    return float(np.ceil(line / (width + 1)) - 1) * _LINE  # a line loses at most an em of space where it ends


def broken(tree: Node, labels: Labels, width: float, before: str = "", deep: bool = False) -> str:
    """Markup of a tree that is at most `width` em wide where it can be broken.

    Parameters
    ----------
    tree, labels
        As for `typst_math`.
    width
        In em.
    before
        Markup that stands before the first line; the lines below begin right of it.
    deep
        Whether not only the outermost sum may be broken but also products, quotients and what is in brackets.
    """
    line = f"{before} {typst_math(tree, labels)}".strip()
    if extent(line)[0] <= width:
        return line
    room = width - (extent(f"{before} & 0")[0] - extent("0")[0])
    parts = list(_parts(tree, labels, (), room, 99 if deep else 1))
    lines = [parts[0]]
    for part in parts[1:]:
        if extent(f"{lines[-1]} {part}")[0] <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part.replace("+ ", "+ thick ", 1) if part.startswith("+ ") else part)
    return line if len(lines) < 2 else f"{before} & " + " \\ & ".join(lines)


def _parts(tree: Node, labels: Labels, path: Path, room: float, depth: int) -> Iterator[str]:
    """What may stand on a line of its own, from left to right."""
    own = {p[len(path) :]: names for p, names in labels.items() if p[: len(path)] == path}
    whole = typst_math(tree, own)
    levels = depth - (not isinstance(tree, Derivative))
    if depth == 0 or (extent(whole)[0] <= room and (path or not isinstance(tree, Sum | Derivative))):
        yield whole
        return

    def below(n: int, child: Node, brackets: bool, end: str = "") -> list[str]:
        return _bracketed(list(_parts(child, labels, (*path, n), room - 2, levels)), brackets, end)

    match tree:
        case Sum(terms):
            made = [
                [_signed(minus, term, own, n)] if extent(_signed(minus, term, own, n))[0] <= room or depth == 1
                else _after(" -" if minus else " +", below(n, term, isinstance(term, Sum | Negative)), n)
                for n, (minus, term) in enumerate(terms)
            ]  # fmt: skip
        case Product(factors):
            above_line = any(inverse for inverse, _ in factors)  # what stands over a / needs more brackets
            loose = Sum | Negative | Product if above_line else Sum | Negative
            made = [
                _after(
                    " \\/" if inverse else " dot" if n else "", below(n, factor, isinstance(factor, loose)), n
                )
                for n, (inverse, factor) in enumerate(factors)
            ]
        case Negative(inner):
            made = [_after("-", below(0, inner, isinstance(inner, Sum | Negative)), 0)]
        case Power(base, exponent) if not isinstance(base, Variable | Constant):
            made = [below(0, base, True, f"^({typst_math(exponent)})")]
        case Derivative(inner) if isinstance(inner, Sum) or depth > 1:
            made = [_after("frac(dif, dif x)", below(0, inner, True), 0)]
        case Call(name, inner) if name not in ("exp", "sqrt", "cbrt", "abs"):
            made = [_after(typst_math(Call(name, Variable())).removesuffix("(x)"), below(0, inner, True), 0)]
        case _:
            made = [[typst_math(tree, {p: names for p, names in own.items() if p})]]
    for part in (part for parts in made for part in parts):
        for name in own.get((), ()):
            part = f"{{{{ {part} : {name} }}}}"
        yield part


def _signed(minus: bool, term: Node, labels: Labels, n: int) -> str:
    """A term with its sign and the brackets that it has within a sum."""
    own = {(1, *p[1:]): names for p, names in labels.items() if p[:1] == (n,)}
    markup = typst_math(Sum(((False, number(0)), (minus, term))), own).removeprefix("0 ")
    return markup if n else markup.removeprefix("+ ")


def _after(sign: str, parts: list[str], n: int) -> list[str]:
    """The parts with a sign before the first; before the very first, + goes without saying."""
    sign = sign if n else sign.replace("+", "").strip()
    return [f"{sign} {parts[0]}".strip(), *parts[1:]] if sign else parts


def _bracketed(parts: list[str], needed: bool, end: str = "") -> list[str]:
    """Brackets around parts that may come to stand on different lines: they do not grow."""
    if not needed:
        return parts
    if len(parts) == 1:
        return [f"({parts[0]}){end}"]
    return [f"\\( {parts[0]}", *parts[1:-1], f"{parts[-1]} \\){end}"]


def foldable(tree: Node, least: int = 4) -> list[Node]:
    """The parts that may be left out, the largest first: none that holds a d/dx, none that is short."""
    found: dict[Node, int] = {}

    def visit(node: Node, top: bool) -> None:
        plain = not isinstance(node, Derivative | Negative | Number) and size(node) >= least
        if plain and not top and not _has_derivative(node):
            found[node] = size(node)
        for child in children(node):
            visit(child, False)

    visit(tree, True)
    return sorted(found, key=lambda node: -found[node])


def folded(tree: Node, part: Node) -> Node:
    """The tree with dots wherever `part` stands."""
    if tree == part:
        return DOTS
    return with_children(tree, [folded(child, part) for child in children(tree)])


def _has_derivative(node: Node) -> bool:
    return isinstance(node, Derivative) or any(_has_derivative(child) for child in children(node))
