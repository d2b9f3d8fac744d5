"""A product written out: what it is, its factors with their numbers, and what each of them means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manim import VGroup

from derivviz.animation.numerals import short
from derivviz.animation.typeset import Formula, Words

WIDEST = 2.2  # of a number, in units of the frame
TOP, MIDDLE, BOTTOM = -0.7, -1.65, -2.3  # heights of symbols, numbers and meanings
DIGITS, OF_PRODUCT = 5, 3  # the product of what is shown must be what is shown


@dataclass(frozen=True)
class Part:
    """One factor: its symbol in Typst's math, where L is labelled ``l``, its number, and what it means."""

    symbol: str
    number: float
    meaning: str = ""


class Product(VGroup):
    """A product as columns: symbols above, numbers below, signs between.

    Parameters
    ----------
    parts
        The product, and after it its factors.

    Attributes
    ----------
    cards : list of VGroup
        Symbol, number and (of factors) meaning of each part.
    equals, times : VGroup
        The signs between symbols, and those between numbers.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        xs = (-5.85, -3.1, -0.3, 2.3) if len(parts) == 4 else (-5.3, -2.4, 0.6)
        self.cards = []
        for at, (part, x) in enumerate(zip(parts, xs, strict=True)):
            roles = {"l": "loss"} if ": l}}" in part.symbol else {}
            symbol = Formula(part.symbol, 44, **roles).move_to([x, TOP, 0])
            number = Formula(short(part.number, DIGITS if at else OF_PRODUCT), 36, "tangent")
            number.scale(min(1.0, WIDEST / number.width)).move_to([x, MIDDLE, 0])
            card = VGroup(symbol, number)
            if part.meaning:
                card.add(Words(part.meaning, 28, "muted").move_to([x, BOTTOM, 0]))
            self.cards.append(card)
        signs = ["=", *["dot"] * (len(parts) - 2)]
        self.symbols, self.numbers = VGroup(), VGroup()
        for sign, left, right in zip(signs, self.cards, self.cards[1:], strict=False):
            for row, y, group in ((0, TOP, self.symbols), (1, MIDDLE, self.numbers)):
                middle = (left[row].get_right()[0] + right[row].get_left()[0]) / 2
                group.add(Formula(sign, 44).move_to([middle, y, 0]))
        self.add(*self.cards, self.symbols, self.numbers)
