"""The figure of the learning-rate factor: its points are the trace's, and its curve is 1 + |f′(m)|/20."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import page, style
from derivviz.look.theme import THEMES, contrast
from derivviz.look.typst import outline

NAMES = ["conv.weight", "conv.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]


def exact(mean: float) -> float:
    """1 + |f′(m)|/20 in rational arithmetic, written out again."""
    m = Fraction(float(mean))
    return float(1 + abs(-6 * m * m - 12 * m + 18) / 20)


@pytest.fixture
def walked(make_trace):
    """Six parameters whose means walk over both zeros of f′, and get what the rule says."""
    steps = np.arange(9)
    means = {name: n / 2 - 1.5 + (n - 2.5) * steps / 8 for n, name in enumerate(NAMES)}
    factors = {name: [exact(m) for m in values] for name, values in means.items()}
    return make_trace({"loss": np.ones(9)}, means, factors)


def test_lines_are_the_traces(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    for name in NAMES:
        over_time, walk = artists[f"factor/{name}"], artists[f"walk/{name}"]
        np.testing.assert_array_equal(over_time.get_xdata(), walked.steps)
        np.testing.assert_array_equal(over_time.get_ydata(), walked[f"lr_factor/{name}"])
        np.testing.assert_array_equal(walk.get_xdata(), walked[f"param/{name}/mean"])
        np.testing.assert_array_equal(walk.get_ydata(), walked[f"lr_factor/{name}"])


def test_the_curve_is_the_rule(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    for key in ("rule", "rule/near", "window"):
        x, y = artists[key].get_data()
        np.testing.assert_allclose(y, [exact(m) for m in x], rtol=1e-12)
    assert list(artists["zeros"].get_xdata()) == [-3, 1]
    assert list(artists["zeros"].get_ydata()) == [1, 1]
    assert max(artists["rule"].get_xdata()) > 1  # both zeros and the peak between them are seen
    assert min(artists["rule"].get_xdata()) < -3


def test_every_walk_is_on_the_curve_and_in_the_window(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    left, right = artists["window"].get_xdata()[[0, -1]]
    near = artists["rule/near"].axes
    for name in NAMES:
        x, y = artists[f"walk/{name}"].get_data()
        np.testing.assert_allclose(y, [exact(m) for m in x], rtol=1e-12)
        assert left < min(x) <= max(x) < right
    assert near.get_xlim() == pytest.approx((left, right))


def test_a_point_stands_as_high_beside_the_steps(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    near, steps = artists["walk/conv.bias"].axes, artists["factor/conv.bias"].axes
    assert near.get_ylim() == steps.get_ylim()
    assert near.get_position().y0 == pytest.approx(steps.get_position().y0)
    assert near.get_position().y1 == pytest.approx(steps.get_position().y1)


def test_names_stand_in_the_order_of_the_ends(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    written = {text.get_text(): text.xyann[1] for text in artists["factor/conv.bias"].axes.texts}
    assert set(written) == set(NAMES)
    ends = {name: walked[f"lr_factor/{name}"][-1] for name in NAMES}
    assert sorted(NAMES, key=written.__getitem__) == sorted(NAMES, key=ends.__getitem__)


def test_parameters_differ_without_colour(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    lines = [artists[f"factor/{name}"] for name in NAMES]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(NAMES)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "title"), [("en", "What f′ does"), ("ko", "f′이 학습률에")])
def test_both_languages_and_themes(figure, tiny_trace, theme: str, language: str, title: str) -> None:
    with style(theme, language) as look:
        artists = figure("lr_factor").draw(open_trace(tiny_trace), language=language)
    rule = artists["rule"]
    assert rule.get_color() == look.color("tangent")
    assert rule.axes.get_title(loc="left").startswith(title)
    for name in NAMES:
        assert contrast(artists[f"factor/{name}"].get_color(), look.theme.background) >= 3
    assert any("가" <= c <= "힣" for c in artists["update/0"].get_label()) == (language == "ko")


def test_the_formula_is_the_update(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    shown = outline(artists["update"].get_label(), True)
    same = outline("w <- w + (1 + abs(f'(m)) / 20) thin Delta w", True)
    assert [shape.glyph for shape in shown.shapes] == [shape.glyph for shape in same.shapes]
    assert "-6x^2 - 12x + 18" in artists["update/2"].get_label()


def test_words_stay_on_the_sheet_and_off_each_other(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    sheet = page(artists, "lr_factor")
    sheet.draw_without_rendering()
    boxes = [artists[key].get_window_extent() for key in ("update", "update/0", "update/1", "update/2")]
    assert all(box.x0 > 0 and box.x1 < sheet.bbox.x1 for box in boxes)
    assert all(above.y0 > below.y1 for above, below in pairwise(boxes))


def test_of_many_parameters_the_widest_walks_are_drawn(figure, make_trace) -> None:
    means = {f"layers.{n}.weight": np.array([0.0, n / 100]) for n in range(30)}
    factors = {name: [exact(m) for m in values] for name, values in means.items()}
    artists = figure("lr_factor").draw(make_trace({"loss": [1.0, 1.0]}, means, factors))
    drawn = [key.partition("/")[2] for key in artists if key.startswith("factor/")]
    assert drawn == [f"layers.{n}.weight" for n in range(22, 30)]


def test_a_run_that_ends_in_nan(figure, make_trace) -> None:
    means = {"fc.weight": np.array([0.0, 0.5, np.nan])}
    artists = figure("lr_factor").draw(
        make_trace({"loss": np.ones(3)}, means, {"fc.weight": [1.9, 1.525, np.nan]})
    )
    (name,) = artists["factor/fc.weight"].axes.texts
    assert name.xy == (1, 1.525)


def test_one_step_that_never_moves(figure, make_trace) -> None:
    artists = figure("lr_factor").draw(make_trace({"loss": [1.0]}, {"w": [0.0]}, {"w": [1.9]}))
    low, high = artists["factor/w"].axes.get_ylim()
    assert low < 1.9 < high


def test_without_factors_the_error_says_what_records_them(figure, make_trace) -> None:
    plain = make_trace({"loss": [1.0]}, {"w": [0.0]}, {"w": [np.nan]})
    with pytest.raises(DerivvizError, match=r"no values of 'lr_factor/\*'.*\n.*derivviz record food"):
        figure("lr_factor").draw(plain)


def test_it_draws_on_given_axes(figure, walked) -> None:
    other, mine = Figure().subplots(2, 1)
    artists = figure("lr_factor").draw(walked, ax=mine)
    assert artists["rule"].axes is mine
    assert all(
        ax.get_position().y1 < other.get_position().y0 for ax in mine.get_figure().axes if ax is not other
    )


def test_its_film_ends_with_it(tiny_trace, ends_still) -> None:
    ends_still("lr_factor", open_trace(tiny_trace))


def test_the_way_of_a_weight_is_the_traces(figure, tiny_trace) -> None:
    """As recorded; and its steps, each divided by the factor, one after another."""
    trace = open_trace(tiny_trace)
    artists = figure("lr_factor").draw(trace)
    recorded, without = (artists[f"way/{key}"].get_ydata() for key in ("recorded", "without"))
    title = artists["move/recorded"].axes.get_title(loc="left") or artists["move/recorded"].axes.get_title()
    name = next(name for name in NAMES if name in title)
    values = trace.sampled(f"param/{name}").values
    k = next(k for k, one in enumerate(values.T) if np.allclose(one, recorded[:-1]))
    update = trace.sampled(f"update/{name}").values[:, k]
    assert recorded[-1] == pytest.approx(recorded[-2] + update[-1], rel=1e-6)
    bare = recorded[0] + np.cumsum(update / trace[f"lr_factor/{name}"])
    np.testing.assert_allclose(without[1:], bare, atol=1e-6)
    np.testing.assert_array_equal(artists["move/recorded"].get_ydata(), update)
    np.testing.assert_allclose(artists["move/without"].get_ydata(), update / trace[f"lr_factor/{name}"])
    assert "times as far from its start as without the factor" in figure("lr_factor").caption(trace)


def test_a_trace_that_follows_no_weights_has_no_way(figure, walked) -> None:
    artists = figure("lr_factor").draw(walked)
    assert not any(key.startswith("way/") for key in artists)
    assert "times as far" not in figure("lr_factor").caption(walked)
