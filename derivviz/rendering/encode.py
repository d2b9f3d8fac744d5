"""Frames into a segment of a film: what one process encodes of it, in a file of its own."""

from __future__ import annotations

import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from derivviz.errors import DerivvizError
from derivviz.rendering.quality import Quality

Frame = NDArray[np.uint8]
Rows = Sequence[tuple[int, int]]


class Segment(ABC):
    """Takes the RGBA frames of a chunk, shape (height, width, 4), and leaves one file."""

    @abstractmethod
    def write(self, frame: Frame, repeat: int = 1, changed: Rows | None = None) -> None:
        """Show a frame for `repeat` frame times.

        Parameters
        ----------
        frame
            It may be drawn over once this returns.
        changed
            Bands of rows outside of which it is as the frame before; None when that is not known.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


class Film(Segment):
    """H.264, VP9 or ProRes through PyAV, with one thread; the colours are those of BT.709.

    In mp4 and webm a picture that stands still is written twice a second instead of every time: it lasts
    longer, and costs next to nothing.
    """

    CODECS: dict[str, tuple[str, str]] = {  # noqa: RUF012
        "mp4": ("libx264", "yuv420p"),
        "webm": ("libvpx-vp9", "yuv420p"),
        "mov": ("prores_ks", "yuv422p10le"),
    }
    MARGIN = 16  # rows that the filter of the colour conversion may look beyond a band

    def __init__(self, path: Path, quality: Quality) -> None:
        kind = path.suffix[1:]
        codec, self.pixel_format = self.CODECS[kind]
        try:
            self.container: Any = av.open(str(path), "w", options={"fflags": "+bitexact"})
            self.stream: Any = self.container.add_stream(
                codec, rate=quality.frame_rate, options=options(kind, quality)
            )
        except Exception as error:
            raise DerivvizError(f"PyAV cannot write {codec}: {error}. 'derivviz doctor' tries it") from error
        self.stream.width, self.stream.height = quality.width, quality.height
        self.stream.pix_fmt = self.pixel_format
        context = self.stream.codec_context
        context.thread_count = 1  # the other cores have chunks of their own, and the bytes stay the same
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        # Editors take ProRes for film with a picture at every tick.
        self.still = 1 if kind == "mov" else max(1, quality.frame_rate // 2)
        self.rate, self.height = quality.frame_rate, quality.height
        self.picture = av.VideoFrame(quality.width, quality.height, self.pixel_format)
        self.planes = [
            np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            for plane in self.picture.planes
        ]
        self.reformatters: dict[int, VideoReformatter] = {}
        self.count, self.due = 0, 0

    def write(self, frame: Frame, repeat: int = 1, changed: Rows | None = None) -> None:
        if not self.count or changed is None:
            changed = [(0, self.height)]
        for top, bottom in changed:
            self._convert(frame, top, bottom)
        start, self.count = self.count, self.count + repeat
        if changed:
            self.due = start
        while self.due < self.count:
            self.picture.pts, self.picture.time_base = self.due, Fraction(1, self.rate)
            for packet in self.stream.encode(self.picture):
                self.container.mux(packet)
            self.due += self.still

    def close(self) -> None:
        for packet in self.stream.encode():
            self.container.mux(packet)
        self.container.close()

    def _convert(self, frame: Frame, top: int, bottom: int) -> None:
        """Bring a band of rows into the picture, exactly as if the whole frame were converted."""
        first, last = max(0, top - self.MARGIN), min(self.height, bottom + self.MARGIN)
        band = av.VideoFrame.from_ndarray(frame[first:last], format="rgba")
        reformatter = self.reformatters.setdefault(last - first, VideoReformatter())
        done = reformatter.reformat(
            band, format=self.pixel_format, dst_colorspace=Colorspace.ITU709, threads=1
        )
        for target, plane in zip(self.planes, done.planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
            per = self.height // len(target)  # rows of the frame to one of the plane
            wide = min(target.shape[1], rows.shape[1])
            target[top // per : bottom // per, :wide] = rows[
                (top - first) // per : (bottom - first) // per, :wide
            ]


def options(kind: str, quality: Quality) -> dict[str, str]:
    """Settings of the encoder, as cheap as the size of the picture allows.

    Flat colours and thin lines are easily compressed: above the fastest preset of x264, time buys bytes, not
    looks. No frame refers to a later one, so that segments follow each other without a gap.
    """
    if kind == "webm":
        return {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "6"}
    if kind == "mov":
        return {"profile": "3"}
    large = quality.height > 1080
    return {
        "preset": "superfast" if large else "ultrafast",
        "crf": "18" if large else "20",
        "x264-params": "aq-mode=1:bframes=0:mbtree=0",  # mbtree differs from run to run at some sizes
    }


class Packed(Segment):
    """Frames as they are, packed one by one, for a GIF, which is made of all of them at once.

    Viewers of GIFs take hundredths of a second, and higher rates than 15 play unevenly: of a faster film
    only those frames are kept that a GIF has a picture for.
    """

    RATE = 15
    HEAD = struct.Struct("<II")  # number of pictures, bytes to follow

    def __init__(self, path: Path, quality: Quality, start: int) -> None:
        self.file = path.open("wb")
        self.quality, self.count = quality, start

    def write(self, frame: Frame, repeat: int = 1, changed: Rows | None = None) -> None:
        before, after = self._pictures(self.count), self._pictures(self.count + repeat)
        self.count += repeat
        if after > before:
            packed = zlib.compress(frame.tobytes(), 1)
            self.file.write(self.HEAD.pack(after - before, len(packed)) + packed)

    def close(self) -> None:
        self.file.close()

    def _pictures(self, frames: int) -> int:
        """How many pictures of the GIF so many frames of the film fill."""
        return -(-frames * min(self.RATE, self.quality.frame_rate) // self.quality.frame_rate)

    @classmethod
    def read(cls, path: Path, quality: Quality) -> Iterator[tuple[Frame, int]]:
        """The frames of a segment, and how many pictures each is."""
        with path.open("rb") as file:
            while head := file.read(cls.HEAD.size):
                pictures, size = cls.HEAD.unpack(head)
                flat = np.frombuffer(zlib.decompress(file.read(size)), np.uint8)
                yield flat.reshape(quality.height, quality.width, 4), pictures


def segment(path: Path, quality: Quality, start: int) -> Segment:
    """A segment to write, of the kind that its suffix names, whose first frame is that of the film."""
    return Packed(path, quality, start) if path.suffix == ".gif" else Film(path, quality)
