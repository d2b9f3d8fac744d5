"""``derivviz render --voice``, ``--marks`` and ``--voice-engine``: what is asked for, refused, and heard."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner

from derivviz.cli.render import command
from derivviz.errors import DerivvizError, UsageError

OWN = '''\
"""A lesson · 수업"""
from manim import Scene, Square
from derivviz.animation import Lesson


class Own(Lesson):
    def construct(self):
        for n in range(2):
            self.say(en=f"{n}.", ko=f"{n}번.")
            self.add(Square(1 + n))


class Plain(Scene):
    def construct(self):
        self.add(Square())
        self.wait()
'''
RATE = 8000


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    loud = (9000 * np.sin(np.arange(3 * RATE) / 3)).astype(np.int16)
    quiet = np.zeros(RATE, np.int16)
    with wave.open(str(tmp_path / "voice.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.concatenate([quiet, loud, quiet, loud, quiet]).tobytes())
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Any:
        tiny = ("--resolution", "160x90", "--fps", "5", "--workers", "1", "--no-cache")
        return CliRunner().invoke(command, ["own.py", *words, *tiny], catch_exceptions=False)

    return call


def lengths(path: str) -> tuple[float, bool]:
    """Seconds of a film, and whether it is heard."""
    with av.open(path) as film:
        return film.duration / 1e6, bool(film.streams.audio)


def test_a_recording_is_laid_over_the_lesson(call: Any) -> None:
    assert call("Own").exit_code == 0
    silent = lengths("renders/own.mp4")
    assert silent == (pytest.approx(1.0 * 2, abs=1.5), False)
    assert call("Own", "--voice", "voice.wav", "--with", "marks").exit_code == 0
    assert lengths("renders/own.mp4") == (pytest.approx(2 * (3.2 + 0.4), abs=0.8), True)
    # Spoken by its own marks, nothing of it changes any more.
    Path("marks.csv").write_text("beat,start,end\n1,0.5,4.4\n2,4.6,8.5\n")
    assert call("Own", "--voice", "voice.wav", "--marks", "marks.csv").exit_code == 0
    assert lengths("renders/own.mp4") == (pytest.approx(2 * (3.9 + 0.4), abs=0.8), True)


@pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs espeak-ng: sudo apt-get install espeak-ng"
)
def test_without_a_name_the_engine_is_the_offline_one(call: Any) -> None:
    told = call("Own", "--lang", "ko", "--voice-engine")
    assert told.exit_code == 0
    assert lengths("renders/own.ko.mp4")[1]


def test_what_does_not_go_together_is_refused(call: Any) -> None:
    for words, message in (
        (("Own", "--voice", "voice.wav", "--voice-engine", "espeak-ng"), "name one of them"),
        (("Own", "--marks", "marks.csv"), "add --voice FILE"),
        (
            ("Own", "--voice", "voice.wav", "--format", "gif"),
            "a voice is heard in mp4, webm, mov, not in own.gif",
        ),
        (("Plain", "--voice", "voice.wav"), "Plain has no sentences to speak"),
    ):
        with pytest.raises((UsageError, DerivvizError), match=message):
            call(*words)
    assert not Path("renders").exists()
