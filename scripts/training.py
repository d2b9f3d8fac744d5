"""A whole run on one page · 학습 전체를 한 장에

Loss and accuracy, the gradient and the step of each layer, first and last filters and maps, and the answers to
held-out examples; of a long run, every extreme is drawn.

손실과 정확도, 층별 그래디언트와 스텝, 처음과 마지막의 필터와 특징 맵, 검증 데이터에 대한 답을 보인다. 긴 학습에서도
극값은 빠짐없이 그린다.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from derivviz.calculus.score import KOREAN
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
    in_words,
    page,
    sheet,
)
from derivviz.figures.looks import bare, composed, draw_looks
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT
from derivviz.trace import Trace, training
from derivviz.trace.thinning import band, kept, stretches
from derivviz.trace.training import Curve, Layer, Looks

requires = ("time",)  # of any recorded run

SIZE = (160 * MILLIMETRE, 185 * MILLIMETRE)
COLUMNS = 600  # stretches of the run that are told apart
MEANS = 40  # stretches of a mean
NAMED = 6  # layers, at the most, that are drawn
WRITTEN = 10  # classes, at the most, that are named, and whose counts are written
SEMIBOLD: Any = {"textcoords": "offset points", "size": TEXT, "weight": "semibold"}
LOG_BEYOND = 100.0  # largest over middle loss, from where its axis is logarithmic
Array = NDArray[np.float64]


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "training")
    known = [[part for part in row if part[0](trace)] for row in PARTS]
    rows, pictures = [row for row in known if row], known[-1]
    if not rows:
        raise DerivvizError(
            f"the trace {trace.path} has no loss, no gradients, no snapshots and no answers to draw: "
            "'derivviz record food' records one that has, and so does recorder.log(loss=…) in your own loop"
        )
    with sheet(ax, language, (SIZE[0], SIZE[1] * (0.1 + 0.3 * len(rows)))) as (look, ax):
        artists: Artists = {}
        places = [line[0] for line in grid(ax, len(rows), 1)]
        panels = [
            grid(place, 1, len(row), pictures=row is pictures)[0]
            for place, row in zip(places, rows, strict=True)
        ]
        for row, line in zip(rows, panels, strict=True):
            for (_, draw_part), panel in zip(row, line, strict=True):
                artists |= draw_part(panel, trace, look)
        if look.size and look.size.narrow:  # one below the other, they have one axis of steps
            curves = [
                panel for row, line in zip(rows, panels, strict=True) if row is not pictures for panel in line
            ]
            for panel in curves[:-1]:
                panel.set_xlabel("")
        first = panels[0][0]
        heading = first.get_title(loc="left")  # its place takes the title of all
        first.annotate(heading, (0, 1), xycoords="axes fraction", xytext=(0, 6), **SEMIBOLD)
        first.set_title(look.choose(en="A whole run", ko="학습 전체"), pad=24)
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The curves grow, and pictures and answers are those of the step."""
    along = growing(trace.steps, artists, still=("guessing", "weights/*", "maps/*", "answers*"))
    weights, maps, answers = training.weights(trace), training.maps(trace), training.answers(trace)
    changing: list[tuple[str, Looks]] = [
        (name, seen) for name, seen in (("weights", weights), ("maps", maps)) if seen is not None
    ]
    ground = str(to_hex(page(artists, "training").get_facecolor()))
    pictures = {name: [composed(seen, n, ground) for n in range(len(seen.steps))] for name, seen in changing}
    shares = None if answers is None else [share(counts) for counts in answers.counts]
    written = {name: artist for name, artist in artists.items() if name.startswith("answers/")}

    def show(step: float) -> None:
        done = step + 1
        for name, seen in changing:
            artists[f"{name}/last"].set_data(pictures[name][seen.at(done)])  # type: ignore[attr-defined]
        if answers is None or shares is None:
            return
        n = answers.at(done)
        artists["answers"].set_data(shares[n] if n is not None else 0 * shares[0])  # type: ignore[attr-defined]
        for name, text in written.items():
            row, column = (int(part) for part in name.split("/")[1:])
            count = int(answers.counts[n][row, column]) if n is not None else 0
            text.set_text(str(count) if count else "")  # type: ignore[attr-defined]

    moving = [artists[f"{name}/last"] for name, _ in changing] + list(written.values())
    if answers is not None:
        moving.append(artists["answers"])
    return along.joined(moving, show)


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    count = len(trace.steps)
    told = {"en": [f"{count:,} recorded steps."], "ko": [f"기록된 스텝은 {count:,}개이다."]}
    if (loss := training.curve(trace, "loss")) is not None:
        finite = np.flatnonzero(np.isfinite(loss.values))
        first, last, worst = (
            in_words(float(loss.values[n]))
            for n in (finite[0], finite[-1], finite[loss.values[finite].argmax()])
        )
        at = int(loss.steps[finite[loss.values[finite].argmax()]])
        told["en"].append(f"The loss goes from {first} to {last}; the largest is {worst}, at step {at:,}.")
        told["ko"].append(f"손실은 {first}에서 {last}이 되었고, 가장 큰 값은 스텝 {at:,}의 {worst}이다.")
    sized = [
        layer for layer in training.layers(trace) if middle(layer.gradient) > 0 and middle(layer.update) > 0
    ]
    if len(sized) > 1:
        long = max(sized, key=lambda layer: middle(layer.gradient))
        far = max(sized, key=lambda layer: middle(layer.update))
        told["en"].append(
            f"{long.name} has the longest gradients, and {far.name} the longest steps for its size."
        )
        told["ko"].append(
            f"그래디언트가 가장 긴 층은 {long.name}, 크기에 비해 가장 멀리 움직이는 층은 {far.name}이다."
        )
    if (right := training.held_out(trace)) is not None:
        told["en"].append(f"In the end {right.values[-1]:.0%} of the held-out examples are told right.")
        told["ko"].append(f"마지막에 검증 데이터의 {right.values[-1]:.0%}를 맞힌다.")
    return " ".join(told[language])


