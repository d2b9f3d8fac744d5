"""From the tree back to text, in notation that `parse` and Python both read."""

from __future__ import annotations

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
)

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)


def to_text(node: Node) -> str:
    """The tree in one line, as ``3*x**2 - 3``; brackets only where they are needed."""
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    """The text, and how strongly its loosest sign binds."""
    match node:
        case Number(_, text) | Constant(text) | Variable(text):
            return text, _ATOM
        case Negative(inner):
            product = isinstance(inner, Product)
            return f"-{_inside(inner, _PRODUCT if product else _SIGN)}", _PRODUCT if product else _SIGN
        case Sum(((negative, first), *rest)):
            words = [f"-{_inside(first, _PRODUCT)}" if negative else _inside(first, _SUM)]
            words += [f"{'-' if negative else '+'} {_inside(term, _PRODUCT)}" for negative, term in rest]
            return " ".join(words), _SUM
        case Product(((inverse, first), *rest)):
            line = f"1/{_inside(first, _SIGN)}" if inverse else _inside(first, _PRODUCT)
            for inverse, factor in rest:
                line += f"{'/' if inverse else '*'}{_inside(factor, _SIGN)}"
            return line, _PRODUCT
        case Power(base, exponent):
            return f"{_inside(base, _ATOM)}**{_inside(exponent, _POWER)}", _POWER
        case Call(name, argument):
            return f"{name}({to_text(argument)})", _ATOM
        case Derivative(inner):
            return f"d/dx({to_text(inner)})", _POWER
    raise TypeError(f"not a node of an expression: {node!r}")


def _inside(node: Node, binding: int) -> str:
    text, own = _written(node)
    return text if own >= binding else f"({text})"
