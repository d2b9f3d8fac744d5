"""The numbers on the way through a weight: values forward, and a product written out with what each factor means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manim import RIGHT, VGroup

from derivviz.animation.numerals import short, value
from derivviz.animation.typeset import Formula, Words

WIDE = 12.5  # of a row of values
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


class Values(VGroup):
    """What passed the weight on the way forward: x, w, z and, if its function is known, a, in a row.

    Parameters
    ----------
    x, w, z, a
        The recorded numbers; `a` is None where no known activation follows.

    Attributes
    ----------
    numbers : dict of str to float
        What the formulas say, by letter.
    """

    def __init__(self, x: float, w: float, z: float, a: float | None) -> None:
        written = {"x": ("x", x), "w": ("w", w), "z": ("z = sum w x + b", z), "a": ("a", a)}
        formulas = {
            letter: Formula(f"{name} = {{{{{short(number)} : v}}}}", 40, v="function")
            for letter, (name, number) in written.items()
            if number is not None
        }
        super().__init__(*formulas.values())
        self.arrange(RIGHT, buff=0.8).scale(min(1.0, WIDE / self.width)).move_to([0, -1.2, 0])
        self.numbers = {
            letter: value(formula.markup.rpartition("{{")[2].partition(" :")[0])
            for letter, formula in formulas.items()
        }
