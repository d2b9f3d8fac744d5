"""Scenes that were rendered before: the first beat that changed comes first, and fresh processes keep chunks, too."""

from __future__ import annotations

import os
import signal
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from derivviz.rendering import fork, spawn

sys.path.insert(0, str(Path(__file__).parent))
from test_store import BEATS, drawn, made, own
from test_workers import TINY

__all__ = ["drawn"]  # a fixture

pytestmark = pytest.mark.skipif(
    not fork.is_safe() and sys.platform != "linux", reason="only where workers fork"
)

# ---- the first beat that changed --------------------------------------------------------------------------

TOLD = '''
"""Told."""
from manim import *
from derivviz.animation import Lesson
class Own(Lesson):
    def construct(self):
        square = Square()
        for n, angle in enumerate({angles}):
            self.say(en=f"Sentence {{n}}.", ko=f"문장 {{n}}.")
            self.play(Rotate(square, angle), run_time=2.5)
'''


def pictures(film: Path) -> list[np.ndarray]:
    """Every frame of a film, for as many frame times as it is shown."""
    with av.open(str(film)) as opened:
        frames = list(opened.decode(video=0))
    starts = [round(frame.time * TINY.frame_rate) for frame in frames] + [None]
    found: list[np.ndarray] = []
    for frame, after in pairwise([*zip(frames, starts, strict=False), (None, None)]):
        image = frame[0].to_ndarray(format="rgb24")
        found += [image] * (1 if after[1] is None else after[1] - frame[1])
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_beat_that_changed_is_there_before_the_whole(tmp_path, workers):
    shown: list[tuple[int, list[np.ndarray], bool]] = []
    film = tmp_path / "a.mp4"

    def glimpse(beat: int, alone: Path) -> None:
        shown.append((beat, pictures(alone), film.exists()))

    def render_told(*angles: float) -> list[np.ndarray]:
        film.unlink(missing_ok=True)
        scene = own(tmp_path, TOLD.format(angles=angles))
        made(scene, tmp_path, workers=workers, glimpse=glimpse)
        return pictures(film)

    render_told(1, 1, 1)
    assert [beat for beat, *_ in shown] == [1]  # nothing was kept yet
    shown.clear()
    render_told(1, 1, 1)
    assert shown == []
    whole = render_told(1, 2, 2)
    ((beat, alone, late),) = shown
    assert (beat, late) == (2, False)
    length = len(whole) // 3
    assert abs(len(alone) - length) <= 3  # the beats are as long as each other, but for the first caption
    start = next(n for n in range(len(whole)) if np.array_equal(whole[n], alone[0]) and n > length / 2)
    for mine, theirs in zip(alone[:-8], whole[start:], strict=False):
        assert np.array_equal(mine, theirs)


# ---- fresh processes --------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch) -> list[tuple[str, int]]:
    """What fresh processes were asked to do, and how many of them."""
    found: list[tuple[str, int]] = []
    gather = spawn.gather

    def note(pool: Any, do: Any, jobs: Any, tell: Any) -> Any:
        found.append((do.__name__, len(jobs)))
        return gather(pool, do, jobs, tell)

    monkeypatch.setattr(spawn, "gather", note)
    return found


@pytest.mark.slow
def test_fresh_processes_keep_chunks_and_take_them(tmp_path, asked):
    first = own(tmp_path, BEATS.format(middle=1))
    whole = made(first, tmp_path, start="spawn")
    kept = {path.name for path in (tmp_path / "cache").glob("*.chunk")}
    assert len(kept) == 6
    assert asked == [("work", 2)]
    asked.clear()
    assert made(first, tmp_path, start="spawn") == whole
    assert asked == [("look_up", 1)]  # all is there, and nobody is asked to draw
    asked.clear()
    edited = own(tmp_path, BEATS.format(middle=2))
    again = made(edited, tmp_path, start="spawn")
    assert asked == [("look_up", 1), ("work", 2)]
    assert len(list((tmp_path / "cache").glob("*.chunk"))) == 6 + 2
    assert again == made(edited, tmp_path, start="fork", cache=None)


@pytest.mark.slow
def test_fresh_processes_and_forked_ones_share_what_is_kept(tmp_path, asked, drawn):
    scene = own(tmp_path, BEATS.format(middle=1))
    whole = made(scene, tmp_path, start="spawn")
    assert made(scene, tmp_path, start="fork") == whole
    assert drawn.take() == []
    made(scene, tmp_path, start="fork", cache=tmp_path / "other")
    asked.clear()
    assert made(scene, tmp_path, start="spawn", cache=tmp_path / "other") == whole
    assert asked == [("look_up", 1)]


@pytest.mark.slow
def test_a_fresh_process_that_is_killed_while_it_looks_costs_nothing_but_time(tmp_path, asked, monkeypatch):
    scene = own(tmp_path, BEATS.format(middle=1))
    whole = made(scene, tmp_path, start="spawn")
    asked.clear()
    monkeypatch.setattr(spawn, "look_up", killed)
    assert made(scene, tmp_path, start="spawn") == whole
    assert asked == [("killed", 1), ("work", 2)]


def killed(job: spawn.Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
