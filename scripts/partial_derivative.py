"""Partial derivatives · 편미분

The contour map of a function of two variables with the gradient at a point, the two slices through that point
with their slopes, and the slope in every direction, which is a cosine.

두 변수 함수의 등고선과 한 점에서의 기울기벡터, 그 점을 지나는 두 단면과 그 기울기, 그리고 방향에 따른
기울기가 그리는 코사인 곡선을 보인다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from derivviz.calculus.field import VARIABLES, Field, direction, heights, value_and_gradient
from derivviz.figures import Artists, Style, grid, put, sheet
from derivviz.figures.style import TEXT
from derivviz.look.math import typst_math
from derivviz.parameters import parameter

SAMPLES = 201
ARROW = 0.42  # of the reach: how long the gradient is drawn on the map
NAME_AWAY = 10.0  # points from P to the middle of its name
LONGEST = 46  # signs of a function that still stands beside the title


@dataclass(frozen=True)
class Parameters:
    function: Field = parameter("x^2 + x*y + 2*y^2", "The function of x and y")
    at_x: float = parameter(1.0, "x of the point P", minimum=-1000, maximum=1000)
    at_y: float = parameter(1.0, "y of the point P", minimum=-1000, maximum=1000)
    reach: float = parameter(2.0, "How far around P the map goes", minimum=0.05, maximum=1000)


def caption(*, function: Field, at_x: float, at_y: float, reach: float, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    z, slope = value_and_gradient(function, at_x, at_y)
    a, b, steepest = (f"{v:.4g}" for v in (*slope, np.hypot(*slope)))
    place = f"({at_x:g}, {at_y:g})"
    if language == "ko":
        return (
            f"f(x, y) = {function.text}. 점 P{place}에서 함숫값은 {z:.4g}, 편미분계수는 {a}와 {b}, "
            f"가장 큰 기울기는 기울기벡터의 크기 {steepest}이다."
        )
    return (
        f"f(x, y) = {function.text}. At P{place} its value is {z:.4g}, its slopes along x and y are {a} and {b}, "
        f"and its steepest slope, the length of the gradient, is {steepest}."
    )


def draw(
    *, function: Field, at_x: float, at_y: float, reach: float, ax: Axes | None = None, language: str = "en"
) -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    at = np.array([at_x, at_y])
    z, slope = value_and_gradient(function, *at)
    with sheet(ax, language) as (look, ax):
        ((map_ax, column),) = grid(ax, 1, 2, widths=(1.35, 1), below=(1, 1.7))
        panels = [row[0] for row in grid(column, 3, 1)]
        artists = draw_map(map_ax, function, at, reach, z, slope, look)
        for n, panel in enumerate(panels[:2]):
            artists |= draw_slice(panel, function, at, reach, n, slope[n], look)
        artists |= draw_directions(panels[2], slope, look)
        map_ax.set_title(look.choose(en="Partial derivatives", ko="편미분"))
        whole = f"f(x, y) = {typst_math(function.tree)}"
        if len(function.text) <= LONGEST:
            put(map_ax, whole, (0.0, 1.0), coords="axes fraction", color="function", align=("left", "bottom"),
                offset=(0, 4))  # fmt: skip
            map_ax.set_title(look.choose(en="Partial derivatives", ko="편미분"), pad=28)
    return artists


def draw_map(
    ax: Axes, f: Field, at: np.ndarray, reach: float, z: float, slope: np.ndarray, look: Style
) -> Artists:
    """Contour lines, the one through P strong, the gradient and its opposite."""
    x, y = (np.linspace(v - reach, v + reach, SAMPLES) for v in at)
    low, high = heights(f, (x[0], x[-1]), (y[0], y[-1]), z)
    values = np.ma.masked_invalid(f(*np.meshgrid(x, y)))
    step = float(np.diff(MaxNLocator(14).tick_values(low, high))[0])
    levels = z + step * np.arange(np.ceil((low - z) / step), np.floor((high - z) / step) + 1)
    shades = LinearSegmentedColormap.from_list("heights", [look.color("background"), look.color("function")])
    ax.contourf(
        x,
        y,
        values,
        [-np.inf, *levels, np.inf],
        colors=[shades(0.03 + 0.42 * t) for t in np.linspace(0, 1, len(levels) + 1)],
    )
    ax.contour(x, y, values, levels, colors=[shades(0.6)], linewidths=0.7, linestyles="solid")
    artists: Artists = {}
    steepest = float(np.hypot(*slope))
    if values.min() < z < values.max():
        artists["contour"] = ax.contour(
            x, y, values, [z], colors=[look.color("function")], linewidths=1.8, linestyles="solid"
        )
    if steepest:
        way = slope / steepest * ARROW * reach
        for key, sign, role, markup in (
            ("gradient", 1, "tangent", "nabla f"),
            ("downhill", -1, "parameter", "-nabla f"),
        ):
            artists[key] = ax.quiver(
                *at, *(sign * way), color=look.color(role), angles="xy", scale_units="xy", scale=1,
                width=0.012 if sign > 0 else 0.008, zorder=4,
            )  # fmt: skip
            put(ax, markup, tuple(at + sign * way * 1.14), color=role, align=("center", "center"))
    (artists["P"],) = ax.plot(*at, "o", color=look.color("ink"), markersize=5, zorder=5)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    aside = NAME_AWAY * between(f, at, reach, z, slope)
    put(ax, "P", tuple(at), align=("center", "center"), offset=(float(aside[0]), float(aside[1])))
    ax.set_aspect("equal")
    ax.grid(visible=False)
    ax.set_xlabel("x", style="italic")
    ax.set_ylabel("y", style="italic", rotation=0)
    return artists


def between(f: Field, at: np.ndarray, reach: float, z: float, slope: np.ndarray) -> np.ndarray:
    """A way from P, shape (2,), length 1: half between gradient and contour line, where that bends away."""
    steepest = float(np.hypot(*slope))
    up = slope / steepest if steepest else np.array([0.0, 1.0])
    along = np.array([-up[1], up[0]])
    ways = [(a * up + b * along) / np.sqrt(2) for a in (1, -1) for b in (1, -1)]
    changes = [abs(float(f(*(at + 0.1 * reach * way))) - z) for way in ways]
    return ways[int(np.argmax([change if np.isfinite(change) else -1.0 for change in changes]))]


def draw_slice(
    ax: Axes, f: Field, at: np.ndarray, reach: float, n: int, slope: float, look: Style
) -> Artists:
    """The slice through P along x or y, and its tangent."""
    name, other = VARIABLES[n], VARIABLES[1 - n]
    t = np.linspace(at[n] - reach, at[n] + reach, SAMPLES)
    values = f(t, at[1]) if n == 0 else f(at[0], t)
    z = f(*at)
    low, high = heights(f, (at[0] - reach, at[0] + reach), (at[1] - reach, at[1] + reach), z)
    shown = np.where((values >= low) & (values <= high), values, np.nan)
    room = 0.12 * max(float(np.nanmax(shown) - np.nanmin(shown)), 0.02 * (high - low))
    near = t[np.abs(t - at[n]) <= 0.45 * reach]
    artists: Artists = {}
    (artists[f"slice/{name}"],) = ax.plot(t, shown, color=look.color("function"), linewidth=2.4)
    (artists[f"tangent/{name}"],) = ax.plot(near, z + slope * (near - at[n]), color=look.color("tangent"))
    ax.plot(at[n], z, "o", color=look.color("ink"), markersize=4, zorder=4)
    ax.set_xlim(t[0], t[-1])
    ax.set_ylim(float(np.nanmin(shown)) - room, float(np.nanmax(shown)) + room)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    told = f"frac(partial f, partial {name}) = {slope:.4g}".replace("e", " dot 10^").replace("-", "−")
    ax.set_title(f"{other} = {at[1 - n]:g}".replace("-", "−"), fontsize=TEXT, fontweight="normal", pad=4)
    put(ax, told, (1.0, 1.0), coords="axes fraction", color="tangent", align=("right", "bottom"), offset=(0, 2),
        size=TEXT - 1)  # fmt: skip
    ax.set_xlabel(name, style="italic", labelpad=1)
    ax.set_ylabel("f", style="italic", rotation=0)
    return artists


def draw_directions(ax: Axes, slope: np.ndarray, look: Style) -> Artists:
    """The slope in every direction: |∇f| times the cosine of the angle to the gradient."""
    degrees = np.linspace(0, 360, 181)
    slopes = np.array([slope @ direction(np.radians(d)) for d in degrees])
    peak = float(np.degrees(np.arctan2(slope[1], slope[0])) % 360)
    steepest = float(np.hypot(*slope))
    artists: Artists = {}
    (artists["directions"],) = ax.plot(degrees, slopes, color=look.color("tangent"))
    ax.axhline(0, color=look.color("axis"), linewidth=0.8)
    if steepest:
        artists["peak"] = ax.vlines(
            [peak], 0, steepest, color=look.color("tangent"), linewidth=0.9, linestyle=":"
        )
        artists["down"] = ax.vlines(
            [(peak + 180) % 360], -steepest, 0, color=look.color("parameter"), linewidth=0.9, linestyle=":"
        )
    ax.set_ylim(*(np.array([-1.2, 1.2]) * (steepest or 1)))
    ax.set_xlim(0, 360)
    ax.set_xticks([0, 90, 180, 270, 360], [f"{d}°" for d in (0, 90, 180, 270, 360)])
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    title = look.choose(en="slope by direction", ko="방향별 기울기")
    ax.set_title(title, fontsize=TEXT, fontweight="normal", pad=4)
    ax.set_xlabel(look.choose(en="angle from the x-axis", ko="x축과 이루는 각"), labelpad=1)
    return artists


def main() -> None:
    """``python scripts/partial_derivative.py`` does what ``derivviz figure partial_derivative`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
