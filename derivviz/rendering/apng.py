"""An animated PNG: every colour, and half-transparent edges, in what browsers show as a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from derivviz.rendering.encode import Packed
from derivviz.rendering.join import Parts
from derivviz.rendering.quality import Quality


def apng(parts: Parts, path: Path, quality: Quality) -> None:
    """The packed frames of all parts, one after the other, for ever."""
    rate = min(Packed.RATE, quality.frame_rate)
    settings = {"fflags": "+bitexact"}
    with av.open(str(path), "w", format="apng", options={**settings, "plays": "0"}) as out:
        stream: Any = out.add_stream("apng", rate=rate)
        stream.width, stream.height = quality.width, quality.height
        stream.pix_fmt = "rgba" if quality.transparent else "rgb24"
        stream.codec_context.thread_count = 1  # the same bytes on any machine
        count = 0
        for part, _ in parts:
            for frame, pictures in Packed.read(part, quality):
                for _ in range(pictures):
                    picture = av.VideoFrame.from_ndarray(frame, format="rgba")
                    picture.pts, picture.time_base = count, Fraction(1, rate)
                    out.mux(stream.encode(picture))
                    count += 1
        out.mux(stream.encode())
