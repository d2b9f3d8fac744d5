"""Dual numbers a + bε with ε² = 0: a program that runs on them finds its own derivative.

Source: W. K. Clifford, Preliminary Sketch of Biquaternions (1873); as forward-mode automatic differentiation,
R. E. Wengert, A simple automatic derivative evaluation program (1964). f(a + ε) = f(a) + f′(a) ε.

>>> from derivviz.calculus.expression import parse
>>> derivative(parse("(3x^2 + 8)^3"), 1)
Dual(value=1331.0, slope=2178.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from derivviz.calculus.expression import Expression
from derivviz.calculus.program import Kind, function, function_slope, power, power_slope, run
from derivviz.calculus.tree import Node


@dataclass(frozen=True)
class Dual:
    """value + slope · ε, where ε² = 0."""

    value: float
    slope: float = 0.0

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __truediv__(self, other: Dual) -> Dual:
        """u/v; NaN where v is 0."""
        if other.value == 0:
            return Dual(nan, nan)
        quotient = self.value / other.value
        return Dual(quotient, (self.slope - quotient * other.slope) / other.value)

    def __pow__(self, other: Dual) -> Dual:
        """u^v for u > 0; NaN elsewhere, where it has no derivative."""
        if not self.value > 0:
            return Dual(nan, nan)
        y = self.value**other.value
        lowered = other.value * self.value ** (other.value - 1)
        return Dual(y, lowered * self.slope + y * np.log(self.value) * other.slope)

    def call(self, name: str) -> Dual:
        """An elementary function by its canonical name."""
        y = function(name, np.float64(self.value))
        return Dual(y, function_slope(name, self.value, y) * self.slope)

    def raised(self, exponent: Node) -> Dual:
        """The power with an exponent that is a tree without x."""
        y = power(np.float64(self.value), exponent)
        return Dual(y, power_slope(self.value, exponent, y) * self.slope)


DUAL: Kind[Dual] = Kind(Dual, lambda name, u: u.call(name), Dual.raised)


def derivative(function: Expression, at: Any) -> Dual:
    """f(a) and f′(a), in one run forward.

    Parameters
    ----------
    function
        f.
    at
        a.

    Returns
    -------
    Dual
        f(a + ε). The value is, bit by bit, what `function` gives in float64; the slope is exact up to
        rounding. NaN where f has no value, or a part of it no derivative, as |x| at 0.
    """
    with np.errstate(all="ignore"):
        found = run(function.tree, Dual(np.float64(at), np.float64(1)), DUAL)
    value = function(float(at))
    return Dual(value, float(found.slope) if value == value else nan)
