"""A drawn recommendation: it shows the numbers of the table, and no two words touch."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from derivviz.calculus.cubic import df
from derivviz.calculus.recommendation import Recommendation, multipliers, recommend_from
from derivviz.figures import page, style
from derivviz.figures.recommendation import MOST, draw
from derivviz.look.theme import THEMES

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
ODD = [
    "김치볶음밥과 계란 프라이 세트",
    "🍕",
    "$x$ [b] {{y}}",
    "Königsberger Klopse mit Kartoffeln",
    "كسكس",
    "w" * 80,
]


def _many(count: int, hunger: float) -> Recommendation:
    weights = np.random.default_rng(count).dirichlet(np.full(count, 0.4))
    return recommend_from(weights, hunger, [ODD[i] if i < len(ODD) else f"dish {i}" for i in range(count)])


CASES = {
    "five": recommend_from([0.148, 0.615, 0.02, 0.187, 0.03], 6),
    "starving": recommend_from([0.148, 0.115, 0.02, 0.687, 0.03], 10),
    "tie": recommend_from([0.5, 0.5], 4.625, ["pizza", "chicken"]),
    "one class alone": recommend_from([0.0, 0.0, 0.0, 0.0, 1.0], 10),
    "twelve": _many(12, 3.3),
    "hundred": _many(100, 0.5),
    "multipliers": multipliers(6),
}


def _words(figure: Figure) -> list[tuple[str, Bbox]]:
    """All that is written, with the place it takes."""
    with style("paper", "en"):
        figure.draw_without_rendering()
    bare = {
        text
        for ax in figure.axes
        if not ax.axison
        for axis in (ax.xaxis, ax.yaxis)
        for text in axis.findobj(Text)
    }
    shown = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible() and t not in bare]
    formulas = figure.findobj(AnnotationBbox)
    return [(text.get_text(), Text.get_window_extent(text)) for text in shown] + [
        (box.get_label(), box.get_window_extent()) for box in formulas
    ]


@pytest.mark.parametrize(
    ("case", "language"),
    [*((case, "ko") for case in CASES), ("five", "en"), ("hundred", "en"), ("multipliers", "en")],
)
def test_words_do_not_touch_and_stay_on_the_page(case: str, language: str) -> None:
    photo = None if case == "multipliers" else PHOTO
    with style("paper", language):
        figure = page(draw(CASES[case], photo, language=language), "recommendation")
    words = _words(figure)
    for text, box in words:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in combinations(words, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or up <= 1, f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("case", ["five", "starving", "hundred"])
def test_it_shows_the_numbers_of_the_table(case: str) -> None:
    answer = CASES[case]
    artists = draw(answer, PHOTO)
    shown = [
        int(name.partition("/")[2]) for name in artists if name.startswith("p/") and name.count("/") == 1
    ]
    assert shown == sorted(shown)
    assert len(shown) == min(MOST, len(answer.rows))
    assert {answer.rows.index(answer.best), answer.rows.index(answer.likeliest)} <= set(shown)
    for i in shown:
        row = answer.rows[i]
        assert artists[f"p/{i}"].get_width() == pytest.approx(row.p)
        assert artists[f"score/{i}"].get_width() == pytest.approx(row.score)
        told = float(artists[f"score/{i}/number"].get_text().replace("−", "-"))
        assert told == pytest.approx(row.score, abs=0.0051)
        if f"place/{i}" in artists:
            assert artists[f"place/{i}"].get_xydata().tolist() == [[row.x, pytest.approx(row.slope)]]
    x, y = artists["derivative"].get_data()
    np.testing.assert_allclose(y, df(x))


def test_the_factor_axis_belongs_to_the_heights() -> None:
    ax = draw(CASES["five"])["derivative"].axes
    (factor,) = ax.child_axes
    with style("paper", "en"):
        ax.get_figure().draw_without_rendering()
    low, high = ax.get_ylim()
    assert factor.get_ylim() == pytest.approx((1 + low / 20, 1 + high / 20))


@pytest.mark.parametrize("theme", THEMES)
def test_both_languages_and_themes(theme: str) -> None:
    for language, title in (("en", "Recommended at hunger 6: chicken"), ("ko", "배고픔 6일 때의 추천: 치킨")):
        with style(theme, language) as look:
            artists = draw(CASES["five"], PHOTO, language=language)
            words = [text for text, _ in _words(page(artists, "recommendation"))]
        assert title in words
        assert artists["score/1"].get_facecolor() != artists["score/0"].get_facecolor()
        assert look.choose(en="the network sees: chicken", ko="신경망의 판단: 치킨") in words


def test_a_tie_is_told_and_what_is_out_of_sight_too() -> None:
    tie = draw(CASES["tie"])["ties"]
    assert tie.get_text() == "The same score: pizza, chicken. The first is recommended."
    words = " ".join(text for text, _ in _words(page(draw(CASES["hundred"]), "recommendation")))
    assert "(92 more dishes)" in words


def test_it_draws_on_given_axes() -> None:
    other, mine = Figure().subplots(1, 2)
    assert page(draw(CASES["five"], PHOTO, ax=mine), "recommendation") is mine.get_figure()
    assert not other.lines
