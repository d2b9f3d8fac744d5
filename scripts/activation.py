"""Activations side by side · 나란히 놓은 활성화 함수

ReLU, tanh, GELU, f′ and the scaled f′ with their derivatives; what each makes of values that were recorded before
an activation; and how large the values get from layer to layer, with the run's own activation as recorded.

ReLU, tanh, GELU, f′, 길들인 f′과 그 도함수, 기록된 값이 각 함수를 지난 뒤의 분포, 그리고 층을 지나며 값이 얼마나
커지는지 보인다. 학습에 쓴 활성화 함수는 기록된 값 그대로이다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from derivviz.calculus.activation import KEYS, Function, functions
from derivviz.figures import Artists, EndLabel, Style, at_the_end, grid, in_words, sheet
from derivviz.figures.style import MILLIMETRE, current
from derivviz.trace import Trace
from derivviz.trace.activation import Flow, read_flow
from derivviz.trace.passage import Passage

requires = ("time",)  # of any recorded run; `read_flow` says what else it takes

SIZE = (160 * MILLIMETRE, 130 * MILLIMETRE)
NAMES = {"relu": "ReLU", "tanh": "tanh", "gelu": "GELU", "raw": "f′", "scaled": "f′/24"}
LOOKS = {
    "relu": ("function", "s", (0, (4, 1.5))),
    "tanh": ("parameter", "^", (0, (1, 1))),
    "gelu": ("loss", "D", (0, (4, 1.2, 1, 1.2))),
    "raw": ("negative", "X", "-"),
    "scaled": ("positive", "o", "-"),
}
BINS, REACH = 30, 4.0
FLOOR, CEILING = 1e-3, 1e30  # of the sizes that are drawn
LAYERS = 8  # activation layers, at the most, that are drawn


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    flow = read_flow(trace)
    with sheet(ax, language, SIZE) as (look, ax):
        (above,), (below,) = grid(ax, 2, 1, heights=(1.5, 2))
        curves, spreads = grid(below, 2, 5, heights=(1.25, 1))
        artists: Artists = {}
        for n, key in enumerate(KEYS):
            artists |= draw_function(curves[n], functions()[key], look)
            artists |= draw_spread(spreads[n], flow.passages[0], key, look)
        spreads[2].set_xlabel(
            look.choose(
                en=f"values of step {flow.seen}: what arrives (grey), what leaves (line)",
                ko=f"스텝 {flow.seen}의 값: 들어오는 값(회색), 나가는 값(선)",
            )
        )
        artists |= draw_sizes(above, flow, look)
        above.set_title(look.choose(en="Activations side by side", ko="나란히 놓은 활성화 함수"))
    return artists


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    flow = read_flow(trace)
    last = {key: float(flow.sizes(key)[-1]) for key in KEYS}
    others = [last[key] for key in KEYS if key != "raw"]
    sized = in_words(last["raw"]) if np.isfinite(last["raw"]) else "∞"
    how = {
        (True, True): ("the run's pictures, at half their size, go", "절반 크기의 학습 그림을 통과시킨다"),
        (True, False): ("what arrives at its first activation goes", "첫 활성화에 들어온 값을 통과시킨다"),
    }.get((flow.carried, flow.enlarged))
    told = {
        "en": f"After {len(flow.passages)} activation layers raw f′ has values of size {sized}, the others "
        f"{in_words(min(others))} to {in_words(max(others))}.",
        "ko": f"활성화 층 {len(flow.passages)}개를 지나면 f′의 값은 크기가 {sized}이고, 나머지는 "
        f"{in_words(min(others))}에서 {in_words(max(others))} 사이이다.",
    }
    if flow.own is not None:
        told["en"] += f" {NAMES[flow.own]} is as recorded; the others are computed: "
        told["ko"] += f" {NAMES[flow.own]}의 값은 기록된 것이고 나머지는 계산한 것이다. "
    else:
        told["en"] += " All are computed: "
        told["ko"] += " 모두 계산한 값이다. "
    if how is not None:
        told["en"] += f"{how[0]} through this run's weights with another activation."
        told["ko"] += f"활성화 함수만 바꾼 이 학습의 가중치에 {how[1]}."
    else:
        told["en"] += "each layer gets what this run sent there."
        told["ko"] += "층마다 이 학습에서 들어온 값을 넣는다."
    return told[language]


def draw_function(ax: Axes, function: Function, look: Style) -> Artists:
    """A function and its derivative, broken where it jumps."""
    z = np.linspace(-REACH, REACH, 401)
    slope = function.slope(z)
    for jump in function.jumps:
        slope[np.abs(z - jump) < 1e-9] = np.nan
    artists: Artists = {}
    (artists[f"function/{function.key}"],) = ax.plot(
        z, function(z), color=look.color("function"), linewidth=1.8
    )
    (artists[f"slope/{function.key}"],) = ax.plot(
        z, slope, color=look.color("tangent"), linewidth=1.1, linestyle=(0, (3, 1.2))
    )
    ax.set_ylim(*((-130, 90) if function.key == "raw" else (-1.4, 2.6)))
    ax.set_yticks([-100, 0] if function.key == "raw" else [-1, 0, 1, 2])
    ax.set_xticks([-3, 0, 3])
    if narrow():
        ax.set_xticks([0])
        ax.set_yticks([0] if function.key == "raw" else [0, 1])
        ax.set_xlabel(NAMES[function.key])
        return artists
    artists[f"name/{function.key}"] = ax.text(
        0.96 if function.key == "raw" else 0.04,  # where no line is
        0.97,
        NAMES[function.key],
        fontweight="semibold",
        ha="right" if function.key == "raw" else "left",
        va="top",
        transform=ax.transAxes,
    )
    return artists


def draw_spread(ax: Axes, passage: Passage, key: str, look: Style) -> Artists:
    """Values recorded before the first activation, and what it makes of them, as shares."""
    before = (passage.standardised if key == "scaled" else passage.z).ravel()
    after = (passage.a if key == passage.key else passage.outputs(key)).ravel()
    artists: Artists = {}
    for name, values, role, filled in (
        ("before", before, "muted", True),
        ("after", after, "function", False),
    ):
        counts, edges = np.histogram(values, BINS)
        shares = counts / counts.max()
        artists[f"{name}/{key}"] = ax.stairs(
            shares,
            edges,
            fill=filled,
            color=look.color(role),
            alpha=0.5 if filled else 1.0,
            linewidth=1.2,
            linestyle="-",
        )
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=4)
    if narrow():
        ax.set_xticks([0])
    return artists


def draw_sizes(ax: Axes, flow: Flow, look: Style) -> Artists:
    """Root mean squares before and after each activation layer; where nothing was carried on, the line is broken."""
    count = min(len(flow.passages), LAYERS)
    x: NDArray[np.float64] = np.arange(2 * count, dtype=float)
    artists: Artists = {}
    labels = []
    for key in KEYS:
        size = flow.sizes(key)[: 2 * count]
        shown = np.where(size < CEILING, np.maximum(size, FLOOR), np.nan)
        role, marker, dashes = LOOKS[key]
        drawn_x, drawn = (x, shown) if flow.carried else (_broken(x), _broken(shown))
        (artists[f"size/{key}"],) = ax.plot(
            drawn_x,
            drawn,
            color=look.color(role),
            marker=marker,
            linestyle=dashes,
            markerfacecolor=look.color(role if key == flow.own else "background"),
            clip_on=False,
        )
        if len(known := np.flatnonzero(np.isfinite(shown))):
            labels.append(EndLabel(NAMES[key], x[known[-1]], shown[known[-1]], look.color(role)))
    ax.set_yscale("log")
    ax.minorticks_off()
    names = [name for p in flow.passages[:count] for name in (p.source, p.name)]
    ax.set_xticks(x, [name if len(name) <= 12 else f"…{name[-11:]}" for name in names])
    if len(names) > 8:
        ax.tick_params(axis="x", labelrotation=30)
    kept = "" if count == len(flow.passages) else f" ({count}/{len(flow.passages)})"
    # Not as the label of the axis: that would be aligned with the panels below, beyond the sheet.
    told = look.choose(en="size (rms) of each layer’s output", ko="층마다 나오는 값의 크기 (rms)")
    ax.text(0.02, 0.95, told, va="top", color=look.color("muted"), transform=ax.transAxes)
    ax.set_xlabel(
        look.choose(en="layer  (filled: recorded, hollow: computed)", ko="층  (채움: 기록, 비움: 계산)")
        + kept
    )
    at_the_end(ax, labels)
    return artists


def narrow() -> bool:
    """Whether five panels side by side have room for a tick each only."""
    size = current().size
    return size is not None and size.narrow


def _broken(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A gap after each pair."""
    return np.asarray(np.insert(values, np.arange(2, len(values), 2), np.nan))


def main() -> None:
    """``python scripts/activation.py TRACE`` does what ``derivviz figure activation --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
