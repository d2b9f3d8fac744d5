"""The figure of a whole run: what it draws is what the trace holds, whatever that is and however long."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import derivviz
from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import page, style
from derivviz.figures.looks import ends
from derivviz.look.theme import THEMES
from derivviz.trace import training


def texts(artists: dict) -> str:
    return "\n".join(t.get_text() for t in page(artists, "training").findobj(Text) if t.get_visible())


def test_a_recorded_run(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("training").draw(trace)
    np.testing.assert_array_equal(artists["loss"].get_ydata(), trace["loss"])
    right = (trace.evaluation.probabilities.argmax(2) == trace.evaluation.target).mean(axis=1)
    np.testing.assert_allclose(artists["held_out"].get_ydata(), right)
    assert set(artists["guessing"].get_ydata()) == {0.2}
    for name in ("conv", "fc1", "fc2"):
        gradient = np.hypot(trace[f"grad/{name}.weight/norm"], trace[f"grad/{name}.bias/norm"])
        np.testing.assert_allclose(artists[f"gradient/{name}"].get_ydata(), gradient)
        layer = next(layer for layer in training.layers(trace) if layer.name == name)
        np.testing.assert_allclose(artists[f"update/{name}"].get_ydata(), layer.update)
    found = training.answers(trace).counts[-1]
    np.testing.assert_allclose(artists["answers"].get_array(), found / found.sum(axis=1, keepdims=True))
    for row, column in np.ndindex(5, 5):
        assert artists[f"answers/{row}/{column}"].get_text() == (
            str(found[row, column]) if found[row, column] else ""
        )
    looks = training.weights(trace)
    drawn = artists["weights/last"].get_array()
    most = ends(looks)[1]
    np.testing.assert_allclose(drawn[:3, :3], np.clip(0.5 + looks.values[-1, 0] / (2 * most), 0, 1))
    maps = training.maps(trace)
    np.testing.assert_allclose(artists["maps/first"].get_array()[:22, :22], maps.values[0, 0])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "title"), [("en", "A whole run"), ("ko", "학습 전체")])
def test_both_languages_and_themes(figure, tiny_trace, theme: str, language: str, title: str) -> None:
    with style(theme, language):
        artists = figure("training").draw(open_trace(tiny_trace), language=language)
        drawn = page(artists, "training")
        drawn.draw_without_rendering()
    told = texts(artists)
    assert title in told
    assert any("가" <= c <= "힣" for c in told) == (language == "ko")
    answers = artists["answers"].axes
    assert len({answers.get_title(), answers.get_xlabel(), answers.get_ylabel()}) == 3
    ticks = {label for ax in drawn.axes for label in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    for text in set(drawn.findobj(Text)) - ticks:
        box = text.get_window_extent()
        if text.get_visible() and text.get_text().strip() and box.width > 1:
            assert -1 <= box.x0 < box.x1 <= drawn.bbox.x1 + 1, text.get_text()


def test_every_extreme_of_a_long_run_is_drawn(figure, make_trace) -> None:
    loss = np.random.default_rng(0).uniform(1, 2, 5_000)
    loss[3_210], loss[777] = 9.0, 0.1
    artists = figure("training").draw(make_trace({"loss": loss, "time": loss}))
    drawn = artists["loss"]
    assert len(drawn.get_xdata()) < 2500
    assert drawn.get_xdata()[drawn.get_ydata().argmax()] == 3_210
    assert drawn.get_xdata()[drawn.get_ydata().argmin()] == 777
    np.testing.assert_allclose(artists["loss/mean"].get_ydata(), loss.reshape(40, -1).mean(axis=1))


def test_what_a_trace_lacks_has_no_panel(figure, make_trace) -> None:
    artists = figure("training").draw(make_trace({"loss": [3.0, 2.0, 1.0], "time": [0.0, 1.0, 2.0]}))
    assert set(artists) == {"loss"}


def test_nothing_to_draw(figure, make_trace) -> None:
    with pytest.raises(DerivvizError, match=r"no loss.*derivviz record food.*recorder\.log"):
        figure("training").draw(make_trace({"time": [0.0, 1.0], "speed": [1.0, 2.0]}))


def test_the_caption_tells_numbers(figure, make_trace, tiny_trace) -> None:
    told = figure("training").caption(make_trace({"loss": [1.0, 4.5, 0.25], "time": [0.0, 1.0, 2.0]}))
    assert told == "3 recorded steps. The loss goes from 1 to 0.25; the largest is 4.5, at step 1."
    korean = figure("training").caption(open_trace(tiny_trace), language="ko")
    assert "검증 데이터의" in korean


def test_it_goes_through_the_steps(figure, tiny_trace) -> None:
    trace, module = open_trace(tiny_trace), figure("training")
    artists = module.draw(trace)
    last = artists["weights/last"].get_array().copy()
    motion = module.animate(artists, trace)
    motion.show(4)
    assert len(artists["loss"].get_xdata()) == 5
    counts = training.answers(trace).counts[0]
    np.testing.assert_array_equal(artists["answers"].get_array(), counts / counts.sum(1, keepdims=True))
    assert not np.array_equal(artists["weights/last"].get_array(), last)
    motion.show(0)
    assert {artists[f"answers/{n}/{n}"].get_text() for n in range(5)} == {""}
    motion.show(11)
    np.testing.assert_array_equal(artists["weights/last"].get_array(), last)
    assert len(artists["loss"].get_xdata()) == 12


def test_it_draws_on_given_axes(figure, tiny_trace) -> None:
    other, mine = Figure(figsize=(8, 12)).subplots(2, 1)
    artists = figure("training").draw(open_trace(tiny_trace), ax=mine)
    assert artists["loss"].axes is mine
    assert not other.lines


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("journal", ["a4-report", "ieee", "nature"])
def test_it_finds_room_in_a_column(tiny_trace, journal: str, language: str) -> None:
    drawn = derivviz.figure("training", tiny_trace, journal=journal, language=language)
    places = {
        name: artist.axes.get_window_extent().transformed(drawn.figure.dpi_scale_trans.inverted())
        for name, artist in drawn.artists.items()
    }
    curves = [places[name] for name in ("loss", "held_out", "gradient/fc1", "update/fc1")]
    assert all(box.width > 2.5 and box.height > 0.6 for box in curves)  # inches
    assert places["weights/last"].x1 < places["maps/last"].x0 < places["answers"].x0
    assert min(places[name].width for name in ("weights/last", "maps/last", "answers")) > 0.6
    assert sum(ax.get_xlabel() in ("training step", "학습 스텝") for ax in drawn.figure.axes) == 1
