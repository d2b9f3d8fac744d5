"""Plan, draw, encode: a scene becomes one file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from manim import Scene, logger, tempconfig
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter

from derivviz.animation.layout import Problem
from derivviz.animation.lesson import Beat, Lesson
from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError
from derivviz.rendering.encoder import Background, Encoder, Frame, StillEncoder, VideoEncoder
from derivviz.rendering.gif import GifEncoder
from derivviz.rendering.quality import Quality

Progress = Callable[[int, int], None]
ENCODERS: dict[str, type[Encoder]] = {
    "mp4": VideoEncoder,
    "webm": VideoEncoder,
    "mov": VideoEncoder,
    "gif": GifEncoder,
    "png": StillEncoder,
}


@dataclass(frozen=True)
class Plan:
    """What a scene will be, known before a frame of it is drawn.

    Attributes
    ----------
    frames
        Number of frames.
    duration
        Seconds.
    beats
        Its spoken beats; none for a scene that is no `Lesson`.
    problems
        Failed claims and layout checks.
    """

    frames: int
    duration: float
    beats: tuple[Beat, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Rendering:
    """What was made: path, size in bytes, duration in seconds, and the seconds that it took."""

    path: Path
    size: int
    duration: float
    seconds: float
    plan: Plan


class _NoFiles(SceneFileWriter):
    """manim's file writer, writing nothing: frames go to the encoder instead."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.sink: Callable[[Frame, int], None] | None = None

    def begin_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def end_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def add_partial_movie_file(self, *args: Any, **kwargs: Any) -> None: ...
    def finish(self) -> None: ...
    def save_image(self, *args: Any, **kwargs: Any) -> None: ...

    def write_frame(self, frame: Frame, repeat: int = 1) -> None:
        if self.sink is not None:
            self.sink(frame, repeat)


class _Walk(CairoRenderer):
    """Plays every animation to its end without drawing, to learn what a scene will be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(_NoFiles, skip_animations=True)

    def update_frame(self, *args: Any, **kwargs: Any) -> None: ...


class _Draw(CairoRenderer):
    """Draws every frame and hands it to the encoder."""

    def __init__(self, sink: Callable[[Frame, int], None]) -> None:
        super().__init__(_NoFiles)
        self.sink = sink

    def init_scene(self, *args: Any, **kwargs: Any) -> None:
        super().init_scene(*args, **kwargs)
        self.file_writer.sink = self.sink

    def scene_finished(self, scene: Scene) -> None:
        self.static_image = None
        if not self.num_plays:  # a scene that only adds things is one picture
            self.update_frame(scene)
            self.add_frame(self.get_frame())


def plan(scene: type[Scene], quality: Quality, stage: Stage) -> Plan:
    """Walk through a scene without drawing: its length, its beats, and what its checks find."""
    with _configured(quality):
        walk = _Walk()
        walked = _make(scene, walk, stage)
        _run(walked)
        duration = max(walk.time, 1 / quality.frame_rate)
        beats = tuple(getattr(walked, "beats", ()))
        problems = tuple(getattr(walked, "problems", ()))
        return Plan(max(1, round(duration * quality.frame_rate)), duration, beats, problems)


def render(
    scene: type[Scene],
    path: Path,
    quality: Quality,
    stage: Stage,
    *,
    strict: bool = False,
    progress: Progress = lambda done, total: None,
) -> Rendering:
    """Render a scene into one file, whose suffix chooses the format.

    Parameters
    ----------
    scene
        A `Lesson`, or any manim scene class.
    path
        Where the file goes: ``.mp4``, ``.webm``, ``.mov``, ``.gif``, or ``.png`` for the last frame.
        An earlier file there is replaced only when the new one is whole.
    quality
        Size and frame rate.
    stage
        Language, theme, trace and parameters of a lesson.
    strict
        Make a failed claim or layout check an error, before anything is drawn.
    progress
        Called with frames done and frames in all.

    Raises
    ------
    DerivvizError
        When the checks fail under `strict`, when the file cannot be written, or from the lesson itself.
    """
    started = time.perf_counter()
    planned = plan(scene, quality, stage)
    if strict and planned.problems:
        told = "\n".join(f"  {problem}" for problem in planned.problems)
        raise DerivvizError(
            f"{scene.__name__} does not pass its checks:\n{told}\nWithout --strict it renders anyway."
        )
    encoder = Background(ENCODERS[path.suffix[1:].lower()](path, quality))
    try:
        frames = _draw(scene, quality, stage, encoder, planned.frames, progress)
        encoder.commit()
    except BaseException:
        encoder.abort()
        raise
    seconds = time.perf_counter() - started
    return Rendering(path, path.stat().st_size, frames / quality.frame_rate, seconds, planned)


def _draw(
    scene: type[Scene], quality: Quality, stage: Stage, encoder: Background, total: int, progress: Progress
) -> int:
    done = 0

    def sink(frame: Frame, repeat: int) -> None:
        nonlocal done
        encoder.write(np.ascontiguousarray(frame), repeat)
        done += repeat
        progress(done, max(total, done))

    with _configured(quality):
        _run(_make(scene, _Draw(sink), stage))
    progress(done, done)
    return done


def _make(scene: type[Scene], renderer: CairoRenderer, stage: Stage) -> Scene:
    made = scene(renderer, stage=stage) if issubclass(scene, Lesson) else scene(renderer=renderer)
    if type(renderer.camera) is not made.camera_class:  # as 3D scenes and those with a moving camera have
        renderer.camera = made.camera_class()
    return made


def _run(scene: Scene) -> None:
    """What `Scene.render` does, without its messages about files that are not there."""
    scene.setup()
    scene.construct()
    scene.tear_down()
    scene.renderer.scene_finished(scene)


@contextmanager
def _configured(quality: Quality) -> Iterator[None]:
    """manim's configuration for one rendering, restored afterwards; files of its own are thrown away."""
    level = logger.level
    with tempfile.TemporaryDirectory(prefix="derivviz-") as media:
        settings = {
            "pixel_width": quality.width,
            "pixel_height": quality.height,
            "frame_rate": quality.frame_rate,
            "frame_height": 8.0,
            "frame_width": 8.0 * quality.width / quality.height,
            "media_dir": media,
            "dry_run": True,
            "disable_caching": True,
            "progress_bar": "none",
            "verbosity": "ERROR",
        }
        with tempconfig(settings):
            try:
                yield
            finally:
                logger.setLevel(level)


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
