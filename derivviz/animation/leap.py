"""A step of training that moved a layer far: its size over the steps, what multiplies to it, what comes back."""

from __future__ import annotations

import numpy as np
from manim import RIGHT, UP, Create, FadeIn, FadeOut, Group, VGroup

from derivviz.animation.board import Polyline
from derivviz.animation.digits import reading
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import plain, short
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula
from derivviz.trace.leap import Leap


class Explosion:
    """Where the large values of raw f′ come from, told in a lesson.

    Parameters
    ----------
    lesson
        With `rest`, what is on screen besides title and caption.
    layer
        Whose output leapt.
    """

    def __init__(self, lesson: Lesson, leap: Leap, layer: str) -> None:
        self.lesson, self.leap, self.layer = lesson, leap, layer

    def tell(self) -> None:
        """The leap, why it can be so long, and the gradient that comes back."""
        lesson, leap = self.lesson, self.leap
        before, after = plain(leap.before, 2), plain(round(leap.after))
        lesson.say(
            en=f"But where does z get so large? In one step of training, from {before} to {after}.",
            ko=f"그런데 z는 어디서 그렇게 커졌을까? 학습 한 스텝 만에 {before}에서 {after}까지 뛰었다.",
        )
        self.show(Group(*self.course()), Create)
        moved = plain(leap.move, 2)
        lesson.say(
            en=f"That step moved each of {leap.inputs:,} weights by {moved}, and all their shares add up.",
            ko=f"그 스텝은 가중치 {leap.inputs:,}개를 저마다 {moved}씩 옮겼다. 그 몫이 모두 더해진다.",
        )
        self.product = self.rows()
        for row in self.product:
            lesson.play(FadeIn(row, shift=RIGHT * 0.1), run_time=0.5)
        lesson.rest.add(self.product)
        times = plain(leap.ahead / leap.back, 2)
        lesson.say(
            en=f"And back: the slope −12z − 12 multiplies the gradient, here by {times}.",
            ko=f"거꾸로 갈 때도 마찬가지이다. 기울기 −12z − 12가 그래디언트를 {times}배로 키운다.",
        )
        self.show(Group(*self.returned()), FadeIn)

    def show(self, parts: Group, last: type) -> None:
        """Clear the picture and show others, the last one in its own way."""
        self.lesson.play(FadeOut(self.lesson.rest), run_time=0.4)
        self.lesson.play(FadeIn(*parts[:-1]), run_time=0.5)
        self.lesson.play(last(parts[-1]), run_time=1.4 if last is Create else 0.6)
        self.lesson.rest = parts

    def course(self) -> tuple[Plane, Polyline]:
        """The size of what the layer puts out, over the recorded steps."""
        trace = self.lesson.trace
        steps, size = trace.steps.astype(float), trace[f"activation/{self.layer}/rms"]
        known = np.isfinite(size)
        ends, top = (float(steps[0]), float(steps[-1])), 1.15 * float(size[known].max())
        plane = Plane(ends, (0, top), 5.6, 4.0, ("", "z"), (5, 5)).move_to([-3.3, -0.1, 0])
        self.plane, self.line = plane, Polyline(plane, steps[known], size[known], "parameter", 5)
        plane.keep_clear(self.line)
        return plane, self.line

    def rows(self) -> VGroup:
        """How far the step can move an output, factor by factor, a row each with what it is."""
        words, leap = self.lesson.words, self.leap
        told = (
            (
                f"{leap.inputs:,}".replace(",", " thin "),
                {"en": "weights of a unit", "ko": "유닛 하나의 가중치"},
            ),
            (f"times {short(leap.size, 3)}", {"en": "size of an input", "ko": "입력 하나의 크기"}),
            (f"times {short(leap.move, 2)}", {"en": "move of a weight", "ko": "가중치가 움직인 거리"}),
            (f"= {{{{{short(leap.most, 3)} : m}}}}", {"en": "at the most", "ko": "최대"}),
        )
        rows = VGroup()
        for n, (markup, name) in enumerate(told):
            y = 1.5 - 0.95 * n
            number = Formula(markup, 48, **({"m": "parameter"} if n == 3 else {})).at([0.8, y, 0])
            rows.add(VGroup(number, words(**name, size=30, fill="muted").at([3.6, y + 0.03, 0])))
        return rows

    def returned(self) -> tuple[Formula, ...]:
        """The gradient behind the activation times the slope of f′, and the recorded one before it."""
        words, leap = self.lesson.words, self.leap
        back, size = short(leap.back, 2), short(leap.after, 4)
        ahead = short(leap.back * 12 * leap.after, 2)
        chain = f"{{{{{back} : g}}}} dot 12 dot {size} approx {{{{{ahead} : g}}}}"
        formula = Formula(chain, 52, g="tangent").move_to([0, 0.9, 0])
        told = words(
            en="gradient behind the activation → before it",
            ko="활성화 뒤의 그래디언트 → 앞의 그래디언트",
            fill="muted",
        )
        told.next_to(formula, UP, 0.5)
        self.back = Formula(f"{{{{{short(leap.ahead, 2)} : g}}}}", 60, g="tangent")
        seen = words(en="recorded", ko="기록된 값", fill="muted")
        return told, formula, VGroup(seen, self.back).arrange(RIGHT, buff=0.5).move_to([0, -0.8, 0])

    def verify(self) -> None:
        """The picture's numbers are the trace's, and the bound holds."""
        claim, leap = self.lesson.claim, self.leap
        at = int(np.flatnonzero(self.lesson.trace.steps == leap.step)[0]) + 1
        size = self.lesson.trace[f"activation/{self.layer}/rms"]
        end = self.plane.numbers(self.line.points[4 * at - 1])
        claim("the size after the leap as drawn", end[1], float(size[at]), 1e-4)
        claim("a step cannot move z farther", float(leap.after <= 1.1 * (leap.most + leap.before)), 1.0)
        most = reading(Formula(self.product[3][0].markup.removeprefix("= ")))
        claim("what a step can do, on screen", most / leap.most, 1.0, 6e-3)
        claim("the gradient on screen", reading(self.back) / leap.ahead, 1.0, 6e-2)
        slope = leap.ahead / (leap.back * 12 * leap.after)
        claim("the slope multiplies the gradient", slope, 1.0, 0.5)
