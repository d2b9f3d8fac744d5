"""Typst as the one typesetter: markup in, glyph outlines out, for video and print alike.

One compiler is kept for the process, sees no system font, and turns warnings and missing glyphs into
errors. Strokes (fraction bars, radicals) come out as filled shapes, so that they never thin away at low
resolution.

A part of a formula is labelled by ``{{ body : label }}``; labels nest and may repeat. Each labelled part is
compiled in a colour of its own, which leaves the layout untouched, and the colour is read back as the label.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from functools import cache, lru_cache
from typing import Any

from derivviz.look import fonts
from derivviz.look.outlines import EM, Outline, read_svg
from derivviz.look.parts import TypesetError, colour_parts

_PREAMBLE = f"""\
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#set text(size: 10pt, font: ("{fonts.FAMILY}",), lang: "ko")
#set par(leading: 0.55em)
#show math.equation: set text(font: ("{fonts.MATH_FAMILY}", "{fonts.FAMILY}"))
#let part(colour, body) = text(fill: rgb(colour), body)
"""
_KEPT = 2048  # outlines
typeset: deque[tuple[str, bool, float | None]] = deque(maxlen=_KEPT)
"""What this process has typeset, as arguments of `outline`: who expects the same can do it beforehand."""

WHOLE_WORDS = '#show regex("\\S*[가-힣]\\S*"): box\n'  # else Korean lines break inside of words


def quoted(text: str) -> str:
    """Markup that sets `text` literally, whatever is in it: for names that come from data.

    Every sign that means something to Typst or to labelled parts is written by its number; decomposed
    letters, as macOS has them in file names, are composed.
    """
    composed = unicodedata.normalize("NFC", text).replace("\n", " ")
    return '#"' + re.sub(r"[!-/:-@\[-`{-~]", lambda sign: f"\\u{{{ord(sign[0]):x}}}", composed) + '"'


def unquoted(markup: str) -> str:
    """The text that `quoted` was given; other markup as it is."""
    inside = markup.removeprefix('#"').removesuffix('"')
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda sign: chr(int(sign[1], 16)), inside)


@lru_cache(maxsize=_KEPT)
def outline(markup: str, math: bool = False, width: float | None = None) -> Outline:
    """Typeset markup as outlines.

    Parameters
    ----------
    markup
        Typst markup, or the inside of a display formula when `math`.
    math
        Whether `markup` is a formula.
    width
        Width in em at which lines break; None never breaks.

    Raises
    ------
    TypesetError
        When Typst refuses the markup.
    FontError
        When no font has a glyph for a character.
    """
    source, labels = colour_parts(f"$ {markup} $" if math else markup)
    made = read_svg(compile_svg(source, width), labels)
    typeset.append((markup, math, width))
    return made


def compile_svg(markup: str, width: float | None = None) -> bytes:
    """Typeset markup as an SVG, 10 pt to the em."""
    import typst

    _check_glyphs(markup)
    page = "" if width is None else f"#set page(width: {width * EM}pt)\n{WHOLE_WORDS}"
    try:
        svg, warnings = _compiler().compile_with_warnings(
            f"{_PREAMBLE}{page}{markup}\n".encode(), format="svg"
        )
    except typst.TypstError as error:
        raise TypesetError(f"Typst could not set {markup!r}: {error}") from error
    if warnings:
        raise TypesetError(f"Typst warned about {markup!r}: " + "; ".join(w.message for w in warnings))
    return bytes(svg)


@cache
def _compiler() -> Any:
    import typst

    folder = str(fonts.paths()[0].parent)
    found = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    for family in (fonts.FAMILY, fonts.MATH_FAMILY):
        if family not in found.families():
            raise fonts.FontError(f"Typst does not find the font {family!r}: reinstall derivviz and typst")
    return typst.Compiler(font_paths=found, ignore_system_fonts=True)


def _check_glyphs(markup: str) -> None:
    missing = [c for c in sorted(set(markup)) if not " " <= c <= "~" and not c.isspace() and not drawable(c)]
    if missing:
        names = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in missing)
        raise fonts.FontError(
            f"neither {fonts.FAMILY} nor {fonts.MATH_FAMILY} can draw {names}: write it another way"
        )


@cache
def drawable(character: str) -> bool:
    """Whether one of the two fonts has a glyph for a character."""
    if ord(character) in fonts.characters():
        return True
    return _math_glyph(character) not in ("", _math_glyph("\ue000"))  # the private one is the empty box


@cache
def _math_glyph(character: str) -> str:
    alone = f'#set page(width: auto, height: auto)\n#set text(font: "{fonts.MATH_FAMILY}", fallback: false)\n'
    svg = _compiler().compile(f'{alone}#"\\u{{{ord(character):x}}}"'.encode(), format="svg").decode()
    found = re.search(r'<symbol id="(\w+)"', svg)
    return found.group(1) if found else ""
