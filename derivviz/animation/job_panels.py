"""Where the parts of the lesson of the three uses of f′ stand, in each shape of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from manim import DOWN, LEFT, RIGHT, Mobject, VGroup

from derivviz.animation.frame import Panels, above, beside, pick, shape
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import Indices, Ranking
from derivviz.animation.stacked import Stacked, written
from derivviz.calculus.expression import Expression

Range = tuple[float, float]
M = TypeVar("M", bound=Mobject)


def divided() -> Panels:
    """The graph of f′ in the picture, the three jobs in the column."""
    return pick(wide=beside(0.35), tall=above(0.8), square=above(-0.2))


def put(part: M, *, wide: float, tall: float, square: float, second: bool = False) -> M:
    """Begin a part at the left of the column, its middle so far below the top.

    In a square frame a `second` part stands in the right half.
    """
    panels = divided()
    across = panels.second if second and shape() == "square" else panels.column
    part.move_to([across.left, panels.column.down(pick(wide=wide, tall=tall, square=square)), 0], LEFT)
    return part


def formulas(f: Expression, slope: Expression) -> VGroup:
    """What f and f′ are, if they are short enough to be read: beside their graphs, or below them."""
    panels = divided()
    column, halves = panels.column, (panels.first, panels.second)
    width = pick(wide=column.width, tall=column.width, square=halves[0].width)
    known = [written("f(x)", f, "function", width), written("f'(x)", slope, "tangent", width)]
    lines = VGroup(*(line for line in known if line is not None))
    lines.arrange(DOWN, buff=0.4, aligned_edge=LEFT)
    if shape() == "square":
        for line, half in zip(lines, halves, strict=False):
            line.move_to([half.left, half.bottom + 0.1 + line.height / 2, 0], LEFT)
        return lines
    lines.move_to(
        [column.left, pick(wide=1.0, tall=column.bottom + 0.1 + lines.height / 2, square=0.0), 0], LEFT
    )
    return lines


def both_planes(
    x_range: Range, y_ranges: tuple[Range, Range], lines: VGroup, around: Sequence[Mobject]
) -> Stacked:
    """The planes of f and f′: in a narrow frame as high as the formulas below them allow."""
    panels = divided()
    foot = max((line.get_top()[1] for line in lines), default=panels.column.bottom - 0.3) + 0.7
    between = foot, panels.picture.top
    return Stacked(x_range, y_ranges, *_across(), around, pick(wide=None, tall=between, square=between))


def one_plane(x_range: Range, y_range: Range) -> Plane:
    """The plane of f′ alone."""
    left, width = _across()
    picture = divided().picture
    height = pick(wide=5.2, tall=picture.height, square=picture.height)
    plane = Plane(x_range, y_range, width, height, ("x", ""), (8, 6))
    middle = picture.center - plane.frame.get_center()
    plane.shift(pick(wide=[-3.55, 0.1, 0] - plane.get_center(), tall=middle, square=middle))
    return plane.shift(RIGHT * max(0.0, left - plane.get_left()[0]))


def _across() -> tuple[float, float]:
    """Where planes begin, and how wide they are."""
    return pick(wide=(-6.8, 6.3), tall=(-3.7, 7.3), square=(-5.6, 11.1))


def ranking(names: Sequence[str], index: Indices, reach: Range) -> Ranking:
    """The dishes, each of probability 1."""
    column = divided().column
    left, end, shift, top, spread = pick(
        wide=(column.left, 5.9, -0.6, 1.98, 1.0),
        tall=(column.left, 2.5, -0.72, 2.25, 1.15),
        square=(-0.75, 4.7, -0.6, 1.3, 1.3),
    )
    where = {"left": left, "end": end, "shift": shift, "top": column.down(top), "spread": spread}
    return Ranking(names, index, np.ones(len(names)), reach, ".0f", **where)
