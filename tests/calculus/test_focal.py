"""The focal loss of one decision: its value and slope against SymPy, and what the source says of them."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from derivviz.calculus.focal import GAMMAS, deciles, loss, pull

SURE = st.floats(1e-6, 1 - 1e-9)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_pull_is_the_derivative_by_the_logit(gamma: float) -> None:
    z = sympy.Symbol("z", real=True)
    p = 1 / (1 + sympy.exp(-z))
    slope = sympy.lambdify(z, sympy.diff(-((1 - p) ** sympy.Rational(gamma)) * sympy.log(p), z), "mpmath")
    for at in (-6.0, -1.0, 0.0, 0.5, 3.0, 8.0):
        p_t = 1 / (1 + np.exp(-at))
        assert float(pull(p_t, gamma)) == pytest.approx(-float(slope(at)), rel=1e-9)


@given(SURE)
def test_without_focus_it_is_the_cross_entropy(p: float) -> None:
    assert float(loss(p, 0)) == -np.log(p)
    assert float(pull(p, 0)) == pytest.approx(1 - p, rel=1e-12)


@given(SURE, st.floats(0, 8))
def test_focus_only_takes_away(p: float, gamma: float) -> None:
    assert 0 <= float(loss(p, gamma)) <= float(loss(p, 0)) + 1e-12
    assert float(pull(p, gamma)) >= 0
    # The easy half loses more than the hard half: what is left of the loss falls with p_t.
    assert float(loss(p, gamma) / loss(p, 0)) == pytest.approx((1 - p) ** gamma, rel=1e-9)


def test_the_numbers_of_the_source() -> None:
    """Section 3.2, for γ = 2: at 0.9 the loss is 100 times lower, at 0.968 about 1000, up to 0.5 at most 4."""
    assert float(loss(0.9, 0) / loss(0.9, 2)) == pytest.approx(100)
    assert float(loss(0.968, 0) / loss(0.968, 2)) == pytest.approx(1000, rel=0.03)
    assert float(loss(0.5, 0) / loss(0.5, 2)) == pytest.approx(4)


def test_at_the_ends_and_by_tenths() -> None:
    assert pull([0.0, 1.0], 2).tolist() == [1.0, 0.0]
    assert deciles([0.0, 0.0999, 0.1, 0.5, 0.8999, 0.9, 1.0]).tolist() == [0, 0, 1, 5, 8, 9, 9]
