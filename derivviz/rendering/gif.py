"""An animated GIF whose palette is made for the whole of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph

from derivviz.rendering.encoder import Encoder, Frame
from derivviz.rendering.quality import Quality


class GifEncoder(Encoder):
    """Two passes over the frames, which wait compressed in memory: the palette first, then the pictures."""

    RATE = 15  # viewers of GIFs take hundredths of a second: higher rates play unevenly

    def __init__(self, path: Path, quality: Quality) -> None:
        super().__init__(path, quality)
        self.rate = min(self.RATE, quality.frame_rate)
        self.waiting: list[tuple[bytes, int]] = []
        self.count = 0

    def write(self, frame: Frame, repeat: int = 1) -> None:
        before, after = self._slots(self.count), self._slots(self.count + repeat)
        self.count += repeat
        if after > before:
            self.waiting.append((zlib.compress(frame.tobytes(), 1), after - before))

    def close(self) -> None:
        palette = self._palette()
        graph = Graph()
        source, colours = self._buffer(graph), graph.add_buffer(**_size(palette))
        use = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
        sink = graph.add("buffersink")
        source.link_to(use, input_idx=0)
        colours.link_to(use, input_idx=1)
        use.link_to(sink)
        graph.configure()
        colours.push(palette)
        colours.push(None)
        with av.open(str(self.partial), "w", format="gif", options={"loop": "0"}) as container:
            stream: Any = container.add_stream("gif", rate=self.rate)
            stream.width, stream.height, stream.pix_fmt = self.quality.width, self.quality.height, "pal8"
            for picture in (*self._pictures(), None):
                source.push(picture)
                for done in _pull(sink):
                    container.mux(stream.encode(done))
            container.mux(stream.encode())

    def _slots(self, frames: int) -> int:
        """How many pictures of the GIF so many frames of the scene fill."""
        return -(-frames * self.rate // self.quality.frame_rate)

    def _pictures(self) -> Iterator[av.VideoFrame]:
        count = 0
        for packed, repeat in self.waiting:
            flat = np.frombuffer(zlib.decompress(packed), np.uint8)
            frame = flat.reshape(self.quality.height, self.quality.width, 4)
            for _ in range(repeat):
                picture = av.VideoFrame.from_ndarray(frame, format="rgba")
                picture.pts, picture.time_base = count, Fraction(1, self.rate)
                count += 1
                yield picture

    def _palette(self) -> av.VideoFrame:
        graph = Graph()
        source = self._buffer(graph)
        palette = graph.add("palettegen", "stats_mode=full")  # diff would forget what stays to the end
        sink = graph.add("buffersink")
        source.link_to(palette)
        palette.link_to(sink)
        graph.configure()
        for picture in self._pictures():
            source.push(picture)
        source.push(None)
        return next(_pull(sink))

    def _buffer(self, graph: Graph) -> Any:
        return graph.add_buffer(
            width=self.quality.width,
            height=self.quality.height,
            format=av.VideoFormat("rgba"),
            time_base=Fraction(1, self.rate),
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
