"""Polynomials through points: where steepest descent goes to, how fast it may go, and points to try it on.

Source: polynomial regression by steepest descent, f(x) = Σ a_k x^k with k from 0 to n, and
E = ½ Σ_j (f(x_j) − t_j)². With u_j = f(x_j) − t_j the chain rule gives ∂E/∂a_i = Σ_j u_j x_j^i.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import DerivvizError

MOST_POINTS = 10_000
LARGEST = 1e100  # numbers of a file beyond it would overflow when they are squared and summed
TEST_SHARE = 1 / 4
LEAST_TO_SPLIT = 4  # different x from which on some points are held out
TESTED = 39  # points of a wave to test on
RIDGES = tuple(10.0**power for power in range(-8, 2))
UNTESTED_RIDGE = 0.01
CAREFUL = 0.3  # share of the largest stable rate that is chosen

Floats = NDArray[np.float64]


def least_squares(x: Floats, target: Floats, degree: int, ridge: float = 0.0) -> Floats:
    """The coefficients that make E + ½ ridge Σ a_k² smallest: where steepest descent goes to.

    Parameters
    ----------
    x, target
        The points, both of shape (points,).
    degree
        Of the polynomial.
    ridge
        Weight of the squared coefficients, ≥ 0.

    Returns
    -------
    ndarray of float64, shape (degree + 1,)
        a_0 … a_n; the shortest such vector where the points leave a choice.
    """
    powers = np.vander(x, degree + 1, increasing=True)
    if ridge:  # the same as further points that ask each coefficient to be 0
        powers = np.vstack([powers, np.sqrt(ridge) * np.eye(degree + 1)])
        target = np.concatenate([target, np.zeros(degree + 1)])
    return np.asarray(np.linalg.lstsq(powers, target, rcond=None)[0])


def largest_stable_rate(x: Floats, degree: int) -> float:
    """2/λ_max, the learning rate from which on steepest descent on E diverges; λ_max is that of Σ_j x_j^(i+k)."""
    powers = np.vander(x, degree + 1, increasing=True)
    return 2 / float(np.linalg.eigvalsh(powers.T @ powers)[-1])


def chosen_rate(x: Floats, degree: int) -> float:
    """A learning rate well below the largest stable one, rounded down to one significant digit."""
    rate = CAREFUL * largest_stable_rate(x, degree)
    unit = 10.0 ** math.floor(math.log10(rate))
    return float(f"{math.floor(rate / unit * (1 + 1e-9)) * unit:.0e}")


def typical_miss(x: Floats, target: Floats, coefficients: Floats) -> float:
    """√(mean of (f(x_j) − t_j)²), in units of t; NaN where there are no points."""
    if not len(x):
        return math.nan
    return float(np.sqrt(np.mean((np.polynomial.polynomial.polyval(x, coefficients) - target) ** 2)))


def best_ridge(x: Floats, target: Floats, test_x: Floats, test_target: Floats, degree: int) -> float:
    """The one of `RIDGES` with which a polynomial of that degree misses the test points least.

    Where there are no test points to choose by, `UNTESTED_RIDGE`.
    """
    if not len(test_x):
        return UNTESTED_RIDGE
    return min(
        RIDGES, key=lambda one: typical_miss(test_x, test_target, least_squares(x, target, degree, one))
    )


@dataclass(frozen=True)
class Points:
    """Points to learn from and points to test on.

    Attributes
    ----------
    x, target
        Those to learn from, shape (points,); x lies in [−1, 1].
    test_x, test_target
        Those to test on; there may be none.
    center, half_width
        x = (X − center) / half_width for the X that were given, so that no power grows large.
    target_center, target_half_width
        The same of t, so that the flat curve of the first step is not far off whatever the unit.
    description
        What they are, in words.
    """

    x: Floats
    target: Floats
    test_x: Floats
    test_target: Floats
    center: float
    half_width: float
    target_center: float
    target_half_width: float
    description: str


def wave(count: int, noise: float, seed: int) -> Points:
    """Points of t = sin(πx) on [−1, 1] with normal noise: unevenly spread to learn from, evenly to test on.

    The outermost points to learn from are at −1 and 1, so that a test asks for nothing beyond them.

    Parameters
    ----------
    count
        Of points to learn from, 2 or more.
    noise
        Standard deviation of the noise, in units of t.
    seed
        Of places and noise.
    """
    generator = np.random.default_rng(seed)
    x = np.sort(np.concatenate([[-1.0, 1.0], generator.uniform(-1, 1, count - 2)]))
    even = np.linspace(-1, 1, TESTED + 2)[1:-1]
    target, test = (np.sin(np.pi * at) + noise * generator.standard_normal(len(at)) for at in (x, even))
    return Points(x, target, even, test, 0.0, 1.0, 0.0, 1.0, f"{count} points of sin(πx), noise {noise:g}")


def read_points(path: str | Path, seed: int) -> Points:
    """Points from a CSV file: two columns of numbers, x and t, under a heading or none.

    A quarter of them, chosen by `seed`, is held out to test on; the outermost ones never are, and none where
    there are fewer than four different x.

    Raises
    ------
    DerivvizError
        If the file is missing, has a line that is no pair of numbers, or fewer than two different x.
    """
    x, target = _columns(Path(path))
    inner = np.flatnonzero((x > x.min()) & (x < x.max()))
    wanted = max(1, round(TEST_SHARE * len(x))) if len(np.unique(x)) >= LEAST_TO_SPLIT else 0
    held = np.random.default_rng(seed).permutation(inner)[:wanted]
    learnt = np.setdiff1d(np.arange(len(x)), held)
    center, half_width = _span(x)
    target_center, target_half_width = _span(target[learnt])
    x, target = (x - center) / half_width, (target - target_center) / target_half_width
    return Points(
        x[learnt],
        target[learnt],
        x[held],
        target[held],
        center,
        half_width,
        target_center,
        target_half_width,
        f"{len(x)} points of {Path(path).name}",
    )


def _span(values: Floats) -> tuple[float, float]:
    """The middle between the ends and half their distance, or 1 where all are the same."""
    low, high = float(values.min()), float(values.max())
    return (low + high) / 2, (high - low) / 2 or 1.0


def _columns(path: Path) -> tuple[Floats, Floats]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise DerivvizError(
            f"{str(path)!r} cannot be read: {reason}. --data wants a CSV file of two columns, x and t."
        ) from None
    if lines and not any(_is_number(cell) for cell in lines[0][1]):
        lines = lines[1:]  # a heading
    for number, line in lines:
        if len(line) != 2 or not all(_is_number(cell) for cell in line):
            raise DerivvizError(
                f"{path.name}: line {number} is {', '.join(line)[:60]!r}, but each line is two numbers with a comma "
                "between them, x and t, as 0.5,1.25"
            )
    if len(lines) > MOST_POINTS:
        raise DerivvizError(f"{path.name} has {len(lines)} points; {MOST_POINTS} is the most.")
    points = np.array([[float(cell) for cell in line] for _, line in lines], np.float64).reshape(-1, 2)
    if len(np.unique(points[:, 0])) < 2:
        raise DerivvizError(
            f"{path.name} has {len(lines)} points and no two different values of x; a curve wants 2 or more."
        )
    return points[:, 0], points[:, 1]


def _is_number(cell: str) -> bool:
    try:
        return abs(float(cell)) <= LARGEST
    except ValueError:
        return False
