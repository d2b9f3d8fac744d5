"""One file for any number of workers and either way to start them, whatever a scene does."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from manim import (
    LEFT,
    RIGHT,
    UP,
    AnimationGroup,
    Circle,
    Create,
    Dot,
    Scene,
    Square,
    Succession,
    ThreeDScene,
    TracedPath,
    Transform,
    ValueTracker,
    always_redraw,
)

from derivviz import library
from derivviz.animation import Lesson, Number, Stage
from derivviz.rendering import fork, spawn
from derivviz.rendering.encode import Segment
from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import SHORTEST_CHUNK, Chunk, Drawn
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render
from derivviz.rendering.share import Own, Share
from derivviz.rendering.walk import walk

TINY = Quality(96, 54, 40)
LONG = 3.5  # seconds: three chunks


class Pure(Lesson):
    def construct(self) -> None:
        self.say(en="One.", ko="하나.")
        square = Square(2)
        self.play(Create(square), run_time=LONG)
        self.wait(0.4)
        self.play(Succession(*(square.animate.shift(d) for d in (UP, LEFT, RIGHT))), run_time=LONG)
        self.play(Transform(square, Circle()), AnimationGroup(Create(Dot()), lag_ratio=0.5))


class Live(Lesson):
    """Updaters that follow, count, and look at the time."""

    def construct(self) -> None:
        h = ValueTracker(0.0)
        number = Number(0).add_updater(lambda m: m.set_value(h.get_value()))
        dot = Dot().add_updater(lambda m: m.move_to([h.get_value(), 0, 0]))
        again = always_redraw(lambda: Circle(0.3 + abs(h.get_value())))
        turning = Square(1).add_updater(lambda m, dt: m.rotate(dt))
        creeping = Square(0.5).add_updater(lambda m: m.shift(0.01 * RIGHT))
        self.add(number, dot, again, turning, creeping, TracedPath(dot.get_center))
        self.play(h.animate.set_value(2), run_time=LONG)
        self.wait(2)
        self.play(h.animate.set_value(-1))


class Chance(Scene):
    def construct(self) -> None:
        dot = Dot()
        dot.add_updater(lambda m: m.move_to([random.uniform(-3, 3), np.random.uniform(-2, 2), 0]))
        self.add(dot)
        self.wait(LONG)
        self.play(Create(Square(random.random())))


class Solid(ThreeDScene):
    def construct(self) -> None:
        self.set_camera_orientation(phi=1.0)
        self.begin_ambient_camera_rotation(0.5)
        self.add(Square())
        self.wait(2)
        self.stop_ambient_camera_rotation()
        self.play(Square().animate.shift(RIGHT), run_time=1)


class Until(Scene):
    """A wait that ends by itself."""

    def construct(self) -> None:
        seen: list[float] = []
        dot = Dot().add_updater(lambda m, dt: (m.shift(dt * RIGHT), seen.append(dt)))
        self.add(dot)
        self.wait_until(lambda: len(seen) > 40)
        self.play(dot.animate.shift(UP))


SCENES = (Pure, Live, Chance, Solid, Until)


def made(scene: type[Scene], folder: Path, kind: str = "mp4", **how: Any) -> bytes:
    path = folder / f"{scene.__name__}.{kind}"
    render(scene, path, TINY, Stage(), **how)
    return path.read_bytes()


@pytest.mark.parametrize("scene", SCENES)
def test_one_file_for_any_number_of_workers(tmp_path, scene):
    files = {workers: made(scene, tmp_path, start="fork", workers=workers) for workers in (1, 2, 3, 5)}
    files["again"] = made(scene, tmp_path, start="fork", workers=2)
    files["one piece"] = made(scene, tmp_path, start="one piece")
    assert len(set(files.values())) == 1, {who: hash(file) for who, file in files.items()}


@pytest.mark.parametrize("kind", ["webm", "mov", "gif"])
def test_other_formats_too(tmp_path, kind):
    files = {made(Live, tmp_path, kind, start="fork", workers=workers) for workers in (1, 3)}
    assert len(files) == 1


def loaded() -> dict[str, type[Scene]]:
    """The scenes as those of a file, which fresh processes find again."""
    module = library.load(Path(__file__))
    return {scene.__name__: find_scene(module, scene.__name__) for scene in SCENES}


@pytest.mark.slow
@pytest.mark.parametrize("name", [scene.__name__ for scene in SCENES])
def test_fresh_processes_make_the_same_file(tmp_path, name):
    scene = loaded()[name]
    assert spawn.is_possible(scene)
    files = {made(scene, tmp_path, start=start, workers=2) for start in ("fork", "spawn")}
    assert len(files) == 1


def frames_by(scene: type[Scene], careful: bool) -> list[bytes]:
    """Every frame drawn by a worker of its own chunk, or one after the other."""
    drawn: dict[int, list[bytes]] = {}

    class Keep(Segment):
        def __init__(self, number: int) -> None:
            self.frames = drawn[number] = []

        def write(self, frame: Any, repeat: int = 1, changed: Any = None) -> None:
            self.frames += [frame.tobytes()] * repeat

        def close(self) -> None: ...

    class One(Share):
        def __init__(self, number: int | None) -> None:
            self.number, self.whole = number, number is None

        def take(self, chunk: Chunk) -> Segment | None:
            return Keep(chunk.number) if self.number in (None, chunk.number) else None

    walked = walk(scene, TINY, Stage(), One(None if careful else 0), careful=careful)
    for chunk in walked.chunks[1:] if not careful else ():
        walk(scene, TINY, Stage(), One(chunk.number))
    return [frame for number in sorted(drawn) for frame in drawn[number]]


@pytest.mark.parametrize("scene", [Pure, Live])
def test_a_worker_that_jumps_to_its_chunk_draws_the_frames_that_belong_there(scene):
    stepped = frames_by(scene, careful=True)
    assert frames_by(scene, careful=False) == stepped
    assert len(set(stepped)) > 50


def test_borders_follow_from_the_scene():
    class Count(Share):
        def take(self, chunk: Chunk) -> None:
            return None

    walked = walk(Pure, TINY, Stage(), Count())
    first, second = walked.chunks[:2]
    assert (first.number, first.frame, first.time, first.beat) == (0, 0, 0.0, 1)
    assert second.frame == max(SHORTEST_CHUNK, round(1.5 * TINY.frame_rate))
    assert [c.number for c in walked.chunks] == list(range(len(walked.chunks)))
    assert str(second) == "beat 1, 1.5 s"


# ---- doubt ----------------------------------------------------------------------------------------------


class Sly(Transform):
    """An animation that pretends to be manim's and yet remembers."""

    __module__ = "manim.animation.transform"

    def interpolate_mobject(self, alpha: float) -> None:
        self.mobject.shift(0.01 * RIGHT)


