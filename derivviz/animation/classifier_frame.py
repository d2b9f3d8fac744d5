"""Where the parts of the lesson on classification stand in the frame's three shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, ORIGIN, RIGHT, UP, Group, Mobject

from derivviz.animation.frame import Panel, above, beside, pick, shape

Spot = tuple[float, float, float]


@dataclass(frozen=True)
class Rows:
    """Bars of the classes, one below the other.

    Attributes
    ----------
    left, names, right
        Where rows begin, the room that a name has, and where rows end.
    middle, head
        Heights of the middle of all rows, and of what is written above them.
    pitch, height
        The most from one row to the next, and from the first to the last with half a row beyond each.
    note
        Left end of the line that says how many classes have a row.
    """

    left: float
    names: float
    right: float
    middle: float
    head: float
    pitch: float
    height: float
    note: Spot


def rows() -> Rows:
    """The place of the bars: right of the sample, or across the frame below it."""
    return pick(
        wide=Rows(-1.75, 2.05, 6.85, 0.0, 2.35, 0.78, 3.9, (-1.75, -2.75, 0)),
        tall=Rows(-3.7, 2.5, 3.7, -2.9, -0.4, 1.2, 4.0, (-3.7, -5.05, 0)),
        square=Rows(-5.6, 3.0, 5.6, -2.25, 0.1, 1.1, 3.7, (-5.6, -4.5, 0)),
    )


@dataclass(frozen=True)
class Table:
    """The columns p, y, p − y and the recorded derivative; bars and the latter may have a line of their own.

    Attributes
    ----------
    left, names
        Where names begin, and the room that one has.
    p, y, difference, recorded
        Right ends of numbers.
    zero, reach
        Where bars of 0 stand, and the length of a bar of 1, to either side.
    middle, pitch, height
        As of `Rows`.
    under
        How far the bars and the recorded derivatives stand below the other numbers.
    bar
        The share of `pitch` that a bar is high.
    head, apart
        How far the heads stand above the first row, but for half of a row; and how much higher the recorded
        derivative's head stands.
    """

    left: float
    names: float
    p: float
    y: float
    difference: float
    zero: float
    recorded: float
    reach: float
    middle: float
    pitch: float
    height: float
    under: float = 0.0
    bar: float = 0.5
    head: float = 0.28
    apart: float = 0.12


def table() -> Table:
    """The place of the columns: that of the bars, or in a tall frame all of it, where each class has two lines."""
    return pick(
        wide=Table(-1.75, 2.05, 1.35, 2.05, 3.35, 4.6, 6.85, 0.95, -0.25, 0.66, 3.4),
        tall=Table(-3.25, 2.9, 1.2, 1.95, 3.75, -0.75, 3.75, 2.35, -0.15, 2.2, 9.2, 0.66, 0.28, 1.05, -0.85),
        square=Table(-5.1, 2.8, -1.1, -0.3, 1.3, 3.05, 5.65, 1.45, -2.65, 1.0, 3.7, apart=0.2),
    )


def alone() -> bool:
    """Whether the columns have the frame to themselves."""
    return shape() == "tall"


def number_size() -> float:
    """The text size of the numbers beside a class."""
    return pick(wide=30, tall=38, square=38)


def name_size() -> float:
    """The text size of the name of a class."""
    return pick(wide=36, tall=43, square=43)


def picture() -> Panel:
    """Where the sample stands, and after it the curve of its loss."""
    return pick(wide=beside(-1.75), tall=above(-0.15), square=above(0.1)).picture


def arranged(photo: Mobject | None, where: Mobject, told: Mobject) -> Group:
    """A sample's picture, where it is from and its true class, put in their place; without a picture in the middle."""
    panel, lines = picture(), Group(where, told)
    if shape() == "wide":
        side = np.array([-4.75, 0.15, 0])
        if photo is None:
            return Group(where.move_to(side + UP * 0.4), told.move_to(side + DOWN * 0.4))
        photo.move_to(side + UP * 0.35)
        where.next_to(photo, DOWN, 0.2)
        return Group(photo, where, told.next_to(where, DOWN, 0.2))
    lines.arrange(DOWN, buff=0.35, aligned_edge=LEFT if photo is not None and shape() == "square" else ORIGIN)
    if photo is None:
        return lines.scale(min(1.6, panel.width / lines.width)).move_to(panel.center)
    if shape() == "tall":
        return Group(photo, lines).arrange(DOWN, buff=0.25).move_to(panel.center + 0.1 * DOWN)
    lines.scale(min(1.0, (panel.width - photo.width - 0.7) / lines.width))
    return Group(photo, lines).arrange(RIGHT, buff=0.7).move_to(panel.center)
