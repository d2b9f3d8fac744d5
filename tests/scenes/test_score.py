"""The score lesson: what it says is so, it sees when it is not, and its mathematics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from derivviz import library
from derivviz.animation import hunger, ranking, reranking
from derivviz.animation.stage import Language, Stage
from derivviz.calculus import published
from derivviz.calculus.score import changes, scores, worth
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


@pytest.fixture(scope="module")
def many_classes(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Traces of so many classes; of picture 1 the last class is the likeliest, and picture 2 is a draw of all."""
    made: dict[int, Path] = {}

    def trace(count: int) -> Path:
        if count not in made:
            path = tmp_path_factory.mktemp("many") / f"{count}.zarr"
            network = torch.nn.Linear(4, count)
            optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
            p = np.random.default_rng(count).dirichlet(np.full(count, 0.6), 3)
            p[1] = 0.3 / count + 0.7 * np.eye(count)[-1]
            p[2] = 1 / count
            with record(network, optimizer, path) as recorder:
                network(torch.ones(2, 4)).sum().backward()
                optimizer.step()
                target = torch.zeros(3, dtype=torch.long)
                recorder.evaluation(torch.tensor(p), epoch=1, target=target, images=torch.rand(3, 3, 24, 24))
            made[count] = path
        return made[count]

    return trace


def walk_through(
    lesson: ModuleType,
    trace: Path,
    language: Language = "en",
    theme: Any = DARK,
    aspect: str = "16:9",
    **parameters: str,
) -> Plan:
    quality = TINY.shaped(aspect)
    return plan(find_scene(lesson), quality, Stage(language, theme, trace=str(trace), parameters=parameters))


@pytest.mark.parametrize(("language", "theme"), [("en", DARK), ("ko", PAPER)])
def test_it_passes_its_checks(lesson: ModuleType, tiny_trace: Path, language: Language, theme: Any) -> None:
    walked = walk_through(lesson, tiny_trace, language, theme)
    assert walked.problems == ()
    assert 80 <= walked.duration <= 120


def test_it_takes_classes_as_they_come(lesson: ModuleType, strange_trace: Path) -> None:
    walked = walk_through(lesson, strange_trace, image="1", hunger="2.5")
    assert walked.problems == ()
    assert "toy sample" in walked.beats[0].text["en"]
    assert "장난감 데이터" in walked.beats[0].text["ko"]


def test_a_certain_network_leaves_nothing_to_change(lesson: ModuleType, strange_trace: Path) -> None:
    walked = walk_through(lesson, strange_trace, image="2")
    assert walked.problems == ()
    assert any("nothing changes" in beat.text["en"] for beat in walked.beats)


@pytest.mark.parametrize(
    ("count", "image", "language"),
    [(2, "1", "ko"), (12, "0", "en"), (101, "0", "ko")],
)
def test_any_number_of_classes_lays_out(
    lesson: ModuleType, many_classes: Any, count: int, image: str, language: Language
) -> None:
    walked = walk_through(lesson, many_classes(count), language, image=image)
    assert walked.problems == ()


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk: Any, food_trace: Any, aspect: str) -> None:
    planned, kept = walk("score", "ko", "paper", trace=food_trace("faithful"), aspect=aspect)
    assert planned.problems == ()
    first, last = kept.chart.rows[0], kept.chart.rows[-1]
    assert max(first.y, last.y) < kept.plane.frame.get_bottom()[1]  # the chart stands below the plane
    assert min(first.y, last.y) > kept.slider.y + 0.4
    width, wide = (8, 14.2) if aspect == "9:16" else (12, 14.2)
    assert first.name.drawn_size / width > 1.3 * 36 / wide  # and can be read better than in 16:9
    assert kept.picture.width / width > 1.15 * 1.65 / wide


@pytest.mark.parametrize(
    ("aspect", "count", "image", "language"), [("9:16", 12, "0", "en"), ("1:1", 101, "0", "ko")]
)
def test_any_number_of_classes_in_other_shapes(
    lesson: ModuleType, many_classes: Any, aspect: str, count: int, image: str, language: Language
) -> None:
    walked = walk_through(lesson, many_classes(count), language, PAPER, aspect, image=image)
    assert walked.problems == ()


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_odd_names_in_other_shapes(lesson: ModuleType, strange_trace: Path, aspect: str) -> None:
    assert walk_through(lesson, strange_trace, aspect=aspect, image="1", hunger="2.5").problems == ()


