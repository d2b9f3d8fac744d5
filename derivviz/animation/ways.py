"""Several numbers along one way as lines of a plane, one of them followed, with its tangent and its area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Polygon, VGroup, VMobject
from numpy.typing import NDArray

from derivviz.animation.blend import mixed
from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, straight
from derivviz.animation.numerals import short
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Label

Array = NDArray[np.float64]
NAME = 1.9  # units of the frame that a name at the right end has


class Ways(VGroup):
    """Numbers along t as lines of a plane, one of them followed; names at their right ends.

    Parameters
    ----------
    box
        Left, bottom, width and height of the plane; numbers on its axis stand to the left of it.
    zero
        Whether the axis goes through 0 in any case.

    Attributes
    ----------
    plane
        Axes.
    lines
        By class, as mobjects; `numbers` are what they go through.
    """

    def __init__(
        self,
        t: Array,
        values: Array,
        names: Sequence[str],
        followed: int,
        role: str,
        box: tuple[float, float, float, float],
        zero: bool = False,
    ) -> None:
        super().__init__()
        left, bottom, width, height = box
        low, high = float(values.min()), float(values.max())
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        room = 0.08 * (high - low) or 1.0
        self.t, self.numbers = t, values
        self.plane = Plane((0.0, 1.0), (low - room, high + room), width, height, ("", ""), (1, 4))
        self.plane.shift(np.array([left + width / 2, bottom + height / 2, 0]) - self.plane.frame.get_center())
        self.lines = [self._line(n, role, n == followed) for n in range(values.shape[1])]
        self.plane.keep_clear(*self.lines)
        labels = [
            fitted(name, NAME, "tick").set_fill(color("muted" if n != followed else "ink"))
            for n, name in enumerate(names)
        ]
        ends = [float(self.plane.point(1.0, v)[1]) for v in values[-1]]
        for label, y in zip(labels, apart(ends, 0.34, bottom - 0.1, bottom + height + 0.1), strict=True):
            label.at([left + width + 0.45, y - 0.09, 0])
        leads = [
            [[left + width + 0.05, end, 0], [label.get_left()[0] - 0.07, label.pen.points[0][1] + 0.09, 0]]
            for label, end in zip(labels, ends, strict=True)
        ]
        self.labels = VGroup(mark(Segments(leads, "axis", 1.2), backdrop=True), *labels)
        for x, tick, role in ((0.0, "0", "muted"), (0.5, "t", "parameter"), (1.0, "1", "muted")):
            self.plane.add(Formula(tick, "tick", role).move_to([left + x * width, bottom - 0.22, 0]))
        order = [*(line for n, line in enumerate(self.lines) if n != followed), self.lines[followed]]
        self.add(self.plane, *order, self.labels)

    def until(self, t: float) -> None:
        """Draw the lines from the left up to there."""
        seen = np.r_[self.t[self.t < t], t]
        for n, line in enumerate(self.lines):
            points = self.plane.point(seen, np.interp(seen, self.t, self.numbers[:, n]))
            line.points = straight(np.stack([points[:-1], points[1:]], axis=1))

    def _line(self, number: int, role: str, followed: bool) -> VMobject:
        points = self.plane.point(self.t, self.numbers[:, number])
        shown = role if followed else mixed("background", role, 0.5)
        line = Segments(np.stack([points[:-1], points[1:]], axis=1), shown, 5 if followed else 2)
        return mark(line, backdrop=True)

    def at(self, t: float, number: int) -> float:
        """The number of a class at t; between the points that were recorded, on the straight line."""
        return float(np.interp(t, self.t, self.numbers[:, number]))

    def tangent(self, t: float, number: int, slope: float, half: float = 0.75) -> tuple[Array, Array]:
        """Ends of a short line with a slope through the graph of a class, `half` units of the frame to either side."""
        here = self.plane.point(t, self.at(t, number))
        unit = self.plane.point([0.0, 1.0], [0.0, slope])
        way = (unit[1] - unit[0]) / np.linalg.norm(unit[1] - unit[0]) * half
        return here - way, here + way

    def area(self, number: int, until: float = 1.0) -> VMobject:
        """What lies between the line of a class and zero."""
        inside = self.t[self.t < until - 1e-9]
        t = np.r_[inside, until]
        ground = float(np.clip(0.0, *self.plane.y_range))
        values = np.interp(t, self.t, self.numbers[:, number])
        corners = self.plane.point(np.r_[t[0], t, t[-1]], np.r_[ground, values, ground])
        made = Polygon(*corners, stroke_width=0).set_fill(color("tangent"), opacity=0.3)
        return mark(made, backdrop=True)

    def integral(self, area: VMobject) -> float:
        """The signed area that `area` made, read off its corners: for `verify`."""
        x, y = np.array([self.plane.numbers(corner) for corner in area.get_anchors()]).T
        return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


def graphs(t: Array, output: Array, slope: Array, names: Sequence[str], followed: int) -> tuple[Ways, Ways]:
    """Scores, and below them their slopes, as planes of the same width, with room for the numbers on the axes."""
    named = 0.45 + max(fitted(name, NAME, "tick").width for name in names)
    edge, left, bottoms, width, height = pick(
        wide=(-6.9, -6.0, (0.55, -2.3), 8.0, 1.95),
        tall=(-3.8, -3.1, (1.15, -4.35), 6.9 - named, 3.65),
        square=(-5.8, -5.0, (0.9, -3.85), 10.75 - named, 3.0),
    )
    for _ in range(2):  # the second time with room for the numbers
        above, below = (
            Ways(t, values, names, followed, role, (left, bottom, width, height), zero=role == "tangent")
            for values, role, bottom in zip((output, slope), ("function", "tangent"), bottoms, strict=True)
        )
        over = max(0.0, *(edge - ways.plane.get_left()[0] for ways in (above, below)))
        left, width = left + over, width - over
    return above, below


def sums(change: float, area: float, heads: Sequence[Label]) -> VGroup:
    """What a score changes by, and the area under its slopes: names and numbers, on the lines of the headings.

    In a wide frame they stand to the right of the planes.
    """
    told = VGroup()
    rows = ("F(1) - F(0)", change, "function"), ("integral_0^1 F'(t) dif t", area, "tangent")
    for (name, number, role), head, y in zip(rows, heads, ((1.85, 1.3), (-1.1, -1.75)), strict=True):
        if shape() == "wide":
            told.add(Formula(name, "tick", "muted").at([4.75, y[0], 0]))
            told.add(Formula(short(number, 3), "label", role).at([4.75, y[1], 0]))
            continue
        line, right = head.pen.points[0][1], pick(wide=0.0, tall=3.75, square=5.7)
        written = Formula(short(number, 3), enlarged("label"), role)
        written.at([right - written.width, line, 0])
        named = Formula(f"{name} =", "label", "muted")
        told.add(named.at([written.get_left()[0] - 0.2 - named.width, line, 0]), written)
    return told


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights at least `gap` apart, in the order of those wanted and near to them, between two ends if they fit."""
    order = np.argsort(wanted, kind="stable")
    placed = np.array(wanted, float)
    floor = low
    for n in order:
        placed[n] = max(placed[n], floor)
        floor = placed[n] + gap
    ceiling = max(high, low + gap * (len(wanted) - 1))
    for n in order[::-1]:
        placed[n] = min(placed[n], ceiling)
        ceiling = placed[n] - gap
    return [float(y) for y in placed]
