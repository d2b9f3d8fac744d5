"""What can be checked of a picture without eyes: frame, overlaps, sizes, contrast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from manim import Mobject, VMobject, config
from numpy.typing import NDArray

from derivviz.animation.stage import SIZES, current
from derivviz.animation.typeset import Label, Number
from derivviz.look.theme import contrast

Array = NDArray[np.float64]
SAFE = 0.12  # units that every label keeps from the frame's edge
MINIMUM_CONTRAST = {"large": 3.0, "small": 4.5}  # WCAG 2.2, 1.4.3


@dataclass(frozen=True)
class Problem:
    """Something in a picture that is not as it should be.

    Attributes
    ----------
    kind
        ``"claim"`` when the picture says something false, ``"layout"`` when it is hard to read.
    beat
        Number of the beat, from 1; 0 before the first.
    time
        Seconds from the start.
    message
        What is wrong, and what to change.
    where
        File and line that say so, as ``tangent.py:214``: of a claim its own, of a layout its beat's sentence.
    """

    kind: str
    beat: int
    time: float
    message: str
    where: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.kind}: beat {self.beat}, {self.time:.1f} s: {self.message}"


def mark(mobject: Mobject, **marks: bool) -> Mobject:
    """Say what a mobject is to the layout checks: ``backdrop=True`` may lie behind or under labels."""
    for name, value in marks.items():
        setattr(mobject, name, value)
    return mobject


def check(mobjects: Iterable[Mobject]) -> list[str]:
    """Everything that is wrong with the layout of the mobjects on screen, in words."""
    labels, lines = sort(mobjects)
    boxes = {id(label): label_boxes(label) for label in labels}
    labels = [label for label in labels if len(boxes[id(label)])]
    found = []
    for label in labels:
        found += _one(label, boxes[id(label)])
    for one, other in combinations(labels, 2):
        if _overlap(boxes[id(one)], boxes[id(other)]):
            found.append(f"{name(one)} lies on {name(other)}: place one beside it, or fade one out first")
    for line in lines:
        way = pieces(line)
        for label in labels:
            if crosses(way, boxes[id(label)]):
                found.append(
                    f"a line ({line.get_stroke_color().to_hex()}) runs through {name(label)}: "
                    "move it, open the grid with `Plane.room_for`, or mark the line as a backdrop"
                )
    return found


def name(label: Label) -> str:
    """How a message calls a label."""
    text = getattr(label, "markup", None)
    if isinstance(label, Number):
        text = label.text(label.value)
    return f"{type(label).__name__}({str(text)[:48]!r})"


def sort(mobjects: Iterable[Mobject]) -> tuple[list[Label], list[VMobject]]:
    """Visible labels, and visible stroked lines that are not meant as a backdrop."""
    labels: list[Label] = []
    lines: list[VMobject] = []

    def visit(mobject: Mobject) -> None:
        if getattr(mobject, "backdrop", False):
            return
        if isinstance(mobject, Label):
            if any(_visible_fill(g) for g in mobject.submobjects):
                labels.append(mobject)
            return
        if isinstance(mobject, VMobject) and len(mobject.points) and _visible_stroke(mobject):
            lines.append(mobject)
        for child in mobject.submobjects:
            visit(child)

    for mobject in mobjects:
        visit(mobject)
    return labels, lines


def _visible_fill(m: Mobject) -> bool:
    return isinstance(m, VMobject) and len(m.points) > 0 and m.get_fill_opacity() > 0.2


def _visible_stroke(m: VMobject) -> bool:
    return m.get_stroke_width() > 0.4 and m.get_stroke_opacity() > 0.2


def label_boxes(label: Label) -> Array:
    """Boxes (left, bottom, right, top) of the visible glyphs."""
    rows = [
        [*g.points[:, :2].min(axis=0), *g.points[:, :2].max(axis=0)]
        for g in label.submobjects
        if len(g.points) > 1 and _visible_fill(g)
    ]
    return np.array(rows).reshape(-1, 4)


def _one(label: Label, boxes: Array) -> list[str]:
    found = []
    half = np.array([config.frame_width / 2, config.frame_height / 2]) - SAFE
    if (boxes[:, :2] < -half).any() or (boxes[:, 2:] > half).any():
        over = [
            *zip(("right", "up"), (-half - boxes[:, :2]).max(axis=0), strict=True),
            *zip(("left", "down"), (boxes[:, 2:] - half).max(axis=0), strict=True),
        ]
        moves = " and ".join(f"{max(by, 0.01):.2f} {way}" for way, by in over if by > 0)
        found.append(f"{name(label)} leaves the safe part of the frame: move it {moves}")
    size = label.drawn_size
    if size < SIZES["tick"] - 0.5:
        smallest = SIZES["tick"]
        found.append(
            f"{name(label)} is drawn at size {size:.0f}, under the smallest, {smallest}: "
            f"scale it by {smallest / size:.2f} or more, or say less"
        )
    stage = current()
    large = size >= SIZES["label"] - 0.5  # moving a label costs its size a few bits
    for fill in {g.get_fill_color().to_hex() for g in label.submobjects if _visible_fill(g)}:
        ratio = contrast(fill, stage.theme.background)
        least = MINIMUM_CONTRAST["large" if large else "small"]
        if ratio < least:
            other = (
                "" if large else f", or size {SIZES['label']}, where {MINIMUM_CONTRAST['large']} is enough"
            )
            found.append(
                f"{name(label)} in {fill} has a contrast of only {ratio:.1f}, not {least}: "
                f"take another colour{other}"
            )
    return found


def _overlap(a: Array, b: Array, room: float = 0.01) -> bool:
    apart = (
        (a[:, None, 0] > b[None, :, 2] - room)
        | (b[None, :, 0] > a[:, None, 2] - room)
        | (a[:, None, 1] > b[None, :, 3] - room)
        | (b[None, :, 1] > a[:, None, 3] - room)
    )
    return bool((~apart).any())


def touches(boxes: Array, taken: Iterable[Array], ways: Iterable[Array], room: float = 0.0) -> int:
    """How many boxes and lines (as `pieces`) meet `boxes` grown by `room`."""
    grown = boxes + np.array([-room, -room, room, room])
    return sum(_overlap(grown, other) for other in taken) + sum(crosses(way, grown) for way in ways)


def pieces(line: VMobject) -> Array:
    """A stroked line as straight pieces, shape (pieces, 2, 2)."""
    curves = line.points[: len(line.points) // 4 * 4].reshape(-1, 4, 3)[:, :, :2]
    t = np.linspace(0, 1, 5)[:, None, None]
    along = (
        (1 - t) ** 3 * curves[:, 0]
        + 3 * (1 - t) ** 2 * t * curves[:, 1]
        + 3 * (1 - t) * t**2 * curves[:, 2]
        + t**3 * curves[:, 3]
    )
    return np.stack([along[:-1], along[1:]], axis=2).reshape(-1, 2, 2)


def crosses(way: Array, boxes: Array) -> bool:
    """Whether any straight piece meets any box (slab method, all pairs at once)."""
    if not len(way):
        return False
    start, step = way[:, None, 0], (way[:, 1] - way[:, 0])[:, None]
    step = np.where(np.abs(step) < 1e-12, 1e-12, step)
    low, high = (boxes[None, :, :2] - start) / step, (boxes[None, :, 2:] - start) / step
    enter = np.minimum(low, high).max(axis=2)
    leave = np.maximum(low, high).min(axis=2)
    return bool(((enter <= leave) & (leave >= 0) & (enter <= 1)).any())
