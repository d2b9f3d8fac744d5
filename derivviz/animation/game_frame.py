"""Where a lesson on a game of two networks puts its board, the chart of the game and numbers, in each shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, UP, FadeIn, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.frame import Panel, body, enlarged, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula, Label, Number
from derivviz.trace.game import Served

Array = NDArray[np.float64]
_BASELINE = -2.95  # of the numbers in a strip of a square frame
_BELOW = 0.35  # from there to the top of what they are


def board_place() -> tuple[float, list[float]]:
    """Side and middle of the board: at the left, at the top, or at the top left above a strip of numbers."""
    return pick(wide=(5.2, [-4.05, -0.1, 0]), tall=(6.2, [0, 2.8, 0]), square=(6.0, [-2.85, 1.8, 0]))


def open_large(lesson: Lesson, board: Any) -> None:
    """Fade in what is there before the game; where nothing stands beside it yet, it fills the frame."""
    if shape() != "wide":
        room = body(0.3)
        board.real.save_state()
        board.real.scale(min(room.width, room.height) / board.real.width).move_to(room.center)
    lesson.play(FadeIn(board.real), run_time=0.9)


def make_room(lesson: Lesson, board: Any) -> None:
    """Bring that to the board's place."""
    if shape() != "wide":
        shown, home = board.real, board.real.saved_state
        lesson.play(shown.animate.scale(home.width / shown.width).move_to(home.get_center()), run_time=0.8)


def chart(
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    names: tuple[str, str] = ("", ""),
    *,
    wide: tuple[float, float, ArrayLike],
    headed: bool = True,
) -> Plane:
    """The plane of a curve over the game, beside or below the board.

    Parameters
    ----------
    wide
        Its width, its height and the middle of all of it in a wide frame.
    headed
        Whether it leaves room for a row above it in a tall frame.
    """
    tall = (6.3, 2.8, [0.3, -3.15, 0]) if headed else (6.3, 3.4, [0.3, -2.85, 0])
    width, height, middle = pick(wide=wide, tall=tall, square=(4.1, 5.2, [3.5, 2.0, 0]))
    plane = Plane(x_range, y_range, width, height, names, pick(wide=(4, 5), tall=(4, 4), square=(3, 6)))
    at = np.asarray(middle, float)
    if shape() == "wide":
        return plane.move_to(at)
    return plane.shift(at - plane.frame.get_center())


def bars_place() -> tuple[list[float], tuple[float, float]]:
    """Lower left corner and size of bars beside or below the board, a bar a mode."""
    return pick(
        wide=([-0.2, -2.0, 0], (6.6, 3.7)),
        tall=([-3.5, -4.6, 0], (7.0, 3.2)),
        square=([0.75, -0.8, 0], (5.0, 5.3)),
    )


def strip(*pairs: tuple[Label, Label], room: Panel | None = None) -> VGroup:
    """Large numbers in a row, each with what it is below it.

    Parameters
    ----------
    room
        How far the row goes, and, as its bottom, the line that the numbers stand on; by default all of a square
        frame's width, below board and chart.
    """
    room = room or replace(body(0.25), bottom=_BASELINE)
    for n, (value, name) in enumerate(pairs):
        x = room.left + room.width * (n + 0.5) / len(pairs)
        across = 0.0 if isinstance(value, Number) else value.width / 2
        value.at([x - across, room.bottom, 0])
        name.move_to([x, round(room.bottom - _BELOW, 9), 0], aligned_edge=UP)
    return VGroup(*(VGroup(*pair) for pair in pairs))


def facts(lesson: Lesson, *told: tuple[str, str, str, str], room: Panel | None = None) -> VGroup:
    """A strip of numbers that stay as they are: the markup of each, its role, and what it is in both languages."""
    width = (room or body(0.25)).width / len(told) - 0.5
    return strip(
        *(
            (
                Formula(markup, 88, role),
                lesson.words(en=en, ko=ko, size="label", fill="muted", width=width, centered=True),
            )
            for markup, role, en, ko in told
        ),
        room=room,
    )


