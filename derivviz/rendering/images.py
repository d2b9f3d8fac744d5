"""Images as manim lays them into a frame, without a whole frame around each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from manim.camera.camera import Camera
from manim.mobject.types.image_mobject import AbstractImageMobject
from PIL import Image

Laid = list[tuple[Image.Image, int, int]]  # an image, its left edge and its top; none where nothing is drawn


def laid(camera: Camera, mobject: AbstractImageMobject) -> Laid:
    """An image turned and scaled to where it is in the frame, by `Camera.display_image_mobject`.

    manim lays it into a transparent picture as large as the frame. That function is given a camera of just the
    image's own size instead; pixels count from its corner, which moves them by whole numbers.
    """
    corners = camera.points_to_subpixel_coords(mobject, mobject.points)
    frame = np.array([camera.pixel_width, camera.pixel_height])
    low, size = np.zeros(2, np.int64), frame
    if (corners >= 0).all():  # manim cuts digits off, which is another way for numbers below zero
        low = corners.astype(np.int64).min(axis=0)
        size = np.maximum(corners.astype(np.int64).max(axis=0) - low, 1)
    sheets: list[Image.Image] = []
    small: Any = SimpleNamespace(
        pixel_width=int(size[0]),
        pixel_height=int(size[1]),
        points_to_subpixel_coords=lambda mobject, points: corners - low,
        overlay_PIL_image=lambda picture, sheet: sheets.append(sheet),
    )
    Camera.display_image_mobject(small, mobject, None)
    found: Laid = []
    for sheet in sheets:
        box = sheet.getbbox()  # of what is not wholly transparent
        if box is not None:
            left, top = low[0] + box[0], low[1] + box[1]
            right, bottom = np.minimum(low + box[2:], frame)
            if left < right and top < bottom:
                part = (box[0], box[1], int(right - low[0]), int(bottom - low[1]))
                found.append((sheet.crop(part), int(left), int(top)))
    return found
