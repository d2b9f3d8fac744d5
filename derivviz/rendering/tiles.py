"""What of a picture changes from one frame to the next, by squares of pixels."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from manim import Mobject
from manim.camera.camera import Camera
from manim.mobject.types.image_mobject import AbstractImageMobject
from numpy.typing import NDArray
from scipy import ndimage

from derivviz.rendering.shapes import BACK_WIDTH, JOINT, WIDTH, Shapes

Tiles = NDArray[np.bool_]
Integers = NDArray[np.int64]
TILE = 32  # pixels: the side of a square


@dataclass
class Shown:
    """Shapes, and the tiles that each can reach: (left, top, right, bottom), shape (shapes, 4)."""

    shapes: Shapes
    boxes: Integers

    def __add__(self, over: Shown) -> Shown:
        """These, and others over them."""
        return Shown(self.shapes + over.shapes, np.concatenate([self.boxes, over.boxes]))


def shown(shapes: Shapes, camera: Camera) -> Shown:
    """Shapes, and how far each can reach in a camera's picture."""
    if not shapes.mobjects:
        return Shown(shapes, np.zeros((0, 4), np.int64))
    styles, size = shapes.styles, (camera.pixel_width, camera.pixel_height)
    lengths = np.diff(shapes.ends, prepend=0)
    filled = np.flatnonzero(lengths)
    low, high = np.zeros((2, len(lengths), 2))
    low[filled] = np.minimum.reduceat(shapes.points, shapes.starts[filled])
    high[filled] = np.maximum.reduceat(shapes.points, shapes.starts[filled])
    width = np.maximum(styles[:, WIDTH], styles[:, BACK_WIDTH]) * camera.cairo_line_width_multiple
    pointed = (styles[:, JOINT] == 0) | (styles[:, JOINT] == 3)  # mitres reach up to ten half widths
    room = np.where(pointed, 5.0, 1.0) * np.maximum(width, 0)
    across, up = size[0] / camera.frame_width, size[1] / camera.frame_height
    x, y = camera.frame_center[:2]
    edges = np.stack(
        [
            (low[:, 0] - room - x) * across + size[0] / 2 - 2,
            (y - high[:, 1] - room) * up + size[1] / 2 - 2,
            (high[:, 0] + room - x) * across + size[0] / 2 + 2,
            (y - low[:, 1] + room) * up + size[1] / 2 + 2,
        ],
        axis=1,
    )
    boxes = np.floor(np.clip(edges, -TILE, np.array([*size, *size]) + TILE) / TILE).astype(np.int64)
    boxes[lengths == 0] = (0, 0, -1, -1)
    for i, strange in shapes.strange.items():
        boxes[i] = _box_of_strange(strange.mobject, camera)
    return Shown(shapes, boxes)


def _box_of_strange(mobject: Mobject, camera: Camera) -> tuple[int, int, int, int]:
    """An image stays within its corners; of anything else that manim draws, nothing is known."""
    size = np.array([camera.pixel_width, camera.pixel_height])
    if not isinstance(mobject, AbstractImageMobject) or not np.isfinite(mobject.points).all():
        return 0, 0, int(size[0]) // TILE, int(size[1]) // TILE
    corners = camera.points_to_subpixel_coords(mobject, mobject.points)
    low = np.floor(np.clip(corners.min(axis=0) - 2, -TILE, size + TILE) / TILE)
    high = np.floor(np.clip(corners.max(axis=0) + 2, -TILE, size + TILE) / TILE)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def changed(old: Shown, new: Shown, tiles: tuple[int, int]) -> Tiles:
    """Tiles (rows, columns) that may look different: where a shape came, went, or is not as it was.

    Of shapes that are drawn in another order than before, as few as possible count as gone and come.
    """
    was = _in_order(_places(old.shapes.mobjects, new.shapes.mobjects))
    same = np.flatnonzero(was >= 0)
    same = same[~_differs(old.shapes, was[same], new.shapes, same)]
    gone, come = np.ones(len(old.boxes), bool), np.ones(len(new.boxes), bool)
    gone[was[same]] = come[same] = False
    found = np.zeros(tiles, bool)
    for x0, y0, x1, y1 in np.concatenate([old.boxes[gone], new.boxes[come]]).tolist():
        found[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = True
    return found


def _places(old: list[Mobject], new: list[Mobject]) -> Integers:
    """Number among the old shapes of every new one, -1 where there is none."""
    places = {id(mobject): i for i, mobject in enumerate(old)}
    return np.array([places.get(id(mobject), -1) for mobject in new], np.int64)


def _in_order(was: Integers) -> Integers:
    """Numbers that rise, as many of them as can be (the longest increasing subsequence); -1 for the others."""
    kept = np.flatnonzero(was >= 0)
    if (np.diff(was[kept]) > 0).all():
        return was
    lowest: list[int] = []  # by length of a rising row: the lowest number that one ends with, and where it is
    ends: list[int] = []
    before = np.full(len(was), -1)
    for i in kept.tolist():
        length = bisect_left(lowest, was[i])
        before[i] = ends[length - 1] if length else -1
        lowest[length : length + 1], ends[length : length + 1] = [was[i]], [i]
    rising = np.full(len(was), -1)
    i = ends[-1]
    while i >= 0:
        rising[i] = was[i]
        i = int(before[i])
    return rising


def _differs(old: Shapes, was: Integers, new: Shapes, now: Integers) -> Tiles:
    """Whether shapes look different from what they were, by their numbers then and now."""
    lengths, before = np.diff(new.ends, prepend=0), np.diff(old.ends, prepend=0)
    if 0 < len(now) == len(lengths) and np.array_equal(now, was) and np.array_equal(lengths, before):
        moved = (new.points != old.points).any(axis=1)
        differs = (new.styles != old.styles).any(axis=1) | np.logical_or.reduceat(moved, new.starts)
    else:
        lengths = lengths[now]
        differs = (new.styles[now] != old.styles[was]).any(axis=1) | (lengths != before[was])
        lengths[differs] = 0  # their points need not be looked at
        filled = np.flatnonzero(lengths)
        starts = np.cumsum(lengths) - lengths
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        there = old.points[np.repeat(old.starts[was], lengths) + within]
        moved = (new.points[np.repeat(new.starts[now], lengths) + within] != there).any(axis=1)
        if len(filled):
            differs[filled] |= np.logical_or.reduceat(moved, starts[filled])
    for k in np.flatnonzero(np.isin(now, list(new.strange))).tolist():
        differs[k] |= new.strange[int(now[k])] != old.strange.get(int(was[k]))
    return differs


def reach_into(tiles: Tiles, boxes: Integers) -> Tiles:
    """Which boxes hold one of the tiles, by sums over the tiles left of and above each corner."""
    sums = np.zeros((tiles.shape[0] + 1, tiles.shape[1] + 1), np.int64)
    sums[1:, 1:] = tiles.cumsum(axis=0).cumsum(axis=1)
    left, right = (np.clip(boxes[:, i] + (i > 1), 0, tiles.shape[1]) for i in (0, 2))
    top, bottom = (np.clip(boxes[:, i] + (i > 1), 0, tiles.shape[0]) for i in (1, 3))
    return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0)


def rectangles(tiles: Tiles) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) around tiles that hang together; the last two are not included."""
    parts, _ = ndimage.label(tiles, np.ones((3, 3)))
    return [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(parts)]
