"""The figure of the chain rule: graphs, tangents and their product are those of the mathematics."""

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.expression import parse
from derivviz.errors import UsageError
from derivviz.figures import figure as by_name
from derivviz.figures import page, style


def slope(line) -> float:
    x, y = line.get_data()
    return float((y[-1] - y[0]) / (x[-1] - x[0]))


@pytest.mark.parametrize(
    ("function", "at", "rates"),
    [
        ("(3x^2 + 8)^3", 1.0, {"u": 6, "y": 363}),
        ("1/(1+exp(-x))", 0.0, {"u": -1, "v": 1, "y": -0.25}),
        ("sin(x^2)", -1.0, {"u": -2, "y": np.cos(1)}),
        ("sqrt(sqrt(sqrt(x)))", 1.0, {"u": 0.5, "v": 0.5, "y": 0.5}),
        ("ln(cos(x))", 1.0, {"u": -np.sin(1), "y": 1 / np.cos(1)}),
        ("exp(-x^2)", 0.0, {"u": 0, "y": 1}),
        ("(((x+1)^2+1)^3+2)^2", 0.5, {"u": 1, "v": 3, "w": 3 * 3.25**2, "y": 2 * (3.25**3 + 2)}),
    ],
)
def test_tangents_and_their_product(figure, function, at, rates):
    f = parse(function)
    artists = figure("chain_rule").draw(function=f, at=at)
    found = {name: slope(artists[f"{name}/tangent"]) for name in rates}
    assert found == pytest.approx(rates)
    assert slope(artists["whole/tangent"]) == pytest.approx(
        np.prod(list(rates.values())), rel=1e-9, abs=1e-12
    )
    assert slope(artists["whole/tangent"]) == pytest.approx(f.derivative()(at), rel=1e-9, abs=1e-12)
    x, y = artists["whole/curve"].get_data()
    shown = np.isfinite(y)
    np.testing.assert_allclose(y[shown], f(x)[shown])
    _, (py,) = artists["y/point"].get_data()
    assert py == pytest.approx(f(at))
    assert slope(artists["u/tangent"]) == pytest.approx(rates["u"])


@pytest.mark.parametrize("theme", ["paper", "dark"])
@pytest.mark.parametrize(("language", "words"), [("en", "The chain rule"), ("ko", "연쇄법칙")])
def test_both_languages_and_themes(figure, theme, language, words):
    with style(theme, language):
        artists = figure("chain_rule").draw(function=parse("sin(x^2)"), at=1.0, language=language)
    texts = [text.get_text() for text in page(artists, "chain_rule").findobj(Text)]
    assert words in texts
    assert any("가" <= c <= "힣" for text in texts for c in text) == (language == "ko")


def test_the_caption_tells_the_product():
    drawing = by_name("chain_rule", function="1/(1+exp(-x))", at="0")
    assert "dy/dx = (-0.25) · 1 · (-1) = 0.25" in drawing.caption


@pytest.mark.parametrize(
    ("function", "at", "words"),
    [("x*sin(x)", 1.0, "no composition"), ("ln(x-5)", 1.0, "no value"), ("|x^2-1|", 1.0, "no derivative")],
)
def test_what_cannot_be_drawn_is_told(figure, function, at, words):
    with pytest.raises(UsageError, match=words):
        figure("chain_rule").draw(function=parse(function), at=at)
