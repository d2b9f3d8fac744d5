"""The figure of classification: what it draws is what the trace holds, and p − y."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz import open_trace
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.trace import MissingSeriesError, Trace
from derivviz.trace.classification import pulls, telling


@pytest.fixture(scope="module")
def trace(classifier_trace: Any) -> Trace:
    return open_trace(
        classifier_trace(5, names=("pizza", "chicken", "hamburger", "pasta", "a $ b $ much longer"))
    )


def test_what_is_drawn_is_recorded(figure, trace: Trace) -> None:
    module, found = figure("classification"), telling(trace)
    artists = module.draw(trace)
    n = module.taught(found)
    for i in range(5):
        assert artists[f"p/{i}"].get_width() == pytest.approx(found.p[n, i])
        assert float(artists[f"y/{i}"].get_xdata()[0]) == (i == found.target[n])
        assert float(artists[f"error/{i}"].get_text().replace("−", "-")) == pytest.approx(
            found.error[n, i], abs=6e-4
        )
    for key in ("true", "others"):
        drawn = artists[f"recorded/{key}"]
        np.testing.assert_allclose(drawn.get_xdata(), drawn.get_ydata(), atol=1e-5)
    assert len(artists["recorded/true"].get_xdata()) == 4 * 8  # snapshots, samples
    p = artists["samples/loss"].get_xdata()
    np.testing.assert_allclose(artists["samples/loss"].get_ydata(), -np.log(p))
    np.testing.assert_allclose(artists["samples/slope"].get_ydata(), 1 - artists["samples/slope"].get_xdata())
    where, pull = pulls(trace)
    np.testing.assert_array_equal(artists["pull"].get_xdata(), where)
    np.testing.assert_array_equal(artists["pull"].get_ydata(), pull)


def test_in_grey_they_differ(figure, trace: Trace) -> None:
    artists = figure("classification").draw(trace)
    assert artists["loss"].get_linestyle() != artists["slope"].get_linestyle()
    assert artists["recorded/true"].get_marker() != artists["recorded/others"].get_marker()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_both_languages_and_themes(figure, trace: Trace, theme: str, language: str) -> None:
    with style(theme, language):
        artists = figure("classification").draw(trace, language=language)
    texts = [text.get_text() for text in page(artists, "classification").findobj(Text)]
    assert any("가" <= sign <= "힣" for text in texts for sign in text) == (language == "ko")
    found = telling(trace)
    told = figure("classification").caption(trace, language=language)
    assert f"{found.right[figure('classification').taught(found)]:.3f}" in told


def test_of_many_classes_some_are_drawn(figure, classifier_trace) -> None:
    artists = figure("classification").draw(open_trace(classifier_trace(100)))
    assert sum(key.startswith("p/") for key in artists) == 8
    texts = [text.get_text() for text in page(artists, "classification").findobj(Text)]
    assert any("8 of 100" in text for text in texts)


def test_another_loss_is_told(figure, classifier_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record food"):
        figure("classification").draw(open_trace(classifier_trace(5, "multi_margin_loss")))
