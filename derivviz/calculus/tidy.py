"""Arithmetic that needs no saying: 5 − 1 is 4, 1·u is u, u + 0 is u, x·x² is x³."""

from __future__ import annotations

from fractions import Fraction

from derivviz.calculus.tree import (
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    children,
    number,
    rational,
    with_children,
)

ZERO, ONE = number(0), number(1)


def tidy(node: Node) -> Node:
    """The tree with its numbers worked out, and without sums, products and powers that do nothing.

    What has no value somewhere may get one there: 0/x becomes 0.
    """
    node = with_children(node, [tidy(child) for child in children(node)])
    match node:
        case Number():
            return node
        case Negative(Negative(inner)):
            return inner
        case Sum(parts):
            return _sum(parts)
        case Product(parts):
            return _product(parts)
        case Power(base, exponent):
            return _power(base, exponent)
        case Call("log", Constant("e")):
            return ONE
    exact = rational(node)
    return node if exact is None else number(exact)


def _sum(parts: tuple[tuple[bool, Node], ...]) -> Node:
    """Sums inside sums opened; the numbers gathered where the first of them stands."""
    terms: list[tuple[bool, Node]] = []
    for minus, term in parts:
        while isinstance(term, Negative):
            minus, term = not minus, term.inner
        if isinstance(term, Sum):
            terms += [(minus != inner, part) for inner, part in term.terms]
        else:
            terms.append((minus, term))
    total, place, kept = Fraction(0), None, list[tuple[bool, Node]]()
    for minus, term in terms:
        exact = rational(term)
        if exact is None:
            kept.append((minus, term))
        else:
            total += -exact if minus else exact
            place = len(kept) if place is None else place
    if total:
        kept.insert(place or 0, (total < 0, number(abs(total))))
    if not kept:
        return ZERO
    if len(kept) == 1:
        return Negative(kept[0][1]) if kept[0][0] else kept[0][1]
    return Sum(tuple(kept))


def _product(parts: tuple[tuple[bool, Node], ...]) -> Node:
    """Products inside products opened: sign and number in front, then powers of x, the rest, the divisors."""
    value = Fraction(1)
    above: list[Node] = []
    below: list[Node] = []
    waiting = list(parts)
    while waiting:
        inverse, factor = waiting.pop(0)
        if isinstance(factor, Negative):
            value, factor = -value, factor.inner
        if isinstance(factor, Product):
            waiting = [(inverse != inner, part) for inner, part in factor.factors] + waiting
            continue
        exact = rational(factor)
        if exact == 0 and inverse:
            exact = None  # 1/0 is left to be seen
        if exact is None:
            (below if inverse else above).append(factor)
        else:
            value = value / exact if inverse else value * exact
    if not value:
        return ZERO
    made = _fraction(abs(value), _gathered(above), _gathered(below))
    return Negative(made) if value < 0 else made


def _gathered(factors: list[Node]) -> list[Node]:
    """Whole powers of the same base as one, x before anything else."""
    powers: dict[Node, int] = {}
    others: list[Node] = []
    for factor in factors:
        base, exponent = (
            (factor.base, rational(factor.exponent)) if isinstance(factor, Power) else (factor, 1)
        )
        if exponent is None or exponent != int(exponent) or exponent < 1:
            others.append(factor)
        else:
            powers[base] = powers.get(base, 0) + int(exponent)
    made = [_power(base, number(exponent)) for base, exponent in powers.items()] + others
    return sorted(made, key=lambda factor: not _is_power_of_x(factor))


def _is_power_of_x(node: Node) -> bool:
    return isinstance(node, Variable) or (isinstance(node, Power) and isinstance(node.base, Variable))


def _fraction(value: Fraction, above: list[Node], below: list[Node]) -> Node:
    if value.numerator != 1 or not above:
        above = [number(value.numerator), *above]
    if value.denominator != 1:
        below = [number(value.denominator), *below]
    if below:
        divisor = below[0] if len(below) == 1 else Product(tuple((False, factor) for factor in below))
        return Product((*((False, factor) for factor in above), (True, divisor)))
    return above[0] if len(above) == 1 else Product(tuple((False, factor) for factor in above))


def _power(base: Node, exponent: Node) -> Node:
    power = rational(exponent)
    if power == 1:
        return base
    if power == 0:
        return ONE
    if isinstance(base, Power) and power is not None and power.denominator == 1:
        inner = rational(base.exponent)
        if inner is not None and inner.denominator == 1:
            return _power(base.base, number(inner * power))  # (x²)² is x⁴
    exact = rational(Power(base, exponent))
    return Power(base, exponent) if exact is None else number(exact)
