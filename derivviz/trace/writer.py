"""Writing a trace that a kill at any instant leaves readable.

Rows gather in memory, chunk by chunk. A commit writes the chunks (which no reader sees yet) and then
renames one file, the root ``zarr.json`` with the metadata of every array: all lengths change together.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.trace.columns import Column, Labels, make_folder, replace_file
from derivviz.trace.errors import TraceError
from derivviz.trace.layout import FORMAT, ROOT_FILE, ROW_DIMENSION, VERSION, group_metadata


def is_trace(path: Path) -> bool:
    """Whether the folder says of itself that it is a trace, of whatever version."""
    try:
        return bool(json.loads((path / ROOT_FILE).read_bytes())["attributes"]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def plain(value: Any) -> Any:
    """`value` as JSON can say it: arrays as lists, paths as text, NaN and infinities as their names."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


class TraceWriter:
    """The only hand that writes into a trace.

    Parameters
    ----------
    path : the folder to make
    attributes : what the root says of the run (provenance); :meth:`note` adds to it
    overwrite : replace what is there, if that is a trace and nothing else

    Raises
    ------
    TraceError : there is something at `path` that may not be replaced, or the folder cannot be made.
    """

    def __init__(self, path: str | Path, attributes: Mapping[str, Any], overwrite: bool = False) -> None:
        self.path = Path(path)
        try:
            _make_room(self.path, overwrite)
        except OSError as error:
            why = error.strerror or error
            raise TraceError(f"The trace {self.path} cannot be made: {why}. Name another folder.") from error
        self._attributes = plain({**attributes, "format": FORMAT, "version": VERSION})
        self._arrays: dict[str, Column | Labels] = {}
        self._groups: dict[str, dict[str, Any]] = {}
        self._stale: set[str] = set()
        self.rows: dict[str, int] = {}
        self.commit()

    def __contains__(self, path: str) -> bool:
        return path in self._arrays

    def note(self, **values: Any) -> None:
        """Add to the attributes of the root; visible from the next commit."""
        self._attributes.update(plain({k: v for k, v in values.items() if k not in ("format", "version")}))

    def describe(self, group: str, **attributes: Any) -> None:
        """Add to the attributes of a group (``coordinates`` is what xarray looks for)."""
        self._make_group(group)
        self._groups[group].update(plain(attributes))

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

        The first part of `path` is the table (``step``, ``snapshot``, ``evaluation``); `dims` and
        `capacity` are the dimensions after the row; `rows` is how many rows a chunk holds.
        """
        if path in self._arrays:
            return
        dims = (ROW_DIMENSION[path.split("/", 1)[0]], *dims)
        self._add(path, Column(self.path / path, dims, np.dtype(dtype), capacity, rows, plain(attributes)))

    def labels(
        self, path: str, dims: Sequence[str], values: Any, capacity: int = 0, **attributes: Any
    ) -> None:
        """Set an array that does not grow by rows; called again, it replaces the values."""
        array = np.asarray(values)
        known = self._arrays.get(path)
        if isinstance(known, Labels):
            known.set(array)
        else:
            self._add(path, Labels(self.path / path, dims, array, capacity, plain(attributes)))
        self._stale.add(path)

    def append(self, table: str, row: Mapping[str, Any]) -> None:
        """Add one row: paths of declared arrays below `table` and their values. Others stay filled."""
        number = self.rows.setdefault(table, 0)
        for name, value in row.items():
            column = self._arrays[f"{table}/{name}"]
            assert isinstance(column, Column)
            column.put(number, np.asarray(value))
        self.rows[table] = number + 1

    def commit(self) -> None:
        """Make everything appended until now visible, all at once."""
        for path, array in self._arrays.items():
            if isinstance(array, Column) or path in self._stale:
                array.write()
        self._stale.clear()
        replace_file(self.path / ROOT_FILE, _json(self._root()))

    def close(self) -> None:
        """Commit, and tell readers that know no consolidated metadata about the lengths as well."""
        self.commit()
        for path, metadata in self._metadata().items():
            replace_file(self.path / path / ROOT_FILE, _json(metadata))

    def _add(self, path: str, array: Column | Labels) -> None:
        self._make_group(path.rpartition("/")[0])
        make_folder(self.path, *path.split("/"))
        replace_file(array.folder / ROOT_FILE, _json(array.metadata(0, array.sizes())))
        self._arrays[path] = array

    def _make_group(self, path: str) -> None:
        parts = path.split("/")
        for parent in ("/".join(parts[: n + 1]) for n in range(len(parts))):
            if parent not in self._groups:
                folder = make_folder(self.path, *parent.split("/"))
                self._groups[parent] = {}
                replace_file(folder / ROOT_FILE, _json(group_metadata({})))

    def _metadata(self) -> dict[str, dict[str, Any]]:
        # Arrays of one group that share a dimension must show the same length, or xarray refuses them.
        sizes: dict[str, dict[str, int]] = {group: {} for group in self._groups}
        for path, array in self._arrays.items():
            shared = sizes[path.rpartition("/")[0]]
            for dim, size in array.sizes().items():
                shared[dim] = max(size, shared.get(dim, 0))
        found = {path: group_metadata(attributes) for path, attributes in self._groups.items()}
        for path, array in self._arrays.items():
            group, rows = path.rpartition("/")[0], self.rows.get(path.split("/", 1)[0], 0)
            found[path] = array.metadata(rows, sizes[group])
        return found

    def _root(self) -> dict[str, Any]:
        metadata = self._metadata()
        # By parent: zarr-python drops arrays, without a word, where siblings do not stand together.
        ordered = sorted(metadata, key=lambda path: path.rpartition("/")[::2])
        inline = {
            "kind": "inline",
            "must_understand": False,
            "metadata": {path: metadata[path] for path in ordered},
        }
        return {**group_metadata(self._attributes), "consolidated_metadata": inline}


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()


def _make_room(path: Path, overwrite: bool) -> None:
    if path.is_symlink() or path.exists():
        if path.is_dir() and not any(path.iterdir()):
            return
        if not is_trace(path):
            raise TraceError(f"{path} exists and is not a trace, so it is left alone. Name another path.")
        if not overwrite:
            raise TraceError(
                f"There is already a trace at {path}. Name another path, or say overwrite=True to replace it."
            )
        # Of a link, what it leads to is replaced, and the link stays.
        path = path.resolve()
        shutil.rmtree(path)
    path.mkdir(parents=True)
