"""Polynomial regression by steepest descent: every coefficient walks down its own slope."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from derivviz.calculus.polynomial import (
    Points,
    chosen_rate,
    largest_stable_rate,
    least_squares,
    read_points,
    wave,
)
from derivviz.errors import UsageError
from derivviz.learning.polynomial import Polynomial, squared_error
from derivviz.parameters import parameter
from derivviz.recording import record
from derivviz.runs import Outcome, Progress, Request

TAKES = {"data": "A CSV file of two columns, x and t. Default: points of a sine with noise."}
SNAPSHOTS = 100


@dataclass(frozen=True)
class Parameters:
    degree: int = parameter(3, "Degree n of the polynomial.", minimum=0, maximum=20)
    points: int = parameter(10, "Points of sin(πx) to learn from, without --data.", minimum=2, maximum=1000)
    noise: float = parameter(0.3, "Standard deviation of their noise.", minimum=0, maximum=100)
    learning_rate: float | None = parameter(
        None, "η of a ← a − η ∂E/∂a, a third of what would diverge.", minimum=0, maximum=1e6
    )
    steps: int = parameter(2000, "Steps of steepest descent.", minimum=1, maximum=1_000_000)


def train(request: Request, progress: Progress) -> Outcome:
    """Fit f(x) = Σ a_k x^k by steepest descent on E = ½ Σ_j (f(x_j) − t_j)², and record every step.

    The activation of the model is f(x_j), its gradient u_j = f(x_j) − t_j. Logged before each step are its
    coefficients, `a0` to `a20` as far as there are, E, and the mean squared errors of both sets of points; the last
    coefficients are an attribute. A learning rate that is too large is not refused: that it diverges is worth
    seeing.

    Raises
    ------
    UsageError
        For epochs, or points and noise of a wave beside data of one's own.
    DerivvizError
        If the points cannot be read.
    TraceError
        If there is something at the path already.
    """
    parameters: Parameters = request.parameters or Parameters()
    points = _points(request, parameters)
    x, target = torch.from_numpy(points.x), torch.from_numpy(points.target)
    test_x, test_target = torch.from_numpy(points.test_x), torch.from_numpy(points.test_target)
    model = Polynomial(parameters.degree)
    rate = parameters.learning_rate
    if rate is None:
        rate = chosen_rate(points.x, parameters.degree)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    about = _about(parameters, points, rate)
    progress.say(_choice(parameters, points, about))
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
            before = {f"a{k}": value for k, value in enumerate(model.coefficients.tolist())}
            with torch.no_grad():
                missed = model(test_x) - test_target
            error = squared_error(model(x), target)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            loss = error.item()
            recorder.log(loss=loss, train_error=2 * loss / len(x), **before)
            if len(test_x):
                recorder.log(test_error=float(missed.square().mean()))
            progress.step(step, total, step, loss)
        recorder.note(coefficients=model.coefficients.tolist(), finished=True)
    result = f"Squared error {loss:.4g} in the last step; least squares {about['least_error']:.4g}."
    return Outcome(total, result, f"derivviz render polynomial_regression --trace {request.path}")


def _points(request: Request, parameters: Parameters) -> Points:
    if request.epochs is not None:
        raise UsageError("Polynomial regression counts steps, not epochs: write --steps 1000.")
    if request.data is None:
        return wave(parameters.points, parameters.noise, request.seed)
    own = Parameters()
    if (parameters.points, parameters.noise) != (own.points, own.noise):
        raise UsageError(
            "--points and --noise make points of sin(πx), but --data brings its own: leave them out."
        )
    return read_points(request.data, request.seed)


def _about(parameters: Parameters, points: Points, rate: float) -> dict[str, Any]:
    best = least_squares(points.x, points.target, parameters.degree)
    missed = np.polynomial.polynomial.polyval(points.x, best) - points.target
    return {
        "degree": parameters.degree,
        "learning_rate": rate,
        "noise": parameters.noise,
        "data": points.description,
        "x": points.x.tolist(),
        "target": points.target.tolist(),
        "test_x": points.test_x.tolist(),
        "test_target": points.test_target.tolist(),
        "center": points.center,
        "half_width": points.half_width,
        "target_center": points.target_center,
        "target_half_width": points.target_half_width,
        "least_squares": best.tolist(),
        "least_error": float(missed @ missed) / 2,
        "largest_stable_rate": largest_stable_rate(points.x, parameters.degree),
    }


def _choice(parameters: Parameters, points: Points, about: dict[str, Any]) -> str:
    rate, stable = about["learning_rate"], about["largest_stable_rate"]
    lines = [
        f"Learning from {points.description}: {len(points.x)} to learn from, {len(points.test_x)} to test on."
    ]
    if (points.center, points.half_width, points.target_center, points.target_half_width) != (0, 1, 0, 1):
        x, t = (
            f"{low - half:g} … {low + half:g}"
            for low, half in (
                (points.center, points.half_width),
                (points.target_center, points.target_half_width),
            )
        )
        lines.append(f"Scaled, so that powers stay small: x from {x}, t from {t}, each to −1 … 1.")
    told = f"Degree {parameters.degree}, {parameters.steps} steps, learning rate {rate:g}"
    diverges = (
        f": from {stable:.3g} on it diverges here."
        if rate >= stable
        else f" (it would diverge from {stable:.3g} on)."
    )
    return "\n".join([*lines, told + diverges])
