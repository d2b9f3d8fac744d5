"""A convolution at work: what one value sees of the picture, and the sum over all places that makes a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import RIGHT, UL, UP, UR, Group, Rectangle, Square, UpdateFromAlphaFunc, VGroup
from numpy.typing import NDArray

from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments
from derivviz.animation.network import Stage, picture, signed
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Number
from derivviz.trace.convolution import Field

Array = NDArray[np.float64]
SIDE = 2.3
CONTEXT = 5  # how many times as large as the field the magnified piece of the picture is


class Magnified(Group):
    """A piece of the picture around what one value sees, magnified, with a frame around that.

    Parameters
    ----------
    image
        The picture, uint8 (y, x, 3).
    field
        What the value sees of it.
    stage
        Where the picture stands.
    at, side
        Middle and side of the magnified piece.
    rays
        Corners from which and to which rays go.

    Attributes
    ----------
    small, large : Rectangle
        The frames in the picture and in the magnified piece.
    piece : tuple
        First row and column of the magnified piece, and how many, in pixels of the recorded picture, whose
        height and width are `view_of`; each of them is `cell` × `cell` pixels of the network's input.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        field: Field,
        stage: Stage,
        at: Array,
        side: float = SIDE,
        rays: Sequence[tuple[Array, Array]] = ((UL, UL), (UR, UR)),
    ) -> None:
        # Pixels of the network's input, a side, in one that was recorded.
        self.cell = max(1, round(field.picture[0] / image.shape[0]))
        # What lies beyond the picture's edge is the rim of zeros around it.
        rows, columns = (
            np.clip(np.array(ends) / self.cell, 0, size)
            for ends, size in zip((field.rows, field.columns), image.shape[:2], strict=True)
        )
        span = max(2, min(round(CONTEXT * max(np.ptp(rows), np.ptp(columns))), *image.shape[:2]))
        top, left = (
            int(np.clip(round(float(ends.mean()) - span / 2), 0, size - span))
            for ends, size in zip((rows, columns), image.shape[:2], strict=True)
        )
        self.piece, self.view_of = (top, left, span), image.shape[:2]
        self.view = picture(image[top : top + span, left : left + span], side).move_to(at)
        rim = mark(
            Rectangle(width=side, height=side, stroke_color=color("axis"), stroke_width=1.5), backdrop=True
        )
        rim.move_to(at)
        corner, unit = at + np.array([-side / 2, side / 2, 0]), side / span
        self.large = _framed(corner, rows - top, columns - left, unit)
        whole = stage.forward
        origin, scale = (
            whole.get_corner(UP) - np.array([whole.width / 2, 0, 0]),
            whole.height / image.shape[0],
        )
        self.small = _framed(origin, np.array([top, top + span]), np.array([left, left + span]), scale)
        self.rays = mark(
            Segments(
                [[self.small.get_corner(start), rim.get_corner(end)] for start, end in rays],
                "parameter",
                1.5,
            ),
            backdrop=True,
        )
        self.rim = rim
        super().__init__(self.view, rim, self.rays, self.small, self.large)


def _framed(corner: Array, rows: Array, columns: Array, unit: float) -> Rectangle:
    """A frame around rows and columns of a picture with that corner at the top left."""
    width, height = float(np.ptp(columns)) * unit, float(np.ptp(rows)) * unit
    frame = Rectangle(width=width, height=height, stroke_color=color("parameter"), stroke_width=3.5)
    middle = corner + np.array([float(columns.mean()) * unit, -float(rows.mean()) * unit, 0])
    return mark(frame.move_to(middle), backdrop=True)


@dataclass
class Places:
    """What each place of a map adds, as a picture that a small window runs over while the sum is counted.

    Parameters
    ----------
    parts : (y, x)
        What each place (or cell of places) adds.
    at : (3,)
        The middle of the picture.
    sum_at : (3,)
        Where the sum is written.
    side
        The longer side of the picture.
    size
        Text size of the sum.
    """

    parts: Array
    at: Array
    sum_at: Array
    side: float = SIDE
    size: float = 38

    def __post_init__(self) -> None:
        height, width = self.parts.shape
        self.unit = self.side / max(height, width)
        top = float(np.percentile(np.abs(self.parts), 99.5)) or 1.0
        pixels = signed(self.parts, top)
        self.map = picture(pixels, height * self.unit, width * self.unit).move_to(self.at)
        self.rim = mark(
            Rectangle(
                width=width * self.unit,
                height=height * self.unit,
                stroke_color=color("axis"),
                stroke_width=1.5,
            ).move_to(self.at),
            backdrop=True,
        )
        side = max(self.unit, 0.12)
        self.window = mark(Square(side, stroke_color=color("parameter"), stroke_width=3.5), backdrop=True)
        self.sums = np.concatenate([[0.0], np.cumsum(self.parts.ravel())])
        largest = float(np.abs(self.sums).max())
        power = int(np.floor(np.log10(largest))) if largest > 0 else 0
        self.power = power if not -5 <= power <= 6 else 0  # of ten, which is written beside the number
        spec = f".{max(0, 3 - power)}f" if self.power == 0 else ".3f"
        self.sum = Number(0.0, spec, self.size, "tangent", width=16).at(self.sum_at)
        written = f"{{{{dot 10^({self.power}) : t}}}}".replace("-", "−") if self.power else ""
        self.tens = VGroup(*([Formula(written, self.size, t="tangent")] if written else []))
        self._move(0.0)

    def run(self) -> UpdateFromAlphaFunc:
        """The window's way over the map, row by row, with the sum so far."""
        return UpdateFromAlphaFunc(VGroup(self.window, self.sum), lambda _, alpha: self._move(alpha))

    def _move(self, alpha: float) -> None:
        width = self.parts.shape[1]
        count = round(alpha * self.parts.size)
        row, column = divmod(min(count, self.parts.size - 1), width)
        corner = self.rim.get_corner(UP) - np.array([self.rim.width / 2, 0, 0])
        self.window.move_to(corner + np.array([(column + 0.5) * self.unit, -(row + 0.5) * self.unit, 0]))
        self.sum.set_value(float(self.sums[count]) / 10.0**self.power)
        beside = np.array([1.05, 0.1, 0]) * (self.size / 38)
        self.tens.next_to(self.sum_at + beside, RIGHT, 0.1)

    @property
    def total(self) -> float:
        """The sum that stands on the picture now."""
        return float(self.sum.value * 10.0**self.power)
