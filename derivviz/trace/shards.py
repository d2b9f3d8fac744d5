"""Shard files: many compressed chunks in one file, behind an index of where each of them lies."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from derivviz.trace.folder import make_folder, replace_file

MISSING = -1  # as offset and as length: all 64 bits set, as Zarr has it
_ENTRY = struct.Struct("<qq")


def pack(chunks: Sequence[bytes]) -> bytes:
    """A whole shard of these chunks."""
    sizes = np.array([len(chunk) for chunk in chunks], np.int64)
    offsets = _ENTRY.size * len(chunks) + np.cumsum(sizes) - sizes
    return b"".join([np.stack([offsets, sizes], 1).tobytes(), *chunks])


class Shard:
    """A shard of up to `size` chunks. A new one replaces what is there, unless it is loaded.

    Parameters
    ----------
    root, key : the folder of the array, and the path of the shard below it
    """

    def __init__(self, root: Path, key: str, size: int) -> None:
        self._root, self.path = root, root / key
        self._index = np.full((size, 2), MISSING, np.int64)
        self._left = (0, 0)  # offset and length of what was replaced last
        self._used = 0  # bytes of that and of all that the index points at
        self._new = True

    def load(self) -> Shard:
        """Read the index, if there is a file."""
        if self.path.exists():
            with self.path.open("rb") as file:
                raw = file.read(self._index.nbytes)
            self._index = np.frombuffer(raw, np.int64).reshape(self._index.shape).copy()
            self._new = False
            self._count()
        return self

    def read(self, slots: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Those of the chunks in `slots` that there are."""
        wanted = [(slot, *self._index[slot].tolist()) for slot in slots if self._index[slot, 0] != MISSING]
        if not wanted:
            return
        with self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            for slot, offset, length in wanted:
                if not (self._index.nbytes <= offset <= offset + length <= end):
                    raise ValueError(f"chunk {slot} of {self.path.name} lies outside of its file")
                file.seek(offset)
                yield slot, file.read(length)

    def write(self, chunks: Mapping[int, bytes]) -> None:
        """Write chunks by slot where there is room, and point the index at each of them.

        There is none where one lies now, and none where it lay before: a reader who looked up the place a
        moment ago still finds a whole chunk there.
        """
        if self._new:
            make_folder(self._root, *self.path.relative_to(self._root).parts[:-1])
            replace_file(self.path, self._index.tobytes())
            self._new = False
        with self.path.open("r+b") as file:
            for slot, data in chunks.items():
                self._write(file, slot, data)

    def _write(self, file: BinaryIO, slot: int, data: bytes) -> None:
        old = tuple(self._index[slot].tolist())
        offset = file.seek(0, os.SEEK_END)
        if offset - self._index.nbytes - self._used >= len(data):  # so much is free, if not in one piece
            offset = self._room(len(data))
        file.seek(offset)
        file.write(data)
        file.flush()
        # First noted here: were it interrupted now, neither the old place nor the new one is free.
        self._used += len(data) - self._left[1]
        self._left = (0, 0) if old[0] == MISSING else old
        self._index[slot] = offset, len(data)
        file.seek(slot * _ENTRY.size)
        file.write(_ENTRY.pack(offset, len(data)))
        file.flush()

    def forget(self, first: int) -> None:
        """Drop the chunks from the slot `first` on."""
        if (self._index[first:] != MISSING).any():
            self._index[first:] = MISSING
            self._count()
            with self.path.open("r+b") as file:
                file.seek(first * _ENTRY.size)
                file.write(self._index[first:].tobytes())

    def _count(self) -> None:
        self._left = (0, 0)
        self._used = int(self._index[self._index[:, 0] != MISSING, 1].sum())

    def _room(self, size: int) -> int:
        """Offset of the first gap of `size` bytes, at the end of the file if need be."""
        offsets, lengths = self._index[self._index[:, 0] != MISSING].T
        offsets, lengths = np.append(offsets, self._left[0]), np.append(lengths, self._left[1])
        order = np.argsort(offsets)
        ends = np.maximum.accumulate(np.append(self._index.nbytes, (offsets + lengths)[order]))
        gaps = offsets[order] - ends[:-1]
        fitting = np.flatnonzero(gaps >= size)
        return int(ends[fitting[0]] if len(fitting) else ends[-1])
