"""A program as a table: each operation, its value, the derivative that it has so far, the one that comes back."""

from __future__ import annotations

import re

from manim import DOWN, RoundedRectangle, VGroup

from derivviz.animation.machines import bracketed, figure, fitted
from derivviz.animation.numerals import value as read
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula
from derivviz.calculus.expression import parse
from derivviz.calculus.reverse import Graph, Value
from derivviz.errors import UsageError
from derivviz.look.letters import in_letter

LETTERS = "abcdskmnpqrtuvw"
MOST = 6  # rows that there is room for
_COLUMNS = (-6.4, -2.0, 2.3)  # left edges: operation, dual number, derivative that comes back
_TOP, _BOTTOM, _WIDEST = 1.25, -2.3, 1.0  # heights of the first row and the last, and what lies between two
_WIDTHS = (4.0, 4.1, 4.5)


class Tape(VGroup):
    """The operations of a graph that has run forward and back, one below the other.

    Parameters
    ----------
    graph
        As `derivviz.calculus.reverse.walk` makes it.

    Attributes
    ----------
    shown : list of int
        Which operations have a row; of a long program, the first ones and the last.
    names, duals, backs : list of Formula
        The columns: what is computed, value + slope · ε, and the gradient.

    Raises
    ------
    UsageError
        If a row would be too small to read.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph, count = graph, len(graph.operations)
        self.shown = list(range(count)) if count <= MOST else [0, 1, 2, 3, count - 1]
        letters = ["x", *LETTERS[: count - 2], "y"][:count]
        if count > 1 + len(LETTERS):
            raise UsageError("This program has too many operations to be shown: take a shorter --function.")
        known = {id(value): letter for value, letter in zip(graph.operations, letters, strict=True)}
        self.names: list[Formula] = []
        self.duals: list[Formula] = []
        self.backs: list[Formula] = []
        rows = len(self.shown) + (count > MOST)
        step = min(_WIDEST, (_TOP - _BOTTOM) / max(1, rows - 1))
        for row, number in enumerate(self.shown):
            value, y = graph.operations[number], _TOP - step * (row + (count > MOST and row == 4))
            made = figure(value.value) if number == 0 else markup(value, known)
            cells = (
                Formula(f"{letters[number]} = {made}", "body", "function"),
                dual(value.value, graph.slopes[number]),
                self._back(value),
            )
            for cell, column, x, width in zip(
                cells, (self.names, self.duals, self.backs), _COLUMNS, _WIDTHS, strict=True
            ):
                if fitted(cell, width).drawn_size < SIZES["tick"]:
                    raise UsageError(
                        "A line of this program is too long to be shown: take a simpler --function or --at."
                    )
                column.append(cell.at([x, y, 0]))
        self.add(*self.names, *self.duals, *self.backs)
        self.dots = VGroup()
        if count > MOST:
            self.dots.add(
                *(
                    Formula("dots.v", "label", "muted").move_to([x + 0.6, _TOP - 4 * step + 0.1, 0])
                    for x in _COLUMNS
                )
            )

    def slopes(self) -> tuple[float, float]:
        """The derivative as the last line shows it on the way forward, and the first on the way back."""
        forward, backward = (
            re.search(r"([+−-]?) ?\{\{([^{}]*) : t\}\}", f.markup) for f in (self.duals[-1], self.backs[0])
        )
        assert forward is not None
        assert backward is not None
        return read(forward[2]) * (-1 if forward[1] == "-" else 1), read(backward[2])

    def _back(self, value: Value) -> Formula:
        """The gradient; where it comes from several uses, as their sum if there is room for it."""
        shares = self.graph.shares(value)
        total = f"{{{{{figure(value.gradient)} : t}}}}"
        if len(shares) > 1:
            terms = " + ".join(bracketed(share) for share in shares)
            whole = Formula(f"{terms} = {total}", "body", t="tangent")
            if whole.width <= _WIDTHS[2] * SIZES["body"] / SIZES["tick"]:
                return whole
        return Formula(total, "body", t="tangent")


def dual_laws() -> VGroup:
    """What makes dual numbers find derivatives, in three lines."""
    lines = (
        ("{{epsilon : t}}^2 = 0", 60),
        ("(a + b {{epsilon : t}})(c + d {{epsilon : t}}) = a c + (a d + b c) {{epsilon : t}}", 50),
        ("f(a + {{epsilon : t}}) = f(a) + {{f'(a) : t}} {{epsilon : t}}", 60),
    )
    return VGroup(*(Formula(line, size, t="tangent") for line, size in lines)).arrange(DOWN, buff=0.6)


def dual(value: float, slope: float) -> Formula:
    """A dual number."""
    sign = "-" if slope < 0 else "+"
    number = figure(abs(slope))
    return Formula(f"{figure(value)} {sign} {{{{{number} : t}}}} {{{{epsilon : t}}}}", "body", t="tangent")


def markup(value: Value, names: dict[int, str]) -> str:
    """An operation in the letters of what it takes in; a constant is written as a number."""
    inputs = [names.get(id(edge.source), figure(edge.source.value)) for edge in value.edges]
    first, second = inputs[0], inputs[-1]
    match value.operation:
        case "+" | "−":
            if len(inputs) == 1:
                return f"-{first}"
            second = f"({second})" if second.startswith("−") else second
            return f"{first} {'+' if value.operation == '+' else '-'} {second}"
        case "·":
            return f"{first} dot {f'({second})' if second.startswith('−') else second}"
        case "/":
            return f"{first} \\/ {second}"
        case "^":
            return f"{first}^{second}"
        case power if power.startswith("^"):
            return in_letter(parse(f"x^({power[1:]})"), first)
        case name:
            return in_letter(parse(f"{name}(x)"), first)


def around(part: VGroup) -> RoundedRectangle:
    """A box around what matters."""
    width, height = part.width + 0.3, part.height + 0.22
    box = RoundedRectangle(
        corner_radius=0.12, width=width, height=height, stroke_color=color("tangent"), stroke_width=3
    )
    return box.move_to(part)
