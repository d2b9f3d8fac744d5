"""Typst markup: what it says, and that Typst takes it."""

import numpy as np
import pytest
import sympy
import typst

from derivviz.calculus.derivation import derive
from derivviz.calculus.expression import Expression, parse
from derivviz.calculus.tree import children
from derivviz.look.math import typst_math
from derivviz.look.typst import outline

x, y, h = sympy.symbols("x y h")

TYPED = {
    "x**2 + 2*x + 1": "x^2 + 2 x + 1",
    "1 + 2x + x^2": "1 + 2 x + x^2",
    "-2x^3 - 6x^2 + 18x": "-2 x^3 - 6 x^2 + 18 x",
    "0.50x + 1": "0.50 x + 1",
    "x^(1/3)": "root(3, x)",
    "cbrt(x+1)": "root(3, x + 1)",
    "x^(1/2)": "sqrt(x)",
    "√x": "sqrt(x)",
    "x^(2/3)": "x^(2\\/3)",
    "|x - 1|": "abs(x - 1)",
    "sin(x)^2": "sin(x)^2",
    "asin(x) + ln(x)": "arcsin(x) + ln(x)",
    "e^x": "e^x",
    "exp(2x)": "e^(2 x)",
    "exp(x)^2": "(e^x)^2",
    "(x+1)/(x-1)": "frac(x + 1, x - 1)",
    "1/2 sin(x)": "frac(1, 2) sin(x)",
    "2(x+1)/x": "frac(2 (x + 1), x)",
    "(1/x)^2": "(frac(1, x))^2",
    "2*3x": "2 dot 3 x",
    "2*3^x": "2 dot 3^x",
    "x*2": "x dot 2",
    "2*-x": "2 (-x)",
    "x - (-x)": "x - (-x)",
    "x - (x - 1)": "x - (x - 1)",
    "-(x+1)": "-(x + 1)",
    "(-x)^2": "(-x)^2",
    "-x^2": "-x^2",
    "x^-2": "x^(-2)",
    "2^x^2": "2^(x^2)",
    "(x^2)^3": "(x^2)^3",
    "(3x^2+8)^3": "(3 x^2 + 8)^3",
    "pi x": "pi x",
}


@pytest.mark.parametrize(("text", "markup"), TYPED.items())
def test_an_expression_keeps_the_order_of_its_author(text, markup):
    assert typst_math(parse(text)) == markup


SYMPY = [
    (1 + 2 * x + x**2, "x^2 + 2 x + 1"),
    (1 - x**2, "-x^2 + 1"),
    (18 * x - 2 * x**3 - 6 * x**2, "-2 x^3 - 6 x^2 + 18 x"),
    (x ** sympy.Rational(1, 3), "root(3, x)"),
    (x ** sympy.Rational(-1, 2), "frac(1, sqrt(x))"),
    (x ** sympy.Rational(3, 2), "x^(3\\/2)"),
    (-x / 2, "-frac(x, 2)"),
    (sympy.Abs(x - 1), "abs(x - 1)"),
    (sympy.exp(-x) * sympy.sin(x) ** 2, "e^(-x) sin(x)^2"),
    (sympy.log(x) * sympy.acos(x), "ln(x) arccos(x)"),
    (((x + h) ** 2 - x**2) / h, "frac(-x^2 + (h + x)^2, h)"),
    (sympy.Rational(-1, 2), "-frac(1, 2)"),
    (sympy.oo, "infinity"),
    (-sympy.oo, "-infinity"),
    (sympy.pi * sympy.E, "e pi"),
    (sympy.Float("4.1"), "4.1"),
    (1e-20, "1 dot 10^(-20)"),
    (7, "7"),
    (sympy.Eq(y, 8 * x - 4), "y = 8 x - 4"),
    (sympy.Symbol("x_0"), "x_0"),
    (sympy.Symbol("x_max"), 'x_"max"'),
    (sympy.Symbol("Delta"), "Delta"),
    (sympy.Symbol("loss"), '"loss"'),
    (sympy.Function("f")(x), "f(x)"),
    (2 * sympy.Function("f")(x) ** 2, "2 f(x)^2"),
]


@pytest.mark.parametrize(("formula", "markup"), SYMPY)
def test_sympy_comes_highest_power_first(formula, markup):
    assert typst_math(formula) == markup


