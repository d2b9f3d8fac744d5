"""``derivviz lecture``: names, choices, places, and what is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from derivviz import library
from derivviz.cli.lecture import command
from derivviz.errors import UsageError
from derivviz.publishing import make as making
from derivviz.publishing.lecture import read

LECTURE = """\
title = { en = "A talk", ko = "강연" }
languages = ["en", "ko"]
theme = "paper"
quality = "m"
[[lesson]]
name = "tangent"
"""


@pytest.fixture
def asked(monkeypatch, tmp_path) -> SimpleNamespace:
    """Calls the command beside a lecture; what it asks for is kept, and nothing is drawn."""
    kept = SimpleNamespace(calls=[], opened=[], problems=(), differs=())
    (tmp_path / "talk.toml").write_text(LECTURE, encoding="utf-8")

    def pretend(production, film, **chosen):
        kept.calls.append(SimpleNamespace(production=production, film=film, **chosen))
        chosen["progress"](3, 3)
        film.parent.mkdir(exist_ok=True)
        film.write_bytes(b"x" * 1234)
        lock = film.with_suffix(".lock.json")
        lock.write_bytes(b"{}")
        return making.Made((film, lock), 61.25, kept.problems, kept.differs)

    def call(*words: str) -> SimpleNamespace:
        kept.calls.clear()
        result = CliRunner().invoke(command, words, catch_exceptions=False)
        kept.code, kept.out, kept.err = result.exit_code, result.stdout, result.stderr
        return kept

    monkeypatch.setattr(making, "make", pretend)
    monkeypatch.setattr(click, "launch", kept.opened.append)
    monkeypatch.chdir(tmp_path)
    kept.call = call
    return kept


def test_a_film_a_language_as_the_file_says(asked):
    told = asked.call("talk.toml", "-p")
    assert told.code == 0
    assert [str(call.film) for call in asked.calls] == ["renders/talk.paper.mp4", "renders/talk.ko.paper.mp4"]
    one, other = (call.production for call in asked.calls)
    assert (one.language, other.language) == ("en", "ko")
    assert one.stage.theme.name == "paper"
    assert one.quality.width == 1280
    assert one.stage.captions
    assert asked.opened == [str(call.film) for call in asked.calls]
    assert told.out.splitlines()[:2] == [
        "renders/talk.paper.mp4  (1.2 kB, 61.2 s long)",
        "renders/talk.paper.lock.json  (2 B)",
    ]
    assert told.err == ""


def test_what_the_command_says_goes_before_the_file(asked):
    asked.call("talk.toml", "--lang", "en", "--theme", "dark", "-q", "l", "--no-captions", "-o", "out")
    (call,) = asked.calls
    assert str(call.film) == "out/talk.mp4"
    assert call.production.quality.width == 854
    assert (call.production.stage.theme.name, call.production.stage.captions) == ("dark", False)
    assert (call.strict, call.locked) == (False, False)
    assert call.cache is not None
    assert asked.call("talk.toml", "--no-cache").calls[0].cache is None


def test_a_shape_of_the_frame(asked):
    (call,) = asked.call("talk.toml", "--lang", "ko", "--aspect", "9:16").calls
    assert str(call.film) == "renders/talk.ko.paper.9x16.mp4"
    assert (call.production.quality.width, call.production.quality.height) == (720, 1280)
    Path("talk.toml").write_text('aspect = "1:1"\n' + LECTURE, encoding="utf-8")
    (call,) = asked.call("talk.toml", "--lang", "en").calls
    assert str(call.film) == "renders/talk.paper.1x1.mp4"
    assert (call.production.quality.width, call.production.quality.height) == (720, 720)


def test_locked_takes_nothing_from_earlier_renders(asked):
    (call, _) = asked.call("talk.toml", "--locked", "--strict", "--workers", "3").calls
    assert (call.locked, call.strict, call.workers, call.cache) == (True, True, 3, None)


def test_problems_and_differences_are_told(asked):
    asked.problems, asked.differs = ("lesson 1: claim: no",), ("versions.manim: 1 → 2",)
    told = asked.call("talk.toml", "--lang", "en")
    assert told.code == 0
    assert told.err == (
        "Warning: lesson 1: claim: no\nNote: not as the earlier lock said (then → now):\n  versions.manim: 1 → 2\n"
    )


def test_names(asked, monkeypatch):
    asked.call("calculus", "--lang", "ko", "--theme", "dark")
    (call,) = asked.calls
    assert str(call.film) == "renders/calculus.ko.mp4"
    with pytest.raises(UsageError, match="Did you mean 'calculus'"):
        asked.call("calclus")
    with pytest.raises(UsageError, match=r"no file none\.toml"):
        asked.call("none.toml")


@pytest.mark.parametrize("place", ["film.mp4", "talk.toml"])
def test_a_lecture_goes_into_a_folder(asked, place):
    with pytest.raises(UsageError, match="name a folder"):
        asked.call("talk.toml", "-o", place)


def test_a_mistake_in_the_file_is_told_before_anything(asked):
    Path("talk.toml").write_text(LECTURE.replace("tangent", "tangnet"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"talk\.toml, line 6, lesson 1\.name: .*Did you mean 'tangent'"):
        asked.call("talk.toml")
    assert asked.calls == []


@pytest.mark.parametrize("entry", library.entries("lectures"), ids=lambda entry: entry.name)
def test_the_lectures_of_the_house_read_well(entry, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: True)  # of the runs that it teaches from
    told = read(entry.path)
    assert told.summary["en"]
    for sentence in (told.opening, told.closing, *(lesson.say for lesson in told.lessons)):
        assert sentence is not None  # from the first to the last it is one talk
        assert all(text[-1] in ".?!" for text in sentence.values())


def test_a_run_that_is_not_recorded_is_told_with_its_command(tmp_path):
    lesson = '[[lesson]]\nname = "wgan_gp"\ntrace = "none.zarr"\n'
    (tmp_path / "talk.toml").write_text('title = { en = "A", ko = "가" }\n' + lesson, encoding="utf-8")
    with pytest.raises(UsageError, match="'derivviz record wgan-gp' makes one"):
        read(tmp_path / "talk.toml")
