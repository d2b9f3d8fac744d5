"""The page of a watch in a real browser: it follows what is made, without being touched."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from manim import PI, Rotate, Square

from derivviz.animation import Lesson, Stage
from derivviz.publishing.watch import Page, served
from derivviz.rendering.plan import Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import render

TINY = Quality(160, 90, 10)


class Turns(Lesson):
    """Three sentences, each with a turn of its own."""

    beats_told = 3

    def construct(self) -> None:
        square = Square()
        for number in range(self.beats_told):
            self.say(en=f"Sentence {number}.", ko=f"문장 {number}.")
            self.play(Rotate(square, PI / 2), run_time=2)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendering, Path]:
    """The whole, and a film of one beat."""
    folder = tmp_path_factory.mktemp("films")
    one = type("One", (Turns,), {"beats_told": 1, "__module__": __name__})
    alone = render(one, folder / "one.mp4", TINY, Stage(), workers=1)
    return render(Turns, folder / "all.mp4", TINY, Stage(), workers=1), alone.path


@pytest.fixture  # asked for before `open_page`, so that the browser goes before the server
def page(tmp_path: Path) -> Iterator[Page]:
    page = Page(tmp_path, "turns")
    with served(tmp_path) as page.address:  # type: ignore[attr-defined]
        for _ in range(100):
            try:
                urllib.request.urlopen(page.address, timeout=5).close()  # type: ignore[attr-defined]
                break
            except OSError:  # the server is not up yet
                time.sleep(0.1)
        yield page


def test_the_page_follows_what_is_made(
    page: Page, open_page: Callable[..., Any], films: tuple[Rendering, Path]
) -> None:
    whole, alone = films
    browser = open_page(page.address, offline=False).page  # type: ignore[attr-defined]
    browser.wait_for_function("document.title === 'turns'")
    page.wait()
    browser.wait_for_function("!document.getElementById('busy').hidden")

    page.glimpse(2, alone)
    browser.wait_for_function("document.querySelector('video').duration > 0")
    assert browser.evaluate("document.querySelector('video').duration") < whole.duration / 2
    browser.evaluate("document.querySelector('video').pause()")
    browser.evaluate("document.querySelector('video').currentTime = 1.5")

    page.show(whole)
    start = whole.plan.beats[0].start  # all of it is new to the page, so it would begin where the film does
    browser.wait_for_function(f"document.querySelector('video').duration > {whole.duration - 0.5}")
    assert browser.evaluate("document.querySelector('video').currentTime") < start + 1
    assert browser.evaluate("document.getElementById('busy').hidden")

    page.glimpse(2, alone)
    browser.wait_for_function("document.querySelector('video').duration < 5")
    browser.evaluate("document.querySelector('video').pause()")
    browser.evaluate("document.querySelector('video').currentTime = 1.5")
    page.parts[2] = b"as it was"
    assert page.show(whole) == 2
    begin = whole.plan.beats[1].start + 1.5  # on from where the beat was
    browser.wait_for_function(f"document.querySelector('video').duration > {whole.duration - 0.5}")
    browser.wait_for_function(f"document.querySelector('video').currentTime >= {begin - 0.05}")
    assert browser.evaluate("document.querySelector('video').currentTime") < begin + 1.5


def test_what_is_wrong_is_read_on_the_page_and_goes(
    page: Page, open_page: Callable[..., Any], films: tuple[Rendering, Path]
) -> None:
    whole, _ = films
    page.show(whole)
    browser = open_page(page.address, offline=False).page  # type: ignore[attr-defined]
    error, warnings = browser.locator("#error"), browser.locator("#warnings")
    page.fail("mine.py:3: x\nNameError: <x>")
    error.wait_for(state="visible")
    assert error.inner_text() == "mine.py:3: x\nNameError: <x>"
    assert not warnings.is_visible()
    told = replace(whole, plan=replace(whole.plan, problems=("claim: 1 is not 2",)))  # type: ignore[arg-type]
    page.show(told)
    warnings.wait_for(state="visible")
    assert warnings.inner_text() == "claim: 1 is not 2"
    assert not error.is_visible()
