"""Panels that show a whole run on one screen and follow it step by step, and the curves among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from manim import LEFT, RIGHT, Group, Rectangle, VGroup, VMobject
from numpy.typing import NDArray

from derivviz.animation.arena import Cloud
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed, Segments, straight
from derivviz.animation.numerals import numeral
from derivviz.animation.plane import nice_step, ticks
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula, Label, Words
from derivviz.look.typst import quoted
from derivviz.trace.thinning import kept, stretches
from derivviz.trace.training import Curve

Array = NDArray[np.float64]
COLUMNS = 400  # stretches of the run, at the most, that are told apart
MEANS = 40  # of a mean that is drawn through a noisy curve
DECADES = 12.0  # that an axis of powers of ten spans at the most
LOG_BEYOND = 100.0  # largest over smallest, from where an axis is logarithmic
_HEAD = 0.42  # height of a panel's heading


class Box(NamedTuple):
    """A rectangle of the frame by its lower left corner, and how large text in it is, to the usual size."""

    left: float
    bottom: float
    width: float
    height: float
    text: float = 1.0

    @property
    def tick(self) -> float:
        """The size of its smallest text."""
        return SIZES["tick"] * self.text


class Panel(Group):
    """A part of the screen: a heading, below it what the subclass draws in `inside`.

    Attributes
    ----------
    box, inside
        The whole of it, and what the heading leaves.
    moving
        What `show` changes.
    """

    def __init__(self, box: Box, heading: Words) -> None:
        super().__init__()
        self.box = box
        self.inside = box._replace(height=box.height - _HEAD * box.text)
        self.moving = Group()
        self.heading = heading.at([box.left, box.bottom + box.height - 0.26 * box.text, 0])
        self.add(self.heading)

    def show(self, done: float) -> None:
        """The run as it is after so many steps."""
        raise NotImplementedError

    def rim(self) -> Rectangle:
        """A frame around it, to point at it."""
        box = self.box
        made = Rectangle(
            width=box.width + 0.3, height=box.height + 0.16, stroke_color=color("ink"), stroke_width=2.5
        )
        return mark(made.move_to([box.left + box.width / 2, box.bottom + box.height / 2, 0]), backdrop=True)

    def veil(self) -> Rectangle:
        """What lies on it, and lets it shine through, until its turn comes."""
        return self.rim().set_stroke(width=0).set_fill(color("background"), 0.8)


class Stroke(NamedTuple):
    """A line of a `Curves` panel: through which steps and values, and how it is drawn.

    A value is known once so many steps more than its own number are over: `lag`.
    """

    steps: Array
    values: Array
    role: str
    width: float
    lag: int = 1


def thin(curve: Curve, role: str, width: float = 2.0) -> Stroke:
    """A curve in `COLUMNS` columns with every extreme kept."""
    rows = kept(curve.values, stretches(len(curve.values), COLUMNS))
    return Stroke(curve.steps[rows], curve.values[rows], role, width)


def mean(curve: Curve, role: str, width: float = 4.5) -> tuple[Stroke, int]:
    """Means over `MEANS` equal stretches of a curve, each where its stretch ends; and of how many steps they are."""
    edges = stretches(len(curve.values), MEANS)
    steps, values = [], []
    for start, end in pairwise(edges):
        finite = np.isfinite(curve.values[start:end])
        if finite.any():
            steps.append(curve.steps[start:end][finite][-1])
            values.append(curve.values[start:end][finite].mean())
    return Stroke(np.array(steps), np.array(values), role, width), int(np.diff(edges).max())


class Curves(Panel):
    """Lines over the steps of the run.

    Parameters
    ----------
    x_range
        First step, and the one after the last.
    y_range
        Ends of the axis; by default those of the values, in powers of ten where they span many.
    level
        A height that is marked by a dotted line.
    percent
        Whether numbers are shares, written in per cent.
    keys
        What the strokes are, with the number of each, to be written beside the heading.

    Attributes
    ----------
    lines
        The strokes as mobjects, each with its `samples`, points (n, 3) of the frame.
    """

    def __init__(
        self,
        box: Box,
        heading: Words,
        strokes: Sequence[Stroke],
        x_range: tuple[float, float],
        *,
        y_range: tuple[float, float] | None = None,
        level: float | None = None,
        percent: bool = False,
        numbered: bool = True,
        keys: Sequence[tuple[int, Words]] = (),
    ) -> None:
        super().__init__(box, heading)
        text = box.text
        x, y = self.heading.get_right()[0] + 0.2 * text, self.heading.pen.points[0][1]
        for n, words in keys:
            sample = Segments(
                [[[x, y + 0.09 * text, 0], [x + 0.28 * text, y + 0.09 * text, 0]]],
                strokes[n].role,
                strokes[n].width,
            )
            self.add(mark(sample, backdrop=True), words.at([x + 0.37 * text, y, 0]))
            x = words.get_right()[0] + 0.2 * text
        self.strokes, self.x_range = list(strokes), x_range
        self.log, self.y_range, marks = _axis(strokes, y_range)
        written = [(y, _written(y, self.log, percent, box.tick)) for y in marks]
        beside = max((label.width for _, label in written), default=0.0) + 0.15
        below = 0.34 * text if numbered else 0.1
        above = 0.05 if text == 1 else 0.15  # between the heading and the number at the top of the axis
        left, bottom, width, height, _ = self.inside
        self.area = Box(left + beside, bottom + below, width - beside - 0.1, height - below - above)
        area = self.area
        corner, right, top = (
            np.array([area.left + dx, area.bottom + dy, 0])
            for dx, dy in ((0, 0), (area.width, 0), (0, area.height))
        )
        axes = mark(Segments([[corner, right], [corner, top]], "axis", 2), backdrop=True)
        grid = Segments([[self.point(x_range[0], y), self.point(x_range[1], y)] for y in marks], "grid", 1.5)
        self.add(mark(grid, backdrop=True), axes)
        for y, label in written:
            self.add(label.next_to(self.point(x_range[0], y), LEFT, 0.1))
        if numbered:
            ends = [Formula(f"{n:.0f}", box.tick, "muted") for n in x_range]
            for end, x, side in zip(ends, x_range, (RIGHT, LEFT), strict=True):
                at = self.point(x, self.y_range[0])
                end.move_to([at[0] + side[0] * end.width / 2, bottom + 0.1 * text, 0])
            self.add(*ends)
        if level is not None and self.y_range[0] < level < self.y_range[1]:
            dotted = Dashed(
                self.point(x_range[0], level), self.point(x_range[1], level), "muted", 2, 0.05, 0.08
            )
            self.add(mark(dotted, backdrop=True))
        self.lines = VGroup()
        for stroke in strokes:
            line = VMobject(stroke_color=color(stroke.role), stroke_width=stroke.width, fill_opacity=0)
            line.samples = self.point(stroke.steps, stroke.values)
            self.lines.add(mark(line, backdrop=True))
        self.tip = Cloud(np.zeros((0, 3)), "ink", 0.06 * text)
        self.moving.add(self.lines, self.tip)
        self.add(self.lines, self.tip)
        self.show(x_range[0] + 1)

    def point(self, step: float | Array, value: float | Array) -> Array:
        """Points of the frame, shape (…, 3); what lies beyond an end of the axis is drawn on it."""
        low, high = self.y_range
        with np.errstate(all="ignore"):
            y = np.clip(np.asarray(value, float), low, high)
            v = np.log(y / low) / math.log(high / low) if self.log else (y - low) / (high - low)
        u = (np.asarray(step, float) - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        u, v = np.broadcast_arrays(u, v)
        area = self.area
        return np.stack(
            [area.left + u * area.width, area.bottom + v * area.height, np.zeros_like(u)], axis=-1
        )

    def value(self, point: Array) -> float:
        """The value at a point of the frame, for `verify`."""
        share = (float(point[1]) - self.area.bottom) / self.area.height
        low, high = self.y_range
        return low * (high / low) ** share if self.log else low + share * (high - low)

    def show(self, done: float) -> None:
        tips = []
        for line, stroke in zip(self.lines, self.strokes, strict=True):
            seen = line.samples[: int(np.searchsorted(stroke.steps, done - stroke.lag, side="right"))]
            line.points = (
                straight(np.stack([seen[:-1], seen[1:]], axis=1)) if len(seen) > 1 else np.zeros((0, 3))
            )
            tips += [seen[-1]] if len(seen) else []
        self.tip.move(np.array(tips).reshape(-1, 3))


def _axis(
    strokes: Sequence[Stroke], y_range: tuple[float, float] | None
) -> tuple[bool, tuple[float, float], list[float]]:
    """Whether an axis is logarithmic, its ends, and where it is numbered."""
    if y_range is not None:
        return False, y_range, [y_range[0], y_range[1]]
    values = np.concatenate([stroke.values for stroke in strokes])
    low, high = float(values.min()), float(values.max())
    usual = strokes[
        -1
    ].values  # the means, where there are any: a single small value is seen on a linear axis too
    if low > 0 and max(high / np.median(values), usual.max() / usual.min()) > LOG_BEYOND:
        low = max(low, high / 10**DECADES)
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        every = max(1, -(-(last - first) // 3))
        return True, (10.0**first, 10.0**last), [10.0**n for n in range(first, last + 1, every)]
    low = min(low, 0.0) if low < 0.6 * high else low
    span = (high - low) or max(abs(high), 1.0)
    ends = low - (0.05 * span if low else 0.0), high + 0.05 * span
    return False, ends, ticks(*ends, nice_step(*ends, 3)) + ([0.0] if ends[0] == 0 else [])


def _written(value: float, log: bool, percent: bool, size: float) -> Label:
    if percent:
        return Words(f"{100 * value:.0f}%", size, "muted")
    return Formula(tens(round(math.log10(value))) if log else numeral(value), size, "muted")


def tens(power: int) -> str:
    return "1" if power == 0 else "10" if power == 1 else f"10^({power})".replace("-", "−")


def ending(name: str, room: float, size: float | str = "tick", fill: str = "ink") -> Words:
    """A name from data; of one that is too wide for the room its end, which tells it from others."""
    words = Words(quoted(name), size, fill)
    while words.width > room and len(name) > 1:
        name = name[1:]
        words = Words(quoted(f"…{name}"), size, fill)
    return words
