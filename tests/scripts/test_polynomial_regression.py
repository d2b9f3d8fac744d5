"""The figure of polynomial regression: what it draws is what the trace holds and what least squares gives."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from numpy.polynomial.polynomial import polyval

from derivviz.calculus.polynomial import least_squares
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.parameters import fill
from derivviz.runs import Progress, Request, polynomial
from derivviz.trace import MissingSeriesError, Trace, open_trace


def recorded(path: Path, **typed: object) -> Trace:
    parameters = fill(
        polynomial.Parameters, {name.replace("_", "-"): str(value) for name, value in typed.items()}
    )
    silent = Progress(lambda line: None, lambda *now: None)
    polynomial.train(Request(path, snapshot_every=10, parameters=parameters), silent)
    return open_trace(path)


@pytest.fixture(scope="module")
def cubic(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return recorded(tmp_path_factory.mktemp("runs") / "run.zarr", steps=60, points=7)


def test_curve_errors_and_coefficients_are_the_recorded_ones(figure, cubic: Trace) -> None:
    artists = figure("polynomial_regression").draw(cubic)
    x, target = np.array(cubic.attrs["x"]), np.array(cubic.attrs["target"])
    end = int(cubic.snapshot_steps[-1])
    a = cubic.snapshot(end).param["coefficients"]
    curve = artists[f"curve/{end}"]
    np.testing.assert_allclose(curve.get_ydata(), polyval(curve.get_xdata(), a))
    ends = np.array([line.T for line in artists["error"].get_segments()])
    np.testing.assert_allclose(ends[:, 0, 0], x)
    np.testing.assert_allclose(
        np.abs(ends[:, 1, 1] - ends[:, 1, 0]), np.abs(polyval(x, a) - target), atol=1e-9
    )
    for k in range(4):
        np.testing.assert_array_equal(
            artists[f"a_{k}"].get_ydata(), cubic.sampled("param/coefficients").values[:, k]
        )
        assert set(artists[f"a_{k}/best"].get_ydata()) == {cubic.attrs["least_squares"][k]}


def test_errors_of_each_degree_are_those_of_least_squares(figure, cubic: Trace) -> None:
    artists = figure("polynomial_regression").draw(cubic)
    x, target, test_x, test_target = (
        np.array(cubic.attrs[name]) for name in ("x", "target", "test_x", "test_target")
    )
    line = artists["test_error"]
    assert list(line.get_xdata()) == list(range(7))  # seven points: degree 6 passes by all of them
    fits = [least_squares(x, target, degree) for degree in range(7)]
    np.testing.assert_allclose(
        line.get_ydata(), [np.mean((polyval(test_x, a) - test_target) ** 2) for a in fits]
    )
    assert artists["learnt_error"].get_ydata()[-1] < 1e-20


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "tested on"), ("ko", "테스트 점")])
def test_both_languages_and_themes(figure, cubic: Trace, theme: str, language: str, words: str) -> None:
    with style(theme, language):
        artists = figure("polynomial_regression").draw(cubic, language=language)
    texts = [text.get_text() for text in page(artists, "polynomial_regression").findobj(Text)]
    assert words in texts
    assert any("가" <= c <= "힣" for text in texts for c in text) == (language == "ko")


def test_a_run_that_diverged_is_drawn_as_far_as_it_has_numbers(figure, tmp_path: Path) -> None:
    trace = recorded(tmp_path / "run.zarr", learning_rate=5, steps=400)
    artists = figure("polynomial_regression").draw(trace)
    assert not np.isfinite(trace.snapshot(int(trace.snapshot_steps[-1])).param["coefficients"]).all()
    assert np.isnan(artists["a_0"].get_ydata()[-1])


@pytest.mark.parametrize("degree", [0, 9, 12])
def test_few_and_many_coefficients(figure, tmp_path: Path, degree: int) -> None:
    artists = figure("polynomial_regression").draw(recorded(tmp_path / "run.zarr", degree=degree, steps=5))
    assert sum(name.startswith("a_") and "/" not in name for name in artists) == min(degree + 1, 8)


def test_another_trace_is_told_what_to_record(figure, make_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record"):
        figure("polynomial_regression").draw(make_trace({"loss": [1.0]}))
