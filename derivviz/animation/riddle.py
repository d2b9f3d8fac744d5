"""The riddle of the published recommendation: why the dish with the lower score was recommended."""

from __future__ import annotations

import numpy as np
from manim import RIGHT, FadeIn, FadeOut, Indicate, LaggedStart, UpdateFromAlphaFunc, VGroup, smooth

from derivviz.animation.case import INDEX, Log, Squaring, Sure, Table, largest_loss
from derivviz.animation.frame import pick
from derivviz.animation.hunger import Photo, Reigns, Walkers
from derivviz.animation.hunger_lesson import HungerLesson
from derivviz.animation.morph import Morph
from derivviz.animation.ranking import stress
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.calculus.published import HUNGER, LOSSES, RECOMMENDED, SCORES
from derivviz.calculus.score import DISHES
from derivviz.look.names import display

RIVAL = "chicken"  # has the highest of the published scores


class Riddle(HungerLesson):
    """The second half of the score lesson, told as a case: what happened, two clues, the culprit, the solution.

    Attributes
    ----------
    picture, law_x, law, crown, reigns
        The picture, the laws of place and score, and the marks of what is recommended, as the first half leaves them.
    """

    picture: Photo
    law_x: Formula
    law: Formula
    crown: VGroup
    reigns: Reigns

    def the_riddle(self) -> None:
        score = SCORES[RECOMMENDED]
        told, rival = display(RECOMMENDED), display(RIVAL)
        self.say(
            en=f"A riddle is left. At h = {HUNGER:g} the original run recommended {told['en']}: {score}.",
            ko=f"수수께끼가 하나 남았다. h = {HUNGER:g}에서 원래 프로젝트는 {score}점인 {told['ko']}를 추천했다.",
        )
        self.play(
            FadeOut(self.crown, self.chart.rest, self.chart.factors, self.picture, self.reigns, self.walkers),
            self.h.animate.set_value(HUNGER),
            UpdateFromAlphaFunc(self.driver, lambda driver, alpha: self.slider.draw(self.h.get_value())),
            run_time=0.8,
        )
        self.table = Table(self)
        rows = self.table.ranking
        published = [self.table.told(name) for name in DISHES if name in SCORES]
        unknown = VGroup(*(self.table.unknown[self.table.row(name)] for name in SCORES))
        self.play(
            LaggedStart(*(FadeIn(row, shift=RIGHT * 0.2) for row in published), lag_ratio=0.4), run_time=1.4
        )
        rows.lead(self.table.row(RECOMMENDED), "positive")
        self.play(
            FadeIn(self.table.note(RECOMMENDED, "recommended", "추천"), unknown),
            Indicate(rows.labels_of(self.table.row(RECOMMENDED)), 1.12, color("positive")),
            run_time=0.9,
        )
        self.say(
            en=f"But {rival['en']} had {SCORES[RIVAL]}. Should not the highest score win?",
            ko=f"그런데 {rival['ko']}은 {SCORES[RIVAL]}점이었다. 점수가 가장 높은 음식이 추천되어야 하지 않는가?",
        )
        higher = rows.rows[self.table.row(RIVAL)]
        self.play(
            higher.bar.animate.set_fill(color("ink"), opacity=1),
            stress(higher.score, 1.3),
            run_time=1.0,
        )
        self.unknown = unknown

    def the_first_clue(self) -> None:
        self.say(
            en="First clue: compute the multipliers. They are the scores. So every p was 1!",
            ko="첫 번째 단서: 배율을 계산해 보면 점수와 똑같다. 그렇다면 p는 모두 1이었다!",
        )
        self.arrivals = Walkers(self.plane, INDEX)
        self.arrivals.draw(HUNGER, 1.0)
        self.play(FadeIn(self.arrivals), run_time=0.5)
        rows = [self.table.ranking.rows[self.table.row(name)] for name in SCORES]
        self.play(FadeIn(*(VGroup(row.factors[1], row.factors[2]) for row in rows)), run_time=0.8)
        certain = self.law_with("1 dot")
        self.play(
            FadeOut(self.unknown), FadeIn(*(row.p for row in rows)), Morph(self.law, certain), run_time=0.8
        )
        self.law = certain
        self.say(
            en="All p of one picture add up to 1. Three times 1: that takes three pictures.",
            ko="한 사진의 p를 모두 더하면 1이다. p = 1이 셋이라면 사진도 석 장이었다.",
        )
        self.whole = Formula("sum_i p_i = 1", 40).move_to(
            pick(wide=[5.9, 2.1, 0], tall=[2.95, -0.05, 0], square=[4.9, 0.6, 0])
        )
        sources = [
            self.table.note(name, f"picture {n}", f"사진 {n}")
            for n, name in enumerate((d for d in DISHES if d in SCORES), start=1)
            if name != RECOMMENDED
        ]
        self.play(FadeIn(self.whole), FadeIn(*sources, lag_ratio=0.4), run_time=0.9)
        rest = [row for name, row in zip(DISHES, self.table.ranking.rows, strict=True) if name not in SCORES]
        self.play(*(FadeIn(row.labels, row.factors, row.measure) for row in rest), run_time=0.6)
        self.table.verify()

    def the_second_clue(self) -> None:
        self.say(
            en="Why was the network never in doubt? Second clue: the losses of its training.",
            ko="신경망은 왜 조금도 망설이지 않았는가? 두 번째 단서는 학습 기록의 손실이다.",
        )
        losses = self.trace["loss"] if "loss" in self.trace else np.array([])
        log = Log(self, largest_loss(losses))
        laws = [self.law_x, self.law]
        at_once, later = pick(wide=(laws, []), tall=(laws, []), square=([], laws))  # there they stand apart
        aside = VGroup(*at_once, self.slider)
        self.play(FadeOut(*self.table.everything(), self.whole, aside), run_time=0.5)
        self.play(
            FadeIn(log.head), LaggedStart(*(FadeIn(line) for line in log.lines), lag_ratio=0.3), run_time=1.6
        )
        self.play(FadeIn(log.here), run_time=0.5)
        log.verify(self)
        last = LOSSES[-1]
        korean = f"{last // 10**8}억 {last % 10**8 // 10**7}천만"
        self.say(
            en=f"The loss is −ln p. Some logit was {last / 1e6:.0f} million ahead of the right one, on average.",
            ko=f"손실은 −ln p이다. 정답보다 평균 {korean}이나 앞선 로짓이 있었다는 뜻이다.",
        )
        self.play(
            Indicate(log.lines[-1], pick(wide=1.06, tall=1.03, square=1.02), color("loss")), run_time=0.9
        )
        self.say(
            en="Softmax is sure of a lead of 10 already. Of 132 million it makes exactly 1.",
            ko="소프트맥스는 10만큼만 앞서도 거의 확신한다. 1억 3천만이 앞서면 정확히 1이다.",
        )
        sure = Sure()
        self.play(FadeOut(log, *later), run_time=0.4)
        self.play(FadeIn(sure), run_time=0.7)
        self.play(
            UpdateFromAlphaFunc(sure, lambda m, alpha: m.at(10 * alpha), rate_func=smooth), run_time=2.4
        )
        self.play(
            UpdateFromAlphaFunc(sure, lambda m, alpha: m.at(10 * (last / 10) ** alpha), rate_func=smooth),
            run_time=1.4,
        )
        sure.at(last).verify(self, last)
        self.evidence = sure

    def the_culprit(self) -> None:
        self.say(
            en="The culprit is f′: it squares what it gets, and the network applies it twice in a row.",
            ko="범인은 f′이다. 받은 수를 제곱하는데, 신경망은 그것을 두 번 거친다.",
        )
        squaring = Squaring(self, self.recorded())
        self.play(FadeOut(self.evidence), run_time=0.4)
        self.play(FadeIn(squaring.far), run_time=0.6)
        for line in squaring.lines:
            self.play(FadeIn(line, shift=RIGHT * 0.2), run_time=0.8)
            self.wait(0.4)
        if len(squaring.here):
            self.play(FadeIn(squaring.here), run_time=0.6)
        squaring.verify(self)
        self.evidence = squaring

    def recorded(self) -> tuple[float, float] | None:
        """Sizes before and after the last raw f′ of the run's last step, where it has one."""
        keys = "activation/fc1/rms", "activation/act2/rms"
        if self.trace.attrs.get("preset") != "faithful" or not all(key in self.trace for key in keys):
            return None
        z, a = (float(self.trace[key][-1]) for key in keys)
        return (z, a) if np.isfinite([z, a]).all() else None

    def the_solution(self) -> None:
        told = display(RECOMMENDED)
        self.say(
            en=f"Solved: for the picture of a {told['en']} every other p is 0, whatever it is multiplied by.",
            ko=f"풀렸다. {told['ko']} 사진에서 나머지 p는 모두 0이다. 0은 몇 배를 해도 0이다.",
        )
        alone, whole = np.eye(len(DISHES))[self.table.row(RECOMMENDED)], self.law_with("p_i")
        rows = self.table.ranking
        shown = (rows.rest, rows.factors, self.table.notes[RECOMMENDED])
        self.play(FadeOut(self.evidence), run_time=0.4)
        self.law = whole
        self.play(FadeIn(*shown, self.law_x, self.law, self.slider), run_time=0.7)
        self.play(
            UpdateFromAlphaFunc(
                VGroup(rows.rest, rows.factors),
                lambda _, alpha: rows.put_p(1 - alpha * (1 - alone)),
                rate_func=smooth,
            ),
            run_time=1.6,
        )
        self.table.notes = {RECOMMENDED: self.table.notes[RECOMMENDED]}
        self.table.verify_alone()
