"""Is this a trace that is safe to read? Asked of the metadata before any data is touched.

A trace may come from anyone. Only the codecs that the writer uses are let through (none of them runs
code), and only in the order in which the writer uses them, so that the size of every chunk is known before
it is unpacked.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derivviz.trace.errors import TraceError
from derivviz.trace.layout import FORMAT, ROOT_FILE, VERSION
from derivviz.trace.place import Folder, Remote

CODECS = frozenset({"bytes", "zstd", "vlen-utf8", "sharding_indexed"})
ITEM_SIZES = {
    **{"float64": 8, "float32": 4, "float16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1},
    **{"uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1},
}
MOST_IN_A_CHUNK = 2**30  # bytes
MOST_CHUNKS_IN_A_SHARD = 2**20
MOST_METADATA = 2**26  # bytes of the root; 200 tensors take half a megabyte
MOST_TEXT = 2**24  # bytes of one chunk of labels


class _UnknownError(ValueError):
    """Something that a newer version may have brought."""


@dataclass(frozen=True)
class About:
    """What the metadata of an array says, checked.

    chunk : shape of one compressed chunk
    chunks : how many of them a shard holds, or None if each has a file of its own
    item : bytes of an element, or None for text
    zstd : whether chunks are compressed
    """

    shape: tuple[int, ...]
    dims: tuple[str, ...]
    chunk: tuple[int, ...]
    chunks: int | None
    item: int | None
    zstd: bool
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Root:
    """The metadata of a trace, checked. `unknown` says why an array of a newer version is left aside."""

    content: bytes
    parsed: dict[str, Any]
    attributes: dict[str, Any]
    arrays: dict[str, About]
    metadata: dict[str, dict[str, Any]]
    unknown: dict[str, str]


def read_metadata(where: Folder | Remote) -> Root:
    """The root metadata of the trace at a place.

    Raises
    ------
    TraceError : there is no such folder, it is no trace, of a newer version, or damaged.
    """
    try:
        content = where.read(ROOT_FILE, MOST_METADATA)
        root = json.loads(content)
    except FileNotFoundError as error:
        raise TraceError(f"{where} is not a trace: it has no {ROOT_FILE}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TraceError(
            f"The trace {where} is damaged: its {ROOT_FILE} cannot be read ({error})."
        ) from error
    attributes = root.get("attributes") if isinstance(root, dict) else None
    if not isinstance(attributes, dict) or attributes.get("format") != FORMAT:
        raise TraceError(f"{where} is not a trace: its {ROOT_FILE} does not say format {FORMAT!r}.")
    newer = _check_version(where, attributes)
    arrays, metadata, unknown = {}, {}, {}
    try:
        for name, about in root["consolidated_metadata"]["metadata"].items():
            if any(part in ("", ".", "..") for part in name.split("/")) or "\\" in name or "\0" in name:
                raise ValueError(f"the name {name!r} leads out of the folder")
            if about["node_type"] == "array":
                try:
                    arrays[name] = _array(about)
                except _UnknownError as error:
                    if not newer:
                        raise
                    unknown[name] = str(error)
                    continue
            elif not isinstance(about.get("attributes", {}), dict):
                raise ValueError(f"the group {name!r} has attributes of another kind")
            metadata[name] = about
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise TraceError(f"The trace {where} is damaged or not made by derivviz: {error}.") from error
    return Root(content, root, attributes, arrays, metadata, unknown)


def read_root(path: Path) -> dict[str, Any]:
    """The root metadata of the trace in a folder as it stands there, once it is checked."""
    return read_metadata(Folder(path)).parsed


def _check_version(where: Folder | Remote, attributes: dict[str, Any]) -> bool:
    """Refuse what this version cannot read; whether the trace is newer, and readable all the same."""
    version: Any = attributes.get("version")
    least: Any = attributes.get("min_reader", version)
    for number in (version, least):
        if type(number) is not int or number < 1:
            raise TraceError(f"The trace {where} is damaged: its version is {number!r}.")
    if least > VERSION:
        raise TraceError(
            f"The trace {where} has layout version {version}, which takes a reader of version {least}; "
            f"this derivviz reads up to {VERSION}. 'pip install --upgrade derivviz' brings a newer one."
        )
    return bool(version > VERSION)


def _array(metadata: dict[str, Any]) -> About:
    kind = metadata["data_type"]
    item = None if kind == "string" else ITEM_SIZES.get(kind) if isinstance(kind, str) else None
    if kind != "string" and item is None:
        raise _UnknownError(f"it holds values of type {kind!r}")
    shape, outer = (
        _sizes(metadata["shape"], 0),
        _sizes(metadata["chunk_grid"]["configuration"]["chunk_shape"]),
    )
    codecs, chunk, chunks = metadata["codecs"], outer, None
    if [codec["name"] for codec in codecs] == ["sharding_indexed"]:
        sharding = codecs[0]["configuration"]
        codecs, chunk = sharding["codecs"], _sizes(sharding["chunk_shape"])
        _check_codecs(sharding["index_codecs"], ["bytes"], [])
        if sharding["index_location"] != "start" or any(a % b for a, b in zip(outer, chunk, strict=True)):
            raise ValueError(f"shards of shape {outer} with chunks of shape {chunk}")
        chunks = math.prod(a // b for a, b in zip(outer, chunk, strict=True))
        if chunks > MOST_CHUNKS_IN_A_SHARD:
            raise ValueError(f"a shard claims {chunks} chunks")
    _check_codecs(codecs, ["vlen-utf8" if item is None else "bytes"], ["zstd"])
    dims, attributes = metadata["dimension_names"], metadata.get("attributes", {})
    if not (len(shape) == len(outer) == len(chunk) == len(dims)) or not all(isinstance(d, str) for d in dims):
        raise ValueError(f"an array of shape {shape} has chunks of shape {chunk} and dimensions {dims}")
    if len(shape) > 32 or max(shape, default=0) >= 2**48 or math.prod(chunk) * (item or 8) > MOST_IN_A_CHUNK:
        raise ValueError(f"an array claims the shape {shape} with chunks of shape {chunk}")
    if not isinstance(attributes, dict):
        raise ValueError("an array has attributes of another kind")
    return About(shape, tuple(dims), chunk, chunks, item, len(codecs) > 1, attributes)


def _check_codecs(codecs: Any, first: list[str], then: list[str]) -> None:
    names = [codec["name"] for codec in codecs]
    for name in names:
        if name not in CODECS:
            raise _UnknownError(f"it uses the codec {name!r}")
    if names not in (first, first + then):
        raise ValueError(f"it uses the codecs {names}")


def _sizes(value: Any, least: int = 1) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(size) is int and size >= least for size in value):
        raise ValueError(f"an array of shape {value}")
    return tuple(value)
