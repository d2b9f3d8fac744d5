"""What a classifier answered, class by class: bars that become e^z and p, and the columns p, y, p − y."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import RIGHT, VGroup
from numpy.typing import NDArray

from derivviz.animation.classifier_frame import name_size, number_size, rows, table
from derivviz.animation.growing import Block
from derivviz.animation.lines import Segments
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.trace.classification import Answers

Array = NDArray[np.float64]
MOST = 6  # classes that the picture has room for
FOOT = 0.1  # from the baseline up to the middle of a digit, at text size 30
BEYOND = 12.0  # |z| from where e^z is written less the largest z


def shown(found: Answers, sample: int) -> NDArray[np.int64]:
    """The classes that have a row, in their order: the true one, then the likeliest with a recorded gradient."""
    p, truth = found.p[sample], int(found.target[sample])
    order = sorted(found.kept.tolist(), key=lambda i: (i != truth, -p[i], i))
    return np.sort(np.array(order[:MOST], np.int64))


def precise(values: Array) -> str:
    """How numbers of that size are written: two decimals, of large ones none."""
    return ".2f" if float(np.abs(values).max(initial=0)) < 1000 else ",.0f"


class Bars(VGroup):
    """A bar and a number for each class; `show` makes them the bars of other values.

    Parameters
    ----------
    names
        Markup of the classes.
    widest
        Numbers that the rows will have to have room for.
    """

    def __init__(self, names: Sequence[str], widest: Array) -> None:
        super().__init__()
        place, size = rows(), number_size()
        self.foot = FOOT * (size / 30)
        self.step = min(place.pitch, place.height / len(names))
        self.top = place.middle + self.step * (len(names) - 1) / 2
        room = max(
            Number(float(v), precise(widest), size, width=24).width for v in (widest.min(), widest.max())
        )
        self.begin, self.end = place.left + place.names + 0.25, place.right - room - 0.2
        self.names, self.bars, self.numbers = VGroup(), VGroup(), VGroup()
        for n, name in enumerate(names):
            known = fitted(name, place.names, name_size())
            self.names.add(known.at([place.left, self.y(n) - self.foot, 0]))
            self.bars.add(Block([self.begin, self.y(n), 0], (0.0, 0.0), "function", 0.9))
            self.numbers.add(Number(0.0, ".2f", size, width=24))
        self.axis = Segments([[[0, 0, 0], [0, 1, 0]]], "axis", 2.5)
        self.add(self.axis, self.names, self.bars, self.numbers)
        self.values, self.low, self.high = np.zeros(len(names)), 0.0, 1.0

    def y(self, n: int) -> float:
        """Height of a row's middle."""
        return self.top - self.step * n

    def scale(self, low: float, high: float, spec: str) -> None:
        """The least (0 or negative) and the largest value that the bars have room for, and how numbers are written."""
        self.low, self.high = min(0.0, low), max(high, self.low + 1e-9, 1e-9)
        for number in self.numbers:
            number.spec = spec

    def show(self, values: Array) -> Bars:
        """Bars and numbers of these values, on the scale that is set."""
        self.values = np.asarray(values, float)
        unit = (self.end - self.begin) / (self.high - self.low)
        zero = self.begin - self.low * unit
        half = 0.27 * self.step
        self.unit, self.zero = unit, zero
        self.axis.set_ends(
            np.array([zero, self.y(len(self.values)) + 0.2, 0]), np.array([zero, self.top + 0.45, 0])
        )
        for n, value in enumerate(self.values):
            left, right = sorted((zero, zero + value * unit))
            self.bars[n].set_size([left, self.y(n) - half, 0], (right - left, 2 * half))
            self.numbers[n].value = value
            self.numbers[n].at([right + 0.14, self.y(n) - self.foot, 0])
        return self

    def drawn(self) -> Array:
        """The values read off the bars."""
        ends = [(bar.points[:, 0].min(), bar.points[:, 0].max()) for bar in self.bars]
        return np.array([float(low + high - 2 * self.zero) / self.unit for low, high in ends])


