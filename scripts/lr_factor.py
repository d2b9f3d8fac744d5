"""What f′ does to the learning rate · f′이 학습률에 미치는 영향

The factor 1 + |f′(m)|/20 on the step of each parameter tensor, where m is the tensor's mean: the rule,
where on it the parameters of a run walk, what they get at every step, and the way of one weight with and
without it.

파라미터 텐서의 평균 m이 정하는 스텝 배율 1 + |f′(m)|/20: 배율의 곡선, 학습 중에 평균이 그 위를
움직인 자리, 학습 스텝마다 파라미터가 받은 배율, 배율이 있을 때와 없을 때 가중치 하나가 지나는 길을 보인다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from derivviz.calculus import cubic
from derivviz.errors import DerivvizError
from derivviz.figures import (
    Artists,
    EndLabel,
    Motion,
    Style,
    at_the_end,
    check,
    grid,
    growing,
    put,
    sheet,
)
from derivviz.figures.style import MILLIMETRE, TEXT
from derivviz.trace import Trace
from derivviz.trace.lr_factor import Weight, factor, read_walks, read_weight

requires = ("lr_factor/*", "param/*/mean")

SIZE = (160 * MILLIMETRE, 125 * MILLIMETRE)
TALLER = (160 * MILLIMETRE, 170 * MILLIMETRE)  # with the way of a weight
NAMED = 8  # parameters, at the most, that are named; of more, those whose factor moves the most
MARKERS = "osD^vP"  # by layer, so that layers differ in grey
DASHES = {"weight": "-", "bias": (0, (2.2, 1.2))}
UPDATE = "w <- w + {{(1 + abs(f'({{m : mean}})) / 20) : slope}} thin Delta w"
COLORS = {"slope": "tangent", "mean": "parameter"}


@dataclass(frozen=True)
class Walk:
    """A parameter tensor through the run: its mean and its factor [1] at each step, and how it is drawn."""

    name: str
    mean: NDArray[np.float64]
    factor: NDArray[np.float64]
    color: str
    marker: str
    dashes: object


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "lr_factor")
    if all((trace[key] == 1).all() for key in trace if key.startswith("lr_factor/")):
        raise DerivvizError(
            "every factor of this run is 1: its optimizer was not wrapped in DerivativeFactor, so f′ moved no "
            "learning rate. A run where it does: derivviz record food"
        )
    weight = followed(trace)
    with sheet(ax, language, TALLER if weight else SIZE) as (look, ax):
        artists: Artists = {}
        heights = (1, 1.5) if weight is None else (1, 1.5, 1.2)
        (rule, words), (near, steps), *more = grid(ax, len(heights), 2, heights=heights, widths=(1, 1.25))
        if weight is not None:
            artists |= draw_moves(more[0][0], weight, look) | draw_ways(more[0][1], weight, look)
        walks = walks_of(trace, look)
        artists |= draw_steps(steps, trace, walks, look) | draw_walks(near, walks, look)
        near.sharey(steps)
        steps.tick_params(labelleft=False)
        artists |= draw_rule(rule, near.get_xlim(), look) | explain(words, look)
        rule.set_title(look.choose(en="What f′ does to the learning rate", ko="f′이 학습률에 미치는 영향"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The means walk on the curve, and the factors go with them."""
    still = ("rule*", "window*", "zeros", "update*")
    return growing(trace.steps, artists, still=still, in_order=("walk/*",))


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    factors = {
        key.partition("/")[2]: trace[key][np.isfinite(trace[key])]
        for key in trace
        if key.startswith("lr_factor/")
    }
    reach = {name: np.ptp(values) for name, values in factors.items() if len(values)}
    widest = max(reach, key=lambda name: reach[name])
    low = min(values.min() for values in factors.values() if len(values))
    high = max(values.max() for values in factors.values() if len(values))
    first, last = factors[widest][0], factors[widest][-1]
    told = {
        "en": f"The factors of {len(reach)} parameter tensors lie between {low:.3f} and {high:.3f}. That of "
        f"{widest} moves the most, from {first:.3f} to {last:.3f} over {len(trace.steps)} steps.",
        "ko": f"파라미터 텐서 {len(reach)}개의 배율은 {low:.3f}에서 {high:.3f} 사이에 있다. 가장 많이 움직인 것은 "
        f"{widest}이며, 처음에 {first:.3f}이던 배율이 {len(trace.steps)}스텝 뒤에는 {last:.3f}이다.",
    }
    if (weight := followed(trace)) is not None:
        constant, (with_it, without, alike) = float(weight.factor.mean()), ways(weight)
        times = abs(with_it[-1] - with_it[0]) / abs(without[-1] - without[0])
        apart = np.abs(alike - with_it).max() / np.ptp(with_it)
        told["en"] += (
            f" A weight of {weight.parameter} ends {times:.2f} times as far from its start as without the factor; "
            f"with the constant {constant:.2f} instead it is never farther off than {apart:.1%} of its way."
        )
        told["ko"] += (
            f" {weight.parameter}의 한 가중치는 배율이 없을 때보다 {times:.2f}배 멀리 간다. 대신 늘 {constant:.2f}를 "
            f"곱해도 그 길에서 길이의 {apart:.1%} 넘게 벗어나지 않는다."
        )
    return told[language]


