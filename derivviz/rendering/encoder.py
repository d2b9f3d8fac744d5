"""Frames into a file: written beside its final place, and moved there only when it is whole."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from derivviz.errors import DerivvizError
from derivviz.rendering.quality import Quality

Frame = NDArray[np.uint8]


class Encoder(ABC):
    """Takes RGBA frames, shape (height, width, 4), and leaves one file at `path`, or none."""

    def __init__(self, path: Path, quality: Quality) -> None:
        self.path, self.quality = path, quality
        self.partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.partial.touch()
        except OSError as error:
            raise DerivvizError(
                f"cannot write in {path.parent}: {error.strerror}; name another place with -o"
            ) from error

    @abstractmethod
    def write(self, frame: Frame, repeat: int = 1) -> None:
        """Show a frame for `repeat` frame times."""

    @abstractmethod
    def close(self) -> None:
        """Finish the partial file."""

    def commit(self) -> None:
        """Put the finished file in its place."""
        self.close()
        self.partial.replace(self.path)

    def abort(self) -> None:
        """Leave nothing behind."""
        self.partial.unlink(missing_ok=True)


class Background:
    """An encoder in a thread of its own, so that the next frame is drawn while the last is encoded."""

    WAITING = 6  # frames at most between drawing and encoding: 50 MB at 1080p

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._queue: Queue[tuple[Frame, int] | None] = Queue(self.WAITING)
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._work, name="encoder", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, repeat: int = 1) -> None:
        """Hand a frame over; it must not be changed afterwards."""
        self._raise()
        self._queue.put((frame, repeat))

    def commit(self) -> None:
        """Encode what waits, and put the finished file in its place."""
        self._end()
        self._raise()
        try:
            self.encoder.commit()
        except OSError as error:
            raise self._unwritable(error) from error

    def abort(self) -> None:
        """Leave nothing behind."""
        self._failure = self._failure or KeyboardInterrupt()  # what still waits is dropped
        self._end()
        self.encoder.abort()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _raise(self) -> None:
        if isinstance(self._failure, OSError):
            raise self._unwritable(self._failure) from self._failure
        if self._failure is not None:
            raise self._failure

    def _unwritable(self, error: OSError) -> DerivvizError:
        why = error.strerror or error
        return DerivvizError(f"cannot write {self.encoder.path}: {why}. Name another place with -o")

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if self._failure is None:
                try:
                    self.encoder.write(*job)
                except BaseException as error:
                    self._failure = error


class VideoEncoder(Encoder):
    """H.264, VP9 or ProRes through PyAV; the colours are those of BT.709.

    In mp4 and webm a frame that stands still is written twice a second instead of every time: it lasts
    longer, and costs next to nothing.
    """

    SETTINGS: dict[str, tuple[str, str, dict[str, str]]] = {  # noqa: RUF012
        "mp4": ("libx264", "yuv420p", {"crf": "18", "preset": "veryfast"}),
        "webm": ("libvpx-vp9", "yuv420p", {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "6"}),
        "mov": ("prores_ks", "yuv422p10le", {"profile": "3"}),
    }

    def __init__(self, path: Path, quality: Quality) -> None:
        super().__init__(path, quality)
        kind = path.suffix[1:].lower()
        codec, self.pixel_format, options = self.SETTINGS[kind]
        container_options = {"movflags": "+faststart"} if kind != "webm" else {}
        try:
            self.container: Any = av.open(str(self.partial), "w", options=container_options)
            self.stream: Any = self.container.add_stream(codec, rate=quality.frame_rate, options=options)
        except Exception as error:
            super().abort()
            raise DerivvizError(f"PyAV cannot write {codec}: {error}. 'derivviz doctor' tries it") from error
        self.stream.width, self.stream.height = quality.width, quality.height
        self.stream.pix_fmt = self.pixel_format
        context = self.stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        # Editors take ProRes for film with a picture at every tick.
        self.still = 1 if kind == "mov" else max(1, quality.frame_rate // 2)
        self.count = 0

    def write(self, frame: Frame, repeat: int = 1) -> None:
        picture = av.VideoFrame.from_ndarray(frame, format="rgba").reformat(
            format=self.pixel_format, dst_colorspace="ITU709"
        )
        shown = {*range(0, repeat, self.still), repeat - 1}
        for later in sorted(shown):
            picture.pts, picture.time_base = self.count + later, Fraction(1, self.quality.frame_rate)
            for packet in self.stream.encode(picture):
                self.container.mux(packet)
        self.count += repeat

    def close(self) -> None:
        for packet in self.stream.encode():
            self.container.mux(packet)
        self.container.close()

    def abort(self) -> None:
        try:
            with suppress(OSError):  # on a full disk the end of the file cannot be written either
                self.container.close()
        finally:
            super().abort()


class StillEncoder(Encoder):
    """The last frame as a PNG."""

    def __init__(self, path: Path, quality: Quality) -> None:
        super().__init__(path, quality)
        self.last: Frame | None = None

    def write(self, frame: Frame, repeat: int = 1) -> None:
        self.last = frame

    def close(self) -> None:
        if self.last is None:
            raise DerivvizError("the scene drew no frame, so there is no picture to keep")
        Image.fromarray(self.last[..., :3]).save(self.partial, format="png")
