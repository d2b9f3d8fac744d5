"""A lecture becomes one film: its lessons and title cards are rendered side by side, and joined."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from derivviz import library
from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError
from derivviz.publishing import cards
from derivviz.publishing.cards import Card
from derivviz.rendering.plan import Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render

Progress = Callable[[int, int], None]
POLL = 0.3  # seconds between looks at how far the lessons are


@dataclass(frozen=True)
class Piece:
    """A lesson or a title card, as plain data that another process renders.

    Attributes
    ----------
    source
        A lesson's file, and the class in it where it has several; or a title card.
    stage, quality
        How it is rendered.
    film
        Where the film of it goes.
    name
        What messages call it.
    """

    source: Path | Card
    scene: str | None
    stage: Stage
    quality: Quality
    film: Path
    name: str

    @property
    def note(self) -> Path:
        """Where its process writes how far it is."""
        return self.film.with_suffix(".frames")


def render_all(
    pieces: Sequence[Piece], *, workers: int, strict: bool, cache: Path | None, progress: Progress
) -> list[Rendering]:
    """Render pieces side by side, with so many processes that draw in all.

    A piece whose process dies is tried once more.

    Raises
    ------
    DerivvizError
        When a process dies twice, or from a lesson itself, which the message names.
    """
    made: dict[Path, Rendering] = {}
    for side in (min(workers, len(pieces)), 1):
        left = [piece for piece in pieces if piece.film not in made]
        if left:
            each = max(1, workers // side)
            made |= _round(left, side, each, strict, cache, lambda: _tell(pieces, progress))
    for piece in pieces:
        if piece.film not in made:
            raise DerivvizError(
                f"{piece.name}: the process that rendered it was killed, and so was the one that tried again. "
                "Memory may be short: try fewer --workers, or a lower -q"
            )
    return [made[piece.film] for piece in pieces]


def _round(
    pieces: Sequence[Piece],
    side: int,
    workers: int,
    strict: bool,
    cache: Path | None,
    tell: Callable[[], None],
) -> dict[Path, Rendering]:
    """Render pieces, so many at a time, by their films; those whose process died are left out."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = before or "0"  # the same order of sets in every process
    pool = ProcessPoolExecutor(side, mp_context=multiprocessing.get_context("spawn"))
    try:
        with _deaf():
            asked = {pool.submit(_work, piece, workers, strict, cache): piece for piece in pieces}
        waiting: set[Future[Rendering]] = set(asked)
        while waiting:
            done, waiting = wait(waiting, POLL, FIRST_EXCEPTION)
            tell()
            for future in done:
                if isinstance(error := future.exception(), Exception) and not isinstance(
                    error, BrokenProcessPool
                ):
                    raise _named(asked[future], error)
        return {piece.film: future.result() for future, piece in asked.items() if not future.exception()}
    finally:
        for process in list((pool._processes or {}).values()):
            with suppress(ProcessLookupError, TypeError):
                os.kill(process.pid, signal.SIGINT)  # type: ignore[arg-type]
        pool.shutdown(wait=True, cancel_futures=True)
        if before is None:
            del os.environ["PYTHONHASHSEED"]


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started here ignore Ctrl-C until they are at work: they are told by this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(piece: Piece, workers: int, strict: bool, cache: Path | None) -> Rendering:
    """Render a piece; interrupted, leave nothing behind."""
    signal.signal(signal.SIGINT, _once)
    if isinstance(piece.source, Card):
        scene = cards.scene(piece.source)
    else:
        scene = find_scene(library.load(piece.source), piece.scene)

    def note(done: int, total: int) -> None:
        piece.note.write_text(f"{done} {total}")

    try:
        return render(
            scene,
            piece.film,
            piece.quality,
            piece.stage,
            workers=workers,
            strict=strict,
            cache=cache,
            progress=note,
        )
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _once(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # what is thrown away now is not to be interrupted again
    raise KeyboardInterrupt


def _tell(pieces: Sequence[Piece], progress: Progress) -> None:
    """Frames done of all pieces, and frames in all once every piece knows its own."""
    done, total, known = 0, 0, True
    for piece in pieces:
        try:
            own, of = piece.note.read_text().split()
        except (FileNotFoundError, ValueError):  # not begun, or being written
            own = of = "0"
        done, total, known = done + int(own), total + int(of), known and int(of) > 0
    progress(done, total if known else 0)


def _named(piece: Piece, error: Exception) -> Exception:
    """An error of a lesson, with the place in the lecture that it comes from."""
    if isinstance(error, DerivvizError):
        return type(error)(f"{piece.name}: {error}")
    return DerivvizError(f"{piece.name}: {type(error).__name__}: {error}")
