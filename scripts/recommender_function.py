"""One derivative, three jobs · 도함수 하나의 세 가지 역할

The derivative f′ of the food recommender in its three places: as activation, as factor on a learning step, and
as multiplier of the score of each dish at a level of hunger.

음식 추천 모델이 도함수 f′을 쓰는 세 곳을 그린다. 활성화 함수, 학습 보폭의 배율, 그리고 배고픔에 따라 음식마다
점수에 곱하는 배율이다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from derivviz.calculus.expression import Expression
from derivviz.calculus.score import DISHES, KOREAN, operating_point
from derivviz.calculus.uses import INDEX, multipliers, step_factor, usable
from derivviz.calculus.window import heights
from derivviz.figures import Artists, Style, grid, put, sheet
from derivviz.figures.style import TEXT
from derivviz.look.breaking import extent
from derivviz.look.math import typst_math
from derivviz.parameters import parameter

Array = NDArray[np.float64]
WIDEST = 24.0  # em of a formula that stands beside the title


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("-2x^3 - 6x^2 + 18x", "The function f whose derivative is used")
    hunger: float = parameter(6.0, "Hunger h, from 0 (full) to 10 (starving)", minimum=0, maximum=10)
    mean: float = parameter(0.0, "Mean of the weights that are updated", minimum=-10, maximum=10)


def caption(*, function: Expression, hunger: float, mean: float, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    slope = usable(function, hunger, mean)
    found, step = multipliers(slope, hunger), step_factor(slope, mean)
    if language == "ko":
        listed = ", ".join(f"{KOREAN[dish]} {m:.2f}" for dish, m in zip(DISHES, found, strict=True))
        return (
            f"f′(x) = {slope.text}. 가중치 평균 {mean:g}에서 보폭의 배율은 {step:.3g}, "
            f"배고픔 {hunger:g}에서 점수의 배율은 {listed}이다."
        )
    listed = ", ".join(f"{dish} {m:.2f}" for dish, m in zip(DISHES, found, strict=True))
    return (
        f"f′(x) = {slope.text}. At mean weight {mean:g} a step is {step:.3g} times as long; "
        f"at hunger {hunger:g} the scores are multiplied by {listed}."
    )


def draw(
    function: Expression,
    hunger: float = 6.0,
    mean: float = 0.0,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    slope, at = usable(function, hunger, mean), operating_point(INDEX, hunger)
    x = np.linspace(min(-4.2, mean - 1), max(2.6, mean + 1), 1001)
    with sheet(ax, language) as (look, ax):
        (activation, factor), (score, bars) = grid(ax, 2, 2, widths=(1.1, 1))
        artists = draw_activation(activation, slope, x, at, look)
        artists |= draw_factor(factor, slope, x, mean, look)
        artists |= draw_score(score, slope, x, at, look) | draw_bars(bars, multipliers(slope, hunger), look)
        score.set_xlabel(look.choose(en=f"$x_i$ at hunger {hunger:g}", ko=f"배고픔 {hunger:g}에서의 $x_i$"))
        activation.set_title(
            look.choose(en="One derivative, three jobs", ko="도함수 하나의 세 가지 역할"), pad=24
        )
        markup = f"f'(x) = {typst_math(slope)}"
        if extent(markup)[0] <= WIDEST:
            put(
                factor,
                markup,
                (1.0, 1.0),
                color="tangent",
                align=("right", "bottom"),
                coords="axes fraction",
                offset=(0, 27),
            )
    return artists


def graph(ax: Axes, x: Array, y: Array, look: Style, role: str, keep: Array, name: str) -> Artists:
    """A curve, cut where it leaves the panel, on which `keep` stays to be seen."""
    low, high = heights(y, keep)
    inside = (y >= low - (high - low)) & (y <= high + (high - low))
    (line,) = ax.plot(x, np.where(inside, y, np.nan), color=look.color(role))
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(low, high)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return {name: line}


def headed(ax: Axes, look: Style, number: int, markup: str, **words: str) -> None:
    """Number and name of a job, and its formula on the right."""
    ax.text(0.0, 1.03, f"{number}  {look.choose(**words)}", transform=ax.transAxes, size=TEXT)
    put(
        ax,
        markup,
        (1.0, 1.0),
        align=("right", "bottom"),
        coords="axes fraction",
        offset=(0, 3),
        color="tangent",
    )


def draw_activation(ax: Axes, slope: Expression, x: Array, at: Array, look: Style) -> Artists:
    """a = f′(z), the same for every signal z."""
    artists = graph(ax, x, slope(x), look, "tangent", np.append(slope(at), 0.0), "activation")
    ax.axhline(0, color=look.color("axis"), linewidth=0.8, zorder=1)
    ax.set_xlabel("z", style="italic")
    headed(ax, look, 1, "a = f'(z)", en="activation", ko="활성화 함수")
    return artists


def draw_factor(ax: Axes, slope: Expression, x: Array, mean: float, look: Style) -> Artists:
    """The factor on a learning step by the mean of the weights, over 1, where a step stays as it is."""
    y, here = step_factor(slope, x), float(step_factor(slope, mean))
    artists = graph(ax, x, y, look, "parameter", np.array([1.0, here]), "factor")
    artists["factor/1"] = ax.axhline(1, color=look.color("muted"), linewidth=0.9, linestyle=":")
    (artists["factor/mean"],) = ax.plot(mean, here, "o", color=look.color("ink"), zorder=4)
    ax.annotate(f"{here:.3g}", (mean, here), xytext=(6, 5), textcoords="offset points")
    ax.set_xlabel(look.choose(en="mean of the weights", ko="가중치의 평균"))
    headed(ax, look, 2, "1 + abs(f'(overline(w))) \\/ 20", en="learning step", ko="학습 보폭")
    return artists


def draw_score(ax: Axes, slope: Expression, x: Array, at: Array, look: Style) -> Artists:
    """The multiplier by place, and the places of the dishes by their numbers."""
    y, here = 1 + slope(x) / 20, 1 + slope(at) / 20
    artists = graph(ax, x, y, look, "tangent", np.append(here, 1.0), "multiplier")
    artists["multiplier/1"] = ax.axhline(1, color=look.color("muted"), linewidth=0.9, linestyle=":")
    (artists["dishes"],) = ax.plot(at, here, "o", color=look.color("ink"), zorder=4)
    for i, spot in enumerate(zip(at, here, strict=True)):
        ax.annotate(str(i), spot, xytext=(0, 5), textcoords="offset points", ha="center", size=TEXT - 1)
    headed(ax, look, 3, "1 + f'(x_i) \\/ 20", en="score", ko="점수")
    return artists


def draw_bars(ax: Axes, found: Array, look: Style) -> Artists:
    """The multiplier of each dish as a bar, with its number and name."""
    artists: Artists = {}
    for i, (dish, m) in enumerate(zip(DISHES, found, strict=True)):
        (artists[f"bar/{dish}"],) = ax.barh(i, m, height=0.6, color=look.color("tangent"), alpha=0.75)
        ax.annotate(
            f"{m:.3g}" if abs(m) >= 100 else f"{m:.2f}".replace("-", "−"),
            (max(m, 0.0), i),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    ax.axvline(1, color=look.color("muted"), linewidth=0.9, linestyle=":")
    ax.axvline(0, color=look.color("axis"), linewidth=0.8)
    ax.set_xlim(1.1 * min(0.0, *found), 1.22 * max(1.0, *found))
    ax.set_yticks(INDEX, [f"{i} {look.choose(en=dish, ko=KOREAN[dish])}" for i, dish in enumerate(DISHES)])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel(look.choose(en="score for p = 1", ko="p = 1일 때의 점수"))
    return artists


def main() -> None:
    """``python scripts/recommender_function.py`` does what ``derivviz figure recommender_function`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
