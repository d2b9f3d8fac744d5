"""GIFs of the same frames made in three ways: seconds, bytes, and how near the colours are.

Ours is one palette for the whole film and no dither; manim's is its own palette settings with a Bayer dither;
the third is what `save_all` of Pillow gives. Nearness is the peak signal-to-noise ratio in decibels of the first
hundred frames of a lesson, over all pixels and frames; higher is nearer.

    python benchmarks/gif.py                      scenes/rules.py, 640×360
    python benchmarks/gif.py mine.py MyScene
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from av.filter import Graph
from PIL import Image, ImageSequence

from derivviz import library
from derivviz.animation.stage import Stage
from derivviz.rendering import gif as ours
from derivviz.rendering.encode import Packed
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render

QUALITY = Quality(640, 360, 15)
FRAMES = 100


def by_us(frames: list[Any], path: Path) -> None:
    """Through a packed segment, as workers leave it."""
    part = path.with_suffix(".part")
    packed = Packed(part, QUALITY, 0)
    for frame in frames:
        packed.write(frame)
    packed.close()
    ours.gif([(part, len(frames))], path, QUALITY)


def by_manim(frames: list[Any], path: Path) -> None:
    """The filters that manim's file writer sets, on the true frames instead of its H.264."""
    graph = Graph()
    tick = Fraction(1, QUALITY.frame_rate)
    source = graph.add_buffer(
        width=QUALITY.width, height=QUALITY.height, format=av.VideoFormat("rgba"), time_base=tick
    )
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=diff")
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=5:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as out:
        stream: Any = out.add_stream("gif", rate=QUALITY.frame_rate)
        stream.width, stream.height, stream.pix_fmt = QUALITY.width, QUALITY.height, "pal8"
        for count, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgba")
            picture.pts, picture.time_base = count, tick
            source.push(picture)
        source.push(None)
        for done in ours._pull(sink):
            out.mux(stream.encode(done))
        out.mux(stream.encode())


def by_pillow(frames: list[Any], path: Path) -> None:
    """What a Python program without FFmpeg writes."""
    first, *rest = [Image.fromarray(frame).convert("RGB") for frame in frames]
    first.save(path, save_all=True, append_images=rest, duration=1000 // QUALITY.frame_rate, loop=0)


def decibels(frames: list[Any], path: Path) -> float:
    """Peak signal-to-noise ratio of a GIF against the true frames."""
    with Image.open(path) as film:
        shown, at = [], 0.0
        for picture in ImageSequence.Iterator(film):
            shown.append((at, np.asarray(picture.convert("RGB")).astype(np.int32)))
            at += film.info["duration"] / 1000
    error = 0.0
    for count, frame in enumerate(frames):
        moment = (count + 0.5) * at / len(frames)
        picture = [p for begin, p in shown if begin <= moment][-1]
        error += float(((picture - frame[..., :3].astype(np.int32)) ** 2).mean())
    return 10 * math.log10(255**2 * len(frames) / error) if error else math.inf


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="scenes/rules.py")
    parser.add_argument("scene", nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    found = find_scene(library.load(Path(asked.file)), asked.scene)
    ways: dict[str, Callable[[list[Any], Path], None]] = {
        "derivviz": by_us,
        "manim's filters": by_manim,
        "Pillow": by_pillow,
    }
    with TemporaryDirectory() as place:
        folder = Path(place)
        render(found, folder / "film.pngs", QUALITY, Stage())
        pictures = sorted((folder / "film.pngs").iterdir())[:FRAMES]
        frames = [np.array(Image.open(picture).convert("RGBA")) for picture in pictures]
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(asked.rounds):  # in turn, for others use this machine, too
            for name, way in ways.items():
                started = time.perf_counter()
                way(frames, folder / "film.gif")
                seconds[name].append(time.perf_counter() - started)
                (folder / "film.gif").replace(folder / f"{name}.gif")
        print(f"{len(frames)} frames of {found.__name__}, {QUALITY}; seconds in times ours")
        for name in ways:
            path = folder / f"{name}.gif"
            times = sorted(t / o for t, o in zip(seconds[name], seconds["derivviz"], strict=True))
            middle = times[len(times) // 2]
            size = path.stat().st_size / 1000
            print(f"{name:16} {middle:5.1f}×  {size:7.0f} kB  {decibels(frames, path):5.1f} dB")


if __name__ == "__main__":
    main()
