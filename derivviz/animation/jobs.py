"""The three places of the recommender in which f′ is used: their names, the layers, a reading, two steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    AnimationGroup,
    Arrow,
    FadeIn,
    RoundedRectangle,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
    smooth,
)
from numpy.typing import NDArray

from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.job_panels import divided, put
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.numerals import short
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Number
from derivviz.calculus.expression import Expression

Array = NDArray[np.float64]

JOBS = (("activation", "활성화"), ("learning step", "학습 보폭"), ("score", "점수"))


class Tabs(VGroup):
    """The names of the three jobs in a row, numbered; the one that is told of is lit."""

    def __init__(self, lesson: Lesson) -> None:
        column = divided().column
        left = column.left
        self.names = [
            lesson.words(en=f"{n} {en}", ko=f"{n} {ko}", size=pick(wide=36, tall=43, square=42), fill="muted")
            for n, (en, ko) in enumerate(JOBS, start=1)
        ]
        super().__init__(*self.names)
        gap = min(
            pick(wide=0.9, tall=0.9, square=1.6),
            (column.width - sum(name.width for name in self.names)) / (len(JOBS) - 1),
        )
        for name in self.names:
            name.at([left, column.down(0.35), 0])
            left += name.width + gap
        self.line = Segments([[np.zeros(3), RIGHT]], "tangent", 5)

    def light(self, job: int) -> AnimationGroup:
        """Light up one job and leave the others pale."""
        fills = [color("ink" if n == job else "muted") for n in range(len(JOBS))]
        name = self.names[job]
        y = divided().column.down(0.6)
        ends = [name.get_left()[0], y, 0], [name.get_right()[0], y, 0]
        there = Segments([ends], "tangent", 5)
        if self.line in self.submobjects:
            move = self.line.animate.become(there)
        else:
            self.line.become(there)
            self.add(self.line)
            move = FadeIn(self.line)
        painted = (
            VGroup(*n.glyphs).animate.set_fill(fill) for n, fill in zip(self.names, fills, strict=True)
        )
        return AnimationGroup(*painted, move, run_time=0.4)


class Layers(VGroup):
    """The recommender's layers as boxes in a row; `active` are those of f′."""

    active: tuple[VGroup, ...]


def layers(lesson: Lesson) -> Layers:
    """The row of layers across the column."""
    column, scale = divided().column, pick(wide=1.0, tall=1.2, square=1.6)
    names = (("conv", "합성곱"), None, ("pool", "풀링"), ("linear", "선형"), None, ("linear", "선형"))
    boxes = []
    for name in names:
        text = (
            Formula("f'", 36 * scale, "tangent")
            if name is None
            else lesson.words(en=name[0], ko=name[1], size=28 * scale)
        )
        box = RoundedRectangle(0.1, width=text.width + 0.24, height=0.62 * scale, stroke_width=2.5)
        box.set_stroke(color("tangent" if name is None else "axis"))
        boxes.append(VGroup(mark(box, backdrop=True), text.move_to(box)))
    gap = min(
        pick(wide=0.32, tall=0.4, square=0.9),
        (column.width - sum(box.width for box in boxes)) / (len(boxes) - 1),
    )
    row = put(VGroup(*boxes).arrange(RIGHT, buff=gap), wide=1.25, tall=1.35, square=1.4)
    made = Layers(row)
    for one, other in pairwise(boxes):
        ends = one.get_right() + RIGHT * 0.03, other.get_left() + LEFT * 0.03
        made.add(
            Arrow(
                *ends,
                buff=0,
                stroke_width=2.5,
                color=color("axis"),
                max_tip_length_to_length_ratio=0.5,
                tip_length=0.12,
            )
        )
    made.active = (boxes[1], boxes[4])
    return made


class Reading(VGroup):
    """A point of the graph of f′, dashed lines to both axes, and the two numbers beside the plane."""

    def __init__(self, plane: Plane, slope: Expression, into: str, out: str, size: float = 0.0) -> None:
        super().__init__()
        self.plane, self.slope = plane, slope
        self.lines = VGroup(
            *(
                mark(Dashed(np.zeros(3), np.ones(3), role, 3, 0.1, 0.1), backdrop=True)
                for role in ("parameter", "tangent")
            )
        )
        self.point = dot()
        size, roles = size or enlarged("body"), ("parameter", "tangent")
        self.heads = VGroup(
            *(Formula(f"{name} =", size, role) for name, role in zip((into, out), roles, strict=True))
        )
        self.numbers = [Number(0.0, ".2f", size, role, width=16) for role in roles]
        self.add(self.lines, self.point, self.heads, *self.numbers)
        self.x = math.nan

    def beside(self, wide: float, tall: float, square: float) -> Reading:
        """Put the numbers, one below the other, so far below the top of the column."""
        put(self.heads.arrange(DOWN, buff=0.4, aligned_edge=RIGHT), wide=wide, tall=tall, square=square)
        for head, number in zip(self.heads, self.numbers, strict=True):
            number.at([self.heads.get_right()[0] + 0.2, head.pen.points[0][1], 0])
        return self

    def at(self, x: float) -> Reading:
        """Read off at `x`; what leaves the plane is told by its number alone."""
        self.x, value = x, self.slope(x)
        low, high = self.plane.y_range
        seen = low <= value <= high
        home = self.plane.home
        spot = self.plane.point(x, value if seen else 0.0)
        self.point.move_to(spot).set_opacity(float(seen))
        feet = self.plane.point(x, home[1]), self.plane.point(home[0], value if seen else 0.0)
        for line, foot in zip(self.lines, feet, strict=True):
            line.set_ends(spot, foot)
            line.set_stroke(opacity=float(seen))
        self.numbers[0].set_value(x)
        if math.isfinite(value) and abs(value) < 1e10:
            self.numbers[1].set_value(value)
        return self

    def go(
        self, start: float, end: float, along: Callable[[float], Any] = lambda x: None
    ) -> UpdateFromAlphaFunc:
        """Walk from one x to another; `along` is called with each x on the way."""

        def move(_: VMobject, alpha: float) -> None:
            self.at(start + alpha * (end - start))
            along(self.x)

        return UpdateFromAlphaFunc(self, move, rate_func=smooth)


