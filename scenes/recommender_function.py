"""One derivative, three jobs · 도함수 하나의 세 가지 역할

The same f′ bends the signals of a network, stretches its learning steps and weighs the dishes that it recommends.

같은 f′이 신경망의 신호를 바꾸고, 학습의 보폭을 늘리고, 추천할 음식의 점수를 정한다.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

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
    ValueTracker,
    VGroup,
    VMobject,
    linear,
)
from numpy.typing import NDArray

from derivviz.animation import Formula, Lesson, Number, parameter
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.gliding import Glide
from derivviz.animation.hunger import Walkers
from derivviz.animation.job_panels import both_planes, divided, formulas, one_plane, put, ranking
from derivviz.animation.jobs import Reading, Steps, Tabs, cards, chain, layers
from derivviz.animation.numerals import plain
from derivviz.animation.ranking import stress
from derivviz.animation.stage import color
from derivviz.calculus import published
from derivviz.calculus.expression import Expression
from derivviz.calculus.score import DISHES, multiplier, operating_point
from derivviz.calculus.shape import derivatives
from derivviz.calculus.uses import INDEX, first_hunger, is_original, multipliers, step_factor, usable
from derivviz.calculus.window import heights
from derivviz.look.names import display

Array = NDArray[np.float64]
FED = (4.0, 2.0, 1.0, 0.5)  # what the activation is fed: the first that it can take twice


class RecommenderFunction(Lesson):
    """f′ as activation, as learning-rate factor and as score, for any function f."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("-2x^3 - 6x^2 + 18x", "The function f whose derivative is used")
        hunger: float = parameter(6.0, "Hunger h, from 0 (full) to 10 (starving)", minimum=0, maximum=10)
        mean: float = parameter(0.0, "Mean of the weights that are updated", minimum=-10, maximum=10)

    def construct(self) -> None:
        self.prepare()
        self.heading = self.title()
        self.the_curve()
        self.the_activation()
        self.the_explosion()
        self.the_step()
        self.the_places()
        self.the_score()
        self.the_end()

    # ---- the mathematics --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The derivative, and where the dishes and the weights stand on it."""
        p = self.parameters
        self.f, self.column = p.function, divided().column
        usable(self.f, p.hunger, p.mean)
        self.slope, self.bend = derivatives(self.f)
        self.at, self.original = operating_point(INDEX, p.hunger), is_original(self.slope)
        self.low, self.high = min(-4.2, p.mean - 1), max(2.6, p.mean + 1)
        self.fed = next((z for z in FED if np.isfinite(twice(self.slope, z)).all()), None)
        self.start = first_hunger(self.slope, p.hunger)

    # ---- the beats --------------------------------------------------------------------------------------

    def the_curve(self) -> None:
        self.say(
            en="The slopes of a curve f draw its derivative f′. A food recommender uses f′ in three places.",
            ko="곡선 f의 기울기들이 도함수 f′을 그린다. 음식 추천 모델은 이 f′을 세 곳에 쓴다.",
        )
        x = np.linspace(self.low, self.high, 801)
        self.y_range = heights(self.slope(x), [0.0, *self.slope(self.at)])
        lines = formulas(self.f, self.slope)
        x_range, y_ranges = (self.low, self.high), (heights(self.f(x)), self.y_range)
        planes = both_planes(x_range, y_ranges, lines, [self.heading])
        curve = planes.above.curve(self.f)
        planes.above.keep_clear(curve)
        planes.below.keep_clear(planes.below.curve(self.slope))
        planes.name(planes.above, "f", "function", curve, ())
        glide = Glide(self.f, self.slope, planes.above, planes.below)
        names = planes.labels[planes.above]
        self.play(FadeIn(planes.above, planes.below, *names), run_time=0.6)
        self.play(Create(curve), run_time=1.2, rate_func=linear)
        self.play(FadeIn(lines), run_time=0.4)
        self.add(glide.trail, glide.at(self.low))
        self.play(glide.go(self.low, self.high), run_time=3.0)
        glide.leave(self.high)
        self.play(FadeOut(glide), run_time=0.5)
        self.wait(0.6)

        self.tabs = Tabs(self)
        self.plane = one_plane(x_range, self.y_range)
        self.curve = self.plane.curve(self.slope, role="tangent")
        self.walkers = Walkers(self.plane, INDEX, self.slope, self.bend)
        hungers = np.linspace(self.start, self.parameters.hunger, 60)
        self.plane.keep_clear(self.curve, self.walkers.way(hungers))
        gone = [planes.above, planes.below, curve, glide.trail, lines, *names]
        self.play(FadeOut(*gone), run_time=0.4)
        self.play(FadeIn(self.plane, self.curve), FadeIn(self.tabs), run_time=0.6)

    def the_activation(self) -> None:
        self.say(
            en="First, between the layers: every signal z is replaced by a = f′(z). That is the activation.",
            ko="첫째, 층과 층 사이에서 모든 신호 z가 a = f′(z)로 바뀐다. f′이 활성화 함수이다.",
        )
        self.play(self.tabs.light(0))
        self.row = layers(self)
        self.play(FadeIn(self.row, lag_ratio=0.1), run_time=1.0)
        self.reading = Reading(self.plane, self.slope, "z", "a", pick(wide=40, tall=66, square=56))
        self.reading.beside(2.45, 2.85, 3.05)
        self.reading.at(-3.6)
        self.play(FadeIn(self.reading), run_time=0.5)
        stops = [-3.6, -1.0, 0.6] if self.original else [-3.6, 1.2]
        for start, end in pairwise(stops):
            self.play(self.reading.go(start, end), run_time=1.8)
            self.check_reading()
        self.wait(0.4)

    def the_explosion(self) -> None:
        self.leaving: list[VMobject] = []
        if self.fed is None:
            return
        z, (a, b) = self.fed, twice(self.slope, self.fed)
        out = [plain(float(f"{value:.5g}")) for value in (a, b)]
        grown = abs(b) > 100 * abs(z)
        told = {"en": "One more f′ and numbers explode", "ko": "f′을 두 번만 지나도 수가 폭발한다"}
        if not grown:
            told = {
                "en": "Here signals stay within bounds",
                "ko": "이 f′을 두 번 지나도 신호는 크게 불어나지 않는다",
            }
        self.say(
            en=f"Feed it {plain(z)}: out comes {out[0]}, and the next f′ makes {out[1]} of that. {told['en']}.",
            ko=f"{plain(z)} → {out[0]} → {out[1]}. {told['ko']}.",
        )
        numbers = chain((z, a, b))
        self.play(FadeIn(numbers[0]), run_time=0.3)
        for n, box in enumerate(self.row.active):
            come = FadeIn(numbers[2 * n + 1 : 2 * n + 3], shift=RIGHT * 0.2)
            self.play(come, Indicate(box, 1.15, color("tangent")), run_time=0.9)
        self.claim("f′ of what it is fed", float(self.slope(z)), a)
        self.leaving = [numbers]
        if self.original:
            size, told = (
                enlarged("label"),
                {"en": "published loss, first epoch:", "ko": "발표된 첫 에포크의 손실:"},
            )
            told_loss = self.words(**told, size=size, fill="muted")
            loss = Formula(f"{published.LOSSES[0]:,}".replace(",", " thin "), enlarged(50), "loss")
            block = VGroup(told_loss, loss).arrange(DOWN, buff=0.2, aligned_edge=LEFT)
            put(block, wide=4.65, tall=5.15, square=3.75, second=True)
            self.play(FadeIn(block, shift=UP * 0.1), run_time=0.6)
            self.leaving.append(block)
        self.wait(1.0)

    def the_step(self) -> None:
        mean, factor = self.parameters.mean, float(step_factor(self.slope, self.parameters.mean))
        self.say(
            en="Second, in learning: the step of each weight tensor is stretched, by f′ at its mean weight.",
            ko="둘째, 학습에서 가중치를 고칠 때 보폭을 늘린다. 그 가중치 평균에서의 f′이 배율을 정한다.",
        )
        self.play(FadeOut(self.row, self.reading, *self.leaving), run_time=0.3)
        self.play(self.tabs.light(1))
        name = self.choose(en="factor", ko="배율")
        formula = f'"{name}" = 1 + frac(abs({{{{f\'(overline(w)) : f}}}}), 20)'
        law = Formula(formula, enlarged(46), f="tangent")
        put(law, wide=1.38, tall=1.5, square=1.7)
        self.reading = Reading(self.plane, self.slope, "overline(w)", "f'(overline(w))")
        self.reading.beside(2.68, 2.95, 3.25)
        x = np.linspace(-2.6, self.high - 0.8, 200)
        seen = x[(self.slope(x) >= self.y_range[0]) & (self.slope(x) <= self.y_range[1])]
        longest = step_factor(self.slope, np.append(seen, mean)).max()
        self.steps = Steps(self, float(longest))
        start = -2.6 if np.isfinite(self.slope(-2.6)) else mean
        self.reading.at(start)
        self.steps.draw(float(step_factor(self.slope, start)))
        self.play(FadeIn(law, self.reading), run_time=0.6)
        self.play(FadeIn(self.steps), run_time=0.5)
        for begin, end in ((start, self.high - 0.8), (self.high - 0.8, mean)):
            self.play(
                self.reading.go(begin, end, lambda x: self.steps.draw(float(step_factor(self.slope, x)))),
                run_time=2.6,
            )
        self.steps.draw(factor)
        self.check_reading()
        self.claim("length of the stretched step", self.steps.ratio(), factor)
        times = plain(round(factor, 4))
        self.say(
            en=f"At mean {plain(mean)} a step is {times} times as long. Where f′ is 0, it stays as it was.",
            ko=f"평균이 {plain(mean)}이면 보폭은 {times}배가 된다. f′ = 0인 곳에서는 그대로이다.",
        )
        self.leaving = [law, self.reading, self.steps]

    def the_places(self) -> None:
        self.say(
            en="Third, in the answer: hunger h gives each of five dishes a place on the x-axis.",
            ko="셋째, 답을 고를 때. 배고픔 h가 다섯 음식마다 x축 위의 자리를 정해 준다.",
        )
        self.play(self.tabs.light(2))
        left, size = self.column.left, enlarged("body")
        law, law_size = "x_i = 4 {{h : h}} slash 10 - 3 + 0.3 i", pick(wide=42, tall=48, square=46)
        self.place_law = put(Formula(law, law_size, h="parameter"), wide=5.15, tall=5.42, square=2.5)
        self.place_law.shift(RIGHT * pick(wide=2.3, tall=2.35, square=0))
        self.h, self.share = ValueTracker(self.start), ValueTracker(0.0)
        y = self.column.down(pick(wide=5.25, tall=5.54, square=3.7))
        self.head = Formula("h =", size, "parameter").at([left, y, 0])
        self.h_number = Number(self.start, ".1f", size, "parameter", width=5)
        self.h_number.at([self.head.get_right()[0] + 0.17, y, 0])
        names = [self.choose(**display(name)) for name in DISHES]
        path = np.array(
            [multipliers(self.slope, h) for h in np.linspace(self.start, self.parameters.hunger, 101)]
        )
        reach = min(0.0, float(path.min())), max(1.1, float(path.max()))
        self.chart = ranking(names, INDEX, reach)
        names_first = [self.chart.labels]  # where the column would be empty without them
        self.known = pick(wide=[], tall=names_first, square=names_first)
        self.walkers.draw(self.start, 0.0)
        self.play(FadeOut(*self.leaving, self.plane.grid), run_time=0.3)
        self.play(FadeIn(self.place_law), FadeIn(self.head, self.h_number, *self.known), run_time=0.5)
        self.play(FadeIn(self.walkers, shift=DOWN * 0.2), run_time=0.6)
        self.driver = VMobject()  # what is added after it is drawn anew in every frame
        self.add(self.driver, self.walkers, self.h_number)
        self.driver.add_updater(lambda _: self.pose())
        if self.start < self.parameters.hunger:
            self.play(self.h.animate.set_value(self.parameters.hunger), run_time=1.8)
            self.play(self.h.animate.set_value(self.start), run_time=1.0)
        self.play(self.share.animate.set_value(1.0), run_time=1.2)
        self.rest()

    def rest(self) -> None:
        """Stop drawing the dishes anew, and give their numbers room."""
        self.driver.clear_updaters()
        self.pose()
        self.walkers.settle([self.plane, self.curve])

    def the_score(self) -> None:
        h = self.parameters.hunger
        self.say(
            en="Its height on f′ decides by what the dish's probability p is multiplied.",
            ko="그 자리에서 f′의 값이 음식의 확률 p에 곱할 배율을 정한다.",
        )
        score = self.choose(en="score", ko="점수")
        law = Formula(
            f'"{score}"_i = p_i (1 + {{{{f\'(x_i) : f}}}} slash 20)',
            pick(wide=42, tall=52, square=38),
            f="tangent",
        )
        self.score_law = put(law, wide=1.2, tall=1.3, square=1.4)
        self.chart.draw(np.ones(len(DISHES)))
        self.chart.draw(multipliers(self.slope, self.start))
        new = [row.measure for row in self.chart.rows] if self.known else [self.chart.rest]
        self.play(FadeIn(self.score_law, *new), FadeIn(self.chart.factors), run_time=0.8)
        self.bring_to_front(self.chart.rest, self.chart.factors)
        self.driver.add_updater(lambda _: self.pose())
        if self.start < h:
            self.play(self.h.animate.set_value(h), run_time=4.0)
        self.rest()
        best = int(np.argmax(multipliers(self.slope, h)))
        told = display(DISHES[best])
        if self.original and h == 6:
            self.say(
                en="At h = 6 with p = 1: pasta 1.69, chicken 2.05, salad 1.43, exactly as published.",
                ko="h = 6, p = 1이면 파스타 1.69, 치킨 2.05, 샐러드 1.43. 발표된 점수 그대로이다.",
            )
            for name in published.SCORES:
                self.play(stress(self.chart.rows[DISHES.index(name)].score, 1.3), run_time=0.7)
        else:
            value = plain(round(multipliers(self.slope, h)[best], 2))
            self.say(
                en=f"At h = {h:g} the largest multiplier goes to {told['en']}: {value}.",
                ko=f"h = {h:g}일 때 배율이 가장 큰 음식은 {told['ko']}이다. {value}배가 된다.",
            )
            self.chart.lead(best, "positive")
            self.walkers.lead(best)
            self.play(stress(self.chart.rows[best].score, 1.3), run_time=0.8)
        self.wait(0.6)

    def pose(self) -> None:
        """Points, bars and the number of hunger where they are now."""
        h, share = self.h.get_value(), self.share.get_value()
        h = self.parameters.hunger if round(h, 1) == self.parameters.hunger else h  # as the read-out says
        self.walkers.draw(h, share)
        self.h_number.set_value(h)
        self.chart.draw(1 + share * (multipliers(self.slope, h) - 1))

    def the_end(self) -> None:
        self.say(
            en="One derivative, three jobs. What it does to a real network, the next lessons show.",
            ko="도함수는 하나, 역할은 셋. 실제 신경망에서 벌어지는 일은 다음 레슨에서 보자.",
        )
        gone = [self.place_law, self.score_law, self.head, self.h_number, self.chart.rest, self.chart.factors]
        self.play(FadeOut(*gone), run_time=0.4)
        self.play(FadeOut(self.tabs), run_time=0.3)
        for card in cards(self):
            self.play(
                FadeIn(card, shift=UP * 0.15), Indicate(self.curve, 1.0, color("tangent")), run_time=1.0
            )
        self.wait(1.5)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_reading(self) -> None:
        x, y = self.plane.numbers(self.reading.point.get_center())
        self.claim("x of what is read off", x, self.reading.x)
        if self.plane.y_range[0] <= self.slope(self.reading.x) <= self.plane.y_range[1]:
            span = float(np.ptp(self.plane.y_range))
            self.claim("its height on f′, in spans", y / span, self.slope(self.reading.x) / span)

    def verify(self) -> None:
        h, span = self.parameters.hunger, float(np.ptp(self.plane.y_range))
        true = multipliers(self.slope, h)
        for i, (spot, drawn) in enumerate(zip(self.walkers.dots, self.chart.lengths(), strict=True)):
            x, y = self.plane.numbers(spot.get_center())
            self.claim(f"x of {DISHES[i]}", x, 4 * h / 10 - 3 + 0.3 * i)
            self.claim(f"height of {DISHES[i]}, in spans", y / span, self.slope(self.at[i]) / span)
            self.claim(f"the bar of {DISHES[i]}", drawn, float(true[i]))
            if self.original:
                self.claim(f"multiplier of {DISHES[i]}", self.chart.rows[i].m.value, float(multiplier(i, h)))
                if h == published.HUNGER and DISHES[i] in published.SCORES:
                    written = float(self.chart.rows[i].score.text(self.chart.rows[i].score.value))
                    self.claim(f"the published score of {DISHES[i]}", written, published.SCORES[DISHES[i]], 0)


def twice(slope: Expression, z: float) -> tuple[float, float]:
    """f′(z), and f′ of that."""
    return slope(z), slope(slope(z))
