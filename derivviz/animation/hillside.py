"""What a lesson about slopes of a surface needs: right angles, a walk downhill, a formula that fits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.frame import enlarged
from derivviz.animation.lines import Segments
from derivviz.animation.typeset import UNITS_PER_POINT, Formula
from derivviz.calculus.field import Field
from derivviz.calculus.tree import Node
from derivviz.errors import UsageError
from derivviz.look.breaking import broken

Array = NDArray[np.float64]
_MOST_STEPS = 10
_LEVEL = 1e-4  # of the height of the box over its width: a slope below it is none to the eye
_NEAR = 0.1  # units of the frame within which the direction of a line is measured


def is_level(f: Field, at: Array, reach: float, box: tuple[float, float]) -> bool:
    """Whether the gradient is 0, but for the rounding of the place.

    Raises
    ------
    UsageError
        If it is not, and yet too small to be seen in a box of these heights.
    """
    steepness = float(np.hypot(*f.gradient(*at)))
    if steepness * 2 * reach >= _LEVEL * (box[1] - box[0]):
        return False
    if steepness and not steepness <= _LEVEL * reach * np.abs(f.hessian(*at)).max():
        raise UsageError(f"around P, {f.text[:40]} rises too much to show its slope: give a smaller --reach")
    return True


def along(line: Segments, at: Array, way: Array) -> float:
    """Cosine of the angle between a direction and a line as it is drawn around a point."""
    near = _around(line, at)
    axes = np.linalg.svd(near - near.mean(axis=0))[2]
    t, bent = axes @ near.T
    slope = np.polyfit(t, bent, 2)[1]  # of the parabola through the points: they bend, and lie unevenly
    direction = axes[0] + slope * axes[1]
    return float(direction @ way / np.linalg.norm(direction) / np.linalg.norm(way))


def closes(line: Segments, at: Array) -> bool:
    """Whether a line turns back next to a point, as a contour line close around a summit: it has no direction."""
    near = _around(line, at)
    length, width = np.linalg.svd(near - near.mean(axis=0), compute_uv=False)
    return bool(width > 0.3 * length)


def _around(line: Segments, at: Array) -> Array:
    """The points of a line next to a point of the frame, seen from that, shape (points, 2)."""
    points = line.points[:, :2] - at[:2]
    return points[np.linalg.norm(points, axis=1) < _NEAR]


def right_angle(corner: ArrayLike, way: ArrayLike, side: float = 0.26) -> Segments:
    """The mark of a right angle at a corner, one of whose arms goes along `way`."""
    at, along = np.asarray(corner, float), np.asarray(way, float)
    along = along / np.linalg.norm(along) * side
    across = np.array([-along[1], along[0], 0])
    return Segments([[at + along, at + along + across], [at + along + across, at + across]], "ink", 3)


def steepest_walk(
    f: Field, start: Array, rate: float, ranges: tuple[tuple[float, float], ...]
) -> tuple[float, list[Array]]:
    """Gradient descent p ← p − rate · ∇f(p), for as long as it goes down inside the ranges.

    Returns
    -------
    (rate, places)
        The rate is halved until two steps at least can be taken, some ten times at the most.
    """
    lows, highs = np.array(ranges).T
    for _ in range(12):
        walk = [np.asarray(start, float)]
        while len(walk) <= _MOST_STEPS:
            ahead = walk[-1] - rate * f.gradient(*walk[-1])
            inside = np.isfinite(ahead).all() and (ahead >= lows).all() and (ahead <= highs).all()
            if not (inside and f(*ahead) < f(*walk[-1])):
                break
            walk.append(ahead)
        if len(walk) > 2:
            break
        rate /= 2
    return rate, walk


def legible(
    markup: str, tree: Node, before: str, width: float, fill: str = "ink", height: float | None = None,
    smallest: float = 28.0,
) -> Formula | None:  # fmt: skip
    """A formula as large as it goes in a width, its lines broken where nothing else helps; None if nothing does.

    `height` is the most that it may take; left out, only broken lines are held to one. Those are of size
    `smallest`, before it is enlarged.
    """
    for size in (44.0, 38.0, 32.0, 28.0):
        made = Formula(markup, enlarged(size), fill)
        if made.width <= width and (height is None or made.height <= height):
            return made
    size = enlarged(smallest)
    lines = Formula(broken(tree, {}, width / (size * UNITS_PER_POINT), before, deep=True), size, fill)
    return lines if lines.width <= width and lines.height <= (height or 1.45) else None
