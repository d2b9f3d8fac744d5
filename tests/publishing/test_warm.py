"""A warm process: each save is rendered as if it were the first, and what is wrong is told with its place."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derivviz import library
from derivviz.animation import Stage
from derivviz.errors import DerivvizError
from derivviz.look import typst
from derivviz.publishing import watch as watching
from derivviz.publishing.warm import Learnt, explained
from derivviz.publishing.watch import Page, Watcher
from derivviz.rendering import copying
from derivviz.rendering.plan import Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render

TINY = Quality(160, 90, 10)


def state(page: Page) -> dict[str, Any]:
    return json.loads((page.folder / "state.json").read_text())


# ---- each save ------------------------------------------------------------------------------------------


class Told:
    """Watches a file in steps, and notes what is told."""

    def __init__(self, source: Path, make: Callable[..., Rendering], folder: Path) -> None:
        self.news: list[Any] = []
        folder.mkdir()
        self.page = Page(folder, source.stem)
        self.watcher = Watcher(
            source,
            make,
            self.page,
            glimpsed=lambda beat: self.news.append(f"glimpse {beat}"),
            changed=lambda first, made: self.news.append(first),
            failed=self.news.append,
        )

    def until(self, count: int, seconds: float = 60.0) -> list[Any]:
        """Look until so many things were told, and take them."""
        end = time.monotonic() + seconds
        while len(self.news) < count and time.monotonic() < end:
            self.watcher.look()
        found, self.news[:] = list(self.news), []
        return found

    def quiet(self) -> bool:
        for _ in range(3):
            self.watcher.look()
        return not self.news and self.watcher.copy is None


HERE_AND_COPIED = pytest.mark.parametrize(
    "copied",
    [
        False,
        pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="copies are Linux's")),
    ],
)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Begins to watch a file, rendering in a copy of this process or in itself."""
    monkeypatch.setattr(watching, "POLL", 0.01)
    begun: list[Told] = []

    def begin(source: Path, make: Callable[..., Rendering], copied: bool) -> Told:
        monkeypatch.setattr(copying, "is_safe", lambda: copied)
        begun.append(Told(source, make, tmp_path / f"page{len(begun)}"))
        return begun[-1]

    yield begin
    for one in begun:
        one.watcher.end()


def save(path: Path, text: str) -> None:
    """Save a file so that the clock of the disk sees it."""
    path.write_text(text)
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


@HERE_AND_COPIED
def test_each_save_is_rendered_and_a_fault_waits_for_the_next(tmp_path, rendering, told, copied):
    source = tmp_path / "three.py"
    save(source, "made")

    def make(glimpse: Any) -> Rendering:
        if source.read_text() != "made":
            exec(compile(source.read_text(), str(source), "exec"))
        return rendering

    watched = told(source, make, copied)
    assert watched.until(1) == [0]
    assert watched.quiet()
    save(source, "1 + x")
    (message,) = watched.until(1)
    assert message == "three.py:1: 1 + x\nNameError: name 'x' is not defined"
    assert state(watched.page)["error"] == message
    assert watched.quiet()
    save(source, "made")
    assert watched.until(1) == [None]
    assert state(watched.page)["error"] == ""
    save(source, "exit(3)")
    assert watched.until(1) == ["three.py:1: exit(3)\nSystemExit: 3"]


