"""A network's answer while its input moves: scores as bars, the input itself, and what each place of it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import RIGHT, Group, ImageMobject, Rectangle, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.blend import rgb
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot
from derivviz.animation.network import picture, shade
from derivviz.animation.numerals import short, value
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Label, Number

Array = NDArray[np.float64]
CELLS = 56  # along the longer side of a map


class Bars(VGroup):
    """Numbers by name as bars to the right or to the left of zero.

    Parameters
    ----------
    names
        As `display` marks them up.
    all_values
        Whatever will be shown, (…, name), so that the scale fits.
    left, right, top
        Where names begin, numbers end, and the first row stands.
    roles
        Colours of what is above and below zero.

    Attributes
    ----------
    power
        The power of ten that is taken out of the numbers.
    """

    def __init__(
        self,
        names: Sequence[str],
        all_values: Array,
        left: float,
        right: float,
        top: float,
        pitch: float = 0.62,
        roles: tuple[str, str] = ("function", "function"),
    ) -> None:
        super().__init__()
        most = float(np.abs(all_values).max()) or 1.0
        self.power = 0 if 0.01 <= most < 10_000 else math.floor(math.log10(most))
        self.roles = roles
        size, thick = enlarged("label"), enlarged(0.34)
        self.thickness, foot = thick, enlarged(0.11)
        labels = [fitted(name, 0.36 * (right - left), size) for name in names]
        start = left + max(label.width for label in labels) + 0.25
        end = right - enlarged(1.35)
        low, high = min(0.0, float(all_values.min())), max(0.0, float(all_values.max()))
        self.unit = (end - start) / ((high - low) or 1.0)
        self.zero = start - low * self.unit
        rows = [top - pitch * n for n in range(len(names))]
        self.bars = [Block([self.zero, y - thick / 2, 0], (0, thick), "function", 1) for y in rows]
        decimals = 2 if most / 10.0**self.power < 100 else 0
        self.numbers = [
            Number(0, f".{decimals}f", size, anchor=RIGHT, width=9).at([right, y - foot, 0]) for y in rows
        ]
        axis = Segments([[[self.zero, rows[0] + 0.3, 0], [self.zero, rows[-1] - 0.3, 0]]], "axis", 2)
        for label, y in zip(labels, rows, strict=True):
            self.add(label.at([left, y - foot, 0]))
        for bar in self.bars:
            self.add(mark(bar, backdrop=True))
        self.add(mark(axis, backdrop=True), *self.numbers)

    def show(self, values: Array) -> Self:
        """Show other numbers; the largest has the full colour."""
        for n, (bar, number, score) in enumerate(zip(self.bars, self.numbers, values, strict=True)):
            reach = float(score) * self.unit
            bar.set_size([self.zero + min(reach, 0), bar.points[0][1], 0], (abs(reach), self.thickness))
            faint = self.roles[0] == self.roles[1] and n != int(np.argmax(values))
            bar.set_fill(color(self.roles[int(score < 0)]), opacity=0.4 if faint else 1.0)
            number.set_value(float(score) / 10.0**self.power)
        return self

    def values(self) -> Array:
        """What the bars say, by their lengths: for `verify`."""
        ends = [
            bar.points[:, 0].max() if bar.points[:, 0].max() > self.zero + 2e-6 else bar.points[:, 0].min()
            for bar in self.bars
        ]
        return (np.array(ends) - self.zero) / self.unit


class Blend(Group):
    """Two pictures of the same size and what lies between them: (1 − t) times the one + t times the other."""

    def __init__(self, first: NDArray[np.uint8], second: NDArray[np.uint8], height: float) -> None:
        self.ends = first.astype(float), second.astype(float)
        self.image = picture(first, height)
        self.rim = mark(
            Rectangle(
                width=self.image.width + 0.06,
                height=height + 0.06,
                stroke_color=color("axis"),
                stroke_width=1.5,
            ),
            backdrop=True,
        )
        super().__init__(self.image, self.rim)

    def fit(self) -> Self:
        """Bring the rim near the picture again, once both have grown."""
        self.rim.stretch_to_fit_width(self.image.width + 0.06).stretch_to_fit_height(self.image.height + 0.06)
        return self

    def show(self, t: float) -> Self:
        mixture = np.round((1 - t) * self.ends[0] + t * self.ends[1]).astype(np.uint8)
        self.image.pixel_array = np.dstack([mixture, np.full(mixture.shape[:2], 255, np.uint8)])
        return self


class Slider(VGroup):
    """A line from t = 0 to t = 1 with a knob, and the number: below its middle, or below the start of a long one."""

    def __init__(self, start: ArrayLike, length: float) -> None:
        super().__init__()
        self.start, self.length = np.asarray(start, float), length
        line = Segments([[self.start, self.start + RIGHT * length]], "axis", 3)
        self.knob = dot(self.start, "parameter")
        size, aside, below = enlarged("label"), length / 2 - 0.55 if length < 6 else 0.0, enlarged(0.5)
        name = Formula("t =", size, "parameter").at(self.start + np.array([aside, -below, 0]))
        self.number = Number(0, ".2f", size, "parameter", width=4)
        self.number.at([name.get_right()[0] + 0.15, self.start[1] - below, 0])
        self.add(mark(line, backdrop=True), self.knob, name, self.number)

    def show(self, t: float) -> Self:
        self.knob.move_to(self.start + RIGHT * t * self.length)
        self.number.set_value(t)
        return self


class Map(Group):
    """How strongly a score depends on each place of a picture, the brighter the more."""

    def __init__(self, values: Array, height: float) -> None:
        self.values = values
        finite = values[np.isfinite(values)]
        low, high = (float(v) for v in np.percentile(finite, (1, 99))) if finite.size else (0.0, 1.0)
        self.image: ImageMobject = picture(shade(values, "tangent", low, max(high, low + 1e-30)), height)
        rim = Rectangle(
            width=self.image.width + 0.06, height=height + 0.06, stroke_color=color("axis"), stroke_width=1.5
        )
        super().__init__(self.image, mark(rim, backdrop=True))

    def brightest(self) -> tuple[int, int]:
        """Row and column of the brightest place, read off the colours."""
        light = self.image.pixel_array[..., :3].astype(float)
        ground = rgb("panel")
        away = np.abs(light - ground).sum(-1)
        row, column = np.unravel_index(int(away.argmax()), away.shape)
        return int(row), int(column)


def beneath(label: Label, what: Group) -> Label:
    """Words below a picture, on one line with those below others of its height."""
    return label.at([what.get_center()[0] - label.width / 2, what.get_bottom()[1] - 0.4, 0])


class Directions(VGroup):
    """A table: for some directions u, the derivative along u and the difference quotient that was measured.

    In a tall frame the two numbers stand below the name of the direction.

    Attributes
    ----------
    rows
        The name of a direction and its two numbers, each.
    ratio
        How many times the first direction's derivative the others' is, by their root mean square.
    """

    def __init__(
        self, heads: Sequence[Label], names: Sequence[Label], derivative: Array, quotient: Array
    ) -> None:
        xs = pick(wide=(-6.2, -1.0, 3.0), tall=(-3.7, -3.7, -0.5), square=(-5.6, -1.1, 1.8))
        lower = pick(wide=0.0, tall=0.78, square=0.0)  # by so much than the names
        top, first, step = pick(
            wide=(1.75, 0.55, 0.8),
            tall=(5.2, 2.75, min(1.75, 5.4 / len(names))),
            square=(3.7, 2.2, min(1.2, 4.4 / len(names))),
        )
        self.heads, self.rows = VGroup(), VGroup()
        for head, x, below in zip(heads, xs, (0.0, lower, lower), strict=True):
            self.heads.add(head.at([x, top - below, 0]))
        for n, name in enumerate(names):
            y = first - step * n
            numbers = (
                Formula(short(float(of[n]), 4), pick(wide=40, tall=48, square=44), role)
                for of, role in ((derivative, "tangent"), (quotient, "secant"))
            )
            row = zip((name, *numbers), xs, (0.0, lower, lower), strict=True)
            self.rows.add(VGroup(*(part.at([x, y - below, 0]) for part, x, below in row)))
        others = float(np.sqrt((derivative[1:].astype(float) ** 2).mean()))
        self.ratio = abs(float(derivative[0])) / others if others else 0.0
        super().__init__(self.heads, self.rows)

    def numbers(self) -> Array:
        """What is written, (direction, 2): for `verify`."""
        return np.array([[value(cell.markup) for cell in row[1:]] for row in self.rows])
