"""The lesson on the GAN: told from any trace of the run, its claims the trace's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.trace.game import read_game, surest

RUNS = [
    {"seed": 0},
    {"seed": 1, "steps": 11, "generator_loss": "saturating"},
    {"seed": 2, "steps": 3, "batch_size": 64},
    {"seed": 3, "steps": 40, "learning_rate": 0.02},
    {"seed": 4, "pictures": True},
    {"seed": 5, "pictures": True, "steps": 2},
]
NARROW = ((0, "9:16"), (1, "1:1"))


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
    planned, lesson = walk("gan", language, theme, trace=game_trace("gan", **RUNS[number]))
    assert told(planned.problems) == []
    assert 60 < planned.duration < 120
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
    planned, lesson = walk("gan", language, theme, trace=game_trace("gan", **RUNS[number]), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    board, compared = lesson.board.image, lesson.bars if lesson.game.on_ring else lesson.variety_plane
    if aspect == "9:16":
        assert compared.get_top()[1] < board.get_bottom()[1]
        assert compared.width > 0.8 * 8
    else:
        assert compared.get_left()[0] > board.get_right()[0]
        assert abs(lesson.players.value.get_center()[0]) < 0.01 < -1.5 - lesson.players.value.get_top()[1]
    assert board.width > 5.9


@pytest.mark.slow
def test_altered_numbers_are_found_out(walk, game_trace):
    _, lesson = walk("gan", trace=game_trace("gan"))
    sure = lesson.sure
    lesson.losses.tangents[0].points[-1] += (0, 0.2, 0)
    lesson.norms.bars[0].set_size(lesson.norms.bars[0].points[0], (0.1, 0.4))
    lesson.board.cloud.move(lesson.board.cloud.centers + 0.01)
    lesson.bars.filled[2].set_size([0, 0, 0], (0.3, 3.0))
    lesson.lines["real"].points[-1] += (0, 0.1, 0)
    found = failed_claims(lesson)
    assert {
        "slope of ln(1 − D)",
        "the bars are as long as the recorded gradients",
        "good samples of mode 3",
        "an end of the curve of D, real",
    } <= found
    assert any(what.startswith("the dots of round") for what in found)
    assert sure == surest(lesson.trace)


@pytest.mark.slow
def test_the_sentences_say_what_happened(walk, game_trace, monkeypatch):
    """Whether modes were lost is read off the samples: here they are put where one wants them."""
    from derivviz.trace import game as games

    path = game_trace("gan")
    modes = read_game(open_trace(path)).modes
    rows = len(open_trace(path).probe.steps)

    def sentences(centers: np.ndarray, spread: float) -> str:
        noise = np.random.default_rng(0).normal(0, spread, (rows, 512, 2))
        samples = centers[np.arange(512) % len(centers)] + noise
        monkeypatch.setattr(games.Game, "samples", property(lambda self: samples))
        planned, lesson = walk("gan", trace=path)
        assert failed_claims(lesson) == set()
        return " ".join(beat.text["en"] for beat in planned.beats)

    assert "3 of 8 clusters get not even a tenth" in sentences(modes[:5], 0.01)
    assert "no mode collapse" in sentences(modes, 0.01)
    assert "too early" in sentences(modes, 0.5)


def test_a_trace_of_something_else_is_refused(walk, tiny_trace):
    with pytest.raises(DerivvizError, match="derivviz record gan"):
        walk("gan", trace=tiny_trace)


def test_where_the_gradient_vanished(game_trace):
    trace = open_trace(game_trace("gan", seed=1, steps=11, generator_loss="saturating"))
    sure = surest(trace)
    ratio = trace["non_saturating_gradient"] / trace["saturating_gradient"]
    assert sure.ratio == pytest.approx(np.nanmax(ratio))
    row = int(np.nanargmax(ratio))
    assert (sure.round, sure.probability) == (trace["round"][row], trace["fake_probability"][row])
