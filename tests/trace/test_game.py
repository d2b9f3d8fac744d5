"""A recorded game as it is read: rounds, samples, fields, and how samples are spread over the modes."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.trace import MissingSeriesError
from derivviz.trace.game import DISCRIMINATOR, GENERATOR, binned, read_game


def test_rounds_samples_and_fields(game_trace) -> None:
    trace = open_trace(game_trace("wgan-gp", steps=4, critic_steps=2))
    game = read_game(trace)
    assert (game.turns, game.on_ring, game.reach) == (2, True, 3.0)
    assert game.sample_rounds.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
    assert game.samples.shape == (13, 512, 2)
    np.testing.assert_array_equal(game.samples[-1].ravel(), trace.probe.output[-1].ravel())
    for asked in (0, 3, 4, 99):
        found, field = game.field(asked)
        assert found == min(asked, 4)
        np.testing.assert_array_equal(field.ravel(), trace.evaluation.probabilities[found, :, 0])
    at, values = game.curve("wasserstein")
    assert at.tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    np.testing.assert_array_equal(values, trace["wasserstein"][trace["player"] == 0])
    assert game.snapshots(GENERATOR) == [2, 5, 8, 11]
    assert len(game.curve("round", DISCRIMINATOR)[0]) == 8


def test_pictures_lie_between_0_and_1(game_trace) -> None:
    game = read_game(open_trace(game_trace("gan", seed=4, pictures=True)))
    assert not game.on_ring
    assert game.samples.shape[1:] == (16, 28, 28, 1)
    assert 0 <= game.samples.min() < game.samples.max() <= 1
    np.testing.assert_allclose(
        game.samples[0, 3, :, :, 0].ravel(), (game.trace.probe.output[0, 3] + 1) / 2, atol=1e-6
    )
    assert game.rival is None


def test_how_samples_are_spread(game_trace) -> None:
    game = read_game(open_trace(game_trace("wgan-gp", steps=4, critic_steps=2)))
    modes = game.modes
    samples = np.concatenate(
        [np.repeat(modes[:2], 10, axis=0), modes[2:3] + 0.059, modes[2:3] * 1.029, modes[3:] * 0.9]
    )
    served = game.served(samples)
    assert served.nearest.tolist() == [10, 10, 2, 1, 1, 1, 1, 1]
    assert served.good.tolist() == [10, 10, 1, 0, 0, 0, 0, 0]
    assert (served.held, served.good_share, served.smallest) == (3, 21 / 27, 1 / 27)


def test_bins_keep_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    at, means = binned(np.arange(1000.0), values, 40)
    assert len(at) == 40
    assert means.mean() == pytest.approx(values.mean())
    np.testing.assert_array_equal(binned(np.arange(5.0), values[:5], 40)[1], values[:5])


def test_another_run_is_no_game(tiny_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record gan"):
        read_game(open_trace(tiny_trace))
