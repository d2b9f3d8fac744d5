"""The gradient penalty in pictures: how long gradients are, and how their length is differentiated in its turn."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Group, Indicate, Line, ShowPassingFlash, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.arena import arrow
from derivviz.animation.frame import pick, shape
from derivviz.animation.growing import Block, machine
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed, Segments
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula

Array = NDArray[np.float64]
_BINS = 24


class Norms(Group):
    """How many of some points have a gradient of which length; a dashed line at 1.

    Parameters
    ----------
    values
        All that will be shown, so that the axes fit: a sequence of shape (points,) each.
    middle
        Of all of it, with the numbers at its axes.
    size
        Width and height of the plane alone.
    ticks
        The most that its two axes have.
    """

    def __init__(
        self,
        values: list[Array],
        middle: ArrayLike,
        size: tuple[float, float],
        ticks: tuple[int, int] = (5, 4),
    ) -> None:
        longest = max(float(v.max()) for v in values)
        end = 2.0 if longest <= 2 else float(np.ceil(longest))
        self.edges = np.linspace(0, end, _BINS + 1)
        self.top = float(max(self.counts(v).max() for v in values))
        names = ("norm(nabla D(hat(x)))", "")
        self.plane = Plane((0, end), (0, self.top), *size, names, ticks).move_to(np.asarray(middle, float))
        self.bars = VGroup(
            *(mark(Block(np.zeros(3), (0, 0), "tangent", 0.9), backdrop=True) for _ in range(_BINS))
        )
        one = self.plane.point(1, 0), self.plane.point(1, self.top)
        self.one = mark(Dashed(*one, "ink", 2.5, 0.12, 0.1), backdrop=True)
        super().__init__(self.plane, self.bars, self.one)
        self.show(self.counts(values[0]))

    def counts(self, values: Array) -> Array:
        """How many are in each bin."""
        return np.histogram(np.minimum(values, self.edges[-1]), self.edges)[0].astype(float)

    def show(self, counts: Array) -> None:
        """Draw counts, which need not be whole on the way from one to the next."""
        self.shown = counts
        floor = self.plane.point(self.edges[:-1], 0)
        step = self.plane.size[0] / _BINS
        for bar, corner, count in zip(self.bars, floor, counts, strict=True):
            bar.set_size(corner + RIGHT * 0.05 * step, (0.9 * step, count / self.top * self.plane.size[1]))

    def verify(self, lesson: Lesson, values: Array) -> None:
        """The bars are as high as there are points."""
        heights = np.array([bar.sides[1] for bar in self.bars]) / self.plane.size[1] * self.top
        lesson.claim("bars of gradient norms", float(np.abs(heights - self.counts(values)).max()), 0.0, 1e-3)


class DoubleBackward(Group):
    """The graph of the penalty: a pass forward, one back to x̂, its length; and the pass back through both.

    In narrow frames the penalty stands below the length, else beside it.

    Parameters
    ----------
    norm, penalty
        Length of the gradient at x̂, and what that costs.
    middle
        In a wide frame, where its origin is.

    Attributes
    ----------
    forward, first, length
        The three rows, to be shown one after the other.
    weights
        θ, which both passes go through.
    """

    def __init__(self, norm: float, penalty: float, middle: ArrayLike) -> None:
        xs, ys, across = pick(
            wide=((-4.9, -1.6, 1.9), (1.5, -0.35, -2.1, -2.1), (-4.9 + 0.35, 1.9 + 0.6)),
            tall=((-2.9, -0.25, 2.75), (4.8, 1.9, -1.6, -4.1), (-0.75, 0.0)),
            square=((-4.6, -0.4, 4.2), (3.8, 1.2, -1.4, -3.6), (-1.9, 0.6)),
        )
        letters, result = pick(wide=(52, 46), tall=(62, 64), square=(76, 76))
        point, score = Formula("hat(x)", letters, "parameter"), Formula("D(hat(x))", letters, "function")
        ahead, behind = machine("D_theta", "function"), machine("D'_theta", "tangent")
        slope = Formula("nabla_hat(x) D", letters, "tangent")
        self.norm = Formula(f"norm(nabla_hat(x) D) = {norm:.3g}", result, "tangent")
        self.penalty = Formula(f"(norm(nabla_hat(x) D) - 1)^2 = {penalty:.3g}", result, "loss")
        theta = Formula("theta", letters, "parameter")
        one = Formula("1", pick(wide=40, tall=48, square=58), "muted")
        if shape() != "wide":
            VGroup(ahead, behind).scale(pick(wide=1.0, tall=1.25, square=1.6))
        beside = xs[1] + pick(wide=2.0, tall=1.5, square=2.4)
        for part, x, y in (
            (point, xs[0], ys[0]),
            (ahead, xs[1], ys[0]),
            (score, xs[2], ys[0]),
            (one, xs[2], ys[1]),
            (behind, xs[1], ys[1]),
            (slope, xs[0], ys[1]),
            (self.norm, across[0], ys[2]),
            (self.penalty, across[1], ys[3]),
            (theta, beside, (ys[0] + ys[1]) / 2),
        ):
            part.move_to([x, y, 0])
        self.forward = VGroup(
            point,
            ahead,
            score,
            arrow(point.get_right(), ahead.get_left()),
            arrow(ahead.get_right(), score.get_left()),
        )
        self.first = VGroup(
            one,
            behind,
            slope,
            arrow(score.get_bottom(), one.get_top(), "tangent"),
            arrow(one.get_left(), behind.get_right(), "tangent"),
            arrow(behind.get_left(), slope.get_right(), "tangent"),
        )
        self.length = VGroup(
            self.norm,
            self.penalty,
            arrow(slope.get_bottom(), [xs[0], self.norm.get_top()[1], 0]),
            arrow(*self._joint()),
        )
        near = theta.get_left() + LEFT * 0.12
        self.first.add(Segments([[near, behind.get_corner(UP + RIGHT)]], "parameter", 3))
        self.weights = VGroup(theta, Segments([[near, ahead.get_corner(DOWN + RIGHT)]], "parameter", 3))
        super().__init__(self.forward, self.weights, self.first, self.length)
        if shape() == "wide":
            self.shift(np.asarray(middle, float))

    def _joint(self) -> tuple[Array, Array]:
        """Where the arrow from the length to the penalty starts and ends."""
        if shape() != "wide":
            below = self.norm.get_bottom()
            return below, np.array([below[0], self.penalty.get_top()[1], 0])
        return self.norm.get_right(), self.penalty.get_left()

    def second(self, lesson: Lesson) -> None:
        """The pass back from the penalty, through the first backward pass and the forward one, to θ."""
        norm, slope = self.norm, self.first[2]
        behind, one, score, ahead = self.first[1], self.first[0], self.forward[2], self.forward[1]
        theta = self.weights[0]
        stops = [
            self._joint()[::-1],
            [[slope.get_center()[0], norm.get_top()[1], 0], slope.get_bottom()],
            [slope.get_right(), behind.get_left()],
            [behind.get_corner(UP + RIGHT), theta.get_left()],
            [behind.get_right(), one.get_left()],
            [one.get_top(), score.get_bottom()],
            [score.get_left(), ahead.get_right()],
            [ahead.get_corner(DOWN + RIGHT), theta.get_left()],
        ]
        for start, end in stops:
            pulse = Line(start, end, color=color("loss"), stroke_width=9)
            lesson.play(ShowPassingFlash(mark(pulse, backdrop=True), time_width=1.2), run_time=0.42)
        lesson.play(Indicate(theta, 1.5, color("loss")), run_time=0.7)


def ways(starts: Array, ends: Array) -> VMobject:
    """Thin lines from one set of points to another."""
    return mark(Segments(np.stack([starts, ends], axis=1), "muted", 1.6), backdrop=True)
