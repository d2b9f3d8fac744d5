"""The error of difference quotients · 차분의 오차

The error of the forward, backward and central difference against the step h, in float64 and in float32: what
the bend of the curve costs, what the digits cost, the best h, and where automatic differentiation ends up.

전진·후진·중앙차분의 오차를 h에 따라 float64와 float32에서 그린다. 절단 오차와 반올림 오차, 가장 좋은 h, 자동 미분의
오차를 함께 보인다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from derivviz.calculus import dual
from derivviz.calculus.expression import Expression
from derivviz.calculus.rounding import Errors, Precision, Way, derivatives, errors
from derivviz.errors import UsageError
from derivviz.figures import Artists, Style, in_words, put, sheet
from derivviz.figures.style import SMALL
from derivviz.look.math import typst_math
from derivviz.parameters import parameter

LEAST = 1e-17  # what is exact is drawn here, at the lower edge
CURVES: dict[str, tuple[Way, Precision, str, object, float]] = {
    "forward": ("forward", np.float64, "loss", "-", 1.6),
    "backward": ("backward", np.float64, "muted", (0, (1.2, 1.2)), 1.0),
    "central": ("central", np.float64, "positive", "-", 2.4),
    "forward32": ("forward", np.float32, "loss", (0, (4, 1.5)), 1.0),
    "central32": ("central", np.float32, "positive", (0, (4, 1.5)), 1.8),
}
MARKERS = {"forward": "o", "central": "D", "forward32": "s", "central32": "^"}
NAMES = {
    "forward": ("forward, float64", "전진, float64"),
    "backward": ("backward, float64", "후진, float64"),
    "central": ("central, float64", "중앙, float64"),
    "forward32": ("forward, float32", "전진, float32"),
    "central32": ("central, float32", "중앙, float32"),
}
LONGEST = 40  # signs of a function that stands above the axes


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("x*exp(x)", "The function of x")
    at: float = parameter(1.0, "The x where its derivative is sought", minimum=-1e4, maximum=1e4)


def caption(*, function: Expression, at: float, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    found = {name: relative(function, at, name) for name in ("forward", "central")}
    h = {name: in_words(float(e.h[e.best])) for name, e in found.items()}
    error = {name: in_words(float(e.error[e.best])) for name, e in found.items()}
    exact = in_words(automatic(function, at))
    if language == "ko":
        return (
            f"f(x) = {function.text}, x = {at:g}. 상대오차는 전진차분이 h = {h['forward']}에서 {error['forward']}, "
            f"중앙차분이 h = {h['central']}에서 {error['central']}로 가장 작다(float64). "
            f"자동 미분의 오차는 {exact}이다."
        )
    return (
        f"f(x) = {function.text} at x = {at:g}. In float64 the relative error is least at h = {h['forward']} for the "
        f"forward difference ({error['forward']}) and at h = {h['central']} for the central one "
        f"({error['central']}). That of automatic differentiation is {exact}."
    )


def draw(*, function: Expression, at: float, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    found = {name: relative(function, at, name) for name in CURVES}
    with sheet(ax, language) as (look, ax):
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(1e-16, 1)
        ax.set_ylim(LEAST, 1e2)
        artists = laws(ax, found, look)
        for name, result in found.items():
            artists |= curve(ax, name, result, look)
        exact = max(automatic(function, at), LEAST)
        artists["automatic"] = ax.axhline(exact, color=look.color("tangent"), linewidth=3.2, clip_on=False)
        ax.annotate(
            look.choose(en="dual numbers, reverse mode", ko="이원수, 역방향 모드"),
            (3e-15, exact), xytext=(0, 3), textcoords="offset points",
            color=look.legible(look.color("tangent")), size=SMALL,
        )  # fmt: skip
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(LogLocator(base=10, numticks=6, subs=(1.0,)))
            axis.set_minor_locator(NullLocator())
        ax.set_xlabel("h", style="italic")
        ax.set_ylabel(look.choose(en="relative error of the derivative", ko="미분계수의 상대오차"))
        drawn = [artists[name] for name in CURVES]
        names = [look.choose(en=en, ko=ko) for en, ko in NAMES.values()]
        ax.legend(
            drawn, names, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=SMALL,
            handlelength=2.2,
        )  # fmt: skip
        title = look.choose(en="The error of difference quotients", ko="차분의 오차")
        ax.set_title(title, pad=24)
        if len(function.text) <= LONGEST:
            told = f"f(x) = {typst_math(function)}, quad x = {at:g}".replace("-", "−")
            put(ax, told, (0.0, 1.0), coords="axes fraction", color="function", align=("left", "bottom"),
                offset=(0, 5))  # fmt: skip
    return artists


def relative(function: Expression, at: float, name: str) -> Errors:
    """The errors of one quotient, as shares of |f′(a)|."""
    way, precision, *_ = CURVES[name]
    found = errors(function, at, way, precision)
    if found.slope == 0:
        raise UsageError(
            f"{function.text} has the slope 0 at x = {at:g}, and no error is small beside that: choose another --at"
        )
    size = abs(found.slope)
    bend = None if found.truncation is None else found.truncation / size
    return Errors(found.h, found.error / size, found.slope, bend, found.rounding / size, found.order)


def automatic(function: Expression, at: float) -> float:
    """The relative error of the derivative by dual numbers."""
    true = derivatives(function, float(at))[1]
    return float(abs((dual.derivative(function, at).slope - true) / true))


def curve(ax: Axes, name: str, found: Errors, look: Style) -> Artists:
    """The errors of one quotient, and its best h."""
    _, _, role, dashes, width = CURVES[name]
    error = np.maximum(found.error, LEAST)
    artists: Artists = {}
    (artists[name],) = ax.plot(
        found.h, error, color=look.color(role), linestyle=dashes, linewidth=width, label=NAMES[name][0]
    )
    if name != "backward":
        (artists[f"{name}/best"],) = ax.plot(
            found.h[found.best], error[found.best], MARKERS[name],
            color=look.color(role), markeredgecolor=look.color("ink"), markersize=5.5, zorder=5,
        )  # fmt: skip
    return artists


def laws(ax: Axes, found: dict[str, Errors], look: Style) -> Artists:
    """What theory says of the errors in float64: C hᵖ and R/h, where they are not 0."""
    artists: Artists = {}
    ends = np.array([1e-16, 1.0])
    for key, size, power, told, x, place in (
        ("forward/truncation", found["forward"].truncation, 1, "prop h", 1e-11, "top"),
        ("central/truncation", found["central"].truncation, 2, "prop h^2", 10**-6.6, "top"),
        ("rounding", found["forward"].rounding, -1, "prop 1 \\/ h", 1e-13, "bottom"),
    ):
        if not size:
            continue
        (artists[key],) = ax.plot(
            ends, size * ends**power, color=look.color("ink"), linewidth=0.7, linestyle=":", zorder=1.5
        )
        if 10 * LEAST < size * x**power < 10:
            up = 2 if place == "bottom" else -1
            put(ax, told, (x, size * x**power), size=SMALL, align=("left", place), offset=(3, up))
    return artists


def main() -> None:
    """``python scripts/numerical_derivative.py`` does what ``derivviz figure numerical_derivative`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
