"""The score lesson: what it says is so, it sees when it is not, and its mathematics."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from derivviz import library
from derivviz.animation.stage import Language, Stage
from derivviz.calculus.score import scores
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.theme import DARK, PAPER
from derivviz.recording import record
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import Plan, find_scene, plan

# manim 0.22 draws an ImageMobject with an argument that Pillow 13, kept out by pyproject.toml, removes.

TINY = Quality(320, 180, 5)
STRANGE = ["a_b", "#1 *dish* $", "a name that is far too long for its row", "비빔밥", "soup", "[tea]", "rice"]


@pytest.fixture(scope="module")
def lesson() -> ModuleType:
    return library.load(library.find("scenes", "score"))


@pytest.fixture(scope="module")
def strange_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trace with more classes than the lesson has rows, of odd names; picture 0 has no answer but NaN."""
    path = tmp_path_factory.mktemp("strange") / "strange.zarr"
    network = torch.nn.Linear(4, len(STRANGE))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    probabilities = torch.tensor([[0.05, 0.25, 0.2, 0.1, 0.25, 0.05, 0.1]] * 3)
    probabilities[0] = float("nan")
    probabilities[2] = torch.eye(len(STRANGE))[0]
    with record(network, optimizer, path) as recorder:
        recorder.note(classes=STRANGE, toy_sample=True)
        network(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        recorder.evaluation(probabilities, epoch=1, images=torch.rand(3, 3, 24, 24))
    return path


def walk_through(
    lesson: ModuleType, trace: Path, language: Language = "en", theme: Any = DARK, **parameters: str
) -> Plan:
    return plan(find_scene(lesson), TINY, Stage(language, theme, trace=str(trace), parameters=parameters))


@pytest.mark.parametrize(("language", "theme"), [("en", DARK), ("ko", PAPER)])
def test_it_passes_its_checks(lesson: ModuleType, tiny_trace: Path, language: Language, theme: Any) -> None:
    walked = walk_through(lesson, tiny_trace, language, theme)
    assert walked.problems == ()
    assert 50 <= walked.duration <= 95


def test_it_takes_classes_as_they_come(lesson: ModuleType, strange_trace: Path) -> None:
    walked = walk_through(lesson, strange_trace, image="1", hunger="2.5")
    assert walked.problems == ()
    assert "toy sample" in walked.beats[0].text["en"]
    assert "장난감 데이터" in walked.beats[0].text["ko"]


def test_a_certain_network_leaves_nothing_to_change(lesson: ModuleType, strange_trace: Path) -> None:
    walked = walk_through(lesson, strange_trace, image="2")
    assert walked.problems == ()
    assert any("nothing changes" in beat.text["en"] for beat in walked.beats)


def test_it_sees_when_the_picture_says_something_false(
    lesson: ModuleType, tiny_trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One false thing of each kind, in one walk; each must be told."""
    monkeypatch.setitem(lesson.PUBLISHED, "pasta", 1.70)
    right = {
        "points": lesson.Walkers.draw,
        "bars": lesson.Ranking.draw,
        "knob": lesson.Slider.draw,
        "pixels": lesson.Photo.resize,
    }

    def brighter(photo: Any, height: float) -> Any:
        photo.image.pixel_array[0, 0, 0] += 1
        return right["pixels"](photo, height)

    monkeypatch.setattr(lesson.Walkers, "draw", lambda w, h, share: right["points"](w, h + 0.01, share))
    monkeypatch.setattr(lesson.Ranking, "draw", lambda chart, m: right["bars"](chart, np.asarray(m) * 1.001))
    monkeypatch.setattr(lesson.Slider, "draw", lambda s, h: right["knob"](s, h * 0.999))
    monkeypatch.setattr(lesson.Photo, "resize", brighter)
    monkeypatch.setattr(lesson.Ranks, "at", lambda ranks, h, calm: 4 - ranks.hard[0])
    told = [
        problem.message for problem in walk_through(lesson, tiny_trace).problems if problem.kind == "claim"
    ]
    for what in (
        "x of pizza at h = 10",
        "height of salad at h = 10",
        "the bar of pasta:",
        "multiplier of pizza",
        "score of pizza",
        "the slider",
        "the recommendation at h = 6",
        "the score of pasta:",
        "the bar of salad with p = 1",
        "the picture is the one of the trace",
    ):
        assert any(message.startswith(what) for message in told), what


def test_a_wrong_picture_number_is_told(lesson: ModuleType, tiny_trace: Path, strange_trace: Path) -> None:
    with pytest.raises(UsageError, match="--image is 10, but the pictures of this trace are 0 … 9"):
        walk_through(lesson, tiny_trace, image="10")
    with pytest.raises(UsageError, match="NaN to picture 0: try --image 1"):
        walk_through(lesson, strange_trace, image="0")


def test_a_trace_without_held_out_pictures_is_told(lesson: ModuleType, torch: Any, tmp_path: Path) -> None:
    network = torch.nn.Linear(1, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    with record(network, optimizer, tmp_path / "bare.zarr"):
        network(torch.ones(1, 1)).sum().backward()
        optimizer.step()
    with pytest.raises(DerivvizError, match="has no evaluation, which the lesson"):
        walk_through(lesson, tmp_path / "bare.zarr")
    with pytest.raises(DerivvizError, match="teaches from a recorded run"):
        plan(find_scene(lesson), TINY, Stage())


def test_changes_are_where_two_dishes_are_level(lesson: ModuleType) -> None:
    p = np.array([0.18, 0.18, 0.2, 0.22, 0.22])
    found = lesson.changes(p)
    assert [(before, after) for _, before, after in found] == [(4, 3), (3, 2), (2, 0)]
    for h, before, after in found:
        level = scores(p, h)
        assert level[before] == pytest.approx(level[after], abs=1e-9)
        assert level[before] == pytest.approx(level.max(), abs=1e-9)
        assert np.argmax(scores(p, h - 1e-6)) == before
        assert np.argmax(scores(p, h + 1e-6)) == after


def test_hunger_matters_more_where_the_network_hesitates(lesson: ModuleType) -> None:
    certain, hesitant = np.array([1.0, 0, 0, 0, 0]), np.array([0.18, 0.18, 0.2, 0.22, 0.22])
    assert lesson.worth(certain) == 0.0
    assert lesson.worth(hesitant) > 0.05
    assert lesson.changes(certain) == []


def test_places_at_rest_are_the_ranking(lesson: ModuleType) -> None:
    p, index = np.array([0.18, 0.18, 0.2, 0.22, 0.22]), np.arange(5)
    ranks = lesson.Ranks(p, index)
    for h in (0.0, 2.5, 6.0, 10.0):
        assert np.argsort(ranks.at(h, 1.0)).tolist() == np.argsort(-scores(p, h), kind="stable").tolist()
    course_of_salad = np.array([ranks.at(h, 0.0)[4] for h in np.linspace(0, 10, 501)])
    assert course_of_salad[0] == pytest.approx(0)
    assert course_of_salad[-1] == pytest.approx(4)
    assert np.abs(np.diff(course_of_salad)).max() < 0.2  # rows glide, they never jump


def test_rows_hold_every_dish_that_is_ever_recommended(lesson: ModuleType) -> None:
    p = np.array([0.02, 0.3, 0.25, 0.01, 0.2, 0.1, 0.1, 0.02])
    rows = lesson.shown(p).tolist()
    assert len(rows) == lesson.MOST
    assert {after for _, _, after in lesson.changes(p)} <= set(rows)


def test_three_decimals_where_two_do_not_tell_apart(lesson: ModuleType) -> None:
    assert lesson.precision(np.array([0.2, 0.8]), np.array([0.3, 0.9])) == ".2f"
    assert lesson.precision(np.array([0.499, 0.501]), np.array([0.3, 0.9])) == ".3f"
    assert lesson.precision(np.array([0.2, 0.8]), np.array([0.899, 0.901])) == ".3f"
