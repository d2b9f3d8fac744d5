"""Gradient descent · 경사하강법

Drag the start and slide the learning rate: the slope alone decides every step downhill, or out of the valley.

출발점을 끌고 학습률을 움직여 보자. 기울기만 보고 한 걸음씩 내려가거나, 골짜기 밖으로 튕겨 나간다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Shape
from derivviz.calculus.window import heights, window
from derivviz.errors import UsageError
from derivviz.parameters import parameter
from derivviz.publishing.page.formula import javascript, over, slope
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import DASHED, Plot
from derivviz.trace import Trace

STEPS = 40


@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("x^4 - 4x^2 + x", "The function of x that is to become small")
    at: float = parameter(1.9, "x at the start", minimum=-1e6, maximum=1e6)
    rate: float = parameter(0.03, "Learning rate η at first", minimum=1e-4, maximum=10)


def parts(parameters: Parameters, trace: Trace | None = None) -> Parts:
    """The curve with the walk on it, the height at every step, and what the script walks by."""
    f, at = parameters.function, parameters.at
    if not np.isfinite([f(at), f.derivative()(at)]).all():
        raise UsageError(f"{f.text} has no slope at x = {at:g}: choose another --at")
    low, high = window(f)
    room = 0.1 * (high - low)
    ends = min(low, at - room), max(high, at + room)
    shape = Shape(f, *ends)
    x = np.linspace(*ends, 1200)
    valleys = [one for one in shape.extrema if not one.maximum and one.smooth]
    tall = heights(f(x), [f(at), *(one.y for one in valleys)])
    data = {
        "x": ends,
        "heights": tall,
        "at": at,
        "rate": parameters.rate,
        "steps": STEPS,
        "valleys": [
            {"x": one.x, "y": one.y, "limit": 2 / bend if (bend := shape.bend(one.x)) > 0 else None}
            for one in valleys
        ],
    }
    curve = Plot(ends, tall, x_label={"en": "$$x$$", "ko": "$$x$$"}, y_label={"en": "$$E$$", "ko": "$$E$$"})
    over(curve, "E(x)", f, "loss")
    curve.line("function", "loss", width=3)
    curve.line("walk", "ink", width=1.2, dash=DASHED)
    curve.dots("steps", "ink", size=8, hollow=True)
    curve.line("tangent", "tangent", width=2.5)
    curve.segments("move", "parameter", width=4)
    curve.dots("now", "ink", size=13)
    course = Plot(
        (-0.8, STEPS + 0.8),
        tall,
        x_label={"en": "step", "ko": "스텝"},
        y_label={"en": "$$E$$", "ko": "$$E$$"},
        shape=1.2,
    )
    course.line("line", "loss", width=2)
    course.dots("dots", "loss", size=7)
    course.segments("cursor", "parameter", width=2, dash=[2, 3])
    course.dots("now", "ink", size=12)
    return Parts({"curve": curve, "course": course}, data, {"f": javascript(f.tree), "slope": slope(f)})
