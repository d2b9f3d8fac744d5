"""manim set up for one rendering: configuration, renderer and camera of a scene, nothing written to its folders."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from manim import Scene, logger, tempconfig
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter

from derivviz.animation.lesson import Lesson
from derivviz.animation.stage import Stage
from derivviz.errors import UsageError
from derivviz.rendering import patches
from derivviz.rendering.quality import SHAPES, Quality


class NoFiles(SceneFileWriter):
    """manim's file writer without files; it still gathers sounds and sections."""

    def begin_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def end_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def add_partial_movie_file(self, *args: Any, **kwargs: Any) -> None: ...
    def finish(self) -> None: ...
    def save_image(self, *args: Any, **kwargs: Any) -> None: ...


def make(scene: type[Scene], renderer: CairoRenderer, stage: Stage) -> Scene:
    """A scene on its renderer, with the camera that it asks for."""
    made = scene(renderer, stage=stage) if issubclass(scene, Lesson) else scene(renderer=renderer)
    if type(renderer.camera) is not made.camera_class:  # as 3D scenes and those with a moving camera have
        renderer.camera = made.camera_class()
    return made


def check_shape(scene: type[Scene], quality: Quality) -> None:
    """Refuse a shape that a lesson is not laid out for. A plain scene of manim takes any.

    Raises
    ------
    UsageError
        When the frame is of another shape than the lesson's `aspects`.
    """
    if not issubclass(scene, Lesson) or quality.aspect in scene.aspects:
        return
    known = " or ".join(scene.aspects)
    other = f"type --aspect {scene.aspects[0]}"
    if quality.aspect not in SHAPES:
        other = f"choose a --resolution of that shape, or {other}"
    raise UsageError(
        f"the lesson {scene.__name__} is laid out for {known} only, not for {quality.width}×{quality.height} "
        f"({quality.aspect}): {other}"
    )


@contextmanager
def configured(quality: Quality) -> Iterator[None]:
    """manim's configuration for one rendering, restored afterwards; files of its own are thrown away."""
    level = logger.level
    frame_width, frame_height = quality.frame
    with tempfile.TemporaryDirectory(prefix="derivviz-") as media:
        settings = {
            "pixel_width": quality.width,
            "pixel_height": quality.height,
            "frame_rate": quality.frame_rate,
            "frame_height": frame_height,
            "frame_width": frame_width,
            "media_dir": media,
            "dry_run": True,
            "disable_caching": True,
            "progress_bar": "none",
            "verbosity": "ERROR",
            "seed": 0,
        }
        if quality.transparent:
            settings["background_opacity"] = 0.0
        with tempconfig(settings), patches.applied(quality.transparent):
            try:
                yield
            finally:
                logger.setLevel(level)