# ---- curves ---------------------------------------------------------------------------------------------


def draw_loss(ax: Axes, trace: Trace, look: Style) -> Artists:
    """The loss of each step, with its extremes, and its mean over stretches."""
    loss = training.curve(trace, "loss")
    assert loss is not None
    many = len(loss.values) > MEANS
    pale = look.shades("loss", 2)[0] if many else look.color("loss")
    steps, values = thinned(loss)
    if values.min() > 0 and values.max() > LOG_BEYOND * np.median(values):
        ax.set_yscale("log")
        ax.minorticks_off()
    artists: Artists = {}
    (artists["loss"],) = ax.plot(steps, values, color=pale, linewidth=0.7 if many else 1.6)
    labels = [EndLabel(look.choose(en="each step", ko="스텝마다"), steps[-1], values[-1], pale)]
    if many:
        where, means = mean(loss)
        (artists["loss/mean"],) = ax.plot(where, means, color=look.color("loss"), linewidth=2)
        labels.append(EndLabel(look.choose(en="mean", ko="평균"), where[-1], means[-1], look.color("loss")))
    name = loss.name.replace("_", " ")
    _finish(ax, trace, look.choose(en=name, ko="손실" if name == "loss" else name), labels, look)
    return artists


def draw_accuracy(ax: Axes, trace: Trace, look: Style) -> Artists:
    """The share told right, in training as means of stretches, and of held-out examples."""
    right, held_out, answers = (
        training.curve(trace, "accuracy"),
        training.held_out(trace),
        training.answers(trace),
    )
    artists: Artists = {}
    labels = []
    if right is not None:
        where, means = mean(right)
        (artists["accuracy"],) = ax.plot(where, means, color=look.color("muted"), linestyle=(0, (3, 1.5)))
        labels.append(
            EndLabel(look.choose(en="training", ko="학습"), where[-1], means[-1], look.color("muted"))
        )
    if held_out is not None:
        steps, values = thinned(held_out)
        (artists["held_out"],) = ax.plot(steps, values, color=look.color("positive"), linewidth=2)
        name = look.choose(en="held out", ko="검증")
        labels.append(EndLabel(name, steps[-1], values[-1], look.color("positive")))
    if answers is not None:
        chance = 1 / answers.counts.shape[1]
        artists["guessing"] = ax.axhline(chance, color=look.color("muted"), linewidth=0.9, linestyle=":")
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylim(0, 1.05)
    _finish(ax, trace, look.choose(en="share told right", ko="맞힌 비율"), labels, look)
    return artists


