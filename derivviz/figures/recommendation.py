"""A recommendation as a picture: the photo, p and score of each dish, and where on f′ the dishes stand."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from derivviz.calculus.cubic import DERIVATIVE_PEAK, df
from derivviz.calculus.recommendation import Recommendation, Row, bracketed, number
from derivviz.figures.canvas import Artists, grid, sheet
from derivviz.figures.formula import put
from derivviz.figures.labels import shortened
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT, Style
from derivviz.look import fonts

SIZE = (160 * MILLIMETRE, 128 * MILLIMETRE)
MOST = 8  # dishes that have room; of more, those with the highest scores
VIEW = (-3.55, 2.55)  # stretch of x in which five dishes stand, whatever the hunger
FARTHEST = 3.2  # x to which the view widens; past it f′ falls so far that its hill would be flat
_NEGATIVE_SIGN = -20.0  # f′ below which the multiplier is negative


def draw(
    answer: Recommendation,
    pixels: NDArray[np.uint8] | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Artists:
    """Draw a recommendation on `ax`, or on a sheet of its own; the artists by what they show.

    Parameters
    ----------
    answer
        The score table.
    pixels
        The picture that was asked about, uint8 (y, x, 3); None where there is none.
    """
    with sheet(ax, language, SIZE) as (look, ax):
        top, curve, words = (row[0] for row in grid(ax, 3, 1, heights=(1.0, 0.9, 0.24)))
        shown = _shown(answer)
        best = _name(answer, answer.best, look)
        title = look.choose(
            en=f"Recommended at hunger {number(answer.hunger)}: {best}",
            ko=f"배고픔 {number(answer.hunger)}일 때의 추천: {best}",
        )
        bars = top
        artists: Artists = {}
        if pixels is not None:
            ((photo, bars),) = grid(top, 1, 2, widths=(1, 1.75))
            artists |= draw_photo(photo, pixels, answer, look)
        artists |= draw_bars(bars, answer, shown, look)
        top.set_title(title, parse_math=False)
        artists |= draw_places(curve, answer, shown, look) | explain(words, answer, look)
    return artists


def draw_photo(ax: Axes, pixels: NDArray[np.uint8], answer: Recommendation, look: Style) -> Artists:
    """The picture as the network sees it, and what it most likely shows."""
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    name, share = _name(answer, answer.likeliest, look), f"{answer.likeliest.p:.0%}"
    ax.set_xlabel(
        look.choose(en=f"network: {name} {share}", ko=f"신경망: {name} {share}"),
        parse_math=False,
        fontsize=SMALL,
    )
    return {"photo": ax.imshow(pixels, interpolation="antialiased")}


def draw_bars(ax: Axes, answer: Recommendation, shown: list[int], look: Style) -> Artists:
    """Two bars for each dish: its probability and, below it, its score."""
    rows = [answer.rows[i] for i in shown]
    at = np.arange(len(rows))[::-1].astype(float)
    p, score = np.array([row.p for row in rows]), np.array([row.score for row in rows])
    ink = [look.color("positive" if row == answer.best else "tangent") for row in rows]
    thick = 0.36
    pale = ax.barh(at + thick / 2, p, thick, color=look.color("muted"), alpha=0.55, linewidth=0)
    strong = ax.barh(at - thick / 2, score, thick, color=ink, linewidth=0)
    artists: Artists = {f"p/{i}": bar for i, bar in zip(shown, pale, strict=True)}
    artists |= {f"score/{i}": bar for i, bar in zip(shown, strong, strict=True)}
    reach = max(float(np.max([p, score])), 0.1)
    for values, offset, color in ((p, thick / 2, "muted"), (score, -thick / 2, "ink")):
        for y, value in zip(at, values.tolist(), strict=True):
            ax.annotate(
                _short(value),
                (max(value, 0.0), y + offset),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                size=min(SMALL, 46 / len(rows)),
                color=look.legible(look.color(color)),
            )
    names = [f"{i}  {_name(answer, answer.rows[i], look)}" for i in shown]
    ax.set_yticks(at, shortened(names), parse_math=False)
    ax.tick_params(axis="y", length=0, labelcolor=look.color("ink"))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(min(float(score.min()) * 1.1, 0.0), reach * 1.16)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=look.color("axis"), linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    said = look.choose(en="above: probability p · below: score", ko="위: 확률 p · 아래: 점수")
    if hidden := len(answer.rows) - len(shown):
        said += look.choose(en=f"  ({hidden} more dishes)", ko=f"  (그 밖에 {hidden}가지)")
    ax.set_xlabel(said, fontsize=SMALL)
    return artists


def draw_places(ax: Axes, answer: Recommendation, shown: list[int], look: Style) -> Artists:
    """f′ and on it each dish, at its x_i; on the right the multiplier that belongs to each height."""
    rows = {i: answer.rows[i] for i in shown if answer.rows[i].x <= FARTHEST}
    right = max([VIEW[1], *(row.x + 0.35 for row in rows.values())])
    x = np.linspace(VIEW[0], right, 500)
    artists: Artists = {}
    (artists["derivative"],) = ax.plot(x, df(x), color=look.color("tangent"), linewidth=1.8)
    ax.axhline(0, color=look.color("axis"), linewidth=0.8)
    artists["zero"] = ax.axhline(
        _NEGATIVE_SIGN, color=look.color("negative"), linewidth=0.9, linestyle=(0, (2, 1.5))
    )
    for i, row in rows.items():
        chosen = row == answer.best
        color = look.color("positive" if chosen else "parameter")
        ax.plot([row.x, row.x], [0, row.slope], color=color, linewidth=0.8, zorder=2.5)
        (artists[f"place/{i}"],) = ax.plot(
            [row.x],
            [row.slope],
            "D" if chosen else "o",
            color=color,
            markersize=7.5 if chosen else 5.5,
            markerfacecolor=color if chosen else look.color("background"),
            zorder=4,
        )
        outward = 1 if row.x >= DERIVATIVE_PEAK[0] else -1
        artists[f"place/{i}/name"] = ax.annotate(
            str(i),
            (row.x, row.slope),
            xytext=(5 * outward, 5),
            textcoords="offset points",
            ha="left" if outward > 0 else "right",
            color=look.legible(color),
            size=SMALL,
            fontweight="bold" if chosen else "normal",
        )
    ax.set_xlim(VIEW[0], right)
    low = float(df(np.array([VIEW[0], right])).min())
    ax.set_ylim(low - 4, DERIVATIVE_PEAK[1] + 14)
    ax.set_yticks([_NEGATIVE_SIGN, 0, DERIVATIVE_PEAK[1]])
    ax.set_xticks(np.arange(-3, int(np.floor(right)) + 1))
    ax.grid(visible=False)
    ax.set_ylabel("f′(x)", color=look.legible(look.color("tangent")))
    factor = ax.secondary_yaxis("right", functions=(lambda s: 1 + s / 20, lambda m: 20 * (m - 1)))
    factor.set_yticks([0, 1, 1 + DERIVATIVE_PEAK[1] / 20])
    factor.set_ylabel(look.choose(en="factor", ko="배율"))
    factor.spines["right"].set_visible(True)
    said = look.choose(en="x, the place that hunger gives each dish", ko="x: 배고픔이 정하는 음식의 자리")
    if beyond := [str(i) for i in shown if i not in rows]:
        said += look.choose(
            en=f"  (far to the right: {', '.join(beyond)})", ko=f"  (더 오른쪽: {', '.join(beyond)})"
        )
    ax.set_xlabel(said, fontsize=SMALL)
    return artists


def explain(ax: Axes, answer: Recommendation, look: Style) -> Artists:
    """How the recommended dish got its score, in two formulas with its numbers."""
    ax.set_axis_off()
    row, i = answer.best, answer.rows.index(answer.best)
    x = f"x_{i} = 4 dot {_math(answer.hunger)} slash 10 - 3 + 0.3 dot {i} = {_math(row.x)}"
    score = (
        f'"{look.choose(en="score", ko="점수")}" = p_{i} dot (1 + (f\'(x_{i}))/20) = '
        f"{_math(row.p)} dot (1 + ({_math(row.slope)})/20) = {{{{{_math(row.score)} : score}}}}"
    )
    artists: Artists = {
        "x": put(ax, x, (0.0, 0.5), size=TEXT + 0.5, coords="axes fraction", align=("left", "center")),
        "formula": put(
            ax,
            score,
            (1.0, 0.5),
            size=TEXT + 0.5,
            colors={"score": "positive"},
            coords="axes fraction",
            align=("right", "center"),
        ),
    }
    if len(answer.ties) > 1:
        names = ", ".join(shortened([_name(answer, tied, look) for tied in answer.ties[:4]]))
        artists["ties"] = ax.text(
            0.0,
            -0.35,
            look.choose(
                en=f"The same score: {names}. The first is recommended.",
                ko=f"점수가 같은 음식: {names}. 그중 첫째를 추천한다.",
            ),
            transform=ax.transAxes,
            size=SMALL,
            color=look.color("muted"),
            parse_math=False,
        )
    return artists


def _shown(answer: Recommendation) -> list[int]:
    """The classes that are drawn, in their order: the recommended, the likeliest, and the highest scores."""
    order = sorted(range(len(answer.rows)), key=lambda i: -answer.rows[i].score)
    first = [answer.rows.index(answer.best), answer.rows.index(answer.likeliest)]
    return sorted(list(dict.fromkeys([*first, *order]))[:MOST])


def _name(answer: Recommendation, row: Row, look: Style) -> str:
    """The dish in the language of the figure, with what the font has; its number where that is nothing."""
    plain = (row.korean or row.dish) if look.language == "ko" else row.dish
    plain = plain.replace("_", " ")
    drawn = "".join(c if ord(c) in fonts.characters() else "?" for c in plain)
    if drawn.replace("?", "").strip():
        return drawn
    i = answer.rows.index(row)
    return look.choose(en=f"class {i}", ko=f"{i}번 음식")


def _short(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _math(value: float) -> str:
    """A number as Typst sets it in a formula."""
    return bracketed(value).replace("−", "-")
