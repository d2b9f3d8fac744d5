"""Five activation functions side by side: ReLU, tanh, GELU, f′ as published, and f′ made trainable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import DERIVATIVE_ZEROS
from derivviz.calculus.nonlinearity import KNOWN, hill

Array = NDArray[np.float64]
KEYS = ("relu", "tanh", "gelu", "raw", "scaled")
LOW, HIGH = DERIVATIVE_ZEROS
SPREAD = 0.5  # of the scaled f′: how far from −3 one standard deviation is


@dataclass(frozen=True)
class Function:
    """An activation and its derivative.

    Attributes
    ----------
    key
        One of `KEYS`.
    value, slope
        φ and φ′ for arrays of any shape.
    jumps
        Where φ′ jumps.
    """

    key: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    jumps: tuple[float, ...] = ()

    def __call__(self, z: ArrayLike) -> Array:
        return np.asarray(self.value(np.asarray(z, float)), float)


def functions() -> dict[str, Function]:
    """All of them by key; the scaled f′ is one of values that were standardised before.

    It is a = f′(u)/24 at u = −3 + z/2, and 0 outside of −3 ≤ u ≤ 1.
    """
    made = {
        "relu": KNOWN["ReLU"]({}),
        "tanh": KNOWN["Tanh"]({}),
        "gelu": KNOWN["GELU"]({}),
        "raw": hill(1.0, 0.0, bounded=False),
        "scaled": hill(SPREAD, LOW, bounded=True),
    }
    jumps = {"relu": (0.0,), "scaled": (0.0, (HIGH - LOW) / SPREAD)}
    return {key: Function(key, one.function, one.derivative, jumps.get(key, ())) for key, one in made.items()}