def followed(trace: Trace) -> Weight | None:
    """The weight whose way is drawn; None where the trace follows none that moved."""
    try:
        return read_weight(trace, read_walks(trace))
    except DerivvizError:
        return None


def ways(weight: Weight) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Its values as recorded, with the same steps but no factor, and with the mean factor in each."""
    return weight.recorded, weight.path(), weight.path(float(weight.factor.mean()))


def walks_of(trace: Trace, look: Style) -> list[Walk]:
    """The parameters whose factor was recorded, in the model's order; a shade and a marker each layer."""
    factors = {key.partition("/")[2]: trace[key] for key in trace if key.startswith("lr_factor/")}
    names = [n for n, values in factors.items() if f"param/{n}/mean" in trace and np.isfinite(values).any()]
    if len(names) > NAMED:
        reach = {name: np.nanmax(factors[name]) - np.nanmin(factors[name]) for name in names}
        widest = sorted(names, key=lambda name: -reach[name])[:NAMED]
        names = [name for name in names if name in widest]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
    shades = look.shades("parameter", len(layers))
    walks = []
    for name in names:
        layer, _, leaf = name.rpartition(".")
        n = layers.index(layer)
        dashes = DASHES.get(leaf, (0, (1, 1)))
        mean = trace[f"param/{name}/mean"]
        walks.append(Walk(name, mean, factors[name], shades[n], MARKERS[n % len(MARKERS)], dashes))
    return walks


def draw_rule(ax: Axes, window: tuple[float, float], look: Style) -> Artists:
    """The whole rule, and broadly on it the stretch of m that the panel below magnifies."""
    ends = min(-4.2, window[0] - 0.5), max(2.2, window[1] + 0.5)
    mean, here = np.linspace(*ends, 800), np.linspace(*window, 100)
    artists: Artists = {}
    (artists["rule"],) = ax.plot(mean, factor(mean), color=look.color("tangent"), linewidth=2)
    middle, narrow = (window[0] + window[1]) / 2, window[1] - window[0] < (ends[1] - ends[0]) / 3
    (artists["window"],) = ax.plot(
        here, factor(here), color=look.color("parameter"), linewidth=7, zorder=3 if narrow else 1.5
    )
    if narrow:
        inwards = -22 if middle > cubic.DERIVATIVE_PEAK[0] else 22  # points
        artists["window/name"] = ax.annotate(
            look.choose(en="this run", ko="이 학습"),
            (middle, float(factor(np.array(middle)))),
            xytext=(inwards, -16),
            textcoords="offset points",
            ha="center",
            va="center",
            color=look.color("parameter"),
            arrowprops={"arrowstyle": "-", "color": look.color("parameter"), "linewidth": 0.6, "shrinkB": 4},
        )
    zeros = np.array(cubic.DERIVATIVE_ZEROS)
    (artists["zeros"],) = ax.plot(zeros, factor(zeros), "o:", color=look.color("tangent"), linewidth=1)
    put(ax, "f'(m) = 0", (zeros.mean(), 1), color="tangent", align=("center", "baseline"), offset=(0, 6))
    put(ax, "m", (1, 0), color="parameter", coords="axes fraction", align=("left", "center"), offset=(4, 0))
    ax.set_xlim(*ends)
    ax.set_xticks([*zeros, cubic.DERIVATIVE_PEAK[0]])
    ax.set_yticks([1, 1 + cubic.DERIVATIVE_PEAK[1] / 20])
    ax.grid(visible=False)
    ax.set_ylabel(look.choose(en="factor", ko="배율"))
    return artists


def explain(ax: Axes, look: Style) -> Artists:
    """What the factor is of, in a formula and three lines."""
    ax.set_axis_off()
    lines = (
        look.choose(
            en="$Delta w$: the step that the optimizer would take", ko="$Delta w$: 옵티마이저가 정한 스텝"
        ),
        look.choose(
            en="${{m : mean}}$: mean of all numbers in $w$", ko="${{m : mean}}$: $w$의 모든 값의 평균"
        ),
        look.choose(
            en="${{f'(x) = -6x^2 - 12x + 18 : slope}}$, so $m = 0$ gives 1.9",
            ko="${{f'(x) = -6x^2 - 12x + 18 : slope}}$, $m = 0$이면 1.9",
        ),
    )
    artists: Artists = {
        "update": put(ax, UPDATE, (0.06, 0.72), size=15, colors=COLORS, coords="axes fraction")
    }
    for n, line in enumerate(lines):
        at = (0.06, 0.40 - 0.18 * n)
        artists[f"update/{n}"] = put(ax, line, at, colors=COLORS, math=False, coords="axes fraction")
    return artists


