"""Functions of two variables: values, partial derivatives, level points, and what is refused."""

import math
import time

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from derivviz.calculus.expression import ExpressionError
from derivviz.calculus.field import direction, level_point, parse_field
from derivviz.calculus.symbolic import SYMBOLS
from derivviz.look.math import typst_math

X, Y = SYMBOLS.values()


@pytest.mark.parametrize(
    ("text", "at", "value", "gradient"),
    [
        ("x^2 + x*y + 2*y^2", (1, 1), 4, (3, 5)),
        ("x² + xy + 2y²", (1, 1), 4, (3, 5)),
        ("x^2 - y^2", (3, 2), 5, (6, -4)),
        ("sin(x)cos(y)", (0, 0), 0, (1, 0)),
        ("exp(-x^2-y^2)", (0, 0), 1, (0, 0)),
        ("2x - 3y + 1", (5, 7), -10, (2, -3)),
        ("xy", (4, -2), -8, (-2, 4)),
        ("yx^2", (3, 2), 18, (12, 9)),
        ("1/(x^2 + y^2)", (1, 0), 1, (-2, 0)),
        ("sqrt(x^2 + y^2)", (3, 4), 5, (0.6, 0.8)),
        ("|x - y|", (3, 1), 2, (1, -1)),
        ("cbrt(xy)", (-8, 1), -2, (1 / 12, -2 / 3)),
        ("x", (4, 5), 4, (1, 0)),
        ("5", (4, 5), 5, (0, 0)),
    ],
)
def test_values_and_gradients_known_by_hand(text, at, value, gradient):
    f = parse_field(text)
    assert f(*at) == pytest.approx(value)
    assert f.gradient(*at) == pytest.approx(gradient)


def test_arrays_keep_their_shape():
    f = parse_field("x + 10*y")
    x, y = np.meshgrid([1.0, 2.0, 3.0], [0.0, 1.0])
    np.testing.assert_array_equal(f(x, y), [[1, 2, 3], [11, 12, 13]])
    assert f(x, 1.0).shape == (2, 3)
    assert f.gradient(x, y).shape == (2, 2, 3)
    assert f.hessian(x, y).shape == (2, 2, 2, 3)
    assert parse_field("7")(x, y).shape == (2, 3)


def test_outside_the_domain_there_is_neither_value_nor_slope():
    f = parse_field("log(x) + y")
    assert math.isnan(f(-1, 0))
    assert np.isnan(f.gradient(-1, 0)).all()  # though the rules give 1/x and 1 there
    assert math.isnan(parse_field("xy/(x^2 + y^2)")(0, 0))
    assert np.isnan(parse_field("|x| + y^2").gradient(0, 1)[0])


def test_partial_derivatives_are_written_in_the_same_notation():
    f = parse_field("x^2 + x*y + 2*y^2")
    assert (f.partial("x").text, f.partial("y").text) == ("2*x + y", "x + 4*y")
    assert typst_math(f.partial("y").tree) == "x + 4 y"
    assert parse_field(f.partial("x").text)(3, 4) == 10


@pytest.mark.parametrize(
    ("text", "at", "kind"),
    [
        ("x^2 - y^2", (0, 0), "saddle"),
        ("xy", (0, 0), "saddle"),
        ("x^2 + 3y^2", (0, 0), "minimum"),
        ("exp(-x^2-y^2)", (0, 0), "maximum"),
        ("x^4 + y^4", (0, 0), "undecided"),
        ("x^2", (0, 3), "undecided"),
        ("5", (0, 0), "undecided"),
        ("1000x^2 + 0.001y^2", (0, 0), "minimum"),
    ],
)
def test_level_points(text, at, kind):
    f = parse_field(text)
    assert f.gradient(*at) == pytest.approx((0, 0))
    assert level_point(f.hessian(*at)) == kind


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("", 0, "empty"),
        ("x + z", 4, "Unknown name 'z'"),
        ("xyz", 0, "Unknown name 'xyz'"),
        ("x^2 + y^", 8, "missing at the end"),
        ("x + y/0", 6, "divides by zero"),
        ("(-1)^y", 4, "With y in its exponent"),
        ("9**9**9**9*y", 4, "exponent is too large"),
        ("xy 3", 3, "Unexpected number 3"),
        ("y = 2", 2, "Unexpected '='"),
        ("log(y - y)", 0, "no real value"),
        ("__import__('os')", 0, "Unknown name"),
        ("y.__class__", 1, r"Unexpected '\.'"),
        ("((x^100)^100)^y^100", 8, "too large"),
        ("(" * 40 + "y" + ")" * 40, 30, "Nested"),
        ("y" * 501, 500, "501 characters"),
        ("exp(exp(exp(exp(9+y-y))))", 0, "no real value, or one that is too large"),
    ],
)
def test_errors_point_at_the_character_and_come_at_once(text, at, reason):
    start = time.thread_time()
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse_field(text)
    assert time.thread_time() - start < 1
    assert caught.value.at == at
    assert caught.value.advice


