"""Single moments of a scene, as pictures or as drawings: a time, the end of a beat, the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from manim import Scene
from PIL import Image

from derivviz.animation.lesson import Beat
from derivviz.animation.stage import Stage
from derivviz.errors import UsageError
from derivviz.rendering import vectors
from derivviz.rendering.encode import Frame, Segment
from derivviz.rendering.plan import Chunk, Plan
from derivviz.rendering.quality import Quality
from derivviz.rendering.share import NeedsOnePieceError, Share
from derivviz.rendering.transparency import straight
from derivviz.rendering.view import View
from derivviz.rendering.walk import walk


@dataclass(frozen=True)
class Moment:
    """A moment of a scene: what is seen at a time, at the end of a beat, or by default at the very end.

    Attributes
    ----------
    time
        Seconds from the start.
    beat
        Number of a beat, from 1; its end is the moment when all that it tells is on screen.
    """

    time: float | None = None
    beat: int | None = None


END = Moment()


def png(picture: Frame, *, transparent: bool = False) -> bytes:
    """One picture as the bytes of a PNG."""
    file = BytesIO()
    Image.fromarray(straight(picture) if transparent else picture[..., :3]).save(file, format="png")
    return file.getvalue()


def _painted(view: View) -> bytes:
    return png(view.picture(), transparent=view.walk.camera.background_opacity < 1)


def _drawn(view: View, kind: str) -> bytes:
    view.picture()  # cameras that turn, or look through others, get ready while they draw
    return vectors.draw(view.mobjects, view.walk.camera, kind)


KINDS: dict[str, Callable[[View], bytes]] = {
    "png": _painted,
    "svg": lambda view: _drawn(view, "svg"),
    "pdf": lambda view: _drawn(view, "pdf"),
}


def stills(
    scene: type[Scene], quality: Quality, stage: Stage, moments: Sequence[Moment], kind: str = "png"
) -> tuple[list[bytes], Plan]:
    """Moments of a scene as the contents of files, in one walk that draws nothing else.

    Parameters
    ----------
    scene
        A `Lesson`, or any manim scene class.
    quality
        Size and frame rate.
    stage
        Language, theme, trace and parameters of a lesson.
    moments
        Which moments.
    kind
        ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises
    ------
    UsageError
        When the scene has no such time or beat.
    """
    looked = _Look(moments, quality.frame_rate, KINDS[kind])
    try:
        planned = walk(scene, quality, stage, looked).plan
    except NeedsOnePieceError:
        looked = _Look(moments, quality.frame_rate, KINDS[kind], whole=True)
        planned = walk(scene, quality, stage, looked, careful=True).plan
    for moment in moments:
        if moment not in looked.found:
            raise _nowhere(scene, moment, planned)
    return [looked.found[moment] for moment in moments], planned


class _Look(Share):
    """Looks at moments, and draws chunks only where the scene needs to be drawn by one."""

    def __init__(
        self, moments: Sequence[Moment], rate: int, make: Callable[[View], bytes], *, whole: bool = False
    ) -> None:
        self.moments, self.make, self.whole = moments, make, whole
        # A frame lasts until the next one begins: 0.3 s is in the frame that begins there, rounding or not.
        self.frames = {m: int(np.floor(m.time * rate + 1e-6)) for m in moments if m.time is not None}
        self.found: dict[Moment, bytes] = {}

    def take(self, chunk: Chunk) -> Segment | None:
        return _Unseen() if self.whole else None

    def wants(self, first: int, frames: int) -> bool:
        return any(first <= frame < first + frames for frame in self.frames.values())

    def look(self, view: View) -> None:
        for moment in self.moments:
            if moment.time is not None:
                now = self.frames[moment] in view.frames
            elif moment.beat is not None:
                now = not view.frames and self._tells(view.scene, moment)
            else:
                now = view.ended
            if now:
                self.found[moment] = self.make(view)

    def _tells(self, scene: Scene, moment: Moment) -> bool:
        """Whether a beat is being told: its last play has the last word, but none that clears up behind it."""
        beats: Sequence[Beat] = getattr(scene, "beats", ())
        return len(beats) == moment.beat and (not beats[-1].end or moment not in self.found)


class _Unseen(Segment):
    """Frames that are drawn and not kept."""

    def write(self, frame: Frame, repeat: int = 1, changed: object = None) -> None:
        return

    def close(self) -> None:
        return


def _nowhere(scene: type[Scene], moment: Moment, planned: Plan) -> UsageError:
    if moment.time is not None:
        last = f"it is {planned.duration:.1f} s long"
        return UsageError(f"{scene.__name__} has no picture at {moment.time:g} s: {last}")
    if not planned.beats:
        return UsageError(f"{scene.__name__} has no beats: name a moment with --time, in seconds")
    return UsageError(f"{scene.__name__} has no beat {moment.beat}: it has 1 to {len(planned.beats)}")
