"""The cubic that drives the food recommender, f(x) = −2x³ − 6x² + 18x, and its derivatives.

Source: the derivative-driven food recommender. The functions use operators
alone, so that a float, a NumPy array and a torch tensor all go through the same line.
"""

from __future__ import annotations

from typing import Any, TypeVar

Number = TypeVar("Number", float, Any)
"""A float, a NumPy array of any shape, or a torch tensor: whatever goes in comes out."""

DERIVATIVE_ZEROS = (-3.0, 1.0)
"""Where f′ = 0. f increases between them and decreases outside."""

LOCAL_MINIMUM = (-3.0, -54.0)
"""The point (x, f(x)) of the local minimum."""

LOCAL_MAXIMUM = (1.0, 10.0)
"""The point (x, f(x)) of the local maximum."""

INFLECTION = (-1.0, -22.0)
"""The point (x, f(x)) at which f″ = 0 and f is steepest."""

DERIVATIVE_PEAK = (-1.0, 24.0)
"""The point (x, f′(x)) of the largest slope that f has."""


def f(x: Number) -> Number:
    """The cubic, f(x) = −2x³ − 6x² + 18x.

    Parameters
    ----------
    x
        Float, array or tensor of any shape; dimensionless.
    """
    return -2 * x**3 - 6 * x**2 + 18 * x


def df(x: Number) -> Number:
    """Its derivative, f′(x) = −6x² − 12x + 18: the recommender's activation, factor and score."""
    return -6 * x**2 - 12 * x + 18


def d2f(x: Number) -> Number:
    """Its second derivative, f″(x) = −12x − 12: what back-propagation meets where f′ is the activation."""
    return -12 * x - 12
