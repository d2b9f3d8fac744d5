"""A recorded polynomial regression as its lesson needs it: points, coefficients step by step, errors. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from derivviz.calculus.polynomial import best_ridge, least_squares, typical_miss
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]

DEGREES = range(1, 10)
LOST = 20.0  # a curve so many times as far from a point as the points are from each other has diverged
POINTS = ("x", "target", "test_x", "test_target")


@dataclass(frozen=True)
class Regression:
    """A trace of the run ``polynomial``.

    Attributes
    ----------
    x, target, test_x, test_target
        Points to learn from, and to test on (perhaps none), each shape (points,).
    coefficients
        a_0 … a_n before each step, and after the last, shape (steps + 1, n + 1). NaN or infinite where the run
        diverged.
    loss
        E before each step, shape (steps,).
    rate, stable
        The learning rate, and the one from which on the run diverges.
    best
        Coefficients of least squares.
    ends
        By letter, from where to where x and t ran before they were scaled; empty where they were not.
    """

    x: Array
    target: Array
    test_x: Array
    test_target: Array
    coefficients: Array
    loss: Array
    rate: float
    stable: float
    best: Array
    ends: dict[str, tuple[float, float]]

    @property
    def degree(self) -> int:
        return len(self.best) - 1

    @property
    def steps(self) -> int:
        """How many steps were recorded."""
        return len(self.loss)

    def misses(self, a: Array) -> Array:
        """u_j = f(x_j) − t_j by some coefficients."""
        return np.asarray(polyval(self.x, a) - self.target)

    def error(self, a: Array) -> float:
        """E = ½ Σ_j u_j²."""
        return float(np.sum(self.misses(a) ** 2) / 2)

    def slopes(self, a: Array) -> Array:
        """∂E/∂a_i = Σ_j u_j x_j^i for each i, by hand."""
        return np.asarray(np.vander(self.x, self.degree + 1, increasing=True).T @ self.misses(a))

    @cached_property
    def last(self) -> int:
        """How many steps are over when the curve is lost; all, where it never is."""
        far = LOST * max(float(np.ptp(self.target)), 1e-9)
        with np.errstate(all="ignore"):
            away = np.abs(polyval(self.x, self.coefficients.T, tensor=True) - self.target).max(axis=1)
        lost = ~(away <= far)
        lost[0] = False  # however flat the points are, the first curve is the first
        return int(np.argmax(lost)) if lost.any() else self.steps

    @property
    def diverged(self) -> bool:
        """Whether it ends with a larger error than it began with."""
        return self.last < self.steps or self.error(self.coefficients[-1]) > 1.001 * float(self.loss[0])

    def at(self, now: float) -> Array:
        """Coefficients when so many steps are over; between two, on the straight way."""
        n = int(np.clip(np.floor(now), 0, self.steps - 1))
        share = float(np.clip(now - n, 0, 1))
        return np.asarray((1 - share) * self.coefficients[n] + share * self.coefficients[n + 1])

    @cached_property
    def degrees(self) -> list[int]:
        """Degrees 1 to 9, as far as the points can tell one from the next."""
        different = len(np.unique(self.x))
        return [degree for degree in DEGREES if degree < max(different, 2)]

    @cached_property
    def fits(self) -> list[Array]:
        """The coefficients of least squares of each of these degrees."""
        return [least_squares(self.x, self.target, degree) for degree in self.degrees]

    @property
    def learnt(self) -> list[float]:
        """The typical miss of each of these, of the points that it learns from."""
        return [typical_miss(self.x, self.target, a) for a in self.fits]

    @property
    def tested(self) -> list[float]:
        """The same of the points held out; empty where there are none."""
        if not len(self.test_x):
            return []
        return [typical_miss(self.test_x, self.test_target, a) for a in self.fits]

    def held(self, ridge: float) -> Array:
        """The coefficients of the highest of these degrees with a ridge."""
        return least_squares(self.x, self.target, self.degrees[-1], ridge)

    @property
    def best_degree(self) -> tuple[int, float]:
        """The degree that does best on the points held out, and its typical miss of them."""
        tested = self.tested
        n = int(np.argmin(tested))
        return self.degrees[n], tested[n]

    @property
    def mended(self) -> float:
        """The typical miss of points held out by the highest of these degrees, with the ridge."""
        return typical_miss(self.test_x, self.test_target, self.held(self.ridge))

    @cached_property
    def ridge(self) -> float:
        """The power of ten that does best on the points held out."""
        return best_ridge(self.x, self.target, self.test_x, self.test_target, self.degrees[-1])


def read_regression(trace: Trace) -> Regression:
    """The regression that a trace holds.

    Raises
    ------
    MissingSeriesError
        It is of another run, or its coefficients were not logged.
    """
    lacking = {*POINTS, "least_squares", "learning_rate", "largest_stable_rate"} - trace.attrs.keys()
    names = [f"a{k}" for k in range(len(trace.attrs.get("least_squares", [0])))]
    if lacking or "loss" not in trace or any(name not in trace for name in names):
        raise MissingSeriesError(
            f"The trace {trace.path} is not of a polynomial regression, or an older version recorded it. "
            "'derivviz record polynomial' records one."
        )
    logged = trace.columns([*names, "loss"])
    way = np.stack([logged[name] for name in names], axis=1)
    end = np.array(trace.attrs.get("coefficients", way[-1]), float)  # a run that was killed has no last ones
    x, target, test_x, test_target = (np.array(trace.attrs[name], float) for name in POINTS)
    return Regression(
        x,
        target,
        test_x,
        test_target,
        np.concatenate([way, end[None]]),
        logged["loss"],
        float(trace.attrs["learning_rate"]),
        float(trace.attrs["largest_stable_rate"]),
        np.array(trace.attrs["least_squares"], float),
        _ends(trace),
    )


def _ends(trace: Trace) -> dict[str, tuple[float, float]]:
    found = {
        letter: (float(trace.attrs.get(f"{key}center", 0)), float(trace.attrs.get(f"{key}half_width", 1)))
        for letter, key in (("x", ""), ("t", "target_"))
    }
    if all(one == (0, 1) for one in found.values()):
        return {}
    return {letter: (center - half, center + half) for letter, (center, half) in found.items()}
