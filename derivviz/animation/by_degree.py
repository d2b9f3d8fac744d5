"""How far the curve of each degree misses: the points that it learns from, and those that it never sees."""

from __future__ import annotations

import numpy as np
from manim import DL, DOWN, DR, UL, UP, UR, VGroup
from numpy.polynomial.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.arena import Cloud
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed, Segments
from derivviz.animation.placing import place
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Label
from derivviz.trace.regression import Regression

Array = NDArray[np.float64]
ROLES = {"learnt": "loss", "tested": "positive"}
_HEADROOM = 1.8  # times what the lowest degree misses


class ByDegree(VGroup):
    """The typical miss of least squares of each degree, a line of dots for each set of points.

    Where a number leaves the plane, its line does too.

    Parameters
    ----------
    run
        Whose degrees they are; of points held out there may be none.
    corner
        The lower left one.
    size
        Width and height.

    Attributes
    ----------
    lines
        By name, ``learnt`` and ``tested``: dots, each with the way to it, to be shown one after the other.
    """

    def __init__(self, run: Regression, corner: ArrayLike, size: tuple[float, float]) -> None:
        self.run, self.series = run, {"learnt": run.learnt, "tested": run.tested}
        least = min(run.tested, default=0.0)
        top = _HEADROOM * max(run.learnt[0], *run.tested[:1], 1.2 * least) or 1.0
        self.plane = Plane((0, run.degrees[-1] + 0.5), (0, top), *size, ("", ""), (10, 5))
        self.plane.shift(np.asarray(corner, float) - self.plane.frame.points[0])
        self.lines = {name: self._line(values, ROLES[name]) for name, values in self.series.items()}
        self.labels: list[Label] = []
        super().__init__(self.plane)

    def _line(self, values: list[float], role: str) -> VGroup:
        drawn, top = VGroup(), self.plane.y_range[1]
        for n, (degree, value) in enumerate(zip(self.run.degrees, values, strict=False)):
            here, part = self.plane.point(degree, value), VGroup()
            if n and min(values[n - 1], value) < top:
                there = self.plane.point(self.run.degrees[n - 1], values[n - 1])
                part.add(Segments([self._inside(there, here)], role, 4))
            if value <= top:
                part.add(Cloud(here, role, 0.085))
            drawn.add(part)
        return drawn

    def _inside(self, a: Array, b: Array) -> tuple[Array, Array]:
        """The part of a line that is below the upper edge."""
        edge = self.plane.point(0, self.plane.y_range[1])[1]
        cut = [a, b]
        for n, (one, other) in enumerate(((a, b), (b, a))):
            if one[1] > edge:
                cut[n] = other + (one - other) * (edge - other[1]) / (one[1] - other[1])
        return cut[0], cut[1]

    def spot(self, degree: int, value: float) -> VGroup:
        """A dot with a ring, for a number of the points held out; on the edge where it is beyond."""
        at = self.plane.point(degree, min(value, self.plane.y_range[1]))
        return VGroup(Cloud(at, "ink", 0.16), Cloud(at, "background", 0.12), Cloud(at, "positive", 0.085))

    def drop(self, degree: int, start: float, end: float) -> Dashed:
        """A dashed line from one number of a degree to another."""
        top = self.plane.y_range[1]
        ends = [self.plane.point(degree, min(one, top)) for one in (start, end)]
        return mark(Dashed(ends[0], ends[1], "positive", 3, 0.12, 0.1), backdrop=True)

    def called(self, name: str, label: Label) -> Label:
        """A name beside its line, clear of both lines."""
        inside = [
            self.plane.point(degree, value)
            for degree, value in zip(self.run.degrees, self.series[name], strict=False)
            if value <= self.plane.y_range[1]
        ]
        inside = inside[2:] or inside  # away from the axis
        place(
            label, inside, [self.plane, *self.lines.values(), *self.labels], (UP, DOWN, UR, DR, UL, DL), 0.18
        )
        self.labels.append(label)
        self.plane.room_for(*self.labels)
        return label

    def verify(self, lesson: Lesson) -> None:
        """The dots are what NumPy's own fits miss."""
        points = {
            "learnt": (self.run.x, self.run.target),
            "tested": (self.run.test_x, self.run.test_target),
        }
        for n, degree in enumerate(self.run.degrees):
            fit = Polynomial.fit(self.run.x, self.run.target, degree, domain=[-1, 1], window=[-1, 1])
            for name, line in self.lines.items():
                x, t = points[name]
                for one in (part for part in (line[n] if len(line) else ()) if isinstance(part, Cloud)):
                    miss = float(np.sqrt(np.mean((fit(x) - t) ** 2)))
                    drawn = self.plane.numbers(one.centers[0])[1]
                    lesson.claim(f"miss of degree {degree}, {name}", drawn, miss, 1e-3)
