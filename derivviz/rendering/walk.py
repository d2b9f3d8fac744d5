"""A scene is walked through once; whoever draws a chunk of it does so on the way."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import Scene, logger, tempconfig
from manim.camera.camera import Camera
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter
from manim.utils.iterables import list_update

from derivviz.animation.lesson import Lesson
from derivviz.animation.stage import Stage
from derivviz.rendering import patches
from derivviz.rendering.draw import Canvas, Changed
from derivviz.rendering.encode import Frame, Segment
from derivviz.rendering.plan import Chunk, Drawn, Plan, chunk_length
from derivviz.rendering.quality import Quality
from derivviz.rendering.shapes import visible
from derivviz.rendering.state import digest, is_pure, looks

WARM_UP = 2  # updates before the first frame after a jump: what follows another mobject may lag behind it


class Share(ABC):
    """Which chunks of a walk are drawn in this process."""

    whole = False  # whether it draws every chunk, one after the other

    @abstractmethod
    def take(self, chunk: Chunk) -> Segment | None:
        """The segment that this process draws a chunk into; None to leave it to others."""

    def done(self, chunk: Chunk, drawn: Drawn) -> None:
        """Told when a chunk is drawn."""
        return

    def finish(self, frames: int) -> None:
        """Wait for what is still being drawn, when the walk is over and the number of frames known."""
        return

    def failed(self, error: BaseException) -> None:
        """Told of what ends the walk early."""
        return


class Nothing(Share):
    """Draws nothing: to learn what a scene will be."""

    def take(self, chunk: Chunk) -> Segment | None:
        return None


class LastPicture(Nothing):
    """Draws what is there at the end.

    Attributes
    ----------
    picture
        Shape (height, width, 4), RGBA; None before the end.
    """

    picture: Frame | None = None


class NeedsOnePieceError(BaseException):
    """The scene reads its own pictures, so it has to be drawn by the process that walks through it.

    Not an `Exception`: a scene that catches those must not catch it.
    """


class _NoFiles(SceneFileWriter):
    """manim's file writer without files; it still gathers sounds and sections."""

    def begin_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def end_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def add_partial_movie_file(self, *args: Any, **kwargs: Any) -> None: ...
    def finish(self) -> None: ...
    def save_image(self, *args: Any, **kwargs: Any) -> None: ...


