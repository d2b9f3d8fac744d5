"""The numbers on the way through a weight: values forward, and a product written out with what each factor means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manim import DOWN, LEFT, RIGHT, VGroup

from derivviz.animation.frame import Panel
from derivviz.animation.numerals import short, value
from derivviz.animation.typeset import Formula, Words

WIDE = 12.5  # of a row of values
WIDEST = 2.2  # of a number, in units of the frame
TOP, MIDDLE, BOTTOM = -0.7, -1.65, -2.3  # heights of symbols, numbers and meanings
DIGITS, OF_PRODUCT = 5, 3  # the product of what is shown must be what is shown
HIGHEST, LINE = 1.3, 7.2  # of a product that is written line by line: height of a line, width of it all


@dataclass(frozen=True)
class Part:
    """One factor: its symbol in Typst's math, where L is labelled ``l``, its number, and what it means."""

    symbol: str
    number: float
    meaning: str = ""


class Product(VGroup):
    """A product as columns: symbols above, numbers below, signs between; or line by line in a narrow frame.

    Parameters
    ----------
    parts
        The product, and after it its factors.
    room
        Where the lines stand; None for columns, those of a wide frame.

    Attributes
    ----------
    cards : list of VGroup
        Symbol, number and (of factors) meaning of each part.
    symbols, numbers : VGroup
        The signs between symbols, and those between numbers.
    beside : Panel or None
        What the lines leave of the room, at its right.
    """

    def __init__(self, parts: Sequence[Part], room: Panel | None = None) -> None:
        super().__init__()
        self.cards: list[VGroup] = []
        self.symbols, self.numbers = VGroup(), VGroup()
        self.beside: Panel | None = None
        if room is None:
            self._columns(parts)
        else:
            self._lines(parts, room)
        self.add(*self.cards, self.symbols, self.numbers)

    def _columns(self, parts: Sequence[Part]) -> None:
        xs = (-5.85, -3.1, -0.3, 2.3) if len(parts) == 4 else (-5.3, -2.4, 0.6)
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
        for sign, left, right in zip(signs, self.cards, self.cards[1:], strict=False):
            for row, y, group in ((0, TOP, self.symbols), (1, MIDDLE, self.numbers)):
                middle = (left[row].get_right()[0] + right[row].get_left()[0]) / 2
                group.add(Formula(sign, 44).move_to([middle, y, 0]))

    def _lines(self, parts: Sequence[Part], room: Panel) -> None:
        high = min(HIGHEST, room.height / len(parts))
        first = room.center[1] + high * (len(parts) - 1) / 2
        k = room.width / LINE
        # The graph of a known activation stands beside them.
        left = room.left if len(parts) == 4 else room.left + 0.15 * room.width
        for at, part in enumerate(parts):
            y = first - at * high
            symbol = Formula(part.symbol, 38 * k, **({"l": "loss"} if ": l}}" in part.symbol else {}))
            symbol.scale(min(1.0, 1.85 * k / symbol.width)).move_to([left + 1.35 * k, y, 0])
            equals = Formula("=", 44).move_to([left + 2.1 * k, y, 0])
            number = Formula(short(part.number, DIGITS if at else OF_PRODUCT), 40 * k, "tangent")
            number.scale(min(1.0, 2.0 * k / number.width)).move_to([left + 2.4 * k, y, 0], LEFT)
            card = VGroup(symbol, number)
            if part.meaning:
                VGroup(equals, number).shift([0, 0.18, 0])
                meaning = Words(part.meaning, 28 * k, "muted").next_to(number, DOWN, 0.14)
                card.add(meaning.align_to(equals, LEFT), equals)
                self.symbols.add(Formula("=" if at == 1 else "dot", 44).move_to([left + 0.5 * k, y, 0]))
            else:
                symbol.align_to([left + 1.85 * k, 0, 0], RIGHT)
                self.numbers.add(equals)
            self.cards.append(card)
        self.beside = Panel(left + 4.5 * k, room.right, room.bottom, room.top)


class Values(VGroup):
    """What passed the weight on the way forward: x, w, z and, if its function is known, a, in a row.

    Parameters
    ----------
    x, w, z, a
        The recorded numbers; `a` is None where no known activation follows.
    room
        Where they stand below each other, as large as fits; None for the row of a wide frame.

    Attributes
    ----------
    numbers : dict of str to float
        What the formulas say, by letter.
    """

    def __init__(self, x: float, w: float, z: float, a: float | None, room: Panel | None = None) -> None:
        written = {"x": ("x", x), "w": ("w", w), "z": ("z = sum w x + b", z), "a": ("a", a)}
        formulas = {
            letter: Formula(f"{name} = {{{{{short(number)} : v}}}}", 40, v="function")
            for letter, (name, number) in written.items()
            if number is not None
        }
        super().__init__(*formulas.values())
        if room is None:
            self.arrange(RIGHT, buff=0.8).scale(min(1.0, WIDE / self.width)).move_to([0, -1.2, 0])
        else:
            self.arrange(DOWN, buff=0.45, aligned_edge=LEFT)
            grow = min(1.6, 0.9 * room.width / self.width, 0.95 * room.height / self.height)
            self.scale(grow).move_to(room.center)
        self.numbers = {
            letter: value(formula.markup.rpartition("{{")[2].partition(" :")[0])
            for letter, formula in formulas.items()
        }