def shares(lesson: Lesson, served: Served, wide: ArrayLike, *, every: bool) -> tuple[Label | VGroup, VGroup]:
    """What a dashed line through bars is; and, in a square frame, what else can be counted, for later.

    Parameters
    ----------
    wide
        In a wide frame, the middle of the words.
    every
        Whether enough samples are good to count the modes that are left out.
    """
    count = len(served.nearest)
    fair = float(served.nearest.mean())
    if shape() != "square":
        told = lesson.words(
            en=f"dashed: {fair:g}, a fair share",
            ko=f"점선: 공평한 몫 {fair:g}",
            size=enlarged("tick"),
            fill="muted",
        )
        return told.move_to(pick(wide=np.asarray(wide), tall=np.array([0, -0.9, 0]), square=ORIGIN)), VGroup()
    left_out = f"of {count} get less than a tenth of it", f"{count}곳 중 그 10분의 1도 못 받는 곳"
    inside, told, *rest = facts(
        lesson,
        (f"{served.good_share:.0%}", "negative", "of the points are inside one", "무리 안에 든 점"),
        (f"{fair:g}", "muted", "dashed: a fair share", "점선: 공평한 몫"),
        *([(f"{count - served.held}", "ink", *left_out)] if every else []),
    )
    return told, VGroup(inside, *rest)


class Course(NamedTuple):
    """A quantity over the game.

    name, role : Typst math, and a colour role
    at, values : when, and what it was then
    """

    name: str
    role: str
    at: Array
    values: Array


class Tally(VGroup):
    """What is counted as the game goes on, and the quantities that the chart shows.

    Beside a wide frame's board these are their names alone; in a tall one each has its value, in a row above the
    chart; in a square one they are a strip of large numbers.

    Parameters
    ----------
    en, ko
        What is counted.
    span
        The first and the last count.
    wide
        In a wide frame, the middle of the names, and that of the word that is counted.
    """

    def __init__(
        self,
        lesson: Lesson,
        *,
        en: str,
        ko: str,
        span: tuple[float, float],
        courses: Sequence[Course],
        wide: tuple[ArrayLike, ArrayLike],
    ) -> None:
        self.courses, form = courses, shape()
        size = pick(wide=36.0, tall=38.0, square=44.0)
        large = pick(wide=36.0, tall=38.0, square=88.0)
        anchor = ORIGIN if form == "square" else LEFT
        told = lesson.words(en=en, ko=ko, size=size, fill="muted")
        self.counter = Number(span[0], ".0f", large, anchor=anchor, width=7)
        names = VGroup(*(Formula(course.name, size, course.role) for course in courses))
        self.values = [Number(0, ".2f", large, course.role, anchor=anchor, width=18) for course in courses]
        if form == "wide":
            self.values = []
            names.arrange(RIGHT, buff=0.7).move_to(np.asarray(wide[0], float))
            told.move_to(np.asarray(wide[1], float))
            self.counter.at([told.get_right()[0] + 0.2, told.pen.points[0][1], 0])
        elif form == "tall":
            left = -3.6
            for name, value in zip(names, self.values, strict=True):
                left = _beside(name, value, left, -1.2) + 1.35
            widest = Number(span[1], ".0f", large).width
            _beside(told, self.counter, 3.6 - widest - 0.2 - told.width, -1.2)
        else:
            strip((self.counter, told), *zip(self.values, names, strict=True))
        super().__init__(*names, told, self.counter, *self.values)
        self.show(span[0])

    def show(self, now: float) -> None:
        """Show the count, and the quantities as they were then."""
        self.counter.set_value(now)
        for value, course in zip(self.values, self.courses, strict=False):
            value.set_value(float(np.interp(now, course.at, course.values)))


def _beside(name: Label, value: Number, left: float, y: float) -> float:
    """Put a name and its number on one line; the left end of the number."""
    name.at([left, y, 0])
    start = float(name.get_right()[0]) + 0.2
    value.at([start, y, 0])
    return start
