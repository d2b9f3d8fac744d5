"""The two losses of a generator over the logit of D, their slopes where a recorded game was, and what they did."""

from __future__ import annotations

import math

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, FadeIn, Group, VGroup
from numpy.typing import ArrayLike

from derivviz.animation.board import Polyline
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula, Number
from derivviz.trace.game import DISCRIMINATOR, GENERATOR, Game, Sure

SATURATING, OTHER = "ln(1 - D)", "-ln D"
_AROUND = 60  # rounds before and after the one that is looked at


class Losses(Group):
    """ln(1 − D) and −ln D as curves over the logit ln(D/(1 − D)), with their tangents at one answer of D.

    Parameters
    ----------
    probability
        D(G(z)) where the tangents are.
    middle
        Where on the frame.

    Attributes
    ----------
    tangents
        The two drawn tangents; their slopes are −D and −(1 − D).
    """

    def __init__(self, probability: float, middle: ArrayLike) -> None:
        z = math.log(probability / (1 - probability))
        width = max(5.5, abs(z) + 2)
        size = pick(wide=(5.4, 4.4), tall=(6.9, 5.0), square=(10.6, 4.5))
        self.plane = plane = Plane((-width, width), (-width, width), *size, ('"logit"', ""), (8, 8))
        plane.move_to(np.asarray(middle, float))
        heights = (-float(np.logaddexp(0, z)), float(np.logaddexp(0, -z)))
        self.curves = (
            plane.curve(lambda v: -np.logaddexp(0, v), role="loss", width=5),
            plane.curve(lambda v: np.logaddexp(0, -v), role="loss", width=5),
        )
        self.tangents = tuple(
            Segments([plane.clip(slope, (z, height), 0.2)], "tangent", 6)
            for height, slope in zip(heights, (-probability, probability - 1), strict=True)
        )
        self.dots = tuple(dot(plane.point(z, height), "parameter", 0.09) for height in heights)
        self.names = (Formula(SATURATING, "label", "loss"), Formula(OTHER, "label", "loss"))
        if pick(wide=True, tall=False, square=False):
            self.names[0].next_to(plane.point(width, -width * 0.75), RIGHT, 0.1)
        else:
            self.names[0].move_to(plane.point(width * 0.36, -width * 0.8))
        self.names[1].move_to(plane.point(-width * 0.72, width * 0.3))
        plane.keep_clear(*self.curves, *self.tangents).room_for(*self.names)
        super().__init__(plane, *self.curves, *self.tangents, *self.dots, *self.names)

    def show_curve(self, lesson: Lesson, which: int) -> None:
        """Draw the saturating loss (0) or the other one (1)."""
        lesson.play(Create(self.curves[which]), FadeIn(self.names[which]), run_time=0.8)

    def show_tangent(self, lesson: Lesson, which: int) -> None:
        """Draw the tangent to the saturating loss (0) or to the other one (1)."""
        lesson.play(FadeIn(self.dots[which]), Create(self.tangents[which]), run_time=0.8)

    def slope(self, which: int) -> float:
        """Slope of a drawn tangent, for `verify`."""
        return self.plane.slope_of(self.tangents[which])


class Norms(VGroup):
    """The recorded lengths of the generator's gradient by both losses, as two bars."""

    def __init__(self, sure: Sure, corner: ArrayLike) -> None:
        super().__init__()
        left, top, _ = np.asarray(corner, float)
        longest = max(sure.saturating, sure.other)
        most = pick(wide=5.0, tall=5.4, square=8.6)  # units of the frame that the longer bar has
        larger = (1.8, 1.2, 0.6, 1.05)
        apart, below, thick, baseline = pick(wide=(1.5, 0.95, 0.4, 0.87), tall=larger, square=larger)
        self.bars = []
        for y, markup, norm in ((top, SATURATING, sure.saturating), (top - apart, OTHER, sure.other)):
            name = Formula(markup, enlarged("body"), "loss").move_to([left, y, 0], aligned_edge=LEFT)
            bar = Block([left, y - below, 0], (most * norm / longest, thick), "tangent", 1)
            number = Number(norm, ".3g", enlarged("label"), "tangent", width=12)
            number.at([left + most * norm / longest + 0.2, y - baseline, 0])
            self.bars.append(bar)
            self.add(name, bar, number)

    def ratio(self) -> float:
        """How many times longer the lower bar is, for `verify`."""
        return float(self.bars[1].sides[0] / self.bars[0].sides[0])


def rounds_around(lesson: Lesson, game: Game, sure: Sure, middle: ArrayLike) -> Group:
    """D's mean answers in the rounds around the one that is looked at, each as it was recorded."""
    first, last = (
        float(max(sure.round - _AROUND, 0)),
        float(min(sure.round + _AROUND, game.sample_rounds[-1])),
    )
    size = pick(wide=(4.9, 3.6), tall=(6.8, 3.9), square=(10.4, 3.0))
    plane = Plane((first, last), (0, 1), *size, ("", ""), (4, 5)).move_to(np.asarray(middle, float))
    lines = VGroup()
    for name, role, player in (("real", "positive", DISCRIMINATOR), ("fake", "negative", GENERATOR)):
        at, values = game.curve(f"{name}_probability", player)
        here = (at >= first) & (at <= last)
        lines.add(Polyline(plane, at[here], values[here], role, 3))
    plane.keep_clear(*lines)
    foot, head = (plane.point(sure.round, y) for y in (0, 1))
    upright = Dashed(foot, head, "parameter", 2.5, 0.12, 0.1)
    spot = dot(plane.point(sure.round, sure.probability), "parameter", 0.09)
    name = lesson.words(en="round", ko="라운드", size="tick", fill="muted")
    name.next_to(plane.point(last, 0), DOWN, 0.16).shift(LEFT * 0.2)
    edge = name.get_left()[0] - 0.15
    crowded = [t for t in plane.tick_labels if t.get_top()[1] < foot[1] and t.get_right()[0] > edge]
    plane.tick_labels.remove(*crowded)
    keys = answer_names().next_to(plane, UP, 0.25)
    return Group(plane, mark(lines, backdrop=True), mark(upright, backdrop=True), spot, keys, name)


def answer_names() -> VGroup:
    """D(x) and D(G(z)) in the colours that their curves have."""
    names = VGroup(
        Formula("D(x)", enlarged("label"), "positive"), Formula("D(G(z))", enlarged("label"), "negative")
    )
    return names.arrange(RIGHT, buff=0.7)
