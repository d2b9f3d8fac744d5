"""The figure of difference quotients: the errors drawn are those of exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.expression import parse
from derivviz.calculus.rounding import errors
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import figure as by_name
from derivviz.figures import page, style


@pytest.mark.parametrize(
    ("function", "at"),
    [
        ("x*exp(x)", 1.0), ("sin(x)", 1.0), ("x^2+2x+1", 1.0), ("sqrt(x)", 0.5), ("1/(1+exp(-x))", 0.5),
        ("x^(1/3)", -2.0), ("sin(x)", 0.0),
    ],
)  # fmt: skip
def test_errors_best_steps_and_laws(figure, function, at):
    f = parse(function)
    artists = figure("numerical_derivative").draw(function=f, at=at)
    for name, way, precision in (
        ("forward", "forward", np.float64),
        ("backward", "backward", np.float64),
        ("central", "central", np.float64),
        ("forward32", "forward", np.float32),
        ("central32", "central", np.float32),
    ):
        found = errors(f, at, way, precision)
        h, error = artists[name].get_data()
        np.testing.assert_array_equal(h, found.h)
        wanted = np.maximum(found.error / abs(found.slope), 1e-17)
        np.testing.assert_allclose(error, wanted)
        if name != "backward":
            assert artists[f"{name}/best"].get_xdata()[0] == found.h[found.best]
    for name, order in (("forward/truncation", 1), ("central/truncation", 2), ("rounding", -1)):
        if name in artists and artists[name].get_ydata()[0] > 0:
            (x0, x1), (y0, y1) = artists[name].get_data()
            assert np.log(y1 / y0) / np.log(x1 / x0) == pytest.approx(order)
    assert artists["automatic"].get_ydata()[0] < 1e-14


def test_one_error_by_hand(figure):
    artists = figure("numerical_derivative").draw(function=parse("x^2"), at=3.0)
    h, error = artists["forward"].get_data()
    n = 24
    measured = ((3.0 + h[n]) ** 2 - 9.0) / h[n]
    assert error[n] == pytest.approx(float(abs(Fraction(measured) - 6)) / 6, rel=1e-12)


@pytest.mark.parametrize("theme", ["paper", "dark"])
@pytest.mark.parametrize(("language", "words"), [("en", "central, float32"), ("ko", "중앙, float32")])
def test_both_languages_and_themes(figure, theme, language, words):
    with style(theme, language):
        artists = figure("numerical_derivative").draw(function=parse("sin(x)"), at=1.0, language=language)
    texts = [text.get_text() for text in page(artists, "numerical_derivative").findobj(Text)]
    assert words in texts
    assert any("가" <= c <= "힣" for text in texts for c in text) == (language == "ko")


def test_the_caption_tells_the_best_steps():
    drawing = by_name("numerical_derivative", function="x*exp(x)", at="1")
    assert "least at h = 1.00·10⁻⁸ for the forward difference" in drawing.caption
    assert "3.16·10⁻⁶" in drawing.caption


def test_where_there_is_no_slope_to_be_near_it_is_told(figure):
    draw = figure("numerical_derivative").draw
    with pytest.raises(UsageError, match="slope 0"):
        draw(function=parse("x^2"), at=0.0)
    with pytest.raises(DerivvizError, match="no derivative"):
        draw(function=parse("|x|"), at=0.0)
