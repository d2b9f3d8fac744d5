"""Hunger at work: the slider, the dishes walking along f′, and who is recommended in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from manim import (
    DL,
    DOWN,
    ORIGIN,
    RESAMPLING_ALGORITHMS,
    RIGHT,
    UP,
    UR,
    Group,
    ImageMobject,
    Mobject,
    Rectangle,
    VGroup,
    VMobject,
)
from numpy.typing import NDArray

from derivviz.animation.frame import pick
from derivviz.animation.layout import label_boxes, pieces, sort, touches
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments, dot
from derivviz.animation.placing import AROUND
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import Indices
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.calculus.cubic import d2f, df
from derivviz.calculus.score import operating_point

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def column() -> tuple[float, float]:
    """Left and right end of the column of formulas and bars."""
    return pick(wide=(-1.05, 6.9), tall=(-3.7, 3.75), square=(-5.7, 5.75))


def formulas() -> float:
    """Left end of the formulas: a square has room for them beside the plane."""
    return pick(wide=-1.05, tall=-3.7, square=0.35)


def stands(rows: int) -> dict[str, float]:
    """Where so many rows of a chart stand, and how large they are written, for `Ranking`."""
    return pick(
        wide={},
        tall={"top": -1.6, "middle": -2.3, "text": 1.0},
        square={"top": -0.9, "spread": 1.06, "middle": -2.55, "text": 1.15 if rows < 6 else 1.0},
    )


class Photo(Group):
    """A picture of the trace in a thin frame."""

    def __init__(self, pixels: NDArray[np.uint8], height: float) -> None:
        super().__init__()
        self.image = ImageMobject(np.ascontiguousarray(pixels))
        self.image.set_resampling_algorithm(RESAMPLING_ALGORITHMS["bicubic"])
        self.border = Rectangle(stroke_color=color("axis"), stroke_width=2.5)
        self.add(self.image, self.border)
        self.resize(height)

    def resize(self, height: float) -> Photo:
        self.image.scale_to_fit_height(height)
        self.border.stretch_to_fit_width(self.image.width).stretch_to_fit_height(height)
        self.border.move_to(self.image)
        return self


class Walkers(VGroup):
    """The points (x_i, f′(x_i)) with the numbers of their dishes beside them.

    `slope` and `bend` are f′ and f″, by default those of the recommender's cubic.
    """

    def __init__(self, plane: Plane, index: Indices, slope: Function = df, bend: Function = d2f) -> None:
        super().__init__()
        self.plane, self.index, self.slope, self.bend = plane, index, slope, bend
        self.dots = [dot(radius=0.1) for _ in index]
        self.names = [Number(int(i), ".0f", "tick", "ink", anchor=ORIGIN, width=4) for i in index]
        self.add(*self.dots, *self.names)
        apart = 0.3 * plane.size[0] / (plane.x_range[1] - plane.x_range[0])  # neighbours on the frame
        self.crowded = max(int(i) for i in index) > 9 and apart < 0.36  # numbers of two digits have no room
        self.leader: int | None = None
        self.seen = [(True, True)] * len(self.dots)

    def draw(self, h: float, share: float) -> None:
        """Where they are at hunger `h`, having risen a `share` of the way from the axis to the curve."""
        x = operating_point(self.index, h)
        spots = self.plane.point(x, share * self.slope(x))
        zero, one = self.plane.point([0.0, 1.0], [0.0, 1.0])
        slopes = share * self.bend(x) * (one[1] - zero[1]) / (one[0] - zero[0])  # in units of the frame
        home = self.plane.point(*self.plane.home)
        for k, (spot, slope) in enumerate(zip(spots, slopes, strict=True)):
            point, name = self.dots[k], self.names[k]
            point.move_to(spot)
            gap = 0.58 if self.crowded and k % 2 and int(self.index[k]) > 9 else 0.31
            away = spot + np.array([-slope, 1.0, 0.0]) / np.hypot(slope, 1.0) * gap
            for axis, room in ((0, 0.12), (1, 0.17)):  # never on the lines of the axes
                from_axis = away[axis] - home[axis]
                if abs(from_axis) < room:
                    away[axis] = home[axis] + (room if from_axis >= 0 else -room)
            name.at(away + DOWN * 0.1)
        low, high = self.plane.y_range
        for k, (where, height) in enumerate(zip(x, share * self.slope(x), strict=True)):
            self.show(k, bool(low <= height <= high and where <= self.plane.x_range[1]))

    def show(self, k: int, seen: bool, number: bool = True) -> None:
        """Let one point be seen or not, and its number with it unless that has no room."""
        if self.seen[k] == (seen, seen and number):
            return
        self.seen[k] = seen, seen and number
        self.dots[k].set_opacity(float(seen))
        slots = (part for part in self.names[k].submobjects if part is not self.names[k].pen)
        VGroup(*slots).set_fill(opacity=float(seen and number))

    def settle(self, around: Iterable[Mobject]) -> None:
        """Where they stand, move numbers that touch a line or one another; hide those with no room anywhere."""
        labels, lines = sort(around)
        ways = [pieces(line) for line in lines if not getattr(line, "gives_way", False)]
        taken = [label_boxes(label) for label in labels]
        taken += [corners(point) for point, (seen, _) in zip(self.dots, self.seen, strict=True) if seen]
        for k, (point, name) in enumerate(zip(self.dots, self.names, strict=True)):
            if not self.seen[k][0]:
                continue
            home, middle = name.pen.points[0].copy(), point.get_center() + DOWN * 0.1
            tried = [home, *(middle + gap * way for gap in (0.31, 0.4, 0.5) for way in AROUND)]
            free = (spot for spot in tried if not touches(label_boxes(name.at(spot)), taken, ways, 0.02))
            if next(free, None) is None:
                self.show(k, True, number=False)
            else:
                taken.append(label_boxes(name))

    def way(self, hungers: Iterable[float]) -> Segments:
        """Where the numbers will be at these hungers, as little crosses: for what has to keep clear of them."""
        crosses = []
        for h in hungers:
            self.draw(float(h), 1.0)
            for middle in (name.pen.points[0] + UP * 0.1 for name in self.names):
                crosses += [[middle - 0.15 * arm, middle + 0.15 * arm] for arm in (RIGHT, UP)]
        return Segments(crosses)

    def lead(self, best: int | None) -> None:
        """Give one point the colour of the recommendation."""
        if best == self.leader:
            return
        self.leader = best
        for k, point in enumerate(self.dots):
            point[1].set_fill(color("positive" if k == best else "ink"), opacity=1)


def corners(mobject: Mobject) -> NDArray[np.float64]:
    """The box (left, bottom, right, top) of a mobject, shape (1, 4)."""
    return np.array([[*mobject.get_corner(DL)[:2], *mobject.get_corner(UR)[:2]]])


class Slider(VGroup):
    """Hunger from 0 to 10, with a knob and in figures."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        self.start, self.end, self.y = pick(
            wide=(1.6, 6.6, -2.2), tall=(-1.25, 3.45, -4.62), square=(-3.1, 5.45, -4.05)
        )
        left, right = column()
        track = Segments([[[self.start, self.y, 0], [self.end, self.y, 0]]], "axis", 4)
        self.knob = dot(role="parameter", radius=0.15)
        head = Formula("h =", "body", "parameter").at([left, self.y - 0.13, 0])
        self.number = Number(0.0, ".1f", "body", "parameter", width=5)
        self.number.at([head.get_right()[0] + 0.17, self.y - 0.13, 0])
        low = lesson.words(en="0 full", ko="0 배부름", size="tick", fill="muted")
        high = lesson.words(en="10 starving", ko="10 몹시 배고픔", size="tick", fill="muted")
        low.at([self.start, self.y - 0.44, 0])
        high.at([0, self.y - 0.44, 0]).set_x(right, RIGHT)
        self.moving = VGroup(self.knob, self.number)
        self.add(track, low, high, head, self.moving)
        self.draw(0.0)

    def at(self, h: float) -> float:
        """Where along the frame the track stands for a hunger."""
        return self.start + (self.end - self.start) * h / 10

    def draw(self, h: float) -> None:
        self.knob.move_to([self.at(h), self.y, 0])
        self.number.set_value(h)

    def hunger(self, mark: Mobject | None = None) -> float:
        """Hunger read off the knob, or off another mark on the track."""
        return float((mark or self.knob).get_center()[0] - self.start) / (self.end - self.start) * 10


class Reigns(VGroup):
    """Who is recommended between which hungers, over the slider's track."""

    def __init__(self, slider: Slider, limits: Sequence[float], winners: Sequence[str]) -> None:
        super().__init__()
        self.limits = VGroup()
        for x in map(slider.at, limits):
            self.limits.add(Segments([[[x, slider.y + 0.08, 0], [x, slider.y + 0.46, 0]]], "muted", 2.5))
        ends = [slider.at(h) for h in (0.0, *limits, 10.0)]
        self.names: list[VGroup] = []
        for start, end, winner in zip(ends[:-1], ends[1:], winners, strict=True):
            name = Words(winner, "tick", "muted").at([0, slider.y + 0.25, 0]).set_x((start + end) / 2)
            self.names.append(VGroup(name) if name.width < end - start - 0.1 else VGroup())
        self.add(self.limits, *self.names)

    def until(self, k: int) -> list[VMobject]:
        """What is known once the k-th limit is passed: the limit, and who was recommended before it."""
        return [*self.limits[k : k + 1], self.names[k]]
