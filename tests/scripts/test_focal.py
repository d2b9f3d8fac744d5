"""The figure of focal loss: what it draws is the formula and what the trace holds."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.focal import loss
from derivviz.figures import page, style
from derivviz.look.theme import THEMES, luminance
from derivviz.runs import Progress, Request, focal
from derivviz.trace import MissingSeriesError, Trace, open_trace
from derivviz.trace.focal import Contest

ARMS = ("gamma0", "gamma0_5", "gamma1", "gamma2", "gamma5")


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    path = tmp_path_factory.mktemp("runs") / "run.zarr"
    own = focal.Parameters(steps=2, batch_size=2, scenes=8, test_scenes=8)
    focal.train(Request(path, parameters=own), Progress(lambda line: None, lambda *now: None))
    return open_trace(path)


def test_curves_and_shares(figure, contest: Trace) -> None:
    artists, run = figure("focal").draw(contest), Contest(contest)
    for arm, gamma in zip(ARMS, (0, 0.5, 1, 2, 5), strict=True):
        curve = artists[f"loss/{arm}"]
        np.testing.assert_allclose(curve.get_ydata(), loss(curve.get_xdata(), gamma))
        np.testing.assert_allclose(artists[f"mass/{arm}"].get_ydata(), run.as_if(arm))
        np.testing.assert_array_equal(artists[f"precision/{arm}"].get_ydata(), run.precision(arm))
        assert artists[f"precision/{arm}"].get_xdata().tolist() == (run.steps[run.tested] + 1).tolist()
    for n, name in enumerate(run.classes):
        expected = [run.precision(arm, n)[-1] for arm in ARMS]
        np.testing.assert_array_equal(artists[f"classes/{name}"].get_ydata(), expected)


def test_in_grey_the_arms_differ(figure, contest: Trace) -> None:
    artists = figure("focal").draw(contest)
    for panel in ("loss", "mass", "precision"):
        greys = sorted(luminance(artists[f"{panel}/{arm}"].get_color()) for arm in ARMS)
        assert min(np.diff(greys)) > 0.01
        assert artists[f"{panel}/gamma0"].get_linestyle() != artists[f"{panel}/gamma2"].get_linestyle()
    assert len({artists[f"mass/{arm}"].get_marker() for arm in ARMS}) == len(ARMS)


def test_the_caption_tells_the_numbers(figure, contest: Trace) -> None:
    run = Contest(contest)
    for language in ("en", "ko"):
        told = figure("focal").caption(contest, language=language)
        assert f"{run.as_if('gamma0')[-1]:.0%}" in told
        assert f"{run.as_if('gamma2')[-1]:.1%}" in told
        assert f"{run.precision('gamma2')[-1]:.3f}" in told


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "Focal loss"), ("ko", "초점 손실")])
def test_both_languages_and_themes(figure, contest: Trace, theme: str, language: str, words: str) -> None:
    with style(theme, language):
        artists = figure("focal").draw(contest, language=language)
    drawn = page(artists, "focal")
    assert drawn.axes[0].get_title(loc="left") == words
    texts = [text.get_text() for text in drawn.findobj(Text)]
    assert any("가" <= sign <= "힣" for text in texts for sign in text) == (language == "ko")


def test_another_trace_is_told_what_to_record(figure, make_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record focal"):
        figure("focal").draw(make_trace({"loss": [1.0]}))


def test_its_film_ends_with_it(figure, contest: Trace, ends_still) -> None:
    ends_still("focal", contest)
    artists, run = figure("focal").draw(contest), Contest(contest)
    figure("focal").animate(artists, contest).show(float(run.steps[run.tested][0] + 1))
    for n, name in enumerate(run.classes):
        expected = [run.precision(arm, n)[0] for arm in ARMS]
        np.testing.assert_array_equal(artists[f"classes/{name}"].get_ydata(), expected)
