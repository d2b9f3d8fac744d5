"""A plane with logarithmic axes, for errors against steps."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import layout
from derivviz.animation.lines import Segments, straight
from derivviz.animation.typeset import Formula, Label

Array = NDArray[np.float64]


class LogPlane(VGroup):
    """Axes, grid and powers of ten of a rectangle of the log-log plane.

    Parameters
    ----------
    x_decades, y_decades
        Ends of the axes as powers of ten.
    width, height
        Size on the frame, in manim's units.
    x_name, y_name
        What is written along the axes.
    every
        Decades from one tick to the next.
    """

    def __init__(
        self,
        x_decades: tuple[int, int],
        y_decades: tuple[int, int],
        width: float,
        height: float,
        x_name: Label,
        y_name: Label,
        every: int = 4,
    ) -> None:
        super().__init__()
        self.x_decades, self.y_decades, self.size = x_decades, y_decades, (width, height)
        (x0, x1), (y0, y1) = x_decades, y_decades
        corners = np.array([[[0, 0, 0], [width, 0, 0]], [[0, 0, 0], [0, height, 0]]], float)
        self.axes = Segments(corners, "axis", 2.5)
        self.grid = Segments(np.zeros((1, 2, 3)), "grid", 1.5)
        layout.mark(self.grid, gives_way=True, backdrop=True)
        self.add(self.grid, self.axes)
        xs = [x for x in range(x0, x1 + 1) if x % every == 0]
        ys = [y for y in range(y0, y1 + 1) if y % every == 0]
        upright = [[self.point(10.0**x, 10.0**y0), self.point(10.0**x, 10.0**y1)] for x in xs]
        level = [[self.point(10.0**x0, 10.0**y), self.point(10.0**x1, 10.0**y)] for y in ys]
        self.grid.points = straight(upright + level)
        self.ticks = VGroup(
            *(_power(x).next_to(self.point(10.0**x, 10.0**y0), DOWN, 0.16) for x in xs),
            *(_power(y).next_to(self.point(10.0**x0, 10.0**y), LEFT, 0.16) for y in ys if y > y0),
        )
        x_name.next_to(self.point(10.0**x1, 10.0**y0), RIGHT, 0.2)
        y_name.next_to(self.point(10.0**x0, 10.0**y1), UP, 0.14)
        y_name.shift(RIGHT * (self.ticks.get_left()[0] - y_name.get_left()[0]))
        self.names = VGroup(x_name, y_name)
        self.add(self.ticks, self.names)

    def point(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for numbers above 0."""
        origin = self.axes.points[0]
        u, v = np.broadcast_arrays(np.log10(np.asarray(x, float)), np.log10(np.asarray(y, float)))
        (x0, x1), (y0, y1) = self.x_decades, self.y_decades
        return np.asarray(
            np.stack(
                [
                    origin[0] + (u - x0) / (x1 - x0) * self.size[0],
                    origin[1] + (v - y0) / (y1 - y0) * self.size[1],
                    np.zeros_like(u),
                ],
                axis=-1,
            )
        )

    def numbers(self, point: ArrayLike) -> tuple[float, float]:
        """The numbers at a point of the frame: what `point` undoes."""
        across, up, _ = np.asarray(point, float) - self.axes.points[0]
        (x0, x1), (y0, y1) = self.x_decades, self.y_decades
        return (
            float(10 ** (x0 + across / self.size[0] * (x1 - x0))),
            float(10 ** (y0 + up / self.size[1] * (y1 - y0))),
        )

    def line(self, x: Array, y: Array, role: str, width: float = 4) -> VMobject:
        """A line through points in their order; what lies beyond an edge is drawn on it, NaN is left out.

        Its `samples` are how many points it joins.
        """
        low, high = (10.0**end for end in self.y_decades)
        there = np.isfinite(y)
        ways = self.point(x[there], np.clip(y[there], low, high))
        drawn = Segments(np.stack([ways[:-1], ways[1:]], axis=1), role, width)
        drawn.samples = int(there.sum())
        return drawn

    def ray(self, slope: int, through: tuple[float, float], role: str, width: float = 3) -> Segments:
        """y = through_y · (x/through_x)^slope, a straight line here, from edge to edge and dashed."""
        (x0, x1), (y0, y1) = self.x_decades, self.y_decades
        px, py = np.log10(through)
        ends = sorted(px + (y - py) / slope for y in (y0, y1))
        low, high = max(x0, ends[0]), min(x1, ends[1])
        u = np.linspace(low, high, 2 * max(6, round(3 * (high - low))) + 1)
        ways = self.point(10**u, 10 ** (py + slope * (u - px)))
        return Segments(np.stack([ways[:-1:2], ways[1::2]], axis=1), role, width)

    def slope_of(self, line: Segments) -> float:
        """The exponent p of a drawn line y ∝ x^p."""
        (xa, ya), (xb, yb) = self.numbers(line.points[0]), self.numbers(line.points[-1])
        return float(np.log(yb / ya) / np.log(xb / xa))


def _power(exponent: int) -> Formula:
    return Formula("1" if exponent == 0 else f"10^({exponent})".replace("-", "−"), "tick", "muted")
