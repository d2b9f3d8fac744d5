"""Long formulas in lines: narrow enough, and still the same formula."""

from __future__ import annotations

import re

import pytest

from derivviz.calculus.derivation import differentiation
from derivviz.calculus.expression import parse
from derivviz.calculus.tree import Derivative
from derivviz.look.breaking import broken, extent, foldable, folded
from derivviz.look.math import typst_math

LONG = [
    "3x^9 - 4x^8 + 5x^7 - 6x^6 + 7x^5",
    "(x^5-3x^4+2x^2-7x+1)*sin(3x+2)/((x^2+4)*(e^(2x)+cos(x)))",
    "(sin(x^2)+x*e^x)*(ln(x^2+1)-3x^3)*(cos(2x)+x^2+5)*2*3^x",
    "-(x - (x^2 - (3 - x^3 - x)) + 7)^3 - (-x - 4x^2)*(-(x+1))",
    "1 - (2 + x - (x^2 + 5x + 3)/(7 + x)/(x^2 + 2))",
    "x/(x+1)*(x+2)/(x+3)*(-x-7)",
]


def plain(markup: str) -> str:
    """The markup in the notation that `parse` reads."""
    text = markup.replace("\\(", "(").replace("\\)", ")").replace("\\/", "/").replace("dot", "*")
    text = re.sub(r"[&\\]|thick", " ", text)
    while "frac(" in text:
        start = text.rindex("frac(")  # the innermost of those that end last
        depth, comma, i = 0, 0, start + 4
        for i in range(start + 4, len(text)):
            depth += (text[i] == "(") - (text[i] == ")")
            comma = i if text[i] == "," and depth == 1 else comma
            if depth == 0:
                break
        text = f"{text[:start]}(({text[start + 5 : comma]})/({text[comma + 1 : i]})){text[i + 1 :]}"
    return re.sub(r" *([()+*/-]) *", r"\1", " ".join(text.split()))


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("width", [6.0, 14.0])
def test_a_broken_formula_is_still_the_same(text, width):
    function = parse(text)
    lines = broken(function.tree, {}, width, deep=True)
    assert parse(plain(lines))(1.3) == pytest.approx(function(1.3))
    slope = function.derivative()
    assert parse(plain(broken(slope.tree, {}, width, deep=True)))(1.3) == pytest.approx(slope(1.3))


@pytest.mark.parametrize("text", LONG)
def test_no_line_is_wider_than_it_may_be(text):
    for deep, width in ((True, 14.0), (True, 20.0), (False, 60.0)):
        assert extent(broken(parse(text).tree, {}, width, "f(x) =", deep))[0] <= width


def test_labels_and_what_stands_before_are_kept():
    tree = parse("3x^9 - 4x^8 + 5x^7").tree
    lines = broken(tree, {(): ["w"], (1,): ["t1"]}, 5, "y =")
    assert lines == "y = & {{ 3 x^9 : w }} \\ & {{ - {{ 4 x^8 : t1 }} : w }} \\ & {{ + 5 x^7 : w }}"
    under = broken(Derivative(tree), {}, 6)
    assert under.strip().startswith("& frac(dif, dif x) \\( 3 x^9")
    assert under.endswith("\\)")


def test_parts_are_left_out_the_largest_first():
    tree = Derivative(parse("sin(x^2 + 3x) * e^x").tree)
    assert foldable(tree)[1] == parse("sin(x^2 + 3x)").tree
    assert typst_math(folded(tree, foldable(tree)[1])) == "frac(dif, dif x) (dots.c e^x)"


def test_brackets_that_open_on_one_line_and_close_on_another_are_measured_too():
    nested = "sin(cos(sin(cos(x^2+1)+x)*x)+ln(x^2+2))^3*e^(sin(x)/x) + sqrt(sqrt(x+1)+1)"
    end = list(differentiation(parse(nested).tree))[-1].after
    markup = broken(end, {}, 30, "f'(x) =", deep=True)
    assert extent(markup)[0] <= 30
