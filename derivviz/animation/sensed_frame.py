"""Where the parts of the lesson on sensitivity stand in the frame's three shapes."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from derivviz.animation.frame import pick

Spot = tuple[float, float, float]
_HEIGHT, _Y, _GAP = 3.1, -0.45, 4.5  # of the maps in a wide frame, and from one to the next


class Opening(NamedTuple):
    """Where an input, its scores, and what moves them stand.

    Attributes
    ----------
    left, right, middle, pitch
        Of the rows of scores: their ends, the height of their middle, and how far apart they are.
    slider, length
        Start of the slider's line, and how long it is.
    law
        Left end of the formula of the way.
    picture, most
        Middle of the input, and the width and the height that it has room for.
    """

    left: float
    right: float
    middle: float
    pitch: float
    slider: Spot
    length: float
    law: Spot
    picture: Spot = (0, 0, 0)
    most: tuple[float, float] = (0, 0)


def opening(rows: int, pictured: bool) -> Opening:
    """The places for so many scores: beside the input or below it, if it is a picture."""
    gaps = max(rows - 1, 1)
    if not pictured:
        return pick(
            wide=Opening(-0.2, 6.7, 0.15, 0.62, (-6.0, 0.2, 0), 3.6, (-0.2, -2.35, 0)),
            tall=Opening(-3.7, 3.7, 1.2, min(1.2, 6 / gaps), (-3.6, -3.5, 0), 7.2, (-0.4, -4.1, 0)),
            square=Opening(-5.5, 5.5, 1.0, min(1.1, 5 / gaps), (-5.4, -3.0, 0), 10.8, (2.2, -3.6, 0)),
        )
    dense, loose = min(0.8, 2.5 / gaps), min(0.95, 4.4 / gaps)
    return pick(
        wide=Opening(
            -0.2, 6.7, 0.15, 0.62, (-6.0, -1.9, 0), 3.6, (-0.2, -2.35, 0), (-4.2, 0.5, 0), (5.2, 3.7)
        ),
        tall=Opening(
            -3.7, 3.7, -3.52, dense, (-3.6, -0.02, 0), 7.2, (-0.4, -0.62, 0), (0, 3.15, 0), (7.4, 5.2)
        ),
        square=Opening(
            -0.2, 5.7, 0.75, loose, (-5.65, -2.5, 0), 5.1, (-0.2, -3.0, 0), (-3.1, 0.95, 0), (5.2, 5.2)
        ),
    )


class Looks(NamedTuple):
    """Middles of formula, input and maps, and the side of the square that the input, and each map, has room for."""

    law: Spot
    input: Spot
    maps: list[Spot]
    input_side: float
    map_side: float


def looks(maps: int, pictured: bool) -> Looks:
    """Where maps stand: in a row with the input; in a narrower frame below it or, a single one, beside it."""
    if maps == 1:
        map_x = 2.95 if pictured else 0.0
        tall = Looks((2.3, 3.5, 0), (-1.45, 3.5, 0), [(0, -1.8, 0)], 4.2, 5.6)
        square = Looks((0, 3.5, 0), (-2.95, -0.7, 0), [(map_x, -0.7, 0)], 5.4, 5.4)
    else:
        tall = Looks((2.45, 3.15, 0), (-1.3, 3.15, 0), [(-1.92, -1.65, 0), (1.92, -1.65, 0)], 4.9, 3.65)
        square = Looks((2.95, 3.1, 0), (-2.95, 3.1, 0), [(-2.95, -1.2, 0), (2.95, -1.2, 0)], 2.9, 5.1)
    columns = maps + pictured
    row: list[Spot] = [(_GAP * (n - (columns - 1) / 2), _Y, 0) for n in range(columns)]
    wide = Looks((0, 2.2, 0), row[0], row[-maps:], _HEIGHT, _HEIGHT)
    return pick(wide=wide, tall=tall, square=square)


def height_in(pixels: NDArray[Any], width: float, height: float) -> float:
    """How high pixels, shape (y, x, …), can be drawn in a room of that size."""
    return min(height, width * pixels.shape[0] / pixels.shape[1])
