"""The figure of the scores: curves and strips are the formula applied to what the trace holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz import open_trace
from derivviz.calculus.score import HUNGERS, changes, scores, worth
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.trace import MissingSeriesError, Trace
from derivviz.trace.writer import TraceWriter


@pytest.fixture
def asked(tmp_path) -> Callable[..., Trace]:
    """A trace with these last answers to its held-out pictures."""

    def make(p, **attributes) -> Trace:
        p = np.asarray(p, float)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.zarr"
        writer = TraceWriter(path, attributes)
        writer.declare("step/time", name="time")
        writer.declare("step/step", dtype=np.int64)
        writer.append("step", {"step": 0, "time": 0.5})
        writer.labels("evaluation/target", ("image",), np.zeros(len(p), np.int64))
        writer.declare("evaluation/epoch", dtype=np.int64)
        writer.declare("evaluation/probabilities", ("image", "class"), p.shape)
        writer.append("evaluation", {"epoch": 1, "probabilities": p})
        writer.close()
        return open_trace(path)

    return make


def test_a_recorded_run(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists, p = figure("score").draw(trace), trace.evaluation.probabilities[-1]
    image = int(np.argmax([worth(one) for one in p]))
    for i in range(5):
        drawn = artists[f"score/{i}"].get_ydata()
        np.testing.assert_allclose(drawn, [scores(p[image], h)[i] for h in HUNGERS])
    highest = np.max([artists[f"score/{i}"].get_ydata() for i in range(5)], axis=0)
    np.testing.assert_allclose(artists["best"].get_ydata(), highest)
    limits = [artists[f"change/{k}"].get_xdata()[0] for k in range(len(changes(p[image])))]
    assert limits == pytest.approx([h for h, _, _ in changes(p[image])])
    np.testing.assert_array_equal(artists["photo"].get_array(), trace.evaluation.thumbnails[image])
    for n in range(10):
        pieces = [
            artists[key] for key in artists if key.startswith(f"strip/{n}/") and not key.endswith("number")
        ]
        assert sum(piece.get_width() for piece in pieces) == pytest.approx(10)
        assert len(pieces) == len(changes(p[n])) + 1


def test_the_published_scores_are_the_multipliers(figure, asked) -> None:
    artists = figure("score").draw(asked([[0.6, 0.4]]))
    for name, score in (("pasta", 1.69), ("chicken", 2.05), ("salad", 1.43)):
        assert artists[f"published/{name}"].get_xdata()[0] == score
        assert round(artists[f"multiplier/{name}"].get_width(), 2) == score
    assert round(artists["multiplier/pizza"].get_width(), 2) == 2.15


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_both_languages_and_themes_and_names(figure, asked, theme: str, language: str) -> None:
    trace = asked(np.full((20, 40), 1 / 40), classes=[f"$x^{i}$ \ue000" for i in range(40)])
    with style(theme, language):
        artists = figure("score").draw(trace, language=language)
    texts = [text.get_text() for text in page(artists, "score").findobj(Text)]
    assert any("가" <= sign <= "힣" for text in texts for sign in text) == (language == "ko")
    assert any(("7 of 40" if language == "en" else "40개 중 7개") in text for text in texts)
    assert any(("16 of 20" if language == "en" else "20장 중 16장") in text for text in texts)
    assert len({artists[key].get_linestyle() for key in artists if key.startswith("score/")}) > 1


def test_the_caption_tells_the_numbers(figure, asked) -> None:
    hesitant, certain = [0.18, 0.18, 0.2, 0.22, 0.22], [0.0, 1.0, 0.0, 0.0, 0.0]
    told = figure("score").caption(asked([certain, hesitant]))
    assert f"It changes at {changes(np.array(hesitant))[0][0]:.1f} to class 3" in told
    assert "for 1 of 2 held-out pictures" in told
    assert "확신한다" not in figure("score").caption(asked([certain, hesitant]), language="ko")
    assert "100%에서 신경망은 확신한다" in figure("score").caption(asked([certain]), language="ko")


def test_no_answer_is_told(figure, asked, make_trace) -> None:
    with pytest.raises(MissingSeriesError, match="answers NaN"):
        figure("score").draw(asked([[np.nan, np.nan]]))
    with pytest.raises(MissingSeriesError, match="has no evaluation"):
        figure("score").draw(make_trace({"loss": [1.0]}))
