"""A lecture, made: one film with all that goes with it, the same bytes again, and nothing half done."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import av
import numpy as np
import pytest

from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing import lock, production
from derivviz.publishing import make as making
from derivviz.publishing.lecture import read
from derivviz.publishing.make import make
from derivviz.publishing.production import Production
from derivviz.publishing.stills import stills
from derivviz.rendering.plan import Plan, Sound
from derivviz.rendering.quality import Quality

TINY = Quality(160, 90, 10)
OWN = '''\
"""A coloured square · 색칠한 정사각형

One.

하나.
"""
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from manim import RIGHT, Square
from derivviz.animation import Lesson, parameter


class Own(Lesson):
    @dataclass(frozen=True)
    class Parameters:
        green: int = parameter(0, "how green", minimum=0, maximum=255)
        kills: int = parameter(0, "how often it dies")
        fails: int = parameter(0, "whether it fails")

    def construct(self):
        if self.parameters.fails:
            raise ValueError("no luck")
        here = Path(__file__).with_name("killed")
        times = int(here.read_text()) if here.exists() else 0
        if times < self.parameters.kills:
            here.write_text(str(times + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        square = Square(4, stroke_width=0, fill_opacity=1, fill_color=f"#DC{self.parameters.green:02X}28")
        self.say(en=f"It is {self.parameters.green} green.", ko=f"초록이 {self.parameters.green}이다.")
        self.add(square)
        self.play(square.animate.shift(0.001 * RIGHT), run_time=0.5)
        self.say(en="That was it.", ko="그것이 다였다.")
'''
LECTURE = """\
title = { en = "Squares", ko = "정사각형" }
languages = ["en", "ko"]
captions = false
opening = { en = "Let us begin.", ko = "시작하자." }
closing = { en = "The end.", ko = "끝." }

[[lesson]]
name = "own.py"

