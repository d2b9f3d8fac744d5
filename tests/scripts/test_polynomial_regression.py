"""The figure of polynomial regression: what it draws is what the trace holds and what least squares gives."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from numpy.polynomial.polynomial import polyval

from derivviz.calculus.polynomial import best_ridge, least_squares
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.parameters import fill
from derivviz.runs import Progress, Request, polynomial
from derivviz.trace import MissingSeriesError, Trace, open_trace


def recorded(path: Path, data: Path | None = None, **typed: object) -> Trace:
    parameters = fill(
        polynomial.Parameters, {name.replace("_", "-"): str(value) for name, value in typed.items()}
    )
    silent = Progress(lambda line: None, lambda *now: None)
    polynomial.train(Request(path, data=data, snapshot_every=10, parameters=parameters), silent)
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
    ridge = best_ridge(x, target, test_x, test_target, 6)
    held = [least_squares(x, target, degree, ridge) for degree in range(7)]
    np.testing.assert_allclose(
        artists["ridge_error"].get_ydata(), [np.mean((polyval(test_x, a) - test_target) ** 2) for a in held]
    )
    assert artists["ridge_error"].get_ydata()[-1] <= line.get_ydata()[-1]
    told = figure("polynomial_regression").caption(cubic)
    assert f"least at degree {int(np.argmin(line.get_ydata()))}, " in told
    assert f"with a ridge of {ridge:g}." in told


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
    assert artists["a_0"].axes.get_xlim()[1] < 60  # as far as there are numbers
    module = figure("polynomial_regression")
    assert "It diverges: the learning rate is 5" in module.caption(trace)
    assert "발산한다" in module.caption(trace, language="ko")


@pytest.mark.parametrize("degree", [0, 9, 12])
def test_few_and_many_coefficients(figure, tmp_path: Path, degree: int) -> None:
    artists = figure("polynomial_regression").draw(recorded(tmp_path / "run.zarr", degree=degree, steps=5))
    assert sum(name.startswith("a_") and "/" not in name for name in artists) == min(degree + 1, 8)
    heading = artists["a_0"].axes.get_title(loc="left")
    assert heading.startswith(f"Coefficients, 8 of {degree + 1} (" if degree > 7 else "Coefficients (")


def test_without_points_to_test_on(figure, tmp_path: Path) -> None:
    (tmp_path / "three.csv").write_text("1,2\n2,1\n3,4\n")
    trace = recorded(tmp_path / "run.zarr", data=tmp_path / "three.csv", degree=1, steps=20)
    with style("paper", "en"):
        artists = figure("polynomial_regression").draw(trace)
        drawn = page(artists, "polynomial_regression")
        drawn.draw_without_rendering()
    assert not {"test", "test_error", "ridge_error"} & artists.keys()
    assert "tested on" not in [text.get_text() for text in drawn.findobj(Text)]
    assert "other points" not in figure("polynomial_regression").caption(trace)
    below = artists["learnt_error"].axes.title.get_window_extent()
    assert (
        below.y1 < artists["learnt"].axes.xaxis.label.get_window_extent().y0
    )  # laid out, one under the other


def test_another_trace_is_told_what_to_record(figure, make_trace) -> None:
    with pytest.raises(MissingSeriesError, match="derivviz record"):
        figure("polynomial_regression").draw(make_trace({"loss": [1.0]}))


def test_its_film_ends_with_it(figure, cubic: Trace, ends_still) -> None:
    ends_still("polynomial_regression", cubic)
    artists = figure("polynomial_regression").draw(cubic)
    motion = figure("polynomial_regression").animate(artists, cubic)
    motion.show(20.5)
    end = int(cubic.snapshot_steps[-1])
    a = cubic.sampled("param/coefficients").values[20]
    curve = artists[f"curve/{end}"]
    np.testing.assert_allclose(curve.get_ydata(), polyval(curve.get_xdata(), a))
    assert [name for name in artists if name.startswith("curve/") and not artists[name].get_visible()] == [
        f"curve/{step}" for step in cubic.snapshot_steps[:-1] if step > 20.5 and f"curve/{step}" in artists
    ]
