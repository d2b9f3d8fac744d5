"""The table of secant slopes on both sides of P, as float64 prints them, and formulas that fit its column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import sympy
from manim import VGroup

from derivviz.animation.frame import enlarged, panels
from derivviz.animation.numerals import digits_apart, printed, short
from derivviz.animation.typeset import Formula, Label
from derivviz.calculus.difference import difference_quotient
from derivviz.calculus.differentiability import Point
from derivviz.look.math import typst_math

_ROW = 0.5  # from one baseline to the next


class SlopeTable(VGroup):
    """Rows of x of Q and the slope of PQ under a head, as anybody's Python prints them.

    Parameters
    ----------
    head
        The two labels over the columns.
    point
        The function at P.
    hs
        Distances from P to Q, one a row.
    mirrored
        Distances to the other side of P: rows of their own, the nearest first, in `mirror`.
    """

    def __init__(
        self, head: Sequence[Label], point: Point, hs: Sequence[float], mirrored: Sequence[float] = ()
    ) -> None:
        rows = [_row(point, h) for h in (*hs, *reversed(mirrored))]
        size = enlarged("label")
        middle = VGroup(Formula(short(float(point.x), 10), size), Formula('"?"', size, "muted"))
        parts = [VGroup(*head), *rows, middle]
        column = panels().first
        self.first = column.left
        self.second = self.first + max(1.9, max(row[0].width for row in parts) + 0.35)
        room = column.left + column.width - self.second
        for row, h in zip(rows, (*hs, *reversed(mirrored)), strict=True):
            if row[1].width > room:  # smaller, it would be too pale on paper
                digits = f"{difference_quotient(point, float(point.x), h):.8g}"
                row.remove(row[1]).add(Formula(f"{printed(digits)} dots", enlarged("label"), "secant"))
        for row in parts:
            fit(row[1], room)
        super().__init__(parts[0], *rows[: len(hs)])
        self.others, self.middle, self.mirror = list(mirrored), middle, VGroup(*rows[len(hs) :])
        self.place(column.down(1.35))

    def place(self, top: float, row_height: float = _ROW) -> Self:
        """Put the baseline of the head at height `top`, the rows below it: those of P and the mirror last.

        `row_height` is that of a row in a wide frame.
        """
        row_height = enlarged(row_height)
        for number, row in enumerate([*self, self.middle, *self.mirror]):
            for part, x in zip(row, (self.first, self.second), strict=True):
                part.at([x, top - row_height * number, 0])
        return self


def _row(point: Point, h: float) -> VGroup:
    """x of Q, with the digits that tell it from P, and the slope of PQ, all digits of it."""
    a = float(point.x)
    slope = float(difference_quotient(point, a, h)) + 0.0  # no −0
    q = short(a + h, digits_apart(a, a + h))
    size = enlarged("label")
    return VGroup(Formula(q, size), Formula(printed(repr(slope).removesuffix(".0")), size, "secant"))


def fit(formula: Label, width: float | None = None) -> Label:
    """A formula made to fit a width: without one, that of the column, or of its left half."""
    width = panels().first.width if width is None else width
    return formula.scale_to_fit_width(width) if formula.width > width else formula


def ascending(coefficients: Sequence[sympy.Expr], shift: int) -> str:
    """Σ c_k h^(k + shift) in rising powers of h; h and what stands alone are labelled."""
    terms: list[str] = []
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
