"""The three uses of f′: the published numbers, and functions that have none."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.calculus.expression import parse
from derivviz.calculus.score import DISHES, multiplier
from derivviz.calculus.uses import INDEX, first_hunger, is_original, multipliers, step_factor, usable
from derivviz.errors import UsageError

CUBIC = parse("-2x^3 - 6x^2 + 18x")


def test_the_published_scores() -> None:
    slope = usable(CUBIC, 6, 0)
    found = dict(zip(DISHES, np.round(multipliers(slope, 6), 2), strict=True))
    assert (found["pasta"], found["chicken"], found["salad"]) == (1.69, 2.05, 1.43)
    for hunger in (0.0, 3.7, 10.0):
        np.testing.assert_allclose(multipliers(slope, hunger), multiplier(INDEX, hunger), rtol=1e-12)


def test_the_factor_is_that_of_the_optimizer(torch) -> None:
    from derivviz.learning.factor import step_factor as of_weights

    slope = usable(CUBIC, 6, 0)
    for mean in (-3.0, -1.0, 0.0, 0.4, 2.5):
        assert step_factor(slope, mean) == pytest.approx(of_weights(torch.full((4,), mean)), rel=1e-6)
    np.testing.assert_allclose(step_factor(slope, [-3.0, -1.0, 0.0, 1.0]), [1, 2.2, 1.9, 1])


def test_other_functions_and_the_same_one_in_another_form() -> None:
    assert is_original(parse("5 - 2x(x^2 + 3x - 9)").derivative())
    assert not is_original(parse("sin(x)").derivative())
    np.testing.assert_allclose(multipliers(usable(parse("x^2"), 5, 1), 5), 1 + 2 * (-1 + 0.3 * INDEX) / 20)


@pytest.mark.parametrize(
    ("text", "hunger", "mean", "words"),
    [
        ("log(x)", 6, 1, "no value at x = -0.6"),
        ("|x|", 6, 1, "no value at x = 0, where it is needed: choose another --hunger"),
        ("1/(x-5)", 6, 5, "choose another --mean"),
        ("x", 11, 0, "Hunger is 11"),
    ],
)
def test_where_there_is_no_derivative(text: str, hunger: float, mean: float, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        usable(parse(text), hunger, mean)


def test_the_walk_begins_where_all_have_a_value() -> None:
    assert first_hunger(CUBIC.derivative(), 6) == 0
    slope = parse("sqrt(x + 2)").derivative()
    begin = first_hunger(slope, 6)
    assert begin == pytest.approx(2.5, abs=0.04)  # pizza leaves −2 behind
    assert np.isfinite([multipliers(slope, h) for h in np.linspace(begin, 6, 50)]).all()
