"""What the settings of x264 cost: time a frame, bytes, and how near the frames come out.

Every setting encodes the same pictures of a lesson, as the chunks of a film are encoded: one after the other,
with one thread. Nearness is the peak signal-to-noise ratio of the brightness in decibels, and the largest
difference of any pixel, over every seventh frame.

    python benchmarks/quantizer.py                     scenes/tangent.py, 1080p60
    python benchmarks/quantizer.py mine.py MyScene
    python benchmarks/quantizer.py -q k                the settings for films larger than 1080p
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np

from derivviz import library
from derivviz.animation.stage import Stage
from derivviz.rendering import encode, patches
from derivviz.rendering.folder import Folder
from derivviz.rendering.quality import QUALITIES, Quality
from derivviz.rendering.render import find_scene
from derivviz.rendering.share import Own
from derivviz.rendering.walk import walk

CHUNKS = (1, 8, 15, 22)
ADAPTIVE = "aq-mode=1:bframes=0:mbtree=0"


def settings(quality: Quality) -> dict[str, dict[str, str]]:
    """Ours, constant quantizers beside it, and the adaptive quantizer."""
    ours = encode.options("mp4", quality)
    preset = ours["preset"]
    found = {f"{preset}, qp {ours['qp']} (ours)": ours}
    for crf in (18, 20):
        found[f"{preset}, crf {crf}, adaptive"] = {
            "preset": preset,
            "crf": str(crf),
            "x264-params": ADAPTIVE,
        }
    for more in (-2, -1, 1):
        qp = str(int(ours["qp"]) + more)
        found[f"{preset}, qp {qp}"] = ours | {"qp": qp}
    return found


def pictures(scene: type, quality: Quality) -> list[list[av.VideoFrame]]:
    """The pictures of some chunks of a film, as its encoder gets them."""
    chunks: list[list[av.VideoFrame]] = []

    class Kept(encode.Film):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            chunks.append([])

        def write(self, *arguments: Any, **named: Any) -> None:
            super().write(*arguments, **named)
            copy = av.VideoFrame(*self.size, self.pixel_format)
            for to, of in zip(copy.planes, self.picture.planes, strict=True):
                to.update(bytes(of))
            chunks[-1].append(copy)

    class Keeping(Folder):
        def begin(self, chunk: Any) -> encode.Film:
            return Kept(self.segment(chunk.number), self.quality)

    with TemporaryDirectory() as folder, patches.applied():
        walk(scene, quality, Stage(), Own(Keeping(Path(folder), "mp4", quality), wanted=set(CHUNKS)))
    return [chunk for chunk in chunks if chunk]


def encoded(frames: Sequence[av.VideoFrame], path: Path, quality: Quality, options: dict[str, str]) -> float:
    """Encode a chunk; seconds of the processor."""
    with av.open(str(path), "w") as film:
        stream: Any = film.add_stream("libx264", rate=quality.frame_rate, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = quality.width, quality.height, "yuv420p"
        stream.codec_context.thread_count = 1
        start = time.process_time()
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, quality.frame_rate)
            for packet in stream.encode(frame):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
        return time.process_time() - start


def brightness(frame: av.VideoFrame) -> Any:
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width].astype(np.int16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", nargs="?")
    parser.add_argument("scene", nargs="?")
    parser.add_argument("-q", "--quality", choices=QUALITIES, default="h")
    asked = parser.parse_args()
    quality = QUALITIES[asked.quality]
    scene = find_scene(library.load(asked.file or library.find("scenes", "tangent")), asked.scene)
    chunks = pictures(scene, quality)
    count = sum(map(len, chunks))
    print(f"{scene.__name__}, {count} frames, {quality}")
    print(f"{'setting':36}{'ms a frame':>12}{'kB':>8}{'dB':>7}{'largest':>9}")
    for name, options in settings(quality).items():
        seconds, size, squares, largest = 0.0, 0, [], 0
        for frames in chunks:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "chunk.mp4"
                seconds += encoded(frames, path, quality, options)
                size += path.stat().st_size
                with av.open(str(path)) as film:
                    for number, frame in enumerate(film.decode(video=0)):
                        if number % 7 == 0:
                            off = brightness(frame) - brightness(frames[number])
                            squares.append(float((off.astype(np.int32) ** 2).mean()))
                            largest = max(largest, int(np.abs(off).max()))
        near = 10 * math.log10(255**2 / np.mean(squares))
        print(f"{name:36}{1000 * seconds / count:12.2f}{size // 1000:8}{near:7.1f}{largest:9}")


if __name__ == "__main__":
    main()
