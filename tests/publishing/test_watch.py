"""Watching: what has changed, what the page says, and that a fault ends nothing."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from manim import UL, Square

from derivviz.animation import Stage
from derivviz.publishing.watch import Page, parts, served, watch
from derivviz.rendering import copying
from derivviz.rendering.plan import Plan, Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import render

TINY = Quality(160, 90, 10)


def state(page: Page) -> dict[str, Any]:
    return json.loads((page.folder / "state.json").read_text())


@pytest.fixture
def page(tmp_path):
    (tmp_path / "page").mkdir()
    return Page(tmp_path / "page", "three")


def test_every_beat_has_a_digest_and_only_what_changed_has_another(three, films, tmp_path):
    film, talk = films["mp4"]
    before = parts(film, talk.beats)
    assert len(before) == len(set(before)) == 4  # and what comes before the first

    class Other(three):  # type: ignore[misc, valid-type]
        def say(self, *, en: str, ko: str) -> None:
            super().say(en=en, ko=ko)
            if en.startswith("A second"):
                self.add(Square(1, fill_opacity=1).to_corner(UL))

    made = render(Other, tmp_path / "other.mp4", TINY, Stage(captions=False), workers=1)
    after = parts(made.path, made.plan.beats)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False, False]


def test_the_page_shows_a_film_from_the_first_change_on(page, rendering):
    nothing = {"title": "three", "film": 0, "beat": 0, "start": 0.0, "alone": False, "busy": False}
    assert state(page) == {**nothing, "error": "", "warnings": ""}
    page.wait()
    assert state(page)["busy"]
    assert page.show(rendering) == 0
    assert state(page) == {**nothing, "film": 1, "error": "", "warnings": ""}
    assert (page.folder / "film.mp4").read_bytes() == rendering.path.read_bytes()
    assert page.show(rendering) is None
    assert state(page)["film"] == 1
    page.parts[2] = b"as it was"
    assert page.show(rendering) == 2
    assert state(page)["start"] == rendering.plan.beats[1].start
    page.parts = page.parts[:-1]  # a sentence was added
    assert page.show(rendering) == 3
    assert state(page)["film"] == 3


def test_a_beat_is_shown_alone_until_the_whole_is_there(page, rendering, tmp_path):
    page.show(rendering)
    alone = tmp_path / "alone.mp4"
    alone.write_bytes(b"a beat")
    page.glimpse(2, alone)
    assert (page.folder / "film.mp4").read_bytes() == b"a beat"
    found = state(page)
    assert (found["film"], found["beat"], found["start"], found["alone"], found["busy"]) == (
        2,
        2,
        0,
        True,
        True,
    )
    assert page.show(rendering) is None  # the edit was taken back meanwhile, and yet the whole is to be shown
    assert (page.folder / "film.mp4").read_bytes() == rendering.path.read_bytes()
    found = state(page)
    assert (found["film"], found["beat"], found["alone"], found["busy"]) == (3, 2, False, False)
    assert found["start"] == rendering.plan.beats[1].start


def test_what_is_wrong_is_shown_until_it_is_right(page, rendering):
    page.show(rendering)
    page.fail("NameError: x")
    assert (state(page)["film"], state(page)["error"]) == (1, "NameError: x")
    page.show(rendering)
    assert state(page)["error"] == ""


def test_failed_claims_are_shown_with_the_film(page, rendering):
    problems = ("mine.py:3: claim: beat 1, 2.0 s: 1 is not 2", "another")
    page.show(Rendering(rendering.path, 1, 1.0, 0.1, Plan(1, 1.0, rendering.plan.beats, problems)))  # type: ignore[arg-type]
    assert state(page)["warnings"] == "\n".join(problems)
    page.show(rendering)
    assert state(page)["warnings"] == ""


def test_the_page_is_served_to_this_machine(page, rendering):
    page.show(rendering)
    with served(page.folder) as address:
        assert address.startswith("http://127.0.0.1:")
        for _ in range(100):
            try:
                text = urllib.request.urlopen(address, timeout=5).read().decode()
                break
            except OSError:  # the server is not up yet
                time.sleep(0.1)
        assert "state.json" in text
        assert "film.mp4" in text
        film = urllib.request.urlopen(f"{address}film.mp4", timeout=5).read()
        assert film == rendering.path.read_bytes()


def test_ctrl_c_ends_it(tmp_path, rendering, monkeypatch):
    source = tmp_path / "three.py"
    source.write_text("1")
    monkeypatch.setattr(copying, "is_safe", lambda: False)
    opened: list[str] = []

    def make(glimpse: Any) -> Rendering:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(source, make, opened=opened.append, glimpsed=print, changed=print, failed=print)
    assert opened[0].startswith("http://127.0.0.1:")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(opened[0], timeout=5)


def test_a_page_travels_with_the_package():
    from derivviz.publishing import watch as module

    assert Path(module.PAGE).read_text(encoding="utf-8").startswith("<!doctype html>")
