"""The loss figure: what it draws is what the trace holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import derivviz
from derivviz import open_trace
from derivviz.figures import page, style
from derivviz.look.theme import THEMES


def texts(artists: dict) -> list[str]:
    found = page(artists, "loss").findobj(Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def test_a_recorded_run(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("loss").draw(trace)
    np.testing.assert_array_equal(artists["loss"].get_xdata(), trace.steps)
    np.testing.assert_array_equal(artists["loss"].get_ydata(), trace["loss"])
    by_epoch = trace["loss"].reshape(3, 4).mean(axis=1)
    np.testing.assert_allclose(artists["loss/epoch"].get_ydata(), by_epoch)
    np.testing.assert_array_equal(artists["loss/epoch"].get_xdata(), [1.5, 5.5, 9.5])
    np.testing.assert_allclose(artists["accuracy"].get_ydata(), trace["accuracy"].reshape(3, 4).mean(axis=1))
    right = trace.evaluation.probabilities.argmax(2) == trace.evaluation.target
    np.testing.assert_allclose(artists["held_out"].get_ydata(), right.mean(axis=1))
    np.testing.assert_array_equal(artists["held_out"].get_xdata(), [3, 7, 11])  # the last step of each epoch
    assert set(artists["guessing"].get_ydata()) == {0.2}  # five classes
    assert artists["loss"].axes.get_yscale() == "linear"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "held out"), ("ko", "검증")])
def test_both_languages_and_themes(figure, tiny_trace, theme: str, language: str, words: str) -> None:
    with style(theme, language) as look:
        artists = figure("loss").draw(open_trace(tiny_trace), language=language)
    assert words in texts(artists)
    hangul = [text for text in texts(artists) if any("가" <= c <= "힣" for c in text)]
    assert bool(hangul) == (language == "ko")
    assert artists["loss/epoch"].get_color() == look.color("loss")
    assert page(artists, "loss").get_facecolor() is not None


def test_lines_differ_without_colour(figure, tiny_trace) -> None:
    artists = figure("loss").draw(open_trace(tiny_trace))
    inks = {
        (a.get_linestyle(), a.get_marker())
        for a in (artists[k] for k in ("accuracy", "held_out", "guessing"))
    }
    assert len(inks) == 3


@pytest.mark.parametrize(("largest", "scale"), [(99.0, "linear"), (101.0, "log")])
def test_many_decades_get_a_logarithmic_axis(figure, make_trace, largest: float, scale: str) -> None:
    artists = figure("loss").draw(make_trace({"loss": [1.0, 7.0, largest]}))
    assert artists["loss"].axes.get_yscale() == scale


def test_a_loss_that_falls_below_zero_stays_linear(figure, make_trace) -> None:
    artists = figure("loss").draw(make_trace({"loss": [-5.0, 1.0, 1e9]}))
    assert artists["loss"].axes.get_yscale() == "linear"


@pytest.mark.parametrize(("bad", "sign"), [(np.nan, "NaN"), (np.inf, "∞")])
def test_where_the_loss_stops_being_a_number(figure, make_trace, bad: float, sign: str) -> None:
    trace = make_trace({"loss": [1.0, 10.0, 1e6, bad, 5.0, bad], "epoch": [1, 1, 2, 2, 3, 3]})
    artists = figure("loss").draw(trace)
    assert set(artists["nonfinite"].get_xdata()) == {3}
    assert artists["nonfinite/name"].get_text() == f"{sign} at step 3"
    np.testing.assert_array_equal(artists["loss"].get_ydata(), [1.0, 10.0, 1e6, np.nan, 5.0, np.nan])
    np.testing.assert_array_equal(artists["loss/epoch"].get_ydata(), [5.5, 1e6, 5.0])


def test_a_loss_alone(figure, make_trace) -> None:
    artists = figure("loss").draw(make_trace({"loss": [2.0, 1.0]}))
    assert set(artists) == {"loss"}
    assert len(page(artists, "loss").axes) == 1


def test_one_step(figure, make_trace) -> None:
    artists = figure("loss").draw(make_trace({"loss": [2.0], "epoch": [1], "accuracy": [0.5]}))
    assert artists["loss"].get_ydata() == [2.0]


def test_many_epochs_are_thinned(figure, make_trace) -> None:
    epochs = np.repeat(np.arange(1, 41), 2)
    right = np.zeros((40, 4), bool)
    right[20:, :3] = True
    trace = make_trace({"loss": 2.0 - epochs / 80, "epoch": epochs, "accuracy": epochs / 40}, right=right)
    artists = figure("loss").draw(trace)
    np.testing.assert_array_equal(artists["held_out"].get_ydata(), [0.0] * 20 + [0.75] * 20)
    assert {"epoch", "1", "5", "37"} <= set(texts(artists))
    assert "2" not in texts(artists)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_numbers_of_epochs_stand_apart_in_a_column(make_trace, language: str) -> None:
    epochs = np.repeat(np.arange(1, 41), 2)
    trace = make_trace({"loss": 2.0 - epochs / 80, "epoch": epochs})
    drawn = derivviz.figure("loss", trace, width="column", language=language).figure
    drawn.draw_without_rendering()
    row = {"epoch", "에포크", *(f"{n}" for n in range(1, 41, 4))}
    boxes = [t.get_window_extent() for t in drawn.findobj(Text) if t.get_text() in row and t.get_visible()]
    boxes.sort(key=lambda box: box.x0)
    assert len(boxes) == 11
    assert all(one.x1 + 0.2 * one.height < other.x0 for one, other in pairwise(boxes))
    np.testing.assert_allclose([box.y0 for box in boxes], boxes[0].y0, atol=1)


def test_it_draws_on_given_axes(figure, tiny_trace) -> None:
    other, mine = Figure().subplots(1, 2)
    artists = figure("loss").draw(open_trace(tiny_trace), ax=mine, language="ko")
    assert artists["loss"].axes is mine
    assert mine.get_title(loc="left") == "손실과 정확도"
    assert not other.lines


def test_its_film_ends_with_it(tiny_trace, ends_still) -> None:
    ends_still("loss", open_trace(tiny_trace))
