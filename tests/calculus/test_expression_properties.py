"""Properties of random expressions, held against SymPy, central differences and Python itself."""

import math
import re

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from derivviz.calculus.expression import Expression, ExpressionError, parse
from derivviz.calculus.tree import children, evaluate

X = parse("x").symbol
RELAXED = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)


def grown(smaller):
    """SymPy trees one step larger; every root and logarithm is of something positive."""
    pair = st.tuples(smaller, smaller)
    return st.one_of(
        pair.map(lambda ab: ab[0] + ab[1]),
        pair.map(lambda ab: ab[0] * ab[1]),
        pair.map(lambda ab: ab[0] / (ab[1] ** 2 + 1)),
        st.tuples(smaller, st.integers(2, 4)).map(lambda bn: bn[0] ** bn[1]),
        st.tuples(st.sampled_from([sympy.sin, sympy.cos, sympy.atan, sympy.tanh, sympy.Abs]), smaller).map(
            lambda fa: fa[0](fa[1])
        ),
        smaller.map(lambda a: sympy.exp(-(a**2))),
        smaller.map(lambda a: sympy.sqrt(a**2 + 1)),
        smaller.map(lambda a: sympy.log(a**2 + 2)),
    )


numbers = st.one_of(
    st.integers(-9, 9).map(sympy.Integer), st.sampled_from(["1/2", "-2/3"]).map(sympy.Rational)
)
formulas = st.recursive(st.one_of(st.just(X), numbers), grown, max_leaves=6)
places = st.integers(-30, 30).map(lambda n: sympy.Rational(2 * n + 1, 16))  # never a corner of |n x + m|


def typed(formula) -> str:
    return re.sub(r"\bE\b", "e", str(formula)).replace("Abs", "abs")


def read(formula) -> Expression:
    text = typed(formula)
    try:
        return parse(text)
    except ExpressionError as error:
        if "too large" not in error.reason and "too small" not in error.reason:
            raise
        reject()  # hypothesis likes towers of exponentials


def largest(f: Expression, at: float) -> float:
    """The largest number that is met while f is evaluated: rounding errors are measured by it."""

    def look(node):
        return max([abs(float(evaluate(node, np.float64(at)))), *(look(child) for child in children(node))])

    return look(f.tree)


@RELAXED
@given(formulas, places)
def test_what_sympy_prints_is_read_back(formula, at):
    f = read(formula)
    exact = formula.subs(X, at).evalf(30)
    assert abs(f.sympy.subs(X, at).evalf(30) - exact) <= 1e-20 * (1 + abs(exact))
    assume(largest(f, float(at)) < 1e6)
    assert f(float(at)) == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


@RELAXED
@given(formulas, places)
def test_the_derivative_is_sympys_and_the_text_of_it_reads_back(formula, at):
    f = read(formula)
    slope = f.derivative()
    exact = formula.diff(X).subs(X, at).evalf(30)
    assume(exact.is_Float or exact.is_zero)  # at a corner SymPy leaves sign or a derivative standing
    assume(largest(slope, float(at)) < 1e6)
    assume(not math.isnan(slope(float(at))))
    assert slope(float(at)) == pytest.approx(float(exact), rel=1e-8, abs=1e-8)
    assume(len(slope.text) <= 500)
    assert parse(slope.text)(float(at)) == pytest.approx(slope(float(at)), rel=1e-12, abs=1e-12)


@RELAXED
@given(formulas, places)
def test_the_derivative_is_what_central_differences_go_to(formula, at):
    f, x = read(formula), float(at)
    slope = f.derivative()(x)
    coarse, fine = ((f(x + h) - f(x - h)) / (2 * h) for h in (2e-4, 1e-4))
    assume(largest(f, x) < 1e3 and abs(coarse - fine) < 1e-4 and not math.isnan(slope))
    # The error of the finer one is a third of what the two differ by, and rounding.
    assert slope == pytest.approx(fine, abs=2 * abs(coarse - fine) + 1e-7)


@given(
    st.recursive(
        st.sampled_from(["x", "1", "2", "3", "0.1", "2.5"]),
        lambda s: st.one_of(
            st.tuples(s, st.sampled_from([" + ", " - ", "*", "/"]), s).map("".join),
            s.map("({})".format),
            s.map("-({})".format),
            s.map("({})**2".format),
            s.map("({})**3".format),
        ),
        max_leaves=10,
    ),
    st.floats(0.1, 10),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_arithmetic_gives_the_bits_that_python_gives(text, at):
    try:
        expected = eval(text, {"x": at})
    except (ZeroDivisionError, OverflowError):
        assume(False)
    try:
        f = parse(text)
    except ExpressionError:
        assume(False)  # x cancels out of a divisor, as in 1/(x − x), or it is over-long
    assume(largest(f, at) < 2**53)  # beyond it Python's whole numbers are finer than float64
    assert f(at) == expected


signs = st.sampled_from(
    [
        *"xx x+-*/^()|.0123456789²⁻√π·=,!'\"\\[]{}_%;:\n\0가é",
        "sin(",
        "log(",
        "exp(",
        "cbrt(",
        "abs(",
        "**",
        "x^",
        "e",
        "__",
    ]
)


@given(st.one_of(st.lists(signs, max_size=30).map("".join), st.text(max_size=30)))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_is_read_or_refused_in_words(text):
    try:
        f = parse(text)
    except ExpressionError as error:
        refused = error
    else:
        assert f(np.array([0.0, 1.5])).shape == (2,)
        return
    assert 0 <= refused.at <= len(text)
    assert refused.reason
    assert refused.advice
