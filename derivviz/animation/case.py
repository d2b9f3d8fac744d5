"""The case of the published recommendation: the table of its scores, its losses, and the softmax that is sure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from manim import RIGHT, Group, Mobject, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import enlarged, pick
from derivviz.animation.growing import Block
from derivviz.animation.hunger import column, formulas, stands
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import dot
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import Ranking
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.calculus.cubic import df
from derivviz.calculus.published import HUNGER, LOSSES, RECOMMENDED, SCORES
from derivviz.calculus.score import DISHES, multiplier, scores
from derivviz.look.names import display

Array = NDArray[np.float64]
INDEX = np.arange(len(DISHES))
START = 20.0  # where the chain of f′ begins


class Table:
    """The five dishes at the published hunger; scores that were published first, the others later.

    Attributes
    ----------
    ranking
        The rows, with p = 1 for each dish.
    notes
        Words at the right ends of rows, by dish.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        names = [lesson.choose(**display(name)) for name in DISHES]
        left, _ = column()
        end, where = pick(wide=4.8, tall=1.45, square=3.2), stands(len(DISHES))
        self.ranking = Ranking(
            names, INDEX, np.ones(len(DISHES)), (0.0, 2.2), ".0f", left=left, end=end, shift=-0.6, **where
        )
        self.ranking.draw(multiplier(INDEX, HUNGER))
        self.notes: dict[str, Words] = {}
        self.unknown = VGroup(*(self._unknown(row.p) for row in self.ranking.rows))

    def _unknown(self, p: Number) -> Formula:
        return Formula("?", 30, "ink").move_to(p.get_center())

    def row(self, name: str) -> int:
        return DISHES.index(name)

    def told(self, name: str) -> VGroup:
        """What was published of a dish: its name and its score, as a bar."""
        row = self.ranking.rows[self.row(name)]
        return VGroup(row.labels, row.measure)

    def note(self, name: str, en: str, ko: str, fill: str = "ink") -> Words:
        """Words at the right end of a row, remembered as its note."""
        words = self.lesson.words(en=en, ko=ko, size="tick", fill=fill)
        words.at([0, self.ranking.rows[self.row(name)].y - 0.1, 0]).set_x(column()[1], RIGHT)
        self.notes[name] = words
        return words

    def everything(self) -> list[Mobject]:
        """All that is to be taken off the picture together."""
        return [self.ranking.rest, self.ranking.factors, *self.notes.values()]

    def verify(self) -> None:
        """With p = 1 the bars are the multipliers, and the scores those that were published."""
        for i, (name, row) in enumerate(zip(DISHES, self.ranking.rows, strict=True)):
            true = float(scores(np.eye(len(DISHES))[i], HUNGER)[i])
            self.lesson.claim(f"the bar of {name} with p = 1", self.ranking.lengths()[i], true)
            written = float(row.score.text(row.score.value))
            self.lesson.claim(f"the score of {name}", written, SCORES.get(name, round(true, 2)), 0)

    def verify_alone(self) -> None:
        """With the probabilities of the recommended dish's picture every other bar is gone."""
        alone = np.eye(len(DISHES))[self.row(RECOMMENDED)]
        for name, drawn, true in zip(DISHES, self.ranking.lengths(), scores(alone, HUNGER), strict=True):
            self.lesson.claim(f"the score of {name} for the picture of a {RECOMMENDED}", drawn, float(true))


class Log(VGroup):
    """The published losses, an epoch a row, and below them the largest of the run that the lesson teaches from.

    Parameters
    ----------
    largest
        That loss, or None.
    """

    def __init__(self, lesson: Lesson, largest: float | None) -> None:
        super().__init__()
        top, step = pick(wide=(1.35, 0.62), tall=(-0.6, 0.78), square=(-0.95, 0.62))
        begin, end = column()
        self.numbers, self.bars = [], []
        left = begin + 4.1
        heads = top + 0.7
        self.head = VGroup(
            lesson.words(en="epoch", ko="에포크", size="tick", fill="muted").at([begin, heads, 0]),
            lesson.words(en="published loss", ko="발표된 손실", size="tick", fill="loss"),
        )
        self.head[1].at([0, heads, 0]).set_x(left - 0.3, RIGHT)
        self.unit = (end - left) / max(LOSSES)
        self.lines = VGroup()
        for n, loss in enumerate(LOSSES):
            y = top - step * n
            number = Number(loss, ",.0f", "body", "loss", anchor=RIGHT, width=12).at([left - 0.3, y, 0])
            bar = Block([left, y - 0.05, 0], (loss * self.unit, 0.36), "loss", 0.8)
            epoch = Number(n + 1, ".0f", "body", "muted", width=2).at([begin, y, 0])
            self.lines.add(VGroup(epoch, number, bar))
            self.numbers.append(number)
            self.bars.append(bar)
        self.add(self.head, self.lines)
        self.here = VGroup()
        if largest is not None:
            head = lesson.words(
                en="largest of the run above:",
                ko="앞에서 본 학습에서 가장 큰 손실:",
                size="label",
                fill="muted",
            )
            number = Number(largest, ".2f" if largest < 1e4 else ",.0f", "body", "loss", width=20)
            y = top - step * len(LOSSES) - 0.3
            head.at([begin, y, 0])
            self.here.add(head, number.at([head.get_right()[0] + 0.25, y, 0]))
            self.add(self.here)

    def verify(self, lesson: Lesson) -> None:
        """Numbers and bars are the published losses."""
        for n, (number, bar, loss) in enumerate(zip(self.numbers, self.bars, LOSSES, strict=True)):
            lesson.claim(f"the published loss of epoch {n + 1}", number.value, loss)
            lesson.claim(f"the bar of epoch {n + 1}", bar.sides[0] / self.unit, loss)


