"""Activations side by side: their curves, values flowing through them, and how large they get layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import LEFT, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.activation_parts import NAMES, WIDE, cell, room, written
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments
from derivviz.animation.plane import Plane
from derivviz.animation.slope_table import fit
from derivviz.animation.typeset import Formula, Words
from derivviz.calculus.activation import KEYS, Function
from derivviz.trace.activation import Flow, Layer

Array = NDArray[np.float64]
DOTS = 90  # values that flow
HAIR = 1e-9  # beside a jump of the derivative
BIN, TALLEST = 0.08, 1.1  # units of the frame: of a bin of dots, and of the tallest stack
LOWEST, HIGHEST = 1e-3, 1e30  # sizes beyond are drawn on the floor, and on the ceiling


class Card(VGroup):
    """An activation and its derivative over the same z.

    Parameters
    ----------
    reach
        z from −reach to reach.
    heights
        Ends of the upright axis.
    """

    def __init__(self, function: Function, reach: float, heights: tuple[float, float]) -> None:
        self.function, place = function, cell(function.key)
        self.plane = Plane((-reach, reach), heights, *place.size, ("", ""), (2, 3))
        self.plane.move_to([place.x, place.middle, 0])
        self.curve = self.plane.curve(function.value, role="function", width=5)
        ends = [-reach, *(kink for kink in function.jumps if abs(kink) < reach), reach]
        self.slope = VGroup(
            *(
                self.plane.curve(function.slope, (low + HAIR, high - HAIR), "tangent", 3.5)
                for low, high in pairwise(ends)
            )
        )
        self.plane.keep_clear(self.curve, *self.slope)
        self.heading = Words(NAMES[function.key], enlarged("body")).move_to([place.x, place.heading, 0])
        super().__init__(self.plane, self.curve, self.slope, self.heading)

    def stations(self, z: Array) -> tuple[Array, Array, Array]:
        """Where values are on the z-axis, on the curve and, as outputs, on the left edge, (value, 3) each.

        On axis and edge, values beside one another are stacked. What leaves the plane is on its edge.
        """
        (x0, x1), (y0, y1) = self.plane.x_range, self.plane.y_range
        inside, a = np.clip(z, x0, x1), np.clip(self.function(z), y0, y1)
        floor = min(max(0.0, y0), y1)
        below = self.plane.point(inside, np.full_like(inside, floor))
        beside = self.plane.point(np.full_like(a, x0), a)
        heap, room = stacked(below[:, 0]), self.plane.get_top()[1] - float(below[0, 1])
        below[:, 1] += heap if room > heap.max() else -heap  # above a plane stands its heading
        beside[:, 0] += stacked(beside[:, 1])
        return below, self.plane.point(inside, a), beside


def stacked(places: Array) -> Array:
    """How far each dot is moved aside so that those of one bin lie on one another, in units of the frame."""
    bins = np.floor(places / BIN).astype(int)
    before = np.array([np.count_nonzero(bins[:n] == bin) for n, bin in enumerate(bins)], float)
    return np.asarray(before * min(0.07, TALLEST / max(float(before.max()), 1.0)))


def spread(values: Array, count: int = DOTS) -> NDArray[np.int64]:
    """Which of the flattened values to show: so many, evenly among all in their order."""
    order = np.argsort(values.ravel(), kind="stable")
    return np.asarray(order[np.linspace(0, len(order) - 1, count).astype(int)])


class Ladder(VGroup):
    """For each activation a column in which values climb a common logarithmic scale, from stage to stage.

    A bar reaches from the 10th to the 90th percentile of |value|; a line joins the root mean squares. Where
    what leaves a layer is not carried on, the line is broken there.

    Attributes
    ----------
    parts
        By activation, the bars and lines of each stage.
    decades
        Ends of the scale as powers of ten.
    """

    def __init__(self, flow: Flow, shown: Sequence[int], keys: Sequence[str] = KEYS) -> None:
        super().__init__()
        whole = room()
        self.bottom = pick(wide=-2.25, tall=whole.bottom + 0.95, square=whole.bottom + 0.95)
        self.top = pick(wide=2.1, tall=whole.top - 1.15, square=whole.top - 1.15)
        sizes = {key: flow.sizes(key).reshape(-1, 2)[list(shown)].ravel() for key in keys}
        every = np.maximum(np.concatenate(list(sizes.values())), LOWEST)
        high = math.ceil(np.log10(every[every < HIGHEST].max()))
        self.decades = math.floor(np.log10(every.min())) - 1, high + bool((every >= HIGHEST).any())
        step = max(1, math.ceil((self.decades[1] - self.decades[0]) / pick(wide=6, tall=12, square=10)))
        powers = [n for n in range(self.decades[0], self.decades[1] + 1) if n % step == 0]
        left, right = pick(wide=(-6.3, 6.75), tall=(-3.05, 3.85), square=(-5.05, 5.85))
        self.lines = Segments(
            [[[left, self.height_of(10.0**n), 0], [right, self.height_of(10.0**n), 0]] for n in powers],
            "grid",
            1.5,
        )
        self.ticks = VGroup(
            *(
                _power(n).next_to([left - 0.05, self.height_of(10.0**n), 0], LEFT, 0.1).set_z_index(2)
                for n in powers
            )
        )
        self.add(mark(self.lines, backdrop=True), self.ticks)
        heading = pick(wide=2.6, tall=whole.top - 0.3, square=whole.top - 0.3)
        self.headings = {key: Words(NAMES[key], "body") for key in keys}
        for key, name in self.headings.items():
            name.move_to([self.x(key, 0.5), heading, 0])
        self.feet = VGroup()
        letters = [f"{letter}_{n + 1}" for n in shown for letter in "za"]
        self.parts: dict[str, list[VGroup]] = {}
        self.sizes = sizes
        foot, drop = pick(wide=(28, 0.0), tall=(36, 0.42), square=(36, 0.42))  # two rows where they are large
        foot = foot if len(letters) <= 4 else 28
        for key in keys:
            layers = [flow.arms[key][n] for n in shown]
            self.parts[key] = self._column(key, layers, sizes[key], flow.carried)
            for n, letter in enumerate(letters):
                below = 0.27 + drop * (n % 2)
                at = [self.x(key, n / (len(letters) - 1)), self.bottom - below, 0]
                self.feet.add(Formula(letter, foot, "muted").move_to(at))
        self.add(self.feet, *self.headings.values())

    def x(self, key: str, share: float) -> float:
        """Where in its column a stage stands."""
        pitch, middle, width = pick(wide=(1.0, 0.15, 1.75), tall=(0.51, 0.37, 1.04), square=(0.8, 0.4, 1.7))
        return pitch * WIDE[key] + middle + (share - 0.5) * width

    def end(self, key: str, role: str) -> Formula:
        """The last size of an activation, above its column."""
        x = pick(wide=WIDE[key] + 0.1, tall=self.x(key, 0.5), square=self.x(key, 0.5))
        y = pick(wide=2.15, tall=self.top + 0.36, square=self.top + 0.36)
        last = written(float(self.sizes[key][-1]), 2)
        label = Formula(last, pick(wide=28, tall=36, square=44), role)
        return fit(label, pick(wide=math.inf, tall=1.28, square=2.0)).move_to([x, y, 0])

    def height_of(self, size: ArrayLike) -> float:
        """Where a size stands; below the scale on its floor."""
        low, high = self.decades
        share = (np.log10(np.maximum(np.asarray(size, float), 10.0**low)) - low) / (high - low)
        return float(self.bottom + np.minimum(share, 1.0) * (self.top - self.bottom))

    def size_at(self, y: float) -> float:
        """What `height_of` undoes, for `verify`."""
        low, high = self.decades
        return float(10 ** (low + (y - self.bottom) / (self.top - self.bottom) * (high - low)))

    def _column(self, key: str, layers: Sequence[Layer], sizes: Array, carried: bool) -> list[VGroup]:
        made, half = [], pick(wide=0.13, tall=0.1, square=0.13)
        values = [side for layer in layers for side in (layer.z, layer.a)]
        for n, (side, size) in enumerate(zip(values, sizes, strict=True)):
            x, role = self.x(key, n / (len(values) - 1)), "parameter" if n % 2 == 0 else "function"
            low, high = (
                self.height_of(q) for q in np.quantile(np.minimum(np.abs(side), HIGHEST), (0.1, 0.9))
            )
            bar = Block([x - half, low, 0], (2 * half, max(high - low, 0.04)), role, 0.55)
            stage = VGroup(mark(bar, backdrop=True))
            if n and (carried or n % 2):
                before = [self.x(key, (n - 1) / (len(values) - 1)), self.height_of(sizes[n - 1]), 0]
                stage.add(mark(Segments([[before, [x, self.height_of(size), 0]]], "ink", 4), backdrop=True))
            made.append(stage)
        return made

    def stage(self, n: int) -> list[VGroup]:
        """Bars and lines of a stage in all columns."""
        return [parts[n] for parts in self.parts.values()]

    def drawn(self, key: str) -> Array:
        """Sizes read off the ends of the lines, from the second stage on; NaN where there is no line."""
        found = [part[1].points[-1][1] if len(part) > 1 else np.nan for part in self.parts[key][1:]]
        return np.array([self.size_at(y) if np.isfinite(y) else np.nan for y in found])


def _power(exponent: int) -> Formula:
    return Formula("1" if exponent == 0 else f"10^({exponent})".replace("-", "−"), "tick", "muted")


def between(start: Array, end: Array, share: float) -> Array:
    """Points on the straight ways from some to others."""
    return np.asarray(start + (end - start) * share)
