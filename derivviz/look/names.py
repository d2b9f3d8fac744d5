"""How classes and parameters of a trace are named on screen and in print."""

from __future__ import annotations

from unicodedata import normalize

from derivviz.calculus.score import KOREAN
from derivviz.look.typst import drawable, quoted


def literal(name: str) -> str:
    """A name as it is, as markup: set literally, with a question mark for what no font can draw."""
    return quoted(_drawn(name))


def display(name: str) -> dict[str, str]:
    """A class as English and Korean readers name it, as markup.

    Names come from data: they are set literally, and what no font can draw is a question mark.
    """
    plain = _drawn(name.replace("_", " "))
    written = plain if plain.replace(" ", "").isalnum() else quoted(plain)
    return {"en": written, "ko": KOREAN.get(name, written)}


def _drawn(name: str) -> str:
    return "".join(c if c.isascii() or drawable(c) else "?" for c in normalize("NFC", name))
