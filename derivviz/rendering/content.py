"""What a chunk shows, as a digest: an address under which its encoded frames can be kept."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from manim import VMobject

from derivviz.rendering.encode import Frame
from derivviz.rendering.reel import Exposure
from derivviz.rendering.shapes import Shapes


class Content:
    """A digest of everything that the frames of a chunk are drawn from.

    Coordinates, colours, images and their order go into it as they are, bit by bit, and nothing of the code
    that made them: two chunks with one digest have the same pictures, whatever scene they belong to.
    """

    def __init__(self) -> None:
        self.state = sha256()  # which processors have instructions for
        self.background: Frame | None = None
        self.sure = True

    def see(self, exposure: Exposure, background: Frame) -> None:
        """This is drawn."""
        if exposure.still is not None:
            self.state.update(b"play")
            self._see(exposure.still, background)
        self._see(exposure.moving, background)

    def _see(self, shapes: Shapes, background: Frame) -> None:
        if background is not self.background:
            self.background = background
            self.state.update(_told(background))
        self.state.update(f"shapes {len(shapes.mobjects)} {len(shapes.points)}".encode())
        for array in (shapes.points, shapes.ends, shapes.styles):
            self.state.update(array.tobytes())
        for i, strange in shapes.strange.items():
            mobject, evidence = strange.mobject, strange.evidence
            # a picture laid over a shape is not among what is known of it
            self.sure &= not isinstance(mobject, VMobject) or mobject.get_background_image() is None
            kind = type(mobject)
            self.state.update(f"{i} {kind.__module__}.{kind.__qualname__} {len(evidence)}".encode())
            for part in evidence:
                self.state.update(b"%d " % len(part))
                self.state.update(part)

    def hold(self, frames: int) -> None:
        """What was drawn is a picture that is shown for so many frames."""
        self.state.update(b"hold %d" % frames)

    def doubt(self) -> None:
        """Something was drawn in a way that is not known."""
        self.sure = False

    @property
    def address(self) -> str | None:
        """The digest; None when not all that was seen is in it."""
        return self.state.hexdigest()[:40] if self.sure else None


def _told(background: Frame) -> bytes:
    """A background by its bytes, or where it has one colour throughout, as nearly all have, by that and its size."""
    pixels = np.ascontiguousarray(background).view(np.uint32)
    colour = pixels.flat[0]
    if (pixels == colour).all():
        return f"colour {colour} {background.shape}".encode()
    return b"background" + background.tobytes()
