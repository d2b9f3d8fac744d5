"""What `parse` reads: the notation, the exact values, the real roots, the derivative."""

import math
import random

import numpy as np
import pytest
import sympy

from derivviz.calculus.expression import Expression, parse

x = parse("x").symbol


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x**2 + 2*x + 1", x**2 + 2 * x + 1),
        ("3x^2", 3 * x**2),
        ("3(x+1)", 3 * (x + 1)),
        ("2x(x+1)", 2 * x * (x + 1)),
        ("x(x+1)", x * (x + 1)),
        ("(x+1)(x-1)", (x + 1) * (x - 1)),
        ("x sin(x)", x * sympy.sin(x)),
        ("sin(x)cos(x)", sympy.sin(x) * sympy.cos(x)),
        ("sin(x)^2", sympy.sin(x) ** 2),
        ("1/2x", x / 2),
        ("x/2/3", x / 6),
        ("-x^2", -(x**2)),
        ("2^-x", 2**-x),
        ("2^x^2", 2 ** (x**2)),
        ("--x", x),
        ("+x", x),
        ("|x|", sympy.Abs(x)),
        ("2|x|+|x-1|", 2 * sympy.Abs(x) + sympy.Abs(x - 1)),
        ("||x|-1|", sympy.Abs(sympy.Abs(x) - 1)),
        ("x|x|", x * sympy.Abs(x)),
        ("x²", x**2),
        ("x⁻¹", 1 / x),
        ("x¹⁰", x**10),
        ("(3x²+8)³", (3 * x**2 + 8) ** 3),
        ("2·x×3÷4−1", sympy.Rational(3, 2) * x - 1),
        ("（ｘ＋１）＾２", (x + 1) ** 2),
        ("√x + √(x+1)", sympy.sqrt(x) + sympy.sqrt(x + 1)),
        ("√x²", x),
        ("ln(x) + log(x)", 2 * sympy.log(x)),
        ("arctan(x) + atan(x)", 2 * sympy.atan(x)),
        ("π x + pi", sympy.pi * x + sympy.pi),
        ("e^x", sympy.exp(x)),
        ("2 e^(-x)", 2 * sympy.exp(-x)),
        ("0.1x + .5 + 2.", x / 10 + sympy.Rational(5, 2)),
        ("cbrt(x)", x ** sympy.Rational(1, 3)),
        ("sinh(x) + cosh(x)*tanh(x)", sympy.sinh(x) + sympy.cosh(x) * sympy.tanh(x)),
        ("asin(x) - acos(x)", sympy.asin(x) - sympy.acos(x)),
        ("5", sympy.Integer(5)),
        ("  x\t+ 1 ", x + 1),
    ],
)
def test_notation(text, meaning):
    assert parse(text).sympy == meaning


def test_published_readings_come_out_to_the_last_bit():
    f = parse("x**2 + 2*x + 1")
    assert (f(1), f(5)) == (4.0, 36.0)
    assert (f(1 + 0.1) - f(1)) / 0.1 == 4.100000000000001
    assert (f(1 + 0.000001) - f(1)) / 0.000001 == 4.000000999759834


def test_a_number_gives_what_python_gives_for_the_same_line():
    draw = random.Random(3)
    for _ in range(400):
        terms = draw.choices(["x**2", "2*x", "1", "0.1*x**3", "3*x**4/7", "-x", "(x - 1.5)**3", "x**-2"], k=4)
        text = draw.choice([" + ", " - "]).join(terms)
        at = draw.uniform(-10, 10)
        assert parse(text)(at) == eval(text, {"x": at}), (text, at)


