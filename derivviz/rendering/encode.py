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
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from derivviz.errors import DerivvizError
from derivviz.rendering.quality import Quality
from derivviz.rendering.transparency import Frame, straight

Parts = Sequence[tuple[int, int, int, int]]  # rectangles of pixels: left, top, right, bottom


class Segment(ABC):
    """Takes the RGBA frames of a chunk, shape (height, width, 4), and leaves one file."""

    @abstractmethod
    def write(self, frame: Frame, repeat: int = 1, changed: Parts | None = None) -> None:
        """Show a frame for `repeat` frame times.

        Parameters
        ----------
        frame
            It may be drawn over once this returns.
        changed
            Rectangles outside of which it is as the frame before; None when that is not known.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


class Film(Segment):
    """H.264, VP9 or ProRes through PyAV, with one thread; the colours are those of BT.709.

    Without a background VP9 has a second picture for the opacity, and ProRes is 4444.

    In mp4 and webm a picture that stands still is written twice a second instead of every time: it lasts
    longer, and costs next to nothing.
    """

    CODECS: dict[str, tuple[str, str]] = {  # noqa: RUF012
        "mp4": ("libx264", "yuv420p"),
        "webm": ("libvpx-vp9", "yuv420p"),
        "mov": ("prores_ks", "yuv422p10le"),
    }
    SEE_THROUGH: dict[str, tuple[str, str]] = {  # noqa: RUF012
        "webm": ("libvpx-vp9", "yuva420p"),
        "mov": ("prores_ks", "yuva444p10le"),
    }
    MARGIN = 16  # pixels that the filter of the colour conversion may look beyond a rectangle
    KEPT = 8  # sizes of rectangle

    def __init__(self, path: Path, quality: Quality) -> None:
        kind = path.suffix[1:]
        self.transparent = quality.transparent
        codec, self.pixel_format = (self.SEE_THROUGH if self.transparent else self.CODECS)[kind]
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
        self.rate, self.size = quality.frame_rate, (quality.width, quality.height)
        self.picture: Any = av.VideoFrame(quality.width, quality.height, self.pixel_format)
        self.picture.colorspace = self.picture.color_primaries = self.picture.color_trc = (
            1  # ProRes keeps these
        )
        self.depth = 2 if self.pixel_format.endswith("10le") else 1  # bytes
        self.planes = [_bytes(plane) for plane in self.picture.planes]
        self.sources: dict[tuple[int, int], tuple[av.VideoFrame, VideoReformatter]] = {}
        self.count, self.due = 0, 0

    def write(self, frame: Frame, repeat: int = 1, changed: Parts | None = None) -> None:
        if not self.count or changed is None:
            changed = [(0, 0, *self.size)]
        for part in changed:
            self._convert(frame, *part)
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

    def _convert(self, frame: Frame, left: int, top: int, right: int, bottom: int) -> None:
        """Bring a rectangle into the picture, exactly as if the whole frame were converted."""
        (width, height), margin = self.size, self.MARGIN
        x0, x1 = max(0, left - margin), min(width, right + margin)
        y0, y1 = max(0, top - margin), min(height, bottom + margin)
        source, reformatter = self._source(x1 - x0, y1 - y0)
        part = straight(frame[y0:y1, x0:x1]) if self.transparent else frame[y0:y1, x0:x1]
        _bytes(source.planes[0])[:, : 4 * (x1 - x0)] = part.reshape(y1 - y0, -1)
        done = reformatter.reformat(
            source,
            format=self.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            interpolation=Interpolation.AREA,  # colour is kept as means of pixels, not as single ones
            threads=1,
        )
        for target, plane in zip(self.planes, done.planes, strict=True):
            down = height // len(target)  # rows of the frame to one of the plane
            across = Fraction(plane.width, x1 - x0) * self.depth  # bytes of the plane to a column
            rows = slice(top // down, bottom // down), slice((top - y0) // down, (bottom - y0) // down)
            columns = slice(int(left * across), int(right * across))
            inside = slice(int((left - x0) * across), int((right - x0) * across))
            target[rows[0], columns] = _bytes(plane)[rows[1], inside]

    def _source(self, width: int, height: int) -> tuple[av.VideoFrame, VideoReformatter]:
        """A picture to convert from, and what converts it; some are kept, for memory is slow to come by."""
        if (width, height) not in self.sources:
            if len(self.sources) >= self.KEPT:
                self.sources.clear()
            self.sources[width, height] = av.VideoFrame(width, height, "rgba"), VideoReformatter()
        return self.sources[width, height]


def _bytes(plane: Any) -> NDArray[np.uint8]:
    """The bytes of a plane, shape (rows, bytes a row); writing there writes into it."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def options(kind: str, quality: Quality) -> dict[str, str]:
    """Settings of the encoder, as cheap as the size of the picture allows.

    Flat colours and thin lines are easily compressed: above the fastest preset of x264, time buys bytes, not
    looks. A quantizer that is the same everywhere takes a quarter less time than one that x264 adapts to each
    block of each frame, and is some 2 dB nearer to the frames at the same size (`benchmarks/quantizer.py`).
    No frame refers to a later one, so that segments follow each other without a gap.
    """
    if kind == "webm":
        return {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "6", "auto-alt-ref": "0"}
    if kind == "mov":
        return {"profile": "4" if quality.transparent else "3"}
    large = quality.height > 1080
    return {
        "preset": "superfast" if large else "ultrafast",
        "qp": "20" if large else "22",
        "x264-params": "bframes=0:mbtree=0",  # mbtree differs from run to run at some sizes
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

    def write(self, frame: Frame, repeat: int = 1, changed: Parts | None = None) -> None:
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
