"""What a render is made of: the plan of a scene, its chunks, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from derivviz.animation.layout import Problem
from derivviz.animation.lesson import Beat

CHUNK_SECONDS = 1.5  # of motion: long enough to be worth a process, short enough to share out evenly
SHORTEST_CHUNK = 60  # frames: to begin one takes as long as to draw ten


@dataclass(frozen=True)
class Sound:
    """Signed 16-bit samples, channels interleaved, from the start of the film, at so many a second."""

    samples: bytes
    rate: int
    channels: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / (2 * self.channels * self.rate)


@dataclass(frozen=True)
class Plan:
    """What a scene will be, known before a frame of it is drawn.

    Attributes
    ----------
    frames
        Number of frames.
    duration
        Seconds.
    beats
        Its spoken beats; none for a scene that is no `Lesson`.
    problems
        Failed claims and layout checks.
    sound
        All that it lets be heard; None when it is silent.
    """

    frames: int
    duration: float
    beats: tuple[Beat, ...]
    problems: tuple[Problem, ...]
    sound: Sound | None = None


@dataclass(frozen=True)
class Rendering:
    """What was made: path, size in bytes, duration in seconds, and the seconds that it took."""

    path: Path
    size: int
    duration: float
    seconds: float
    plan: Plan


@dataclass(frozen=True)
class Chunk:
    """A run of frames that one process draws and encodes by itself.

    Where a chunk begins follows from the scene alone, never from the number of workers, so that the file
    is the same for any of them.

    Attributes
    ----------
    number
        From 0, in the order of the film.
    frame
        The first frame.
    time
        Seconds from the start of the film.
    beat
        Beat that it begins in, from 1; 0 before the first.
    """

    number: int
    frame: int
    time: float
    beat: int

    def __str__(self) -> str:
        where = f"beat {self.beat}, " if self.beat else ""
        return f"{where}{self.time:.1f} s"


@dataclass(frozen=True)
class Drawn:
    """What came of a chunk: the frames that it holds, and the state of the scene before and after them."""

    frames: int
    before: str
    after: str


@dataclass(frozen=True)
class Walked:
    """What a walk came to know.

    Attributes
    ----------
    chunks
        All chunks of the film.
    final
        Digest of the scene's last state.
    plan
        What the scene is.
    """

    chunks: tuple[Chunk, ...]
    final: str
    plan: Plan


def chunk_length(frame_rate: int) -> int:
    """Drawn frames in a chunk; a picture that stands still counts as one."""
    return max(SHORTEST_CHUNK, round(CHUNK_SECONDS * frame_rate))
