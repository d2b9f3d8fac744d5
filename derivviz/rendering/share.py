"""Who draws which chunks of a scene that is walked through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from derivviz.rendering.encode import Segment
from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.store import Store

if TYPE_CHECKING:
    from derivviz.rendering.view import View


class NeedsOnePieceError(BaseException):
    """The scene reads its own pictures, so it has to be drawn by the process that walks through it.

    Not an `Exception`: a scene that catches those must not catch it.
    """


class NeedsOpenGLError(BaseException):
    """The scene shows what only manim's OpenGL renderer draws."""


class Share(ABC):
    """Which chunks of a walk are drawn in this process."""

    whole = False  # whether it draws every chunk, one after the other
    digests = False  # whether it wants to know by a digest what is seen in a chunk
    follows = False  # whether it wants to know that of chunks that it does not draw, too

    @abstractmethod
    def take(self, chunk: Chunk) -> Segment | None:
        """The segment that this process draws a chunk into; None to leave it to others."""

    def waits(self, chunk: Chunk) -> bool:
        """Whether a chunk is to be taken later, and what it shows kept so long."""
        return False

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        """Told when a chunk is drawn, or was followed: what came of it, and the digest of all that is seen.

        That digest is None where what is seen is not known for sure.
        """
        return

    def finish(self, frames: int) -> None:
        """Wait for what is still being drawn, when the walk is over and the number of frames known."""
        return

    def failed(self, error: BaseException) -> None:
        """Told of what ends the walk early."""
        return

    def wants(self, first: int, frames: int) -> bool:
        """Whether one of these frames is to be looked at, whoever draws it."""
        return False

    def look(self, view: View) -> None:
        """Look at wanted frames, at the scene as it stands after every play, and as it ends."""
        return


class Nothing(Share):
    """Draws nothing: to learn what a scene will be."""

    def take(self, chunk: Chunk) -> Segment | None:
        return None


class Own(Share):
    """Draws chunks in the process that walks: all of them, or one in so many.

    Parameters
    ----------
    folder
        Where the segments go.
    rank, of
        Draw the chunks whose number leaves `rank` when divided by `of`.
    wanted
        Draw none but these; None for all.
    tell
        Called whenever a chunk is done, with 0: the frames in all are not known.
    store
        Where chunks are kept under what they show; None to keep none.
    """

    def __init__(
        self,
        folder: Folder,
        rank: int = 0,
        of: int = 1,
        wanted: Collection[int] | None = None,
        tell: Callable[[int], None] = lambda frames: None,
        store: Store | None = None,
    ) -> None:
        self.store, self.digests = store, store is not None
        self.folder, self.rank, self.of, self.wanted, self.tell = folder, rank, of, wanted, tell
        self.whole = of == 1 and wanted is None

    def take(self, chunk: Chunk) -> Segment | None:
        number = chunk.number
        ours = number % self.of == self.rank and (self.wanted is None or number in self.wanted)
        return self.folder.begin(chunk) if ours else None

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        self.folder.end(chunk, drawn)
        if self.store is not None:
            self.store.keep(self.folder, chunk, content)
        self.tell(0)
