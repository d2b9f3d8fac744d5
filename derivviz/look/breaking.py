"""Long formulas: broken into lines before the signs of a sum, or with parts left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from derivviz.calculus.derivation import Path
from derivviz.calculus.tree import (
    Constant,
    Derivative,
    Negative,
    Node,
    Number,
    Sum,
    children,
    number,
    size,
    with_children,
)
from derivviz.look.math import typst_math
from derivviz.look.typst import outline

DOTS = Constant("dots.c")
"""Stands on screen for a part that is left out."""

Labels = Mapping[Path, Sequence[str]]


def extent(markup: str) -> tuple[float, float]:
    """Width and height of a formula in em."""
    points = np.concatenate([shape.curves.reshape(-1, 2) for shape in outline(markup, math=True).shapes])
    width, height = np.ptp(points, axis=0)
    return float(width), float(height)


def broken(tree: Node, labels: Labels, width: float, before: str = "") -> str:
    """Markup of a tree that is at most `width` em wide where its sums can be broken.

    Parameters
    ----------
    tree, labels
        As for `typst_math`.
    width
        In em.
    before
        Markup that stands before the first line; the lines below begin right of it.
    """
    line = f"{before} {typst_math(tree, labels)}".strip()
    if extent(line)[0] <= width:
        return line
    signed = list(_signed(tree, labels))
    if len(signed) < 2:
        return line
    room = width - (extent(before)[0] if before else 0.0)
    lines = [signed[0]]
    for term in signed[1:]:
        if extent(f"{lines[-1]} {term}")[0] <= room:
            lines[-1] += f" {term}"
        else:
            lines.append(term.replace("+ ", "+ thick ", 1) if term.startswith("+ ") else term)
    return f"{before} & " + " \\ & ".join(lines)


def _signed(tree: Node, labels: Labels) -> Iterator[str]:
    """The terms of a sum with their signs, each under the labels of the whole; d/dx stands before the first."""
    inner: Node = tree
    path: Path = ()
    if isinstance(tree, Derivative) and isinstance(tree.inner, Sum):
        inner, path = tree.inner, (0,)
    if not isinstance(inner, Sum):
        yield typst_math(tree, labels)
        return
    last = len(inner.terms) - 1
    around = [name for place in dict.fromkeys((path, ())) for name in labels.get(place, ())]
    for n, (minus, term) in enumerate(inner.terms):
        own = {(1, *p[len(path) + 1 :]): v for p, v in labels.items() if p[: len(path) + 1] == (*path, n)}
        # After 0 the term has the sign and the brackets that it has within a sum.
        markup = typst_math(Sum(((False, number(0)), (minus, term))), own).removeprefix("0 ")
        if n == 0:
            markup = markup.removeprefix("+ ")
        if path and n == 0:
            markup = f"frac(dif, dif x) \\( {markup}"
        if path and n == last:
            markup += " \\)"
        for name in around:
            markup = f"{{{{ {markup} : {name} }}}}"
        yield markup


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
