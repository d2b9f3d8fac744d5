"""A whole run on one screen · 학습 전체를 한 화면에

Loss, accuracy, filters, maps, gradients, steps and answers of a recorded training, all together, from the first
step to the last.

기록된 학습의 손실, 정확도, 필터, 특징 맵, 그래디언트, 스텝, 답을 첫 스텝부터 마지막 스텝까지 한꺼번에 본다.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from manim import DOWN, RIGHT, UP, Circle, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from derivviz.animation import Formula, Lesson, Number, parameter
from derivviz.animation.dashboard import COLUMNS, mean
from derivviz.animation.layout import mark
from derivviz.animation.numerals import plain
from derivviz.animation.overview import Overview
from derivviz.animation.stage import color
from derivviz.look.typst import quoted
from derivviz.trace.training import Layer, short

SIGNIFICANT = 3  # digits of a number in a sentence


class Training(Lesson):
    """All that was recorded of a run, panel by panel, and then together."""

    requires = ("time",)  # of any recorded run

    @dataclass(frozen=True)
    class Parameters:
        seconds: float = parameter(
            12.0, "Seconds that the run takes on screen", minimum=3, maximum=120, unit="s"
        )

    def construct(self) -> None:
        self.run = Overview(self)
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
        name = self.words(en="step", ko="스텝", size="label", fill="muted")
        self.counter = Number(0, ",.0f", "label", anchor=RIGHT, width=11).at([6.8, 3.3, 0])
        longest = Number(self.run.total, ",.0f", "label").width
        name.at([6.8 - longest - 0.2 - name.width, 3.3, 0])
        self.opening = VGroup()
        for n, (en, ko) in ((self.run.count, ("numbers", "개의 수")), (self.run.total, ("steps", "스텝"))):
            number = Formula(f"{n:,}".replace(",", " thin "), 96, "parameter" if not self.opening else "ink")
            told = self.words(en=en, ko=ko, size="title", fill="muted")
            self.opening.add(VGroup(number, told).arrange(RIGHT, buff=0.4))
        self.opening.arrange(DOWN, buff=0.6).move_to([0, 0.3, 0])
        self.play(FadeIn(self.opening[0], shift=UP * 0.15), run_time=0.7)
        self.play(FadeIn(self.opening[1], shift=UP * 0.15), FadeIn(name, self.counter), run_time=0.7)

    def enter(self, name: str) -> None:
        if len(self.opening):
            self.play(FadeOut(self.opening), run_time=0.4)
            self.opening = VGroup()
        self.play(FadeIn(self.run.panels[name]), run_time=0.8)

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

        moving = Group(self.run.moving, self.counter)
        self.play(UpdateFromAlphaFunc(moving, move), run_time=self.parameters.seconds, rate_func=linear)

    def point_at(self, name: str) -> None:
        """Move the frame that says which panel is meant."""
        rim = self.run.panels[name].rim()
        before = [FadeOut(self.pointer)] if self.pointer is not None else []
        self.play(*before, FadeIn(rim), run_time=0.4)
        self.pointer = rim

    def found(self) -> None:
        """What there is to see in it, told from its numbers."""
        self.pointer = None
        self.ring = VGroup()
        if "loss" in self.run.panels:
            self.about_loss()
        moved = [layer for layer in getattr(self.run.panels.get("layers"), "layers", []) if moves(layer)]
        if len(moved) > 1:
            self.about_layers(moved)
        if "answers" in self.run.panels:
            self.about_answers()

    def about_loss(self) -> None:
        values, steps = self.run.loss.values, self.run.loss.steps
        way = mean(self.run.loss, "loss")[0]
        start, end = float(way.values[0]), float(way.values[-1])
        finite = np.isfinite(values)
        if not finite.all():
            lost = int(steps[int(np.argmin(finite))])
            self.say(
                en=f"At step {lost:,} the loss is no longer a finite number.",
                ko=f"스텝 {lost:,}에서 손실이 유한한 수가 아니게 된다.",
            )
        elif end < start:
            half = int(way.steps[np.argmax(way.values <= (start + end) / 2)]) + 1
            self.say(
                en=f"From {told(start)} down to {told(end)}. Half of that took {half:,} of {self.run.total:,} steps.",
                ko=f"{told(start)}에서 {told(end)}까지 내려왔다. 그 절반은 첫 {half:,}스텝에 끝났다.",
            )
        else:
            self.say(
                en=f"It did not fall: from {told(start)} to {told(end)}.",
                ko=f"손실은 줄지 않았다. {told(start)}에서 {told(end)}이 되었다.",
            )
        self.point_at("loss")
        self.worst = int(np.nanargmax(np.where(finite, values, -np.inf)))
        each = -(-len(values) // COLUMNS)
        worst, step = told(float(values[self.worst])), int(steps[self.worst])
        if each > 1:
            self.say(
                en=f"A column of this curve stands for {each:,} steps, and keeps their extremes: the worst of all is "
                f"{worst}, at step {step:,}.",
                ko=f"이 곡선의 한 칸은 {each:,}스텝이고 극값은 다 남아 있다. 가장 큰 값은 스텝 {step:,}의 {worst}이다.",
            )
        elif len(values) > 1:
            rises = int((np.diff(values[finite]) > 0).sum())
            self.say(
                en=f"But not straight: it rose {rises:,} times. The worst step was number {step:,}, with {worst}.",
                ko=f"곧게 내려오지는 않았다. {rises:,}번은 올랐고, 가장 큰 값은 스텝 {step:,}의 {worst}이다.",
            )
        panel = self.run.panels["loss"]
        self.ring = Circle(0.16, stroke_color=color("ink"), stroke_width=3.5)
        self.ring.move_to(panel.point(step, float(values[self.worst])))
        self.play(FadeIn(mark(self.ring, backdrop=True), scale=2), run_time=0.5)

    def about_layers(self, moved: list[Layer]) -> None:
        long = max(moved, key=lambda layer: middle(layer.gradient))
        far = max(moved, key=lambda layer: middle(layer.update))
        names = [quoted(name) for name in short([layer.name for layer in moved])]
        if long is far:
            name = names[moved.index(long)]
            self.say(
                en=f"Layer {name} has both the longest gradients and the longest steps for its size.",
                ko=f"그래디언트가 가장 긴 층도, 크기에 비해 가장 멀리 움직이는 층도 {name}, 하나이다.",
            )
            self.point_at("layers")
            return
        longer = middle(long.gradient) / middle(far.gradient)
        farther = middle(far.update) / middle(long.update)
        one, other = names[moved.index(long)], names[moved.index(far)]
        self.say(
            en=f"A typical gradient of layer {one} is {times(longer)} times as long as one of layer {other}.",
            ko=f"층 {one}의 그래디언트는 보통 층 {other}의 {times(longer)}배이다.",
        )
        self.point_at("layers")
        self.say(
            en=f"Yet layer {other} moves {times(farther)} times as far, for its size: the optimizer decides.",
            ko=f"그런데 크기에 비해 더 움직이는 쪽은 층 {other}, {times(farther)}배이다. 옵티마이저가 정한다.",
        )

    def about_answers(self) -> None:
        counts, mute = self.run.answers.counts[-1], int(self.run.answers.mute[-1])
        right, every = int(np.trace(counts)), int(counts.sum()) + mute
        wrong = counts - np.diag(np.diag(counts))
        en, ko = (
            f"In the end {right:,} of {every:,} are right.",
            f"마지막에는 {every:,}개 중 {right:,}개를 맞혔다.",
        )
        if mute:
            en += f" {mute:,} got no answer: a probability is NaN."
            ko += f" {mute:,}개는 확률이 NaN이라 답이 없다."
        elif wrong.any():
            most = mistakes(wrong, self.run.class_name)
            en, ko = f"{en} {most['en']}", f"{ko} {most['ko']}"
        self.say(en=en, ko=ko)
        self.point_at("answers")

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
            lines.append(Formula(f"{made} = {{{{{product} : p}}}}", 56, p="tangent"))
            lines.append(self.words(en="derivatives", ko="구한 미분계수의 수", fill="muted"))
        shown = VGroup(*lines).arrange(DOWN, buff=0.5).move_to([0, 0.4, 0])
        if shown.width > 13:
            shown.scale(13 / shown.width)
        self.play(FadeIn(shown, shift=UP * 0.15), run_time=0.8)
        self.wait(1.0)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        self.run.verify()
        if len(self.ring.points):
            drawn = self.run.panels["loss"].value(self.ring.get_center())
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


def told(value: float) -> str:
    """A number as a sentence has it."""
    return plain(value, SIGNIFICANT)


def times(ratio: float) -> str:
    return f"{ratio:,.0f}" if 10 <= ratio < 1e6 else plain(ratio, 2)


def mistakes(wrong: np.ndarray, name: Callable[[int], dict[str, str]]) -> dict[str, str]:
    """The most frequent error, if one is more frequent than others; ``wrong``, (truth, answer), has no right ones."""
    often = int(wrong.max())
    if often == 1 and int(wrong.sum()) > 1:
        return {"en": "No error was made twice.", "ko": "같은 오답이 두 번 나온 일은 없다."}
    truth, answer = (name(int(n)) for n in np.unravel_index(int(wrong.argmax()), wrong.shape))
    alone, count = int((wrong == often).sum()) == 1, "once" if often == 1 else f"{often:,} times"
    return {
        "en": f"{'The' if alone else 'A'} most frequent error: {truth['en']} taken for {answer['en']}, {count}.",
        "ko": f"가장 잦은 오답{'' if alone else ' 하나'}: 정답 {truth['ko']}, 답 {answer['ko']}, {often:,}번.",
    }


def middle(values: np.ndarray) -> float:
    """The median of the finite ones."""
    return float(np.median(values[np.isfinite(values)]))


def moves(layer: Layer) -> bool:
    """Whether both its gradient and its step are known and not 0, typically."""
    return all(np.isfinite(v).any() and middle(v) > 0 for v in (layer.gradient, layer.update))
