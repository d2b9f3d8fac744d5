"""The cubic and the scores against the published facts."""

import numpy as np
import pytest
import sympy

from derivviz.calculus import cubic
from derivviz.calculus.score import DISHES, KOREAN, check_hunger, multiplier, operating_point, scores
from derivviz.errors import UsageError

x = sympy.Symbol("x", real=True)


def test_derivatives_of_the_cubic_are_those_sympy_finds():
    assert sympy.expand(cubic.f(x) - (-2 * x**3 - 6 * x**2 + 18 * x)) == 0
    assert sympy.expand(cubic.df(x) - sympy.diff(cubic.f(x), x)) == 0
    assert sympy.expand(cubic.d2f(x) - sympy.diff(cubic.f(x), x, 2)) == 0


def test_extrema_inflection_and_peak_slope():
    assert cubic.LOCAL_MAXIMUM == (1.0, cubic.f(1.0)) == (1, 10)
    assert cubic.LOCAL_MINIMUM == (-3.0, cubic.f(-3.0)) == (-3, -54)
    assert tuple(cubic.df(zero) for zero in cubic.DERIVATIVE_ZEROS) == (0, 0)
    assert cubic.DERIVATIVE_PEAK == (-1.0, cubic.df(-1.0)) == (-1, 24)
    assert cubic.f(-1.0) == cubic.INFLECTION[1] == -22
    assert cubic.d2f(-1.0) == 0
    between = np.linspace(-2.99, 0.99, 101)
    assert (cubic.df(between) > 0).all()
    assert cubic.df(np.array([-3.01, 1.01])).max() < 0


def test_published_scores_at_hunger_six():
    assert [f"{score:.2f}" for score in scores(np.ones(5), 6)] == ["2.15", "2.05", "1.90", "1.69", "1.43"]
    assert dict(zip(DISHES, np.round(scores(np.ones(5), 6), 2), strict=True))["chicken"] == 2.05


def test_operating_point_walks_the_interval_on_which_f_increases():
    assert operating_point(0, 0) == -3
    assert operating_point(0, 10) == 1
    assert operating_point(np.arange(5), 6) == pytest.approx([-0.6, -0.3, 0, 0.3, 0.6])
    assert operating_point(np.arange(5)[:, None], np.linspace(0, 10, 7)).shape == (5, 7)


def test_score_is_the_probability_times_the_multiplier():
    p = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [1, 0, 0, 0, 0]])
    assert scores(p, 2.5) == pytest.approx(p * multiplier(np.arange(5), 2.5))
    assert multiplier(0, 5) == pytest.approx(1 + 24 / 20)


@pytest.mark.parametrize("hunger", [-0.001, 10.001, float("nan"), float("inf")])
def test_hunger_outside_its_scale_is_refused(hunger):
    with pytest.raises(UsageError, match=r"from 0 .* to 10"):
        scores(np.ones(5), hunger)


def test_the_ends_of_the_hunger_scale_are_allowed():
    assert (check_hunger(0), check_hunger(10)) == (0, 10)


def test_every_dish_has_a_korean_name():
    assert list(KOREAN) == list(DISHES)
