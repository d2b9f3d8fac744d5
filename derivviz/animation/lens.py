"""A magnifying glass over a point of a curve."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from manim import ORIGIN, RIGHT, Circle, UpdateFromAlphaFunc, VGroup, VMobject, smooth
from numpy.typing import NDArray

from derivviz.animation.lines import Dashed, dot, straight
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Number

Array = NDArray[np.float64]

_RIM = 0.985  # of the radius: where the curve ends


class Lens(VGroup):
    """A magnifying glass over P that keeps P and Q apart, however close they are.

    Parameters
    ----------
    f, a
        The function, vectorised, and the x of P.
    slope
        The steepness that is drawn at 45° in the glass.
    samples
        Points that the curve in the glass is drawn through.
    torn
        Whether the curve jumps at P, so that it is not to be joined there.
    radius
        Of the glass, in units of the frame.
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        a: float,
        slope: float,
        samples: int = 161,
        torn: bool = False,
        radius: float = 1.25,
    ) -> None:
        super().__init__()
        self.radius = radius
        self.f, self.a, self.samples, self.torn = f, a, samples, torn
        self.steepness = max(abs(slope), 0.2)  # the tangent is drawn at 45° in the glass
        self.rim = Circle(self.radius, stroke_color=color("axis"), stroke_width=4)
        self.rim.set_fill(color("panel"), opacity=1)
        self.curve = VMobject(stroke_color=color("function"), stroke_width=7)
        self.secant = Dashed(ORIGIN, RIGHT, width=4, dash=0.14, gap=0.1)
        self.p, self.q = dot(), dot()
        self.times = Formula("times", "label", "muted").at([self.radius + 0.25, -0.1, 0])
        self.power = Number(1, ",.0f", "label", "muted").at([self.radius + 0.6, -0.1, 0])
        self.add(self.rim, self.curve, self.secant, self.p, self.q, self.times, self.power)

    def show(self, h: float, first: float) -> None:
        """What the glass shows when Q is h away from P, and was `first` away at the start."""
        f, a, middle = self.f, self.a, self.rim.get_center()
        scale = abs(h) / 0.62  # x from the middle to the rim
        t = np.linspace(-1, 1, self.samples)
        with np.errstate(all="ignore"):
            rise = (f(a + scale * t) - f(a)) / (scale * self.steepness)
        points = np.column_stack([t, rise])[np.isfinite(rise)]
        pairs = _inside(np.stack([points[:-1], points[1:]], axis=1), self.torn) * self.radius
        self.curve.points = straight(np.pad(pairs, ((0, 0), (0, 0), (0, 1))) + middle)
        slope = (f(a + h) - f(a)) / h / self.steepness
        way = np.array([1, slope, 0]) / math.hypot(1, slope) * self.radius * 0.97
        self.secant.set_ends(middle - way, middle + way)
        self.p.move_to(middle)
        spot = np.array([1, slope, 0]) * np.sign(h) * 0.62
        self.q.move_to(middle + spot * self.radius)
        self.q.set_opacity(1 if np.linalg.norm(spot) < 0.95 else 0)
        self.power.set_value(first / h)

    def zoom(self, start: float, end: float) -> UpdateFromAlphaFunc:
        """The glass goes from one h to another, evenly in powers of ten."""
        ratio, first = math.log(end / start), start * self.power.value
        return UpdateFromAlphaFunc(
            self, lambda m, alpha: m.show(start * math.exp(ratio * alpha), first), rate_func=smooth
        )


def _inside(pairs: Array, torn: bool) -> Array:
    """Straight pieces, shape (pieces, 2, 2), cut off at the rim; where the curve is torn, whole ones alone."""
    far = np.hypot(*np.moveaxis(pairs, -1, 0)) >= _RIM
    if torn:
        return pairs[~far.any(axis=1)]
    pairs, far = pairs[~far.all(axis=1)], far[~far.all(axis=1)]
    start = np.where(far[:, :1], pairs[:, 1], pairs[:, 0])  # the end within, and the way to the other one
    way = np.where(far[:, :1], pairs[:, 0], pairs[:, 1]) - start
    a, b, c = (way**2).sum(axis=1), (start * way).sum(axis=1), (start**2).sum(axis=1) - _RIM**2
    share = (np.sqrt(b**2 - a * c) - b) / a  # |start + share · way| is the rim's radius
    end = start + np.minimum(share, 1.0)[:, None] * way
    return np.stack([start, end], axis=1)