# --- random functions ------------------------------------------------------------------------------------

texts = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5", "x^2", "y^3", "xy", "pi"]),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from([" + ", " - ", "*"]), part).map("".join),
        st.tuples(part, part).map(lambda ab: f"({ab[0]})*({ab[1]})"),
        st.tuples(part, part).map(lambda ab: f"({ab[0]})/(({ab[1]})^2 + 1)"),
        st.tuples(part, st.integers(2, 4)).map(lambda un: f"({un[0]})^{un[1]}"),
        st.tuples(st.sampled_from(["sin", "cos", "atan", "tanh", "abs", "cbrt"]), part).map(
            lambda fu: f"{fu[0]}({fu[1]})"
        ),
        part.map("exp(-({})^2)".format),
        part.map("sqrt(({})^2 + 1)".format),
        st.tuples(part, part).map(lambda ab: f"(({ab[0]})^2 + 1)^(sin({ab[1]}))"),
    ),
    max_leaves=6,
)
places = st.tuples(*(st.integers(-20, 20).map(lambda n: (2 * n + 1) / 16) for _ in "xy"))
RELAXED = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)
THOUSANDS = settings(RELAXED, max_examples=2000)


def read(text):
    try:
        return parse_field(text)
    except ExpressionError:
        assume(False)


def slope_in_any_direction(text, at, angle):
    """∇f · u against the central difference along u."""
    f, u = read(text), direction(angle)
    try:
        slope = float(f.gradient(*at) @ u)
    except ExpressionError:
        assume(False)
    coarse, fine = ((f(*(at + u * h)) - f(*(at - u * h))) / (2 * h) for h in (2e-4, 1e-4))
    assume(abs(f(*at)) < 1e3 and abs(coarse - fine) < 1e-4 and np.isfinite(slope) and abs(slope) < 1e4)
    # No corner between the two points: there both differences may agree on a wrong slope.
    second = abs(f(*(at + u * 1e-4)) + f(*(at - u * 1e-4)) - 2 * f(*at)) / 1e-4
    assume(second < 1e-2 * (1 + abs(slope)))
    assert slope == pytest.approx(fine, abs=2 * abs(coarse - fine) + 1e-6)


def gradient_of_sympy(text, at, angle):
    """∇f against SymPy's own derivatives, exact numbers put in."""
    f = read(text)
    place = dict(zip((X, Y), map(sympy.Rational, at), strict=True))
    exact = [f.sympy.diff(variable).subs(place).evalf(30) for variable in (X, Y)]
    assume(all(value.is_Float or value.is_Rational for value in exact))
    slopes = f.gradient(*at)
    assume(np.isfinite(slopes).all() and abs(slopes).max() < 1e6)
    assert slopes == pytest.approx([float(value) for value in exact], rel=1e-7, abs=1e-7)


ORACLES = [slope_in_any_direction, gradient_of_sympy]
angles = st.floats(0, 2 * math.pi)


@pytest.mark.parametrize("oracle", ORACLES)
def test_the_gradient_tells_the_slope(oracle):
    RELAXED(given(texts, places, angles)(oracle))()


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
def test_the_gradient_tells_the_slope_thousands_of_times(oracle):
    THOUSANDS(given(texts, places, angles)(oracle))()
