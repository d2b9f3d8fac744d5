"""What the frames of a chunk show, kept until it is whole: whoever draws them need not play them again."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace

from manim import ImageMobject, Mobject

from derivviz.rendering.encode import Frame
from derivviz.rendering.shapes import Shapes

ROOM = 1 << 27  # bytes of a chunk that are kept
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
    """Pictures that are yet to be drawn, upon a background, shape (height, width, 4)."""

    def __init__(self, background: Frame) -> None:
        self.background = background
        self.exposures: list[tuple[Exposure, int]] = []
        self.size = 0
        self.mobjects: dict[int, Mobject] = {}  # of all exposures, by identity
        self.images: dict[int, tuple[list[bytes], ImageMobject]] = {}  # as they are kept

    def __iter__(self) -> Iterator[tuple[Exposure, int]]:
        return iter(self.exposures)

    def keep(self, exposure: Exposure, frames: int) -> bool:
        """Keep what is shown for so many frames; False where that cannot be, or would take too much memory."""
        every = [part for part in (exposure.still, exposure.moving) if part is not None]
        if not all(type(part.mobjects[i]) is ImageMobject for part in every for i in part.strange):
            return False  # it may look different when it is drawn
        for part in every:
            self.size += 24 * len(part.points) + part.styles.nbytes
            self.size += MOBJECT * len({*map(id, part.mobjects)} - self.mobjects.keys())
            self.mobjects.update((id(mobject), mobject) for mobject in part.mobjects)
        if self.size > ROOM:
            return False
        still = exposure.still and self._fixed(exposure.still)
        self.exposures.append((Exposure(still, self._fixed(exposure.moving)), frames))
        return True

    def _fixed(self, shapes: Shapes) -> Shapes:
        """Shapes with copies of images in the place of these; one that looks as before has the copy of before."""
        if not shapes.strange:
            return shapes
        mobjects = list(shapes.mobjects)
        for i, evidence in shapes.strange.items():
            before, fixed = self.images.get(id(mobjects[i]), (None, None))
            if before != evidence:
                fixed = copy(mobjects[i])
                fixed.points, fixed.pixel_array = fixed.points.copy(), fixed.pixel_array.copy()
                self.size += sum(map(len, evidence))
                self.images[id(mobjects[i])] = evidence, fixed
            mobjects[i] = fixed
        return replace(shapes, mobjects=mobjects)
