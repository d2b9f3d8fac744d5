"""Colours between those of two roles, on the current stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.stage import color


def mixed(one: str, other: str, share: float) -> str:
    """The colour that lies at a share of the way from one role to another."""
    return "#" + "".join(f"{int(c):02X}" for c in blend(one, other, share))


def blend(one: str, other: str, share: ArrayLike) -> NDArray[np.float64]:
    """Red, green and blue in 0…255, whole numbers, at shares of the way from one role to another."""
    a, b = (np.array([int(color(role)[i : i + 2], 16) for i in (1, 3, 5)]) for role in (one, other))
    return np.round(a + (b - a) * np.asarray(share))
