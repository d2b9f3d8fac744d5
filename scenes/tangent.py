"""From secant to tangent · 할선에서 접선으로

A second point slides towards the first, and the slope of the secant becomes the derivative.

둘째 점이 첫째 점으로 다가갈 때, 할선의 기울기의 극한이 미분계수이다.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from manim import (
    DOWN,
    LEFT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    VGroup,
    VMobject,
)

from derivviz.animation import Formula, parameter
from derivviz.animation.frame import enlarged, panels, pick, shape
from derivviz.animation.lens import Lens
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.numerals import plain, value
from derivviz.animation.secant_lesson import SecantLesson, place_column
from derivviz.animation.slope_table import SlopeTable, ascending, fit
from derivviz.animation.stage import SIZES, color
from derivviz.animation.tangent_parts import (
    arrange_lens,
    half_tangents,
    legend,
    notations,
    one_sided_limits,
    place_notations,
    quotient,
    upright,
)
from derivviz.calculus.difference import difference_quotient, expanded_quotient
from derivviz.calculus.differentiability import look_at
from derivviz.calculus.expression import Expression
from derivviz.calculus.secants import complaint, step_to
from derivviz.look import point_words as told
from derivviz.look.equations import line_markup, number_markup

DELTAS = "frac({{Delta y : h}}, {{Delta x : h}})"


class Tangent(SecantLesson):
    """Secant to tangent for any function and point (the delta method)."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("x**2 + 2*x + 1", "The function of x")
        at: float = parameter(1.0, "x of the point P that stays", minimum=-1e6, maximum=1e6)
        start: float | None = parameter(
            None, "x of the second point Q at first", flag="from", minimum=-1e8, maximum=1e8
        )

    def construct(self) -> None:
        function, at, start = self.parameters.function, self.parameters.at, self.parameters.start
        f = look_at(function, at, toward=-1 if start is not None and start < at else 1)
        self.begin(f, step_to(f, start))
        self.expanded = None if f.filled or f.slope is None else expanded_quotient(function, at)
        self.worked: VGroup | None = None
        self.the_question()
        self.the_secant()
        self.sliding()
        self.magnifying()
        self.other_side()
        if self.expanded is not None:
            lines = self.worked_out(self.expanded)
            if all(line.drawn_size >= SIZES["tick"] for line in lines):
                self.algebra(lines)
        if self.f.kind == "smooth":
            self.limit()
        else:
            self.no_derivative()

    # ---- the beats --------------------------------------------------------------------------------------

    def magnifying(self) -> None:
        self.say(
            en="P and Q look like one point now. So take a magnifying glass.",
            ko="이제 P와 Q가 한 점처럼 보인다. 돋보기로 들여다보자.",
        )
        small = self.quotient.copy().scale(0.75)
        head = (
            self.words(en="$x$ of $Q$", ko="$Q$의 $x$", size=enlarged("label"), fill="muted"),
            self.words(en="slope of $P Q$", ko="$P Q$의 기울기", size=enlarged("label"), fill="muted"),
        )
        others = [-h for h in self.hs if complaint(self.f, -h) is None]
        self.table = SlopeTable(head, self.f, self.hs, others)
        steep = 1.0 if self.f.slope is None else float(self.f.slope)
        samples = 1601 if self.f.kind == "oscillation" else 161
        radius = pick(wide=1.25, tall=1.2, square=1.7)
        self.lens = Lens(self.f, self.a, steep, samples, self.f.kind == "jump", radius)
        arrange_lens(self.lens, small, self.table)
        self.lens.show(self.h0, self.h0)
        self.play(
            FadeOut(self.key, self.h_shown, self.m_shown, self.p_name),
            *(FadeOut(self.formula) for _ in range(shape() != "wide")),
            self.quotient.animate.become(small),
            run_time=0.7,
        )
        self.plane.room_for()
        self.play(Create(self.picture.ring), FadeIn(self.lens, self.table[0], self.table[1]), run_time=0.9)
        self.play(self.lens.zoom(self.hs[0], self.hs[1]), run_time=3.0)
        self.play(FadeIn(self.table[2]), run_time=0.5)
        self.say(**told.enlarged(self.f, f"{round(self.hs[0] / self.hs[2]):,}"))
        self.play(self.lens.zoom(self.hs[1], self.hs[2]), run_time=3.6)
        self.play(FadeIn(self.table[3]), run_time=0.5)

    def other_side(self) -> None:
        """Q on the other side of P: the limit has to be the same from there."""
        left = self.h0 > 0
        lens = [self.lens, self.picture.ring, *self.beside_table(remain=False)]
        if (self.f.left if left else self.f.right) is None:
            self.say(
                en=f"On the {'left' if left else 'right'} of P there is no curve for a Q to slide on.",
                ko=f"P의 {'왼쪽' if left else '오른쪽'}에는 Q가 움직일 곡선이 없다.",
            )
            up = pick(wide=0.75, tall=0.0, square=0.0) * UP
            self.play(FadeOut(*lens), self.table.animate.shift(up), run_time=0.7)
            return
        self.say(
            en=f"And from the other side? Put Q to the {'left' if left else 'right'} of P.",
            ko=f"반대쪽에서는 어떨까? Q를 P의 {'왼쪽' if left else '오른쪽'}에 놓아 보자.",
        )
        moved = self.table.copy().place(panels().first.down(0.5), pick(wide=0.46, tall=0.46, square=0.5))
        self.table.middle, self.table.mirror = moved.middle, moved.mirror
        rows = list(reversed(moved.mirror))  # the farthest first
        self.play(
            FadeOut(*lens, self.secant, self.q, self.legs, self.picture.area),
            *(row.animate.move_to(to) for row, to in zip(self.table, moved, strict=True)),
            *(beside.animate.move_to(panels().second.center) for beside in self.beside_table(remain=True)),
            run_time=0.7,
        )
        self.play(FadeIn(self.table.middle), run_time=0.4)
        h = self.picture.other_side()
        if h is not None:
            self.put_q(h)
            self.play(FadeIn(self.secant, self.legs, self.picture.area, self.q), run_time=0.5)
            self.add(self.p, self.q)
        self.reveal(rows[:1])
        if h is not None:
            self.slide(-self.hs[1] if abs(h) > abs(self.hs[1]) else h / 4, 2.4)
        self.reveal(rows[1:])
        if self.f.kind == "smooth":
            self.say(
                en="From below and from above, the slopes close in on the same number.",
                ko="표의 위에서도 아래에서도 기울기는 같은 수에 가까워진다.",
            )
            self.play(Indicate(self.table.middle[1], 1.3, color("tangent")), run_time=1.0)

    def worked_out(self, expanded: sympy.Expr) -> VGroup:
        """The quotient with h as a letter, in two lines."""
        coefficients = sympy.Poly(expanded, sympy.Symbol("h")).all_coeffs()[::-1]
        left = f"{quotient(self.a_name)} {{{{= : eq}}}}"
        top = Formula(
            f"{left} frac({ascending(coefficients, 1)}, {{{{h : h}}}})", enlarged(46), h="parameter"
        )
        bottom = Formula(f"{{{{= : eq}}}} {ascending(coefficients, 0)}", enlarged(56), h="parameter")
        if coefficients[0] != 0:
            bottom.paint(m="tangent")
        column = panels().second
        fit(top).move_to([column.left, column.down(pick(wide=0.6, tall=0.6, square=0.9)), 0], LEFT)
        fit(bottom).next_to(top, DOWN, 0.4)
        room = (
            column.left + column.width - bottom.width
        )  # under the equals sign above, or as near as the column allows
        bottom.set_x(min(top.select("eq").get_left()[0], room), LEFT)
        return VGroup(top, bottom)

    def algebra(self, lines: VGroup) -> None:
        """The quotient with h as a letter: why the readings are what they are."""
        self.say(
            en="Where do these slopes come from? Leave h as a letter and work it out.",
            ko="이 기울기들은 어디서 나올까? h를 문자로 두고 계산해 보자.",
        )
        top, bottom = self.worked = lines
        back = self.table.copy().place(panels().first.down(pick(wide=0.6, tall=0.4, square=0.6)))
        self.play(
            FadeOut(self.table.middle, self.table.mirror, *self.beside_table(remain=True)),
            *(row.animate.move_to(to) for row, to in zip(self.table, back, strict=True)),
            run_time=0.7,
        )
        self.play(FadeIn(top, shift=UP * 0.15), run_time=0.9)
        self.wait(0.8)
        self.play(FadeIn(bottom, shift=UP * 0.15), run_time=0.9)
        (h1, m1), (h2, m2) = ((plain(h), plain(self.slope(h))) for h in self.hs[:2])
        self.say(
            en=f"It fits: h = {h1} gives {m1}, h = {h2} gives {m2}. "
            "The last digits are the computer's rounding.",
            ko=f"표와 맞는다. h = {h1}이면 {m1}, h = {h2}이면 {m2}이다. 맨 끝자리들은 컴퓨터의 반올림 오차이다.",
        )
        self.play(*(Indicate(self.table[row][1], 1.1, color("secant")) for row in (1, 2)), run_time=1.2)

    def limit(self) -> None:
        """The derivative, the tangent line and its equation."""
        slope, sign = number_markup(self.f.slope)
        number = plain(float(self.f.slope))
        only = f"only {number} is left" if self.worked else f"the slopes tend to {number}"
        self.say(
            en=f"As h goes to 0, {only}. This limit is the derivative at P.",
            ko=f"h가 0에 한없이 가까워지면 {f'{number}만 남는다' if self.worked else f'기울기의 극한은 {number}이다'}. "
            "이 극한값이 P에서의 미분계수, 곧 순간변화율이다.",
        )
        self.tangent = self.picture.tangent(float(self.f.slope))
        key = legend("tangent", en="tangent", ko="접선")
        limits = (f"= lim_({{{{h : h}}}} -> 0) {body}" for body in (quotient(self.a_name), DELTAS))
        laws = [
            fit(
                Formula(
                    f"{{{{f'({self.a_name}) : t}}}} {body} {sign} {{{{ {slope} : t }}}}",
                    enlarged(48),
                    t="tangent",
                )
            )
            for body in (*limits, "")
        ]
        law = next((law for law in laws if law.drawn_size >= SIZES["label"]), laws[-1])
        if law is not laws[-1]:
            law.paint(h="parameter")
        line = line_markup(self.f.slope, self.f.y - self.f.slope * self.f.x)
        self.line = fit(Formula(line, "body", "tangent"))
        room = pick(wide=0.32, tall=0.2, square=0.32)
        column = VGroup(key, law, self.line).arrange(DOWN, buff=room, aligned_edge=LEFT)
        place_column(column, pick(wide=1.2, tall=0.1 + column.height / 2, square=1.6))
        self.clear_column()
        self.play(FadeIn(key, law), run_time=0.8)
        self.bring_to_front(self.p)
        self.play(Create(self.tangent), FadeOut(self.secant, self.q), run_time=1.4)
        self.add(self.p)
        self.plane.room_for(self.p_name)
        self.play(FadeIn(self.line, self.p_name), run_time=0.5)
        self.add(self.p)
        if not self.f.proven:
            self.say(**told.unproven())

        self.say(
            en="Newton, Lagrange and Leibniz each wrote this same number in their own way.",
            ko="뉴턴, 라그랑주, 라이프니츠는 이 같은 값을 저마다의 기호로 적었다.",
        )
        for column in place_notations(notations(self.f)):
            self.play(FadeIn(column, shift=UP * 0.15), run_time=0.55)
        self.wait(0.6)
        self.say(
            en="The derivative is the slope of the tangent: the limit of the secants' slopes.",
            ko="미분계수는 접선의 기울기, 곧 할선의 기울기의 극한이다.",
        )
        self.fan()

    def fan(self) -> None:
        """Secants of ever nearer points, one after the other, closing on the tangent."""
        x, y = self.picture.x, self.picture.y
        for share in (0.75, 0.5, 0.25, 0.1):
            h = self.h0 * share
            reach = 1.2 * abs(h) / (self.plane.x_range[1] - self.plane.x_range[0])
            ends = self.plane.clip(self.slope(h), (x, y), reach)
            secant = Dashed(self.picture.here, ends[1] if h > 0 else ends[0], width=4)
            q = dot(self.plane.point(x + h, self.f(x + h)))
            self.add(secant, self.p, q)
            self.play(FadeIn(secant, q), run_time=0.35)
            self.wait(0.15)
            self.play(FadeOut(q), secant.animate.set_stroke(opacity=0.35), run_time=0.3)
        self.add(self.tangent, self.p)
        self.play(Indicate(self.tangent, 1.0, color("tangent")), run_time=0.8)
        self.wait(0.6)

    def no_derivative(self) -> None:
        """The limits from both sides, what kind of point this is, and what that means."""
        self.say(**told.approach(self.f))
        name = self.words(**told.NAMES[self.f.kind], size=enlarged("body"))
        limits = one_sided_limits(self.f)
        column = VGroup(name, limits, half_tangents(self.f)).arrange(DOWN, buff=0.45, aligned_edge=LEFT)
        place_column(column, pick(wide=2.5, tall=2.4, square=2.4))
        if shape() == "square":
            column[2].move_to([panels().second.left, panels().first.down(2.4), 0], LEFT)
        swinging = self.f.kind == "oscillation"
        self.clear_column(*([] if swinging else [self.secant, self.q]))
        self.play(FadeIn(limits), run_time=0.8)
        self.wait(0.8)
        what, therefore = told.verdict(self.f)
        self.say(**what)
        self.sides: dict[int, Segments] = {}  # −1 the left, 1 the right
        if self.f.kind in ("corner", "cusp", "vertical", "end"):
            slopes = zip((-1, 1), self.f.slopes(), strict=True)
            self.sides = {
                way: self.picture.half_line(slope, way) for way, slope in slopes if not math.isnan(slope)
            }
        self.play(
            FadeIn(name, shift=UP * 0.15), *(Create(side) for side in self.sides.values()), run_time=1.4
        )
        self.add(self.p)
        if swinging:
            for share in (0.9, 0.5, 0.25, 0.1):
                self.slide(self.h0 * share, 1.2)
        if len(column[2]):
            self.play(FadeIn(column[2]), run_time=0.6)
        if not self.f.proven:
            self.say(**told.unproven())
        self.say(**therefore)
        self.wait(0.5)

    # ---- parts ------------------------------------------------------------------------------------------

    def reveal(self, rows: Sequence[VMobject]) -> None:
        for row in rows:
            self.play(FadeIn(row, shift=UP * 0.1), run_time=0.5)

    def beside_table(self, *, remain: bool) -> list[VMobject]:
        """The quotient, where it stands beside the long table and so can remain, or where it cannot."""
        return [self.quotient] if remain == (shape() == "square") else []

    def clear_column(self, *more: VMobject) -> None:
        """Take away the table and what was worked out below it, and whatever else."""
        told = self.worked or VGroup(self.table.middle, self.table.mirror, *self.beside_table(remain=True))
        gone = [*self.table, told]
        self.play(FadeOut(*gone, self.legs, self.picture.area, *more), run_time=0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        self.claim_place("P", self.p, self.a)
        hs = [*self.hs, *reversed(self.table.others)]
        for h, row in zip(hs, [*self.table[1:], *self.table.mirror], strict=True):
            written, dots, _ = row[1].markup.partition(" dots")  # cut off where the column is too narrow
            true = difference_quotient(self.f, self.a, h)
            self.claim(f"the printed slope at h = {h:g}", value(written), true, 1e-7 if dots else 0)
        if self.f.kind == "smooth":
            true = float(self.f.slope) if self.f.filled else self.f.expression.derivative()(self.a)
            self.claim_slope("slope of the tangent", self.tangent, true)
            return
        for (way, side), which in zip(self.sides.items(), ("left", "right"), strict=False):
            slope = self.f.slopes()[way > 0]
            if math.isfinite(slope):
                self.claim_slope(f"slope from the {which}", side, slope)
            else:
                self.claim(f"the upright line on the {which}", upright(side), 0)
