"""Where a trace lies: a folder of this machine, or a URL that fsspec understands."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from zarr.abc.store import Store
from zarr.storage import FsspecStore, LocalStore

from derivviz.trace.errors import TraceError

EXTRAS = {"s3": "derivviz[s3]", "s3a": "derivviz[s3]", "gs": "derivviz[gs]", "gcs": "derivviz[gs]"}
_BLOCK = 512  # bytes that st_blocks counts in, on every system that has it


def place(path: str | os.PathLike[str]) -> Folder | Remote:
    """The place that a path or a URL names. ``file://`` is a path like any other."""
    text = os.fspath(path)
    if text.startswith("file://"):
        return Folder(Path(url2pathname(urlsplit(text).path)))
    return Remote(text) if "://" in text else Folder(Path(text))


class Folder:
    """A folder on disk. Nothing outside of it is read, whatever links lie in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = os.path.realpath(path)

    def __str__(self) -> str:
        return str(self.path)

    def below(self, name: str) -> Folder:
        """The folder `name` in it."""
        return Folder(self.path / name)

    def read(self, name: str, most: int) -> bytes:
        """The content of a file of at most `most` bytes."""
        if not self.path.exists():
            raise TraceError(f"There is no trace at {self}. 'derivviz record food -o {self}' records one.")
        if self.path.is_file():
            raise TraceError(f"{self} is a file; a trace is a folder.")
        if not (self.path / name).exists():
            raise FileNotFoundError(name)
        self.check(name, most)
        return (self.path / name).read_bytes()

    def check(self, name: str, most: int) -> None:
        """Refuse what is no plain file inside the folder, or larger than `most` bytes."""
        real = os.path.realpath(self.path / name)
        if not real.startswith(self._real + os.sep):
            raise OSError(
                f"{name} is a link that leads out of the trace; if you trust it, copy it: "
                f"cp -rL {self} COPY.zarr"
            )
        try:
            about = os.stat(real)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(about.st_mode):
            raise OSError(f"{name} is no plain file")
        if about.st_size > most:
            raise OSError(f"{name} has {about.st_size} bytes, and at most {most} make sense")

    def sizes(self) -> dict[str, int]:
        """Bytes on disk by file; a file with holes counts as what it takes, not as what it claims."""
        found = {}
        for folder, _, names in os.walk(self._real):
            for name in names:
                about = os.lstat(os.path.join(folder, name))
                if stat.S_ISREG(about.st_mode):
                    path = os.path.relpath(os.path.join(folder, name), self._real).replace(os.sep, "/")
                    blocks = getattr(about, "st_blocks", about.st_size)
                    found[path] = min(about.st_size, _BLOCK * (blocks + 8))
        return found

    def children(self) -> list[str]:
        """Names of the folders directly in it."""
        with os.scandir(self._real) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))

    def store(self) -> Store:
        """For zarr."""
        return LocalStore(self._real, read_only=True)


class Remote:
    """What a URL names: ``s3://bucket/run.zarr``, ``gs://…``, ``memory://…``, ``https://…``."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._system: tuple[Any, str] | None = None

    def __str__(self) -> str:
        return self.url

    def below(self, name: str) -> Remote:
        """The folder `name` in it."""
        return Remote(f"{self.url}/{name}")

    def read(self, name: str, most: int) -> bytes:
        """The content of a file of at most `most` bytes."""
        system, path = self._open()
        try:
            content = bytes(system.cat_file(f"{path}/{name}", start=None, end=None))
        except FileNotFoundError:
            raise
        except Exception as error:  # every file system throws its own
            raise TraceError(f"{self} cannot be read: {type(error).__name__}: {error}") from error
        if len(content) > most:
            raise OSError(f"{name} has {len(content)} bytes, and at most {most} make sense")
        return content

    def check(self, name: str, most: int) -> None:
        """There are no links to lead away; what comes is measured when it has come."""

    def sizes(self) -> dict[str, int]:
        """Bytes by file; nothing where the file system cannot list, or lists no sizes."""
        system, path = self._open()
        try:
            found = system.find(path, detail=True)
        except Exception:
            return {}
        if any(about.get("size") is None for about in found.values()):
            return {}
        start = path.lstrip("/")
        return {
            name.lstrip("/").removeprefix(start).lstrip("/"): int(about["size"])
            for name, about in found.items()
        }

    def children(self) -> list[str]:
        """Names directly in it; nothing where the file system cannot list."""
        system, path = self._open()
        try:
            return sorted(str(name).rstrip("/").rpartition("/")[2] for name in system.ls(path, detail=False))
        except Exception:
            return []

    def store(self) -> Store:
        """For zarr."""
        self._open()
        return FsspecStore.from_url(self.url, read_only=True)

    def _open(self) -> tuple[Any, str]:
        if self._system is None:
            protocol = self.url.partition("://")[0].rpartition(":")[2]
            try:
                from fsspec.core import url_to_fs

                self._system = url_to_fs(self.url)
            except (ImportError, ValueError) as error:
                raise TraceError(f"{self} cannot be opened: {_remedy(protocol, error)}") from error
            except Exception as error:
                raise TraceError(f"{self} cannot be opened: {type(error).__name__}: {error}") from error
        return self._system


def _remedy(protocol: str, error: Exception) -> str:
    if protocol in EXTRAS:
        return f"{protocol}:// needs a package more. Type  pip install '{EXTRAS[protocol]}'"
    if protocol in ("http", "https"):
        return f"{protocol}:// needs a package more. Type  pip install aiohttp"
    try:
        from fsspec.registry import known_implementations
    except ImportError:
        return "URLs need a package more. Type  pip install fsspec"
    if protocol not in known_implementations:
        return f"no package knows {protocol}://. Common ones: s3://, gs://, https://, memory://, or a path."
    return f"{protocol}:// needs a package more ({error})"
