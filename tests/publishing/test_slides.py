"""Slides: stretches of a film, forwards and backwards, in a format that manim-slides itself opens."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from pypdf import PdfReader

from derivviz.errors import DerivvizError
from derivviz.publishing.cut import cut, reverse
from derivviz.publishing.slides import slides
from derivviz.rendering.quality import Quality

TINY = Quality(160, 90, 10)
COLOURS = [(220, 40, 40), (30, 200, 90), (50, 100, 240)]


def frames(path: Path) -> list[tuple[Fraction, str]]:
    """When each picture of a film is shown, in ticks, and its digest."""
    with av.open(str(path)) as film:
        return [
            (frame.pts * frame.time_base * 10, hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest())
            for frame in film.decode(video=0)
        ]


def length(path: Path) -> float:
    with av.open(str(path)) as film:
        return film.streams.video[0].duration * float(film.streams.video[0].time_base)


def middle(path: Path, last: bool) -> np.ndarray:
    with av.open(str(path)) as film:
        shown = [
            f.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray() for f in film.decode(video=0)
        ]
    return shown[-1 if last else 0][45, 80].astype(int)


@pytest.fixture(scope="module")
def made(films, tmp_path_factory):
    film, talk = films["mp4"]
    folder = tmp_path_factory.mktemp("talk") / "slides"
    told = []
    path = slides(film, talk, folder, "three", TINY, "#10141F", lambda *now: told.append(now))
    assert told == [(1, 3), (2, 3), (3, 3)]
    return path


def test_one_slide_a_sentence_with_the_sentence_as_its_notes(made, films):
    talk = films["mp4"][1]
    told = json.loads(made.read_text())
    assert [slide["notes"] for slide in told["slides"]] == talk.sentences(talk.beats)
    assert told["resolution"] == [160, 90]
    assert told["background_color"] == "#10141F"
    for slide in told["slides"]:
        assert (made.parent.parent / slide["file"]).is_file()
        assert (made.parent.parent / slide["rev_file"]).is_file()
    assert sorted(path.name for path in made.parent.iterdir()) == ["files", "three.json"]


def test_the_slides_are_the_film(made, films):
    film, talk = films["mp4"]
    whole = frames(film)
    start = Fraction(0)
    found = []
    for number in (1, 2, 3):
        part = made.parent / "files" / "three" / f"{number:03d}.mp4"
        found += [(start + at, digest) for at, digest in frames(part)]
        start += round(length(part) * 10)
    assert found == whole
    assert start == round(talk.duration * 10)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_backwards_every_picture_is_shown_as_long_as_forwards(made, number):
    folder = made.parent / "files" / "three"
    one, other = folder / f"{number:03d}.mp4", folder / f"{number:03d}.reversed.mp4"
    assert length(one) == pytest.approx(length(other))
    ticks = round(length(one) * 10)
    shown = [at for at, _ in frames(one)]
    ends = [*shown[1:], ticks]
    assert [at for at, _ in frames(other)] == [ticks - end for end in reversed(ends)]
    assert np.abs(middle(other, last=False) - COLOURS[number - 1]).max() < 16  # it begins with the end
    assert np.abs(middle(other, last=True) - middle(one, last=False)).max() < 16


def test_a_film_is_entered_at_its_beats_alone(films, tmp_path):
    film, talk = films["mp4"]
    begin = round(talk.beats[1].start * 10)
    cut(film, begin, begin + 3, tmp_path / "a.mp4", TINY)
    assert length(tmp_path / "a.mp4") == pytest.approx(0.3)
    with pytest.raises(DerivvizError, match=f"cannot be entered at frame {begin + 2}"):
        cut(film, begin + 2, begin + 5, tmp_path / "b.mp4", TINY)


def test_backwards_twice_is_forwards(films, tmp_path):
    film, talk = films["mp4"]
    reverse(film, tmp_path / "a.mp4", TINY)
    reverse(tmp_path / "a.mp4", tmp_path / "b.mp4", TINY)
    assert [at for at, _ in frames(tmp_path / "b.mp4")] == [at for at, _ in frames(film)]
    assert length(tmp_path / "b.mp4") == pytest.approx(talk.duration)


def test_a_film_without_sentences_has_no_slides(films, tmp_path):
    film, talk = films["mp4"]
    with pytest.raises(DerivvizError, match="has no sentences"):
        slides(film, replace(talk, parts=(replace(talk.parts[0], beats=()),)), tmp_path, "x", TINY, "#000000")
    assert list(tmp_path.iterdir()) == []


def test_new_slides_replace_the_earlier_ones(films, tmp_path):
    film, talk = films["mp4"]
    for part in (talk.parts[0], replace(talk.parts[0], beats=talk.beats[:2])):
        path = slides(film, replace(talk, parts=(part,)), tmp_path, "x", TINY, "#000000")
    assert len(json.loads(path.read_text())["slides"]) == 2
    assert len(list((tmp_path / "files" / "x").iterdir())) == 4


# ---- manim-slides itself --------------------------------------------------------------------------------

needs_manim_slides = pytest.mark.skipif(
    importlib.util.find_spec("manim_slides") is None, reason="manim-slides is not installed"
)


def call(folder: Path, *words: str, **variables: str) -> str:
    """What manim-slides prints, called beside the folder of slides."""
    done = subprocess.run(
        [sys.executable, "-m", "manim_slides", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_manim_slides
def test_manim_slides_finds_them(made):
    assert call(made.parent.parent, "list-scenes").split() == ["1:", "three"]


@needs_manim_slides
@pytest.mark.parametrize("kind", ["html", "pptx", "pdf", "zip"])
def test_manim_slides_converts_them(made, tmp_path, films, kind):
    whole = tmp_path / f"out.{kind}"
    call(made.parent.parent, "convert", "--to", kind, "three", str(whole))
    talk = films["mp4"][1]
    if kind == "html":
        text = whole.read_text()
        assert text.count("<section") == 3
        assert all(line in text for line in talk.sentences(talk.beats)[1:])
    elif kind == "pptx":
        from pptx import Presentation

        notes = [slide.notes_slide.notes_text_frame.text for slide in Presentation(str(whole)).slides]
        assert notes == talk.sentences(talk.beats)
    elif kind == "pdf":
        assert len(PdfReader(io.BytesIO(whole.read_bytes())).pages) == 3
    else:
        assert sum(name.endswith(".mp4") for name in zipfile.ZipFile(whole).namelist()) >= 3


@needs_manim_slides
@pytest.mark.slow
def test_manim_slides_plays_them(made):
    pytest.importorskip("PySide6.QtMultimedia", exc_type=ImportError)
    call(made.parent.parent, "present", "--skip-all", "three", QT_QPA_PLATFORM="offscreen")
