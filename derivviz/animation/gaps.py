"""Pictures of errors: the gap of a regression, −ln p of a classification, and how the pull p − y goes with training."""

from __future__ import annotations

import numpy as np
from manim import DOWN, UP, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.growing import Block
from derivviz.animation.lines import Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula

Array = NDArray[np.float64]
HIGHEST = 6.0  # loss that the plane of −ln p has room for


class Gap(VGroup):
    """A line of numbers with the truth t on it, an answer f, and the gap between them.

    Parameters
    ----------
    y
        Height of the line on the frame.
    """

    T, START = -0.6, 3.2  # places of t, and of f at first, in units of the frame from the middle

    def __init__(self, y: float) -> None:
        super().__init__()
        self.y_line = y
        marks = [[[x, y - 0.09, 0], [x, y + 0.09, 0]] for x in np.arange(-6, 6.1, 1.0)]
        self.line = Segments([[[-6.6, y, 0], [6.6, y, 0]], *marks], "axis", 2.5)
        self.truth = VGroup(dot([self.T, y, 0], "positive", 0.14), Formula("t", "formula", "positive"))
        self.truth[1].next_to(self.truth[0], DOWN, 0.25)
        self.answer = VGroup(dot([0, y, 0], "function", 0.14), Formula("f", "formula", "function"))
        self.bar = Block([0, y, 0], (0, 0), "tangent", 0.85)
        self.name = Formula("f - t", "label", "tangent")
        self.add(self.line, self.bar, self.truth, self.answer)
        self.at(self.START)

    def at(self, x: float) -> Gap:
        """Put the answer at a place of the line."""
        spot = np.array([x, self.y_line, 0])
        self.answer[0].move_to(spot)
        self.answer[1].next_to(self.answer[0], UP, 0.25)
        left, right = sorted((x, self.T))
        self.bar.set_size([left, self.y_line - 0.07, 0], (right - left, 0.14))
        return self

    def width_of_bar(self) -> float:
        """f − t read off the picture, without its sign."""
        return float(self.bar.sides[0])


class LogLoss(VGroup):
    """−ln p over p, and a point on it; there is none where −ln p is higher than the plane.

    Parameters
    ----------
    p, loss
        Of the true class; the loss is given apart, as p may be rounded to 0.
    middle
        Of the plane on the frame.
    """

    def __init__(self, p: float, loss: float, middle: ArrayLike) -> None:
        super().__init__()
        top = min(HIGHEST, max(3.0, loss * 1.25))
        self.plane = Plane((0, 1), (0, top), 3.6, 3.3, ("p", "L"), (5, 4))
        self.plane.shift(np.asarray(middle, float) - self.plane.frame.get_center())
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

    def __init__(
        self, steps: NDArray[np.int64], pull: Array, middle: ArrayLike, size: tuple[float, float]
    ) -> None:
        super().__init__()
        first, last = float(steps[0]), float(steps[-1])
        self.plane = Plane((first, last + 0.04 * (last - first)), (0, 1.06), *size, ("", ""), (6, 5))
        self.plane.shift(np.asarray(middle, float) - self.plane.frame.get_center())
        ways = self.plane.point(steps, pull)
        self.line = Segments(np.stack([ways[:-1], ways[1:]], axis=1), "tangent", 4)
        self.dots = VGroup(*(dot(way, "tangent", 0.08) for way in ways))
        self.plane.keep_clear(self.line)
        self.add(self.plane, self.line, self.dots)

    def drawn(self) -> Array:
        """The means read off the points."""
        return np.array([self.plane.numbers(point.get_center())[1] for point in self.dots])
