"""Two planes, one under the other, with the same x: a function above, its derivative below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import Mobject, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.hillside import legible
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed, Segments
from derivviz.animation.placing import AROUND, room_beside
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula
from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import size
from derivviz.look.math import typst_math

Array = NDArray[np.float64]
Range = tuple[float, float]
LONGEST = 45  # nodes of a formula that is written down
HEIGHTS, MIDDLES = (2.5, 2.4), (1.42, -1.5)  # of the planes in a wide frame
_GAP = 0.6  # between planes that are told where to stand


class Stacked:
    """The two planes, and the labels in them: each stands beside a point where it touches nothing.

    Parameters
    ----------
    x_range
        Ends of both x-axes.
    y_ranges
        Ends of the y-axis above and below.
    left, width
        Where the planes begin on the frame, and how wide they are; numbers to their left take of the width.
    around
        What is on the frame besides, for labels to keep clear of.
    between
        Bottom and top of both together; labels stay above that bottom. Left out: those of a wide frame.

    Attributes
    ----------
    above, below
        The planes.
    """

    def __init__(
        self,
        x_range: Range,
        y_ranges: tuple[Range, Range],
        left: float,
        width: float,
        around: Sequence[Mobject],
        between: Range | None = None,
    ) -> None:
        self.above, self.below = _planes(x_range, y_ranges, left, width, between)
        beside = left - min(self.above.get_left()[0], self.below.get_left()[0])
        if beside > 0.1:
            self.above, self.below = _planes(x_range, y_ranges, left + beside, width - beside, between)
        self.reaching = between is not None
        right = left + width + 0.1
        if between is None:
            fence = [[[right, -4, 0], [right, 4, 0]]]
        else:
            foot, head = between[0] - 0.4, between[1] + 0.4
            edges = right, right + 0.4, right + 0.8  # no label stands beyond them either
            fence = [[[x, foot, 0], [x, head, 0]] for x in edges]
            fence.append([[left - 1, foot, 0], [right, foot, 0]])
        self.around = [*around, Segments(fence)]  # labels stay on this side
        self.labels: dict[Plane, list[Formula]] = {self.above: [], self.below: []}

    def write(
        self,
        plane: Plane,
        label: Formula,
        points: ArrayLike,
        avoid: Iterable[Mobject],
        around: Sequence[Array] = AROUND,
    ) -> bool:
        """Put a label beside one of some points and open the grid for it; where there is no room, leave it out."""
        taken = [
            *self.around,
            self.above,
            self.below,
            *self.labels[self.above],
            *self.labels[self.below],
            *avoid,
        ]
        free = room_beside(label, points, taken, around)
        if free:
            self.labels[plane].append(label)
            self._open(plane)
        return free

    def _open(self, plane: Plane) -> None:
        """Open the grid for the labels of a plane; also that of the plane below, where they may reach down to it."""
        plane.room_for(*self.labels[plane])
        if self.reaching:
            edge = self.below.frame.get_top()[1] + 0.1
            over = [label for label in self.labels[self.above] if label.get_bottom()[1] < edge]
            self.below.room_for(*self.labels[self.below], *over)

    def name(self, plane: Plane, name: str, role: str, curve: VMobject, avoid: Iterable[Mobject]) -> None:
        """Write the name of a curve beside it, at its ends rather than in its middle."""
        if not len(curve.points):
            return
        along = curve.points[np.linspace(0, len(curve.points) - 1, 13).astype(int)]
        order = np.argsort(-np.abs(np.arange(13) - 6.4))  # the last, the first, and so on to the middle
        self.write(plane, Formula(name, "body", role), along[order], [curve, *avoid], AROUND)

    def erase(self, labels: Iterable[Formula]) -> None:
        """Close the grid where labels were."""
        gone = {id(label) for label in labels}
        for plane, written in self.labels.items():
            written[:] = [label for label in written if id(label) not in gone]
            self._open(plane)

    def restore(self, plane: Plane, labels: Iterable[Formula]) -> None:
        """Open the grid again for labels that come back where they were."""
        self.labels[plane] += labels
        self._open(plane)

    def link(self, x: float, top: float, foot: float) -> VMobject:
        """A dashed line straight down from a height in the plane above to one in the plane below."""
        line = Dashed(self.above.point(x, top), self.below.point(x, foot), "muted", 2.5, 0.1, 0.1)
        return mark(line, backdrop=True)


def _planes(
    x_range: Range, y_ranges: tuple[Range, Range], left: float, width: float, between: Range | None
) -> tuple[Plane, Plane]:
    heights, middles = HEIGHTS, MIDDLES
    if between is not None:
        bottom, top = between
        height = (top - bottom - _GAP) / 2
        heights, middles = (height, height), (top - height / 2, bottom + height / 2)
    made = []
    for y_range, height, y in zip(y_ranges, heights, middles, strict=True):
        plane = Plane(x_range, y_range, width, height, ("x", ""), (9, max(4, round(height * 1.5))))
        made.append(plane.shift(np.array([left + width / 2, y, 0]) - plane.frame.get_center()))
    return made[0], made[1]


def written(name: str, g: Expression, role: str, width: float, height: float | None = None) -> Formula | None:
    """``name = …`` on one line or several, as `legible` has it; None for what is too long to be read."""
    if size(g.tree) > LONGEST:
        return None
    return legible(f"{name} = {typst_math(g)}", g.tree, f"{name} =", width, role, height)
