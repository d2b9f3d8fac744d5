"""A bend between two sums: the activation · 두 합 사이의 활성화 함수

ReLU, tanh, GELU, f′ and a tamed f′ side by side: what they make of a recorded run's numbers, layer after layer, why
f′ explodes, and what tames it.

ReLU, tanh, GELU, f′, 길들인 f′을 나란히 놓는다. 기록된 학습의 값이 층을 지나며 어떻게 되는지, f′은 왜 폭발하고
무엇이 길들이는지 본다.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from manim import UP, Create, FadeIn, FadeOut, Group, Transform, UpdateFromAlphaFunc, VGroup, linear, smooth

from derivviz.animation import Lesson, parameter
from derivviz.animation.activation_parts import NAMES, Finals, Squares, told_of
from derivviz.animation.arena import Cloud
from derivviz.animation.digits import reading
from derivviz.animation.flow import Card, Ladder, between, spread
from derivviz.animation.frame import pick, shape
from derivviz.animation.leap import Explosion
from derivviz.animation.numerals import plain, short
from derivviz.animation.plane import nice_step
from derivviz.animation.taming import Taming
from derivviz.calculus.activation import KEYS, functions
from derivviz.errors import UsageError
from derivviz.trace.activation import read_flow
from derivviz.trace.leap import read_leap
from derivviz.trace.passage import rms

FAR = 3.0  # size of z from where the square is the most of f′
LAYERS = 3  # activation layers, at the most, that the ladder has room for
LOOSE, CLOSE = 0.2, 1e-3  # relative: sizes from enlarged pictures, and from the recorded numbers themselves


class Activation(Lesson):
    """Five functions, their derivatives, and the sizes that they let a recorded network's numbers have."""

    requires = ("time",)  # of any recorded run; `read_flow` says what else it takes
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        layer: int = parameter(1, "Activation layer whose values flow through the curves, from 1", minimum=1)

    def construct(self) -> None:
        self.flow = read_flow(self.trace)
        count, number = len(self.flow.passages), self.parameters.layer
        if number > count:
            names = ", ".join(p.name for p in self.flow.passages[:6])
            raise UsageError(f"--layer is {number}, but the trace shows {count}: {names}. Type 1 … {count}.")
        self.passage = self.flow.passages[number - 1]
        self.picked = spread(self.passage.z)
        self.shown = sorted({round(n) for n in np.linspace(0, count - 1, min(count, LAYERS))})
        pairs = self.flow.sizes("raw").reshape(-1, 2)
        self.raw = pairs[np.isfinite(pairs).all(axis=1)][-1]  # z and a where raw f′ is largest
        self.title()
        self.curves()
        self.slopes()
        self.from_afar()
        self.through()
        self.layer_after_layer()
        self.square()
        self.explosion = None
        if self.flow.own == "raw":
            last = self.flow.passages[-1]
            leap = read_leap(self.trace, last)
            if leap is not None and leap.after > 2 * leap.before:
                self.explosion = Explosion(self, leap, last.source)
                self.explosion.tell()
        self.taming = Taming(self, self.flow.passages[-1])
        self.taming.tell()
        self.conclusion()

    def clear(self) -> None:
        self.play(FadeOut(self.rest), run_time=0.4)

    # ---- the functions ----------------------------------------------------------------------------------

    def curves(self) -> None:
        z = self.passage.z
        self.reach = max(4.0, math.ceil(1.1 * float(np.quantile(np.abs(z), 0.98))))
        self.cards, self.grid = {}, np.linspace(-self.reach, self.reach, 4001)
        for key, function in functions().items():
            reach = 4.0 if key == "scaled" else self.reach
            self.cards[key] = Card(function, reach, (-0.5 * reach, reach))
        self.say(
            en="Between two sums, a network bends its numbers: z goes in, a comes out. Five ways to bend.",
            ko="신경망은 두 합 사이에서 값을 구부린다. z가 들어가 a가 나온다. 다섯 가지 방법이 있다.",
        )
        for card in self.cards.values():
            self.play(FadeIn(card.plane, card.heading), run_time=0.25)
        self.play(*(Create(card.curve) for card in self.cards.values()), run_time=1.4)

    def slopes(self) -> None:
        self.say(
            en="The thin line is the derivative: what multiplies every gradient on its way back.",
            ko="가는 선은 도함수이다. 거꾸로 가는 그래디언트에 곱해지는 값이다.",
        )
        self.play(*(Create(card.slope) for card in self.cards.values()), run_time=1.2)
        largest = {
            key: float(np.abs(card.function.slope(self.grid)).max()) for key, card in self.cards.items()
        }
        self.tops = VGroup()
        for key, top in largest.items():
            law = f"abs(a') <= {top:.2g}" if key != "raw" else "a' = -12 z - 12"
            self.tops.add(told_of(key, law, pick(wide=28, tall=40, square=44), "tangent"))
        self.play(FadeIn(self.tops), run_time=0.5)

    def from_afar(self) -> None:
        self.say(
            en="One does not fit in the picture. From afar: f′ falls like −6z², and its slope has no bound.",
            ko="하나는 그림에 다 들어오지 않는다. 멀리서 보면 f′은 −6z²처럼 떨어지고 기울기에 한계가 없다.",
        )
        card = self.cards["raw"]
        values = card.function(self.grid)
        low, high = float(values.min()), float(values.max())
        far = Card(card.function, self.reach, (1.05 * low, max(1.6 * high, -0.15 * low)))
        self.play(FadeOut(card.plane), run_time=0.3)
        self.play(
            Transform(card.curve, far.curve),
            Transform(card.slope, far.slope),
            FadeIn(far.plane),
            run_time=1.4,
        )
        self.remove(card.curve, card.slope, card.heading)
        self.add(far)
        self.cards["raw"] = far
        self.rest = Group(*self.cards.values(), self.tops)

    # ---- one layer --------------------------------------------------------------------------------------

    def through(self) -> None:
        p = self.passage
        self.say(
            en=f"Now real numbers: {p.z.size:,} that arrive at a layer, recorded in step {self.flow.seen}.",
            ko=f"이제 진짜 값이다. 스텝 {self.flow.seen}에서 한 층에 들어온 값 {p.z.size:,}개가 기록되어 있다.",
        )
        stations = {key: card.stations(self.entering(key)) for key, card in self.cards.items()}
        self.clouds = {key: Cloud(way[0], "parameter", 0.05) for key, way in stations.items()}
        slopes = [card.slope for card in self.cards.values()]
        self.play(FadeOut(self.tops), *(s.animate.set_stroke(opacity=0.35) for s in slopes), run_time=0.4)
        self.play(FadeIn(*self.clouds.values()), run_time=0.6)
        sizes = VGroup()
        for key in KEYS:
            told = f"{{{{{short(rms(p.z), 2)} : z}}}} arrow {{{{{short(self.size_of(key), 2)} : a}}}}"
            sizes.add(told_of(key, told, pick(wide=32, tall=40, square=44), z="parameter", a="function"))
        self.say(
            en="Up to the curve, and over to the left: what comes out. Below, the typical size before and after.",
            ko="곡선까지 올라가 왼쪽으로 가면 나오는 값이다. 아래는 들어가고 나오는 값의 크기이다.",
        )
        for first, second in ((0, 1), (1, 2)):

            def move(_: object, alpha: float, first: int = first, second: int = second) -> None:
                for key, way in stations.items():
                    self.clouds[key].move(between(way[first], way[second], smooth(alpha)))

            everything = Group(*self.clouds.values())
            self.play(UpdateFromAlphaFunc(everything, move, rate_func=linear), run_time=1.5)
            self.wait(0.3)
        self.play(FadeIn(sizes), run_time=0.6)
        self.rest = Group(*self.cards.values(), *self.clouds.values(), sizes)

    def entering(self, key: str) -> np.ndarray:
        """The values that flow: as they arrive, and standardised where the activation does so first."""
        return np.asarray(
            (self.passage.standardised if key == "scaled" else self.passage.z).ravel()[self.picked]
        )

    def size_of(self, key: str) -> float:
        """The size of what an activation makes of the recorded values; recorded, if it is the run's own."""
        return rms(self.passage.a if key == self.passage.key else self.passage.outputs(key))

    # ---- layer after layer ------------------------------------------------------------------------------

    def layer_after_layer(self) -> None:
        flow, count = self.flow, len(self.flow.passages)
        kept = "" if len(self.shown) == count else f" {len(self.shown)} of {count} layers shown."
        kept_ko = "" if len(self.shown) == count else f" {count}개 층 중 {len(self.shown)}개를 보인다."
        same = flow.carried
        self.say(
            en=(
                "Layer after layer: the same inputs and the same weights five times, only the bend differs."
                if same
                else "Layer after layer: what this run sent to each, and what five bends make of it."
            )
            + kept,
            ko=(
                "층을 지나가 보자. 입력과 가중치는 같고, 활성화 함수만 다르다."
                if same
                else "층마다 이 학습에서 들어온 값을 다섯 함수가 어떻게 바꾸는지 보자."
            )
            + kept_ko,
        )
        self.clear()
        self.ladder = Ladder(flow, self.shown)
        self.play(FadeIn(self.ladder), run_time=0.8)
        for n in range(2 * len(self.shown)):
            self.play(*(FadeIn(part) for part in self.ladder.stage(n)), run_time=0.8)
            self.wait(0.3)
        worst = float(flow.sizes("raw").max())
        own = flow.own
        which = {
            "en": "as recorded" if own == "raw" else "as computed from this run's weights",
            "ko": "기록된 값이다" if own == "raw" else "이 학습의 가중치로 계산한 값이다",
        }
        rest = max(float(flow.sizes(key).max()) for key in KEYS if key != "raw")
        below = nice_step(0, rest, 1)
        self.say(
            en=f"Four stay below {plain(below)}. "
            + (
                f"Raw f′ reaches {plain(worst, 2)}, {which['en']}."
                if math.isfinite(worst)
                else "Raw f′ outgrows the largest number that float64 has."
            ),
            ko=f"넷은 {plain(below)}보다 작다. "
            + (
                f"f′은 {plain(worst, 2)}까지 간다. {which['ko']}."
                if math.isfinite(worst)
                else "f′은 float64로 나타낼 수 있는 가장 큰 수도 넘어선다."
            ),
        )
        self.ends = VGroup(*(self.ladder.end(key, "negative" if key == "raw" else "ink") for key in KEYS))
        self.play(FadeIn(self.ends), run_time=0.6)
        self.rest = Group(
            self.ladder, *(part for parts in self.ladder.parts.values() for part in parts), self.ends
        )

    def square(self) -> None:
        z, a = (float(size) for size in self.raw)
        far = z > FAR
        self.say(
            en="Why? Far from 0 the square rules: what arrives ten times as large leaves a hundred times as large."
            if far
            else "Why? At 0, f′ is 18 already. And farther out it squares what it gets.",
            ko="왜 그럴까? 0에서 멀어지면 제곱이 지배한다. 열 배로 들어온 값은 백 배가 되어 나간다."
            if far
            else "왜 그럴까? 0에서 이미 18이다. 그리고 멀어지면 들어온 값을 제곱한다.",
        )
        self.clear()
        told = self.words(
            en="recorded size of $a$" if self.flow.own == "raw" else "computed size of $a$",
            ko="기록된 $a$의 크기" if self.flow.own == "raw" else "계산한 $a$의 크기",
            size=pick(wide=40, tall=52, square=56),
            fill="muted",
        )
        law, least, pair = squares = Squares(told, z, a, far)
        self.play(FadeIn(law), run_time=0.7)
        self.play(FadeIn(least, shift=UP * 0.1), run_time=0.7)
        self.play(FadeIn(pair, shift=UP * 0.1), run_time=0.7)
        self.rest = Group(*squares)

    def conclusion(self) -> None:
        flow = self.flow
        raw, tame = (plain(float(flow.sizes(key)[-1]), 2).replace("inf", "∞") for key in ("raw", "scaled"))
        self.say(
            en=f"The same f′: {raw} when raw, {tame} when tamed.",
            ko=f"같은 f′인데 그대로 쓰면 {raw}, 길들이면 {tame}이다.",
        )
        self.clear()
        large, small = pick(wide=(40, 30), tall=(52, 40), square=(60, 44))
        source = {"en": "recorded", "ko": "기록"}, {"en": "computed", "ko": "계산"}
        table = Finals(
            [self.words(en=NAMES[key], ko=NAMES[key], size=large) for key in KEYS],
            {key: float(flow.sizes(key)[-1]) for key in KEYS},
            [self.words(**source[key != flow.own], size=small, fill="muted") for key in KEYS],
        )
        self.finals = table.values
        for row in table:
            self.play(FadeIn(row), run_time=0.35)
        if flow.enlarged:
            how = self.words(
                en="computed: the run's pictures, kept at half their size, through its last weights",
                ko="계산: 절반 크기로 저장된 그림을 마지막 가중치에 통과시켰다",
                size=pick(wide=28, tall=34, square=36),
                fill="muted",
                width=pick(wide=None, tall=7.2, square=8.5),
                centered=shape() != "wide",
            )
            y = pick(wide=-2.5, tall=-4.3, square=-3.75)
            self.play(FadeIn(how.move_to([0, y, 0])), run_time=0.4)
        self.say(
            en="An activation may bend its numbers as it likes. It must not let them grow from layer to layer.",
            ko="활성화 함수는 값을 어떻게 구부려도 좋다. 다만 층을 지날 때마다 키워서는 안 된다.",
        )
        self.wait(0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        flow, p = self.flow, self.passage
        for passage in flow.passages:
            if passage.key and (passage.key != "scaled" or passage.constants):
                off = rms(passage.outputs(passage.key) - passage.a) / max(rms(passage.a), 1e-30)
                self.claim(f"the recorded output of {passage.name} is that of its input", off, 0.0, CLOSE)
        if flow.own and flow.carried:
            computed = np.array([layer.sizes for layer in flow.arms[flow.own]]).ravel()
            off = np.abs(computed / np.array(flow.recorded).ravel() - 1).max()
            what = "the run again in NumPy has the recorded sizes"
            self.claim(what, float(off), 0.0, LOOSE if flow.enlarged else CLOSE)
        for key, card in self.cards.items():
            dots = self.clouds[key].points.reshape(len(self.picked), -1, 3)
            drawn = np.array([card.plane.numbers(dot.mean(axis=0))[1] for dot in dots])
            true = np.clip(p.outputs(key).ravel()[self.picked], *card.plane.y_range)
            self.claim(
                f"the dots behind {key}",
                float(np.abs(drawn - true).max() / np.ptp(card.plane.y_range)),
                0.0,
                1e-3,
            )
            drawn, true = self.ladder.drawn(key), np.maximum(self.ladder.sizes[key][1:], 1e-300)
            there = (
                np.isfinite(drawn)
                & (true < 10.0 ** self.ladder.decades[1])
                & (true > 10.0 ** self.ladder.decades[0])
            )
            off = np.abs(np.log10(drawn[there] / true[there])).max(initial=0.0)
            self.claim(f"the ladder of {key}", float(off), 0.0, 1e-6)
            shown = float(flow.sizes(key)[-1])
            if math.isfinite(shown):
                self.claim(f"the last size of {key}", reading(self.finals[key]) / shown, 1.0, 6e-3)
        z, a = (float(size) for size in self.raw)
        if z > 10:
            self.claim("rms(6z²) is not below 6 rms(z)²", float(a >= 0.8 * 6 * z * z), 1.0)
        self.taming.verify()
        if self.explosion is not None:
            self.explosion.verify()
