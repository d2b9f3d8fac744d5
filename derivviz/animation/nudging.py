"""A nudge on its way through a row of machines: the values, their shifts, and the table of what multiplies them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, UP, UpdateFromAlphaFunc, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import body, pick, shape
from derivviz.animation.machines import Row, beside, figure, product_row
from derivviz.animation.stage import SIZES
from derivviz.animation.typeset import Formula, Number
from derivviz.calculus.chain import Run

_HEADS = {"tall": -2.4, "square": -0.35}  # height of the names over the table
_APART = 0.5  # from the middle of a letter to what stands beside it
_CELLS = (48, 43, 40, 36, 32, 28)  # text sizes of the table, where there is room to choose


class Nudges:
    """What is written around a row while its first value is nudged.

    Parameters
    ----------
    run
        The chain and the numbers in it.
    row
        The machines as they stand on the frame.
    sizes
        The nudges h, the largest first.
    text
        Size of the text.

    Attributes
    ----------
    numbers : VGroup
        The values, below the letters or left of them; they move with the nudge.
    labels : list of VGroup
        For each nudge, how far every value moves, above the letters or right of them.
    rows : list of (VGroup, VGroup)
        For each nudge a line of the table: the nudge; by what each machine multiplies it, and the whole chain.
    """

    def __init__(self, run: Run, row: Row, sizes: Sequence[float], text: float) -> None:
        self.run, self.row, self.sizes, self.text = run, row, sizes, text
        upright, middle = shape() == "tall", row.letters.get_y()
        self.numbers = VGroup(*_numbers(run, sizes, text))
        for number, letter in zip(self.numbers, row.letters, strict=True):
            beside = [letter.get_x() - _APART, letter.get_y() - text / 260, 0]
            number.at(
                beside if upright else [letter.get_x(), middle - pick(wide=0.95, tall=0, square=1.1), 0]
            )
        self.labels = [VGroup(*(shift_label(shift, text) for shift in run.shifts(h))) for h in sizes]
        for labels in self.labels:
            for label, letter in zip(labels, row.letters, strict=True):
                if upright:
                    label.move_to([letter.get_x() + _APART, letter.get_y(), 0], LEFT)
                else:
                    above = pick(wide=0.62, tall=0, square=0.75)
                    label.move_to([letter.get_x(), middle + above, 0])
        self.cells = self._cells()
        self.rows = [self._line(number) for number in range(len(sizes))]

    def moving(self, start: float, end: float) -> UpdateFromAlphaFunc:
        """The nudge goes from one size to another, and all values with it."""
        ratio = end / start if start and end else 0.0

        def show(numbers: VGroup, t: float) -> None:
            h = start * ratio**t if ratio else start + (end - start) * t
            for number, v in zip(numbers, self.run.nudged(h), strict=True):
                number.set_value(v)

        return UpdateFromAlphaFunc(self.numbers, show)

    def _cells(self) -> float:
        """The size of text in the table: as large as the columns of a tall frame allow."""
        if shape() != "tall":
            return self.text
        columns = self.row.columns
        widest = max(Formula(figure(r)).width for h in self.sizes for r in self.run.ratios(h))
        largest = (columns[-1] - columns[-2] - 0.55) / widest * SIZES["formula"]
        return next((size for size in _CELLS if size <= largest), _CELLS[-1])

    @property
    def around(self) -> list[VGroup]:
        """The machines, and what stands around them before the table is there."""
        return [self.row, self.numbers, self.labels[0]]

    @property
    def aside(self) -> NDArray[np.float64]:
        """How far the row, which a narrow frame shows in its middle first, moves to make room for the table."""
        return np.array(pick(wide=0.0, tall=1.0, square=1.9) * UP)

    def heads(self, letters: Sequence[str], d: str, role: str) -> VGroup:
        """The names of what stands in the table: d/d of each two letters, and of the whole chain."""
        pairs = [*pairwise(letters), ("x", "y")]
        symbols = [Formula(f"frac({d} {v}, {d} {u})", max(36, self.cells), role) for u, v in pairs]
        y = pick(wide=-0.55 if d == "Delta" else -0.5, tall=_HEADS["tall"], square=_HEADS["square"])
        return product_row(self.row, y, symbols)

    def _line(self, number: int) -> tuple[VGroup, VGroup]:
        h = self.sizes[number]
        y = pick(wide=-1.42, tall=-3.45, square=-1.65) - pick(wide=0.5, tall=0.65, square=0.8) * number
        told = f"Delta x = {figure(h)}" if shape() == "wide" else figure(h)
        start = Formula(told, max(36, self.cells), "parameter").move_to([self.row.columns[0], y, 0])
        left = pick(wide=-6.8, tall=body(0.3).left, square=body(0.25).left)
        start.shift(RIGHT * max(0.0, left - start.get_left()[0]))
        if number == 0 and shape() != "wide":  # one name over the column
            head = Formula("Delta x", max(36, self.cells), "parameter")
            head.move_to([start.get_x(), _HEADS[shape()], 0])
            start = VGroup(start, head)
        return start, product_row(self.row, y, [Formula(figure(r), self.cells) for r in self.run.ratios(h)])


def room(run: Run, sizes: Sequence[float], text: float) -> list[float]:
    """What a row needs for what `Nudges` writes around its letters and machines in turn: widths, or heights."""
    widths = [0.0] * (2 * len(run.links) + 1)
    if shape() == "tall":
        return beside(len(run.links))
    for h in (0.0, *sizes):
        for n, (number, v) in enumerate(zip(_numbers(run, sizes, text), run.nudged(h), strict=True)):
            widths[2 * n] = max(widths[2 * n], number.set_value(v).width)
    for h in sizes:
        for n, shift in enumerate(run.shifts(h)):
            widths[2 * n] = max(widths[2 * n], shift_label(shift, text).width)
        for n, ratio in enumerate(run.ratios(h)[:-1]):
            widths[2 * n + 1] = max(widths[2 * n + 1], Formula(figure(ratio), text).width)
    return widths


def shift_label(shift: float, text: float) -> Formula:
    """A shift with its sign."""
    return Formula(f"{'+' if shift >= 0 else ''}{figure(shift)}", text, "parameter")


def _numbers(run: Run, sizes: Sequence[float], text: float) -> list[Number]:
    """Live numbers for the values, with as many decimals as the smallest nudge shows in."""
    decimals = (max(0, min(6, -math.floor(math.log10(abs(s)) + 1e-6))) for s in run.shifts(sizes[-1]))
    return [
        Number(v, f".{d}f", text, anchor=pick(wide=ORIGIN, tall=RIGHT, square=ORIGIN), width=18)
        for v, d in zip(run.values, decimals, strict=True)
    ]
