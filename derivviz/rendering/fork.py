"""Fork and join: the walking process leaves a copy of itself wherever a chunk begins, which draws it."""

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
    """Has every chunk drawn by a child that was forked where it begins, so many at a time.

    A child inherits the scene as it is, without the cost of a copy, plays on from there, and ends with its chunk.

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
    follows
        Look there before a chunk is drawn. To know what it shows, the walk then plays all of it, while its
        child waits.
    """

    def __init__(
        self,
        folder: Folder,
        workers: int,
        wanted: Collection[int] | None = None,
        tell: Callable[[int], None] = lambda frames: None,
        store: Store | None = None,
        follows: bool = False,
    ) -> None:
        self.folder, self.workers, self.wanted, self.tell = folder, workers, wanted, tell
        self.store, self.digests, self.follows = store, store is not None, follows
        self.waiting: tuple[int, int, int] | None = None  # the child that waits, its pipe, and the one to it
        self.children: dict[int, int] = {}  # process by the pipe that it holds open as long as it lives
        self.frames = 0
        self.error: BaseException | None = None
        self.parent, self.pipe = os.getpid(), -1

    def take(self, chunk: Chunk) -> Segment | None:
        if self.error is not None or (self.wanted is not None and chunk.number not in self.wanted):
            return None
        if not self.follows:
            self._make_room()
        ours, theirs = os.pipe()
        go, word = os.pipe()
        numbers = random.getstate()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():  # a progress bar's thread does no harm: no child uses what it holds
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child:
            os.close(theirs)
            os.close(go)
            self.waiting = child, ours, word
            if not self.follows:
                self._send()
            return None
        os.close(ours)
        os.close(word)
        self.pipe = theirs
        try:
            random.setstate(numbers)  # Python gives a child random numbers of its own
            _settle()
            if not os.read(go, 1):
                os._exit(0)
            os.close(go)
            return self.folder.begin(chunk)
        except BaseException as error:
            self._say(error)

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        if os.getpid() != self.parent:
            self.folder.end(chunk, drawn)
            if self.store is not None and content is not None:
                self.store.put(self._address(chunk, content), self.folder.segment(chunk.number))
            os._exit(0)
        if self.waiting is None:
            return
        kept = None
        if self.store is not None and content is not None:
            kept = self.store.take(self._address(chunk, content))
        if kept is None:
            self._make_room()
            self._send()
        else:
            self._send_home()
            self.folder.segment(chunk.number).write_bytes(kept)
            self.folder.end(chunk, drawn)
            self.tell(self.frames)

    def _address(self, chunk: Chunk, content: str) -> str:
        """A segment of a GIF depends on where it begins, for a GIF has fewer pictures than the film."""
        return f"{content} {chunk.frame}" if self.folder.kind == "gif" else content

    def _make_room(self) -> None:
        while len(self.children) >= self.workers:
            self._reap()

    def _send(self) -> None:
        """Have the child that waits draw."""
        assert self.waiting is not None
        child, pipe, word = self.waiting
        self.waiting = None
        with suppress(BrokenPipeError):  # it was killed, which shows when its chunk is missing
            os.write(word, b"x")
        os.close(word)
        self.children[pipe] = child

    def _send_home(self) -> None:
        """Have the child that waits, if one does, end."""
        if self.waiting is None:
            return
        child, pipe, word = self.waiting
        self.waiting = None
        os.close(word)
        os.close(pipe)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)

    def finish(self, frames: int) -> None:
        self.frames = frames
        while self.children:
            self._reap()
        if self.error is not None:
            raise self.error

    def failed(self, error: BaseException) -> None:
        if os.getpid() != self.parent:
            self._say(error)
        self._send_home()
        for child in self.children.values():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for pipe in list(self.children):
            self._close(pipe)

    def _reap(self) -> None:
        """Wait for a child, whichever ends first. One that was killed leaves no note of its chunk."""
        ended: Any = wait(list(self.children))
        for pipe in ended:
            told = b""
            while more := os.read(pipe, 1 << 16):
                told += more
            self._close(pipe)
            if told and self.error is None:
                self.error = pickle.loads(told)
        self.tell(self.frames)

    def _close(self, pipe: int) -> None:
        os.close(pipe)
        with suppress(ChildProcessError):
            os.waitpid(self.children.pop(pipe), 0)

    def _say(self, error: BaseException) -> NoReturn:
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