class Remembers(Scene):
    def construct(self) -> None:
        self.play(Sly(Square(), Circle()), run_time=LONG)
        self.wait(0.2)


def test_a_jump_that_lands_elsewhere_is_found_out(tmp_path):
    forked = made(Remembers, tmp_path, start="fork", workers=3)  # with one, nothing is jumped through
    assert forked == made(Remembers, tmp_path, start="one piece")


class Unlike(Scene):
    """Another scene whenever it is built, so that fresh processes never agree."""

    def construct(self) -> None:
        self.play(
            Square(1 + os.getpid() % 7 + random.SystemRandom().random()).animate.shift(RIGHT), run_time=LONG
        )


@pytest.mark.slow
def test_workers_that_see_different_scenes_leave_it_to_one(tmp_path):
    scene = find_scene(library.load(Path(__file__)), "Unlike")
    assert made(scene, tmp_path, start="spawn", workers=2)


class Looks(Scene):
    """Shows its own picture."""

    def construct(self) -> None:
        square = Square(2, fill_opacity=1)
        self.play(square.animate.shift(LEFT), run_time=0.4)
        self.seen = self.renderer.get_frame()
        self.play(square.animate.shift(RIGHT), run_time=0.4)
        assert self.seen.any()


def test_a_scene_that_reads_its_own_pictures_is_drawn_in_one_piece(tmp_path):
    assert made(Looks, tmp_path, start="fork", workers=2) == made(Looks, tmp_path, start="one piece")


class Touched(Scene):
    """A later mobject moves an earlier, still one: manim shows it where it was until the play is over."""

    def construct(self) -> None:
        still, dot = Square(1), Dot()
        dot.add_updater(lambda m: still.shift(0.02 * RIGHT))
        self.add(still, dot)
        self.wait(LONG, frozen_frame=False)


def test_what_manim_takes_for_still_stays_still(tmp_path):
    assert made(Touched, tmp_path, start="fork", workers=2) == made(Touched, tmp_path, start="one piece")


# ---- where to fork --------------------------------------------------------------------------------------


def test_fork_is_for_linux_without_threads_that_compute(monkeypatch):
    for name in fork.THREADED:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert fork.is_safe()
    monkeypatch.setitem(sys.modules, "torch", object())
    assert not fork.is_safe()
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not fork.is_safe()


def test_a_class_that_no_file_holds_cannot_be_found_again():
    class Inside(Scene): ...

    assert not spawn.is_possible(Inside)
    assert spawn.is_possible(Pure)


def test_a_folder_knows_what_is_whole(tmp_path):
    folder = Folder(tmp_path, "mp4", TINY)
    chunks = [Chunk(n, n * 10, n / 2, 0) for n in range(3)]
    assert folder.missing(chunks) == chunks
    folder.end(chunks[1], Drawn(10, "a", "b"))
    assert folder.missing(chunks) == [chunks[0], chunks[2]]
    assert folder.drawn(1) == Drawn(10, "a", "b")
    assert folder.done() == 10
    share = Own(folder, 0, 1, {2})
    assert share.take(chunks[0]) is None
    assert not share.whole
    folder.forget()
    assert folder.done() == 0
