"""From the form that is quick to append to, to the form that is quick to read, and back.

Each function here writes one form beside the other. Which of them counts is said by the root's metadata
alone, whose renaming is the switch (:meth:`derivviz.trace.writer.TraceWriter.close`); until then, and
after a kill or a full disk, the first form is all there still. :func:`tidy` removes the one that lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numcodecs import Zstd  # type: ignore[import-untyped]

from derivviz.trace.columns import Column
from derivviz.trace.folder import remove, replace_file
from derivviz.trace.layout import ROOT_FILE, SETTLED_LEVEL, fill_value, settled_rows
from derivviz.trace.shards import Shard, pack

_ZSTD = Zstd(level=SETTLED_LEVEL)
# Names of chunk files, or of their folder, by the encoding of the keys.
_CHUNK_FILES = {"default": re.compile("c"), "v2": re.compile(r"\d+(\.\d+)*"), "": re.compile("(?!)")}


def settle(column: Column, shape: Sequence[int]) -> None:
    """Write the chunks of the settled form of an array of this shape."""
    rows = settled_rows(shape, column.dtype)
    for number, start in enumerate(range(0, shape[0], rows)):
        values = column.read(start, min(start + rows, shape[0]))
        if values.shape != (rows, *shape[1:]):  # the last rows, or a neighbour has more of a dimension
            block = np.full((rows, *shape[1:]), fill_value(column.dtype), column.dtype)
            block[tuple(map(slice, values.shape))] = values
            values = block
        parts = np.split(values, shape[1], axis=1) if len(shape) > 1 else [values]
        content = pack([_ZSTD.encode(np.ascontiguousarray(part)) for part in parts])
        replace_file(column.folder / _key(column, number), content)


def unsettle(column: Column, shape: Sequence[int]) -> None:
    """Write the journal form of a settled array anew, and make ready to append to it."""
    remove(column.folder / "c")
    rows = settled_rows(shape, column.dtype)
    for number, start in enumerate(range(0, shape[0], rows)):
        block = np.full((rows, *shape[1:]), fill_value(column.dtype), column.dtype)
        parts = np.split(block, shape[1], axis=1) if len(shape) > 1 else [block]
        chunks = dict(Shard(column.folder, _key(column, number), len(parts)).load().read(range(len(parts))))
        for slot, part in enumerate(parts):
            part[:] = np.frombuffer(_ZSTD.decode(chunks[slot]), column.dtype).reshape(part.shape)
        column.extend(start, block[: shape[0] - start])
    column.write()


def tidy(root: Path) -> set[str]:
    """Remove chunks in a form that neither the root nor the array itself refers to.

    Returns
    -------
    set of str : the arrays whose settled form is the one that counts
    """
    metadata = json.loads((root / ROOT_FILE).read_bytes())["consolidated_metadata"]["metadata"]
    arrays = {name: about for name, about in metadata.items() if about["node_type"] == "array"}
    for name, about in arrays.items():
        folder = root / name
        counting = {_form(about), _own_form(folder)}
        for path in folder.iterdir():
            if path.name != ROOT_FILE and not any(
                _CHUNK_FILES[form].fullmatch(path.name) for form in counting
            ):
                remove(path)
    return {name for name, about in arrays.items() if _form(about) == "v2"}


def _form(metadata: dict[str, Any]) -> str:
    return str(metadata["chunk_key_encoding"]["name"])


def _own_form(folder: Path) -> str:
    try:
        return _form(json.loads((folder / ROOT_FILE).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):  # it will be written anew
        return ""


def _key(column: Column, number: int) -> str:
    return ".".join([str(number), *["0"] * len(column.seen)])
