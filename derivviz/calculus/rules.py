"""The rules of differentiation, each a function from what stands under d/dx to what it becomes.

Source: the rules of differentiation (constant, power, constant multiple, sum, product, quotient, chain), and
the derivatives of the elementary functions from any table of them. A rule does one thing and leaves
d/dx before what is still to be done, so ``(3*x**2 + 8)**3`` becomes ``3*(3*x**2 + 8)**(3 - 1)*d/dx(3*x**2 + 8)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from derivviz.calculus.tree import (
    Call,
    Constant,
    Derivative,
    Negative,
    Node,
    Power,
    Product,
    Sum,
    Variable,
    is_constant,
    number,
    rational,
)

ZERO, ONE, TWO = number(0), number(1), number(2)


@dataclass(frozen=True)
class Rule:
    """A rule of differentiation.

    Attributes
    ----------
    name : str
        As people call it, such as ``power``.
    korean : str
        The same in Korean.
    formula : str
        The rule in one line; u and v are functions of x, c and n constants.
    apply : callable
        The tree that d/dx u becomes by this rule, or None where it is not the rule for u.
    """

    name: str
    korean: str
    formula: str
    apply: Callable[[Node], Node | None] = field(repr=False, compare=False)


def product(*factors: Node) -> Node:
    """The factors multiplied; a single one is itself, none is 1."""
    if len(factors) < 2:
        return factors[0] if factors else ONE
    return Product(tuple((False, factor) for factor in factors))


def quotient(above: Node, below: Node) -> Node:
    """above / below."""
    return Product(((False, above), (True, below)))


def difference(first: Node, second: Node) -> Node:
    """first − second."""
    return Sum(((False, first), (True, second)))


def _constant(u: Node) -> Node | None:
    to_the_zeroth = isinstance(u, Power) and rational(u.exponent) == 0
    return ZERO if is_constant(u) or to_the_zeroth else None


def _identity(u: Node) -> Node | None:
    return ONE if isinstance(u, Variable) else None


def _sum(u: Node) -> Node | None:
    return Sum(tuple((minus, Derivative(term)) for minus, term in u.terms)) if isinstance(u, Sum) else None


def _is_coefficient(factor: Node) -> bool:
    return is_constant(factor) and factor != ONE


def _constant_multiple(u: Node) -> Node | None:
    """Constant factors stay where they are; d/dx takes the place of the first of the others."""
    if isinstance(u, Negative):
        return Negative(Derivative(u.inner))
    if not isinstance(u, Product) or not any(_is_coefficient(factor) for _, factor in u.factors):
        return None
    rest = [part for part in u.factors if not _is_coefficient(part[1])]
    if rest[0][0]:  # nothing but divisors is left of c/x: 1 stands above them
        rest.insert(0, (False, ONE))
    inner = Derivative(rest[0][1] if len(rest) == 1 else Product(tuple(rest)))
    made, placed = [], False
    for inverse, factor in u.factors:
        if _is_coefficient(factor):
            made.append((inverse, factor))
        elif not placed:
            made.append((False, inner))
            placed = True
    return Product(tuple(made))


def _split(u: Product) -> tuple[Node, Node]:
    """What stands above and below in a product with divisors."""
    above = [factor for inverse, factor in u.factors if not inverse and factor != ONE]
    below = [factor for inverse, factor in u.factors if inverse]
    return product(*above), product(*below)


def groups(u: Product) -> list[list[Node]]:
    """The factors that take their turn in the product rule: up to three alone, more of them in groups."""
    factors = [factor for _, factor in u.factors]
    count = len(factors) if len(factors) <= 3 else 2 if len(factors) == 4 else 3
    ends = [-(-len(factors) * n // count) for n in range(count + 1)]
    return [factors[start:end] for start, end in pairwise(ends)]


def _product(u: Node) -> Node | None:
    """Every factor, or group of them, takes its turn under d/dx while the others stay."""
    if not isinstance(u, Product) or any(inverse for inverse, _ in u.factors):
        return None
    parts = groups(u)
    turns = (chain(*parts[:n], [Derivative(product(*part))], *parts[n + 1 :]) for n, part in enumerate(parts))
    return Sum(tuple((False, product(*turn)) for turn in turns))


def _reciprocal(u: Node) -> Node | None:
    if not isinstance(u, Product) or _split(u)[0] != ONE:
        return None
    below = _split(u)[1]
    return Negative(quotient(Derivative(below), Power(below, TWO)))


def _quotient(u: Node) -> Node | None:
    if not isinstance(u, Product):
        return None
    above, below = _split(u)
    return quotient(
        difference(product(Derivative(above), below), product(above, Derivative(below))), Power(below, TWO)
    )


def _lowered(u: Power) -> Node:
    """n u^(n−1), with n − 1 not yet worked out."""
    return product(u.exponent, Power(u.base, difference(u.exponent, ONE)))


def _power(u: Node) -> Node | None:
    return (
        _lowered(u)
        if isinstance(u, Power) and isinstance(u.base, Variable) and is_constant(u.exponent)
        else None
    )


def _exponential(u: Node) -> Node | None:
    if not isinstance(u, Power) or not is_constant(u.base) or not isinstance(u.exponent, Variable):
        return None
    return _raised(u)


def _raised(u: Power) -> Node:
    """a^u ln a; the logarithm of e goes without saying."""
    return u if u.base == Constant("e") else product(u, Call("log", u.base))


_OUTER: dict[str, tuple[str, str, str, Callable[[Node], Node]]] = {
    "sin": ("sine", "사인함수", "(sin x)′ = cos x", lambda u: Call("cos", u)),
    "cos": ("cosine", "코사인함수", "(cos x)′ = −sin x", lambda u: Negative(Call("sin", u))),
    "tan": (
        "tangent",
        "탄젠트함수",
        "(tan x)′ = 1/cos² x",
        lambda u: quotient(ONE, Power(Call("cos", u), TWO)),
    ),
    "asin": (
        "arcsine",
        "아크사인함수",
        "(arcsin x)′ = 1/√(1 − x²)",
        lambda u: quotient(ONE, Call("sqrt", difference(ONE, Power(u, TWO)))),
    ),
    "acos": (
        "arccosine",
        "아크코사인함수",
        "(arccos x)′ = −1/√(1 − x²)",
        lambda u: Negative(quotient(ONE, Call("sqrt", difference(ONE, Power(u, TWO))))),
    ),
    "atan": (
        "arctangent",
        "아크탄젠트함수",
        "(arctan x)′ = 1/(1 + x²)",
        lambda u: quotient(ONE, Sum(((False, ONE), (False, Power(u, TWO))))),
    ),
    "sinh": ("hyperbolic sine", "쌍곡사인함수", "(sinh x)′ = cosh x", lambda u: Call("cosh", u)),
    "cosh": ("hyperbolic cosine", "쌍곡코사인함수", "(cosh x)′ = sinh x", lambda u: Call("sinh", u)),
    "tanh": (
        "hyperbolic tangent",
        "쌍곡탄젠트함수",
        "(tanh x)′ = 1 − tanh² x",
        lambda u: difference(ONE, Power(Call("tanh", u), TWO)),
    ),
    "exp": ("exponential", "지수함수", "(eˣ)′ = eˣ", lambda u: Call("exp", u)),
    "log": ("logarithm", "로그함수", "(ln x)′ = 1/x", lambda u: quotient(ONE, u)),
    "sqrt": (
        "square root",
        "제곱근",
        "(√x)′ = 1/(2√x)",
        lambda u: quotient(ONE, product(TWO, Call("sqrt", u))),
    ),
    "cbrt": (
        "cube root",
        "세제곱근",
        "(∛x)′ = 1/(3 (∛x)²)",
        lambda u: quotient(ONE, product(number(3), Power(Call("cbrt", u), TWO))),
    ),
    "abs": ("absolute value", "절댓값", "|x|′ = |x|/x", lambda u: quotient(Call("abs", u), u)),
}


def _elementary(name: str) -> Callable[[Node], Node | None]:
    outer = _OUTER[name][3]

    def apply(u: Node) -> Node | None:
        fits = isinstance(u, Call) and u.name == name and isinstance(u.argument, Variable)
        return outer(Variable()) if fits else None

    return apply


def _chain(u: Node) -> Node | None:
    """Outer derivative at the inner function, times the inner derivative."""
    match u:
        case Call(name, inner):
            return product(_OUTER[name][3](inner), Derivative(inner))
        case Power(base, exponent) if is_constant(exponent):
            return product(*_factors(_lowered(u)), Derivative(base))
        case Power(base, exponent) if is_constant(base):
            return product(*_factors(_raised(u)), Derivative(exponent))
        case _:
            return None


def _factors(node: Node) -> Sequence[Node]:
    plain = isinstance(node, Product) and not any(inverse for inverse, _ in node.factors)
    return [factor for _, factor in node.factors] if plain and isinstance(node, Product) else [node]


def _general_power(u: Node) -> Node | None:
    if not isinstance(u, Power):
        return None
    return product(u, Derivative(product(u.exponent, Call("log", u.base))))


RULES: tuple[Rule, ...] = (
    Rule("constant", "상수의 미분법", "c′ = 0", _constant),
    Rule("identity", "x의 미분", "x′ = 1", _identity),
    Rule("sum", "합의 미분법", "(u ± v)′ = u′ ± v′", _sum),
    Rule("constant multiple", "상수배의 미분법", "(c·u)′ = c·u′", _constant_multiple),
    Rule("product", "곱의 미분법", "(u·v)′ = u′·v + u·v′", _product),
    Rule("reciprocal", "역수의 미분법", "(1/v)′ = −v′/v²", _reciprocal),
    Rule("quotient", "몫의 미분법", "(u/v)′ = (u′·v − u·v′)/v²", _quotient),
    Rule("power", "거듭제곱의 미분법", "(xⁿ)′ = n·xⁿ⁻¹", _power),
    Rule("exponential with base a", "밑이 a인 지수함수", "(aˣ)′ = aˣ·ln a", _exponential),
    *(
        Rule(english, korean, formula, _elementary(name))
        for name, (english, korean, formula, _) in _OUTER.items()
    ),
    Rule("chain", "연쇄법칙", "(f(u))′ = f′(u)·u′", _chain),
    Rule("logarithmic differentiation", "로그미분법", "(uᵛ)′ = uᵛ·(v·ln u)′", _general_power),
)
"""In the order in which they are tried: the first that fits is the rule for what stands under d/dx."""


def inner_function(u: Node) -> Node | None:
    """The u inside f(u) that the chain rule sets apart, or None where another rule is the one."""
    match u:
        case Call(_, inner) if not isinstance(inner, Variable) and not is_constant(inner):
            return inner
        case Power(base, exponent) if is_constant(exponent) and not isinstance(base, Variable):
            return None if is_constant(base) else base
        case Power(base, exponent) if is_constant(base) and not isinstance(exponent, Variable):
            return exponent
        case _:
            return None


def rule_for(u: Node) -> tuple[Rule, Node]:
    """The rule that d/dx u calls for, and what it makes of it."""
    for rule in RULES:
        made = rule.apply(u)
        if made is not None:
            return rule, made
    raise TypeError(f"not a node of an expression: {u!r}")
