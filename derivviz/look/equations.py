"""Numbers and straight lines as formulas: exact where that is short, and said to be rounded where not."""

from __future__ import annotations

import sympy

from derivviz.look.math import typst_math
from derivviz.look.numerals import numeral, short

_FRACTION = 1000  # largest denominator that is shown as a fraction


def number_markup(value: sympy.Expr) -> tuple[str, str]:
    """A number as math, and ``=`` where that is all of it, ``approx`` where it was rounded."""
    if value.is_infinite:
        return ("+ oo" if value > 0 else "− oo"), "="
    if value.is_Rational and value.q <= _FRACTION and abs(value.p) < 10**6:
        decimal = numeral(float(value))
        exact = sympy.Rational(str(float(value))) == value and len(decimal) <= 6 and "10^" not in decimal
        return (decimal if exact else typst_math(value)), "="
    markup = numeral(float(value))
    whole = value.is_Rational and sympy.Rational(f"{float(value):.6g}") == value
    return markup, "=" if whole else "approx"


def line_markup(slope: sympy.Expr, intercept: sympy.Expr) -> str:
    """``y = m x + b`` as math: exact where slope and intercept are short, four digits otherwise."""
    if all(v.is_Rational and v.q < _FRACTION and abs(v.p) < 10**8 for v in (slope, intercept)):
        return f"y = {typst_math(slope * sympy.Symbol('x') + intercept)}"
    m, b = float(slope), float(intercept)
    first = {1.0: "x", -1.0: "- x"}.get(m, f"{short(m, 5)} x") if m else ""
    second = "" if b == 0 else f"{'+' if b > 0 else '-'} {short(abs(b), 5)}" if m else short(b, 5)
    sign = "=" if all(float(f"{v:.5g}") == v for v in (m, b)) else "approx"
    return f"y {sign} {first} {second}"
