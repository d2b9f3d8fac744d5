"""What ``--with`` asks for: the files that go with a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivviz import library
from derivviz.errors import UsageError, nearest

if TYPE_CHECKING:
    from derivviz.animation import Lesson, Stage
    from derivviz.rendering.plan import Rendering
    from derivviz.rendering.quality import Quality

KINDS = ("subtitles", "chapters", "transcript", "marks", "storyboard", "poster")
FILMS = ("mp4", "webm", "mov", "gif")


class Kinds(click.ParamType):
    """Names of `KINDS` with commas between them, or ``all``."""

    name = "LIST"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        words = [word.strip().lower() for word in str(value).split(",")]
        for word in words:
            if word not in (*KINDS, "all"):
                guess = nearest(word, KINDS, 1)
                hint = f" Did you mean {guess[0]!r}?" if guess else ""
                self.fail(f"{word!r} is none of {', '.join(KINDS)}, all.{hint}", param, ctx)
        return KINDS if "all" in words else tuple(kind for kind in KINDS if kind in words)


def check(scene: type, where: Path, kinds: Sequence[str]) -> None:
    """Refuse before anything is drawn what could not be made afterwards."""
    from derivviz.animation import Lesson

    if kinds and where.suffix[1:].lower() not in FILMS:
        raise UsageError(f"--with goes with a film ({', '.join(FILMS)}), not with {where.name}")
    if set(kinds) - {"poster"} and not issubclass(scene, Lesson):
        raise UsageError(
            f"--with {','.join(kinds)}: {scene.__name__} has no sentences to make them from. "
            "A class derived from derivviz.animation.Lesson has: each is opened with say(en=…, ko=…)"
        )


def publish(
    scene: type[Lesson], made: Rendering, path: Path, quality: Quality, stage: Stage, kinds: Sequence[str]
) -> tuple[Rendering, list[Path]]:
    """Subtitles and chapters into the film, and the files of `kinds` beside it: the film now, their paths."""
    from derivviz.publishing import publish as publishing
    from derivviz.publishing.talk import of_lesson
    from derivviz.rendering.stills import END, stills

    written: list[Path] = []
    if made.plan.beats:
        talk = of_lesson(library.read(path), made, stage)
        written += publishing.publish(made.path, talk, kinds)
        made = replace(made, size=made.path.stat().st_size)
    if "poster" in kinds:
        (picture,), _ = stills(scene, quality, replace(stage, captions=False), [END])
        written.append(made.path.with_name(f"{made.path.stem}.poster.png"))
        publishing.write(written[-1], picture)
    return made, written
