"""The frame's panels: today's numbers in 16:9, and in every shape apart from each other and inside the frame."""

from __future__ import annotations

from itertools import combinations

import pytest
from manim import config, tempconfig

from derivviz.animation import Lesson, frame
from derivviz.animation.frame import Panel

PIXELS = {"wide": (14.0, 7.875), "tall": (4.5, 8.0), "square": (8.0, 8.0)}  # a frame as manim may set it


@pytest.fixture(params=list(PIXELS))
def framed(request):
    width, height = PIXELS[request.param]
    with tempconfig({"frame_width": width, "frame_height": height}):
        frame.enter()
        yield request.param


def test_a_lesson_gives_its_frame_the_size_of_its_shape(framed):
    assert frame.shape() == framed
    size = {"wide": (14.222, 8), "tall": (8, 14.222), "square": (12, 12)}[framed]
    assert (config.frame_width, config.frame_height) == pytest.approx(size, abs=1e-3)
    frame.enter()
    assert (config.frame_width, config.frame_height) == pytest.approx(size, abs=1e-3)
    lesson = Lesson()
    assert (lesson.camera.frame_width, lesson.camera.frame_height) == pytest.approx(size, abs=1e-3)


def apart(one: Panel, other: Panel) -> bool:
    return (
        one.right <= other.left
        or other.right <= one.left
        or one.top <= other.bottom
        or other.top <= one.bottom
    )


def test_panels_are_apart_and_inside_the_frame(framed):
    divided = frame.panels()
    for panel in (divided.picture, divided.column, divided.first, divided.second):
        assert -config.frame_width / 2 < panel.left < panel.right < config.frame_width / 2
        assert frame.caption_top() < panel.bottom < panel.top < config.frame_height / 2 - 1
        assert panel.center[:2] == pytest.approx([panel.left + panel.width / 2, panel.top - panel.height / 2])
    for one, other in combinations((divided.picture, divided.first, divided.second), 2):
        assert apart(one, other)
    assert divided.picture.width * divided.picture.height > 0.3 * config.frame_width * config.frame_height


def test_the_panels_of_a_wide_frame():
    divided = frame.panels()
    assert (divided.picture.left, divided.picture.right) == pytest.approx((-6.95, 0.75))
    column = divided.column
    edges = (column.left, column.right, column.bottom, column.top)
    assert edges == pytest.approx((1.35, 6.85, -2.7, 2.8))
    assert frame.caption_top() == -2.95
    assert Panel(0.0, 1.0, -2.7, 2.8).down(1.45) == 1.35


def test_something_is_picked_by_shape(framed):
    assert frame.pick(wide="wide", tall="tall", square="square") == framed


@pytest.mark.parametrize(
    ("size", "shape"), [((1920, 1080), "wide"), ((1080, 1350), "tall"), ((10, 11), "square")]
)
def test_the_shape_of_a_picture(size, shape):
    assert frame.shape_of(*size) == shape


def test_a_caption_in_a_narrow_frame_is_broken_into_lines_of_like_lengths():
    with tempconfig({"frame_width": 8.0, "frame_height": 14.2}):
        lesson = Lesson()
        told = lesson._sentence(en="And from the other side? Put Q to the left of P.", ko="")
        rows: dict[int, list[float]] = {}
        for glyph in told.glyphs:
            rows.setdefault(round(glyph.get_center()[1] / 0.3), []).append(glyph.get_center()[0])
        widths = [max(row) - min(row) for row in rows.values() if len(row) > 3]
        assert told.height < 1
        assert min(widths) > 0.6 * max(widths)
