"""A scene becomes one file: walked through once, drawn by many, joined."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from manim import Scene

from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError
from derivviz.rendering import fork, join, spawn
from derivviz.rendering.gif import gif
from derivviz.rendering.plan import Plan, Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.share import Folder, Own
from derivviz.rendering.walk import LastPicture, NeedsOnePieceError, Nothing, Walked, walk

Progress = Callable[[int, int], None]
JOINS = {"mp4": join.film, "webm": join.film, "mov": join.film, "gif": gif}


def plan(scene: type[Scene], quality: Quality, stage: Stage) -> Plan:
    """Walk through a scene without drawing: its length, its beats, and what its checks find."""
    return walk(scene, quality, stage, Nothing()).plan


def render(
    scene: type[Scene],
    path: Path,
    quality: Quality,
    stage: Stage,
    *,
    strict: bool = False,
    workers: int | None = None,
    start: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Rendering:
    """Render a scene into one file, whose suffix chooses the format.

    The file is the same, byte for byte, for any number of workers and either way to start them.

    Parameters
    ----------
    scene
        A `Lesson`, or any manim scene class.
    path
        Where the file goes: ``.mp4``, ``.webm``, ``.mov``, ``.gif``, or ``.png`` for the last picture.
        An earlier file there is replaced only when the new one is whole.
    quality
        Size and frame rate.
    stage
        Language, theme, trace and parameters of a lesson.
    strict
        Make a failed claim or layout check an error.
    workers
        Processes that draw at a time; None for one a core.
    start
        How they start: ``"fork"``, ``"spawn"``, or None for what suits this system.
    progress
        Called with frames done and frames in all, which is 0 while that is not known.

    Raises
    ------
    DerivvizError
        When the checks fail under `strict`, when the file cannot be written, when a worker dies twice at the
        same place, or from the lesson itself.
    """
    started = time.perf_counter()
    kind = path.suffix[1:].lower()
    target = join.Target(path)
    try:
        if kind == "png":
            last = LastPicture()
            planned = walk(scene, quality, stage, last).plan
            _check(scene, planned, strict)
            assert last.picture is not None
            progress(planned.frames, planned.frames)
            target.fill(partial(join.still, last.picture))
        else:
            with tempfile.TemporaryDirectory(prefix="derivviz-") as place:
                folder = Folder(Path(place), kind, quality)
                crew = Crew(scene, stage, folder, workers or cores(), start or _usual(scene), progress)
                walked = _drawn(crew, target)
                planned = walked.plan
                _check(scene, planned, strict)
                parts = [(folder.segment(c.number), folder.frames(c.number)) for c in walked.chunks]
                target.fill(lambda beside: JOINS[kind](parts, beside, quality))
    finally:
        target.discard()
    seconds = time.perf_counter() - started
    return Rendering(path, path.stat().st_size, planned.duration, seconds, planned)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Crew:
    """Those who draw a scene, and where."""

    scene: type[Scene]
    stage: Stage
    folder: Folder
    workers: int
    start: str
    progress: Progress

    def tell(self, frames: int) -> None:
        """Say how many frames are drawn of so many; 0 while that is not known."""
        self.progress(self.folder.done(), frames)

    def draw(self, *, careful: bool, wanted: Collection[int] | None = None) -> Walked | None:
        """Draw chunks side by side; None when the workers do not agree on what the scene is."""
        if self.start == "fork":
            share = fork.Forked(self.folder, self.workers, wanted, self.tell)
            return walk(self.scene, self.folder.quality, self.stage, share, careful=careful)
        return spawn.spread(
            self.scene, self.stage, self.folder, self.workers, careful=careful, wanted=wanted, tell=self.tell
        )

    def draw_in_one_piece(self) -> Walked:
        """Draw everything here, frame after frame."""
        self.folder.forget()
        share = Own(self.folder, tell=self.tell)
        return walk(self.scene, self.folder.quality, self.stage, share, careful=True)


def _drawn(crew: Crew, target: join.Target) -> Walked:
    """All chunks on disk, each beginning in the state that the one before it ended in."""
    try:
        walked = None
        if crew.start != "one piece":
            walked = _side_by_side(crew, careful=False) or _side_by_side(crew, careful=True)
        walked = walked or crew.draw_in_one_piece()
    except NeedsOnePieceError:
        walked = crew.draw_in_one_piece()
    except OSError as error:
        raise target.unwritable(error) from error
    crew.progress(walked.plan.frames, walked.plan.frames)
    return walked


def _side_by_side(crew: Crew, *, careful: bool) -> Walked | None:
    """Draw a scene by many; what dies is tried once more. None when the chunks do not fit together."""
    crew.folder.forget()
    walked = crew.draw(careful=careful)
    if walked is None and crew.start == "fork":
        return None
    if walked is None or crew.folder.missing(walked.chunks):
        first = walked
        missing = None if first is None else {c.number for c in crew.folder.missing(first.chunks)}
        walked = crew.draw(careful=careful, wanted=missing)
        if walked is None or (first is not None and walked.chunks != first.chunks):
            return None
        dead = crew.folder.missing(walked.chunks)
        if dead:
            raise DerivvizError(
                f"{crew.scene.__name__}: the worker that drew the part at {dead[0]} was killed, and so was the "
                "one that tried again. Memory may be short: try fewer --workers, or a lower -q"
            )
    states = [crew.folder.drawn(chunk.number) for chunk in walked.chunks]
    known = [state for state in states if state is not None]
    begins = [state.before for state in known[1:]] + [walked.final]
    return walked if [state.after for state in known] == begins else None


def _usual(scene: type[Scene]) -> str:
    if fork.is_safe():
        return "fork"
    return "spawn" if spawn.is_possible(scene) else "one piece"


def _check(scene: type[Scene], planned: Plan, strict: bool) -> None:
    if strict and planned.problems:
        told = "\n".join(f"  {problem}" for problem in planned.problems)
        raise DerivvizError(
            f"{scene.__name__} does not pass its checks:\n{told}\nWithout --strict it renders anyway."
        )


def find_scene(module: Any, wanted: str | None = None) -> type[Scene]:
    """The scene class that a loaded file defines.

    Raises
    ------
    DerivvizError
        When there is none, or several and none was named.
    """
    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Scene) and value.__module__ == module.__name__
    }
    names = ", ".join(own)
    if wanted is not None:
        if wanted not in own:
            raise DerivvizError(f"{module.__file__} has no scene {wanted!r}; it has: {names or 'none'}")
        return own[wanted]
    if len(own) != 1:
        what = f"several scenes: name one of {names}" if own else "no class derived from Lesson or Scene"
        raise DerivvizError(f"{module.__file__} has {what}")
    return next(iter(own.values()))
