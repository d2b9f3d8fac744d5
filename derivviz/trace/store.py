"""The arrays of a trace, read with errors that say which trace is damaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import zarr

from derivviz.trace.check import read_metadata
from derivviz.trace.errors import TraceError
from derivviz.trace.guard import GuardedStore
from derivviz.trace.place import Folder, Remote

Array = np.ndarray[Any, Any]
FREE = 2**28  # bytes that may be read at once, whatever lies on disk
RATIO = 500  # bytes in memory for each byte of the trace on disk: steps that are all the same compress well
_FREE_CHUNKS, _CHUNK = 4096, 16  # the least that a chunk takes on disk is its entry in an index


class Store:
    """The arrays of a trace by path.

    What it shows is the state at the moment of opening, also while the run goes on.
    """

    def __init__(self, place: Folder | Remote) -> None:
        self.place = place
        self._root = read_metadata(self.place)
        self.arrays, self.unknown = self._root.arrays, self._root.unknown
        self.root = self._root.attributes
        try:
            self.guarded = GuardedStore(self.place, self._root)
        except TraceError:
            raise
        except Exception as error:
            raise self.damaged("", error) from error
        self._open: dict[str, Any] = {}
        self.numbers: dict[str, Array] = {}  # step numbers of each table, once they were read

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    @cached_property
    def order(self) -> list[str]:
        """Names of modules and parameters, in the order of the model."""
        return [str(about["name"]) for key in ("modules", "parameters") for about in self.listed(key)]

    def listed(self, key: str) -> list[dict[str, Any]]:
        """The entries of a list among the root's attributes that have a name."""
        entries = self.root.get(key)
        found = entries if isinstance(entries, list) else []
        return [about for about in found if isinstance(about, dict) and isinstance(about.get("name"), str)]

    def groups(self) -> list[str]:
        """Paths of the groups that hold arrays."""
        return sorted({name.rpartition("/")[0] for name in self.arrays} - {""})

    def below(self, group: str) -> Iterator[str]:
        """Names of the arrays directly in `group`."""
        for name in self.arrays:
            parent, _, last = name.rpartition("/")
            if parent == group:
                yield last

    def attributes(self, name: str) -> dict[str, Any]:
        """The attributes of an array."""
        return self.arrays[name].attributes

    def read(self, name: str, index: Any = ()) -> Array:
        """The array, or what `index` picks from it: integers, slices and at most one list.

        Raises
        ------
        TraceError : it is damaged, or claims far more than lies on disk.
        """
        if name not in self.arrays:
            raise self.damaged(name, KeyError("it is not there"))
        index = index if isinstance(index, tuple) else (index,)
        self.check_claim(name, index)
        before = self.guarded.missing
        try:
            if name not in self._open:
                self._open[name] = zarr.open_array(self.guarded, path=name, mode="r", zarr_format=3)
            array = self._open[name]
            found = np.asarray(
                array.oindex[index] if any(isinstance(i, list) for i in index) else array[index]
            )
        except Exception as error:  # whatever a codec or the operating system throws at a damaged file
            self._check_still_there()
            raise error if isinstance(error, TraceError) else self.damaged(name, error) from error
        if self.guarded.missing > before:
            self._check_still_there()
        return found

    @cached_property
    def bytes_on_disk(self) -> dict[str, int]:
        """Size of each file."""
        return self.place.sizes()

    def damaged(self, name: str, error: Exception) -> TraceError:
        """The error for data that cannot be read."""
        where = f" in {name!r}" if name else ""
        return TraceError(f"The trace {self.place} is damaged{where}: {type(error).__name__}: {error}")

    def check_claim(self, name: str, index: tuple[Any, ...] = ()) -> None:
        """Refuse to make gigabytes out of a small file. A trace in memory cannot be that much larger."""
        about = self.arrays[name]
        sizes, chunks = [], []
        for n, (size, chunk) in enumerate(zip(about.shape, about.chunk, strict=True)):
            part = index[n] if n < len(index) else slice(None)
            many = len(part) if isinstance(part, list) else 1
            if isinstance(part, slice):
                many = len(range(*part.indices(size)))
            sizes.append(many)
            chunks.append(min(many, -(-size // chunk)) if isinstance(part, list) else -(-many // chunk))
        unit = math.prod(about.chunk) * (about.item or 0)
        claim, count = max(math.prod(sizes) * (about.item or 16), unit), math.prod(chunks)
        if claim <= FREE and count <= _FREE_CHUNKS:
            return
        on_disk = sum(self.bytes_on_disk.values())
        if claim > max(FREE, RATIO * on_disk) or count > _FREE_CHUNKS + on_disk // _CHUNK:
            raise self.damaged(
                name, ValueError(f"it claims the shape {about.shape}, of which nothing is there")
            )

    def _check_still_there(self) -> None:
        """A run that ends sorts its trace anew: what was opened before then finds its files gone."""
        try:
            changed = read_metadata(self.place).content != self._root.content
        except TraceError:
            changed = True
        if changed:
            raise TraceError(f"The trace {self.place} has changed since it was opened: open it again.")
