"""The lock of a lecture: all that its bytes depend on, and what came out."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av

import derivviz
from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing.lecture import Lecture
from derivviz.rendering.quality import Quality

PACKAGES = ("av", "derivviz", "manim", "numpy", "pillow", "pycairo", "sympy", "typst")

Facts = dict[str, Any]


def facts(lecture: Lecture, stage: Stage, quality: Quality) -> Facts:
    """All that the bytes of a lecture depend on: settings, versions, and the SHA-256 of every file read.

    A lesson's own file is among them; modules that it imports from beside it are not.
    """
    return {
        "settings": {
            "language": stage.language,
            "theme": stage.theme.name,
            "quality": str(quality),
            "captions": stage.captions,
            "reading_speed": stage.reading_speed,
        },
        "versions": {
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "ffmpeg": av.ffmpeg_version_info,
            **{name: version(name) for name in PACKAGES},
        },
        "lecture": {lecture.path.name: _digest([lecture.path])},
        "code": {"derivviz": _digest(_code())},
        "lessons": {
            f"{number} {episode.path.stem}": {
                "file": _digest([episode.path]),
                "trace": None if episode.trace is None else _digest(_tree(episode.trace)),
            }
            for number, episode in enumerate(lecture.lessons, 1)
        },
    }


def check(path: Path, now: Facts, *, locked: bool) -> list[str]:
    """What is not as an earlier lock says, in words.

    Raises
    ------
    UsageError
        When `locked` and there is no lock.
    DerivvizError
        When `locked` and something differs, or when the lock cannot be read.
    """
    if not path.exists():
        if locked:
            raise UsageError(f"there is no lock {path}: leave --locked out, and one is written")
        return []
    differs = [
        f"{key}: {_short(then)} → {_short(value)}"
        for key, then, value in _compared(read(path), now)
        if key != "files"
    ]
    if differs and locked:
        told = "\n".join(f"  {line}" for line in differs)
        raise DerivvizError(
            f"{path} was written for something else (then → now):\n{told}\n"
            "Make these the same again, or leave --locked out to write the lock anew."
        )
    return differs


def read(path: Path) -> Facts:
    """A lock from its file."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DerivvizError(
            f"{path} is no lock that can be read: {error}. Delete it, and one is written"
        ) from error
    if not isinstance(told, dict):
        raise DerivvizError(f"{path} is no lock. Delete it, and one is written")
    return told


def written(now: Facts, files: Sequence[Path], earlier: Path | None) -> bytes:
    """The contents of a lock for files that were made.

    Parameters
    ----------
    now
        What they were made from.
    files
        The files.
    earlier
        A lock that they have to agree with, or None.

    Raises
    ------
    DerivvizError
        When a file is not what the earlier lock says; the message names it.
    """
    made = {file.name: _digest([file]) for file in files}
    if earlier is not None:
        then = read(earlier).get("files", {})
        other = [name for name in made if then.get(name) != made[name]]
        if other:
            raise DerivvizError(
                f"everything is as {earlier} says, and yet these came out with other bytes: {', '.join(other)}. "
                "Nothing was replaced. A lesson may depend on the time, on random numbers or on other files"
            )
    return (json.dumps({**now, "files": made}, ensure_ascii=False, indent=2) + "\n").encode()


def _compared(then: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The keys whose values differ, and both values."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in {**then, **now}:
            if not key and name == "files":
                continue
            yield from _compared(then.get(name), now.get(name), f"{key}.{name}".removeprefix("."))
    elif then != now:
        yield key, then, now


def _short(value: Any) -> str:
    """A value as a message shows it: of a SHA-256, the first digits."""
    if isinstance(value, str) and len(value) == 64:
        return value[:12]
    return "nothing" if value is None else str(value)


def _code() -> list[Path]:
    """The files of this package that decide what a film looks like."""
    root = Path(derivviz.__file__).parent
    rooms = ("animation", "calculus", "look", "publishing", "rendering", "trace")
    return [path for room in rooms for path in _tree(root / room) if path.suffix in (".py", ".ttf")]


def _tree(path: Path) -> list[Path]:
    """All files of a folder, in order; or the file itself."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _digest(files: Sequence[Path]) -> str:
    """SHA-256 of files: of one, as sha256sum prints it; of several, of the lines that it would print."""
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    if len(files) == 1:
        return hashes[0]
    lines = (f"{digest}  {file.name}\n" for digest, file in zip(hashes, files, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
