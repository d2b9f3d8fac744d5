"""Polynomials through points: where steepest descent goes to, how fast it may go, and points to try it on.

Source: polynomial regression by steepest descent, f(x) = Σ a_k x^k with k from 0 to n, and
E = ½ Σ_j (f(x_j) − t_j)². With u_j = f(x_j) − t_j the chain rule gives ∂E/∂a_i = Σ_j u_j x_j^i.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import DerivvizError

MOST_POINTS = 10_000
TEST_SHARE = 1 / 4
BETWEEN = 4  # points of a wave to test on, between two to learn from

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


@dataclass(frozen=True)
class Points:
    """Points to learn from and points to test on.

    Attributes
    ----------
    x, target
        Those to learn from, shape (points,); x lies in [−1, 1].
    test_x, test_target
        Those to test on.
    center, half_width
        x = (X − center) / half_width for the X that were given, so that no power grows large.
    description
        What they are, in words.
    """

    x: Floats
    target: Floats
    test_x: Floats
    test_target: Floats
    center: float
    half_width: float
    description: str


def wave(count: int, noise: float, seed: int) -> Points:
    """Points of t = sin(πx) on [−1, 1] with normal noise: evenly spread to learn from, others between them to test on.

    Parameters
    ----------
    count
        Of points to learn from, 2 or more.
    noise
        Standard deviation of the noise, in units of t.
    seed
        Of the noise.
    """
    generator = np.random.default_rng(seed)
    x = np.linspace(-1, 1, count)
    steps = np.arange(1, BETWEEN + 1) / (BETWEEN + 1)
    between = (x[:-1, None] + (x[1:] - x[:-1])[:, None] * steps).ravel()
    target, test = (np.sin(np.pi * at) + noise * generator.standard_normal(len(at)) for at in (x, between))
    return Points(x, target, between, test, 0.0, 1.0, f"{count} points of sin(πx), noise {noise:g}")


def read_points(path: str | Path, seed: int) -> Points:
    """Points from a CSV file: two columns of numbers, x and t, under a heading or none.

    A quarter of them, chosen by `seed`, is held out to test on; the outermost ones never are.

    Raises
    ------
    DerivvizError
        If the file is missing, has a line that is no pair of numbers, or fewer than four different x.
    """
    x, target = _columns(Path(path))
    center, half_width = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2
    scaled = (x - center) / half_width
    inner = np.flatnonzero((x > x.min()) & (x < x.max()))
    held = np.random.default_rng(seed).permutation(inner)[: max(1, round(TEST_SHARE * len(x)))]
    learnt = np.setdiff1d(np.arange(len(x)), held)
    what = f"{len(x)} points of {Path(path).name}"
    return Points(
        scaled[learnt], target[learnt], scaled[held], target[held], float(center), float(half_width), what
    )


def _columns(path: Path) -> tuple[Floats, Floats]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if any(cell.strip() for cell in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise DerivvizError(
            f"{str(path)!r} cannot be read: {reason}. --data wants a CSV file of two columns, x and t."
        ) from None
    if lines and not _is_pair(lines[0]):
        lines = lines[1:]  # a heading
    for number, line in enumerate(lines, 1):
        if not _is_pair(line):
            raise DerivvizError(
                f"{path.name}: row {number} is {', '.join(line)!r}, but each row is two numbers, x and t, as 0.5,1.25"
            )
    if len(lines) > MOST_POINTS:
        raise DerivvizError(f"{path.name} has {len(lines)} points; {MOST_POINTS} is the most.")
    points = np.array([[float(cell) for cell in line] for line in lines], np.float64).reshape(-1, 2)
    different = len(np.unique(points[:, 0]))
    if different < 4:
        raise DerivvizError(
            f"{path.name} has {different} different values of x; a curve and a test of it want 4 or more."
        )
    return points[:, 0], points[:, 1]


def _is_pair(line: list[str]) -> bool:
    try:
        return len(line) == 2 and bool(np.isfinite([float(cell) for cell in line]).all())
    except ValueError:
        return False
