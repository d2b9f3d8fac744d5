"""How classes of a trace are named on screen and in print."""

from __future__ import annotations

from derivviz.calculus.score import KOREAN
from derivviz.look.typst import quoted


def display(name: str) -> dict[str, str]:
    """A class as English and Korean readers name it, as markup: names that come from data are set literally."""
    plain = name.replace("_", " ")
    literal = plain if plain.replace(" ", "").isalnum() else quoted(plain)
    return {"en": literal, "ko": KOREAN.get(name, literal)}
