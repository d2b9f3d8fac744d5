"""``derivviz slides``: names, places, and what is asked of manim-slides."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from derivviz.cli import slides as module
from derivviz.cli.slides import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.rendering import quality
from derivviz.rendering.quality import Quality

OWN = '''\
"""A lesson · 수업"""
from dataclasses import dataclass
from manim import Square
from derivviz.animation import Lesson, parameter


class Own(Lesson):
    @dataclass(frozen=True)
    class Parameters:
        side: float = parameter(1.0, "its side")

    def construct(self):
        for n in range(2):
            self.say(en=f"Sentence {n} of {self.parameters.side:g}.", ko=f"{n}번째 문장.")
            self.add(Square(self.parameters.side + n))
'''


@pytest.fixture
def asked(tmp_path, monkeypatch) -> SimpleNamespace:
    """Calls the command beside two lessons; what manim-slides is asked is kept, and not done."""
    kept = SimpleNamespace(calls=[], returns=0, said="")
    for name in ("own.py", "other.py"):
        (tmp_path / name).write_text(OWN, encoding="utf-8")

    def pretend(*words: str, quiet: bool = False) -> SimpleNamespace:
        kept.calls.append(words)
        return SimpleNamespace(returncode=kept.returns, stderr=kept.said)

    def call(*words: str):
        return CliRunner().invoke(command, [*words, "-q", "l", "--workers", "1"], catch_exceptions=False)

    monkeypatch.setattr(quality, "QUALITIES", {"l": Quality(160, 90, 5)})
    monkeypatch.setattr(module, "_manim_slides", pretend)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in kept.missing else SimpleNamespace()
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    kept.call, kept.missing = call, []
    return kept


def notes(path: str) -> list[str]:
    return [slide["notes"] for slide in json.loads(Path(path).read_text())["slides"]]


def test_slides_of_several_lessons(asked):
    told = asked.call("own.py", "other.py", "--lang", "ko")
    assert told.stdout == "slides/own.ko.json  (2 slides)\nslides/other.ko.json  (2 slides)\n"
    assert notes("slides/own.ko.json") == ["0번째 문장.", "1번째 문장."]
    assert asked.calls == []


def test_parameters_of_one_lesson(asked):
    asked.call("own.py", "--side", "2", "-o", "talk")
    assert notes("talk/own.json") == ["Sentence 0 of 2.", "Sentence 1 of 2."]
    slide = json.loads(Path("talk/own.json").read_text())["slides"][0]
    assert slide["file"] == "talk/files/own/001.mp4"
    with pytest.raises(UsageError, match="--side belongs to one lesson"):
        asked.call("own.py", "other.py", "--side", "2")


def test_converted_and_presented(asked):
    told = asked.call("own.py", "--to", "pptx")
    assert told.stdout.endswith("\nslides/own.pptx\n")
    asked.call("own.py", "other.py", "--to", "html", "--present")
    assert asked.calls == [
        ("convert", "--folder", "slides", "--to", "pptx", "own", "slides/own.pptx"),
        ("convert", "--folder", "slides", "--to", "html", "own", "other", "slides/slides.html"),
        ("present", "--folder", "slides", "own", "other"),
    ]
    asked.returns = 3
    assert asked.call("own.py", "--present").exit_code == 3


def test_what_manim_slides_says_is_passed_on(asked):
    asked.returns, asked.said = 1, "Traceback\nValueError: no such slide\n"
    with pytest.raises(DerivvizError, match=r"could not write slides/own\.zip: ValueError: no such slide"):
        asked.call("own.py", "--to", "zip")


def test_what_is_missing_is_told_before_anything_is_drawn(asked):
    asked.missing = ["manim_slides"]
    with pytest.raises(DerivvizError, match=r"pip install 'derivviz\[slides\]'"):
        asked.call("own.py", "--to", "html")
    asked.missing = ["PySide6", "PyQt6"]
    with pytest.raises(DerivvizError, match=r"pip install 'manim-slides\[pyside6\]'"):
        asked.call("own.py", "--present")
    assert not Path("slides").exists()
    assert asked.call("own.py").exit_code == 0  # the format itself needs neither
