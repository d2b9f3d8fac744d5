"""The figure of the three uses of f′: what it draws is what the formulas give."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.cubic import df
from derivviz.calculus.expression import parse
from derivviz.calculus.score import DISHES, multiplier, operating_point
from derivviz.errors import UsageError
from derivviz.figures import page, style
from derivviz.look.theme import THEMES

CUBIC = parse("-2x^3 - 6x^2 + 18x")
INDEX = np.arange(len(DISHES))


def texts(artists: dict) -> list[str]:
    found = page(artists, "recommender_function").findobj(Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def test_the_published_recommender(figure) -> None:
    artists = figure("recommender_function").draw(CUBIC)
    x = artists["activation"].get_xdata()
    np.testing.assert_allclose(artists["activation"].get_ydata(), df(x))
    np.testing.assert_allclose(artists["factor"].get_ydata(), 1 + np.abs(df(x)) / 20)
    np.testing.assert_allclose(artists["multiplier"].get_ydata(), 1 + df(x) / 20)
    assert artists["factor/mean"].get_xydata().tolist() == [[0, 1.9]]
    np.testing.assert_allclose(artists["dishes"].get_xdata(), operating_point(INDEX, 6))
    np.testing.assert_allclose(artists["dishes"].get_ydata(), multiplier(INDEX, 6))
    lengths = [artists[f"bar/{dish}"].get_width() for dish in DISHES]
    np.testing.assert_allclose(lengths, multiplier(INDEX, 6))
    assert {"1.69", "2.05", "1.43", "2.15", "1.90"} <= set(texts(artists))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "1 chicken"), ("ko", "1 치킨")])
def test_both_languages_and_themes(figure, theme: str, language: str, words: str) -> None:
    with style(theme, language) as look:
        artists = figure("recommender_function").draw(CUBIC, language=language)
    assert words in texts(artists)
    assert bool([t for t in texts(artists) if any("가" <= c <= "힣" for c in t)]) == (language == "ko")
    assert artists["activation"].get_color() == look.color("tangent")


@pytest.mark.parametrize("text", ["sin(x)", "x^2", "exp(3x)", "sqrt(x+3)", "5", "x^5"])
def test_other_functions(figure, text: str) -> None:
    f = parse(text)
    artists = figure("recommender_function").draw(f, 9.0, 2.0)
    at = operating_point(INDEX, 9.0)
    lengths = [artists[f"bar/{dish}"].get_width() for dish in DISHES]
    np.testing.assert_allclose(lengths, 1 + f.derivative()(at) / 20)
    ax = artists["dishes"].axes
    low, high = ax.get_ylim()
    assert ((artists["dishes"].get_ydata() >= low) & (artists["dishes"].get_ydata() <= high)).all()


def test_a_place_without_a_derivative_is_told(figure) -> None:
    with pytest.raises(UsageError, match="choose another --hunger"):
        figure("recommender_function").draw(parse("log(x)"), 6.0, 1.0)


def test_the_caption_tells_the_numbers(figure) -> None:
    module = figure("recommender_function")
    told = module.caption(function=CUBIC, hunger=6.0, mean=0.0)
    assert "a step is 1.9 times as long" in told
    assert "chicken 2.05" in told
    assert "치킨 2.05" in module.caption(function=CUBIC, hunger=6.0, mean=0.0, language="ko")
