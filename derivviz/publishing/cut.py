"""A stretch of a film as a film of its own, forwards by copying packets, and backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from derivviz.errors import DerivvizError
from derivviz.rendering.encode import options
from derivviz.rendering.quality import Quality

SETTINGS = {"fflags": "+bitexact", "movflags": "+faststart"}


def cut(film: Path, start: int, end: int, path: Path, quality: Quality) -> None:
    """Frames `start` up to `end` of an mp4 as one of their own; nothing is encoded again.

    Raises
    ------
    DerivvizError
        When the film cannot be entered at `start`; each beat of a rendered one can.
    """
    tick = Fraction(1, quality.frame_rate)
    with av.open(str(film)) as source, av.open(str(path), "w", options=SETTINGS) as out:
        stream: Any = source.streams.video[0]
        copy: Any = out.add_stream_from_template(stream)
        source.seek(round(start * tick / stream.time_base), stream=stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        at = [round(packet.pts * stream.time_base / tick) for packet in packets]
        chosen = [n for n, frame in enumerate(at) if start <= frame < end]
        if not chosen or at[chosen[0]] != start or not packets[chosen[0]].is_keyframe:
            raise DerivvizError(f"{film} cannot be entered at frame {start}: render it anew")
        for n in chosen:
            after = min(end, at[n + 1]) if n + 1 < len(at) else end
            packet = packets[n]
            packet.stream, packet.time_base = copy, tick
            packet.pts = packet.dts = at[n] - start
            packet.duration = after - at[n]
            out.mux(packet)


def reverse(film: Path, path: Path, quality: Quality) -> None:
    """An mp4 played backwards, each picture for as long as forwards."""
    tick = Fraction(1, quality.frame_rate)
    with av.open(str(path), "w", options=SETTINGS) as out:
        stream: Any = out.add_stream("libx264", rate=quality.frame_rate, options=options("mp4", quality))
        stream.width, stream.height, stream.pix_fmt = quality.width, quality.height, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        now = 0
        lengths: list[int] = []
        for frame, length in _backwards(film, tick):
            frame.pts, frame.time_base, frame.pict_type = now, tick, 0
            now += length
            lengths.append(length)
            _mux(out, stream.encode(frame), lengths)
        _mux(out, stream.encode(), lengths)


def _mux(out: Any, packets: Sequence[Any], lengths: list[int]) -> None:
    """Write packets, which come in the order of the frames, each for as long as its frame."""
    for packet in packets:
        packet.duration = lengths.pop(0)
        out.mux(packet)


def _backwards(film: Path, tick: Fraction) -> Iterator[tuple[Any, int]]:
    """Frames from the last to the first, and how many ticks each is shown; one group of pictures in memory."""
    with av.open(str(film)) as source:
        video: Any = source.streams.video[0]
        packets = [packet for packet in source.demux(video) if packet.dts is not None]
        borders = [packet.pts for packet in packets if packet.is_keyframe]
        lengths = {packet.pts: round(packet.duration * video.time_base / tick) for packet in packets}
        for begin, end in zip(reversed(borders), [None, *reversed(borders[1:])], strict=True):
            source.seek(begin, stream=video)
            group = []
            for frame in source.decode(video):
                if end is not None and frame.pts >= end:
                    break
                if frame.pts >= begin:
                    group.append(frame)
            for frame in reversed(group):
                yield frame, lengths[frame.pts]
