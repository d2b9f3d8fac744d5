"""How classes of a trace are named on screen and in print."""

from __future__ import annotations

from unicodedata import normalize

from derivviz.calculus.score import KOREAN
from derivviz.look.typst import drawable, quoted


def display(name: str) -> dict[str, str]:
    """A class as English and Korean readers name it, as markup.

    Names come from data: they are set literally, and what no font can draw is a question mark.
    """
    plain = "".join(
        c if c.isascii() or drawable(c) else "?" for c in normalize("NFC", name.replace("_", " "))
    )
    literal = plain if plain.replace(" ", "").isalnum() else quoted(plain)
    return {"en": literal, "ko": KOREAN.get(name, literal)}
