"""The way of a weight through a run whose steps are multiplied by the factor, and what it would be without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup

from derivviz.animation.board import Polyline
from derivviz.animation.factor_parts import placed
from derivviz.animation.frame import above, pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments
from derivviz.animation.placing import place
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Label
from derivviz.trace.lr_factor import Weight


class Ways(VGroup):
    """The way of a weight through the run: as recorded, without the factor, and with a constant one.

    Attributes
    ----------
    lines
        ``with``, ``without`` and ``constant``.
    ends
        How far from the start the first two end.
    apart
        The largest distance between the recorded and the constant way, as a share of what the recorded covers.
    """

    def __init__(self, weight: Weight, constant: float) -> None:
        ways = {"with": weight.recorded, "without": weight.path(), "constant": weight.path(constant)}
        steps = np.append(weight.steps, weight.steps[-1] + 1).astype(float)
        low, high = (float(end) for end in (min(map(np.min, ways.values())), max(map(np.max, ways.values()))))
        margin = 0.08 * max(high - low, 1e-9)

        def made(width: float, height: float) -> Plane:
            return Plane(
                (steps[0], steps[-1]), (low - margin, high + margin), width, height, ("", "w"), (6, 5)
            )

        self.looks = {"with": ("parameter", 7.0), "without": ("muted", 4.0), "constant": ("ink", 2.5)}

        def drawn(plane: Plane) -> list[Polyline]:
            return [Polyline(plane, steps, y, *self.looks[key]) for key, y in ways.items()]

        room = above(pick(wide=-1.3, tall=-1.3, square=-2.8)).picture
        self.plane = plane = placed(made, drawn, (8.4, 4.5), [-2.0, -0.1, 0], room)
        self.lines = dict(zip(ways, drawn(plane), strict=True))
        plane.keep_clear(*self.lines.values())
        self.ends = {key: abs(float(ways[key][-1] - ways[key][0])) for key in ("with", "without")}
        gap = np.abs(ways["constant"] - ways["with"]).max()
        self.apart = float(gap / max(np.ptp(ways["with"]), 1e-30))
        super().__init__(plane, *self.lines.values())

    def label_ends(self, recorded: Label, without: Label) -> Sequence[VGroup]:
        """Write names beside the ends of the first two, apart where these are level, or below the plane."""
        if shape() != "wide":
            return self._listed("with", recorded), self._listed("without", without)
        ends = [self.lines[key].points[-1] for key in ("with", "without")]
        gap = float(ends[0][1] - ends[1][1])
        aside = max(0.0, 0.55 - abs(gap)) / 2 * (1 if gap >= 0 else -1)
        for label, end, way in ((recorded, ends[0], UP), (without, ends[1], DOWN)):
            label.move_to(end + RIGHT * 0.3 + way * aside, LEFT)
        return recorded, without

    def label_constant(self, label: Label, others: Sequence[Label]) -> VGroup:
        """Write a name beside the third, as near to its end as there is room, or below the plane."""
        if shape() != "wide":
            return self._listed("constant", label)
        points = self.lines["constant"].points
        spots = points[:: max(4, len(points) // 24)][::-1]
        place(label, spots, [self, *others], (UP, DOWN))
        self.plane.room_for(label)
        return label

    def _listed(self, key: str, label: Label) -> VGroup:
        """A name in a list below the plane, behind a piece of its line."""
        x, y = pick(
            wide={},
            tall={"with": (-3.2, -2.1), "without": (-3.2, -3.2), "constant": (-3.2, -4.3)},
            square={"with": (-5.4, -3.8), "without": (-1.3, -3.8), "constant": (3.05, -3.8)},
        )[key]
        sample = Segments([[[x, y + 0.15, 0], [x + 0.7, y + 0.15, 0]]], *self.looks[key])
        return VGroup(mark(sample, backdrop=True), label.at([x + 1.0, y, 0]))
