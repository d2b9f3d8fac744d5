"""f′ sets the pace · f′이 정하는 보폭

Each tensor's step is multiplied by 1 + |f′(m)|/20, m the mean of its numbers: a recorded run with and without it.

텐서의 스텝마다 1 + |f′(m)|/20을 곱한다. m은 그 텐서의 평균이다. 기록된 학습에서 배율이 있을 때와 없을 때를 견준다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, RIGHT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from derivviz.animation import Formula, Lesson, Number, parameter
from derivviz.animation import factor_parts as parts
from derivviz.animation.factor import (
    TOP,
    WHOLE,
    Apart,
    Histogram,
    Rule,
    Walkers,
    curve_over,
    frame_of,
    gradients,
    near,
)
from derivviz.animation.frame import pick
from derivviz.animation.lines import Segments, dot
from derivviz.animation.numerals import plain
from derivviz.animation.weight_ways import Ways
from derivviz.calculus.cubic import d2f, df
from derivviz.look.names import literal
from derivviz.trace.lr_factor import factor, first_histogram, read_walks, read_weight

ROWS = 6  # tensors, at the most, that are shown walking
SECONDS = 7.0  # that the walk takes on screen
NARROW = 0.25  # of the curve's width: what takes less of it is magnified
STILL = 0.1  # a mean that moves less has stayed where it was: the factor moved by less than 0.1
CLOSE = 0.05  # relative: factors so near to each other are one learning rate


class LrFactor(Lesson):
    """The rule, the tensors walking on it, one step taken apart, and what it all came to."""

    requires = ("time",)  # of any recorded run; `read_walks` says what else it takes
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        parameter: str = parameter(
            "", "Tensor of which one weight is followed, as fc2.weight; empty: one is chosen"
        )

    def construct(self) -> None:
        self.walks = read_walks(self.trace)
        self.weight = read_weight(self.trace, self.walks, self.parameters.parameter)
        self.tensor = next(walk for walk in self.walks if walk.name == self.weight.parameter)
        order = sorted(self.walks, key=lambda walk: (walk is not self.tensor, -walk.reach))[:ROWS]
        self.shown = [walk for walk in self.walks if walk in order]
        self.title()
        self.law()
        self.mean()
        self.rule()
        self.walk()
        self.taken_apart()
        self.whole_run()
        self.conclusion()

    def clear(self) -> None:
        self.play(FadeOut(self.rest), run_time=0.4)

    # ---- the rule ---------------------------------------------------------------------------------------

    def law(self) -> None:
        self.say(
            en="An optimizer moves every weight by a step. In this run f′ decides how long the step gets.",
            ko="옵티마이저는 가중치마다 한 스텝씩 움직인다. 이 학습에서는 f′이 보폭을 정한다.",
        )
        law, lines = parts.opening(self)
        self.play(FadeIn(law), run_time=0.9)
        for line in lines:
            self.play(FadeIn(line, shift=UP * 0.1), run_time=0.5)
        self.rest = Group(law, lines)

    def mean(self) -> None:
        """The largest tensor's numbers and their mean, from the first snapshot that has them."""
        largest = max(self.walks, key=lambda walk: walk.size)
        found = first_histogram(self.trace, largest.name)
        if found is None:
            return
        at, counts, edges = found
        mean, spread = float(largest.mean[at]), float(edges[-1] - edges[0])
        cancels = abs(mean) < 0.05 * spread
        self.say(
            en=f"The largest tensor has {largest.size:,} numbers. "
            + (
                "Both signs nearly cancel: its mean is almost 0."
                if cancels
                else f"Their mean is {plain(mean, 3)}."
            ),
            ko=f"가장 큰 텐서에는 수가 {largest.size:,}개 있다. "
            + (
                "양수와 음수가 거의 지워져 평균은 0에 가깝다."
                if cancels
                else f"그 평균은 {plain(mean, 3)}이다."
            ),
        )
        self.clear()
        extent, middle = parts.histogram_place()
        drawn = Histogram(counts, edges, mean, extent).move_to(middle)
        name, size, value = parts.tensor_told(largest.name, largest.size, mean)
        self.play(FadeIn(drawn, name), run_time=0.8)
        self.play(FadeIn(size, value), run_time=0.6)
        self.rest = Group(drawn, name, size, value)

    def rule(self) -> None:
        self.say(
            en="Where f′ is 0, at −3 and 1, the factor is 1. Between them it is 2.2 at most; beyond, without bound.",
            ko="f′이 0인 −3과 1에서 배율은 1이다. 그 사이에서는 최대 2.2이고, 바깥에서는 한없이 커진다.",
        )
        self.clear()
        self.whole, told = Rule(*parts.rule_place()), parts.rule_told()
        self.play(FadeIn(self.whole.plane, *told), run_time=0.5)
        self.play(Create(self.whole.curve), run_time=1.4)
        self.play(FadeIn(self.whole.marks, self.whole.labels), run_time=0.5)
        starts = np.array([walk.mean[0] for walk in self.walks])
        middle = float(np.median(starts))
        gathered = float(np.ptp(starts)) < 0.2
        here = float(factor(middle))
        count = len(self.walks)
        self.say(
            en=f"Where do the {count} tensors of this run begin? "
            + (
                f"All near {plain(round(middle, 1), 2)}: factor {here:.1f}."
                if gathered
                else "Not all in one place."
            ),
            ko=f"이 학습의 텐서 {count}개는 어디서 시작할까? "
            + (
                f"모두 {plain(round(middle, 1), 2)} 근처이고 배율은 {here:.1f}이다."
                if gathered
                else "한곳이 아니다."
            ),
        )
        inside = [walk for walk in self.walks if WHOLE[0] < walk.mean[0] < WHOLE[1] and walk.factor[0] < TOP]
        self.starts = VGroup(*(dot(self.whole.plane.point(w.mean[0], 0), "parameter", 0.09) for w in inside))
        goals = [self.whole.plane.point(w.mean[0], w.factor[0]) for w in inside]
        if inside:
            self.play(FadeIn(self.starts), run_time=0.4)
            self.play(*(d.animate.move_to(p) for d, p in zip(self.starts, goals, strict=True)), run_time=1.2)
        self.rest = Group(self.whole, self.starts, *told)

    # ---- the walk ---------------------------------------------------------------------------------------

    def walk(self) -> None:
        across, up = near(self.shown)
        steps = self.trace.steps[: max(len(walk.mean) for walk in self.walks)]  # until it ends in NaN
        inside = WHOLE[0] < across[0] and across[1] < WHOLE[1]
        magnified = inside and across[1] - across[0] < NARROW * (WHOLE[1] - WHOLE[0])
        shown_en = (
            "" if len(self.shown) == len(self.walks) else f" {len(self.shown)} of {len(self.walks)} shown."
        )
        shown_ko = "" if not shown_en else f" {len(self.walks)}개 중 {len(self.shown)}개를 보인다."
        self.say(
            en=("Magnified: " if magnified else "")
            + f"from step {steps[0]} to {steps[-1]} the means walk along the curve.{shown_en}",
            ko=("확대해서 보자. " if magnified else "")
            + f"스텝 {steps[0]}부터 {steps[-1]}까지 평균이 곡선을 따라 움직인다.{shown_ko}",
        )
        if magnified:
            frame = frame_of(self.whole.plane, across, up)
            self.play(Create(frame), run_time=0.6)
            self.rest.add(frame)
        else:  # the whole curve, and as far beyond it as the means walk
            across = min(WHOLE[0], across[0]), max(WHOLE[1], across[1])
            up = 0.0, max(TOP, up[1])
        self.clear()
        plane, curve = curve_over(across, up)
        self.plane = plane
        self.walkers = Walkers(plane, self.shown, self.tensor)
        left, right, size = parts.counter_place()
        count = self.words(en="step", ko="스텝", size=size, fill="muted").at(left)
        counter = Number(steps[0], ",.0f", size, anchor=RIGHT).at(right)
        self.play(FadeIn(plane, curve), run_time=0.6)
        self.play(FadeIn(self.walkers, count, counter), run_time=0.6)

        def move(_: object, alpha: float) -> None:
            self.walkers.at(alpha)
            counter.set_value(steps[round(alpha * (len(steps) - 1))])

        self.play(
            UpdateFromAlphaFunc(VGroup(self.walkers, counter), move), run_time=SECONDS, rate_func=linear
        )
        self.rest = Group(plane, curve, self.walkers, count, counter)
        at = float(self.tensor.mean[-1])
        slope = float(np.sign(df(at)) * d2f(at) / 20)
        self.say(
            en=f"Here the curve's slope is {plain(slope, 2)}: move the mean by 0.01, and the factor moves by "
            f"{plain(abs(slope) / 100, 2)}.",
            ko=f"여기서 곡선의 기울기는 {plain(slope, 2)}이다. 평균이 0.01만큼 움직여도 배율은 "
            f"{plain(abs(slope) / 100, 2)}만큼만 변한다.",
        )
        self.slope = Segments([plane.clip(slope, (at, float(factor(at))), 0.22)], "ink", 5)
        self.play(Create(self.slope), run_time=0.7)
        self.rest.add(self.slope)

    # ---- one weight -------------------------------------------------------------------------------------

    def taken_apart(self) -> None:
        w, n = self.weight, self.weight.telling
        name = literal(w.parameter if len(w.parameter) < 24 else f"…{w.parameter[-22:]}")
        self.say(
            en=f"One weight, of {name}. These are its recorded gradients, up to step {w.steps[n]}.",
            ko=f"{name}의 가중치 하나를 보자. 스텝 {w.steps[n]}까지 기록된 그래디언트이다.",
        )
        self.clear()
        (plane, line), law = gradients(w, n), parts.reminder()
        self.play(FadeIn(plane, *law), run_time=0.5)
        self.play(Create(line), run_time=1.2)
        adam = w.adam is not None
        self.say(
            en="From them Adam makes its step. Times the factor, it is what this run recorded."
            if adam
            else "The recorded step, divided by the factor, is the optimizer's own.",
            ko="Adam은 여기서 스텝을 만든다. 배율을 곱하면 기록된 스텝이 된다."
            if adam
            else "기록된 스텝을 배율로 나누면 옵티마이저가 정한 스텝이 나온다.",
        )
        if law:
            self.play(FadeOut(*law), run_time=0.3)
        own = {"en": "Adam's step", "ko": "Adam의 스텝"}
        if not adam:
            own = {"en": "optimizer's step", "ko": "옵티마이저의 스텝"}
        told = (own, {"en": "times", "ko": "배율"}, {"en": "recorded step", "ko": "기록된 스텝"})
        names = [self.words(**each, size=pick(wide=40, tall=48, square=44), fill="muted") for each in told]
        bare = float((w.bare if w.adam is None else w.adam)[n])
        self.apart = Apart(names, bare, float(w.factor[n]), float(w.update[n]))
        for row in self.apart.rows:
            self.play(FadeIn(row, shift=RIGHT * 0.15), run_time=0.7)
        self.rest = Group(plane, line, self.apart)

    def whole_run(self) -> None:
        w = self.weight
        self.constant = constant = float(w.factor.mean())
        self.ways = Ways(w, constant)
        shorter = self.ways.ends["with"] / self.ways.ends["without"]
        self.say(
            en="The whole way of this weight, as recorded. And with the same gradients, but no factor.",
            ko="이 가중치가 지나온 길 전체이다. 그리고 같은 그래디언트에서 배율만 뺀 길이다.",
        )
        self.clear()
        self.play(FadeIn(self.ways.plane), run_time=0.4)
        size = pick(wide=36, tall=48, square=42)
        names = (
            self.words(en="as recorded", ko="기록", size=size, fill="parameter"),
            self.words(en="without factor", ko="배율 없이", size=size, fill="muted"),
        )
        shown = self.ways.label_ends(*names)
        for key, name in zip(("with", "without"), shown, strict=True):
            self.play(Create(self.ways.lines[key]), FadeIn(name), run_time=1.3)
        self.say(
            en=f"It ends {shorter:.2f} times as far from its start. Now every step times the same {constant:.2f}.",
            ko=f"배율이 있으면 {shorter:.2f}배 멀리 간다. 이번에는 모든 스텝을 똑같이 {constant:.2f}배 해 보자.",
        )
        self.play(Create(self.ways.lines["constant"]), run_time=1.5)
        label = self.ways.label_constant(Formula(f"times {constant:.2f}", size), names)
        self.play(FadeIn(label), run_time=0.3)
        self.rest = Group(self.ways, *shown, label)

    # ---- what it comes to -------------------------------------------------------------------------------

    def conclusion(self) -> None:
        busy = [walk for walk in self.walks if not walk.idle]
        factors = np.concatenate([walk.factor for walk in busy or self.walks])
        low, high = float(factors.min()), float(factors.max())
        share = max(self.ways.apart, 0.0005)
        alike = (high - low) < CLOSE * high
        self.say(
            en=f"The two ways are never more than {share:.1%} of the way apart. "
            + (
                f"All factors lie in {low:.2f} … {high:.2f}: a larger learning rate in disguise."
                if alike and len(busy) == len(self.walks)
                else f"The factors of {len(busy)} tensors lie in {low:.2f} … {high:.2f}."
            ),
            ko=f"두 길은 길이의 {share:.1%} 넘게 벌어지지 않는다. "
            + (
                f"배율이 모두 {low:.2f}에서 {high:.2f} 사이이니, 학습률을 키운 것과 다름없다."
                if alike and len(busy) == len(self.walks)
                else f"텐서 {len(busy)}개의 배율이 {low:.2f}에서 {high:.2f} 사이에 있다."
            ),
        )
        self.clear()
        m = round(float(np.median([walk.mean.mean() for walk in busy or self.walks])), 1) + 0.0
        rate, own = float(self.weight.rate[0]), float(self.weight.factor[0])
        rule, self.product = parts.outcome(m, float(factor(m)), rate, own)
        name = self.words(
            en="learning rate · factor",
            ko="학습률 · 배율",
            size=pick(wide=36, tall=50, square=52),
            fill="muted",
        )
        name.next_to(self.product, DOWN, pick(wide=0.3, tall=0.5, square=0.5))
        self.play(FadeIn(rule), run_time=0.7)
        self.play(FadeIn(self.product, name), run_time=0.7)
        idle = len(self.walks) - len(busy)
        if idle:
            self.say(
                en=f"But {idle} tensors have means near 1 or −3, where f′ is 0: f′ leaves their steps alone.",
                ko=f"그러나 텐서 {idle}개는 평균이 f′의 영점인 1이나 −3 근처라서 스텝이 그대로이다.",
            )
        farthest = max(float(np.ptp(walk.mean)) for walk in self.walks)
        self.say(
            en="Only a tensor whose mean walks far feels f′. Here "
            + (
                "the means hardly leave the place where they begin."
                if farthest < STILL
                else f"a mean walks as far as {plain(farthest, 2)}."
            ),
            ko="평균이 멀리 움직이는 텐서라야 f′을 느낀다. 여기서는 "
            + (
                "평균이 시작한 곳을 거의 떠나지 않는다."
                if farthest < STILL
                else f"평균이 {plain(farthest, 2)}까지 움직인다."
            ),
        )
        self.wait(0.5)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        for walk, (m, c), number in zip(self.shown, self.walkers.places(), self.walkers.numbers, strict=True):
            self.claim(f"the mean of {walk.name} as drawn", m, float(walk.mean[-1]), 1e-4)
            self.claim(f"the factor of {walk.name} as drawn", c, float(walk.factor[-1]), 1e-4)
            self.claim(f"the factor of {walk.name}", number.value, float(walk.factor[-1]))
            off = np.abs(factor(walk.mean) - walk.factor).max()
            spread = 1e-6 * float(walk.factor.max()) + walk.error * float(np.abs(d2f(walk.mean)).max()) / 20
            self.claim(f"recorded factors of {walk.name} follow the rule", float(off), 0.0, spread)
        at = float(self.tensor.mean[-1])
        rise = float((factor(at + 1e-6) - factor(at - 1e-6)) / 2e-6)
        self.claim("the slope on the curve", self.plane.slope_of(self.slope), rise, 1e-3)
        w, n = self.weight, self.weight.telling
        self.claim("the bars differ by the factor", self.apart.ratio(), float(w.factor[n]), 2e-3)
        if w.adam is not None:
            off = np.abs(w.adam * w.factor - w.update).max() / np.abs(w.update).max()
            self.claim("Adam's steps from the gradients, times the factor", float(off), 0.0, 1e-3)
        ends = {"with": w.value[-1] + w.update[-1], "without": w.value[0] + float((w.bare).sum())}
        if (np.diff(w.steps) > 1).any():
            del ends["without"]  # steps between the recorded ones are in the way, not in this sum
        for key, end in ends.items():
            _, y = self.ways.plane.numbers(self.ways.lines[key].points[-1])
            self.claim(f"the end of the way {key} factor", y, float(end), 1e-3)
