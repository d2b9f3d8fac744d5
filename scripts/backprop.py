"""The gradient on its way back · 거꾸로 흐르는 그래디언트

How large the gradient is at each layer of the network, in the first, an early and the last snapshot of
the run; beside it, how each sample of one batch pulls on one weight, which adds up to its gradient.

신경망의 층마다 그래디언트가 얼마나 큰지를 처음과 초기, 마지막 스냅샷에서 보이고, 그 옆에 배치의 샘플이
저마다 가중치 하나를 당기는 정도를 보인다. 그 합이 그 가중치의 그래디언트이다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import Artists, EndLabel, Motion, Style, at_the_end, grid, in_words, sheet
from derivviz.figures.labels import shortened
from derivviz.figures.motion import STEP
from derivviz.figures.style import SMALL
from derivviz.trace import MissingSeriesError, Trace
from derivviz.trace.chain import Chain, read_chain
from derivviz.trace.choice import early
from derivviz.trace.depth import Depth, read_depth

requires = ("time",)  # of any recorded run

NAMED = 8  # layers, at the most, that are all named
MOST = 60  # snapshots, at the most, that an animated figure goes through
DASHES = ((0, (1, 1.5)), (0, (4, 1.5)), "-")
MARKERS = ("^", "s", "o")


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    found, chain = depths(trace), followed(trace)
    with sheet(ax, language) as (look, ax):
        panels = grid(ax, 1, 2, widths=(3, 2))[0] if chain is not None else [ax]
        artists = draw_depth(panels[0], found, look)
        panels[0].set_title(look.choose(en="The gradient on its way back", ko="거꾸로 흐르는 그래디언트"))
        if chain is not None:
            artists |= draw_shares(panels[1], chain, look)
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The gradient at each layer from snapshot to snapshot."""
    every = depths(trace, most=MOST)
    if len(every) < 2:
        raise DerivvizError(
            f"the trace {trace.path} has one snapshot, and an animated figure goes from one to the next: "
            "draw it as pdf, svg or png"
        )
    steps, line, name = (
        np.array([depth.step for depth in every], float),
        artists["depth/last"],
        artists["name/last"],
    )
    assert isinstance(name, Annotation)
    pattern = name.get_text().replace(str(every[-1].step), "{}")

    def show(step: float) -> None:
        depth = every[int(np.searchsorted(steps, step, side="right")) - 1]
        line.set_ydata(depth.sizes)  # type: ignore[attr-defined]
        name.set_text(pattern.format(depth.step))
        name.xy = (len(depth.sizes) - 1, depth.sizes[-1])

    return Motion(steps, (line, name), show, STEP)


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    depth = depths(trace)[-1]
    first, last, ratio = depth.names[0], depth.names[-1], in_words(depth.ratio)
    verdict = {
        "vanishing": ("it vanishes", "소실된다"),
        "exploding": ("it explodes", "폭발한다"),
        "steady": ("it neither vanishes nor explodes", "소실되지도 폭발하지도 않는다"),
    }[depth.verdict]
    told = {
        "en": [
            f"In step {depth.step} the gradient at {first} is {ratio} times that at {last}: {verdict[0]}, "
            f"and each layer multiplies it by {in_words(depth.factor)} on average."
        ],
        "ko": [
            f"스텝 {depth.step}에서 {first}의 그래디언트는 {last}의 {ratio}배로, {verdict[1]}. "
            f"층마다 평균 {in_words(depth.factor)}배가 된다."
        ],
    }
    chain = followed(trace)
    if chain is not None:
        product = " · ".join(in_words(each) for each in chain.factors)
        weight, count, batch = chain.weight, len(chain.shares), chain.link.batch
        own, whole = in_words(chain.product), in_words(chain.gradient)
        told["en"].append(
            f"In step {chain.step} sample {chain.sample} pulls on one weight of {weight} by {product} = {own}; "
            f"all {batch} samples together make {whole}."
        )
        told["ko"].append(
            f"스텝 {chain.step}에서 샘플 {chain.sample}은 {weight}의 가중치 하나를 {product} = {own}만큼 당기고, "
            f"샘플 {batch}개를 모두 더하면 {whole}이다."
        )
        if count < batch:
            told["en"].append(f"{count} of the samples were recorded one by one.")
            told["ko"].append(f"하나씩 기록된 샘플은 {count}개이다.")
    return " ".join(told[language])


def depths(trace: Trace, most: int = 3) -> list[Depth]:
    """The gradients by layer in so many snapshots, if they are of the same layers: the first, early ones, the last.

    Raises
    ------
    DerivvizError
        When there are no snapshots, or none with finite gradients of two layers.
    """
    steps = [int(step) for step in trace.snapshot_steps]
    middle = early(trace)
    chosen = sorted({steps[0], middle, steps[-1]})
    if most > len(chosen):
        chosen = [steps[n] for n in np.unique(np.linspace(0, len(steps) - 1, most).round().astype(int))]
    found: list[Depth] = []
    fault: DerivvizError | None = None
    for step in chosen:
        try:
            found.append(read_depth(trace, step))
        except DerivvizError as error:  # in a run that explodes the last gradients are no numbers
            fault = error
    if not found:
        assert fault is not None
        raise fault
    return [depth for depth in found if depth.names == found[0].names]


