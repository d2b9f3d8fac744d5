"""Derivations: the sources' examples, each rule by its name, and thousands of random expressions."""

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from derivviz.calculus import symbolic
from derivviz.calculus.derivation import at, derive, differentiation
from derivviz.calculus.expression import ExpressionError, parse
from derivviz.calculus.rules import RULES, inner_function
from derivviz.calculus.text import to_text
from derivviz.calculus.tidy import tidy
from derivviz.calculus.tree import Derivative, children, evaluate, size

RELAXED = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)
THOUSANDS = settings(RELAXED, max_examples=4000)


def rules_of(text):
    return [step.rule.name for step in derive(parse(text)).steps]


@pytest.mark.parametrize(
    ("text", "result", "rules"),
    [
        ("5", "0", ["constant"]),
        ("x^5", "5*x**4", ["power", "arithmetic"]),
        ("3x^2", "6*x", ["constant multiple", "power", "arithmetic"]),
        (
            "3x^2 + 2x^4",
            "6*x + 8*x**3",
            ["sum", "constant multiple", "power", "constant multiple", "power", "arithmetic"],
        ),
        ("x^3 * x^4", "7*x**6", ["product", "power", "power", "arithmetic", "simplification"]),
        ("x^3 / x^2", "1", ["quotient", "power", "power", "arithmetic", "simplification"]),
        (
            "(3x^2 + 8)^2",
            "36*x**3 + 96*x",
            ["chain", "sum", "constant multiple", "power", "constant", "arithmetic", "simplification"],
        ),
        (
            "(3x^2 + 8)^3",
            "18*x*(3*x**2 + 8)**2",
            ["chain", "sum", "constant multiple", "power", "constant", "arithmetic"],
        ),
    ],
)
def test_the_sources_examples_with_their_slips_mended(text, result, rules):
    derivation = derive(parse(text))
    assert (derivation.result.text, rules_of(text)) == (result, rules)
    assert derivation.confirmed()


def test_equal_terms_are_gathered():
    assert derive(parse("x(x + 1)")).result.text == "2*x + 1"


def test_the_recommenders_cubic_keeps_its_terms():
    assert derive(parse("-2x^3 - 6x^2 + 18x")).result.text == "-6*x**2 - 12*x + 18"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x", "identity"),
        ("-x^2", "constant multiple"),
        ("x/3", "constant multiple"),
        ("1/x", "reciprocal"),
        ("x^0", "constant"),
        ("x^(1/3)", "power"),
        ("x^pi", "power"),
        ("2^x", "exponential with base a"),
        ("sin(2x)", "chain"),
        ("e^(2x)", "chain"),
        ("x^x", "logarithmic differentiation"),
        ("sin(x)", "sine"),
        ("cos(x)", "cosine"),
        ("tan(x)", "tangent"),
        ("asin(x)", "arcsine"),
        ("acos(x)", "arccosine"),
        ("atan(x)", "arctangent"),
        ("sinh(x)", "hyperbolic sine"),
        ("cosh(x)", "hyperbolic cosine"),
        ("tanh(x)", "hyperbolic tangent"),
        ("exp(x)", "exponential"),
        ("log(x)", "logarithm"),
        ("sqrt(x)", "square root"),
        ("cbrt(x)", "cube root"),
        ("|x|", "absolute value"),
        ("sin(ln(sqrt(x^2 + 1)))^3", "chain"),
    ],
)
def test_the_first_step_has_the_name_of_its_rule_and_the_result_is_confirmed(text, rule):
    derivation = derive(parse(text))
    assert derivation.steps[0].rule.name == rule
    assert derivation.confirmed()


def test_every_rule_has_a_name_of_its_own_in_both_languages_and_a_formula():
    for names in ([rule.name for rule in RULES], [rule.korean for rule in RULES]):
        assert len(set(names)) == len(names)
    assert all(rule.korean and rule.formula for rule in RULES)


def test_a_step_says_where_it_is_taken():
    step = derive(parse("x + sin(3x)")).steps[2]
    assert (step.rule.name, step.path) == ("chain", (1,))
    assert to_text(step.part) == "d/dx(sin(3*x))"
    assert to_text(step.made) == "cos(3*x)*d/dx(3*x)"
    assert at(step.before, step.path) == step.part


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("sin(3x)", "3*x"),
        ("(x + 1)^5", "x + 1"),
        ("2^(x^2)", "x**2"),
        ("sin(x)", None),
        ("x^5", None),
        ("x^x", None),
    ],
)
def test_the_chain_rule_sets_the_inner_function_apart(text, inner):
    found = inner_function(parse(text).tree)
    assert (None if found is None else to_text(found)) == inner
    assert (derive(parse(text)).steps[0].rule.name == "chain") == (inner is not None)


def test_where_the_function_has_no_value_the_derivative_has_none():
    assert np.isnan(derive(parse("log(x)")).result(-1.0))
    assert derive(parse("log(x)")).result(2.0) == 0.5


def test_a_wrong_result_is_not_confirmed():
    right, wrong = derive(parse("x^2")), derive(parse("x^3"))
    assert not type(right)(right.function, right.steps, wrong.result).confirmed()


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("5 - 1", "4"),
        ("1*x + 0", "x"),
        ("x*0", "0"),
        ("x^1", "x"),
        ("(x^2)^3", "x**6"),
        ("x*x^2", "x**3"),
        ("-(-x)", "x"),
        ("x - (-1)", "x + 1"),
        ("3*(2*x)", "6*x"),
        ("2*(x/4)", "x/2"),
        ("sin(x)*3*x", "3*x*sin(x)"),
        ("x - 2 - x + 2", "x - x"),
        ("ln(e)*x", "x"),
        ("sqrt(x)^2*x", "x*sqrt(x)**2"),
    ],
)
def test_arithmetic_that_needs_no_saying(text, tidied):
    assert to_text(tidy(parse(text).tree)) == tidied


