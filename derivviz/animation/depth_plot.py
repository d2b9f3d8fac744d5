"""How large the gradient is at each layer, on a logarithmic axis, the input on the left."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot, straight
from derivviz.animation.typeset import Formula, Words
from derivviz.look.names import literal
from derivviz.look.numerals import plain
from derivviz.trace.depth import Depth

Array = NDArray[np.float64]
NAMED = 8  # layers, at the most, whose names are written below them
LONGEST = 9  # characters of a name
LINES = 7  # powers of ten, at the most, that are written


class Area(NamedTuple):
    """Where the axes stand: left end, height of the foot, width and height, in units of the frame."""

    left: float
    foot: float
    width: float
    height: float


class DepthPlot(VGroup):
    """Axes, a point for each layer and the line through them.

    Attributes
    ----------
    dots : list of VGroup
        From the first layer to the last; of a layer whose gradient is 0 there is none. `drawn_names` are theirs.
    way : Segments
        The line, piece by piece from the last layer to the first.
    """

    def __init__(self, depth: Depth, *, layer: str, size: str) -> None:
        super().__init__()
        self.area = area = pick(
            wide=Area(-5.4, -1.55, 9.6, 3.5),
            tall=Area(-3.05, -1.9, 6.75, 7.0),
            square=Area(-5.0, -3.3, 7.6, 7.2),
        )
        sizes = depth.sizes
        there = np.flatnonzero(sizes > 0)
        exponents = np.log10(sizes[there])
        low, high = math.floor(exponents.min() - 0.15), math.ceil(exponents.max() + 0.15)
        self.decades = (low, max(high, low + 2))
        count = len(sizes)
        self.xs = area.left + (np.arange(count) + 0.5) * area.width / count
        every = math.ceil((self.decades[1] - low) / LINES)
        powers = range(low, self.decades[1] + 1, every)
        grid = [[self._at(area.left, p), self._at(area.left + area.width, p)] for p in powers]
        self.grid = mark(Segments(grid, "grid", 1.5), backdrop=True)
        foot = [[area.left, area.foot, 0], [area.left + area.width, area.foot, 0]]
        self.axes = Segments([foot, [foot[0], [area.left, area.foot + area.height, 0]]], "axis", 2.5)
        ticks = (Formula(f"10^({p})".replace("-", "−") if p else "1", "tick", "muted") for p in powers)
        self.ticks = VGroup(
            *(tick.next_to(self._at(area.left, p), LEFT, 0.16) for tick, p in zip(ticks, powers, strict=True))
        )
        self.names = VGroup(*self._names(depth))
        across, corner = Words(layer, "tick", "muted"), [area.left + area.width, area.foot, 0]
        if shape() == "tall":
            across.next_to(self.names if len(self.names) else corner, DOWN, 0.25).align_to(corner, RIGHT)
        else:
            across.next_to(corner, RIGHT, 0.2)
        up = Words(size, "tick", "muted").next_to([area.left, area.foot + area.height, 0], UP, 0.3)
        self.titles = VGroup(across, up.align_to(self.ticks, LEFT))
        points = [self._at(self.xs[n], e) for n, e in zip(there, exponents, strict=True)]
        self.dots = [dot(point, "tangent", 0.1 if count <= 30 else 0.05) for point in points]
        pieces = [[points[n], points[n - 1]] for n in range(len(points) - 1, 0, -1)]
        self._pieces = np.array(pieces).reshape(-1, 2, 3)
        self.way = mark(Segments(self._pieces, "tangent", 5), backdrop=True)
        self.drawn_names = [depth.names[n] for n in there]
        self.add(self.grid, self.axes, self.ticks, self.names, self.titles)

    def _at(self, x: float, exponent: float) -> Array:
        low, high = self.decades
        area = self.area
        return np.array([x, area.foot + (exponent - low) / (high - low) * area.height, 0.0])

    def size_at(self, point: Array) -> float:
        """The size of the gradient that a point of the frame stands for."""
        low, high = self.decades
        return float(10 ** (low + (point[1] - self.area.foot) / self.area.height * (high - low)))

    def draw(self, share: float) -> None:
        """Draw the line to a share (0…1) of its length, from the last layer backward, and the points it reaches."""
        whole, part = divmod(share * len(self._pieces), 1)
        some = self._pieces[: int(whole)]
        if part > 1e-9 and int(whole) < len(self._pieces):
            a, b = self._pieces[int(whole)]
            some = np.concatenate([some, [[a, a + (b - a) * part]]])
        self.way.points = straight(some)
        for n, point in enumerate(reversed(self.dots[:-1])):
            point.set_opacity(float(n < whole))

    def _names(self, depth: Depth) -> list[Words]:
        count, area = len(depth.names), self.area
        written = range(count) if count <= NAMED else (0, count - 1)
        room = area.width / count if count <= NAMED else 2.5
        short = [name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}" for name in depth.names]
        words = {n: Words(literal(short[n]), "tick", "muted") for n in written}
        lines = 1
        if shape() != "wide" and count <= NAMED and any(word.width > room - 0.1 for word in words.values()):
            lines = 2  # each other name a line lower
        made = []
        for n, word in words.items():
            if word.width > room * lines - 0.1:
                continue
            made.append(word.move_to([self.xs[n], area.foot - 0.3, 0]))
            if n % lines:
                word.shift(DOWN * 0.4)
        return made


def arrival(depth: Depth) -> dict[str, str]:
    """What is said of the gradient that arrives at the first layer, by language."""
    ratio = plain(depth.ratio, 2)
    if depth.verdict == "vanishing":
        return {
            "en": f"At the first layer only {ratio} of it is left. It has vanished: the first layers hardly learn.",
            "ko": f"첫 층에서는 {ratio}배만 남는다. 그래디언트가 소실되어, 앞쪽 층은 거의 배우지 못한다.",
        }
    if depth.verdict == "exploding":
        return {
            "en": f"At the first layer it is {ratio} times as large. It has exploded: no step size fits all layers.",
            "ko": f"첫 층에서는 {ratio}배가 된다. 그래디언트가 폭발하여, 모든 층에 맞는 걸음의 크기가 없다.",
        }
    return {
        "en": f"At the first layer it is {ratio} times the last one's: neither vanished nor exploded.",
        "ko": f"첫 층에서는 마지막 층의 {ratio}배이다. 소실되지도 폭발하지도 않았다.",
    }
