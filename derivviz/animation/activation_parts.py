"""Parts of the lesson on activations: where its cards stand, its law in numbers, and its table of sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from manim import DOWN, RIGHT, VGroup

from derivviz.animation.frame import Panel, body, pick, shape
from derivviz.animation.numerals import short
from derivviz.animation.slope_table import fit
from derivviz.animation.typeset import Formula, Words
from derivviz.calculus.activation import KEYS

NAMES = {
    "relu": "ReLU",
    "tanh": "tanh",
    "gelu": "GELU",
    "raw": "$f'$",
    "scaled": "$f' \\/ 24$",
}
WIDE = dict(zip(KEYS, (-5.4, -2.7, 0.0, 2.7, 5.4), strict=True))  # middles of five columns in a wide frame
UPPER = 3  # cards of the upper row where there are two


@dataclass(frozen=True)
class Cell:
    """Where a card stands: from the top its heading, its plane and what is told of it.

    Attributes
    ----------
    x
        The middle of all three.
    heading, middle, told
        Their heights.
    size
        Of the plane.
    room
        Width for what is told.
    """

    x: float
    heading: float
    middle: float
    told: float
    size: tuple[float, float]
    room: float


def room() -> Panel:
    """The frame between title, of two lines where it is narrow, and captions."""
    whole = body(0.15)
    return Panel(whole.left, whole.right, whole.bottom, whole.top - pick(wide=0.0, tall=0.3, square=0.0))


def cell(key: str) -> Cell:
    """The place of an activation's card: in a wide frame beside the others, else in the upper or the lower row."""
    if shape() == "wide":
        return Cell(WIDE[key], 2.6, 0.25, -2.15, (2.3, 3.7), 2.5)
    (upper, lower), at, count = room().rows(), KEYS.index(key), UPPER
    panel = upper
    if at >= UPPER:
        panel, at, count = lower, at - UPPER, len(KEYS) - UPPER
    width, bottom, top = panel.width / count, panel.bottom + 0.85, panel.top - 0.7
    return Cell(
        panel.left + (at + 0.5) * width,
        panel.top - 0.3,
        (bottom + top) / 2,
        panel.bottom + 0.4,
        (width - 0.4, top - bottom),
        width - 0.2,
    )


def told_of(key: str, markup: str, size: float, fill: str = "ink", **roles: str) -> Formula:
    """A formula below a card; one too wide for it is set in the smallest size, without colours of its parts."""
    place = cell(key)
    formula = Formula(markup, size, fill, **roles)
    if roles and formula.width >= place.room:
        formula = Formula(markup, "tick", fill)
    return formula.move_to([place.x, place.told, 0])


class Squares(VGroup):
    """f′ in full, the size of its square at the values that arrived, and the size of what left.

    Parameters
    ----------
    name
        Of the last one.
    z, a
        The two sizes.
    far
        Whether the square is the most of f′ there; else f′(0) is told.
    """

    def __init__(self, name: Words, z: float, a: float, far: bool) -> None:
        sizes = pick(wide=(60, 52, 60), tall=(72, 68, 120), square=(88, 80, 104))
        law = Formula("f'(z) = {{-6 z^2 : q}} - 12 z + 18", sizes[0], q="function")
        power = short(z, 4)
        base = f"({power})" if "dot" in power else power
        squared = f"6 dot {base}^2 = {{{{{short(6 * z * z, 2)} : b}}}}"
        least = Formula(squared if far else "f'(0) = {{18 : b}}", sizes[1], b="function")
        got = Formula(f"{{{{{short(a, 2)} : b}}}}", sizes[2], b="negative")
        way = pick(wide=RIGHT, tall=DOWN, square=RIGHT)
        pair = VGroup(name, got).arrange(way, buff=pick(wide=0.5, tall=0.45, square=0.6))
        heights = pick(wide=(1.7, 0.3, -1.1), tall=(4.0, 1.3, -2.4), square=(3.0, 0.3, -2.5))
        for part, y in zip((law, least, pair), heights, strict=True):
            fit(part, 2 * body(0.4).right).move_to([0, y, 0])
        super().__init__(law, least, pair)


class Finals(VGroup):
    """A row for each activation: its name, the size that the last layer puts out, and where that is from.

    Parameters
    ----------
    names, sources
        What is written before and behind each size.

    Attributes
    ----------
    values
        The sizes as written, by activation.
    """

    def __init__(self, names: Sequence[Words], sizes: Mapping[str, float], sources: Sequence[Words]) -> None:
        super().__init__()
        self.values: dict[str, Formula] = {}
        top, pitch = pick(wide=(1.9, 0.85), tall=(4.6, 1.75), square=(3.6, 1.45))
        xs = pick(wide=(-3.2, -0.6, 3.0), tall=(-3.4, -1.4, 1.75), square=(-4.7, -1.4, 3.2))
        for n, (name, (key, size), source) in enumerate(zip(names, sizes.items(), sources, strict=True)):
            role = "negative" if key == "raw" else "positive" if key == "scaled" else "ink"
            value = Formula(written(size, 3), pick(wide=48, tall=60, square=76), role)
            self.values[key] = value
            row = zip((name, value, source), xs, strict=True)
            self.add(VGroup(*(part.at([x, top - pitch * n, 0]) for part, x in row)))


def written(size: float, digits: int) -> str:
    """A size as math; one that float64 cannot hold is infinite."""
    return short(size, digits) if math.isfinite(size) else "oo"
