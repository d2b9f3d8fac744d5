"""Parts of the tangent lesson's column: key to the lines, live read-outs, limits of one side, notations."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from manim import DOWN, LEFT, ORIGIN, RIGHT, VGroup, VMobject

from derivviz.animation.frame import enlarged, panels, pick, shape
from derivviz.animation.lens import Lens
from derivviz.animation.lines import Dashed, Segments
from derivviz.animation.numerals import numeral
from derivviz.animation.slope_table import SlopeTable, fit
from derivviz.animation.stage import current
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.calculus.differentiability import Point, swings
from derivviz.look.equations import line_markup, number_markup


def letter_for(a: float) -> str:
    """How a is written in formulas: as a number where that is short, or as a letter."""
    return numeral(a) if len(numeral(a)) <= 4 else "a"


def quotient(a: str) -> str:
    """(f(a + h) − f(a))/h as math, every h labelled."""
    return f"frac(f({a} + {{{{h : h}}}}) - f({a}), {{{{h : h}}}})"


def legend(role: str, *, en: str, ko: str) -> VGroup:
    """A short line of a role, and its name."""
    end = RIGHT * 0.8
    line = Dashed(ORIGIN, end) if role == "secant" else Segments([[ORIGIN, end]], role, 5.5)
    name = Words(current().choose(en=en, ko=ko), enlarged("label"), "muted")
    return VGroup(line, name).arrange(RIGHT, buff=0.25)


class ReadOut(VGroup):
    """A name, an equals sign and a live number; very large and small numbers are shown by a power of ten.

    Parameters
    ----------
    name
        Typst markup of the name.
    size
        How large the numbers are that it will show: it gives the places.
    places
        Places after the point, or None for three significant digits of `size`.
    """

    def __init__(self, name: str, size: float, role: str, places: int | None = None) -> None:
        self.power = 0
        if places is None:
            tens = math.floor(math.log10(size)) if size > 0 else 0
            self.power = tens if not -4 <= tens < 6 else 0
            places = max(2, 2 - tens + self.power) if tens - self.power < 4 else 0
        self.places = places
        by = f" div 10^({self.power})" if self.power else ""
        self.label = Words(f"{name} ${by} =$", enlarged("body"), role)
        self.number = Number(0.0, f".{places}f", enlarged("body"), role, width=18)
        super().__init__(self.label, self.number)

    def join(self) -> None:
        """Put the number behind the name."""
        self.number.at([self.label.get_right()[0] + 0.2, self.label.pen.points[0][1], 0])

    def show(self, value: float) -> None:
        """Show another value."""
        self.number.set_value(value / 10.0**self.power)

    @property
    def shown(self) -> float:
        """The value as it can be read."""
        return float(self.number.text(self.number.value)) * 10.0**self.power


def one_sided_limits(point: Point) -> VGroup:
    """lim h→0⁻ and lim h→0⁺ of the quotient, a row for each side, with what they are."""
    a = letter_for(float(point.x))
    rows = VGroup()
    for way, side in (("-", point.left), ("+", point.right)):
        start = f"{{{{lim_({{{{h : h}}}} -> 0^{way}) {quotient(a)} : q}}}}"
        if side is None:
            ends = current().choose(en="no curve", ko="곡선이 없다")
        elif swings(side.slope):
            ends = current().choose(en="no limit", ko="극한이 없다")
        else:
            markup, sign = number_markup(side.slope)
            rows.add(fit(Formula(f"{start} {sign} {markup}", 46, "tangent", h="parameter", q="ink")))
            continue
        rows.add(fit(Formula(f'{start} : thick "{ends}"', 46, "muted", h="parameter", q="ink")))
    return rows.arrange(DOWN, buff=0.5, aligned_edge=LEFT)


def half_tangents(point: Point) -> VGroup:
    """The equations of the tangents from both sides, those that are there; of the tangent that stands upright."""
    x = numeral(float(point.x))
    if point.kind == "vertical":
        return VGroup(Formula(f"x = {x}", enlarged("body"), "tangent"))
    rows = VGroup()
    for sign, side in (("<=", point.left), (">=", point.right)):
        if (
            point.kind in ("corner", "end")
            and side is not None
            and not swings(side.slope)
            and side.slope.is_finite
        ):
            line = line_markup(side.slope, point.y - side.slope * point.x)
            rows.add(fit(Formula(f"{line} quad (x {sign} {x})", enlarged("body"), "tangent")))
    return rows.arrange(DOWN, buff=0.2, aligned_edge=LEFT)


def notations(point: Point) -> VGroup:
    """The three notations of the derivative, each under its author's name."""
    a = letter_for(float(point.x))
    columns = []
    for en, ko, markup in (
        ("Newton", "뉴턴", "{{dot(y) : t}}"),
        ("Lagrange", "라그랑주", f"{{{{f'({a}) : t}}}}"),
        ("Leibniz", "라이프니츠", f"{{{{lr(frac(dif y, dif x) |)_(x = {a}) : t}}}}"),
    ):
        name = Words(current().choose(en=en, ko=ko), enlarged("label"), "muted")
        columns.append(VGroup(name, Formula(markup, 46, t="tangent")))
    for column in columns:
        column[0].at([0, 1.25, 0])
        column[1].at([0, 0, 0]).set_y(0.25)
    gap = max(0.2, min(0.7, (panels().second.width - sum(column.width for column in columns)) / 2))
    for left, right in pairwise(columns):
        right.set_x(left.get_right()[0] + gap, LEFT)
    return VGroup(*columns)


def arrange_lens(lens: Lens, quotient: Formula, table: SlopeTable) -> None:
    """Quotient, table and magnifying glass in the column: from above, or the glass beside the quotient or table."""
    first, second = panels().first, panels().second
    if shape() == "wide":
        quotient.move_to([first.left, first.down(0.4), 0], LEFT)
        lens.move_to([3.0, -1.52, 0])
    elif shape() == "tall":
        table.place(first.down(0.45))
        lens.move_to([second.left, second.bottom + 1.2, 0], LEFT)
        left = lens.rim.get_right()[0] + 0.35
        fit(quotient, second.right - left).move_to([left, lens.get_y() + 0.5, 0], LEFT)
        VGroup(lens.times, lens.power).shift(0.7 * DOWN)
    else:
        quotient.move_to([first.left, first.down(0.6), 0], LEFT)
        table.place(first.down(1.8))
        lens.move_to([second.left, second.center[1], 0], LEFT)


def place_notations(columns: VGroup) -> VGroup:
    """Put the notations into the second half of the column."""
    half = panels().second
    y = pick(wide=half.bottom + 1.25, tall=half.bottom + 0.84, square=half.top - 1.6)
    return columns.move_to([half.left, y, 0], LEFT)


def upright(line: VMobject) -> float:
    """How far a line is from upright: its width on the frame."""
    return float(np.ptp(line.points[:, 0]))
