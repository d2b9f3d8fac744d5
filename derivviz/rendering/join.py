"""Segments into one file: written beside its final place, and moved there only when it is whole."""

from __future__ import annotations

import heapq
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import av

from derivviz.errors import DerivvizError
from derivviz.rendering.quality import Quality

if TYPE_CHECKING:
    from derivviz.rendering.plan import Sound

Told = TypeVar("Told")
Parts = Sequence[tuple[Path, int]]  # segments in order, each with the frames that it holds


class Target:
    """A file, or for ``.pngs`` a folder, that appears whole or not at all.

    Raises
    ------
    DerivvizError
        When its folder cannot be written in, or something else has its place.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.is_folder = path, path.suffix.lower() == ".pngs"
        self.partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        self.made = [folder for folder in path.parents if not folder.exists()]  # innermost first
        if path.exists() and (path.is_dir() != self.is_folder or _is_foreign(path)):
            what = "a folder with other things in it" if path.is_dir() else "a file"
            raise DerivvizError(f"{path} is {what}: move it away, or name another place with -o")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.partial.mkdir() if self.is_folder else self.partial.touch()
        except OSError as error:
            raise DerivvizError(
                f"cannot write in {path.parent}: {error.strerror}; name another place with -o"
            ) from error

    def fill(self, write: Callable[[Path], Told]) -> Told:
        """Have the file written, and put it in its place; returns what its writer does."""
        try:
            told = write(self.partial)
            if self.is_folder and self.path.exists():
                earlier = self.partial.with_suffix(".earlier")
                self.path.replace(earlier)
                self.partial.replace(self.path)
                shutil.rmtree(earlier)
            else:
                self.partial.replace(self.path)
        except OSError as error:
            raise self.unwritable(error) from error
        return told

    def discard(self) -> None:
        """Leave nothing behind, and an earlier file as it was."""
        if self.is_folder:
            shutil.rmtree(self.partial, ignore_errors=True)
        else:
            self.partial.unlink(missing_ok=True)
        for folder in self.made:
            with suppress(OSError):  # where something is in it
                folder.rmdir()

    def size(self) -> int:
        """Bytes of what is there now; a picture that is there several times counts once."""
        if not self.is_folder:
            return self.path.stat().st_size
        return sum({stat.st_ino: stat.st_size for stat in (f.stat() for f in self.path.iterdir())}.values())

    def unwritable(self, error: OSError) -> DerivvizError:
        """What to say when the disk refuses."""
        return DerivvizError(
            f"cannot write {self.path}: {error.strerror or error}. Name another place with -o"
        )


def film(parts: Parts, path: Path, quality: Quality, *, sound: Sound | None = None) -> None:
    """Segments of a film one after the other: packets are copied, nothing is encoded again but the sound."""
    kind = path.suffix[1:].lower()
    settings = {"fflags": "+bitexact"}  # no random numbers, no versions
    if kind != "webm":
        settings["movflags"] = "+faststart"
    out: Any = av.open(str(path), "w", options=settings)
    try:
        with av.open(str(parts[0][0])) as first:
            source: Any = first.streams.video[0]
            stream = out.add_stream_from_template(source)
            stream.time_base = source.time_base
            if quality.transparent and kind == "webm":
                stream.metadata["alpha_mode"] = "1"
            stream.codec_context.codec_tag = source.codec_context.codec_tag
        pictures = _pictures(parts, stream, Fraction(1, quality.frame_rate))
        heard = _heard(out, sound, kind) if sound else iter(())
        for packet in heapq.merge(pictures, heard, key=_seconds):
            out.mux(packet)
    except BaseException:
        with suppress(OSError):  # on a full disk the end of the file cannot be written either
            out.close()
        raise
    out.close()


def _heard(out: Any, sound: Sound, kind: str) -> Iterator[Any]:
    from derivviz.rendering.sound import Track  # and with it manim, which a film without sound does not need

    return Track(out, sound, kind).packets()


def copied(film: Path, path: Path) -> None:
    """A film as it is, with its index in front, so that it plays while it loads."""
    with (
        av.open(str(film)) as source,
        av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as out,
    ):
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)


def _pictures(parts: Parts, stream: Any, tick: Fraction) -> Iterator[Any]:
    """The packets of all segments in order, each at its time in the whole film."""
    start = 0
    for part, frames in parts:
        with av.open(str(part)) as segment:
            source: Any = segment.streams.video[0]
            packets = [packet for packet in segment.demux(source) if packet.dts is not None]
            at = [round(packet.pts * source.time_base / tick) for packet in packets]
            for packet, shown, after in zip(packets, at, [*at[1:], frames], strict=True):
                packet.stream, packet.time_base = stream, tick
                packet.pts = packet.dts = start + shown
                packet.duration = after - shown
                yield packet
        start += frames


def _seconds(packet: Any) -> Fraction:
    return Fraction(packet.dts * packet.time_base)


def _is_foreign(path: Path) -> bool:
    """Whether a folder holds anything but numbered pictures."""
    return path.is_dir() and any(not (f.stem.isdigit() and f.suffix == ".png") for f in path.iterdir())
