"""Is this folder a trace that is safe to read? Asked of the metadata before any data is touched.

A trace may come from anyone. Only the codecs that the writer uses are let through (none of them runs
code), and no array may claim more than a reader can hold.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from derivviz.trace.errors import TraceError
from derivviz.trace.layout import FORMAT, ROOT_FILE, VERSION

CODECS = frozenset({"bytes", "zstd", "vlen-utf8", "sharding_indexed"})
TYPES = frozenset({"float64", "float32", "int64", "int32", "uint8", "string"})
MOST_ELEMENTS = 2**32
MOST_IN_A_CHUNK = 2**28


def read_root(path: Path) -> dict[str, Any]:
    """The root metadata of the trace at `path`.

    Raises
    ------
    TraceError : there is no such folder, it is no trace, of a newer version, or damaged.
    """
    if not path.exists():
        raise TraceError(f"There is no trace at {path}. 'derivviz record food -o {path}' records one.")
    if path.is_file():
        raise TraceError(f"{path} is a file; a trace is a folder.")
    try:
        root = json.loads((path / ROOT_FILE).read_bytes())
    except FileNotFoundError as error:
        raise TraceError(f"{path} is not a trace: it has no {ROOT_FILE}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TraceError(f"The trace {path} is damaged: its {ROOT_FILE} cannot be read ({error}).") from error
    attributes = root.get("attributes") if isinstance(root, dict) else None
    if not isinstance(attributes, dict) or attributes.get("format") != FORMAT:
        raise TraceError(f"{path} is not a trace: its {ROOT_FILE} does not say format {FORMAT!r}.")
    version = attributes.get("version")
    if not isinstance(version, int) or version < 1:
        raise TraceError(f"The trace {path} is damaged: its version is {version!r}.")
    if version > VERSION:
        raise TraceError(
            f"The trace {path} has layout version {version}; this derivviz reads up to {VERSION}. "
            "'pip install --upgrade derivviz' brings a newer one."
        )
    try:
        for name, metadata in root["consolidated_metadata"]["metadata"].items():
            if metadata["node_type"] == "array":
                _check_array(metadata)
            if any(part in ("", ".", "..") for part in name.split("/")):
                raise ValueError(f"the name {name!r} leads out of the folder")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise TraceError(f"The trace {path} is damaged or not made by derivviz: {error}.") from error
    return root


def _check_array(metadata: dict[str, Any]) -> None:
    if metadata["data_type"] not in TYPES:
        raise ValueError(f"it holds values of type {metadata['data_type']!r}")
    codecs = metadata["codecs"]
    chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    for codec in list(codecs):
        if codec["name"] == "sharding_indexed":
            chunk = codec["configuration"]["chunk_shape"]
            codecs = [*codecs, *codec["configuration"]["codecs"], *codec["configuration"]["index_codecs"]]
    unknown = {str(codec["name"]) for codec in codecs} - CODECS
    if unknown:
        raise ValueError(f"it uses the codec {min(unknown)!r}")
    shape = metadata["shape"]
    if not all(isinstance(size, int) and size >= 0 for size in [*shape, *chunk]):
        raise ValueError(f"an array of shape {shape}")
    if math.prod(shape) > MOST_ELEMENTS or math.prod(chunk) > MOST_IN_A_CHUNK:
        raise ValueError(f"an array claims the shape {shape}")
