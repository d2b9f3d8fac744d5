"""Where the lesson on WGAN-GP puts its formulas and charts in each shape, and what narrow frames add to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import DOWN, LEFT, ORIGIN, RIGHT, UP, Animation, FadeIn, Group, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.board import Polyline
from derivviz.animation.frame import Panel, body, pick, shape
from derivviz.animation.game_frame import Course, Tally, board_place, chart, strip
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments
from derivviz.animation.penalty import Norms
from derivviz.animation.typeset import Formula, Number

Array = NDArray[np.float64]
_LARGER = 1.2  # times its side: the board of a square frame while nothing stands beside it


# ---- the board and the formula that goes with it -----------------------------------------------------------


def _places() -> tuple[Array, Array]:
    """Middle of the larger board of a square frame, and of the board at its place."""
    side, home = board_place()
    return np.array([0, body(0).top - _LARGER * side / 2, 0]), np.array(home, float)


def as_large(board: Any) -> None:
    """Make the real pictures as large as the generated ones, where the frame is narrow."""
    if shape() != "wide" and not board.game.on_ring:
        board.real.scale(board.image.width / board.real.width)


def spread(shown: Group) -> Group:
    """Show a board and what is on it larger, in the middle of a square frame, while nothing stands beside it."""
    if shape() == "square":
        middle, home = _places()
        shown.scale(_LARGER, about_point=home).shift(middle - home)
    return shown


def gather(shown: Group) -> list[Animation]:
    """Bring that back to its place."""
    if shape() != "square":
        return []
    middle, home = _places()
    return [shown.animate.scale(1 / _LARGER, about_point=middle).shift(home - middle)]


def beside_board(markup: str, wide: ArrayLike, fill: str = "ink", size: float = 46, **roles: str) -> Formula:
    """A formula beside the board; or, large, alone below it."""
    size, place = pick(wide=(size, wide), tall=(66, [0, -2.85, 0]), square=(84, [0, -3.4, 0]))
    return Formula(markup, size, fill, **roles).move_to(np.asarray(place, float))


def heading(formula: Formula) -> Formula:
    """Put a formula where it stands with a chart: above that in a tall frame, below it in a square one."""
    return formula if shape() == "wide" else formula.move_to(_heading())


def _heading() -> Array:
    return np.array(pick(wide=[0, 0, 0], tall=[0, -1.1, 0], square=[0, -3.1, 0]), float)


def to_heading(lesson: Lesson, shown: Group, formula: Formula) -> None:
    """Make room for a chart beside or below the board."""
    if shape() != "wide":
        lesson.play(*gather(shown), formula.animate.move_to(_heading()), run_time=0.7)


def critics_value() -> Formula:
    """W, the difference of the critic's mean scores."""
    first, then = "E[{{D(x) : r}}]", "E[{{D(G(z)) : f}}]"
    one, two = f"W = {first} - {then}", f"W = & {first} \\ - & {then}"
    markup = pick(wide=one, tall=two, square=one)
    size, place = pick(wide=(52, [3.05, 1.2, 0]), tall=(80, [0, -2.85, 0]), square=(84, [0, -3.4, 0]))
    return Formula(markup, size, r="positive", f="negative").move_to(np.asarray(place, float))


def show_unit_slope(lesson: Lesson, shown: Group, value: Formula) -> VGroup:
    """The condition that the length of D's gradient be 1; in a square frame with a line that rises so."""
    size, place = pick(wide=(52, [3.05, -0.3, 0]), tall=(80, [0, -4.3, 0]), square=(84, [3.4, -0.4, 0]))
    law = Formula("norm(nabla D) = 1", size, "tangent").move_to(np.asarray(place, float))
    drawn = VGroup(law)
    if shape() == "tall":
        lesson.play(value.animate.shift(UP * 0.85), run_time=0.7)
    else:
        to_heading(lesson, shown, value)
    if shape() == "square":
        start, turn, end = np.array([1.2, 1.2, 0]), np.array([4.2, 1.2, 0]), np.array([4.2, 4.2, 0])
        along = lesson.words(en="distance 1", ko="거리 1", size=38, fill="muted")
        up = lesson.words(en="score 1", ko="점수 1", size=38, fill="muted")
        along.next_to((start + turn) / 2, DOWN, 0.2)
        up.next_to((turn + end) / 2, RIGHT, 0.2)
        legs = Segments([[start, turn], [turn, end]], "axis", 3)
        drawn.add(legs, Segments([[start, end]], "tangent", 8), along, up)
    lesson.play(FadeIn(drawn, shift=UP * 0.15), run_time=0.7)
    return drawn


