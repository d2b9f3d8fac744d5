"""The lesson of regression in each shape of the frame: what stands beside its plane, or below it."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from manim import FadeIn, FadeOut, Group, Mobject, UpdateFromAlphaFunc

from derivviz.animation.frame import Panel, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.regression import Scatter
from derivviz.animation.typeset import Formula

SIDE, EDGE = 3.75, 0.75  # in a wide frame, middle and left edge of what stands beside the plane
M = TypeVar("M", bound=Mobject)
LARGEST = 1.25  # times that a table grows where there is room


def scatter_place() -> tuple[list[float], tuple[float, float]]:
    """Middle and size of the plane; wider than high, for the squares of the misses to find room in it."""
    return pick(
        wide=([-3.55, -0.1, 0], (6.0, 4.7)),
        tall=([0, 3.05, 0], (7.2, 5.3)),
        square=([0, 2.5, 0], (11.2, 4.4)),
    )


def column() -> Panel:
    """What lies below the plane; a wide frame has nothing there."""
    return pick(
        wide=Panel(EDGE, 6.85, -2.7, 2.8),
        tall=Panel(-3.6, 3.6, -5.05, -0.15),
        square=Panel(-5.6, 5.6, -4.45, -0.3),
    )


def stacked(number: int, height: float, markup: str, size: float, **roles: str) -> Formula:
    """A formula of three, from 0, where it stands; `height` and `size` are those of a wide frame."""
    at = pick(
        wide=[SIDE, height, 0],
        tall=[0, (-0.9, -2.55, -4.25)[number], 0],
        square=[*((-2.9, -1.2), (2.9, -1.2), (0, -3.35))[number], 0],
    )
    return Formula(markup, size * pick(wide=1.0, tall=1.1, square=1.25), **roles).move_to(at)


def update_places() -> tuple[list[float], Panel | None]:
    """Middle of the rule of a step, and room for its numbers."""
    return pick(
        wide=([SIDE, 1.75, 0], None),
        tall=([0, -0.95, 0], Panel(-3.6, 3.6, -5.05, -1.75)),
        square=([-3.5, -2.3, 0], Panel(-0.9, 5.6, -4.4, -0.3)),
    )


def stems_place() -> tuple[list[float], tuple[float, float]]:
    """Lower left corner and size of the plane of the coefficients."""
    return pick(
        wide=([1.35, -2.0, 0], (5.3, 3.3)),
        tall=([-2.9, -4.4, 0], (6.4, 3.1)),
        square=([-1.1, -3.8, 0], (6.6, 3.3)),
    )


def read_out_places() -> tuple[list[float], list[float]]:
    """Left ends of the number of the step and of the error."""
    return pick(
        wide=([EDGE, 2.1, 0], [SIDE + 0.2, 2.1, 0]),
        tall=([-3.5, -0.8, 0], [0.3, -0.8, 0]),
        square=([-5.6, -1.8, 0], [-5.6, -3.0, 0]),
    )


def chart_place() -> tuple[list[float], tuple[float, float]]:
    """Lower left corner and size of the plane of the degrees."""
    return pick(
        wide=([1.35, -2.0, 0], (5.3, 3.6)),
        tall=([-3.0, -4.2, 0], (6.6, 3.1)),
        square=([-5.0, -3.95, 0], (9.5, 3.3)),
    )


def ridge_places() -> tuple[list[float], list[float], list[float]]:
    """Middles of the cost and of its slope, and the left end of λ above the chart."""
    return pick(
        wide=([SIDE, 0.9, 0], [SIDE, -1.1, 0], [SIDE + 1.5, 2.0, 0]),
        tall=([0, -1.5, 0], [0, -3.8, 0], [1.75, -0.8, 0]),
        square=([-2.9, -2.3, 0], [2.9, -2.3, 0], [2.5, -0.4, 0]),
    )


def filling(table: M, height: float, panel: Panel | None = None) -> M:
    """A table as large as it goes in a panel; in a wide frame as it is, its middle at this height."""
    if shape() == "wide":
        return table.move_to([SIDE, height, 0])
    room = panel or column()
    scale = min(LARGEST, room.width / table.width, room.height / table.height)
    return table.scale(scale).move_to(room.center)


class RegressionLesson(Lesson):
    """A lesson with a plane, and with something that comes and goes beside it.

    Attributes
    ----------
    scatter
        The plane with its curve.
    moving
        What of it moves when the curve does.
    aside
        What stands beside the plane.
    joined
        How the first formula there stands once others join it; None where it does already.
    """

    scatter: Scatter
    moving: Group
    aside: Group
    joined: Formula | None = None

    def turn(self, *gone: Any) -> None:
        """Clear what stands beside the plane."""
        self.play(FadeOut(self.aside, *gone), run_time=0.35)
        self.aside, self.joined = Group(), None

    def beside(self, *new: Any, seconds: float = 0.6) -> None:
        """Show something beside the plane, until `turn`."""
        if self.joined is not None:
            self.play(self.aside[0].animate.become(self.joined), run_time=0.5)
            self.joined = None
        self.aside.add(*new)
        self.play(FadeIn(*new), run_time=seconds)

    def alone(self, formula: Formula) -> None:
        """Show the first formula of some: large, where the frame is narrow, until the others join it."""
        joined = None if shape() == "wide" else formula.copy()
        if joined:
            room = column()
            scale = min(1.6, room.width / formula.width, room.height / formula.height)
            formula.scale(scale).move_to(room.center)
        self.beside(formula)
        self.joined = joined

    def morph(self, before: Any, after: Any, seconds: float, *others: Any) -> None:
        """The curve of some coefficients becomes that of others."""
        count = max(len(before), len(after))
        start, end = (np.pad(a, (0, count - len(a))) for a in (before, after))

        def to(_: Any, t: float) -> None:
            self.scatter.show(start + t * (end - start))

        self.play(UpdateFromAlphaFunc(self.moving, to), *others, run_time=seconds)
