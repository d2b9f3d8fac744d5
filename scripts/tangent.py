"""From secant to tangent · 할선에서 접선으로

A curve, secants through P that close in on the tangent, and the table of their slopes from both sides.

곡선과 점 P, 접선에 다가가는 할선들, 그리고 양쪽에서 구한 할선의 기울기 표를 그린다.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from derivviz.calculus.difference import difference_quotient
from derivviz.calculus.differentiability import Point, look_at
from derivviz.calculus.expression import Expression
from derivviz.calculus.secants import breaks, complaint, step_to, view
from derivviz.figures import Artists, Style, grid, put, sheet
from derivviz.look.breaking import extent
from derivviz.look.equations import line_markup, number_markup
from derivviz.look.math import typst_math
from derivviz.look.numerals import digits_apart, plain, printed, short
from derivviz.look.point_words import NAMES, verdict
from derivviz.parameters import parameter

Array = NDArray[np.float64]
SECANTS = (1.0, 0.5, 0.25)  # shares of the first distance at which secants are drawn
ROWS = (1.0, 0.25, 1 / 40, 1 / 4_000_000)  # shares that the table has rows for
DASHES: tuple[float, Sequence[float]] = (0, (5, 2.5))
LONGEST = 18  # signs of a slope that is printed with all its digits
WIDEST = 26.0  # em of the formula above the curve


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("x**2 + 2*x + 1", "The function of x")
    at: float = parameter(1.0, "x of the point P that stays", minimum=-1e6, maximum=1e6)
    start: float | None = parameter(
        None, "x of the farthest second point Q", flag="from", minimum=-1e8, maximum=1e8
    )


def at_point(function: Expression, at: float, start: float | None) -> tuple[Point, float]:
    """The function at P, and the distance to the farthest Q."""
    point = look_at(function, at, toward=-1 if start is not None and start < at else 1)
    return point, step_to(point, start)


def caption(*, function: Expression, at: float, start: float | None = None, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    point, h = at_point(function, at, start)
    x, y, slope = plain(at), plain(float(point.y)), plain(float(difference_quotient(point, at, h)))
    ends = {
        "en": f"{function.text} at P({x}, {y}). The secant to Q at x = {plain(at + h)} has the slope {slope}.",
        "ko": f"P({x}, {y})에서 {function.text}. x = {plain(at + h)}인 Q까지 그은 할선의 기울기는 {slope}이다.",
    }
    if point.slope is not None:
        m = plain(float(point.slope))
        limit = {
            "en": f"The slope of the tangent, the limit, is {m}.",
            "ko": f"극한인 접선의 기울기는 {m}이다.",
        }
        return f"{ends[language]} {limit[language]}"
    return " ".join([ends[language], *(told[language] for told in verdict(point))])  # type: ignore[literal-required]


def draw(
    function: Expression,
    at: float,
    start: float | None = None,
    *,
    ax: Axes | None = None,
    language: str = "en",
) -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    point, h = at_point(function, at, start)
    with sheet(ax, language) as (look, ax):
        ((left, right),) = grid(ax, 1, 2, widths=(1.45, 1))
        artists = draw_curve(left, point, h, look) | draw_table(right, point, h, look)
        written = f"y = {typst_math(function)}"
        wide, high = extent(written)
        size = 9 * min(1.0, WIDEST / wide)
        left.set_title(
            look.choose(en="From secant to tangent", ko="할선에서 접선으로"), pad=max(26.0, size * high + 14)
        )
        put(
            left,
            written,
            (0, 1),
            size=size,
            color="function",
            align=("left", "bottom"),
            coords="axes fraction",
            offset=(0, 7),
        )
    return artists


def draw_curve(ax: Axes, point: Point, h: float, look: Style) -> Artists:
    """The curve, some secants, and the tangent, or the half-tangents that there are instead."""
    (x0, x1), (y0, y1) = view(point, h)
    a, y = float(point.x), float(point.y)
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    artists: Artists = {}
    xs, ys = sampled(point, (x0, x1), (y0, y1))
    (artists["function"],) = ax.plot(xs, ys, color=look.color("function"), linewidth=3)
    for share in SECANTS:
        step = h * share
        slope = float(difference_quotient(point, a, step))
        (artists[f"secant/{plain(step)}"],) = ax.plot(
            [x0, x1],
            [y + slope * (x0 - a), y + slope * (x1 - a)],
            color=look.color("secant"),
            linewidth=1.1,
            linestyle=DASHES,
        )
        (artists[f"Q/{plain(step)}"],) = ax.plot(
            a + step,
            point(a + step),
            "o",
            color=look.color("ink"),
            markerfacecolor=look.color("background"),
            zorder=4,
        )
    for name, line in tangents(point, (y0, y1), (x0, x1)):
        (artists[name],) = ax.plot(*line, color=look.color("tangent"), linewidth=1.4, zorder=3)
    for side in (point.left, point.right):
        if point.kind == "jump" and side is not None and side.value.is_finite and side.value != point.y:
            (artists["open end"],) = ax.plot(
                a,
                float(side.value),
                "o",
                color=look.color("function"),
                markerfacecolor=look.color("background"),
            )
    (artists["P"],) = ax.plot(a, y, "o", color=look.color("ink"), zorder=5)
    rising = float(difference_quotient(point, a, h)) >= 0
    for name, x in (("P", a), ("Q", a + h)):
        put(
            ax,
            name,
            (x, float(point(x))),
            align=("right" if rising else "left", "bottom"),
            offset=(-6 if rising else 6, 4),
        )
    names = {"secant": look.choose(en="secants", ko="할선")}
    kind = look.choose(en="tangent", ko="접선") if point.kind in ("smooth", "vertical") else None
    if any(name.startswith("tangent") for name in artists):
        names["tangent"] = kind or look.choose(en="half-tangents", ko="한쪽에서의 접선")
    handles = [
        Line2D([], [], color=look.color(role), linewidth=1.4, linestyle=DASHES if role == "secant" else "-")
        for role in names
    ]
    ax.legend(
        handles, [*names.values()], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False
    )
    ax.set_xlabel("x", style="italic")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda tick, _: plain(tick, 8)))
    return artists


def sampled(point: Point, x_range: tuple[float, float], y_range: tuple[float, float]) -> tuple[Array, Array]:
    """The curve in many points, with a gap wherever it breaks off."""
    x = np.linspace(*x_range, 4001)
    y = np.asarray(point(x), float)
    height = y_range[1] - y_range[0]
    for n, where in sorted(breaks(point, x, y, height).items(), reverse=True):
        x, y = np.insert(x, n, where), np.insert(y, n, np.nan)
    return x, np.clip(y, y_range[0] - height, y_range[1] + height)


def tangents(
    point: Point, y_range: tuple[float, float], x_range: tuple[float, float]
) -> Iterator[tuple[str, tuple[list[float], list[float]]]]:
    """The tangent through the whole picture, or one line for each side that has one."""
    a, y = float(point.x), float(point.y)
    if point.slope is not None:
        m = float(point.slope)
        yield "tangent", ([x_range[0], x_range[1]], [y + m * (x - a) for x in x_range])
    elif point.kind == "vertical":
        yield "tangent", ([a, a], [*y_range])
    elif point.kind in ("corner", "cusp", "end"):
        for side, m, end in zip(("left", "right"), point.slopes(), x_range, strict=True):
            if math.isfinite(m):
                yield f"tangent/{side}", ([a, end], [y, y + m * (end - a)])
            elif math.isinf(m):
                yield f"tangent/{side}", ([a, a], [y, y_range[(m > 0) == (side == "right")]])


def draw_table(ax: Axes, point: Point, h: float, look: Style) -> Artists:
    """x of Q and the slope of the secant, far away first, from both sides with P between; and what follows."""
    ax.set_axis_off()
    a = float(point.x)
    rows = [(step, "secant") for step in (h * share for share in ROWS)]
    mirror = [(-step, "secant") for step, _ in reversed(rows) if complaint(point, -step) is None]
    artists: Artists = {}
    column, top, pitch = 0.52, 0.97, 0.068

    def write(name: str, markup: str, x: float, row: float, color: str = "ink", math: bool = True) -> None:
        artists[name] = put(
            ax, markup, (x, top - pitch * row), size=8.5, color=color, math=math, coords="axes fraction"
        )

    write("head/x", look.choose(en="$x$ of $Q$", ko="$Q$의 $x$"), 0, 0, "muted", math=False)
    write("head/slope", look.choose(en="slope of $P Q$", ko="$P Q$의 기울기"), column, 0, "muted", math=False)
    row = 1.1
    for step, _ in [*rows, (0.0, ""), *mirror]:
        if step == 0:
            if not mirror:
                continue
            markup = number_markup(point.slope)[0] if point.slope is not None else "—"
            write("row/P", f"{short(a, 6)}", 0, row)
            write("slope/P", markup if markup != "—" else '"—"', column, row, "tangent")
        else:
            exact = float(difference_quotient(point, a, step)) + 0.0  # no −0
            slope = repr(exact).removesuffix(".0")
            slope = slope if len(slope) <= LONGEST else f"{exact:.10g}"
            write(f"row/{plain(step)}", short(a + step, digits_apart(a, a + step)), 0, row)
            write(f"slope/{plain(step)}", printed(slope), column, row, look.legible(look.color("secant")))
        row += 1
    row += 0.9
    for name, markup, color, is_math in conclusions(point, look):
        write(name, markup, 0, row, color, is_math)
        row += 1.25 if "frac" not in markup else 2.0
    return artists


def conclusions(point: Point, look: Style) -> Iterator[tuple[str, str, str, bool]]:
    """The derivative and the tangent's equation; or the limits from both sides and what kind of point it is."""
    a = short(float(point.x), 6)
    if point.slope is not None:
        markup, sign = number_markup(point.slope)
        yield "derivative", f"f'({a}) {sign} {markup}", "tangent", True
        yield "equation", line_markup(point.slope, point.y - point.slope * point.x), "tangent", True
        return
    for name, way, side, slope in zip(
        ("left", "right"), "-+", (point.left, point.right), point.slopes(), strict=True
    ):
        if side is None:
            ends = f': thick "{look.choose(en="no curve", ko="곡선이 없다")}"'
        elif math.isnan(slope):
            ends = f': thick "{look.choose(en="no limit", ko="극한이 없다")}"'
        else:
            ends = " ".join(reversed(number_markup(side.slope)))
        yield f"limit/{name}", f"lim_(h -> 0^{way}) frac(Delta y, Delta x) {ends}", "tangent", True
    if point.kind == "vertical":
        yield "equation", f"x = {a}", "tangent", True
    told = NAMES[point.kind]
    yield "kind", look.choose(en=told["en"], ko=told["ko"]), "ink", False


def main() -> None:
    """``python scripts/tangent.py``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
