"""A whole run on one screen · 학습 전체를 한 화면에

Loss, accuracy, filters, maps, gradients, steps and answers of a recorded training, all together, from the first
step to the last.

기록된 학습의 손실, 정확도, 필터, 특징 맵, 그래디언트, 스텝, 답을 첫 스텝부터 마지막 스텝까지 한꺼번에 본다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, RIGHT, UP, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from derivviz.animation import Formula, Number, parameter
from derivviz.animation.frame import body, enlarged, pick
from derivviz.animation.run_lesson import RunLesson, told


class Training(RunLesson):
    """All that was recorded of a run, panel by panel, and then together."""

    requires = ("time",)  # of any recorded run
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        seconds: float = parameter(
            12.0, "Seconds that the run takes on screen", minimum=3, maximum=120, unit="s"
        )

    def construct(self) -> None:
        self.begin()
        self.title()
        self.the_run()
        for name in self.run.panels:
            getattr(self, f"the_{name}")()
        self.the_rest()
        self.watch()
        self.found()
        self.conclusion()

    # ---- panel by panel ---------------------------------------------------------------------------------

    def the_run(self) -> None:
        every = int(np.median(np.diff(self.trace.steps))) if len(self.trace.steps) > 1 else 1
        kept = ("every step was recorded", "모든 스텝을 기록했다")
        if every > 1:
            kept = (f"one step in {every} was recorded", f"{every}스텝마다 한 번 기록했다")
        self.say(
            en=f"{self.run.count:,} numbers were trained for {self.run.total:,} steps, and {kept[0]}. Let us watch.",
            ko=f"수 {self.run.count:,}개를 {self.run.total:,}스텝 동안 학습하며 {kept[1]}. 이제 지켜보자.",
        )
        size = enlarged("label")
        name = self.words(en="step", ko="스텝", size=size, fill="muted")
        right, level = pick(wide=(6.8, 3.3), tall=(3.75, 5.52), square=(5.6, 5.2))
        self.counter = Number(0, ",.0f", size, anchor=RIGHT, width=11).at([right, level, 0])
        longest = Number(self.run.total, ",.0f", size).width
        name.at([right - longest - 0.2 - name.width, level, 0])
        self.opening = VGroup()
        for n, (en, ko) in ((self.run.count, ("numbers", "개의 수")), (self.run.total, ("steps", "스텝"))):
            number = Formula(f"{n:,}".replace(",", " thin "), 96, "parameter" if not self.opening else "ink")
            what = self.words(en=en, ko=ko, size="title", fill="muted")
            self.opening.add(VGroup(number, what).arrange(pick(wide=RIGHT, tall=DOWN, square=DOWN), buff=0.4))
        self.opening.arrange(DOWN, buff=pick(wide=0.6, tall=1.2, square=0.8)).move_to([0, 0.3, 0])
        grow(self.opening, pick(wide=1.0, tall=1.7, square=1.7))
        self.play(FadeIn(self.opening[0], shift=UP * 0.15), run_time=0.7)
        self.play(FadeIn(self.opening[1], shift=UP * 0.15), FadeIn(name, self.counter), run_time=0.7)

    def enter(self, name: str) -> None:
        if len(self.opening):
            self.play(FadeOut(self.opening), run_time=0.4)
            self.opening = VGroup()
        super().enter(name)

    def the_loss(self) -> None:
        start = float(self.run.loss.values[np.isfinite(self.run.loss.values)][0])
        self.say(
            en=f"The loss: how wrong the network is. It begins at {told(start)}.",
            ko=f"손실은 신경망이 얼마나 틀렸는지를 나타낸다. 처음 값은 {told(start)}이다.",
        )
        self.enter("loss")

    def the_accuracy(self) -> None:
        dotted = self.run.answers is not None
        self.say(
            en="The share that it gets right." + (" Dotted: what guessing would give." if dotted else ""),
            ko="맞힌 비율이다." + (" 점선은 아무렇게나 찍었을 때이다." if dotted else ""),
        )
        self.enter("accuracy")

    def the_weights(self) -> None:
        filters = self.run.weights.kind == "filters"
        self.say(
            en="Filters, which look for patterns; beside them, how they have changed since the first step."
            if filters
            else "Weights as a picture, a number a pixel; and how they have changed since the first step.",
            ko="무늬를 찾는 필터이다. 오른쪽은 처음부터 지금까지의 변화이다."
            if filters
            else "가중치를 그림으로 나타냈다. 수 하나가 한 칸이다. 처음부터 지금까지의 변화도 함께 본다.",
        )
        self.enter("weights")

    def the_maps(self) -> None:
        maps, same = self.run.maps.kind == "maps", self.run.maps.same
        self.say(
            en=(
                "What that layer makes of a picture"
                + ("" if same else " of the batch")
                + ": vivid where a filter "
            )
            + "answers strongly."
            if maps
            else "What units of a layer answer to the same few inputs: a row an input, a column a unit.",
            ko=(
                "그 층이 "
                + ("그림 한 장" if same else "배치의 첫 그림")
                + "에서 찾은 것이다. 필터가 세게 반응하는 "
            )
            + "곳이 뚜렷하다."
            if maps
            else "같은 입력 몇 개에 대한 유닛들의 출력이다. 한 줄이 입력 하나, 한 칸이 유닛 하나이다.",
        )
        self.enter("maps")

    def the_layers(self) -> None:
        self.say(
            en="For each layer: how long its gradient is, and how far a step moves it, for its size.",
            ko="층마다 그래디언트가 얼마나 긴지, 한 스텝에 자기 크기에 비해 얼마나 움직이는지 본다.",
        )
        self.enter("layers")

    def the_answers(self) -> None:
        self.say(
            en="And the answers to examples that it never learns from. On the diagonal they are right.",
            ko="끝으로 학습에 쓰지 않은 데이터에 대한 답이다. 대각선에 있으면 맞힌 것이다.",
        )
        self.enter("answers")

    def the_rest(self) -> None:
        if not self.run.missing:
            return
        en, ko = (", ".join(MISSING[name][n] for name in self.run.missing) for n in (0, 1))
        self.say(
            en=f"This trace has no record of: {en}. So there is no panel for it.",
            ko=f"이 기록에 없는 것: {ko}. 그래서 그 칸은 없다.",
        )

    # ---- all together -----------------------------------------------------------------------------------

    def watch(self) -> None:
        self.say(
            en="Now all of it. At each step: the gradient of the loss, and a small move of every number.",
            ko="이제 함께 보자. 스텝마다 손실의 그래디언트를 구해 모든 수를 조금씩 움직인다.",
        )

        def move(_: Group, alpha: float) -> None:
            done = self.run.first + alpha * self.run.total
            self.run.show(done)
            self.counter.set_value(int(done))

        self.turn_to(self.run.panels)
        moving = Group(self.run.moving, self.counter)
        self.play(UpdateFromAlphaFunc(moving, move), run_time=self.parameters.seconds, rate_func=linear)

    def found(self) -> None:
        """What there is to see in it, told from its numbers."""
        self.run.finish()
        if self.run.loss is not None:
            self.about_loss(self.run.loss)
        if "layers" in self.run.panels:
            self.about_layers()
        if self.run.answers is not None:
            self.about_answers(self.run.answers)

    def conclusion(self) -> None:
        self.say(
            en="That is all that training is: a derivative for each number, a small step, and again.",
            ko="학습이란 이것이 전부이다. 수마다 미분계수를 구하고, 조금 움직이고, 되풀이한다.",
        )
        self.play(FadeOut(*[m for m in self.mobjects if m is not self._caption]), run_time=0.6)
        lines = [Formula("(partial L) / (partial w)", 96, "tangent")]
        if self.run.count:
            made = " times ".join(f"{n:,}".replace(",", " thin ") for n in (self.run.count, self.run.total))
            product = f"{self.run.count * self.run.total:,}".replace(",", " thin ")
            equals = pick(wide="=", tall="\\ =", square="=")
            lines.append(Formula(f"{made} {equals} {{{{{product} : p}}}}", 56, p="tangent"))
            lines.append(self.words(en="derivatives", ko="구한 미분계수의 수", fill="muted"))
        shown = VGroup(*lines).arrange(DOWN, buff=0.5).move_to([0, 0.4, 0])
        if shown.width > 13:
            shown.scale(13 / shown.width)
        grow(shown, pick(wide=1.0, tall=2.0, square=1.7))
        self.play(FadeIn(shown, shift=UP * 0.15), run_time=0.8)
        self.wait(1.0)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        self.run.verify()
        if self.ringed is not None:
            ring, panel = self.ringed
            drawn = panel.value(ring.get_center())
            worst = float(np.nanmax(self.run.loss.values[np.isfinite(self.run.loss.values)]))
            self.claim("the worst step", drawn, worst, 1e-4)


# ---- words and numbers ----------------------------------------------------------------------------------

MISSING = {
    "loss": ("a loss", "손실"),
    "accuracy": ("accuracy", "정확도"),
    "weights": ("weights", "가중치"),
    "maps": ("what a layer answers", "층의 출력"),
    "layers": ("gradients", "그래디언트"),
    "answers": ("held-out answers", "검증 데이터에 대한 답"),
}


def grow(shown: VGroup, times: float) -> None:
    """Make it so many times as large, or as much of that as there is room for."""
    if times != 1:
        shown.scale(min(times, body(0.4).width / shown.width))
