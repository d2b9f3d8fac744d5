"""A scene that was rendered before is followed frame by frame: what looks as it did is taken from the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

from derivviz.rendering.encode import Segment
from derivviz.rendering.folder import Folder
from derivviz.rendering.fork import Forked
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.share import Share
from derivviz.rendering.store import Store

STRETCH = 4  # chunks of a beat that one child waits for: a copy costs more than following a chunk

Glimpse = Callable[[Sequence[Chunk]], None]


class LookUp(Share):
    """Draws nothing: puts the chunks that are kept in their places, and knows which are not.

    Attributes
    ----------
    missing
        Numbers of the chunks that have to be drawn.
    """

    digests = follows = True

    def __init__(self, folder: Folder, store: Store) -> None:
        self.folder, self.store = folder, store
        self.missing: list[int] = []

    def take(self, chunk: Chunk) -> Segment | None:
        return None

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        if not self.store.restore(self.folder, chunk, drawn, content):
            self.missing.append(chunk.number)


class Followed(Forked):
    """Looks in the store for what every chunk shows, and leaves copies of this process to draw what is not there.

    To know what a chunk shows, the walk plays all of it. A child is left behind where a stretch of chunks begins,
    and waits for word of which to draw; then it goes that way again.

    Parameters
    ----------
    folder, workers, tell, store
        As for `Forked`.
    glimpse
        Called with the chunks of the first beat that is not as it was, as soon as they are all there; those of
        a scene without beats are all of one.
    """

    follows = True

    def __init__(
        self,
        folder: Folder,
        workers: int,
        tell: Callable[[int], None],
        store: Store,
        glimpse: Glimpse | None = None,
    ) -> None:
        super().__init__(folder, workers, None, tell, store)
        self.known = LookUp(folder, store)
        self.glimpse = glimpse
        self.chunks: list[Chunk] = []
        self.stretch: list[Chunk] = []
        self.waiting: tuple[int, int, int] | None = None  # the child that waits, its pipe, and the one to it

    def take(self, chunk: Chunk) -> Segment | None:
        if self.is_child:
            return self.begin(chunk) if chunk.number in self._ours else None
        self.chunks.append(chunk)
        if self.stretch and chunk.beat == self.stretch[0].beat and len(self.stretch) < STRETCH:
            self.stretch.append(chunk)
            return None
        self._end_stretch()
        self.stretch = [chunk]
        if self.error is None and self._wait_here():
            return self.begin(chunk) if chunk.number in self._ours else None
        return None

    def waits(self, chunk: Chunk) -> bool:
        return False

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        if not self.is_child:
            self.known.done(chunk, drawn, content)
            self._show()
            return
        self.folder.end(chunk, drawn)
        self.known.store.keep(self.folder, chunk, content)
        self._ours.discard(chunk.number)
        if not self._ours:
            os._exit(0)

    def finish(self, frames: int) -> None:
        if self.is_child:  # the scene is not the one that was followed
            os._exit(0)
        self.frames = frames
        self._end_stretch()
        while self.children:
            self.reap()
            self._show(ended=True)
        super().finish(frames)

    def failed(self, error: BaseException) -> None:
        if not self.is_child:
            self._send_home()
        super().failed(error)

    # ---- a stretch --------------------------------------------------------------------------------------

    def _wait_here(self) -> bool:
        """Leave a child that waits for word, and return at once; in the child, True when word has come."""
        go, word = os.pipe()
        if (copy := self.copy()) is not None:
            os.close(go)
            self.waiting = *copy, word
            return False
        os.close(word)
        with open(go, "rb") as said:
            self._ours = {int(number) for number in said.read().split()}
        if not self._ours:
            os._exit(0)
        self.follows = False
        return True

    def _end_stretch(self) -> None:
        """Have the child that waits draw what is missing of its stretch, or go."""
        missing = {chunk.number for chunk in self.stretch}.intersection(self.known.missing)
        if not missing or self.waiting is None:
            self._send_home()
            return
        self.make_room()
        child, pipe, word = self.waiting
        self.waiting = None
        self.children[pipe] = child
        # one that was killed does not hear it, and its chunks are found to be missing
        with suppress(BrokenPipeError), open(word, "wb") as said:
            said.write(b" ".join(b"%d" % number for number in sorted(missing)))

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

    def _show(self, *, ended: bool = False) -> None:
        """Give the glimpse, once all of its beat is there and fits together."""
        if self.glimpse is None or not self.known.missing:
            return
        beat = self.chunks[self.known.missing[0]].beat
        chunks = [chunk for chunk in self.chunks if chunk.beat == beat]
        if not ended and self.chunks[-1].beat == beat:
            return
        drawn = [self.folder.drawn(chunk.number) for chunk in chunks]
        whole = [part for part in drawn if part is not None]
        if len(whole) < len(drawn):
            return
        glimpse, self.glimpse = self.glimpse, None
        if all(one.after == other.before for one, other in pairwise(whole)):
            glimpse(chunks)
