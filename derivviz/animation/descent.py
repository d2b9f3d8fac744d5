"""Ways down a loss: a line among its points, a stand on the curve, a path on the map, the losses step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
from manim import DOWN, UP, AnimationGroup, Circle, UpdateFromAlphaFunc, VGroup, VMobject, linear
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import layout
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.gliding import tangent_ends
from derivviz.animation.lines import Dashed, Segments, dot, straight
from derivviz.animation.plane import Plane
from derivviz.animation.race import Race
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Label
from derivviz.look.numerals import numeral, short
from derivviz.trace.descent import ACROSS, Descent, Walk

Array = NDArray[np.float64]
Graph = Callable[[Array], Array]
FLOOR = 1e-8  # of the first loss: what is left below it is rounding


def symbols(run: Descent) -> tuple[str, str]:
    """The two weights as Typst math."""
    return ("w", "b") if run.points is not None else ("w_1", "w_2")


class Fit(VGroup):
    """Points, a line w x + b among them, and what it misses each of them by.

    Parameters
    ----------
    x, target
        The points, shape (n,) each.
    width, height
        Of the plane, in units of the frame.
    """

    def __init__(self, x: Array, target: Array, width: float, height: float, names: tuple[str, str]) -> None:
        super().__init__()
        self.x, self.target = x, target
        far, low, high = float(np.abs(x).max()), min(0.0, float(target.min())), max(0.0, float(target.max()))
        room = 0.08 * (high - low)
        self.plane = Plane((0, 1.06 * far), (low - room, high + room), width, height, names, (6, 5))
        radius = 0.07 if len(x) <= 60 else 0.04
        self.dots = VGroup(
            *(dot(self.plane.point(a, b), "ink", radius) for a, b in zip(x, target, strict=True))
        )
        self.misses = Segments(np.zeros((0, 2, 3)), "loss", 4 if len(x) <= 60 else 2)
        self.line = Segments(np.zeros((1, 2, 3)), "function", 6)
        self.add(self.plane, self.misses, self.line, self.dots)

    def set(self, w: float, b: float) -> Self:
        """Another line."""
        self.w, self.b = w, b
        ends = self.plane.y_range
        said = np.clip(w * self.x + b, *ends)
        self.misses.points = straight(
            np.stack([self.plane.point(self.x, said), self.plane.point(self.x, self.target)], axis=1)
        )
        x = np.linspace(*self.plane.x_range, 201)
        inside = x[(w * x + b >= ends[0]) & (w * x + b <= ends[1])]
        if len(inside) > 1:
            at = inside[[0, -1]]
            self.line.set_ends(*self.plane.point(at, w * at + b))
        else:
            self.line.points = np.zeros((0, 3))
        return self

    def learn(self, places: Array, **options: float) -> UpdateFromAlphaFunc:
        """Through the lines of places (w, b), shape (n, 2), the first more slowly than the last."""

        def turn(_: VMobject, alpha: float) -> None:
            n = alpha**1.7 * (len(places) - 1)
            low = min(int(n), len(places) - 2)
            self.set(*(places[low] + (n - low) * (places[low + 1] - places[low])))

        return UpdateFromAlphaFunc(self, turn, rate_func=linear, **options)


class Stand(VGroup):
    """Where a walker stands: the weight on the axis, the loss above it, and the tangent there."""

    HALF = 1.05  # length of the tangent to either side, in units of the frame

    def __init__(self, plane: Plane, graph: Graph) -> None:
        super().__init__()
        self.plane, self.graph = plane, graph
        self.drop = layout.mark(Dashed(np.zeros(3), np.ones(3), "muted", 2.5, 0.1, 0.1), backdrop=True)
        self.tangent = Segments([[np.zeros(3), np.ones(3)]], "tangent", 6)
        self.weight, self.loss = dot(role="parameter"), dot(role="loss")
        self.add(self.drop, self.tangent, self.weight, self.loss)

    def at(self, place: float, slope: float | None = None) -> Self:
        """Stand at a place, whose slope is measured where none is given."""
        self.place = place
        height = float(self.graph(np.array(place)))
        if slope is None:
            h = 1e-5 * (self.plane.x_range[1] - self.plane.x_range[0])
            slope = float(self.graph(np.array(place + h)) - self.graph(np.array(place - h))) / (2 * h)
        here, foot = self.plane.point(place, height), self.plane.point(place, self.plane.y_range[0])
        self.loss.move_to(here)
        self.weight.move_to(foot)
        self.drop.set_ends(here, foot)
        self.tangent.set_ends(*tangent_ends(self.plane, here, slope, self.HALF))
        return self

    def tangents(self, walk: Walk, count: int) -> list[Segments]:
        """Those of the first places of a walk, for labels to be kept clear of."""
        first = zip(walk.places[:count, 0], walk.gradients[:count, 0], strict=True)
        return [Stand(self.plane, self.graph).at(place, slope).tangent for place, slope in first]

    def go(self, place: float, slope: float, **options: float) -> UpdateFromAlphaFunc:
        """Walk along the curve to another place."""
        start = self.place

        def move(_: VMobject, alpha: float) -> None:
            self.at(start + alpha * (place - start), slope if alpha == 1 else None)

        return UpdateFromAlphaFunc(self, move, **options)


class Path(VGroup):
    """Places in their order, beads on a line that grows.

    Parameters
    ----------
    points
        Points of the frame, shape (n, 3).
    role
        Colour role.
    """

    def __init__(self, points: Array, role: str, width: float = 4, radius: float = 0.055) -> None:
        super().__init__()
        self.places = np.asarray(points, float)
        self._bead = Circle(radius).points
        self.line = Segments(np.zeros((0, 2, 3)), role, width)
        self.beads = VMobject(stroke_width=0, fill_opacity=1, fill_color=color(role))
        self.add(self.line, self.beads)
        self.show(len(self.places) - 1)

    def show(self, steps: float) -> Self:
        """Only so many steps of it."""
        whole = int(steps)
        points = self.places[: whole + 1]
        self.beads.points = (points[:, None] + self._bead).reshape(-1, 3)
        if steps > whole:
            there = points[-1] + (steps - whole) * (self.places[whole + 1] - points[-1])
            points = np.concatenate([points, there[None]])
        self.line.points = straight(np.stack([points[:-1], points[1:]], axis=1))
        return self

    def walk(self, **options: float) -> UpdateFromAlphaFunc:
        """Draw it step by step, the first steps more slowly than the last."""
        last = len(self.places) - 1
        return UpdateFromAlphaFunc(
            self, lambda _, alpha: self.show(last * alpha**1.7), rate_func=linear, **options
        )

    def fading(self) -> AnimationGroup:
        """Step back, for another path to be seen."""
        return AnimationGroup(
            self.line.animate.set_stroke(opacity=0.35), self.beads.animate.set_fill(opacity=0.35)
        )


def curve_plane(
    run: Descent, width: float, height: float, names: tuple[str, str], most_ticks: tuple[int, int] = (6, 5)
) -> Plane:
    """A plane for the loss along the first weight, from 0 where that is not far below it."""
    low, high = float(np.nanmin(run.curve_losses)), float(np.nanmax(run.curve_losses))
    low = 0.0 if 0 <= low < 0.7 * high else low - 0.1 * (high - low)
    return Plane(run.curve_range, (low, high), width, height, names, most_ticks)


class Rate(VGroup):
    """One learning rate: the curve in small, the recorded places on it, and what is written above and below.

    Parameters
    ----------
    walk
        Along the curve.
    name
        Of the weight, as Typst math.
    middle, size
        Of the plane.
    """

    def __init__(
        self, run: Descent, walk: Walk, name: str, middle: ArrayLike, size: tuple[float, float]
    ) -> None:
        super().__init__()
        self.plane = curve_plane(run, *size, (name, ""), (2, 2))
        self.plane.remove(self.plane.tick_labels).move_to(middle)
        self.graph = self.plane.curve(run.curve, role="loss", width=4)
        inside = np.isfinite(run.curve(walk.places[:, 0]))
        self.shown = len(inside) if inside.all() else int(np.argmin(inside))
        places = walk.places[: self.shown, 0]
        self.path = Path(self.plane.point(places, run.curve(places)), "parameter", 3, 0.06)
        self.rate = Formula(f"eta = {numeral(walk.rate)}", enlarged("label")).next_to(
            self.plane.frame, UP, 0.22
        )
        left = 1 - walk.rate * float(walk.bottom.curvatures[-1])
        self.factor = Formula(f"{{{{1 - eta E'' : f}}}} = {_two(left)}", enlarged("label"), f="tangent")
        self.factor.next_to(self.plane.frame, DOWN, pick(wide=0.75, tall=0.55, square=0.4))
        self.add(self.plane, self.graph, self.rate)


def _two(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def narrowed(label: Label, width: float = 5.6) -> Label:
    """A label no wider than so many units of the frame."""
    return label.scale(min(1.0, width / label.width))


def signed(number: float) -> str:
    """A number that is added to what stands before it, as Typst math."""
    return f"{'-' if number < 0 else '+'} {{{{{short(abs(number), 3)} : b}}}}"


def race_of(run: Descent, size: tuple[float, float], word: Label) -> Race:
    """Axes for what each walk over both weights has left above the bottom."""
    above = np.array([run.walks[name].above for name in ACROSS])
    first = float(above[0, 0])
    least = float(np.nanmin(np.where(above > 0, above, np.nan)))
    decades = int(np.floor(np.log10(max(least, FLOOR * first)))), int(np.ceil(np.log10(2 * first)))
    return Race(run.steps - 1, decades, *size, word)
