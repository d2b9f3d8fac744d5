"""Shares of a render for workers that have nothing in common: each walks through the scene itself.

For systems and processes that cannot be copied. It costs a walk a worker, and gives the same bytes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from manim import Scene

from derivviz import library
from derivviz.animation.stage import Stage
from derivviz.rendering.folder import Folder
from derivviz.rendering.follow import LookUp
from derivviz.rendering.plan import Walked
from derivviz.rendering.quality import Quality
from derivviz.rendering.share import Nothing, Own, Share
from derivviz.rendering.store import Store
from derivviz.rendering.walk import walk

Found = TypeVar("Found")
POLL = 0.2  # seconds between looks at what is done


@dataclass(frozen=True)
class Job:
    """All that a worker needs to know to draw its share, as plain data."""

    source: Path
    scene: str
    quality: Quality
    stage: Stage
    folder: Path
    kind: str
    rank: int
    of: int
    wanted: frozenset[int] | None
    careful: bool
    store: Store | None

    @property
    def segments(self) -> Folder:
        """Where the segments go."""
        return Folder(self.folder, self.kind, self.quality)


def is_possible(scene: type[Scene]) -> bool:
    """Whether a worker can find the scene again: it is a class of a file, by its name."""
    source = getattr(sys.modules.get(scene.__module__), "__file__", None)
    return source is not None and getattr(sys.modules[scene.__module__], scene.__name__, None) is scene


def work(job: Job) -> Walked:
    """Draw a share."""
    return _walked(job, Own(job.segments, job.rank, job.of, job.wanted, store=job.store))


def look_up(job: Job) -> tuple[Walked, frozenset[int]]:
    """Take from the store what is there, and say which chunks are not."""
    assert job.store is not None
    share = LookUp(job.segments, job.store)
    return _walked(job, share), frozenset(share.missing)


def _walked(job: Job, share: Share) -> Walked:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends this one
    scene = getattr(library.load(job.source), job.scene)
    return walk(scene, job.quality, job.stage, share, careful=job.careful)


def shares(
    scene: type[Scene],
    stage: Stage,
    folder: Folder,
    workers: int,
    *,
    careful: bool,
    wanted: Collection[int] | None,
    store: Store | None = None,
) -> list[Job]:
    """The share of each worker."""
    source = Path(str(sys.modules[scene.__module__].__file__)).resolve()
    chosen = None if wanted is None else frozenset(wanted)
    return [
        Job(
            source,
            scene.__name__,
            folder.quality,
            stage,
            folder.path,
            folder.kind,
            rank,
            workers,
            chosen,
            careful,
            store,
        )
        for rank in range(workers)
    ]


def spread(
    scene: type[Scene],
    stage: Stage,
    folder: Folder,
    workers: int,
    *,
    careful: bool,
    wanted: Collection[int] | None,
    tell: Callable[[int], None],
    store: Store | None = None,
    follows: bool = False,
) -> Walked | None:
    """Have a scene drawn by fresh processes, a share each.

    Parameters
    ----------
    scene, stage, folder, workers, careful, wanted, tell
        As for `derivviz.rendering.fork.Forked` and `walk`.
    store
        Where chunks are kept under what they show; None to keep none.
    follows
        Look there first: one of the processes follows the scene, and only what it does not find is drawn.

    Returns
    -------
    walked
        None when the workers found different things. Where one died, this process has walked, too, to know
        what is missing.
    """
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = before or "0"  # the same order of sets in every worker
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    found: list[Walked] = []
    died = False
    try:
        if store is not None and follows:
            jobs = shares(scene, stage, folder, 1, careful=careful, wanted=wanted, store=store)
            looked, died = gather(pool, look_up, jobs, tell)
            if looked:
                found.append(looked[0][0])
                wanted = looked[0][1]
        if not died and (wanted is None or wanted):
            jobs = shares(scene, stage, folder, workers, careful=careful, wanted=wanted, store=store)
            drew, died = gather(pool, work, jobs, tell)
            found += drew
    finally:
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)
        if before is None:
            del os.environ["PYTHONHASHSEED"]
    if died:
        found.append(walk(scene, folder.quality, stage, Nothing(), careful=careful))
    alike = {(walked.chunks, walked.final) for walked in found}
    return found[0] if len(alike) == 1 else None


def gather(
    pool: Executor, do: Callable[[Job], Found], jobs: list[Job], tell: Callable[[int], None]
) -> tuple[list[Found], bool]:
    """What the workers of a pool found, and whether one died: a pool then ends them all."""
    waiting: set[Future[Found]] = {pool.submit(do, job) for job in jobs}
    asked = list(waiting)
    while waiting:
        _, waiting = wait(waiting, POLL, FIRST_EXCEPTION)
        tell(0)
    found, died = [], False
    for future in asked:
        try:
            found.append(future.result())
        except BrokenProcessPool:
            died = True
    return found, died
