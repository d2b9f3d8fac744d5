"""Where the panels of a whole run stand, in each shape of the frame: together on a board, and large on pages."""

from __future__ import annotations

from collections.abc import Sequence

from derivviz.animation.dashboard import Box
from derivviz.animation.frame import body, pick, shape

WIDE = Box(-6.8, -2.75, 13.6, 5.6)  # all of them in a wide frame
PAIRS = (("loss", "accuracy"), ("weights", "maps"), ("layers", "answers"))
WIDTHS = (1.0, 1.2, 1.2)  # of their columns there, to each other
ACROSS = ("maps", "layers")  # those that have a row for themselves in a tall frame
LOWER = 0.88  # height of the rows there that two others share, to theirs
LARGE = 1.3  # text on a page, to that on the board
SHARES = {"weights": 1.2, "layers": 0.9}  # of a page's height, where it is not 1, to each other
_COUNTER = 0.7  # room above them in a tall frame, whose title fills its line


def board(names: Sequence[str]) -> dict[str, Box]:
    """All panels at once: in columns of two, or in rows of two where the frame is not wide."""
    if shape() == "wide":
        order = [[name for name in pair if name in names] for pair in PAIRS]
        made = columns([len(pair) for pair in order], WIDTHS, WIDE)
    else:
        alone = pick(wide=(), tall=ACROSS, square=())
        order = twos([name for name in names if name not in alone])
        heights = [LOWER] * len(order)
        order += [[name] for name in names if name in alone]
        heights += [1.0] * (len(order) - len(heights))
        made = rows([len(row) for row in order], heights, room(), (0.25, 0.2))
    placed = {
        name: box
        for line, boxes in zip(order, made, strict=True)
        for name, box in zip(line, boxes, strict=True)
    }
    return {name: placed[name] for name in names}


def pages(names: Sequence[str]) -> list[dict[str, Box]]:
    """Two panels at a time, one above the other and as wide as the frame; none in a wide frame."""
    if shape() == "wide":
        return []
    made = []
    for page in twos(names):
        heights = [SHARES.get(name, 1.0) for name in page]
        placed = rows([1] * len(page), heights, room()._replace(text=LARGE), (0.0, 0.35))
        made.append({name: row[0] for name, row in zip(page, placed, strict=True)})
    return made


def twos(names: Sequence[str]) -> list[list[str]]:
    """Two names at a time; of an odd number the last one alone."""
    return [list(names[start : start + 2]) for start in range(0, len(names), 2)]


def room() -> Box:
    """What the panels share in a frame that is not wide."""
    whole, above = body(0.25), pick(wide=0.0, tall=_COUNTER, square=0.0)
    return Box(whole.left, whole.bottom, whole.width, whole.height - above)


def columns(counts: Sequence[int], widths: Sequence[float], area: Box, gap: float = 0.45) -> list[list[Box]]:
    """Columns of some widths to each other, in each so many boxes of equal height, from above.

    A column of none is left out.
    """
    filled = [n for n, count in enumerate(counts) if count]
    unit = (area.width - gap * (len(filled) - 1)) / max(sum(widths[n] for n in filled), 1e-9)
    made: list[list[Box]] = []
    left = area.left
    for number, count in enumerate(counts):
        width = widths[number] * unit
        height = (area.height - gap / 2 * (count - 1)) / max(count, 1)
        made.append(
            [
                Box(left, area.bottom + (height + gap / 2) * (count - 1 - n), width, height)
                for n in range(count)
            ]
        )
        left += (width + gap) * bool(count)
    return made


def rows(
    counts: Sequence[int], heights: Sequence[float], area: Box, gaps: tuple[float, float]
) -> list[list[Box]]:
    """Rows of some heights to each other, in each so many boxes of equal width, from the left.

    `gaps` are between boxes side by side, and between rows; text is as in `area`.
    """
    across, down = gaps
    unit = (area.height - down * (len(counts) - 1)) / sum(heights)
    made: list[list[Box]] = []
    top = area.bottom + area.height
    for count, share in zip(counts, heights, strict=True):
        height, width = share * unit, (area.width - across * (count - 1)) / count
        lefts = [area.left + (width + across) * n for n in range(count)]
        made.append([Box(left, top - height, width, height, area.text) for left in lefts])
        top -= height + down
    return made
