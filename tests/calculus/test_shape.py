"""The shape of a graph: against closed forms, SymPy, and what finite differences say of samples."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from derivviz.calculus import cubic
from derivviz.calculus.expression import parse
from derivviz.calculus.shape import MOST_TURNS, Shape
from derivviz.calculus.window import heights, interval, window
from derivviz.errors import UsageError

MANY = (
    "-2x^3-6x^2+18x", "sin(3x)", "x^3", "tan(x)", "1/x^2", "|x|", "x^(2/3)", "log(x)", "exp(-x^2)", "x^4-2x^2",
    "sqrt(x)", "|x|/x", "x+sin(x)", "cbrt(x)", "1/(x^2-1)", "x log(x)", "5", "2x+1", "(x^2-1)/(x-1)", "exp(x)",
    "exp(x) sin(x)", "log(|x|)", "x^x", "|x|+x", "|x^2-1|", "sqrt(4-x^2)", "sin(x)/x", "x^2+1000000", "atan(1/x)",
    "(x-1/3)^2", "asin(x)", "x/(1+x^2)", "tanh(x)", "2^x",
)  # fmt: skip


def xs(points) -> list[float]:
    return [one.x for one in points]


def test_the_cubic_of_the_recommender() -> None:
    shape = Shape(parse("-2x^3 - 6x^2 + 18x"), -5, 3)
    assert [(e.x, e.y, e.maximum, e.smooth) for e in shape.extrema] == [
        (*cubic.LOCAL_MINIMUM, False, True),
        (*cubic.LOCAL_MAXIMUM, True, True),
    ]
    assert shape.zeros == cubic.DERIVATIVE_ZEROS
    assert [(p.x, p.y) for p in shape.inflections] == [cubic.INFLECTION]
    assert [(s.low, s.high, s.sign) for s in shape.stretches] == [(-5, -3, -1), (-3, 1, 1), (1, 3, -1)]
    assert shape.breaks == shape.kinks == ()
    x = np.linspace(-5, 3, 33)
    np.testing.assert_array_equal(shape.slope(x), cubic.df(x))
    np.testing.assert_array_equal(shape.bend(x), cubic.d2f(x))


@pytest.mark.parametrize("text", MANY)
def test_stretches_cover_the_domain_and_f_does_there_what_they_say(text: str) -> None:
    f = parse(text)
    shape = Shape(f, *window(f))
    assert shape.stretches[0].low == shape.domain[0][0]
    assert shape.stretches[-1].high == shape.domain[-1][1]
    for one in shape.stretches:
        x = np.linspace(one.low, one.high, 203)[1:-1]
        y = f(x)
        rounding = 4 * np.finfo(float).eps * np.abs(y[1:])
        if one.sign:
            assert (np.diff(y) * one.sign >= -rounding).all()
            assert (y[-1] - y[0]) * one.sign > 0
        else:
            assert np.ptp(y) <= 1e-9 * max(1.0, float(np.abs(y).max()))
    for x0, x1 in zip(shape.stretches, shape.stretches[1:], strict=False):
        assert x0.high <= x1.low


@pytest.mark.parametrize("text", MANY)
def test_no_extremum_and_no_inflection_is_missed_or_invented(text: str) -> None:
    f = parse(text)
    shape = Shape(f, *window(f))
    step = 1e-4 * (shape.high - shape.low)
    for e in shape.extrema:
        beside = f(np.array([e.x - step, e.x + step]))
        assert (beside < e.y if e.maximum else beside > e.y).all()
        if e.smooth:
            size = np.nanmedian(np.abs(shape.slope(np.linspace(shape.low, shape.high, 99))))
            assert abs(shape.value(shape.slope, e.x)) <= 1e-6 * size
    for p in shape.inflections:
        before, after = (
            f(np.array([p.x - 2 * step, p.x - step, p.x])),
            f(np.array([p.x, p.x + step, p.x + 2 * step])),
        )
        if np.isfinite([*before, *after]).all():
            assert np.sign(before @ [1, -2, 1]) == -np.sign(after @ [1, -2, 1])
    # Every turn of densely sampled values has its extremum.
    x = np.linspace(shape.low, shape.high, 3001)
    y = f(x)
    middle = y[1:-1]
    turned = (middle - y[:-2]) * (y[2:] - middle) < -1e-18 * np.maximum(1, middle**2)
    for place in x[1:-1][turned]:
        known = [*xs(shape.extrema), *xs(shape.breaks)]
        assert min((abs(place - other) for other in known), default=math.inf) < 2 * (x[1] - x[0])


coefficients = st.lists(st.integers(-6, 6), min_size=2, max_size=6)


@settings(max_examples=25, deadline=None)
@given(coefficients)
def test_random_polynomials_against_their_roots(numbers: list[int]) -> None:
    f = parse(" + ".join(f"({c})*x^{n}" for n, c in enumerate(numbers)))
    shape = Shape(f, -7, 7)
    x = sympy.Symbol("x")
    p = sympy.Poly(sum(c * x**n for n, c in enumerate(numbers)), x)

    def odd_roots(poly: sympy.Poly) -> list[float]:
        if poly.is_zero or poly.degree() < 1:
            return []
        found: dict[float, int] = {}
        for factor, multiplicity in poly.factor_list()[1]:
            for root in np.roots([float(c) for c in factor.all_coeffs()]):
                if abs(root.imag) < 1e-9 and abs(root.real) < 7:
                    found[float(root.real)] = multiplicity
        return sorted(root for root, multiplicity in found.items() if multiplicity % 2)

    assert xs(shape.extrema) == pytest.approx(odd_roots(p.diff(x)), abs=1e-7)
    assert xs(shape.inflections) == pytest.approx(odd_roots(p.diff(x).diff(x)), abs=1e-7)


def test_a_sine_has_its_extrema_at_odd_multiples_of_a_quarter_turn() -> None:
    shape = Shape(parse("sin(3x)"), -2, 2)
    assert xs(shape.extrema) == pytest.approx(
        [-math.pi / 2, -math.pi / 6, math.pi / 6, math.pi / 2], abs=1e-12
    )
    assert xs(shape.inflections) == pytest.approx([-math.pi / 3, 0, math.pi / 3], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("|x|", [(0, -1, 1)]),
        ("|x - 1/3| + 2x", [(1 / 3, 1, 3)]),
        ("x^(2/3)", [(0, -math.inf, math.inf)]),
        ("cbrt(x)", [(0, math.inf, math.inf)]),
        ("|x^2 - 1|", [(-1, -2, 2), (1, -2, 2)]),
        ("|x| x", []),
        ("exp(-|x|)", [(0, 1, -1)]),
    ],
)
def test_points_without_a_derivative(text: str, kinks: list[tuple[float, float, float]]) -> None:
    found = Shape(parse(text), -3, 2.9).kinks
    assert [value for one in found for value in (one.x, one.left, one.right)] == pytest.approx(
        [value for one in kinks for value in one], abs=1e-6
    )


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("1/x", [(0, -math.inf, math.inf)]),
        ("1/x^2", [(0, math.inf, math.inf)]),
        ("log(|x|)", [(0, -math.inf, -math.inf)]),
        ("|x|/x", [(0, -1, 1)]),
        ("atan(1/x)", [(0, -math.pi / 2, math.pi / 2)]),
        ("tan(x)", [(-math.pi / 2, math.inf, -math.inf), (math.pi / 2, math.inf, -math.inf)]),
        ("(x^2 - 1)/(x - 1)", []),
        ("sin(x)/x", []),
        ("tanh(1000000x)", []),
    ],
)
def test_poles_and_jumps(text: str, breaks: list[tuple[float, float, float]]) -> None:
    found = Shape(parse(text), -3, 2.9).breaks
    assert [value for one in found for value in (one.x, one.left, one.right)] == pytest.approx(
        [value for one in breaks for value in one], abs=1e-6
    )


def test_level_tangents_that_are_no_extrema() -> None:
    for text, at in (("x^3", 0.0), ("x + sin(x)", math.pi), ("(x - 1)^3 + 2", 1.0)):
        shape = Shape(parse(text), -2, 5)
        assert shape.extrema == ()
        assert shape.zeros == pytest.approx((at,))
        assert [one.sign for one in shape.stretches] == [1]


def test_rounding_is_not_taken_for_shape() -> None:
    level = Shape(parse("tan(x) - sin(x)/cos(x) + 2"), -5, 3)
    assert [one.sign for one in level.stretches] == [0]
    assert level.extrema == level.breaks == level.kinks == ()
    flat = Shape(parse("x^8-8x^7+28x^6-56x^5+70x^4-56x^3+28x^2-8x+1"), -1, 3)  # (x − 1)⁸
    assert xs(flat.extrema) == [1.0]
    assert flat.inflections == ()


def test_intervals_that_cannot_be_told() -> None:
    with pytest.raises(UsageError, match="--to a larger number than --from"):
        Shape(parse("x"), 2, 2)
    with pytest.raises(UsageError, match="no value between -3 and -1"):
        Shape(parse("sqrt(x)"), -3, -1)
    with pytest.raises(UsageError, match=f"{MOST_TURNS} are the most"):
        Shape(parse("sin(x)"), -300, 300)


def test_the_window_shows_what_happens() -> None:
    assert window(parse("-2x^3 - 6x^2 + 18x")) == pytest.approx((-4.4, 2.4))
    for text, places in (
        ("(x-200)^2", [200]), ("sin(1000x)", [math.pi / 2000]), ("1000000x^3 - x", [-1 / math.sqrt(3e6)]),
        ("sqrt(x-5000)", [5000]), ("1/(x^2-1)", [-1, 1]), ("log(x)", [0]), ("asin(x)", [-1, 1]),
    ):  # fmt: skip
        low, high = window(parse(text))
        assert all(low < place < high for place in places), text
        assert high - low < 50 * max(abs(place) for place in places) + 10, text
    low, high = window(parse("sin(1/x)"))  # it turns without end towards 0
    assert len(Shape(parse("sin(1/x)"), low, high).extrema) in range(1, MOST_TURNS)
    with pytest.raises(UsageError, match="has no value anywhere near 0"):
        window(parse("sqrt(-1-x^2)"))


def test_what_is_given_of_an_interval_is_kept() -> None:
    f = parse("-2x^3 - 6x^2 + 18x")
    assert interval(f, None, None) == window(f)
    assert interval(f, -2.0, None) == (-2.0, window(f)[1])
    assert interval(f, -2.0, 7.0) == (-2.0, 7.0)


def test_heights_cut_poles_off_and_keep_what_has_to_be_seen() -> None:
    x = np.linspace(-3, 3, 601)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = heights(parse("1/x")(x))
        assert -5 < low < -0.5 < 0.5 < high < 5
        low, high = heights(parse("1/x")(x), [40.0])
        assert high > 40
        low, high = heights(x**2)
        assert (low, high) == pytest.approx((-0.9, 9.9))
        low, high = heights(np.full(9, 5.0))
        assert low < 5 < high
        low, high = heights(np.full(9, np.nan))
        assert low < high


def test_heights_that_are_only_rounding_are_zero():
    f = parse("tan(x)")
    assert [one.y for one in Shape(f, -7, 7).inflections] == [0.0] * 5
