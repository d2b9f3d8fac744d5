"""The figure of the derivative: its artists hold f, f′, f″ and where they turn."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.cubic import d2f, df, f
from derivviz.calculus.expression import parse
from derivviz.errors import UsageError
from derivviz.figures import page, style
from derivviz.look.theme import THEMES

CUBIC = parse("-2x^3 - 6x^2 + 18x")


def texts(artists: dict) -> list[str]:
    found = page(artists, "derivative_function").findobj(Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def test_the_cubic(figure) -> None:
    artists = figure("derivative_function").draw(CUBIC)
    for n in range(3):
        for name, g in (("f", f), ("slope", df), ("bend", d2f)):
            line = artists[f"{name}/{n}"]
            np.testing.assert_allclose(line.get_ydata(), g(line.get_xdata()))
    assert [tuple(map(float, artists[f"extremum/{x}"].get_xydata()[0])) for x in ("-3", "1")] == [
        (-3, -54),
        (1, 10),
    ]
    assert artists["inflection/-1"].get_xydata().tolist() == [[-1, -22]]
    assert artists["zeros"].get_xdata().tolist() == [-3, 1]
    assert artists["turns"].get_xydata().tolist() == [[-1, 24]]
    assert artists["bend/zeros"].get_xdata().tolist() == [-1]
    assert {"(−3, −54)", "(1, 10)", "(−1, −22)"} <= set(texts(artists))


def test_dotted_lines_end_at_the_numbers(figure) -> None:
    artists = figure("derivative_function").draw(CUBIC)
    (text,) = page(artists, "derivative_function").findobj(
        lambda one: isinstance(one, Text) and one.get_text() == "(1, 10)"
    )
    assert artists["link/f/1"].get_zorder() < text.get_zorder() < artists["f/0"].get_zorder()
    assert text.get_bbox_patch().get_facecolor()[3] == 1


def test_rising_and_falling_differ_without_colour(figure) -> None:
    artists = figure("derivative_function").draw(CUBIC)
    assert artists["f/1"].get_linewidth() > 1.5 * artists["f/0"].get_linewidth()
    assert artists["area/0"].get_hatch()
    assert not artists["area/1"].get_hatch()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "words"), [("en", "f′ > 0: f increases"), ("ko", "f′ > 0: f는 증가")])
def test_both_languages_and_themes(figure, theme: str, language: str, words: str) -> None:
    with style(theme, language) as look:
        artists = figure("derivative_function").draw(CUBIC, language=language)
    assert words in texts(artists)
    assert bool([t for t in texts(artists) if any("가" <= c <= "힣" for c in t)]) == (language == "ko")
    assert artists["slope/0"].get_color() == look.color("tangent")


@pytest.mark.parametrize("text", ["sin(3x)", "1/(x^2-1)", "|x|", "log(x)", "5", "x log(x)", "exp(10x)"])
def test_other_functions(figure, text: str) -> None:
    artists = figure("derivative_function").draw(parse(text))
    drawn = np.concatenate([a.get_ydata() for name, a in artists.items() if name.startswith("f/")])
    assert np.isfinite(drawn).all()
    low, high = artists["f/0"].axes.get_ylim()
    assert low < np.median(drawn) < high


def test_the_range_is_taken_and_a_bad_one_told(figure) -> None:
    artists = figure("derivative_function").draw(parse("x^2"), -1, 3)
    assert artists["f/0"].axes.get_xlim() == (-1, 3)
    with pytest.raises(UsageError, match="--to a larger number than --from"):
        figure("derivative_function").draw(parse("x^2"), 3, -1)


def test_the_caption_tells_the_numbers(figure) -> None:
    module = figure("derivative_function")
    told = module.caption(function=CUBIC)
    assert "local maxima (1, 10); local minima (−3, −54); points of inflection (−1, −22)" in told
    assert "극대 (1, 10); 극소 (−3, −54); 변곡점 (−1, −22)" in module.caption(function=CUBIC, language="ko")
    assert "no extremum" in module.caption(function=parse("exp(x)"))