class Steps(VGroup):
    """A step of the optimizer, and below it the same step stretched by a factor."""

    def __init__(self, lesson: Lesson, longest: float) -> None:
        super().__init__()
        panels = divided()
        self.room = pick(wide=4.6, tall=4.9, square=3.7)  # for the longest
        self.left = pick(wide=panels.column.left, tall=panels.column.left, square=panels.second.left)
        self.top, self.unit = (
            panels.column.down(pick(wide=3.65, tall=4.2, square=1.6)),
            self.room / max(longest, 2),
        )
        names = (
            lesson.words(en="step of Adam", ko="Adam의 보폭", size=enlarged("label"), fill="muted"),
            lesson.words(en="stretched", ko="늘어난 보폭", size=enlarged("label"), fill="parameter"),
        )
        self.bars = VGroup()
        for name, down, role in zip(names, (0.0, 1.0), ("muted", "parameter"), strict=True):
            self.add(name.move_to([self.left, self.below(down), 0], LEFT))
            self.bars.add(VMobject(stroke_width=0, fill_color=color(role), fill_opacity=1))
        self.number = Number(1.0, ".2f", enlarged("label"), "parameter", width=12)
        self.add(self.bars, self.number)
        self.draw(1.0)

    def below(self, distance: float) -> float:
        """The height so far below the first name; in a square frame there is more room."""
        return round(self.top - distance * pick(wide=1.0, tall=1.0, square=1.35), 9)

    def draw(self, factor: float) -> Steps:
        """Both steps, the second by so much longer; one that leaves the picture is cut off."""
        if not math.isfinite(factor):
            return self
        for bar, length, down in zip(self.bars, (1.0, factor), (0.45, 1.45), strict=True):
            end = self.left + min(length * self.unit, self.room)
            bar.set_points_as_corners(_arrow(self.left, end, self.below(down)))
        self.number.set_value(factor)
        self.number.at([self.bars[1].get_right()[0] + 0.2, round(self.below(1.45) - 0.12, 9), 0])
        return self

    def ratio(self) -> float:
        """How many times as long as the first the second is drawn."""
        return float(self.bars[1].width / self.bars[0].width)


def _arrow(left: float, right: float, y: float) -> Array:
    """Outline of an arrow to the right."""
    neck = max(left, right - 0.22)
    corners = [
        (left, 0.06),
        (neck, 0.06),
        (neck, 0.16),
        (right, 0),
        (neck, -0.16),
        (neck, -0.06),
        (left, -0.06),
    ]
    return np.array([[x, y + up, 0.0] for x, up in [*corners, corners[0]]])


def chain(numbers: Sequence[float]) -> VGroup:
    """Numbers that f′ makes of one another, an arrow between each two."""
    panels, size = divided(), enlarged(44)
    room = pick(wide=panels.column, tall=panels.column, square=panels.second)
    parts: list[Formula] = []
    for number in numbers:
        parts += [Formula("arrow.r^(f')", size, "tangent")] if parts else []
        parts.append(Formula(short(number, 5), size))
    made = VGroup(*parts).arrange(RIGHT, buff=0.22)
    made.scale_to_fit_width(min(room.width, made.width))
    return put(made, wide=3.55, tall=4.1, square=2.55, second=True)


def cards(lesson: Lesson) -> VGroup:
    """The three jobs, each with its formula: one below the other, in a square frame side by side."""
    laws = (
        "a = {{f'(z) : f}}",
        "1 + abs({{f'(overline(w)) : f}}) slash 20",
        "p_i (1 + {{f'(x_i) : f}} slash 20)",
    )
    column = divided().column
    across, down = pick(wide=(0.0, 1.6), tall=(0.0, 1.85), square=(3.9, 0.0))
    size, first = pick(wide=50, tall=70, square=46), pick(wide=0.9, tall=0.8, square=1.5)
    inward, below = pick(wide=(0.35, 0.65), tall=(0.4, 0.8), square=(0.0, 0.9))  # of a formula from its name
    made = VGroup()
    for n, ((en, ko), law) in enumerate(zip(JOBS, laws, strict=True)):
        left, y = column.left + across * n, column.down(first + down * n)
        name = lesson.words(en=f"{n + 1} {en}", ko=f"{n + 1} {ko}", size=pick(wide=36, tall=43, square=42))
        formula = Formula(law, size, f="tangent")
        for label, place in ((name, [left, y, 0]), (formula, [left + inward, round(y - below, 9), 0])):
            if shape() == "square":  # the baselines of neighbours are one
                label.at(place)
            else:
                label.move_to(place, LEFT)
        made.add(VGroup(name, formula))
    return made
