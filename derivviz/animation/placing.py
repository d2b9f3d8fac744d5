"""Where a label goes: beside what it names, clear of every line and of the other labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from manim import DL, DOWN, DR, LEFT, RIGHT, UL, UP, UR, Mobject, config
from numpy.typing import ArrayLike

from derivviz.animation.frame import caption_top
from derivviz.animation.layout import SAFE, Array, label_boxes, pieces, sort, touches
from derivviz.animation.typeset import Label

AROUND = (UL, UR, DR, DL, LEFT, RIGHT, UP, DOWN)
_GAPS = (0.14, 0.2, 0.3, 0.45, 0.65, 0.9)


def room_beside(
    label: Label, beside: ArrayLike, avoid: Iterable[Mobject], around: Sequence[Array] = AROUND
) -> bool:
    """Put a label as `place` does; whether it touches nothing there."""
    avoid = list(avoid)
    place(label, beside, avoid, around)
    labels, lines = sort(avoid)
    ways = [pieces(line) for line in lines if not getattr(line, "gives_way", False)]
    taken = [label_boxes(other) for other in labels if other is not label]
    return touches(label_boxes(label), taken, ways, 0.02) == 0


def place(
    label: Label,
    beside: ArrayLike,
    avoid: Iterable[Mobject],
    around: Sequence[Array] = AROUND,
    room: float = 0.05,
) -> Label:
    """Put a label next to a point, as near as it goes without touching anything.

    Where nothing is free, it takes the place that touches least, and the layout checks will say so.

    Parameters
    ----------
    label
        The label to move.
    beside
        The point that it names, shape (3,), or several that would do, shape (points, 3), the best first.
    avoid
        Mobjects whose lines and labels it must not touch; a plane's grid gives way (`Plane.room_for`).
    around
        Directions to try, the preferred first.
    room
        Least distance to everything, in units of the frame.
    """
    labels, lines = sort(avoid)
    ways = [pieces(line) for line in lines if not getattr(line, "gives_way", False)]
    taken = [label_boxes(other) for other in labels if other is not label]
    half = np.array([config.frame_width / 2, config.frame_height / 2]) - SAFE
    best: tuple[int, Array] | None = None
    for spot in _spots(label, np.asarray(beside, float).reshape(-1, 3), around):
        label.move_to(spot)
        own = label_boxes(label)
        if (own[:, :2] < -half).any() or (own[:, 2:] > half).any() or own[:, 1].min() < caption_top():
            continue
        met = touches(own, taken, ways, room)
        if met == 0:
            return label
        if best is None or met < best[0]:
            best = met, spot
    return label.move_to(best[1]) if best else label


def is_free(label: Label, avoid: Iterable[Mobject]) -> bool:
    """Whether a label touches nothing of `avoid` where it is, a plane's grid apart."""
    labels, lines = sort(avoid)
    ways = [pieces(line) for line in lines if not getattr(line, "gives_way", False)]
    return not touches(
        label_boxes(label), [label_boxes(other) for other in labels if other is not label], ways
    )


def _spots(label: Label, points: Array, around: Sequence[Array]) -> list[Array]:
    """Middles for a label, the nearest and most preferred first."""
    half = np.array([label.width / 2, label.height / 2, 0])
    spots = []
    for (order, point), (rank, direction) in product(enumerate(points), enumerate(around)):
        for gap_x, gap_y in product(_GAPS, _GAPS):
            if (direction[0] == 0 and gap_x > _GAPS[0]) or (direction[1] == 0 and gap_y > _GAPS[0]):
                continue
            cost = float(np.hypot(gap_x, gap_y)) + 0.12 * rank + 0.2 * order
            spots.append((cost, point + (half + np.array([gap_x, gap_y, 0])) * direction))
    return [spot for _, spot in sorted(spots, key=lambda pair: pair[0])]
