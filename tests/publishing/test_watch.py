"""Watching: what has changed, what the page says, and that a fault ends nothing."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from manim import UL, Square

from derivviz.animation import Stage
from derivviz.publishing.watch import Page, parts, served, watch
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import render

TINY = Quality(160, 90, 10)


def state(page: Page) -> dict[str, object]:
    return json.loads((page.folder / "state.json").read_text())


@pytest.fixture
def rendering(films):
    film, talk = films["mp4"]
    return SimpleNamespace(path=film, plan=SimpleNamespace(beats=talk.beats))


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
    assert state(page) == {"title": "three", "film": 0, "start": 0.0, "error": ""}
    assert page.show(rendering) == 0
    assert state(page) == {"title": "three", "film": 1, "start": 0.0, "error": ""}
    assert (page.folder / "film.mp4").read_bytes() == rendering.path.read_bytes()
    assert page.show(rendering) is None
    assert state(page)["film"] == 1
    page.parts[2] = b"as it was"
    assert page.show(rendering) == 2
    assert state(page)["start"] == rendering.plan.beats[1].start
    page.parts = page.parts[:-1]  # a sentence was added
    assert page.show(rendering) == 3
    assert state(page)["film"] == 3


def test_what_is_wrong_is_shown_until_it_is_right(page, rendering):
    page.show(rendering)
    page.fail("NameError: x")
    assert state(page) == {"title": "three", "film": 1, "start": 0.0, "error": "NameError: x"}
    page.show(rendering)
    assert state(page)["error"] == ""


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


def test_each_save_is_rendered_and_a_fault_waits_for_the_next(tmp_path, rendering):
    source = tmp_path / "three.py"
    source.write_text("1")
    told: list[object] = []
    outcomes = iter([rendering, NameError("x"), rendering, KeyboardInterrupt()])

    def make():
        outcome = next(outcomes)
        source.write_text(source.read_text() + "1")  # saved while it renders: once more
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    with pytest.raises(KeyboardInterrupt):
        watch(
            source,
            make,
            opened=told.append,
            changed=lambda first, made: told.append(first),
            failed=lambda error: told.append(str(error)),
        )
    assert str(told[0]).startswith("http://127.0.0.1:")
    assert told[1:] == [0, "x", None]


def test_a_page_travels_with_the_package():
    from derivviz.publishing import watch as module

    assert Path(module.PAGE).read_text(encoding="utf-8").startswith("<!doctype html>")
