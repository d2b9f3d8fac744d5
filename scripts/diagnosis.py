"""Why a run explodes · 학습이 폭발하는 까닭

How large the output of each layer grew, what power of its input an activation makes, how many units are
dead or exploded, and how far each step moved the weights.

층마다 출력이 얼마나 커졌는지, 활성화 함수가 입력의 몇 제곱을 내는지, 죽거나 폭발한 유닛이 얼마나 되는지,
스텝마다 가중치가 얼마나 움직였는지 보인다.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, PercentFormatter
from numpy.typing import NDArray

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
    put,
    sheet,
)
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT
from derivviz.trace import Trace
from derivviz.trace.diagnosis import diagnose
from derivviz.trace.powers import SQUARE

requires = ("activation/*/rms",)

SIZE = (160 * MILLIMETRE, 145 * MILLIMETRE)
NAMED = 7  # layers and parameters, at the most, that are shown
MARKERS = "osD^vP*"
FEW = 100.0  # largest over smallest, up to where ten, a hundred, … are too few ticks


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "diagnosis")
    found = diagnose(trace)
    layers = shown_layers(trace, found)
    with sheet(ax, language, SIZE) as (look, ax):
        (sizes, power), (units, steps) = grid(ax, 2, 2, heights=(1.25, 1), widths=(1.2, 1))
        artists = draw_sizes(sizes, trace, layers, look) | draw_power(power, trace, found["powers"], look)
        artists |= draw_units(units, layers, look) | draw_steps(steps, found, look)
        exploded = any((layer["exploded_last"] or 0) > 0 for layer in layers) or found["first_nonfinite"]
        title = look.choose(en="Size of a run's numbers", ko="학습 중 값의 크기")
        if exploded:
            title = look.choose(en="Why this run explodes", ko="이 학습이 폭발하는 까닭")
        sizes.set_title(title)
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The sizes grow step by step; what is told of the end stays."""
    growing_ones = {name: artist for name, artist in artists.items() if name.startswith(("size/", "lost"))}
    return growing(trace.steps, growing_ones)


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    found = diagnose(trace)
    largest = {}
    for layer in shown_layers(trace, found):
        rms = trace[f"activation/{layer['name']}/rms"]
        largest[layer["name"]] = float(rms[np.isfinite(rms)].max())
    top = max(largest, key=lambda name: largest[name])
    told = {
        "en": [f"The largest outputs are those of {top}, with an rms of {in_words(largest[top])}."],
        "ko": [f"출력이 가장 큰 층은 {top}이며, 제곱평균제곱근이 {in_words(largest[top])}이다."],
    }
    for power in found["powers"]:
        if (power["exponent"] or 0) > 1:  # what makes a run explode
            told["en"].append(f"{power['name']} makes about the power {power['exponent']:.2f} of its input.")
            told["ko"].append(f"{power['name']}의 출력은 입력의 약 {power['exponent']:.2f}제곱이다.")
    if lost := found["first_nonfinite"]:
        told["en"].append(f"The first value that is not finite appears at step {lost['step']}.")
        told["ko"].append(f"유한하지 않은 값은 스텝 {lost['step']}에서 처음 나타난다.")
    return " ".join(told[language])


