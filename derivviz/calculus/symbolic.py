"""Between the written tree and SymPy: building, differentiating, and the way back.

x stands for a real number, and a power p/q with odd q for the real root. SymPy alone would take the
principal, complex root of a negative number, so the places where the two part are handled here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

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
    evaluate,
    number,
    rational,
)

X = sympy.Symbol("x", real=True)
"""The variable of every expression of one variable."""

SYMBOLS: dict[str, Any] = {"x": X, "y": sympy.Symbol("y", real=True)}
"""The variables, by their names."""

_SYMPY: dict[str, Any] = {
    name: getattr(sympy, name)
    for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log")
}
_NAMES = {function: name for name, function in _SYMPY.items()} | {sympy.Abs: "abs"}


_RECIPROCALS = {sympy.cot: ("cos", "sin"), sympy.sec: ("", "cos"), sympy.csc: ("", "sin")}


class _RealAbs(sympy.Function):
    """|u| for real u. Its derivative |u|/u has no value at 0, as it should not; SymPy's own sign(u) has."""

    def fdiff(self, argindex: int = 1) -> Any:
        return self / self.args[0]


def to_sympy(node: Node, x: Any = SYMBOLS) -> Any:
    """The SymPy expression of a tree, numbers exact; its value at `x` if that is a SymPy number.

    Where there are several variables, `x` maps their names to what stands for them. Terms may come out in
    another order than they were written.

    Raises
    ------
    OverflowError
        If x cancels out of a part and leaves a number beyond float64, which SymPy could never work out.
    """
    value = _built(node, x)
    if value.is_number and not value.is_Rational and is_real(value):
        with np.errstate(all="ignore"):
            if not np.isfinite(evaluate(to_tree(value), np.float64(0))):
                raise OverflowError
    return value


def _built(node: Node, x: Any) -> Any:
    match node:
        case Number(value, _):
            return sympy.Rational(value.numerator, value.denominator)
        case Variable(name):
            return x[name] if isinstance(x, Mapping) else x
        case Constant(name):
            return sympy.pi if name == "pi" else sympy.E
        case Negative(inner):
            return -to_sympy(inner, x)
        case Sum(parts):
            terms = [(negative, to_sympy(part, x)) for negative, part in parts]
            return sympy.Add(*(-term if negative else term for negative, term in terms))
        case Product(parts):
            factors = [(inverse, to_sympy(part, x)) for inverse, part in parts]
            return sympy.Mul(*(1 / factor if inverse else factor for inverse, factor in factors))
        case Power(base, exponent):
            exact = rational(exponent)
            power = (
                to_sympy(exponent, x) if exact is None else sympy.Rational(exact.numerator, exact.denominator)
            )
            return real_power(to_sympy(base, x), power)
        case Call("sqrt", argument):
            return real_power(to_sympy(argument, x), sympy.Rational(1, 2))
        case Call("cbrt", argument):
            return real_power(to_sympy(argument, x), sympy.Rational(1, 3))
        case Call("abs", argument):
            return real_abs(to_sympy(argument, x))
        case Call(name, argument):
            return _SYMPY[name](to_sympy(argument, x))
        case Derivative(inner):
            return differentiate(to_sympy(inner)).subs(X, x["x"] if isinstance(x, Mapping) else x)
    raise TypeError(f"not a node of an expression: {node!r}")


def real_abs(value: Any) -> Any:
    """|value|, `value` being real wherever it has a value at all."""
    return sympy.Abs(value).replace(sympy.re, lambda part: part)


def real_power(base: Any, exponent: Any) -> Any:
    """base^exponent with the real root of a negative base where the exponent is p/q with odd q."""
    if exponent.is_Rational and exponent.q % 2:
        negative = bool(base < 0) if base.is_number and base.is_comparable else base.is_nonpositive
        if exponent.q > 1 and negative and not base.is_zero:
            return (-1) ** (exponent.p % 2) * _tidy_roots((-base) ** exponent)
        return _tidy_roots(base**exponent)
    # x^(2/3) is |x|^(2/3) under a further root; SymPy would make x^(1/3) of its square root.
    base = base.replace(_is_even_over_odd, lambda root: sympy.Abs(root.base) ** root.exp)
    return _tidy_roots(base**exponent)


def is_odd_root(value: Any) -> bool:
    """Whether the SymPy expression is a power p/q with q odd, which has a real value for a negative base."""
    return bool(value.is_Pow and value.exp.is_Rational and value.exp.q > 1 and value.exp.q % 2)


def _is_even_over_odd(value: Any) -> bool:
    return is_odd_root(value) and value.exp.p % 2 == 0


def _tidy_roots(value: Any) -> Any:
    """The real odd roots of −1 in place of the complex ones that SymPy splits off."""
    return value.replace(
        lambda part: is_odd_root(part) and part.base == -1,
        lambda part: sympy.Integer(-1) ** (part.exp.p % 2),
    )


def differentiate(value: Any, variable: Any = X) -> Any:
    """The derivative of a SymPy expression by one of `SYMBOLS`, real throughout: |u|′ is |u|/u · u′."""
    slope = value.replace(sympy.Abs, _RealAbs).diff(variable)
    return _tidy_roots(slope.replace(_RealAbs, real_abs))


def is_real(value: Any) -> bool:
    """Whether the expression is free of infinities and of the imaginary unit."""
    return not value.has(sympy.zoo, sympy.nan, sympy.oo, sympy.S.NegativeInfinity, sympy.I)


def to_tree(value: Any) -> Node:
    """The tree of a real SymPy expression of `SYMBOLS`, highest powers first, fractions gathered."""
    if value.is_Rational:
        return number(Fraction(int(value.p), int(value.q)))
    if value is sympy.pi or value is sympy.E:
        return Constant("pi" if value is sympy.pi else "e")
    if value.is_Symbol:
        return Variable(value.name)
    if value.is_Add:
        return Sum(tuple(_term(term) for term in value.as_ordered_terms("lex")))
    if value.is_Mul:
        return _product(value)
    if value.is_Pow:
        return _power(value.base, value.exp)
    if value.func in _RECIPROCALS:  # SymPy's tan(x + π/2) is −cot(x)
        argument = to_tree(value.args[0])
        above, below = _RECIPROCALS[value.func]
        return Product(
            ((False, Call(above, argument) if above else number(Fraction(1))), (True, Call(below, argument)))
        )
    if value.func in _NAMES:
        return Call(_NAMES[value.func], to_tree(value.args[0]))
    raise TypeError(f"{value} is not an expression of x in the notation of derivviz")


def _term(term: Any) -> tuple[bool, Node]:
    negative = bool(term.could_extract_minus_sign() and (term.is_Number or term.is_Mul))
    return negative, to_tree(-term if negative else term)


def _product(value: Any) -> Node:
    if value.as_coeff_Mul()[0].is_negative:
        return Negative(to_tree(-value))
    above, below = sympy.fraction(value, exact=True)
    factors = [(False, to_tree(factor)) for factor in above.as_ordered_factors() if factor != 1]
    divisor = () if below == 1 else ((True, to_tree(below)),)
    if not factors:
        return Product(((False, to_tree(sympy.Integer(1))), *divisor))
    return Product((*factors, *divisor)) if len(factors) > 1 or divisor else factors[0][1]


def _power(base: Any, exponent: Any) -> Node:
    if exponent.is_Rational and exponent < 0:
        return Product(((False, to_tree(sympy.Integer(1))), (True, to_tree(base**-exponent))))
    if exponent == sympy.Rational(1, 2):
        return Call("sqrt", to_tree(base))
    return Power(to_tree(base), to_tree(exponent))
