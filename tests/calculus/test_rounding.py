"""Errors of difference quotients: their orders, the two regimes, both precisions, the best step."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.calculus.expression import parse
from derivviz.calculus.rounding import WAYS, Errors, derivatives, errors, quotient, steps
from derivviz.errors import DerivvizError, UsageError

CURVED = [
    ("x*exp(x)", 1.0), ("sin(x)", 1.0), ("sqrt(x)", 2.0), ("1/(1+exp(-x))", 0.5), ("ln(x)", 3.0),
    ("x^x", 1.5), ("cos(x)", -2.5), ("x^(1/3)", -2.0), ("x^3", 2.0),
]  # fmt: skip


def test_the_published_slopes_and_what_becomes_of_them():
    f = parse("x^2 + 2x + 1")
    assert quotient(f, 1.0, 4.0) == 8.0
    assert quotient(f, 1.0, 0.1) == pytest.approx(4.1)
    assert quotient(f, 1.0, 1e-16) == 0.0  # 1 + h is 1
    assert quotient(f, 1.0, 4.0, "central") == 4.0
    assert quotient(f, 1.0, 4.0, "backward") == 0.0
    assert quotient(f, 1.0, np.array([1.0, 0.5])).shape == (2,)


@pytest.mark.parametrize("text", ["x^2", "x*exp(x)", "sin(x)/x", "sqrt(x)", "x^pi + 2", "cbrt(x) - 0.1"])
def test_float32_is_float32_from_the_first_sign_to_the_last(text):
    h = np.float32(1e-3)
    a = np.float32(1.1)
    plain = {
        "x^2": lambda x: x**2,
        "x*exp(x)": lambda x: x * np.exp(x),
        "sin(x)/x": lambda x: np.sin(x) / x,
        "sqrt(x)": np.sqrt,
        "x^pi + 2": lambda x: np.float32(float(x) ** np.pi) + np.float32(2),
        "cbrt(x) - 0.1": lambda x: np.cbrt(x) - np.float32(0.1),
    }[text]
    wanted = (plain(a + h) - plain(a)) / h
    assert wanted.dtype == np.float32
    assert quotient(parse(text), 1.1, 1e-3, precision=np.float32) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("text", "at"), CURVED)
@pytest.mark.parametrize("way", WAYS)
def test_with_a_step_that_is_not_small_the_error_is_that_of_the_bend(text, at, way):
    found = errors(parse(text), at, way, h=np.array([1e-3, 1e-4]))
    assert found.order == (2 if way == "central" else 1)
    np.testing.assert_allclose(found.error, found.truncation * found.h**found.order, rtol=0.02, atol=2e-11)


@pytest.mark.parametrize(("text", "at"), CURVED)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_theory_bounds_the_error_and_finds_the_size_of_the_best_step(text, at, way, precision):
    found = errors(parse(text), at, way, precision)
    small = found.h < 0.05
    bound = 2 * found.truncation * found.h**found.order + 3 * found.rounding / found.h
    assert (found.error <= bound)[small].all()
    assert found.error[-1] > 1e-2 * abs(found.slope)  # at 1e−16 nothing is right
    ratio = found.h[found.best] / found.predicted
    assert 1 / 30 < ratio < 30
    epsilon = np.finfo(precision).eps
    scale = epsilon ** (1 / (found.order + 1))
    assert 1 / 60 < found.predicted / scale < 60


def test_errors_are_those_of_exact_arithmetic():
    found = errors(parse("x^3"), 0.1, h=np.array([0.5]))
    a = 0.1  # not 1/10: the number that the machine has
    assert found.slope == pytest.approx(3 * a * a, rel=1e-15)
    assert found.error[0] == pytest.approx(3 * a * 0.5 + 0.25, rel=1e-14)


def test_a_parabola_has_no_error_in_the_middle_but_rounding():
    found = errors(parse("x^2 + 2x + 1"), 1.0, "central")
    assert found.truncation == 0
    assert found.predicted is None
    assert found.error[0] == 0


def test_a_step_that_is_right_by_luck_is_not_the_best():
    error = np.full(41, 1.0)
    error[:20] = 1e-3
    error[30] = 0.0
    found = Errors(steps(5), error, 1.0, 1.0, 1e-16, 1)
    assert found.error[found.best] == 1e-3


def test_outside_the_domain_there_is_no_error():
    found = errors(parse("sqrt(x)"), 0.5, "central")
    assert np.isnan(found.error[0])
    assert np.isfinite(found.error[-1])
    assert np.isfinite(found.error[found.best])


def test_derivatives_of_higher_order():
    assert [float(d) for d in derivatives(parse("x^4"), 2.0)] == [16, 32, 48, 48]
    assert [float(d) for d in derivatives(parse("7"), 2.0)] == [7, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("|x|", 0.0, "no derivative at x = 0"),
        ("1/x", 0.0, "no value at x = 0"),
        ("cbrt(x)", 0.0, "no derivative"),
    ],
)
def test_where_there_is_none_it_is_said(text, at, words):
    with pytest.raises(DerivvizError, match=words):
        errors(parse(text), at)


def test_a_step_has_to_be_above_zero():
    for h in (0.0, -1e-3):
        with pytest.raises(UsageError, match="above 0"):
            quotient(parse("x"), 1.0, h)
    assert steps()[0] == 1
    assert steps()[-1] == pytest.approx(1e-16)
    assert (np.diff(steps()) < 0).all()