@HERE_AND_COPIED
def test_a_module_beside_the_file_is_read_anew_when_it_is_saved(
    tmp_path, rendering, told, copied, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    source, words = tmp_path / "lesson_of_words.py", tmp_path / "words_beside.py"
    save(source, "from words_beside import WORD\nassert WORD == 'two', WORD")
    save(words, "WORD = 'one'")

    def make(glimpse: Any) -> Rendering:
        library.load(source)
        return rendering

    watched = told(source, make, copied)
    assert watched.until(1)[0].endswith("AssertionError: one")
    save(words, "WORD = 'two'")
    assert watched.until(1) == [0]
    assert watched.quiet()
    save(words, "WORD = (")
    (message,) = watched.until(1)
    assert "words_beside.py" in message
    assert "SyntaxError: '(' was never closed" in message
    save(words, "WORD = 'two' ")
    assert watched.until(1) == [None]
    assert "words_beside" not in sys.modules


linux = pytest.mark.skipif(sys.platform != "linux", reason="copies are Linux's")


@linux
def test_the_next_save_interrupts_a_render(tmp_path, rendering, told):
    source, log = tmp_path / "three.py", tmp_path / "log"
    save(source, "slow")
    log.write_text("")

    def make(glimpse: Any) -> Rendering:
        if source.read_text() == "slow":
            try:
                time.sleep(60)
            finally:
                log.write_text("cleared away")
        return rendering

    watched = told(source, make, True)
    watched.watcher.look()
    first = watched.watcher.copy
    time.sleep(0.3)
    save(source, "quick")
    assert watched.until(1, 30) == [0]
    assert not first.process.is_alive()
    assert log.read_text() == "cleared away"


@linux
def test_a_render_that_is_killed_is_told(tmp_path, told):
    source = tmp_path / "three.py"
    save(source, "1")
    watched = told(source, lambda glimpse: os.kill(os.getpid(), signal.SIGKILL), True)
    (message,) = watched.until(1)
    assert message.startswith("the process that rendered it was killed")
    assert watched.quiet()


LESSON = """
from manim import *
from derivviz.animation import Lesson
class Own(Lesson):
    def construct(self):
        square = Square()
        for n, angle in enumerate({angles}):
            self.say(en=f"Sentence {{n}}.", ko=f"문장 {{n}}.")
            self.play(Rotate(square, angle), run_time=1)
"""


@pytest.mark.slow
@linux
def test_an_edited_beat_is_shown_first_and_then_the_whole(tmp_path, told):
    source, film = tmp_path / "lesson_of_angles.py", tmp_path / "out" / "film.mp4"

    def make(glimpse: Any) -> Rendering:
        scene = find_scene(library.load(source))
        how = {"start": "fork", "workers": 1, "cache": tmp_path / "cache", "glimpse": glimpse}
        return render(scene, film, TINY, Stage(), **how)  # type: ignore[arg-type]

    save(source, LESSON.format(angles=(1, 1, 1)))
    watched = told(source, make, True)
    assert watched.until(2) == ["glimpse 1", 0]  # before the first sentence there is nothing
    save(source, LESSON.format(angles=(1, 2, 1)))
    assert watched.until(1) == ["glimpse 2"]
    found = state(watched.page)
    assert (found["beat"], found["alone"], found["busy"]) == (2, True, True)
    assert watched.until(1) == [2]
    found = state(watched.page)
    assert (found["beat"], found["alone"], found["busy"]) == (2, False, False)
    assert (watched.page.folder / "film.mp4").read_bytes() == film.read_bytes()


# ---- what a render teaches ------------------------------------------------------------------------------


def test_what_a_render_typeset_and_imported_is_ready_for_the_next(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    markup = ("ready beforehand", False, None)
    learnt = Learnt(frozenset(), ("no_such_module", "colorsys"), (markup, ("#nonsense(", False, None)))
    steps = list(learnt.prepare())
    assert len(steps) == 4
    assert "colorsys" in sys.modules
    before = typst.outline.cache_info()
    typst.outline(*markup)
    assert typst.outline.cache_info().hits == before.hits + 1


def test_an_error_is_told_with_the_lines_that_led_to_it(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text("def f(x):\n    raise ValueError(x)\n\nf('why')\n")
    with pytest.raises(ValueError, match="why") as caught:
        library.load(source)
    assert (
        explained(caught.value, tmp_path)
        == "mine.py:4: f('why')\nmine.py:2: raise ValueError(x)\nValueError: why"
    )
    assert explained(caught.value, tmp_path / "elsewhere") == "ValueError: why"
    assert explained(DerivvizError("plain words"), tmp_path) == "plain words"