def test_a_long_expression_is_derived_and_told_in_full():
    text = "(x^2 + 1)*sin(3x)*e^(-x) / (x^4 + 2x^2 + 3) + ln(x^2 + sqrt(x^2 + 1)) - (x - 1)^7 * cos(x)^2"
    function = parse(text)
    assert size(function.tree) >= 40
    derivation = derive(function)
    assert derivation.confirmed()
    assert len(derivation.steps) > 30
    assert all(
        one.after == other.before for one, other in zip(derivation.steps, derivation.steps[1:], strict=False)
    )


@pytest.mark.parametrize(
    "text", ["9**9**9**9", "x^99999", "(" * 40 + "x" + ")" * 40, "__import__('os')", "x" * 600]
)
def test_what_could_hang_or_run_is_refused_before_a_rule_is_tried(text):
    with pytest.raises(ExpressionError):
        derive(parse(text))


# --- random expressions ----------------------------------------------------------------------------------

texts = st.recursive(
    st.sampled_from(["x", "2", "3", "0.5", "pi", "e", "x^2", "x^3", "(1/2)"]),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from([" + ", " - ", "*"]), part).map("".join),
        st.tuples(part, part).map(lambda ab: f"({ab[0]})*({ab[1]})"),
        st.tuples(part, part).map(lambda ab: f"({ab[0]})/(({ab[1]})^2 + 1)"),
        part.map("-({})".format),
        part.map("1/(2 + ({})^2)".format),
        st.tuples(part, st.integers(2, 5)).map(lambda un: f"({un[0]})^{un[1]}"),
        st.tuples(st.sampled_from(["sin", "cos", "atan", "tanh", "abs", "cbrt"]), part).map(
            lambda fu: f"{fu[0]}({fu[1]})"
        ),
        part.map("exp(-({})^2)".format),
        part.map("2^(sin({}))".format),
        part.map("sqrt(({})^2 + 1)".format),
        part.map("ln(({})^2 + 2)".format),
        st.tuples(part, part).map(lambda ab: f"(({ab[0]})^2 + 1)^(sin({ab[1]}))"),
    ),
    max_leaves=7,
)
places = st.integers(-30, 30).map(lambda n: (2 * n + 1) / 16)  # never a corner of |n x + m|


def read(text):
    try:
        return parse(text)
    except ExpressionError:
        assume(False)


def largest(node, x):
    return max([abs(float(evaluate(node, np.float64(x)))), *(largest(child, x) for child in children(node))])


def held_against_central_differences(text, x):
    function = read(text)
    end = list(differentiation(function.tree))[-1].after
    with np.errstate(all="ignore"):
        slopes = [float(evaluate(tree, np.float64(x))) for tree in (end, tidy(end))]
        coarse, fine = ((function(x + h) - function(x - h)) / (2 * h) for h in (2e-4, 1e-4))
        assume(largest(function.tree, x) < 1e3 and abs(coarse - fine) < 1e-4 and np.isfinite(slopes[0]))
    assert slopes == pytest.approx([fine, fine], abs=2 * abs(coarse - fine) + 1e-6)


def held_against_sympy(text, x):
    function = read(text)
    assume(symbolic.is_real(symbolic.differentiate(function.sympy)))
    end = list(differentiation(function.tree))[-1].after
    exact = symbolic.differentiate(function.sympy).subs(function.symbol, sympy.Rational(str(x))).evalf(30)
    with np.errstate(all="ignore"):
        slope = float(evaluate(end, np.float64(x)))
        assume(exact.is_Float or exact.is_Rational)
        assume(largest(end, x) < 1e6)
    assert slope == pytest.approx(float(exact), rel=1e-8, abs=1e-8)


ORACLES = [held_against_central_differences, held_against_sympy]


@pytest.mark.parametrize("oracle", ORACLES)
def test_the_rules_lead_to_the_derivative(oracle):
    RELAXED(given(texts, places)(oracle))()


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
def test_the_rules_lead_to_the_derivative_thousands_of_times(oracle):
    THOUSANDS(given(texts, places)(oracle))()


@settings(RELAXED, max_examples=60)
@given(texts, places)
def test_no_step_changes_the_value_and_each_takes_one_derivative_away(text, x):
    function = read(text)
    place = sympy.Rational(str(x))
    with np.errstate(all="ignore"):
        assume(largest(function.tree, x) < 1e3)
    values = []
    for step in differentiation(function.tree):
        assert isinstance(step.part, Derivative)
        assert not isinstance(step.made, Derivative)
        for tree in (step.before, step.after):
            value = symbolic.to_sympy(tree, place)
            assume(symbolic.is_real(value))
            values.append(value.evalf(30))
    assume(all(value.is_Float or value.is_Rational for value in values))
    assert max(abs(value - values[0]) for value in values) <= 1e-15 * (1 + abs(values[0]))


def test_each_of_many_factors_takes_its_turn():
    def first(text):
        return to_text(next(iter(differentiation(parse(text).tree))).after)

    assert first("x*sin(x)*e^x") == "d/dx(x)*sin(x)*e**x + x*d/dx(sin(x))*e**x + x*sin(x)*d/dx(e**x)"
    assert first("x*sin(x)*e^x*ln(x)") == ("d/dx(x*sin(x))*e**x*log(x) + x*sin(x)*d/dx(e**x*log(x))")
    nine = "x*sin(x)*cos(x)*tan(x)*ln(x)*sqrt(x)*e^x*(x+1)*(x+2)"
    steps = [step.rule.name for step in differentiation(parse(nine).tree)]
    assert steps.count("product") == 4  # three groups of three, and each of them
