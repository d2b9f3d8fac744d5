"""Workers that are killed: their chunk is drawn once more, then it is named, and nobody is left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from manim import RIGHT, Dot, Mobject, Scene, VMobject

from derivviz import library
from derivviz.animation import Lesson, Stage
from derivviz.errors import DerivvizError
from derivviz.rendering import fork, spawn
from derivviz.rendering.render import find_scene, render

sys.path.insert(0, str(Path(__file__).parent))
from test_workers import LONG, TINY, made


class Mortal(Lesson):
    def construct(self) -> None:
        self.say(en="One.", ko="하나.")
        self.play(Dot().animate.shift(RIGHT), run_time=LONG)


def test_a_chunk_whose_worker_is_killed_is_drawn_again(tmp_path, deaths):
    deaths.write_text("1")
    once = made(Mortal, tmp_path, start="fork", workers=2)
    assert deaths.read_text() == "0"
    assert once == made(Mortal, tmp_path, start="fork", workers=2)


def test_a_chunk_whose_worker_is_killed_twice_is_named(tmp_path, deaths):
    deaths.write_text("2")
    (tmp_path / "Mortal.mp4").write_bytes(b"the earlier one")
    with pytest.raises(DerivvizError, match=r"Mortal: .* at beat 1, 1\.\d s was killed.*--workers"):
        made(Mortal, tmp_path, start="fork", workers=2)
    assert os.listdir(tmp_path) == ["Mortal.mp4"]
    assert (tmp_path / "Mortal.mp4").read_bytes() == b"the earlier one"


class Doomed(Lesson):
    """Kills a worker that draws frame 100, in the second chunk, as often as a file allows, when the first is whole.

    Fresh processes can read the file; and whichever dies, their pool ends all of them.
    """

    def construct(self) -> None:
        self.say(en="One.", ko="하나.")
        dot = Dot()

        def die(mobject: Mobject) -> None:
            log = Path(os.environ.get("DOOMED", "nowhere"))
            if self.renderer._segment is not None and self.renderer.frames == 100 and log.exists():
                left = int(log.read_text())
                if left:
                    while self.renderer.share.folder.drawn(0) is None:
                        time.sleep(0.02)
                    log.write_text(str(left - 1))
                    os.kill(os.getpid(), signal.SIGKILL)

        dot.add_updater(die)
        self.add(dot)
        self.play(dot.animate.shift(RIGHT), run_time=2 * LONG)


@pytest.fixture
def doomed(tmp_path_factory, monkeypatch) -> Path:
    log = tmp_path_factory.mktemp("deaths") / "left"
    monkeypatch.setenv("DOOMED", str(log))
    return log


@pytest.mark.slow
def test_a_fresh_process_that_is_killed_is_replaced_and_draws_only_what_is_missing(
    tmp_path, doomed, monkeypatch
):
    scene = find_scene(library.load(Path(__file__)), "Doomed")
    whole = made(scene, tmp_path, start="spawn", workers=2)
    doomed.write_text("1")
    asked: list[Any] = []
    spread = spawn.spread
    monkeypatch.setattr(spawn, "spread", lambda *a, **k: (asked.append(k["wanted"]), spread(*a, **k))[1])
    assert made(scene, tmp_path, start="spawn", workers=2) == whole
    assert doomed.read_text() == "0"
    first, second = asked
    assert first is None
    assert 1 in second  # frame 100 is in the second chunk
    assert 0 not in second


@pytest.mark.slow
def test_a_fresh_process_that_is_killed_twice_names_beat_and_time(tmp_path, doomed):
    doomed.write_text("9")
    (tmp_path / "Doomed.mp4").write_bytes(b"the earlier one")
    scene = find_scene(library.load(Path(__file__)), "Doomed")
    with pytest.raises(DerivvizError, match=r"Doomed: .* at beat 1, 1\.\d s was killed.*--workers"):
        made(scene, tmp_path, start="spawn", workers=2)
    assert doomed.read_text() == "7"
    assert (tmp_path / "Doomed.mp4").read_bytes() == b"the earlier one"
    assert os.listdir(tmp_path) == ["Doomed.mp4"]


class Slow(Scene):
    def construct(self) -> None:
        self.play(VMobject().animate.shift(RIGHT), run_time=600)


def test_no_worker_outlives_an_interrupt(tmp_path, monkeypatch):
    kept: list[fork.Forked] = []
    start = fork.Forked.__init__

    def init(self: fork.Forked, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **kwargs)
        kept.append(self)

    def interrupt(done: int, total: int) -> None:
        if kept[0].children:
            kept.append([*kept[0].children.values()])  # type: ignore[arg-type]
            raise KeyboardInterrupt

    monkeypatch.setattr(fork.Forked, "__init__", init)
    with pytest.raises(KeyboardInterrupt):
        render(Slow, tmp_path / "slow.mp4", TINY, Stage(), start="fork", workers=3, progress=interrupt)
    assert len(kept[1]) >= 1  # type: ignore[arg-type]
    for child in kept[1]:  # type: ignore[attr-defined]
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert os.listdir(tmp_path) == []
