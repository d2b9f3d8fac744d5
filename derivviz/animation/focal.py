"""Losses and their derivatives over p, the gradient by tenths of p, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from manim import Group, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.board import Polyline
from derivviz.animation.frame import pick
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula

Array = NDArray[np.float64]


class Tenths(Group):
    """Ten bars over p_t from 0 to 1, whose heights are shares of a whole.

    Parameters
    ----------
    most
        The largest share that will ever be shown.
    """

    def __init__(self, shares: Array, most: float, middle: ArrayLike, size: tuple[float, float]) -> None:
        self.most = most
        self.plane = Plane((0, 1), (0, most), *size, ("p", ""), (10, 5)).move_to(np.asarray(middle, float))
        self.bars = VGroup(*(mark(Block(np.zeros(3), (0, 0), "tangent", 0.9), backdrop=True) for _ in shares))
        super().__init__(self.plane, self.bars)
        self.show(shares)

    def show(self, shares: Array) -> None:
        """Draw other shares."""
        step = self.plane.size[0] / len(self.bars)
        floor = self.plane.point(np.arange(len(self.bars)) / len(self.bars), 0)
        for bar, corner, share in zip(self.bars, floor, shares, strict=True):
            at = corner + np.array([0.06 * step, 0, 0])
            bar.set_size(at, (0.88 * step, max(share, 0.0) / self.most * self.plane.size[1]))

    def shares(self) -> Array:
        """The shares, read back off the bars."""
        return np.array([bar.sides[1] for bar in self.bars]) / self.plane.size[1] * self.most


class Precisions(Group):
    """The average precision of each γ while it learns, with its last value beside it.

    Parameters
    ----------
    steps
        After how many it was measured.
    series
        By arm, as long as `steps`; NaN is drawn as 0.
    gammas
        γ of each arm.
    roles
        Colour roles of the arms that are to stand out.
    middle, sides
        Of the plane; the last values go to its right.
    size
        Text size of the last values.
    """

    def __init__(
        self,
        steps: Array,
        series: Mapping[str, Array],
        gammas: Mapping[str, float],
        roles: Mapping[str, str],
        middle: ArrayLike,
        sides: tuple[float, float],
        size: float,
    ) -> None:
        known = {arm: np.nan_to_num(values) for arm, values in series.items()}
        top = max(0.05, 1.12 * max(float(values.max()) for values in known.values()))
        self.plane = Plane((0, float(steps[-1])), (0, top), *sides, ("", ""), (6, 5))
        self.plane.move_to(np.asarray(middle, float))
        self.lines: dict[str, Polyline] = {}
        for arm in sorted(known, key=lambda arm: arm in roles):
            x, y = np.concatenate([[0], steps]), np.concatenate([[0], known[arm]])
            self.lines[arm] = Polyline(self.plane, x, y, roles.get(arm, "axis"), 5.5 if arm in roles else 2)
        ends = sorted((float(self.plane.point(steps[-1], known[arm][-1])[1]), arm) for arm in known)
        heights = np.array([y for y, _ in ends]) - 0.12
        for k in range(1, len(heights)):
            heights[k] = max(heights[k], heights[k - 1] + 0.52 * size / 36)
        heights -= max(0.0, heights[-1] - round(self.plane.frame.get_top()[1] - 0.1, 9))
        left = self.plane.frame.get_right()[0] + 0.35
        between = pick(wide="quad", tall="thick", square="quad")
        self.labels = VGroup(
            *(
                Formula(
                    f"gamma = {gammas[arm]:g}: {between} {known[arm][-1]:.2f}", size, roles.get(arm, "muted")
                ).at([left, y, 0])
                for (_, arm), y in zip(ends, heights, strict=True)
            )
        )
        super().__init__(self.plane, *self.lines.values(), self.labels)


def graph(
    plane: Plane, law: Callable[[Any, float], Any], gamma: float, role: str, width: float = 6
) -> VMobject:
    """A loss or its derivative over p."""
    return plane.curve(lambda p: law(np.maximum(p, 1e-9), gamma), role=role, width=width)


def focal_formula(size: float) -> Formula:
    """The loss, γ in the colour of a parameter."""
    return Formula("{{L : l}} = -(1 - p)^{{gamma : g}} ln p", size, l="loss", g="parameter")
