"""Writing a trace that a kill at any instant leaves readable.

Rows gather in memory, chunk by chunk. A commit writes the chunks (which no reader sees yet) and then
renames one file, the root ``zarr.json`` with the metadata of every array: all lengths change together.
Closing rearranges what has a row every step (:mod:`derivviz.trace.settle`), resuming undoes that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.errors import UsageError
from derivviz.trace.columns import Column, Labels
from derivviz.trace.contents import Contents, plain, table_of
from derivviz.trace.errors import MissingSeriesError, TraceError
from derivviz.trace.folder import is_trace, make_room
from derivviz.trace.layout import FORMAT, MIN_READER, ROW_DIMENSION, SETTLING, VERSION
from derivviz.trace.resume import damaged, restore
from derivviz.trace.settle import settle, tidy, unsettle

__all__ = ["TraceWriter", "is_trace"]
_OWN = {"format": FORMAT, "version": VERSION, "min_reader": MIN_READER}


class TraceWriter:
    """The only hand that writes into a trace.

    Parameters
    ----------
    path : the folder to make
    attributes : what the root says of the run (provenance); :meth:`note` adds to it. What a resumed trace
        says already, stays.
    overwrite : replace what is there, if that is a trace and nothing else
    resume : append to what is there, if that is a trace; if there is nothing, make a new one

    Attributes
    ----------
    resumed : whether there was a trace to append to

    Raises
    ------
    TraceError : there is something at `path` that may not be replaced or that cannot be appended to, or the
        folder cannot be made.
    """

    def __init__(
        self, path: str | Path, attributes: Mapping[str, Any], overwrite: bool = False, resume: bool = False
    ) -> None:
        if overwrite and resume:
            raise UsageError("overwrite=True begins anew and resume=True goes on: choose one of them.")
        self.path = Path(path)
        self._contents = Contents(self.path, plain({**attributes, **_OWN}))
        self.resumed = resume and is_trace(self.path)
        self._stale: set[str] = set()
        self._restored: set[str] = set()  # arrays from disk that nobody has declared yet
        self._closed = False
        try:
            if self.resumed:
                self._resume()
            else:
                make_room(self.path, overwrite)
                self.commit()
        except OSError as error:
            why, what = error.strerror or error, "resumed" if self.resumed else "made"
            raise TraceError(
                f"The trace {self.path} cannot be {what}: {why}. Name another folder."
            ) from error

    @property
    def attributes(self) -> dict[str, Any]:
        """What the root says, with the next commit; :meth:`note` changes it."""
        return self._contents.attributes

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows by table, as soon as it has one."""
        return self._contents.rows

    def __contains__(self, path: str) -> bool:
        return path in self._contents.arrays

    def note(self, **values: Any) -> None:
        """Add to the attributes of the root; visible from the next commit."""
        self.attributes.update(plain({k: v for k, v in values.items() if k not in _OWN}))

    def describe(self, group: str, **attributes: Any) -> None:
        """Add to the attributes of a group (``coordinates`` is what xarray looks for)."""
        self._contents.make_group(group)
        self._contents.groups[group].update(plain(attributes))

    def declare(
        self,
        path: str,
        dims: Sequence[str] = (),
        capacity: Sequence[int] = (),
        dtype: Any = np.float64,
        rows: int = 1,
        **attributes: Any,
    ) -> None:
        """Make the array `path` grow with the rows of its table; a second call changes nothing.

        The first part of `path` is the table (``step``, ``snapshot``, …); `dims` and `capacity` are the
        dimensions after the row; `rows` is how many rows a chunk holds. An array of a resumed trace keeps
        its capacity.

        Raises
        ------
        TraceError : the resumed trace has it with other dimensions, or of another type.
        """
        if path in self._contents.arrays and path not in self._restored:
            return
        dims = (ROW_DIMENSION[table_of(path)], *dims)
        if not self._has(path, dims, np.dtype(dtype)):
            self._contents.add(
                path, Column(self.path / path, dims, np.dtype(dtype), capacity, rows, plain(attributes))
            )

    def labels(
        self, path: str, dims: Sequence[str], values: Any, capacity: int = 0, **attributes: Any
    ) -> None:
        """Set an array that does not grow by rows; called again, it replaces the values.

        Raises
        ------
        TraceError : the resumed trace has it with other dimensions.
        """
        array, known = np.asarray(values), self._contents.arrays.get(path)
        if self._has(path, tuple(dims)):
            assert isinstance(known, Labels)
            known.set(array)
        else:
            self._contents.add(path, Labels(self.path / path, dims, array, capacity, plain(attributes)))
        self._stale.add(path)

    def values(self, path: str) -> np.ndarray[Any, Any]:
        """What an array holds by now: labels as they were set, or all rows of a column (row, …).

        Raises
        ------
        MissingSeriesError : there is no such array.
        """
        array = self._contents.arrays.get(path)
        if array is None:
            raise MissingSeriesError.among("array", path, self._contents.arrays)
        if isinstance(array, Labels):
            return array.values
        return array.read(0, self.rows.get(table_of(path), 0))

    def append(self, table: str, row: Mapping[str, Any]) -> None:
        """Add one row: paths of declared arrays below `table` and their values. Others stay filled."""
        if self._closed:
            raise TraceError(
                f"The trace {self.path} is closed. TraceWriter(path, resume=True) opens it again."
            )
        number = self.rows.setdefault(table, 0)
        for name, value in row.items():
            column = self._contents.arrays[f"{table}/{name}"]
            assert isinstance(column, Column)
            column.put(number, np.asarray(value))
        self.rows[table] = number + 1

    def truncate(self, table: str, rows: int) -> None:
        """Drop the rows of `table` from number `rows` on; committed at once."""
        if rows >= self.rows.get(table, 0):
            return
        self.commit()
        self.rows[table] = rows
        self._contents.commit()  # from here on nobody looks at what is taken away now
        for path, column in self._contents.columns.items():
            if table_of(path) == table:
                column.go_on(rows)
                column.forget(rows)

    def commit(self) -> None:
        """Make everything appended until now visible, all at once."""
        for path, array in self._contents.arrays.items():
            if isinstance(array, Column) or path in self._stale:
                array.write()
        self._stale.clear()
        self._contents.commit()

    def close(self) -> None:
        """Commit, and rearrange what has a row every step so that one series is read at once.

        Raises
        ------
        TraceError : there was no room to rearrange it. The trace is complete, and as readable as before.
        """
        self.commit()
        self._closed = True
        self._contents.tell_arrays()
        try:
            self._rearrange(True)
        except OSError as error:
            raise TraceError(
                f"The trace {self.path} is complete, but it could not be rearranged for quick reading: "
                f"{error.strerror or error}. Resuming and closing it tries that again."
            ) from error

    def _resume(self) -> None:
        found = restore(self.path)
        found.attributes = {**self.attributes, **found.attributes}
        self._contents, self._restored = found, set(found.arrays)
        for path, column in found.columns.items():
            if not column.settled:
                column.forget(self.rows.get(table_of(path), 0))
        try:
            self._rearrange(False)
        except (ValueError, KeyError, RuntimeError) as error:  # what a damaged chunk makes the codec raise
            raise damaged(self.path, error) from error
        self.commit()

    def _rearrange(self, settled: bool) -> None:
        """Bring arrays into the settled form, or all of them back into that of a journal."""
        shapes = self._contents.shapes()
        moving = {
            path: column
            for path, column in self._contents.columns.items()
            if column.settled != settled
            and (table_of(path) in SETTLING or not settled)
            and 0 not in shapes[path]
        }
        try:
            for path, column in moving.items():
                (settle if settled else unsettle)(column, shapes[path])
            for column in moving.values():
                column.settled = settled
            self._contents.commit()
            self._contents.tell_arrays()
        finally:  # whether it went well, and what counts now, is for the disk to say
            counting = tidy(self.path)
            for path, column in moving.items():
                column.settled = path in counting

    def _has(self, path: str, dims: tuple[str, ...], dtype: np.dtype[Any] | None = None) -> bool:
        """Whether there is this array already. One of a resumed trace must be as it is declared now."""
        known = self._contents.arrays.get(path)
        if path in self._restored and known is not None:
            if known.dims != dims or (isinstance(known, Column) and known.dtype != dtype):
                raise TraceError(
                    f"The trace {self.path} has {path!r} with the dimensions {', '.join(known.dims)} already, "
                    f"and now it is to have {', '.join(dims)} of {dtype or 'labels'}: it was recorded of another "
                    "model, or another way. Name another path."
                )
            self._restored.discard(path)
        return known is not None
