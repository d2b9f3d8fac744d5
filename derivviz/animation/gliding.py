"""A tangent gliding along a graph, and the trail that its slope leaves in a plane below."""

from __future__ import annotations

import math

import numpy as np
from manim import Polygon, UpdateFromAlphaFunc, VGroup, VMobject, smooth
from numpy.typing import NDArray

from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Point, Stretch

Array = NDArray[np.float64]
SIGNS = {1: "positive", 0: "muted", -1: "negative"}
"""Colour roles of where f rises, stays level and falls."""


def tangent_ends(plane: Plane, here: Array, slope: float, half: float) -> tuple[Array, Array]:
    """Ends on the frame of a line through a point of a plane, `half` long to either side, kept inside the plane."""
    (x0, y0, _), (x1, y1, _) = plane.point([0.0, 1.0], [0.0, 1.0])
    way = np.array([1.0, slope * (y1 - y0) / (x1 - x0), 0.0])
    way *= half / np.linalg.norm(way)
    way = np.where(way == 0, 1e-12, way)[:2]
    low, high = plane.point(plane.x_range, plane.y_range)[:, :2] - here[:2]
    ahead, behind = np.maximum(low / way, high / way).min(), np.maximum(-low / way, -high / way).min()
    step = np.append(way, 0.0)
    return here - min(1.0, behind) * step, here + min(1.0, ahead) * step


class Glide(VGroup):
    """A short tangent of f at x, and straight below it a dot as high as its slope.

    Parameters
    ----------
    f, slope
        The function and its derivative.
    above, below
        The planes of the two, one under the other, with the same x.

    Attributes
    ----------
    trail
        The graph of f′ up to where the dot is; not a part of this group, so that it stays when this leaves.
    """

    HALF = 0.85  # length of the tangent to either side, in units of the frame

    def __init__(self, f: Expression, slope: Expression, above: Plane, below: Plane) -> None:
        super().__init__()
        self.f, self.slope, self.above, self.below = f, slope, above, below
        self.whole = below.curve(slope, role="tangent").points
        self.trail = VMobject(stroke_color=color("tangent"), stroke_width=6, fill_opacity=0)
        self.drop = mark(Dashed(np.zeros(3), np.ones(3), "muted", 2.5, 0.1, 0.1), backdrop=True)
        self.tangent = Segments([[np.zeros(3), np.ones(3)]], "tangent", 5.5)
        self.point, self.reading = dot(), dot(role="tangent")
        self.add(self.drop, self.tangent, self.point, self.reading)
        self.x = math.nan

    def at(self, x: float) -> Glide:
        """Stand at `x`. Where f or f′ has no value there, or leaves its plane, nothing is seen of it."""
        self.x = x
        y, m = self.f(x), self.slope(x)
        on_curve = self.above.y_range[0] <= y <= self.above.y_range[1]
        read = self.below.y_range[0] <= m <= self.below.y_range[1]
        here, there = self.above.point(x, y if on_curve else 0), self.below.point(x, m if read else 0)
        seen = on_curve and math.isfinite(m)
        self.point.move_to(here).set_opacity(float(on_curve))
        self.reading.move_to(there).set_opacity(float(read))
        self.drop.set_ends(here, there)
        self.drop.set_stroke(opacity=float(seen and read))
        self.tangent.set_stroke(opacity=float(seen))
        if seen:
            self.tangent.set_ends(*self.ends(here, m))
        return self

    def ends(self, here: Array, m: float) -> tuple[Array, Array]:
        """Ends on the frame of the tangent at a point of the plane above, kept inside that plane."""
        return tangent_ends(self.above, here, m, self.HALF)

    def visible(self) -> tuple[float, float]:
        """The first and the last x at which tangent and dot are seen, or the ends of the planes."""
        x = np.linspace(*self.above.x_range, 1601)[1:-1]
        (a, b), (c, d) = self.above.y_range, self.below.y_range
        y, m = self.f(x), self.slope(x)
        seen = x[(y >= a) & (y <= b) & (m >= c) & (m <= d)]
        return (float(seen[0]), float(seen[-1])) if len(seen) else self.above.x_range

    def level(self, at: Point) -> Segments:
        """The short level tangent of a point of f."""
        return Segments([self.ends(self.above.point(at.x, at.y), 0.0)], "tangent", 4.5)

    def leave(self, x: float) -> None:
        """Draw the trail up to `x`."""
        pieces = self.whole.reshape(-1, 4, 3)
        edge = self.below.point(x, 0.0)[0]
        done = pieces[pieces[:, 3, 0] <= edge]
        rest = pieces[(pieces[:, 0, 0] < edge) & (pieces[:, 3, 0] > edge)]
        cut = [_first(piece, (edge - piece[0, 0]) / (piece[3, 0] - piece[0, 0])) for piece in rest]
        self.trail.points = np.concatenate([done, *(piece[None] for piece in cut)]).reshape(-1, 3)

    def go(self, start: float, end: float, leaving: bool = True, **options: float) -> UpdateFromAlphaFunc:
        """Glide from one x to another, leaving the trail."""

        def move(_: VMobject, alpha: float) -> None:
            self.at(start + alpha * (end - start))
            if leaving:
                self.leave(self.x)

        return UpdateFromAlphaFunc(VGroup(self, self.trail), move, rate_func=smooth, **options)


def _first(piece: Array, t: float) -> Array:
    """The first part of a cubic, up to the parameter `t` (de Casteljau)."""
    a = piece[:-1] + t * (piece[1:] - piece[:-1])
    b = a[:-1] + t * (a[1:] - a[:-1])
    c = b[0] + t * (b[1] - b[0])
    return np.stack([piece[0], a[0], b[0], c])


def coloured(plane: Plane, f: Expression, stretches: tuple[Stretch, ...], width: float = 6) -> VGroup:
    """The graph in a colour for rising and one for falling, a curve for each stretch."""
    return VGroup(*(plane.curve(f, (one.low, one.high), SIGNS[one.sign], width) for one in stretches))


def areas(plane: Plane, g: Expression, stretches: tuple[Stretch, ...]) -> VGroup:
    """The stretches between the graph of `g` and the x-axis, tinted in the same colours."""
    made = VGroup()
    for one in stretches:
        x = np.linspace(one.low, one.high, 122)[1:-1]
        y = np.clip(np.nan_to_num(g(x), posinf=np.inf, neginf=-np.inf), *plane.y_range)
        corners = plane.point([x[0], *x, x[-1]], [0.0, *y, 0.0])
        area = Polygon(*corners, stroke_width=0)
        made.add(mark(area.set_fill(color(SIGNS[one.sign]), opacity=0.22), backdrop=True))
    return made


def places(span: float) -> int:
    """How many decimals tell the hundredths of a span apart."""
    return int(min(9, max(0, 2 - math.floor(math.log10(span)))))
