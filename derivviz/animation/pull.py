"""How the samples of a batch pull on a weight, and the rule by which the weight then moves."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import Panel
from derivviz.animation.lines import Segments
from derivviz.animation.numerals import plain, short
from derivviz.animation.stage import current
from derivviz.animation.typeset import Formula, Words
from derivviz.trace.chain import Chain

Array = NDArray[np.float64]
WIDTH, HEIGHT, BASE, MIDDLE = 6.2, 0.95, -1.3, -3.2


class Shares(VGroup):
    """A bar for each sample's share of a gradient; of samples that were not recorded one for them all.

    Parameters
    ----------
    chain
        The weight.
    room
        Where the bars stand; None for their place in a wide frame.

    Attributes
    ----------
    axis, own, others : Segments
        The line that the bars stand on, the followed sample's bar, and all other bars.
    ends : (bar, 2, 3)
        Feet and tips.
    """

    def __init__(self, chain: Chain, room: Panel | None = None) -> None:
        values, whole = chain.shares, len(chain.shares) == chain.link.batch
        wide, high, base, center = WIDTH, HEIGHT, BASE, MIDDLE
        if room is not None:
            # Room for what the others are called stands beside the axis.
            wide = room.width - (0.7 if whole else 2.2)
            center = room.left + 0.35 + wide / 2
            high, base = 0.46 * room.height, float(room.center[1])
        if not whole:
            values = np.append(values, chain.gradient - values.sum())
        top = float(np.abs(values).max())
        xs = np.linspace(-wide / 2, wide / 2, len(values)) + center if len(values) > 1 else np.array([center])
        self.ends = np.array(
            [[[x, base, 0], [x, base + v / top * high, 0]] for x, v in zip(xs, values, strict=True)]
        )
        thick = min(14.0, 640 / len(values))
        left, right = min(xs[0], center - 0.6) - 0.25, max(xs[-1], center + 0.6) + 0.25
        self.axis = Segments([[[left, base, 0], [right, base, 0]]], "axis", 2)
        others = [each for n, each in enumerate(self.ends) if n != chain.sample]
        self.others = Segments(np.array(others).reshape(-1, 2, 3), "tangent", thick)
        self.own = Segments([self.ends[chain.sample]], "ink", thick)
        super().__init__(self.axis, self.others, self.own)
        if not whole:
            told = {"en": "the others", "ko": "나머지"}[current().language]
            self.add(Words(told, 28, "muted").next_to(self.axis, RIGHT, 0.12))


class UpdateRule(VGroup):
    """w ← w − η · s, or with the factor of f′, and what the letters are in this step.

    Parameters
    ----------
    chain
        The weight.
    with_factor
        Whether the optimizer is that of f′.
    room
        Where rule and numbers stand below each other; None for their place in a wide frame.

    Attributes
    ----------
    rule : Formula
    names : list of VGroup
        Word and number of weight, learning rate, factor (if there is one) and step.
    """

    def __init__(self, chain: Chain, with_factor: bool, room: Panel | None = None) -> None:
        factor = "{{(1 + frac(|f'(macron(w))|, 20)) : f}} dot " if with_factor else ""
        roles = {"e": "parameter"} | ({"f": "tangent"} if with_factor else {})
        self.rule = Formula(f"w arrow.l w - {{{{eta : e}}}} dot {factor}s", 46, **roles).move_to([0, -0.7, 0])
        korean = current().language == "ko"
        told = [
            ("weight", "가중치", chain.w, "ink"),
            ("learning rate $eta$", "학습률 $eta$", chain.learning_rate, "parameter"),
            ("factor of the mean $macron(w)$", "평균 $macron(w)$의 배율", chain.factor, "tangent"),
            # A weight of 32 bits that did not move tells of its step only that it was tiny.
            ("the step $s$", "걸음 $s$", chain.optimizer_step, "ink"),
        ]
        if not with_factor:
            del told[2]
        words, numbers = (28, 36) if room is None else (36, 44)
        self.names = [
            VGroup(
                Words(ko if korean else en, words, "muted"),
                Formula(short(number) if number or chain.change else "approx 0", numbers, role),
            )
            for en, ko, number, role in told
        ]
        if room is None:
            for name in self.names:
                name.arrange(DOWN, buff=0.2)
            VGroup(*self.names).arrange(RIGHT, buff=0.9).move_to([0, -2.05, 0])
        else:
            self._lines(room)
        super().__init__(self.rule, *self.names)

    def _lines(self, room: Panel) -> None:
        """The rule above, below it a line for each letter: its word at the left, its number at the right."""
        self.rule.scale(min(1.5, room.width / self.rule.width))
        lines, gap = len(self.names), 0.3
        high = min(0.8, (room.height - self.rule.height - gap) / lines)
        top = room.center[1] + (self.rule.height + gap + high * lines) / 2
        self.rule.move_to([room.center[0], top - self.rule.height / 2, 0])
        half = min(3.4, room.width / 2)
        for n, (word, number) in enumerate(self.names):
            y = top - self.rule.height - gap - high * (n + 0.5)
            word.move_to([room.center[0] - half, y, 0], LEFT)
            number.move_to([room.center[0] + half, y, 0], RIGHT)


def of_the_batch(chain: Chain) -> dict[str, str]:
    """What is said of the samples' shares and their sum, by language."""
    kept, batch = len(chain.shares), chain.link.batch
    en, ko, whole = "", "", ("Their sum is", "그 합이")
    if (np.abs(chain.shares) < 1e-3 * np.abs(chain.shares).max()).any():
        en, ko = ", some hardly at all", " 거의 당기지 않는 것도 있다."
    if kept < batch:
        en, ko = f", {kept} of them recorded one by one", f" 하나씩 기록된 것은 {kept}개이고,"
    if chain.scale < 1:
        times = plain(chain.scale, 3)
        whole = f"Clipped to {times} of it, their sum is", f"그 합을 {times}배로 줄인(clipping) 것이"
    return {
        "en": f"All {batch} samples of the batch pull on w{en}. {whole[0]} the gradient.",
        "ko": f"배치의 샘플 {batch}개가 저마다 w를 당긴다.{ko} {whole[1]} 그래디언트이다.",
    }
