"""A small lesson of three sentences as a film, and what is told in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from manim import RIGHT, Square

from derivviz.animation import Lesson, Stage
from derivviz.publishing.talk import Part, Talk
from derivviz.rendering.plan import Plan, Rendering
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import render

TINY = Quality(160, 90, 10)
TITLE = {"en": "A *title* & more", "ko": "제목"}
SUMMARY = {"en": "What it is about.", "ko": "무엇에 대한 것인지."}


class Three(Lesson):
    """Three sentences; the square is red, then green, then blue."""

    def construct(self) -> None:
        self.wait(0.5)
        told = [
            ("The first one, <short>.", "첫째 문장."),
            ("A second one that is so long that nobody would put it on one line or two of a subtitle: it goes on "
             "and on, past every comma, until it ends.", "둘째 문장은 자막 한 줄이나 두 줄에 담기에는 길어서, "
             "쉼표를 지나고 또 지나 마침내 끝날 때까지 이어진다."),
            ("The *last*, $Delta x$.", "마지막, $Delta x$."),
        ]  # fmt: skip
        square = Square(4, stroke_width=0, fill_opacity=1)
        for colour, (en, ko) in zip(("#DC2828", "#1EC85A", "#3264F0"), told, strict=True):
            self.say(en=en, ko=ko)
            square.set_fill(colour)
            self.add(square)
            self.play(square.animate.shift(0.001 * RIGHT), run_time=0.5)


def talk_of(beats, duration, captions=False, language="en") -> Talk:
    return Talk(TITLE, SUMMARY, (Part(TITLE, 0.0, tuple(beats)),), duration, language, captions)


@pytest.fixture(scope="session")
def three() -> type[Lesson]:
    """The lesson itself."""
    return Three


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> dict[str, tuple[Path, Talk]]:
    """The lesson as an mp4 and as a webm, without drawn captions, with what is told in it."""
    folder = tmp_path_factory.mktemp("told")
    made = {}
    for kind in ("mp4", "webm", "mov"):
        rendering = render(Three, folder / f"three.{kind}", TINY, Stage(captions=False), workers=1)
        made[kind] = rendering.path, talk_of(rendering.plan.beats, rendering.duration)
    return made


@pytest.fixture
def rendering(films) -> Rendering:
    """The mp4, as `render` says what it made."""
    film, talk = films["mp4"]
    return Rendering(film, 1, talk.duration, 0.1, Plan(1, talk.duration, tuple(talk.beats), ()))
