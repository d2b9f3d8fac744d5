"""A Pratt parser: tokens to tree. No text is ever handed to Python, to SymPy or to any evaluator.

Sums bind least, then products, then the sign in front, then powers (from right to left). A product
without a sign, as in ``2x`` or ``x sin(x)``, binds just like ``*``: ``1/2x`` is half of x.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from derivviz.calculus.bounds import complaint
from derivviz.calculus.tokens import ExpressionError, Token, tokenize
from derivviz.calculus.tree import (
    CONSTANTS,
    FUNCTIONS,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    evaluate,
    is_constant,
)
from derivviz.errors import nearest

MAX_DEPTH = 30
"""Brackets, signs and exponents inside one another."""

_ALIASES = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "π": "pi"}
_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 40, "superscript": 40}
_PREFIX = 30
_STARTS_FACTOR = ("name", "(", "√")


def read(text: str, variables: Sequence[str] = ("x",)) -> Node:
    """The tree of `text`, or an `ExpressionError` that points at the first character that makes no sense.

    Where there are several variables, their letters side by side are a product: ``xy`` is x·y.
    """
    return _Parser(text, variables).whole()


class _Parser:
    def __init__(self, text: str, variables: Sequence[str]) -> None:
        self.text = text
        self.variables = variables
        tokens = tokenize(text)
        self.tokens = tokens if len(variables) < 2 else list(_letter_by_letter(tokens, variables))
        self.place = 0
        self.depth = 0
        self.in_bars = False

    @property
    def token(self) -> Token:
        token = self.tokens[self.place]
        if token.error is not None:
            raise token.error
        return token

    def take(self) -> Token:
        token = self.token
        self.place += token.kind != "end"
        return token

    def error(self, at: int, reason: str, advice: str = "") -> ExpressionError:
        return ExpressionError(self.text, at, reason, advice)

    def whole(self) -> Node:
        if self.token.kind == "end":
            example = "x**2 + 2*x + 1" if len(self.variables) < 2 else "x**2 + x*y"
            raise self.error(0, "The expression is empty.", f"Try {example}.")
        node = self.expression(0)
        if self.token.kind == ")":
            raise self.error(self.token.at, "This ')' closes nothing.", "Leave it out, or open it with '('.")
        if self.token.kind != "end":
            raise self.unexpected()
        return self.checked(node, 0)

    def expression(self, binding: int) -> Node:
        """Read on for as long as the signs bind tighter than `binding`."""
        deeper = binding not in (_BINDING["+"], _BINDING["*"])
        self.depth += deeper
        if self.depth > MAX_DEPTH:
            raise self.error(self.token.at, f"Nested more than {MAX_DEPTH} deep here.", "Write it flatter.")
        left = self.prefix()
        while True:
            token = self.token
            implicit = token.kind in _STARTS_FACTOR or (token.kind == "|" and not self.in_bars)
            strength = _BINDING["*"] if implicit else _BINDING.get(token.kind, 0)
            if strength <= binding:
                break
            left = self.product(left, Token("*", "", token.at)) if implicit else self.infix(left, self.take())
        self.depth -= deeper
        return left

    def infix(self, left: Node, sign: Token) -> Node:
        if sign.kind == "superscript":
            n = int(sign.text)
            size = Number(Fraction(abs(n)), str(abs(n)))
            return self.checked(Power(left, Negative(size) if n < 0 else size), sign.at)
        if sign.kind == "^":
            return self.checked(Power(left, self.expression(_BINDING["^"] - 1)), sign.at)
        if sign.kind in "*/":
            return self.product(left, sign)
        term = (sign.kind == "-", self.expression(_BINDING["+"]))
        return Sum((*left.terms, term)) if isinstance(left, Sum) else Sum(((False, left), term))

    def product(self, left: Node, sign: Token) -> Node:
        at = self.token.at
        right = self.expression(_BINDING["*"])
        if sign.kind == "/" and is_constant(right) and evaluate(right, np.float64(0)) == 0:
            raise self.error(at, "This divides by zero.", "Divide by something else.")
        factor = (sign.kind == "/", right)
        return (
            Product((*left.factors, factor))
            if isinstance(left, Product)
            else Product(((False, left), factor))
        )

    def prefix(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                return self.number(token)
            case "name":
                return self.name(token)
            case "-":
                return Negative(self.expression(_PREFIX))
            case "+":
                return self.expression(_PREFIX)
            case "(":
                return self.bracketed(token)
            case "|":
                return self.bars(token)
            case "√":
                # A root reaches as far as one factor: √x² is √(x)², as √2x is √(2)·x.
                return self.checked(Call("sqrt", self.expression(_BINDING["^"])), token.at)
        self.place -= token.kind != "end"
        raise self.unexpected()

    def number(self, token: Token) -> Node:
        value = Fraction(token.text.rstrip(".") if token.text.endswith(".") else token.text)
        if value > 10**100:
            raise self.error(token.at, "This number is too large.", "At most 1 with 100 zeros.")
        following = self.token
        if following.kind == "number":
            raise self.error(
                following.at, f"Unexpected number {following.text}.", "Write a sign between the two numbers."
            )
        return Number(value, token.text)

    def name(self, token: Token) -> Node:
        name = _ALIASES.get(token.text, token.text)
        if name in FUNCTIONS:
            if self.token.kind == "(":
                return self.checked(Call(name, self.bracketed(self.take())), token.at)
            advice = f"Write {token.text}(x), and its square {token.text}(x)^2."
            raise self.error(self.token.at, f"{token.text} needs its argument in brackets.", advice)
        if name in self.variables:
            return Variable(name)
        if name in CONSTANTS:
            return Constant(name)
        raise self.error(token.at, f"Unknown name '{token.text}'.", self.meant(token.text))

    def bracketed(self, opening: Token) -> Node:
        outside, self.in_bars = self.in_bars, False
        node = self.expression(0)
        self.in_bars = outside
        if self.token.kind == "end":
            raise self.error(
                opening.at, "This '(' is never closed.", "Add a ')' at the end of what it groups."
            )
        if self.take().kind != ")":
            self.place -= 1
            raise self.unexpected()
        return self.checked(node, opening.at)  # before what stands outside is reckoned with it

    def bars(self, opening: Token) -> Node:
        outside, self.in_bars = self.in_bars, True
        node = self.expression(0)
        self.in_bars = outside
        if self.token.kind == "end":
            raise self.error(opening.at, "This '|' is never closed.", "Write |x| or abs(x).")
        if self.take().kind != "|":
            self.place -= 1
            raise self.unexpected()
        return self.checked(Call("abs", node), opening.at)

    def unexpected(self) -> ExpressionError:
        token = self.token
        match token.kind:
            case "end":
                return self.error(
                    token.at, "Something is missing at the end.", "A number, x, a function or '(' follows."
                )
            case "number" | "superscript":
                return self.error(token.at, f"Unexpected number {token.text}.", "Write a * or a ^ before it.")
            case "^":
                advice = "A power needs a base: x^2. A power of a function stands behind it: sin(x)^2."
                return self.error(token.at, f"Unexpected '{token.text}'.", advice)
        return self.error(
            token.at, f"Unexpected '{token.text}'.", "A number, x, a function or '(' should stand here."
        )

    def checked(self, node: Node, at: int) -> Node:
        """The node itself, unless it is a constant without a value or too large to work with."""
        wrong = complaint(node)
        if wrong is not None:
            raise self.error(at, *wrong)
        return node

    def meant(self, word: str) -> str:
        """The advice for a name that is not known."""
        known = (*self.variables, *CONSTANTS, *FUNCTIONS, *_ALIASES)
        guesses = nearest(word.lower(), [name for name in known if len(name) > 1 or name == word.lower()], 1)
        hint = f"Did you mean '{guesses[0]}'? " if guesses else ""
        letters = " and ".join(self.variables)
        which = f"The variable is {letters}" if len(self.variables) < 2 else f"The variables are {letters}"
        return f"{hint}{which}, the constants are pi and e, the functions {', '.join(FUNCTIONS)}."


def _letter_by_letter(tokens: Sequence[Token], variables: Sequence[str]) -> Iterator[Token]:
    for token in tokens:
        if token.kind == "name" and set(token.text) <= set(variables):
            yield from (Token("name", letter, token.at + n) for n, letter in enumerate(token.text))
        else:
            yield token
