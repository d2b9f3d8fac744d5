"""A scene becomes one file: walked through once, drawn by many, joined."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from manim import Scene

from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.rendering import join, opengl
from derivviz.rendering.crew import Crew, Progress, cores, drawn, usual_start
from derivviz.rendering.folder import Folder
from derivviz.rendering.gif import gif
from derivviz.rendering.plan import Chunk, Plan, Rendering
from derivviz.rendering.pngs import pngs
from derivviz.rendering.quality import Quality
from derivviz.rendering.share import NeedsOpenGLError, Nothing
from derivviz.rendering.stills import END, KINDS, Moment, stills
from derivviz.rendering.store import Store
from derivviz.rendering.walk import walk

JOINS = {"mp4": join.film, "webm": join.film, "mov": join.film, "gif": gif, "pngs": pngs}
SEE_THROUGH = ("webm", "mov", "pngs", *KINDS)  # what can be without a background


def plan(scene: type[Scene], quality: Quality, stage: Stage) -> Plan:
    """Walk through a scene without drawing: its length, its beats, and what its checks find."""
    return walk(scene, quality, stage, Nothing()).plan


def render(
    scene: type[Scene],
    path: Path,
    quality: Quality,
    stage: Stage,
    *,
    moment: Moment = END,
    strict: bool = False,
    workers: int | None = None,
    start: str | None = None,
    scheduler: str | None = None,
    cache: Path | None = None,
    progress: Progress = lambda done, total: None,
    glimpse: Callable[[int, Path], None] | None = None,
) -> Rendering:
    """Render a scene into one file, whose suffix chooses the format.

    The file is the same, byte for byte, for any number of workers and either way to start them.

    Parameters
    ----------
    scene
        A `Lesson`, or any manim scene class.
    path
        Where the file goes: a film (``.mp4``, ``.webm``, ``.mov``, ``.gif``), a folder of all frames (``.pngs``),
        or one moment (``.png``, or ``.svg`` and ``.pdf`` without pixels).
        What was there earlier is replaced only when the new one is whole.
    quality
        Size, frame rate, and whether the background is left out.
    stage
        Language, theme, trace and parameters of a lesson.
    moment
        The moment that a single picture shows; the end when it is not named.
    strict
        Make a failed claim or layout check an error, told before anything is drawn.
    workers
        Processes that draw at a time; None for one a core.
    start
        How they start: ``"fork"``, ``"spawn"``, or None for what suits this system.
    scheduler
        Address of a dask scheduler, as ``tcp://host:8786``, whose workers draw instead of processes of this
        machine. A trace that the lesson reads must have the same path or URL on all of them.
    cache
        Folder that encoded chunks are kept in and taken from, as `store.default_folder`; None for none. What
        is taken has the bytes that drawing it anew would give.
    progress
        Called with frames done and frames in all, which is 0 while that is not known.
    glimpse
        Called with the number of the first beat that is not in the cache as it is now, and a film of it alone,
        without sound, as soon as that is there: long before the whole. The film is gone when this returns. Only
        of an ``.mp4`` whose workers are forked, and where there is a cache.

    Raises
    ------
    UsageError
        When the format cannot hold what is asked for, or the scene has no such shape or moment.
    DerivvizError
        When the checks fail under `strict`, when the file cannot be written, when a worker dies twice at the
        same place, or from the lesson itself.
    """
    started = time.perf_counter()
    kind = path.suffix[1:].lower()
    _check_format(kind, quality)
    target = join.Target(path)
    try:
        if opengl.is_asked_for():
            raise NeedsOpenGLError
        if kind in KINDS:
            (still,), planned = stills(scene, quality, stage, [moment], kind)
            _check(scene, planned, strict)
            progress(planned.frames, planned.frames)
            target.fill(lambda beside: _write(beside, still))
        else:
            if strict:
                _check(scene, plan(scene, quality, stage), strict)
            with tempfile.TemporaryDirectory(prefix="derivviz-") as place:
                folder = Folder(Path(place), kind, quality)
                store = Store(cache, kind, quality) if cache and kind != "pngs" else None
                begin = start or usual_start(scene)
                show = partial(_glimpse, folder, glimpse) if glimpse and kind == "mp4" else None
                crew = Crew(scene, stage, folder, workers or cores(), begin, progress, store, scheduler, show)
                planned = _film(crew, target)
            _check(scene, planned, strict)
    except NeedsOpenGLError:
        planned = target.fill(lambda beside: opengl.render(scene, beside, quality, moment))
    finally:
        target.discard()
    seconds = time.perf_counter() - started
    return Rendering(path, target.size(), planned.duration, seconds, planned)


def _film(crew: Crew, target: join.Target) -> Plan:
    """Draw a scene by many, and join what they drew."""
    folder = crew.folder
    walked = drawn(crew, target)
    parts = folder.parts(walked.chunks)
    joined = JOINS[folder.kind]
    if joined is join.film:
        joined = partial(join.film, sound=walked.plan.sound)
    target.fill(lambda beside: joined(parts, beside, folder.quality))
    return walked.plan


def _glimpse(folder: Folder, show: Callable[[int, Path], None], chunks: Sequence[Chunk]) -> None:
    """Show a beat alone."""
    film = folder.path / f"glimpse.{folder.kind}"
    join.film(folder.parts(chunks), film, folder.quality)
    show(chunks[0].beat, film)
    film.unlink()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _check_format(kind: str, quality: Quality) -> None:
    if quality.transparent and kind not in SEE_THROUGH:
        why = "a GIF knows no half-transparent edges" if kind == "gif" else "H.264 knows no transparency"
        raise UsageError(f"--transparent: {why}; choose {', '.join(SEE_THROUGH)} with --format")
    if kind in ("mp4", "webm", "mov") and (quality.width % 2 or quality.height % 2):
        raise UsageError(
            f"{quality.width}×{quality.height}: a film needs an even width and height; a gif or pngs takes any"
        )


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