@pytest.mark.parametrize(
    "text",
    [
        "x^5",
        "1/x",
        "sqrt(x)",
        "acos(x)",
        "exp(-x^2/2)",
        "x^x",
        "(3x^2+8)^3",
        "x sin(x)/(1+x^2)",
        "|x|",
        "tan(x)",
        "-x/3",
    ],
)
def test_a_derivative_reads_the_same_from_its_tree_and_from_sympy(text):
    slope = parse(text).derivative()
    assert typst_math(slope) == typst_math(slope.sympy)


def test_typst_compiles_all_of_it_without_a_warning():
    formulas = [typst_math(parse(text)) for text in TYPED]
    formulas += [typst_math(formula) for formula, _ in SYMPY]
    formulas += [typst_math(parse(text).derivative()) for text in TYPED]
    page = "\n".join(f"$ {formula} $" for formula in formulas)
    svg, warnings = typst.compile_with_warnings(page.encode(), format="svg")
    assert svg
    assert warnings == []


@pytest.mark.parametrize("wrong", ["x + 1", object(), sympy.I * x, sympy.Derivative(x**2, x)])
def test_what_is_no_real_formula_is_refused(wrong):
    with pytest.raises(TypeError):
        typst_math(wrong)


def test_a_derivative_not_yet_worked_out_has_its_operator_before_it():
    first = derive(parse("sin(3x)")).steps[0]
    assert typst_math(Expression("", None, first.before)) == "frac(dif, dif x) (sin(3 x))"
    assert typst_math(Expression("", None, first.after)) == "cos(3 x) frac(dif, dif x) (3 x)"


def test_a_derivative_of_x_alone_is_not_read_as_that_of_the_product():
    product = derive(parse("x*ln(x)")).steps[0].after
    assert typst_math(Expression("", None, product)).startswith("frac(dif, dif x) (x) ln(x) + ")


def test_what_is_still_to_be_worked_out_in_an_exponent_stands_on_one_line():
    made = derive(parse("x^(1/2 + 1)")).steps[0].after
    assert typst_math(made) == "(frac(1, 2) + 1) x^(3\\/2 - 1)"
    assert typst_math(derive(parse("x^(-2)")).steps[0].after) == "-2 x^(-2 - 1)"


@pytest.mark.parametrize(
    ("text", "labels", "markup"),
    [
        ("x", {(): ["a", "b"]}, "{{ {{ x : a }} : b }}"),
        ("3x^2 + 8", {(0,): ["a"], (1,): ["b"]}, "{{ 3 x^2 : a }} + {{ 8 : b }}"),
        ("-2x^3 - 6x^2", {(0,): ["a"], (1,): ["b"]}, "{{ -2 x^3 : a }} - {{ 6 x^2 : b }}"),
        ("x*2", {(1,): ["a"]}, "x dot {{ 2 : a }}"),
        ("2*3x", {(0,): ["a"], (1,): ["b"]}, "{{ 2 : a }} dot {{ 3 : b }} x"),
        ("x - (-x)", {(1,): ["a"]}, "x - ({{ -x : a }})"),
        ("(3x^2+8)^3", {(): ["w"], (0,): ["a"]}, "{{ ({{ 3 x^2 + 8 : a }})^3 : w }}"),
        ("x^2", {(1,): ["n"]}, "x^2"),
        ("2^x", {(1,): ["n"]}, "2^({{ x : n }})"),
        (
            "sin(x)/x",
            {(0,): ["a"], (0, 0): ["b"], (1,): ["c"]},
            "frac({{ sin({{ x : b }}) : a }}, {{ x : c }})",
        ),
    ],
)
def test_parts_are_labelled_by_their_path(text, labels, markup):
    assert typst_math(parse(text), labels) == markup


def test_labels_leave_the_layout_as_it_is():
    step = derive(parse("x sin(-2x)/(3x^2+8) - e^(-x) ln(x)")).steps[3]
    everywhere = {path: [f"p{n}"] for n, path in enumerate(_paths(step.after))}
    plain, labelled = (
        outline(typst_math(step.after, labels), math=True).shapes for labels in ({}, everywhere)
    )
    assert [shape.glyph for shape in plain] == [shape.glyph for shape in labelled]
    for one, other in zip(plain, labelled, strict=True):
        assert np.allclose(one.curves, other.curves, atol=1e-3)


def _paths(node, path=()):
    yield path
    for n, child in enumerate(children(node)):
        yield from _paths(child, (*path, n))
