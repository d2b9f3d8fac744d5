"""The lesson on WGAN-GP: told from any trace of the run, its claims the trace's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.errors import DerivvizError

RUNS = [
    {"seed": 0},
    {"seed": 1, "steps": 5, "critic_steps": 2},
    {"seed": 2, "steps": 3, "penalty": 0.0},
    {"seed": 3, "steps": 9, "critic_steps": 1, "learning_rate": 0.01},
    {"seed": 4, "pictures": True, "steps": 2, "batch_size": 3},
    {"seed": 5, "pictures": True, "steps": 1, "batch_size": 2},
]
NARROW = ((0, "9:16"), (4, "1:1"))


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> set[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


@pytest.mark.parametrize(
    "number", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, len(RUNS)))]
)
def test_any_trace(walk, game_trace, number):
    language, theme = ("en", "ko")[number % 2], ("dark", "paper")[number // 2 % 2]
    planned, lesson = walk("wgan_gp", language, theme, trace=game_trace("wgan-gp", **RUNS[number]))
    assert told(planned.problems) == []
    assert 60 < planned.duration < 130
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert failed_claims(lesson) == set()


@pytest.mark.parametrize(
    ("number", "aspect"),
    [
        pytest.param(n, aspect, marks=() if (n, aspect) in NARROW else pytest.mark.slow)
        for n in range(len(RUNS))
        for aspect in ("9:16", "1:1")
    ],
)
def test_any_trace_in_other_shapes(walk, game_trace, number, aspect):
    language, theme = {"9:16": ("en", "paper"), "1:1": ("ko", "dark")}[aspect]
    trace = game_trace("wgan-gp", **RUNS[number])
    planned, lesson = walk("wgan_gp", language, theme, trace=trace, aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    board, plane, double = lesson.board.image, lesson.chart.plane.frame, lesson.double
    if aspect == "9:16":
        assert plane.get_top()[1] < board.get_bottom()[1]
        assert plane.width > 0.75 * 8
    else:
        assert plane.get_left()[0] > board.get_right()[0]
        assert plane.height > 5
    assert board.width > 5.9  # again, after it was larger
    assert double.penalty.get_top()[1] < double.norm.get_bottom()[1]
    assert double.width > 0.85 * (8 if aspect == "9:16" else 12)
    if lesson.game.on_ring:
        first, second = lesson.rivals.bars
        assert np.isclose(first.unit, second.unit)
        assert first.width > (0.85 * 8 if aspect == "9:16" else 5)


@pytest.mark.slow
def test_altered_numbers_are_found_out(walk, game_trace):
    _, lesson = walk("wgan_gp", trace=game_trace("wgan-gp"))
    lesson.lengths_shown.chart.show(lesson.lengths_shown.chart.shown + 1)
    lesson.distance.line.points[-1] += (0, 0.1, 0)
    lesson.rivals.bars[0].hollow[1].set_size([0, 0, 0], (0.3, 3.0))
    lesson.triples[2] = lesson.triples[2] + np.array([0.3, 0.0])
    assert {
        "bars of gradient norms",
        "W at the end",
        "nearest samples of mode 2",
        "points between lie on their lines",
    } <= failed_claims(lesson)


@pytest.mark.slow
def test_both_games_are_those_of_the_trace(walk, game_trace):
    planned, lesson = walk("wgan_gp", trace=game_trace("wgan-gp"))
    game = lesson.game
    assert game.rival["rounds"] * 2 == game.rival["steps"] == len(game.trace.steps)
    smallest = [
        int(game.served(samples).nearest.min()) for samples in (game.rival["samples"], game.samples[-1])
    ]
    said = " ".join(beat.text["en"] for beat in planned.beats)
    assert f"{smallest[0]} with the GAN and {smallest[1]} with WGAN-GP" in said


def test_a_trace_of_something_else_is_refused(walk, game_trace):
    with pytest.raises(DerivvizError, match="derivviz record wgan-gp"):
        walk("wgan_gp", trace=game_trace("gan"))
