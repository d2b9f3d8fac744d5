"""The first half of the tangent lesson: P and Q on a curve, the secant through them, and Q sliding to P."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UL,
    UP,
    UR,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Mobject,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
    linear,
    smooth,
)

from derivviz.animation.frame import enlarged, panels, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments
from derivviz.animation.morph import Morph
from derivviz.animation.numerals import digits_apart, plain, short
from derivviz.animation.placing import AROUND, is_free, place
from derivviz.animation.plane import Array
from derivviz.animation.secants import Secants, clear_points
from derivviz.animation.slope_table import fit
from derivviz.animation.tangent_parts import ReadOut, legend, letter_for, quotient
from derivviz.animation.typeset import Formula
from derivviz.calculus.difference import exact
from derivviz.calculus.differentiability import Point
from derivviz.look import point_words as told
from derivviz.look.equations import line_markup
from derivviz.look.math import typst_math

STEPS = (40, 4_000_000)  # the published run divides the first distance, 4, by these


class SecantLesson(Lesson):
    """Secant through P and a Q that slides to P: the beats, the picture and its claims.

    Attributes
    ----------
    f, a, h0
        The function at P, the x of P, and the distance to Q at first.
    hs
        The distances whose slopes are printed.
    """

    def begin(self, f: Point, h0: float) -> None:
        """Take the function and the first distance, and show the title."""
        self.f, self.a, self.h0, self.h = f, float(f.x), h0, h0
        self.hs = [h0, *(h0 / step for step in STEPS)]
        self.a_name = letter_for(self.a)
        self.heading = self.title()

    # ---- the beats --------------------------------------------------------------------------------------

    def the_question(self) -> None:
        self.picture = Secants(self.f, self.h0)
        self.plane, self.curve, self.p = self.picture.plane, self.picture.curve, self.picture.p
        here = self.picture.here
        self.say(
            en="How steep is this curve at one single point, P?",
            ko="이 곡선은 점 P 한 곳에서 얼마나 가파를까?",
        )
        self.play(FadeIn(self.plane), run_time=0.8)
        avoid = [self.plane, self.curve, *self.picture.sweep(), self.heading, fence()]
        self.formula = self.the_formula(avoid)
        self.play(Create(self.curve), run_time=1.4, rate_func=linear)
        self.play(FadeIn(self.formula, self.picture.open_ends), run_time=0.5)
        avoid += [self.formula, self.picture.open_ends]
        self.p_name = self.beside(here, avoid, self.coordinates("P", self.a), "P")
        self.plane.room_for(self.formula, self.p_name)
        if self.f.filled:
            self.say(**told.gap(self.f))
        self.play(GrowFromCenter(self.p), FadeIn(self.p_name), run_time=0.7)

    def the_secant(self) -> None:
        self.say(
            en="Slope needs two points. So we take a second one on the curve: Q.",
            ko="기울기를 구하려면 점이 두 개 필요하다. 곡선 위에 둘째 점 Q를 잡자.",
        )
        picture, rise = self.picture, self.picture.rise(self.h0)
        self.q, self.secant, self.legs = picture.q, picture.secant, picture.legs
        lines = [self.plane, self.curve, self.secant, self.legs]
        avoid = [*lines, self.heading, self.formula, self.p_name, self.p, fence()]
        name = self.coordinates("Q", self.a + self.h0)
        self.q_name = self.beside(
            self.q.get_center(), avoid, name, "Q", around=(UL, LEFT, UR, RIGHT, DOWN, UP)
        )
        self.plane.room_for(self.formula, self.p_name, self.q_name)
        self.play(GrowFromCenter(self.q), FadeIn(self.q_name), run_time=0.7)
        self.play(Create(self.secant), run_time=0.9)
        self.add(self.p, self.q)

        dx, dy = plain(self.h0), plain(rise)
        grows = (
            f"x grows by {dx} and y by {dy}" if min(self.h0, rise) > 0 else f"x changes by {dx}, y by {dy}"
        )
        self.say(
            en=f"From P to Q, {grows}: rise over run.",
            ko=f"P에서 Q까지 x는 {dx}, y는 {dy}만큼 변한다. 그 비, 곧 평균변화율이 직선 PQ의 기울기이다.",
        )
        corner, end = self.legs.points[3], self.legs.points[-1]
        avoid += [self.q_name, self.q]
        run = f"Delta x = {short(self.h0)}", "Delta x"
        middle = (picture.here + corner) / 2
        self.dx = self.beside(middle, avoid, *run, role="parameter", around=(DOWN, UP, *AROUND))
        sides = (LEFT, RIGHT) if self.h0 > 0 else (RIGHT, LEFT)
        rises, middle = (f"Delta y = {short(rise)}", "Delta y"), corner * 0.7 + end * 0.3
        self.dy = self.beside(middle, [*avoid, self.dx], *rises, role="parameter", around=(*sides, *AROUND))
        self.plane.room_for(self.formula, self.p_name, self.q_name, self.dx, self.dy)
        self.play(Create(self.legs), FadeIn(picture.area), run_time=1.0)
        self.play(FadeIn(self.dx), FadeIn(self.dy), run_time=0.5)
        self.key = legend("secant", en="secant", ko="할선")
        self.quotient = fit(self.first_quotient(rise))
        slope = rise / self.h0
        through = self.f(self.a) - slope * self.a
        through = 0.0 if abs(through) < 1e-9 * abs(self.f(self.a)) else through
        self.equation = fit(Formula(line_markup(exact(slope), exact(through)), enlarged("body"), "secant"))
        column = VGroup(self.key, self.quotient, self.equation)
        if shape() == "wide":
            place_column(column.arrange(DOWN, buff=0.3, aligned_edge=LEFT), 1.45)
        else:
            self.formula_to_the_top(column)
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
        general = f"frac({{{{Delta y : dy}}}}, {{{{Delta x : dx}}}}) {{{{= : eq}}}} {quotient(self.a_name)}"
        roles = {"dx": "parameter", "dy": "parameter", "h": "parameter"}
        formula = fit(Formula(general, enlarged(50), **roles)).move_to(self.quotient, LEFT)
        places = max(2, 2 - math.floor(math.log10(abs(self.h0))))
        sizes = [abs(s) for s in (*self.f.slopes(), self.slope(self.h0)) if math.isfinite(s)]
        self.h_shown = ReadOut("$h$", abs(self.h0), "parameter", places)
        self.m_shown = ReadOut(self.choose(en="slope", ko="기울기"), max(sizes), "secant")
        rows = VGroup(self.h_shown.label, self.m_shown.label)
        rows.arrange(DOWN, buff=0.35, aligned_edge=RIGHT).next_to(formula, DOWN, 0.5).align_to(formula, LEFT)
        for row in (self.h_shown, self.m_shown):
            row.join()
        self.put_q(self.h0)
        self.play(
            Morph(self.quotient, formula),
            FadeOut(self.dx, self.dy, self.q_name, self.equation),
            *(FadeOut(self.formula) for _ in range(shape() == "wide")),  # where it stands beside the curve
            FadeIn(self.h_shown, self.m_shown),
            run_time=1.0,
        )
        self.quotient = formula
        self.plane.room_for(self.p_name)
        for share, seconds in ((0.5, 1.6), (0.25, 1.4), (1 / STEPS[0], 2.2)):
            self.slide(self.h0 * share, seconds)
            self.wait(0.4)
            self.check_secant(self.h0 * share)

    # ---- parts ------------------------------------------------------------------------------------------

    def the_formula(self, avoid: Sequence[Mobject]) -> Formula:
        """The function's formula: beside its curve in a wide frame, else on top of the column, which is empty."""
        markup = f"y = {typst_math(self.f.expression)}"
        column = panels().column
        if shape() != "wide":
            return fit(Formula(markup, 84, "function"), 0.8 * column.width).move_to(column.center)
        formula = fit(Formula(markup, "label", "function"))
        place(formula, clear_points(self.curve, self.h0), avoid, (LEFT, UL, RIGHT, UR, DOWN, UP))
        if not is_free(formula, avoid) or formula.get_top()[1] > 3:  # the plane is full
            left = max(column.left, self.heading.get_right()[0] + 0.5)
            fit(formula, column.left + column.width - left).move_to([left, 3.35, 0], LEFT)
        return formula

    def slope(self, h: float) -> float:
        return self.picture.slope(h)

    def beside(
        self,
        spot: Array,
        avoid: Sequence[Mobject],
        *choices: str,
        role: str = "ink",
        around: Sequence[Array] = AROUND,
    ) -> Formula:
        """The first of some labels for a spot that finds a free place; else the last, where it is least in the way."""
        for markup in choices:
            label = Formula(markup, "label", role)
            place(label, spot, avoid, around)
            if is_free(label, avoid):
                break
        return label

    def written(self, x: float) -> tuple[str, str]:
        """x and f(x) as math, with the digits that tell P from Q."""
        q = self.a + self.h0
        y_digits = digits_apart(self.f(self.a), self.f(q))
        return short(x, digits_apart(self.a, q)), short(self.f(x), y_digits)

    def coordinates(self, name: str, x: float) -> str:
        """``P(1, 4)``"""
        return f"{name}({', '.join(self.written(x))})"

    def first_quotient(self, rise: float) -> Formula:
        """Δy/Δx in numbers; the differences alone where the coordinates are long."""
        (x, y), (x0, y0) = self.written(self.a + self.h0), self.written(self.a)
        taken = f"frac({y} - {bracketed(y0)}, {x} - {bracketed(x0)})"
        if max(map(len, (x, y, x0, y0))) > 7:
            taken = f"frac({short(rise)}, {short(self.h0)})"
        slope = short(rise / self.h0)
        markup = (
            f"frac({{{{Delta y : dy}}}}, {{{{Delta x : dx}}}}) {{{{= : eq}}}} {taken} = {{{{ {slope} : m }}}}"
        )
        return Formula(markup, enlarged(50), dx="parameter", dy="parameter", m="secant")

    def slide(self, h: float, seconds: float) -> None:
        """Let Q go from where it is to where it is h away, and everything that hangs on it too."""
        start, shown = self.h, self.get_mobject_family_members()
        followers = [
            *self.picture.moving,
            *(out for out in (self.h_shown, self.m_shown) if out in shown),
        ]

        def go(_: VMobject, alpha: float) -> None:
            self.put_q(start + (h - start) * alpha)

        self.play(UpdateFromAlphaFunc(VGroup(*followers), go, rate_func=smooth), run_time=seconds)

    def put_q(self, h: float) -> None:
        self.h = h
        self.picture.move(h)
        self.h_shown.show(h)
        self.m_shown.show(self.slope(h))

    def formula_to_the_top(self, column: VGroup) -> None:
        """Make room for parts in the column: below the formula or, in two halves, the last two beside it."""
        first, second = panels().first, panels().second
        small = fit(Formula(self.formula.markup, enlarged("body"), "function"))
        small.move_to([first.left, first.top - 0.2 - small.height / 2, 0], LEFT)
        column.arrange(DOWN, buff=0.3, aligned_edge=LEFT).next_to(small, DOWN, 0.3, LEFT)
        if shape() == "square":
            rest = VGroup(*column[1:])
            rest.move_to([second.left, second.top - 0.2 - rest.height / 2, 0], LEFT)
        self.play(self.formula.animate.become(small), run_time=0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_secant(self, h: float) -> None:
        self.claim_slope(f"slope of the secant at h = {h:g}", self.secant, self.slope(h))
        self.claim_place("Q", self.q, self.a + h)
        if h != self.h0:  # the read-outs are there once Q slides
            for name, read, true in (("h", self.h_shown, h), ("slope", self.m_shown, self.slope(h))):
                half = 0.51 * 10.0 ** (read.power - read.places)
                self.claim(f"the read-out of {name}", read.shown, true, half / max(1.0, abs(true)))

    def claim_place(self, name: str, drawn: VMobject, true: float) -> None:
        """That a dot is at x on the curve, as exactly as the plane's scale asks for."""
        for which, there, real, ends in zip(
            (f"x of {name}", f"{name} lies on the curve"),
            self.plane.numbers(drawn.get_center()),
            (true, self.f(true)),
            (self.plane.x_range, self.plane.y_range),
            strict=True,
        ):
            self.claim(which, there, real, 1e-6 * (ends[1] - ends[0]) / max(1.0, abs(real)))

    def claim_slope(self, what: str, line: Segments, true: float) -> None:
        """That a line rises as it should, as exactly as the plane's scale asks for."""
        (x0, x1), (y0, y1) = self.plane.x_range, self.plane.y_range
        unit = max(abs(true), (y1 - y0) / (x1 - x0))
        self.claim(what, self.plane.slope_of(line), true, 1e-6 * unit / max(1.0, abs(true)))


def fence() -> Segments:
    """Lines all over the column of formulas, never shown: labels of the plane that avoid them stay out of it."""
    column = panels().column
    xs = np.arange(column.left - 0.1, column.right + 0.35, 0.25)
    return Segments([[[x, column.bottom - 0.3, 0], [x, column.top + 0.15, 0]] for x in xs])


def place_column(parts: VGroup, below: float) -> VGroup:
    """Put parts at the left of the column, their middle so far below its top."""
    column = panels().first
    return parts.move_to([column.left, column.down(below), 0], LEFT)


def bracketed(number: str) -> str:
    """A number after a minus sign: in brackets when it is negative."""
    return f"({number})" if number.startswith("−") else number
