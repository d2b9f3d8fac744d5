"""Every test of this room starts on the plain stage: English, dark, a frame of 16:9."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from manim import tempconfig

from derivviz.animation import stage
from derivviz.animation.stage import Stage


@pytest.fixture(autouse=True)
def plain_stage() -> Iterator[None]:
    with tempconfig({"frame_height": 8.0, "frame_width": 8.0 * 16 / 9}):
        stage.enter(Stage())
        yield
        stage.enter(Stage())
