"""What goes with a film: tracks inside it, and files beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from derivviz.animation.stage import LANGUAGES
from derivviz.publishing import chapters, subtitles
from derivviz.publishing.marks import marks
from derivviz.publishing.storyboard import storyboard
from derivviz.publishing.talk import Talk
from derivviz.publishing.tracks import CODECS, embed
from derivviz.publishing.transcript import transcript
from derivviz.rendering.join import Target

Maker = Callable[[Path, Talk], dict[str, bytes]]


def _subtitles(film: Path, talk: Talk) -> dict[str, bytes]:
    made = {}
    for language in LANGUAGES:
        cues = subtitles.cues(talk.beats, language)
        made[f"{language}.srt"] = subtitles.srt(cues).encode()
        made[f"{language}.vtt"] = subtitles.vtt(cues, language).encode()
    return made


def _chapters(film: Path, talk: Talk) -> dict[str, bytes]:
    return {"chapters.txt": chapters.listed(talk.chapters()).encode()}


def _transcript(film: Path, talk: Talk) -> dict[str, bytes]:
    return {f"{language}.md": transcript(talk, language).encode() for language in LANGUAGES}


def _marks(film: Path, talk: Talk) -> dict[str, bytes]:
    return {"marks.csv": marks(talk.beats).encode()}


def _storyboard(film: Path, talk: Talk) -> dict[str, bytes]:
    return {
        "storyboard.pdf": storyboard(film, talk, "pdf"),
        "storyboard.png": storyboard(film, talk, "png"),
    }


FILES: dict[str, Maker] = {
    "subtitles": _subtitles,
    "chapters": _chapters,
    "transcript": _transcript,
    "marks": _marks,
    "storyboard": _storyboard,
}


def publish(film: Path, talk: Talk, kinds: Collection[str] = ()) -> list[Path]:
    """Give a film its subtitles and chapters, and write the files that go with it.

    Parameters
    ----------
    film
        The finished film. An mp4, mov or webm gets a track of subtitles a language, which players show by
        themselves where no captions are drawn, and chapters.
    talk
        What is told in it.
    kinds
        Names of `FILES`. Each file is called as the film is, with an ending of its own.

    Returns
    -------
    paths
        The files written beside the film.
    """
    if film.suffix in CODECS:
        embed(
            film,
            {language: subtitles.cues(talk.beats, language) for language in LANGUAGES},
            talk.chapters(),
            title=talk.title[talk.language],
            shown=None if talk.captions else talk.language,
        )
    paths = []
    for kind in FILES:
        if kind in kinds:
            for ending, content in FILES[kind](film, talk).items():
                paths.append(film.with_name(f"{film.stem}.{ending}"))
                write(paths[-1], content)
    return paths


def write(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""

    def fill(beside: Path) -> None:
        beside.write_bytes(content)

    target = Target(path)
    try:
        target.fill(fill)
    finally:
        target.discard()
