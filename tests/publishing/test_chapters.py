"""Chapters of beats and of lessons, and the list that video sites take."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivviz.animation import Beat
from derivviz.publishing.chapters import SHORTEST, Chapter, clock, in_a_row, listed, of_beats, shortened


def moments(text: str) -> list[int]:
    found = [re.fullmatch(r"(?:(\d+):)?(\d+):(\d\d) \S.*", line) for line in text.splitlines()]
    assert all(found)
    return [int(m[1] or 0) * 3600 + int(m[2]) * 60 + int(m[3]) for m in found if m]


def test_a_chapter_a_beat_from_the_very_start():
    beats = [Beat(1, 0.7, {"en": "One $x$.", "ko": "하나."}, 5), Beat(2, 5, {"en": "Two.", "ko": "둘."}, 9)]
    assert of_beats(beats, "en", 9.5) == [Chapter(0.0, 5, "One x."), Chapter(5, 9.5, "Two.")]
    assert [c.title for c in of_beats(beats, "ko", 9.5)] == ["하나.", "둘."]
    assert of_beats([], "en", 3) == []


@given(st.lists(st.floats(0.5, 60), min_size=1, max_size=40))
def test_the_list_is_one_that_video_sites_take(lengths):
    starts = [sum(lengths[:n]) for n in range(len(lengths))]
    chapters = in_a_row(starts, [f"n{n}" for n in range(len(lengths))], sum(lengths))
    found = moments(listed(chapters))
    assert found[0] == 0
    kept = [c for c in chapters if f" {c.title}\n" in listed(chapters)]
    ends = [c.start for c in kept[1:]] + [chapters[-1].end]
    if len(kept) > 1:
        assert all(end - c.start >= SHORTEST for c, end in zip(kept, ends, strict=True))
    assert len(kept) == len(found)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (9.99, "0:09"), (65, "1:05"), (3725.4, "1:02:05")]
)
def test_moments(seconds, told):
    assert clock(seconds) == told


def test_long_titles_are_cut_between_words():
    long = "The derivative is the slope of the tangent: the limit of the slopes of all its secants, here."
    assert shortened("Short.") == "Short."
    assert len(shortened(long)) <= 80
    assert (
        shortened(long) == "The derivative is the slope of the tangent: the limit of the slopes of all its…"
    )
