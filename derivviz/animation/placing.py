"""Where a label goes: beside what it names, clear of every line and of the other labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from manim import DL, DOWN, DR, LEFT, RIGHT, UL, UP, UR, Mobject, config
from numpy.typing import ArrayLike

from derivviz.animation.layout import CAPTION_TOP, SAFE, Array, label_boxes, sort, touches
from derivviz.animation.typeset import Label

AROUND = (UL, UR, DR, DL, LEFT, RIGHT, UP, DOWN)
_GAPS = (0.14, 0.2, 0.3, 0.45, 0.65, 0.9)


def place(
    label: Label,
    beside: ArrayLike,
    avoid: Iterable[Mobject],
    around: Sequence[Array] = AROUND,
    room: float = 0.05,
) -> Label:
    """Put a label next to a point, as near as it goes without touching anything.

    Parameters
    ----------
    label
        The label to move.
    beside
        The point that it names.
    avoid
        Mobjects whose lines and labels it must not touch; a plane's grid gives way (`Plane.room_for`).
    around
        Directions to try, the preferred first.
    room
        Least distance to everything, in units of the frame.
    """
    labels, lines = sort(avoid)
    lines = [line for line in lines if not getattr(line, "gives_way", False)]
    taken = [label_boxes(other) for other in labels if other is not label]
    half = np.array([config.frame_width / 2, config.frame_height / 2]) - SAFE
    here = np.asarray(beside, float)
    for spot in _spots(label, around):
        label.move_to(here + spot)
        own = label_boxes(label)
        inside = (own[:, :2] > -half).all() and (own[:, 2:] < half).all() and own[:, 1].min() > CAPTION_TOP
        if inside and not touches(own, taken, lines, room):
            return label
    return label.next_to(here, around[0], _GAPS[0])


def _spots(label: Label, around: Sequence[Array]) -> list[Array]:
    """Middles of a label around the origin, the nearest and most preferred first."""
    half = np.array([label.width / 2, label.height / 2, 0])
    spots = []
    for rank, direction in enumerate(around):
        for gap_x, gap_y in product(_GAPS, _GAPS):
            if (direction[0] == 0 and gap_x > _GAPS[0]) or (direction[1] == 0 and gap_y > _GAPS[0]):
                continue
            gap = np.array([gap_x, gap_y, 0])
            spots.append((float(np.hypot(gap_x, gap_y)) + 0.12 * rank, (half + gap) * direction))
    return [spot for _, spot in sorted(spots, key=lambda pair: pair[0])]
