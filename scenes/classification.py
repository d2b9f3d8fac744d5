"""Classification: answer minus truth · 분류: 답 빼기 정답

Logits become probabilities, cross-entropy judges them, and its derivative turns out to be p − y: in a recorded
step of training just as in regression, it is the answer minus the truth.

로짓은 확률이 되고 교차 엔트로피가 그것을 평가한다. 그 도함수는 p − y이다. 기록된 학습에서도 회귀와 똑같이 답에서
정답을 뺀 값이다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    DOWN,
    LEFT,
    ORIGIN,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Group,
    Indicate,
    UpdateFromAlphaFunc,
    VGroup,
    smooth,
)
from numpy.typing import NDArray

from derivviz.animation import Formula, Morph, parameter
from derivviz.animation.classifier_frame import alone, rows
from derivviz.animation.classifier_lesson import ClassifierLesson, faded
from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.gaps import Fading, Gap, LogLoss
from derivviz.animation.logits import Bars, Columns, powers, precise, singled_out, written
from derivviz.animation.stage import color
from derivviz.trace.classification import pulls

Array = NDArray[np.float64]


class Classification(ClassifierLesson):
    """Regression against classification, and one sample of a recorded step from its logits to its derivative."""

    requires = ("time",)  # of any recorded run; `answers` says what else it takes
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        step: int = parameter(
            -1, "Recorded step with a snapshot; -1: the first after a tenth of the run", minimum=-1
        )
        sample: int = parameter(
            0, "Sample of its batch, from 1; 0: the one that has most to teach", minimum=0
        )

    def construct(self) -> None:
        self.prepare(self.parameters.step, self.parameters.sample)
        self.title()
        self.regression()
        self.question()
        self.logits()
        self.softmax()
        self.cross_entropy()
        self.derivation()
        self.difference()
        self.recorded()
        self.fading()
        self.conclusion()

    # ---- regression -------------------------------------------------------------------------------------

    def regression(self) -> None:
        self.say(
            en="How much? The answer is a place on a line. That is regression.",
            ko="얼마나? 답이 직선 위의 한 점이면 회귀이다.",
        )
        self.gap = Gap()
        self.play(Create(self.gap.line), run_time=0.6)
        self.play(FadeIn(self.gap.truth, scale=1.3), run_time=0.5)
        self.play(FadeIn(self.gap.answer, scale=1.3), run_time=0.5)
        self.say(
            en="The loss is half the squared error; its derivative is the error: answer minus truth.",
            ko="손실은 오차 제곱의 절반이다. 그 도함수는 오차 그 자체, 답 빼기 정답이다.",
        )
        size = pick(wide=52, tall=72, square=76)
        loss = Formula("{{L : l}} = 1/2 (f - t)^2", size, l="loss")
        loss.move_to(pick(wide=[-3.2, -1.5, 0], tall=[1.35, 2.6, 0], square=[-2.9, -1.6, 0]))
        self.regress = Formula("(dif {{L : l}}) / (dif f) = {{f - t : d}}", size, l="loss", d="tangent")
        self.regress.move_to(pick(wide=[2.8, -1.5, 0], tall=[1.35, -1.8, 0], square=[3.2, -1.6, 0]))
        if shape() != "wide":  # the line makes room for the formulas
            way = pick(wide=ORIGIN, tall=2.7 * LEFT, square=2.3 * UP)
            self.gap.bar.shift(way)
            self.play(VGroup(*self.gap.seen).animate.shift(way), run_time=0.7)
        self.play(FadeIn(self.gap.bar), FadeIn(loss), run_time=0.7)
        self.play(FadeIn(self.regress, shift=RIGHT * 0.2), run_time=0.7)
        self.play(
            UpdateFromAlphaFunc(self.gap, lambda m, a: m.at(3.2 - 5.2 * a), rate_func=smooth), run_time=2.2
        )
        self.play(
            UpdateFromAlphaFunc(self.gap, lambda m, a: m.at(-2.0 + 5.2 * a), rate_func=smooth), run_time=1.4
        )
        self.lines = VGroup(loss, self.regress)

    # ---- classification ---------------------------------------------------------------------------------

    def question(self) -> None:
        many, few = self.found.classes, len(self.shown)
        self.say(
            en=f"Which one? The answer is one of {many} names. That is classification.",
            ko=f"어느 것인가? 답이 이름 {many}개 가운데 하나이면 분류이다.",
        )
        self.play(FadeOut(self.gap, self.lines), run_time=0.5)
        widest = np.concatenate([self.z, powers(self.z)[0], [1.0]])
        self.bars = Bars(self.names(), widest)
        self.side = self.sample()
        self.play(FadeIn(self.side), run_time=0.6)
        self.play(FadeIn(self.bars.names, lag_ratio=0.3), run_time=1.0)
        self.note = VGroup()
        if few < many:
            self.note.add(
                self.words(en=f"{few} of {many} shown", ko=f"{many}개 중 {few}개", size="tick", fill="muted")
            )
            self.note[0].at(rows().note)
            self.play(FadeIn(self.note), run_time=0.3)
        self.say(
            en="Names have no place on a line. So the network gives each a number, its logit z.",
            ko="이름은 직선 위에 자리가 없다. 그래서 신경망은 이름마다 수를 하나씩 준다. 로짓 z이다.",
        )

    def logits(self) -> None:
        """Still in the beat that names them."""
        self.bars.scale(float(self.z.min()), float(self.z.max()), precise(self.z))
        self.head = self.headed("{{z : v}}")
        self.play(FadeIn(self.bars.axis, self.head), run_time=0.4)
        self.bars.show(0 * self.z)
        self.play(FadeIn(self.bars.bars, self.bars.numbers), run_time=0.3)
        self.grow(0 * self.z, self.z)
        self.check_bars("the logit", self.z)

    def softmax(self) -> None:
        raised, reduced = powers(self.z)
        self.say(
            en=f"Logits may be negative. e to the z never is{': take z less the largest' if reduced else ''}.",
            ko=f"로짓은 음수일 수 있지만 e의 z제곱은 언제나 양수이다.{' 가장 큰 z는 빼고 쓴다.' if reduced else ''}",
        )
        self.rescale(raised, "e^({{z - max z : v}})" if reduced else "e^{{z : v}}", precise(raised))
        self.check_bars("e to the logit", raised)
        self.say(
            en="Divided by their sum, they are probabilities. These two steps are the softmax.",
            ko="그것을 모두 더한 값으로 나누면 확률이 된다. 이 두 단계가 소프트맥스이다.",
        )
        self.rescale(self.p, "{{p : v}} = e^z slash sum e^z", ".3f")
        self.check_bars("p", self.p)

    def headed(self, markup: str) -> Formula:
        """What the bars show, above them."""
        formula = Formula(markup, pick(wide=44, tall=52, square=52), v="function")
        return formula.move_to([self.bars.begin + 0.1, rows().head, 0], LEFT)

    def rescale(self, values: Array, markup: str, spec: str) -> None:
        """Let the bars shrink, and grow again as those of other values on another scale."""
        head = self.headed(markup)
        now = self.bars.values
        self.grow(now, 0 * now, 0.5)
        self.bars.scale(0.0, float(values.max()), spec)
        self.play(FadeOut(self.head), FadeIn(head), run_time=0.5)
        self.head = head
        self.grow(0 * values, values)

    def grow(self, start: Array, end: Array, seconds: float = 1.2) -> None:
        self.play(
            UpdateFromAlphaFunc(self.bars, lambda m, a: m.show(start + a * (end - start)), rate_func=smooth),
            run_time=seconds,
        )

    def cross_entropy(self) -> None:
        p, loss = f"{self.right:.3f}", written(self.loss)
        self.say(
            en=f"The truth is {self.told['en']}. Cross-entropy looks at its p alone, and charges −ln p.",
            ko=f"정답은 {self.told['ko']}이다. 교차 엔트로피는 그 p만 보고 −ln p를 손실로 매긴다.",
        )
        self.play(Indicate(singled_out(self.bars.names[self.row]), 1.1, color("positive")), run_time=0.6)
        self.curve = LogLoss(self.right, self.loss)
        self.play(FadeOut(self.side), run_time=0.3)
        self.play(FadeIn(self.curve.plane), Create(self.curve.curve), run_time=0.9)
        charged = f"-ln {p}" if self.right >= 5e-4 else "-ln p"
        told = f"{{{{L : l}}}} = {charged} = {{{{{loss} : l}}}}"
        if shape() == "square":  # on two lines, beside the curve
            told = f"{{{{L : l}}}} &= {charged} \\ &= {{{{{loss} : l}}}}"
        self.charge = Formula(told, pick(wide=40, tall=60, square=72), l="loss")
        self.charge.move_to(pick(wide=[-4.85, -2.25, 0], tall=[0, 0.55, 0], square=[3.3, 2.9, 0]))
        self.play(FadeIn(self.charge), *([FadeIn(self.curve.point)] if self.curve.seen else []), run_time=0.6)
        if self.curve.seen:
            at = self.curve.told()
            self.claim("p of the point", at[0], self.right)
            self.claim("its height", at[1], self.loss)

    # ---- the derivative ---------------------------------------------------------------------------------

    def derivation(self) -> None:
        self.say(
            en="How does the loss change with a logit? Put the softmax in, and differentiate.",
            ko="로짓이 변하면 손실은 얼마나 변하는가? 소프트맥스를 넣고 미분해 보자.",
        )
        self.play(FadeOut(self.bars, self.head, self.note), run_time=0.4)
        lines = (
            "{{L : l}} = -ln p_c = -ln e^(z_c) / (sum_j e^(z_j))",
            "{{L : l}} = ln sum_j e^(z_j) - z_c",
            "(partial {{L : l}}) / (partial z_i) = e^(z_i) / (sum_j e^(z_j)) - {{y_i : y}}",
        )
        made = [Formula(line, pick(wide=40, tall=50, square=48), l="loss") for line in lines]
        made[2].paint(y="positive")
        left = pick(wide=-1.35, tall=-3.5, square=-3.0)
        places = pick(wide=(1.95, 0.75, -0.5), tall=(-0.85, -2.2, -3.65), square=(-0.35, -1.65, -2.95))
        for formula, y in zip(made, places, strict=True):
            formula.move_to([left, y, 0], LEFT)
            self.play(FadeIn(formula, shift=UP * 0.12), run_time=0.7)
            self.wait(0.5)
        told = self.words(
            en="$y_i = 1$ for the true class $c$, else $0$",
            ko="정답 $c$이면 $y_i = 1$, 아니면 $0$",
            size=enlarged("label"),
            fill="muted",
        )
        told.next_to(made[2], DOWN, pick(wide=0.3, tall=0.2, square=0.2)).align_to(made[2], LEFT)
        self.play(FadeIn(told), run_time=0.5)
        self.say(
            en="The first part is p again. What is left is p − y: answer minus truth!",
            ko="앞부분은 다시 p이다. 남는 것은 p\u00a0−\u00a0y, 이번에도 답 빼기 정답이다!",
        )
        self.law = Formula(
            "(partial {{L : l}}) / (partial z_i) = {{p_i - y_i : d}}",
            pick(wide=52, tall=96, square=104),
            l="loss",
            d="tangent",
        )
        law = pick(wide=([left, -0.5, 0], LEFT), tall=([0, -2.6, 0], ORIGIN), square=([0, -2.0, 0], ORIGIN))
        self.law.move_to(*law)
        if shape() == "wide":
            self.play(FadeOut(told, *made[:2]), Morph(made[2], self.law), run_time=1.0)
        else:  # it grows over the places of the others
            self.play(FadeOut(told, *made[:2]), run_time=0.4)
            self.play(Morph(made[2], self.law), run_time=0.8)
        self.wait(0.6)

    def difference(self) -> None:
        self.say(
            en="A step downhill goes against it: up with the truth, down with all the others.",
            ko="내리막 한 걸음은 그 반대쪽이다. 정답의 로짓은 올리고 나머지는 모두 내린다.",
        )
        weight = self.found.weight[self.n]
        batch = self.found.batch
        times = f"dot {batch}" if batch and batch > 1 else "" if batch == 1 else f"dot {1 / weight:.3g}"
        self.slopes = self.recorded_slopes() / weight
        self.columns = Columns(self.names(), self.row, self.p, self.slopes, times)
        judged = [self.curve, self.charge]
        self.play(FadeOut(self.law, *(judged if alone() else [])), run_time=0.4)
        self.table = [self.columns, self.columns.arrows, self.columns.head, self.columns.recorded]
        self.table += [] if alone() else judged
        self.play(FadeIn(self.columns.names, self.columns.p, self.columns.heads[0]), run_time=0.6)
        self.play(FadeIn(self.columns.y, self.columns.heads[1]), run_time=0.6)
        self.play(
            FadeIn(self.columns.difference, self.columns.heads[2], self.columns.axis, self.columns.bars),
            run_time=0.8,
        )
        self.play(FadeIn(self.columns.arrows, lag_ratio=0.2), run_time=0.8)
        for i, drawn, true in zip(self.shown, self.columns.drawn(), self.p, strict=True):
            self.claim(f"p − y of {self.classes[i]}", float(drawn), float(true) - (i == self.truth), 1e-5)

    def recorded(self) -> None:
        batch = self.found.batch
        self.say(
            en="The run recorded this derivative by back-propagation"
            + (f". Times the batch of {batch}: the same!" if batch and batch > 1 else ": the same!"),
            ko="역전파로 구한 도함수가 따로 기록되어 있다."
            + (f" 배치 크기 {batch}을 곱하면 똑같다!" if batch and batch > 1 else " 똑같다!"),
        )
        self.play(FadeIn(self.columns.head), FadeIn(self.columns.recorded, lag_ratio=0.2), run_time=1.2)
        for i, number, true in zip(self.shown, self.columns.recorded, self.columns.error, strict=True):
            self.claim(f"recorded derivative of {self.classes[i]}", number.value, float(true), 2e-3)
        self.wait(0.5)

    def fading(self) -> None:
        where, pull = pulls(self.trace)
        self.pull = pull
        if len(where) < 2:
            return
        self.say(**faded(float(pull[0]), float(pull[-1])))
        self.play(FadeOut(*self.table), run_time=0.5)
        self.chart = Fading(where, pull)
        name = self.words(
            en="mean of $1 - p$ of the truth",
            ko="정답의 $1 - p$, 평균",
            size=pick(wide=36, tall=46, square=46),
            fill="tangent",
        )
        name.next_to(self.chart.plane.frame, UP, 0.15).align_to(self.chart.plane.frame, LEFT)
        axis = self.words(en="step", ko="스텝", size=enlarged("tick"), fill="muted")
        axis.next_to(self.chart.plane.frame, RIGHT, 0.15).align_to(self.chart.plane.frame, DOWN)
        self.play(FadeIn(self.chart.plane, name, axis), run_time=0.5)
        self.play(Create(self.chart.line), FadeIn(self.chart.dots, lag_ratio=0.3), run_time=1.6)
        for step, drawn, true in zip(where, self.chart.drawn(), pull, strict=True):
            self.claim(f"the pull at step {step}", float(drawn), float(true))
        self.last = Group(self.chart, name, axis)

    def conclusion(self) -> None:
        self.say(
            en="How much: f − t. Which one: p − y. All learning starts from answer minus truth.",
            ko="얼마나: f − t, 어느 것: p − y. 모든 학습은 답 빼기 정답에서 시작한다.",
        )
        self.play(FadeOut(*([self.last] if len(self.pull) > 1 else self.table)), run_time=0.5)
        self.ends = VGroup()
        small, large = pick(wide=(52, 64), tall=(64, 116), square=(60, 108))
        places = pick(
            wide=(([-3.5, 1.3, 0], [-3.5, -0.3, 0]), ([3.5, 1.3, 0], [3.5, -0.3, 0])),
            tall=(([0, 4.4, 0], [0, 2.3, 0]), ([0, -1.1, 0], [0, -3.2, 0])),
            square=(([0, 3.8, 0], [0, 1.8, 0]), ([0, -1.0, 0], [0, -3.0, 0])),
        )
        for (place, below), en, ko, law in zip(
            places,
            ("regression", "classification"),
            ("회귀", "분류"),
            (
                "(dif {{L : l}}) / (dif f) = {{f - t : d}}",
                "(partial {{L : l}}) / (partial z) = {{p - y : d}}",
            ),
            strict=True,
        ):
            name = self.words(en=en, ko=ko, size=small, fill="muted").move_to(place)
            self.ends.add(VGroup(name, Formula(law, large, l="loss", d="tangent").move_to(below)))
        self.play(FadeIn(self.ends[0], shift=RIGHT * 0.2), run_time=0.8)
        self.play(FadeIn(self.ends[1], shift=LEFT * 0.2), run_time=0.8)
        self.wait(0.8)

    def verify(self) -> None:
        """All of what was drawn belongs together, and to the trace."""
        self.check_sample()
