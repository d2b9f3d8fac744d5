"""The chain rule · 연쇄법칙

A function of a function is machines in a row: each multiplies a nudge by its own rate, so rates multiply.

합성함수는 한 줄로 이은 기계와 같다. 기계마다 변화량에 제 변화율을 곱하므로, 변화율끼리 곱해진다.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from manim import (
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    TransformFromCopy,
    VGroup,
    there_and_back,
)

from derivviz.animation import Formula, Lesson, parameter
from derivviz.animation.chains import shown
from derivviz.animation.frame import pick, shape
from derivviz.animation.machines import bracketed, figure, fitted, law, product_row, width
from derivviz.animation.net import SmallGraph, directions, graph_room
from derivviz.animation.nudging import Nudges
from derivviz.animation.numerals import plain, value
from derivviz.animation.stage import color
from derivviz.calculus.derivation import derive
from derivviz.calculus.expression import Expression
from derivviz.look.letters import in_letter
from derivviz.look.math import typst_math

NAMES = "fghk"
COUNTS = {2: "두", 3: "세", 4: "네"}


class ChainRule(Lesson):
    """Rates multiply along a chain of machines, forward and, in a computational graph, backward."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("(3x^2 + 8)^3", "A function of a function of x")
        at: float = parameter(1.0, "The x that goes into the first machine", minimum=-1e4, maximum=1e4)

    def construct(self) -> None:
        self.f, self.a = self.parameters.function, self.parameters.at
        chosen = shown(self.f, self.a)
        self.chain, self.letters, self.hs = chosen.chain, chosen.letters, chosen.sizes
        self.row, self.nodes, self.net, self.text = chosen.row, chosen.nodes, chosen.net, chosen.text
        self.heading = self.title()
        self.machines_in_a_row()
        self.one_number()
        self.nudge()
        self.smaller_nudges()
        self.limit()
        self.product()
        self.graph()
        self.walk_back()

    # ---- the beats --------------------------------------------------------------------------------------

    def machines_in_a_row(self) -> None:
        n = len(self.chain.links)
        self.say(
            en=f"A function inside a function: {n} machines in a row.",
            ko=f"함수 속에 함수가 있다. 기계 {COUNTS[n]} 대를 한 줄로 이은 것과 같다.",
        )
        largest = pick(wide=64, tall=84, square=84)
        self.formula = Formula(f"y = {typst_math(self.f)}", largest).move_to([0, 0.6, 0])
        fitted(self.formula, width())
        self.play(FadeIn(self.formula, shift=UP * 0.15), run_time=0.8)
        self.wait(0.6)
        self.nudges = Nudges(self.chain, self.row, self.hs, self.text)
        for part in self.nudges.around:
            part.shift(-self.nudges.aside)
        size, height = pick(wide=(42, 0.8), tall=(56, 1.0), square=(56, 1.0))
        shrunk = min(1.0, size / self.formula.drawn_size, height / self.formula.height)
        self.play(
            self.formula.animate.scale(shrunk).move_to(level(wide=2.6, tall=5.5, square=4.2)), run_time=0.8
        )
        self.play(FadeIn(self.row.letters[0]), run_time=0.3)
        for number in range(n):
            self.play(FadeIn(self.row.link(number), shift=self.row.onward * 0.2), run_time=0.6)

        names = NAMES[:n]
        composed = "∘".join(reversed(names))
        self.say(
            en=f"{composed} is read from the inside: first {', then '.join(names)}.",
            ko=f"합성함수 {composed}는 안쪽부터 읽는다. 먼저 {', 그다음 '.join(names)}를 계산한다.",
        )
        nested = "x"
        for name in names:
            nested = f"{name}({nested})"
        rule = Formula(
            f"y = ({' compose '.join(reversed(names))})(x) = {nested}", pick(wide=52, tall=60, square=64)
        )
        fitted(rule, width()).move_to(level(wide=-0.9, tall=-4.3, square=-2.9))
        self.names = VGroup()
        for name, box in zip(names, self.row.boxes, strict=True):
            letter = Formula(name, self.text, "function")
            letter.next_to(box, pick(wide=UP, tall=LEFT, square=UP), pick(wide=0.14, tall=0.25, square=0.2))
            self.names.add(letter)
            self.play(FadeIn(letter, shift=UP * 0.1), run_time=0.45)
        self.play(FadeIn(rule, shift=UP * 0.15), run_time=0.7)
        self.wait(0.6)
        self.play(FadeOut(rule), run_time=0.3)

    def one_number(self) -> None:
        out = [told(v) for v in self.chain.values]
        self.say(
            en=f"Put in x = {told(self.a)}. Out comes {', then '.join(out[1:])}.",
            ko=f"x = {told(self.a)}{'를' if after_vowel(self.a) else '을'} 넣으면 차례로 "
            f"{', '.join(out[1:])}{'가' if after_vowel(self.chain.values[-1]) else '이'} 나온다.",
        )
        numbers = self.nudges.numbers
        self.play(FadeIn(numbers[0]), run_time=0.4)
        for box, number in zip(self.row.boxes, numbers[1:], strict=True):
            self.play(self.working(box), run_time=0.5)
            self.play(FadeIn(number, shift=RIGHT * 0.3), run_time=0.5)
        self.add(numbers)
        self.wait(0.4)

    def nudge(self) -> None:
        h, n = self.hs[0], len(self.chain.links)
        self.say(
            en=f"Now nudge x by {plain(h)}. How far does y move?",
            ko=f"이제 x를 {plain(h)}만큼 살짝 움직인다. y는 얼마나 움직일까?",
        )
        labels, (start, cells) = self.nudges.labels[0], self.nudges.rows[0]
        self.play(FadeIn(labels[0], shift=RIGHT * 0.2), run_time=0.5)
        self.play(self.nudges.moving(0.0, h), run_time=1.4)
        ratios = self.chain.ratios(h)
        factors = [told(ratio) for ratio in ratios]
        self.say(
            en=f"Every machine multiplies the nudge that it gets: by {', then by '.join(factors[:-1])}.",
            ko=f"기계마다 받은 변화량에 무언가를 곱한다. 차례로 {', '.join(f'{t}배' for t in factors[:-1])}이다.",
        )
        self.heads = self.nudges.heads(self.letters, "Delta", "parameter")
        if self.nudges.aside.any():
            parts = (*self.nudges.around, self.names)
            self.play(*(part.animate.shift(self.nudges.aside) for part in parts), run_time=0.8)
        self.play(FadeIn(start), run_time=0.3)
        for k in range(n):
            self.play(
                self.working(self.row.boxes[k]),
                TransformFromCopy(labels[k], labels[k + 1]),
                run_time=0.8,
            )
            self.play(FadeIn(self.heads[k], cells[k]), run_time=0.5)
        self.say(
            en=f"Over the whole chain: {product_told(ratios[:-1])} = {factors[-1]}. Rates multiply.",
            ko=f"전체로는 {product_told(ratios[:-1])} = {factors[-1]}배이다. 변화율은 곱해진다.",
        )
        self.play(FadeIn(*self.heads[n:], *cells[n:]), run_time=0.8)
        self.wait(0.4)

    def smaller_nudges(self) -> None:
        self.say(
            en="Make the nudge ten times smaller, and again: watch where the rates go.",
            ko="변화량을 10분의 1로, 또 10분의 1로 줄여 보자. 변화율은 어디로 갈까?",
        )
        for k in (1, 2):
            self.play(FadeOut(self.nudges.labels[k - 1]), run_time=0.2)
            moving = self.nudges.moving(self.hs[k - 1], self.hs[k])
            self.play(moving, FadeIn(self.nudges.labels[k]), run_time=1.2)
            self.play(FadeIn(*self.nudges.rows[k], shift=UP * 0.1), run_time=0.7)
            self.wait(0.6)
        h = self.hs[2]
        out, ratio = told(self.chain.shifts(h)[-1]), told(self.chain.ratios(h)[-1])
        self.say(
            en=f"In goes {plain(h)}, out comes {out}: the chain has multiplied the nudge by {ratio}.",
            ko=f"{plain(h)}만큼 들어가서 {out}만큼 나왔다. 변화량이 {ratio}배가 되었다.",
        )
        ends = self.nudges.labels[2][0], self.nudges.labels[2][-1]
        self.play(*(Indicate(label, 1.25, color("parameter")) for label in ends), run_time=1.0)

    def limit(self) -> None:
        """The derivatives that the ratios settle at, each a slope at its machine's own input."""
        last = f"{self.letters[-2]} = {told(self.chain.values[-2])}"
        apart = told(self.chain.values[-2]) != told(self.chain.values[0])
        self.say(
            en=f"In the limit they are slopes, each at its own input: the last at {last}"
            f"{', not at x' if apart else ''}.",
            ko=f"극한값은 기계마다의 접선의 기울기이다. 마지막 것은 {'x가 아니라 ' if apart else ''}{last}에서 구한다.",
        )
        self.play(
            FadeOut(self.heads, *(part for row in self.nudges.rows for part in row), self.nudges.labels[2]),
            self.nudges.moving(self.hs[2], 0.0),
            run_time=0.7,
        )
        self.graphs, below = VGroup(), VGroup()
        for k, (link, letter) in enumerate(zip(self.chain.links, self.letters, strict=False)):
            x, room = graph_room(self.row, k)
            graph = SmallGraph(
                link,
                self.chain.values[k],
                self.chain.values[k + 1],
                self.chain.rates[k],
                pick(wide=(min(3.4, room - 0.3), 1.7), tall=(room, 2.0), square=(min(4.4, room - 0.3), 2.7)),
            )
            slope = in_letter(link.slope, letter).replace("-", "−", 1)
            number = figure(self.chain.rates[k])
            text = Formula(number if slope == number else f"{slope} = {number}", self.text, "tangent")
            if text.width > room * self.text / pick(wide=28, tall=36, square=36) or text.height > 1.0:
                text = Formula(number, self.text, "tangent")
            self.graphs.add(graph.move_to([x, pick(wide=-1.0, tall=-3.1, square=-1.25), 0]))
            below.add(fitted(text, room).move_to([x, pick(wide=-2.35, tall=-4.65, square=-3.3), 0]))
            self.play(FadeIn(graph.plane), Create(graph.curve), run_time=0.7)
            self.play(Create(graph.tangent), FadeIn(graph.point, below[k]), run_time=0.7)
        self.wait(0.6)
        self.below = below

    def product(self) -> None:
        self.say(
            en="The chain rule: multiply the derivatives along the chain.",
            ko="연쇄법칙: 이어진 기계들의 미분계수를 모두 곱한다.",
        )
        rates = (*self.chain.rates, self.chain.total)
        numbers = [Formula(figure(r), max(36, self.nudges.cells), "tangent") for r in rates]
        self.slopes = product_row(self.row, pick(wide=-1.3, tall=-3.4, square=-1.7), numbers)
        whole = law(self.chain.links, self.letters, derive(self.f).result, width())
        self.play(FadeOut(self.graphs, self.below), run_time=0.4)
        heads = self.nudges.heads(self.letters, "dif", "tangent")
        if shape() == "tall":  # no column of nudges before them
            VGroup(heads, self.slopes).set_x(0)
        self.play(FadeIn(heads), run_time=0.5)
        self.play(FadeIn(self.slopes, shift=UP * 0.1), run_time=0.7)
        if whole is not None:
            self.play(
                FadeIn(whole.move_to(level(wide=-2.25, tall=-4.5, square=-3.3)), shift=UP * 0.15),
                run_time=0.8,
            )
        self.wait(1.0)

    def graph(self) -> None:
        n = len(self.nodes.links)
        self.say(
            en="Take the machines apart: each operation is a node of a computational graph.",
            ko="기계를 분해하자. 연산 하나하나가 계산 그래프의 노드가 된다.",
        )
        leaving = [part for part in self.mobjects if part not in (self.heading, self._caption, self.formula)]
        forward, self.back = directions(self.net)
        self.play(*(FadeOut(part) for part in leaving), run_time=0.6)
        self.play(FadeIn(self.net.row.letters[0], self.net.numbers[0], forward), run_time=0.4)
        for k in range(n):
            self.play(FadeIn(self.net.row.link(k), shift=self.net.row.onward * 0.15), run_time=0.4)
            self.play(FadeIn(self.net.numbers[k + 1]), run_time=0.3)

    def walk_back(self) -> None:
        gradients, order = self.net.gradients, range(len(self.nodes.links))[::-1]
        self.say(
            en="Now backward: start with dy/dy = 1, and multiply by the rate of every node.",
            ko="이제 뒤로 간다. dy/dy = 1에서 시작해, 지나는 노드마다 그 변화율을 곱한다.",
        )
        self.play(FadeIn(gradients[-1], self.back), run_time=0.6)
        for k in order:
            self.play(FadeIn(self.net.factors[k]), *self.net.pulse(k), run_time=0.6)
            self.play(TransformFromCopy(gradients[k + 1], gradients[k]), run_time=0.6)
        total = told(self.chain.total)
        self.say(
            en=f"At x arrives dy/dx: {total} again, from numbers alone, without a formula for it.",
            ko=f"x에 이르면 dy/dx이다. 이번에도 {total}, 도함수의 식 없이 수만으로 구했다.",
        )
        factors = " dot ".join(bracketed(r) for r in reversed(self.nodes.rates))
        answer = Formula(
            f"frac(dif y, dif x) = {factors} = {figure(self.chain.total)}",
            pick(wide=44, tall=54, square=60),
            "tangent",
        )
        fitted(answer, width()).move_to(level(wide=-2.3, tall=-4.7, square=-3.5))
        self.play(FadeIn(answer), Indicate(gradients[0], 1.3, color("tangent")), run_time=0.9)
        self.say(
            en="Neural networks learn by this walk back, with millions of nodes: back-propagation.",
            ko="신경망도 수백만 개의 노드를 이렇게 되돌아가며 배운다. 이것이 역전파이다.",
        )
        for k in order:
            self.play(*self.net.pulse(k), run_time=0.3)
        self.wait(0.6)

    def working(self, box: VGroup) -> Any:
        """A machine that swells for a moment."""
        return box.animate(rate_func=there_and_back).scale(1.08)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Values, ratios, rates, product and gradients as drawn, against SymPy and measured slopes."""
        f, a, n = self.f, self.a, len(self.chain.links)
        slope = f.derivative()(a)
        self.agree("y as drawn", self.nudges.numbers[-1].value, f(a), 1e-9)
        for link, v, rate, graph in zip(
            self.chain.links, self.chain.values, self.slopes, self.graphs, strict=False
        ):
            true = link.function.derivative()(v)
            self.agree(f"the rate of {link.function}", value(rate.markup), true, 5e-4)
            self.agree(f"the tangent of {link.function}", graph.plane.slope_of(graph.tangent), true, 1e-6)
        for h, (_, cells) in zip(self.hs, self.nudges.rows, strict=True):
            *factors, whole = (value(cell.markup) for cell in cells[: n + 1])
            self.agree(f"Δy/Δx for a nudge of {h:g}", whole, (f(a + h) - f(a)) / h, 1e-3)
            self.agree(f"the product for a nudge of {h:g}", math.prod(factors), whole, 4e-3)
        self.agree("dy/dx as a product", value(self.slopes[n].markup), slope, 5e-4)
        h = 1e-5 * abs(a) or 1e-5
        measured = (f(a + h) - f(a - h)) / (2 * h)
        first = value(self.net.gradients[0].markup)
        self.agree("dy/dx in the graph", first, slope, 5e-4)
        self.agree("dy/dx in the graph against a measured slope", first, measured, 1e-3)
        for k, link in enumerate(self.nodes.links):
            shown = value(self.net.numbers[k + 1].markup)
            self.agree(f"the value of the node {link.function}", shown, self.nodes.values[k + 1], 5e-4)
            passed = self.nodes.gradients[k + 1] * link.function.derivative()(self.nodes.values[k])
            shown = value(self.net.gradients[k].markup)
            self.agree(f"the derivative before the node {link.function}", shown, passed, 5e-4)

    def agree(self, what: str, drawn: float, true: float, tolerance: float) -> None:
        """Claim that two numbers are the same up to a share of their size."""
        self.claim(what, drawn / true if true else 1 + drawn, 1.0, tolerance)


def level(*, wide: float, tall: float, square: float) -> list[float]:
    """A point on the vertical line through the middle of the frame."""
    return [0, pick(wide=wide, tall=tall, square=square), 0]


def told(number: float) -> str:
    """A number in a sentence, four digits at most."""
    return plain(float(f"{number:.4g}") + 0.0)


def product_told(numbers: Sequence[float]) -> str:
    """Factors in a sentence, in brackets where they are negative."""
    return " × ".join(f"({told(n)})" if n < 0 else told(n) for n in numbers)


def after_vowel(number: float) -> bool:
    """Whether the last digit is read, in Korean, with a vowel at its end."""
    return told(number)[-1] in "2459"
