"""Chunks kept between renders: the same bytes as without, only what changed is drawn, nothing broken is used."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from manim import BLUE, RED, RIGHT, UP, Circle, Create, Dot, ImageMobject, Scene, Square, Transform

from derivviz import library
from derivviz.animation import Stage
from derivviz.rendering import fork, store
from derivviz.rendering.folder import Folder
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render
from derivviz.rendering.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from test_deaths import Mortal
from test_workers import SCENES, TINY, Live, Pure

pytestmark = pytest.mark.skipif(
    not fork.is_safe() and sys.platform != "linux", reason="only where workers fork"
)


@pytest.fixture
def drawn(monkeypatch, tmp_path) -> list[int]:
    """Numbers of the chunks that were drawn."""
    log = tmp_path / "drawn"
    begin = Folder.begin

    def note(self: Folder, chunk: Any) -> Any:
        with log.open("a") as file:
            file.write(f"{chunk.number}\n")
        return begin(self, chunk)

    monkeypatch.setattr(Folder, "begin", note)

    class Numbers(list):  # type: ignore[type-arg]
        def take(self) -> list[int]:
            found = sorted(int(n) for n in log.read_text().split()) if log.exists() else []
            log.unlink(missing_ok=True)
            return found

    return Numbers()


def made(scene: type[Scene], tmp_path: Path, kind: str = "mp4", **how: Any) -> bytes:
    path = tmp_path / f"a.{kind}"
    how = {"start": "fork", "workers": 2, "cache": tmp_path / "cache", **how}
    render(scene, path, how.pop("quality", TINY), Stage(), **how)
    return path.read_bytes()


@pytest.mark.parametrize("scene", SCENES)
def test_a_second_render_has_the_same_bytes(tmp_path, scene):
    without = made(scene, tmp_path, cache=None)
    assert made(scene, tmp_path) == without  # keeps
    assert made(scene, tmp_path) == without  # takes
    assert made(scene, tmp_path, workers=1) == without


@pytest.mark.parametrize("kind", ["webm", "mov", "gif"])
def test_other_formats_too(tmp_path, kind):
    files = {
        made(Pure, tmp_path, kind, cache=cache) for cache in (None, tmp_path / "cache", tmp_path / "cache")
    }
    assert len(files) == 1


@pytest.mark.parametrize("scene", [Pure, Live])
def test_what_did_not_change_is_not_drawn_again(tmp_path, drawn, scene):
    made(scene, tmp_path)
    first = drawn.take()
    assert first == list(range(len(first)))
    assert len(first) >= 5
    made(scene, tmp_path)
    assert drawn.take() == []


BEATS = '''
"""Own."""
from manim import *
class Own(Scene):
    def construct(self):
        square, dot = Square(), Dot()
        self.play(Create(square), run_time=3)
        dot.add_updater(lambda m: m.move_to([h.get_value(), 1, 0]))
        h = ValueTracker(0)
        self.add(dot)
        self.play(h.animate.set_value({middle}), run_time=3)
        dot.clear_updaters()
        self.remove(dot)
        self.play(Rotate(square), run_time=3)
'''


def own(tmp_path: Path, source: str) -> type[Scene]:
    (tmp_path / "own.py").write_text(source)
    return find_scene(library.load(tmp_path / "own.py"), "Own")


def test_after_an_edit_only_what_looks_different_is_drawn(tmp_path, drawn):
    made(own(tmp_path, BEATS.format(middle=1)), tmp_path)
    everything = drawn.take()
    edited = own(tmp_path, BEATS.format(middle=2))
    again = made(edited, tmp_path)
    part = drawn.take()
    assert everything == [0, 1, 2, 3, 4, 5]
    assert part == [2, 3]  # the seconds from 3 to 6, by chunks of one and a half
    assert again == made(edited, tmp_path, cache=None)


def test_what_one_process_draws_one_after_the_other_is_found_again(tmp_path, drawn):
    whole = made(Pure, tmp_path)
    everything = drawn.take()
    for chunk in (tmp_path / "cache").glob("*.chunk"):
        chunk.unlink()
    assert made(Pure, tmp_path) == whole  # looks, finds nothing, and draws stretches of several chunks
    assert drawn.take() == everything
    assert made(Pure, tmp_path) == whole
    assert drawn.take() == []


class Stood(Scene):
    """Something still, which every picture of a long play lies on."""

    still = 1.0

    def construct(self) -> None:
        self.add(Square(self.still))
        self.play(Dot().animate.shift(3 * RIGHT), run_time=6)


def test_what_stands_still_belongs_to_every_chunk(tmp_path, monkeypatch):
    made(Stood, tmp_path)
    for chunk in (tmp_path / "cache").glob("*.chunk"):
        chunk.unlink()
    made(Stood, tmp_path)  # by one process, one chunk after the other
    monkeypatch.setattr(Stood, "still", 1.5)
    assert made(Stood, tmp_path) == made(Stood, tmp_path, cache=None)


def test_the_name_of_a_file_means_nothing_what_is_seen_everything(tmp_path, drawn):
    made(Pure, tmp_path)
    drawn.take()
    twin = type("Twin", (Pure,), {"__module__": Pure.__module__})
    Store(tmp_path / "cache", "mp4", TINY).remember(
        f"{Path(sys.modules[Pure.__module__].__file__).resolve()}:Twin"
    )
    assert made(twin, tmp_path) == made(Pure, tmp_path, cache=None)


class Shown(Scene):
    """Everything that is drawn in a way of its own: a picture, a gradient, an order, a background."""

    noise, order, colours, background = 0, 0, (RED, BLUE), "#101010"

    def construct(self) -> None:
        self.camera.background_color = self.background
        pixels = np.random.default_rng(self.noise).integers(0, 255, (8, 8, 3), np.uint8)
        gradient = Square(2, fill_opacity=0.9).shift(UP)
        gradient.set_fill(list(self.colours))
        self.add(ImageMobject(pixels).scale(20), gradient, Circle(1, fill_opacity=1, z_index=self.order))
        self.play(Dot().animate.shift(RIGHT), run_time=0.6)


@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
@pytest.mark.parametrize(
    "change", [{"noise": 1}, {"order": -1}, {"colours": (BLUE, RED)}, {"background": "#101011"}]
)
def test_any_change_that_is_seen_is_drawn(tmp_path, drawn, monkeypatch, change):
    made(Shown, tmp_path)
    assert drawn.take() == [0]
    made(Shown, tmp_path)
    assert drawn.take() == []
    for name, value in change.items():
        monkeypatch.setattr(Shown, name, value)
    assert made(Shown, tmp_path) == made(Shown, tmp_path, cache=None)
    assert 0 in drawn.take()


@pytest.mark.parametrize(
    "other", [{"quality": Quality(128, 72, 40)}, {"quality": Quality(96, 54, 30)}, {"kind": "webm"}]
)
def test_another_size_rate_or_format_takes_nothing(tmp_path, drawn, other):
    made(Pure, tmp_path)
    drawn.take()
    made(Pure, tmp_path, **other)
    assert len(drawn.take()) >= 5


def test_another_version_of_the_tools_takes_nothing(tmp_path, drawn, monkeypatch):
    made(Pure, tmp_path)
    first = drawn.take()
    monkeypatch.setattr(store, "tools", lambda: "another x264")
    made(Pure, tmp_path)
    assert drawn.take() == first


# ---- what is kept ---------------------------------------------------------------------------------------


def test_a_chunk_that_is_damaged_is_drawn_again(tmp_path, drawn):
    whole = made(Pure, tmp_path)
    drawn.take()
    kept = sorted((tmp_path / "cache").glob("*.chunk"))
    content = bytearray(kept[0].read_bytes())
    content[-5] ^= 1
    kept[0].write_bytes(content)
    kept[1].write_bytes(b"")
    assert made(Pure, tmp_path) == whole
    assert len(drawn.take()) == 2
    made(Pure, tmp_path)
    assert drawn.take() == []


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert made(Pure, tmp_path) == made(Pure, tmp_path, cache=None)
    assert (tmp_path / "cache").is_file()


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    kept = Store(tmp_path / "cache", "mp4", TINY, limit=3500)
    segment = tmp_path / "segment"
    for n in range(4):
        segment.write_bytes(bytes([n]) * 1000)
        kept.put(str(n), segment)
        os.utime(kept._path(str(n)), (1000 + n, 1000 + n))
    assert kept.take("0") == bytes(1000)  # used just now
    kept.remember("scene")
    assert [kept.take(str(n)) is not None for n in range(4)] == [True, False, True, True]
    assert store.clear(tmp_path / "cache") == 3 * 1032
    assert not kept.knows("scene")
    assert store.clear(tmp_path / "nowhere") == 0


def hammer(folder: Path, segment: Path, rounds: int) -> None:
    kept = Store(folder, "mp4", TINY, limit=20_000)
    for n in range(rounds):
        kept.put(str(n % 7), segment)
        found = kept.take(str((n + 3) % 7))
        assert found is None or found == segment.read_bytes()
        kept.remember(str(n))


def test_processes_share_it(tmp_path):
    segment = tmp_path / "segment"
    segment.write_bytes(os.urandom(5000))
    context = multiprocessing.get_context("fork")
    crowd = [context.Process(target=hammer, args=(tmp_path / "cache", segment, 150)) for _ in range(3)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert [one.exitcode for one in crowd] == [0, 0, 0]
    assert sum(p.stat().st_size for p in (tmp_path / "cache").iterdir()) <= 20_000 + 5032 * 3
    assert not list((tmp_path / "cache").glob("*.part"))


def test_a_worker_that_is_killed_while_chunks_are_looked_up_is_replaced(tmp_path, deaths):
    deaths.write_text("0")
    whole = made(Mortal, tmp_path)
    for chunk in (tmp_path / "cache").glob("*.chunk"):
        chunk.unlink()
    deaths.write_text("1")
    assert made(Mortal, tmp_path) == whole
    assert deaths.read_text() == "0"


class Broken(Scene):
    """Fails where chunks are looked up, so that a child is waiting for word."""

    fails = False

    def construct(self) -> None:
        square = Square()
        self.play(Transform(square, Circle()), run_time=2)
        self.play(Create(Dot()), run_time=0.5)
        if self.fails:
            raise ValueError("a mistake in the scene")


def test_no_child_waits_for_ever(tmp_path, monkeypatch):
    made(Broken, tmp_path)
    before = children()  # those of other tests, such as the tracker of fresh processes
    monkeypatch.setattr(Broken, "fails", True)
    with pytest.raises(ValueError, match="a mistake in the scene"):
        made(Broken, tmp_path)
    assert children() == before


def children() -> set[str]:
    """Numbers of the processes that this one has started and not waited for."""
    lists = Path("/proc/self/task").glob("*/children")
    return {number for path in lists for number in path.read_text().split()}
