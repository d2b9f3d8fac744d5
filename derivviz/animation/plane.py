"""A coordinate plane with ticks of its own choosing, and the curves and lines drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from manim import DL, DOWN, DR, LEFT, RIGHT, UL, UP, Mobject, Polygon, VGroup, VMobject
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
        powers, labels, self._ticks = zip(*(self._axis(way, most_ticks[way]) for way in (0, 1)), strict=True)
        self.tick_labels = VGroup(*labels[0], *labels[1])
        self.axes = Segments(
            [[self.point(x0, hy), self.point(x1, hy)], [self.point(hx, y0), self.point(hx, y1)]], "axis", 2.5
        )
        tips = VGroup(_tip(self.point(x1, hy), RIGHT), _tip(self.point(hx, y1), UP))
        # Where an axis runs along the far edge of the plane, the other one's name steps aside.
        at_right, at_top = self.point(x1, y1)[:2] - self.point(hx, hy)[:2] < 0.17
        named = [
            name if power == 0 else f"{name} thick (times 10^({power}))"
            for name, power in zip(names, powers, strict=True)
        ]
        ends = (x1, hy), (hx, y1)
        sides = (
            (DL, UL) if at_right or powers[0] else (DOWN, UP, DL, UL),
            (UL,) if at_top else (DR, DL) if powers[1] else (LEFT, RIGHT, DL, DR),
        )
        made = [Formula(name, "label", "muted") for name in named]
        self.names = VGroup(*made)
        self._name_places = list(zip(made, ends, sides, strict=True))
        for name, end, ways in self._name_places:
            name.next_to(self.point(*end), ways[0], 0.18)
        crowded = [t for t in self.tick_labels if _near(t, self.names[0]) or _near(t, self.names[1])]
        self.tick_labels.remove(*crowded)
        self.grid = Segments(_cut(self._grid_lines(), [*self.tick_labels, *self.names]), "grid", 1.5)
        layout.mark(self.grid, gives_way=True)
        self.add(self.grid, self.axes, tips, self.tick_labels, self.names)

    def _grid_lines(self) -> list[tuple[Array, Array]]:
        (x0, x1), (y0, y1), (xs, ys) = self.x_range, self.y_range, self._ticks
        upright = [(self.point(x, y0), self.point(x, y1)) for x in xs]
        return upright + [(self.point(x0, y), self.point(x1, y)) for y in ys]

    def keep_clear(self, *lines: VMobject) -> Self:
        """Leave out tick labels that lines to come would run through; put names of axes beside such lines."""
        ways = [layout.pieces(line) for line in lines]
        crossed = [label for label in self.tick_labels if _touched(label, ways)]
        self.tick_labels.remove(*crossed)
        for name, end, sides in self._name_places:
            others = [layout.label_boxes(other) for other in self.names if other is not name]
            for side in sides[1:]:
                if not _touched(name, ways, others):
                    break
                name.next_to(self.point(*end), side, 0.18)
            if _touched(name, ways, others):
                self.names.remove(name)
        taken = [label for label in self.tick_labels if any(_near(label, name) for name in self.names)]
        self.tick_labels.remove(*taken)
        return self.room_for()

    def room_for(self, *labels: Mobject) -> Self:
        """Interrupt the grid where these labels, and no others, lie on it."""
        self.grid.points = straight(_cut(self._grid_lines(), [*self.tick_labels, *self.names, *labels]))
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
        """The graph of a vectorised function, broken where it is undefined, jumps or leaves the plane.

        It is drawn in so many `pieces`, and in more where it is too crooked for them.
        """
        x, y = curves.samples(f, x_range or self.x_range, pieces, self.y_range)
        drawn = VMobject(stroke_color=color(role), stroke_width=width, fill_opacity=0)
        y0, y1 = self.y_range
        inside = np.isfinite(y) & (y >= y0 - 1e-9) & (y <= y1 + 1e-9)
        gaps = breaks(f, x, np.where(inside, y, np.nan), y1 - y0)
        runs: list[Array] = []
        hair = 1e-6 * float(np.diff(x).min())  # before and behind a gap, whose place is known almost exactly
        for start, end in curves.runs(inside, gaps):
            xs, ys = x[start:end], y[start:end]
            if start > 0:
                xs, ys = curves.to_edge(
                    f, gaps[start] + hair if start in gaps else x[start - 1], xs, ys, self.y_range, first=True
                )
            if end < len(x):
                xs, ys = curves.to_edge(
                    f, gaps[end] - hair if end in gaps else x[end], xs, ys, self.y_range, first=False
                )
            if len(xs) > 1:
                smooth = curves.smooth(self.point(xs, ys))
                smooth[:, 1] = np.clip(smooth[:, 1], *self.point(x[0], [y0, y1])[:, 1])
                runs.append(smooth)
        drawn.points = np.concatenate(runs) if runs else np.zeros((0, 3))
        return drawn

    def _axis(self, way: int, most: int) -> tuple[int, list[Formula], list[float]]:
        """Ticks of the x axis (0) or the y axis (1): the power of ten taken out of them, labels and numbers."""
        low, high = (self.x_range, self.y_range)[way]
        while True:
            step = nice_step(low, high, most)
            found = ticks(low, high - (high - low) * 0.03, step)
            found = [tick for tick in found if abs(tick - self.home[way]) > step * 0.3]
            power = _common_power(found, step)
            labels = [Formula(_tick(tick, step, power), "tick", "muted") for tick in found]
            room = step / (high - low) * self.size[0] - 0.2
            if way == 1 or most <= 2 or all(label.width < room for label in labels):
                break
            most -= 1
        for label, tick in zip(labels, found, strict=True):
            at = self.point(tick, self.home[1]) if way == 0 else self.point(self.home[0], tick)
            label.next_to(at, (DOWN, LEFT)[way], 0.16)
        return power, labels, found


def _common_power(found: Sequence[float], step: float) -> int:
    """The power of ten to take out of all ticks where they would be long to write, or 0."""
    size = max((abs(tick) for tick in found), default=0.0)
    if size == 0 or 1e-3 <= size < 1e5:
        return 0
    power = int(np.floor(np.log10(size * (1 + 1e-12))))
    written, shorter = (max(len(_tick(tick, step, n)) for tick in found) for n in (0, power))
    return power if shorter < written else 0


def _tick(value: float, step: float, power: int = 0) -> str:
    digits = max(6, int(np.ceil(np.log10(max(abs(value) / step, 1.0)))) + 1)  # neighbours differ
    return numeral(value / 10.0**power, digits)


def _tip(at: Array, direction: Array) -> Polygon:
    side = np.array([-direction[1], direction[0], 0]) * 0.075
    return Polygon(
        at + direction * 0.16, at + side, at - side, stroke_width=0, fill_color=color("axis"), fill_opacity=1
    )


def _touched(label: Formula, ways: Sequence[Array], boxes: Sequence[Array] = ()) -> bool:
    return bool(layout.touches(layout.label_boxes(label), boxes, ways, room=0.08))


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
