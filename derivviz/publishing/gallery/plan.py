"""What the gallery shows of each topic, and the commands that make it."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from derivviz import library
from derivviz.animation.stage import LANGUAGES
from derivviz.errors import UsageError, nearest
from derivviz.library import Entry
from derivviz.publishing import page

RING = ("--data", "ring")  # in the plane a game is visible whole
_SUFFIX = {"render": "mp4", "figure": "svg", "page": "html"}
RECORDING = {"gan": RING, "wgan-gp": RING}  # what their recording is asked for besides


@dataclass(frozen=True)
class Job:
    """A command of derivviz, and the file that it makes.

    Attributes
    ----------
    words
        What is typed after ``derivviz``.
    made
        The file, or the folder of a trace.
    sources
        What it is made from: it is made anew when one of them is newer.
    """

    words: tuple[str, ...]
    made: Path
    sources: tuple[Path, ...] = ()

    @property
    def typed(self) -> str:
        """The command as it is typed."""
        return f"derivviz {shlex.join(self.words)}"


@dataclass(frozen=True)
class Topic:
    """What there is on one topic: lesson, figure and page share its name.

    Attributes
    ----------
    name
        The stem of its files.
    title, summary
        By language.
    drawn
        What its figure shows, by language; empty when there is none.
    recording
        The command that records the run it is taught from, if it needs one.
    films, figures, pages
        By language; empty when there is none.
    """

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    drawn: dict[str, str]
    recording: Job | None
    films: dict[str, Job]
    figures: dict[str, Job]
    pages: dict[str, Job]

    def jobs(self) -> list[Job]:
        """All of its commands, in the order in which they can run."""
        recorded = [self.recording] if self.recording else []
        return [*recorded, *self.films.values(), *self.figures.values(), *self.pages.values()]


def topics(folder: Path, traces: Path, quality: str, names: Collection[str] = ()) -> list[Topic]:
    """The topics of the library, or those of some names, by name.

    Parameters
    ----------
    folder
        Where the files go.
    traces
        Where the recorded runs are, or are put.
    quality
        As for ``derivviz render -q``.
    names
        Stems of the topics; all of them when there are none.

    Raises
    ------
    UsageError
        When there is no topic of a name.
    """
    kinds = {
        "render": {entry.name: entry for entry in library.entries("scenes")},
        "figure": {entry.name: entry for entry in library.entries("scripts")},
        "page": {name: library.read(page.path_of(name)) for name in page.summaries()},
    }
    known = sorted(set().union(*kinds.values()))
    for name in names:
        if name not in known:
            guess = nearest(name, known, 1)
            hint = f" Did you mean {guess[0]!r}?" if guess else ""
            raise UsageError(f"there is no topic {name!r}.{hint} They are {', '.join(known)}.")
    return [
        _topic(
            name, {kind: told[name] for kind, told in kinds.items() if name in told}, folder, traces, quality
        )
        for name in known
        if name in names or not names
    ]


def _topic(name: str, told: dict[str, Entry], folder: Path, traces: Path, quality: str) -> Topic:
    """A topic from what there is of it, by the command that makes it."""
    first = next(iter(told.values()))
    recording = None
    trace: tuple[str, ...] = ()
    needing = [entry for entry in told.values() if entry.requires]
    if needing:
        run = needing[0].recorded_by
        path = traces / f"{run}.zarr"
        recording = Job(("record", run, *RECORDING.get(run, ()), "-o", str(path)), path)
        trace = ("--trace", str(path))
    made: dict[str, dict[str, Job]] = {"render": {}, "figure": {}, "page": {}}
    for command, entry in told.items():
        for language in LANGUAGES:
            file = folder / f"{name}.{language}.{_SUFFIX[command]}"
            film = (
                ("-q", quality, "--no-captions", "--with", "subtitles,poster") if command == "render" else ()
            )
            tongue = () if language == "en" else ("--lang", language)
            needed = trace if entry.requires else ()
            words = (command, name, *needed, *tongue, *film, "-o", str(file))
            made[command][language] = Job(words, file, (entry.path, *map(Path, needed[1:])))
    drawn = told["figure"].summary if "figure" in told else {}
    return Topic(
        name, first.title, first.summary, drawn, recording, made["render"], made["figure"], made["page"]
    )
