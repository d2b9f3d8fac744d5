"""Polynomial regression · 다항식 회귀

A polynomial learns to pass by points: its curve and its coefficients from step to step, and what each
degree would do with the same points, those it learns from and those it is tested on, with a ridge and without.

점을 따라가도록 학습하는 다항식의 곡선과 계수를 스텝별로 그리고, 같은 점에서 차수마다 학습 오차와 테스트 오차가
어떻게 달라지는지, 릿지를 더하면 어떻게 되는지 보인다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from derivviz.calculus.polynomial import best_ridge, least_squares, typical_miss
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
from derivviz.figures.style import TEXT
from derivviz.trace import MissingSeriesError, Trace

requires = ("param/coefficients/mean", "loss")
recorded_by = "polynomial"

DEGREES = range(10)
CURVES = 4  # of the curve on its way, the first and the last among them
DIVERGED = 1e4  # a coefficient beyond it takes a logarithmic axis
LEGEND = {
    "loc": "lower right",
    "bbox_to_anchor": (1.0, 1.0),
    "ncols": 3,
    "frameon": False,
    "handlelength": 1.2,
}
MARKERS = "osD^vPX*"
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "polynomial_regression", recorded_by)
    if "least_squares" not in trace.attrs:
        raise MissingSeriesError(
            f"The trace {trace.path} has no points of a polynomial regression. Record one with "
            "'derivviz record polynomial', then type "
            "'derivviz figure polynomial_regression --trace renders/polynomial.zarr'."
        )
    with sheet(ax, language) as (look, ax):
        (curve,), (below,) = grid(ax, 2, 1, heights=(1, 1.6))
        ((way, degrees),) = grid(below, 1, 2, widths=(1.2, 1))
        artists = draw_curve(curve, trace, look)
        artists |= draw_coefficients(way, trace, look) | draw_degrees(degrees, trace, look)
        curve.set_title(look.choose(en="Polynomial regression", ko="다항식 회귀"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The curve learns, its coefficients grow, and the curves of earlier steps stay behind."""
    x, target, _, _ = points_of(trace)
    coefficients, positions = trace.sampled("param/coefficients")
    if len(positions) < len(trace.attrs["least_squares"]):  # too many to be recorded at every step
        steps = trace.snapshot_steps
        found = [np.asarray(trace.snapshot(int(step)).param["coefficients"], float) for step in steps]
        coefficients = np.array(found)
    else:
        steps = trace.steps
    *earlier, last = sorted(
        (int(name[6:]), line) for name, line in artists.items() if name.startswith("curve/")
    )
    curve, errors = last[1], artists["error"]
    everywhere, end = curve.get_data()
    left = errors.get_segments()

    def show(step: float) -> None:
        for begins, line in earlier:
            line.set_visible(begins <= step)
        done = step >= trace.steps[-1]
        now = coefficients[int(np.searchsorted(steps, step, side="right")) - 1]
        curve.set_ydata(end if done else polyval(everywhere, now))
        errors.set_segments(
            left if done else np.dstack([np.stack([x, x], 1), np.stack([polyval(x, now), target], 1)])
        )

    still = ("curve/*", "error", "learnt", "test", "*/best", "*_error", "ridge*")
    return growing(trace.steps, artists, still=still).joined(
        [*(line for _, line in earlier), curve, errors], show
    )


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    x, target, test_x, test_target = points_of(trace)
    best = np.array(trace.attrs["least_squares"], float)
    last = np.asarray(trace.snapshot(int(trace.snapshot_steps[-1])).param["coefficients"], float)
    degree, steps = len(best) - 1, len(trace.steps)
    told = {
        "en": [f"A polynomial of degree {degree} learns from {len(x)} points in {steps} steps."],
        "ko": [f"{degree}차 다항식이 점 {len(x)}개에서 {steps}스텝 동안 학습한다."],
    }
    loss = trace["loss"]
    if not loss[-1] <= loss[0]:  # NaN too
        rate, stable = (in_words(float(trace.attrs[key])) for key in ("learning_rate", "largest_stable_rate"))
        told["en"].append(f"It diverges: the learning rate is {rate}, and could be {stable} at most.")
        told["ko"].append(f"학습률 {rate}, 한계 {stable}: 발산한다.")
    else:
        far = in_words(float(np.abs(last - best).max()))
        told["en"].append(f"At the end its coefficients are within {far} of least squares.")
        told["ko"].append(f"마지막 계수와 최소제곱해의 차이는 {far} 이하이다.")
    if len(test_x):
        degrees, _, tested, held = errors_by_degree(trace)
        low = int(np.argmin(tested))
        ends = [in_words(error) for error in (tested[low], tested[-1], held[-1])]
        ridge = in_words(best_ridge(x, target, test_x, test_target, degrees[-1]))
        told["en"].append(
            f"By least squares, the mean squared error on {len(test_x)} other points is least at degree "
            f"{degrees[low]}, {ends[0]}; at degree {degrees[-1]} it is {ends[1]}, "
            f"and {ends[2]} with a ridge of {ridge}."
        )
        told["ko"].append(
            f"최소제곱해에서 다른 점 {len(test_x)}개의 평균 제곱 오차는 {degrees[low]}차에서 {ends[0]}, 가장 작다. "
            f"{degrees[-1]}차에서는 {ends[1]}, 릿지 {ridge}에서는 {ends[2]}."
        )
    return " ".join(told[language])


