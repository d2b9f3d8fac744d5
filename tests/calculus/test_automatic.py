"""Dual numbers and reverse mode, held against SymPy, torch, finite differences and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from derivviz.calculus.dual import Dual, derivative
from derivviz.calculus.expression import Expression, ExpressionError, parse
from derivviz.calculus.reverse import Value, walk
from derivviz.calculus.rounding import quotient
from derivviz.calculus.tree import children, evaluate, is_constant

RELAXED = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
MANY = settings(RELAXED, max_examples=2500)


def grown(smaller):
    """Expressions one step larger; roots and logarithms are of something positive, odd roots of anything."""
    pair = st.tuples(smaller, smaller)
    shapes = ["({}) + ({})", "({}) - ({})", "({})*({})", "({})/(({})^2 + 1)", "(({})^2 + 1)^(tanh({}))"]
    wraps = [
        "sin({})", "cos({})", "tan(atan({}))", "asin(tanh({}))", "acos(0.9*sin({}))", "atan({})", "sinh(tanh({}))",
        "cosh(sin({}))", "tanh({})", "exp(-({})^2)", "log(({})^2 + 2)", "sqrt(({})^2 + 1)", "cbrt({})", "|{}|",
        "({})^2", "({})^3", "(({})^2 + 1)^(-2)", "({})^(1/3)", "({})^(2/5)", "2^(sin({}))", "(({})^2 + 1)^pi", "-({})",
    ]  # fmt: skip
    return st.one_of(
        st.tuples(st.sampled_from(shapes), pair).map(lambda made: made[0].format(*made[1])),
        st.tuples(st.sampled_from(wraps), smaller).map(lambda made: made[0].format(made[1])),
    )


texts = st.recursive(st.sampled_from(["x", "x", "x", "2", "0.5", "3x"]), grown, max_leaves=5)
places = st.integers(-30, 30).map(lambda n: (2 * n + 1) / 16)


def read(text: str) -> Expression:
    try:
        f = parse(text)
    except ExpressionError as error:
        if not any(
            word in error.reason for word in ("too large", "too small", "no real", "too long", "deep")
        ):
            raise
        reject()
    assume(not is_constant(f.tree))
    return f


def tame(f: Expression, at: float) -> bool:
    """Whether no number on the way is so large or so small that rounding alone decides."""

    def look(node):
        value = abs(float(evaluate(node, np.float64(at))))
        return [value, *(v for child in children(node) for v in look(child))]

    return all(v == 0 or 1e-3 < v < 1e4 for v in look(f.tree))


def holds(text: str, at: float, autograd=None) -> None:
    f = read(text)
    found, graph = derivative(f, at), walk(f, at)
    assert found.value == f(at) or (math.isnan(found.value) and math.isnan(f(at)))
    assume(tame(f, at) and math.isfinite(found.slope) and abs(found.slope) < 1e5)
    near = pytest.approx(found.slope, rel=1e-8, abs=1e-8)
    assert graph.x.gradient == near
    assert graph.slopes[-1] == near
    true = f.derivative()(at)
    assume(math.isfinite(true))
    assert true == near
    if autograd is not None:
        assert autograd.derivative(f, at) == near
    coarse, fine = (float(quotient(f, at, h, "central")) for h in (2e-4, 1e-4))
    if abs(coarse - fine) < 1e-4:  # smooth on the scale of h
        assert found.slope == pytest.approx(fine, abs=2 * abs(coarse - fine) + 1e-6 * (1 + abs(fine)))


@RELAXED
@given(texts, places)
def test_all_ways_lead_to_one_derivative(text, at):
    holds(text, at)


@RELAXED
@given(texts, places)
def test_torch_finds_the_same(torch, text, at):
    from derivviz.learning import autograd

    holds(text, at, autograd)


@pytest.mark.slow
@MANY
@given(texts, places)
def test_thousands_of_expressions(torch, text, at):
    from derivviz.learning import autograd

    holds(text, at, autograd)


@pytest.mark.parametrize(
    ("text", "at", "value", "slope"),
    [
        ("(3x^2 + 8)^3", 1, 1331, 2178),  # the sources' example: 18x(3x² + 8)²
        ("-2x^3 - 6x^2 + 18x", 1, 10, 0),
        ("-2x^3 - 6x^2 + 18x", -3, -54, 0),
        ("x^x", 2, 4, 4 * (math.log(2) + 1)),
        ("x^(1/3)", -8, -2, 1 / 12),
        ("1/(1+exp(-x))", 0, 0.5, 0.25),
        ("x^0 + 2", 0, 3, 0),
        ("5", 3, 5, 0),
        ("x - x", 3, 0, 0),
        ("cbrt(x)", -8, -2, 1 / 12),
        ("|x|", -2, 2, -1),
        ("2/x/x", 2, 0.5, -0.5),
    ],
)
def test_known_derivatives(text, at, value, slope):
    f = parse(text)
    assert derivative(f, at) == Dual(pytest.approx(value, abs=1e-15), pytest.approx(slope, abs=1e-14))
    assert walk(f, at).x.gradient == pytest.approx(slope, abs=1e-14)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("|x|", 0),
        ("sqrt(x)", 0),
        ("1/x", 0),
        ("log(x)", -1),
        ("x^(1/3)", 0),
        ("asin(x)", 1),
        ("x^x", 0),
        ("cbrt(x)", 0),
    ],
)
def test_where_there_is_no_derivative_it_is_not_a_number(text, at):
    f = parse(text)
    assert math.isnan(derivative(f, at).slope)
    assert math.isnan(walk(f, at).x.gradient)


def test_what_comes_back_by_several_ways_is_added_up():
    graph = walk(parse("x*exp(x)"), 1)
    assert [value.operation for value in graph.operations] == ["x", "exp", "·"]
    assert graph.shares(graph.x) == pytest.approx([math.e, math.e])
    assert graph.x.gradient == pytest.approx(2 * math.e)
    assert graph.slopes == pytest.approx([1, math.e, 2 * math.e])
    graph.result.backward()  # a second walk adds nothing
    assert graph.x.gradient == pytest.approx(2 * math.e)


def test_an_operation_that_takes_x_twice():
    x = Value(3.0)
    result = x * x / x - x
    result.backward()
    assert x.gradient == pytest.approx(0)
    assert (x * x).history()[0] is x


def test_a_long_sum_is_no_deep_recursion():
    graph = walk(parse("+".join(["x"] * 240)), 0.5)
    assert graph.x.gradient == 240