def test_arrays_keep_their_shape_and_scalars_are_floats():
    f = parse("3x^2 + 1")
    grid = np.linspace(-2, 2, 12).reshape(3, 4)
    assert f(grid).shape == (3, 4)
    assert f(grid) == pytest.approx(3 * grid**2 + 1)
    assert type(f(2)) is float
    constant = parse("7")(grid)
    assert constant.shape == (3, 4)
    constant[0, 0] = 1  # a fresh array, not a read-only view of one number
    assert parse("x")(np.arange(3)).dtype == np.float64


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("sqrt(x)^0", -1),
        ("1^log(x)", -1),
        ("1/x", 0),
        ("log(x)", 0),
        ("log(x)", -1),
        ("sqrt(x)", -1),
        ("asin(x)", 2),
        ("x^-2", 0),
        ("x^0.5", -4),
        ("1/(1/x)", 0),
        ("exp(-1/x^2)", 0),
        ("x^x", -0.5),
        ("x^(-1/3)", 0),
    ],
)
def test_outside_the_domain_there_is_no_number(text, at):
    assert math.isnan(parse(text)(at))
    assert np.isnan(parse(text)(np.array([at, 0.5]))).tolist() == [True, False]


def test_what_is_only_too_large_is_infinite():
    assert parse("exp(x)")(1000) == math.inf


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("x^(1/3)", -8, -2),
        ("cbrt(x)", -27, -3),
        ("x^(2/3)", -8, 4),
        ("x^(-1/3)", -8, -0.5),
        ("x^(3/5)", -32, -8),
        ("x^0.2", -32, -2),
        ("(-8)^(1/3) x", 2, -4),
        ("(-x^2)^(1/3)", 8, -4),
        ("(x^(2/3))^(1/2)", -8, 2),
        ("(-(x^2+7))^(1/3)", 1, -2),
    ],
)
def test_odd_roots_are_real(text, at, value):
    f = parse(text)
    assert f(at) == pytest.approx(value, rel=1e-14)
    h = 1e-5
    assert f.derivative()(at) == pytest.approx((f(at + h) - f(at - h)) / (2 * h), rel=1e-6)


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("5", "0"),
        ("x^5", "5*x**4"),
        ("3x^2 + 2x^4", "8*x**3 + 6*x"),
        ("(3x^2+8)^2", "12*x*(3*x**2 + 8)"),
        ("(3x^2+8)^3", "18*x*(3*x**2 + 8)**2"),
        ("-2x^3 - 6x^2 + 18x", "-6*x**2 - 12*x + 18"),
        ("|x|", "abs(x)/x"),
        ("x|x|", "2*abs(x)"),
        ("sqrt(x)", "1/(2*sqrt(x))"),
        ("1/x", "-1/x**2"),
        ("exp(-x^2/2)", "-x*exp(-x**2/2)"),
        ("acos(x)", "-1/sqrt(-x**2 + 1)"),
        ("x^x", "x**x*(log(x) + 1)"),
        ("2^x", "2**x*log(2)"),
        ("pi x", "pi"),
    ],
)
def test_derivative_reads_as_people_write_it(text, slope):
    derivative = parse(text).derivative()
    assert derivative.text == slope
    assert sympy.simplify(parse(slope).sympy - derivative.sympy) == 0


def test_derivative_exists_only_where_the_function_does():
    slope = parse("log(x)").derivative()
    assert slope(2) == 0.5
    assert math.isnan(slope(-2))
    assert math.isnan(parse("log(x)").derivative().derivative()(-2))
    assert math.isnan(parse("|x|").derivative()(0))


def test_second_derivative_of_the_absolute_value_is_zero():
    assert parse("|x|").derivative().derivative().sympy == 0


def test_an_expression_is_a_value():
    f = parse(" x + 1 ")
    assert isinstance(f, Expression)
    assert (f.text, f.variable, str(f)) == ("x + 1", "x", "x + 1")
    assert f == parse("x + 1")
    assert f != parse("x + 2")
    with pytest.raises(AttributeError):
        f.text = "x"


@pytest.mark.parametrize(
    "text", ["tan(x + pi/2)", "1/cos(x + pi/2)", "1/sin(x + pi/2)", "3 - tan(3 + acos(0)) x"]
)
def test_what_sympy_writes_otherwise_is_still_differentiated(text):
    f, h = parse(text), 1e-6
    assert f.derivative()(0.7) == pytest.approx((f(0.7 + h) - f(0.7 - h)) / (2 * h), rel=1e-5)


def test_numbers_beyond_float64_do_not_stop_an_evaluation():
    assert parse("(9x)^500").derivative()(2) == math.inf
    assert parse("x^1000 - exp(2)").derivative()(3) == math.inf
