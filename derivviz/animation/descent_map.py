"""The map of a recorded loss over two weights, and the rules of the ways down it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from derivviz.animation.contours import ContourMap
from derivviz.animation.descent import symbols
from derivviz.animation.typeset import Formula
from derivviz.trace.descent import Descent

Array = NDArray[np.float64]


def map_axes(run: Descent, size: tuple[float, float]) -> tuple[int, int]:
    """Which weight goes across a map of this width and height, and which goes up."""
    return (run.wide, 1 - run.wide) if size[0] > size[1] else (1 - run.wide, run.wide)


def map_of(run: Descent, size: tuple[float, float]) -> ContourMap:
    """The map of the recorded losses over both weights, whose contour lines are those of its very grid.

    The longer side of the recorded rectangle lies along the longer side of `size`.
    """
    wide, high = map_axes(run, size)
    names, count = symbols(run), run.heights.shape

    def ground(h: Array, v: Array) -> Array:
        return run.surface(*((h, v) if wide == 0 else (v, h)))

    return ContourMap(
        ground,
        run.ranges[wide],
        run.ranges[high],
        run.levels(5),
        size,
        (names[wide], names[high]),
        (count[wide], count[high]),
        "loss",
    )


def visible(places: Array, ranges: Sequence[tuple[float, float]]) -> Array:
    """Places, shape (n, 2), up to the first one outside of the ranges."""
    low, high = np.array(ranges).T
    outside = ~((places >= low) & (places <= high)).all(axis=1)
    return places[: int(np.argmax(outside))] if outside.any() else places


def rules(stacked: bool = False) -> dict[str, Formula]:
    """What each way does in a step, by its name: m and the bars are running means.

    `stacked` are narrow: below each other what else stands in a row, and a fraction for a slash.
    """
    slope, size = "{{macron(nabla E) : t}}", "sqrt({{macron((nabla E)^2) : t}})"
    to, row, share = "arrow.l", ", quad", f"- eta {slope} slash {size}"
    if stacked:
        to, row, share = "&arrow.l", "\\", f"\\ &- eta frac({slope}, {size})"
    told = {
        "descent": "bold(w) arrow.l bold(w) - eta {{nabla E : t}}",
        "momentum": f"{{{{bold(m) : p}}}} {to} {{{{beta bold(m) : p}}}} + {{{{nabla E : t}}}}{row} "
        f"bold(w) {to} bold(w) - eta {{{{bold(m) : p}}}}",
        "adam": f"bold(w) {to} bold(w) {share}",
    }
    made = {name: Formula(markup, 44).paint(t="tangent") for name, markup in told.items()}
    made["momentum"].paint(p="parameter")
    return made
