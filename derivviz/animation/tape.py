"""A program as a table: each operation, its value, the derivative that it has so far, the one that comes back."""

from __future__ import annotations

import re

from manim import DOWN, RoundedRectangle, VGroup

from derivviz.animation.frame import pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.machines import bracketed, figure, fitted
from derivviz.animation.numerals import value as read
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula, Words
from derivviz.calculus.expression import parse
from derivviz.calculus.reverse import Graph, Value
from derivviz.errors import UsageError
from derivviz.look.letters import in_letter

LETTERS = "abcdskmnpqrtuvw"
MOST = 6  # rows that there is room for


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
        top, bottom, widest = pick(
            wide=(1.25, -2.3, 1.0), tall=(2.5 if rows == MOST else 2.0, -4.6, 2.4), square=(2.0, -3.9, 2.1)
        )
        step = min(widest, (top - bottom) / max(1, rows - 1))
        columns = _columns(step)
        size = pick(wide=SIZES["body"], tall=54 if rows < MOST else 48, square=52)
        for row, number in enumerate(self.shown):
            value, y = graph.operations[number], top - step * (row + (count > MOST and row == 4))
            made = figure(value.value) if number == 0 else markup(value, known)
            cells = (
                Formula(f"{letters[number]} = {made}", size, "function"),
                dual(value.value, graph.slopes[number], size),
                self._back(value, size),
            )
            for cell, column, (x, up), width in zip(
                cells, (self.names, self.duals, self.backs), columns, _widths(), strict=True
            ):
                if fitted(cell, width).drawn_size < SIZES["tick"]:
                    raise UsageError(
                        "A line of this program is too long to be shown: take a simpler --function or --at."
                    )
                column.append(cell.at([x, y + up, 0]))
        self.add(*self.names, *self.duals, *self.backs)
        self.dots, edges = VGroup(), [x for x, _ in columns]
        if count > MOST:
            self.dots.add(
                *(
                    Formula("dots.v", "label", "muted").move_to([x + 0.6, top - 4 * step + 0.1, 0])
                    for x in pick(wide=edges, tall=(edges[0], edges[1], edges[2] + 0.8), square=edges)
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

    def _back(self, value: Value, size: float) -> Formula:
        """The gradient; where it comes from several uses, as their sum if there is room for it."""
        shares = self.graph.shares(value)
        total = f"{{{{{figure(value.gradient)} : t}}}}"
        if len(shares) > 1:
            terms = " + ".join(bracketed(share) for share in shares)
            whole = Formula(f"{terms} = {total}", size, t="tangent")
            if whole.width <= _widths()[2] * size / pick(wide=28, tall=36, square=36):
                return whole
        return Formula(total, size, t="tangent")


def column_head(lesson: Lesson, column: int, *, en: str, ko: str) -> Words:
    """What is written over a column of the program, on the lines of a row."""
    y = pick(wide=2.0, tall=3.95, square=3.1)
    x, up = _columns(1.5)[column]
    size = pick(wide="label", tall=43, square=42)
    return lesson.words(en=en, ko=ko, size=size, fill="muted").at([x, y + up, 0])


def _columns(step: float) -> tuple[tuple[float, float], ...]:
    """Left edges and heights over the row's own: operation, dual number, derivative that comes back."""
    apart = min(0.46 * step, 0.9)  # in a tall frame the last two stand below each other
    return pick(
        wide=((-6.4, 0.0), (-2.0, 0.0), (2.3, 0.0)),
        tall=((-3.4, 0.0), (-0.35, apart / 2), (-0.35, -apart / 2)),
        square=((-5.6, 0.0), (-2.3, 0.0), (1.6, 0.0)),
    )


def _widths() -> tuple[float, float, float]:
    return pick(wide=(4.0, 4.1, 4.5), tall=(2.85, 4.0, 4.0), square=(3.1, 3.4, 4.1))


def dual_laws() -> VGroup:
    """What makes dual numbers find derivatives: three laws, the long one in two lines in a tall frame."""
    product = ("(a + b {{epsilon : t}})(c + d {{epsilon : t}})", "= a c + (a d + b c) {{epsilon : t}}")
    laws = (
        ("{{epsilon : t}}^2 = 0", 60),
        (pick(wide=" ".join(product), tall=" \\ ".join(product), square=" ".join(product)), 50),
        ("f(a + {{epsilon : t}}) = f(a) + {{f'(a) : t}} {{epsilon : t}}", 60),
    )
    by, room = pick(wide=1.0, tall=1.4, square=1.3), pick(wide=14.0, tall=7.2, square=11.2)
    return VGroup(*(fitted(Formula(law, size * by, t="tangent"), room) for law, size in laws)).arrange(
        DOWN, buff=pick(wide=0.6, tall=1.2, square=1.2)
    )


def dual(value: float, slope: float, size: float) -> Formula:
    """A dual number."""
    sign = "-" if slope < 0 else "+"
    number = figure(abs(slope))
    return Formula(f"{figure(value)} {sign} {{{{{number} : t}}}} {{{{epsilon : t}}}}", size, t="tangent")


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
