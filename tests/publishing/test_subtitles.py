"""Cues: complete, in time, short; and files that others' parsers read as they were meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivviz.animation import Beat
from derivviz.look.prose import plain
from derivviz.publishing.subtitles import LINES, WIDEST, Cue, cues, srt, vtt, wrap

SENTENCE = (
    "It fits: h = 4 gives 8, h = 0.1 gives 4.1. The last digits are the computer's rounding, and no more."
)


def beat(number: int, start: float, end: float, en: str = SENTENCE, ko: str = "짧은 문장.") -> Beat:
    return Beat(number, start, {"en": en, "ko": ko}, end)


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def parsed(text: str) -> list[tuple[float, float, str]]:
    """Cues of a SubRip or WebVTT file, read by its grammar alone."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        if "-->" not in lines[0]:
            lines = lines[1:]
        if lines and (
            times := re.fullmatch(r"(\d\d:\d\d:\d\d[.,]\d{3}) --> (\d\d:\d\d:\d\d[.,]\d{3})", lines[0])
        ):
            found.append((seconds(times[1]), seconds(times[2]), "\n".join(lines[1:])))
    return found


@given(
    st.lists(st.text("abcdefg가나다,.", min_size=1, max_size=30), min_size=1, max_size=60),
    st.sampled_from([24, 42]),
)
def test_wrapping_loses_no_word_and_no_line_is_too_long(words, widest):
    text = " ".join(words)
    pieces = wrap(text, widest)
    lines = [line for piece in pieces for line in piece]
    assert " ".join(lines) == text
    assert all(1 <= len(piece) <= LINES for piece in pieces)
    assert all(len(line) <= widest or " " not in line for line in lines)


def test_lines_are_even_and_break_after_a_comma_where_they_can():
    assert wrap("Short.", 42) == [("Short.",)]
    assert wrap("Slope needs two points. So we take a second one on the curve: Q.", 42) == [
        ("Slope needs two points.", "So we take a second one on the curve: Q.")
    ]
    (piece,) = wrap("one two three four five six seven eight nine ten eleven", 42)
    assert abs(len(piece[0]) - len(piece[1])) < 6
    assert wrap("", 42) == []


def test_the_cues_of_a_beat_fill_it():
    made = cues([beat(1, 0.7, 10.7), beat(2, 10.7, 12.0, en="Done.")], "en")
    assert len(made) == 3
    assert made[0].start == 0.7
    assert [one.end for one in made[:-1]] == [other.start for other in made[1:]]
    assert made[1].end == pytest.approx(10.7)
    assert made[-1] == Cue(10.7, 12.0, ("Done.",))
    share = sum(map(len, made[0].lines)) / sum(len(line) for cue in made[:2] for line in cue.lines)
    assert (made[0].end - 0.7) / 10 == pytest.approx(share)


def test_both_languages_have_the_same_times():
    beats = [beat(1, 1.0, 4.0, en="One.", ko="하나."), beat(2, 4.0, 6.0, en="Two.", ko="둘.")]
    one, other = cues(beats, "en"), cues(beats, "ko")
    assert [(c.start, c.end) for c in one] == [(c.start, c.end) for c in other]
    assert [c.lines for c in other] == [("하나.",), ("둘.",)]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_files_say_what_the_cues_say(language):
    beats = [
        beat(1, 0.7333333, 6.2666667, ko="이 문장은 한 줄에 들어가기에는 조금 길어서 두 줄이 된다."),
        beat(2, 6.2666667, 3725.5, en="A $Delta x$, <b> & more.", ko="$Delta x$ & <b>."),
    ]
    made = cues(beats, language)
    for text, point in ((srt(made), ","), (vtt(made, language), ".")):
        assert text.count(point + "733 -->") == 1
        found = parsed(text)
        assert [(start, end) for start, end, _ in found] == [
            (pytest.approx(cue.start, abs=6e-4), pytest.approx(cue.end, abs=6e-4)) for cue in made
        ]
    assert [told for _, _, told in parsed(srt(made))] == ["\n".join(cue.lines) for cue in made]
    told = " ".join(told.replace("\n", " ") for _, _, told in parsed(srt(made)))
    assert told == " ".join(plain(b.text[language]) for b in beats)
    assert srt(made).startswith("1\n00:00:00,733 --> ")
    assert vtt(made, language).startswith(f"WEBVTT\nLanguage: {language}\n\n00:00:00.733 --> ")
    assert "01:02:05,500" in srt(made)
    assert "Δx" in srt(made)
    assert "&amp;" in vtt(made, language)
    assert "&lt;b&gt;" in vtt(made, language)


def test_lines_are_no_wider_than_a_screen_reads():
    for language, text in (("en", SENTENCE * 3), ("ko", "기울기는 접선의 기울기이고 극한이다. " * 6)):
        for cue in cues([beat(1, 0, 60, en=text, ko=text)], language):
            assert len(cue.lines) <= 2
            assert max(map(len, cue.lines)) <= WIDEST[language]
