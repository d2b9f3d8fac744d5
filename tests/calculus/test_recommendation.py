"""The score table as numbers: what is recommended, ties, and probabilities that are none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivviz.calculus.recommendation import multipliers, number, recommend_from
from derivviz.calculus.score import DISHES, scores
from derivviz.errors import UsageError

weights = st.lists(st.floats(1e-6, 1), min_size=1, max_size=40)


@given(weights, st.floats(0, 10))
def test_every_number_follows_from_the_formula(weights: list[float], hunger: float) -> None:
    p = np.array(weights) / sum(weights)
    answer = recommend_from(p, hunger, [f"dish {i}" for i in range(len(p))])
    for i, row in enumerate(answer.rows):
        assert row.x == pytest.approx(4 * hunger / 10 - 3 + 0.3 * i)
        assert row.slope == pytest.approx(-6 * row.x**2 - 12 * row.x + 18)
        assert row.factor == pytest.approx(1 + row.slope / 20)
        assert row.score == pytest.approx(row.p * row.factor)
    top = scores(p, hunger).max()
    assert answer.best.score == pytest.approx(top)
    assert answer.best == answer.ties[0]
    assert all(row.score == pytest.approx(top, abs=1e-11) for row in answer.ties)
    assert top >= 0, "the first dish has a factor of 1 at the least"
    json.dumps(answer.to_dict(), allow_nan=False)


def test_the_published_table_is_the_multipliers() -> None:
    answer = multipliers(6)
    assert not answer.distribution
    assert [round(row.score, 2) for row in answer.rows] == [2.15, 2.05, 1.9, 1.69, 1.43]
    assert answer.to_dict()["predicted"] is None


def test_a_tie_goes_to_the_first() -> None:
    answer = recommend_from([0.5, 0.5, 0, 0, 0], 4.625)  # x₀ and x₁ lie as far from the top of f′
    assert [row.dish for row in answer.ties] == ["pizza", "chicken"]
    assert answer.best.dish == "pizza"
    one_hot = recommend_from([0, 0, 0, 0, 1], 10)  # salad alone, at a negative multiplier
    assert one_hot.best.dish == "pizza"
    assert [row.dish for row in one_hot.ties] == ["pizza", "chicken", "hamburger", "pasta"]
    assert [row.dish for row in one_hot.repelled] == ["pasta", "salad"]


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([0.3] * 5, r"sum to 1\.5.*Divided by their sum they are 0\.2,0\.2"),
        ([0.0] * 5, "sum to 0"),
        ([20, 50, 10, 10, 10], r"pizza is 20.*20 % is 0\.2"),
        ([-0.1, 1.1, 0, 0, 0], r"pizza is -0\.1"),
        ([math.nan, 1, 0, 0, 0], "pizza is nan"),
        ([math.inf, 1, 0, 0, 0], "pizza is inf"),
        ([0.5, 0.5], "5 classes"),
        ([[0.2] * 5], "5 classes"),
        (["a"] * 5, "not all numbers"),
        ([None] * 5, "pizza is nan"),
    ],
)
def test_what_is_no_distribution(p: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        recommend_from(p, 6)  # type: ignore[arg-type]


def test_rounded_probabilities_are_a_distribution() -> None:
    assert recommend_from([0.333, 0.333, 0.333, 0, 0.0005], 6).distribution


@pytest.mark.parametrize("hunger", [-0.1, 10.1, math.nan, math.inf])
def test_hunger_outside_its_scale(hunger: float) -> None:
    with pytest.raises(UsageError, match=r"0 .*10"):
        multipliers(hunger)


def test_dishes_are_found_by_either_name_and_others_suggested() -> None:
    answer = multipliers(6)
    for name in ("chicken", "Fried Chicken", "치킨", " CHICKEN "):
        assert answer.row(name).dish == "chicken"
    with pytest.raises(UsageError, match=r"'salat'. Did you mean 'salad'\? There are: pizza, chicken"):
        answer.row("salat")
    many = recommend_from([0.01] * 100, 6, [f"class {i}" for i in range(100)])
    with pytest.raises(UsageError, match="and 88 more"):
        many.row("sushi")


def test_the_explanation_has_every_number_in_both_languages() -> None:
    answer = recommend_from([0.1, 0.2, 0.3, 0.3, 0.1], 10)
    for language in ("en", "ko"):
        told = answer.explain(answer.rows[4], language)
        for part in (
            "4·10/10 − 3 + 0.3·4 = 2.2",
            "f′(x) = −37.44",
            "1 − 37.44/20 = −0.872",
            "0.1 · (−0.872) = −0.087",
        ):
            assert part in told
    assert answer.explain(language="ko").startswith("치킨: ")
    assert recommend_from([1.0], 6, ["비빔밥"]).explain(language="ko").startswith("비빔밥: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-1e-16, "0"),
        (0.25, "0.25"),
        (-37.44, "−37.44"),
        (1e-4, "0.0001"),
        (10.0, "10"),
    ],
)
def test_how_numbers_are_written(value: float, text: str) -> None:
    assert number(value) == text


def test_the_order_of_the_dishes_is_the_order_of_the_rows() -> None:
    assert tuple(row.dish for row in multipliers(0).rows) == DISHES
