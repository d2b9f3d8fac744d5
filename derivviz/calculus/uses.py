"""The three places in which the food recommender uses f′, for the derivative of any function.

Source: the derivative-driven food recommender: a = f′(z) in place of an activation, 1 + |f′(mean w)|/20 as
factor on a learning step, and 1 + f′(x_i)/20 as multiplier of the probability of dish i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import df
from derivviz.calculus.expression import Expression
from derivviz.calculus.score import DISHES, check_hunger, operating_point
from derivviz.errors import UsageError

Array = NDArray[np.float64]
INDEX = np.arange(len(DISHES))
"""The places i of the dishes."""


def usable(function: Expression, hunger: float, mean: float) -> Expression:
    """f′, once it is sure to have a value where the dishes and the weights stand.

    Parameters
    ----------
    function
        f.
    hunger
        h in 0…10.
    mean
        Mean of the weights that are updated.

    Raises
    ------
    UsageError
        Naming the place at which f′ has no value, and what to change.
    """
    slope, at = function.derivative(), operating_point(INDEX, check_hunger(hunger))
    for flag, places in (("hunger", at), ("mean", np.array([mean]))):
        places = np.round(places, 12)  # 2.4 − 3 + 0.6 is 0
        missing = places[~np.isfinite(slope(places))]
        if len(missing):
            raise UsageError(
                f"the derivative of {function.text} has no value at x = {missing[0] + 0.0:g}, where it is needed: "
                f"choose another --{flag} or another --function"
            )
    return slope


def is_original(slope: Expression) -> bool:
    """Whether it is the f′ of the published recommender, −6x² − 12x + 18, in whatever form."""
    x = np.linspace(-3, 3, 7)
    return bool(np.allclose(slope(x), df(x), rtol=1e-12, atol=1e-9))


def step_factor(slope: Expression, mean: ArrayLike) -> Array:
    """What a learning step is multiplied by, 1 + |f′(mean w)|/20; shape of `mean`."""
    return 1 + np.abs(slope(np.asarray(mean, np.float64))) / 20


def multipliers(slope: Expression, hunger: float) -> Array:
    """What the probability of each dish is multiplied by, 1 + f′(x_i)/20; shape (dishes,)."""
    return 1 + slope(operating_point(INDEX, hunger)) / 20


def first_hunger(slope: Expression, hunger: float) -> float:
    """The least hunger from which on f′ has a value for every dish, up to `hunger`."""
    h = np.linspace(0, hunger, 201)
    able = np.isfinite(slope(operating_point(INDEX, h[:, None]))).all(axis=1)
    return float(h[0 if able.all() else int(np.flatnonzero(~able)[-1]) + 1])
