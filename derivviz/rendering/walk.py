"""A scene is walked through once; whoever draws a chunk of it does so on the way."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from manim import Scene
from manim.camera.camera import Camera
from manim.renderer.cairo_renderer import CairoRenderer
from manim.utils.iterables import list_update

from derivviz.animation.lesson import Lesson
from derivviz.animation.stage import Stage
from derivviz.rendering import patches, sound
from derivviz.rendering.content import Content
from derivviz.rendering.draw import Canvas, Changed
from derivviz.rendering.encode import Frame, Segment
from derivviz.rendering.plan import Chunk, Drawn, Plan, Walked, chunk_length
from derivviz.rendering.quality import Quality
from derivviz.rendering.reel import Exposure, Reel
from derivviz.rendering.setting import NoFiles, check_shape, configured, make
from derivviz.rendering.shapes import Shapes, gather, visible
from derivviz.rendering.share import NeedsOnePieceError, Share
from derivviz.rendering.state import digest, is_pure, looks
from derivviz.rendering.view import View

WARM_UP = 2  # updates before the first frame after a jump: what follows another mobject may lag behind it


class Walk(CairoRenderer):
    """Plays a scene to its end, and draws the chunks that its share takes.

    A play whose animations are functions of time is jumped through, up to where a chunk begins; any other is
    stepped through frame by frame, as manim does. While others draw, there is time to step through either, and
    what the pictures show is kept: whoever draws them then need not play them.

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
        super().__init__(NoFiles)
        self.share, self.careful = share, careful
        self.chunks: list[Chunk] = []
        self.frames = 0
        self.final = ""
        self._length = chunk_length(round(self.camera.frame_rate))
        self._filled = self._length  # the first frame begins the first chunk
        self._chunk: Chunk | None = None  # that is under way
        self._segment: Segment | None = None
        self._before = ""  # the state where it begins, or where the last one ended
        self._static_of = -1  # the play that the static image belongs to
        self._canvas: Canvas | None = None
        self._changed: Changed = None
        self._looking = False
        self._content: Content | None = None
        self._reel: Reel | None = None  # the pictures of this chunk, while nobody draws it

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
        self.share.look(View(self, scene))

    def update_frame(
        self,
        scene: Scene,
        mobjects: Any = None,
        include_submobjects: bool = True,
        ignore_skipping: bool = True,
        **kwargs: Any,
    ) -> None:
        if self._chunk is not None and self._reel is not None:
            self._take(scene, self._chunk)  # a picture out of turn
        if not (self._drawing or self.share.follows):
            return
        if self._fast_canvas() is None or kwargs or not include_submobjects:
            self._canvas = None  # which would not know of what is drawn here
            if self._content is not None:
                self._content.doubt()
            if self._drawing:
                super().update_frame(scene, mobjects, include_submobjects, ignore_skipping, **kwargs)
            self._changed = None
            return
        self._paint(Exposure(None, self._gather(scene, mobjects)))

    @property
    def _drawing(self) -> bool:
        return self._segment is not None or self._looking

    def _fast_canvas(self) -> Canvas | None:
        """What draws instead of the camera, where the camera is manim's plain one and known."""
        if self._canvas is None or self._canvas.camera is not self.camera:
            known = type(self.camera) is Camera and patches.known()
            self._canvas = Canvas(self.camera) if known else None
        return self._canvas

    def _gather(self, scene: Scene, mobjects: Any) -> Shapes:
        """What is drawn of mobjects; manim draws everything where there are none."""
        drawn = mobjects or list_update(scene.mobjects, scene.foreground_mobjects)
        return gather(visible(drawn, self.camera.use_z_index))

    def _exposure(self, scene: Scene) -> Exposure:
        """What the picture shows as it is now, with the still part of the play if that is not drawn yet."""
        still = None
        if self._static_of != self.num_plays:
            self._static_of = self.num_plays
            still = gather(visible(scene.static_mobjects, self.camera.use_z_index))
        # where nothing moves, everything is drawn upon the still picture of just that
        return Exposure(still, self._gather(scene, scene.moving_mobjects))

    def _paint(self, exposure: Exposure) -> None:
        """Draw a picture, if it is this process that draws, and have it in the digest of the chunk."""
        canvas = self._fast_canvas()
        if self._content is not None:
            self._content.see(exposure, self.camera.background)
        if self._drawing and canvas is not None:
            if exposure.still is not None:
                canvas.lay(exposure.still)
            self._changed = canvas.draw(exposure.moving)

    def get_frame(self) -> Frame:
        if not self.share.whole:
            raise NeedsOnePieceError
        return super().get_frame()

    def scene_finished(self, scene: Scene) -> None:
        self.static_image = None
        if not self.num_plays:  # a scene that only adds things is one picture
            self._show(scene, 1)
        self._end_chunk(scene)
        self.final = self._before or digest(scene)
        self.share.look(View(self, scene, ended=True))

    def picture(self, scene: Scene, *, as_in_film: bool) -> Frame:
        """The scene as it is now, shape (height, width, 4), RGBA."""
        self._looking = True
        try:
            if as_in_film:
                self._draw(scene)
            else:
                self.static_image = self._canvas = None
                super().update_frame(scene)
        finally:
            self._looking = False
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
            if self._is_due(scene):
                if steps and not self.share.whole and looks(scene.static_mobjects) != still:
                    raise NeedsOnePieceError  # manim would show the still part as it was at first
                self._begin_chunk(scene)
            until = min(len(times) - k, self._length - self._filled)  # the next end or border
            seen = self.share.follows or self._segment is not None or self._reel is not None
            if steps or seen or until <= WARM_UP or self.share.wants(self.frames, WARM_UP + 1):
                scene.last_t = times[k - 1] if k else 0
                scene.update_to_time(time)
            self._show(scene, 1)
            if scene.stop_condition is not None and scene.stop_condition():
                break

    def _show(self, scene: Scene, frames: int) -> None:
        """Draw the picture as it is, if it is this process that draws it, and let so many frames pass."""
        if self._is_due(scene):
            self._begin_chunk(scene)
        chunk, reel = self._chunk, self._reel
        if chunk is not None and reel is not None and not self._keep(scene, reel, chunk, frames):
            self._take(scene, chunk)
        if self._reel is None and (self._segment is not None or self.share.follows):
            self._draw(scene)
            self._hold(frames)
        if self.share.wants(self.frames, frames):
            self.share.look(View(self, scene, range(self.frames, self.frames + frames)))
        self._filled += 1
        self.frames += frames
        self.time += frames * (1 / self.camera.frame_rate)

    def _draw(self, scene: Scene) -> None:
        """Draw the picture as it is, upon the still part of a play's pictures, which is drawn once."""
        if self._fast_canvas() is not None:
            self._paint(self._exposure(scene))
            return
        if self._static_of != self.num_plays:
            self._static_of, self.static_image = self.num_plays, None
            if scene.static_mobjects:
                self.update_frame(scene, scene.static_mobjects)
                self.static_image = self.camera.pixel_array.copy()
        self.update_frame(scene, scene.moving_mobjects)

    def _hold(self, frames: int) -> None:
        """Show what is drawn for so many frames."""
        if self._content is not None:
            self._content.hold(frames)
        if self._segment is not None:
            self._segment.write(self.camera.pixel_array, frames, self._changed)

    # ---- chunks -----------------------------------------------------------------------------------------

    def _is_due(self, scene: Scene) -> bool:
        """Whether the next frame begins a chunk: the last one is full, or a beat begins.

        So a beat can be cut out of a film, and a change in one leaves the chunks of the others as they are.
        """
        return self._filled >= self._length or len(getattr(scene, "beats", ())) != self.chunks[-1].beat

    def end_beat(self, scene: Scene) -> None:
        """Told when the last picture of a beat was shown: whoever draws it need not make the next one ready."""
        self._end_chunk(scene)
        self._before = self._before or digest(scene)
        self._filled = self._length

    def _begin_chunk(self, scene: Scene) -> None:
        if self._segment is None or self.share.digests:
            # The still part is not there yet, or is to be in the digest of this chunk, too.
            self._static_of = -1
        self._end_chunk(scene)
        self._chunk = Chunk(len(self.chunks), self.frames, self.time, len(getattr(scene, "beats", ())))
        self.chunks.append(self._chunk)
        self._filled = 0
        if self.share.waits(self._chunk) and self._fast_canvas() is not None:
            self._before = self._before or digest(scene)
            self._reel = Reel(self.camera)
        else:
            self._take(scene, self._chunk)

    def _keep(self, scene: Scene, reel: Reel, chunk: Chunk, frames: int) -> bool:
        """Keep the picture as it is for whoever will draw it; False where that cannot be, or need not be."""
        if self.camera is not reel.camera:
            raise NeedsOnePieceError  # what was kept is not for this one
        static_of = self._static_of
        if self.camera.background is reel.background and self.share.waits(chunk):
            if reel.keep(self._exposure(scene), frames):
                return True
            self._static_of = static_of
        return False

    def _take(self, scene: Scene, chunk: Chunk) -> None:
        """Have a chunk drawn by whoever does so, beginning with what is kept of it."""
        reel, self._reel = self._reel, None
        if self.share.follows:
            self._before = self._before or digest(scene)
        self._content = Content() if self.share.digests else None
        self._segment = self.share.take(chunk)
        if self._segment is None and not self.share.follows:
            self._before = ""
            return
        self._before = self._before or digest(scene)
        if reel is not None:
            background, self.camera.background = self.camera.background, reel.background
            for exposure, frames in reel:
                self._paint(exposure)
                self._hold(frames)
            self.camera.background = background

    def _end_chunk(self, scene: Scene) -> None:
        if self._chunk is not None and self._reel is not None:
            self._take(scene, self._chunk)
        chunk, self._chunk = self._chunk, None
        segment, self._segment = self._segment, None
        if chunk is None or (segment is None and not self.share.follows):
            return
        before, self._before = self._before, digest(scene)
        if segment is not None:
            segment.close()
        drawn = Drawn(self.frames - chunk.frame, before, self._before)
        self.share.done(chunk, drawn, self._content.address if self._content else None)


def walk(
    scene: type[Scene], quality: Quality, stage: Stage, share: Share, *, careful: bool = False
) -> Walked:
    """Walk through a scene; its share draws on the way."""
    check_shape(scene, quality)
    with configured(quality):
        renderer = Walk(share, careful=careful)
        try:
            made = make(scene, renderer, stage)
            if isinstance(made, Lesson):
                made.on_beat_end = partial(renderer.end_beat, made)
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
        heard = sound.gathered(renderer.file_writer)
        told = Plan(renderer.frames, renderer.frames / quality.frame_rate, beats, problems, heard)
        return Walked(tuple(renderer.chunks), renderer.final, told)
