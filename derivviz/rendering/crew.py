"""Those who draw a scene: side by side where that can be, again where one died, by one where it must be."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from manim import Scene

from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError
from derivviz.rendering import cluster, fork, join, spawn
from derivviz.rendering.folder import Folder
from derivviz.rendering.follow import Followed, Glimpse
from derivviz.rendering.plan import Walked
from derivviz.rendering.share import NeedsOnePieceError, Own
from derivviz.rendering.store import Store
from derivviz.rendering.walk import walk

Progress = Callable[[int, int], None]


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Crew:
    """Those who draw a scene, where, and in which store they look for what was drawn before."""

    scene: type[Scene]
    stage: Stage
    folder: Folder
    workers: int
    start: str
    progress: Progress
    store: Store | None = None
    scheduler: str | None = None
    glimpse: Glimpse | None = None

    @property
    def identity(self) -> str:
        """The scene by its file and name."""
        source = getattr(sys.modules.get(self.scene.__module__), "__file__", None)
        return f"{source and Path(source).resolve()}:{self.scene.__name__}"

    def tell(self, frames: int) -> None:
        """Say how many frames are drawn of so many; 0 while that is not known."""
        self.progress(self.folder.done(), frames)

    def draw(self, *, careful: bool, wanted: Collection[int] | None = None) -> Walked | None:
        """Draw chunks side by side; None when the workers do not agree on what the scene is."""
        if self.scheduler is not None:
            return cluster.spread(
                self.scheduler,
                self.scene,
                self.stage,
                self.folder,
                careful=careful,
                wanted=wanted,
                tell=self.tell,
            )
        follows = wanted is None and self._looks_up()
        if self.start != "fork":
            return spawn.spread(
                self.scene,
                self.stage,
                self.folder,
                self.workers,
                careful=careful,
                wanted=wanted,
                tell=self.tell,
                store=self.store,
                follows=follows,
            )
        share: fork.Forked
        if self.store is not None and follows:
            share = Followed(self.folder, self.workers, self.tell, self.store, self.glimpse)
        else:
            share = fork.Forked(self.folder, self.workers, wanted, self.tell, self.store)
        return walk(self.scene, self.folder.quality, self.stage, share, careful=careful)

    def _looks_up(self) -> bool:
        """Whether to look for chunks that are kept: where the scene was rendered before, and for a glimpse."""
        return self.store is not None and (self.glimpse is not None or self.store.knows(self.identity))

    def draw_in_one_piece(self) -> Walked:
        """Draw everything here, frame after frame."""
        self.folder.forget()
        share = Own(self.folder, tell=self.tell)
        return walk(self.scene, self.folder.quality, self.stage, share, careful=True)


def drawn(crew: Crew, target: join.Target) -> Walked:
    """All chunks on disk, each beginning in the state that the one before it ended in."""
    try:
        walked = None
        if crew.start != "one piece":
            walked = _side_by_side(crew, careful=False) or _side_by_side(crew, careful=True)
        walked = walked or crew.draw_in_one_piece()
    except NeedsOnePieceError:
        walked = crew.draw_in_one_piece()
    except OSError as error:
        raise target.unwritable(error) from error
    if crew.store is not None:
        crew.store.remember(crew.identity)
    crew.progress(walked.plan.frames, walked.plan.frames)
    return walked


def _side_by_side(crew: Crew, *, careful: bool) -> Walked | None:
    """Draw a scene by many; what dies is tried once more. None when the chunks do not fit together."""
    crew.folder.forget()
    walked = crew.draw(careful=careful)
    if walked is None:
        return None
    missing = crew.folder.missing(walked.chunks)
    if missing:
        again = crew.draw(careful=careful, wanted={chunk.number for chunk in missing})
        if again is None or again.chunks != walked.chunks:
            return None
        dead = crew.folder.missing(walked.chunks)
        if dead:
            raise DerivvizError(
                f"{crew.scene.__name__}: the worker that drew the part at {dead[0]} was killed, and so was the "
                "one that tried again. Memory may be short: try fewer --workers, or a lower -q"
            )
    states = [crew.folder.drawn(chunk.number) for chunk in walked.chunks]
    known = [state for state in states if state is not None]
    begins = [state.before for state in known[1:]] + [walked.final]
    return walked if [state.after for state in known] == begins else None


def usual_start(scene: type[Scene]) -> str:
    if fork.is_safe():
        return "fork"
    return "spawn" if spawn.is_possible(scene) else "one piece"
