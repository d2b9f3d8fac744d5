"""Rows of bars that are products, p × multiplier, and that change places as the multipliers go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, UP, Animation, VGroup, VMobject, there_and_back
from numpy.typing import NDArray

from derivviz.animation.frame import enlarged
from derivviz.animation.lines import Segments, straight
from derivviz.animation.stage import SIZES, color
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.look.typst import quoted, unquoted

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Row:
    """One class: number, name, p × multiplier, bar and score."""

    # In a wide frame; where text is enlarged, so are they.
    P, TIMES, M = 3.05, 3.31, 4.25  # right end of p, middle of ×, right end of the multiplier
    ROOM = 1.95  # for the name
    FOOT = 0.1  # from the baseline up to the row's middle, half the height of a digit

    def __init__(
        self, i: int, name: str, p: float, spec: str, left: float, shift: float, indent: float, text: float
    ) -> None:
        self.foot, factors, size = self.FOOT * text, left + shift, 30 * text
        foot = -self.foot
        p_end, middle, m_end = (factors + x * text for x in (self.P, self.TIMES, self.M))
        self.y = 0.0
        number = Number(i, ".0f", size, "muted").at([left, foot, 0])
        self.name = fitted(name, (self.ROOM + 0.28) * text - indent, SIZES["label"] * text)
        self.name.at([left + indent, foot, 0])
        self.p = Number(p, spec, size, "ink", anchor=RIGHT, width=6).at([p_end, foot, 0])
        times = Formula("times", size, "muted").move_to([middle, 0, 0])
        self.m = Number(1.0, ".2f", size, "tangent", anchor=RIGHT, width=6).at([m_end, foot, 0])
        self.labels, self.factors = VGroup(number, self.name), VGroup(self.p, times, self.m)
        self.ghost = VMobject(stroke_width=0, fill_opacity=0.25, fill_color=color("muted"))
        self.bar = VMobject(stroke_width=0, fill_opacity=1, fill_color=color("muted"))
        self.notch = Segments([[ORIGIN, UP]], "background", 3)  # where p ends, cut out of the bar
        self.score = Number(0.0, ".2f" if spec == ".0f" else spec, 32 * text, width=7)
        self.measure = VGroup(self.ghost, self.bar, self.notch, self.score)

    def to_height(self, y: float) -> None:
        VGroup(self.labels, self.factors).shift(UP * (y - self.y))
        self.y = y

    def draw(self, m: float, p: float, left: float, unit: float, half: float, floor: float) -> None:
        """Bar and numbers; `left` is where bars begin, `unit` the length of 1, `half` half their height.

        `floor` is the least length: a bar that would be longer to the left is cut off there.
        """
        end, notch = left + max(p * m, floor) * unit, left + p * unit
        self.bar.points = box(min(left, end), max(left, end), self.y, half)
        self.ghost.points = box(left, notch, self.y, half)
        cut = half if notch - left > 0.04 else 0.0
        self.notch.points = straight([[[notch, self.y - cut, 0], [notch, self.y + cut, 0]]])
        self.m.spec = ".2f" if abs(m) < 9.995 else ".1f" if abs(m) < 99.95 else ".0f"
        self.m.set_value(m)
        self.score.value = p * m
        self.score.at([max(end, notch) + 0.14, self.y - self.foot, 0])


def box(left: float, right: float, y: float, half: float) -> Array:
    """Points of a rectangle around the height `y`."""
    corners = np.array([[left, -half, 0], [right, -half, 0], [right, half, 0], [left, half, 0]]) + UP * y
    return straight(np.stack([corners, np.roll(corners, -1, axis=0)], axis=1))


def stress(number: Number, scale: float) -> Animation:
    """Let a number grow for a moment, to the right: on its left it stands close to a sign or a bar."""
    return number.animate(rate_func=there_and_back).scale(scale, about_edge=LEFT).build()


class Ranking:
    """Rows of classes whose bars are p × multiplier long, and whose places can be exchanged.

    Parameters
    ----------
    names, index, p
        For each row the name as markup, the number of the class, and its probability p.
    reach
        The least and the largest length that a bar will ever have; the least is 0 or negative, and a bar that
        would be less is cut off there.
    spec
        How p is written, as for `Number`.
    left, end
        Where on the frame the rows begin, and where the longest bar ends.
    shift
        How far the columns p × multiplier are moved to the right.
    top, spread
        Middle of the first row, and how many times as far apart as usual the rows stand.
    middle
        Middle of the wide rows together.
    text
        How many times as large as usual the rows are written; None for `enlarged`.

    Attributes
    ----------
    floor
        The least length.
    rest, labels, factors
        Mobjects: everything but the columns p × multiplier; the names alone; those columns.
    """

    def __init__(
        self,
        names: Sequence[str],
        index: Indices,
        p: Array,
        reach: tuple[float, float],
        spec: str,
        *,
        left: float,
        end: float,
        shift: float = 0.0,
        top: float = 0.82,
        spread: float = 1.0,
        middle: float = 0.25,
        text: float | None = None,
    ) -> None:
        text = enlarged(1.0) if text is None else text
        self.wide_left = left + Row.ROOM * text + 0.45
        self.narrow_top, self.wide_middle, self.spread = top, middle, spread
        self.p, self.index, self.end = np.array(p, float), [int(i) for i in index], end
        begin, (low, high) = left + Row.M * text + shift + 0.2, reach
        self.floor = low
        self.narrow_left = begin - low / (high - low) * (end - begin)
        self.narrow_unit = (end - self.narrow_left) / high
        indent = (0.28 + 0.17 * (len(str(max(self.index))) - 1)) * text  # room for the numbers of the classes
        self.rows = [
            Row(i, name, float(value), spec, left, shift, indent, text)
            for i, name, value in zip(self.index, names, p, strict=True)
        ]
        self.labels = VGroup(*(row.labels for row in self.rows))
        self.factors = VGroup(*(row.factors for row in self.rows))
        self.rest = VGroup(*(VGroup(row.measure, row.labels) for row in self.rows))
        self.m, self.places = np.ones(len(self.p)), np.arange(len(self.p), dtype=float)
        self.leader: tuple[int, str] | None = None
        self.lead(-1, "ink")
        self.unfold(1.0)

    def unfold(self, t: float) -> None:
        """The geometry: wide rows of bare probabilities at 0, narrow ones with their factors at 1."""
        gaps = max(1, len(self.p) - 1)
        wide, narrow = min(0.85, 3.6 / gaps), min(0.54, 2.2 / gaps) * self.spread
        self.step = (1 - t) * wide + t * narrow
        self.top = (1 - t) * (self.wide_middle + wide * (len(self.p) - 1) / 2) + t * self.narrow_top
        self.left = (1 - t) * self.wide_left + t * self.narrow_left
        self.unit = (1 - t) * (self.end - self.wide_left) / self.p.max() + t * self.narrow_unit
        self.put(self.places)
        self.draw(self.m)

    def put(self, places: Array) -> None:
        """Slide the rows to places counted from the top."""
        self.places = np.asarray(places, float)
        for row, rank in zip(self.rows, self.places, strict=True):
            row.to_height(self.top - self.step * rank)

    def draw(self, m: Array) -> None:
        """Bars and numbers for these multipliers."""
        self.m = np.asarray(m, float)
        for row, factor, p in zip(self.rows, self.m, self.p, strict=True):
            row.draw(float(factor), float(p), self.left, self.unit, 0.31 * self.step, self.floor)

    def put_p(self, p: Array) -> None:
        """Other probabilities with the same multipliers."""
        self.p = np.asarray(p, float)
        for row, value in zip(self.rows, self.p, strict=True):
            row.p.set_value(float(value))
        self.draw(self.m)

    def lead(self, best: int, role: str) -> None:
        """Give one row the colour of a role, and muted bars to the others."""
        if self.leader == (best, role):
            return
        self.leader = best, role
        for k, row in enumerate(self.rows):
            first = k == best
            row.bar.set_fill(color(role if first else "muted"), opacity=1 if first else 0.6)
            row.name.set_fill(color(role if first else "ink"), opacity=1)

    def labels_of(self, which: int) -> VGroup:
        return self.rows[self.index.index(which)].labels

    def lengths(self) -> list[float]:
        """The lengths of the bars, read off the picture in their own unit; negative to the left."""
        ends = [(row.bar.points[:, 0].min(), row.bar.points[:, 0].max()) for row in self.rows]
        return [float(low + high - 2 * self.left) / self.unit for low, high in ends]


def fitted(name: str, room: float, size: float | str = "label") -> Words:
    """A name, as `display` marks it up; a long one smaller, and cut where even that is too wide."""
    words = Words(name, size)
    bare = unquoted(name)
    while words.width > room and bare:
        words = Words(name, "tick")
        bare = bare[:-1].rstrip()
        name = quoted(bare + "…")
    return words
