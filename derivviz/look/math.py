"""Formulas as Typst markup: a SymPy expression in its usual order, a typed one in the order it was typed."""

# ruff: noqa: N802 (SymPy prescribes the names of a printer's methods)
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.printer import Printer

from derivviz.calculus.derivation import Path
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

# Private signs around the parts to be labelled: part n stands between _OPEN + n and _CLOSE + n.
_OPEN, _CLOSE = 0xE000, 0xEC00
_OPENING, _CLOSING = re.compile("[\ue000-\uebff]"), re.compile("[\uec00-\uf8ff]")


def typst_math(formula: Any, labels: Mapping[Path, Sequence[str]] | None = None) -> str:
    """The markup of a formula, to stand between ``$`` signs in Typst.

    Parameters
    ----------
    formula
        An `Expression` or its tree, which keep the order and the decimals of their author, or anything of
        SymPy (a number, an expression, an equation, an infinity), polynomials highest power first.
    labels
        For a tree, the names of parts by the path where they stand (as in
        `derivviz.calculus.derivation.Step`), innermost first: they are written ``{{ body : name }}``. A part
        that is set in another form, as the 1/2 of a root, is left without.

    Returns
    -------
    str
        Such as ``x^2 + 2 x + 1``, ``frac(1, x)``, ``root(3, x)``, ``abs(x)``.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(formula, Expression | Node):
        tree = formula.tree if isinstance(formula, Expression) else formula
        return _Writer(labels or {}).whole(tree)
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


def _inline_sum(exponent: Sum) -> str:
    line = ""
    for minus, term in exponent.terms:
        value = rational(term) or Fraction(0)
        line += f" {'-' if minus != (value < 0) else '+'} {_inline(abs(value))}"
    return line.removeprefix(" + ") if line[1] == "+" else f"-{line[3:]}"


def _unlabelled(markup: str) -> str:
    """What is seen of markup with parts between private signs."""
    return _CLOSING.sub("", _OPENING.sub("", markup))


def _bracketed(markup: str, needed: bool) -> str:
    return f"({markup})" if needed else markup


def _side_by_side(factors: list[str]) -> str:
    """Factors without a sign, as in 2 x; with a dot where a digit would run into the digits before it."""
    line = factors[0]
    for factor in factors[1:]:
        seen, before = _unlabelled(factor), _unlabelled(line)
        digits = seen[0].isdigit() or (seen.startswith("frac(") and before[-1].isdigit())
        line += f" dot {factor}" if digits or seen.startswith("-") else f" {factor}"
    return line


# --- as it was typed -------------------------------------------------------------------------------------


class _Writer:
    """Writes a tree; the parts at the paths of `labels` stand between two private signs, to be labelled."""

    def __init__(self, labels: Mapping[Path, Sequence[str]]) -> None:
        self.number = {path: n for n, path in enumerate(labels)}
        self.names = list(labels.values())

    def whole(self, node: Node) -> str:
        """The markup of a tree, its labelled parts written ``{{ body : label }}``."""
        markup, _ = self.written(node, ())
        markup = _OPENING.sub(lambda sign: "{{ " * len(self.names[ord(sign[0]) - _OPEN]), markup)
        return _CLOSING.sub(
            lambda sign: "".join(f" : {name} }}}}" for name in self.names[ord(sign[0]) - _CLOSE]), markup
        )

    def written(self, node: Node, path: Path) -> tuple[str, int]:
        """The markup of a part, and how strongly its loosest sign binds."""
        markup, binding = self.bare(node, path)
        if path in self.number:
            n = self.number[path]
            markup = f"{chr(_OPEN + n)}{markup}{chr(_CLOSE + n)}"
        return markup, binding

    def bare(self, node: Node, path: Path) -> tuple[str, int]:
        match node:
            case Number(_, text):
                return text.rstrip("."), _ATOM
            case Constant(name) | Variable(name):
                return name, _ATOM
            case Negative(inner):
                return f"-{self.after_sign(inner, (*path, 0))}", _SIGN
            case Sum(((minus, first), *rest)):
                start = (*path, 0)
                words = [
                    f"-{self.after_sign(first, start)}" if minus else self.inside(first, start, _PRODUCT)
                ]
                for n, (negative, term) in enumerate(rest, 1):
                    words.append(f"{'-' if negative else '+'} {self.after_sign(term, (*path, n))}")
                return " ".join(words), _SUM
            case Product(factors):
                return self.product(factors, path)
            case Power(base, exponent):
                return self.power(base, exponent, path)
            case Call(name, argument):
                argued = self.written(argument, (*path, 0))[0]
                return _call(name, argued), _POWER if name == "exp" else _ATOM
            case Derivative(inner):
                # d/dx x ln x could be read as that of the product
                under = _bracketed(self.written(inner, (*path, 0))[0], True)
                return f"{_fraction('dif', 'dif x')} {under}", _POWER
        raise TypeError(f"not a node of an expression: {node!r}")

    def inside(self, node: Node, path: Path, binding: int) -> str:
        markup, own = self.written(node, path)
        return _bracketed(markup, own < binding)

    def after_sign(self, node: Node, path: Path) -> str:
        markup = self.inside(node, path, _PRODUCT)
        return _bracketed(markup, _unlabelled(markup).startswith("-"))

    def product(self, factors: tuple[tuple[bool, Node], ...], path: Path) -> tuple[str, int]:
        """What stands before a ÷ becomes the numerator: a b / c d is (a b over c) d."""
        line: list[str] = []
        alone = "1"  # the line without brackets while it has one factor at most
        for n, (inverse, node) in enumerate(factors):
            if inverse:
                above = alone if len(line) < 2 else _side_by_side(line)
                line = [_fraction(above, self.written(node, (*path, n))[0])]
                alone = line[0]
            else:
                line.append(self.inside(node, (*path, n), _POWER if line else _SIGN))
                alone = self.written(node, (*path, n))[0]
        return _side_by_side(line), _PRODUCT

    def power(self, base: Node, exponent: Node, path: Path) -> tuple[str, int]:
        exact = rational(exponent)
        if exact is not None and isinstance(exponent, Sum):  # x^(3 − 1), left to be worked out
            return _raised(self.inside(base, (*path, 0), _ATOM), _inline_sum(exponent)), _POWER
        if exact is not None and exact.numerator == 1 and exact.denominator > 1:
            return _root(self.written(base, (*path, 0))[0], exact.denominator), _ATOM
        inline = _inline(exact) if exact is not None else self.written(exponent, (*path, 1))[0]
        return _raised(self.inside(base, (*path, 0), _ATOM), inline), _POWER


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
