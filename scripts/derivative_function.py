"""The derivative as a function · 도함수

A function over its first and second derivative: where it rises and falls, its extrema under which f′ is zero,
and its points of inflection under which f″ is zero.

함수와 그 도함수, 이계도함수를 위아래로 그린다. 증가와 감소, f′ = 0인 극값, f″ = 0인 변곡점이 한눈에 보인다.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Extremum, Point, Shape
from derivviz.calculus.window import heights, interval
from derivviz.figures import Artists, Style, grid, put, sheet
from derivviz.look.breaking import extent
from derivviz.look.math import typst_math
from derivviz.parameters import parameter

Array = NDArray[np.float64]
WIDEST = 22.0  # em of a formula that is written above its panel
NAMED = 5  # so many points have their numbers beside them
LOOKS = {1: ("positive", 2.4, "-"), -1: ("negative", 1.1, "-"), 0: ("muted", 1.6, ":")}
"""Colour, width and dashes of a graph where it rises, falls and stays level: apart in grey, too."""


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("-2x^3 - 6x^2 + 18x", "The function of x")
    start: float | None = parameter(
        None, "x where the axes begin; chosen to fit if left out", flag="from", minimum=-1e6, maximum=1e6
    )
    end: float | None = parameter(
        None, "x where the axes end; chosen to fit if left out", flag="to", minimum=-1e6, maximum=1e6
    )


def caption(
    *, function: Expression, start: float | None = None, end: float | None = None, language: str = "en"
) -> str:
    """What the figure shows, in numbers."""
    shape = Shape(function, *interval(function, start, end))

    def listed(points: Sequence[Point]) -> str:
        return ", ".join(f"({number(one.x)}, {number(one.y)})" for one in points)

    tops = [one for one in shape.extrema if one.maximum]
    feet = [one for one in shape.extrema if not one.maximum]
    found = (
        (tops, "local maxima", "극대"),
        (feet, "local minima", "극소"),
        (shape.inflections, "points of inflection", "변곡점"),
    )
    told = [(listed(points), en, ko) for points, en, ko in found if points]
    if language == "ko":
        rest = "; ".join(f"{ko} {points}" for points, _, ko in told) or "극값과 변곡점은 없다"
        return f"f(x) = {function.text}, {number(shape.low)} ≤ x ≤ {number(shape.high)}. {rest}."
    rest = "; ".join(f"{en} {points}" for points, en, _ in told) or "no extremum and no point of inflection"
    return f"f(x) = {function.text} for {number(shape.low)} ≤ x ≤ {number(shape.high)}: {rest}."


def draw(
    function: Expression,
    start: float | None = None,
    end: float | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    shape = Shape(function, *interval(function, start, end))
    with sheet(ax, language) as (look, ax):
        (top,), (middle,), (bottom,) = grid(ax, 3, 1, heights=(1.7, 1.2, 0.7))
        artists = draw_function(top, shape, look)
        artists |= draw_slope(middle, shape, look) | draw_bend(bottom, shape, look)
        panels = (top, middle, bottom)
        for panel, name, g, role in zip(
            panels,
            ("f", "f'", "f''"),
            (shape.f, shape.slope, shape.bend),
            ("function", "tangent", "ink"),
            strict=True,
        ):
            panel.set_xlim(shape.low, shape.high)
            panel.yaxis.set_major_locator(MaxNLocator(4))
            panel.axhline(0, color=look.color("axis"), linewidth=0.6, zorder=1)
            artists |= link(panel, shape, look, name)
            write(panel, name, g, role)
        for panel in panels[:2]:
            panel.sharex(bottom)
            panel.tick_params(labelbottom=False)
        bottom.set_xlabel("x", style="italic")
        top.set_title(look.choose(en="The derivative as a function", ko="도함수"), pad=26)
    return artists


def sampled(shape: Shape, low: float, high: float) -> Array:
    """Numbers across a stretch, its ends left out: there may be a pole."""
    return np.linspace(low, high, 802)[1:-1]


def draw_function(ax: Axes, shape: Shape, look: Style) -> Artists:
    """f, heavy where it rises and light where it falls, with its extrema and points of inflection."""
    artists: Artists = {}
    for n, one in enumerate(shape.stretches):
        role, width, dashes = LOOKS[one.sign]
        x = sampled(shape, one.low, one.high)
        (artists[f"f/{n}"],) = ax.plot(x, shape.f(x), dashes, color=look.color(role), linewidth=width)
    kept = [one.y for one in (*shape.extrema, *shape.inflections, *shape.kinks)]
    ax.set_ylim(*heights(shape.f(sampled(shape, shape.low, shape.high)), kept))
    told = {
        1: look.choose(en="f′ > 0: f increases", ko="f′ > 0: f는 증가"),
        -1: look.choose(en="f′ < 0: f decreases", ko="f′ < 0: f는 감소"),
        0: look.choose(en="f′ = 0: f stays level", ko="f′ = 0: f는 일정"),
    }
    signs = sorted({one.sign for one in shape.stretches}, reverse=True)
    handles = [
        Line2D([], [], color=look.color(LOOKS[s][0]), linewidth=LOOKS[s][1], linestyle=LOOKS[s][2])
        for s in signs
    ]
    ax.legend(
        handles,
        [told[s] for s in signs],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.1),
        ncols=3,
        frameon=False,
        handlelength=1.6,
    )
    points: tuple[Point, ...] = (*shape.extrema, *shape.inflections)
    for one in points:
        marker, up = "D", True
        if isinstance(one, Extremum):
            marker, up = ("^", True) if one.maximum else ("v", False)
        key = f"{'inflection' if marker == 'D' else 'extremum'}/{one.x:.6g}"
        (artists[key],) = ax.plot(one.x, one.y, marker, color=look.color("ink"), markersize=5, zorder=4)
        if len(points) <= NAMED:
            side, align = (0, "center") if marker != "D" else (-6, "right")
            if marker == "D" and one.x < shape.low + 0.15 * (shape.high - shape.low):  # no room on the left
                side, align, up = 6, "left", False
            ax.annotate(
                f"({number(one.x)}, {number(one.y)})",
                (one.x, one.y),
                xytext=(side, 7 if up else -7),
                textcoords="offset points",
                ha=align,
                va="bottom" if up else "top",
                bbox={"facecolor": look.color("background"), "edgecolor": "none", "pad": 1},
                zorder=1.5,  # over the dotted lines, under the graph
            )
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.35 * (high - low), high + 0.12 * (high - low))  # for the numbers
    return artists


def draw_slope(ax: Axes, shape: Shape, look: Style) -> Artists:
    """f′ with the areas above and below zero, its zeros and its own extrema."""
    artists: Artists = {}
    for n, one in enumerate(shape.stretches):
        x = sampled(shape, one.low, one.high)
        y = shape.slope(x)
        (artists[f"slope/{n}"],) = ax.plot(x, y, color=look.color("tangent"))
        artists[f"area/{n}"] = ax.fill_between(
            x,
            np.clip(y, -1e300, 1e300),
            color=look.color(LOOKS[one.sign][0]),
            alpha=0.2,
            linewidth=0,
            hatch="////" if one.sign < 0 else None,
        )
    turns = [shape.value(shape.slope, one.x) for one in shape.inflections]
    ax.set_ylim(*heights(shape.slope(sampled(shape, shape.low, shape.high)), [0.0, *turns]))
    zeros = list(shape.zeros)
    (artists["zeros"],) = ax.plot(zeros, np.zeros(len(zeros)), "o", color=look.color("tangent"), zorder=4)
    (artists["turns"],) = ax.plot(
        [one.x for one in shape.inflections], turns, "D", color=look.color("tangent"), zorder=4
    )
    return artists


def draw_bend(ax: Axes, shape: Shape, look: Style) -> Artists:
    """f″ and the zeros at which it changes its sign."""
    artists: Artists = {}
    for n, one in enumerate(shape.stretches):
        x = sampled(shape, one.low, one.high)
        (artists[f"bend/{n}"],) = ax.plot(x, shape.bend(x), color=look.color("ink"), linewidth=1.2)
    ax.set_ylim(*heights(shape.bend(sampled(shape, shape.low, shape.high)), [0.0]))
    places = [one.x for one in shape.inflections]
    (artists["bend/zeros"],) = ax.plot(places, np.zeros(len(places)), "D", color=look.color("ink"), zorder=4)
    return artists


def link(ax: Axes, shape: Shape, look: Style, name: str) -> Artists:
    """Dotted lines through all panels below the extrema and the points of inflection; dashed ones at breaks."""
    artists: Artists = {}
    looks = {"-": [one.x for one in shape.breaks], ":": [*shape.zeros, *(one.x for one in shape.inflections)]}
    for dashes, places in looks.items():
        for x in places:
            artists[f"link/{name}/{x:.6g}"] = ax.axvline(
                x,
                color=look.color("muted"),
                linestyle=dashes,
                linewidth=0.6 if dashes == "-" else 0.9,
                zorder=0.8,
            )
    return artists


def write(ax: Axes, name: str, g: Expression, role: str) -> None:
    """The formula of a panel at its top left, its name alone where the formula is long."""
    markup = f"{name}(x) = {typst_math(g)}"
    if extent(markup)[0] > WIDEST:
        markup = f"{name}(x)"
    put(ax, markup, (0.0, 1.0), color=role, align=("left", "bottom"), coords="axes fraction", offset=(2, 3))


def number(value: float) -> str:
    """Three significant digits, with a true minus sign."""
    return f"{value + 0.0:.3g}".replace("-", "−")


def main() -> None:
    """``python scripts/derivative_function.py`` does what ``derivviz figure derivative_function`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