class Walk(CairoRenderer):
    """Plays a scene to its end, and draws the chunks that its share takes.

    A play whose animations are functions of time is jumped through, up to where a chunk begins; any other is
    stepped through frame by frame, as manim does.

    Parameters
    ----------
    share
        Which chunks are drawn here.
    careful
        Step through every play.

    Attributes
    ----------
    chunks
        The chunks so far.
    frames
        Frames so far.
    """

    def __init__(self, share: Share, *, careful: bool = False) -> None:
        super().__init__(_NoFiles)
        self.share, self.careful = share, careful
        self.chunks: list[Chunk] = []
        self.frames = 0
        self.final = ""
        self._length = chunk_length(round(self.camera.frame_rate))
        self._filled = self._length  # the first frame begins the first chunk
        self._segment: Segment | None = None
        self._before = ""
        self._static_of = -1  # the play that the static image belongs to
        self._canvas: Canvas | None = None
        self._changed: Changed = None

    # ---- what manim calls -------------------------------------------------------------------------------

    def play(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        self.skip_animations = self._original_skipping_status
        self.update_skipping_status()
        scene.compile_animation_data(*args, **kwargs)
        if self.skip_animations:  # as in a section that is to be left out
            self.time += scene.duration
        scene.begin_animations()
        self.static_image = None
        if not scene.is_current_animation_frozen_frame():
            self._move(scene)
        elif not self.skip_animations:
            self._stand(scene)
        self.num_plays += 1

    def update_frame(
        self,
        scene: Scene,
        mobjects: Any = None,
        include_submobjects: bool = True,
        ignore_skipping: bool = True,
        **kwargs: Any,
    ) -> None:
        if self._segment is None:
            return
        if self._canvas is None or self._canvas.camera is not self.camera:
            self._canvas = self._fast_canvas()
        if self._canvas is None or kwargs or not include_submobjects:
            super().update_frame(scene, mobjects, include_submobjects, ignore_skipping, **kwargs)
            self._changed = None
            return
        # manim draws everything where nothing moves, on top of the still picture of just that
        shown = mobjects or list_update(scene.mobjects, scene.foreground_mobjects)
        self._changed = self._canvas.draw(visible(shown, self.camera.use_z_index), self.static_image)

    def _fast_canvas(self) -> Canvas | None:
        """What draws instead of the camera, where the camera is manim's plain one and known."""
        return Canvas(self.camera) if type(self.camera) is Camera and patches.known() else None

    def get_frame(self) -> Frame:
        if not self.share.whole:
            raise NeedsOnePieceError
        return super().get_frame()

    def scene_finished(self, scene: Scene) -> None:
        self.static_image = None
        if not self.num_plays:  # a scene that only adds things is one picture
            self._static_of = self.num_plays
            self._show(scene, 1)
        self.final = digest(scene)
        self._end_chunk(scene)
        if isinstance(self.share, LastPicture):
            self.share.picture = self._whole_picture(scene)

    def _whole_picture(self, scene: Scene) -> Frame:
        """The scene as it is now, drawn at once."""
        self.static_image = None
        super().update_frame(scene)
        return self.camera.pixel_array.copy()

    # ---- a play -----------------------------------------------------------------------------------------

    def _stand(self, scene: Scene) -> None:
        """A picture that stands still."""
        self._show(scene, int(scene.duration / (1 / self.camera.frame_rate)))

    def _move(self, scene: Scene) -> None:
        """A picture that moves, as `Scene.play_internal` does it."""
        scene.duration = scene.get_run_time(scene.animations)
        if self.skip_animations:
            scene.update_to_time(scene.duration)
        else:
            self._frames(scene, np.arange(0, scene.duration, 1 / self.camera.frame_rate))
        for animation in scene.animations:
            animation.finish()
            animation.clean_up_from_scene(scene)
        if not self.skip_animations:
            scene.update_mobjects(0)
        self.static_image = None

    def _frames(self, scene: Scene, times: Any) -> None:
        steps = self.careful or not is_pure(scene)
        still = looks(scene.static_mobjects) if steps else ""
        for k, time in enumerate(times):
            if self._filled >= self._length:
                if steps and not self.share.whole and looks(scene.static_mobjects) != still:
                    raise NeedsOnePieceError  # manim would show the still part as it was at first
                self._begin_chunk(scene)
            until = min(len(times) - k, self._length - self._filled)  # the next end or border
            if self._segment is not None or steps or until <= WARM_UP:
                scene.last_t = times[k - 1] if k else 0
                scene.update_to_time(time)
            self._show(scene, 1)
            if scene.stop_condition is not None and scene.stop_condition():
                break

    def _show(self, scene: Scene, frames: int) -> None:
        """Draw the picture as it is, if it is this process that draws it, and let so many frames pass."""
        if self._filled >= self._length:
            self._begin_chunk(scene)
        if self._segment is not None:
            if self._static_of != self.num_plays:
                self._draw_static(scene)
            self.update_frame(scene, scene.moving_mobjects)
            self._segment.write(self.camera.pixel_array, frames, self._changed)
        self._filled += 1
        self.frames += frames
        self.time += frames * (1 / self.camera.frame_rate)

    def _draw_static(self, scene: Scene) -> None:
        """The still part of a play's pictures, drawn once."""
        self._static_of = self.num_plays
        self.static_image = None
        if scene.static_mobjects:
            self.update_frame(scene, scene.static_mobjects)
            self.static_image = self.camera.pixel_array.copy()

    # ---- chunks -----------------------------------------------------------------------------------------

    def _begin_chunk(self, scene: Scene) -> None:
        self._end_chunk(scene)
        chunk = Chunk(len(self.chunks), self.frames, self.time, len(getattr(scene, "beats", ())))
        self.chunks.append(chunk)
        self._filled = 0
        self._segment = self.share.take(chunk)
        if self._segment is None:
            self._before = ""
            self._static_of = -1
        elif not self._before:
            self._before = digest(scene)

    def _end_chunk(self, scene: Scene) -> None:
        segment, self._segment = self._segment, None
        if segment is None:
            return
        before, self._before = self._before, digest(scene)
        segment.close()
        chunk = self.chunks[-1]
        self.share.done(chunk, Drawn(self.frames - chunk.frame, before, self._before))


@dataclass(frozen=True)
class Walked:
    """What a walk came to know.

    Attributes
    ----------
    chunks
        All chunks of the film.
    final
        Digest of the scene's last state.
    plan
        What the scene is.
    """

    chunks: tuple[Chunk, ...]
    final: str
    plan: Plan


def walk(
    scene: type[Scene], quality: Quality, stage: Stage, share: Share, *, careful: bool = False
) -> Walked:
    """Walk through a scene; its share draws on the way."""
    with configured(quality):
        renderer = Walk(share, careful=careful)
        try:
            made = make(scene, renderer, stage)
            made.setup()
            made.construct()
            made.tear_down()
            renderer.scene_finished(made)
            share.finish(renderer.frames)
        except BaseException as error:
            share.failed(error)
            raise
        beats = tuple(getattr(made, "beats", ()))
        problems = tuple(getattr(made, "problems", ()))
        told = Plan(renderer.frames, renderer.frames / quality.frame_rate, beats, problems)
        return Walked(tuple(renderer.chunks), renderer.final, told)


def make(scene: type[Scene], renderer: CairoRenderer, stage: Stage) -> Scene:
    """A scene on its renderer, with the camera that it asks for."""
    made = scene(renderer, stage=stage) if issubclass(scene, Lesson) else scene(renderer=renderer)
    if type(renderer.camera) is not made.camera_class:  # as 3D scenes and those with a moving camera have
        renderer.camera = made.camera_class()
    return made


@contextmanager
def configured(quality: Quality) -> Iterator[None]:
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
            "seed": 0,
        }
        with tempconfig(settings), patches.applied():
            try:
                yield
            finally:
                logger.setLevel(level)
