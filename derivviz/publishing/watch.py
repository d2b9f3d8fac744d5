"""Watch a lesson's file: render it again whenever it is saved, and show it on a page that reloads by itself."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import av

from derivviz.animation.lesson import Beat
from derivviz.publishing.warm import Copy, Failed, Glimpsed, Learnt, Make, Told, render_here
from derivviz.rendering import copying
from derivviz.rendering.plan import Rendering

POLL = 0.1  # seconds between looks at the files
Stamp = tuple[int, int]  # what tells a file from the same file saved again
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
        self.films, self.beat, self.start = 0, 0, 0.0
        self.alone = False  # whether it is a beat alone that is shown
        self.parts: list[bytes] = []
        shutil.copy(PAGE, folder / "index.html")
        self._say()

    def wait(self) -> None:
        """Show that something is being made, and nothing more of what was wrong."""
        self._say(busy=True)

    def glimpse(self, beat: int, film: Path) -> None:
        """Show a beat alone, while the whole is being made."""
        self.beat, self.start, self.alone = beat, 0.0, True
        self._put(film)
        self._say(busy=True)

    def show(self, made: Rendering) -> int | None:
        """Show a film from the first beat on that is not as it was; its number, None where nothing changed."""
        before, self.parts = self.parts, parts(made.path, made.plan.beats)
        same = 0
        while same < min(len(before), len(self.parts)) and before[same] == self.parts[same]:
            same += 1
        beats = made.plan.beats
        changed = self.parts != before
        if changed or self.alone:
            self.beat = min(same if changed else self.beat, len(beats))
            self.start = beats[self.beat - 1].start if self.beat else 0.0
            self.alone = False
            self._put(made.path)
        self._say(warnings="\n".join(map(str, made.plan.problems)))
        return self.beat if changed else None

    def fail(self, message: str) -> None:
        """Show what is wrong, over the film as it was."""
        self._say(error=message)

    def _put(self, film: Path) -> None:
        self._write("film.mp4", film.read_bytes())
        self.films += 1

    def _say(self, *, error: str = "", warnings: str = "", busy: bool = False) -> None:
        state = {
            "title": self.title,
            "film": self.films,
            "beat": self.beat,
            "start": self.start,
            "alone": self.alone,
            "busy": busy,
            "error": error,
            "warnings": warnings,
        }
        self._write("state.json", json.dumps(state).encode())

    def _write(self, name: str, content: bytes) -> None:
        """Put a file in its place when it is whole."""
        beside = self.folder / "part"
        beside.write_bytes(content)
        beside.replace(self.folder / name)


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
    make: Make,
    *,
    opened: Callable[[str], None],
    glimpsed: Callable[[int], None],
    changed: Callable[[int | None, Rendering], None],
    failed: Callable[[str], None],
) -> None:
    """Render a file whenever it, or a module beside it that it imports, is saved, until interrupted.

    Where this process may be copied, a copy renders, and the next save interrupts it.

    Parameters
    ----------
    source
        The lesson's file.
    make
        Renders it, and calls its argument with the first beat that changed as soon as that is there.
    opened
        Told the address of the page.
    glimpsed
        Told the number of a beat that is shown by itself, while the whole is being made.
    changed
        Told after each render: the first beat that changed, 0 for the film from its start, None where none did;
        and what was made.
    failed
        Told what went wrong; the next save is another chance.
    """
    sys.dont_write_bytecode = True  # what is saved twice within a second would be taken for the same
    with tempfile.TemporaryDirectory(prefix="derivviz-") as name, served(Path(name)) as address:
        opened(address)
        watcher = Watcher(source, make, Page(Path(name), source.stem), glimpsed, changed, failed)
        try:
            while True:
                watcher.look()
        finally:
            watcher.end()


@dataclass
class Watcher:
    """Looks at the files again and again, and sees to it that they are rendered; arguments as for `watch`."""

    source: Path
    make: Make
    page: Page
    glimpsed: Callable[[int], None]
    changed: Callable[[int | None, Rendering], None]
    failed: Callable[[str], None]

    def __post_init__(self) -> None:
        self.files, self.stamps = {self.source}, dict[Path, Stamp]()
        self.began = 0  # the last render, in nanoseconds
        self.copy: Copy | None = None
        self.ready: Iterator[None] = iter(())

    def look(self) -> None:
        """Look once, and take at most `POLL` seconds where nothing is to be done."""
        now = stamps(self.files)
        if self.source in now and now != self.stamps:
            self.stamps, self.began = now, time.time_ns()
            self.end()
            self.page.wait()
            if copying.is_safe():
                self.copy = Copy(self.source, self.make, self.page.folder)
            else:
                render_here(self.source, self.make, self.page.folder, self.hear)
        if self.copy is not None:
            self._listen(self.copy)
        elif next(self.ready, "done") == "done":
            time.sleep(POLL)

    def hear(self, news: Told) -> None:
        """Show and tell what comes of a render."""
        if isinstance(news, Learnt):
            new = stamps(news.files - self.files)
            # one that was saved since the render began may have been read before
            self.stamps |= {file: stamp for file, stamp in new.items() if stamp[0] < self.began}
            self.files |= new.keys()
            self.ready = news.prepare()
        elif isinstance(news, Glimpsed):
            self.page.glimpse(news.beat, news.film)
            self.glimpsed(news.beat)
        elif isinstance(news, Failed):
            self.page.fail(news.message)
            self.failed(news.message)
        else:
            self.changed(self.page.show(news), news)

    def end(self) -> None:
        """End what is being rendered."""
        if self.copy is not None:
            self.copy.end()
        self.copy = None

    def _listen(self, copy: Copy) -> None:
        try:
            news = copy.told(POLL)
        except EOFError:
            news = Failed("the process that rendered it was killed: memory may be short, try fewer --workers")
        if news is not None:
            self.hear(news)
        if isinstance(news, Failed | Rendering):
            self.end()


def stamps(files: Iterable[Path]) -> dict[Path, Stamp]:
    """The stamps of files; those that are being replaced have none."""
    found = {}
    for file in files:
        with suppress(OSError):
            stat = file.stat()
            found[file] = stat.st_mtime_ns, stat.st_size
    return found
