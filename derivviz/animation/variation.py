"""How a function varies, beside its graph: what the colours mean, the table of signs, the three notations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import DOWN, LEFT, RIGHT, VGroup

from derivviz.animation import slope_words as words
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.gliding import SIGNS
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments
from derivviz.animation.numerals import short
from derivviz.animation.typeset import Formula
from derivviz.calculus.shape import Shape

_WAYS = {1: ("+", "arrow.tr"), 0: ("0", "arrow.r"), -1: ("-", "arrow.br")}
_ROW = 0.56  # from one row to the next in a wide frame


def _larger(size: float | str) -> float:
    """A size, of text or in units of the frame, for what stands beside or below the graph."""
    return enlarged(size) * pick(wide=1.0, tall=1.0, square=1.14)


def legend(lesson: Lesson, shape: Shape) -> VGroup:
    """What the colours of the stretches mean, for the signs that occur."""
    rows = VGroup()
    for sign, relation, en, ko in words.COLOURS:
        if any(one.sign == sign for one in shape.stretches):
            line = Segments(np.array([[[0, 0, 0], [0.6, 0, 0]]]), SIGNS[sign], 6)
            told = lesson.words(en=en, ko=ko, fill="ink", size=_larger("label"))
            sign_of = Formula(f"f' {relation}", _larger("label"))
            rows.add(VGroup(line, sign_of, told).arrange(RIGHT, buff=0.25))
    return rows.arrange(DOWN, buff=pick(wide=0.22, tall=0.25, square=0.4), aligned_edge=LEFT)


def notations(lesson: Lesson, height: float) -> VGroup:
    """The names of Newton, Lagrange and Leibniz, and how each wrote the two derivatives, in so much height."""
    places = pick(wide=(0.0, 1.8, 3.1), tall=(0.0, 2.9, 5.2), square=(0.0, 2.1, 3.6))
    for slashes, size in ((False, 42), (True, 38)):
        rows = VGroup()
        for en, ko, first, second in words.notations(slashes):
            name = lesson.words(en=en, ko=ko, size=_larger("label"), fill="muted")
            parts = Formula(first, _larger(size), "tangent"), Formula(second, _larger(size))
            rows.add(VGroup(name, *parts))
            for part, x in zip(rows[-1], places, strict=True):
                part.move_to([x, 0, 0], LEFT)
        rows.arrange(DOWN, buff=pick(wide=0.35, tall=0.3, square=0.35), aligned_edge=LEFT)
        if rows.height <= height:
            break
    return rows


def variation(shape: Shape, width: float, size: float = 36) -> VGroup | None:
    """Rows x, f′ and f; None where there are more columns than are legible in the width.

    A place without a derivative has a dash in the row of f′, and one without a value also in that of f.
    """
    heights = {one.x: one.y for one in (*shape.extrema, *shape.kinks)} | {
        x: shape.value(shape.f, x) for x in shape.zeros
    }
    knots = sorted({*heights, *(one.x for one in shape.breaks)})
    if not knots:
        return None
    columns = [("x", "f'(x)", "f(x)", ("ink", "tangent", "function"))]
    for n, x in enumerate([*knots, None]):
        middle = _between(shape, knots, n)
        signs = [one.sign for one in shape.stretches if one.low <= middle <= one.high]
        sign, arrow = _WAYS[signs[0]] if signs else ('"—"', '"—"')
        role = SIGNS[signs[0]] if signs else "muted"
        columns.append(("dots.c", sign, arrow, ("muted", role, role)))
        if x is not None:
            slope = "0" if x in shape.zeros else '"—"'
            height = short(heights[x], 3) if x in heights else '"—"'
            columns.append((short(x, 3), slope, height, ("ink", "ink", "ink")))
    for points in (_larger(size), _larger(28)):
        table = VGroup(*(VGroup(*map(_cell(points), texts, roles)) for *texts, roles in columns))
        if sum(column.width for column in table) + 0.16 * len(table) <= width:
            return _ruled(table, width)
    return None


def _cell(size: float) -> Callable[[str, str], Formula]:
    """Makes the cells of a table; the coloured signs stay large, as pale colours have to be."""
    return lambda markup, role: Formula(markup, _larger(36) if role in SIGNS.values() else size, role)


def _between(shape: Shape, knots: list[float], n: int) -> float:
    low = knots[n - 1] if n else shape.low
    high = knots[n] if n < len(knots) else shape.high
    return (low + high) / 2


def _ruled(columns: VGroup, width: float) -> VGroup:
    """The columns side by side with even gaps, a line under the head and one right of the names."""
    row_height = _ROW * pick(wide=1.0, tall=1.2, square=1.4)
    gap = min(_larger(0.42), (width - sum(column.width for column in columns)) / len(columns))
    for column in columns:
        for row, cell in enumerate(column):
            cell.set_y(-row_height * row)
    columns.arrange(direction=[1, 0, 0], buff=gap, center=False, coor_mask=[1, 0, 0])
    left, right = columns.get_left()[0], columns.get_right()[0]
    bar = (columns[0].get_right()[0] + columns[1].get_left()[0]) / 2
    rules = [
        [[left, -row_height / 2, 0], [right, -row_height / 2, 0]],
        [[left, -row_height * 1.5, 0], [right, -row_height * 1.5, 0]],
        [[bar, row_height * 0.4, 0], [bar, -row_height * 2.4, 0]],
    ]
    return VGroup(Segments(rules, "axis", 2), columns)
