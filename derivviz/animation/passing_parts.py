"""The parts of a network on the frame: a layer as a stage, and what the network said as bars."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import ORIGIN, RIGHT, Line, VGroup
from numpy.typing import NDArray

from derivviz.animation.network import Stage, picture, shade, tiles
from derivviz.animation.passing_rows import Rows
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color, current
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.look.names import display
from derivviz.look.numerals import short
from derivviz.trace.flow import Outputs, Passed

Array = NDArray[np.float64]
ROWS = 6  # outputs, at the most, that are drawn


def channels_of(each: Passed, channel: dict[str, int]) -> list[int]:
    """The feature maps that are drawn: the one asked for first, then those in which most is to be seen."""
    first = [channel[name] for name in each.names if name in channel and channel[name] < len(each.ahead)]
    busy = np.argsort(-np.nan_to_num(each.ahead.std(axis=(1, 2))), kind="stable")
    chosen = [*first[:1], *(int(n) for n in busy if n not in first[:1])]
    return chosen[: 4 if len(chosen) >= 4 else 1]


def stage_of(each: Passed, channel: dict[str, int], way: Rows, word: str) -> Stage:
    """One layer as a stage: four maps two by two, or a column of units."""
    label, side = Words(word, 30, "muted"), way.side
    if each.is_map:
        drawn = channels_of(each, channel)
        ahead = picture(_sheet(each.ahead[drawn], "function"), side, side)
        back = None
        if each.back is not None:
            size = np.abs(each.back[drawn])
            finite = size[np.isfinite(size)]
            top = float(np.percentile(finite, 99.8)) if finite.size else 1.0
            back = picture(_sheet(size, "tangent", low=0.0, high=top), side, side)
        return Stage(ahead, back, label)
    ahead = picture(shade(each.ahead[:, None], "function"), side, way.column)
    back = None
    if each.back is not None:
        back = picture(shade(np.abs(each.back)[:, None], "tangent", low=0.0), side, way.column)
    return Stage(ahead, back, label)


def _sheet(maps: Array, role: str, **ends: float) -> NDArray[np.uint8]:
    return (
        tiles(maps, role, gap=max(1, round(maps.shape[-1] / 19)), **ends)
        if len(maps) > 1
        else shade(maps[0], role, **ends)
    )


def bars_of(outputs: Outputs, y: float) -> tuple[VGroup, list[int]]:
    """The outputs as bars: the largest, and the true class among them, in its own colour."""
    values, truth = outputs.values, outputs.truth
    order: Iterable[int] = range(len(values))
    if len(values) > ROWS:
        ranked = [int(n) for n in np.argsort(-np.nan_to_num(np.abs(values)), kind="stable")]
        best = [n for n in ranked if n != truth][: ROWS - (truth is not None) - 1]
        order = sorted([*best, *([] if truth is None else [truth])])
    rows = list(order)
    made = VGroup()
    count, language = len(rows) + (len(values) > ROWS), current().language
    height = min(0.36, 1.95 / count)
    longest = max(float(np.nan_to_num(np.abs(values[rows])).max()), 1e-300)
    for at, n in enumerate(rows):
        level = y + height * (count / 2 - at - 0.5)
        role, fill = (
            ("positive", "ink") if n == truth else ("muted" if truth is not None else "function", "muted")
        )
        length = max(0.02, 0.6 * abs(float(np.nan_to_num(values[n]))) / longest)
        bar = Line([3.7, level, 0], [3.7 + length, level, 0], stroke_width=16, color=color(role))
        if truth is None:
            told = VGroup(Formula(short(float(values[n]), 3), 28, "muted"))
            told[0].move_to([5.15, level, 0], aligned_edge=ORIGIN).align_to([5.55, 0, 0], RIGHT)
            name_left, room = 5.75, 1.1
        else:
            share = Number(100 * values[n], ".0f", 28, fill, anchor=RIGHT).at([4.9, level - 0.1, 0])
            told = VGroup(share, Words("%", 28, fill).at([4.93, level - 0.1, 0]))
            name_left, room = 5.35, 1.6
        name = fitted(display(outputs.names[n])[language], room, 28)
        name.set_fill(color(fill)).at([name_left, level - 0.1, 0])
        made.add(VGroup(bar, *told, name))
    if len(rows) < len(values):
        told_of = {"en": f"{len(rows)} of {len(values)} shown", "ko": f"{len(values)}개 중 {len(rows)}개"}
        note = Words(told_of[language], 28, "muted").move_to([5.3, y - height * (count / 2 - 0.5) - 0.05, 0])
        made.add(VGroup(note))
    return made, rows
