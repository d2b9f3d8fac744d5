"""Losses against steps, by powers of ten: who is how far down when."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import layout
from derivviz.animation.lines import Segments
from derivviz.animation.plane import nice_step, ticks
from derivviz.animation.typeset import Formula, Label
from derivviz.look.numerals import numeral

Array = NDArray[np.float64]


class Race(VGroup):
    """Axes for losses, by powers of ten, against the number of steps.

    Parameters
    ----------
    steps
        The last one.
    decades
        Ends of the upright axis as powers of ten.
    name
        What is written at the end of the level axis.
    """

    def __init__(
        self, steps: int, decades: tuple[int, int], width: float, height: float, name: Label
    ) -> None:
        super().__init__()
        self.steps, self.decades, self.size = steps, decades, (width, height)
        self.axes = Segments(np.array([[[0, 0, 0], [width, 0, 0]], [[0, 0, 0], [0, height, 0]]]), "axis", 2.5)
        self.add(self.axes)
        every = max(1, math.ceil((decades[1] - decades[0]) / 6))
        powers = [n for n in range(decades[0], decades[1] + 1) if n % every == 0]
        across = [n for n in ticks(0, 0.94 * steps, nice_step(0, steps, 6)) if n == int(n)]
        self.grid = Segments(
            [[self.point(0, 10.0**n), self.point(steps, 10.0**n)] for n in powers], "grid", 1.5
        )
        layout.mark(self.grid, gives_way=True, backdrop=True)
        self.labels = VGroup(
            *(
                Formula(_power(n), "tick", "muted").next_to(self.point(0, 10.0**n), LEFT, 0.16)
                for n in powers
            ),
            *(
                Formula(numeral(n), "tick", "muted").next_to(self.point(n, 10.0 ** decades[0]), DOWN, 0.16)
                for n in across
            ),
            name.next_to(self.point(steps, 10.0 ** decades[0]), DOWN, 0.16),
        )
        self.add(self.grid, self.labels)

    def point(self, step: ArrayLike, loss: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3); what lies beyond an end of the upright axis is put on it."""
        corner, (low, high) = self.axes.points[0], self.decades
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.clip(np.nan_to_num(np.log10(np.asarray(loss, float)), nan=low), low, high)
        u, v = np.broadcast_arrays(np.asarray(step, float) / self.steps, (power - low) / (high - low))
        flat = [corner[0] + u * self.size[0], corner[1] + v * self.size[1], np.zeros_like(u)]
        return np.stack(flat, axis=-1)

    def loss_at(self, point: Array) -> float:
        """The loss at a point of the frame."""
        low, high = self.decades
        return float(10 ** (low + (point[1] - self.axes.points[0][1]) / self.size[1] * (high - low)))

    def line(self, losses: Array, role: str) -> VMobject:
        """Losses of steps 0, 1, …."""
        ways = self.point(np.arange(len(losses)), losses)
        return Segments(np.stack([ways[:-1], ways[1:]], axis=1), role, 5)


def apart(labels: Sequence[Label], ends: Sequence[Array], room: float = 0.55) -> None:
    """Put labels to the right of the ends of lines, none on another."""
    bottom = -math.inf
    for label, end in sorted(zip(labels, ends, strict=True), key=lambda pair: float(pair[1][1])):
        bottom = max(float(end[1]), bottom + room)
        label.move_to([end[0] + 0.25, bottom, 0], LEFT)


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else f"10^({exponent})".replace("-", "−")
