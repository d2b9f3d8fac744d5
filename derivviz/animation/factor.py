"""The factor of the steps: its curve, the tensors walking on it, and a step taken apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, RIGHT, UL, UP, UR, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.board import Polyline
from derivviz.animation.factor_parts import placed, row_place
from derivviz.animation.frame import above, panels, pick
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.placing import place
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import fitted
from derivviz.animation.typeset import Formula, Label, Number
from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS
from derivviz.look.names import literal
from derivviz.trace.lr_factor import Walk, Weight, factor

Array = NDArray[np.float64]
WHOLE = (-4.4, 2.4)  # means between which the whole curve is drawn
TOP = 3.4  # the largest factor on it
LEFTMOST = -6.85  # where anything may begin on the frame


class Histogram(VGroup):
    """How often a tensor has which value, and a dashed line at its mean."""

    def __init__(self, counts: Array, edges: Array, mean: float, size: tuple[float, float]) -> None:
        top = 1.15 * float(counts.max())
        self.plane = Plane((float(edges[0]), float(edges[-1])), (0, top), *size, ("w", ""), (5, 1))
        self.plane.tick_labels.remove(*(t for t in self.plane.tick_labels if t.get_x() < self.plane.get_x()))
        bars = VGroup()
        for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
            corner, end = self.plane.point(low, 0), self.plane.point(high, count)
            width, height, _ = end - corner
            bars.add(mark(Block(corner, (0.9 * width, height), "parameter", 0.8), backdrop=True))
        self.mean = Dashed(self.plane.point(mean, 0), self.plane.point(mean, top), "ink", 3, 0.12, 0.1)
        super().__init__(self.plane, bars, mark(self.mean, backdrop=True))


class Rule(VGroup):
    """1 + |f′(m)|/20 over the mean, with the points where it is 1 and where it is 2.2.

    Attributes
    ----------
    curve
        The graph.
    marks
        At both zeros of f′ and at its maximum between them.
    """

    def __init__(self, size: tuple[float, float], middle: ArrayLike) -> None:
        self.plane = Plane(WHOLE, (0, TOP), *size, ("m", ""), (8, 4)).move_to(np.asarray(middle, float))
        self.curve = self.plane.curve(factor, role="tangent")
        at = (*DERIVATIVE_ZEROS, DERIVATIVE_PEAK[0])
        self.marks = VGroup(*(dot(self.plane.point(m, factor(m)), "tangent", 0.09) for m in at))
        self.plane.keep_clear(self.curve)
        self.labels = VGroup()
        for m, way in zip(at, (UL, UR, UP), strict=True):
            label = Formula(f"{float(factor(m)):.2g}", "label", "tangent")
            spot = self.plane.point(m, factor(m))
            self.labels.add(place(label, spot, [self.plane, self.curve, self.labels], (way, DOWN, UP)))
        self.plane.room_for(*self.labels)
        super().__init__(self.plane, self.curve, self.marks, self.labels)


def curve_over(across: tuple[float, float], up: tuple[float, float]) -> tuple[Plane, VMobject]:
    """The plane of these means and factors that tensors walk on, and the curve."""
    most = 6 if across[0] <= WHOLE[0] else 4  # the numbers at a magnified piece are long

    def made(width: float, height: float) -> Plane:
        return Plane(across, up, width, height, ("m", ""), (most, 5))

    def drawn(plane: Plane) -> list[VMobject]:
        return [plane.curve(factor, role="tangent", width=4)]

    room = above(pick(wide=-0.35, tall=-0.35, square=-0.6)).picture
    plane = placed(made, drawn, (6.0, 4.3), [-3.2, -0.1, 0], room)
    (curve,) = drawn(plane)
    plane.keep_clear(curve)
    return plane, curve


class Walkers(VGroup):
    """Tensors on the curve: a dot each, and a row with name and factor."""

    def __init__(self, plane: Plane, walks: Sequence[Walk], widest: Walk) -> None:
        self.plane, self.walks = plane, walks
        self.dots, self.rows, self.numbers, began = VGroup(), VGroup(), [], VGroup()
        for n, walk in enumerate(walks):
            role = "ink" if walk is widest else "parameter"
            left, y, room, right, size = row_place(n, len(walks))
            self.dots.add(dot(role=role, radius=0.1))
            began.add(dot(plane.point(walk.mean[0], walk.factor[0]), "axis", 0.06))
            name = fitted(literal(walk.name), room, size).at([left + 0.3, y, 0])
            number = Number(walk.factor[0], ".4f", size, "tangent", anchor=RIGHT)
            number.at([right, y, 0])
            self.numbers.append(number)
            self.rows.add(VGroup(dot([left, y + 0.1, 0], role, 0.09), name, number))
        super().__init__(began, self.dots, self.rows)
        self.at(0.0)

    def at(self, share: float) -> None:
        """Show them after a share of their steps; between recorded steps they are on straight ways."""
        for walk, point, number in zip(self.walks, self.dots, self.numbers, strict=True):
            place_ = share * (len(walk.mean) - 1)
            steps = np.arange(len(walk.mean))
            m, c = (float(np.interp(place_, steps, values)) for values in (walk.mean, walk.factor))
            point.move_to(self.plane.point(m, c))
            number.set_value(c)

    def places(self) -> Array:
        """Mean and factor of each as drawn, (tensor, 2)."""
        return np.array([self.plane.numbers(point.get_center()) for point in self.dots])


def near(walks: Sequence[Walk]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges of means and factors in which the walks lie, with some room."""
    means = np.concatenate([walk.mean for walk in walks])
    low, high = float(means.min()), float(means.max())
    room = max(0.1 * (high - low), 1e-4)
    seen = factor(np.linspace(low - room, high + room, 200))
    bottom, top = float(seen.min()), float(seen.max())
    more = max(0.08 * (top - bottom), 1e-5)
    return (low - room, high + room), (bottom - more, top + more)


