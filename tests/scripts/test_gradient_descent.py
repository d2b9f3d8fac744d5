"""The figure of gradient descent: what it draws is what the trace holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Annotation, Text

import derivviz
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.trace import MissingSeriesError, Trace, open_trace
from derivviz.trace.descent import ACROSS, ALONG, Descent

Record = Callable[..., Path]


@pytest.fixture(scope="module")
def trace(descent_trace: Record) -> Trace:
    return open_trace(descent_trace())


def test_paths_tangents_and_losses_are_the_recorded_ones(figure, trace: Trace) -> None:
    artists, run = figure("gradient_descent").draw(trace), Descent(trace)
    for name in ACROSS:
        walk = run.walks[name]
        drawn = np.stack(artists[f"path/{name}"].get_data(), axis=1)
        np.testing.assert_array_equal(drawn, walk.places[:, [run.wide, 1 - run.wide]])
        np.testing.assert_array_equal(artists[f"above/{name}"].get_ydata(), walk.above)
    for name in ALONG:
        np.testing.assert_array_equal(artists[f"left/{name}"].get_ydata(), run.walks[name].left)
    good = run.walks["good"]
    for n in range(4):
        (a, b), (c, d) = artists[f"tangent/{n}"].get_data()
        assert (d - c) / (b - a) == pytest.approx(good.gradients[n, 0])
        assert (c + d) / 2 == pytest.approx(good.losses[n])
    w, losses = artists["curve"].get_data()
    np.testing.assert_allclose(losses, run.curve(w))
    assert artists["lowest"].get_xdata()[0] == run.bottom.place[run.wide]
    np.testing.assert_allclose(artists["contours"].levels, run.levels(6))


def test_walks_grow_with_the_steps(figure, trace: Trace) -> None:
    module = figure("gradient_descent")
    artists = module.draw(trace)
    curve = artists["curve"].get_xydata().copy()
    motion = module.animate(artists, trace)
    motion.show(10.5)
    path = Descent(trace).walks["adam"].places[:, ::-1]
    drawn = artists["path/adam"].get_xydata()
    np.testing.assert_allclose(drawn[:11], path[:11])
    np.testing.assert_allclose(drawn[-1], (path[10] + path[11]) / 2)
    np.testing.assert_array_equal(artists["curve"].get_xydata(), curve)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "steepest descent"), ("ko", "모멘텀")])
def test_both_languages_and_themes(figure, trace: Trace, theme: str, language: str, words: str) -> None:
    with style(theme, language):
        artists = figure("gradient_descent").draw(trace, language=language)
    texts = [text.get_text() for text in page(artists, "gradient_descent").findobj(Text)]
    assert words in texts
    assert any("가" <= c <= "힣" for text in texts for c in text) == (language == "ko")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_caption_tells_the_numbers(figure, trace: Trace, language: str) -> None:
    said = figure("gradient_descent").caption(trace, language=language)
    for number in ("η = 0.00111: 0%", "η = 0.00605: 0.2%", "0.00637", "44.7", "3.72"):
        assert number in said
    moves = len(Descent(trace).walks["slow"].places) - 1
    assert {"en": f"after {moves} steps", "ko": f"{moves}스텝을 가면"}[language] in said


@pytest.mark.parametrize(
    "options",
    [
        {"own": True},
        {"steps": 400, "rate": 0.5, "momentum": 0.9},
        {"points": ((0, 1e-7), (1e-4, 3e-7), (2e-4, 5e-7))},
    ],
)
def test_other_ground(figure, descent_trace: Record, options: dict[str, object]) -> None:
    other = open_trace(descent_trace(**options))
    artists = figure("gradient_descent").draw(other)
    run = Descent(other)
    assert len(artists["path/descent"].get_xdata()) == run.steps
    assert figure("gradient_descent").caption(other)
    names = {text.get_text() for text in page(artists, "gradient_descent").findobj(Text)}
    assert ("0.weight[3, 0]" in names) == (run.points is None)


def test_another_trace_is_told_what_to_record(figure, make_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record descent"):
        figure("gradient_descent").draw(make_trace({"loss": [1.0]}))


def test_its_film_ends_with_it(trace: Trace, ends_still) -> None:
    ends_still("gradient_descent", trace)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("journal", ["a4-report", "ieee", "nature"])
def test_names_at_the_ends_are_apart_in_a_column(trace: Trace, journal: str, language: str) -> None:
    drawn = derivviz.figure("gradient_descent", trace, journal=journal, language=language).figure
    drawn.draw_without_rendering()
    named = 0
    for ax in drawn.axes:
        ends = [text for text in ax.texts if isinstance(text, Annotation)]
        boxes = sorted((Text.get_window_extent(text) for text in ends), key=lambda box: box.y0)
        assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))
        named += len(boxes)
    assert named == len(ALONG) + len(ACROSS)
