"""Frames as manim's Cairo camera draws them, to the last bit, with less work.

All paths of a frame are cut into pieces at once. Of a frame that follows another only that part is drawn anew
that what changed can reach, and of all other shapes only those that reach into it. No shape is ever clipped:
Cairo rounds edges at the border of a clip. Instead everything that reaches into the part is drawn as a whole
on a second picture, in order, and the part alone is copied from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import Mobject
from manim.camera.camera import CAP_STYLE_MAP, LINE_JOIN_MAP, Camera
from manim.mobject.types.image_mobject import AbstractImageMobject
from numpy.typing import NDArray
from scipy import ndimage

from derivviz.rendering.encode import Frame
from derivviz.rendering.images import Laid, laid
from derivviz.rendering.shapes import BACK, BACK_WIDTH, CAP, FILL, JOINT, STROKE, WIDTH, Shapes

Array = NDArray[np.float64]
Changed = list[tuple[int, int, int, int]] | None
TILE = 32  # pixels: what changed is known by squares of this size
IMAGES = 64  # kept as they were last drawn
MOST = 0.7  # of the tiles: beyond, the frame is drawn as a whole
_JOINS = {kind.value: join for kind, join in LINE_JOIN_MAP.items()}
_CAPS = {kind.value: cap for kind, cap in CAP_STYLE_MAP.items()}


class Canvas:
    """Draws frames one after the other into a camera's picture.

    Parameters
    ----------
    camera
        One of manim's plain cameras, whose frame stands still.
    """

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.height, self.width = camera.pixel_height, camera.pixel_width
        self.tiles = (-(-self.height // TILE), -(-self.width // TILE))
        self.scratch = np.empty_like(camera.pixel_array)
        self.shown: Shapes | None = None
        self.base: Frame | None = None
        self.boxes = np.zeros((0, 4), np.int64)
        self.images: dict[int, tuple[list[bytes], Laid]] = {}  # as they were last drawn, by mobject

    def draw(self, shapes: Shapes, still: Frame | None) -> Changed:
        """Draw a frame into the camera's picture.

        Parameters
        ----------
        shapes
            What to draw.
        still
            The picture to draw upon; None for the background.

        Returns
        -------
        changed
            Rectangles (left, top, right, bottom) outside of which the picture is as it was; None when all of it
            may have changed.
        """
        camera, base = self.camera, self.camera.background if still is None else still
        boxes = self._boxes(shapes)
        tiles = self._changed_tiles(shapes, boxes) if base is self.base else None
        self.shown, self.boxes, self.base = shapes, boxes, base
        if tiles is None or tiles.mean() > MOST:
            np.copyto(camera.pixel_array, base)
            self._paint(shapes, range(len(shapes.mobjects)), camera.pixel_array)
            return None
        if not tiles.any():
            return []
        whole = rectangles(tiles)
        for left, top, right, bottom in whole:  # what reaches into any tile of one is drawn there
            tiles[top:bottom, left:right] = True
        touched = _reach_into(tiles, boxes)
        parts = [self._pixels(part) for part in whole]
        for part in parts:
            self.scratch[part] = base[part]
        self._paint(shapes, np.flatnonzero(touched).tolist(), self.scratch)
        for part in parts:
            camera.pixel_array[part] = self.scratch[part]
        return [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in parts]

    # ---- what changed -----------------------------------------------------------------------------------

    def _changed_tiles(self, new: Shapes, boxes: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Tiles that may look different from the frame before; None when the order changed."""
        old = self.shown
        if old is None or not old.mobjects:
            return None
        pairs = _pair(old.mobjects, new.mobjects)
        if pairs is None:
            return None
        was, now = pairs
        same = np.flatnonzero((was >= 0) & ~_differs(old, was, new))
        gone = np.ones(len(old.mobjects), bool)
        gone[was[same]] = False
        come = np.ones(len(new.mobjects), bool)
        come[now[same]] = False
        tiles = np.zeros(self.tiles, bool)
        for x0, y0, x1, y1 in np.concatenate([self.boxes[gone], boxes[come]]).tolist():
            tiles[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = True
        return tiles

    def _boxes(self, shapes: Shapes) -> NDArray[np.int64]:
        """Tiles that each shape can reach, as (left, top, right, bottom), shape (shapes, 4)."""
        if not shapes.mobjects:
            return np.zeros((0, 4), np.int64)
        camera, styles = self.camera, shapes.styles
        lengths = np.diff(shapes.ends, prepend=0)
        filled = np.flatnonzero(lengths)
        low, high = np.zeros((2, len(lengths), 2))
        low[filled] = np.minimum.reduceat(shapes.points, shapes.starts[filled])
        high[filled] = np.maximum.reduceat(shapes.points, shapes.starts[filled])
        width = np.maximum(styles[:, WIDTH], styles[:, BACK_WIDTH]) * camera.cairo_line_width_multiple
        pointed = (styles[:, JOINT] == 0) | (styles[:, JOINT] == 3)  # mitres reach up to ten half widths
        room = np.where(pointed, 5.0, 1.0) * np.maximum(width, 0)
        across, up = self.width / camera.frame_width, self.height / camera.frame_height
        x, y = camera.frame_center[:2]
        edges = np.stack(
            [
                (low[:, 0] - room - x) * across + self.width / 2 - 2,
                (y - high[:, 1] - room) * up + self.height / 2 - 2,
                (high[:, 0] + room - x) * across + self.width / 2 + 2,
                (y - low[:, 1] + room) * up + self.height / 2 + 2,
            ],
            axis=1,
        )
        limits = np.array([self.width, self.height, self.width, self.height]) + TILE
        boxes = np.floor(np.clip(edges, -TILE, limits) / TILE).astype(np.int64)
        boxes[lengths == 0] = (0, 0, -1, -1)
        for i in shapes.strange:
            boxes[i] = self._box_of_strange(shapes.mobjects[i])
        return boxes

    def _box_of_strange(self, mobject: Mobject) -> tuple[int, int, int, int]:
        """An image stays within its corners; of anything else that manim draws, nothing is known."""
        if not isinstance(mobject, AbstractImageMobject) or not np.isfinite(mobject.points).all():
            return 0, 0, self.tiles[1], self.tiles[0]
        corners = self.camera.points_to_subpixel_coords(mobject, mobject.points)
        limits = [self.width + TILE, self.height + TILE]
        low = np.floor(np.clip(corners.min(axis=0) - 2, -TILE, limits) / TILE)
        high = np.floor(np.clip(corners.max(axis=0) + 2, -TILE, limits) / TILE)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _pixels(self, part: tuple[int, int, int, int]) -> tuple[slice, slice]:
        left, top, right, bottom = (TILE * edge for edge in part)
        return slice(top, min(bottom, self.height)), slice(left, min(right, self.width))

    # ---- drawing ----------------------------------------------------------------------------------------

    def _paint(self, shapes: Shapes, which: Sequence[int], picture: Frame) -> None:
        """Draw shapes in order, with the calls that `Camera.display_vectorized` makes."""
        camera = self.camera
        context = camera.get_cairo_context(picture)
        thickness = camera.cairo_line_width_multiple
        paths = Paths(shapes, which)
        styles = shapes.styles.tolist()
        for i in which:
            if i in shapes.strange:
                self._paint_strange(shapes.mobjects[i], shapes.strange[i], picture)
                continue
            style = styles[i]
            stroked = style[WIDTH] > 0 and style[7] > 0
            behind = style[BACK_WIDTH] > 0 and style[11] > 0
            if not (stroked or behind or style[3] > 0):
                continue
            paths.trace(i, context)
            if behind:
                _stroke(context, style, style[BACK], style[BACK_WIDTH] * thickness)
            if style[3] > 0:
                red, green, blue, opacity = style[FILL]
                context.set_source_rgba(blue, green, red, opacity)  # manim keeps its pictures as RGBA
                context.fill_preserve()
            if stroked:
                _stroke(context, style, style[STROKE], style[WIDTH] * thickness)

    def _paint_strange(self, mobject: Mobject, evidence: list[bytes], picture: Frame) -> None:
        """Have manim draw a shape; an image only if it is not as it was when it was last drawn."""
        camera = self.camera
        if not isinstance(mobject, AbstractImageMobject):
            kind = camera.type_or_raise(mobject)  # which makes `display_funcs`
            camera.display_funcs[kind]([mobject], picture)
            return
        if self.images.get(id(mobject), ([],))[0] != evidence:
            if len(self.images) >= IMAGES:
                self.images.clear()
            self.images[id(mobject)] = evidence, laid(camera, mobject)
        for image, left, top in self.images[id(mobject)][1]:
            camera.overlay_PIL_image(picture[top : top + image.height, left : left + image.width], image)


def _stroke(context: Any, style: list[float], colour: list[float], width: float) -> None:
    red, green, blue, opacity = colour
    context.set_source_rgba(blue, green, red, opacity)
    context.set_line_width(width)
    context.set_line_join(_JOINS[style[JOINT]])
    context.set_line_cap(_CAPS[style[CAP]])
    context.stroke_preserve()


class Paths:
    """The curves of shapes, cut where one does not begin at the end of the one before."""

    def __init__(self, shapes: Shapes, which: Sequence[int]) -> None:
        curves = shapes.points.reshape(-1, 8)
        firsts, lasts = curves[:, :2], curves[:, 6:]
        near = _near(lasts[:-1], firsts[1:])
        cut = np.ones(len(curves) + 1, bool)
        cut[1:-1] = ~near
        cut[shapes.ends // 4] = True
        edges = np.flatnonzero(cut)
        self.edges = edges.tolist()
        self.closed = _near(firsts[edges[:-1]], lasts[edges[1:] - 1]).tolist() if len(curves) else []
        self.runs = np.searchsorted(edges, np.concatenate([[0], shapes.ends // 4])).tolist()
        self.curves = curves

    def trace(self, i: int, context: Any) -> None:
        """Make the path of a shape the current one."""
        context.new_path()
        curve_to = context.curve_to
        for run in range(self.runs[i], self.runs[i + 1]):
            rows = self.curves[self.edges[run] : self.edges[run + 1]].tolist()
            context.move_to(rows[0][0], rows[0][1])
            for _, _, *rest in rows:
                curve_to(*rest)
            if self.closed[run]:
                context.close_path()


def _near(a: Array, b: Array) -> NDArray[np.bool_]:
    """Points that manim takes for one: `VMobject.consider_points_equals_2d`."""
    return np.asarray((np.abs(a - b) <= 1e-6 + 1e-5 * np.abs(b)).all(axis=1))


def _pair(old: list[Mobject], new: list[Mobject]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Number among the old shapes of every new one, -1 where there is none; None when the order changed."""
    places = {id(mobject): i for i, mobject in enumerate(old)}
    was = np.array([places.get(id(mobject), -1) for mobject in new], np.int64)
    kept = was[was >= 0]
    if (np.diff(kept) <= 0).any():
        return None
    return was, np.arange(len(new))


def _differs(old: Shapes, was: NDArray[np.int64], new: Shapes) -> NDArray[np.bool_]:
    """Which new shapes look different from what they were; those that were not there do not count."""
    lengths, before = np.diff(new.ends, prepend=0), np.diff(old.ends, prepend=0)
    differs = (new.styles != old.styles[was]).any(axis=1) | (lengths != before[was])
    if len(was) == len(before) and (was >= 0).all() and np.array_equal(lengths, before):
        moved = (new.points != old.points).any(axis=1)
        filled = np.flatnonzero(lengths)
        if len(filled):
            differs[filled] |= np.logical_or.reduceat(moved, new.starts[filled])
    else:
        old_starts, new_starts = old.starts, new.starts
        for i in np.flatnonzero(~differs & (was >= 0)).tolist():
            j = int(was[i])
            one = old.points[old_starts[j] : old.ends[j]]
            differs[i] = not np.array_equal(one, new.points[new_starts[i] : new.ends[i]])
    for i, evidence in new.strange.items():
        differs[i] |= evidence != old.strange.get(int(was[i]))
    return differs


def _reach_into(tiles: NDArray[np.bool_], boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which boxes hold one of the tiles, by sums over the tiles left of and above each corner."""
    sums = np.zeros((tiles.shape[0] + 1, tiles.shape[1] + 1), np.int64)
    sums[1:, 1:] = tiles.cumsum(axis=0).cumsum(axis=1)
    left, right = (np.clip(boxes[:, i] + (i > 1), 0, tiles.shape[1]) for i in (0, 2))
    top, bottom = (np.clip(boxes[:, i] + (i > 1), 0, tiles.shape[0]) for i in (1, 3))
    return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0)


def rectangles(tiles: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) around tiles that hang together; the last two are not included."""
    parts, _ = ndimage.label(tiles, np.ones((3, 3)))
    return [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(parts)]
