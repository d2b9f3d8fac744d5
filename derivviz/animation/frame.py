"""The frame and its panels (title, picture, column, captions) in the three shapes that a film can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from manim import config
from numpy.typing import NDArray

from derivviz.animation.stage import SIZES

Shape = Literal["wide", "tall", "square"]
T = TypeVar("T")

SHORTER: dict[Shape, float] = {"wide": 8.0, "tall": 8.0, "square": 12.0}  # side of a lesson's frame, in units
_CAPTIONS: dict[Shape, float] = {"wide": 1.05, "tall": 1.75, "square": 1.25}  # height below which they stand
_TITLE = 1.2  # height of the title, with the room below it
_ROOM = 0.25  # between a panel and the captions below it
_BELOW = 0.65  # between a picture and the column below it: for the labels of an axis
_GAP = 0.5  # between two halves that stand side by side


@dataclass(frozen=True)
class Panel:
    """A rectangle of the frame, by its edges, in units of the frame."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        """From the left edge to the right one."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From the bottom to the top."""
        return self.top - self.bottom

    @property
    def center(self) -> NDArray[np.float64]:
        """The middle, shape (3,)."""
        return np.array([(self.left + self.right) / 2, (self.bottom + self.top) / 2, 0.0])

    def down(self, distance: float) -> float:
        """The height so far below its top, without the last digits that a difference of decimals leaves."""
        return round(self.top - distance, 9)

    def rows(self) -> tuple[Panel, Panel]:
        """Its upper and its lower half."""
        middle = (self.bottom + self.top) / 2
        upper = Panel(self.left, self.right, middle, self.top)
        return upper, Panel(self.left, self.right, self.bottom, middle)

    def columns(self, gap: float = _GAP) -> tuple[Panel, Panel]:
        """Its left and its right half, with a gap between them."""
        width = (self.width - gap) / 2
        left = Panel(self.left, self.left + width, self.bottom, self.top)
        return left, Panel(self.right - width, self.right, self.bottom, self.top)


@dataclass(frozen=True)
class Panels:
    """How a frame is divided.

    Attributes
    ----------
    picture
        Where the picture stands: a plane reaches from its top to its bottom, with its labels to left and right.
    column
        Where formulas and tables stand.
    first, second
        The halves of the column: upper and lower, or left and right where the column is as wide as the frame
        and too low for two halves above each other.
    """

    picture: Panel
    column: Panel
    first: Panel
    second: Panel


def shape_of(width: float, height: float) -> Shape:
    """Whether something is wider than high, higher than wide, or square."""
    return "wide" if width > 1.2 * height else "tall" if height > 1.2 * width else "square"


def shape() -> Shape:
    """The shape of manim's frame."""
    return shape_of(config.frame_width, config.frame_height)


def pick(*, wide: T, tall: T, square: T) -> T:
    """What belongs to the shape of the frame."""
    return {"wide": wide, "tall": tall, "square": square}[shape()]


def enlarged(size: float | str) -> float:
    """A text size for what stands in the column: a fifth larger in a tall frame, whose column is wide."""
    return (SIZES[size] if isinstance(size, str) else size) * pick(wide=1.0, tall=1.2, square=1.0)


def enter() -> None:
    """Give manim's frame the size that lessons have in its shape: 14.2 × 8, 8 × 14.2 or 12 × 12 units."""
    scale = SHORTER[shape()] / min(config.frame_width, config.frame_height)
    config.frame_width, config.frame_height = config.frame_width * scale, config.frame_height * scale


def caption_room(of: Shape) -> float:
    """The share of a frame's height, at its bottom, that belongs to the captions."""
    height = SHORTER[of] * (16 / 9 if of == "tall" else 1)
    return _CAPTIONS[of] / height


def caption_top() -> float:
    """The height below which the frame belongs to the captions: a narrow one breaks them into more lines."""
    return float(-config.frame_height / 2 + _CAPTIONS[shape()])


def body(margin: float) -> Panel:
    """The frame between title and captions, but for a margin at both sides."""
    half = float(config.frame_width) / 2
    top = float(config.frame_height) / 2 - _TITLE
    return Panel(margin - half, half - margin, caption_top() + _ROOM, top)


def beside(column: float) -> Panels:
    """Picture and column side by side; the column's left edge stands at `column`."""
    # Of the picture; the column keeps a tenth more from its own.
    edge = pick(wide=6.95, tall=3.85, square=5.85)
    whole = body(0.0)
    right = Panel(column, edge - 0.1, whole.bottom, whole.top)
    return Panels(Panel(-edge, column - 0.6, whole.bottom, whole.top), right, *right.rows())


def above(column: float) -> Panels:
    """The picture across the frame, and below it the column, whose top stands at height `column`."""
    picture, text = body(0.15), body(pick(wide=0.3, tall=0.4, square=0.25))
    below = Panel(text.left, text.right, text.bottom, column)
    halves = below.columns() if below.width > 10 else below.rows()
    return Panels(Panel(picture.left, picture.right, column + _BELOW, picture.top), below, *halves)


def panels() -> Panels:
    """The division that suits most lessons: side by side in a wide frame, else the picture above the column."""
    return pick(wide=beside(1.35), tall=above(-0.15), square=above(-0.35))
