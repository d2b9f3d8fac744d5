"""Every lesson is laid out in each shape of the frame that it says it is laid out for."""

from __future__ import annotations

import pytest

from derivviz import library

NARROW = [
    (entry.name, aspect)
    for entry in library.entries("scenes")
    if not entry.requires
    for aspect in entry.aspects
    if aspect != "16:9"  # which the tests of each lesson look at
]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("name", "aspect"), NARROW)
def test_a_lesson_has_the_shapes_that_it_names(walk, name, aspect, language):
    planned, _ = walk(name, language, aspect=aspect)
    assert [str(problem) for problem in planned.problems] == []
