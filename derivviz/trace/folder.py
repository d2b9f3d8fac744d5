"""The folder of a trace, and files in it that are there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from derivviz.trace.errors import TraceError
from derivviz.trace.layout import FORMAT, ROOT_FILE


def is_trace(path: Path) -> bool:
    """Whether the folder says of itself that it is a trace, of whatever version."""
    try:
        return bool(json.loads((path / ROOT_FILE).read_bytes())["attributes"]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def make_room(path: Path, overwrite: bool) -> None:
    """Make an empty folder at `path`, in place of a trace if `overwrite` says so.

    Raises
    ------
    TraceError : there is something that may not be replaced.
    """
    if path.is_symlink() or path.exists():
        if path.is_dir() and not any(path.iterdir()):
            return
        if not is_trace(path):
            raise TraceError(f"{path} exists and is not a trace, so it is left alone. Name another path.")
        if not overwrite:
            raise TraceError(
                f"There is already a trace at {path}. Name another path, or say overwrite=True to replace it, "
                "or resume=True to append to it."
            )
        # Of a link, what it leads to is replaced, and the link stays.
        path = path.resolve()
        remove(path)
    path.mkdir(parents=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` beside itself and rename it, so that there is the old file or the new one."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_bytes(content)
    except OSError:  # on a full disk, give back what little was written
        beside.unlink(missing_ok=True)
        raise
    os.replace(beside, path)


def make_folder(root: Path, *below: str) -> Path:
    """The folder `below` an existing `root`. A trace that was taken away is not made anew, it is an error."""
    for part in below:
        root = root / part
        root.mkdir(exist_ok=True)
    return root


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
