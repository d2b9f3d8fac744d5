"""The layout of a trace on disk: names, dimensions, metadata. Version 2.

A trace is a Zarr v3 folder of groups, each of them a table whose rows only ever grow:

========== ========== =====================================================================
group      row        holds
========== ========== =====================================================================
step       step       time, logged scalars, lr and lr_factor (step, param), stats (step, tensor, stat)
sample     step       the values of a few fixed elements of each tensor (step, tensor, unit)
snapshot   snapshot   exact values of some steps: activations, gradients, parameters, maps, histograms
probe      snapshot   what the network makes of fixed inputs
sensitivity snapshot  how its outputs change with them
evaluation epoch      probabilities of held-out images
========== ========== =====================================================================

Labels (which tensor, which statistic, which unit) lie beside the data as coordinate arrays. A folder
``rank<k>`` is a trace of its own, of what the k-th process of a distributed run saw.

Arrays take one of two forms. In the *journal* form rows are quick to append: chunks of some rows with
all there is of them, under the keys ``c/0/0/0``. The tables that have a row every step are *settled* when
the trace is closed: chunks of very many rows of one tensor, so that its series is read at once, under the
keys ``0.0.0``. So the two never share a file, and the metadata alone says which of them counts.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FORMAT = "derivviz-trace"
VERSION = 2
MIN_READER = 1  # the oldest version whose readers understand what is written here
ROOT_FILE = "zarr.json"

KINDS = ("activation", "activation_grad", "param", "grad", "update")
STATS = ("count", "nonfinite", "sum", "sumsq", "min", "max", "norm")
ROW_DIMENSION = {
    "step": "step",
    "sample": "step",
    "snapshot": "snapshot",
    "probe": "snapshot",
    "sensitivity": "snapshot",
    "evaluation": "epoch",
}
SETTLING = ("step", "sample")  # the tables that are settled at the end
SHARD_CHUNKS = 1024  # chunks in a shard file of the journal form
JOURNAL_LEVEL, SETTLED_LEVEL = -1, 3  # of zstd: the one is waited for in every step, the other once
BLOCK_BYTES = 2**25  # of a settled shard, which is put together in memory

_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_LONGEST = 100
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # what Windows makes of these


def slug(name: str) -> str:
    """A file name for the module or parameter `name`: never a path, never a name with a meaning of its own.

    It is :func:`scalar_slug`, and ends in a digest where `name` has capital letters: a network may well
    have the weights ``w`` and ``W``, and not every file system tells them apart.
    """
    text = scalar_slug(name)
    return text if name == name.lower() else _digested(text, name, 4)


def scalar_slug(name: str) -> str:
    """A file name, and so the name of the variable in xarray, for what the loop logs as `name`.

    Everything but ASCII letters, digits, ``_ - .`` becomes ``%XX``, and so does the first character where
    the rest would lead out of the folder or mean something to Zarr, to Windows or to this layout; overlong
    names end in a digest. The true name travels in the array's attribute ``name``.
    """
    text = "".join(c if c in _SAFE else "".join(f"%{b:02X}" for b in c.encode()) for c in name)
    taken = text in ("", "c", "step", ROOT_FILE) or _DEVICE.fullmatch(text)
    if taken or text.startswith((".", "__", "unit_", "row_", "column_")):
        text = f"%{ord(text[0]):02X}{text[1:]}" if text else "%"
    if text.endswith("."):
        text = f"{text[:-1]}%2E"
    return _digested(text, name, 8) if len(text) > _LONGEST else text


def _digested(text: str, name: str, size: int) -> str:
    digest = hashlib.blake2b(name.encode(), digest_size=size).hexdigest()
    return f"{text[: _LONGEST - 2 * size - 1]}~{digest}"


def fill_value(dtype: np.dtype[Any]) -> Any:
    """What stands where nothing was recorded: NaN, -1, 0 or the empty string."""
    return {"f": np.nan, "i": -1, "u": 0}.get(dtype.kind, "")


def group_metadata(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The ``zarr.json`` of a group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def settled_rows(shape: Sequence[int], dtype: np.dtype[Any]) -> int:
    """How many rows a settled shard has: as equal parts as can be, of `BLOCK_BYTES` at most."""
    most = max(BLOCK_BYTES // (dtype.itemsize * math.prod(shape[1:])), 1)
    return math.ceil(shape[0] / math.ceil(shape[0] / most))


def array_metadata(
    shape: Sequence[int],
    dtype: np.dtype[Any],
    dims: Sequence[str],
    chunk: Sequence[int],
    attributes: Mapping[str, Any],
    shard: Sequence[int] | None = None,
    settled: bool = False,
) -> dict[str, Any]:
    """The ``zarr.json`` of an array of chunks, or of shards of the shape `shard` if that is given."""
    text = dtype.kind in "OUT"
    level = SETTLED_LEVEL if settled else JOURNAL_LEVEL
    codecs: list[dict[str, Any]] = [
        {"name": "vlen-utf8", "configuration": {}} if text else _BYTES,
        {"name": "zstd", "configuration": {"level": level, "checksum": False}},
    ]
    if shard is not None:
        # No checksum on the index: one entry is 16 bytes written at once, so it is old or new, never torn.
        sharding = {
            "chunk_shape": list(chunk),
            "codecs": codecs,
            "index_codecs": [_BYTES],
            "index_location": "start",
        }
        codecs = [{"name": "sharding_indexed", "configuration": sharding}]
    fill = fill_value(dtype)
    keys = ("v2", ".") if settled else ("default", "/")
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": "string" if text else dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shard or chunk)}},
        "chunk_key_encoding": {"name": keys[0], "configuration": {"separator": keys[1]}},
        "fill_value": "NaN" if fill != fill else fill,
        "codecs": codecs,
        "attributes": dict(attributes),
        "dimension_names": list(dims),
        "storage_transformers": [],
    }
