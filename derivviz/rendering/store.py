"""Encoded chunks, kept between renders under the digest of what they show.

A chunk is taken from here only when every coordinate, colour and image of every one of its frames is what it
was, and so are the sizes, the encoder and the code that draws: its bytes are then the ones that drawing it anew
would give. Files appear whole, are checked when they are read, and may be deleted at any time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b, file_digest
from importlib.metadata import version
from pathlib import Path

from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.quality import Quality

LIMIT = 2 * 10**9
"""Bytes that may be kept; beyond, what was not used for longest goes."""

CHECK = 32  # bytes of a digest before the rest of a file


def default_folder() -> Path:
    """Where the user's system keeps caches: ``~/.cache/derivviz/chunks`` on Linux ($XDG_CACHE_HOME)."""
    from platformdirs import user_cache_path

    return user_cache_path("derivviz", appauthor=False) / "chunks"


class Store:
    """Chunks of one kind and quality.

    Parameters
    ----------
    folder
        Where they are kept, with those of all others.
    kind
        Suffix of the segments.
    quality
        Size and frame rate.
    limit
        Bytes that may be kept.
    """

    def __init__(self, folder: Path, kind: str, quality: Quality, limit: int = LIMIT) -> None:
        self.folder, self.kind, self.limit = folder, kind, limit
        self.made_by = f"{kind} {quality!r} {tools()}"

    def keep(self, folder: Folder, chunk: Chunk, content: str | None) -> None:
        """Keep a chunk that was drawn, by the digest of what it shows; one that has none is not kept."""
        if content is not None:
            self.put(self._address(chunk, content), folder.segment(chunk.number))

    def restore(self, folder: Folder, chunk: Chunk, drawn: Drawn, content: str | None) -> bool:
        """Whether a chunk that shows this is kept; then it is in its place now, and noted as whole."""
        kept = None if content is None else self.take(self._address(chunk, content))
        if kept is None:
            return False
        folder.segment(chunk.number).write_bytes(kept)
        folder.end(chunk, drawn)
        return True

    def _address(self, chunk: Chunk, content: str) -> str:
        """A segment of a GIF depends on where it begins, for a GIF has fewer pictures than the film."""
        return f"{content} {chunk.frame}" if self.kind == "gif" else content

    def take(self, address: str) -> bytes | None:
        """The bytes of a chunk; None when it is not there, or not whole."""
        path = self._path(address)
        try:
            content = path.read_bytes()
            if content[:CHECK] != blake2b(content[CHECK:], digest_size=CHECK).digest():
                path.unlink()
                return None
            os.utime(path)
        except OSError:
            return None
        return content[CHECK:]

    def put(self, address: str, segment: Path) -> None:
        """Keep a chunk. A disk that is full, or may not be written, keeps none."""
        path = self._path(address)
        beside = path.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            content = segment.read_bytes()
            beside.write_bytes(blake2b(content, digest_size=CHECK).digest() + content)
            beside.replace(path)
        except OSError:
            with suppress(OSError):
                beside.unlink()

    # ---- what was rendered before ------------------------------------------------------------------------

    def knows(self, scene: str) -> bool:
        """Whether this scene was rendered before: only then is it worth while to look for its chunks."""
        return self._mark(scene).exists()

    def remember(self, scene: str) -> None:
        """Note that a scene was rendered, and keep to the limit."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._mark(scene).touch()
        prune(self.folder, self.limit)

    def _path(self, address: str) -> Path:
        return self.folder / f"{_digest(self.made_by, address)}.chunk"

    def _mark(self, scene: str) -> Path:
        return self.folder / f"{_digest(self.made_by, scene)}.seen"


def prune(folder: Path, limit: int) -> None:
    """Remove what was not used for longest until no more than so many bytes are left."""
    files = sorted(_files(folder), key=lambda file: file[1], reverse=True)
    total = 0
    for path, _, size in files:
        total += size
        if total > limit:
            with suppress(OSError):
                path.unlink()


def clear(folder: Path) -> int:
    """Remove everything; returns how many bytes that were."""
    total = 0
    for path, _, size in _files(folder):
        with suppress(OSError):
            path.unlink()
            total += size
    return total


def _files(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """Files of a store, when each was last used, and its bytes; others may remove them meanwhile."""
    for pattern in ("*.chunk", "*.seen", "*.part"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                stat = path.stat()
                yield path, stat.st_mtime, stat.st_size


@cache
def tools() -> str:
    """Everything but the scene that the bytes of a chunk depend on: libraries, and the code that draws."""
    import av
    import cairo

    names = ("manim", "av", "pycairo", "numpy", "pillow")
    libraries = [f"{name} {version(name)}" for name in names]
    libraries += [cairo.cairo_version_string(), repr(sorted(av.library_versions.items()))]
    code = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        with path.open("rb") as file:
            code.append(file_digest(file, "sha256").hexdigest())
    return _digest(*libraries, *code)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=20).hexdigest()
