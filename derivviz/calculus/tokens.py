"""From text to tokens: the signs in which people write a formula, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from derivviz.errors import UsageError

MAX_LENGTH = 500
"""Characters an expression may have."""

_WINDOW = 64
"""Characters of the text shown above the caret."""

_SAME = str.maketrans({"·": "*", "×": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "−": "-", "–": "-"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(
    r"(?P<space>[ \t\u00a0\u2009\u3000]+)"
    r"|(?P<ambiguous>(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE](?=[+-]?[0-9])[+-]?[0-9]+)"
    r"|(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)"
    r"|(?P<name>[A-Za-z_]+|π)"
    r"|(?P<superscript>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<sign>\*\*|[-+*/^()|√])"
)
_NOTATION = "Write it as x**2 + 2*x + 1, sin(x)/x or |x|."
_ADVICE = {
    "=": "Give the right-hand side alone, as x**2 + 2*x + 1.",
    ",": "A decimal is written with a point, as 0.5.",
    "[": "Group with round brackets ( ).",
    "]": "Group with round brackets ( ).",
    "{": "Group with round brackets ( ).",
    "}": "Group with round brackets ( ).",
    "∛": "Write cbrt(x) for the cube root.",
}


class ExpressionError(UsageError):
    """Text that is not an expression of x.

    Attributes
    ----------
    text : str
        What was typed.
    at : int
        Index of the offending character in `text` (its length where something is missing at the end).
    reason : str
        What is wrong there, in one sentence.
    advice : str
        What would be right.
    """

    def __init__(self, text: str, at: int, reason: str, advice: str = "") -> None:
        self.text, self.at, self.reason, self.advice = text, at, reason, advice
        start = max(0, min(at - _WINDOW // 2, len(text) - _WINDOW))
        before = ("…" if start else "") + _harmless(text[start:at])
        after = _harmless(text[at : start + _WINDOW]) + ("…" if start + _WINDOW < len(text) else "")
        lines = [reason, f"  {before}{after}", f"  {' ' * _columns(before)}^"]
        super().__init__("\n".join([*lines, advice] if advice else lines))


@dataclass(frozen=True)
class Token:
    """One sign of the notation. `kind`: number, name, superscript, end, wrong, or the sign itself."""

    kind: str
    text: str
    at: int
    error: ExpressionError | None = None


def tokenize(text: str) -> list[Token]:
    """Cut `text` into tokens, an ``end`` token last.

    What is no token ends the list as a ``wrong`` token that carries its error: an earlier mistake,
    which only the parser sees, is told first.
    """
    if len(text) > MAX_LENGTH:
        reason = f"The expression has {len(text)} characters; {MAX_LENGTH} is the most."
        raise ExpressionError(text, MAX_LENGTH, reason, "Use a shorter one.")
    tidy = "".join(_half_width(character) for character in text).translate(_SAME)
    tokens: list[Token] = []
    at = 0
    while at < len(tidy):
        match = _TOKEN.match(tidy, at)
        if match is None:
            reason, advice = f"Unexpected {text[at]!r}.", _ADVICE.get(tidy[at], _NOTATION)
            return [*tokens, Token("wrong", text[at], at, ExpressionError(text, at, reason, advice))]
        kind, word = str(match.lastgroup), match.group()
        if kind == "ambiguous":
            mantissa, exponent = re.split("[eE]", word)
            reason = f"'{word}' can be read in two ways."
            ten = f"{mantissa}*10^({exponent.lstrip('+')})"
            advice = f"Write {ten} for the power of ten, {mantissa}*e for Euler's number."
            return [*tokens, Token("wrong", word, at, ExpressionError(text, at, reason, advice))]
        if kind == "sign":
            tokens.append(Token("^" if word == "**" else word, word, at))
        elif kind == "superscript":
            tokens.append(Token(kind, word.translate(_SUPERSCRIPTS), at))
        elif kind != "space":
            tokens.append(Token(kind, word, at))
        at = match.end()
    return [*tokens, Token("end", "", len(text))]


def _half_width(character: str) -> str:
    """The full-width forms that a Korean or Japanese keyboard types, as the ordinary character."""
    code = ord(character)
    return chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else character


def _harmless(text: str) -> str:
    """The text with everything replaced that a terminal would act upon instead of showing."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _columns(text: str) -> int:
    """How many terminal columns the text takes: two for each Hangul syllable, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
