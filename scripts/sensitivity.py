"""What the network looks at · 신경망이 보는 곳

How much the predicted class's logit changes with each pixel, before and after training; how strongly the
logits depend on each layer; and how they change on the way from one picture to another.

예측한 클래스의 로짓이 픽셀마다 얼마나 민감한지 학습 전후로 보이고, 로짓이 층마다 얼마나 크게 달라지는지,
한 그림에서 다른 그림으로 가는 길에서 어떻게 변하는지 보인다.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from derivviz.calculus.score import KOREAN
from derivviz.figures import (
    Artists,
    EndLabel,
    Motion,
    Style,
    at_the_end,
    check,
    current,
    grid,
    growing,
    in_words,
    sheet,
)
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT
from derivviz.trace import MissingSeriesError, Sensitivity, Trace
from derivviz.trace.sensitivity import coarse

requires = ("sensitivity/saliency",)

SIZE = (160 * MILLIMETRE, 165 * MILLIMETRE)
SHOWN = 0  # of the probe inputs, which is shown
BRIGHTEST = (
    99.0  # percentile of a map that is drawn at full strength: a single pixel must not darken the rest
)
CELLS = 56  # along the longer side of a map, so many that the eye sees more than specks
DECADE = 10.0  # largest over smallest norm, from where their axis is logarithmic
NAMED = 6  # classes and layers, at the most


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "sensitivity")
    found = trace.sensitivity
    with sheet(ax, language, SIZE) as (look, ax):
        maps = maps_of(found)
        if picture_of(trace) is None or found.saliency.ndim != 4:
            left, right = grid(ax, 1, 2)[0]
            artists: Artists = {}
        else:
            above, below = (row[0] for row in grid(ax, 2, 1, heights=(1.75, 1)))
            artists = draw_maps(above, trace, found, maps, look)
            left, right = grid(below, 1, 2)[0]
        artists |= draw_jacobians(left, found, look) | draw_path(right, trace, found, look)
        if not maps or "picture/0" not in artists:
            left.set_title(look.choose(en="Sensitivity", ko="민감도"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """What was found at each look, one after the other."""
    found, look = trace.sensitivity, current()
    last = len(found.steps) - 1
    maps = {
        artists[f"{name}/{last}"]: [
            (cells, reach(cells, name)) for cells in (coarse(m, CELLS) for m in values[:, SHOWN])
        ]
        for name, values in maps_of(found).items()
        if f"{name}/{last}" in artists
    }
    told = [row_name(trace, found, row, look) for row in range(last + 1)]
    norms = np.array(list(norms_of(found, "").values()))  # (layer, look)
    slopes = {
        line: found.path.slope[:, :, int(name[6:])]
        for name, line in artists.items()
        if name.startswith("slope/")
    }
    moving = [*maps, *slopes, artists[f"jacobian/{last}"]]
    moving += [artists[f"name/{last}"]] if f"name/{last}" in artists else []

    def show(step: float) -> None:
        row = int(np.searchsorted(found.steps, step, side="right")) - 1
        for picture, looks in maps.items():
            picture.set_data(looks[row][0])
            picture.set_clim(*looks[row][1])
        for line, slope in slopes.items():
            line.set_ydata(slope[row])
        artists[f"jacobian/{last}"].set_ydata(norms[:, row])
        if f"name/{last}" in artists:
            artists[f"name/{last}"].set_text(told[row])

    return growing(found.steps, {}).joined(moving, show)


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    found = trace.sensitivity
    norms = {
        name: float(values[-1, SHOWN])
        for name, values in found.jacobian_norm.items()
        if np.isfinite(values[-1, SHOWN])
    }
    if not norms:
        return {"en": "No finite norm was measured.", "ko": "유한한 노름이 측정되지 않았다."}[language]
    top, low = (pick(norms, key=lambda name: norms[name]) for pick in (max, min))
    return {
        "en": f"After step {found.steps[-1]} the logits depend most strongly on {top} (norm of the Jacobian "
        f"{in_words(norms[top])}) and least on {low} ({in_words(norms[low])}).",
        "ko": f"스텝 {found.steps[-1]} 뒤에 로짓은 {top}에 가장 민감하고(야코비 행렬의 노름 {in_words(norms[top])}) "
        f"{low}에 가장 둔감하다({in_words(norms[low])}).",
    }[language]


def maps_of(found: Sensitivity) -> dict[str, NDArray[np.float32]]:
    """The maps that were measured, (row, probe, y, x), by name."""
    maps = {}
    for name in ("saliency", "integrated_gradients", "smooth_grad"):
        try:
            maps[name] = getattr(found, name)
        except MissingSeriesError:  # without Captum
            continue
    return maps


def picture_of(trace: Trace) -> NDArray[np.uint8] | None:
    """The probe input that is shown, if it is a picture."""
    try:
        return np.asarray(trace.probe.input_image[SHOWN])
    except MissingSeriesError:
        return None


def draw_maps(
    ax: Axes, trace: Trace, found: Sensitivity, maps: dict[str, NDArray[np.float32]], look: Style
) -> Artists:
    """The picture, and what its pixels do to the logit: a row of the first look, and one of the last."""
    heads = {
        "picture": look.choose(en="picture", ko="그림"),
        "saliency": look.choose(en="|gradient|", ko="|기울기|"),
        "integrated_gradients": look.choose(en="integrated gradients", ko="적분 기울기"),
        "smooth_grad": "SmoothGrad",
    }
    rows = [0, len(found.steps) - 1] if len(found.steps) > 1 else [0]
    panels = grid(ax, len(rows), 1 + len(maps))
    artists: Artists = {}
    for row, line in zip(rows, panels, strict=True):
        picture = picture_of(trace)
        assert picture is not None
        artists[f"picture/{row}"] = line[0].imshow(picture)
        for name, panel in zip(maps, line[1:], strict=True):
            artists[f"{name}/{row}"] = draw_map(panel, maps[name][row, SHOWN], name, look)
        for panel in line:
            panel.set_xticks([])
            panel.set_yticks([])
            panel.grid(visible=False)
            panel.spines[:].set_visible(False)
        artists[f"name/{row}"] = line[0].annotate(
            row_name(trace, found, row, look),
            (0.5, 0),
            xycoords="axes fraction",
            xytext=(0, -5),
            textcoords="offset points",
            ha="center",
            va="top",
            size=SMALL,
        )
    if "integrated_gradients" in maps:
        signs = panels[-1][1 + list(maps).index("integrated_gradients")]
        for at, align, role, told in (
            (0.46, "right", "positive", look.choose(en="■ raises it", ko="■ 높임")),
            (0.54, "left", "negative", look.choose(en="■ lowers it", ko="■ 낮춤")),
        ):
            signs.annotate(
                told,
                (at, 0),
                xycoords="axes fraction",
                xytext=(0, -5),
                textcoords="offset points",
                ha=align,
                va="top",
                size=SMALL,
                color=look.legible(look.color(role)),
            )
    for panel, name in zip(panels[0], ("picture", *maps), strict=True):
        panel.annotate(
            heads[name],
            (0.5, 1),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            size=SMALL,
        )
    panels[0][0].set_title(look.choose(en="What the network looks at", ko="신경망이 보는 곳"), pad=18)
    return artists


def row_name(trace: Trace, found: Sensitivity, row: int, look: Style) -> str:
    """When it was, what the network took the picture for, and how sure it was."""
    step, target = int(found.steps[row]), int(found.target[row, SHOWN])
    logits = found.output[row, SHOWN].astype(np.float64)
    with np.errstate(all="ignore"):
        likely = np.exp(logits - logits.max())
        sure = float(likely[target] / likely.sum())
    name = class_name(trace, target, look)
    when = look.choose(en=f"before step {step}", ko=f"스텝 {step} 이전")
    if step <= trace.steps[0]:
        when = look.choose(en="before training", ko="학습 전")
    elif step > trace.steps[-1]:
        when = look.choose(en="trained", ko="학습 후")
    return f"{when}\n{name}, p = {sure:.2f}" if np.isfinite(sure) else f"{when}\nNaN"


def class_name(trace: Trace, number: int, look: Style) -> str:
    """The name of a class, or its number where the run did not tell names."""
    classes = trace.attrs.get("classes")
    name = str(classes[number]) if isinstance(classes, list) and number < len(classes) else str(number)
    return look.choose(en=name, ko=KOREAN.get(name, name))


def draw_map(ax: Axes, values: NDArray[np.float32], name: str, look: Style) -> Any:
    """A map from its faintest to its strongest, in means over cells; of integrated gradients, for and against."""
    values = coarse(values, CELLS)
    low, most = reach(values, name)
    ground = look.color("background")
    if name == "integrated_gradients":
        stops = [look.color("negative"), ground, look.color("positive")]
        colors = LinearSegmentedColormap.from_list("for and against", stops)
    else:
        colors = LinearSegmentedColormap.from_list("gradient", [ground, look.color("tangent")])
    colors = colors.with_extremes(bad=look.color("grid"))
    drawn = ax.imshow(values, cmap=colors, vmin=low, vmax=most, interpolation="nearest")
    if not np.isfinite(values).any():
        ax.annotate("NaN", (0.5, 0.5), xycoords="axes fraction", ha="center", color=look.color("muted"))
    return drawn


def reach(values: NDArray[np.float32], name: str) -> tuple[float, float]:
    """Values that a map is drawn between; those of integrated gradients lie around 0."""
    finite = np.abs(values[np.isfinite(values)])
    least, most = np.percentile(finite, (100 - BRIGHTEST, BRIGHTEST)) if len(finite) else (0.0, 1.0)
    most = most if most > least else least + 1
    return float(-most if name == "integrated_gradients" else least), float(most)


def norms_of(found: Sensitivity, entry: str) -> dict[str, NDArray[np.float64]]:
    """The norms at each look, of the input and of layers; of many, some spread over all."""
    norms = {
        entry: found.input_norm[:, SHOWN],
        **{name: values[:, SHOWN] for name, values in found.jacobian_norm.items()},
    }
    names = list(norms)
    if len(norms) > NAMED + 2:
        names = [names[n] for n in np.linspace(0, len(names) - 1, NAMED + 2).round().astype(int)]
    return {
        name: np.where(np.isfinite(norms[name]) & (norms[name] > 0), norms[name], np.nan) for name in names
    }


def draw_jacobians(ax: Axes, found: Sensitivity, look: Style) -> Artists:
    """How far the logits move when a layer's output does, at the first look and at the last."""
    heading(ax, look.choose(en="Sensitivity to each layer's output", ko="층 출력에 대한 민감도"))
    norms = norms_of(found, look.choose(en="input", ko="입력"))
    where = np.arange(len(norms))
    artists: Artists = {}
    ends = [(0, look.choose(en="before training", ko="학습 전"), "o", "muted", ":")]
    if len(found.steps) > 1:
        ends.append((-1, look.choose(en="after", ko="학습 후"), "s", "tangent", "-"))
    for row, told, marker, role, dashes in ends:
        (artists[f"jacobian/{row % len(found.steps)}"],) = ax.plot(
            where,
            [values[row] for values in norms.values()],
            color=look.color(role),
            marker=marker,
            linestyle=dashes,
            label=told,
        )
    drawn = np.concatenate([np.asarray(line.get_ydata()) for line in ax.lines])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) and drawn.max() > DECADE * drawn.min():
        ax.set_yscale("log")
        ax.minorticks_off()
    else:
        ax.set_ylim(bottom=0)
    ax.set_xticks(where, list(norms), rotation=40, ha="right", rotation_mode="anchor")
    ax.grid(axis="x", visible=False)
    ax.set_ylabel(look.choose(en="norm of ∂logits/∂output", ko="∂로짓/∂출력의 노름"))
    ax.legend(loc="best", frameon=False, fontsize=SMALL, handlelength=1.6)
    return artists


