"""What a lesson is staged in: language, theme, captions, trace, and the values of its parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from derivviz.errors import UsageError
from derivviz.look.theme import DARK, Theme, theme

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

# Comfortable silent reading, in characters a second.
READING_SPEED = {"en": 17.0, "ko": 9.0}

# Sizes in Typst font size: 96 to one unit of manim's frame, which is 8 units high.
SIZES = {"title": 56, "formula": 52, "body": 40, "label": 36, "caption": 34, "tick": 28}


@dataclass(frozen=True)
class Clip:
    """A spoken sentence: a WAV file, and how many seconds it lasts."""

    path: Path
    seconds: float


@dataclass(frozen=True)
class Stage:
    """The choices of one rendering of a lesson.

    Attributes
    ----------
    language
        ``"en"`` or ``"ko"``.
    theme
        Colours by role.
    captions
        Whether the sentence of each beat is drawn at the bottom of the picture.
    trace
        Path of the recorded run, or None.
    parameters
        Values of the lesson's own parameters as typed, by name.
    reading_speed
        Characters a second at which the sentences can be read comfortably; None for what suits the language.
    spoken
        The sentences as they are spoken, one a beat; none for a silent lesson.
    """

    language: Language = "en"
    theme: Theme = DARK
    captions: bool = True
    trace: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    reading_speed: float | None = None
    spoken: tuple[Clip, ...] = ()

    @classmethod
    def from_environment(cls) -> Stage:
        """The stage under plain ``manim render``, from DERIVVIZ_LANG, DERIVVIZ_THEME and DERIVVIZ_TRACE."""
        language = os.environ.get("DERIVVIZ_LANG", "en")
        for known in LANGUAGES:
            if language == known:
                return cls(
                    known,
                    theme(os.environ.get("DERIVVIZ_THEME", "dark")),
                    trace=os.environ.get("DERIVVIZ_TRACE"),
                )
        raise UsageError(f"DERIVVIZ_LANG is {language!r}: it takes {' or '.join(LANGUAGES)}")

    def choose(self, *, en: str, ko: str) -> str:
        """The text in the language of this stage."""
        return ko if self.language == "ko" else en

    def reading_time(self, sentence: str) -> float:
        """Seconds that a sentence of so many characters takes to read."""
        return len(sentence) / (self.reading_speed or READING_SPEED[self.language])


_current = Stage()


def current() -> Stage:
    """The stage that new mobjects take their colours from."""
    return _current


def enter(stage: Stage) -> None:
    """Make `stage` the one that new mobjects take their colours from."""
    global _current
    _current = stage


def color(role: str) -> str:
    """The colour of a role on the current stage, as ``#RRGGBB``."""
    return _current.theme.color(role)
