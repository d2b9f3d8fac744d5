"""A nudge on its way through a row of machines: the values, their shifts, and the table of what multiplies them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from manim import ORIGIN, RIGHT, UpdateFromAlphaFunc, VGroup

from derivviz.animation.machines import Row, figure, product_row
from derivviz.animation.typeset import Formula, Number
from derivviz.calculus.chain import Run

_TABLE, _LINE = -1.42, 0.5  # height of its first row, and of a row
_LEFT = -6.8


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

    Attributes
    ----------
    numbers : VGroup
        The values, below the letters; they move with the nudge.
    labels : list of VGroup
        For each nudge, how far every value moves, above the letters.
    rows : list of (Formula, VGroup)
        For each nudge a line of the table: the nudge; by what each machine multiplies it, and the whole chain.
    """

    def __init__(self, run: Run, row: Row, sizes: Sequence[float]) -> None:
        self.run, self.row, self.sizes = run, row, sizes
        middle = row.letters.get_y()
        self.numbers = VGroup(*_numbers(run, sizes))
        for number, letter in zip(self.numbers, row.letters, strict=True):
            number.at([letter.get_x(), middle - 0.95, 0])
        self.labels = [VGroup(*(shift_label(shift) for shift in run.shifts(h))) for h in sizes]
        for labels in self.labels:
            for label, letter in zip(labels, row.letters, strict=True):
                label.move_to([letter.get_x(), middle + 0.62, 0])
        self.rows = [self._line(number) for number in range(len(sizes))]

    def moving(self, start: float, end: float) -> UpdateFromAlphaFunc:
        """The nudge goes from one size to another, and all values with it."""
        ratio = end / start if start and end else 0.0

        def show(numbers: VGroup, t: float) -> None:
            h = start * ratio**t if ratio else start + (end - start) * t
            for number, v in zip(numbers, self.run.nudged(h), strict=True):
                number.set_value(v)

        return UpdateFromAlphaFunc(self.numbers, show)

    def _line(self, number: int) -> tuple[Formula, VGroup]:
        y, h = _TABLE - _LINE * number, self.sizes[number]
        start = Formula(f"Delta x = {figure(h)}", "label", "parameter").move_to([self.row.columns[0], y, 0])
        start.shift(RIGHT * max(0.0, _LEFT - start.get_left()[0]))
        return start, product_row(self.row, y, [Formula(figure(r), "label") for r in self.run.ratios(h)])


def room(run: Run, sizes: Sequence[float]) -> list[float]:
    """The widths that a row needs for what `Nudges` writes above and below its letters and machines in turn."""
    widths = [0.0] * (2 * len(run.links) + 1)
    for h in (0.0, *sizes):
        for n, (number, v) in enumerate(zip(_numbers(run, sizes), run.nudged(h), strict=True)):
            widths[2 * n] = max(widths[2 * n], number.set_value(v).width)
    for h in sizes:
        for n, shift in enumerate(run.shifts(h)):
            widths[2 * n] = max(widths[2 * n], shift_label(shift).width)
        for n, ratio in enumerate(run.ratios(h)[:-1]):
            widths[2 * n + 1] = max(widths[2 * n + 1], Formula(figure(ratio), "label").width)
    return widths


def shift_label(shift: float) -> Formula:
    """A shift with its sign."""
    return Formula(f"{'+' if shift >= 0 else ''}{figure(shift)}", "label", "parameter")


def _numbers(run: Run, sizes: Sequence[float]) -> list[Number]:
    """Live numbers for the values, with as many decimals as the smallest nudge shows in."""
    decimals = (max(0, min(6, -math.floor(math.log10(abs(s)) + 1e-6))) for s in run.shifts(sizes[-1]))
    return [
        Number(v, f".{d}f", "label", anchor=ORIGIN, width=18)
        for v, d in zip(run.values, decimals, strict=True)
    ]
