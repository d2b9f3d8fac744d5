"""What a user typed, as JavaScript that computes and as TeX that shows: written anew from the parsed tree.

Nothing of the text itself gets through: only numbers, signs and names from a list.
"""

from __future__ import annotations

from fractions import Fraction

from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import (
    CONSTANTS,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    rational,
)
from derivviz.look.breaking import extent
from derivviz.look.math import typst_math
from derivviz.publishing.page.plot import Plot

_FUNCTIONS = {
    name: f"Math.{name}"
    for name in (
        *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
        *("exp", "sqrt", "cbrt", "abs"),
    )
} | {"log": "derivviz.ln"}
_OPERATORS = {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "log": r"\ln"}
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)  # how strongly the loosest sign binds


def javascript(tree: Node) -> str:
    """An arrow function of x with the values of `derivviz.calculus.tree.evaluate`, NaN outside the domain.

    It calls ``derivviz.quotient``, ``derivviz.power`` and ``derivviz.ln`` of ``page.js``.
    """
    return f"(x) => {_computed(tree)}"


def slope(expression: Expression) -> str:
    """The same of its derivative, NaN also where the function itself has no value."""
    own, derived = _computed(expression.tree), _computed(expression.derivative().tree)
    return f"(x) => (Number.isNaN({own}) ? NaN : {derived})"


def _computed(node: Node) -> str:
    match node:
        case Number(value):
            return _literal(value)
        case Constant(name):
            return repr(float(CONSTANTS[name]))
        case Variable():
            return "x"
        case Negative(inner):
            return f"(-{_computed(inner)})"
        case Sum(((negative, first), *rest)):
            line = f"(-{_computed(first)})" if negative else _computed(first)
            for minus, part in rest:
                line += f" {'-' if minus else '+'} {_computed(part)}"
            return f"({line})"
        case Product(((inverse, first), *rest)):
            line = f"derivviz.quotient(1, {_computed(first)})" if inverse else _computed(first)
            for below, part in rest:
                other = _computed(part)
                line = f"derivviz.quotient({line}, {other})" if below else f"({line} * {other})"
            return line
        case Power(base, exponent):
            exact = rational(exponent)
            if exact is None:
                return f"derivviz.power({_computed(base)}, {_computed(exponent)})"
            kind = "odd" if exact.denominator % 2 and exact.denominator > 1 else "plain"
            even = "true" if exact.numerator % 2 == 0 else "false"
            return f"derivviz.{kind}Power({_computed(base)}, {_literal(exact)}, {even})"
        case Call(name, argument):
            return f"{_FUNCTIONS[name]}({_computed(argument)})"
    raise TypeError(f"not a node of an expression: {node!r}")


def _literal(value: Fraction) -> str:
    try:
        number = value.numerator / value.denominator
    except OverflowError:
        return "Infinity" if value > 0 else "(-Infinity)"
    return repr(number) if number >= 0 else f"({number!r})"


def tex(tree: Node) -> str:
    """The formula in TeX, terms and decimals as they were typed."""
    return _set(tree)[0]


def over(plot: Plot, name: str, expression: Expression, role: str) -> None:
    """Set ``name = expression`` over a plot."""
    wide, _ = extent(f"{name} = {typst_math(expression)}")
    plot.formula(f"{name} = {tex(expression.tree)}", f"{name} = {expression.text}", wide, role)


def _set(node: Node) -> tuple[str, int]:
    """TeX of a part, and how strongly its loosest sign binds."""
    match node:
        case Number(_, text):
            return text.rstrip("."), _ATOM
        case Constant(name):
            return {"pi": r"\pi "}.get(name, name), _ATOM
        case Variable(name):
            return name, _ATOM
        case Negative(inner):
            return f"-{_after_sign(inner)}", _SIGN
        case Sum(((minus, first), *rest)):
            line = f"-{_after_sign(first)}" if minus else _within(first, _PRODUCT)
            for negative, term in rest:
                line += f" {'-' if negative else '+'} {_after_sign(term)}"
            return line, _SUM
        case Product(factors):
            return _product(factors), _PRODUCT
        case Power(base, exponent):
            exact = rational(exponent)
            if exact is not None and exact.numerator == 1 and exact.denominator > 1:
                index = "" if exact.denominator == 2 else f"[{exact.denominator}]"
                return rf"\sqrt{index}{{{_set(base)[0]}}}", _ATOM
            raised = str(exact) if exact is not None else _set(exponent)[0]
            return f"{_within(base, _ATOM)}^{{{raised}}}", _POWER
        case Call(name, argument):
            inside = _set(argument)[0]
            if name == "exp":
                return f"e^{{{inside}}}", _POWER
            if name == "abs":
                return rf"\left|{inside}\right|", _ATOM
            if name in ("sqrt", "cbrt"):
                return rf"\sqrt{'[3]' if name == 'cbrt' else ''}{{{inside}}}", _ATOM
            name = _OPERATORS.get(name, rf"\{name}")
            return rf"{name}\left({inside}\right)", _POWER
    raise TypeError(f"not a node of an expression: {node!r}")


def _within(node: Node, binding: int) -> str:
    written, own = _set(node)
    return written if own >= binding else rf"\left({written}\right)"


def _after_sign(node: Node) -> str:
    written = _within(node, _PRODUCT)
    return rf"\left({written}\right)" if written.startswith("-") else written


def _product(factors: tuple[tuple[bool, Node], ...]) -> str:
    """What stands before a ÷ is the numerator: a b / c d is (a b over c) d."""
    line: list[str] = []
    alone = "1"
    for inverse, node in factors:
        if inverse:
            above = alone if len(line) < 2 else _side_by_side(line)
            line = [rf"\frac{{{above}}}{{{_set(node)[0]}}}"]
            alone = line[0]
        else:
            line.append(_within(node, _POWER if line else _SIGN))
            alone = _set(node)[0]
    return _side_by_side(line)


def _side_by_side(factors: list[str]) -> str:
    line = factors[0]
    for factor in factors[1:]:
        dot = factor[0].isdigit() or factor.startswith(("-", r"\frac"))
        line += rf" \cdot {factor}" if dot else f" {factor}"
    return line
