"""A slice through a surface: the cut on the surface itself, and its curve in a plane of its own."""

from __future__ import annotations

import numpy as np
from manim import LEFT, RIGHT, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import pick, shape
from derivviz.animation.lines import Segments, dot
from derivviz.animation.numerals import short
from derivviz.animation.plane import Plane
from derivviz.animation.terrain import Terrain
from derivviz.animation.typeset import Formula
from derivviz.calculus.field import VARIABLES, Field
from derivviz.look.math import typst_math

Array = NDArray[np.float64]
_SHARE = 0.32  # of the reach: how far the tangent goes to either side on the surface


class Slice:
    """The slice through a point along x (n = 0) or y (n = 1).

    Parameters
    ----------
    f, at, slope
        The function, the place, shape (2,), and the slope along the axis there.
    terrain
        The surface that is cut.
    left, right, top, foot
        Where the plane of the curve may stand on the frame.

    Attributes
    ----------
    front
        The cells of the terrain that hide the cut.
    cut
        On the terrain: the wall below the cut, its edge, and the tangent.
    plane, curve, tangent, here
        In the plane of its own; `here` is the point.
    """

    def __init__(
        self, f: Field, at: Array, n: int, slope: float, terrain: Terrain,
        *, left: float, right: float, top: float, foot: float,
    ) -> None:  # fmt: skip
        z, still = f(*at), at[1 - n]
        ranges, (low, high) = terrain.ranges[n], terrain.ranges[2]
        t = np.linspace(*ranges, 161)
        along = (t, np.full_like(t, still)) if n == 0 else (np.full_like(t, still), t)
        values = f(*along)
        self.front = terrain.before(1 - n, still)
        reach = _SHARE * (ranges[1] - ranges[0]) / 2
        x, y = (at[:, None] + np.outer(np.eye(2)[n], [-reach, reach]))[:2]
        self.wall, self.edge = terrain.wall(*along, values), terrain.curve(*along, values)
        self.line = Segments([terrain.point(x, y, z + slope * np.array([-reach, reach]))], "tangent", 5)
        inside = values[np.isfinite(values) & (values >= low) & (values <= high)]
        bottom, summit = float(inside.min()), float(inside.max())
        room = 0.15 * max(summit - bottom, 0.02 * (high - low))
        over = 0.0  # units by which the name of an upright axis would stand too far left
        for _ in range(3):
            self.plane = Plane(
                ranges,
                (bottom - room, summit + room),
                pick(wide=4.7, tall=6.4, square=4.7) - over,
                top - foot,
                (VARIABLES[n], "z"),
                (5, 4),
            )
            self.plane.shift([(left + right + over) / 2, (top + foot) / 2, 0] - self.plane.frame.get_center())
            self.plane.shift(RIGHT * max(0.0, left - self.plane.get_left()[0]))
            self.plane.shift(LEFT * max(0.0, self.plane.get_right()[0] - right))
            self.curve = self.plane.curve(lambda v: f(v, still) if n == 0 else f(still, v))
            self.tangent = Segments([self.plane.clip(slope, (at[n], z), 0.3)], "tangent", 5)
            self.here = dot(self.plane.point(at[n], z))
            self.plane.keep_clear(self.curve, self.tangent)
            beyond = left - self.plane.get_left()[0]
            if shape() == "wide" or beyond < 0.02:
                break
            over += beyond
        self.all = VGroup(self.plane, self.curve, self.tangent, self.here, self.wall, self.edge, self.line)


def partial_law(f: Field, n: int, slope: float, width: float) -> Formula:
    """∂f/∂x = … = its value, or, where that is wider than `width`, the value alone."""
    size, height = pick(wide=(38, 1.2), tall=(48, 1.45), square=(56, 1.4))
    head = f"{{{{ frac(partial f, partial {VARIABLES[n]}) : f }}}} {{{{ = : eq }}}}"
    value = f"{{{{ {short(slope)} : m }}}}"
    written = typst_math(f.partial(VARIABLES[n]).tree)
    if written != short(slope):
        whole = Formula(f"{head} {written} = {value}", size, m="tangent")
        if whole.width <= width and whole.height <= height:
            return whole
    return Formula(f"{head} {value}", size, m="tangent")


def partial_laws(f: Field, slope: Array, corner: Array, width: float) -> tuple[VGroup, Formula]:
    """∂f/∂x, as wide as it likes, and ∂f/∂y to the right of the short form of the first; and that short form.

    All stand on one line, the left end of which is `corner`.
    """
    first = partial_law(f, 0, slope[0], 0).move_to(corner, LEFT)
    beside = first.get_right()[0] + 0.7
    laws = VGroup(partial_law(f, 0, slope[0], width), partial_law(f, 1, slope[1], corner[0] + width - beside))
    for law, x in zip(laws, (corner[0], beside), strict=True):
        law.shift(first.select("eq").get_center() - law.select("eq").get_center()).set_x(x, LEFT)
    return laws, first
