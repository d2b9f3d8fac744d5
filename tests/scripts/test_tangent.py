"""The figure of the tangent: its lines have the slopes they should, its table what Python prints."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.expression import parse
from derivviz.errors import UsageError
from derivviz.figures import page, style


def drawn(figure, function="x**2 + 2*x + 1", at=1.0, **more):
    return figure("tangent").draw(parse(function), at, **more)


def slope(line) -> float:
    (x0, x1), (y0, y1) = line.get_xdata(), line.get_ydata()
    return float((y1 - y0) / (x1 - x0))


def test_the_published_numbers(figure):
    artists = drawn(figure)
    assert [slope(artists[f"secant/{h}"]) for h in (4, 2, 1)] == pytest.approx([8, 6, 5])
    assert slope(artists["tangent"]) == pytest.approx(4)
    assert artists["slope/0.1"].get_label() == "4.100000000000001"
    assert artists["slope/10⁻⁶"].get_label() == "4.000000999759834"
    assert artists["slope/P"].get_label() == "4"
    assert artists["equation"].get_label() == "y = 4 x"
    assert artists["P"].get_xydata().tolist() == [[1, 4]]
    assert artists["Q/4"].get_xydata().tolist() == [[5, 36]]


@pytest.mark.parametrize(
    ("function", "at", "m", "equation"),
    [
        ("x^3 - 3x", 1.0, 0, "y = -2"),
        ("sin(50x)", 0.0, 50, "y = 50 x"),
        ("3 - 3/4*x", 1.0, -0.75, "y = -frac(3 x, 4) + 3"),
        ("1/x", 1.0, -1, "y = -x + 2"),
        ("exp(10x)", 0.0, 10, "y = 10 x + 1"),
        ("0.000001x^3", 100.0, 0.03, "y = frac(3 x, 100) - 2"),
        ("sin(x)/x", 0.0, 0, "y = 1"),
    ],
)
def test_other_functions(figure, function, at, m, equation):
    artists = drawn(figure, function, at)
    assert slope(artists["tangent"]) == pytest.approx(m)
    assert artists["equation"].get_label() == equation
    x, y = artists["function"].get_data()
    with np.errstate(all="ignore"):
        true = parse(function)(np.asarray(x, float))
    low, high = artists["function"].axes.get_ylim()
    seen = np.isfinite(y) & np.isfinite(true) & (y > low) & (y < high)
    np.testing.assert_allclose(np.asarray(y)[seen], true[seen])


@pytest.mark.parametrize(
    ("function", "lines", "kind"),
    [
        ("|x|", {"tangent/left", "tangent/right"}, "*P is a corner*"),
        ("x^(2/3)", {"tangent/left", "tangent/right"}, "*P is a cusp*"),
        ("cbrt(x)", {"tangent"}, "*vertical tangent at P*"),
        ("|x|/x", set(), "*f is not continuous at P*"),
        ("x*sin(1/x)", set(), "*endless oscillation at P*"),
        ("sqrt(x)", {"tangent/right"}, "*P is an end of the domain*"),
    ],
)
def test_points_without_a_derivative(figure, function, lines, kind):
    artists = drawn(figure, function, 0.0)
    assert {name for name in artists if name.startswith("tangent")} == lines
    assert artists["kind"].get_label() == kind
    assert ("open end" in artists) == (function == "|x|/x")


def test_one_sided_tangents_have_the_one_sided_slopes(figure):
    artists = drawn(figure, "|x^2 - 1|", 1.0)
    assert slope(artists["tangent/left"]) == pytest.approx(-2)
    assert slope(artists["tangent/right"]) == pytest.approx(2)
    upright = drawn(figure, "cbrt(x)", 0.0)["tangent"]
    assert np.ptp(upright.get_xdata()) == 0


def test_a_pole_is_not_drawn_over(figure):
    line = drawn(figure, "1/x", 1.0, start=5.0)["function"]
    x, y = (np.asarray(v, float) for v in line.get_data())
    steps = np.abs(np.diff(y[np.abs(x) < 0.2]))
    assert np.nanmax(steps) < 2 * np.ptp(line.axes.get_ylim())
    assert np.isnan(y).any()


@pytest.mark.parametrize(("theme", "language", "words"), [("paper", "en", "secants"), ("dark", "ko", "할선")])
def test_both_languages_and_themes(figure, theme, language, words):
    with style(theme, language):
        artists = drawn(figure, "|x|", 0.0, language=language)
    texts = [text.get_text() for text in page(artists, "tangent").findobj(Text)]
    assert words in texts
    assert any("가" <= c <= "힣" for text in texts for c in text) == (language == "ko")


def test_the_caption_tells_the_numbers(figure):
    tell = figure("tangent").caption
    told = tell(function=parse("x^2"), at=3.0)
    assert "P(3, 9)" in told
    assert "is 6." in told
    assert "첨점" in tell(function=parse("x^(2/3)"), at=0.0, language="ko")


def test_what_cannot_be_drawn_is_refused(figure):
    with pytest.raises(UsageError, match="no value at x = 0: choose another --at"):
        drawn(figure, "1/x", 0.0)
    with pytest.raises(UsageError, match="breaks off: choose another --from"):
        drawn(figure, "1/x", 1.0, start=-1.0)
