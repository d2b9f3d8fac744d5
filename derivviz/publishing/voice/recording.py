"""A recording as samples, and the pieces of it that go with the sentences of a lesson."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from derivviz.animation.stage import Clip
from derivviz.errors import DerivvizError


@dataclass(frozen=True)
class Recording:
    """Somebody speaking.

    Attributes
    ----------
    samples : int16 (sample,)
        In one channel.
    rate
        Samples a second.
    """

    samples: NDArray[np.int16]
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate


def read(path: Path) -> Recording:
    """Read a sound file: WAV, MP3, FLAC, M4A, or whatever else FFmpeg's libraries read.

    Raises
    ------
    DerivvizError
        When it is not there or holds no sound.
    """
    try:
        with av.open(str(path)) as file:
            stream = file.streams.audio[0]
            rate = stream.rate
            resampler = av.AudioResampler("s16", "mono", rate)
            frames = [part for frame in file.decode(stream) for part in resampler.resample(frame)]
    except (OSError, IndexError, av.FFmpegError) as error:
        raise DerivvizError(f"{path} is no recording that can be read: {error}") from error
    samples = [frame.to_ndarray()[0] for frame in frames]
    if not samples:
        raise DerivvizError(f"{path} is an empty recording")
    return Recording(np.concatenate(samples), rate)


def clips(recording: Recording, spans: Sequence[tuple[float, float]], folder: Path) -> tuple[Clip, ...]:
    """Cut a recording into a WAV file a span.

    Parameters
    ----------
    recording
        What is cut.
    spans
        Start and end of each, in seconds.
    folder
        Where the files go.
    """
    made = []
    for number, (start, end) in enumerate(spans, 1):
        piece = recording.samples[round(start * recording.rate) : round(end * recording.rate)]
        path = folder / f"{number:03d}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(recording.rate)
            file.writeframes(piece.astype("<i2").tobytes())
        made.append(Clip(path, len(piece) / recording.rate))
    return tuple(made)
