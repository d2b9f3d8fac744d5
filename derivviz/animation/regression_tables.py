"""The numbers of a polynomial regression as rows: products of the chain rule, updates, and least squares beside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, VGroup
from numpy.typing import NDArray

from derivviz.animation import regression_words as words
from derivviz.animation.frame import pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import bracket, short, value
from derivviz.animation.typeset import Formula, Label
from derivviz.trace.regression import Regression

Array = NDArray[np.float64]
ROWS = 5
_GAP = 0.27  # between rows, in units of the frame


def left_out(count: int, most: int = ROWS) -> list[int | None]:
    """Which of so many rows are shown; None stands for those between."""
    return list(range(count)) if count <= most else [*range(most - 2), None, count - 1]


def _dots() -> Formula:
    return Formula("dots.v", "label", "muted")


class Tasks(VGroup):
    """What a number to predict is, and what a class is; and how the points were scaled.

    Attributes
    ----------
    regression, classification : VGroup
        A name with an example each.
    scales : VGroup
        From where to where x and t ran before.
    """

    def __init__(self, lesson: Lesson, run: Regression) -> None:
        near = int(np.argmin(np.abs(run.x - 0.5)))
        measured = f"x = {short(run.x[near], 2)} quad arrow quad t = {short(run.target[near], 2)}"
        self.regression = VGroup(
            lesson.words(en="regression", ko="회귀", size="label", fill="muted"),
            Formula(measured, pick(wide=44, tall=53, square=46)),
        )
        self.classification = VGroup(
            lesson.words(en="classification", ko="분류", size="label", fill="muted"),
            lesson.words(
                en="photo $quad arrow quad$ pizza, salad, …", ko="사진 $quad arrow quad$ 피자, 샐러드, …"
            ),
        )
        self.scales = VGroup(
            *(
                Formula(f"{letter}: quad {short(low, 5)} quad ... quad {short(high, 5)}", "label", "muted")
                for letter, (low, high) in run.ends.items()
            )
        )
        super().__init__(self.regression, self.scales, self.classification)
        at = np.array(pick(wide=[1.05, 1.6, 0], tall=[-3.4, -0.9, 0], square=[-5.3, -1.2, 0]))
        ways = pick(
            wide=((0, 0.0), (0, -1.6), (0, -3.0)),
            tall=((0, 0.0), (0, -1.8), (0, -3.3)),
            square=((0, 0.0), (5.7, 0.0), (0, -2.2)),
        )
        for group, (x, y) in zip((self.regression, self.classification, self.scales), ways, strict=True):
            for n, line in enumerate(group):
                line.at(at + np.array([x, y - pick(wide=0.72, tall=0.8, square=0.95) * n, 0]))


class Products(VGroup):
    """u_j · x_j^i at some points from left to right, and the sum over all of them, the slope of a_i.

    Attributes
    ----------
    slope : Formula
        The sum; `shown` reads it back.
    """

    def __init__(self, run: Regression, a: Array, i: int) -> None:
        u, order = run.misses(a), np.argsort(run.x, kind="stable")
        power = words.power(i)
        rows = VGroup(Formula(f"{{{{u_j : l}}}} dot {power}", "label", l="loss"))
        for n in left_out(len(order), 4):
            if n is None:
                rows.add(_dots())
                continue
            j = order[n]
            ways = f"{{{{{bracket(u[j], 3)} : l}}}} dot {bracket(run.x[j] ** i, 3)} = {short(u[j] * run.x[j] ** i, 3)}"
            rows.add(Formula(ways, "label", l="loss"))
        rows.arrange(DOWN, buff=_GAP, aligned_edge=LEFT)
        name = Formula(
            f"frac(partial {{{{E : l}}}}, partial {{{{a_{i} : a}}}}) = sum_j {{{{u_j : l}}}} {power} =", 44
        )
        name.paint(l="loss", a="parameter").next_to(rows, DOWN, 0.4, aligned_edge=LEFT)
        if shape() == "square":
            name.next_to(rows, RIGHT, 0.9)
        self.markup = short(float((u * run.x**i).sum()))
        self.slope = Formula(self.markup, 44, "tangent").next_to(name, RIGHT, 0.2)
        super().__init__(rows, name, self.slope)

    @property
    def shown(self) -> float:
        """The slope as written, for `verify`."""
        return value(self.slope.markup)


class Updates(VGroup):
    """a_i − η · ∂E/∂a_i = the new a_i, a row each, for the first step.

    Attributes
    ----------
    shown
        By i, the slope and the new coefficient as written.
    """

    def __init__(self, run: Regression) -> None:
        super().__init__()
        before, after = run.coefficients[:2]
        slopes = run.slopes(before)
        self.shown: dict[int, tuple[float, float]] = {}
        for k in left_out(len(before)):
            if k is None:
                self.add(_dots())
                continue
            slope, new = short(slopes[k], 3), short(after[k], 3)
            self.shown[k] = value(slope), value(new)
            written = (
                f"{{{{a_{k} : a}}}}: thick {short(before[k], 3)} - {short(run.rate)} dot "
                f"{{{{{bracket(slopes[k], 3)} : t}}}} = {{{{{new} : b}}}}"
            )
            self.add(Formula(written, "label", a="parameter", t="tangent", b="parameter"))
        self.arrange(DOWN, buff=_GAP, aligned_edge=LEFT)

    def verify(self, lesson: Lesson, before: Array, slopes: Array, steps: Array) -> None:
        """The rows are what was recorded: slopes by autograd, and steps of the optimizer."""
        for k, (slope, after) in self.shown.items():
            lesson.claim(f"the slope of a_{k}", slope, float(slopes[k]), 6e-3)
            lesson.claim(f"a_{k} after its step", after, float(before[k] + steps[k]), 6e-3)


class Compared(VGroup):
    """The last coefficients beside those of least squares.

    Attributes
    ----------
    shown
        By i, both as written.
    """

    def __init__(self, last: Array, best: Array, head: Sequence[Label]) -> None:
        super().__init__()
        self.shown: dict[int, tuple[float, float]] = {}
        columns = [VGroup(Formula("a", "label", "background")), VGroup(head[0]), VGroup(head[1])]
        for k in left_out(len(best), 6):
            row = [_dots() for _ in range(3)]
            if k is not None:
                written = short(last[k]), short(best[k])
                self.shown[k] = value(written[0]), value(written[1])
                row = [Formula(f"a_{k}", "label", "parameter"), *(Formula(one, "label") for one in written)]
            for column, cell in zip(columns, row, strict=True):
                column.add(cell)
        x = 0.0
        for n, column in enumerate(columns):
            for row_number, cell in enumerate(column):
                cell.at([0, -pick(wide=0.62, tall=0.62, square=0.6) * row_number, 0])
            for cell in column:
                cell.shift([x - cell.get_left()[0], 0, 0])
            x += column.width + pick(wide=0.6, tall=0.6, square=2.0) * (n > 0) + 0.4
        columns[0].remove(columns[0][0])
        self.add(*columns)

    def verify(self, lesson: Lesson, last: Array, best: Array) -> None:
        """The rows are the coefficients of both."""
        for k, pair in self.shown.items():
            for name, shown, true in zip(("descent", "least squares"), pair, (last, best), strict=True):
                lesson.claim(f"a_{k} of {name}", shown, float(true[k]), 1e-3)
