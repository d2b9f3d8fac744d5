"""The arrays of a trace on disk, read with errors that say which trace is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from derivviz.trace.check import read_root
from derivviz.trace.errors import TraceError

Array = np.ndarray[Any, Any]


class Store:
    """The arrays of a trace by path, read with errors that say which trace is damaged.

    What it shows is the state at the moment of opening, also while the run goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = read_root(path)
        metadata = self.root["consolidated_metadata"]["metadata"]
        self.arrays = {name: about for name, about in metadata.items() if about["node_type"] == "array"}
        try:
            self._zarr = zarr.open_group(str(path), mode="r", zarr_format=3, use_consolidated=True)
        except Exception as error:
            raise self.damaged("", error) from error

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    @cached_property
    def order(self) -> list[str]:
        """Names of modules and parameters, in the order of the model."""
        attributes = self.root["attributes"]
        return [str(about["name"]) for key in ("modules", "parameters") for about in attributes.get(key, [])]

    def below(self, group: str) -> Iterator[str]:
        """Names of the arrays directly in `group`."""
        for name in self.arrays:
            parent, _, last = name.rpartition("/")
            if parent == group:
                yield last

    def attributes(self, name: str) -> dict[str, Any]:
        """The attributes of an array."""
        return dict(self.arrays[name].get("attributes", {}))

    def read(self, name: str, index: Any = ...) -> Array:
        """The array, or what `index` picks from it."""
        try:
            return np.asarray(self._zarr[name][index])
        except Exception as error:  # whatever a codec or the operating system throws at a damaged file
            raise self.damaged(name, error) from error

    def damaged(self, name: str, error: Exception) -> TraceError:
        """The error for data that cannot be read."""
        where = f" in {name!r}" if name else ""
        return TraceError(f"The trace {self.path} is damaged{where}: {type(error).__name__}: {error}")
