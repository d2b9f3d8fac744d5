"""Gradient descent · 경사하강법

The map of a recorded loss over two weights with three ways down it, steepest descent, momentum and Adam; below, steps
by the slope along one weight, how four learning rates fare there, and the loss that is left at every step.

기록된 손실의 지도와 그 위를 내려가는 세 길(경사하강법, 모멘텀, Adam)을 그린다. 아래에는 가중치 하나를 따라 기울기로
내려가는 걸음, 학습률 네 가지의 결과, 스텝마다 남은 손실을 보인다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from derivviz.figures import (
    Artists,
    EndLabel,
    Motion,
    Style,
    at_the_end,
    check,
    grid,
    growing,
    in_words,
    sheet,
)
from derivviz.figures.style import SIZE, TEXT
from derivviz.look.descent_words import NAMES, percent
from derivviz.trace import Trace
from derivviz.trace.descent import ACROSS, ALONG, Descent

requires = ("loss/good", "loss/descent", "loss/momentum", "loss/adam")
recorded_by = "descent"

ROLES = {"descent": ("tangent", "-", "o"), "momentum": ("parameter", "--", "s"), "adam": ("ink", ":", "^")}
SHEET = (SIZE[0], 1.55 * SIZE[1])  # inches
TANGENTS = 4
LEVELS = 6
LEAST_LEFT, MOST_LEFT = 1e-3, 20.0  # of the way to the bottom, as far as it is drawn
FLOOR = 1e-8  # of the first loss: what is left below it is rounding


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "gradient_descent", recorded_by)
    run = Descent(trace)
    with sheet(ax, language, SHEET) as (look, ax):
        (top,), (below,) = grid(ax, 2, 1, heights=(1, 1.15))
        ((curve, column),) = grid(below, 1, 2, below=(1, 2))
        (rates,), (race,) = grid(column, 2, 1)
        artists = draw_map(top, run, look) | draw_curve(curve, run, look)
        artists |= draw_rates(rates, run, look) | draw_race(race, run, look)
        top.set_title(look.choose(en="Gradient descent", ko="경사하강법"), pad=24)
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """All walks go on step by step."""
    still = ("contours", "curve", "tangent/*", "start", "lowest")
    return growing(trace.steps, artists, still=still, in_order=("path/*", "places"))


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    run = Descent(trace)
    left = {name: in_words(max(0.0, float(run.walks[name].above[-1]))) for name in ACROSS}
    limit = in_words(2 / float(run.curve_bottom.curvatures[-1]))
    rates = {
        name: f"η = {in_words(run.walks[name].rate)}: {percent(run.walks[name])}%"
        for name in ALONG
        if np.isfinite(run.walks[name].left[-1])
    }
    lost = [in_words(run.walks[name].rate) for name in ALONG if name not in rates]
    bent = in_words(float(run.bottom.curvatures[-1] / run.bottom.curvatures[0]))
    en = (
        f"Along one weight, after {run.steps - 1} steps, so much of the way to the bottom is left: "
        f"{'; '.join(rates.values())}. From η = {limit} on, steps near the bottom lead away from it. Over both weights "
        f"the ground bends {bent} times as much across the valley as along it, and the loss is above its lowest value "
        f"by {left['descent']} with steepest descent, {left['momentum']} with momentum, {left['adam']} with Adam."
    )
    ko = (
        f"가중치 하나를 따라 {run.steps - 1}스텝을 가면 바닥까지의 거리가 처음의 다음만큼 남는다. "
        f"{', '.join(rates.values())}. η가 {limit} 이상이면 바닥 근처에서 걸음마다 바닥에서 멀어진다. "
        f"두 가중치의 지형은 골짜기를 가로질러 {bent}배 더 크게 휜다. 마지막 손실은 가장 작은 값보다 "
        f"경사하강법 {left['descent']}, 모멘텀 {left['momentum']}, Adam {left['adam']}만큼 크다."
    )
    if lost:
        which = ", ".join(lost)
        en += f" With η = {which} the weight is no longer a finite number."
        ko += f" η = {which}에서는 가중치가 유한한 수가 아니게 된다."
    return {"en": en, "ko": ko}[language]


def names_of(run: Descent) -> tuple[str, str]:
    """The two weights: letters in italics where a line is fitted, their own names otherwise."""
    return ("$w$", "$b$") if run.points is not None else run.names


def draw_map(ax: Axes, run: Descent, look: Style) -> Artists:
    """Contour lines of the recorded losses, the ways down, the start and the lowest place."""
    wide, high = run.wide, 1 - run.wide
    x, y = (np.linspace(*run.ranges[n], run.heights.shape[n]) for n in (wide, high))
    heights = run.heights if wide == 1 else run.heights.T
    levels = run.levels(LEVELS)
    pale = LinearSegmentedColormap.from_list("ground", [look.color("background"), look.shades("loss", 3)[0]])
    finite = np.ma.masked_invalid(heights)
    edges = np.concatenate([[min(float(finite.min()), run.bottom.loss)], levels])
    ax.contourf(x, y, finite, levels=edges, cmap=pale, extend="max", alpha=0.55)
    artists: Artists = {
        "contours": ax.contour(x, y, finite, levels=levels, colors=look.color("loss"), linewidths=0.5)
    }
    for name in ACROSS:
        role, dashes, marker = ROLES[name]
        places = run.walks[name].places
        (artists[f"path/{name}"],) = ax.plot(
            places[:, wide],
            places[:, high],
            color=look.color(role),
            linestyle=dashes,
            linewidth=1.1,
            marker=marker,
            markersize=2.4,
            label=NAMES[name][look.language],
        )
    for name, place, face in (
        ("start", run.walks["descent"].places[0], "ink"),
        ("lowest", run.bottom.place, "background"),
    ):
        (artists[name],) = ax.plot(
            place[wide],
            place[high],
            "o",
            markersize=5.5,
            color=look.color(face),
            markeredgecolor=look.color("ink"),
            zorder=4,
        )
    ax.set_xlim(*run.ranges[wide])
    ax.set_ylim(*run.ranges[high])
    if run.one_scale and not (look.size and look.size.narrow):
        ax.set_aspect("equal")
    ax.grid(visible=False)
    names = names_of(run)
    ax.set_xlabel(names[wide])
    ax.set_ylabel(names[high])
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, handlelength=2)
    return artists


def draw_curve(ax: Axes, run: Descent, look: Style) -> Artists:
    """The loss along one weight, the places of a walk, and the tangents that its first steps go by."""
    walk = run.walks["good"]
    w = np.linspace(*run.curve_range, 241)
    losses = run.curve(w)
    artists: Artists = {}
    (artists["curve"],) = ax.plot(w, losses, color=look.color("loss"), linewidth=2.2)
    half = 0.13 * float(np.ptp(run.curve_range))
    for n in range(min(TANGENTS, run.steps)):
        place, slope = float(walk.places[n, 0]), float(walk.gradients[n, 0])
        at = np.array([place - half, place + half])
        (artists[f"tangent/{n}"],) = ax.plot(
            at, walk.losses[n] + slope * (at - place), color=look.color("tangent"), linewidth=1.3, zorder=2.5
        )
    (artists["places"],) = ax.plot(
        walk.places[:, 0], walk.losses, "o", color=look.color("parameter"), markersize=3.2, zorder=3
    )
    low, high = float(np.nanmin(losses)), float(np.nanmax(losses))
    ax.set_xlim(*run.curve_range)
    ax.set_ylim(low - 0.12 * (high - low), high)
    heading(
        ax,
        look.choose(
            en=f"Steps by the slope, η = {in_words(walk.rate)}",
            ko=f"기울기로 내려가기, η = {in_words(walk.rate)}",
        ),
    )
    ax.set_xlabel(names_of(run)[0])
    ax.set_ylabel(look.choose(en="loss", ko="손실"))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    return artists


def draw_rates(ax: Axes, run: Descent, look: Style) -> Artists:
    """How much of the way to the bottom is left at each of the four learning rates."""
    artists: Artists = {}
    labels = []
    steps = np.arange(run.steps)
    looks = zip(look.shades("parameter", len(ALONG)), ("-", "--", "-.", ":"), strict=True)
    for name, (shade, dashes) in zip(ALONG, looks, strict=True):
        walk = run.walks[name]
        left = np.where(np.isfinite(walk.left), walk.left, np.nan)
        (artists[f"left/{name}"],) = ax.plot(steps, left, color=shade, linestyle=dashes, linewidth=1.4)
        end = float(np.clip(np.nan_to_num(walk.left[-1], posinf=MOST_LEFT), LEAST_LEFT, MOST_LEFT))
        labels.append(EndLabel(f"η = {in_words(walk.rate)}", run.steps - 1, end, shade))
    ax.set_yscale("log")
    ax.set_ylim(LEAST_LEFT, MOST_LEFT)
    ax.minorticks_off()
    ax.axhline(1, color=look.color("muted"), linewidth=0.7)
    steps_below(ax, run, look)
    ax.set_xlabel("")
    heading(ax, look.choose(en="Way to the bottom that is left", ko="바닥까지 남은 거리의 비"))
    at_the_end(ax, labels)
    return artists


def draw_race(ax: Axes, run: Descent, look: Style) -> Artists:
    """How far the loss over both weights is above its lowest value."""
    artists: Artists = {}
    first = float(run.walks["descent"].above[0])
    for name in ACROSS:
        role, dashes, marker = ROLES[name]
        above = run.walks[name].above
        (artists[f"above/{name}"],) = ax.plot(
            np.arange(run.steps),
            np.where(above > 0, above, np.nan),
            color=look.color(role),
            linestyle=dashes,
            linewidth=1.4,
            marker=marker,
            markersize=3,
            markevery=max(1, run.steps // 6),
        )
    ax.set_yscale("log")
    ax.minorticks_off()
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, FLOOR * first), high)
    steps_below(ax, run, look)
    heading(ax, look.choose(en="Loss above the lowest", ko="가장 작은 값을 넘는 손실"))
    ends = {name: float(np.clip(run.walks[name].above[-1], *ax.get_ylim())) for name in ACROSS}
    labels = [
        EndLabel(NAMES[name][look.language], run.steps - 1, end, look.color(ROLES[name][0]))
        for name, end in ends.items()
    ]
    at_the_end(ax, labels)
    return artists


def steps_below(ax: Axes, run: Descent, look: Style) -> None:
    """The level axis of the steps."""
    ax.set_xlim(0, run.steps - 1)
    ax.set_xlabel(look.choose(en="step", ko="스텝"))
    ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))


def heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def main() -> None:
    """``python scripts/gradient_descent.py TRACE``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
