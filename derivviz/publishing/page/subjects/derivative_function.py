"""The derivative as a function · 도함수

Drag the point along the curve: its slope draws the derivative below.

점을 곡선을 따라 끌면 그 점에서의 기울기가 아래에 도함수를 그린다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Shape
from derivviz.calculus.window import heights, interval
from derivviz.parameters import parameter
from derivviz.publishing.page.formula import javascript, over, slope
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import Plot
from derivviz.trace import Trace

SAMPLES = 1200


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("-2x^3 - 6x^2 + 18x", "The function of x")
    start: float | None = parameter(
        None, "x where the axes begin; chosen to fit if left out", flag="from", minimum=-1e6, maximum=1e6
    )
    end: float | None = parameter(
        None, "x where the axes end; chosen to fit if left out", flag="to", minimum=-1e6, maximum=1e6
    )


def parts(parameters: Parameters, trace: Trace | None = None) -> Parts:
    """f above f′, where f turns, and what the script computes both from."""
    f = parameters.function
    ends = interval(f, parameters.start, parameters.end)
    shape = Shape(f, *ends)
    x = np.linspace(*ends, SAMPLES)
    turns = [(one.x, one.y) for one in shape.extrema]
    tall = heights(f(x), [y for _, y in turns])
    steep = heights(shape.slope(x), [0.0])
    data = {
        "x": ends,
        "heights": tall,
        "slopes": steep,
        "start": ends[0] + 0.2 * (ends[1] - ends[0]),
        "extrema": [
            {"x": one.x, "y": one.y, "maximum": one.maximum, "smooth": one.smooth} for one in shape.extrema
        ],
    }
    above = Plot(ends, tall, x_label={"en": "", "ko": ""}, y_label={"en": "$$f$$", "ko": "$$f$$"}, shape=1.9)
    over(above, "f(x)", f, "function")
    above.line("function", "function", width=3)
    above.line("tangent", "tangent", width=2.5)
    above.dots("extrema", "ink", [x for x, _ in turns], [y for _, y in turns], size=9, hollow=True)
    above.dots("now", "ink", size=13)
    below = Plot(
        ends,
        steep,
        x_label={"en": "$$x$$", "ko": "$$x$$"},
        y_label={"en": "$$f'$$", "ko": "$$f'$$"},
        shape=1.9,
    )
    over(below, "f'(x)", shape.slope, "tangent")
    below.line("zero", "axis", ends, (0, 0), width=1.5)
    below.line("whole", "grid", width=3)
    below.line("drawn", "tangent", width=3)
    below.segments("height", "tangent", width=2, dash=[2, 3])
    below.dots("now", "tangent", size=13)
    functions = {"f": javascript(f.tree), "slope": slope(f)}
    return Parts({"above": above, "below": below}, data, functions)
