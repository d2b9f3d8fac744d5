"""The chain rule · 연쇄법칙

Each function of a composition with the tangent at its own input, and below them the whole: its slope is the
product of theirs.

합성함수를 이루는 함수마다 제 입력에서의 접선을 긋고, 아래에 전체의 그래프를 그린다. 전체의 기울기는 각 기울기의
곱이다.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from derivviz.calculus.chain import Machine, Run, machines, window
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError
from derivviz.figures import Artists, Style, grid, put, sheet
from derivviz.figures.style import MILLIMETRE, SMALL
from derivviz.look.letters import in_letter
from derivviz.look.math import typst_math
from derivviz.parameters import parameter

SHEET = (160 * MILLIMETRE, 128 * MILLIMETRE)
LETTERS = "uvw"
SAMPLES = 241
REACH = 0.32  # of a panel's width: how far a tangent goes to either side
LONGEST = 24  # signs of a derivative that stands above a panel


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("(3x^2 + 8)^3", "A function of a function of x")
    at: float = parameter(1.0, "The x that goes in", minimum=-1e4, maximum=1e4)


def caption(*, function: Expression, at: float, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    run = through(function, at)
    product = " · ".join(f"({r:.4g})" if r < 0 else f"{r:.4g}" for r in reversed(run.rates))
    if language == "ko":
        return f"y = {function.text}. x = {at:g}에서 y = {run.values[-1]:.4g}, dy/dx = {product} = {run.total:.4g}."
    return f"y = {function.text}. At x = {at:g}, y = {run.values[-1]:.4g} and dy/dx = {product} = {run.total:.4g}."


def draw(*, function: Expression, at: float, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    run = through(function, at)
    letters = ("x", *LETTERS[: len(run.links) - 1], "y")
    with sheet(ax, language, SHEET) as (look, ax):
        (first,), (whole,) = grid(ax, 2, 1, heights=(1.35, 1))
        (panels,) = grid(first, 1, len(run.links))
        artists: Artists = {}
        for n, (panel, link) in enumerate(zip(panels, run.links, strict=True)):
            told = f"{letters[n + 1]} = {in_letter(link.function, letters[n])}"
            slope = rate(letters[n], letters[n + 1], link, run.rates[n])
            name = letters[n + 1]
            artists |= panel_of(panel, link, run.values[n], run.rates[n], name, letters[n : n + 2], look)
            heading(panel, told, slope)
        everything = Machine(function)
        artists |= panel_of(whole, everything, at, run.total, "whole", ("x", "y"), look)
        factors = [f"frac(dif {v}, dif {u})" for u, v in pairwise(letters)]
        numbers = [number(r, bracket=True) for r in run.rates]
        chain = f"frac(dif y, dif x) = {' dot '.join(reversed(factors))} = {' dot '.join(reversed(numbers))}"
        heading(whole, f"y = {typst_math(function)}", f"{chain} = {number(run.total)}")
        artists["title"] = panels[0].set_title(look.choose(en="The chain rule", ko="연쇄법칙"), pad=44)
    return artists


def through(function: Expression, at: float) -> Run:
    """`at` sent through the chain, refused where a value or a rate is missing."""
    run = Run.of(machines(function), at)
    if not all(map(isfinite, run.values)):
        raise UsageError(f"{function.text} has no value at x = {at:g}: choose another --at")
    if not all(map(isfinite, run.rates)):
        raise UsageError(f"a part of {function.text} has no derivative at x = {at:g}: choose another --at")
    return run


def panel_of(
    ax: Axes, link: Machine, x: float, slope: float, name: str, letters: tuple[str, ...], look: Style
) -> Artists:
    """A graph around its input, and the tangent there."""
    (x0, x1), (y0, y1) = window(link, x)
    y = link.function(x)
    t = np.linspace(x0, x1, SAMPLES)
    heights = link.function(t)
    reach = REACH * (x1 - x0)
    if slope:
        reach = min(reach, 0.45 * (y1 - y0) / abs(slope))
    near = np.array([x - reach, x + reach])
    artists: Artists = {}
    (artists[f"{name}/curve"],) = ax.plot(
        t, np.where((heights >= y0) & (heights <= y1), heights, np.nan), color=look.color("function")
    )
    (artists[f"{name}/tangent"],) = ax.plot(
        near, y + slope * (near - x), color=look.color("tangent"), linewidth=2.2, linestyle=(0, (5, 1.5))
    )
    (artists[f"{name}/point"],) = ax.plot(x, y, "o", color=look.color("ink"), zorder=4)
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.ticklabel_format(axis="both", style="sci", scilimits=(-3, 5))
    ax.set_xlabel(letters[0], style="italic", labelpad=1)
    ax.set_ylabel(letters[1], style="italic", rotation=0, labelpad=8)
    return artists


def heading(ax: Axes, function: str, slope: str) -> None:
    """The function and its slope above a panel, one over the other."""
    lift = 28 if "frac" in slope else 19
    for markup, role, up in ((slope, "tangent", 4), (function, "function", lift)):
        put(ax, markup, (0.0, 1.0), size=SMALL, coords="axes fraction", color=role, align=("left", "bottom"),
            offset=(0, up))  # fmt: skip


def rate(before: str, after: str, link: Machine, slope: float) -> str:
    """du/dx = 6 x = 6, or without the middle where it is long."""
    markup = in_letter(link.slope, before)
    said = number(slope)
    middle = f" = {markup}" if len(link.slope.text) <= LONGEST and markup.replace("-", "−") != said else ""
    return f"dif {after} \\/ dif {before}{middle} = {said}"


def number(value: float, bracket: bool = False) -> str:
    """A number as Typst math, four digits at most."""
    mantissa, e, power = f"{value:.4g}".partition("e")
    text = (f"{mantissa} dot 10^({int(power)})" if e else mantissa).replace("-", "−")
    return f"({text})" if bracket and value < 0 else text


def main() -> None:
    """``python scripts/chain_rule.py`` does what ``derivviz figure chain_rule`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
