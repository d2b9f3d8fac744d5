"""Mobjects as drawings without pixels: their curves in an SVG or a PDF, with images embedded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from unittest.mock import patch

import cairo
import numpy as np
from manim import Mobject, VMobject
from manim.camera.camera import Camera
from manim.utils.color import color_to_rgba
from PIL import Image

from derivviz.errors import DerivvizError
from derivviz.rendering.encode import Frame

POINTS = 0.75  # of 1/72 inch to a pixel of 1/96 inch, in a PDF
SURFACES = {"svg": cairo.SVGSurface, "pdf": cairo.PDFSurface}


def draw(mobjects: Iterable[Mobject], camera: Camera, kind: str) -> bytes:
    """Draw mobjects as the camera sees them.

    Every curve that manim would fill or stroke is one in the drawing, with the same colours, gradients and
    widths; what manim paints in pixels (images, clouds of points) is embedded as it would be in a frame.

    Parameters
    ----------
    mobjects
        What to draw, in order; parts are found in them.
    camera
        Any of manim's Cairo cameras.
    kind
        ``"svg"`` or ``"pdf"``.

    Returns
    -------
    drawing
        The contents of the file.
    """
    scale = POINTS if kind == "pdf" else 1.0
    file = BytesIO()
    surface: Any = SURFACES[kind](file, camera.pixel_width * scale, camera.pixel_height * scale)
    if kind == "svg":
        surface.set_document_unit(cairo.SVGUnit.PX)
    else:
        surface.set_metadata(cairo.PDFMetadata.CREATE_DATE, "")  # the same moment gives the same bytes
    context = cairo.Context(surface)
    context.scale(scale, scale)
    if camera.background_image is not None:
        _lay(context, camera.background)
    elif camera.background_opacity > 0:
        context.set_source_rgba(*color_to_rgba(camera.background_color, camera.background_opacity))
        context.paint()
    with patch.object(camera, "set_cairo_context_color", _colour(camera)):
        for mobject in camera.get_mobjects_to_display(list(mobjects)):
            if isinstance(mobject, VMobject) and mobject.get_background_image() is None:
                context.save()
                _units(context, camera)
                camera.display_vectorized(mobject, context)
                context.restore()
            else:
                _embed(context, camera, mobject)
    surface.finish()
    return _renamed(file.getvalue()) if kind == "svg" else file.getvalue()


def _renamed(svg: bytes) -> bytes:
    """An SVG with its names counted from 0: Cairo counts on from one drawing to the next."""
    names: dict[bytes, bytes] = {}

    def rename(found: re.Match[bytes]) -> bytes:
        return found[1] + names.setdefault(found[2], b"n%d" % len(names))

    return re.sub(rb'( id="|url\(#|href="#)([^")]+)', rename, svg)


def _units(context: Any, camera: Camera) -> None:
    """Measure in manim's units from here on, as `Camera.get_cairo_context` does."""
    across, up = camera.pixel_width / camera.frame_width, camera.pixel_height / camera.frame_height
    x, y = camera.frame_center[:2]
    context.transform(
        cairo.Matrix(across, 0, 0, -up, camera.pixel_width / 2 - x * across, camera.pixel_height / 2 + y * up)
    )


def _colour(camera: Camera) -> Any:
    """Sets the colour of a path; manim itself swaps red and blue, for its pictures are kept the other way."""
    original = type(camera).set_cairo_context_color

    def set_colour(context: Any, rgbas: Any, vmobject: VMobject) -> Camera:
        swapped = np.asarray(rgbas)[:, [2, 1, 0, 3]]
        made: Camera = original(camera, context, swapped, vmobject)
        return made

    return set_colour


def _embed(context: Any, camera: Camera, mobject: Mobject) -> None:
    """Paint a mobject on a picture of its own, and lay that over the drawing."""
    empty = np.zeros((camera.pixel_height, camera.pixel_width, camera.n_channels), camera.pixel_array_dtype)
    try:
        kind = camera.type_or_raise(mobject)
    except TypeError as error:
        raise DerivvizError(f"a drawing cannot hold a {type(mobject).__name__}: render a png") from error
    # colours stay as they are, not times opacity, whatever is usual in this rendering
    with patch.object(camera, "overlay_PIL_image", lambda array, image: np.copyto(array, image)):
        camera.display_funcs[kind]([mobject], empty)
    _lay(context, empty)


def _lay(context: Any, picture: Frame) -> None:
    """Lay a picture over the drawing, without its empty margins."""
    box = Image.fromarray(picture).getbbox()
    if box is None:
        return
    left, top, right, bottom = box
    part = picture[top:bottom, left:right].astype(np.uint16)
    colours, opacity = part[..., :3], part[..., 3:]
    bgra = np.concatenate([(colours * opacity + 127) // 255, opacity], axis=2)[..., [2, 1, 0, 3]]
    pixels: Any = np.ascontiguousarray(bgra.astype(np.uint8))
    size = right - left, bottom - top
    surface = cairo.ImageSurface.create_for_data(pixels, cairo.FORMAT_ARGB32, *size)
    context.set_source_surface(surface, left, top)
    context.paint()
