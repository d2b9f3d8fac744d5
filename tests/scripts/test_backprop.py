"""The figure of backpropagation: what it draws and tells is what the trace holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

import derivviz
from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import in_words, page, style
from derivviz.look.theme import THEMES
from derivviz.trace.chain import read_chain
from derivviz.trace.choice import Chosen


def texts(artists: dict) -> list[str]:
    return [text.get_text() for text in page(artists, "backprop").findobj(Text) if text.get_text()]


@pytest.fixture(scope="module")
def deep(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Any]:
    """A deep narrow network whose first weights are scaled; batches of 70 numbers by five."""
    folder = tmp_path_factory.mktemp("deep")
    nn = torch.nn

    def record(scale: float) -> Any:
        layers = [each for _ in range(9) for each in (nn.Linear(5, 5), nn.LeakyReLU(0.5))]
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = nn.Sequential(*layers, nn.Linear(5, 1))
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.mul_(scale)
            x = torch.randn(70, 5)
            optimizer = torch.optim.SGD(model.parameters(), lr=1e-12)
            path = folder / f"{scale}.zarr"
            with derivviz.record(model, optimizer, path, snapshot_every=2, steps=5, overwrite=True):
                for _ in range(5):
                    optimizer.zero_grad()
                    (model(x) - 1).square().mean().backward()
                    optimizer.step()
        return open_trace(path)

    return record


def test_the_gradients_of_the_trace(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("backprop").draw(trace)
    names = ["conv", "act1", "pool", "fc1", "act2", "fc2"]
    for key, step in (("first", 0), ("early", 5), ("last", 11)):
        exact = trace.snapshot(step).statistics
        norms = [exact[f"activation_grad/{name}"]["norm"] for name in names]
        np.testing.assert_array_equal(artists[f"depth/{key}"].get_ydata(), norms)
        assert artists[f"name/{key}"].get_text() == f"step {step}"
    assert artists["depth/last"].axes.get_yscale() == "log"
    assert set(names) <= set(texts(artists))
    inks = {
        (artists[f"depth/{k}"].get_linestyle(), artists[f"depth/{k}"].get_marker())
        for k in ("first", "early", "last")
    }
    assert len(inks) == 3  # they differ without colour


def test_the_pulls_add_up(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("backprop").draw(trace)
    chain = read_chain(trace)
    tips = [segment[1][1] for key in ("shares", "share") for segment in artists[key].get_segments()]
    assert len(tips) == 10  # the batch
    assert sum(tips) == pytest.approx(chain.gradient, rel=1e-4)
    assert artists["gradient"].get_ydata()[0] == chain.gradient
    (own,) = artists["share"].get_segments()
    assert own[1].tolist() == [chain.sample, pytest.approx(chain.product, rel=1e-4)]


@pytest.mark.parametrize(
    ("scale", "verdict", "told"), [(0.5, ": it vanishes,", "소실된다"), (9.0, ": it explodes,", "폭발한다")]
)
def test_it_tells_what_vanishes_and_what_explodes(
    figure, deep, scale: float, verdict: str, told: str
) -> None:
    trace = deep(scale)
    english, korean = (figure("backprop").caption(trace, language=language) for language in ("en", "ko"))
    assert verdict in english
    assert told in korean
    assert "64 of the samples were recorded one by one" in english
    chain = read_chain(trace, Chosen())
    for each in (english, korean):
        assert all(in_words(factor) in each for factor in (*chain.factors, chain.gradient))
    artists = figure("backprop").draw(trace)
    ticks = artists["depth/last"].axes.get_xticklabels()
    assert [tick.get_text() for tick in ticks] == ["0", "18"]  # of many layers both ends
    assert "sample (64 of 70 recorded)" in texts(artists)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("language", "words"), [("en", "Pulls on one weight"), ("ko", "가중치 하나를 당기는 정도")]
)
def test_both_languages_and_themes(figure, tiny_trace, theme: str, language: str, words: str) -> None:
    with style(theme, language) as look:
        artists = figure("backprop").draw(open_trace(tiny_trace), language=language)
    assert words in texts(artists)
    hangul = [text for text in texts(artists) if any("가" <= c <= "힣" for c in text)]
    assert bool(hangul) == (language == "ko")
    assert artists["gradient"].get_color() == look.color("tangent")


def test_a_network_of_which_no_layer_can_be_followed(figure, game_trace) -> None:
    """Of players by turns there are gradients by layer, and no weight that one sample pulls on."""
    trace = open_trace(game_trace("gan"))
    artists = figure("backprop").draw(trace)
    assert "depth/last" in artists
    assert "gradient" not in artists
    assert "pulls" not in figure("backprop").caption(trace)


def test_without_snapshots_it_says_so(figure, make_trace) -> None:
    with pytest.raises(DerivvizError, match="no snapshots"):
        figure("backprop").draw(make_trace({"time": [0.0, 1.0]}))


def test_animated_it_ends_as_drawn(ends_still, tiny_trace) -> None:
    ends_still("backprop", open_trace(tiny_trace))


def test_animated_it_goes_through_the_snapshots(figure, tiny_trace) -> None:
    trace, module = open_trace(tiny_trace), figure("backprop")
    artists = module.draw(trace)
    motion = module.animate(artists, trace)
    motion.show(7.0)
    assert artists["name/last"].get_text() == "step 5"
    np.testing.assert_array_equal(artists["depth/last"].get_ydata(), artists["depth/early"].get_ydata())
