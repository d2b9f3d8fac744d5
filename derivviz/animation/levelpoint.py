"""A point of a surface where both slopes are 0: what the second derivatives say that it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import DOWN, LEFT, UP, Create, FadeIn, FadeOut, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import pick
from derivviz.animation.lines import Segments
from derivviz.animation.numerals import short
from derivviz.animation.stage import SIZES
from derivviz.animation.typeset import Formula
from derivviz.calculus.field import Field, level_point

KINDS = {
    "minimum": ("both ways up: a minimum", "어느 쪽으로나 올라간다: 극소"),
    "maximum": ("both ways down: a maximum", "어느 쪽으로나 내려간다: 극대"),
    "saddle": ("up one way, down another: a saddle", "한쪽은 오르막, 한쪽은 내리막: 안장점"),
    "undecided": ("zero: these numbers do not decide", "0이어서 이것만으로는 알 수 없다"),
}
_H = "mat(frac(partial^2 f, partial x^2), frac(partial^2 f, partial x partial y); frac(partial^2 f, partial y partial x), frac(partial^2 f, partial y^2))"  # noqa: E501


class LevelPoint:
    """The end of the lesson where the gradient is 0.

    Parameters
    ----------
    lesson
        The lesson of partial derivatives, its map on screen.
    f, at
        The function and the place, shape (2,).

    Attributes
    ----------
    kind
        minimum, maximum, saddle or undecided.
    bends
        Second derivative along each of the two principal directions, and the line that is drawn along it.
    """

    def __init__(self, lesson: Any, f: Field, at: NDArray[np.float64]) -> None:
        self.lesson, self.f, self.at = lesson, f, at
        self.hessian = f.hessian(*at)
        self.kind = level_point(self.hessian)
        self.bends: list[tuple[float, Segments]] = []

    def tell(self) -> None:
        """The rest of the lesson."""
        lesson = self.lesson
        lesson.say(
            en="At P both slopes are 0, and so is every other: the ground is level there.",
            ko="P에서는 두 기울기가 모두 0이고, 다른 방향도 모두 0이다. 여기서는 땅이 평평하다.",
        )
        lesson.wait(0.8)
        lesson.say(
            en="Top, bottom or pass? The second derivatives tell which way the ground bends.",
            ko="꼭대기일까, 바닥일까, 고개일까? 이계도함수가 땅이 어느 쪽으로 휘는지 알려 준다.",
        )
        told, matrix, det, verdict = self.column()
        leaving = (lesson.map, lesson.contour, lesson.map_p, lesson.lifted)
        lesson.play(FadeOut(*leaving), FadeIn(told), run_time=0.8)
        lesson.play(FadeIn(matrix, shift=UP * 0.15), run_time=0.9)
        lesson.play(FadeIn(det, shift=UP * 0.15), run_time=0.7)
        self.draw_bends()
        lesson.say(
            en="A derivative of 0 marks a place to look at; how the ground bends says what it is.",
            ko="기울기 0은 살펴볼 곳을 알려 주고, 휘는 방향은 그곳이 무엇인지 알려 준다.",
        )
        lesson.play(FadeIn(verdict, shift=UP * 0.15), run_time=0.8)
        lesson.wait(1.2)

    def column(self) -> VGroup:
        """The gradient, the Hessian matrix, its determinant, and what follows."""
        (xx, xy), (yx, yy) = ([short(v) for v in row] for row in self.hessian)
        determinant = 0.0 if self.kind == "undecided" else float(np.linalg.det(self.hessian))
        sign = " > 0" if determinant > 0 else " < 0" if determinant < 0 else ""
        bent = f", quad frac(partial^2 f, partial x^2) {'>' if self.hessian[0, 0] > 0 else '<'} 0"
        en, ko = KINDS[self.kind]
        by, width = pick(wide=(1.0, 6.1), tall=(1.0, 7.2), square=(1.3, 5.4))
        column = VGroup(
            Formula("nabla f = (0, 0)", 44 * by, "tangent"),
            Formula(f"H = {_H} = mat({xx}, {xy}; {yx}, {yy})", 38 * by),
            Formula(f"det H = {short(determinant)}{sign}{bent if determinant > 0 else ''}", 40 * by),
            self.lesson.words(en=en, ko=ko, fill="tangent", size=SIZES["label"] * by),
        )
        for part in column:
            part.scale_to_fit_width(min(part.width, width))
        place = pick(wide=[0.75, -0.3, 0], tall=[-3.6, -3.08, 0], square=[0.35, -0.9, 0])
        return column.arrange(DOWN, buff=pick(wide=0.42, tall=0.23, square=0.7), aligned_edge=LEFT).move_to(
            place, LEFT
        )

    def draw_bends(self) -> None:
        """The surface along the two principal directions, in the colours of up and down."""
        terrain, reach = self.lesson.terrain, self.lesson.parameters.reach
        bends, ways = np.linalg.eigh(np.nan_to_num(self.hessian))
        for bend, u in zip(bends, ways.T, strict=True):
            x, y = (self.at + np.linspace(-0.9, 0.9, 121)[:, None] * reach * u).T
            role = "positive" if bend > 0 else "negative" if bend < 0 else "muted"
            line = terrain.curve(x, y, self.f(x, y), role, 6)
            self.lesson.play(Create(line), run_time=0.9)
            self.lesson.add(self.lesson.p)
            self.bends.append((float(bend), line))
