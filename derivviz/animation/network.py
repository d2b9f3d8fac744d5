"""A recorded network as a row of stages: pictures, feature maps and columns of units, drawn from real values."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RESAMPLING_ALGORITHMS, UP, Group, ImageMobject, Rectangle, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.blend import rgb
from derivviz.animation.layout import mark
from derivviz.animation.stage import color
from derivviz.animation.typeset import Label

Array = NDArray[np.float64]


def shade(
    values: ArrayLike, role: str, low: float | None = None, high: float | None = None
) -> NDArray[np.uint8]:
    """Numbers as colours, from the panel's colour (low) through the role's (middle) to ink (high).

    Parameters
    ----------
    values
        Numbers of any shape; non-finite ones are drawn as high.
    role
        Colour role in the middle of the scale.
    low, high
        Ends of the scale; by default the 2nd and 98th percentile.

    Returns
    -------
    uint8 array of shape (…, 3).
    """
    numbers = np.asarray(values, float)
    finite = numbers[np.isfinite(numbers)]
    if low is None:
        low = float(np.percentile(finite, 2)) if finite.size else 0.0
    if high is None:
        high = float(np.percentile(finite, 98)) if finite.size else 1.0
    share = np.nan_to_num((numbers - low) / max(high - low, 1e-30), nan=1.0, posinf=1.0, neginf=0.0)
    share = np.clip(share, 0, 1)[..., None]
    stops = [rgb("panel"), rgb(role), rgb("ink")]
    first, second = np.clip(share / 0.7, 0, 1), np.clip((share - 0.7) / 0.3, 0, 1)
    mixed = stops[0] + (stops[1] - stops[0]) * first + (stops[2] - stops[1]) * second
    return np.asarray(np.round(mixed), np.uint8)


def signed(values: ArrayLike, top: float) -> NDArray[np.uint8]:
    """Numbers as colours, from the panel's (0) to that of what is positive or of what is negative (±top).

    Returns
    -------
    uint8 array of shape (…, 3).
    """
    numbers = np.asarray(values, float)[..., None]
    share = np.clip(np.abs(numbers) / max(top, 1e-300), 0, 1)
    end = np.where(numbers >= 0, rgb("positive"), rgb("negative"))
    return np.asarray(np.round(rgb("panel") + (end - rgb("panel")) * share), np.uint8)


def tiles(maps: Array, role: str, gap: int = 3, **ends: float) -> NDArray[np.uint8]:
    """Four maps, shape (4, y, x), as one picture two by two, on one scale."""
    coloured = shade(maps, role, **ends)
    _, height, width, _ = coloured.shape
    sheet = np.empty((2 * height + gap, 2 * width + gap, 3), np.uint8)
    sheet[:] = rgb("background")
    for number, tile in enumerate(coloured):
        top, left = (number // 2) * (height + gap), (number % 2) * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def picture(pixels: NDArray[np.uint8], height: float, width: float | None = None) -> ImageMobject:
    """An RGB array, shape (y, x, 3), as a sharp picture of that size on the frame."""
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    image = ImageMobject(opaque)
    image.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
    image.stretch_to_fit_height(height)
    return image.stretch_to_fit_width(
        width if width is not None else height * pixels.shape[1] / pixels.shape[0]
    )


class Stage(Group):
    """One stage of the network: its values going forward, its gradients coming back, its name below.

    Attributes
    ----------
    forward, backward
        Pictures of the same size at the same place.
    rim
        The thin frame around them.
    ahead
        What the forward pass shows: picture, frame and name.
    """

    def __init__(self, forward: ImageMobject, backward: ImageMobject | None, label: Label) -> None:
        self.forward, self.backward, self.label = forward, backward, label
        self.rim = mark(
            Rectangle(
                width=forward.width + 0.06,
                height=forward.height + 0.06,
                stroke_color=color("axis"),
                stroke_width=1.5,
            ),
            backdrop=True,
        )
        label.next_to(self.rim, DOWN, 0.14)
        self.ahead = (forward, self.rim, label)
        super().__init__(*self.ahead)
        if backward is not None:
            self.add(backward)

    def spot(self, row: float, column: float) -> Array:
        """The point of the frame at a share (0…1) of the picture's height, from the top, and of its width."""
        corner = self.forward.get_corner(UP) - np.array([self.forward.width / 2, 0, 0])
        return np.asarray(corner + np.array([column * self.forward.width, -row * self.forward.height, 0]))


def wire(start: Array, end: Array, role: str = "parameter", width: float = 3.5) -> VMobject:
    """A connection that leaves and arrives level."""
    bend = np.array([(end[0] - start[0]) / 2, 0, 0])
    line = VMobject(stroke_color=color(role), stroke_width=width, fill_opacity=0)
    line.points = np.array([start, start + bend, end - bend, end], float)
    return line
