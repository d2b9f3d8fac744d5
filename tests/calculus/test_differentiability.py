"""What kind of point it is where a function has no derivative, and what to show around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import AccumBounds, nan, oo

from derivviz.calculus import differentiability
from derivviz.calculus.differentiability import look_at, read_off
from derivviz.calculus.expression import parse
from derivviz.calculus.secants import breaks, complaint, first_step, step_to, view
from derivviz.errors import UsageError


@pytest.mark.parametrize(
    ("text", "at", "kind", "left", "right"),
    [
        ("x**2 + 2*x + 1", 1, "smooth", 4, 4),
        ("x*|x|", 0, "smooth", 0, 0),
        ("sin(x)/x", 0, "smooth", 0, 0),
        ("x^2*sin(1/x)", 0, "smooth", 0, 0),
        ("(x^2-1)/(x-1)", 1, "smooth", 1, 1),
        ("|x|", 0, "corner", -1, 1),
        ("|x^2-1|", 1, "corner", -2, 2),
        ("(x^2-1)/(x-1) + |x-1|", 1, "corner", 0, 2),
        ("sqrt(x^2)", 0, "corner", -1, 1),
        ("x^(2/3)", 0, "cusp", -oo, oo),
        ("sqrt(|x|)", 0, "cusp", -oo, oo),
        ("cbrt(x)", 0, "vertical", oo, oo),
        ("-cbrt(x-2)", 2, "vertical", -oo, -oo),
        ("|x|/x", 0, "jump", oo, 0),
        ("1/(1+exp(1/x))", 0, "jump", -oo, 0),
        ("x*sin(1/x)", 0, "oscillation", AccumBounds(-1, 1), AccumBounds(-1, 1)),
        ("sqrt(x)", 0, "end", None, oo),
        ("x^1.5", 0, "end", None, 0),
        ("x*ln(x)", 0, "end", None, -oo),
        ("acos(x)", 1, "end", -oo, None),
    ],
)
def test_kinds_of_points(text, at, kind, left, right):
    point = look_at(parse(text), at)
    assert point.kind == kind
    assert point.proven
    assert [side and side.slope for side in (point.left, point.right)] == [left, right]
    assert (point.slope is None) == (kind != "smooth") == (point.tangent is None)


def test_a_gap_is_filled_with_the_limit():
    point = look_at(parse("sin(x)/x"), 0)
    assert point.filled
    assert point(0.0) == 1.0
    assert point(np.array([0.0, np.pi])) == pytest.approx([1, 0])
    assert not look_at(parse("x^2"), 0).filled


def test_at_a_jump_p_is_the_end_on_the_side_of_q():
    f = parse("|x|/x")
    assert look_at(f, 0).y == 1
    left = look_at(f, 0, toward=-1)
    assert left.y == -1
    assert left.slopes() == (0, np.inf)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("1/x", 0, "no value at x = 0: choose another --at. From the left it goes to −∞."),
        ("sin(1/x)", 0, "From the left it has no limit"),
        ("ln(x)", -1, "no value at or beside x = -1"),
        ("sqrt(x^2*(x-1))", 0, "no value beside x = 0"),
    ],
)
def test_where_there_is_no_point_the_reason_is_told(text, at, words):
    with pytest.raises(UsageError) as error:
        look_at(parse(text), at)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("quantity", "limit"),
    [
        (lambda h: 2 + 3 * h, 2),
        (lambda h: np.expm1(h) / h, 1),
        (lambda h: 1 + np.sqrt(h), 1),
        (lambda h: 7 + 0 * h, 7),
        (lambda h: h ** (-1 / 3), oo),
        (np.log, -oo),
        (lambda h: np.sin(1 / h), nan),
        (lambda h: np.sin(1 / h) / h, nan),
    ],
)
def test_limits_read_off_numbers(quantity, limit):
    found = read_off(quantity, 1.0)
    assert (
        found is nan if limit is nan else found == limit or float(found) == pytest.approx(float(limit), 1e-5)
    )


def test_what_sympy_does_not_find_is_read_off_and_said(monkeypatch):
    def unknown(*_):
        raise NotImplementedError

    monkeypatch.setattr(differentiability, "one_sided_slope", unknown)
    point = look_at(parse("|x|"), 0)
    assert (point.kind, point.proven) == ("corner", False)
    assert point.slopes() == (-1, 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-3, 3), st.integers(-3, 3))
def test_a_sum_of_a_parabola_and_a_kink_is_told_right(a, b, c, at):
    """a x² + b x + c |x − at| has the slopes 2 a at + b ∓ c."""
    point = look_at(parse(f"{a}*x^2 + {b}*x + {c}*|x - ({at})|"), at)
    assert point.slopes() == (2 * a * at + b - c, 2 * a * at + b + c)
    assert point.kind == ("smooth" if c == 0 else "corner")


# ---- the second point, and the view ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "h"),
    [
        ("x**2 + 2*x + 1", 1, 4),
        ("|x|", 0, 4),
        ("sin(50x)", 0, 0.02),
        ("exp(10x)", 0, 0.1),
        ("acos(x)", 1, -2),
        ("x^2", 1e5, 2e5),
        ("7", 1, 4),
    ],
)
def test_the_second_point_is_near_enough_to_be_followed(text, at, h):
    assert first_step(look_at(parse(text), at)) == pytest.approx(h)


@pytest.mark.parametrize(
    "text", ["x^2", "exp(10x)", "sin(x)", "1/(x^2+1)", "sqrt(x+20)", "|x|", "0.000001x^3", "7"]
)
@pytest.mark.parametrize("at", [-3.0, 0.0, 2.5, 10.0])
def test_p_and_q_are_in_view(text, at):
    point = look_at(parse(text), at)
    h = first_step(point)
    (x0, x1), (y0, y1) = view(point, h)
    x = at + h * np.linspace(0, 1, 50)
    assert x0 < min(at, at + h) < max(at, at + h) < x1
    assert (y0 < point(x)).all()
    assert (point(x) < y1).all()


@pytest.mark.parametrize(
    ("text", "at", "start", "words"),
    [
        ("tan(x)", 0, 4, "breaks off: choose another --from, as 1"),
        ("sqrt(x)", 1, -1, "no value at x = -1: choose another --from"),
        ("sin(50x)", 0, 5, "too often to be followed"),
        ("exp(10x)", 0, 5, "changes too much"),
        ("x^2", 1, 1 + 1e-9, "too near"),
        ("x^2", 1, 1, "both at x = 1"),
        ("tan(x)", 1.5707963267948966, None, "not seen whole"),
    ],
)
def test_a_second_point_that_shows_nothing_is_refused(text, at, start, words):
    point = look_at(parse(text), at)
    with pytest.raises(UsageError) as error:
        step_to(point, start)
    assert words in str(error.value)


def test_a_level_stretch_with_rounding_is_level():
    point = look_at(parse("(x^2-1)/(x-1) + |x-1|"), 1)
    assert complaint(point, -4) is None


def test_breaks_are_found_where_they_are():
    x = np.linspace(-1, 1.01, 50)
    with np.errstate(all="ignore"):
        (at,) = breaks(lambda x: 1 / (x - 0.3), x, 1 / (x - 0.3), 10).values()
        assert breaks(np.tanh, x, np.tanh(x), 2) == {}
    assert at == pytest.approx(0.3)
