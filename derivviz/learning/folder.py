"""What lies in a folder of pictures: one sub-folder a class, in whatever order, script and disorder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import category, normalize

from derivviz.calculus.score import DISHES, name_key
from derivviz.errors import DerivvizError

_LEFT_BY_SYSTEMS = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"}
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"}


class DataError(DerivvizError):
    """A set of pictures that nothing can be learnt from."""


@dataclass
class Inventory:
    """What a folder holds, before anything is decoded.

    Attributes
    ----------
    files
        (file, its name as text, its class) of all that may be pictures.
    folders
        For each class the names of its sub-folders: more than one where two names mean the same.
    skipped
        (name, reason) of what is left out already.
    """

    files: list[tuple[Path, str, str]] = field(default_factory=list)
    folders: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def inventory(folder: str | Path) -> Inventory:
    """List the class folders of `folder` and the files in them, by name.

    Folders within a class are not searched: in ``train/pizza/1.jpg`` the class would not be `train`. Names are
    one class when `derivviz.calculus.score.name_key` says so. Hidden files and what systems leave behind
    (``.DS_Store``, ``Thumbs.db``, …) are passed over in silence.

    Raises
    ------
    DataError
        If there is no such folder, or it cannot be opened.
    """
    root = Path(folder)
    found, names = Inventory(), dict[str, str]()
    for entry in _listed(root):
        name = text(entry.name)
        if not _is_dir(entry):
            if Path(entry.name).suffix.lower() in _SUFFIXES:
                found.skipped.append((name, "it lies beside the class folders, in none of them"))
            continue
        try:
            inside = list(_entries(Path(entry)))
        except OSError as error:
            found.skipped.append((name, f"the folder cannot be opened ({error.strerror})"))
            continue
        key = name_key(name)
        label = names.setdefault(key, key if key in DISHES else normalize("NFC", name).strip() or name)
        found.folders.setdefault(label, []).append(name)
        for file in inside:
            told = f"{name}/{text(file.name)}"
            if _is_dir(file):
                found.skipped.append((told, "a folder within a class: it is not searched"))
            else:
                found.files.append((Path(file), told, label))
    return found


def deeper(root: Path) -> Path | None:
    """A folder in `root` that has class folders itself, as ``train`` in ``train/pizza/1.jpg``."""
    for entry in _listed(root):
        if _is_dir(entry):
            try:
                if sum(_is_dir(inner) for inner in _entries(Path(entry))) > 1:
                    return Path(entry)
            except OSError:
                continue
    return None


def text(name: str) -> str:
    """A file name that can be written and printed.

    Archives from Korean Windows leave names that are no UTF-8, and a name may hold line breaks.
    """
    plain = os.fsencode(name).decode("utf-8", "replace")
    return "".join("\ufffd" if category(c) in ("Cc", "Zl", "Zp") else c for c in plain)


def _listed(root: Path) -> list[os.DirEntry[str]]:
    try:
        return list(_entries(root))
    except FileNotFoundError:
        raise DataError(
            f"There is no folder {str(root)!r}. --data wants a folder with one sub-folder a class."
        ) from None
    except NotADirectoryError:
        unpack = " Unpack it first." if root.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".7z") else ""
        raise DataError(
            f"{str(root)!r} is no folder.{unpack} --data wants a folder with one sub-folder a class."
        ) from None
    except OSError as error:
        raise DataError(f"The folder {str(root)!r} cannot be opened ({error.strerror}).") from None


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from sorted(
            (e for e in entries if not e.name.startswith(".") and e.name.lower() not in _LEFT_BY_SYSTEMS),
            key=lambda e: e.name,
        )


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
