"""Polynomial regression by steepest descent: every coefficient walks down its own slope."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from derivviz.calculus.polynomial import Points, largest_stable_rate, least_squares, read_points, wave
from derivviz.errors import UsageError
from derivviz.learning.polynomial import Polynomial, squared_error
from derivviz.parameters import parameter
from derivviz.recording import record
from derivviz.runs import Outcome, Progress, Request

SNAPSHOTS = 100


@dataclass(frozen=True)
class Parameters:
    degree: int = parameter(3, "Degree n of the polynomial.", minimum=0, maximum=20)
    points: int = parameter(10, "Points to learn from.", minimum=2, maximum=1000)
    noise: float = parameter(0.3, "Standard deviation of the noise.", minimum=0, maximum=100)
    learning_rate: float = parameter(0.05, "η of a ← a − η ∂E/∂a.", minimum=0, maximum=1e6)
    steps: int = parameter(2000, "Steps of steepest descent.", minimum=1, maximum=1_000_000)


def train(request: Request, progress: Progress) -> Outcome:
    """Fit f(x) = Σ a_k x^k by steepest descent on E = ½ Σ_j (f(x_j) − t_j)², and record every step.

    The activation of the model is f(x_j), its gradient u_j = f(x_j) − t_j. Logged are E and the mean squared
    errors of both sets of points. A learning rate that is too large is not refused: that it diverges is worth
    seeing.

    Raises
    ------
    UsageError
        For epochs.
    DerivvizError
        If the points cannot be read.
    TraceError
        If there is something at the path already.
    """
    if request.epochs is not None:
        raise UsageError("Polynomial regression counts steps, not epochs: write --steps 1000.")
    parameters: Parameters = request.parameters or Parameters()
    points = (
        wave(parameters.points, parameters.noise, request.seed)
        if request.data is None
        else read_points(request.data, request.seed)
    )
    x, target = torch.from_numpy(points.x), torch.from_numpy(points.target)
    test_x, test_target = torch.from_numpy(points.test_x), torch.from_numpy(points.test_target)
    model = Polynomial(parameters.degree)
    optimizer = torch.optim.SGD(model.parameters(), lr=parameters.learning_rate)
    about = _about(parameters, points)
    progress.say(_choice(parameters, points, about["largest_stable_rate"]))
    every = request.snapshot_every or max(1, parameters.steps // SNAPSHOTS)
    total = parameters.steps
    with record(
        model,
        optimizer,
        request.path,
        snapshot_every=every,
        steps=total,
        data=(x, target, test_x, test_target),
        overwrite=request.overwrite,
    ) as recorder:
        recorder.note(run="polynomial", seed=request.seed, **about)
        loss = math.nan
        for step in range(1, total + 1):
            with torch.no_grad():
                test_error = float((model(test_x) - test_target).square().mean())
            error = squared_error(model(x), target)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            loss = error.item()
            recorder.log(loss=loss, train_error=2 * loss / len(x), test_error=test_error)
            progress.step(step, total, step, loss)
        recorder.note(coefficients=model.coefficients.tolist(), finished=True)
    result = f"Squared error {loss:.4g} in the last step; least squares {about['least_error']:.4g}."
    return Outcome(total, result, f"derivviz figure polynomial_regression --trace {request.path}")


def _about(parameters: Parameters, points: Points) -> dict[str, Any]:
    best = least_squares(points.x, points.target, parameters.degree)
    missed = np.polynomial.polynomial.polyval(points.x, best) - points.target
    return {
        "degree": parameters.degree,
        "learning_rate": parameters.learning_rate,
        "noise": parameters.noise,
        "data": points.description,
        "x": points.x.tolist(),
        "target": points.target.tolist(),
        "test_x": points.test_x.tolist(),
        "test_target": points.test_target.tolist(),
        "center": points.center,
        "half_width": points.half_width,
        "least_squares": best.tolist(),
        "least_error": float(missed @ missed) / 2,
        "largest_stable_rate": largest_stable_rate(points.x, parameters.degree),
    }


def _choice(parameters: Parameters, points: Points, stable: float) -> str:
    said = (
        f"Learning from {points.description}: {len(points.x)} to learn from, {len(points.test_x)} to test on.\n"
        f"Degree {parameters.degree}, {parameters.steps} steps, learning rate {parameters.learning_rate:g}"
    )
    if parameters.learning_rate >= stable:
        return f"{said}: from {stable:.3g} on it diverges here."
    return f"{said} (it would diverge from {stable:.3g} on)."
