"""What a trace holds, as a writer knows it, and how the metadata say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.trace.columns import Column, Labels
from derivviz.trace.folder import make_folder, remove, replace_file
from derivviz.trace.layout import ROOT_FILE, group_metadata


@dataclass
class Contents:
    """The groups and arrays of a trace.

    Attributes
    ----------
    folder : where it lies
    attributes : of the root
    groups : their attributes, by path
    arrays : by path
    rows : number of rows by table, as soon as it has one
    """

    folder: Path
    attributes: dict[str, Any]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrays: dict[str, Column | Labels] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    _texts: dict[str, tuple[Any, str]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Column]:
        """The arrays that grow."""
        return {path: array for path, array in self.arrays.items() if isinstance(array, Column)}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the arrays, as they are to be seen."""
        # Arrays of one group that share a dimension must show the same length, or xarray refuses them.
        sizes: dict[str, dict[str, int]] = {group: {} for group in self.groups}
        for path, array in self.arrays.items():
            shared = sizes[path.rpartition("/")[0]]
            for dim, size in array.sizes().items():
                shared[dim] = max(size, shared.get(dim, 0))
        return {
            path: array.shape(self.rows.get(table_of(path), 0), sizes[path.rpartition("/")[0]])
            for path, array in self.arrays.items()
        }

    def texts(self) -> dict[str, str]:
        """The ``zarr.json`` of all groups and arrays, by path."""
        found = {path: to_json(group_metadata(attributes)) for path, attributes in self.groups.items()}
        for path, shape in self.shapes().items():
            array = self.arrays[path]
            key = (shape, array.settled, array.dtype)
            if self._texts.get(path, ("",))[0] != key:  # most do not change from one commit to the next
                self._texts[path] = key, to_json(array.metadata(shape))
            found[path] = self._texts[path][1]
        return found

    def add(self, path: str, array: Column | Labels) -> None:
        """Make the folder of an array. Only :meth:`commit` shows it."""
        self.make_group(path.rpartition("/")[0])
        make_folder(self.folder, *path.split("/"))
        remove(array.folder / "c")  # of a run that was killed before the array was ever shown
        self._tell(path, to_json(array.metadata(array.shape(0, array.sizes()))))
        self.arrays[path] = array

    def make_group(self, path: str) -> None:
        """Make the group `path`, and those it lies in."""
        parts = path.split("/")
        for parent in ("/".join(parts[: n + 1]) for n in range(len(parts))):
            if parent not in self.groups:
                make_folder(self.folder, *parent.split("/"))
                self._tell(parent, to_json(group_metadata({})))
                self.groups[parent] = {}

    def commit(self) -> None:
        """Rename the root's metadata into place: the one moment in which everything changes."""
        texts = self.texts()
        # By parent: zarr-python drops arrays, without a word, where siblings do not stand together.
        ordered = sorted(texts, key=lambda path: path.rpartition("/")[::2])
        members = ", ".join(f"{to_json(path)}: {texts[path]}" for path in ordered)
        inline = f'{{"kind": "inline", "must_understand": false, "metadata": {{{members}}}}}'
        root = f'{to_json(group_metadata(self.attributes))[:-1]}, "consolidated_metadata": {inline}}}'
        replace_file(self.folder / ROOT_FILE, root.encode())

    def tell_arrays(self) -> None:
        """Tell also readers that know no consolidated metadata about the lengths."""
        for path, text in self.texts().items():
            self._tell(path, text)

    def _tell(self, path: str, text: str) -> None:
        replace_file(self.folder / path / ROOT_FILE, text.encode())


def table_of(path: str) -> str:
    """The table that an array belongs to."""
    return path.split("/", 1)[0]


def to_json(value: Any) -> str:
    """JSON, in which there is no NaN."""
    return json.dumps(value, allow_nan=False)


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
