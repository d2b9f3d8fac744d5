"""Watch a lesson's file: render it again whenever it is saved, and show it on a page that reloads by itself."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import av

from derivviz.animation.lesson import Beat
from derivviz.rendering.plan import Rendering

POLL = 0.2  # seconds between looks at the file
PAGE = Path(__file__).with_name("watch.html")


class Page:
    """A folder that a browser is shown, and what is in it.

    Parameters
    ----------
    folder
        An empty folder.
    title
        What the browser calls it.
    """

    def __init__(self, folder: Path, title: str) -> None:
        self.folder, self.title = folder, title
        self.films, self.start = 0, 0.0
        self.parts: list[bytes] = []
        shutil.copy(PAGE, folder / "index.html")
        self._say("")

    def show(self, made: Rendering) -> int | None:
        """Show a film from the first beat on that is not as it was; its number, None where nothing changed."""
        before, self.parts = self.parts, parts(made.path, made.plan.beats)
        if self.parts == before:
            self._say("")
            return None
        same = 0
        while same < min(len(before), len(self.parts)) and before[same] == self.parts[same]:
            same += 1
        beats = made.plan.beats
        first = min(same, len(beats))
        self.start = beats[first - 1].start if first else 0.0
        beside = self.folder / "film.part"
        shutil.copy(made.path, beside)
        beside.replace(self.folder / "film.mp4")
        self.films += 1
        self._say("")
        return first

    def fail(self, message: str) -> None:
        """Show what is wrong, over the film as it was."""
        self._say(message)

    def _say(self, error: str) -> None:
        state = {"title": self.title, "film": self.films, "start": self.start, "error": error}
        beside = self.folder / "state.part"
        beside.write_text(json.dumps(state), encoding="utf-8")
        beside.replace(self.folder / "state.json")


def parts(film: Path, beats: Sequence[Beat]) -> list[bytes]:
    """A digest of the pictures of every beat, and before them one of what comes before the first."""
    digests = [blake2b() for _ in range(len(beats) + 1)]
    starts = [beat.start - 1e-6 for beat in beats]
    with av.open(str(film)) as opened:
        for packet in opened.demux(video=0):
            if packet.dts is not None and packet.pts is not None:
                at = float(packet.pts * packet.time_base)
                digests[sum(start <= at for start in starts)].update(bytes(packet))
    return [digest.digest() for digest in digests]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder as pages of this machine alone; yields their address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    server = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the one who watches
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def watch(
    source: Path,
    make: Callable[[], Rendering],
    *,
    opened: Callable[[str], None],
    changed: Callable[[int | None, Rendering], None],
    failed: Callable[[Exception], None],
) -> None:
    """Render a file whenever it is saved, until interrupted.

    Parameters
    ----------
    source
        The lesson's file.
    make
        Renders it.
    opened
        Told the address of the page.
    changed
        Told after each render: the first beat that is not as it was, 0 for the film from its start, None where
        nothing changed; and what was made.
    failed
        Told of what went wrong; the next save is another chance.
    """
    sys.dont_write_bytecode = True  # what is saved twice within a second would be taken for the same
    with tempfile.TemporaryDirectory(prefix="derivviz-") as name, served(Path(name)) as address:
        page = Page(Path(name), source.stem)
        opened(address)
        stamp = None
        while True:
            before, stamp = stamp, _stamp(source)
            if stamp is not None and stamp != before:
                try:
                    made = make()
                    changed(page.show(made), made)
                except Exception as error:  # whatever is wrong with a file that is being worked on
                    page.fail(f"{type(error).__name__}: {error}")
                    failed(error)
            time.sleep(POLL)


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells a file from the same file saved again; None while it is being replaced."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
