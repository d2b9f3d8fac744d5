"""What a scene lets be heard: gathered on the walk, encoded beside the film, in step with it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from manim.scene.scene_file_writer import SceneFileWriter

from derivviz.rendering.plan import Sound

RATE = 48000  # samples a second in the file
CODECS = {"mp4": "aac", "mov": "aac", "webm": "libopus"}
BLOCK = 1 << 16  # samples handed over at a time


def gathered(writer: SceneFileWriter) -> Sound | None:
    """All sounds that were added to a scene, each from its moment on, mixed as manim mixes them."""
    if not writer.includes_sound:
        return None
    heard = writer.audio_segment.set_sample_width(2)
    return Sound(heard.raw_data, heard.frame_rate, heard.channels)


class Track:
    """A sound as a track of a film.

    Parameters
    ----------
    container
        The film being written.
    sound
        What is heard.
    kind
        Suffix of the film.
    """

    def __init__(self, container: Any, sound: Sound, kind: str) -> None:
        self.sound = sound
        self.layout = "mono" if sound.channels == 1 else "stereo"
        self.stream = container.add_stream(CODECS[kind], rate=RATE, layout=self.layout)
        self.stream.bit_rate = 96_000 * min(sound.channels, 2)

    def packets(self) -> Iterator[Any]:
        """The encoded packets in order."""
        samples = np.frombuffer(self.sound.samples, np.int16).reshape(1, -1)
        step = BLOCK * self.sound.channels
        for start in range(0, samples.shape[1], step):
            frame = av.AudioFrame.from_ndarray(
                samples[:, start : start + step], format="s16", layout=self.layout
            )
            frame.sample_rate = self.sound.rate
            frame.pts, frame.time_base = start // self.sound.channels, Fraction(1, self.sound.rate)
            yield from self.stream.encode(frame)
        yield from self.stream.encode()
