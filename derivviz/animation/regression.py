"""Polynomial regression in pictures: points with a curve and the squares of its misses, coefficients as stems."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, VGroup, VMobject
from numpy.polynomial.polynomial import polyval
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.arena import Cloud
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments, straight
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.trace.regression import Regression

Array = NDArray[np.float64]
SQUARES = 24  # of misses that a plane has room for
STEMS = 10
SIDES = 1.15  # to where the plane goes: points lie in −1 … 1
_FAR = 4.0  # times the largest coefficient
_SIZES = ((12, 0.1), (40, 0.075), (200, 0.05))  # so many points at the most, and the radius that they have


class Scatter(VGroup):
    """The points of a regression in their plane, a curve, and how far it misses them.

    Parameters
    ----------
    run
        What was recorded.
    middle
        Of the plane, on the frame.
    size
        Width and height of the plane.

    Attributes
    ----------
    learnt, tested
        The points to learn from, and crosses for those to test on.
    curve, misses, squares
        They follow `show`. A miss is as high as |u_j|, and so is its square wide, in units of the frame.
    shown
        Which of the points have a miss and a square: all, or some evenly among many.
    """

    def __init__(self, run: Regression, middle: ArrayLike, size: tuple[float, float]) -> None:
        self.run = run
        heights = np.concatenate([run.target, run.test_target, [0.0]])
        room = 0.14 * float(np.ptp(heights)) or 1.0
        ends = (float(heights.min()) - room, float(heights.max()) + room)
        self.plane = Plane((-SIDES, SIDES), ends, *size, ("x", "t"), (5, 6)).move_to(
            np.asarray(middle, float)
        )
        self.learnt = Cloud(self.plane.point(run.x, run.target), "ink", _radius(len(run.x)))
        self.tested = _crosses(self.plane.point(run.test_x, run.test_target))
        self.curve = VMobject(stroke_color=color("function"), stroke_width=6, fill_opacity=0)
        among = np.linspace(0, len(run.x) - 1, min(SQUARES, len(run.x))).round().astype(int)
        self.shown = np.argsort(run.x, kind="stable")[among]
        self.misses = mark(Segments(np.zeros((0, 2, 3)), "loss", 4), backdrop=True)
        self.squares = VMobject(fill_color=color("loss"), fill_opacity=0.22, stroke_width=1.5)
        mark(self.squares.set_stroke(color("loss")), backdrop=True)
        mark(self.curve, backdrop=True)
        layers = self.squares, self.misses, self.tested, self.curve, self.learnt
        for depth, layer in enumerate(layers, 1):  # whichever comes later, points stay in front
            layer.set_z_index(depth)
        super().__init__(self.plane, *layers)
        self.show(np.zeros(1))
        self.plane.keep_clear(self.misses)

    def show(self, a: Array, grown: float = 1.0) -> Self:
        """Draw the curve of some coefficients, and squares of a share of their width."""
        with np.errstate(all="ignore"):
            self.curve.points = self.plane.curve(lambda x: polyval(x, a)).points
            reached = polyval(self.run.x[self.shown], a)
        here = self.plane.point(self.run.x[self.shown], self.run.target[self.shown])
        top, foot = (
            self.plane.point(0, self.plane.y_range[1])[1],
            self.plane.point(0, self.plane.y_range[0])[1],
        )
        there = here.copy()
        there[:, 1] = np.clip(
            np.nan_to_num(self.plane.point(0, reached)[..., 1], nan=top, posinf=top, neginf=foot), foot, top
        )
        self.misses.points = straight(np.stack([here, there], axis=1))
        self.squares.points = self._squares(here, there, grown)
        return self

    def _squares(self, here: Array, there: Array, grown: float) -> Array:
        """A square on each miss, to the side where it is farther to the edge; cut off at the edge."""
        left, right = self.plane.point(-SIDES, 0)[0], self.plane.point(SIDES, 0)[0]
        side = np.abs(there[:, 1] - here[:, 1]) * grown
        away = np.where(here[:, 0] - left > right - here[:, 0], -side, side)
        out = np.clip(here[:, 0] + away, left, right)
        corners = np.stack([here, there, there, here], axis=1)
        corners[:, 2:, 0] = out[:, None]
        return straight(np.stack([corners, np.roll(corners, -1, axis=1)], axis=2))

    def dashed(self, a: Array) -> VMobject:
        """Another curve, dashed, behind the one that learns."""
        line = self.plane.curve(lambda x: polyval(x, a), role="ink", width=3)
        pieces = line.points.reshape(-1, 4, 3)
        line.points = pieces[np.arange(len(pieces)) % 6 < 3].reshape(-1, 3)
        return mark(line, backdrop=True).set_z_index(4)

    def half_area(self) -> float:
        """Half the area of all squares, in squared units of t: for `verify`, where none is cut off."""
        corners = self.squares.points.reshape(-1, 16, 3)
        wide = np.abs(corners[:, 8, 0] - corners[:, 0, 0])
        unit = self.plane.size[1] / (self.plane.y_range[1] - self.plane.y_range[0])
        high = np.abs(corners[:, 4, 1] - corners[:, 0, 1])
        return float((wide * high).sum() / unit**2 / 2)

    def height(self, x: float) -> float:
        """f(x) as it is drawn: for `verify`; NaN where the curve is outside of the plane."""
        at = self.plane.point(x, 0)[0]
        ends = self.curve.points.reshape(-1, 4, 3)[:, [0, 3]]
        for a, b in ends:
            if a[0] - 1e-9 <= at <= b[0] + 1e-9:
                share = (at - a[0]) / max(b[0] - a[0], 1e-12)
                return self.plane.numbers(a + share * (b - a))[1]
        return float("nan")


def _radius(count: int) -> float:
    return next((radius for most, radius in _SIZES if count <= most), 0.03)


def _crosses(points: Array) -> Segments:
    arm = _radius(len(points)) * np.array([[1.0, 1.0, 0], [1.0, -1.0, 0]])
    ends = np.stack([points[:, None] - arm, points[:, None] + arm], axis=2)
    return mark(Segments(ends.reshape(-1, 2, 3), "positive", 3.5), backdrop=True)


class Stems(VGroup):
    """Coefficients as upright stems, each beside a level mark where least squares has it.

    Parameters
    ----------
    way
        All coefficients that will be shown, shape (steps, n + 1), so that the axis fits.
    best
        Those of least squares; where one is far beyond the others, none has a mark.
    corner
        The lower left one.
    size
        Width and height.
    """

    def __init__(self, way: Array, best: Array, corner: ArrayLike, size: tuple[float, float]) -> None:
        self.count = min(STEMS, way.shape[1])
        way, best = way[:, : self.count], best[: self.count]
        reach = max(float(np.abs(way).max()), 1e-9)
        near = best if np.abs(best).max() <= _FAR * reach else best[:0]
        low, high = min(0.0, way.min(), near.min(initial=0.0)), max(0.0, way.max(), near.max(initial=0.0))
        room = 0.1 * (high - low) or 1.0
        ends = (low - room, high + room)
        self.plane = Plane((-0.6, self.count - 0.4), ends, *size, ("", ""), (1, 5))
        self.plane.shift(np.asarray(corner, float) - self.plane.frame.points[0])
        self.names = VGroup()
        for k in range(self.count):
            name = Formula(f"a_{k}", "label" if self.count < 7 else 30, "parameter")
            self.names.add(name.next_to(self.plane.point(k, ends[0]), DOWN, 0.12))
        marks = [
            [self.plane.point(k - 0.36, at), self.plane.point(k + 0.36, at)] for k, at in enumerate(near)
        ]
        self.marks = mark(Segments(np.array(marks).reshape(-1, 2, 3), "ink", 3), backdrop=True)
        self.stems = mark(Segments(np.zeros((0, 2, 3)), "parameter", 14), backdrop=True)
        super().__init__(self.plane, self.names, self.stems, self.marks)
        self.show(np.zeros(way.shape[1]))

    def show(self, a: Array) -> Self:
        """Draw these coefficients; what is beyond the axis ends on its edge."""
        heights = np.clip(np.nan_to_num(a[: self.count]), *self.plane.y_range)
        at = np.arange(self.count)
        self.stems.points = straight(
            np.stack([self.plane.point(at, np.zeros(self.count)), self.plane.point(at, heights)], axis=1)
        )
        return self

    def verify(self, lesson: Lesson, a: Array) -> None:
        """The stems are as high as these coefficients."""
        ends = self.stems.points.reshape(-1, 4, 3)[:, 3]
        reach = self.plane.y_range[1] - self.plane.y_range[0]
        for k, end in enumerate(ends):
            lesson.claim(f"the stem of a_{k}", self.plane.numbers(end)[1] / reach, float(a[k]) / reach)
