"""An animated GIF whose palette is made for the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.filter import Graph

from derivviz.rendering.encode import Packed
from derivviz.rendering.join import Parts
from derivviz.rendering.quality import Quality


def gif(parts: Parts, path: Path, quality: Quality) -> None:
    """Two passes over the packed frames: the palette first, then the pictures."""
    palette = _palette(parts, quality)
    graph = Graph()
    source, colours = _buffer(graph, quality), graph.add_buffer(**_size(palette))
    use = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(use, input_idx=0)
    colours.link_to(use, input_idx=1)
    use.link_to(sink)
    graph.configure()
    colours.push(palette)
    colours.push(None)
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as container:
        stream: Any = container.add_stream("gif", rate=_rate(quality))
        stream.width, stream.height, stream.pix_fmt = quality.width, quality.height, "pal8"
        for picture in chain(_pictures(parts, quality), [None]):
            source.push(picture)
            for done in _pull(sink):
                container.mux(stream.encode(done))
        container.mux(stream.encode())


def _rate(quality: Quality) -> int:
    return min(Packed.RATE, quality.frame_rate)


def _pictures(parts: Parts, quality: Quality) -> Iterator[av.VideoFrame]:
    """The pictures of the GIF in order."""
    count = 0
    for part, _ in parts:
        for frame, pictures in Packed.read(part, quality):
            for _ in range(pictures):
                picture = av.VideoFrame.from_ndarray(frame, format="rgba")
                picture.pts, picture.time_base = count, Fraction(1, _rate(quality))
                count += 1
                yield picture


def _palette(parts: Parts, quality: Quality) -> av.VideoFrame:
    graph = Graph()
    source = _buffer(graph, quality)
    palette = graph.add("palettegen", "stats_mode=full")  # diff would forget what stays to the end
    sink = graph.add("buffersink")
    source.link_to(palette)
    palette.link_to(sink)
    graph.configure()
    for picture in _pictures(parts, quality):
        source.push(picture)
    source.push(None)
    return next(_pull(sink))


def _buffer(graph: Graph, quality: Quality) -> Any:
    return graph.add_buffer(
        width=quality.width,
        height=quality.height,
        format=av.VideoFormat("rgba"),
        time_base=Fraction(1, _rate(quality)),
    )


def _size(frame: av.VideoFrame) -> dict[str, Any]:
    return {
        "width": frame.width,
        "height": frame.height,
        "format": frame.format,
        "time_base": frame.time_base or Fraction(1, 1),
    }


def _pull(sink: Any) -> Iterator[Any]:
    """What a filter has ready."""
    while True:
        try:
            yield sink.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            return
