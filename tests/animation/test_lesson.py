"""The base of every lesson: beats, captions, claims, the trace, and a file of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT, Dot, Line, config

from derivviz import library
from derivviz.animation import Formula, Lesson, Stage, Words
from derivviz.animation.lesson import NOTICED
from derivviz.animation.stage import READING_SPEED
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.theme import PAPER
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, plan

TINY = Quality(320, 180, 10)
FRAME = 1 / TINY.frame_rate
SHORT = {"en": "A short one.", "ko": "짧은 문장."}
LONG = {
    "en": "A sentence that is long enough to need its time, because nobody reads faster than this.",
    "ko": "누구도 이보다 빨리 읽지는 못하므로, 시간이 필요할 만큼 긴 문장이다. 정말로 길다.",
}


class TwoBeats(Lesson):
    """Two sentences · 두 문장"""

    def construct(self) -> None:
        self.wait(0.5)
        self.say(**SHORT)
        self.play(Dot().animate.shift(RIGHT), run_time=6)
        self.say(**LONG)
        type(self).last = self


def reading(text: dict[str, str], language: str) -> float:
    return len(text[language]) / READING_SPEED[language]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_beats_cover_the_lesson_and_leave_time_to_read(language):
    made = plan(TwoBeats, TINY, Stage(language))
    one, two = made.beats
    assert [one.number, two.number] == [1, 2]
    assert one.start == pytest.approx(0.5, abs=FRAME)
    assert one.end == two.start
    assert two.end == pytest.approx(made.duration)
    assert one.text == SHORT
    assert one.end - one.start == pytest.approx(
        6 + 0.35, abs=2 * FRAME
    )  # the action lasts longer than reading
    assert two.end - two.start >= reading(LONG, language)
    assert two.end - two.start <= reading(LONG, language) + 1.0
    assert made.frames == pytest.approx(made.duration * TINY.frame_rate, abs=1)


def test_a_beat_without_action_lasts_as_long_as_its_language_needs():
    lengths = {}
    for language in ("en", "ko"):
        beat = plan(TwoBeats, TINY, Stage(language)).beats[1]
        lengths[language] = beat.end - beat.start
    difference = reading(LONG, "ko") - reading(LONG, "en")
    assert lengths["ko"] - lengths["en"] == pytest.approx(difference, abs=2 * FRAME)


@pytest.mark.parametrize("rate", [7, 15, 30, 60])
@pytest.mark.parametrize("speed", [None, 3.0, 11.3, 40.0])
def test_a_beat_is_never_shorter_than_its_sentence_takes_to_read(rate, speed):
    made = plan(TwoBeats, Quality(64, 36, rate), Stage("ko", captions=False, reading_speed=speed))
    beat = made.beats[1]
    needed = NOTICED + len(LONG["ko"]) / (speed or READING_SPEED["ko"])
    assert needed - 1e-6 <= beat.end - beat.start <= needed + 1.1 / rate


def test_what_is_not_read_takes_no_time():
    class Marked(Lesson):
        def construct(self) -> None:
            self.say(en='*Bold*, #"\\u{61}\\u{62}" and $Delta x$.', ko="글.")
            self.say(en="Bold, ab and Δx.", ko="글.")

    one, two = plan(Marked, TINY, Stage(captions=False)).beats
    assert one.end - one.start == pytest.approx(two.end - two.start, abs=1e-6)


def captions(lesson: Lesson) -> list[Words]:
    return [m for m in lesson.mobjects if isinstance(m, Words)]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_caption_is_that_of_the_last_beat(language):
    plan(TwoBeats, TINY, Stage(language))
    (caption,) = captions(TwoBeats.last)
    assert caption.markup == LONG[language]
    assert caption.get_top()[1] < -2.9
    assert caption.get_bottom()[1] > -4
    assert abs(caption.get_x()) < 0.01


def test_a_caption_of_two_lines_has_no_word_left_over():
    class Told(Lesson):
        def construct(self) -> None:
            type(self).last = self
            self.say(en="one two three four five six seven eight nine ten " * 2, ko="글")

    plan(Told, TINY, Stage())
    (caption,) = captions(Told.last)
    assert caption.width < 0.62 * Words(caption.markup, "caption").width


def test_without_captions_the_beats_are_still_told():
    made = plan(TwoBeats, TINY, Stage(captions=False))
    assert captions(TwoBeats.last) == []
    assert [beat.text for beat in made.beats] == [SHORT, LONG]
    assert made.beats[1].end - made.beats[1].start >= reading(LONG, "en")


def test_theme_and_language_reach_the_lesson():
    class Chosen(Lesson):
        def construct(self) -> None:
            assert self.choose(en="a", ko="b") == "b"
            assert self.words(en="slope", ko="기울기").markup == "기울기"
            assert Formula("x").glyphs[0].get_fill_color().to_hex() == PAPER.ink
            assert config.background_color.to_hex() == PAPER.background
            assert self.renderer.camera.background_color == PAPER.background

    before = config.background_color
    plan(Chosen, TINY, Stage("ko", PAPER))
    assert config.background_color == before


def test_layout_is_checked_at_the_end_of_every_beat():
    class Crossed(Lesson):
        def construct(self) -> None:
            self.say(**SHORT)
            self.add(Formula("x"))
            self.say(**SHORT)
            line = Line([-1, 0, 0], [1, 0, 0])
            self.add(line)
            self.say(**SHORT)
            self.remove(line)

    problems = plan(Crossed, TINY, Stage()).problems
    assert [(p.kind, p.beat) for p in problems] == [("layout", 2)]
    assert "runs through Formula('x')" in str(problems[0])


def test_a_problem_names_the_line_that_says_so():
    """As a compiler does: of a layout the sentence of its beat, of a claim the claim."""

    class Wrong(Lesson):
        def construct(self) -> None:
            self.say(**SHORT)
            self.add(Formula("x"), Line([-1, 0, 0], [1, 0, 0]))

        def verify(self) -> None:
            self.claim("one", 1, 2)

    first = Wrong.construct.__code__.co_firstlineno
    layout, claim = plan(Wrong, TINY, Stage()).problems
    assert layout.where == f"test_lesson.py:{first + 1}"
    assert claim.where == f"test_lesson.py:{first + 5}"
    assert str(claim).startswith(f"test_lesson.py:{first + 5}: claim: beat 1, ")


# ---- claims ---------------------------------------------------------------------------------------------


def claimed(drawn: float, true: float, *tolerance: float) -> list[str]:
    class Claims(Lesson):
        def verify(self) -> None:
            self.claim("the slope", drawn, true, *tolerance)

    problems = plan(Claims, TINY, Stage()).problems
    assert {p.kind for p in problems} <= {"claim"}
    return [p.message for p in problems]


@pytest.mark.parametrize(
    ("drawn", "true", "tolerance"),
    [
        (4.0, 4.0, ()),
        (1e9, 1e9 + 100, ()),
        (0.0, 9e-7, ()),
        (4.0, 4.05, (0.02,)),
        (4.1, 4.1, (0,)),
        (np.float64(2), 2, ()),
    ],
)
def test_a_true_claim_passes(drawn, true, tolerance):
    assert claimed(drawn, true, *tolerance) == []


@pytest.mark.parametrize(
    ("drawn", "true", "tolerance"),
    [
        (4.0, 4.1, ()),
        (4.0, -4.0, ()),
        (0.0, 2e-6, ()),
        (1e9, 1e9 + 10_000, ()),
        (4.1, np.nextafter(4.1, 5), (0,)),
        (float("nan"), 4.0, ()),
        (4.0, float("nan"), ()),
        (float("nan"), float("nan"), ()),
        (float("inf"), 4.0, ()),
        (4.0, float("inf"), ()),
        (float("-inf"), float("inf"), ()),
    ],
)
def test_a_false_claim_fails(drawn, true, tolerance):
    (message,) = claimed(drawn, true, *tolerance)
    assert message.startswith("the slope: the picture says")


def test_a_failed_claim_names_both_numbers():
    assert claimed(4.0, 4.5) == ["the slope: the picture says 4.0, but it is 4.5"]


# ---- the trace ------------------------------------------------------------------------------------------


class Needs(Lesson):
    requires = ("loss",)

    def construct(self) -> None:
        type(self).seen = self.trace["loss"]


def test_without_a_trace_the_command_that_records_one_is_told():
    with pytest.raises(DerivvizError) as told:
        plan(Needs, TINY, Stage())
    assert "derivviz record food" in str(told.value)
    assert "derivviz render test_lesson --trace renders/food.zarr" in str(told.value)


def test_the_trace_is_read(tiny_trace):
    plan(Needs, TINY, Stage(trace=str(tiny_trace)))
    assert Needs.seen.shape == (12,)


def test_a_series_that_the_trace_lacks_is_named_with_the_command(tiny_trace):
    class Wants(Needs):
        requires = ("loss", "activation/fc9/mean")

    with pytest.raises(DerivvizError, match=r"no activation/fc9/mean.*derivviz record food"):
        plan(Wants, TINY, Stage(trace=str(tiny_trace)))


def test_a_trace_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DerivvizError, match=r"none\.zarr"):
        plan(Needs, TINY, Stage(trace=str(tmp_path / "none.zarr")))


def test_unknown_parameters_are_refused():
    with pytest.raises(UsageError, match="no parameter --at"):
        plan(TwoBeats, TINY, Stage(parameters={"at": "1"}))


# ---- the environment, and files of one's own ------------------------------------------------------------


def test_the_stage_of_plain_manim_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("DERIVVIZ_LANG", "ko")
    monkeypatch.setenv("DERIVVIZ_THEME", "paper")
    monkeypatch.setenv("DERIVVIZ_TRACE", "somewhere.zarr")
    assert Stage.from_environment() == Stage("ko", PAPER, trace="somewhere.zarr")
    monkeypatch.setenv("DERIVVIZ_LANG", "fr")
    with pytest.raises(UsageError, match="DERIVVIZ_LANG is 'fr': it takes en or ko"):
        Stage.from_environment()
    monkeypatch.setenv("DERIVVIZ_LANG", "en")
    monkeypatch.setenv("DERIVVIZ_THEME", "light")
    with pytest.raises(UsageError, match="light"):
        Stage.from_environment()


OWN = '''\
"""My own lesson · 나만의 수업

