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
from manim.camera.camera import CAP_STYLE_MAP, LINE_JOIN_MAP, Camera
from manim.mobject.types.image_mobject import AbstractImageMobject
from numpy.typing import NDArray

from derivviz.rendering.encode import Frame
from derivviz.rendering.images import Laid, laid
from derivviz.rendering.paths import Paths
from derivviz.rendering.shapes import (
    BACK,
    BACK_WIDTH,
    CAP,
    FILL,
    JOINT,
    STROKE,
    WIDTH,
    Shapes,
    Strange,
    gather,
)
from derivviz.rendering.tiles import TILE, Shown, Tiles, changed, reach_into, rectangles, shown

Array = NDArray[np.float64]
Changed = list[tuple[int, int, int, int]] | None
IMAGES = 64  # kept as they were last drawn
MOST = 0.7  # of the tiles: beyond, the frame is drawn as a whole
_JOINS = {kind.value: join for kind, join in LINE_JOIN_MAP.items()}
_CAPS = {kind.value: cap for kind, cap in CAP_STYLE_MAP.items()}


class Canvas:
    """Draws frames one after the other into a camera's picture.

    manim draws what moves in a play upon a picture of what does not. So do we, and keep that picture for the
    next play, of which as a rule little else stands still.

    Parameters
    ----------
    camera
        One of manim's plain cameras, whose frame stands still.
    """

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.tiles = (-(-camera.pixel_height // TILE), -(-camera.pixel_width // TILE))
        self.scratch = np.empty_like(camera.pixel_array)
        self.images: dict[int, tuple[list[bytes], Laid]] = {}  # as they were last drawn, by mobject
        self._forget()

    def _forget(self) -> None:
        """Know nothing of what is drawn."""
        self.background = self.camera.background
        self.below: Frame = np.empty_like(self.background)  # the picture of what stands still
        self.laid: Shown | None = None  # what is in it
        self.still = shown(gather([]), self.camera)  # what of it is in the picture
        self.before: Shown | None = None  # all of the frame before, when another play begins
        self.moving: Shown | None = None

    def lay(self, shapes: Shapes) -> None:
        """Begin a play: draw what stands still in it, which the next frames are drawn upon."""
        if self.camera.background is not self.background:
            self._forget()
        if self.before is None and self.moving is not None:
            self.before = self.still + self.moving
        self.still = shown(shapes, self.camera)
        if shapes.mobjects:
            tiles = None if self.laid is None else changed(self.laid, self.still, self.tiles)
            self._redraw(self.still, tiles, self.background, self.below)
            self.laid = self.still

    def draw(self, shapes: Shapes) -> Changed:
        """Draw what moves into the camera's picture, upon what stands still.

        Returns
        -------
        changed
            Rectangles (left, top, right, bottom) outside of which the picture is as it was; None when all of it
            may have changed.
        """
        moving, tiles = shown(shapes, self.camera), None
        if self.before is not None:
            tiles = changed(self.before, self.still + moving, self.tiles)
        elif self.moving is not None:
            tiles = changed(self.moving, moving, self.tiles)
        self.before, self.moving = None, moving
        base = self.below if self.still.shapes.mobjects else self.background
        return self._redraw(moving, tiles, base, self.camera.pixel_array)

    def _redraw(self, what: Shown, tiles: Tiles | None, base: Frame, picture: Frame) -> Changed:
        """Draw shapes upon a base where it is said that they changed; None stands for everywhere."""
        if tiles is None or tiles.mean() > MOST:
            np.copyto(picture, base)
            self._paint(what.shapes, list(range(len(what.shapes.mobjects))), picture)
            return None
        whole = rectangles(tiles)
        for left, top, right, bottom in whole:  # what reaches into any tile of one is drawn there
            tiles[top:bottom, left:right] = True
        parts = [self._pixels(part) for part in whole]
        for part in parts:
            self.scratch[part] = base[part]
        self._paint(what.shapes, np.flatnonzero(reach_into(tiles, what.boxes)).tolist(), self.scratch)
        for part in parts:
            picture[part] = self.scratch[part]
        return [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in parts]

    def _pixels(self, part: tuple[int, int, int, int]) -> tuple[slice, slice]:
        left, top, right, bottom = (TILE * edge for edge in part)
        return slice(top, min(bottom, self.camera.pixel_height)), slice(
            left, min(right, self.camera.pixel_width)
        )

    # ---- drawing ----------------------------------------------------------------------------------------

    def _paint(self, shapes: Shapes, which: Sequence[int], picture: Frame) -> None:
        """Draw shapes in order, with the calls that `Camera.display_vectorized` makes."""
        camera = self.camera
        context = camera.get_cairo_context(picture)
        thickness = camera.cairo_line_width_multiple
        paths = Paths(shapes, which)
        styles = shapes.styles[which].tolist()
        for k, i in enumerate(which):
            if i in shapes.strange:
                self._paint_strange(id(shapes.mobjects[i]), shapes.strange[i], picture)
                continue
            style = styles[k]
            stroked = style[WIDTH] > 0 and style[7] > 0
            behind = style[BACK_WIDTH] > 0 and style[11] > 0
            if not (stroked or behind or style[3] > 0):
                continue
            paths.trace(k, context)
            if behind:
                _stroke(context, style, style[BACK], style[BACK_WIDTH] * thickness)
            if style[3] > 0:
                red, green, blue, opacity = style[FILL]
                context.set_source_rgba(blue, green, red, opacity)  # manim keeps its pictures as RGBA
                context.fill_preserve()
            if stroked:
                _stroke(context, style, style[STROKE], style[WIDTH] * thickness)

    def _paint_strange(self, which: int, strange: Strange, picture: Frame) -> None:
        """Have manim draw a shape; an image only if it is not as it was when it was last drawn."""
        camera, mobject, evidence = self.camera, strange.mobject, strange.evidence
        if not isinstance(mobject, AbstractImageMobject):
            kind = camera.type_or_raise(mobject)  # which makes `display_funcs`
            camera.display_funcs[kind]([mobject], picture)
            return
        if self.images.get(which, ([],))[0] != evidence:
            if len(self.images) >= IMAGES:
                self.images.clear()
            self.images[which] = evidence, laid(camera, mobject)
        for image, left, top in self.images[which][1]:
            camera.overlay_PIL_image(picture[top : top + image.height, left : left + image.width], image)


def _stroke(context: Any, style: list[float], colour: list[float], width: float) -> None:
    red, green, blue, opacity = colour
    context.set_source_rgba(blue, green, red, opacity)
    context.set_line_width(width)
    context.set_line_join(_JOINS[style[JOINT]])
    context.set_line_cap(_CAPS[style[CAP]])
    context.stroke_preserve()
