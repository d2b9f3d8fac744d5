"""Decoded pictures, kept between runs: a file for each folder, mapped into memory instead of read.

The file is an ordinary ``.npy`` of all pictures, which ``numpy.load`` opens; behind it lie an index (JSON)
and the length of the index. Nothing in it is ever run. A file that is damaged, cut short or of another
decoder is made anew, and deleting it is always safe.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import PIL
from numpy.typing import NDArray

from derivviz.learning.pictures import DECODER, PictureError, read_picture

LIMIT = 8 * 10**9
"""Bytes that the cache may hold; beyond, what was not used for longest goes."""

SPEAK_AFTER = 5.0  # seconds between two words about how far decoding is

Say = Callable[[str], None]
Key = tuple[str, int, int]  # name below the folder, bytes, time of the last change in ns


@dataclass(frozen=True)
class Decoded:
    """Pictures, uint8 (n, side, side, 3), and for each file why it is not among them, or None."""

    images: NDArray[np.uint8]
    reasons: list[str | None]


@dataclass(frozen=True)
class _Kept:
    """An earlier `Decoded`: by key the row and checksum of a picture, or None where there was a reason.

    The reason itself is found anew each time: a file may have been locked then, and not be now.
    """

    images: NDArray[np.uint8]
    entries: dict[Key, tuple[int, int] | None]


def default_folder() -> Path:
    """Where the user's system keeps caches: ``~/.cache/derivviz/pictures`` on Linux ($XDG_CACHE_HOME)."""
    from platformdirs import user_cache_path

    return user_cache_path("derivviz", appauthor=False) / "pictures"


def decode(root: Path, files: Sequence[Path], side: int, cache: Path | None, say: Say) -> Decoded:
    """Decode the files of a folder, or take from the cache those that have not changed since.

    Parameters
    ----------
    root
        The folder that `files` lie in; each has a cache file of its own.
    side
        Width and height of the pictures in pixels.
    cache
        The folder to keep them in; None to keep nothing. Then all pictures are in memory.
    say
        Told now and then how far a long decoding is, and why nothing could be kept.
    """
    if cache is None:
        return _in_memory(files, side, say)
    place = root.resolve()
    path = cache / f"{sha256(os.fsencode(place)).hexdigest()[:24]}-{side}.npy"
    keys = [_key(root, file) for file in files]
    kept = _load(path, side)
    if kept and list(kept.entries) == keys:
        reasons = [
            None if entry else _reason(file, side)
            for file, entry in zip(files, kept.entries.values(), strict=True)
        ]
        if sum(reason is None for reason in reasons) == len(kept.images):
            with contextlib.suppress(OSError):
                os.utime(path)  # used now
            return Decoded(kept.images, reasons)
    try:
        return _renew(path, files, keys, kept, side, say)
    except OSError as error:
        say(f"Decoded pictures are not kept: {path.parent} cannot be written ({error.strerror or error}).")
        return _in_memory(files, side, say)


def _in_memory(files: Sequence[Path], side: int, say: Say) -> Decoded:
    images = np.empty((len(files), side, side, 3), np.uint8)
    reasons: list[str | None] = []
    count = 0
    for file in _watched(files, say):
        try:
            images[count] = read_picture(file, side)
            count += 1
            reasons.append(None)
        except PictureError as error:
            reasons.append(str(error))
    return Decoded(images[:count], reasons)


def _renew(
    path: Path, files: Sequence[Path], keys: list[Key], kept: _Kept | None, side: int, say: Say
) -> Decoded:
    """Write the cache file beside and rename it: another process sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    entries: list[tuple[int, int] | None] = []
    reasons: list[str | None] = []
    count = 0
    try:
        with beside.open("wb") as out:
            _write_header(out, len(files), side)
            for file, key in zip(_watched(files, say), keys, strict=True):
                entry = kept.entries.get(key) if kept else None
                try:
                    image = kept.images[entry[0]] if kept and entry else read_picture(file, side)
                except PictureError as error:
                    entries.append(None)
                    reasons.append(str(error))
                    continue
                pixels = image.tobytes()
                out.write(pixels)
                entries.append((count, zlib.crc32(pixels)))
                reasons.append(None)
                count += 1
            index = {"decoder": _decoder(), "entries": list(zip(keys, entries, strict=True))}
            trailer = json.dumps(index).encode()
            out.write(trailer + len(trailer).to_bytes(8, "little"))
            out.seek(0)
            _write_header(out, count, side)
        images = _mapped(beside, count, side)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _prune(path)
    return Decoded(images, reasons)


def _reason(file: Path, side: int) -> str | None:
    try:
        read_picture(file, side)
    except PictureError as error:
        return str(error)
    return None


def _mapped(path: Path, count: int, side: int) -> NDArray[np.uint8]:
    if count == 0:  # nothing can be mapped
        return np.empty((0, side, side, 3), np.uint8)
    images: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return images


def _write_header(out: BinaryIO, count: int, side: int) -> None:
    """NumPy leaves room in it for the first axis to grow, so that it can be written again."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, side, side, 3)}
    np.lib.format.write_array_header_1_0(out, header)


def _load(path: Path, side: int) -> _Kept | None:
    """What is kept and whole, or None. A damaged file may raise whatever it likes: it is made anew."""
    try:
        with path.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            length = int.from_bytes(file.read(8), "little")
            file.seek(-8 - length, os.SEEK_END)
            index = json.loads(file.read(length))
        if index["decoder"] != _decoder():
            return None
        entries = {
            (key[0], key[1], key[2]): entry and (entry[0], entry[1]) for key, entry in index["entries"]
        }
        rows, sums = zip(*filter(None, entries.values()), strict=True)
        images = _mapped(path, len(sums), side)
        if rows != tuple(range(len(rows))) or images.shape != (len(rows), side, side, 3):
            return None
        if any(zlib.crc32(image) != known for image, known in zip(images, sums, strict=True)):
            return None
        return _Kept(images, entries)
    except Exception:
        return None


def _decoder() -> list[Any]:
    return [DECODER, PIL.__version__]


def _key(root: Path, file: Path) -> Key:
    try:
        about = file.stat()
    except OSError:
        return (os.path.relpath(file, root), -1, -1)
    return (os.path.relpath(file, root), about.st_size, about.st_mtime_ns)


def _prune(newest: Path) -> None:
    """Bring the cache below its limit; what cannot be deleted now is deleted another time."""
    with contextlib.suppress(OSError):
        files = sorted((file.stat().st_mtime, file) for file in newest.parent.iterdir())
        total = sum(file.stat().st_size for _, file in files)
        for changed, file in files:
            abandoned = file.suffix == ".part" and time.time() - changed > 24 * 3600
            if file != newest and (abandoned or (total > LIMIT and file.suffix == ".npy")):
                total -= file.stat().st_size
                file.unlink()


def _watched(files: Sequence[Path], say: Say) -> Iterator[Path]:
    last = time.monotonic()
    for done, file in enumerate(files):
        if time.monotonic() - last > SPEAK_AFTER:
            last = time.monotonic()
            say(f"Decoding pictures: {done} of {len(files)}.")
        yield file
