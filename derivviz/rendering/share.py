"""Chunks on disk: each is a segment and a note that says it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from pathlib import Path

from derivviz.rendering.encode import Segment, segment
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.quality import Quality
from derivviz.rendering.walk import Share


class Folder:
    """Where the segments of one render wait to be joined.

    Parameters
    ----------
    path
        An empty folder.
    kind
        Suffix of the segments: ``"mp4"``, ``"webm"``, ``"mov"`` or ``"gif"``.
    quality
        Size and frame rate.
    """

    def __init__(self, path: Path, kind: str, quality: Quality) -> None:
        self.path, self.kind, self.quality = path, kind, quality

    def segment(self, number: int) -> Path:
        """The file of a segment, which need not exist."""
        return self.path / f"{number:05d}.{self.kind}"

    def begin(self, chunk: Chunk) -> Segment:
        """A segment to write a chunk into."""
        return segment(self.segment(chunk.number), self.quality, chunk.frame)

    def end(self, chunk: Chunk, drawn: Drawn) -> None:
        """Note that a chunk is whole."""
        note = self._note(chunk.number)
        beside = note.with_suffix(".part")
        beside.write_text(json.dumps(asdict(drawn)))
        beside.replace(note)

    def drawn(self, number: int) -> Drawn | None:
        """What is noted of a chunk; None while it is not whole."""
        try:
            return Drawn(**json.loads(self._note(number).read_text()))
        except FileNotFoundError:
            return None

    def frames(self, number: int) -> int:
        """Frames in a chunk; 0 while it is not whole."""
        drawn = self.drawn(number)
        return drawn.frames if drawn else 0

    def done(self) -> int:
        """Frames in all chunks that are whole."""
        return sum(self.frames(int(note.stem)) for note in self.path.glob("*.json"))

    def missing(self, chunks: Iterable[Chunk]) -> list[Chunk]:
        """The chunks that are not whole."""
        return [chunk for chunk in chunks if self.drawn(chunk.number) is None]

    def forget(self) -> None:
        """Take every note back, to draw everything anew."""
        for note in self.path.glob("*.json"):
            note.unlink()

    def _note(self, number: int) -> Path:
        return self.path / f"{number:05d}.json"


class Own(Share):
    """Draws chunks in the process that walks: all of them, or one in so many.

    Parameters
    ----------
    folder
        Where the segments go.
    rank, of
        Draw the chunks whose number leaves `rank` when divided by `of`.
    wanted
        Draw none but these; None for all.
    tell
        Called whenever a chunk is done, with 0: the frames in all are not known.
    """

    def __init__(
        self,
        folder: Folder,
        rank: int = 0,
        of: int = 1,
        wanted: Collection[int] | None = None,
        tell: Callable[[int], None] = lambda frames: None,
    ) -> None:
        self.folder, self.rank, self.of, self.wanted, self.tell = folder, rank, of, wanted, tell
        self.whole = of == 1 and wanted is None

    def take(self, chunk: Chunk) -> Segment | None:
        number = chunk.number
        ours = number % self.of == self.rank and (self.wanted is None or number in self.wanted)
        return self.folder.begin(chunk) if ours else None

    def done(self, chunk: Chunk, drawn: Drawn) -> None:
        self.folder.end(chunk, drawn)
        self.tell(0)
