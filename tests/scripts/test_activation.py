"""The figure of activations: its lines are the functions and the sizes that were read from the trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.calculus.activation import KEYS, functions
from derivviz.errors import DerivvizError
from derivviz.figures import page, style
from derivviz.look.theme import contrast
from derivviz.trace.activation import read_flow


@pytest.mark.parametrize(("theme", "language"), [("paper", "en"), ("dark", "ko")])
def test_it_shows_what_the_trace_has(figure, tiny_trace: Path, theme: str, language: str) -> None:
    trace = open_trace(tiny_trace)
    with style(theme, language) as look:
        artists = figure("activation").draw(trace, language=language)
    flow = read_flow(trace)
    assert flow.own == "tanh"
    for key, function in functions().items():
        x, y = artists[f"function/{key}"].get_data()
        np.testing.assert_allclose(y, function(x))
        x, y = artists[f"slope/{key}"].get_data()
        there = np.isfinite(y)
        np.testing.assert_allclose(y[there], function.slope(x)[there])
        assert there.sum() == len(x) - sum(abs(jump) <= 4 for jump in function.jumps)
        sizes = artists[f"size/{key}"]
        drawn = np.asarray(sizes.get_ydata(), float)
        np.testing.assert_allclose(drawn[np.isfinite(drawn)], flow.sizes(key))
        hollow = sizes.get_markerfacecolor() == look.color("background")
        assert hollow == (key != "tanh")  # what was recorded is filled
        assert contrast(sizes.get_color(), look.theme.background) >= 3
    assert len({(artists[f"size/{key}"].get_marker()) for key in KEYS}) == len(KEYS)  # grey reads, too
    title = artists["size/relu"].axes.get_title(loc="left")
    assert title == {"en": "Activations side by side", "ko": "나란히 놓은 활성화 함수"}[language]
    page(artists, "activation").draw_without_rendering()


def test_the_spread_is_of_the_recorded_values(figure, tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("activation").draw(trace)
    passage = read_flow(trace).passages[0]
    for key in KEYS:
        values = passage.a if key == "tanh" else passage.outputs(key)
        counts, edges, _ = artists[f"after/{key}"].get_data()
        assert edges[0] == pytest.approx(values.min())
        assert edges[-1] == pytest.approx(values.max())
        assert np.argmax(counts) == np.argmax(np.histogram(values, len(counts))[0])


def test_the_caption_tells_what_was_recorded_and_what_computed(figure, tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    flow, module = read_flow(trace), figure("activation")
    told = module.caption(trace)
    assert "tanh is as recorded" in told
    assert f"{len(flow.passages)} activation layers" in told
    assert "each layer gets what this run sent there" in told
    assert "기록된 것" in module.caption(trace, language="ko")


def test_without_activations_the_error_says_what_to_record(figure, make_trace) -> None:
    with pytest.raises(DerivvizError, match="derivviz record food"):
        figure("activation").draw(make_trace({"loss": [1.0]}))
