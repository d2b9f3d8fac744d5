"""Segments into one file: written beside its final place, and moved there only when it is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from derivviz.errors import DerivvizError
from derivviz.rendering.encode import Frame
from derivviz.rendering.quality import Quality

Parts = Sequence[tuple[Path, int]]  # segments in order, each with the frames that it holds


class Target:
    """A file that appears whole or not at all.

    Raises
    ------
    DerivvizError
        When its folder cannot be written in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        self.made = [folder for folder in path.parents if not folder.exists()]  # innermost first
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.partial.touch()
        except OSError as error:
            raise DerivvizError(
                f"cannot write in {path.parent}: {error.strerror}; name another place with -o"
            ) from error

    def fill(self, write: Callable[[Path], None]) -> None:
        """Have the file written, and put it in its place."""
        try:
            write(self.partial)
            self.partial.replace(self.path)
        except OSError as error:
            raise self.unwritable(error) from error

    def discard(self) -> None:
        """Leave nothing behind, and an earlier file as it was."""
        self.partial.unlink(missing_ok=True)
        for folder in self.made:
            with suppress(OSError):  # where something is in it
                folder.rmdir()

    def unwritable(self, error: OSError) -> DerivvizError:
        """What to say when the disk refuses."""
        return DerivvizError(
            f"cannot write {self.path}: {error.strerror or error}. Name another place with -o"
        )


def film(parts: Parts, path: Path, quality: Quality) -> None:
    """Segments of a film one after the other: packets are copied, nothing is encoded again."""
    tick = Fraction(1, quality.frame_rate)
    settings = {"fflags": "+bitexact"}  # no random numbers, no versions
    if path.suffix.lower() != ".webm":
        settings["movflags"] = "+faststart"
    out: Any = av.open(str(path), "w", options=settings)
    try:
        stream: Any = None
        start = 0
        for part, frames in parts:
            with av.open(str(part)) as segment:
                source: Any = segment.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(source)
                    stream.time_base = source.time_base
                packets = [packet for packet in segment.demux(source) if packet.dts is not None]
                at = [round(packet.pts * source.time_base / tick) for packet in packets]
                for packet, shown, after in zip(packets, at, [*at[1:], frames], strict=True):
                    packet.stream, packet.time_base = stream, tick
                    packet.pts = packet.dts = start + shown
                    packet.duration = after - shown
                    out.mux(packet)
            start += frames
    except BaseException:
        with suppress(OSError):  # on a full disk the end of the file cannot be written either
            out.close()
        raise
    out.close()


def still(picture: Frame, path: Path) -> None:
    """One picture as a PNG."""
    Image.fromarray(picture[..., :3]).save(path, format="png")
