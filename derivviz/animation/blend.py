"""Colours of roles as numbers, and those between two, on the current stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.stage import color

Array = NDArray[np.float64]


def rgb(role: str) -> Array:
    """Red, green and blue of a role in 0…255, shape (3,)."""
    code = color(role)
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], float)


def mixed(one: str, other: str, share: float) -> str:
    """The colour that lies at a share of the way from one role to another."""
    return "#" + "".join(f"{int(c):02X}" for c in blend(one, other, share))


def blend(one: str, other: str, share: ArrayLike) -> Array:
    """Red, green and blue in 0…255, whole numbers, at shares of the way from one role to another."""
    return np.asarray(np.round(rgb(one) + (rgb(other) - rgb(one)) * np.asarray(share)))
