"""Compositions as chains of machines: where they are cut, what runs through, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from derivviz.calculus.chain import Machine, Run, machines, operations, window
from derivviz.calculus.expression import ExpressionError, parse
from derivviz.errors import UsageError


def texts(links) -> list[str]:
    return [link.function.text.replace(" ", "").replace("**", "^") for link in links]


@pytest.mark.parametrize(
    ("text", "chain", "nodes"),
    [
        ("(3x^2 + 8)^3", ["3*x^2+8", "x^3"], ["x^2", "3*x", "x+8", "x^3"]),
        ("sin(x^2)", ["x^2", "sin(x)"], ["x^2", "sin(x)"]),
        ("sqrt(1+x^2)", ["1+x^2", "sqrt(x)"], ["x^2", "1+x", "sqrt(x)"]),
        ("exp(-x^2)", ["-x^2", "exp(x)"], ["x^2", "-x", "exp(x)"]),
        ("ln(cos(x))", ["cos(x)", "log(x)"], ["cos(x)", "log(x)"]),
        ("((x+1)^2+1)^3", ["x+1", "x^2+1", "x^3"], ["x+1", "x^2", "x+1", "x^3"]),
        ("1/(1+exp(-x))", ["-x", "1+exp(x)", "1/x"], ["-x", "exp(x)", "1+x", "1/x"]),
        ("2^(x^2 + x)", ["x^2+x", "2^x"], ["x^2+x", "2^x"]),
        ("3/(x^2 + x)", ["x^2+x", "3/x"], ["x^2+x", "3/x"]),
        ("|x^2 - 1|", ["x^2-1", "abs(x)"], ["x^2", "x-1", "abs(x)"]),
        ("-3*sin(2x) + 1", ["2*x", "-3*sin(x)+1"], ["2*x", "sin(x)", "-3*x", "x+1"]),
    ],
)
def test_where_a_composition_is_cut(text, chain, nodes):
    assert texts(machines(parse(text))) == chain
    assert texts(operations(parse(text))) == nodes


def test_a_long_chain_keeps_its_outer_machines():
    f = parse("sin(cos(sin(cos(sin(cos(x))))))")
    assert texts(machines(f)) == ["cos(sin(cos(x)))", "sin(x)", "cos(x)", "sin(x)"]
    assert len(machines(f, 2)) == 2
    assert Run.of(machines(f, 2), 0.3).values[-1] == pytest.approx(f(0.3))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x*sin(x)", "a product of functions of x"),
        ("x^2 + x", "a sum of functions of x"),
        ("x^x", "a power of functions of x"),
        ("x^3", "one machine does it"),
        ("3x + 8", "one machine does it"),
        ("sin(x)", "one machine does it"),
        ("5", "x does not occur in it"),
    ],
)
def test_what_is_no_composition_is_told_and_shown_one(text, why):
    with pytest.raises(UsageError, match="no composition") as error:
        machines(parse(text))
    assert why in str(error.value)
    assert "'sin(x^2)'" in str(error.value)


def test_the_example_of_the_sources():
    run = Run.of(machines(parse("(3x^2 + 8)^3")), 1)
    assert run.values == (1, 11, 1331)
    assert run.rates == (6, 363)
    assert run.gradients == (2178, 363, 1)
    assert run.total == 2178
    assert run.ratios(0.1)[0] == pytest.approx(6.3)


WRAPS = [
    "sin({})", "cos({})", "exp(-({}))", "sqrt(1 + ({})^2)", "({})^3", "1/(2 + sin({}))", "ln(3 + ({})^2)", "2^({})",
    "atan({})", "-2*({})^2 + 1",
]  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(WRAPS), min_size=2, max_size=4),
    st.integers(-12, 12).map(lambda n: (2 * n + 1) / 8),
)
def test_the_product_of_the_rates_is_the_derivative(wraps, at):
    text = "x"
    for wrap in wraps:
        text = wrap.format(text)
    try:
        f = parse(text)
    except ExpressionError:
        reject()  # hypothesis likes towers of exponentials
    slope = f.derivative()(at)
    assume(math.isfinite(slope) and abs(slope) < 1e6)
    for links in (machines(f), operations(f)):
        run = Run.of(links, at)
        assert run.values[-1] == pytest.approx(f(at), rel=1e-12)
        assert run.total == pytest.approx(slope, rel=1e-9, abs=1e-12)
        assert math.prod(run.rates) == pytest.approx(run.total)
    ratios = run.ratios(1e-3)
    assume(all(map(math.isfinite, ratios)))
    assert math.prod(ratios[:-1]) == pytest.approx(ratios[-1], rel=1e-9)


def test_a_window_shows_the_point_and_leaves_a_pole_out():
    for text, x in (
        ("1/x", 0.01),
        ("x^3", 11.0),
        ("5", 2.0),
        ("exp(x)", -1.0),
        ("-x", 0.0),
        ("sin(x)", 100.0),
    ):
        f = parse(text)
        (x0, x1), (y0, y1) = window(Machine(f), x)
        assert x0 < x < x1
        assert y0 < f(x) < y1
        assert np.isfinite([x0, x1, y0, y1]).all()
