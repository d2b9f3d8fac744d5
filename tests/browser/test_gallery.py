"""The gallery: every command in it makes what it shows, and its pages hold in a real browser."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing import gallery
from derivviz.publishing.gallery.plan import Job

building = importlib.import_module("derivviz.publishing.gallery.build")  # whose name the function hides
build = building.build

SMALL = ("--resolution", "160x90", "--fps", "5")


def small(topic: gallery.Topic) -> gallery.Topic:
    """A topic whose films are tiny."""

    def tiny(job: Job) -> Job:
        at = job.words.index("-q")
        return replace(job, words=(*job.words[:at], *SMALL, *job.words[at + 2 :]))

    return replace(topic, films={language: tiny(job) for language, job in topic.films.items()})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of a topic with film, figure and page, and of one with a figure alone; made by real commands."""
    folder = tmp_path_factory.mktemp("gallery")
    (tangent,) = gallery.topics(folder, folder, "l", ["tangent"])
    (rules,) = gallery.topics(folder, folder, "l", ["rules"])
    seen: list[tuple[int, int]] = []
    gallery.build([small(tangent), replace(rules, films={})], folder, lambda *done: seen.append(done))
    assert seen[0] == (0, 8)
    assert seen[-1] == (8, 8)
    return folder


def linked(page: Any) -> list[str]:
    """What a page links to or shows."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('[href], [src], [poster]')].flatMap(e => "
        "['href', 'src', 'poster'].map(name => e.getAttribute(name)).filter(Boolean))"
    )
    return found


@pytest.mark.parametrize(("name", "language"), [("index.html", "en"), ("index.ko.html", "ko")])
def test_a_page_is_whole_and_open_to_all(
    site: Path, open_page: Callable[..., Any], name: str, language: str
) -> None:
    opened = open_page(site / name)
    page = opened.page
    assert opened.violations() == []
    links = [link for link in linked(page) if not link.startswith("data:")]
    assert len(links) > 6
    for link in links:
        assert (site / unquote(link)).stat().st_size > 100, link
    page.evaluate("document.querySelector('video').preload = 'auto'")
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    assert page.evaluate("document.querySelector('video').duration") > 20
    page.wait_for_function("document.querySelector('video').textTracks[0].cues?.length > 5")
    cue = page.evaluate("document.querySelector('video').textTracks[0].cues[0].text")
    assert any("가" <= letter <= "힣" for letter in cue) == (language == "ko")
    assert page.evaluate("[...document.images].every(i => !i.complete || i.naturalWidth > 0)")
    page.locator("article#tangent summary").click()
    typed = page.locator("article#tangent pre").inner_text().splitlines()
    assert [line.split()[1] for line in typed] == ["render", "figure", "page"]
    assert all(("--lang ko" in line) == (language == "ko") for line in typed)


def test_words_of_either_language_find_a_topic(site: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(site / "index.html").page
    box, count = page.get_by_label("Search"), page.locator("#count")
    assert count.inner_text() == "2 / 2 topics"
    for typed, found in (
        ("secant", ["tangent"]),
        ("접선 할선", ["tangent"]),
        ("RULES", ["rules"]),
        ("zzz", []),
    ):
        box.fill(typed)
        shown = [article.get_attribute("id") for article in page.locator("article:visible").all()]
        assert shown == found, typed
        assert count.inner_text() == f"{len(found)} / 2 topics"
    page.get_by_role("link", name="한국어").click()
    page.wait_for_url("**/index.ko.html")


def test_a_narrow_screen_needs_no_sideways_scrolling(site: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(site / "index.ko.html", viewport={"width": 320, "height": 640}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


# ---- without a browser ----------------------------------------------------------------------------------


def test_what_is_newer_than_its_sources_is_not_made_again(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(building, "run", lambda job: ran.append(job.words[0]))
    monkeypatch.setattr(building, "code_changed", lambda: 0.0)
    (tangent,) = gallery.topics(site, site, "l", ["tangent"])
    build([tangent], site)
    assert ran == []
    source = tmp_path / "tangent.py"
    source.write_text("")
    figures = {language: replace(job, sources=(source,)) for language, job in tangent.figures.items()}
    build([replace(tangent, figures=figures)], site)
    assert ran == ["figure", "figure"]
    monkeypatch.setattr(building, "code_changed", time.time)
    build([tangent], site)
    assert ran[2:] == ["render", "render", "figure", "figure", "page", "page"]


def test_a_trace_is_recorded_when_it_is_not_there(tmp_path: Path) -> None:
    (gan,) = gallery.topics(tmp_path, tmp_path / "traces", "m", ["gan"])
    first, *others = gan.jobs()
    path = tmp_path / "traces" / "gan.zarr"
    assert first.typed == f"derivviz record gan --data ring -o {path}"
    assert all(("--trace", str(path)) == job.words[2:4] for job in others)
    assert {job.words[job.words.index("-q") + 1] for job in gan.films.values()} == {"m"}


def test_a_command_that_fails_is_shown_with_what_it_said(tmp_path: Path) -> None:
    (tangent,) = gallery.topics(tmp_path, tmp_path, "l", ["tangent"])
    bad = Job(("figure", "tangent", "--at", "nonsense", "-o", str(tmp_path / "x.svg")), tmp_path / "x.svg")
    with pytest.raises(
        DerivvizError, match=r"'derivviz figure tangent --at nonsense .*' failed, exit code 2:\n"
    ):
        build([replace(tangent, films={}, pages={}, figures={"en": bad, "ko": bad})], tmp_path)
    assert not (tmp_path / "index.html").exists()


def test_a_topic_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no topic 'tangnet'\. Did you mean 'tangent'\?"):
        gallery.topics(tmp_path, tmp_path, "l", ["tangnet"])


def test_every_topic_has_its_words_in_both_languages(tmp_path: Path) -> None:
    topics = gallery.topics(tmp_path, tmp_path, "l")
    assert len(topics) > 15
    for topic in topics:
        assert set(topic.title) == set(topic.summary) == {"en", "ko"}
        assert topic.jobs()
