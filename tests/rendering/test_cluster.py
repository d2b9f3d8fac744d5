"""A cluster makes the same file as this machine, also when a worker of it dies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from manim import Scene

from derivviz import library
from derivviz.animation import Stage
from derivviz.errors import DerivvizError
from derivviz.rendering import cluster, spawn
from derivviz.rendering.folder import Folder
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render

TINY = Quality(96, 54, 40)
SOURCE = """
import os
import signal
from pathlib import Path

from manim import LEFT, Circle, Create, Dot, Scene, Square

COUNTER = Path({counter!r})  # of the workers that are still to die


class Mortal(Scene):
    def construct(self):
        square = Square()
        self.play(Create(square), run_time=3.5)
        self.add(Dot().add_updater(lambda m, dt: m.shift(dt * LEFT)))
        self.wait(2)
        left = int(COUNTER.read_text())
        if left and os.getpid() != {here}:  # which walks, too, once it knows that a share was lost
            COUNTER.write_text(str(left - 1))
            os.kill(os.getppid(), signal.SIGKILL)
        self.play(square.animate.become(Circle()), run_time=3.5)
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a scheduler with two worker processes, on loopback."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as two:
        two.wait_for_workers(2)
        yield two.scheduler_address


@pytest.fixture
def scene(tmp_path: Path) -> Callable[[int], type[Scene]]:
    """The scene of a file, and so many workers that it kills."""

    def loaded(deaths: int) -> type[Scene]:
        (tmp_path / "counter").write_text(str(deaths))
        source = tmp_path / "mortal.py"
        source.write_text(SOURCE.format(counter=str(tmp_path / "counter"), here=os.getpid()))
        return find_scene(library.load(source))

    return loaded


def made(scene: type[Scene], path: Path, **how: Any) -> bytes:
    render(scene, path, TINY, Stage(), **how)
    return path.read_bytes()


def test_a_cluster_makes_the_file_of_this_machine_though_a_worker_dies(
    address: str, scene: Any, tmp_path: Path
) -> None:
    here = made(scene(0), tmp_path / "here.mp4", start="fork", workers=2)
    done: list[int] = []
    there = made(
        scene(0), tmp_path / "there.mp4", scheduler=address, progress=lambda frames, of: done.append(frames)
    )
    assert there == here
    assert done == sorted(done)
    assert done[-1] > 100
    assert made(scene(1), tmp_path / "died.mp4", scheduler=address) == here
    assert (tmp_path / "counter").read_text() == "0"


@pytest.mark.slow
def test_a_share_that_kills_every_worker_is_named(address: str, scene: Any, tmp_path: Path) -> None:
    with pytest.raises(DerivvizError, match=r"the worker that drew the part at \d.* was killed"):
        made(scene(99), tmp_path / "doomed.mp4", scheduler=address)
    assert not (tmp_path / "doomed.mp4").exists()


def test_no_scheduler_says_how_to_start_one(scene: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(cluster, "SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(DerivvizError, match=r"no dask scheduler at tcp://127\.0\.0\.1:9.*dask scheduler"):
        made(scene(0), tmp_path / "none.mp4", scheduler="tcp://127.0.0.1:9")


def test_a_worker_with_other_versions_is_told_of(scene: Any, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "mp4", TINY)
    (job,) = spawn.shares(scene(0), Stage(), folder, 1, careful=False, wanted=None)
    errand = cluster.Errand(job, job.source.read_bytes(), "other tools")
    with pytest.raises(DerivvizError, match="other versions of derivviz, manim"):
        cluster._adopted(cluster.do(errand, tmp_path), folder)


def test_what_a_lesson_raises_there_is_raised_here(scene: Any, tmp_path: Path) -> None:
    folder = Folder(tmp_path, "mp4", TINY)
    (job,) = spawn.shares(scene(0), Stage(), folder, 1, careful=False, wanted=None)
    errand = cluster.Errand(replace(job, scene="Absent"), job.source.read_bytes(), cluster.tools())
    with pytest.raises(AttributeError, match="Absent"):
        cluster._adopted(cluster.run(errand), folder)
