"""Subtitles from the beats: two short lines at a time, as SubRip and WebVTT."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from derivviz.animation.lesson import Beat
from derivviz.look.prose import plain

LINES = 2
WIDEST = {"en": 42, "ko": 24}  # characters of a line; a syllable of Hangul is as wide as two letters
NAMES = {"en": "English", "ko": "한국어"}
CODES = {"en": "eng", "ko": "kor"}  # ISO 639-2, as films name languages


@dataclass(frozen=True)
class Cue:
    """Text that is shown from `start` to `end`, in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


def cues(beats: Iterable[Beat], language: str) -> list[Cue]:
    """The sentences of a language as cues of two lines at most.

    A sentence that is too long for that is shown piece by piece, each for its share of the beat.
    """
    made = []
    for beat in beats:
        text = plain(beat.text[language])
        pieces = wrap(text, WIDEST[language])
        letters = sum(len(line) for piece in pieces for line in piece)
        start, read = beat.start, 0
        for piece in pieces:
            read += sum(len(line) for line in piece)
            end = beat.start + (beat.end - beat.start) * read / letters
            made.append(Cue(start, end, piece))
            start = end
    return made


def wrap(text: str, widest: int) -> list[tuple[str, ...]]:
    """A sentence in pieces of at most two lines, all of about the same length.

    A line is longer than `widest` only where a single word is.
    """
    if not text:
        return []
    count = math.ceil(len(text) / (LINES * widest))
    while True:
        pieces = []
        for part in _parts(text, count):
            pieces.append(tuple(_parts(part, 1 if len(part) <= widest else LINES)))
        fits = all(len(line) <= widest or " " not in line for piece in pieces for line in piece)
        if fits or count >= len(text.split()):
            return pieces
        count += 1


def _parts(text: str, count: int) -> list[str]:
    """A text cut at spaces into so many parts, as evenly as it goes; after a comma or a stop if one is near."""
    parts = []
    for left in range(count, 1, -1):
        ideal = len(text) / left
        spaces = [i for i, letter in enumerate(text) if letter == " "]
        if not spaces:
            break
        at = min(spaces, key=lambda i: abs(i - ideal) - (0.25 * ideal if text[i - 1] in ",.:;?!" else 0))
        parts.append(text[:at])
        text = text[at + 1 :]
    return [*parts, text]


def srt(cues: Sequence[Cue]) -> str:
    """Cues as a SubRip file."""
    return "\n".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(cues, 1)
    )


def vtt(cues: Sequence[Cue], language: str) -> str:
    """Cues as a WebVTT file (W3C, WebVTT: The Web Video Text Tracks Format)."""
    blocks = [f"WEBVTT\nLanguage: {language}\n"]
    for cue in cues:
        text = escaped("\n".join(cue.lines))
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def escaped(text: str) -> str:
    """Text in which no sign means something to WebVTT."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{thousandths // 1000:02}{point}{thousandths % 1000:03}"
