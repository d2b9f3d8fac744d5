"""A recommendation as a picture: the photo, p and score of each dish, and where on f′ the dishes stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unicodedata import east_asian_width

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from derivviz.calculus.cubic import DERIVATIVE_PEAK, df
from derivviz.calculus.recommendation import Recommendation, Row, bracketed, number
from derivviz.figures.canvas import Artists, grid, sheet
from derivviz.figures.formula import put
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT, Style
from derivviz.look import fonts

SIZE = (160 * MILLIMETRE, 132 * MILLIMETRE)
LONGEST = 20  # columns of a name
MOST_TIED = 4  # names, at the most, in the sentence about a tie
MOST = 8  # dishes that have room; of more, those with the highest scores
VIEW = (
    -3.55,
    2.0,
)  # stretch of x that is always seen: the hill of f′, and where the multiplier turns negative
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
        top, curve, words = (row[0] for row in grid(ax, 3, 1, heights=(1.0, 0.85, 0.32)))
        shown = _shown(answer)
        best = _name(answer, answer.best, look)
        title = look.choose(
            en=f"Recommended at hunger {number(answer.hunger)}: {best}",
            ko=f"배고픔 {number(answer.hunger)}일 때의 추천: {best}",
        )
        artists: Artists = {}
        if pixels is None:
            ((bars, table),) = grid(top, 1, 2, widths=(1.9, 1))
        else:
            ((photo, bars, table),) = grid(top, 1, 3, widths=(1, 1.4, 0.9))
            artists |= draw_photo(photo, pixels, answer, look)
        artists |= draw_bars(bars, answer, shown, look) | write_numbers(table, bars, answer, shown, look)
        top.set_title(title, parse_math=False)
        artists |= draw_places(curve, answer, shown, look) | explain(words, answer, look)
    return artists


def draw_photo(ax: Axes, pixels: NDArray[np.uint8], answer: Recommendation, look: Style) -> Artists:
    """The picture as the network sees it, and what it most likely shows."""
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[], anchor="NW")
    for spine in ax.spines.values():
        spine.set(visible=True, color=look.color("grid"))
    name = _name(answer, answer.likeliest, look)
    ax.set_xlabel(
        look.choose(en=f"the network sees: {name}", ko=f"신경망의 판단: {name}"),
        parse_math=False,
        fontsize=SMALL,
        loc="left",
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
    names = [f"{i}  {_name(answer, answer.rows[i], look)}" for i in shown]
    ax.set_yticks(at, names, parse_math=False)
    ax.tick_params(axis="y", length=0, labelcolor=look.color("ink"))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    # Of many classes one may score −100: its bar ends at the edge, or no other would be seen.
    reach = max(float(np.max([p, score])), 0.1) * 1.05
    ax.set_xlim(max(min(float(score.min()) * 1.1, 0.0), -reach), reach)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=look.color("axis"), linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    said = look.choose(en="upper bar p, lower bar score", ko="위 막대는 확률 p, 아래 막대는 점수")
    if hidden := len(answer.rows) - len(shown):
        said += look.choose(en=f"  ({hidden} more dishes)", ko=f"  (그 밖에 {hidden}가지)")
    ax.set_xlabel(said, fontsize=SMALL)
    return artists


def write_numbers(ax: Axes, bars: Axes, answer: Recommendation, shown: list[int], look: Style) -> Artists:
    """p, factor and score of each dish, beside its bars."""
    ax.set_axis_off()
    ax.set_ylim(bars.get_ylim())
    at = bars.get_yticks()
    columns: dict[str, tuple[float, str, str, Callable[[Row], float]]] = {
        "p": (0.22, "p", "muted", lambda row: row.p),
        "factor": (0.62, look.choose(en="× factor", ko="× 배율"), "tangent", lambda row: row.factor),
        "score": (1.0, look.choose(en="= score", ko="= 점수"), "ink", lambda row: row.score),
    }
    artists: Artists = {}
    for name, (x, head, role, value) in columns.items():
        color = look.legible(look.color(role))
        ax.text(x, len(shown) - 0.35, head, ha="right", va="bottom", size=SMALL, color=color)
        for y, i in zip(at, shown, strict=True):
            told = _short(value(answer.rows[i]))
            artists[f"{name}/{i}/number"] = ax.text(
                x, float(y), told, ha="right", va="center", size=SMALL, color=color
            )
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
        above = 1 if row.slope >= 0 else -1  # on the other side of the curve than its stem
        artists[f"place/{i}/name"] = ax.annotate(
            str(i),
            (row.x, row.slope),
            xytext=(5 * outward * above, 5 * above),
            textcoords="offset points",
            ha="left" if outward * above > 0 else "right",
            va="bottom" if above > 0 else "top",
            color=look.legible(color),
            size=SMALL,
            fontweight="bold" if chosen else "normal",
            path_effects=[withStroke(linewidth=2.5, foreground=look.color("background"))],
        )
    ax.set_xlim(VIEW[0], right)
    low = float(df(np.array([VIEW[0], right])).min())
    ax.set_ylim(low - 4, DERIVATIVE_PEAK[1] + 14)
    ax.set_yticks([_NEGATIVE_SIGN, 0, DERIVATIVE_PEAK[1]])
    ax.set_xticks(np.arange(-3, int(np.floor(right)) + 1))
    ax.grid(visible=False)
    ax.set_ylabel("f′(x)", color=look.legible(look.color("tangent")))
    ax.yaxis.set_label_coords(-0.055, 0.5)  # not in line with what stands beside the bars
    scale: Any = (lambda slope: 1 + slope / 20, lambda factor: 20 * (factor - 1))
    factor = ax.secondary_yaxis("right", functions=scale)
    factor.set_yticks([0, 1, 1 + DERIVATIVE_PEAK[1] / 20], ["0", "1", "2.2"])
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
    said = look.choose(en="score", ko="점수")
    lines = {
        "x": f"x_{i} = 4 dot {_math(answer.hunger)} slash 10 - 3 + 0.3 dot {i} = {_math(row.x)}"
        f" quad {{{{f'(x_{i}) = {_math(row.slope)} : slope}}}}",
        "formula": f'"{said}" = p_{i} dot (1 + f\'(x_{i}) slash 20) = '
        f"{_math(row.p)} dot {bracketed(row.factor).replace('−', '-')} = {{{{{_math(row.score)} : score}}}}",
    }
    artists: Artists = {
        name: put(
            ax,
            line,
            (0.0, y),
            size=TEXT + 1,
            colors={"slope": "tangent", "score": "positive"},
            coords="axes fraction",
            align=("left", "center"),
        )
        for (name, line), y in zip(lines.items(), (0.82, 0.38), strict=True)
    }
    if len(answer.ties) > 1:
        names = ", ".join(_name(answer, tied, look) for tied in answer.ties[:MOST_TIED])
        artists["ties"] = ax.text(
            0.0,
            -0.02,
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
        return _shortened(drawn)
    i = answer.rows.index(row)
    return look.choose(en=f"class {i}", ko=f"{i}번 음식")


def _shortened(name: str) -> str:
    """The name, cut to `LONGEST` columns; Korean letters are two columns wide."""
    ends = np.cumsum([2 if east_asian_width(c) in "WF" else 1 for c in name])
    return name if ends[-1] <= LONGEST else name[: int((ends < LONGEST).sum())].rstrip() + "…"


def _short(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _math(value: float) -> str:
    """A number as Typst sets it in a formula."""
    return number(value).replace("−", "-")
