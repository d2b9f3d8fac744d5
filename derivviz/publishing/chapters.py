"""Chapters: where a film can be entered, in the film itself and as the list that video sites read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derivviz.animation.lesson import Beat
from derivviz.look.prose import plain

LONGEST = 80  # characters of a title
SHORTEST = 10.0  # seconds: video sites take no list with a shorter chapter in it


@dataclass(frozen=True)
class Chapter:
    """A stretch of a film, in seconds, and its title."""

    start: float
    end: float
    title: str


def of_beats(beats: Sequence[Beat], language: str, duration: float) -> list[Chapter]:
    """A chapter a beat; the first begins with the film, and each ends where the next begins."""
    titles = [shortened(plain(beat.text[language])) for beat in beats]
    return in_a_row([beat.start for beat in beats], titles, duration)


def in_a_row(starts: Sequence[float], titles: Sequence[str], duration: float) -> list[Chapter]:
    """Chapters without a gap from 0 to `duration` seconds."""
    starts = [0.0, *starts[1:]] if starts else []
    ends = [*starts[1:], duration]
    return [Chapter(*known) for known in zip(starts, ends, titles, strict=bool(starts))]


def listed(chapters: Sequence[Chapter]) -> str:
    """The lines that video sites make chapters of: the first at 0:00, none shorter than ten seconds.

    A chapter that is shorter joins the one before it.
    """
    kept: list[Chapter] = []
    for chapter in chapters:
        near = kept and chapter.start - kept[-1].start < SHORTEST
        last = kept and chapters[-1].end - chapter.start < SHORTEST
        if not (near or last):
            kept.append(chapter)
    return "".join(f"{clock(chapter.start)} {chapter.title}\n" for chapter in kept)


def clock(seconds: float) -> str:
    """A moment as ``1:05`` or ``1:02:05``, cut down to whole seconds."""
    minutes, second = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def shortened(text: str) -> str:
    """A text of at most 80 characters, cut between words."""
    if len(text) <= LONGEST:
        return text
    return text[: text.rfind(" ", 0, LONGEST)].rstrip(" ,.:;") + "…"
