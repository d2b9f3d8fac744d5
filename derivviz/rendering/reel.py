"""What the frames of a chunk show, kept until it is whole: whoever draws them need not play them again."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from manim import ImageMobject, Mobject
from manim.camera.camera import Camera

from derivviz.rendering.shapes import Shapes, Strange

ROOM = 1 << 26  # bytes of a chunk that are kept
MOBJECT = 1 << 13  # bytes that one takes, with its arrays


@dataclass(frozen=True)
class Exposure:
    """What a picture shows.

    Attributes
    ----------
    still
        What stands still in a play, with the first picture of it; None with the others.
    moving
        What moves, drawn upon what stands still.
    """

    still: Shapes | None
    moving: Shapes


class Reel:
    """Pictures that a camera will draw, upon the background that it has now."""

    def __init__(self, camera: Camera) -> None:
        self.camera, self.background = camera, camera.background
        self.exposures: list[tuple[Exposure, int]] = []
        self.size = 0
        self.mobjects: dict[int, Mobject] = {}  # of all exposures, by identity
        self.images: dict[int, Strange] = {}  # as they were last kept, by identity

    def __iter__(self) -> Iterator[tuple[Exposure, int]]:
        return iter(self.exposures)

    def keep(self, exposure: Exposure, frames: int) -> bool:
        """Keep what is shown for so many frames; False where that cannot be, or would take too much memory."""
        every = [part for part in (exposure.still, exposure.moving) if part is not None]
        if not all(type(one.mobject) is ImageMobject for part in every for one in part.strange.values()):
            return False  # it may look different when it is drawn
        for part in every:
            for i, image in part.strange.items():
                part.strange[i] = self._fixed(image)
            new = {id(mobject): mobject for mobject in part.mobjects if id(mobject) not in self.mobjects}
            self.mobjects |= new
            self.size += 24 * len(part.points) + part.styles.nbytes
            self.size += sum(MOBJECT + mobject.points.nbytes for mobject in new.values())
        if self.size > ROOM:
            return False
        self.exposures.append((exposure, frames))
        return True

    def _fixed(self, image: Strange) -> Strange:
        """An image as it is now: a copy, which is the one of before if it looks as it did."""
        which, mobject = id(image.mobject), image.mobject
        if self.images.get(which) != image:
            fixed = copy(mobject)
            fixed.points, fixed.pixel_array = mobject.points.copy(), mobject.pixel_array.copy()
            self.images[which] = Strange(image.evidence, fixed)
            self.size += 2 * sum(map(len, image.evidence))
        return self.images[which]
