"""What is too large to work with: told from the tree, before anything large is built.

``9**9**9**9`` fits on a postcard and would fill the machine. Every part of an expression is weighed here
while it is read, so the answer comes at once.
"""

from __future__ import annotations

from math import ceil, comb, isfinite, log2, prod

import numpy as np

from derivviz.calculus.tree import (
    Call,
    Node,
    Number,
    Power,
    Product,
    Sum,
    children,
    evaluate,
    is_constant,
    rational,
    variables,
)

MAX_EXPONENT = 1000
"""Size of a constant exponent, and of the numbers beside a logarithm in any exponent."""

MAX_WEIGHT = 4096
"""Digits (in base two) and letters that an expression may have when all its powers are multiplied out."""

_LARGE = "64-bit numbers end near 10^308."


def complaint(node: Node) -> tuple[str, str] | None:
    """What is wrong with the size or the value of `node`, and what is right; None when all is well.

    The parts below `node` have been found well already, except where it is a sum or a product.
    """
    if isinstance(node, Power):
        exact = rational(node.exponent)
        if (
            is_constant(node.base)
            and not is_constant(node.exponent)
            and evaluate(node.base, np.float64(0)) <= 0
        ):
            name = min(variables(node.exponent))
            reason = f"With {name} in its exponent, a power needs a positive base."
            return reason, f"Write 2^{name}, or 0 for 0^{name}."
        if exact is not None and abs(exact) > MAX_EXPONENT:
            reason = "This exponent is too large."
            return reason, f"A constant exponent lies between −{MAX_EXPONENT} and {MAX_EXPONENT}."
        if exact is None and _grows_from_logarithm(node.exponent):
            return "This exponent is too large.", f"Beside a logarithm, numbers go up to {MAX_EXPONENT}."
    if isinstance(node, Call) and node.name == "exp" and _grows_from_logarithm(node.argument):
        return "This exponent is too large.", f"Beside a logarithm, numbers go up to {MAX_EXPONENT}."
    if weight(node) > MAX_WEIGHT:
        return "Multiplied out, this would be too large.", "Use smaller exponents or numbers."
    return _constant_complaint(node) if is_constant(node) else None


def _constant_complaint(node: Node) -> tuple[str, str] | None:
    with np.errstate(all="ignore"):
        value = float(evaluate(node, np.float64(0)))
        if isinstance(node, Call) and node.name == "exp" and evaluate(node.argument, np.float64(0)) < -700:
            return "This number is too small.", _LARGE.replace("308", "−308")
    if value != value:
        return "This has no real value.", "Change it so that it has one, as sqrt(2), log(2) or 1/2."
    return None if isfinite(value) else ("This number is too large.", _LARGE)


def weight(node: Node) -> int:
    """How large the expression would be, were all its powers multiplied out."""
    match node:
        case Number(value, _):
            return max(1, value.numerator.bit_length() + value.denominator.bit_length() - 1)
        case Power(base, exponent):
            exact = rational(exponent)
            if exact is None:
                return weight(base) + weight(exponent)
            return weight(base) * max(1, ceil(abs(exact)))
        case _:
            return max(1, sum(weight(child) for child in children(node)))


def terms(node: Node) -> int:
    """How many terms the expression would have, were all its products and whole powers multiplied out."""
    counts = [terms(child) for child in children(node)]
    match node:
        case Sum():
            return sum(counts)
        case Product():
            return prod(counts)
        case Power(_, exponent) if (exact := rational(exponent)) is not None and exact.denominator == 1:
            return comb(counts[0] + abs(int(exact)) - 1, abs(int(exact)))
        case Call() | Power():
            return max(1, *counts)  # what stands inside may be multiplied out, too
        case _:
            return counts[0] if counts else 1


def _grows_from_logarithm(exponent: Node) -> bool:
    """Whether the exponent hides a large power: e^(n log 9) is 9^n."""
    return _contains_log(exponent) and _bits(exponent) > log2(MAX_EXPONENT)


def _contains_log(node: Node) -> bool:
    is_log = isinstance(node, Call) and node.name == "log"
    return is_log or any(_contains_log(child) for child in children(node))


def _contains_exponential(node: Node) -> bool:
    is_exponential = isinstance(node, Power) or (isinstance(node, Call) and node.name == "exp")
    return is_exponential or any(_contains_exponential(child) for child in children(node))


def _bits(node: Node) -> float:
    """Binary digits of the largest number that a simplifier can make of the numbers in `node`."""
    match node:
        case Number(value, _):
            return log2(max(value.numerator, value.denominator))
        case Sum(parts):
            return log2(len(parts)) + max(_bits(part) for _, part in parts)
        case Power(base, exponent) if (exact := rational(exponent)) is not None:
            return _bits(base) * float(abs(exact))
        case Call("log", argument) if not _contains_exponential(argument):
            return 0.0  # log 9 stays log 9: only log(e^9) is a number again
        case _:
            return float(sum(_bits(child) for child in children(node)))
