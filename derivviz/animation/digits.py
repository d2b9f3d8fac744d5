"""Numbers digit by digit: which digits are right, and which are left when nearly equal numbers are subtracted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from manim import VGroup

from derivviz.animation.lines import Segments
from derivviz.animation.numerals import value
from derivviz.animation.typeset import Formula

DIGITS = 16
"""Significant digits that float64 is sure to keep, and one more."""


def judged(number: float, true: float, size: float | str = "label") -> Formula:
    """A number to 16 digits, those that agree with `true` in the colour of right, the others in that of wrong."""
    right, wrong, power = split(number, true)
    parts = [f"{{{{{part} : {name}}}}}" for part, name in ((right, "r"), (wrong, "w")) if part]
    formula = Formula("".join(parts).replace("-", "−") + power, size)
    return formula.paint(**{name: role for name, part, role in _JUDGED if {"r": right, "w": wrong}[part]})


_JUDGED = (("r", "r", "positive"), ("w", "w", "negative"))


def reading(formula: Formula) -> float:
    """The number that a formula of labelled digits shows: for `verify`."""
    return value(re.sub(r"\{\{ ?| : \w+ ?\}\}", "", formula.markup).strip())


def split(number: float, true: float) -> tuple[str, str, str]:
    """The digits of a number that agree with those of `true`, those that do not, and its power of ten.

    Where a carry alone tells them apart the nines agree with the zeros: 0.49997 has four digits of 0.5.
    """
    places = DIGITS - 1 - math.floor(math.log10(abs(true)))
    plain = 0 <= places <= DIGITS + 3
    written, wanted = (f"{n:.{places}f}" if plain else f"{n:.{DIGITS - 1}e}" for n in (number, true))
    power = ""
    if not plain:
        (written, _, raised), (wanted, _, aim) = written.partition("e"), wanted.partition("e")
        power = f" dot 10^({int(raised)})".replace("-", "−")
        wanted = wanted if raised == aim else ""
    same = 0
    while same < min(len(written), len(wanted)) and written[same] == wanted[same]:
        same += 1
    same += _carried(written[same:], wanted[same:])
    if not any(digit in written[:same] for digit in "123456789"):
        same = 0  # a sign or leading zeros alone are no digits
    if written[:same].endswith("."):
        same -= 1
    return written[:same], written[same:], power


def _carried(one: str, other: str) -> int:
    """How many characters of 4999… and 5000… are the same but for a carry."""
    low, high = sorted((one.replace(".", ""), other.replace(".", "")))
    if not (low[:1].isdigit() and high[:1].isdigit() and int(high[0]) - int(low[0]) == 1):
        return 0
    run = 1
    while run < min(len(low), len(high)) and low[run] + high[run] == "90":
        run += 1
    point = one.find(".")
    return 0 if run == 1 else run + (0 <= point < run)


def right_digits(number: float, true: float) -> int:
    """How many significant digits agree."""
    digits = split(number, true)[0].lstrip("-0.").replace(".", "")
    return len(digits)


def subtraction(first: float, second: float) -> tuple[str, str, str]:
    """Two nearly equal numbers and their difference in float64, to the last digit that float64 has of them.

    Returns
    -------
    (first, second, difference)
        Digits as text, with as many places each.
    """
    places = max(0, DIGITS - 1 - math.floor(math.log10(max(abs(first), abs(second)))))
    written = f"{first:.{places}f}", f"{second:.{places}f}", f"{first - second:.{places}f}"
    longest = max(map(len, written))
    return tuple(text.rjust(longest) for text in written)  # type: ignore[return-value]


class Subtraction(VGroup):
    """Two numbers one below the other and their difference, digit under digit; those that agree are muted.

    Parameters
    ----------
    lines
        As `subtraction` gives them.
    names
        Typst math of the two.

    Attributes
    ----------
    operands : VGroup
        The two, and their names.
    bar : Segments
        The line under them.
    result : Formula
        The difference.
    """

    def __init__(self, lines: Sequence[str], names: Sequence[str]) -> None:
        super().__init__()
        first, second, _ = lines
        same = next((n for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b), len(first))
        written = [_parted(text, same, "tangent" if n == 2 else "parameter") for n, text in enumerate(lines)]
        called = [Formula(name, "label", "muted") for name in names]
        indent = max(name.width for name in called) + 0.35
        right = indent + max(line.width for line in written)
        for number, line in enumerate(written):
            line.at([0, -_LEADING * number, 0])
            line.shift([right - line.get_right()[0], 0, 0])
        for number, name in enumerate(called):
            name.at([0, -_LEADING * number, 0])
        y = -_LEADING - 0.2
        self.operands = VGroup(*written[:2], *called)
        self.bar = Segments([[[0, y, 0], [right, y, 0]]], "axis", 2.5)
        self.result = written[2].shift([0, -0.1, 0])
        self.add(self.operands, self.bar, self.result)


_LEADING = 0.58


def _parted(text: str, same: int, role: str) -> Formula:
    """A number whose digits from `same` on are in the colour of a role."""
    head, tail = text[:same].strip(), text[same:]
    parts = [f"{{{{{part} : {name}}}}}" for part, name in ((head, "s"), (tail, "k")) if part]
    formula = Formula("".join(parts).replace("-", "−"), "label", "muted")
    return formula.paint(k=role) if tail else formula
