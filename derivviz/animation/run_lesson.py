"""The panels of a run in the order in which they are told of, and what there is to see in them at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import DR, RIGHT, UL, Circle, FadeIn, FadeOut, Mobject, Rectangle, VMobject

from derivviz.animation.dashboard import COLUMNS, Curves, Panel, mean
from derivviz.animation.frame import shape
from derivviz.animation.inside import Confusion
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed
from derivviz.animation.numerals import plain
from derivviz.animation.overview import Overview
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.look.typst import quoted
from derivviz.trace.training import Answers, Curve, Layer, short

SIGNIFICANT = 3  # digits of a number in a sentence
LONG = 20  # signs of a layer's name that a tall frame has room for in a sentence


class RunLesson(Lesson):
    """A whole run: its panels come one by one, then it runs in all of them, then some are looked at again.

    Attributes
    ----------
    run
        The panels.
    panels
        Those that are on the screen: in a wide frame always the board's, elsewhere a page's before and after it.
    """

    def begin(self) -> None:
        """Make the panels."""
        self.run = Overview(self)
        self.panels: dict[str, Panel] = {} if self.run.pages else self.run.panels
        self.veils: dict[str, Rectangle] = {}
        self.notes: list[Mobject] = []  # what goes with the panels, where they go
        self.pointer: Rectangle | None = None
        self.ringed: tuple[Circle, Curves] | None = None  # the worst step, and the curve that it is on

    # ---- which panels are shown -------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        """Show a panel that is told of: in its place, or large and above the next one, which waits veiled."""
        if not self.run.pages:
            self.play(FadeIn(self.run.panels[name]), run_time=0.8)
        elif name in self.panels:
            self.play(FadeOut(self.veils.pop(name)), run_time=0.8)
            self.hint_at(name)
        else:
            page = self.page_of(name)
            self.veils = {other: panel.veil() for other, panel in page.items() if other != name}
            self.turn_to(page)
            self.hint_at(name)

    def hint_at(self, name: str) -> None:
        """Write what the sentence speaks of into a large panel, as long as it is nearly empty."""
        panel, answers = self.panels[name], self.run.answers
        hint: VMobject | None = None
        if isinstance(panel, Curves) and name == "loss":
            stroke = panel.strokes[0]
            hint = Formula(told(float(stroke.values[0])), "formula", "loss")
            hint.next_to(panel.point(stroke.steps[0], stroke.values[0]), RIGHT, 0.3)
        elif isinstance(panel, Curves) and answers is not None:
            level = 1 / answers.counts.shape[1]
            hint = self.words(en=f"guessing: {level:.0%}", ko=f"찍으면 {level:.0%}", fill="muted")
            hint.next_to(panel.point(self.run.last + 1, level), UL, 0.15)
        elif isinstance(panel, Confusion):
            corner, other = panel.image.get_corner(UL), panel.image.get_corner(DR)
            hint = mark(Dashed(corner, other, "positive", 4), backdrop=True)
        if hint is not None:
            self.notes.append(hint)
            self.play(FadeIn(hint), run_time=0.5)

    def page_of(self, name: str) -> dict[str, Panel]:
        """Where a panel is told of: its page, or the board in a wide frame."""
        return next(page for page in (*self.run.pages, self.run.panels) if name in page)

    def turn_to(self, panels: dict[str, Panel]) -> None:
        """Show other panels in place of those that are there, if they are others."""
        if panels is self.panels:
            return
        pointers = [self.pointer] if self.pointer is not None else []
        if self.panels:
            self.play(FadeOut(*self.panels.values(), *self.notes, *pointers), run_time=0.3)
        self.panels, self.notes, self.pointer = panels, [], None
        self.play(FadeIn(*panels.values(), *self.veils.values()), run_time=0.7)

    def point_at(self, name: str) -> None:
        """Move the frame that says which panel is meant; where there are pages, turn to its own first."""
        self.turn_to(self.page_of(name))
        rim = self.panels[name].rim()
        before = [FadeOut(self.pointer)] if self.pointer is not None else []
        self.play(*before, FadeIn(rim), run_time=0.4)
        self.pointer = rim

    # ---- what there is to see at the end ----------------------------------------------------------------

    def about_loss(self, loss: Curve) -> None:
        values, steps = loss.values, loss.steps
        way = mean(loss, "loss")[0]
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
        panel = self.panels["loss"]
        ring = Circle(0.16 * panel.box.text, stroke_color=color("ink"), stroke_width=3.5)
        ring.move_to(panel.point(step, float(values[self.worst])))
        self.ringed = ring, panel
        self.notes.append(ring)
        self.play(FadeIn(mark(ring, backdrop=True), scale=2), run_time=0.5)

    def about_layers(self) -> None:
        panel = self.page_of("layers")["layers"]
        moved = [layer for layer in getattr(panel, "layers", []) if moves(layer)]
        if len(moved) < 2:
            return
        long = max(moved, key=lambda layer: middle(layer.gradient))
        far = max(moved, key=lambda layer: middle(layer.update))
        names = [quoted(name) for name in told_apart([layer.name for layer in moved])]
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

    def about_answers(self, answers: Answers) -> None:
        counts, mute = answers.counts[-1], int(answers.mute[-1])
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


def told_apart(names: Sequence[str]) -> list[str]:
    """Layers as a sentence has them; in a tall frame the two ends of a long name, where they tell it from others."""
    told, half = short(names), LONG // 2
    ends = [name if len(name) <= LONG + 1 else f"{name[:half]}…{name[-half:]}" for name in told]
    return ends if shape() == "tall" and len(set(ends)) == len(told) else told


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