def draw_sizes(ax: Axes, trace: Trace, look: Style, kind: str, role: str, heading: str) -> Artists:
    """A line a layer through the medians of stretches, and a band from the least to the greatest of each."""
    layers = shown(training.layers(trace))
    names = training.short([layer.name for layer in layers])
    edges = stretches(len(trace.steps), COLUMNS // 4)
    where = trace.steps[edges[1:] - 1]
    artists: Artists = {}
    labels = []
    ax.set_yscale("log")
    ax.minorticks_off()
    for n, (layer, name, color) in enumerate(zip(layers, names, look.shades(role, len(layers)), strict=True)):
        values = np.asarray(getattr(layer, kind), float)
        found = band(np.where(values > 0, values, np.nan), edges)
        known = np.isfinite(found.middle)
        if not known.any():
            continue
        (artists[f"{kind}/{layer.name}"],) = ax.plot(
            where, found.middle, color=color, marker="osD^vP"[n % 6], markevery=(n * 4, max(len(where) // 4, 1)),
            markersize=3.5,
        )  # fmt: skip
        artists[f"{kind}/{layer.name}/range"] = ax.fill_between(
            where, found.low, found.high, color=color, alpha=0.22, linewidth=0
        )
        last = int(np.flatnonzero(known)[-1])
        labels.append(EndLabel(name, float(where[last]), float(found.middle[last]), color))
    count = len(training.layers(trace))
    if len(layers) < count:
        heading += look.choose(en=f" ({len(layers)} of {count})", ko=f" ({count}개 중 {len(layers)}개)")
    _finish(ax, trace, heading, labels, look)
    return artists


def _finish(ax: Axes, trace: Trace, heading: str, labels: list[EndLabel], look: Style) -> None:
    ax.set_title(heading, fontsize=TEXT, fontweight="semibold", pad=6)
    ax.set_xlim(trace.steps[0], max(trace.steps[-1], trace.steps[0] + 1))
    ax.locator_params(axis="x", nbins=4)
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    ax.set_ylim(*ax.get_ylim())
    at_the_end(ax, labels)


# ---- pictures -------------------------------------------------------------------------------------------


def draw_answers(ax: Axes, trace: Trace, look: Style) -> Artists:
    """Truth against answer at the end, coloured by the share of each truth."""
    answers = training.answers(trace)
    assert answers is not None
    counts = answers.counts[-1]
    classes = trace.attrs.get("classes")
    known = isinstance(classes, list) and len(classes) == len(counts)
    names = [str(classes[n]) if known else str(n) for n in range(len(counts))]  # type: ignore[index]
    colors = LinearSegmentedColormap.from_list("share", [look.color("background"), look.color("positive")])
    artists: Artists = {}
    artists["answers"] = ax.imshow(share(counts), cmap=colors, vmin=0, vmax=1.6, interpolation="nearest")
    ax.set_title(
        look.choose(en="confusion matrix", ko="혼동 행렬"),
        fontsize=TEXT,
        fontweight="semibold",
        pad=6,
        loc="center",
    )
    bare(ax)
    if len(counts) <= WRITTEN:
        told = [look.choose(en=name, ko=KOREAN.get(name, name)) for name in names]
        short = [name if len(name) <= 10 else f"{name[:9]}…" for name in told]
        ax.set_xticks(range(len(counts)), short, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(counts)), short)
        for row, column in np.ndindex(*counts.shape):
            text = str(counts[row, column]) if counts[row, column] else ""
            artists[f"answers/{row}/{column}"] = ax.text(
                column, row, text, ha="center", va="center", size=SMALL
            )
    ax.set_xlabel(look.choose(en="answer", ko="답"))
    ax.set_ylabel(look.choose(en="truth", ko="정답"))
    return artists


# ---- numbers --------------------------------------------------------------------------------------------


def thinned(curve: Curve) -> tuple[Array, Array]:
    """A curve in `COLUMNS` columns, with the first, the least, the greatest and the last value of each."""
    rows = kept(curve.values, stretches(len(curve.values), COLUMNS))
    return np.asarray(curve.steps[rows], float), curve.values[rows]


def mean(curve: Curve) -> tuple[Array, Array]:
    """The means of `MEANS` equal stretches of a curve, each where its stretch ends."""
    made = []
    for start, end in pairwise(stretches(len(curve.values), MEANS)):
        finite = np.isfinite(curve.values[start:end])
        if finite.any():
            made.append((curve.steps[start:end][finite][-1], curve.values[start:end][finite].mean()))
    where, means = np.array(made, float).T
    return where, means


def shown(layers: list[Layer]) -> list[Layer]:
    """As many layers as can be told apart, from the first to the last."""
    chosen = np.linspace(0, len(layers) - 1, min(NAMED, len(layers))).round().astype(int)
    return [layers[n] for n in chosen]


def middle(values: Array) -> float:
    """The median of the finite ones; 0 where there is none."""
    return float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else 0.0


def share(counts: Array) -> Array:
    """Of each truth, the share that got each answer."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def sizes(kind: str, role: str, en: str, ko: str) -> Draw:
    """What draws the gradients or the steps of all layers."""
    return lambda ax, trace, look: draw_sizes(ax, trace, look, kind, role, look.choose(en=en, ko=ko))


def looks(name: str) -> Draw:
    """What draws the weights or the maps."""
    return lambda ax, trace, look: draw_looks(ax, getattr(training, name)(trace), name, look)


Draw = Callable[[Axes, Trace, Style], Artists]
PARTS: tuple[tuple[tuple[Callable[[Trace], object], Draw], ...], ...] = (
    (
        (lambda trace: training.curve(trace, "loss"), draw_loss),
        (lambda trace: training.curve(trace, "accuracy") or training.answers(trace), draw_accuracy),
    ),
    (
        (
            training.layers,
            sizes("gradient", "tangent", "gradient by layer, ‖∂L/∂w‖", "층별 그래디언트, ‖∂L/∂w‖"),
        ),
        (
            training.layers,
            sizes("update", "parameter", "step for its size, ‖Δw‖/‖w‖", "크기에 대한 스텝, ‖Δw‖/‖w‖"),
        ),
    ),
    ((training.weights, looks("weights")), (training.maps, looks("maps")), (training.answers, draw_answers)),
)


def main() -> None:
    """``python scripts/training.py TRACE`` does what ``derivviz figure training --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