def draw_path(ax: Axes, trace: Trace, found: Sensitivity, look: Style) -> Artists:
    """The slope of each class's logit on the straight way from the first picture to the second, at the end."""
    heading(
        ax,
        look.choose(en="On the way from one picture to another", ko="한 그림에서 다른 그림으로 가는 길"),
    )
    try:
        line = found.path
    except MissingSeriesError:
        ax.set_xticks([])
        ax.set_yticks([])
        told = look.choose(en="not measured", ko="측정하지 않음")
        note = ax.annotate(told, (0.5, 0.5), xycoords="axes fraction", ha="center", color=look.color("muted"))
        return {"path/none": note}
    slopes = line.slope[-1]
    reach = np.nan_to_num(np.abs(slopes)).max(axis=0)
    chosen = sorted(np.argsort(-reach, kind="stable")[:NAMED].tolist())
    artists: Artists = {"path/zero": ax.axhline(0, color=look.color("axis"), linewidth=0.8, zorder=1.5)}
    labels = []
    for n, (c, color) in enumerate(zip(chosen, look.shades("tangent", len(chosen)), strict=True)):
        (artists[f"slope/{c}"],) = ax.plot(
            line.t, slopes[:, c], color=color, marker="osD^vP"[n % 6], markevery=(2 * n, 12), markersize=3.5
        )
        if np.isfinite(slopes[-1, c]):
            labels.append(
                EndLabel(class_name(trace, c, look), float(line.t[-1]), float(slopes[-1, c]), color)
            )
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1])
    ax.set_ylim(*ax.get_ylim())
    ax.set_xlabel(look.choose(en="t: 0 first picture, 1 second", ko="t: 0 첫째 그림, 1 둘째 그림"))
    ax.set_ylabel(look.choose(en="slope of the logit, d logit / dt", ko="로짓의 기울기, d 로짓 / dt"))
    at_the_end(ax, labels)
    return artists


def heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def main() -> None:
    """``python scripts/sensitivity.py TRACE`` does what ``derivviz figure sensitivity --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