def shown_layers(trace: Trace, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Layers whose output is not just that of the one before in another shape; of many, some spread over all."""
    chosen: list[dict[str, Any]] = []
    previous: NDArray[np.float64] | None = None
    for layer in found["layers"]:
        rms = trace[f"activation/{layer['name']}/rms"]
        if np.isfinite(rms).any() and layer["name"]:
            if previous is None or not np.array_equal(rms, previous, equal_nan=True):
                chosen.append(layer)
            previous = rms
    if len(chosen) > NAMED:
        chosen = [chosen[n] for n in np.linspace(0, len(chosen) - 1, NAMED).round().astype(int)]
    return chosen


def draw_sizes(ax: Axes, trace: Trace, layers: list[dict[str, Any]], look: Style) -> Artists:
    """The rms of each layer's output in every step, and where it stops being a number."""
    artists: Artists = {}
    labels = []
    shades = look.shades("function", len(layers))
    stride = max(len(trace.steps) // 4, 1)
    ax.set_yscale("log")
    for n, (layer, color) in enumerate(zip(layers, shades, strict=True)):
        rms = trace[f"activation/{layer['name']}/rms"]
        (artists[f"size/{layer['name']}"],) = ax.plot(
            trace.steps,
            rms,
            color=color,
            marker=MARKERS[n % len(MARKERS)],
            markevery=(n * stride // len(layers), stride),
            markersize=3.5,
            clip_on=False,
        )
        seen = np.flatnonzero(np.isfinite(rms) & (rms > 0))
        if len(seen):
            labels.append(EndLabel(layer["name"], trace.steps[seen[-1]], rms[seen[-1]], color))
    ax.set_xlim(trace.steps[0], max(trace.steps[-1], trace.steps[0] + 1))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    lost = [layer["lost"] for layer in layers if layer["lost"] is not None]
    if lost:
        artists["lost"] = ax.axvline(min(lost), color=look.color("negative"), linestyle=(0, (2, 1.5)))
        ax.annotate(
            look.choose(en=f"NaN or ∞ from step {min(lost)}", ko=f"스텝 {min(lost)}부터 NaN 또는 ∞"),
            (min(lost), 0.03),  # at the bottom: what explodes is at the top by then
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0) if min(lost) > trace.steps[len(trace.steps) // 2 - 1] else (4, 0),
            textcoords="offset points",
            ha="right" if min(lost) > trace.steps[len(trace.steps) // 2 - 1] else "left",
            va="bottom",
            color=look.color("negative"),
            size=SMALL,
            bbox={"facecolor": look.color("background"), "edgecolor": "none", "alpha": 0.85, "pad": 1},
        )
    ax.set_ylim(*ax.get_ylim())
    _few_decades(ax)
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    ax.set_ylabel(look.choose(en="rms of the layer's output", ko="층 출력의 제곱평균제곱근"))
    at_the_end(ax, labels)
    return artists


def draw_power(ax: Axes, trace: Trace, powers: list[dict[str, Any]], look: Style) -> Artists:
    """The size of each activation's output over that of its input: a slope of 2 on this paper is a square."""
    heading(ax, look.choose(en="Activations: output over input", ko="활성화 함수의 입력과 출력"))
    if not powers:
        return {
            "power/none": _empty(
                ax, look.choose(en="no activation found", ko="활성화 함수를 찾지 못함"), look
            )
        }
    artists: Artists = {}
    powers = powers[:NAMED]
    points = {}
    for power in powers:
        z, a = (trace[f"activation/{power[key]}/rms"] for key in ("input", "name"))
        seen = np.isfinite(z) & np.isfinite(a) & (z > 0) & (a > 0)
        points[power["name"]] = z[seen], a[seen]
    every = np.concatenate([z for z, _ in points.values()])
    low, high = (every.min() / 2, every.max() * 2) if len(every) else (0.5, 2.0)
    x = np.geomspace(low, high, 50)
    (artists["line"],) = ax.plot(x, x, ":", color=look.color("muted"), linewidth=1, zorder=1.5)
    put(ax, "z", (x[-8], x[-8]), color="muted", align=("left", "top"), offset=(2, -3))
    if any((power["reference"] or {}).get("exponent") == 2 for power in powers):
        x = np.geomspace(max(low, 2.0), max(high, 20.0), 50)
        (artists["square"],) = ax.plot(x, SQUARE * x**2, color=look.color("tangent"), linewidth=1.2, zorder=2)
        put(ax, "6 z^2", (x[25], SQUARE * x[25] ** 2), color="tangent", align=("left", "top"), offset=(4, -2))
    shades = look.shades("function", len(powers))
    for n, (power, color) in enumerate(zip(powers, shades, strict=True)):
        told = power["name"]
        if power["exponent"] is not None:
            slope = f"{power['exponent']:.2f}"
            told += look.choose(en=f", slope {slope}", ko=f", 기울기 {slope}")
        (artists[f"power/{power['name']}"],) = ax.plot(
            *points[power["name"]],
            MARKERS[n % len(MARKERS)],
            color=color,
            markersize=4,
            alpha=0.8,
            zorder=3,
            label=told,
        )
    # Sizes go up together, so the corner above the diagonal is free.
    ax.legend(loc="upper left", frameon=False, fontsize=SMALL, handletextpad=0.2, borderpad=0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(low, high)
    _few_decades(ax)
    ax.set_xlabel(look.choose(en="rms of its input z", ko="입력 z의 제곱평균제곱근"))
    ax.set_ylabel(look.choose(en="rms of its output", ko="출력의 제곱평균제곱근"))
    return artists


def draw_units(ax: Axes, layers: list[dict[str, Any]], look: Style) -> Artists:
    """How many of a layer's units are silent, or a hundred times as large as they should be, at the end."""
    heading(ax, look.choose(en="Dead and exploded units, at the end", ko="마지막에 죽거나 폭발한 유닛"))
    known = [layer for layer in layers if layer["exploded_last"] is not None]
    if not known:
        return {"units/none": _empty(ax, look.choose(en="no snapshot", ko="스냅숏 없음"), look)}
    where = np.arange(len(known))
    exploded = [layer["exploded_last"] for layer in known]
    dead = [np.nan if layer["dead_last"] is None else layer["dead_last"] for layer in known]
    artists: Artists = {}
    for key, shares, side, role, name in (
        ("exploded", exploded, -0.2, "negative", look.choose(en="exploded", ko="폭발")),
        ("dead", dead, 0.2, "muted", look.choose(en="dead", ko="죽음")),
    ):
        bars = ax.barh(where + side, shares, 0.34, color=look.color(role), zorder=3, label=name)
        artists |= {f"{key}/{layer['name']}": bar for layer, bar in zip(known, bars, strict=True)}
        for at, share in zip(where + side, shares, strict=True):
            if share == 0:  # a bar of no length is there as well
                ax.plot([0], [at], "|", color=look.color(role), markersize=5, clip_on=False, zorder=3)
    ax.set_yticks(where, [layer["name"] for layer in known])
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1])
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.grid(axis="y", visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False, fontsize=SMALL)
    return artists


def draw_steps(ax: Axes, found: dict[str, Any], look: Style) -> Artists:
    """How far a step moves each parameter, as a share of its norm: smallest, median and largest."""
    heading(ax, look.choose(en="Length of the steps", ko="스텝의 길이"))
    moved = [p for p in found["parameters"] if p["ratio"] and p["ratio"][0] > 0]
    if len(moved) > NAMED:
        moved = [moved[n] for n in np.linspace(0, len(moved) - 1, NAMED).round().astype(int)]
    if not moved:
        return {
            "steps/none": _empty(ax, look.choose(en="no parameter moved", ko="움직인 파라미터 없음"), look)
        }
    artists: Artists = {}
    for at, parameter in enumerate(moved):
        low, middle, high = parameter["ratio"]
        ax.plot([low, high], [at, at], color=look.color("parameter"), linewidth=2, solid_capstyle="butt")
        (artists[f"step/{parameter['name']}"],) = ax.plot(
            [middle], [at], "o", color=look.color("parameter"), clip_on=False
        )
    usual = found["thresholds"]["usual_ratio"]
    artists["usual"] = ax.axvline(usual, color=look.color("muted"), linestyle=":", linewidth=1)
    ax.annotate(
        look.choose(en="usual", ko="보통"),
        (usual, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
        color=look.color("muted"),
        size=SMALL,
    )
    ends = [value for parameter in moved for value in parameter["ratio"]] + [usual]
    ax.set_xscale("log")
    ax.set_xlim(min(ends) / 1.5, max(ends) * 1.5)
    ax.set_yticks(range(len(moved)), [parameter["name"] for parameter in moved])
    ax.set_ylim(len(moved) - 0.5, -1.1)
    ax.minorticks_off()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(look.choose(en="update / parameter (norms)", ko="변화량 / 파라미터 (노름)"))
    return artists


def heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def _few_decades(ax: Axes) -> None:
    """Ticks of logarithmic axes: powers of ten, and where one has few of them 2 and 5 between."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        if axis.get_scale() == "log" and high < FEW * low:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.minorticks_off()


def _empty(ax: Axes, text: str, look: Style) -> Any:
    """A panel that has nothing to show says so."""
    ax.set_xticks([])
    ax.set_yticks([])
    return ax.annotate(
        text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color=look.color("muted")
    )


def main() -> None:
    """``python scripts/diagnosis.py TRACE`` does what ``derivviz figure diagnosis --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
