"""Straight and dashed lines, and the points on them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import ORIGIN, Dot, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.stage import color

Array = NDArray[np.float64]


def straight(ends: ArrayLike) -> Array:
    """Points of straight cubic curves, from ends of shape (pieces, 2, 3)."""
    a, b = np.moveaxis(np.asarray(ends, float).reshape(-1, 2, 3), 1, 0)
    return np.stack([a, a + (b - a) / 3, a + (b - a) * 2 / 3, b], axis=1).reshape(-1, 3)


class Segments(VMobject):
    """Many separate straight pieces as one mobject."""

    def __init__(self, ends: ArrayLike, role: str = "axis", width: float = 2.5, **kwargs: Any) -> None:
        super().__init__(stroke_color=color(role), stroke_width=width, fill_opacity=0, **kwargs)
        self.points = straight(ends)

    def set_ends(self, a: Array, b: Array) -> Self:
        """One piece, from a to b."""
        self.points = straight([[a, b]])
        return self

    def slope(self) -> float:
        """Rise over run of the way from the first point to the last, in units of the frame."""
        run, rise, _ = self.points[-1] - self.points[0]
        return float(rise / run)


class Dashed(Segments):
    """A dashed line to be moved every frame; dashes are counted from its middle, so they do not crawl."""

    def __init__(
        self,
        a: Array,
        b: Array,
        role: str = "secant",
        width: float = 5,
        dash: float = 0.2,
        gap: float = 0.12,
        **kwargs: Any,
    ) -> None:
        self.dash, self.gap = dash, gap
        super().__init__([[a, b]], role, width, **kwargs)
        self.set_ends(a, b)

    def set_ends(self, a: Array, b: Array) -> Self:
        a, b = np.asarray(a, float), np.asarray(b, float)
        length = float(np.linalg.norm(b - a))
        period = self.dash + self.gap
        n = int(length / 2 / period) + 1
        starts = np.arange(-n, n + 1) * period - self.dash / 2 + length / 2
        spans = np.clip(np.stack([starts, starts + self.dash], axis=1), 0, length)
        spans = spans[spans[:, 1] - spans[:, 0] > 1e-6]
        along = (b - a) / max(length, 1e-9)
        self.points = straight(a + spans[:, :, None] * along)
        return self


def dot(at: ArrayLike = ORIGIN, role: str = "ink", radius: float = 0.115) -> VGroup:
    """A point with a rim of the background's colour, so that it reads on top of any line."""
    at = np.asarray(at, float)
    return VGroup(
        Dot(at, radius=radius + 0.04, color=color("background")), Dot(at, radius=radius, color=color(role))
    )
