"""A chain of functions as machines in a row, from left to right or from above, also as a computational graph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import DOWN, RIGHT, Arrow, RoundedRectangle, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.frame import body, pick, shape
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
_START = 1.3  # width of what stands before the cells of a table below them
_DIGITS = 4


def width() -> float:
    """How wide a row or a formula may be."""
    return pick(wide=13.1, tall=body(0.4).width, square=11.5)


def figure(number: float, digits: int = _DIGITS) -> str:
    """A number as math, so short that it fits under a machine."""
    return short(number + 0.0, digits)


class Row(VGroup):
    """Machines in a row, the letters of what goes in and comes out, and the arrows between them.

    In a tall frame the row runs from above to below.

    Parameters
    ----------
    links
        The machines, the first one first.
    letters
        Typst math of the values: one more than there are machines.
    middle
        Of the row, a point of the frame.
    texts
        Widths of what will stand above or below, a letter and a machine in turn, or heights of what will stand
        beside; none is crowded.
    length
        The most that the row may have.
    across
        The most that a machine may have across the row.
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
        length: float,
        across: float = _TALLEST,
        round_ends: bool = False,
    ) -> None:
        super().__init__()
        along = 1 if shape() == "tall" else 0
        self.letters = VGroup(
            *(Formula(letter, pick(wide=_LETTER, tall=52, square=52)) for letter in letters)
        )
        for size in pick(wide=_SIZES, tall=(72, 66, 60, 54, *_SIZES), square=(60, 54, *_SIZES)):
            self.boxes = VGroup(
                *(_box(link, letter, size, round_ends) for link, letter in zip(links, letters, strict=False))
            )
            parts = [*self.letters, *self.boxes]
            parts[::2], parts[1::2] = list(self.letters), list(self.boxes)
            lengths = [part.length_over_dim(along) for part in parts]
            columns = [max(own, text) for own, text in zip(lengths, texts, strict=True)]
            gap = min(_GAPS[1], (length - sum(columns)) / (len(columns) - 1))
            ends = [gap + (column - own) / 2 for column, own in zip(columns, lengths, strict=True)]
            shortest = min(a + b - gap for a, b in pairwise(ends))
            crowded = gap < _GAPS[0] or shortest < pick(wide=_ARROW, tall=0.3, square=_ARROW)
            if not crowded and self.boxes.length_over_dim(1 - along) <= across:
                break
        else:
            raise UsageError(
                "This chain is too long to be drawn: take a function with shorter parts or smaller numbers, "
                "such as 'sin(x^2)' at 1"
            )
        x = -(sum(columns) + gap * (len(columns) - 1)) / 2
        for part, column in zip(parts, columns, strict=True):
            part.move_to([0, -x - column / 2, 0] if along else [x + column / 2, 0, 0])
            x += column + gap
        for letter in self.letters if not along else ():  # on one line, with or without a tail below it
            letter.shift([0, self.letters[0].pen.points[0][1] - letter.pen.points[0][1], 0])
        self.arrows = VGroup(
            *(
                Arrow(
                    [0, a.get_bottom()[1], 0] if along else [a.get_right()[0], 0, 0],
                    [0, b.get_top()[1], 0] if along else [b.get_left()[0], 0, 0],
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
        """Where on the frame what belongs to the letters and the machines in turn is written below, left to right.

        Of machines that stand below each other: the first column, and one for each machine and for all of them.
        """
        if shape() != "tall":
            return sorted(float(part.get_x()) for part in (*self.letters, *self.boxes))
        cells = len(self.boxes) + 1
        left, pitch = _START - width() / 2, (width() - _START) / cells
        found = [left + (n / 2 + 0.5) * pitch for n in range(2 * cells - 1)]
        return [(_START - width()) / 2, *found[:-2], found[-1]]

    @property
    def signs(self) -> list[float]:
        """Where the signs between what is written below stand, from left to right."""
        if shape() != "tall":
            return [letter.get_x() for letter in self.letters[1:-1]] + [self.arrows[-1].get_x()]
        columns = self.columns
        return [*columns[2:-1:2], (columns[-2] + columns[-1]) / 2]

    @property
    def onward(self) -> NDArray[np.float64]:
        """The direction that it runs in."""
        return np.array(pick(wide=RIGHT, tall=DOWN, square=RIGHT))

    def link(self, number: int) -> VGroup:
        """A machine with the arrows that lead into it and out of it, and the letter after it."""
        return VGroup(*self.arrows[2 * number : 2 * number + 2], self.boxes[number], self.letters[number + 1])


def _box(link: Machine, letter: str, size: float, round_ends: bool) -> VGroup:
    formula = Formula(in_letter(link.function, letter), size, "function")
    least = pick(wide=0.95, tall=size / 52, square=0.95)
    width, height = (
        formula.width + 0.5,
        max(least, formula.height + (0.4 if round_ends else pick(wide=0.4, tall=0.3, square=0.4))),
    )
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
    for sign, spot, (left, right) in zip(signs, row.signs, pairwise(cells), strict=True):
        formula = Formula(sign, left.size, sign_role)
        room = left.get_right()[0], right.get_left()[0]
        inside = room[0] + formula.width < spot < room[1] - formula.width
        placed.add(formula.move_to([spot if inside else sum(room) / 2, y, 0]))
    return placed


def beside(machines: int) -> list[float]:
    """The heights of what stands beside letters and machines in turn, where they stand below each other."""
    return [0.0 if n % 2 else 0.36 for n in range(2 * machines + 1)]


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
