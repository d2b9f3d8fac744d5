"""Chunks on disk: each is a segment and a note that says it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from derivviz.rendering.encode import Film, Packed, Segment
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.pngs import Pngs
from derivviz.rendering.quality import Quality


class Folder:
    """Where the segments of one render wait to be joined.

    Parameters
    ----------
    path
        An empty folder.
    kind
        Suffix of the segments: ``"mp4"``, ``"webm"``, ``"mov"``, ``"gif"`` or ``"pngs"``.
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
        path = self.segment(chunk.number)
        if self.kind == "gif":
            return Packed(path, self.quality, chunk.frame)
        return Pngs(path, self.quality) if self.kind == "pngs" else Film(path, self.quality)

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

    def parts(self, chunks: Iterable[Chunk]) -> list[tuple[Path, int]]:
        """Of each chunk its segment and its frames, as they are joined."""
        return [(self.segment(chunk.number), self.frames(chunk.number)) for chunk in chunks]

    def missing(self, chunks: Iterable[Chunk]) -> list[Chunk]:
        """The chunks that are not whole."""
        return [chunk for chunk in chunks if self.drawn(chunk.number) is None]

    def forget(self) -> None:
        """Take every note back, to draw everything anew."""
        for note in self.path.glob("*.json"):
            note.unlink()

    def _note(self, number: int) -> Path:
        return self.path / f"{number:05d}.json"
