"""From secant to tangent · 할선에서 접선으로

Drag Q towards P: the secant turns into the tangent, and its slope into the derivative.

점 Q를 P 쪽으로 끌면 할선은 접선에, 할선의 기울기는 미분계수에 한없이 가까워진다.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from derivviz.calculus.differentiability import Point, look_at
from derivviz.calculus.expression import Expression
from derivviz.calculus.secants import step_to, view
from derivviz.calculus.window import heights
from derivviz.look import point_words
from derivviz.parameters import parameter
from derivviz.publishing.page.formula import javascript, over
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import DASHED, Plot
from derivviz.trace import Trace


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("x**2 + 2*x + 1", "The function of x")
    at: float = parameter(1.0, "x of the point P that stays", minimum=-1e6, maximum=1e6)
    start: float | None = parameter(
        None, "x of the second point Q at first", flag="from", minimum=-1e8, maximum=1e8
    )


def parts(parameters: Parameters, trace: Trace | None = None) -> Parts:
    """The curve with its secant, the slope for every Q, and what the script computes them from."""
    function, at, start = parameters.function, parameters.at, parameters.start
    point = look_at(function, at, toward=-1 if start is not None and start < at else 1)
    h = step_to(point, start)
    x_range, y_range = view(point, h)
    slopes = slopes_seen(point, x_range)
    data: dict[str, Any] = {
        "at": float(point.x),
        "height": float(point.y),
        "filled": point.filled,
        "kind": point.kind,
        "slope": math.nan if point.slope is None else float(point.slope),
        "sides": point.slopes(),
        "step": h,
        "x": x_range,
        "y": y_range,
        "slopes": slopes,
    }
    if point.kind != "smooth":
        data["approach"], data["verdict"] = point_words.approach(point), point_words.verdict(point)[1]
    plots = {"curve": curve(point, x_range, y_range), "slopes": every_slope(point, x_range, slopes)}
    return Parts(plots, data, {"f": javascript(function.tree)})


def slopes_seen(point: Point, x_range: tuple[float, float]) -> tuple[float, float]:
    """Ends of the axis of slopes: those of most secants, and the limits."""
    x = np.linspace(*x_range, 800)
    with np.errstate(all="ignore"):
        slopes = (np.asarray(point(x)) - float(point.y)) / (x - float(point.x))
    return heights(slopes[np.isfinite(slopes)], [s for s in point.slopes() if math.isfinite(s)])


def curve(point: Point, x_range: tuple[float, float], y_range: tuple[float, float]) -> Plot:
    """The function, P and Q, the secant through both, the tangent."""
    plot = Plot(
        x_range, y_range, x_label={"en": "$$x$$", "ko": "$$x$$"}, y_label={"en": "$$y$$", "ko": "$$y$$"}
    )
    over(plot, "y", point.expression, "function")
    plot.line("function", "function", width=3)
    plot.line("tangent", "tangent", width=2)
    plot.line("secant", "secant", width=2.5, dash=DASHED)
    plot.segments("legs", "parameter", width=2, dash=[2, 3])
    plot.dots("P", "ink", [float(point.x)], [float(point.y)])
    plot.dots("Q", "ink", size=16, hollow=True)
    plot.text("names", dx=-16, dy=-14)
    return plot


def every_slope(point: Point, x_range: tuple[float, float], slopes: tuple[float, float]) -> Plot:
    """The slope of the secant against x of Q, with a hole above P that the limit would fill."""
    plot = Plot(
        x_range,
        slopes,
        x_label={"en": "x of Q", "ko": "Q의 x좌표"},
        y_label={"en": "slope of the secant", "ko": "할선의 기울기"},
        shape=1.1,
    )
    plot.line("function", "secant", dash=DASHED)
    limits = [s for s in dict.fromkeys(point.slopes()) if math.isfinite(s)]
    plot.dots("limits", "tangent", [float(point.x)] * len(limits), limits, size=14, hollow=True)
    plot.dots("now", "ink", size=11)
    return plot
