"""Activation functions side by side: ReLU, tanh, GELU, f′ as published, and f′ made trainable.

For `a = φ(z)` each has φ and its derivative φ′, vectorised over NumPy arrays of any shape. f′ is the derivative of
f(x) = −2x³ − 6x² + 18x; GELU is z·Φ(z) with the normal distribution's Φ (Hendrycks and Gimpel, Gaussian error linear
units, 2016), not its approximation by tanh.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, d2f, df

Array = NDArray[np.float64]
KEYS = ("relu", "tanh", "gelu", "raw", "scaled")
LOW, HIGH = DERIVATIVE_ZEROS
SPREAD = 0.5  # of the scaled f′: how far from −3 one standard deviation is
_erf = np.frompyfunc(math.erf, 1, 1)


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
        Where φ′ jumps; of the scaled f′ in standardised values.
    """

    key: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    jumps: tuple[float, ...] = ()

    def __call__(self, z: ArrayLike) -> Array:
        return self.value(np.asarray(z, float))


def functions(center: ArrayLike = 0.0, scale: ArrayLike = 1.0) -> dict[str, Function]:
    """All of them by key.

    Parameters
    ----------
    center, scale
        Mean and standard deviation that the scaled f′ standardises by, shaped to broadcast against z:
        a = f′(u)/24 at u = −3 + (z − center)/(2 scale), and 0 outside of −3 … 1.
    """
    mean, rate = np.asarray(center, float), SPREAD / np.asarray(scale, float)

    def point(z: Array) -> Array:
        return np.asarray(LOW + (z - mean) * rate)

    def scaled(z: Array) -> Array:
        return np.asarray(df(np.clip(point(z), LOW, HIGH)) / DERIVATIVE_PEAK[1])

    def scaled_slope(z: Array) -> Array:
        u = point(z)
        return np.where((u > LOW) & (u < HIGH), d2f(u) / DERIVATIVE_PEAK[1] * rate, 0.0)

    made = (
        Function("relu", lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0), (0.0,)),
        Function("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        Function("gelu", lambda z: z * _normal(z), lambda z: _normal(z) + z * _density(z)),
        Function("raw", df, d2f),
        Function("scaled", scaled, scaled_slope, (0.0, (HIGH - LOW) / SPREAD)),
    )
    return {function.key: function for function in made}


def _normal(z: Array) -> Array:
    """Φ(z), the distribution function of the standard normal distribution."""
    return np.asarray((1 + np.asarray(_erf(z / math.sqrt(2)), float)) / 2)


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))
