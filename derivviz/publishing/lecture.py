"""A lecture: a TOML file that strings lessons together. Read and checked here; nothing is loaded or drawn.

The keys are described in docs/lectures.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from derivviz import library
from derivviz.errors import UsageError
from derivviz.publishing.table import LANGUAGES, Table, Text

THEMES = ("dark", "paper")
QUALITIES = tuple("lmhpk")
ASPECTS = ("16:9", "9:16", "1:1")
KEYS = (
    "title",
    "summary",
    "languages",
    "opening",
    "closing",
    "theme",
    "quality",
    "aspect",
    "captions",
    "reading_speed",
    "lesson",
)
LESSON_KEYS = ("name", "scene", "title", "say", "trace", "parameters")


@dataclass(frozen=True)
class Episode:
    """A lesson of a lecture.

    Attributes
    ----------
    path
        Its file.
    scene
        The class in it, where it has several.
    title
        By language.
    say
        The sentence of the title card before it, by language; None for no card.
    trace
        The recorded run that it teaches from.
    parameters
        Values of its own parameters as they would be typed, by name.
    where
        File, line and key of it, for messages.
    """

    path: Path
    scene: str | None
    title: Text
    say: Text | None
    trace: Path | None
    parameters: Mapping[str, str]
    where: str


@dataclass(frozen=True)
class Lecture:
    """A lecture as its file tells it.

    Attributes
    ----------
    path
        The file.
    title, summary
        By language.
    languages
        Those that it is made in, a film each.
    opening, closing
        Sentences of the first and the last title card, by language; None for no card.
    theme, quality, aspect, captions
        How it is rendered, unless the command says otherwise.
    reading_speed
        Characters a second, by language.
    lessons
        In order.
    """

    path: Path
    title: Text
    summary: Text
    languages: tuple[str, ...]
    opening: Text | None
    closing: Text | None
    theme: str
    quality: str
    aspect: str
    captions: bool
    reading_speed: Mapping[str, float]
    lessons: tuple[Episode, ...]


def read(path: Path) -> Lecture:
    """A lecture from its file.

    Raises
    ------
    UsageError
        When it is no lecture; the message names file, line and key, and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    table = Table(path, text, data)
    table.known(KEYS)
    lessons = table.get("lesson", list, [])
    if not lessons or not all(isinstance(lesson, dict) for lesson in lessons):
        raise table.error("lesson", "a lecture has at least one [[lesson]], each with a name")
    return Lecture(
        path,
        table.text("title", required=True) or {},
        table.text("summary") or dict.fromkeys(LANGUAGES, ""),
        table.languages(),
        table.text("opening"),
        table.text("closing"),
        table.choice("theme", THEMES, "dark"),
        table.choice("quality", QUALITIES, "h"),
        table.choice("aspect", ASPECTS, "16:9"),
        table.get("captions", bool, True),
        table.inside("reading_speed").numbers(LANGUAGES),
        tuple(_episode(table.inside("lesson", number)) for number in range(len(lessons))),
    )


def _episode(table: Table) -> Episode:
    table.known(LESSON_KEYS)
    name = table.get("name", str, "")
    if not name:
        raise table.error("name", "names the lesson, as 'derivviz list' does, or its file")
    beside = table.path.parent / name
    own = name.endswith(".py") and not Path(name).is_absolute()
    try:
        path = library.find("scenes", str(beside) if own else name)
    except UsageError as error:
        raise table.error("name", str(error)) from error
    entry = library.read(path)
    trace = table.get("trace", str, "")
    found = table.path.parent / Path(trace).expanduser()
    if not found.exists():  # a lecture that came with derivviz lies nowhere near the user's runs
        found = Path(trace).expanduser()
    if trace and not found.exists():
        made = f"'derivviz record {entry.recorded_by}' makes one"
        raise table.error("trace", f"there is no trace {trace}, seen from the file or from here; {made}")
    if entry.requires and not trace:
        raise table.error(
            "trace",
            f"the lesson teaches from a recorded run, which is missing: type 'derivviz record {entry.recorded_by}' "
            f'and write  trace = "…"  with its path, seen from this file',
        )
    return Episode(
        path,
        table.get("scene", str, "") or None,
        table.text("title") or entry.title,
        table.text("say"),
        found if trace else None,
        table.inside("parameters").typed([option.flag for option in entry.options], entry.name),
        table.place(),
    )
