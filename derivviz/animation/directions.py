"""The slope of a surface in every direction from a point: an arrow goes round, and what it meets is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from manim import (
    DOWN,
    RIGHT,
    Arrow,
    FadeOut,
    GrowArrow,
    GrowFromCenter,
    Mobject,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
)
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.calculus.field import Field, direction

Array = NDArray[np.float64]
STOPS = 241  # directions at which the slope is measured


def arrow(start: ArrayLike, way: ArrayLike, role: str, width: float = 6) -> Arrow:
    """An arrow whose tip is of one size, however long it is."""
    return Arrow(
        np.asarray(start, float),
        np.asarray(start, float) + way,
        buff=0,
        color=color(role),
        stroke_width=width,
        tip_length=0.04 * width,
        max_stroke_width_to_length_ratio=99,
        max_tip_length_to_length_ratio=0.5,
    )


def way_of(quarters: float, start: ArrayLike, length: float = 1.25) -> Arrow:
    """The direction u at so many quarter turns from the x-axis."""
    return arrow(start, np.array([*direction(np.pi / 2 * quarters), 0]) * length, "parameter")


class Directions(VGroup):
    """A plane of slope against direction, in quarter turns, with arrows for ticks, and the measured slopes.

    Parameters
    ----------
    f, at, slope
        The function, a place, shape (2,), and the gradient there.
    reach
        Of the surface around it: slopes are measured over a small part of it.
    word
        Typst math of what is drawn upwards.
    size, middle
        Of the plane on the frame: width and height, and where its middle stands.
    """

    def __init__(
        self, f: Field, at: Array, slope: Array, reach: float, word: str,
        size: tuple[float, float], middle: tuple[float, float],
    ) -> None:  # fmt: skip
        super().__init__()
        top = 1.25 * float(np.hypot(*slope))
        self.plane = Plane((0, 4), (-top, top), *size, ("bold(u)", word), (1, 5)).move_to([*middle, 0])
        self.quarters = np.linspace(0, 4, STOPS)
        h = 1e-5 * reach
        measured = []
        for u in (direction(np.pi / 2 * quarters) for quarters in self.quarters):
            rise = f(*(at + h * u)) - f(*(at - h * u))
            measured.append(rise / (2 * h) if np.isfinite(rise) else float(slope @ u))
        points = self.plane.point(self.quarters, measured)
        self.wave = Segments(np.stack([points[:-1], points[1:]], axis=1), "tangent", 5)
        self.plane.keep_clear(self.wave)
        ticks = VGroup(
            *(way_of(q, self.plane.point(q, -top) + DOWN * 0.32 - 0.22 * _flat(q), 0.44) for q in range(5))
        )
        for tick in ticks:
            tick.set_stroke(width=4)
        self.plane.names[0].next_to(ticks, RIGHT, 0.25)
        self.plot = VGroup(self.plane, ticks)
        self.add(self.plot, self.wave)

    def spin(self, lesson: Lesson, start: Array, *above: Mobject, seconds: float = 6.0) -> None:
        """Turn an arrow once around `start` while the slopes that it meets are drawn; `above` stays on top."""
        whole, points = self.wave.points.copy(), self.wave.points[::4]
        turning, tip = way_of(0.0, start), dot(points[0], "tangent")
        lesson.play(GrowArrow(turning), GrowFromCenter(tip), run_time=0.6)

        def show(group: Mobject, alpha: float) -> None:
            n = min(max(1, round(alpha * (STOPS - 1))), len(points) - 1)
            self.wave.points = whole[: 4 * n]
            turning.become(way_of(self.quarters[n], start))
            tip.move_to(points[n])

        moving = VGroup(self.wave, turning, tip)
        lesson.add(moving, *above)
        lesson.play(UpdateFromAlphaFunc(moving, show, rate_func=linear), run_time=seconds)
        self.wave.points = whole
        lesson.remove(moving)
        lesson.add(self.wave, *above)
        lesson.play(FadeOut(turning, tip), run_time=0.3)

    def read(self) -> Iterator[tuple[float, float]]:
        """Direction in quarter turns and slope of the points as drawn."""
        return (self.plane.numbers(point) for point in self.wave.points[::4])


def _flat(quarters: float) -> Array:
    return np.array([*direction(np.pi / 2 * quarters), 0])
