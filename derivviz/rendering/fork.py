"""Fork and join: the walking process leaves a copy of itself for every chunk, which draws it."""

from __future__ import annotations

import gc
import os
import pickle
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Collection
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any, NoReturn

from derivviz.rendering.copying import THREADED as THREADED
from derivviz.rendering.copying import is_safe as is_safe
from derivviz.rendering.encode import Segment
from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.share import Share
from derivviz.rendering.store import Store


class Forked(Share):
    """Has every chunk drawn by a child of its own, so many at a time.

    A child inherits the scene as it is, without the cost of a copy, plays on from there, and ends with its chunk.
    It is forked where that begins; but while no core idles, the walk plays on and keeps what it sees, which the
    child draws first.

    Parameters
    ----------
    folder
        Where the segments go.
    workers
        Most children at a time.
    wanted
        Draw none but these; None for all.
    tell
        Called whenever a chunk is done, with the frames in all; 0 while that is not known.
    store
        Where chunks are kept under what they show; None to keep none.
    """

    def __init__(
        self,
        folder: Folder,
        workers: int,
        wanted: Collection[int] | None = None,
        tell: Callable[[int], None] = lambda frames: None,
        store: Store | None = None,
    ) -> None:
        self.folder, self.workers, self.wanted, self.tell = folder, workers, wanted, tell
        self.store, self.digests = store, store is not None
        self.children: dict[int, int] = {}  # process by the pipe that it holds open as long as it lives
        self.frames = 0
        self.error: BaseException | None = None
        self.parent, self.pipe = os.getpid(), -1

    @property
    def is_child(self) -> bool:
        """Whether this process is a copy of the one that began to walk."""
        return os.getpid() != self.parent

    def take(self, chunk: Chunk) -> Segment | None:
        if not self._is_wanted(chunk):
            return None
        self.make_room()
        if (copy := self.copy()) is not None:
            child, pipe = copy
            self.children[pipe] = child
            return None
        return self.begin(chunk)

    def waits(self, chunk: Chunk) -> bool:
        """As long as no core idles: the walk takes one. What a child inherits it need not play again."""
        self.reap(0)
        return self._is_wanted(chunk) and len(self.children) >= self.workers - 1

    def begin(self, chunk: Chunk) -> Segment:
        """In a child: a segment to draw a chunk into."""
        try:
            return self.folder.begin(chunk)
        except BaseException as error:
            self.say(error)

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        self.folder.end(chunk, drawn)
        if self.store is not None:
            self.store.keep(self.folder, chunk, content)
        os._exit(0)

    def _is_wanted(self, chunk: Chunk) -> bool:
        return self.error is None and (self.wanted is None or chunk.number in self.wanted)

    def copy(self) -> tuple[int, int] | None:
        """Leave a copy of this process: its number, and the pipe that it holds open; None in the copy."""
        ours, theirs = os.pipe()
        numbers = random.getstate()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():  # a progress bar's thread does no harm: no child uses what it holds
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child:
            os.close(theirs)
            return child, ours
        os.close(ours)
        self.pipe = theirs
        random.setstate(numbers)  # Python gives a child random numbers of its own
        _settle()
        return None

    def make_room(self) -> None:
        """Wait until another child may draw."""
        while len(self.children) >= self.workers:
            self.reap()

    def finish(self, frames: int) -> None:
        self.frames = frames
        while self.children:
            self.reap()
        if self.error is not None:
            raise self.error

    def failed(self, error: BaseException) -> None:
        if self.is_child:
            self.say(error)
        for child in self.children.values():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for pipe in list(self.children):
            self._close(pipe)

    def reap(self, seconds: float | None = None) -> None:
        """Wait for a child, whichever ends first, or so long. One that was killed leaves no note of its chunk."""
        ended: Any = wait(list(self.children), seconds)
        for pipe in ended:
            told = b""
            while more := os.read(pipe, 1 << 16):
                told += more
            self._close(pipe)
            if told and self.error is None:
                self.error = pickle.loads(told)
        if ended:
            self.tell(self.frames)

    def _close(self, pipe: int) -> None:
        os.close(pipe)
        with suppress(ChildProcessError):
            os.waitpid(self.children.pop(pipe), 0)

    def say(self, error: BaseException) -> NoReturn:
        """Tell the parent what went wrong, and end."""
        if isinstance(error, OSError):  # PyAV has kinds of its own, which do not travel
            error = OSError(error.errno, error.strerror)
        try:
            said = pickle.dumps(error)
            pickle.loads(said)
        except Exception:  # an exception of a scene's own need not travel
            said = pickle.dumps(RuntimeError("".join(traceback.format_exception(error))))
        with suppress(OSError):
            while said:
                said = said[os.write(self.pipe, said) :]
        os._exit(1)


def _settle() -> None:
    """Make a child quiet and frugal: its parent speaks for it, and ends it on Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    gc.freeze()  # what is inherited is never collected, so its memory stays shared
