"""A chain of functions as machines in a row, and the same row as a computational graph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import Arrow, RoundedRectangle, VGroup
from numpy.typing import ArrayLike

from derivviz.animation.layout import mark
from derivviz.animation.numerals import short
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula
from derivviz.calculus.chain import Machine
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError
from derivviz.look.letters import in_letter
from derivviz.look.math import typst_math

_SIZES = (48, 44, 40, 36, 32, 28)
_LETTER = 44
_ARROW = 0.42  # length at the least
_GAPS = 0.14, 1.05  # between columns, at the least and at the most
_TALLEST = 1.35
_DIGITS = 4


def figure(number: float, digits: int = _DIGITS) -> str:
    """A number as math, so short that it fits under a machine."""
    return short(number + 0.0, digits)


class Row(VGroup):
    """Machines in a row, the letters of what goes in and comes out, and the arrows between them.

    Parameters
    ----------
    links
        The machines, the first one first.
    letters
        Typst math of the values: one more than there are machines.
    middle
        Of the row, a point of the frame.
    texts
        Widths of what will stand above or below, a letter and a machine in turn; none is crowded.
    width
        Most width of the row.
    round_ends
        Whether the frames are the round ones of a graph's nodes.

    Attributes
    ----------
    boxes
        Each machine, its frame and its formula.
    letters, arrows
        Of the values, and between letters and machines.

    Raises
    ------
    UsageError
        If the machines would be too small to read.
    """

    def __init__(
        self,
        links: Sequence[Machine],
        letters: Sequence[str],
        middle: ArrayLike,
        texts: Sequence[float],
        width: float = 13.1,
        round_ends: bool = False,
    ) -> None:
        super().__init__()
        self.letters = VGroup(*(Formula(letter, _LETTER) for letter in letters))
        for size in _SIZES:
            self.boxes = VGroup(
                *(_box(link, letter, size, round_ends) for link, letter in zip(links, letters, strict=False))
            )
            parts = [*self.letters, *self.boxes]
            parts[::2], parts[1::2] = list(self.letters), list(self.boxes)
            columns = [max(part.width, text) for part, text in zip(parts, texts, strict=True)]
            gap = min(_GAPS[1], (width - sum(columns)) / (len(columns) - 1))
            ends = [gap + (column - part.width) / 2 for column, part in zip(columns, parts, strict=True)]
            shortest = min(a + b - gap for a, b in pairwise(ends))
            if gap >= _GAPS[0] and shortest >= _ARROW and self.boxes.height <= _TALLEST:
                break
        else:
            raise UsageError(
                "This chain is too long to be drawn: take a function with shorter parts or smaller numbers, "
                "such as 'sin(x^2)' at 1"
            )
        x = -(sum(columns) + gap * (len(columns) - 1)) / 2
        for part, column in zip(parts, columns, strict=True):
            part.move_to([x + column / 2, 0, 0])
            x += column + gap
        for letter in self.letters:  # on one line, with or without a tail below it
            letter.shift([0, self.letters[0].pen.points[0][1] - letter.pen.points[0][1], 0])
        self.arrows = VGroup(
            *(
                Arrow(
                    [a.get_right()[0], 0, 0],
                    [b.get_left()[0], 0, 0],
                    buff=0.08,
                    color=color("axis"),
                    stroke_width=4,
                    max_tip_length_to_length_ratio=0.4,
                    tip_length=0.18,
                )
                for a, b in pairwise(parts)
            )
        )
        mark(self.arrows, backdrop=True)
        self.add(self.arrows, self.boxes, self.letters).shift(np.asarray(middle, float))

    @property
    def columns(self) -> list[float]:
        """Where on the frame the letters and the machines stand in turn, from left to right."""
        return sorted(float(part.get_x()) for part in (*self.letters, *self.boxes))

    def link(self, number: int) -> VGroup:
        """A machine with the arrows that lead into it and out of it, and the letter after it."""
        return VGroup(*self.arrows[2 * number : 2 * number + 2], self.boxes[number], self.letters[number + 1])


def _box(link: Machine, letter: str, size: float, round_ends: bool) -> VGroup:
    formula = Formula(in_letter(link.function, letter), size, "function")
    width, height = formula.width + 0.5, max(0.95, formula.height + 0.4)
    frame = RoundedRectangle(
        corner_radius=height / 2 if round_ends else 0.15,
        width=max(width, height),
        height=height,
        stroke_color=color("function"),
        stroke_width=4,
    )
    frame.set_fill(color("panel"), opacity=1)
    return VGroup(frame, formula.move_to(frame))


def product_row(row: Row, y: float, cells: Sequence[Formula], sign_role: str = "ink") -> VGroup:
    """A cell under each machine and a last one under the last letter, as a product: r₁ × r₂ = r.

    Returns
    -------
    VGroup
        The cells in their order, then the signs between them.
    """
    columns: list[Formula | None] = [None] * (2 * len(row.boxes) + 1)
    columns[1::2], columns[-1] = cells[:-1], cells[-1]
    for x, cell in zip(row.columns, columns, strict=True):
        if cell is not None:
            cell.move_to([x, y, 0])
    placed = VGroup(*cells)
    signs = ["times"] * (len(cells) - 2) + ["="]
    spots = [letter.get_x() for letter in row.letters[1:-1]] + [row.arrows[-1].get_x()]
    for sign, spot, (left, right) in zip(signs, spots, pairwise(cells), strict=True):
        formula = Formula(sign, left.size, sign_role)
        room = left.get_right()[0], right.get_left()[0]
        inside = room[0] + formula.width < spot < room[1] - formula.width
        placed.add(formula.move_to([spot if inside else sum(room) / 2, y, 0]))
    return placed


def bracketed(number: float) -> str:
    """A number as a factor: in brackets when it is negative."""
    return f"({figure(number)})" if number < 0 else figure(number)


def fitted(formula: Formula, width: float, height: float = 9.0) -> Formula:
    """A formula made to fit; the layout checks say so if it is then too small."""
    return formula.scale(min(1.0, width / formula.width, height / formula.height))


def law(links: Sequence[Machine], letters: Sequence[str], result: Expression, width: float) -> Formula | None:
    """y′ as the product of the links' derivatives and as a formula of x, or what of it there is room for."""
    inner = [in_letter(link.slope, letter) for link, letter in zip(links, letters, strict=False)]
    sums = [m.startswith("-") or " + " in m or " - " in m for m in inner]
    factors = " dot ".join(f"({m})" if sum_ else m for m, sum_ in zip(inner[::-1], sums[::-1], strict=True))
    for markup in (f"y' = {factors} = {typst_math(result)}", f"y' = {typst_math(result)}"):
        formula = fitted(Formula(markup, 50, "tangent"), width, 1.1)
        if formula.drawn_size >= SIZES["tick"]:
            return formula
    return None
