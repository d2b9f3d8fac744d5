"""A sentence in Typst's markup as plain text: for subtitles, transcripts, and for how long it takes to read."""

from __future__ import annotations

import re
import unicodedata

from derivviz.look.typst import unquoted

_SIGNS = {
    "dot": "·",
    "times": "×",
    "div": "÷",
    "oo": "∞",
    "infinity": "∞",
    "approx": "≈",
    "partial": "∂",
    "nabla": "∇",
    "quad": " ",
    "->": "→",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "'": "′",
    "-": "−",
}
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_TOGETHER = re.compile(r"(?<!\S)(\S{1,9}) ([=≈≤≥<>×→]) (?=\S{1,9}(?!\S))")
_KEPT = "\ue000{}\ue001"  # stands for a piece that is text already
_PIECES = re.compile(r'#"(?:[^"\\]|\\.)*"|(?<!\\)\$(?:[^$\\]|\\.)*\$')


def plain(markup: str) -> str:
    """What a reader reads of a sentence in markup.

    Text given literally (`derivviz.look.typst.quoted`) is shown as it is, ``*bold*`` and ``_emphasis_`` lose
    their signs, and the little mathematics that a sentence holds is written in Unicode: ``$Delta x^2$`` is
    Δx².
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        piece = found[0]
        kept.append(_formula(piece[1:-1]) if piece[0] == "$" else unquoted(piece))
        return _KEPT.format(len(kept) - 1)

    text = _PIECES.sub(keep, markup)
    text = re.sub(r"\{\{\s*(.*?)\s*:\s*[\w-]+\s*\}\}", r"\1", text)
    text = re.sub(r"(?<![\\*])\*", "", text)
    text = re.sub(r"(?<![\w\\])_|(?<!\\)_(?!\w)", "", text)
    text = text.replace("---", "—").replace("--", "–").replace("...", "…").replace("~", " ")
    text = re.sub(r"\\(\W)", r"\1", text)
    text = re.sub(r"\ue000(\d+)\ue001", lambda found: kept[int(found[1])], text)
    return " ".join(text.split())


def together(markup: str) -> str:
    """A sentence that is not broken at signs such as = between two short words; in formulas Typst sees to it."""
    parts = re.split(f"({_PIECES.pattern})", markup)  # text, a piece, text, …
    parts[::2] = [_TOGETHER.sub("\\1\N{NO-BREAK SPACE}\\2\N{NO-BREAK SPACE}", part) for part in parts[::2]]
    return "".join(parts)


def _formula(markup: str) -> str:
    """A short formula in Unicode; what it does not know stays as it is written."""
    text = re.sub(r"\{\{\s*(.*?)\s*:\s*[\w-]+\s*\}\}", r"\1", markup.strip())
    text = re.sub(r"\bfrac\(([^,()]*),\s*([^,()]*)\)", r"\1/\2", text)
    text = re.sub(r"\b(?:upright|bold|italic)\(([^()]*)\)", r"\1", text)
    text = re.sub(r"[A-Za-z]+|->|<=|>=|!=|'|-", lambda found: _sign(found[0]), text)
    text = re.sub(r"\^(?:\(([\d+−n]+)\)|([\dn]+))", lambda m: (m[1] or m[2]).translate(_RAISED), text)
    text = re.sub(r"_(?:\(([\d+−]+)\)|(\d+))", lambda m: (m[1] or m[2]).translate(_LOWERED), text)
    # Typst puts no space between letters that stand side by side.
    return re.sub(r"(?<=[\wΔ]) (?=[A-Za-z]\b)", "", text.replace('"', ""))


def _sign(word: str) -> str:
    if word in _SIGNS:
        return _SIGNS[word]
    size = "CAPITAL" if word[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {word.upper()}") if word.isalpha() else word
    except KeyError:
        return word