def test_a_class_of_a_far_place_is_never_recommended() -> None:
    """The likeliest of 40 is number 39: it has a row, and what is wrong with it is said."""
    p = np.full(40, 1e-4)
    p[[3, 39]] = 0.3, 0.7
    assert reranking.needed(p) == {0, 3, 39}  # number 0 where hunger carries number 3 too far
    assert set(reranking.shown(p)) > {0, 3, 39}
    assert reranking.reach(p, reranking.shown(p)) == (-0.6 * 0.7, 0.7)  # its score of −30 is cut off


def test_too_many_in_turn_are_refused(lesson: ModuleType, many_classes: Any) -> None:
    with pytest.raises(UsageError, match=r"makes 8 classes of picture 2 the best in turn.*--image 0"):
        walk_through(lesson, many_classes(101), image="2")


def test_an_exploded_run_shows_what_the_riddle_tells(food_trace: Any, walk: Any) -> None:
    """Of a run with raw f′ the recorded sizes stand below f′ of f′."""
    planned, kept = walk("score", "ko", "paper", trace=food_trace("faithful"))
    assert planned.problems == ()
    z, a = kept.recorded()
    assert a > 6 * z**2 > 600
    assert len(kept.evidence.here) == 2


def test_it_sees_when_the_picture_says_something_false(
    lesson: ModuleType, tiny_trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One false thing of each kind, in one walk; each must be told."""
    monkeypatch.setitem(published.SCORES, "pasta", 1.70)
    right = {
        "points": hunger.Walkers.draw,
        "bars": ranking.Ranking.draw,
        "knob": hunger.Slider.draw,
        "pixels": hunger.Photo.resize,
    }

    def brighter(photo: Any, height: float) -> Any:
        photo.image.pixel_array[0, 0, 0] += 1
        return right["pixels"](photo, height)

    monkeypatch.setattr(hunger.Walkers, "draw", lambda w, h, share: right["points"](w, h + 0.01, share))
    monkeypatch.setattr(ranking.Ranking, "draw", lambda chart, m: right["bars"](chart, np.asarray(m) * 1.001))
    monkeypatch.setattr(hunger.Slider, "draw", lambda s, h: right["knob"](s, h * 0.999))
    monkeypatch.setattr(hunger.Photo, "resize", brighter)
    monkeypatch.setattr(reranking.Ranks, "at", lambda ranks, h, calm: 4 - ranks.hard[0])
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


def test_changes_are_where_two_dishes_are_level() -> None:
    p = np.array([0.18, 0.18, 0.2, 0.22, 0.22])
    found = changes(p)
    assert [(before, after) for _, before, after in found] == [(4, 3), (3, 2), (2, 0)]
    for h, before, after in found:
        level = scores(p, h)
        assert level[before] == pytest.approx(level[after], abs=1e-9)
        assert level[before] == pytest.approx(level.max(), abs=1e-9)
        assert np.argmax(scores(p, h - 1e-6)) == before
        assert np.argmax(scores(p, h + 1e-6)) == after


def test_hunger_matters_more_where_the_network_hesitates() -> None:
    certain, hesitant = np.array([1.0, 0, 0, 0, 0]), np.array([0.18, 0.18, 0.2, 0.22, 0.22])
    assert worth(certain) == 0.0
    assert worth(hesitant) > 0.05
    assert changes(certain) == []


def test_places_at_rest_are_the_ranking() -> None:
    p, index = np.array([0.18, 0.18, 0.2, 0.22, 0.22]), np.arange(5)
    ranks = reranking.Ranks(p, index)
    for h in (0.0, 2.5, 6.0, 10.0):
        assert np.argsort(ranks.at(h, 1.0)).tolist() == np.argsort(-scores(p, h), kind="stable").tolist()
    course_of_salad = np.array([ranks.at(h, 0.0)[4] for h in np.linspace(0, 10, 501)])
    assert course_of_salad[0] == pytest.approx(0)
    assert course_of_salad[-1] == pytest.approx(4)
    assert np.abs(np.diff(course_of_salad)).max() < 0.2  # rows glide, they never jump


def test_rows_hold_every_dish_that_is_ever_recommended() -> None:
    p = np.array([0.02, 0.3, 0.25, 0.01, 0.2, 0.1, 0.1, 0.02])
    rows = reranking.shown(p).tolist()
    assert len(rows) == reranking.MOST
    assert {after for _, _, after in changes(p)} <= set(rows)


def test_three_decimals_where_two_do_not_tell_apart() -> None:
    assert reranking.precision(np.array([0.2, 0.8]), np.array([0.3, 0.9])) == ".2f"
    assert reranking.precision(np.array([0.499, 0.501]), np.array([0.3, 0.9])) == ".3f"
    assert reranking.precision(np.array([0.2, 0.8]), np.array([0.899, 0.901])) == ".3f"
