"""Secants, tangents and the limits between them."""

import cProfile
import math
import pstats
import threading
import time

import numpy as np
import pytest
import sympy
from sympy import oo

from derivviz.calculus import difference
from derivviz.calculus.deadline import OutOfTime, deadline
from derivviz.calculus.difference import Line, difference_quotient, one_sided_slopes, secant, tangent
from derivviz.calculus.expression import parse
from derivviz.errors import DerivvizError, UsageError

LESSON = parse("x**2 + 2*x + 1")


def test_the_secant_of_the_lesson():
    line = secant(LESSON, 1, 5)
    assert line == Line(slope=8.0, intercept=-4.0)
    assert (line(1), line(5)) == (4, 36)
    assert line(np.array([0, 1])).tolist() == [-4, 4]


def test_the_published_readings_as_printed():
    assert repr(difference_quotient(LESSON, 1, 0.1)) == "4.100000000000001"
    assert repr(difference_quotient(LESSON, 1, 0.000001)) == "4.000000999759834"
    assert difference_quotient(LESSON, 1, 4) == 8


def test_the_quotient_takes_plain_functions_and_arrays():
    steps = np.array([4.0, -1.0, 0.5])
    assert difference_quotient(LESSON, 1, steps) == pytest.approx(4 + steps)
    assert difference_quotient(math.exp, 0.0, 1e-8) == pytest.approx(1, abs=1e-6)


def test_a_step_of_nothing_is_refused():
    with pytest.raises(UsageError, match="0/0"):
        difference_quotient(LESSON, 1, 0)
    with pytest.raises(UsageError, match="0/0"):
        difference_quotient(LESSON, 1, np.array([0.1, 0]))
    with pytest.raises(UsageError, match="two points"):
        secant(LESSON, 2, 2)
    with pytest.raises(DerivvizError, match="no value at x = 0"):
        secant(parse("1/x"), 0, 1)


@pytest.mark.parametrize(
    ("text", "at", "left", "right"),
    [
        ("x**2 + 2*x + 1", 1, 4, 4),
        ("|x|", 0, -1, 1),
        ("|x|", 0.1, 1, 1),
        ("x^(1/3)", 0, oo, oo),
        ("-cbrt(x)", 0, -oo, -oo),
        ("x^(1/3)", -8, sympy.Rational(1, 12), sympy.Rational(1, 12)),
        ("x^(2/3)", 0, -oo, oo),
        ("x|x|", 0, 0, 0),
        ("|x|^3", 0, 0, 0),
        ("sqrt(x^2)", 0, -1, 1),
        ("|x^2-1|", 1, -2, 2),
        ("||x|-1|", -1, -1, 1),
        ("|sin(x)|", 0, -1, 1),
        ("|sin(x)|", sympy.pi, -1, 1),
        ("2|x| + x", 0, -1, 3),
        ("sqrt(x)", 0, sympy.nan, oo),
        ("acos(x)", 1, -oo, sympy.nan),
        ("cbrt(x^3-x)", 1, oo, oo),
        ("sin(x)", sympy.pi / 3, sympy.Rational(1, 2), sympy.Rational(1, 2)),
        ("exp(x)", 0, 1, 1),
        ("5", 3, 0, 0),
    ],
)
def test_one_sided_slopes(text, at, left, right):
    assert one_sided_slopes(parse(text), at) == (left, right)


def test_the_limit_agrees_with_the_rules_where_both_have_a_say():
    """The rules are used where they give a value; SymPy's limit of the quotient must be the same."""
    t = sympy.Symbol("t", positive=True)
    for text, at in [("x^3 - 3x", 2), ("1/x", -2), ("sqrt(x)", 4), ("x|x|", -3), ("exp(x)/x", 1)]:
        f = parse(text)
        for side in (-1, 1):
            moved = difference.beside(f, at, side, t)
            by_limit = side * sympy.limit((moved - moved.subs(t, 0)) / t, t, 0, "+")
            assert sympy.simplify(one_sided_slopes(f, at)[side > 0] - by_limit) == 0


@pytest.mark.parametrize(
    ("text", "at", "line"),
    [
        ("x**2 + 2*x + 1", 1, Line(4, 0)),
        ("-2x^3 - 6x^2 + 18x", -1, Line(24, 2)),
        ("1/x", 1, Line(-1, 2)),
        ("log(x)", 1, Line(1, -1)),
        ("|x|", -2, Line(-1, 0)),
        ("x|x|", 0, Line(0, 0)),
        ("cbrt(x)", -8, Line(1 / 12, -4 / 3)),
        ("x^2", 0.1, Line(0.2, -0.01)),
    ],
)
def test_tangent(text, at, line):
    found = tangent(parse(text), at)
    assert (found.slope, found.intercept) == pytest.approx((line.slope, line.intercept), rel=1e-15)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("|x|", 0, "from the left the slope is -1, from the right 1"),
        ("x^(1/3)", 0, r"left the slope is \+∞, from the right \+∞"),
        ("sqrt(x)", 0, "left the slope is not defined"),
        ("1/x", 0, "no value at x = 0: choose another point"),
        ("log(x)", -1, "no value at x = -1"),
        ("x^2", math.inf, "finite number"),
    ],
)
def test_where_there_is_no_tangent_the_reason_is_told(text, at, words):
    with pytest.raises(DerivvizError, match=words):
        tangent(parse(text), at)


def test_a_limit_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(difference, "_SECONDS", 0.2)
    monkeypatch.setattr(
        sympy, "limit", lambda *_: [sum([0]) or abs(-1) or repr(0) for _ in iter(lambda: len("a"), 0)]
    )
    start = time.thread_time()
    with pytest.raises(DerivvizError, match="was not found"):
        one_sided_slopes(parse("|x|"), 0)
    assert time.thread_time() - start < 2


def endless():
    def step():
        return 1

    while True:
        step()


def test_of_two_deadlines_the_earlier_one_counts():
    start = time.thread_time()
    with pytest.raises(OutOfTime), deadline(0.1), deadline(5):
        endless()
    assert time.thread_time() - start < 2


def test_a_profiler_goes_on_after_a_deadline():
    with cProfile.Profile() as profiler:
        with deadline(5):
            math.factorial(5)
        math.gcd(4, 6)
    assert any("math.gcd" in name for _, _, name in pstats.Stats(profiler).stats)


def test_the_deadline_ends_endless_work_in_any_thread_and_cleans_up():
    ended = []

    def work():
        try:
            with deadline(0.1):
                endless()
        except OutOfTime:
            ended.append(threading.current_thread())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(5)
    assert ended == [thread]
    with deadline(0.05):
        pass
    time.sleep(0.06)
    parse("x").derivative()  # nothing fires after the block