[[lesson]]
name = "own.py"
title = { en = "Greener", ko = "더 초록" }
say = { en = "Now greener.", ko = "이제 더 초록으로." }
parameters = { green = 200 }
"""


def pretend(patch: pytest.MonkeyPatch) -> None:
    """Small films; and code that stays the same while it is worked on."""
    patch.setattr(production, "QUALITIES", {"h": TINY})
    patch.setattr(lock, "_code", lambda: [])


@pytest.fixture(autouse=True)
def _pretend(monkeypatch):
    pretend(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lecture")
    (folder / "own.py").write_text(OWN, encoding="utf-8")
    (folder / "talk.toml").write_text(LECTURE, encoding="utf-8")
    return folder


def made(path: Path, film: Path, language: str = "en", **chosen):
    return make(Production(read(path), language), film, **{"workers": 2, "strict": True, **chosen})


@pytest.fixture(scope="module")
def once(folder):
    with pytest.MonkeyPatch.context() as patch:
        pretend(patch)
        told = []
        outcome = made(
            folder / "talk.toml", folder / "out" / "talk.mp4", progress=lambda *now: told.append(now)
        )
    return outcome, told


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_all_files_are_there_and_no_others(once, folder):
    outcome, _ = once
    tracks = "mp4 en.srt en.vtt ko.srt ko.vtt chapters.txt en.md ko.md marks.csv"
    pictures = "storyboard.pdf storyboard.png poster.png"
    names = [f"talk.{ending}" for ending in [*tracks.split(), *pictures.split(), "lock.json"]]
    assert [path.name for path in outcome.files] == names
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(names)
    assert outcome.problems == outcome.differs == ()


def test_the_film_holds_cards_and_lessons_in_order(once):
    outcome, _ = once
    film = outcome.files[0]
    with av.open(str(film)) as opened:
        chapters = opened.chapters()
        assert opened.duration / 1e6 == pytest.approx(outcome.duration, abs=0.11)
        assert [s.metadata["language"] for s in opened.streams.subtitles] == ["eng", "kor"]
        assert [bool(s.disposition & 1) for s in opened.streams.subtitles] == [True, False]
        assert opened.metadata["title"] == "Squares"
        frames = [frame.time for frame in opened.decode(video=0)]
    assert frames == sorted(frames)
    assert [c["metadata"]["title"] for c in chapters] == ["A coloured square", "Greener"]
    assert chapters[0]["start"] == 0
    transcript = outcome.files[6].read_text()
    assert [line.partition("** ")[2] for line in transcript.splitlines() if line.startswith("- ")] == [
        "Let us begin.",
        "It is 0 green.",
        "That was it.",
        "Now greener.",
        "It is 200 green.",
        "That was it.",
        "The end.",
    ]
    times = re.findall(r"--> 00:00:(\d\d),(\d{3})", outcome.files[1].read_text())
    ends = [int(seconds) + int(thousandths) / 1000 for seconds, thousandths in times]
    pictures = stills(film, [end - 0.02 for end in ends], 160)
    middles = [picture.getpixel((80, 45)) for picture in pictures]
    for n, green in ((1, 0), (2, 0), (4, 200), (5, 200)):
        assert np.abs(np.array(middles[n]) - (220, green, 40)).max() < 14
    assert all(max(middles[n]) < 60 or min(middles[n]) > 60 for n in (0, 3, 6))  # a card: ground or letters
    assert outcome.files[5].read_text().splitlines()[0] == "0:00 A coloured square"


def test_progress_goes_on(once):
    _, told = once
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} <= {0, told[-1][1]}


def test_from_the_cache_it_is_the_same(once, folder, tmp_path):
    for _ in range(2):
        made(folder / "talk.toml", tmp_path / "out" / "talk.mp4", cache=tmp_path / "cache")
        assert digests(tmp_path / "out") == digests(folder / "out")
    assert any((tmp_path / "cache").rglob("*.*"))


def test_the_same_bytes_again_with_one_worker(once, folder):
    before = digests(folder / "out")
    outcome = made(folder / "talk.toml", folder / "out" / "talk.mp4", workers=1, locked=True)
    assert outcome.differs == ()
    assert digests(folder / "out") == before


@pytest.mark.slow
def test_in_the_other_language(once, folder, tmp_path):
    outcome = made(folder / "talk.toml", tmp_path / "talk.ko.mp4", "ko")
    assert outcome.files[5].read_text().startswith("0:00 색칠한 정사각형\n")
    with av.open(str(outcome.files[0])) as film:
        assert [bool(s.disposition & 1) for s in film.streams.subtitles] == [False, True]
    assert json.loads(outcome.files[-1].read_text())["settings"]["language"] == "ko"


def test_a_change_is_told_and_locked_it_is_refused(once, folder, tmp_path):
    text = LECTURE.replace("green = 200", "green = 100")
    for name, content in (("own.py", OWN), ("talk.toml", text)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    lock = tmp_path / "talk.lock.json"
    lock.write_bytes((folder / "out" / "talk.lock.json").read_bytes())
    with pytest.raises(DerivvizError, match=r"lecture\.talk\.toml: \w{12} → \w{12}"):
        made(tmp_path / "talk.toml", tmp_path / "talk.mp4", locked=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.py", "talk.lock.json", "talk.toml"]


@pytest.mark.slow
def test_a_lesson_that_depends_on_chance_is_found_out(tmp_path):
    chance = OWN.replace('f"#DC{self', 'f"#DC{int.from_bytes(os.urandom(1)) // 9 + self')
    (tmp_path / "own.py").write_text(chance, encoding="utf-8")
    one = LECTURE[: LECTURE.index("opening")] + '[[lesson]]\nname = "own.py"\n'
    (tmp_path / "talk.toml").write_text(one, encoding="utf-8")
    film = tmp_path / "out" / "talk.mp4"
    made(tmp_path / "talk.toml", film, workers=1)
    before = digests(tmp_path / "out")

    def again() -> None:
        for _ in range(4):  # chance may repeat itself
            made(tmp_path / "talk.toml", film, workers=1, locked=True)

    with pytest.raises(DerivvizError, match=r"came out with other bytes: talk\.mp4"):
        again()
    assert digests(tmp_path / "out") == before


# ---- what goes wrong ------------------------------------------------------------------------------------


def lecture(tmp_path: Path, parameters: str) -> Path:
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    text = LECTURE.replace("green = 200", parameters)
    (tmp_path / "talk.toml").write_text(text, encoding="utf-8")
    return tmp_path / "talk.toml"


def left(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in tmp_path.iterdir() if p.name not in ("own.py", "talk.toml", "killed"))


def test_a_wrong_parameter_is_told_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "render_all", None)
    path = lecture(tmp_path, "green = 256")
    with pytest.raises(
        UsageError, match=r"talk\.toml, line 10, lesson 2: --green is 256: it must lie in 0 … 255"
    ):
        made(path, tmp_path / "talk.mp4")
    assert left(tmp_path) == []


def test_a_lesson_without_the_shape_is_told_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "render_all", None)
    path = lecture(tmp_path, "green = 1")
    path.write_text('aspect = "9:16"\n' + path.read_text(), encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"line 8, lesson 1: the lesson Own is laid out for 16:9 only, not for .* \(9:16\)"
    ):
        made(path, tmp_path / "talk.mp4")
    assert left(tmp_path) == []


@pytest.mark.slow
def test_a_lecture_in_portrait(tmp_path):
    (tmp_path / "own.py").write_text(
        OWN.replace("(Lesson):", '(Lesson):\n    aspects = ("9:16",)'), encoding="utf-8"
    )
    (tmp_path / "talk.toml").write_text('aspect = "9:16"\n' + LECTURE, encoding="utf-8")
    outcome = made(tmp_path / "talk.toml", tmp_path / "talk.mp4")
    with av.open(str(outcome.files[0])) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (90, 160)
        assert len({frame.to_ndarray(format="rgb24").shape for frame in film.decode(video=0)}) == 1
    assert outcome.problems == ()
    assert json.loads(outcome.files[-1].read_text())["settings"]["quality"].startswith("90×160")


def test_a_lesson_that_fails_is_named_and_nothing_is_left(tmp_path):
    path = lecture(tmp_path, "fails = 1")
    with pytest.raises(DerivvizError, match=r"talk\.toml, line 10, lesson 2 \(own\): ValueError: no luck"):
        made(path, tmp_path / "new" / "talk.mp4")
    assert left(tmp_path) == []


@pytest.mark.slow
def test_a_lesson_that_dies_is_tried_once_more(tmp_path):
    made(lecture(tmp_path, "kills = 1"), tmp_path / "out" / "talk.mp4")
    assert (tmp_path / "killed").read_text() == "1"
    assert "talk.mp4" in digests(tmp_path / "out")


@pytest.mark.slow
def test_a_lesson_that_dies_twice_is_named(tmp_path):
    with pytest.raises(DerivvizError, match=r"lesson 2 \(own\): the process that rendered it was killed"):
        made(lecture(tmp_path, "kills = 9"), tmp_path / "talk.mp4")
    assert left(tmp_path) == []


def test_interrupted_it_leaves_the_earlier_film_and_no_other_file(tmp_path):
    film = tmp_path / "talk.mp4"
    film.write_bytes(b"earlier")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(lecture(tmp_path, "green = 1"), film, progress=interrupt)
    assert left(tmp_path) == ["talk.mp4"]
    assert film.read_bytes() == b"earlier"


# ---- sound ----------------------------------------------------------------------------------------------


def heard(frames: int, samples: bytes = b"", rate: int = 20) -> Plan:
    return Plan(frames, frames / 10, (), (), Sound(samples, rate, 1) if samples else None)


def test_sounds_stay_where_their_lessons_are():
    plans = [heard(5), heard(10, b"\1\0" * 12), heard(5, b"\2\0" * 99)]
    sound = making._sound(plans, 10)
    assert sound == Sound(b"\0\0" * 10 + b"\1\0" * 12 + b"\0\0" * 8 + b"\2\0" * 10, 20, 1)
    assert making._sound([heard(5)], 10) is None
    with pytest.raises(DerivvizError, match="different rates"):
        making._sound([heard(5, b"\0\0"), heard(5, b"\0\0", 30)], 10)