class Columns(VGroup):
    """For each class p, y, p − y with its bar, and beside it the recorded derivative, all as numbers.

    Parameters
    ----------
    names
        Markup of the classes.
    truth
        Which of the rows is the true class.
    p, recorded
        Probabilities, and the recorded derivatives over the weight of the sample.
    weight
        Markup of what the recorded derivative is multiplied by.

    Attributes
    ----------
    recorded, head, arrows
        The recorded derivatives, what is written above them, and where a step downhill takes each logit: they are
        not a part of this group, so that they can come later.
    """

    def __init__(self, names: Sequence[str], truth: int, p: Array, recorded: Array, weight: str) -> None:
        super().__init__()
        self.place = place = table()
        size = number_size()
        foot = FOOT * (size / 30)
        step = min(place.pitch, place.height / len(names))
        top = place.middle + step * (len(names) - 1) / 2
        y = np.eye(len(names))[truth]
        self.error = p - y
        self.names, self.p, self.y, self.difference, self.bars, self.recorded, self.arrows = (
            VGroup() for _ in range(7)
        )
        for n, name in enumerate(names):
            height = top - step * n - foot
            self.names.add(fitted(name, place.names, name_size()).at([place.left, height, 0]))
            if n == truth:
                singled_out(self.names[-1])
            for group, value, spec, fill, right, down in (
                (self.p, p[n], ".3f", "ink", place.p, 0.0),
                (self.y, y[n], ".0f", "ink", place.y, 0.0),
                (self.difference, self.error[n], ".3f", "tangent", place.difference, 0.0),
                (self.recorded, recorded[n], ".3f", "ink", place.recorded, place.under),
            ):
                number = Number(float(value), spec, size, fill, anchor=RIGHT, width=7)
                group.add(number.at([right, height - down, 0]))
            if abs(self.error[n]) >= 5e-4:
                way = Formula(f"arrow.{'t' if self.error[n] < 0 else 'b'}", name_size(), "parameter")
                self.arrows.add(way.move_to([place.left - 0.35, height + foot, 0]))
            length, thick = float(self.error[n]) * place.reach, place.bar * step
            corner = [place.zero + min(length, 0.0), height + foot - place.under - thick / 2, 0]
            self.bars.add(Block(corner, (abs(length), thick), "tangent", 0.9))
        self.axis = Segments(self._zeros(top, step, len(names)), "axis", 2.5)
        head = top + step * 0.5 + place.head
        self.heads = VGroup(
            *(
                Formula(markup, size * 34 / 30, fill).set_x(right, RIGHT).set_y(head)
                for markup, fill, right in (
                    ("p", "ink", place.p),
                    ("y", "ink", place.y),
                    ("p - y", "tangent", place.difference),
                )
            )
        )
        self.head = Formula(f"(partial L) / (partial z) {weight}", size).set_x(place.recorded, RIGHT)
        self.head.set_y(head + place.apart)
        self.add(self.names, self.p, self.y, self.difference, self.bars, self.axis, self.heads)

    def _zeros(self, top: float, step: float, rows: int) -> list[list[list[float]]]:
        """Where bars of 0 stand: one line, or one in each row where the bars have lines of their own."""
        zero, under = self.place.zero, self.place.under
        if not under:
            return [[[zero, top + 0.4 * step, 0], [zero, top - step * (rows - 0.6), 0]]]
        middles = [top - step * n - under for n in range(rows)]
        half = 0.7 * self.place.bar * step
        return [[[zero, y + half, 0], [zero, y - half, 0]] for y in middles]

    def drawn(self) -> Array:
        """p − y read off the bars."""
        ends = [(bar.points[:, 0].min(), bar.points[:, 0].max()) for bar in self.bars]
        return np.array([float(low + high - 2 * self.place.zero) / self.place.reach for low, high in ends])


def singled_out(name: Words) -> Words:
    """A name in the colour of the truth, where it is large enough to be read in it."""
    if name.size >= SIZES["label"]:
        name.set_fill(color("positive"), opacity=1)
    return name


def powers(logits: Array) -> tuple[Array, bool]:
    """e^z, or, where some z is large, e^z less the largest z; and whether it is that."""
    reduced = float(np.abs(logits).max()) > BEYOND
    return np.exp(logits - (logits.max() if reduced else 0.0)), reduced


def written(loss: float) -> str:
    """A loss in Typst math: three digits, of large ones a power of ten."""
    if loss < 1000:
        return f"{loss:.2f}"
    digits, _, power = f"{loss:.2e}".partition("e")
    return f"{digits} dot 10^{int(power)}"
