"""Between zarr and the files of a trace: nothing is unpacked whose size was not checked.

A Zstandard frame says how large it gets. The size of a chunk is known from the metadata, so a frame that
says anything else is damaged or hostile, and is refused before memory is taken for it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import numpy as np
from numcodecs import Zstd  # type: ignore[import-untyped]
from zarr.abc.store import ByteRequest, RangeByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import WrapperStore

from derivviz.trace.check import MOST_TEXT, About, Root
from derivviz.trace.errors import TraceError
from derivviz.trace.layout import ROOT_FILE
from derivviz.trace.place import Folder, Remote

_ENTRY = 16  # bytes of a shard's index for one chunk: offset and length
_ABSENT = 2**64 - 1
_MAGIC = b"\x28\xb5\x2f\xfd"


class GuardedStore(WrapperStore):
    """The files of a trace for zarr, read only.

    Metadata is that of the root as it was checked, never a second reading. `missing` counts the chunks
    that were asked for and are not there; zarr takes those for rows of nothing.
    """

    def __init__(self, where: Folder | Remote, root: Root) -> None:
        super().__init__(where.store())
        self._where, self._root = where, root
        self.missing = 0

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        parent, _, last = key.rpartition("/")
        if last == ROOT_FILE:
            content = self._metadata(parent)
            return None if content is None else prototype.buffer.from_bytes(content)
        about = self._array_of(key)
        if about is None:
            return None
        try:
            return await self._get(about, key, prototype, byte_range)
        except (ValueError, OSError) as error:  # told here, since xarray reads without the reader's help
            raise TraceError(f"The trace {self._where} is damaged in {key!r}: {error}") from error

    async def _get(
        self, about: About, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None
    ) -> Buffer | None:
        _check_range(about, byte_range)
        self._where.check(key, _most(about))
        value = await self._store.get(key, prototype, byte_range)
        if value is None:
            self.missing += 1
            return None
        if isinstance(byte_range, RangeByteRequest) and len(value) > byte_range.end - byte_range.start:
            value = value[byte_range.start : byte_range.end]  # a plain web server sends the whole file
        _check(about, value.to_bytes(), byte_range)
        return value

    async def exists(self, key: str) -> bool:
        parent, _, last = key.rpartition("/")
        return self._metadata(parent) is not None if last == ROOT_FILE else await self._store.exists(key)

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        prefix = prefix.strip("/")
        for name in self._root.metadata:
            parent, _, last = name.rpartition("/")
            if parent == prefix:
                yield last

    def _metadata(self, path: str) -> bytes | None:
        if not path:
            group = {"zarr_format": 3, "node_type": "group", "attributes": self._root.attributes}
            return json.dumps(group).encode()
        about = self._root.metadata.get(path)
        return None if about is None else json.dumps(about).encode()

    def _array_of(self, key: str) -> About | None:
        while key:
            key = key.rpartition("/")[0]
            if key in self._root.arrays:
                return self._root.arrays[key]
        return None


def _size(about: About) -> int:
    """Bytes of one chunk when it is unpacked; of text, the most that are let through."""
    return MOST_TEXT if about.item is None else int(np.prod(about.chunk, dtype=object)) * about.item


def _frame(about: About) -> int:
    """Bytes that one chunk may take on disk: incompressible data grow a little."""
    return _size(about) + _size(about) // 128 + 512


def _most(about: About) -> int:
    """Bytes that one file may take."""
    return _frame(about) if about.chunks is None else about.chunks * (_ENTRY + _frame(about))


def _check_range(about: About, byte_range: ByteRequest | None) -> None:
    if byte_range is None:
        return
    most = max(_frame(about), _ENTRY * (about.chunks or 0))
    if not isinstance(byte_range, RangeByteRequest) or not (
        0 <= byte_range.start <= byte_range.end <= byte_range.start + most
    ):
        raise ValueError("the index of a shard points nowhere")


def _check(about: About, data: bytes, byte_range: ByteRequest | None) -> None:
    """Check what is about to be unpacked: a chunk, the index of a shard, or a whole shard."""
    if len(data) > _most(about):
        raise ValueError(f"a file of {len(data)} bytes")
    if about.chunks is None:
        _check_chunk(about, data)
        return
    index = _ENTRY * about.chunks
    if byte_range is None:
        entries = np.frombuffer(data[:index], "<u8")
        if len(entries) != 2 * about.chunks:
            raise ValueError("the index of a shard is cut short")
        for offset, length in entries.reshape(-1, 2).tolist():
            if offset != _ABSENT or length != _ABSENT:
                _check_chunk(about, data[offset : offset + length])
    elif isinstance(byte_range, RangeByteRequest) and byte_range.start == 0 and byte_range.end == index:
        if len(data) != index:
            raise ValueError("the index of a shard is cut short")
    else:
        _check_chunk(about, data)


def _check_chunk(about: About, data: bytes) -> None:
    size = _declared(data) if about.zstd else len(data)
    if about.item is not None:
        if size != _size(about):
            raise ValueError(f"a chunk of {size} bytes where {_size(about)} belong")
        return
    if size > MOST_TEXT:
        raise ValueError(f"{size} bytes of text")
    # The count of strings is what memory is taken for, and it stands inside.
    text = bytes(Zstd().decode(data)) if about.zstd else data
    count = int(np.prod(about.chunk, dtype=object))
    if int.from_bytes(text[:4], "little") != count or size < 4 * (count + 1):
        raise ValueError(f"a chunk of labels that does not hold {count} of them")


def _declared(frame: bytes) -> int:
    """The content size that a Zstandard frame declares (RFC 8878, section 3.1.1.1).

    Raises
    ------
    ValueError : it is no such frame, or declares none.
    """
    if frame[:4] != _MAGIC or len(frame) < 6:
        raise ValueError("a chunk is no Zstandard frame")
    descriptor = frame[4]
    single = bool(descriptor & 0x20)
    width = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    start = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
    field = frame[start : start + width]
    if not width or len(field) < width:
        raise ValueError("a chunk does not say how large it is")
    return int.from_bytes(field, "little") + (256 if width == 2 else 0)
