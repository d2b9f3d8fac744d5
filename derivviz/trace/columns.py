"""Arrays that grow on disk so that a reader never sees half a row.

Nothing here makes data visible: that is the one commit of :class:`derivviz.trace.writer.TraceWriter`,
which renames the metadata with the new lengths into place. Until then readers keep to the old lengths,
and what lies below the old lengths never changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numcodecs import VLenUTF8, Zstd  # type: ignore[import-untyped]

from derivviz.trace.folder import make_folder, remove, replace_file
from derivviz.trace.layout import JOURNAL_LEVEL, SHARD_CHUNKS, array_metadata, fill_value, settled_rows
from derivviz.trace.shards import Shard

Array = np.ndarray[Any, Any]
MOST_PACKED = 2**20  # bytes of an array that wait to be written
_ZSTD = Zstd(level=JOURNAL_LEVEL)
_TEXT = VLenUTF8()


class Column:
    """One array whose first dimension grows, in shard files of `SHARD_CHUNKS` compressed chunks.

    Parameters
    ----------
    folder : where its shards go
    dims : names of all dimensions, the growing one first
    capacity : largest size of each further dimension; the array shows only as much as was ever used
    rows : rows in a chunk

    Attributes
    ----------
    settled : whether the metadata show the settled form (:mod:`derivviz.trace.settle`)
    seen : how much of each dimension but the first was ever used
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
        self.settled = False
        self.seen = (0,) * len(capacity)
        self._fill = fill_value(dtype)
        self._chunk = np.full((rows, *capacity), self._fill, dtype)
        self._number = -1
        self._shard, self._shard_number = self._open(0), 0
        self._dirty = False
        self._packed: dict[int, bytes] = {}  # chunks that are not written yet, by their slot in the shard

    def put(self, row: int, value: Array) -> None:
        """Set one row. Rows come in order; a row that is left out stays filled."""
        number, inner = divmod(row, len(self._chunk))
        if number != self._number:
            self._begin(number, blank=value.shape != self._chunk.shape[1:])
        if value.shape != self.seen:
            room = self._chunk.shape[1:]
            fitting = tuple(min(size, most) for size, most in zip(value.shape, room, strict=True))
            value = value[tuple(map(slice, fitting))]
            self.seen = tuple(map(max, self.seen, fitting))
        window: tuple[Any, ...] = (inner, *(slice(size) for size in value.shape))
        self._chunk[window] = value
        self._dirty = True

    def extend(self, row: int, values: Array) -> None:
        """Set the rows from `row` on to `values`, (rows, \\*seen)."""
        while len(values):
            number, inner = divmod(row, len(self._chunk))
            if number != self._number:
                self._begin(number)
            part = values[: len(self._chunk) - inner]
            window = (slice(inner, inner + len(part)), *map(slice, part.shape[1:]))
            self._chunk[window] = part
            self._dirty = True
            row, values = row + len(part), values[len(part) :]

    def write(self) -> None:
        """Write what was put, the current chunk too, into its shard."""
        self._pack()
        self._write_packed()

    def read(self, start: int, stop: int) -> Array:
        """The rows from `start` up to `stop`, as far as they were ever used: (rows, \\*seen)."""
        self._write_packed()
        size, window = len(self._chunk), tuple(map(slice, self.seen))
        found = np.full((stop - start, *self.seen), self._fill, self.dtype)

        def take(number: int, chunk: Array) -> None:
            first = number * size
            low, high = max(start, first), min(stop, first + size)
            found[low - start : high - start] = chunk[(slice(low - first, high - first), *window)]

        numbers = range(start // size, math.ceil(stop / size))
        for at in range(numbers.start // SHARD_CHUNKS, math.ceil(numbers.stop / SHARD_CHUNKS)):
            first = at * SHARD_CHUNKS
            slots = range(max(numbers.start - first, 0), min(numbers.stop - first, SHARD_CHUNKS))
            shard = self._shard if at == self._shard_number else self._open(at).load()
            for slot, data in shard.read(slots):
                chunk = np.frombuffer(_ZSTD.decode(data), self.dtype).reshape(self._chunk.shape)
                take(first + slot, chunk)
        if self._number in numbers:
            take(self._number, self._chunk)
        return found

    def go_on(self, rows: int) -> None:
        """Make ready to append after the first `rows` rows on disk. Nothing is written yet."""
        number, inner = divmod(rows, len(self._chunk))
        self._number, self._dirty = -1, False
        self._shard_number = number // SHARD_CHUNKS
        self._shard = self._open(self._shard_number).load()
        if inner:
            self.extend(rows - inner, self.read(rows - inner, rows))

    def forget(self, rows: int) -> None:
        """Take from the disk what lies after `rows` rows, so that no later row brings it to light.

        To be called after :meth:`go_on`.
        """
        shards = self.folder / "c"
        for path in shards.iterdir() if shards.is_dir() else ():
            if path.name.isdecimal() and int(path.name) > self._shard_number:
                remove(path)
        self._shard.forget(math.ceil(rows / len(self._chunk)) - self._shard_number * SHARD_CHUNKS)
        self.write()

    def sizes(self) -> dict[str, int]:
        """How much of each dimension but the first was ever used."""
        return dict(zip(self.dims[1:], self.seen, strict=True))

    def shape(self, rows: int, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Its shape when `rows` rows and `sizes` of the other dimensions are to be seen."""
        room = zip(self.dims[1:], self._chunk.shape[1:], strict=True)
        return (rows, *(min(sizes[dim], most) for dim, most in room))

    def metadata(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Its ``zarr.json``."""
        room = self._chunk.shape
        if not self.settled:
            shard = (len(self._chunk) * SHARD_CHUNKS, *room[1:])
            return array_metadata(shape, self.dtype, self.dims, room, self.attributes, shard)
        shard = (settled_rows(shape, self.dtype), *shape[1:])
        chunk = (*shard[:1], *(1 for _ in shape[1:2]), *shape[2:])
        attributes = {**self.attributes, "journal_chunk": list(room)}  # for a run that resumes this one
        return array_metadata(shape, self.dtype, self.dims, chunk, attributes, shard, settled=True)

    def _pack(self) -> None:
        """Compress the current chunk; it is written with others, as opening the file costs more than that."""
        if self._dirty:
            number, slot = divmod(self._number, SHARD_CHUNKS)
            if number != self._shard_number:
                self._write_packed()
                self._shard, self._shard_number = self._open(number), number
            self._packed[slot] = _ZSTD.encode(self._chunk)
            self._dirty = False

    def _write_packed(self) -> None:
        if self._packed:
            self._shard.write(self._packed)
            self._packed.clear()

    def _begin(self, number: int, blank: bool = True) -> None:
        self._pack()
        if sum(map(len, self._packed.values())) > MOST_PACKED:
            self._write_packed()
        if blank or len(self._chunk) > 1:
            self._chunk.fill(self._fill)
        self._number = number

    def _open(self, number: int) -> Shard:
        return Shard(self.folder, "/".join(["c", str(number), *["0"] * len(self.seen)]), SHARD_CHUNKS)


class Labels:
    """A small array written whole: coordinates, names, thumbnails. It may grow up to its capacity."""

    settled = False

    def __init__(
        self,
        folder: Path,
        dims: Sequence[str],
        values: Array,
        capacity: int,
        attributes: Mapping[str, Any],
    ) -> None:
        self.folder, self.dims, self.attributes = folder, tuple(dims), dict(attributes)
        self._capacity = max(capacity, len(values), 1)
        self.values = values

    def set(self, values: Array) -> None:
        """Replace the values; a longer array keeps the beginning of the shorter one."""
        self.values = values[: self._capacity]

    def write(self) -> None:
        """Write the one chunk. It is padded to its capacity, so a reader of the old length still fits."""
        values, text = self.values, self.values.dtype.kind in "OU"
        room = (self._capacity, *values.shape[1:])
        chunk = np.full(room, fill_value(values.dtype), object if text else values.dtype)
        chunk[: len(values)] = values
        path = self._path(values.ndim)
        make_folder(self.folder, *path.relative_to(self.folder).parts[:-1])
        replace_file(path, _ZSTD.encode(_TEXT.encode(chunk) if text else np.ascontiguousarray(chunk)))

    @classmethod
    def load(cls, folder: Path, metadata: Mapping[str, Any]) -> Labels:
        """The labels that were written into `folder`, by their ``zarr.json``."""
        shape, text = metadata["shape"], metadata["data_type"] == "string"
        room = metadata["chunk_grid"]["configuration"]["chunk_shape"]
        dtype = np.dtype(object if text else metadata["data_type"])
        blank = np.empty((0, *room[1:]), dtype)
        labels = cls(folder, metadata["dimension_names"], blank, room[0], metadata["attributes"])
        raw = _ZSTD.decode(labels._path(len(shape)).read_bytes())
        values = _TEXT.decode(raw) if text else np.frombuffer(raw, dtype)
        values = values.reshape(room)[: shape[0]]
        labels.values = values.astype(str) if text else values
        return labels

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        return self.values.dtype

    def sizes(self) -> dict[str, int]:
        """The size of each dimension."""
        return dict(zip(self.dims, self.values.shape, strict=True))

    def shape(self, rows: int, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Its shape: as long as its neighbours along the same dimension; `rows` is not its affair."""
        return (min(sizes[self.dims[0]], self._capacity), *self.values.shape[1:])

    def metadata(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Its ``zarr.json``."""
        chunk = (self._capacity, *self.values.shape[1:])
        return array_metadata(shape, self.values.dtype, self.dims, chunk, self.attributes)

    def _path(self, dimensions: int) -> Path:
        return self.folder.joinpath("c", *["0"] * dimensions)
