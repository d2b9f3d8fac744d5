"""The graph of a function as cubic curves, broken where it is undefined, jumps, or leaves the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HALVINGS = 5  # of a step, at the most
FINE = 1 / 300  # of the plane's height that a curve may be off a straight piece


def smooth(points: Array) -> Array:
    """Cubic pieces through points of rising x, with the slopes that finite differences give."""
    slopes = np.gradient(points[:, 1], points[:, 0])
    a, b = points[:-1], points[1:]
    run = (b[:, 0] - a[:, 0])[:, None] / 3
    way = np.stack([np.ones_like(slopes), slopes, np.zeros_like(slopes)], axis=1)
    return np.stack([a, a + run * way[:-1], b - run * way[1:], b], axis=1).reshape(-1, 3)


def samples(
    f: Callable[[Array], Array], x_range: tuple[float, float], pieces: int, y_range: tuple[float, float]
) -> tuple[Array, Array]:
    """x and f(x) in `pieces` equal steps, halved again and again where the curve bends too much for them."""
    low, high = y_range
    x = np.linspace(*x_range, pieces + 1)
    with np.errstate(all="ignore"):
        y = np.asarray(f(x), float)
        for _ in range(HALVINGS):
            middle = (x[:-1] + x[1:]) / 2
            true = np.asarray(f(middle), float)
            off = np.abs(true - (y[:-1] + y[1:]) / 2) > (high - low) * FINE
            seen = (np.minimum(y[:-1], y[1:]) <= high) & (np.maximum(y[:-1], y[1:]) >= low)
            at = np.flatnonzero(off & seen)
            if not len(at):
                break
            x, y = np.insert(x, at + 1, middle[at]), np.insert(y, at + 1, true[at])
    return x, y


def runs(inside: NDArray[np.bool_], jumps: Mapping[int, float]) -> list[tuple[int, int]]:
    """Stretches of samples (first, beyond the last) that one line can join."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    ends = sorted([*edges.tolist(), *jumps, *jumps])  # a jump ends one stretch and starts another
    return list(zip(ends[::2], ends[1::2], strict=True))


def to_edge(
    f: Callable[[Array], Array],
    outside: float,
    xs: Array,
    ys: Array,
    y_range: tuple[float, float],
    first: bool,
) -> tuple[Array, Array]:
    """Lengthen a run to where the curve crosses the plane's edge, by bisection."""
    inside = float(xs[0 if first else -1])
    for _ in range(40):
        middle = (inside + outside) / 2
        with np.errstate(all="ignore"):
            y = float(np.asarray(f(np.array([middle])), float)[0])
        if np.isfinite(y) and y_range[0] <= y <= y_range[1]:
            inside = middle
        else:
            outside = middle
    if abs(inside - xs[0 if first else -1]) < 1e-12:
        return xs, ys
    with np.errstate(all="ignore"):
        edge = np.asarray(f(np.array([inside])), float)
    return (
        (np.concatenate([[inside], xs]), np.concatenate([edge, ys]))
        if first
        else (np.concatenate([xs, [inside]]), np.concatenate([ys, edge]))
    )