def draw_walks(ax: Axes, walks: list[Walk], look: Style) -> Artists:
    """The rule where the parameters are, and each one's mean walking on it, from hollow to filled marker."""
    left, right = padded(np.concatenate([walk.mean for walk in walks]), 0.01)
    mean = np.linspace(left, right, 400)
    artists: Artists = {}
    (artists["rule/near"],) = ax.plot(
        mean, factor(mean), color=look.color("tangent"), linewidth=1, zorder=1.5
    )
    # Walks lie on one another: the later the narrower, so that each can be seen.
    for walk, width in zip(walks, np.linspace(3.6, 1.2, len(walks)), strict=True):
        (artists[f"walk/{walk.name}"],) = ax.plot(
            walk.mean,
            walk.factor,
            color=walk.color,
            linewidth=width,
            marker=walk.marker,
            markevery=[last(walk.factor)],
        )
        ax.plot(
            walk.mean[:1],
            walk.factor[:1],
            walk.marker,
            color=walk.color,
            markerfacecolor=look.color("background"),
        )
    ax.set_xlim(left, right)
    ax.locator_params(axis="x", nbins=4)
    heading(ax, look.choose(en="The means walk on the curve …", ko="평균은 곡선 위를 움직이고 …"))
    ax.set_xlabel(
        look.choose(en="mean m  (○ first step, ● last step)", ko="평균 m  (○ 첫 스텝, ● 마지막 스텝)")
    )
    ax.set_ylabel(look.choose(en="factor", ko="배율"))
    return artists


def draw_steps(ax: Axes, trace: Trace, walks: list[Walk], look: Style) -> Artists:
    """The factor of each parameter at every step, named where it ends."""
    artists: Artists = {}
    labels = []
    stride = max(len(trace.steps) // 4, 1)
    for n, walk in enumerate(walks):
        (artists[f"factor/{walk.name}"],) = ax.plot(
            trace.steps,
            walk.factor,
            color=walk.color,
            linestyle=walk.dashes,
            marker=walk.marker,
            markevery=(n * stride // len(walks), stride),
            markersize=3.5,
            clip_on=False,
        )
        end = last(walk.factor)
        labels.append(EndLabel(walk.name, trace.steps[end], walk.factor[end], walk.color))
    ax.set_xlim(trace.steps[0], max(trace.steps[-1], trace.steps[0] + 1))
    ax.set_ylim(*padded(np.concatenate([walk.factor for walk in walks]), 0.006))
    heading(ax, look.choose(en="… and set the factor of each step", ko="… 그에 따라 스텝의 배율이 정해진다"))
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    at_the_end(ax, labels)
    return artists


def draw_moves(ax: Axes, weight: Weight, look: Style) -> Artists:
    """Each step of one weight, as recorded and without its factor."""
    artists: Artists = {}
    looks = (
        ("move/recorded", weight.update, "parameter", "-", 1.4),
        ("move/without", weight.bare, "ink", (0, (2, 1)), 0.9),
    )
    for key, moves, role, dashes, width in looks:
        (artists[key],) = ax.plot(
            weight.steps, moves, color=look.color(role), linestyle=dashes, linewidth=width
        )
    ax.set_xlim(weight.steps[0], max(weight.steps[-1], weight.steps[0] + 1))
    name = weight.parameter if len(weight.parameter) <= 16 else f"…{weight.parameter[-15:]}"
    heading(ax, look.choose(en=f"Steps of a weight of {name}", ko=f"{name}의 가중치 하나: 스텝"))
    ax.set_xlabel(look.choose(en="training step  (dashed: no factor)", ko="학습 스텝  (점선: 배율 없이)"))
    return artists


def draw_ways(ax: Axes, weight: Weight, look: Style) -> Artists:
    """One weight through the run: as recorded, without the factor, and with a constant one."""
    steps = np.append(weight.steps, weight.steps[-1] + 1)
    looks = (
        ("way/recorded", look.choose(en="recorded", ko="기록"), "parameter", "-", 3.2),
        ("way/without", look.choose(en="no factor", ko="배율 없이"), "muted", (0, (3, 1.2)), 1.4),
        ("way/constant", f"× {weight.factor.mean():.2f}", "ink", (0, (1, 1.6)), 1.2),
    )
    artists: Artists = {}
    labels = []
    for (key, name, role, dashes, width), way in zip(looks, ways(weight), strict=True):
        (artists[key],) = ax.plot(steps, way, color=look.color(role), linestyle=dashes, linewidth=width)
        labels.append(EndLabel(name, steps[-1], way[-1], look.color(role)))
    ax.set_xlim(steps[0], steps[-1])
    heading(ax, look.choose(en="… and where they lead it", ko="… 그리고 가중치가 간 길"))
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    at_the_end(ax, labels)
    return artists


def heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def last(values: NDArray[np.float64]) -> int:
    """Where the last finite value is."""
    return int(np.flatnonzero(np.isfinite(values))[-1])


def padded(values: NDArray[np.float64], least: float) -> tuple[float, float]:
    """Limits around the finite values, at least `least` apart, so that rounding never fills a panel."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = max((high - low) * 0.08, (least - (high - low)) / 2)
    return low - room, high + room


def main() -> None:
    """``python scripts/lr_factor.py TRACE`` does what ``derivviz figure lr_factor --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
