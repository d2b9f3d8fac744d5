"""The focal loss of one decision, as a function of how sure the right answer is.

Source: Lin, Goyal, Girshick, He & Dollár, "Focal loss for dense object detection", 2017, section 3 and
appendices A and B. p_t is the probability that the network gives to the right answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

GAMMAS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""The focus γ of the curves in figure 1 of the source; 0 is the cross-entropy."""
DECILES = 10


def loss(p_t: ArrayLike, gamma: float) -> Array:
    """−(1 − p_t)^γ ln p_t, in nats, for 0 < p_t ≤ 1 and any shape.

    Examples
    --------
    >>> loss([0.5, 0.9], 2).round(4).tolist()
    [0.1733, 0.0011]
    """
    p = np.asarray(p_t, float)
    return np.asarray(-((1 - p) ** gamma) * np.log(p))


def pull(p_t: ArrayLike, gamma: float) -> Array:
    """How strongly the loss pulls on the logit, |∂loss/∂z| = (1 − p_t)^γ (1 − p_t − γ p_t ln p_t).

    For γ = 0 that is 1 − p_t. Nothing is pulled the wrong way: the slope has the sign of the error.

    Examples
    --------
    >>> pull(0.9, 0).round(4), pull(0.9, 2).round(4)
    (0.1, 0.0029)
    """
    p = np.asarray(p_t, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(p > 0, p * np.log(p), 0.0)
    return np.asarray((1 - p) ** gamma * (1 - p - gamma * known))


def deciles(p_t: ArrayLike) -> NDArray[np.int64]:
    """0 for p_t < 0.1, 1 for p_t < 0.2, … 9 from 0.9 on."""
    return np.minimum((np.asarray(p_t, float) * DECILES).astype(np.int64), DECILES - 1)


def at_loss(height: float, gamma: float) -> float:
    """The p_t at which the loss has some height, by bisection: it falls everywhere.

    Examples
    --------
    >>> round(at_loss(0.6931, 0), 3)
    0.5
    """
    low, high = 1e-12, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(loss(middle, gamma)) > height else (low, middle)
    return low
