"""How f′ is made trainable, on a recorded layer's values: standardise, cut off, divide by its maximum."""

from __future__ import annotations

import numpy as np
from manim import LEFT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, smooth
from numpy.typing import NDArray

from derivviz.animation.arena import Cloud
from derivviz.animation.flow import between, spread
from derivviz.animation.frame import panels, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula
from derivviz.calculus.activation import HIGH, LOW, SPREAD
from derivviz.calculus.cubic import DERIVATIVE_PEAK, df
from derivviz.trace.passage import Passage

Array = NDArray[np.float64]


class Tamed(VGroup):
    """f′ on its interval: where values on the axis of u come to lie on it, and what is cut off.

    Attributes
    ----------
    raw, hill
        The whole curve, and what is left of it: 0 outside of −3 … 1.
    peaks
        What is written over the maximum, before and after the division.
    """

    def __init__(self) -> None:
        room = panels().picture
        size, middle = pick(
            wide=((6.6, 4.6), np.array([-3.2, 0, 0])),
            tall=((7.1, room.height - 0.4), room.center - [0, 0.15, 0]),
            square=((11.0, room.height - 0.1), room.center),
        )
        self.plane = Plane((-6, 4), (-40, 34), *size, ("u", ""), (10, 7)).move_to(middle)
        peak = self.plane.point(*DERIVATIVE_PEAK)
        self.peaks = [Formula(m, "label").next_to(peak, UP, 0.15) for m in ("24", "24 \\/ 24 = 1")]
        self.peaks[1].shift(LEFT * 0.25)  # clear of the axis
        self.raw = self.plane.curve(df, role="function", width=5)
        self.plane.keep_clear(self.raw).room_for(self.peaks[1])
        self.hill = self.plane.curve(lambda u: df(np.clip(u, LOW, HIGH)), width=6)
        super().__init__(self.plane, self.raw, self.peaks[0])

    def axis(self, u: Array) -> Array:
        """Points of the frame for values on the u-axis; what lies outside is on the edge."""
        return self.plane.point(np.clip(u, *self.plane.x_range), np.zeros_like(u))

    def on_hill(self, u: Array) -> Array:
        """Points on the clamped curve."""
        inside = np.clip(u, *self.plane.x_range)
        return self.plane.point(inside, df(np.clip(inside, LOW, HIGH)))


class Taming:
    """The three steps told in a lesson.

    Parameters
    ----------
    lesson
        With `rest`, what is on screen besides title and caption.
    passage
        The layer whose values are tamed.
    """

    def __init__(self, lesson: Lesson, passage: Passage) -> None:
        self.lesson, self.trained = lesson, passage.constants is not None
        seen = spread(passage.z)
        self.z, self.u = passage.z.ravel()[seen], LOW + SPREAD * passage.standardised.ravel()[seen]

    def tell(self) -> None:
        """Standardise; then cut off and divide."""
        lesson, z, u = self.lesson, self.z, self.u
        if self.trained:
            lesson.say(
                en="What tames it? First, standardise by the first batch: u began around −3, where f′ turns positive.",
                ko="무엇이 길들일까? 먼저 첫 배치로 표준화한다. u는 f′이 양수로 바뀌는 −3 근처에서 출발했다.",
            )
        else:
            lesson.say(
                en="What tames it? First, standardise: however large z is, u lands around −3, where f′ turns positive.",
                ko="무엇이 길들일까? 먼저 표준화한다. z가 아무리 커도 u는 f′이 양수로 바뀌는 −3 근처에 놓인다.",
            )
        lesson.play(FadeOut(lesson.rest), run_time=0.4)
        self.tamed = tamed = Tamed()
        start, end, top = tamed.axis(z), tamed.axis(u), tamed.on_hill(u)
        self.cloud = Cloud(start, "parameter", 0.055)
        first = self.law(0, "u = -3 + frac(z - mu, 2 sigma)")
        there, large = first.get_center(), shape() != "wide"
        if large:  # until others join it
            first.scale(1.5).move_to(panels().column.center)
        lesson.play(FadeIn(tamed), run_time=0.6)
        lesson.play(FadeIn(self.cloud), run_time=0.4)
        lesson.play(FadeIn(first), run_time=0.4)
        lesson.play(self.glide(start, end), run_time=1.8)
        lesson.say(
            en="Then cut: outside of −3 … 1 the answer is 0. And divide by 24, the maximum: a lies in 0 … 1.",
            ko="다음으로 자른다. −3에서 1 밖은 0이다. 그리고 최댓값 24로 나누면 a는 0과 1 사이에 있다.",
        )
        others = [first.animate.scale(1 / 1.5).move_to(there)] if large else []
        lesson.play(FadeOut(tamed.raw), Create(tamed.hill), *others, run_time=1.0)
        second = self.law(1, "a = f'(u) \\/ 24", "function")
        bound = self.law(2, "abs(dif a \\/ dif u) <= 1", "tangent")
        before, after = tamed.peaks
        lesson.play(FadeIn(second), FadeOut(before), FadeIn(after), self.glide(end, top), run_time=1.2)
        lesson.play(FadeIn(bound), run_time=0.6)
        lesson.rest = Group(tamed.plane, tamed.hill, after, self.cloud, first, second, bound)

    def law(self, number: int, markup: str, role: str = "ink") -> Formula:
        """One of three formulas, from 0, where it stands beside the plane or below it."""
        x, y = pick(
            wide=((3.9, 1.7), (3.9, 0.2), (3.9, -1.2)),
            tall=((0, -1.2), (0, -2.9), (0, -4.3)),
            square=((-2.9, -2.4), (2.9, -1.5), (2.9, -3.4)),
        )[number]
        return Formula(markup, pick(wide=48, tall=66, square=72), role).move_to([x, y, 0])

    def glide(self, start: Array, end: Array) -> UpdateFromAlphaFunc:
        """Move the dots from some places to others."""

        def move(cloud: Cloud, alpha: float) -> None:
            cloud.move(between(start, end, alpha))

        return UpdateFromAlphaFunc(self.cloud, move, rate_func=smooth)

    def verify(self) -> None:
        """The dots stand where u is, and as high as f′ cut off to its interval."""
        plane, u = self.tamed.plane, np.clip(self.u, *self.tamed.plane.x_range)
        dots = self.cloud.points.reshape(len(u), -1, 3).mean(axis=1)
        drawn = np.array([plane.numbers(dot) for dot in dots])
        self.lesson.claim("u of the dots", float(np.abs(drawn[:, 0] - u).max()), 0.0, 1e-3)
        true = df(np.clip(u, LOW, HIGH))
        self.lesson.claim("f′(u) of the dots", float(np.abs(drawn[:, 1] - true).max()), 0.0, 1e-2)
