"""What stands beside a road, drawn in metres: trees, posts, houses."""

from __future__ import annotations

import numpy as np

from derivviz.learning.traffic import GLASS, Pen, Project, Uniform, chosen, dark


def tree(pen: Pen, at: Project, x: float, z: float, u: Uniform) -> None:
    """A tree of some discs of leaves."""
    high, unit = u(4.0, 7.5), at(x + 1, 0, z)[0] - at(x, 0, z)[0]
    pen.polygon(
        [at(x - 0.16, 0, z), at(x - 0.09, high * 0.6, z), at(x + 0.09, high * 0.6, z), at(x + 0.16, 0, z)],
        (74, 58, 44),
    )
    leaves = chosen(((58, 92, 44), (84, 110, 50), (40, 72, 46), (150, 110, 46)), u)
    for k in range(9):
        a, b = u(-0.9, 0.9), u(0.5, 1.0)
        size = u(0.55, 1.0) * high * 0.19
        pen.disc(at(x + a * high * 0.2, b * high, z), size * unit, size * unit, dark(leaves, 0.65 + 0.05 * k))


def post(pen: Pen, at: Project, x: float, z: float, u: Uniform) -> None:
    """What is upright and no one: a lamp, a sign, a bollard, a bin."""
    kind, unit = u(0, 1), at(x + 1, 0, z)[0] - at(x, 0, z)[0]
    grey = chosen(((120, 124, 128), (84, 88, 92), (150, 150, 146)), u)
    if kind < 0.4:
        arm = 1.6 if x < 0 else -1.6
        pen.line([at(x, 0, z), at(x, 6.6, z), at(x + arm, 6.9, z)], grey, 0.13 * unit)
        pen.disc(at(x + arm, 6.85, z), 0.3 * unit, 0.1 * unit, (238, 232, 206))
    elif kind < 0.65:
        pen.line([at(x, 0, z), at(x, 2.5, z)], grey, 0.08 * unit)
        if u(0, 1) < 0.5:
            pen.disc(at(x, 2.35, z), 0.34 * unit, 0.34 * unit, (196, 36, 38))
            pen.disc(at(x, 2.35, z), 0.24 * unit, 0.24 * unit, (236, 236, 232))
        else:
            pen.polygon(
                [at(x - 0.34, 2.05, z), at(x - 0.34, 2.65, z), at(x + 0.34, 2.65, z), at(x + 0.34, 2.05, z)],
                (32, 84, 160),
            )
    elif kind < 0.85:
        pen.polygon([at(x - 0.11, 0, z), at(x - 0.1, 1.0, z), at(x + 0.1, 1.0, z), at(x + 0.11, 0, z)], grey)
        pen.polygon(
            [at(x - 0.1, 0.75, z), at(x - 0.1, 0.9, z), at(x + 0.1, 0.9, z), at(x + 0.1, 0.75, z)],
            (220, 60, 40),
        )
    else:
        pen.polygon(
            [at(x - 0.26, 0, z), at(x - 0.3, 1.05, z), at(x + 0.3, 1.05, z), at(x + 0.26, 0, z)],
            chosen(((40, 70, 52), (70, 74, 80), (30, 60, 110)), u),
        )


def house(pen: Pen, at: Project, x: float, z: float, u: Uniform) -> None:
    """A house front along the road, from `z` on, with windows that follow the perspective."""
    long, floors = u(7, 14), int(u(2, 5.99))
    wall = chosen(
        ((178, 160, 140), (150, 108, 88), (196, 190, 178), (132, 134, 138), (170, 132, 100), (206, 186, 150)),
        u,
    )
    high, far = 3.1 * floors + u(0.3, 1.0), z + long
    pen.polygon([at(x, 0, z), at(x, high, z), at(x, high, far), at(x, 0, far)], wall)
    outside = x + (6 if x > 0 else -6)
    pen.polygon([at(x, 0, z), at(x, high, z), at(outside, high, z), at(outside, 0, z)], dark(wall, 0.72))
    panes = np.arange(z + 1.0, far - 1.6, 2.6)
    pane = dark(GLASS, u(0.9, 1.9))
    for floor in range(floors):
        low = 0.9 + 3.1 * floor
        for start in panes:
            near, end = float(start), float(start) + 1.3
            pen.polygon(
                [at(x, low, near), at(x, low + 1.5, near), at(x, low + 1.5, end), at(x, low, end)], pane
            )
