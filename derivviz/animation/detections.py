"""Pictures with boxes around what is in them, and how often each kind is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, Group, Rectangle, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments
from derivviz.animation.network import picture
from derivviz.animation.stage import color
from derivviz.animation.typeset import Words

Array = NDArray[np.float64]


class View(Group):
    """A picture in its frame, on which boxes can be drawn in its own pixels.

    Parameters
    ----------
    pixels
        uint8, shape (y, x, 3).
    """

    def __init__(self, pixels: NDArray[np.uint8], height: float, middle: ArrayLike) -> None:
        self.shown = picture(pixels, height).move_to(np.asarray(middle, float))
        self.sides = pixels.shape[1], pixels.shape[0]
        rim = Rectangle(width=self.shown.width, height=height, stroke_color=color("axis"), stroke_width=1.5)
        self.rim = mark(rim.move_to(self.shown), backdrop=True)
        super().__init__(self.shown, self.rim)

    def point(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for pixels of the picture."""
        corner = self.shown.get_corner(DOWN) - np.array([self.shown.width / 2, 0, 0])
        u, v = np.asarray(x, float) / self.sides[0], 1 - np.asarray(y, float) / self.sides[1]
        return np.asarray(
            np.stack([corner[0] + u * self.shown.width, corner[1] + v * self.shown.height, 0 * u], axis=-1)
        )

    def outline(self, boxes: Array, role: str, width: float = 3) -> VGroup:
        """Boxes (left, top, right, bottom), with a rim of the background's colour, to be seen on any picture."""
        left, top, right, bottom = np.asarray(boxes, float).reshape(-1, 4).T
        corners = np.stack(
            [self.point(x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))],
            axis=1,
        )
        ends = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 2, 3)
        drawn = VGroup(Segments(ends, "background", width + 2.5), Segments(ends, role, width))
        return VGroup(*(mark(lines, backdrop=True) for lines in drawn))

    def grid(self, rows: int, columns: int, role: str = "ink") -> VMobject:
        """A dot at the middle of each of the places that a detector asks at."""
        x, y = np.meshgrid(
            (np.arange(columns) + 0.5) / columns * self.sides[0],
            (np.arange(rows) + 0.5) / rows * self.sides[1],
        )
        middle, half = self.point(x.ravel(), y.ravel()), np.array([0.013, 0, 0])
        return mark(Segments(np.stack([middle - half, middle + half], axis=1), role, 2.5), backdrop=True)


def pixels_of(view: View, outline: VGroup) -> Array:
    """The boxes that an outline draws, read back in pixels of the picture, shape (box, 4)."""
    points = outline[1].points.reshape(-1, 16, 3)
    low, high = points.min(1), points.max(1)
    corner = view.point(0, 0)
    scale = view.sides[0] / view.shown.width
    left, right = (low[:, 0] - corner[0]) * scale, (high[:, 0] - corner[0]) * scale
    return np.stack([left, (corner[1] - high[:, 1]) * scale, right, (corner[1] - low[:, 1]) * scale], axis=1)


class Rows(VGroup):
    """Names with a bar and a number each, one below the other.

    Parameters
    ----------
    left, top
        Where the names begin.
    reach
        How far to the right the longest bar and its number go.
    roles
        Colour roles of the bars.
    step
        From one row down to the next; bars grow with it.
    size
        Text size of the numbers.
    """

    def __init__(
        self,
        names: Sequence[Words],
        values: Sequence[int],
        roles: Sequence[str],
        *,
        left: float,
        top: float,
        reach: float,
        step: float = 0.66,
        size: float | str = "label",
    ) -> None:
        super().__init__()
        numbers = [Words(f"{value:,}", size) for value in values]
        grown = step / 0.66
        begin = left + max(name.width for name in names) + 0.3
        room = reach - begin - max(number.width for number in numbers) - 0.2
        self.bars: list[Block] = []
        for n, (name, number, value, role) in enumerate(zip(names, numbers, values, roles, strict=True)):
            y, length = top - step * n, max(0.02, room * value / max(max(values), 1))
            bar = Block([begin, y - 0.06 * grown, 0], (length, 0.36 * grown), role, 1.0)
            self.bars.append(bar)
            row = VGroup(
                name.at([left, y, 0]), mark(bar, backdrop=True), number.at([begin + length + 0.15, y, 0])
            )
            self.add(row)


def legend(names: Sequence[Words], middle: ArrayLike) -> VGroup:
    """What the boxes of found, false and missed objects look like."""
    items, x = VGroup(), 0.0
    for name, (role, width) in zip(names, (("positive", 3.5), ("negative", 3.0), ("ink", 2.0)), strict=True):
        line = Segments([[[x, 0, 0], [x + 0.55, 0, 0]]], role, width + 1)
        items.add(VGroup(line, name.at([x + 0.7, -0.1, 0])))
        x += name.width + 1.3
    return items.move_to(np.asarray(middle, float))
