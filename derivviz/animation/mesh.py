"""A surface z = f(x, y) in a box as flat polygons, cut where the surface ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array, Array], Any]

_HALVINGS = 30


def mesh(
    f: Function,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    z_range: tuple[float, float],
    cells: int,
) -> list[Array]:
    """Polygons (corners, 3) of the surface: the cells of a square grid, cut where the surface ends."""
    xs, ys = np.linspace(*x_range, cells + 1), np.linspace(*y_range, cells + 1)
    z0, z1 = z_range
    slack = 1e-9 * (z1 - z0)

    def height(x: Array, y: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(f(x, y), float), np.shape(x))

    def inside(z: Array) -> NDArray[np.bool_]:
        return np.isfinite(z) & (z >= z0 - slack) & (z <= z1 + slack)

    grid = height(*np.meshgrid(xs, ys, indexing="ij"))
    good = inside(grid)
    made: list[Array] = []
    for i in range(cells):
        for j in range(cells):
            around = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
            if not any(good[at] for at in around):
                continue
            corners = np.array([[xs[a], ys[b]] for a, b in around])
            kept = [good[at] for at in around]
            if all(kept) and np.ptp([grid[at] for at in around]) < 0.5 * (z1 - z0):
                made.append(np.column_stack([corners, [np.clip(grid[at], z0, z1) for at in around]]))
                continue
            outline: list[Array] = []
            for n in range(4):
                m = (n + 1) % 4
                if kept[n]:
                    outline.append(corners[n])
                if kept[n] != kept[m]:
                    within, without = (corners[n], corners[m]) if kept[n] else (corners[m], corners[n])
                    outline.append(_edge(within, without, height, inside))
            flat = np.array(outline)
            z = height(flat[:, 0], flat[:, 1])
            middle = flat.mean(axis=0, keepdims=True)
            at_middle = height(middle[:, 0], middle[:, 1])[0]
            torn = np.ptp(z) > 0.5 * (z1 - z0) and not (z.min() <= at_middle <= z.max())
            if len(flat) >= 3 and not torn:
                made.append(np.column_stack([flat, np.clip(z, z0, z1)]))
    return made


def _edge(
    within: Array,
    without: Array,
    height: Callable[[Array, Array], Array],
    inside: Callable[[Array], NDArray[np.bool_]],
) -> Array:
    """Where the surface ends between a place that it has and one that it has not, by bisection."""
    for _ in range(_HALVINGS):
        middle = (within + without) / 2
        if inside(height(middle[:1], middle[1:]))[0]:
            within = middle
        else:
            without = middle
    return within


def normal(polygon: Array) -> Array:
    """The upward unit normal of a polygon that is nearly flat."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    across = np.cross(a, b).sum(axis=0)  # Newell's method: twice the area, for any number of corners
    return np.asarray(across / max(float(np.linalg.norm(across)), 1e-300) * np.sign(across[2] or 1.0))
