"""A step of training that moved a layer far: its size over the steps, what multiplies to it, what comes back."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, UP, Create, FadeIn, FadeOut, Group, VGroup

from derivviz.animation.board import Polyline
from derivviz.animation.digits import reading
from derivviz.animation.frame import panels, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import plain, short
from derivviz.animation.plane import Plane
from derivviz.animation.slope_table import fit
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
        ends = self.ends()
        self.show(Group(*ends, *self.course()), Create)
        moved = plain(leap.move, 2)
        lesson.say(
            en=f"That step moved each of {leap.inputs:,} weights by {moved}, and all their shares add up.",
            ko=f"그 스텝은 가중치 {leap.inputs:,}개를 저마다 {moved}씩 옮겼다. 그 몫이 모두 더해진다.",
        )
        if ends:
            lesson.play(FadeOut(*ends), run_time=0.4)
            lesson.rest.remove(*ends)
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
        room = panels().picture
        extent, middle = pick(
            wide=((5.6, 4.0), [-3.3, -0.1, 0]),
            tall=((room.width - 1.0, room.height - 1.0), room.center - [0, 0.25, 0]),
            square=((room.width - 1.0, room.height - 0.5), room.center),
        )
        plane = Plane(ends, (0, top), *extent, ("", "z"), (5, 5)).move_to(middle)
        self.plane, self.line = plane, Polyline(plane, steps[known], size[known], "parameter", 5)
        plane.keep_clear(self.line)
        return plane, self.line

    def ends(self) -> list[Formula]:
        """The size before and after, in the column, where that would be empty below the picture."""
        if shape() == "wide":
            return []
        before, after = short(self.leap.before, 2), short(round(self.leap.after), 3)
        leapt = Formula(f"{before} -> {{{{{after} : z}}}}", 110, z="parameter")
        return [fit(leapt, panels().column.width).move_to(panels().column.center)]

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
        xs = pick(wide=(0.8, 3.6), tall=(-3.5, 0.1), square=(-4.3, 0.2))
        top, pitch = pick(wide=(1.5, 0.95), tall=(-1.3, 1.15), square=(-1.2, 1.0))
        large, small = pick(wide=(48, 30), tall=(60, 40), square=(62, 46))
        for n, (markup, name) in enumerate(told):
            y = top - pitch * n
            number = Formula(markup, large, **({"m": "parameter"} if n == 3 else {})).at([xs[0], y, 0])
            rows.add(VGroup(number, words(**name, size=small, fill="muted").at([xs[1], y + 0.03, 0])))
        return rows

    def returned(self) -> tuple[Formula, ...]:
        """The gradient behind the activation times the slope of f′, and the recorded one before it."""
        words, leap = self.lesson.words, self.leap
        back, size = short(leap.back, 2), short(leap.after, 4)
        ahead = short(leap.back * 12 * leap.after, 2)
        chain = f"{{{{{back} : g}}}} dot 12 dot {size} approx {{{{{ahead} : g}}}}"
        font, small, large = pick(wide=(52, 40, 60), tall=(64, 44, 120), square=(80, 56, 110))
        formula = Formula(chain, font, g="tangent")
        room, y = pick(wide=(13.0, 0.9), tall=(7.2, 2.0), square=(11.2, 1.4))
        fit(formula, room).move_to([0, y, 0])
        arrow = pick(wide="→", tall="→ \\", square="→")  # in a tall frame on two lines
        told = words(
            en=f"gradient behind the activation {arrow} before it",
            ko=f"활성화 뒤의 그래디언트 {arrow} 앞의 그래디언트",
            size=small,
            fill="muted",
            centered=shape() == "tall",
        )
        told.next_to(formula, UP, pick(wide=0.5, tall=0.8, square=0.9))
        self.back = Formula(f"{{{{{short(leap.ahead, 2)} : g}}}}", large, g="tangent")
        seen = words(en="recorded", ko="기록된 값", size=small, fill="muted")
        way, y = pick(wide=(RIGHT, -0.8), tall=(DOWN, -1.9), square=(RIGHT, -1.8))
        return told, formula, VGroup(seen, self.back).arrange(way, buff=0.5).move_to([0, y, 0])

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