# ---- lengths of gradients ---------------------------------------------------------------------------------


def norms_beside(values: list[Array]) -> Norms:
    """Lengths of gradients beside the board, or below it."""
    middle, size, ticks = pick(
        wide=([3.15, -0.75, 0], (6.0, 2.9), (5, 4)),
        tall=([0, -3.45, 0], (6.2, 2.4), (5, 3)),
        square=([3.25, 1.75, 0], (3.9, 5.2), (3, 6)),
    )
    return Norms(values, middle, size, ticks)


class Lengths(Group):
    """Lengths of gradients over a whole game, with the step; in narrow frames also with their mean.

    Parameters
    ----------
    values
        At some steps of the critic, shape (points,) each.
    steps
        Which these are.
    """

    def __init__(self, lesson: Lesson, values: list[Array], steps: Sequence[int]) -> None:
        self.steps, self.means = steps, [float(v.mean()) for v in values]
        middle, size, ticks = pick(
            wide=([0.3, -0.5, 0], (9.5, 3.7), (5, 4)),
            tall=([0, 1.75, 0], (6.2, 6.8), (5, 6)),
            square=([0, 1.75, 0], (9.6, 5.0), (8, 5)),
        )
        self.chart = Norms(values, middle, size, ticks)
        self.counts = np.array([self.chart.counts(v) for v in values])
        told = lesson.words(en="step", ko="스텝", size=pick(wide=36, tall=44, square=44), fill="muted")
        self.numbers = VGroup()
        if shape() == "wide":
            told.move_to([3.6, 2.2, 0])
            counter = Number(steps[0], ".0f", "label", anchor=LEFT, width=7)
            counter.at([told.get_right()[0] + 0.2, told.pen.points[0][1], 0])
            self.numbers.add(counter)
        else:
            self.numbers.add(
                Number(steps[0], ".0f", 88, anchor=ORIGIN, width=7),
                Number(self.means[0], ".2f", 88, "tangent", anchor=ORIGIN, width=7),
            )
            mean = Formula("E[norm(nabla D(hat(x)))]", 44, "tangent")
            room = pick(wide=body(0), tall=Panel(-3.7, 3.7, -4.1, 0), square=Panel(-5.75, 5.75, -2.95, 0))
            strip((self.numbers[0], told), (self.numbers[1], mean), room=room)
            told = VGroup(told, mean)
        super().__init__(self.chart, told, *self.numbers)

    def moving(self) -> Group:
        """What `show` changes."""
        return Group(self.chart.bars, *self.numbers)

    def show(self, share: float) -> None:
        """Show the lengths after that share of the steps: counts on the way from one to the next."""
        counts, place = self.counts, share * (len(self.counts) - 1)
        n = min(int(place), len(counts) - 2) if len(counts) > 1 else 0
        m = min(n + 1, len(counts) - 1)
        self.chart.show(counts[n] + (place - n) * (counts[m] - counts[n]))
        now = m if place - n > 0.5 else n
        for number, values in zip(self.numbers, (self.steps, self.means), strict=False):
            number.set_value(values[now])


class Distance(Group):
    """W over the game, with the round beside or above it; in narrow frames also with its value.

    Parameters
    ----------
    last
        The last round.
    at, values
        W, and the rounds in which it was measured.

    Attributes
    ----------
    plane, line, tally
        The axes, the curve on them, which is no part of the group, and the numbers.
    """

    def __init__(self, lesson: Lesson, last: int, at: Array, values: Array) -> None:
        low, high = min(0.0, 1.1 * float(values.min())), 1.1 * float(values.max())
        wide = shape() == "wide"
        names = ("", "W" if wide else "")
        self.plane = chart((0, last), (low, high), names, wide=(6.2, 3.2, [3.15, -0.6, 0]))
        self.line = Polyline(self.plane, at, values, "loss")
        self.plane.keep_clear(self.line)
        courses = [] if wide else [Course("W", "loss", at, values)]
        places = [0, 0, 0], [4.6, 1.9, 0]
        self.tally = Tally(lesson, en="round", ko="라운드", span=(0, last), courses=courses, wide=places)
        super().__init__(self.plane, self.tally)

    def until(self, now: float) -> None:
        """Show it up to that round."""
        self.line.until(now)
        self.tally.show(now)
