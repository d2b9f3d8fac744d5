"""Polynomial regression · 다항식 회귀

Walk through a recorded training: at every step the errors pull on each coefficient, and the curve follows.

기록된 학습을 한 스텝씩 따라가 보자. 매 스텝 오차들이 계수를 끌어당기고 곡선이 따라 움직인다.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.polynomial import least_squares
from derivviz.parameters import parameter
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import DASHED, Plot
from derivviz.trace import MissingSeriesError, Trace

requires = ("param/coefficients/mean", "loss")
recorded_by = "polynomial"

MOST_STEPS = 400
MOST_DEGREE = 9
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    step: int = parameter(0, "Training step at first", minimum=0)


def parts(parameters: Parameters, trace: Trace | None) -> Parts:
    """The points, the curve of every step that is kept, the loss, and least squares of every degree."""
    assert trace is not None
    if "least_squares" not in trace.attrs:
        raise MissingSeriesError(
            f"The trace {trace.path} has no points of a polynomial regression. Record one with "
            "'derivviz record polynomial', then type "
            "'derivviz page polynomial_regression --trace renders/polynomial.zarr'."
        )
    x, target, test_x, test_target = (
        np.array(trace.attrs[name], float) for name in ("x", "target", "test_x", "test_target")
    )
    steps, coefficients = path(trace)
    loss = trace["loss"][np.searchsorted(trace.steps, steps)]
    degrees = range(min(MOST_DEGREE, len(np.unique(x)) - 1) + 1)
    fits = [least_squares(x, target, degree) for degree in degrees]
    data = {
        "x": x,
        "target": target,
        "test_x": test_x,
        "test_target": test_target,
        "steps": steps,
        "coefficients": coefficients,
        "loss": loss,
        "best": trace.attrs["least_squares"],
        "rate": trace.attrs.get("learning_rate"),
        "row": int(np.abs(steps - parameters.step).argmin()),
        "degree": min(coefficients.shape[1] - 1, degrees[-1]),
        "fits": fits,
        "learnt": [missed(x, target, a) for a in fits],
        "tested": [missed(test_x, test_target, a) for a in fits],
    }
    plots = {"fit": fit(data), "loss": losses(steps, loss), "degrees": over_fitting(data)}
    return Parts(plots, data)


def path(trace: Trace) -> tuple[Array, Array]:
    """Steps and the coefficients before each: of every step where so many were followed, else of snapshots.

    Where there are many steps, the early ones are kept and ever fewer of the later ones.
    """
    degree = len(trace.attrs["least_squares"]) - 1
    try:
        values, positions = trace.sampled("param/coefficients")
    except MissingSeriesError:
        positions = np.array([], int)
    if len(positions) == degree + 1:
        steps, rows = trace.steps, values.astype(np.float64)
    else:
        steps = trace.snapshot_steps
        rows = np.array([trace.snapshot(int(step)).param["coefficients"] for step in steps], np.float64)
    kept = np.unique(np.round(np.geomspace(1, len(steps), MOST_STEPS)).astype(int)) - 1
    return steps[kept], rows[kept]


def missed(x: Array, target: Array, a: Array) -> float:
    """The mean squared error of a polynomial; NaN where there are no points."""
    if not len(x):
        return float("nan")
    return float(np.mean((np.polynomial.polynomial.polyval(x, a) - target) ** 2))


def padded(low: float, high: float, share: float = 0.1) -> tuple[float, float]:
    """Ends with some room beyond them."""
    room = share * (high - low) or 1.0
    return low - room, high + room


def fit(data: dict[str, Any]) -> Plot:
    """The points, the errors, the curve of the step, and that of least squares."""
    heights = np.concatenate([data["target"], data["test_target"]])
    plot = Plot(
        padded(data["x"].min(), data["x"].max(), 0.03),
        padded(heights.min(), heights.max(), 0.15),
        x_label={"en": "$$x$$", "ko": "$$x$$"},
        y_label={"en": "$$t$$", "ko": "$$t$$"},
        shape=1.1,
    )
    plot.formula(r"\frac{\partial E}{\partial a_i} = \sum_j u_j x_j^i", "∂E/∂aᵢ = Σ uⱼ xⱼⁱ", 8, "tangent")
    plot.dots("test", "muted", data["test_x"], data["test_target"], size=6, hollow=True, marker="square")
    plot.line("best", "muted", width=2, dash=DASHED)
    plot.segments("errors", "loss", width=3)
    plot.line("curve", "function", width=3)
    plot.dots("points", "ink", data["x"], data["target"], size=9)
    return plot


def losses(steps: Array, loss: Array) -> Plot:
    """E at every step, both axes logarithmic, and where one is."""
    there = loss[np.isfinite(loss) & (loss > 0)]
    ends = (there.min() / 1.5, there.max() * 1.5) if len(there) else (0.1, 10.0)
    plot = Plot(
        (0.8, float(steps[-1] + 1) * 1.25),
        ends,
        x_label={"en": "training step + 1", "ko": "학습 스텝 + 1"},
        y_label={"en": "$$E$$", "ko": "$$E$$"},
        shape=1.6,
        log="both",
    )
    plot.line("loss", "loss", steps + 1, loss)
    plot.segments("cursor", "parameter", width=2, dash=[2, 3])
    plot.dots("now", "loss", size=13)
    return plot


def over_fitting(data: dict[str, Any]) -> Plot:
    """What least squares of each degree misses, of the points it learns from and of the others."""
    learnt, tested = np.array(data["learnt"]), np.array(data["tested"])
    seen = tested[np.isfinite(tested)] if np.isfinite(tested).any() else learnt
    low = max(learnt.min(), seen.min() / 30, 1e-12)  # through every point: rounding alone, far below
    plot = Plot(
        (-0.4, len(learnt) - 0.6),
        (low / 2, 3 * max(learnt.max(), seen.max(), low)),
        x_label={"en": "degree of least squares", "ko": "최소제곱 다항식의 차수"},
        y_label={"en": "mean squared error", "ko": "평균 제곱 오차"},
        shape=1.6,
        log="y",
    )
    degrees = np.arange(len(learnt))
    plot.line("learnt line", "muted", degrees, learnt, dash=DASHED)
    plot.dots("learnt", "muted", degrees, learnt, size=7)
    plot.line("tested line", "loss", degrees, tested)
    plot.dots("tested", "loss", degrees, tested, size=7, marker="square")
    plot.segments("cursor", "parameter", width=2, dash=[2, 3])
    return plot