def draw_curve(ax: Axes, trace: Trace, look: Style) -> Artists:
    """The points, the curve at a few snapshots, and the errors u_j that the last of them leaves."""
    x, target, test_x, test_target = points_of(trace)
    steps = trace.snapshot_steps
    chosen = steps[np.unique(np.geomspace(1, len(steps), CURVES).astype(int)) - 1]
    curves = {
        int(step): np.asarray(trace.snapshot(int(step)).param["coefficients"], float) for step in chosen
    }
    curves = {step: a for step, a in curves.items() if np.isfinite(a).all()}
    everywhere = np.linspace(x.min(), x.max(), 300)
    limits = around(np.concatenate([target, test_target]))
    artists: Artists = {}
    labels = []
    for step, shade in zip(curves, look.shades("function", len(curves)), strict=True):
        y = polyval(everywhere, curves[step])
        last = step == max(curves)
        (artists[f"curve/{step}"],) = ax.plot(
            everywhere, y, color=shade, linewidth=2 if last else 1.2, linestyle="-" if last else (0, (4, 2))
        )
        end = float(np.clip(y[-1], *limits))  # a run that diverges leaves the sheet
        labels.append(EndLabel(look.choose(en=f"step {step}", ko=f"스텝 {step}"), x.max(), end, shade))
    artists["error"] = ax.vlines(
        x, polyval(x, curves[max(curves)]), target, color=look.color("loss"), linewidth=1.6
    )
    (artists["learnt"],) = ax.plot(
        x, target, "o", color=look.color("ink"), markersize=4.5, clip_on=False, zorder=3
    )
    named = {
        "learnt": look.choose(en="learnt from", ko="학습 점"),
        "error": look.choose(en="error", ko="오차"),
    }
    if len(test_x):
        (artists["test"],) = ax.plot(
            test_x, test_target, "x", color=look.color("positive"), markersize=3.5, clip_on=False
        )
        named["test"] = look.choose(en="tested on", ko="테스트 점")
    ax.set_xlim(x.min(), x.max())
    ax.set_ylim(*limits)
    ax.set_xlabel("x", style="italic")
    ax.legend([artists[name] for name in named], list(named.values()), **LEGEND)
    at_the_end(ax, labels)
    return artists


