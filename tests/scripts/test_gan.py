"""The figures of the two games: what they draw is what the trace holds."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.trace import MissingSeriesError
from derivviz.trace.game import DISCRIMINATOR, binned, read_game


@pytest.fixture(params=["ring", "pictures"])
def gan_trace(request, game_trace):
    return open_trace(game_trace("gan", seed=4, pictures=request.param == "pictures"))


def test_a_gan(figure, gan_trace) -> None:
    artists, game = figure("gan").draw(gan_trace), read_game(gan_trace)
    for key in ("discriminator_loss", "generator_loss"):
        at, values = binned(*game.curve(key), 100)
        np.testing.assert_array_equal(artists[key].get_xdata(), at)
        np.testing.assert_allclose(artists[key].get_ydata(), values)
    for key in ("saturating_gradient", "non_saturating_gradient"):
        drawn, (at, values) = artists[key], game.curve(key)
        # So early no two rounds share a tenth of a decade: every value is drawn.
        np.testing.assert_array_equal(drawn.get_xdata(), at)
        np.testing.assert_array_equal(drawn.get_ydata(), values)
    for name in ("real", "fake"):
        drawn = artists[f"{name}_probability"].get_ydata()
        np.testing.assert_allclose(drawn, game.curve(f"{name}_probability", DISCRIMINATOR)[1])
        snapshot = gan_trace.snapshot(0).activation[f"{name}_logit"].ravel()
        low, high = np.percentile(1 / (1 + np.exp(-snapshot)), [10, 90])
        edge = artists[f"{name}/band"].get_paths()[0].vertices
        at_first = edge[np.isclose(edge[:, 0], 0), 1]
        assert (at_first.min(), at_first.max()) == pytest.approx((low, high), rel=1e-3)
    last = int(game.sample_rounds[-1])
    if game.on_ring:
        np.testing.assert_array_equal(np.array(artists[f"samples/{last}"].get_data()), game.samples[-1].T)
        np.testing.assert_array_equal(artists[f"field/{last}"].get_array(), game.field(last)[1])
    else:
        drawn = artists[f"samples/{last}"].get_array()
        np.testing.assert_allclose(drawn[:28, :28, 0], game.samples[-1, 0, :, :, 0])


def test_a_long_noisy_curve_is_drawn_as_medians(figure) -> None:
    at = np.arange(1.0, 4000, 5)
    rounds, values = figure("gan").stretches(at, at * np.where(np.arange(len(at)) % 2, 1.01, 0.99))
    assert len(rounds) < 37  # a tenth of a decade each
    np.testing.assert_allclose(values, rounds, rtol=0.02)


def test_wgan_gp_on_the_ring(figure, game_trace) -> None:
    trace = open_trace(game_trace("wgan-gp"))
    artists, game = figure("wgan_gp").draw(trace), read_game(trace)
    np.testing.assert_allclose(artists["wasserstein"].get_ydata(), binned(*game.curve("wasserstein"), 100)[1])
    np.testing.assert_allclose(
        artists["gradient_norm"].get_ydata(), binned(*game.curve("gradient_norm"), 100)[1]
    )
    for name, samples in (("GAN", game.rival["samples"]), ("WGAN-GP", game.samples[-1])):
        served = game.served(samples)
        for n in range(8):
            assert artists[f"nearest/{name}/{n + 1}"].get_height() == served.nearest[n]
            assert artists[f"good/{name}/{n + 1}"].get_height() == served.good[n]
    assert artists["fair"].get_ydata()[0] == 64


def test_wgan_gp_of_pictures(figure, game_trace) -> None:
    trace = open_trace(game_trace("wgan-gp", seed=4, pictures=True, steps=2, batch_size=3))
    artists = figure("wgan_gp").draw(trace)
    np.testing.assert_array_equal(artists["diversity"].get_ydata(), read_game(trace).curve("diversity")[1])


@pytest.mark.parametrize("name", ["gan", "wgan-gp"])
def test_in_korean_on_dark(name, figure, game_trace) -> None:
    trace, stem = open_trace(game_trace(name)), name.replace("-", "_")
    with style(THEMES["dark"], "ko"):
        sheet = page(figure(stem).draw(trace, language="ko"), stem)
    words = " ".join(text.get_text() for text in sheet.findobj(lambda m: hasattr(m, "get_text")))
    assert "라운드" in words
    assert "round" not in words


def test_a_trace_of_something_else_is_refused(figure, make_trace) -> None:
    trace = make_trace({"loss": [1.0, 2.0]})
    for stem, run in (("gan", "gan"), ("wgan_gp", "wgan-gp")):
        with pytest.raises(MissingSeriesError, match=f"derivviz record {run}"):
            figure(stem).draw(trace)


def test_their_films_end_with_them(game_trace, gan_trace, ends_still) -> None:
    ends_still("gan", gan_trace)
    ends_still("wgan_gp", open_trace(game_trace("wgan-gp")))


def test_samples_move(figure, gan_trace) -> None:
    game, module = read_game(gan_trace), figure("gan")
    artists = module.draw(gan_trace)
    motion = module.animate(artists, gan_trace)
    last, now = int(game.sample_rounds[-1]), int(np.unique(game.sample_rounds)[1])
    row = int(np.flatnonzero(game.sample_rounds == now)[-1])
    motion.show(float(now))
    drawn = artists[f"samples/{last}"]
    if game.on_ring:
        np.testing.assert_array_equal(np.array(drawn.get_data()), game.samples[row].T)
    else:
        np.testing.assert_allclose(drawn.get_array()[:28, :28, 0], game.samples[row, 0, :, :, 0])
    assert drawn.axes.get_title("left") == f"{now}"
    for name, artist in artists.items():
        if name.startswith("samples/"):
            assert artist.get_visible() == (int(name[8:]) <= now or int(name[8:]) == last)
