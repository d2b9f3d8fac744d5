"""From probability to recommendation · 확률에서 추천으로

Hunger walks every dish along f′, and the height that it reaches there decides what is recommended.

배고픔이 커지면 음식들이 도함수 f′ 위를 걷고, 그 자리의 높이가 추천을 바꾼다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
    smooth,
)

from derivviz.animation import Formula, parameter
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.hunger import Photo, Reigns, formulas
from derivviz.animation.lines import Segments
from derivviz.animation.placing import place
from derivviz.animation.ranking import fitted, stress
from derivviz.animation.riddle import Riddle
from derivviz.animation.stage import color
from derivviz.calculus.score import UNREACHABLE, multiplier, operating_point
from derivviz.look.names import display

COUNT = {2: ("two", "두"), 3: ("three", "세"), 4: ("four", "네"), 5: ("five", "다섯"), 6: ("six", "여섯")}

APART = 3  # so many changes have a sentence each


class Score(Riddle):
    """Score adjustment of a held-out picture of a recorded run, and the case of the published one."""

    aspects = ("16:9", "9:16", "1:1")
    requires = ("evaluation",)

    @dataclass(frozen=True)
    class Parameters:
        image: int = parameter(
            -1, "Number of the held-out picture, from 0; -1 is the one where hunger matters most", minimum=-1
        )
        hunger: float = parameter(6.0, "Hunger to rest on at last", minimum=0, maximum=10)

    def construct(self) -> None:
        self.prepare(self.parameters.image, self.parameters.hunger)
        self.title()
        self.the_picture()
        self.the_places()
        self.the_multipliers()
        self.the_walk()
        self.the_fall()
        self.the_rest()
        self.the_riddle()
        self.the_first_clue()
        self.the_second_clue()
        self.the_culprit()
        self.the_solution()
        self.the_end()

    def the_picture(self) -> None:
        toy = bool(self.trace.attrs.get("toy_sample"))
        self.say(
            en=f"A trained network sees this picture {'of the toy sample ' if toy else ''}for the first time.",
            ko=f"학습을 마친 신경망이 {'장난감 데이터에서 ' if toy else ''}처음 보는 사진이다.",
        )
        height, middle = pick(
            wide=(4.2, [-4.45, 0.25, 0]), tall=(6.9, [0, 0.85, 0]), square=(7.6, [0, 0.75, 0])
        )
        self.picture = Photo(self.pixels, height).move_to(middle)
        self.truth = VGroup()
        self.play(FadeIn(self.picture, scale=0.95), run_time=0.8)
        verdict = {"en": "", "ko": "이다"}
        first = int(np.argmax(self.all_p))
        if self.target is not None:
            told = display(self.classes[self.target])
            head = self.words(en="truth:", ko="정답:", size="label", fill="muted")
            name = fitted(self.name(self.target), 3.2).set_fill(color("muted"), opacity=1)
            label = VGroup(head, name.at([head.get_right()[0] + 0.15, head.pen.points[0][1], 0]))
            foot = self.picture.get_bottom()[1] - 0.6
            down = pick(wide=2.35, tall=-foot, square=-foot)
            self.truth.add(label.shift(DOWN * down + RIGHT * (self.picture.get_x() - label.get_x())))
            self.play(FadeIn(self.truth), run_time=0.4)
            verdict = {"en": ", and it is wrong", "ko": "인데, 틀렸다"}
            if first == self.target:
                verdict = {"en": ", and it is right", "ko": "이고, 맞았다"}

        many = len(self.all_p)
        number = COUNT.get(many, (str(many), str(many)))
        told = display(self.classes[first])
        self.say(
            en=f"Its answer: {number[0]} probabilities. It bets on {told['en']}{verdict['en']}.",
            ko=f"신경망은 {number[1]} 가지 확률로 답한다. 가장 큰 것은 {told['ko']}{verdict['ko']}.",
        )
        self.lift(self.picture, self.truth)
        self.chart = self.rows()
        self.chart.unfold(0.0)
        self.chart.lead(int(np.argmax(self.p)), "ink")
        self.play(FadeIn(self.chart.labels), run_time=0.5)
        self.play(
            UpdateFromAlphaFunc(
                self.chart.rest, lambda _, alpha: self.chart.put_p(alpha * self.p), rate_func=smooth
            ),
            run_time=1.5,
        )
        self.check_bars(self.p)

    def the_places(self) -> None:
        self.say(
            en="But how hungry are you? Hunger h gives every dish a place on the x-axis.",
            ko="그런데 얼마나 배고픈가? 배고픔 h가 음식마다 x축 위의 자리를 정한다.",
        )
        self.lay_out(self.parameters.hunger)
        self.law_x = Formula("x_i = 4 {{h : h}} slash 10 - 3 + 0.3 i", 44, h="parameter")
        self.law_x.move_to([formulas(), pick(wide=2.45, tall=0.3, square=3.0), 0], LEFT)
        size, corner = self.under_the_hill()
        self.play(
            FadeOut(self.truth),
            self.picture.animate.resize(size).move_to(corner),
            UpdateFromAlphaFunc(self.chart.rest, lambda _, alpha: self.chart.unfold(alpha), rate_func=smooth),
            run_time=1.2,
        )
        self.play(FadeIn(self.plane, self.zeros, self.slider), run_time=0.7)
        self.bring_to_front(self.picture)
        self.drive()
        self.play(FadeIn(self.law_x), FadeIn(self.walkers, shift=DOWN * 0.2), run_time=0.8)
        self.bring_to_front(self.slider.moving, self.chart.rest)
        self.go(10.0, 1.8)
        self.go(0.0, 1.2)
        self.check_points()

    def the_multipliers(self) -> None:
        self.say(
            en="There the derivative f′ sets a multiplier: 1 at its zeros, 2.2 at its top.",
            ko="도함수 f′의 값이 배율을 정한다. 0이면 1배, 꼭대기에서는 2.2배이다.",
        )
        self.curve_name = Formula("f'(x) = -6 x^2 - 12 x + 18", enlarged("label"), "tangent")
        where = pick(wide=[-6.85, 2.45, 0], tall=[-3.7, 5.6, 0], square=[formulas(), 4.2, 0])
        self.curve_name.move_to(where, LEFT)
        self.play(Create(self.curve), FadeIn(self.curve_name), run_time=1.2, rate_func=linear)
        self.bring_to_front(self.walkers)
        self.play(FadeIn(self.chart.factors), run_time=0.5)
        self.play(self.share.animate.set_value(1.0), self.posing(), run_time=1.8)
        self.check_points()

        self.say(
            en="Score = probability × multiplier. The highest score is recommended.",
            ko="점수는 확률과 배율의 곱이다. 점수가 가장 높은 음식을 추천한다.",
        )
        self.law = self.law_with("p_i")
        self.crown = self.crowned(self.chart)
        self.play(FadeIn(self.law, shift=UP * 0.15), run_time=0.8)
        self.play(FadeIn(self.crown), run_time=0.4)
        self.bring_to_front(self.chart.rest, self.chart.factors)
        self.play(
            self.order.animate.set_value(1.0),
            self.calm.animate.set_value(1.0),
            self.posing(),
            run_time=1.2,
        )
        self.check_all(0.0)

    def the_walk(self) -> None:
        climbing = [int(i) for i in self.shown if operating_point(int(i), 0.0) < -1]
        whole = len(climbing) == len(self.shown)  # else some begin beyond the top
        en, ko = "", ""
        if climbing:
            told = display(self.classes[climbing[-1]])
            how = ("reaches the top first", "가장 먼저") if whole else ("is the next at the top", "이어서")
            en = f" Number {climbing[-1]}, {told['en']}, {how[0]}."
            ko = f" {climbing[-1]}번 음식이 {how[1]} 꼭대기에 닿는다."
        self.say(en=f"Now let hunger grow.{en}", ko=f"이제 배고픔을 키워 보자.{ko}")
        winners = [self.name(i) for i in (self.best(0.0), *(after for _, _, after in self.changes))]
        self.reigns = Reigns(self.slider, [h for h, _, _ in self.changes], winners)
        if not self.changes:
            self.go(10.0, 6.0)
            told = display(self.classes[self.best(0.0)])
            likeliest = int(np.argmax(self.all_p))
            if likeliest == self.best(0.0):
                why = "its probability is too large", "확률이 너무 크기 때문이다"
            elif likeliest >= UNREACHABLE:
                why = (
                    f"number {likeliest} is never multiplied by more than 0",
                    f"{likeliest}번의 배율은 늘 음수이다",
                )
            else:
                why = "no hunger is enough to change that", "배고픔으로는 바뀌지 않는다"
            self.say(
                en=f"Here nothing changes: it is {told['en']} all the way, {why[0]}.",
                ko=f"이 사진에서는 끝까지 그대로 {told['ko']}이다. {why[1]}.",
            )
        apart = self.changes if len(self.changes) <= APART else self.changes[:1]  # each with its own sentence
        stops = self.stops(self.parameters.hunger)[1:]
        for k, (h, before, after) in enumerate(self.changes):
            stop = stops[k]
            if k == 0:
                self.go(stop, max(1.2, 1.1 * stop))
            if k < len(apart):
                new, old = display(self.classes[after]), display(self.classes[before])
                what = (
                    ("the recommendation changes", "바뀐다") if k == 0 else ("it changes again", "또 바뀐다")
                )
                self.say(
                    en=f"At h = {h:.1f} {what[0]}: {new['en']} instead of {old['en']}.",
                    ko=f"h = {h:.1f}에서 추천이 {what[1]}. {old['ko']} 대신 {new['ko']}이다.",
                )
            elif k == len(apart):
                more = len(self.changes) - k
                self.say(
                    en=f"And it changes {more} times more: which dish stands on the top is what counts.",
                    ko=f"추천은 {more}번 더 바뀐다. 누가 꼭대기에 있는지가 중요하다.",
                )
            if k:
                self.go(stop, max(1.2, 0.75 * (stop - stops[k - 1])))
            self.play(
                Indicate(self.chart.labels_of(after), 1.12, color("positive")),
                FadeIn(*self.reigns.until(k)),
                run_time=0.9,
            )
            self.check_all(stop)

    def the_fall(self) -> None:
        factors = multiplier(self.shown, 10.0)
        worst = int(np.argmin(factors))
        told, lowest = (
            display(self.classes[int(self.shown[worst])]),
            f"{factors[worst]:.2f}".replace("-", "−"),
        )
        climbed = operating_point(int(self.shown[worst]), 0.0) < -1
        moral = (
            ("First up, first down", "먼저 오르면 먼저 떨어진다")
            if climbed
            else ("And then down", "그리고 내려간다")
        )
        self.say(
            en=f"{moral[0]}: at h = 10 {told['en']} is multiplied by {lowest}!",
            ko=f"{moral[1]}. h = 10에서 {told['ko']}의 배율은 {lowest}이다!",
        )
        self.go(10.0, max(1.0, 0.6 * (10 - self.h.get_value())))
        level = self.plane.point(np.array([0.12, 1.55]), -20.0)  # as far as f′, beyond which numbers stand
        self.zero = VGroup(Segments([level], "muted", 3), Formula("times 0", "tick", "muted"))
        scene = [self.plane, self.curve, self.zero[0], self.walkers, self.zeros]
        place(self.zero[1], level[0] + RIGHT * 0.4, scene, (DOWN, UP))
        self.play(FadeIn(self.zero, *self.reigns.until(len(self.changes))), run_time=0.5)
        self.play(stress(self.chart.rows[worst].m, 1.15), run_time=0.9)
        self.check_all(10.0)

    def the_rest(self) -> None:
        h = self.parameters.hunger
        told = display(self.classes[self.best(h)])
        self.say(
            en=f"At h = {h:g} the recommendation for this picture is {told['en']}.",
            ko=f"h = {h:g}일 때 이 사진의 추천은 {told['ko']}이다.",
        )
        self.play(FadeOut(self.zero), run_time=0.3)
        self.go(h, 2.0)
        self.check_all(h)

    def the_end(self) -> None:
        self.say(
            en="Where a network hesitates, f′ can tip the scales. Where it is stuck, nothing can.",
            ko="신경망이 망설이면 f′이 추천을 바꿀 수 있다. 확신에 갇히면 바꾸지 못한다.",
        )
        self.wait(0.8)
        self.play(FadeOut(self.arrivals, *self.table.everything()), run_time=0.6)
        self.play(
            FadeIn(self.crown, self.reigns, self.picture, self.walkers),
            FadeIn(self.chart.rest, self.chart.factors),
            run_time=0.8,
        )
        self.h.set_value(self.parameters.hunger)
        self.pose()
        self.play(Indicate(self.chart.labels_of(self.best(self.parameters.hunger)), 1.12, color("positive")))
        self.wait(0.6)

    def verify(self) -> None:
        self.check_all(self.parameters.hunger)
        self.check_picture(self.picture, self.reigns)
