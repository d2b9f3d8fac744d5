"""The layout of a trace on disk: names, dimensions, metadata. Version 1.

A trace is a Zarr v3 folder of three groups, each of them a table whose rows only ever grow:

========== ========== =====================================================================
group      row        holds
========== ========== =====================================================================
step       step       time, logged scalars, lr and lr_factor (step, param), stats (step, tensor, stat)
snapshot   snapshot   exact values of some steps: activations, gradients, parameters, maps, histograms
evaluation epoch      probabilities of held-out images
========== ========== =====================================================================

Labels (which tensor, which statistic, which unit) lie beside the data as coordinate arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FORMAT = "derivviz-trace"
VERSION = 1
ROOT_FILE = "zarr.json"

KINDS = ("activation", "activation_grad", "param", "grad", "update")
STATS = ("count", "nonfinite", "sum", "sumsq", "min", "max", "norm")
ROW_DIMENSION = {"step": "step", "snapshot": "snapshot", "evaluation": "epoch"}

_ZSTD = {"name": "zstd", "configuration": {"level": 1, "checksum": False}}
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_LONGEST = 100


def slug(name: str) -> str:
    """A file name for the module or parameter `name`: never a path, never a name with a meaning of its own.

    Everything but ASCII letters, digits, ``_ - .`` becomes ``%XX``, and so does the first character where
    the rest would lead out of the folder or mean something to Zarr or to this layout; overlong names end
    in a digest. The true name travels in the array's attribute ``name``.
    """
    text = "".join(c if c in _SAFE else "".join(f"%{b:02X}" for b in c.encode()) for c in name)
    if text.startswith((".", "__", "unit_", "column_")) or text in ("", "c", "step", ROOT_FILE):
        text = f"%{ord(text[0]):02X}{text[1:]}" if text else "%"
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 17]}~{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"
    return text


def fill_value(dtype: np.dtype[Any]) -> Any:
    """What stands where nothing was recorded: NaN, -1, 0 or the empty string."""
    return {"f": np.nan, "i": -1, "u": 0}.get(dtype.kind, "")


def group_metadata(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The ``zarr.json`` of a group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def array_metadata(
    shape: Sequence[int],
    dtype: np.dtype[Any],
    dims: Sequence[str],
    chunk: Sequence[int],
    attributes: Mapping[str, Any],
    shard_rows: int | None = None,
) -> dict[str, Any]:
    """The ``zarr.json`` of an array of chunks, or of shards of `shard_rows` rows if that is given."""
    text = dtype.kind in "OUT"
    codecs: list[dict[str, Any]] = [{"name": "vlen-utf8", "configuration": {}} if text else _BYTES, _ZSTD]
    outer = list(chunk)
    if shard_rows is not None:
        # No checksum on the index: one entry is 16 bytes written at once, so it is old or new, never torn.
        sharding = {
            "chunk_shape": list(chunk),
            "codecs": codecs,
            "index_codecs": [_BYTES],
            "index_location": "start",
        }
        codecs = [{"name": "sharding_indexed", "configuration": sharding}]
        outer[0] = shard_rows
    fill = fill_value(dtype)
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": "string" if text else dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": outer}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN" if fill != fill else fill,
        "codecs": codecs,
        "attributes": dict(attributes),
        "dimension_names": list(dims),
        "storage_transformers": [],
    }
