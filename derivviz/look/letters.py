"""A function of x written with another letter for x."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivviz.calculus.derivation import Path
from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import Node, Variable, children
from derivviz.look.math import typst_math


def in_letter(function: Expression, letter: str) -> str:
    """The markup of a function of x with another letter for x."""
    labels: dict[Path, Sequence[str]] = dict.fromkeys(_variables(function.tree), ("arg",))
    return re.sub(r"\{\{ x : arg \}\}", f"{{{{ {letter} : arg }}}}", typst_math(function, labels))


def _variables(node: Node) -> list[Path]:
    if isinstance(node, Variable):
        return [()]
    return [(n, *path) for n, child in enumerate(children(node)) for path in _variables(child)]