class Apart(VGroup):
    """A step taken apart: the optimizer's own as a bar, the factor, and the recorded step as a bar.

    Parameters
    ----------
    names
        Of the three rows.
    bare, times, update
        Δw, the factor, the recorded update.
    """

    def __init__(self, names: Sequence[Label], bare: float, times: float, update: float) -> None:
        left, top, longest, scale, text = pick(
            wide=(0.6, 1.75, 4.2, 1.0, 1.0),
            tall=(-3.5, -0.7, 7.0, 1.1, 1.2),
            square=(-5.3, -1.05, 10.6, 1.0, 1.1),
        )
        downs = pick(wide=(-0.1, 1.65, 2.7), tall=(-0.1, 1.8, 2.85), square=(-0.1, 1.5, 2.6))
        unit = longest / max(abs(bare), abs(update))
        self.bars, rows = [], []
        for name, amount, down in zip(names, (bare, None, update), downs, strict=True):
            y = top - scale * down
            row = VGroup(name.at([left, y, 0]))
            if amount is None:
                row.add(Number(times, ".4f", 48 * text, "tangent").at([left + name.width + 0.35, y, 0]))
            else:
                extent = (unit * abs(amount), 0.34 * scale)
                bar = Block([left, y - 0.6 * scale, 0], extent, "parameter", 0.9)
                self.bars.append(bar)
                row.add(bar, Number(amount, "+.5f" if abs(amount) >= 1e-3 else "+.2e", 36 * text))
                behind = [left + name.width + 0.4, y, 0]  # the name, where there is little room below the bar
                below = [left, y - 1.05 * scale, 0]
                row[-1].at(pick(wide=below, tall=below, square=behind))
            rows.append(row)
        self.rows = rows
        super().__init__(*rows)

    def ratio(self) -> float:
        """How many times as long the lower bar is, for `verify`."""
        return float(self.bars[1].sides[0] / self.bars[0].sides[0])


def frame_of(plane: Plane, x_range: tuple[float, float], y_range: tuple[float, float]) -> VMobject:
    """A small frame on a plane around what is then magnified; never smaller than can be seen."""
    (x0, y0, _), (x1, y1, _) = plane.point(x_range[0], y_range[0]), plane.point(x_range[1], y_range[1])
    (x, y), (w, h) = ((x0 + x1) / 2, (y0 + y1) / 2), (max(x1 - x0, 0.36) / 2, max(y1 - y0, 0.36) / 2)
    corners = [np.array([x + sx * w, y + sy * h, 0]) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    ends = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    return mark(Segments(ends, "parameter", 3), backdrop=True)


def gradients(weight: Weight, last: int) -> tuple[Plane, Polyline]:
    """The gradients of a weight up to the step in row `last`, over the steps."""
    g, first = weight.gradient[: last + 1], float(weight.steps[0])
    low, high = min(0.0, float(g.min())), max(0.0, float(g.max()))
    room = 0.08 * max(high - low, 1e-12)
    end = max(float(weight.steps[last]), first + 1)

    def made(width: float, height: float) -> Plane:
        return Plane((first, end), (low - room, high + room), width, height, ("", "g"), (4, 5))

    def drawn(plane: Plane) -> list[Polyline]:
        return [Polyline(plane, weight.steps[: last + 1].astype(float), g, "tangent", 3)]

    plane = placed(made, drawn, (5.2, 3.8), [-3.7, -0.1, 0], panels().picture)
    (line,) = drawn(plane)
    plane.keep_clear(line)
    # Long numbers stand beside the axis.
    aside = RIGHT * max(0.0, LEFTMOST - plane.get_left()[0])
    plane.shift(aside)
    line.shift(aside)
    return plane, line