def draw_coefficients(ax: Axes, trace: Trace, look: Style) -> Artists:
    """Each coefficient at every step, on its way to the one of least squares, which is dotted."""
    values, positions = trace.sampled("param/coefficients")
    best = np.array(trace.attrs["least_squares"])[positions]
    finite = np.where(np.isfinite(values), values, np.nan)
    ends = [float(column[np.isfinite(column)][-1]) for column in finite.T]
    artists: Artists = {}
    labels = []
    seen = trace.steps[np.isfinite(finite).any(axis=1)]  # all, but where it diverged
    stride = max(len(seen) // 4, 1)
    for n, shade in enumerate(look.shades("parameter", len(positions))):
        (artists[f"a_{positions[n]}"],) = ax.plot(
            trace.steps,
            finite[:, n],
            color=shade,
            marker=MARKERS[n % len(MARKERS)],
            markevery=(n * stride // len(positions), stride),
            markersize=3.5,
        )
        artists[f"a_{positions[n]}/best"] = ax.axhline(best[n], color=shade, linestyle=":", linewidth=1)
        labels.append(EndLabel(f"a{str(positions[n]).translate(LOWERED)}", seen[-1], ends[n], shade))
    ax.set_xlim(seen[0], max(seen[-1], seen[0] + 1))
    if (largest := np.nanmax(np.abs(finite))) > DIVERGED:
        top = 10.0 ** np.floor(np.log10(largest))
        ax.set_yscale("symlog", linthresh=1)
        ax.set_yticks([-top, 0, top])
    ax.set_ylim(*around(finite[np.isfinite(finite)]))  # what it has still far to go to may lie beyond
    shown, all_of_them = len(positions), len(trace.attrs["least_squares"])
    some = (
        (f", {shown} of {all_of_them}", f" {all_of_them}개 중 {shown}개") if shown < all_of_them else ("", "")
    )
    told = look.choose(
        en=f"Coefficients{some[0]} (dotted: least squares)", ko=f"계수{some[1]} (점선: 최소제곱해)"
    )
    heading(ax, told)
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    at_the_end(ax, labels)
    return artists


def draw_degrees(ax: Axes, trace: Trace, look: Style) -> Artists:
    """What least squares of each degree misses, of the points it learns from and of the others, and with a ridge."""
    degrees, learnt, test, held = errors_by_degree(trace)
    artists: Artists = {}
    looks = {
        "learnt_error": (learnt, "loss", (0, (3, 1.5)), "o", look.choose(en="learnt", ko="학습")),
        "test_error": (test, "positive", "-", "s", look.choose(en="tested", ko="테스트")),
        "ridge_error": (held, "positive", (0, (1, 1.2)), "^", look.choose(en="with ridge", ko="릿지")),
    }
    labels = []
    ax.set_yscale("log")
    shown = [error for error in (*learnt, *test, *held) if error > 0] or [1.0]
    least = min(test, default=max(shown))
    low = max(min(shown), least / 30)  # a curve through every point errs by rounding alone, far below
    ax.set_ylim(low / 1.5, 2 * max(max(shown), low))
    for name, (errors, role, dashes, marker, text) in looks.items():
        if not errors:
            continue
        (artists[name],) = ax.plot(
            degrees, errors, color=look.color(role), linestyle=dashes, marker=marker, markersize=3.5
        )
        labels.append(EndLabel(text, degrees[-1], max(errors[-1], low), look.color(role)))
    ax.minorticks_off()
    ax.set_xlim(degrees[0], max(degrees[-1], 1))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    heading(ax, look.choose(en="Squared error of each degree", ko="차수별 제곱 오차"))
    ax.set_xlabel(look.choose(en="degree", ko="차수"))
    at_the_end(ax, labels)
    return artists


def errors_by_degree(trace: Trace) -> tuple[list[int], list[float], list[float], list[float]]:
    """Degrees, and mean squared errors of least squares: of the points learnt from, of those to test on, with a ridge.

    The ridge is the one that does best at the highest degree. Where there are no points to test on, the last two
    are empty.
    """
    x, target, test_x, test_target = points_of(trace)
    degrees = [degree for degree in DEGREES if degree < len(np.unique(x))]
    fits = [least_squares(x, target, degree) for degree in degrees]
    learnt = [typical_miss(x, target, a) ** 2 for a in fits]
    if not len(test_x):
        return degrees, learnt, [], []
    ridge = best_ridge(x, target, test_x, test_target, degrees[-1])
    held = [least_squares(x, target, degree, ridge) for degree in degrees]
    tested = [[typical_miss(test_x, test_target, a) ** 2 for a in some] for some in (fits, held)]
    return degrees, learnt, tested[0], tested[1]


def points_of(trace: Trace) -> tuple[NDArray[np.float64], ...]:
    """x and t of the points to learn from, and of those to test on."""
    return tuple(np.array(trace.attrs[name], float) for name in ("x", "target", "test_x", "test_target"))


def around(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits with some room around the values."""
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def main() -> None:
    """``python scripts/polynomial_regression.py TRACE``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
