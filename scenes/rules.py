"""The rules of differentiation · 미분법

Seven rules, each for a reason, take any formula apart; with an expression, that one is derived step by step.

일곱 가지 미분법을 이유와 함께 익히고, 어떤 식이든 한 단계씩 미분한다.
"""

from __future__ import annotations

import re
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
    GrowArrow,
    MoveToTarget,
    Transform,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
)

from derivviz.animation import Formula, Lesson, Morph, parameter
from derivviz.animation import rule_panels as panels
from derivviz.animation.blackboard import Blackboard
from derivviz.animation.frame import pick
from derivviz.animation.lines import Segments, dot
from derivviz.animation.working import entry, lettered
from derivviz.calculus.expression import Expression, parse
from derivviz.calculus.rules import RULES
from derivviz.look.rule_words import TELLINGS, name_of

SEVEN = ("constant", "power", "constant multiple", "sum", "product", "quotient", "chain")
U, V = "{{u : u}}", "{{v : v}}"


class Rules(Lesson):
    """The seven rules, or one expression step by step."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        expression: Expression = parameter(None, "An expression of x to derive step by step")

    def construct(self) -> None:
        self.heading = self.title()
        if self.parameters.expression is None:
            self.tour()
        else:
            self.board = Blackboard(self, self.parameters.expression)
            self.board.tell()

    def tour(self) -> None:
        self.worked: dict[str, Formula] = {}  # the examples, and where their derivative is written
        self.constant()
        self.power()
        self.constant_multiple()
        self.sum()
        self.product()
        self.quotient()
        self.chain()
        self.all_seven()

    def open(self, name: str, *, en: str, ko: str) -> None:
        """Clear the board and name the next rule."""
        self.say(en=en, ko=ko)
        told = name_of(next(rule for rule in RULES if rule.name == name))
        name = self.words(en=f"*{told['en']}*", ko=f"*{told['ko']}*", fill="muted")
        self.clear()
        self.play(FadeIn(panels.named(name)), run_time=0.4)

    def lines(
        self, *markups: str, size: float = 50, lift: float = 0, part: tuple[float, float] = (0, 1)
    ) -> VGroup:
        """Formulas one below the other in the column, not yet shown."""
        return panels.rows(markups, size, lift, part)

    def one_by_one(self, rows: VGroup, pause: float = 0.1) -> None:
        for row in rows:
            self.show(row)
            self.wait(pause)

    def clear(self) -> None:
        """Take everything off the board but title and caption."""
        leaving = [part for part in self.mobjects if part not in (self.heading, self._caption)]
        self.play(*(FadeOut(part) for part in leaving), run_time=0.4) if leaving else None

    def show(self, *parts: VMobject, seconds: float = 0.8) -> None:
        self.play(*(FadeIn(part, shift=UP * 0.15) for part in parts), run_time=seconds)

    def constant(self) -> None:
        self.open(
            "constant",
            en="Seven rules take any formula apart. First: what never changes has slope 0.",
            ko="일곱 가지 미분법이면 어떤 식이든 풀 수 있다. 먼저, 변하지 않는 것의 기울기는 0이다.",
        )
        self.level_plane = panels.plane(
            (-1, 4), (-1, 7), wide=(5.6, 4.6, -3.6), tall=(6.8, 5.0, 0), square=(5.0, 6.6, 0)
        )
        self.level = self.level_plane.curve(lambda x: 5 + 0 * x)
        name = Formula("y = 5", "label", "function").next_to(self.level, UP, 0.15)
        self.show(self.level_plane.room_for(name))
        self.play(Create(self.level), FadeIn(name), run_time=0.8)
        walker = dot(self.level.points[0])
        self.add(walker)
        self.play(walker.animate.move_to(self.level.points[-1]), run_time=1.6)
        rows = self.lines("frac(dif, dif x) 5 = {{0 : d}}", "(c)' = {{0 : d}}")
        self.worked["5"] = rows[0]
        self.one_by_one(rows)

    def power(self) -> None:
        self.open(
            "power",
            en="A square of side x: let x grow a little, and two strips of length x are added.",
            ko="한 변이 x인 정사각형에서 x가 조금 커지면, 길이가 x인 띠가 두 개 붙는다.",
        )
        self.square = panels.growing_square()
        sides = [Formula("x", "label").next_to(self.square.body, way, 0.15) for way in (DOWN, LEFT)]
        self.show(self.square, *sides)
        self.growth = ValueTracker(0.0)
        self.square.add_updater(lambda m: m.grow(self.growth.get_value(), self.growth.get_value()))
        self.play(self.growth.animate.set_value(0.7), run_time=1.4)
        strips = VGroup(*(Formula("x dot dif x", "label", "tangent") for _ in range(2)))
        strips[0].next_to(self.square.top, UP, 0.15)
        strips[1].next_to(self.square.right, RIGHT, 0.15)
        self.show(strips, *self.lines("(x^2)' = {{2 x : d}}", lift=1.2, part=(0, 0.25)))
        self.say(
            en="The corner, dx times dx, shrinks faster than the strips: only 2x is left.",
            ko="모서리 조각 dx·dx는 띠보다 훨씬 빨리 작아진다. 그래서 2x만 남는다.",
        )
        self.play(FadeOut(strips), self.growth.animate.set_value(0.12), run_time=2.0)
        self.square.clear_updaters()
        self.say(
            en="A cube grows on three faces, x⁵ on five: the exponent comes down as a factor.",
            ko="정육면체는 세 면에서, x의 다섯제곱은 다섯 면에서 자란다. 지수가 앞으로 내려온다.",
        )
        told = "(x^3)' = {{3 x^2 : d}}", "(x^5)' = {{5 x^4 : d}}", "(x^n)' = {{n x^(n - 1) : d}}"
        rows = self.lines(*told, lift=-0.9, part=(0.25, 1))
        faces, layers, gains = panels.growing_cube()
        self.play(FadeOut(self.square, *sides), FadeIn(faces), run_time=0.7)
        self.play(*(TransformFromCopy(f, k) for f, k in zip(faces, layers, strict=True)), run_time=1.0)
        self.show(*gains)
        self.worked["x^5"] = rows[1]
        self.one_by_one(rows, 0.3)

    def constant_multiple(self) -> None:
        self.open(
            "constant multiple",
            en="Three times as high is three times as steep: at x = 1, slope 6 and not 2.",
            ko="모든 곳에서 세 배 높으면 세 배 가파르다. x = 1에서 기울기는 2가 아니라 6이다.",
        )
        self.steep = panels.plane(
            (-0.5, 1.8), (-1, 6), wide=(5.4, 4.9, -3.7), tall=(6.2, 5.1, -0.4), square=(4.6, 6.6, -0.3)
        )
        tripled = self.steep.curve(lambda x: 3 * x**2)
        curves = self.steep.curve(np.square, role="muted"), tripled
        self.slopes = [Segments([self.steep.clip(m, (1, y), 0.2)], "tangent", 5) for m, y in ((2, 1), (6, 3))]
        names = VGroup(Formula("x^2", "label", "muted"), Formula("3 x^2", "label", "function"))
        self.steep.keep_clear(*curves, *self.slopes)
        for name, curve in zip(names, curves, strict=True):
            name.next_to(curve.points[-1], RIGHT, 0.15)
        self.steep.room_for(*names)
        self.show(self.steep)
        for name, curve, slope in zip(names, curves, self.slopes, strict=True):
            self.play(Create(curve), FadeIn(name), run_time=0.9)
            self.play(Create(slope), run_time=0.6)
        rows = self.lines(
            "(3 x^2)' = 3 dot (x^2)'", "= 3 dot 2 x = {{6 x : d}}", "(c {{u : u}})' = c {{u' : u}}"
        )
        self.worked["3x^2"] = rows[1]
        self.one_by_one(rows)

    def sum(self) -> None:
        self.open(
            "sum",
            en="Pile one height on another: what the pile gains is what its parts gain.",
            ko="두 높이를 쌓아 보자. 전체가 자란 만큼은 부분들이 자란 만큼의 합이다.",
        )
        gains = 3 * 1.1**2 - 3, 2 * 1.1**4 - 2  # from x = 1 to 1.1
        parts = (3, "function"), (gains[0], "tangent"), (2, "positive"), (gains[1], "tangent")
        self.unit = panels.pile_unit()
        before, after = panels.piles(parts)
        self.piles = before, after
        told = ("3 x^2", "approx 6 x dot dif x", "2 x^4", "approx 8 x^3 dot dif x")
        labels = VGroup(*(Formula(m, "label", role) for m, (_, role) in zip(told, parts, strict=True)))
        for label, block in zip(labels, after, strict=True):
            label.next_to(block, RIGHT, 0.2)
        feet = [Formula(markup, "label", "muted") for markup in ("x", "x + dif x")]
        for foot, blocks in zip(feet, self.piles, strict=True):
            foot.next_to(blocks, DOWN, 0.15)
        self.show(before, feet[0])
        self.play(TransformFromCopy(before, after[::2]), FadeIn(feet[1]), run_time=1.0)
        self.show(after[1::2], labels)
        self.add(after)
        rows = self.lines(
            "({{3 x^2 : u}} + {{2 x^4 : v}})'",
            "= {{ {{6 x : u}} + {{8 x^3 : v}} : s}}",
            "({{u : u}} + {{v : v}})' = {{u' : u}} + {{v' : v}}",
        )
        self.worked["3x^2 + 2x^4"] = rows[1]
        self.one_by_one(rows)

    def product(self) -> None:
        self.open(
            "product",
            en="A trap: is the derivative of a product the product of derivatives? Try x³·x⁴.",
            ko="함정이 있다. 곱의 도함수는 도함수끼리의 곱일까? x³과 x⁴의 곱으로 확인하자.",
        )
        trap = self.lines("x^3 dot x^4 = x^7", "(x^7)' = {{7 x^6 : d}}", "3 x^2 dot 4 x^3 = 12 x^5 != 7 x^6")
        self.one_by_one(panels.alone(trap), 0.3)
        self.say(
            en="No: in a rectangle u times v, each side that grows adds a strip along the other.",
            ko="아니다. 가로 u, 세로 v인 직사각형을 보자. 한 변이 자라면 다른 변을 따라 띠가 붙는다.",
        )
        self.rectangle = panels.growing_rectangle()
        u, v = Formula("u", "label", "function"), Formula("v", "label", "positive")
        u.next_to(self.rectangle.body, DOWN, 0.15)
        v.next_to(self.rectangle.body, LEFT, 0.15)
        self.play(FadeOut(trap), FadeIn(self.rectangle, u, v), run_time=0.7)
        self.rectangle.generate_target().grow(0.5, 0.7)
        self.play(MoveToTarget(self.rectangle), run_time=1.4)
        above, right = (lettered(f"{a} dot dif {b}", "label") for a, b in ((U, V), (V, U)))
        self.show(
            above.next_to(self.rectangle.top, UP, 0.15), right.next_to(self.rectangle.right, RIGHT, 0.15)
        )
        rows = self.lines(
            "({{u : u}} {{v : v}})' = {{u' : u}} {{v : v}} + {{u : u}} {{v' : v}}",
            "({{x^3 : u}} dot {{x^4 : v}})'",
            "= {{3 x^2 : u}} dot {{x^4 : v}} + {{x^3 : u}} dot {{4 x^3 : v}}",
            "= {{7 x^6 : d}}",
            lift=-0.25,
        )
        self.worked["x^3 * x^4"] = rows[3]
        self.one_by_one(rows)

    def quotient(self) -> None:
        self.open(
            "quotient",
            en="A quotient q is whatever makes u = qv, so the product rule knows its derivative.",
            ko="몫 q는 u = qv가 되게 하는 것이다. 그러니 곱의 미분법에서 바로 나온다.",
        )
        reason = self.lines(
            "q = frac({{u : u}}, {{v : v}})  quad => quad {{u : u}} = q {{v : v}}",
            "{{u' : u}} = q' {{v : v}} + q {{v' : v}}",
            "q' = frac({{u' : u}} - q {{v' : v}}, {{v : v}})"
            " = frac({{u' : u}} {{v : v}} - {{u : u}} {{v' : v}}, {{v : v}}^2)",
            size=46,
        )
        panels.argued(reason)
        self.one_by_one(reason, 0.5)
        self.say(
            en="Check it: x³ over x² is just x, and the rule gives its slope, 1.",
            ko="확인해 보자. x³/x²은 x이고, 법칙으로 구한 기울기도 1이다.",
        )
        rows = self.lines(
            "(frac({{x^3 : u}}, {{x^2 : v}}))'"
            " = frac({{3 x^2 : u}} dot {{x^2 : v}} - {{x^3 : u}} dot {{2 x : v}}, ({{x^2 : v}})^2)",
            "= frac(x^4, x^4) = {{1 : d}}",
            size=46,
        )
        panels.checked(rows)
        self.worked["x^3 / x^2"] = rows[1]
        self.one_by_one(rows)

    def chain(self) -> None:
        self.open(
            "chain",
            en="u runs 6x times as fast as x, and y 2u times as fast as u: the rates multiply.",
            ko="기계 두 대를 잇자. u는 x의 6x배, y는 u의 2u배 빠르기로 변한다. 변화율은 곱해진다.",
        )
        inner, outer, row, ways = panels.machines()
        rates = [panels.rated("times {{6 x : u}}", inner), panels.rated("times {{2 u : v}}", outer)]
        self.play(FadeIn(row), *(GrowArrow(way) for way in ways), run_time=1.0)
        self.show(*rates)
        squared = panels.chained(
            "((3 x^2 + 8)^2)' = {{2 (3 x^2 + 8) : v}} dot {{6 x : u}}", "= {{36 x^3 + 96 x : d}}", 0
        )
        self.show(squared)
        self.say(
            en="With the third power outside instead, the outer rate is 3u²: another answer.",
            ko="바깥이 세제곱이면 바깥의 변화율은 3u²이 되고, 답도 달라진다.",
        )
        thrice = panels.worked_by("u^3", "positive").move_to(outer)
        third = panels.rated("times {{3 u^2 : v}}", outer)
        third.move_to(rates[1], pick(wide=ORIGIN, tall=LEFT, square=ORIGIN))
        self.play(Transform(outer[0], thrice[0]), Morph(outer[1], thrice[1]), Morph(rates[1], third))
        cubed = panels.chained(
            "((3 x^2 + 8)^3)' = {{3 (3 x^2 + 8)^2 : v}} dot {{6 x : u}}", "= {{18 x (3 x^2 + 8)^2 : d}}", 1
        )
        self.show(cubed)
        self.wait(0.5)
        self.worked |= {"(3x^2 + 8)^2": squared, "(3x^2 + 8)^3": cubed}

    def all_seven(self) -> None:
        self.say(
            en="Seven rules, each for a reason. Together they take any formula apart.",
            ko="일곱 가지 미분법에는 저마다 이유가 있다. 모이면 어떤 식이든 미분할 수 있다.",
        )
        self.clear()
        rules = {rule.name: rule for rule in RULES}
        told = [entry(self.choose(**name_of(rules[name])), TELLINGS[name].formula) for name in SEVEN]
        panels.seven(told)
        for part in told:
            self.show(part, seconds=0.35)
        self.wait(0.8)

    def verify(self) -> None:
        if self.parameters.expression is None:
            self.verify_tour()
            return
        board = self.board
        self.claim("SymPy confirms the result", float(board.derivation.confirmed()), 1.0)
        drawn, true = ([sign.glyph for sign in f.glyphs] for f in (board.result, board.working.written()))
        self.claim("signs of the result as drawn", float(drawn == true), 1.0)
        self.claim("the result on the board", float(board.working.tree == board.derivation.result.tree), 1.0)
        self.claim("parts of the result left out", len(board.working.view.hidden), 0)
        if board.measured:
            x, rise = board.measured
            self.claim(f"measured slope at x = {x:g}", rise, self.parameters.expression.derivative()(x), 1e-6)

    def verify_tour(self) -> None:
        self.claim("slope of a constant", self.level_plane.slope_of(self.level), 0)
        for line, true in zip(self.slopes, (2, 6), strict=True):
            self.claim("slope at x = 1", self.steep.slope_of(line), true)
        x, dx = self.square.size[0], self.growth.get_value()
        strips = self.square.right.area + self.square.top.area
        self.claim("strips of the square", strips / dx, 2 * x)
        (u, v), (du, dv) = self.rectangle.size, self.rectangle.corner.sides
        strips = self.rectangle.right.area + self.rectangle.top.area
        self.claim("strips of the rectangle", strips, du * v + u * dv)
        after = [part.sides[1] / self.unit for part in self.piles[1]]
        for what, drawn, total in (("blue", after[:2], 3 * 1.1**2), ("green", after[2:], 2 * 1.1**4)):
            self.claim(f"height of the {what} part of the pile", sum(drawn), total)
        for text, row in self.worked.items():
            written = re.findall(r"\{\{ ?([^{}]+) : [dsuv]\}\}", row.markup)
            value = sum(parse(part)(1.5) for part in (written if "s}}" in row.markup else written[-1:]))
            self.claim(f"derivative of {text} as written", value, parse(text).derivative()(1.5))
