"""Score adjustment: how hunger, through f′, moves the probabilities of the dishes.

Source: the derivative-driven food recommender, third use of f′:
``x_i = 4h/10 − 3 + 0.3 i`` and ``score_i = p_i · (1 + f′(x_i)/20)``. As hunger h goes from 0 to 10 the
operating point of dish 0 walks from −3 to 1, just the interval on which f increases.

The formula was made for five dishes. For any other number of classes it is taken as it stands, with i the
class's place: the later a class, the sooner hunger carries it past 1, where f′ is negative, and past 1.71,
where f′ < −20 and the multiplier is negative as well. The class at place 16 is there at every hunger, so from
it on no class can win (`UNREACHABLE`).
"""

from __future__ import annotations

import math
from unicodedata import normalize

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import df
from derivviz.errors import UsageError

DISHES = ("pizza", "chicken", "hamburger", "pasta", "salad")
"""The classes of the recommender in their fixed order: the place in this tuple is i."""

KOREAN = {"pizza": "피자", "chicken": "치킨", "hamburger": "햄버거", "pasta": "파스타", "salad": "샐러드"}
"""The same dishes as a Korean reader names them."""

UNREACHABLE = 16
"""The first place whose multiplier is negative at every hunger: x_i > −1 + √(22/3), where f′ = −20."""

_ALIASES = {"fried_chicken": "chicken", **{korean: dish for dish, korean in KOREAN.items()}}


def name_key(name: str) -> str:
    """What two names of one class share.

    Upper and lower case, composed and decomposed letters, spaces, hyphens and underscores make no
    difference; the dishes have Korean names as well, and chicken may be fried.
    """
    plain = normalize("NFC", normalize("NFC", name).casefold())
    plain = "_".join(plain.replace("-", " ").replace("_", " ").split()) or name
    return _ALIASES.get(plain, plain)


def check_hunger(hunger: float) -> float:
    """The hunger level itself when it lies in 0…10; otherwise a `UsageError`."""
    if not (math.isfinite(hunger) and 0 <= hunger <= 10):
        raise UsageError(f"Hunger is {hunger:g}, but it goes from 0 (full) to 10 (starving). Try --hunger 6.")
    return hunger


def operating_point(i: ArrayLike, hunger: ArrayLike) -> NDArray[np.float64]:
    """Where on f′ dish `i` stands, x_i = 4h/10 − 3 + 0.3 i.

    Parameters
    ----------
    i
        Place of the dish in the canonical order, or an array of places.
    hunger
        Hunger level h in 0…10, or an array that broadcasts with `i`.

    Returns
    -------
    ndarray of float64, the broadcast shape (a float64 scalar for scalars)
    """
    return 4 * np.asarray(hunger, np.float64)[()] / 10 - 3 + 0.3 * np.asarray(i, np.float64)[()]


def multiplier(i: ArrayLike, hunger: ArrayLike) -> NDArray[np.float64]:
    """What the probability of dish `i` is multiplied by, 1 + f′(x_i)/20. Shapes as `operating_point`."""
    return 1 + df(operating_point(i, hunger)) / 20


def scores(probabilities: ArrayLike, hunger: float) -> NDArray[np.float64]:
    """The score of every dish, p_i · (1 + f′(x_i)/20).

    Parameters
    ----------
    probabilities
        p_i of each dish in the canonical order, shape (..., dishes). The published table has p = 1 for each.
    hunger
        Hunger level h in 0…10.

    Returns
    -------
    ndarray of float64, shape (..., dishes)
        The largest along the last axis is the dish to recommend.

    Raises
    ------
    UsageError
        If hunger lies outside 0…10.
    """
    p = np.asarray(probabilities, np.float64)
    return p * multiplier(np.arange(p.shape[-1]), check_hunger(hunger))


HUNGERS = np.linspace(0, 10, 1001)  # at which rankings are looked up


def course(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of all classes at every hunger of 0, 0.01, …, 10, shape (hunger, class)."""
    return np.asarray(p * multiplier(np.arange(len(p)), HUNGERS[:, None]))


def worth(p: NDArray[np.float64]) -> float:
    """How much hunger matters: the mean gain in score over always naming the likeliest dish."""
    value = course(p)
    return float((value.max(axis=1) - value[:, int(np.argmax(p))]).mean())


def changes(p: NDArray[np.float64]) -> list[tuple[float, int, int]]:
    """Each hunger at which the recommendation changes, with the dish before and the one after."""
    best = course(p).argmax(axis=1)
    found = []
    for k in np.flatnonzero(np.diff(best)):
        low, high, before = HUNGERS[k], HUNGERS[k + 1], int(best[k])
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if np.argmax(scores(p, middle)) == before else (low, middle)
        found.append((float(high), before, int(best[k + 1])))
    return found
