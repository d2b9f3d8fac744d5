"""A coordinate plane with ticks of its own choosing, and the curves and lines drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from manim import DL, DOWN, LEFT, RIGHT, UL, UP, Mobject, Polygon, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import curves, layout
from derivviz.animation.lines import Segments, straight
from derivviz.animation.numerals import numeral
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.calculus.secants import breaks

Array = NDArray[np.float64]


def nice_step(low: float, high: float, most: int) -> float:
    """The smallest step 1, 2 or 5 times a power of ten that gives at most `most` ticks in a range."""
    raw = (high - low) / most
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9)))


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of `step` strictly inside a range."""
    edge = 1e-9 * (high - low)
    multiples = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
    return [float(tick) for tick in multiples if low + edge < tick < high - edge]


class Plane(VGroup):
    """Axes, grid and tick labels of a rectangle of the plane.

    Parameters
    ----------
    x_range, y_range
        Ends of the two axes, in the numbers of the function.
    width, height
        Size on the frame, in manim's units.
    names
        Typst math of the axes' names.
    """

    def __init__(
        self,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        width: float = 7.1,
        height: float = 5.2,
        names: tuple[str, str] = ("x", "y"),
        most_ticks: tuple[int, int] = (8, 6),
    ) -> None:
        super().__init__()
        self.x_range, self.y_range, self.size = x_range, y_range, (width, height)
        self.frame = Polygon(
            *(
                np.array([sx * width / 2, sy * height / 2, 0])
                for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ),
            stroke_width=0,
            fill_opacity=0,
        )
        self.add(self.frame)
        (x0, x1), (y0, y1) = x_range, y_range
        self.home = (min(max(0.0, x0), x1), min(max(0.0, y0), y1))  # where the axes cross
        hx, hy = self.home
        steps = [nice_step(*x_range, most_ticks[0]), nice_step(*y_range, most_ticks[1])]
        xs = [x for x in ticks(x0, x1 - (x1 - x0) * 0.03, steps[0]) if abs(x - hx) > steps[0] * 0.3]
        ys = [y for y in ticks(y0, y1 - (y1 - y0) * 0.03, steps[1]) if abs(y - hy) > steps[1] * 0.3]
        self.tick_labels = VGroup(
            *(self._tick(x, steps[0], self.point(x, hy), DOWN) for x in xs),
            *(self._tick(y, steps[1], self.point(hx, y), LEFT) for y in ys),
        )
        self._ticks = xs, ys
        self.axes = Segments(
            [[self.point(x0, hy), self.point(x1, hy)], [self.point(hx, y0), self.point(hx, y1)]], "axis", 2.5
        )
        tips = VGroup(_tip(self.point(x1, hy), RIGHT), _tip(self.point(hx, y1), UP))
        # Where an axis runs along the far edge of the plane, the other one's name steps aside.
        at_right, at_top = self.point(x1, y1)[:2] - self.point(hx, hy)[:2] < 0.17
        self.names = VGroup(
            Formula(names[0], "label", "muted").next_to(self.point(x1, hy), DL if at_right else DOWN, 0.18),
            Formula(names[1], "label", "muted").next_to(self.point(hx, y1), UL if at_top else LEFT, 0.18),
        )
        crowded = [t for t in self.tick_labels if _near(t, self.names[0]) or _near(t, self.names[1])]
        self.tick_labels.remove(*crowded)
        self.grid = Segments(_cut(self._grid_lines(), [*self.tick_labels]), "grid", 1.5)
        layout.mark(self.grid, gives_way=True)
        self.add(self.grid, self.axes, tips, self.tick_labels, self.names)

    def _grid_lines(self) -> list[tuple[Array, Array]]:
        (x0, x1), (y0, y1), (xs, ys) = self.x_range, self.y_range, self._ticks
        upright = [(self.point(x, y0), self.point(x, y1)) for x in xs]
        return upright + [(self.point(x0, y), self.point(x1, y)) for y in ys]

    def keep_clear(self, *lines: VMobject) -> Self:
        """Drop the tick labels that lines to come will run through."""
        ways = [layout.pieces(line) for line in lines]
        crossed = [t for t in self.tick_labels if layout.touches(layout.label_boxes(t), [], ways, room=0.08)]
        self.tick_labels.remove(*crossed)
        return self.room_for()

    def room_for(self, *labels: Mobject) -> Self:
        """Interrupt the grid where these labels, and no others, lie on it."""
        self.grid.points = straight(_cut(self._grid_lines(), [*self.tick_labels, *labels]))
        return self

    def point(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for numbers of the function."""
        corner = self.frame.points[0]
        u = (np.asarray(x, float) - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        v = (np.asarray(y, float) - self.y_range[0]) / (self.y_range[1] - self.y_range[0])
        u, v = np.broadcast_arrays(u, v)
        return np.asarray(
            np.stack([corner[0] + u * self.size[0], corner[1] + v * self.size[1], np.zeros_like(u)], axis=-1)
        )

    def numbers(self, point: ArrayLike) -> tuple[float, float]:
        """The numbers (x, y) of the function at a point of the frame: what `point` undoes."""
        corner, p = self.frame.points[0], np.asarray(point, float)
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        x = x0 + (p[0] - corner[0]) / self.size[0] * (x1 - x0)
        return float(x), float(y0 + (p[1] - corner[1]) / self.size[1] * (y1 - y0))

    def slope_of(self, line: Segments) -> float:
        """Slope of a drawn line in the numbers of the function, for `verify`."""
        (xa, ya), (xb, yb) = self.numbers(line.points[0]), self.numbers(line.points[-1])
        return (yb - ya) / (xb - xa)

    def clip(self, slope: float, through: tuple[float, float], reach: float = 1.0) -> tuple[Array, Array]:
        """Ends on the frame of the line with `slope` through a point, kept inside the plane.

        `reach` shortens the line to a share of the plane's width on either side of the point.
        """
        (x0, x1), (y0, y1), (px, py) = self.x_range, self.y_range, through
        low, high = max(x0, px - reach * (x1 - x0)), min(x1, px + reach * (x1 - x0))
        if slope:
            bounds = sorted((px + (y - py) / slope) for y in (y0, y1))
            low, high = max(low, bounds[0]), min(high, bounds[1])
        return self.point(low, py + slope * (low - px)), self.point(high, py + slope * (high - px))

    def curve(
        self,
        f: Callable[[Array], Array],
        x_range: tuple[float, float] | None = None,
        role: str = "function",
        width: float = 6,
        pieces: int = 160,
    ) -> VMobject:
        """The graph of a vectorised function, broken where it is undefined, jumps or leaves the plane."""
        x = np.linspace(*(x_range or self.x_range), pieces + 1)
        with np.errstate(all="ignore"):
            y = np.asarray(f(x), float)
        drawn = VMobject(stroke_color=color(role), stroke_width=width, fill_opacity=0)
        y0, y1 = self.y_range
        inside = np.isfinite(y) & (y >= y0 - 1e-9) & (y <= y1 + 1e-9)
        gaps = breaks(f, x, np.where(inside, y, np.nan), y1 - y0)
        runs: list[Array] = []
        for start, end in curves.runs(inside, gaps):
            xs, ys = x[start:end], y[start:end]
            if start > 0:
                xs, ys = curves.to_edge(f, gaps.get(start, x[start - 1]), xs, ys, self.y_range, first=True)
            if end < len(x):
                xs, ys = curves.to_edge(f, gaps.get(end, x[end]), xs, ys, self.y_range, first=False)
            if len(xs) > 1:
                smooth = curves.smooth(self.point(xs, ys))
                smooth[:, 1] = np.clip(smooth[:, 1], *self.point(x[0], [y0, y1])[:, 1])
                runs.append(smooth)
        drawn.points = np.concatenate(runs) if runs else np.zeros((0, 3))
        return drawn

    def _tick(self, value: float, step: float, at: Array, side: Array) -> Formula:
        digits = max(6, int(np.ceil(np.log10(max(abs(value) / step, 1.0)))) + 1)  # neighbours differ
        return Formula(numeral(value, digits), "tick", "muted").next_to(at, side, 0.16)


def _tip(at: Array, direction: Array) -> Polygon:
    side = np.array([-direction[1], direction[0], 0]) * 0.075
    return Polygon(
        at + direction * 0.16, at + side, at - side, stroke_width=0, fill_color=color("axis"), fill_opacity=1
    )


def _near(one: VMobject, other: VMobject, room: float = 0.12) -> bool:
    gap = np.abs(one.get_center() - other.get_center())
    return bool(
        gap[0] < (one.width + other.width) / 2 + room and gap[1] < (one.height + other.height) / 2 + room
    )


def _cut(
    lines: Sequence[tuple[Array, Array]], labels: Sequence[Mobject], room: float = 0.09
) -> list[list[Array]]:
    """Straight grid lines with gaps where they would run through a label."""
    done = []
    for a, b in lines:
        across = 0 if abs(b[0] - a[0]) > abs(b[1] - a[1]) else 1  # the direction that the line runs in
        gaps = []
        for label in labels:
            middle, half = label.get_center(), np.array([label.width / 2, label.height / 2]) + room
            if abs(middle[1 - across] - a[1 - across]) < half[1 - across]:
                gaps.append((middle[across] - half[across], middle[across] + half[across]))
        here = a[across]
        for low, high in [*sorted(gaps), (b[across], b[across])]:
            if low > here:
                start, end = a.copy(), b.copy()
                start[across], end[across] = here, min(low, b[across])
                done.append([start, end])
            here = max(here, high)
    return done
