"""Reading a trace back into what a writer needs to append to it. Nothing is written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from derivviz.trace.check import read_root
from derivviz.trace.columns import Column, Labels
from derivviz.trace.contents import Contents, table_of
from derivviz.trace.errors import TraceError
from derivviz.trace.layout import MIN_READER, ROW_DIMENSION, VERSION


def restore(path: Path) -> Contents:
    """The contents of the trace at `path`, ready to be appended to. Nothing is written.

    Raises
    ------
    TraceError : it is damaged, or of a version that this writer does not append to.
    """
    root = read_root(path)
    attributes, metadata = root["attributes"], root["consolidated_metadata"]["metadata"]
    version = attributes["version"], attributes.get("min_reader")
    if version != (VERSION, MIN_READER):
        raise TraceError(
            f"The trace {path} has layout version {version[0]}; this derivviz appends to version {VERSION} "
            "only. It can be read; to go on recording, name another path."
        )
    found = Contents(path, dict(attributes))
    try:
        for name, about in metadata.items():
            if about["node_type"] == "group":
                found.groups[name] = dict(about["attributes"])
                continue
            shape = tuple(about["shape"])
            if about["dimension_names"][0] == ROW_DIMENSION.get(table_of(name)):
                found.arrays[name] = _column(path / name, about)
                if shape[0] and found.rows.setdefault(table_of(name), shape[0]) != shape[0]:
                    raise ValueError(f"{name!r} has {shape[0]} rows, others {found.rows[table_of(name)]}")
            else:
                found.arrays[name] = Labels.load(path / name, about)
            if found.arrays[name].metadata(shape) != about:
                raise ValueError(f"{name!r} is not as this version of derivviz writes it")
    except Exception as error:  # whatever the damage of a file or of its metadata provokes
        raise damaged(path, error) from error
    return found


def damaged(path: Path, error: Exception) -> TraceError:
    """The error for a trace that cannot be read back."""
    return TraceError(
        f"The trace {path} is damaged, so it is not resumed and stays as it is: "
        f"{type(error).__name__}: {error}. Name another path to begin a new one."
    )


def _column(folder: Path, about: dict[str, Any]) -> Column:
    """The growing array in `folder`; one in the journal form is made ready to append to."""
    attributes, settled = dict(about["attributes"]), about["chunk_key_encoding"]["name"] == "v2"
    sharding = about["codecs"][0]["configuration"]
    chunk = attributes.pop("journal_chunk") if settled else sharding["chunk_shape"]
    dims, dtype = about["dimension_names"], np.dtype(about["data_type"])
    column = Column(folder, dims, dtype, chunk[1:], chunk[0], attributes)
    column.seen, column.settled = tuple(about["shape"][1:]), settled
    if not settled:
        column.go_on(about["shape"][0])
    return column
