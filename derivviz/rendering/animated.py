"""A figure that goes through steps, as a film: drawn by several processes, frame by frame, and joined."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from derivviz.errors import DerivvizError, UsageError
from derivviz.figures.drawing import Drawing
from derivviz.figures.painter import Painter, painter
from derivviz.figures.style import style
from derivviz.rendering import join
from derivviz.rendering.apng import apng
from derivviz.rendering.copying import is_safe
from derivviz.rendering.encode import Film, Packed, Segment
from derivviz.rendering.gif import gif
from derivviz.rendering.quality import Quality
from derivviz.rendering.transparency import Frame

JOINS = {"mp4": join.film, "webm": join.film, "gif": gif, "apng": apng}
SEE_THROUGH = ("webm", "apng")
CHUNK = 48  # frames of a segment; fixed, so that the file is the same for any number of processes
HELD = 1.5  # seconds for which the last frame, the still figure, stays
RATES = {"mp4": 30, "webm": 30, "gif": Packed.RATE, "apng": Packed.RATE}  # frames a second


@dataclass(frozen=True)
class Shot:
    """What the processes that draw share: the painter, and how the film is cut."""

    painter: Painter
    folder: Path
    kind: str
    quality: Quality
    frames: int
    """Frames in which the figure moves; the last one is then held."""

    @property
    def chunks(self) -> list[range]:
        """The frames of each segment."""
        return [range(n, min(n + CHUNK, self.frames)) for n in range(0, self.frames, CHUNK)]

    @property
    def held(self) -> int:
        """How often the last frame is shown."""
        return 1 + round(HELD * self.quality.frame_rate)

    def part(self, number: int) -> tuple[Path, int]:
        """Where a segment lies, and how many frames it has."""
        frames = self.chunks[number]
        suffix = self.kind if self.kind in ("mp4", "webm") else "packed"
        extra = self.held - 1 if frames[-1] == self.frames - 1 else 0
        return self.folder / f"{number:05d}.{suffix}", len(frames) + extra

    def draw(self, number: int) -> int:
        """Draw and encode a segment; returns how many frames moved in it."""
        path, _ = self.part(number)
        frames = self.chunks[number]
        segment: Segment = (
            Film(path, self.quality)
            if self.kind in ("mp4", "webm")
            else Packed(path, self.quality, frames[0])
        )
        for frame in frames:
            last = frame == self.frames - 1
            picture = self.painter.frame(frame / (self.frames - 1))
            if self.quality.transparent and self.kind == "webm":
                picture = _premultiplied(picture)
            segment.write(picture, self.held if last else 1, self.painter.changed)
        segment.close()
        return len(frames)


_shot: Shot | None = None  # what a copied process finds in its memory


def animate(
    drawing: Drawing,
    path: str | os.PathLike[str],
    *,
    seconds: float = 8.0,
    frame_rate: int | None = None,
    pixels: int = 1280,
    transparent: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write a figure whose file has ``animate`` as a film, a GIF or an animated PNG, as the name ends.

    It ends with the figure as it is in print, which stays for a while.

    Parameters
    ----------
    seconds
        From the first step to the last.
    frame_rate
        Frames a second; None for 30, and 15 of a gif and an apng, which are never faster.
    pixels
        Width.
    transparent
        Leave the ground out: webm and apng.
    workers
        Processes that draw at a time; None for one a core. The file is the same for any number of them. One where
        this process cannot be copied: not on Linux, or with torch loaded.
    progress
        Called with frames done and frames in all.

    Raises
    ------
    UsageError
        When the figure has no steps, or the name ends in no format of a film.
    DerivvizError
        When the file cannot be written.
    """
    where = Path(path)
    kind = where.suffix[1:].lower()
    if kind not in JOINS:
        raise UsageError(f"{where}: an animated figure ends in {', '.join('.' + f for f in JOINS)}")
    if transparent and kind not in SEE_THROUGH:
        raise UsageError(f"a {kind} is never transparent: choose {' or '.join(SEE_THROUGH)}")
    rate = frame_rate or RATES[kind]
    motion = drawing.motion()
    target = join.Target(where)
    try:
        with (
            style(drawing.theme, drawing.language, drawing.size),
            painter(drawing.figure, motion, pixels, transparent=transparent) as drawer,
            tempfile.TemporaryDirectory(prefix="derivviz-") as place,
        ):
            width, height = drawer.canvas.get_width_height(physical=True)
            quality = Quality(width, height, rate, transparent)
            shot = Shot(drawer, Path(place), kind, quality, max(2, round(seconds * rate)))
            done = 0
            for frames in _drawn(shot, workers or _cores()):
                done += frames
                progress(done, shot.frames)
            parts = [shot.part(number) for number in range(len(shot.chunks))]
            target.fill(lambda beside: JOINS[kind](parts, beside, quality))
    finally:
        target.discard()
    return where


def _drawn(shot: Shot, workers: int) -> Iterator[int]:
    """Draw all segments, side by side where that can be; yields how many frames each is, when it is done."""
    count = len(shot.chunks)
    workers = min(workers, count)
    if workers == 1 or not is_safe():
        yield from map(shot.draw, range(count))
        return
    with _shared(shot), ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        with warnings.catch_warnings():  # no copy uses what the threads of this process hold
            warnings.simplefilter("ignore", DeprecationWarning)
            tasks = [pool.submit(_draw, number) for number in range(count)]
        try:
            for task in as_completed(tasks):
                yield task.result()
        except BrokenProcessPool as error:
            raise DerivvizError(
                "a process that drew was killed: memory may be short. Try fewer --workers, or fewer --pixels"
            ) from error


@contextmanager
def _shared(shot: Shot) -> Iterator[None]:
    global _shot
    _shot = shot
    try:
        yield
    finally:
        _shot = None


def _draw(number: int) -> int:
    assert _shot is not None
    return _shot.draw(number)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _premultiplied(picture: Frame) -> Frame:
    """Colours times opacity, as a segment takes them."""
    opacity = picture[..., 3:].astype(np.uint16)
    made = picture.copy()
    made[..., :3] = (picture[..., :3] * opacity + 127) // 255
    return made