def followed(trace: Trace) -> Chain | None:
    """The weight that the lesson of the same name follows; None where the trace has no layer to follow."""
    try:
        return read_chain(trace)
    except (MissingSeriesError, UsageError):
        return None


def draw_depth(ax: Axes, found: list[Depth], look: Style) -> Artists:
    """The size of the gradient at each layer, a line for each snapshot."""
    artists: Artists = {}
    keys = ("first", "early", "last")[-len(found) :] if len(found) != 2 else ("first", "last")
    shades = look.shades("tangent", len(found))
    labels = []
    for key, depth, shade, dashes, marker in zip(
        keys, found, shades, DASHES[-len(found) :], MARKERS[-len(found) :], strict=True
    ):
        sizes = np.where(depth.sizes > 0, depth.sizes, np.nan)
        (artists[f"depth/{key}"],) = ax.plot(
            range(len(sizes)),
            sizes,
            color=shade,
            linestyle=dashes,
            marker=marker,
            markersize=4 if len(sizes) <= 30 else 0,
        )
        name = look.choose(en=f"step {depth.step}", ko=f"스텝 {depth.step}")
        labels.append(EndLabel(name, len(sizes) - 1, float(depth.sizes[-1]), shade))
    ax.set_yscale("log")
    every = np.concatenate([depth.sizes[depth.sizes > 0] for depth in found])
    ax.set_ylim(every.min() / 2.5, every.max() * 2.5)
    ax.minorticks_off()
    ax.grid(axis="x", visible=False)
    ax.set_xlim(-0.4, len(found[0].names) - 0.6)
    name_layers(ax, found[0], look)
    ax.set_ylabel(look.choose(en="size of the gradient ‖∂L/∂z‖", ko="그래디언트의 크기 ‖∂L/∂z‖"))
    for key, annotation in zip(keys, at_the_end(ax, labels), strict=True):
        artists[f"name/{key}"] = annotation
    return artists


def name_layers(ax: Axes, depth: Depth, look: Style) -> None:
    """The names of the layers below them, of many the first and the last."""
    count = len(depth.names)
    if count <= NAMED:
        ax.set_xticks(range(count), shortened(depth.names))
        if sum(len(name) for name in depth.names) > 34:
            ax.tick_params(axis="x", rotation=30)
            for label in ax.get_xticklabels():
                label.set_horizontalalignment("right")
    else:
        ax.set_xticks([0, count - 1], shortened([depth.names[0], depth.names[-1]]))
    ax.set_xlabel(look.choose(en="layer, from the input on", ko="층, 입력 쪽부터"))


def draw_shares(ax: Axes, chain: Chain, look: Style) -> Artists:
    """What each sample adds to the gradient of one weight, and that gradient."""
    values: NDArray[np.float64] = chain.shares
    places = np.arange(len(values))
    own = places == chain.sample
    artists: Artists = {}
    for key, rows, role in (("shares", ~own, "tangent"), ("share", own, "ink")):
        artists[key] = ax.vlines(
            places[rows],
            0,
            values[rows],
            color=look.color(role),
            linewidth=max(1.0, min(6.0, 90 / len(values))),
        )
    ax.axhline(0, color=look.color("axis"), linewidth=0.8)
    artists["gradient"] = ax.axhline(chain.gradient, color=look.color("tangent"), linestyle=(0, (3, 1.5)))
    ax.set_xlim(-0.8, len(values) - 0.2)
    low, high = min(values.min(), chain.gradient, 0.0), max(values.max(), chain.gradient, 0.0)
    room = 0.14 * (high - low or 1.0)
    ax.set_ylim(low - room, high + room)
    ax.grid(axis="x", visible=False)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)
    samples = {"en": "sample", "ko": "샘플"}
    if len(values) < chain.link.batch:
        samples["en"] += f" ({len(values)} of {chain.link.batch} recorded)"
        samples["ko"] += f" ({chain.link.batch}개 중 {len(values)}개 기록)"
    ax.set_xlabel(samples[look.language])
    ax.set_title(look.choose(en="Pulls on one weight", ko="가중치 하나를 당기는 정도"), size=SMALL + 1)
    ax.set_ylabel(look.choose(en="share of ∂L/∂w, ", ko="∂L/∂w의 몫, ") + shortened([chain.weight])[0])
    told = look.choose(en="sum", ko="합")
    at_the_end(ax, [EndLabel(told, len(values) - 0.2, chain.gradient, look.color("tangent"))])
    return artists


def main() -> None:
    """``python scripts/backprop.py TRACE``, which ``derivviz figure backprop --trace TRACE`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
