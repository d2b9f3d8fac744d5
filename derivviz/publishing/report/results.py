"""The numbers of a run that a report tells, read off its trace."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.recommendation import recommend_from
from derivviz.trace import MissingSeriesError, Trace

HUNGERS = (0.0, 5.0, 10.0)
MILESTONES = 5  # epochs, at the most, that a table tells


@dataclass(frozen=True)
class HeldOut:
    """How many of the pictures held out were right in the end, of how many, and the table of confusions.

    `confusion` has shape (true class, predicted class).
    """

    right: int
    count: int
    confusion: NDArray[np.int64]

    @property
    def share(self) -> float:
        return self.right / self.count

    @property
    def error(self) -> float:
        """Standard error of the share: √(p (1 − p)/n), of a binomial proportion."""
        return math.sqrt(self.share * (1 - self.share) / self.count)


def held_out(trace: Trace) -> HeldOut | None:
    """What the trained network made of the pictures held out, if the trace tells and it was finite."""
    try:
        evaluation = trace.evaluation
    except MissingSeriesError:
        return None
    p, target = evaluation.probabilities[-1], evaluation.target
    if target is None or not len(target) or not np.isfinite(p).all():
        return None
    predicted = p.argmax(axis=1)
    confusion = np.zeros((p.shape[1], p.shape[1]), np.int64)
    np.add.at(confusion, (target, predicted), 1)
    return HeldOut(int((predicted == target).sum()), len(target), confusion)


@dataclass(frozen=True)
class Epoch:
    """Mean and standard deviation of the loss over the steps of an epoch, and how many of them it has."""

    number: int
    mean: float
    spread: float
    steps: int


def epochs(trace: Trace) -> list[Epoch]:
    """Some epochs of the run, the first and the last among them; none where they are not numbered."""
    if "epoch" not in trace or "loss" not in trace:
        return []
    number, loss = trace["epoch"], trace["loss"]
    known = np.isfinite(number) & np.isfinite(loss)
    numbers = np.unique(number[known])
    if not len(numbers):
        return []
    chosen = numbers[np.unique(np.linspace(0, len(numbers) - 1, MILESTONES).round().astype(int))]
    found = ((n, loss[known & (number == n)]) for n in chosen)
    return [Epoch(int(n), float(v.mean()), float(v.std()), len(v)) for n, v in found]


@dataclass(frozen=True)
class Scores:
    """What is recommended for a picture held out at each of `HUNGERS`, and for how many pictures that changes."""

    names: tuple[str, ...]
    probabilities: NDArray[np.float64]
    changing: int
    count: int


def scores(trace: Trace) -> Scores | None:
    """The recommendations of the trained network, if the trace has what they take."""
    classes = trace.attrs.get("classes")
    found = held_out(trace)
    if not classes or found is None or trace.attrs.get("run") != "food":
        return None
    p = trace.evaluation.probabilities[-1]
    p = p / p.sum(axis=1, keepdims=True)
    best = [[recommend_from(row, h, classes).best.dish for h in HUNGERS] for row in p]
    return Scores(tuple(best[0]), p[0], sum(len(set(row)) > 1 for row in best), len(p))


def first_lost(trace: Trace) -> int | None:
    """The step from which the loss is no longer a finite number."""
    if "loss" not in trace:
        return None
    lost = ~np.isfinite(trace["loss"])
    return int(trace.steps[lost][0]) if lost.any() else None
