"""From secant to tangent · 할선에서 접선으로

A second point slides towards the first, and the slope of the secant becomes the derivative.

둘째 점이 첫째 점으로 다가갈 때, 할선의 기울기의 극한이 미분계수이다.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy
from manim import (
    DOWN,
    LEFT,
    ORIGIN,
    RIGHT,
    UL,
    UP,
    UR,
    Circle,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Indicate,
    Polygon,
    ValueTracker,
    VGroup,
    VMobject,
    linear,
    smooth,
)

from derivviz.animation import Formula, Lesson, Morph, Number, parameter
from derivviz.animation.lens import Lens
from derivviz.animation.lines import Dashed, Segments, dot, straight
from derivviz.animation.numerals import bracket, numeral, plain, printed, short, value
from derivviz.animation.placing import AROUND, place
from derivviz.animation.plane import Plane
from derivviz.animation.stage import SIZES, color
from derivviz.calculus.difference import Line as StraightLine
from derivviz.calculus.difference import difference_quotient, exact, one_sided_slopes, secant, tangent
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError
from derivviz.look.math import typst_math

LEFT_EDGE = -6.95  # of the plane with its tick labels
COLUMN, WIDTH = 1.35, 5.5  # left edge and width of the column of formulas
STEPS = (40, 4_000_000)  # the published run divides the first distance, 4, by these


class Tangent(Lesson):
    """Secant to tangent for any function and point (the delta method)."""

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("x**2 + 2*x + 1", "The function of x")
        at: float = parameter(1.0, "x of the point P that stays", minimum=-1e6, maximum=1e6)
        start: float = parameter(
            5.0, "x of the second point Q at first", flag="from", minimum=-1e6, maximum=1e6
        )

    def construct(self) -> None:
        self.prepare()
        self.heading = self.title()
        self.the_question()
        self.the_secant()
        self.sliding()
        self.magnifying()
        if self.difference is not None:
            self.algebra()
        self.limit()

    # ---- the mathematics --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Everything that the pictures say, worked out first."""
        f, a, b = self.parameters.function, self.parameters.at, self.parameters.start
        if a == b:
            raise UsageError(f"P and Q are both at x = {a:g}: give --from another x than --at")
        for flag, x in (("at", a), ("from", b)):
            if not math.isfinite(f(x)):
                raise UsageError(f"{f.text} has no value at x = {x:g}: choose another --{flag}")
        self.f, self.a, self.h0 = f, a, b - a
        self.hs = [self.h0, *(self.h0 / step for step in STEPS)]
        self.left, self.right = (float(s) for s in one_sided_slopes(f, a))
        self.slope = self.left if self.left == self.right and math.isfinite(self.left) else None
        self.upright = math.isinf(self.left) and self.left == self.right
        self.difference = self.expanded_difference()
        self.a_name = numeral(a) if len(numeral(a)) <= 4 else "a"  # long numbers fill no formula
        self.worked: VGroup | None = None

    def expanded_difference(self) -> sympy.Expr | None:
        """(f(a+h) − f(a))/h as a polynomial in h, when it is short enough to be shown."""
        h, x = sympy.Symbol("h"), self.f.symbol
        a = exact(self.a)  # as it is typed: 0.1 is 1/10, and 2.718281828 is not e
        if not self.f.sympy.is_polynomial(x) or self.slope is None:
            return None
        quotient = sympy.expand((self.f.sympy.subs(x, a + h) - self.f.sympy.subs(x, a)) / h)
        terms = sympy.Add.make_args(quotient)
        return quotient if len(terms) <= 4 and h in quotient.free_symbols else None

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """A window of the plane with P, Q and the curve around them."""
        low, high = sorted((self.a, self.a + self.h0))
        width = high - low
        x = np.linspace(low - 0.55 * width, high + 0.07 * width, 400)
        y = self.f(x)
        y = y[np.isfinite(y)]
        ends = np.array([self.f(self.a), self.f(self.a + self.h0)])
        room = max(float(np.ptp(ends)), float(np.subtract(*np.percentile(y, [90, 10]))))
        bottom = max(y.min(), ends.min() - 1.2 * room)
        top = min(y.max(), ends.max() + 0.6 * room)
        if top - bottom < 1e-9 * max(1.0, abs(top)):  # a level line
            bottom, top = bottom - max(1.0, abs(bottom)), top + max(1.0, abs(top)) / 2
        pad = 0.08 * (top - bottom)
        return (low - 0.6 * width, high + 0.3 * width), (bottom - pad, top + pad)

    # ---- the beats --------------------------------------------------------------------------------------

    def the_question(self) -> None:
        self.plane = Plane(*self.ranges(), width=6.9, height=5.5)
        self.plane.move_to([-3.25, 0.05, 0])
        self.plane.shift(RIGHT * max(0.0, LEFT_EDGE - self.plane.get_left()[0]))
        self.curve = self.plane.curve(self.f)
        self.here = self.plane.point(self.a, self.f(self.a))
        self.ring = Circle(0.3, stroke_color=color("muted"), stroke_width=3).move_to(self.here)
        self.plane.keep_clear(*self.sweep(), self.curve, self.ring)
        self.p = dot(self.here)
        self.p_name = Formula(self.coordinates("P", self.a), "label")
        self.say(
            en="How steep is this curve at one single point, P?",
            ko="이 곡선은 점 P 한 곳에서 얼마나 가파를까?",
        )
        self.play(FadeIn(self.plane), run_time=0.8)
        self.formula = Formula(f"y = {typst_math(self.f)}", "label", "function")
        along = self.curve.points[:: max(1, len(self.curve.points) // 8)]
        anchors = along[::-1] if self.h0 > 0 else along
        avoid = [self.plane, self.curve, *self.sweep(), self.heading]
        place(self.formula, anchors, avoid, (LEFT, UL, RIGHT, UR, DOWN, UP))
        self.play(Create(self.curve), run_time=1.4, rate_func=linear)
        self.play(FadeIn(self.formula), run_time=0.5)
        scene = [self.plane, self.curve, self.formula, *self.sweep()]
        place(self.p_name, self.here, scene)
        self.plane.room_for(self.formula, self.p_name)
        self.play(GrowFromCenter(self.p), FadeIn(self.p_name), run_time=0.7)

    def the_secant(self) -> None:
        self.say(
            en="Slope needs two points. So we take a second one on the curve: Q.",
            ko="기울기를 구하려면 점이 두 개 필요하다. 곡선 위에 둘째 점 Q를 잡자.",
        )
        self.h = ValueTracker(self.h0)
        self.q = dot(self.plane.point(self.a + self.h0, self.f(self.a + self.h0)))
        self.secant = Dashed(ORIGIN, RIGHT)
        self.legs = Segments([[ORIGIN, RIGHT], [RIGHT, UR]], "parameter", 3)
        self.area = Polygon(ORIGIN, RIGHT, UR, stroke_width=0)
        self.area.set_fill(color("parameter"), opacity=0.08)
        self.move_q(self.h0)
        self.q_name = Formula(self.coordinates("Q", self.a + self.h0), "label")
        avoid = [
            self.heading,
            self.plane,
            self.curve,
            self.formula,
            self.secant,
            self.legs,
            self.p_name,
            self.p,
        ]
        place(self.q_name, self.q.get_center(), avoid, (UL, LEFT, UR, RIGHT, DOWN, UP))
        self.plane.room_for(self.formula, self.p_name, self.q_name)
        self.play(GrowFromCenter(self.q), FadeIn(self.q_name), run_time=0.7)
        self.play(Create(self.secant), run_time=0.9)
        self.add(self.p, self.q)

        self.say(
            en=f"From P to Q, x grows by {self.h0:g} and y by {self.rise(self.h0):g}: rise over run.",
            ko=f"P에서 Q까지 x는 {self.h0:g}, y는 {self.rise(self.h0):g}만큼 변한다. "
            "그 비, 곧 평균변화율이 직선 PQ의 기울기이다.",
        )
        self.dx = Formula(f"Delta x = {short(self.h0)}", "label", "parameter")
        self.dy = Formula(f"Delta y = {short(self.rise(self.h0))}", "label", "parameter")
        corner, end = self.legs.points[3], self.legs.points[-1]
        avoid = [*avoid, self.q_name, self.q]
        place(self.dx, (self.here + corner) / 2, avoid, (DOWN, UP, *AROUND))
        sides = (LEFT, RIGHT) if self.h0 > 0 else (RIGHT, LEFT)
        place(self.dy, corner * 0.7 + end * 0.3, [*avoid, self.dx], (*sides, *AROUND))
        self.plane.room_for(self.formula, self.p_name, self.q_name, self.dx, self.dy)
        self.play(Create(self.legs), FadeIn(self.area), run_time=1.0)
        self.play(FadeIn(self.dx), FadeIn(self.dy), run_time=0.5)
        self.key = self.legend("secant", en="secant", ko="할선")
        q, p = self.a + self.h0, self.a
        quotient = Formula(
            "frac({{Delta y : dy}}, {{Delta x : dx}}) {{= : eq}} "
            f"frac({short(self.f(q))} - {bracket(self.f(p))}, {short(q)} - {bracket(p)}) = "
            f"{{{{ {short(self.rise(self.h0) / self.h0)} : m }}}}",
            50,
            dx="parameter",
            dy="parameter",
            m="secant",
        )
        through = secant(self.f, p, q)
        self.equation = fit(Formula(f"y = {line_markup(through)}", "body", "secant"))
        column = VGroup(self.key, fit(quotient), self.equation).arrange(DOWN, buff=0.3, aligned_edge=LEFT)
        column.move_to([COLUMN, 1.35, 0], LEFT)
        self.quotient = quotient
        self.play(FadeIn(self.key), run_time=0.4)
        self.play(FadeIn(self.quotient, shift=UP * 0.15), run_time=0.8)
        self.play(FadeIn(self.equation), run_time=0.5)
        self.wait(1.2)
        self.check_secant(self.h0)

    def sliding(self) -> None:
        self.say(
            en="Now let Q slide along the curve towards P, and watch the slope.",
            ko="이제 Q를 곡선을 따라 P 쪽으로 움직이며 기울기를 지켜보자.",
        )
        general = fit(
            Formula(
                f"frac({{{{Delta y : dy}}}}, {{{{Delta x : dx}}}}) {{{{= : eq}}}} {self.quotient_markup()}",
                50,
                dx="parameter",
                dy="parameter",
                h="parameter",
            )
        ).move_to(self.quotient, LEFT)
        places = max(2, 2 - math.floor(math.log10(max(abs(self.h0), 1e-12))))
        slope = self.words(en="slope $=$", ko="기울기 $=$", fill="secant")
        rows = VGroup(Formula("h =", "body", "parameter"), slope)
        rows.arrange(DOWN, buff=0.35, aligned_edge=RIGHT).next_to(general, DOWN, 0.5).align_to(general, LEFT)
        self.h_number = Number(self.h0, f".{places}f", "body", "parameter")
        self.m_number = Number(self.rise(self.h0) / self.h0, f".{places}f", "body", "secant", width=16)
        for row, number in zip(rows, (self.h_number, self.m_number), strict=True):
            number.at([rows.get_right()[0] + 0.2, row.pen.points[0][1], 0])
        self.rows = rows
        self.play(
            Morph(self.quotient, general),
            FadeOut(self.dx, self.dy, self.q_name, self.formula, self.equation),
            FadeIn(rows, self.h_number, self.m_number),
            run_time=1.0,
        )
        self.quotient = general
        self.moving = VGroup(self.area, self.secant, self.legs, self.p, self.q, self.h_number, self.m_number)
        self.add(self.moving)
        self.moving.add_updater(lambda _: self.move_q(self.h.get_value()))
        for share, seconds in ((0.5, 1.6), (0.25, 1.4), (1 / STEPS[0], 2.2)):
            self.play(self.h.animate.set_value(self.h0 * share), run_time=seconds, rate_func=smooth)
            self.wait(0.4)
            self.check_secant(self.h0 * share)
        self.moving.clear_updaters()
        self.plane.room_for(self.p_name)

    def magnifying(self) -> None:
        self.say(
            en="P and Q look like one point now. So take a magnifying glass.",
            ko="이제 P와 Q가 한 점처럼 보인다. 돋보기로 들여다보자.",
        )
        small = self.quotient.copy().scale(0.75).move_to([COLUMN, 2.4, 0], LEFT)
        self.table = self.readings()
        self.lens = Lens(self.f, self.a, 1.0 if self.slope is None else self.slope)
        self.lens.move_to([3.0, -1.52, 0])
        self.lens.show(self.h0, self.h0)
        self.play(
            FadeOut(self.key, self.rows, self.h_number, self.m_number, self.p_name),
            self.quotient.animate.become(small),
            run_time=0.7,
        )
        self.plane.room_for()
        self.play(Create(self.ring), FadeIn(self.lens, self.table[0], self.table[1]), run_time=0.9)
        self.play(self.lens.zoom(self.hs[0], self.hs[1]), run_time=3.0)
        self.play(FadeIn(self.table[2]), run_time=0.5)

        enlarged = f"{round(self.hs[0] / self.hs[2]):,}"
        self.say(
            en=f"Enlarged {enlarged} times, the curve looks like a straight line.",
            ko=f"{enlarged}배로 확대하면 곡선이 직선처럼 보인다.",
        ) if self.slope is not None or self.upright else self.say(
            en=f"Even enlarged {enlarged} times, the curve does not look like a straight line through P.",
            ko=f"{enlarged}배로 확대해도 곡선은 P를 지나는 직선처럼 보이지 않는다.",
        )
        self.play(self.lens.zoom(self.hs[1], self.hs[2]), run_time=3.6)
        self.play(FadeIn(self.table[3]), run_time=0.5)

    def algebra(self) -> None:
        """The quotient with h as a letter: why the readings are what they are."""
        self.say(
            en="Where do these slopes come from? Leave h as a letter and work it out.",
            ko="이 기울기들은 어디서 나올까? h를 문자로 두고 계산해 보자.",
        )
        assert self.difference is not None
        h = sympy.Symbol("h")
        coefficients = sympy.Poly(self.difference, h).all_coeffs()[::-1]
        top = Formula(
            f"{self.quotient_markup()} {{{{= : eq}}}} frac({ascending(coefficients, 1)}, {{{{h : h}}}})",
            46,
            h="parameter",
        )
        bottom = Formula(f"{{{{= : eq}}}} {ascending(coefficients, 0)}", 56, h="parameter")
        if coefficients[0] != 0:
            bottom.paint(m="tangent")
        fit(top).move_to([COLUMN, -0.55, 0], LEFT)
        bottom.next_to(top, DOWN, 0.4)
        room = COLUMN + WIDTH - bottom.width  # under the equals sign above, or as near as the column allows
        bottom.set_x(min(top.select("eq").get_left()[0], room), LEFT)
        self.play(
            FadeOut(self.lens, self.ring, self.quotient), self.table.animate.shift(UP * 0.75), run_time=0.7
        )
        self.play(FadeIn(top, shift=UP * 0.15), run_time=0.9)
        self.wait(0.8)
        self.play(FadeIn(bottom, shift=UP * 0.15), run_time=0.9)
        self.worked = VGroup(top, bottom)
        first, second = (plain(self.rise(h) / h) for h in self.hs[:2])
        self.say(
            en=f"It fits: h = {self.hs[0]:g} gives {first}, h = {self.hs[1]:g} gives {second}. "
            "The last digits are the computer's rounding.",
            ko=f"표와 맞는다. h = {self.hs[0]:g}이면 {first}, h = {self.hs[1]:g}이면 {second}이다. "
            "맨 끝자리들은 컴퓨터의 반올림 오차이다.",
        )
        self.play(*(Indicate(self.table[row][1], 1.1, color("secant")) for row in (1, 2)), run_time=1.2)

    def limit(self) -> None:
        leaving = [
            *self.table,
            *([self.lens, self.ring, self.quotient] if self.worked is None else [self.worked]),
        ]
        if self.slope is None:
            self.no_tangent(leaving)
            return
        left = plain(self.slope)
        self.say(
            en=f"As h goes to 0, {f'only {left} is left' if self.worked else f'the slopes tend to {left}'}. "
            "This limit is the derivative at P.",
            ko=f"h가 0에 한없이 가까워지면 {f'{left}만 남는다' if self.worked else f'기울기의 극한은 {left}이다'}. "
            "이 극한값이 P에서의 미분계수, 곧 순간변화율이다.",
        )
        self.tangent = Segments([self.plane.clip(self.slope, (self.a, self.f(self.a)))], "tangent", 5.5)
        key = self.legend("tangent", en="tangent", ko="접선")
        law = self.law(self.quotient_markup())
        if law.drawn_size < SIZES["label"]:
            law = self.law("frac({{Delta y : h}}, {{Delta x : h}})")
        line = fit(Formula(f"y = {line_markup(tangent(self.f, self.a))}", "body", "tangent"))
        column = VGroup(key, law, line).arrange(DOWN, buff=0.32, aligned_edge=LEFT)
        column.move_to([COLUMN, 1.6, 0], LEFT)
        self.play(FadeOut(*leaving, self.legs, self.area), run_time=0.6)
        self.play(FadeIn(key, law), run_time=0.8)
        self.bring_to_front(self.p)
        self.play(Create(self.tangent), FadeOut(self.secant, self.q), run_time=1.4)
        self.add(self.p)
        self.plane.room_for(self.p_name)
        self.play(FadeIn(line, self.p_name), run_time=0.5)
        self.add(self.p)

        self.say(
            en="Newton, Lagrange and Leibniz each wrote this same number in their own way.",
            ko="뉴턴, 라그랑주, 라이프니츠는 이 같은 값을 저마다의 기호로 적었다.",
        )
        self.notations = self.three_notations()
        self.notations.move_to([COLUMN, -1.45, 0], LEFT)
        for column in self.notations:
            self.play(FadeIn(column, shift=UP * 0.15), run_time=0.55)
        self.wait(0.6)
        self.say(
            en="The derivative is the slope of the tangent: the limit of the secants' slopes.",
            ko="미분계수는 접선의 기울기, 곧 할선의 기울기의 극한이다.",
        )
        self.fan()

    def law(self, quotient: str) -> Formula:
        """The definition of the derivative at P, with its value."""
        markup = f"{{{{f'({self.a_name}) : t}}}} = lim_({{{{h : h}}}} -> 0) {quotient} = "
        return fit(Formula(f"{markup} {{{{ {numeral(self.slope)} : t }}}}", 48, h="parameter", t="tangent"))

    def fan(self) -> None:
        """Secants of ever nearer points, one after the other, closing on the tangent."""
        middle = (self.a, self.f(self.a))
        for share in (0.75, 0.5, 0.25, 0.1):
            h = self.h0 * share
            reach = 1.2 * abs(h) / (self.plane.x_range[1] - self.plane.x_range[0])
            ends = self.plane.clip(self.rise(h) / h, middle, reach)
            secant = Dashed(self.here, ends[1] if h > 0 else ends[0], width=4)
            q = dot(self.plane.point(self.a + h, self.f(self.a + h)))
            self.add(secant, self.p, q)
            self.play(FadeIn(secant, q), run_time=0.35)
            self.wait(0.15)
            self.play(FadeOut(q), secant.animate.set_stroke(opacity=0.35), run_time=0.3)
        self.add(self.tangent, self.p)
        self.play(Indicate(self.tangent, 1.0, color("tangent")), run_time=0.8)
        self.wait(0.6)

    def no_tangent(self, leaving: list[VMobject]) -> None:
        """The two one-sided slopes of a point without a derivative."""
        left, right = self.left, self.right
        tells = {"l": told(left), "r": told(right)}
        self.say(
            en=f"From the left the slopes {tells['l']['en']}, from the right they {tells['r']['en']}.",
            ko=f"기울기는 P의 왼쪽에서 {tells['l']['ko and']}, 오른쪽에서 {tells['r']['ko']}.",
        )
        rows = VGroup(
            fit(
                Formula(
                    f"{self.one_sided_markup(way)} {tells[side]['math']}", 46, role, h="parameter", q="ink"
                )
            )
            for way, side, role in (("-", "l", "secant"), ("+", "r", "tangent"))
        )
        rows.arrange(DOWN, buff=0.5, aligned_edge=LEFT).move_to([COLUMN, 0.6, 0], LEFT)
        self.play(FadeOut(*leaving, self.legs, self.area, self.secant, self.q), run_time=0.7)
        self.sides: dict[int, Segments] = {}  # −1 the left, 1 the right
        for row, slope, way in zip(rows, (left, right), (-1, 1), strict=True):
            if math.isnan(slope):  # no limit, no line
                self.play(FadeIn(row), run_time=1.1)
                continue
            side = self.half_line(slope, way)
            self.sides[way] = side
            self.play(FadeIn(row), Create(side), run_time=1.1)
        self.add(self.p)
        if self.upright:
            self.say(
                en="The line stands upright: it has no slope, so there is no derivative at P.",
                ko="직선이 수직으로 서서 기울기가 없다. 그래서 P에서는 미분가능하지 않다.",
            )
        elif math.isinf(left) or math.isinf(right):
            self.say(
                en="A slope without bound is no number: there is no derivative at P.",
                ko="기울기가 한없이 커지거나 작아져 극한값이 없다. P에서는 미분가능하지 않다.",
            )
        elif math.isnan(left) or math.isnan(right):
            self.say(
                en="A derivative takes the same limit from both sides: there is none at P.",
                ko="미분계수가 있으려면 양쪽의 극한이 모두 있고 서로 같아야 한다. P에서는 미분가능하지 않다.",
            )
        else:
            self.say(
                en="The two do not agree: there is no tangent at P, and no derivative.",
                ko="두 값이 서로 다르다. P에서는 접선도 미분계수도 없다.",
            )
        self.wait(0.5)

    # ---- parts ------------------------------------------------------------------------------------------

    def rise(self, h: float) -> float:
        return self.f(self.a + h) - self.f(self.a)

    def quotient_markup(self) -> str:
        """(f(a + h) − f(a))/h with every h labelled."""
        a = self.a_name
        return f"frac(f({a} + {{{{h : h}}}}) - f({a}), {{{{h : h}}}})"

    def one_sided_markup(self, way: str) -> str:
        return f"{{{{lim_({{{{h : h}}}} -> 0^{way}) {self.quotient_markup()} = : q}}}}"

    def coordinates(self, name: str, x: float) -> str:
        return f"{name}({short(x)}, {short(self.f(x))})"

    def move_q(self, h: float) -> None:
        """Put everything that hangs on Q where it is for this h."""
        x, y = self.a, self.f(self.a)
        there = self.plane.point(x + h, self.f(x + h))
        corner = self.plane.point(x + h, y)
        self.q.move_to(there)
        self.secant.set_ends(*self.plane.clip(self.rise(h) / h, (x, y)))
        self.legs.points = straight([[self.here, corner], [corner, there]])
        self.area.set_points_as_corners([self.here, corner, there, self.here])
        if hasattr(self, "h_number"):
            self.h_number.set_value(h)
            self.m_number.set_value(self.rise(h) / h)

    def sweep(self) -> list[VMobject]:
        """Where secants, tangent and legs will run, so that labels keep clear of them from the start."""
        x, y = self.a, self.f(self.a)
        stops = np.linspace(1, 0.02, 12) * self.h0
        slopes = [self.rise(h) / h for h in stops if math.isfinite(self.rise(h))]
        slopes += [side for side in (self.left, self.right) if math.isfinite(side)]
        here, corner = self.plane.point(x, y), self.plane.point(x + self.h0, y)
        there = self.plane.point(x + self.h0, self.f(x + self.h0))
        legs = Segments([[here, corner], [corner, there]])
        return [*(Segments([self.plane.clip(m, (x, y))]) for m in slopes), legs]

    def legend(self, role: str, *, en: str, ko: str) -> VGroup:
        end = RIGHT * 0.8
        line = Dashed(ORIGIN, end) if role == "secant" else Segments([[ORIGIN, end]], role, 5.5)
        return VGroup(line, self.words(en=en, ko=ko, fill="muted", size="label")).arrange(RIGHT, buff=0.25)

    def readings(self) -> VGroup:
        """Rows of x of Q and the slope that float64 prints, as anybody's Python does."""
        head = VGroup(
            self.words(en="$x$ of $Q$", ko="$Q$의 $x$", size="label", fill="muted"),
            self.words(en="slope of $P Q$", ko="$P Q$의 기울기", size="label", fill="muted"),
        )
        rows = [head]
        for h in self.hs:
            q = repr(self.a + h).removesuffix(".0")
            m = repr(difference_quotient(self.f, self.a, h)).removesuffix(".0")
            rows.append(VGroup(Formula(printed(q), "label"), Formula(printed(m), "label", "secant")))
        second = COLUMN + max(1.9, max(row[0].width for row in rows) + 0.35)
        room = COLUMN + WIDTH - second
        for number, (row, h) in enumerate(zip(rows, [None, *self.hs], strict=True)):
            if h is not None and row[1].width > room * SIZES["label"] / SIZES["tick"]:  # too small to read
                digits = f"{difference_quotient(self.f, self.a, h):.8g}"
                row.remove(row[1]).add(Formula(f"{printed(digits)} dots", "label", "secant"))
            fit(row[1], room)
            for part, x in zip(row, (COLUMN, second), strict=True):
                part.at([x, 1.45 - 0.5 * number, 0])
        return VGroup(*rows)

    def three_notations(self) -> VGroup:
        a = self.a_name
        columns = []
        for name_en, name_ko, markup in (
            ("Newton", "뉴턴", "{{dot(y) : t}}"),
            ("Lagrange", "라그랑주", f"{{{{f'({a}) : t}}}}"),
            ("Leibniz", "라이프니츠", f"{{{{lr(frac(dif y, dif x) |)_(x = {a}) : t}}}}"),
        ):
            name = self.words(en=name_en, ko=name_ko, size="label", fill="muted")
            columns.append(VGroup(name, Formula(markup, 46, t="tangent")))
        for column in columns:
            column[0].at([0, 1.25, 0])
            column[1].at([0, 0, 0]).set_y(0.25)
        gap = max(0.2, min(0.7, (WIDTH - sum(column.width for column in columns)) / 2))
        for left, right in pairwise(columns):
            right.set_x(left.get_right()[0] + gap, LEFT)
        return VGroup(*columns)

    def half_line(self, slope: float, side: int) -> Segments:
        """The tangent from one side; upright when the slope has no bound."""
        if math.isfinite(slope):
            a, b = self.plane.clip(slope, (self.a, self.f(self.a)))
            end = b if side > 0 else a
        else:
            y0, y1 = self.plane.y_range
            up = (slope > 0) == (side > 0)
            end = self.plane.point(self.a, y1 if up else y0)
        return Segments([[self.here, end]], "secant" if side < 0 else "tangent", 5.5)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_secant(self, h: float) -> None:
        self.claim(f"slope of the secant at h = {h:g}", self.plane.slope_of(self.secant), self.rise(h) / h)
        x, y = self.plane.numbers(self.q.get_center())
        self.claim("x of Q", x, self.a + h)
        self.claim("Q lies on the curve", y, self.f(self.a + h))
        if h != self.h0:  # the read-outs are there once Q slides
            for name, number, true in (("h", self.h_number, h), ("slope", self.m_number, self.rise(h) / h)):
                places = len(number.text(0.0).partition(".")[2])
                self.claim(
                    f"the read-out of {name}", float(number.text(number.value)), true, 0.51 * 10**-places
                )

    def verify(self) -> None:
        x, y = self.plane.numbers(self.p.get_center())
        self.claim("x of P", x, self.a)
        self.claim("P lies on the curve", y, self.f(self.a))
        for h, row in zip(self.hs, self.table[1:], strict=True):
            written, dots, _ = row[1].markup.partition(" dots")  # cut off where the column is too narrow
            tolerance = 1e-7 if dots else 0
            self.claim(f"the printed slope at h = {h:g}", value(written), self.rise(h) / h, tolerance)
        if self.slope is not None:
            true = float(self.f.sympy.diff(self.f.symbol).subs(self.f.symbol, exact(self.a)))
            self.claim("slope of the tangent", self.plane.slope_of(self.tangent), true)
            return
        for way, side in self.sides.items():
            slope, which = (self.left, "left") if way < 0 else (self.right, "right")
            if math.isfinite(slope):
                self.claim(f"slope from the {which}", self.plane.slope_of(side), slope)
            else:
                self.claim(f"the upright line on the {which}", float(np.ptp(side.points[:, 0])), 0)


def ascending(coefficients: list[sympy.Expr], shift: int) -> str:
    """Σ c_k h^(k + shift) in rising powers of h; h and what stands alone are labelled."""
    terms = []
    for k, c in enumerate(coefficients):
        if c == 0:
            continue
        power = k + shift
        letter = "" if power == 0 else "h" if power == 1 else f"h^{power}"
        size = typst_math(abs(c)) if abs(c) != 1 or not letter else ""
        label = "h" if letter else "m"
        term = f"{size} {{{{{letter} : h}}}}" if size and letter else f"{{{{{size}{letter} : {label}}}}}"
        terms.append(("- " if c < 0 else "+ " if terms else "") + term)
    return " ".join(terms)


def line_markup(line: StraightLine) -> str:
    """Slope and intercept as math: exact where they are short fractions, four digits otherwise."""
    x = sympy.Symbol("x")
    m, b = (sympy.Rational(str(round(v, 6))) for v in (line.slope, line.intercept))
    if all(v.q < 1000 for v in (m, b)):
        return typst_math(m * x + b)
    return f"{short(line.slope)} x {'+' if line.intercept >= 0 else '-'} {short(abs(line.intercept))}"


def fit(formula: Formula, width: float = WIDTH) -> Formula:
    """A formula made to fit the column."""
    return formula.scale_to_fit_width(width) if formula.width > width else formula


def told(slope: float) -> dict[str, str]:
    """What the slopes of one side do, in words (in Korean also to be followed by "and") and as math."""
    if math.isnan(slope):
        return {"en": "have no limit", "ko": "극한이 없다", "ko and": "극한이 없고", "math": '"—"'}
    if math.isinf(slope):
        end = f"{'+' if slope > 0 else '−'}∞"
        words = {"en": f"go to {end}", "ko": f"{end}로 발산한다", "ko and": f"{end}로 발산하고"}
        return {**words, "math": f"{end[0]} oo"}
    end = plain(slope)
    words = {"en": f"tend to {end}", "ko": f"{end}에 가까워진다", "ko and": f"{end}에 가까워지고"}
    return {**words, "math": numeral(slope)}
