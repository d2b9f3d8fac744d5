"""Activation functions of neural networks and their derivatives, elementwise, by the names of their classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, d2f, df

Array = NDArray[np.float64]
_ERF = np.vectorize(math.erf, otypes=[float])
_ROOT = math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class Nonlinearity:
    """a = φ(z) and ∂a/∂z = φ′(z).

    Attributes
    ----------
    kind : str
        The class of the layer, such as ``ReLU``.
    function, derivative
        φ and φ′, of arrays of any shape; at a kink φ′ is what torch takes there.
    formula, slope : str
        Typst math of φ(z) and φ′(z).
    rate, shift : float
        The formula is one of u = shift + rate · z, which is z itself but for a `hill`.
    """

    kind: str
    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    formula: str
    slope: str
    rate: float = 1.0
    shift: float = 0.0

    def __call__(self, z: ArrayLike) -> Array:
        """a at z."""
        return np.asarray(self.function(np.asarray(z, float)), float)

    def rise(self, z: ArrayLike) -> Array:
        """∂a/∂z at z."""
        return np.asarray(self.derivative(np.asarray(z, float)), float)


def _sigmoid(z: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))  # 1/(1 + e^(−z)), which overflows nowhere


def _relu(options: Mapping[str, Any]) -> Nonlinearity:
    return Nonlinearity(
        "ReLU", lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0), "max(0, z)", '1 " or " 0'
    )


def _leaky(options: Mapping[str, Any]) -> Nonlinearity:
    rate = float(options.get("negative_slope", 0.01))
    return Nonlinearity(
        "LeakyReLU",
        lambda z: np.where(z > 0, z, rate * z),
        lambda z: np.where(z > 0, 1.0, rate),
        f"max({rate:g} z, z)" if rate <= 1 else "phi(z)",
        f'1 " or " {rate:g}',
    )


def _tanh(options: Mapping[str, Any]) -> Nonlinearity:
    return Nonlinearity(
        "Tanh", lambda z: np.asarray(np.tanh(z)), lambda z: 1 - np.tanh(z) ** 2, "tanh z", "1 - a^2"
    )


def _logistic(options: Mapping[str, Any]) -> Nonlinearity:
    return Nonlinearity(
        "Sigmoid",
        _sigmoid,
        lambda z: _sigmoid(z) * _sigmoid(-z),
        "1 \\/ (1 + e^(-z))",
        "a (1 - a)",
    )


def _silu(options: Mapping[str, Any]) -> Nonlinearity:
    return Nonlinearity(
        "SiLU",
        lambda z: z * _sigmoid(z),
        lambda z: _sigmoid(z) * (1 + z * _sigmoid(-z)),
        "z dot sigma(z)",
        "sigma(z) + z sigma'(z)",
    )


def _gelu(options: Mapping[str, Any]) -> Nonlinearity:
    """Hendrycks and Gimpel (2016), z·Φ(z), exactly or by tanh."""
    formula, slope = "z dot Phi(z)", "Phi(z) + z Phi'(z)"
    if options.get("approximate") == "tanh":

        def inner(z: Array) -> Array:
            return np.asarray(np.tanh(_ROOT * (z + 0.044715 * z**3)))

        def rise(z: Array) -> Array:
            steep = (1 - inner(z) ** 2) * _ROOT * (1 + 3 * 0.044715 * z**2)
            return np.asarray(0.5 * (1 + inner(z)) + 0.5 * z * steep)

        return Nonlinearity("GELU", lambda z: 0.5 * z * (1 + inner(z)), rise, formula, slope)

    def normal(z: Array) -> Array:
        return np.asarray(0.5 * (1 + _ERF(z / math.sqrt(2))))

    def density(z: Array) -> Array:
        return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))

    return Nonlinearity("GELU", lambda z: z * normal(z), lambda z: normal(z) + z * density(z), formula, slope)


def _elu(options: Mapping[str, Any]) -> Nonlinearity:
    alpha = float(options.get("alpha", 1.0))
    times = "" if alpha == 1 else f"{alpha:g}"
    return Nonlinearity(
        "ELU",
        lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))),
        f'z " or " {times}(e^z - 1)',
        f'1 " or " {times}e^z',
    )


def _softplus(options: Mapping[str, Any]) -> Nonlinearity:
    beta = float(options.get("beta", 1.0))
    times = "" if beta == 1 else f"{beta:g}"
    return Nonlinearity(
        "Softplus",
        lambda z: np.logaddexp(0, beta * z) / beta,
        lambda z: _sigmoid(beta * z),
        f"{'' if beta == 1 else f'1/{beta:g} '}ln(1 + e^({times}z))",
        f"sigma({times}z)",
    )


KNOWN: dict[str, Callable[[Mapping[str, Any]], Nonlinearity]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "Tanh": _tanh,
    "Sigmoid": _logistic,
    "SiLU": _silu,
    "GELU": _gelu,
    "ELU": _elu,
    "Softplus": _softplus,
}
"""What makes the function of a class, from the options that the class was made with."""


def hill(rate: float, shift: float, bounded: bool) -> Nonlinearity:
    """The derivative activation of one unit: a = f′(u)/24 at u = shift + rate · z where −3 ≤ u ≤ 1, else 0.

    Unless `bounded` it is a = f′(z) everywhere, as published.
    """
    if not bounded:
        return Nonlinearity("DerivativeActivation", df, d2f, "f'(z)", "f''(z)")
    low, high = DERIVATIVE_ZEROS
    peak = DERIVATIVE_PEAK[1]

    def function(z: Array) -> Array:
        return np.asarray(df(np.clip(shift + rate * z, low, high)) / peak)

    def derivative(z: Array) -> Array:
        u = shift + rate * z
        return np.where((low < u) & (u < high), d2f(u) / peak * rate, 0.0)

    return Nonlinearity(
        "DerivativeActivation",
        function,
        derivative,
        "f'(u) \\/ 24",
        "frac(f''(u), 24) dot frac(1, 2 sigma)",
        rate,
        shift,
    )


def known(kind: str, options: Mapping[str, Any]) -> Nonlinearity | None:
    """The function of a layer's class, as made with `options`; None of a class that is none of `KNOWN`."""
    return KNOWN[kind](options) if kind in KNOWN else None
