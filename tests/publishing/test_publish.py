"""What goes with a film: its files, their names, what stands in them."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from derivviz.animation import Beat
from derivviz.look.prose import plain
from derivviz.publishing.publish import FILES, publish
from derivviz.publishing.stills import stills
from derivviz.publishing.storyboard import storyboard
from derivviz.publishing.talk import Part
from derivviz.publishing.transcript import transcript

COLOURS = [(220, 40, 40), (30, 200, 90), (50, 100, 240)]


def near(pixel, colour) -> bool:
    return bool(np.abs(np.asarray(pixel[:3]).astype(int) - colour).max() <= 14)


@pytest.fixture
def told(films, tmp_path):
    film, talk = films["mp4"]
    return Path(shutil.copy(film, tmp_path / "three.ko.mp4")), talk


def test_everything_beside_the_film_is_called_like_it(told):
    film, talk = told
    paths = publish(film, talk, FILES)
    assert [path.name for path in paths] == [
        "three.ko.en.srt",
        "three.ko.en.vtt",
        "three.ko.ko.srt",
        "three.ko.ko.vtt",
        "three.ko.chapters.txt",
        "three.ko.en.md",
        "three.ko.ko.md",
        "three.ko.marks.csv",
        "three.ko.storyboard.pdf",
        "three.ko.storyboard.png",
    ]
    assert {path.name for path in film.parent.iterdir()} == {film.name, *(path.name for path in paths)}
    assert all(path.stat().st_size > 20 for path in paths)
    once = {path: path.read_bytes() for path in [film, *paths]}
    publish(film, talk, FILES)
    assert {path: path.read_bytes() for path in once} == once


def test_only_what_is_asked_for(told):
    film, talk = told
    assert [path.name for path in publish(film, talk, ["chapters"])] == ["three.ko.chapters.txt"]
    assert publish(film, talk) == []
    with av.open(str(film)) as opened:
        assert len(opened.streams.subtitles) == 2
        assert len(opened.chapters()) == 3


def test_a_film_without_drawn_captions_shows_its_subtitles(told):
    film, talk = told
    for captions, shown in ((False, [False, True]), (True, [False, False])):
        publish(film, replace(talk, language="ko", captions=captions))
        with av.open(str(film)) as opened:
            assert [bool(s.disposition & 1) for s in opened.streams.subtitles] == shown


def test_a_file_that_holds_no_tracks_is_left_as_it_is(told, tmp_path):
    gif = tmp_path / "a.gif"
    gif.write_bytes(b"GIF89a")
    assert [path.name for path in publish(gif, told[1], ["chapters"])] == ["a.chapters.txt"]
    assert gif.read_bytes() == b"GIF89a"


# ---- stills and storyboard ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov"])
def test_a_still_is_what_the_film_shows_then(films, kind):
    film, talk = films[kind]
    times = [beat.end - 0.02 for beat in talk.beats] + [0.0, talk.duration + 9]
    pictures = stills(film, times, 320)
    assert [picture.size for picture in pictures] == [(320, 180)] * 5
    for picture, colour in zip(pictures[:3], COLOURS, strict=True):
        assert near(picture.getpixel((160, 90)), colour)
    assert near(pictures[3].getpixel((160, 90)), (16, 20, 31))
    assert near(pictures[4].getpixel((160, 90)), COLOURS[2])


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_storyboard_has_a_still_and_the_sentence_of_every_beat(films):
    film, talk = films["mp4"]
    made = storyboard(film, talk, "pdf")
    assert len(PdfReader(io.BytesIO(made)).pages[0].images) == 3
    text = words(made)
    for sentence in talk.sentences(talk.beats):
        assert sentence in text
    assert "A *title* & more" in text
    assert "What it is about." in text
    picture = np.array(Image.open(io.BytesIO(storyboard(film, talk, "png"))).convert("RGB"))
    for colour in COLOURS:
        assert (np.abs(picture.astype(int) - colour).max(axis=2) < 14).sum() > 5000


def test_the_storyboard_in_korean(films):
    film, talk = films["mp4"]
    text = words(storyboard(film, replace(talk, language="ko"), "pdf"))
    assert "첫째 문장." in text
    assert "문장 3개" in text


def test_drawn_captions_are_cut_off_the_stills(films):
    film, talk = films["mp4"]
    heights = []
    for captions in (False, True):
        pages = PdfReader(io.BytesIO(storyboard(film, replace(talk, captions=captions), "pdf"))).pages
        picture = pages[0].images[0].image
        heights.append(picture.height / picture.width)
    assert heights == [pytest.approx(9 / 16, abs=0.01), pytest.approx(9 / 16 * 6.95 / 8, abs=0.01)]


def test_a_long_storyboard_has_pages_and_a_heading_a_part(films):
    film, talk = films["mp4"]
    parts = [Part({"en": f"Part {n} [x]", "ko": f"{n}부"}, 0.0, tuple(talk.beats) * 4) for n in range(1, 4)]
    made = storyboard(film, replace(talk, parts=tuple(parts)), "pdf")
    assert len(PdfReader(io.BytesIO(made)).pages) == 3
    text = words(made)
    assert [n for n in range(1, 4) if f"Part {n} [x]" in text] == [1, 2, 3]
    assert "36 " in text


# ---- transcript and chapters ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_transcript_says_all_that_is_said(films, language):
    talk = films["mp4"][1]
    text = transcript(talk, language)
    assert text.startswith(
        f"# {talk.title[language].replace('*', chr(92) + '*')}\n\n{talk.summary[language]}\n\n- **0:00** "
    )
    for beat in talk.beats:
        assert plain(beat.text[language]).replace("<", "\\<").replace(">", "\\>") in text
    assert text.count("\n- ") == 3


def test_a_talk_of_several_parts_has_a_chapter_a_part(films):
    talk = films["mp4"][1]
    told = Beat(1, 30.0, {"en": "More.", "ko": "더."}, 50.0)
    two = replace(talk, parts=(*talk.parts, Part({"en": "B", "ko": "나"}, 29.0, (told,))), duration=50.0)
    assert [(c.start, c.end, c.title) for c in two.chapters()] == [
        (0.0, 29.0, "A *title* & more"),
        (29.0, 50.0, "B"),
    ]
    assert "## B\n\n- **0:30** More.\n" in transcript(two, "en")
    assert [c.title for c in replace(two, language="ko").chapters()] == ["제목", "나"]
