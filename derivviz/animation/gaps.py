"""Pictures of errors: the gap of a regression, −ln p of a classification, and how the pull p − y goes with training."""

from __future__ import annotations

import numpy as np
from manim import RIGHT, UP, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import pick
from derivviz.animation.growing import Block
from derivviz.animation.lines import Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula

Array = NDArray[np.float64]
HIGHEST = 6.0  # loss that the plane of −ln p has room for


class Gap(VGroup):
    """A line of numbers with the truth t on it, an answer f, and the gap between them; upright in a tall frame."""

    T, START, BACK = -0.6, 3.2, -2.0  # places of t, of f at first, and of f beyond t

    def __init__(self) -> None:
        super().__init__()
        middle = np.array(pick(wide=[0, 0.55, 0], tall=[0, 0.4, 0], square=[0, 0.2, 0]), float)
        self.along, self.aside = pick(wide=(RIGHT, UP), tall=(UP, RIGHT), square=(RIGHT, UP))
        self.unit = pick(wide=1.0, tall=0.8, square=0.85)
        tick = pick(wide=0.09, tall=0.13, square=0.13) * self.aside
        radius, size = pick(wide=0.14, tall=0.2, square=0.2), pick(wide=52, tall=84, square=76)
        self.half = radius / 2  # of the bar's thickness
        spots = [middle + x * self.unit * self.along for x in np.arange(-6, 6.1, 1.0)]
        ends = [middle - 6.6 * self.unit * self.along, middle + 6.6 * self.unit * self.along]
        self.line = Segments([ends, *([spot - tick, spot + tick] for spot in spots)], "axis", 2.5)
        self.truth = VGroup(dot(self.spot(self.T), "positive", radius), Formula("t", size, "positive"))
        self.truth[1].next_to(self.truth[0], -self.aside, 0.25)
        self.answer = VGroup(dot(middle, "function", radius), Formula("f", size, "function"))
        self.bar = Block(middle, (0, 0), "tangent", 0.85)
        self.add(self.line, self.bar, self.truth, self.answer)
        self.seen = self.line, self.truth, self.answer  # before there is a loss
        self.at(self.START)

    def spot(self, x: float) -> Array:
        """A place of the line on the frame, shape (3,)."""
        return np.asarray(self.line.points[[0, 3]].mean(axis=0) + x * self.unit * self.along)

    def at(self, x: float) -> Gap:
        """Put the answer at a place of the line."""
        self.answer[0].move_to(self.spot(x))
        self.answer[1].next_to(self.answer[0], self.aside, 0.25)
        low, high = self.spot(min(x, self.T)), self.spot(max(x, self.T))
        across = self.half * self.aside
        width, height, _ = high - low + 2 * across
        self.bar.set_size(low - across, (width, height))
        return self


class LogLoss(VGroup):
    """−ln p over p, and a point on it; there is none where −ln p is higher than the plane.

    Parameters
    ----------
    p, loss
        Of the true class; the loss is given apart, as p may be rounded to 0.
    """

    def __init__(self, p: float, loss: float) -> None:
        super().__init__()
        top = min(HIGHEST, max(3.0, loss * 1.25))
        width, height = pick(wide=(3.6, 3.3), tall=(6.6, 4.0), square=(5.4, 3.2))
        self.plane = Plane((0, 1), (0, top), width, height, ("p", "L"), (5, 4))
        middle = np.array(pick(wide=[-4.65, 0.5, 0], tall=[0.2, 3.65, 0], square=[-2.45, 2.9, 0]))
        self.plane.shift(middle - self.plane.frame.get_center())
        self.curve = self.plane.curve(lambda x: -np.log(np.maximum(x, 1e-300)), role="loss")
        self.plane.keep_clear(self.curve)
        self.seen = loss <= top
        self.point = dot(self.plane.point(p, min(loss, top)), "positive")
        self.add(self.plane, self.curve)
        if self.seen:
            self.add(self.point)

    def told(self) -> tuple[float, float]:
        """p and loss read off the point."""
        return self.plane.numbers(self.point.get_center())


class Fading(VGroup):
    """The mean of 1 − p of the true class at each recorded snapshot.

    Parameters
    ----------
    steps, pull
        Numbers of the steps, and the means in 0…1; two at the least.
    """

    def __init__(self, steps: NDArray[np.int64], pull: Array) -> None:
        super().__init__()
        first, last = float(steps[0]), float(steps[-1])
        width, height = pick(wide=(11.0, 4.0), tall=(5.9, 9.2), square=(9.3, 7.4))
        most = pick(wide=6, tall=4, square=6), pick(wide=5, tall=10, square=10)
        span = first, last + 0.04 * (last - first)
        self.plane = Plane(span, (0, 1.06), width, height, ("", ""), most)
        middle = np.array(pick(wide=[0.2, -0.2, 0], tall=[-0.1, 0.05, 0], square=[0.0, -0.2, 0]))
        self.plane.shift(middle - self.plane.frame.get_center())
        ways = self.plane.point(steps, pull)
        self.line = Segments(np.stack([ways[:-1], ways[1:]], axis=1), "tangent", 4)
        self.dots = VGroup(*(dot(way, "tangent", 0.08) for way in ways))
        self.plane.keep_clear(self.line)
        self.add(self.plane, self.line, self.dots)

    def drawn(self) -> Array:
        """The means read off the points."""
        return np.array([self.plane.numbers(point.get_center())[1] for point in self.dots])
