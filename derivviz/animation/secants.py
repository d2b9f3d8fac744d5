"""The picture of the delta method: P and Q on a curve, the secant through them, and what P is left with."""

from __future__ import annotations

import math

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, UR, Circle, Dot, Polygon, VGroup, VMobject

from derivviz.animation.frame import panels
from derivviz.animation.lines import Dashed, Segments, dot, straight
from derivviz.animation.plane import Array, Plane
from derivviz.animation.stage import color
from derivviz.calculus.differentiability import Point
from derivviz.calculus.secants import complaint, view

_TIP = 0.11  # by which the tip of an upright axis may stand above the panel, near to the title


class Secants:
    """P and a Q that is h away, on a plane that suits them.

    Attributes
    ----------
    plane, curve
        The plane, and the function's graph on it.
    here, ring, p
        P: its place on the frame, a circle around it, and its dot.
    open_ends
        Hollow points where the curve ends beside P without meeting it.
    q, secant, legs, area
        Q, the dashed line through P and Q, and the triangle of Δx and Δy: all of them follow `move`.
    """

    def __init__(self, point: Point, h0: float) -> None:
        self.f, self.h0 = point, h0
        self.x, self.y = float(point.x), float(point.y)
        self.plane = fitting_plane(*view(point, h0))
        self.curve = self.plane.curve(point)
        self.here = self.plane.point(self.x, self.y)
        self.ring = Circle(0.3, stroke_color=color("muted"), stroke_width=3).move_to(self.here)
        self.p, self.q = dot(self.here), dot()
        self.secant = Dashed(ORIGIN, RIGHT)
        self.legs = Segments([[ORIGIN, RIGHT], [RIGHT, UR]], "parameter", 3)
        self.area = Polygon(ORIGIN, RIGHT, UR, stroke_width=0)
        self.area.set_fill(color("parameter"), opacity=0.08)
        self.moving = VGroup(self.area, self.secant, self.legs, self.p, self.q)
        self.open_ends = VGroup(*(self._open_end(float(y)) for y in self._other_limits()))
        self.plane.keep_clear(*self.sweep(), self.curve, self.ring)
        self.move(h0)

    def rise(self, h: float) -> float:
        """f(a + h) − f(a), as float64 has it."""
        return float(self.f(self.x + h) - self.f(self.x))

    def slope(self, h: float) -> float:
        """(f(a + h) − f(a))/h, as float64 has it."""
        return self.rise(h) / h

    def move(self, h: float) -> None:
        """Put Q, and everything that hangs on it, where it is for this h."""
        there = self.plane.point(self.x + h, self.f(self.x + h))
        corner = self.plane.point(self.x + h, self.y)
        self.q.move_to(there)
        self.secant.set_ends(*self.plane.clip(self.slope(h), (self.x, self.y)))
        self.legs.points = straight([[self.here, corner], [corner, there]])
        self.area.set_points_as_corners([self.here, corner, there, self.here])

    def sweep(self) -> list[VMobject]:
        """Where secants, tangent and legs will run, so that labels keep clear of them from the start."""
        stops = np.linspace(1, 0.02, 12) * self.h0
        if (other := self.other_side()) is not None:
            stops = np.concatenate([stops, np.linspace(1, 0.05, 8) * other])
        slopes = [self.slope(h) for h in stops if math.isfinite(self.rise(h))]
        slopes += [side for side in self.f.slopes() if math.isfinite(side)]
        corner = self.plane.point(self.x + self.h0, self.y)
        there = self.plane.point(self.x + self.h0, self.f(self.x + self.h0))
        legs = Segments([[self.here, corner], [corner, there]])
        upright = [
            self.half_line(s, side) for side, s in zip((-1, 1), self.f.slopes(), strict=True) if math.isinf(s)
        ]
        return [*(Segments([self.plane.clip(m, (self.x, self.y))]) for m in slopes), legs, *upright]

    def tangent(self, slope: float) -> Segments:
        """The tangent with a slope; upright where the slope has no bound."""
        if math.isfinite(slope):
            return Segments([self.plane.clip(slope, (self.x, self.y))], "tangent", 5.5)
        return Segments([self.plane.point([self.x, self.x], self.plane.y_range)], "tangent", 5.5)

    def half_line(self, slope: float, side: int) -> Segments:
        """The tangent from one side (−1 the left, 1 the right); upright when the slope has no bound."""
        if math.isfinite(slope):
            end = self.plane.clip(slope, (self.x, self.y))[side > 0]
        else:
            up = (slope > 0) == (side > 0)
            end = self.plane.point(self.x, self.plane.y_range[up])
        return Segments([[self.here, end]], "tangent", 5.5)

    def other_side(self) -> float | None:
        """An h on the other side of P, from which Q can slide to P within the picture; None where none is."""
        (x0, x1), (y0, y1) = self.plane.x_range, self.plane.y_range
        for share in (0.5, 0.4, 0.25, 0.1, 0.05):
            h = -share * self.h0
            if complaint(self.f, h) is None and x0 <= self.x + h <= x1:
                way = np.asarray(self.f(self.x + h * np.linspace(0, 1, 50)))
                if ((way >= y0) & (way <= y1)).all():
                    return h
        return None

    def _other_limits(self) -> list[float]:
        """Where the curve ends beside P without meeting it: the other end of a jump."""
        sides = [side for side in (self.f.left, self.f.right) if side is not None]
        values = [float(side.value) for side in sides if side.value.is_finite]
        return [y for y in values if abs(y - self.y) > 1e-9 * max(1.0, abs(y))]

    def _open_end(self, y: float) -> VGroup:
        at = self.plane.point(self.x, y)
        return VGroup(
            Dot(at, radius=0.115, color=color("background")),
            Circle(0.1, stroke_color=color("function"), stroke_width=5).move_to(at),
        )


def fitting_plane(x_range: tuple[float, float], y_range: tuple[float, float]) -> Plane:
    """A plane for the panel of the picture, smaller where its labels beside or below it need the room."""
    panel = panels().picture
    widest, height = panel.width - 0.8, panel.height
    width = widest
    while True:
        plane = Plane(x_range, y_range, width=width, height=height)
        plane.move_to(panel.center + 0.15 * LEFT)
        plane.shift(RIGHT * max(0.0, panel.left - plane.get_left()[0]))
        over = float(plane.get_right()[0]) - panel.right
        above = float(plane.get_top()[1]) - panel.top - _TIP
        if max(over, above) <= 0 or width < widest - 1.5:
            return plane
        width -= over + 0.01 if over > 0 else 0.0
        height -= 2 * above + 0.01 if above > 0 else 0.0


def clear_points(curve: VMobject, h0: float) -> Array:
    """Points along a curve beside which its formula may stand, the best first."""
    along = curve.points[:: max(1, len(curve.points) // 8)]
    return np.asarray(along[::-1] if h0 > 0 else along)
