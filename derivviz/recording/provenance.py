"""Where a trace comes from: command, versions, revision, machine, model, data."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from torch import Tensor
from torch.nn.parameter import is_lazy

import derivviz
from derivviz.errors import UsageError
from derivviz.recording.choice import recorded_modules
from derivviz.recording.watch import Watched

_MOST_TEXT = 20_000


def session(first_step: int) -> dict[str, Any]:
    """What differs from one session to the next of a run that is resumed."""
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "first_step": first_step,
        "command": shlex.join(sys.argv),
        "seed": torch.initial_seed(),
        "versions": {
            "derivviz": derivviz.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "zarr": zarr.__version__,
        },
        "git": _revision(),
    }


def provenance(watched: Watched, data_hash: str | None) -> dict[str, Any]:
    """What the root of the trace says of the run. ``seed`` is that of torch's default generator."""
    model = watched.model
    first = next(model.parameters(), None)
    types = {name: type(module).__name__ for name, module in model.named_modules()}
    return {
        "device": str(first.device) if first is not None else "cpu",
        "data_hash": data_hash,
        "optimizer": type(watched.optimizer).__name__,
        "structure": repr(model)[:_MOST_TEXT],
        "modules": [
            {
                "name": name,
                "type": types.get(name, type(module).__name__),
                "parameters": [own for own, _ in module.named_parameters(recurse=False)],
            }
            for name, module in (dict(recorded_modules(model)) | watched.modules).items()
        ],
        "parameters": [
            {"name": name, "shape": None if is_lazy(p) else list(p.shape)}
            for name, p in model.named_parameters()
        ],
    }


def hash_of(data: Any) -> str | None:
    """SHA-256 of what a run learns from, ``sha256:…``; None of nothing.

    Parameters
    ----------
    data : a tensor, an array, text or bytes, a file, a folder (names and contents of all files in it), or a
        sequence or mapping of those. A path is a ``pathlib.Path``.

    Raises
    ------
    UsageError : something else, such as a loader, whose contents cannot be told without going through it.
    """
    if data is None:
        return None
    digest = hashlib.sha256()
    _feed(digest.update, data)
    return f"sha256:{digest.hexdigest()}"


def _feed(update: Callable[[bytes], None], data: Any) -> None:
    if isinstance(data, Tensor):
        update(f"{data.dtype}{tuple(data.shape)}".encode())
        if data.numel():  # an empty one may have strides that are no view of bytes
            update(data.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    elif isinstance(data, np.ndarray) and data.dtype != object:
        update(f"{data.dtype}{data.shape}".encode())
        update(np.ascontiguousarray(data).tobytes())
    elif isinstance(data, Path):
        if not data.exists():
            raise UsageError(f"record(data=…): there is no {data}.")
        for file in sorted(data.rglob("*")) if data.is_dir() else [data]:
            if file.is_file():
                update(os.fsencode(file.relative_to(data)))
                with file.open("rb") as stream:
                    while block := stream.read(2**20):
                        update(block)
    elif isinstance(data, str | bytes | int | float | None):
        update(data if isinstance(data, bytes) else repr(data).encode())
    elif isinstance(data, Mapping):
        for key, value in data.items():
            _feed(update, key)
            _feed(update, value)
    elif isinstance(data, list | tuple):
        for value in data:
            _feed(update, value)
    else:
        raise UsageError(
            f"record(data=…) takes tensors, arrays, text, paths or sequences of them, not "
            f"{type(data).__name__}: give what the {type(data).__name__} reads."
        )


def _revision() -> str | None:
    """The git revision of the working directory, if it has one, with ``-dirty`` where files are changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
