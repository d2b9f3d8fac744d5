"""A map of a function of two variables: contour lines over bands that are stronger the higher they lie."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Self

import numpy as np
from contourpy import FillType, LineType, contour_generator
from manim import DOWN, LEFT, Mobject, Polygon, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import layout
from derivviz.animation.blend import mixed
from derivviz.animation.lines import Segments, straight
from derivviz.animation.numerals import numeral
from derivviz.animation.plane import nice_step, ticks
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula

Array = NDArray[np.float64]
_SAMPLES = 161


class ContourMap(VGroup):
    """Contour lines in a frame with ticks; x and y in one scale where their ranges are as long as its sides.

    Parameters
    ----------
    f
        Vectorised function of x and y.
    x_range, y_range
        Ends of the frame, in the numbers of the function.
    levels
        Heights of the contour lines, rising.
    size
        Side of the frame, or its width and height, in units of the frame of the picture.
    names
        Typst math of the axes' names.
    samples
        How many values of x and of y the function is asked at.
    role
        Colour of the ground.
    """

    def __init__(
        self,
        f: Callable[[Array, Array], Any],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        levels: ArrayLike,
        size: float | tuple[float, float] = 4.6,
        names: tuple[str, str] = ("x", "y"),
        samples: tuple[int, int] = (_SAMPLES, _SAMPLES),
        role: str = "function",
    ) -> None:
        super().__init__()
        self.x_range, self.y_range, self.role = x_range, y_range, role
        self.size = np.broadcast_to(np.asarray(size, float), 2)
        self.levels = np.asarray(levels, float)
        corners = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]) / 2
        self.frame = Polygon(
            *(corners * [*self.size, 0]),
            stroke_color=color("axis"),
            stroke_width=2.5,
            fill_opacity=0,
        )
        self.add(self.frame)
        x, y = np.linspace(*x_range, samples[0]), np.linspace(*y_range, samples[1])
        grid = np.meshgrid(x, y)
        with np.errstate(all="ignore"):
            z = np.broadcast_to(np.asarray(f(*grid), float), grid[0].shape)
        self._samples = x, y, np.ma.masked_invalid(z)
        self.bands = VGroup(*(self._band(n) for n in range(len(self.levels) + 1)))
        layout.mark(self.bands, backdrop=True)
        self._lines = [run for level in self.levels for run in self.line(level)]
        self.contours = Segments(np.zeros((0, 2, 3)), mixed("background", role, 0.75), 2.2)
        layout.mark(self.contours, gives_way=True)
        self.labels = VGroup(
            *(
                Formula(numeral(t), "tick", "muted").next_to(self.point(t, y_range[0]), DOWN, 0.16)
                for t in ticks(*x_range, nice_step(*x_range, 5))
            ),
            *(
                Formula(numeral(t), "tick", "muted").next_to(self.point(x_range[0], t), LEFT, 0.16)
                for t in ticks(*y_range, nice_step(*y_range, 5))
            ),
        )
        self.names = VGroup(
            Formula(names[0], "label", "muted").next_to(self.point(x_range[1], y_range[0]), DOWN, 0.16),
            Formula(names[1], "label", "muted").next_to(self.point(x_range[0], y_range[1]), LEFT, 0.16),
        )
        crowded = [label for label in self.labels if any(_near(label, name) for name in self.names)]
        self.labels.remove(*crowded)
        self.remove(self.frame)
        self.add(self.bands, self.contours, self.frame, self.labels, self.names)
        self.room_for()

    def point(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for numbers of the function."""
        corner = self.frame.points[0]
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        flat = [
            corner[0] + (x - x0) / (x1 - x0) * self.size[0],
            corner[1] + (y - y0) / (y1 - y0) * self.size[1],
        ]
        return np.stack([*flat, np.zeros_like(x)], axis=-1)

    def numbers(self, point: ArrayLike) -> Array:
        """The numbers (x, y) at a point of the frame: what `point` undoes."""
        p = (np.asarray(point, float) - self.frame.points[0])[:2] / self.size
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        return np.array([x0 + p[0] * (x1 - x0), y0 + p[1] * (y1 - y0)])

    def line(self, level: float) -> list[Array]:
        """The contour line of a height as runs of (x, y), shape (points, 2), in the numbers of the function."""
        generator = contour_generator(*self._samples, line_type=LineType.Separate)
        return [np.asarray(run) for run in generator.lines(level)]

    def highlighted(self, level: float, role: str = "function", width: float = 5) -> Segments:
        """One contour line, drawn more strongly."""
        return Segments(self._pieces(self.line(level)), role, width)

    def room_for(self, *labels: Mobject) -> Self:
        """Interrupt the contour lines where these labels, and no others, lie on them, as on a printed map."""
        pieces = self._pieces(self._lines)
        for label in labels:
            for left, bottom, right, top in layout.label_boxes(label) + 0.06 * np.array([-1, -1, 1, 1]):
                low, high = pieces.min(axis=1), pieces.max(axis=1)
                hit = (low[:, 0] < right) & (high[:, 0] > left) & (low[:, 1] < top) & (high[:, 1] > bottom)
                pieces = pieces[~hit]
        self.contours.points = straight(pieces)
        return self

    def _pieces(self, runs: list[Array]) -> Array:
        """Straight pieces on the frame, shape (pieces, 2, 3), of runs as `line` gives them."""
        placed = [self.point(*run.T) for run in runs]
        return np.concatenate(
            [*(np.stack([run[:-1], run[1:]], axis=1) for run in placed), np.zeros((0, 2, 3))]
        )

    def _band(self, n: int) -> VMobject:
        """What lies between a contour line and the next."""
        bounds = np.concatenate([[-np.inf], self.levels, [np.inf]])
        low, high = float(bounds[n]), float(bounds[n + 1])
        share = 0.08 + 0.34 * n / max(1, len(self.levels))
        band = VMobject(stroke_width=0).set_fill(mixed("background", self.role, share), opacity=1)
        generator = contour_generator(*self._samples, fill_type=FillType.OuterOffset)
        outlines, offsets = generator.filled(low, high)  # type: ignore[misc]
        runs = []
        for points, starts in zip(outlines, offsets, strict=True):
            for start, end in pairwise(starts):
                ring = self.point(*np.asarray(points[start:end]).T)
                runs.append(straight(np.stack([ring[:-1], ring[1:]], axis=1)))
        band.points = np.concatenate([*runs, np.zeros((0, 3))])
        return band


def _near(one: Mobject, other: Mobject, room: float = 0.1) -> bool:
    gap = np.abs(one.get_center() - other.get_center())[:2]
    return bool((gap < np.array([one.width + other.width, one.height + other.height]) / 2 + room).all())


def levels_around(value: float, low: float, high: float, most: int = 10) -> Array:
    """Heights of contour lines between two bounds, evenly apart, one of them exactly `value`."""
    step = nice_step(low, high, most)
    counts = np.arange(np.ceil((low - value) / step), np.floor((high - value) / step) + 1)
    return value + counts * step