class Sure(Group):
    """The probability that softmax gives to the larger of two logits, over how far it leads: 1/(1 + e^−d)."""

    REACH = 10.0  # of the plane

    def __init__(self) -> None:
        super().__init__()
        size = pick(wide=(4.3, 3.6), tall=(6.4, 3.0), square=(10.4, 3.2))
        self.plane = Plane((0, self.REACH), (0, 1.05), *size, ("d", "p"), (5, 3))
        middle = pick(wide=[1.7, -0.2, 0], tall=[0.15, -2.85, 0], square=[0.2, -2.2, 0])
        self.plane.shift(np.array(middle) - self.plane.frame.get_center())
        self.curve = self.plane.curve(lambda d: 1 / (1 + np.exp(-d)))
        self.point = dot(self.plane.point(0, 0.5), "parameter")
        law, d, p, d_end, p_end = pick(  # beside the plane, or above it
            wide=([4.1, 1.25, 0], [4.1, 0.1, 0], [4.1, -0.75, 0], 6.85, 6.85),
            tall=([-3.6, 0.25, 0], [-3.6, -0.65, 0], [0.7, -0.65, 0], -0.1, 3.0),
            square=([0.35, 2.9, 0], [0.35, 1.9, 0], [0.35, 1.05, 0], 3.9, 3.9),
        )
        large = pick(wide=40, tall=46, square=44)
        self.law = Formula("p = 1 slash (1 + e^(-{{d : d}}))", large, d="parameter").at(law)
        names = VGroup(Formula("d =", "body", "parameter").at(d), Formula("p =", "body").at(p))
        self.lead = Number(0, ",.0f", "body", "parameter", anchor=RIGHT, width=12).at([d_end, d[1], 0])
        self.p = Number(0.5, ".4f", "body", anchor=RIGHT, width=12).at([p_end, p[1], 0])
        self.plane.keep_clear(self.curve)
        self.add(self.plane, self.curve, self.point, names, self.lead, self.p, self.law)

    def at(self, d: float) -> Sure:
        """Stand at a lead; the point is gone where that is beyond the plane."""
        p = 1 / (1 + math.exp(-d))
        self.lead.set_value(d)
        self.p.set_value(p)
        self.point.move_to(self.plane.point(min(d, self.REACH), p)).set_opacity(float(d <= self.REACH))
        return self

    def verify(self, lesson: Lesson, d: float) -> None:
        """What is written belongs to a lead."""
        lesson.claim("the lead of the logits", self.lead.value, d)
        lesson.claim(f"p at a lead of {d:g}", self.p.value, 1 / (1 + math.exp(-d)))


class Squaring(VGroup):
    """f′ of a number, and f′ of that; and, of a run with the raw f′, the recorded sizes before and after it.

    Parameters
    ----------
    recorded
        Root mean squares of what went into an activation and of what came out; None where the run has no raw f′.
    """

    def __init__(self, lesson: Lesson, recorded: tuple[float, float] | None) -> None:
        super().__init__()
        first = float(df(START))
        self.values = [(START, first), (first, float(df(first)))]
        left = column()[0]
        top, y, step, size = pick(
            wide=(1.75, 0.6, 1.0, 56), tall=(0.1, -1.3, 1.25, 66), square=(2.9, -1.1, 1.2, 68)
        )
        about = Formula("{{f' : f}}(x) approx -6 x^2", enlarged(44), f="tangent").at([formulas(), top, 0])
        self.far = VGroup(about, lesson.words(en="far from 0", ko="0에서 멀 때", size="label", fill="muted"))
        beside = [about.get_right()[0] + 0.4, top, 0]
        self.far[1].at(pick(wide=beside, tall=beside, square=[formulas(), top - 0.75, 0]))
        self.lines = VGroup()
        for n, (x, f) in enumerate(self.values):
            told = f"{{{{f' : f}}}}({_spaced(x)}) = {{{{{_spaced(f)} : y}}}}"
            self.lines.add(Formula(told, size, f="tangent", y="tangent").at([left, y - step * n, 0]))
        self.here = VGroup()
        if recorded is not None:
            head = lesson.words(
                en="recorded here (rms):", ko="여기 기록된 크기(rms):", size="label", fill="muted"
            )
            sizes = Formula(
                f"{_spaced(recorded[0])} arrow {{{{{_spaced(recorded[1])} : y}}}}", enlarged(44), y="tangent"
            )
            foot = pick(wide=-1.75, tall=-3.8, square=-3.7)
            head.at([left, foot, 0])
            beside = [head.get_right()[0] + 0.3, foot, 0]
            self.here.add(head, sizes.at(pick(wide=beside, tall=[left, foot - 0.85, 0], square=beside)))
        self.add(self.far, self.lines, self.here)

    def verify(self, lesson: Lesson) -> None:
        """What is written are values of f′."""
        for (x, _), line in zip(self.values, self.lines, strict=True):
            written = line.markup.rsplit("{{", 1)[1].split(" :")[0]
            read = float(written.replace(" thin ", "").replace("−", "-"))
            lesson.claim(f"f′({x:g})", read, -6 * x**2 - 12 * x + 18)


def _spaced(value: float) -> str:
    """A whole number in groups of three digits."""
    return f"{value:,.0f}".replace(",", " thin ").replace("-", "−")


def largest_loss(losses: Sequence[float] | Array) -> float | None:
    """The largest of the finite losses."""
    finite = np.asarray(losses, float)
    finite = finite[np.isfinite(finite)]
    return float(finite.max()) if len(finite) else None
