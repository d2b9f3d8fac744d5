"""``derivviz render --with`` and ``--reading-speed``: what is asked for, refused, and made."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from click.testing import CliRunner
from PIL import Image

from derivviz.cli.beside import KINDS
from derivviz.cli.console import size
from derivviz.cli.render import command
from derivviz.errors import UsageError
from derivviz.publishing.publish import FILES

OWN = '''\
"""A lesson · 수업

What it is about.

무엇에 대한 것인지.
"""
from manim import Square, Scene
from derivviz.animation import Lesson


class Own(Lesson):
    def construct(self):
        for n in range(2):
            self.say(en=f"Sentence number {n}.", ko=f"{n}번째 문장.")
            self.add(Square(1 + n))


class Plain(Scene):
    def construct(self):
        self.add(Square())
'''


@pytest.fixture
def call(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*words: str):
        tiny = ("--resolution", "160x90", "--fps", "5", "--workers", "1")
        return CliRunner().invoke(command, ["own.py", *words, *tiny], catch_exceptions=False)

    return call


def made() -> list[str]:
    return sorted(path.name for path in Path("renders").iterdir())


def test_the_names_are_those_of_the_files():
    assert (*FILES, "poster") == KINDS


def test_a_film_has_its_tracks_without_being_asked(call):
    told = call("Own")
    assert told.exit_code == 0
    assert made() == ["own.mp4"]
    assert f"({size(Path('renders/own.mp4').stat().st_size)}, " in told.output
    with av.open("renders/own.mp4") as film:
        assert [s.metadata["language"] for s in film.streams.subtitles] == ["eng", "kor"]
        assert [c["metadata"]["title"] for c in film.chapters()] == [
            "Sentence number 0.",
            "Sentence number 1.",
        ]
        assert not any(s.disposition & 1 for s in film.streams.subtitles)
        assert film.metadata["title"] == "A lesson"


def test_without_captions_the_subtitles_are_shown(call):
    call("Own", "--no-captions", "--lang", "ko")
    with av.open("renders/own.ko.mp4") as film:
        assert [bool(s.disposition & 1) for s in film.streams.subtitles] == [False, True]
        assert film.metadata["title"] == "수업"
        assert film.chapters()[0]["metadata"]["title"] == "0번째 문장."


def test_what_is_asked_for_is_made_and_told(call):
    told = call("Own", "--with", "transcript, poster")
    assert made() == ["own.en.md", "own.ko.md", "own.mp4", "own.poster.png"]
    lines = told.output.splitlines()
    assert [line.split("  (")[0] for line in lines] == [
        "renders/own.mp4",
        "renders/own.en.md",
        "renders/own.ko.md",
        "renders/own.poster.png",
    ]
    assert Path("renders/own.en.md").read_text().startswith("# A lesson\n\nWhat it is about.\n")
    with Image.open("renders/own.poster.png") as poster:
        assert poster.size == (160, 90)
        caption = poster.convert("L").crop((0, 80, 160, 90))
        assert caption.getextrema()[1] < 40  # no caption on it


def test_all_of_a_gif(call):
    call("Own", "--with", "all", "--format", "gif")
    assert made() == [
        "own.chapters.txt",
        "own.en.md",
        "own.en.srt",
        "own.en.vtt",
        "own.gif",
        "own.ko.md",
        "own.ko.srt",
        "own.ko.vtt",
        "own.marks.csv",
        "own.poster.png",
        "own.storyboard.pdf",
        "own.storyboard.png",
    ]


def test_an_unknown_name_is_answered_with_the_nearest(call):
    told = call("Own", "--with", "poster,subtitels")
    assert told.exit_code == 2
    assert (
        "'subtitels' is none of subtitles, chapters, transcript, marks, storyboard, poster, all"
        in told.output
    )
    assert "Did you mean 'subtitles'?" in told.output


def test_what_cannot_be_made_is_refused_before_anything_is_drawn(call):
    with pytest.raises(UsageError, match="Plain has no sentences"):
        call("Plain", "--with", "poster,subtitles")
    with pytest.raises(UsageError, match=r"goes with a film \(mp4, webm, mov, gif\), not with own\.png"):
        call("Own", "--with", "chapters", "--format", "png")
    assert not Path("renders").exists()
    assert call("Plain", "--with", "poster").exit_code == 0
    assert made() == ["own.mp4", "own.poster.png"]


def test_the_reading_speed_is_that_of_the_viewer(call):
    lengths = []
    for words in (("--reading-speed", "5"), ("--reading-speed", "50")):
        call("Own", *words, "--no-captions")
        with av.open("renders/own.mp4") as film:
            lengths.append(film.duration / 1e6)
    letters = len("Sentence number 0.") + len("Sentence number 1.")
    assert lengths[0] - lengths[1] == pytest.approx(letters / 5 - letters / 50, abs=0.5)
    assert call("Own", "--reading-speed", "0").exit_code == 2
