"""Arrays that grow on disk so that a reader never sees half a row.

Nothing here makes data visible: that is the one commit of :class:`derivviz.trace.writer.TraceWriter`,
which renames the metadata with the new lengths into place. Until then readers keep to the old lengths,
and what lies below the old lengths never changes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numcodecs import VLenUTF8, Zstd  # type: ignore[import-untyped]

from derivviz.trace.layout import array_metadata, fill_value

SHARD_CHUNKS = 1024
_ZSTD = Zstd(level=1)
_TEXT = VLenUTF8()
_ENTRY = struct.Struct("<QQ")


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` beside itself and rename it, so that there is the old file or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    os.replace(beside, path)


def make_folder(root: Path, *below: str) -> Path:
    """The folder `below` an existing `root`. A trace that was taken away is not made anew, it is an error."""
    for part in below:
        root = root / part
        root.mkdir(exist_ok=True)
    return root


class Column:
    """One array whose first dimension grows, in shard files of `SHARD_CHUNKS` compressed chunks.

    Parameters
    ----------
    folder : where its shards go
    dims : names of all dimensions, the growing one first
    capacity : largest size of each further dimension; the array shows only as much as was ever used
    rows : rows in a chunk
    """

    def __init__(
        self,
        folder: Path,
        dims: Sequence[str],
        dtype: np.dtype[Any],
        capacity: Sequence[int],
        rows: int,
        attributes: Mapping[str, Any],
    ) -> None:
        self.folder, self.dims, self.dtype, self.attributes = folder, tuple(dims), dtype, dict(attributes)
        self.seen = [0] * len(capacity)
        self._chunk = np.full((rows, *capacity), fill_value(dtype), dtype)
        self._number = self._shard = -1
        self._dirty = False

    def put(self, row: int, value: np.ndarray[Any, Any]) -> None:
        """Set one row. Rows come in order; a row that is left out stays filled."""
        number, inner = divmod(row, len(self._chunk))
        if number != self._number:
            self.write()
            self._chunk.fill(fill_value(self.dtype))
            self._number = number
        room = self._chunk.shape[1:]
        fitting = [min(size, most) for size, most in zip(value.shape, room, strict=True)]
        window = tuple(slice(size) for size in fitting)
        self._chunk[inner, ...][window] = value[window]
        self.seen = [max(old, new) for old, new in zip(self.seen, fitting, strict=True)]
        self._dirty = True

    def write(self) -> None:
        """Append the current chunk to its shard, then point the shard's index at it."""
        if not self._dirty:
            return
        shard, slot = divmod(self._number, SHARD_CHUNKS)
        data = _ZSTD.encode(np.ascontiguousarray(self._chunk))
        if shard != self._shard:
            parts = ["c", str(shard), *["0"] * len(self.seen)]
            self._file = make_folder(self.folder, *parts[:-1]) / parts[-1]
            replace_file(self._file, b"\xff" * (_ENTRY.size * SHARD_CHUNKS))
            self._shard = shard
        with self._file.open("r+b") as file:
            offset = file.seek(0, os.SEEK_END)
            file.write(data)
            file.flush()
            file.seek(slot * _ENTRY.size)
            file.write(_ENTRY.pack(offset, len(data)))
        self._dirty = False

    def sizes(self) -> dict[str, int]:
        """How much of each dimension but the first was ever used."""
        return dict(zip(self.dims[1:], self.seen, strict=True))

    def metadata(self, rows: int, sizes: Mapping[str, int]) -> dict[str, Any]:
        """Its ``zarr.json`` when `rows` rows and `sizes` of the other dimensions are to be seen."""
        shard_rows = len(self._chunk) * SHARD_CHUNKS
        room = zip(self.dims[1:], self._chunk.shape[1:], strict=True)
        shape = (rows, *(min(sizes[dim], most) for dim, most in room))
        return array_metadata(shape, self.dtype, self.dims, self._chunk.shape, self.attributes, shard_rows)


class Labels:
    """A small array written whole: coordinates, names, thumbnails. It may grow up to its capacity."""

    def __init__(
        self,
        folder: Path,
        dims: Sequence[str],
        values: np.ndarray[Any, Any],
        capacity: int,
        attributes: Mapping[str, Any],
    ) -> None:
        self.folder, self.dims, self.attributes = folder, tuple(dims), dict(attributes)
        self._capacity = max(capacity, len(values), 1)
        self._values = values

    def set(self, values: np.ndarray[Any, Any]) -> None:
        """Replace the values; a longer array keeps the beginning of the shorter one."""
        self._values = values[: self._capacity]

    def write(self) -> None:
        """Write the one chunk. It is padded to its capacity, so a reader of the old length still fits."""
        values = self._values
        room = (self._capacity, *values.shape[1:])
        chunk = np.full(room, fill_value(values.dtype), object if values.dtype.kind in "OU" else values.dtype)
        chunk[: len(values)] = values
        raw = _TEXT.encode(chunk) if chunk.dtype == object else np.ascontiguousarray(chunk)
        parts = ["c", *["0"] * values.ndim]
        replace_file(make_folder(self.folder, *parts[:-1]) / parts[-1], _ZSTD.encode(raw))

    def sizes(self) -> dict[str, int]:
        """The size of each dimension."""
        return dict(zip(self.dims, self._values.shape, strict=True))

    def metadata(self, rows: int, sizes: Mapping[str, int]) -> dict[str, Any]:
        """Its ``zarr.json``, as long as its neighbours along the same dimension; `rows` is not its affair."""
        chunk = (self._capacity, *self._values.shape[1:])
        shape = (min(sizes[self.dims[0]], self._capacity), *self._values.shape[1:])
        return array_metadata(shape, self._values.dtype, self.dims, chunk, self.attributes)
