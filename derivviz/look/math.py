"""Formulas as Typst markup: a SymPy expression in its usual order, a typed one in the order it was typed."""

# ruff: noqa: N802 (SymPy prescribes the names of a printer's methods)
from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.printer import Printer

from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import (
    Call,
    Constant,
    Derivative,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    rational,
)

# Typst has these operators by name; everything else is set with op("…").
_OPERATORS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "log": "ln"}
_KNOWN = {
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "ln",
}

_NAMES = {"Abs": "abs"}
_GREEK = {name: name for name in sympy.core.alphabets.greeks} | {"lamda": "lambda", "Delta": "Delta"}

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)


def typst_math(formula: Any) -> str:
    """The markup of a formula, to stand between ``$`` signs in Typst.

    Parameters
    ----------
    formula
        An `Expression`, which keeps the order and the decimals of its author, or anything of SymPy
        (a number, an expression, an equation, an infinity), polynomials highest power first.

    Returns
    -------
    str
        Such as ``x^2 + 2 x + 1``, ``frac(1, x)``, ``root(3, x)``, ``abs(x)``.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(formula, Expression):
        return _written(formula.tree)[0]
    try:
        value = sympy.sympify(formula, strict=True)
    except sympy.SympifyError:
        raise TypeError(f"{formula!r} is no formula: give an Expression or a SymPy object.") from None
    return str(_SympyPrinter().doprint(value))


def _call(name: str, argument: str) -> str:
    if name in ("abs", "sqrt"):
        return f"{name}({argument})"
    if name == "cbrt":
        return f"root(3, {argument})"
    if name == "exp":
        return f"e^({argument})" if len(argument) > 1 else f"e^{argument}"
    name = _OPERATORS.get(name, name)
    return f"{name}({argument})" if name in _KNOWN or len(name) == 1 else f'op("{name}")({argument})'


def _fraction(above: str, below: str) -> str:
    return f"frac({above}, {below})"


def _raised(base: str, exponent: str) -> str:
    return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^({exponent})"


def _named(word: str) -> str:
    """A letter, a number or a Greek letter as it is; any other word upright, as text."""
    if word in _GREEK:
        return _GREEK[word]
    return word if len(word) == 1 or word.isdigit() else f'"{word}"'


def _root(inside: str, index: int) -> str:
    return f"sqrt({inside})" if index == 2 else f"root({index}, {inside})"


def _inline(exponent: Fraction) -> str:
    """A fraction on one line, since a fraction bar in an exponent is too small to read."""
    return str(exponent).replace("/", "\\/")


def _bracketed(markup: str, needed: bool) -> str:
    return f"({markup})" if needed else markup


def _side_by_side(factors: list[str]) -> str:
    """Factors without a sign, as in 2 x; with a dot where a digit would run into the digits before it."""
    line = factors[0]
    for factor in factors[1:]:
        digits = factor[0].isdigit() or (factor.startswith("frac(") and line[-1].isdigit())
        line += f" dot {factor}" if digits or factor.startswith("-") else f" {factor}"
    return line


# --- as it was typed -------------------------------------------------------------------------------------


def _written(node: Node) -> tuple[str, int]:
    """The markup of a tree, and how strongly its loosest sign binds."""
    match node:
        case Number(_, text):
            return text.rstrip("."), _ATOM
        case Constant(name):
            return name, _ATOM
        case Negative(inner):
            return f"-{_after_sign(inner)}", _SIGN
        case Sum(((minus, first), *rest)):
            words = [f"-{_after_sign(first)}" if minus else _inside(first, _PRODUCT)]
            words += [f"{'-' if negative else '+'} {_after_sign(term)}" for negative, term in rest]
            return " ".join(words), _SUM
        case Product(factors):
            return _product(factors)
        case Power(base, exponent):
            return _power(base, exponent)
        case Call("exp", argument):
            return _call("exp", _written(argument)[0]), _POWER
        case Call(name, argument):
            return _call(name, _written(argument)[0]), _ATOM
        case Derivative(inner):
            return (
                f"{_fraction('dif', 'dif x')} {_bracketed(_written(inner)[0], inner != Variable())}",
                _POWER,
            )
    return "x", _ATOM


def _inside(node: Node, binding: int) -> str:
    markup, own = _written(node)
    return _bracketed(markup, own < binding)


def _after_sign(node: Node) -> str:
    markup = _inside(node, _PRODUCT)
    return _bracketed(markup, markup.startswith("-"))


def _product(factors: tuple[tuple[bool, Node], ...]) -> tuple[str, int]:
    """What stands before a ÷ becomes the numerator: a b / c d is (a b over c) d."""
    line: list[str] = []
    alone = "1"  # the line without brackets while it has one factor at most
    for inverse, node in factors:
        if inverse:
            above = alone if len(line) < 2 else _side_by_side(line)
            line = [_fraction(above, _written(node)[0])]
            alone = line[0]
        else:
            line.append(_inside(node, _POWER if line else _SIGN))
            alone = _written(node)[0]
    return _side_by_side(line), _PRODUCT


def _power(base: Node, exponent: Node) -> tuple[str, int]:
    exact = rational(exponent)
    if exact is not None and exact.numerator == 1 and exact.denominator > 1:
        return _root(_written(base)[0], exact.denominator), _ATOM
    inline = _inline(exact) if exact is not None else _written(exponent)[0]
    return _raised(_inside(base, _ATOM), inline), _POWER


# --- as SymPy orders it ----------------------------------------------------------------------------------


class _SympyPrinter(Printer):
    """SymPy calls ``_print_Add`` and so on by the class of what it meets."""

    def _within(self, value: Any, least: int) -> str:
        return _bracketed(self._print(value), precedence(value) < least)

    def _print_Symbol(self, symbol: Any) -> str:
        name, _, index = str(symbol.name).partition("_")
        return f"{_named(name)}_{_named(index)}" if index else _named(name)

    def _print_Integer(self, number: Any) -> str:
        return str(number)

    def _print_Float(self, number: Any) -> str:
        digits, _, power = repr(float(number)).partition("e")
        return f"{digits} dot 10^({int(power)})" if power else digits

    def _print_Rational(self, number: Any) -> str:
        return f"{'-' if number.p < 0 else ''}{_fraction(str(abs(number.p)), str(number.q))}"

    def _print_Exp1(self, _: Any) -> str:
        return "e"

    def _print_Pi(self, _: Any) -> str:
        return "pi"

    def _print_Infinity(self, _: Any) -> str:
        return "infinity"

    def _print_NegativeInfinity(self, _: Any) -> str:
        return "-infinity"

    def _print_Add(self, value: Any) -> str:
        first, *rest = (self._within(term, PRECEDENCE["Add"]) for term in value.as_ordered_terms("lex"))
        return first + "".join(f" - {term[1:]}" if term[0] == "-" else f" + {term}" for term in rest)

    def _print_Mul(self, value: Any) -> str:
        if value.as_coeff_Mul()[0].is_negative:
            return f"-{self._within(-value, PRECEDENCE['Mul'])}"
        above, below = sympy.fraction(value, exact=True)
        if below != 1:
            return _fraction(self._print(above), self._print(below))
        return _side_by_side([self._within(f, PRECEDENCE["Mul"]) for f in value.as_ordered_factors()])

    def _print_Pow(self, value: Any) -> str:
        base, exponent = value.base, value.exp
        if exponent.is_Rational and exponent < 0:
            return _fraction("1", self._print(base**-exponent))
        if exponent.is_Rational and exponent.p == 1:
            return _root(self._print(base), exponent.q)
        tight = base.is_Symbol or base.is_Function or (base.is_Integer and base >= 0) or base.is_NumberSymbol
        inline = _inline(Fraction(exponent.p, exponent.q)) if exponent.is_Rational else self._print(exponent)
        return _raised(_bracketed(self._print(base), not tight or base.func is sympy.exp), inline)

    def _print_Function(self, value: Any) -> str:
        return _call(_NAMES.get(value.func.__name__, value.func.__name__), self._print(value.args[0]))

    def _print_Equality(self, value: Any) -> str:
        return f"{self._print(value.lhs)} = {self._print(value.rhs)}"

    def emptyPrinter(self, expr: Any) -> str:
        raise TypeError(f"{expr} ({type(expr).__name__}) has no Typst markup yet: give a real expression.")