It shows one formula.
"""
from dataclasses import dataclass
from manim import FadeIn
from derivviz.animation import Formula, Lesson, parameter


class Mine(Lesson):
    @dataclass(frozen=True)
    class Parameters:
        power: int = parameter(2, "the exponent")

    def construct(self):
        self.heading = self.title()
        self.say(en="This is x.", ko="이것은 x이다.")
        self.formula = Formula(f"x^{self.parameters.power}")
        self.play(FadeIn(self.formula), run_time=0.2)
        print("SHOWN", self.heading.markup, self.formula.markup, len(self.beats))

    def verify(self):
        self.claim("one formula", len(self.formula.glyphs), 2)
'''


@pytest.fixture
def own_file(tmp_path) -> Path:
    folder = tmp_path / "my lessons"
    folder.mkdir()
    path = folder / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize(("language", "title"), [("en", "My own lesson"), ("ko", "나만의 수업")])
def test_a_lesson_in_a_file_of_ones_own(own_file, capsys, language, title):
    before = list(sys.path)
    scene = find_scene(library.load(library.find("scenes", str(own_file))))
    made = plan(scene, TINY, Stage(language, parameters={"power": "3"}))
    assert f'SHOWN *#"{title}"* x^3 1' in capsys.readouterr().out
    assert made.problems == ()
    assert len(made.beats) == 1
    assert sys.path == before


def test_plain_manim_renders_a_lesson(own_file):
    command = [sys.executable, "-m", "manim", "render", "-ql", "--dry_run", "--progress_bar", "none"]
    done = subprocess.run(
        [*command, own_file.name, "Mine"], cwd=own_file.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'SHOWN *#"My own lesson"* x^2 1' in done.stdout
    assert "claim" not in done.stdout + done.stderr
