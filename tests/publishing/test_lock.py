"""The lock: what it names, what it says when something differs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from derivviz.animation import Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.theme import PAPER
from derivviz.publishing import lock
from derivviz.publishing.lecture import read
from derivviz.rendering.quality import Quality

TINY = Quality(160, 90, 5)


@pytest.fixture
def lecture(tmp_path):
    (tmp_path / "own.py").write_text('"""Own."""\n', encoding="utf-8")
    trace = tmp_path / "run.zarr" / "inner"
    trace.mkdir(parents=True)
    (trace / "chunk").write_bytes(b"123")
    path = tmp_path / "talk.toml"
    path.write_text('title = { en = "A", ko = "가" }\n[[lesson]]\nname = "own.py"\ntrace = "run.zarr"\n')
    return read(path)


@pytest.fixture
def facts(lecture):
    return lambda stage=None, quality=TINY: lock.facts(lecture, stage or Stage(), quality)


@pytest.fixture
def place(tmp_path, facts) -> Path:
    (tmp_path / "talk.mp4").write_bytes(b"film")
    path = tmp_path / "talk.lock.json"
    path.write_bytes(lock.written(facts(), [tmp_path / "talk.mp4"], None))
    return path


def test_it_names_all_that_the_bytes_depend_on(place):
    told = json.loads(place.read_text())
    assert set(told) == {"settings", "versions", "lecture", "code", "lessons", "files"}
    assert {"python", "machine", "ffmpeg", "manim", "typst", "derivviz"} <= set(told["versions"])
    assert told["settings"]["quality"] == "160×90 at 5 frames a second"
    assert set(told["lessons"]) == {"1 own"}
    assert told["files"]["talk.mp4"] == hashlib.sha256(b"film").hexdigest()
    assert told["lessons"]["1 own"]["file"] == hashlib.sha256(b'"""Own."""\n').hexdigest()


def test_the_same_is_no_difference(place, facts):
    assert lock.check(place, facts(), locked=True) == []
    assert facts() == facts()


def test_what_differs_is_said(place, facts, lecture, monkeypatch):
    (lecture.path.parent / "own.py").write_text("# other\n")
    (lecture.path.parent / "run.zarr" / "inner" / "chunk").write_bytes(b"124")
    real = lock.version
    monkeypatch.setattr(lock, "version", lambda name: "9.9" if name == "manim" else real(name))
    other = facts(Stage("ko", PAPER, captions=False, reading_speed=8.0), replace(TINY, frame_rate=6))
    told = lock.check(place, other, locked=False)
    assert {line.split(":")[0] for line in told} == {
        "settings.language",
        "settings.theme",
        "settings.captions",
        "settings.quality",
        "settings.reading_speed",
        "versions.manim",
        "lessons.1 own.file",
        "lessons.1 own.trace",
    }
    assert "settings.theme: dark → paper" in told
    assert "settings.reading_speed: nothing → 8.0" in told
    assert f"versions.manim: {real('manim')} → 9.9" in told
    with pytest.raises(DerivvizError) as error:
        lock.check(place, other, locked=True)
    assert "then → now" in str(error.value)
    assert all(line in str(error.value) for line in told)
    assert "leave --locked out" in str(error.value)


def test_lessons_that_come_and_go_are_said(place, facts, lecture):
    two = replace(lecture, lessons=lecture.lessons * 2)
    told = lock.check(place, lock.facts(two, Stage(), TINY), locked=False)
    assert any(line.startswith("lessons.2 own: nothing → ") for line in told)
    assert lock.check(place, {**facts(), "lessons": {}}, locked=False)


def test_without_a_lock(tmp_path, facts):
    assert lock.check(tmp_path / "none.json", facts(), locked=False) == []
    with pytest.raises(UsageError, match="there is no lock"):
        lock.check(tmp_path / "none.json", facts(), locked=True)


@pytest.mark.parametrize("text", ["", "[]", "{", "3"])
def test_a_lock_that_cannot_be_read(tmp_path, facts, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(DerivvizError, match=r"bad\.json is no lock"):
        lock.check(tmp_path / "bad.json", facts(), locked=False)


def test_other_bytes_are_named(place, facts, tmp_path):
    film = tmp_path / "talk.mp4"
    assert lock.written(facts(), [film], place) == place.read_bytes()
    film.write_bytes(b"other")
    with pytest.raises(DerivvizError, match=r"came out with other bytes: talk\.mp4"):
        lock.written(facts(), [film], place)
