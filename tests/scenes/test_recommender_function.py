"""The lesson of the three uses of f′: the published numbers, other functions, claims that can fail."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.animation.hunger import Walkers
from derivviz.animation.jobs import Reading, Steps
from derivviz.calculus.score import DISHES, multiplier
from derivviz.errors import UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


def spoken(planned, language: str = "en") -> str:
    return " ".join(beat.text[language] for beat in planned.beats)


@pytest.mark.parametrize(("language", "theme"), [("en", "paper"), ("ko", "dark")])
def test_the_published_recommender(walk, language, theme):
    planned, lesson = walk("recommender_function", language, theme)
    assert told(planned.problems) == []
    assert 45 < planned.duration < 90
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    scores = {
        dish: row.score.text(row.score.value) for dish, row in zip(DISHES, lesson.chart.rows, strict=True)
    }
    assert (scores["pasta"], scores["chicken"], scores["salad"]) == ("1.69", "2.05", "1.43")
    said = spoken(planned)
    assert "pasta 1.69, chicken 2.05, salad 1.43, exactly as published" in said
    assert "Feed it 4: out comes −126, and the next f′ makes −93726 of that" in said  # f′(4), f′(−126)
    assert "At mean 0 a step is 1.9 times as long" in said

    assert failed_claims(lesson) == []
    lesson.walkers.dots[3].shift([0.05, 0, 0])
    assert failed_claims(lesson) == ["x of pasta"]
    lesson.walkers.dots[3].shift([-0.05, 0.05, 0])
    assert failed_claims(lesson) == ["height of pasta, in spans"]
    lesson.walkers.dots[3].shift([0, -0.05, 0])
    lesson.chart.draw(multiplier(np.arange(5), 6) * [1, 1.01, 1, 1, 1])
    claims = ["the bar of chicken", "multiplier of chicken", "the published score of chicken"]
    assert failed_claims(lesson) == claims


def test_false_readings_are_found_out_on_the_way(walk, monkeypatch):
    stand, stretch = Reading.at, Steps.draw

    def slip(self, x):
        stand(self, x)
        self.point.shift([0.02, 0.02, 0])
        return self

    monkeypatch.setattr(Reading, "at", slip)
    monkeypatch.setattr(Steps, "draw", lambda self, factor: stretch(self, factor * 1.01))
    planned, _ = walk("recommender_function", function="x^2")
    kinds = {p.message.split(":")[0] for p in planned.problems if p.kind == "claim"}
    assert {"x of what is read off", "its height on f′, in spans", "length of the stretched step"} <= kinds


@pytest.mark.parametrize(
    ("parameters", "language"),
    [
        ({"function": "sin(x)", "hunger": "3", "mean": "-2"}, "en"),
        ({"function": "x^2", "mean": "8"}, "ko"),
        ({"function": "exp(3x)", "hunger": "10"}, "en"),
        ({"function": "tan(x)", "hunger": "3"}, "ko"),
        ({"function": "sqrt(x+3)"}, "en"),
        ({"function": "sin(20x)"}, "ko"),
        ({"function": "5"}, "en"),
    ],
)
def test_other_functions(walk, parameters, language):
    planned, lesson = walk("recommender_function", language, **parameters)
    assert told(planned.problems) == []
    assert "exactly as published" not in spoken(planned)
    assert failed_claims(lesson) == []
    h = float(parameters.get("hunger", "6"))
    slope = lesson.slope(4 * h / 10 - 3 + 0.3 * np.arange(5))
    assert lesson.chart.lengths() == pytest.approx(1 + slope / 20, rel=1e-6, abs=1e-6)


OTHER_SHAPES = ["9:16", "1:1"]


@pytest.mark.parametrize("aspect", OTHER_SHAPES)
@pytest.mark.parametrize(
    "parameters",
    [{"function": "exp(3x)", "hunger": "10"}, {"function": "tan(x)", "hunger": "3", "mean": "8"}],
)
def test_other_functions_in_other_shapes(walk, aspect, parameters):
    planned, lesson = walk("recommender_function", "ko", "paper", aspect=aspect, **parameters)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", OTHER_SHAPES)
def test_a_narrower_frame_is_arranged_anew(walk, aspect):
    planned, lesson = walk("recommender_function", aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []
    plane, width = lesson.plane.frame, 8 if aspect == "9:16" else 12
    assert plane.width > 0.9 * width
    assert lesson.chart.rest.get_top()[1] < plane.get_bottom()[1]  # the column stands below the picture
    law = lesson.score_law
    beside = lesson.chart.rest.get_left()[0] > law.get_right()[0]
    below = lesson.chart.rest.get_top()[1] < law.get_bottom()[1]
    assert (beside, below) == (aspect == "1:1", aspect == "9:16")
    assert law.drawn_size / width > 1.05 * 42 / 14.2  # and can be read better than in 16:9


def test_signals_that_do_not_explode_are_not_said_to(walk):
    planned, _ = walk("recommender_function", function="sin(x)")
    assert "Here signals stay within bounds" in spoken(planned)
    assert "explode" not in spoken(planned)


def test_at_another_hunger_the_largest_multiplier_is_named(walk):
    planned, _ = walk("recommender_function", hunger="2")
    assert "At h = 2 the largest multiplier goes to salad: 2.2" in spoken(planned)


def test_numbers_of_dishes_with_no_room_are_left_out(walk):
    _, lesson = walk("recommender_function", function="x^2", mean="10")
    shown = [number for _, number in lesson.walkers.seen]
    assert all(seen for seen, _ in lesson.walkers.seen)
    assert len(shown) == len(DISHES)
    assert isinstance(lesson.walkers, Walkers)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"function": "log(x)", "mean": "1"}, "choose another --hunger or another --function"),
        ({"function": "1/(x-5)", "mean": "5"}, "choose another --mean"),
        ({"hunger": "11"}, "--hunger is 11: it must lie in 0 … 10"),
        ({"function": "x +"}, "^"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, parameters, words):
    with pytest.raises(UsageError) as error:
        walk("recommender_function", **parameters)
    assert words in str(error.value)
