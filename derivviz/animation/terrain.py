"""The graph of a function of two variables, seen from above at a slant: a mesh drawn from far to near.

The projection is orthographic and worked out here, so that a surface is made of plain flat polygons which every
renderer draws and every layout check knows.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import LEFT, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation import layout
from derivviz.animation.blend import blend, mixed
from derivviz.animation.lines import Segments, straight
from derivviz.animation.mesh import Function, mesh, normal
from derivviz.animation.numerals import numeral
from derivviz.animation.plane import nice_step, ticks
from derivviz.animation.stage import color, current
from derivviz.animation.typeset import Formula
from derivviz.look.theme import contrast

Array = NDArray[np.float64]

ELEVATION = np.radians(28.0)
LIGHT = np.array([-0.72, -0.12, 0.68])  # from where light falls, in the box seen at azimuth 0


class Terrain(VGroup):
    """A surface z = f(x, y) in a box, its floor, and axes along the edges of the floor.

    Parameters
    ----------
    f
        Vectorised function of x and y; where it has no finite value, or one outside of `z_range`, there is
        no surface.
    x_range, y_range, z_range
        The box, in the numbers of the function.
    width, height
        Of the floor's side and of the box, in units of the frame.
    azimuth
        Degrees by which the box is turned.
    cells
        Of the mesh, along x and along y; even, so that a mesh line runs through the middle.
    """

    def __init__(
        self,
        f: Function,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        z_range: tuple[float, float],
        width: float = 4.4,
        height: float = 2.6,
        azimuth: float = 30.0,
        cells: int = 22,
    ) -> None:
        super().__init__()
        self.f, self.ranges, self.size = f, (x_range, y_range, z_range), (width, height)
        self.home = np.zeros(3)
        polygons = mesh(f, x_range, y_range, z_range, cells)
        self.normals = np.array([normal(self._box(polygon)) for polygon in polygons]).reshape(-1, 3)
        self.middles = np.array([polygon.mean(axis=0) for polygon in polygons]).reshape(-1, 3)
        self.corners = np.concatenate([np.zeros((0, 3)), *polygons])  # of all polygons, one after another
        self.starts = np.cumsum([0, *map(len, polygons)])
        following = [
            start + np.roll(np.arange(len(p)), -1)
            for start, p in zip(self.starts[:-1], polygons, strict=True)
        ]
        self.following = np.concatenate([np.zeros(0, np.int64), *following])  # of each corner, the next one
        self.floor = VMobject(stroke_color=color("axis"), stroke_width=2.5).set_fill(
            color("panel"), opacity=0.6
        )
        layout.mark(self.floor, backdrop=True)
        self.cells = VGroup(*(VMobject(stroke_width=1.0, fill_opacity=1.0) for _ in polygons))
        layout.mark(self.cells, backdrop=True)
        self.add(self.floor, self.cells)
        self.turn(azimuth)

    # ---- projection -------------------------------------------------------------------------------------

    def _box(self, points: ArrayLike) -> Array:
        """Numbers (x, y, z) as places in the box, in units of the frame: the middle of its floor is 0."""
        p = np.asarray(points, float)
        (x0, x1), (y0, y1), (z0, z1) = self.ranges
        width, height = self.size
        across = [(p[..., 0] - x0) / (x1 - x0) - 0.5, (p[..., 1] - y0) / (y1 - y0) - 0.5]
        return np.stack(
            [across[0] * width, across[1] * width, (p[..., 2] - z0) / (z1 - z0) * height], axis=-1
        )

    def _turned(self, box: Array) -> Array:
        """Places in the box after it is turned: to the right, away from the viewer, upwards."""
        c, s = np.cos(self.azimuth), np.sin(self.azimuth)
        return np.stack(
            [c * box[..., 0] - s * box[..., 1], s * box[..., 0] + c * box[..., 1], box[..., 2]], axis=-1
        )

    def point(self, x: ArrayLike, y: ArrayLike, z: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for numbers of the function."""
        turned = self._turned(self._box(np.stack(np.broadcast_arrays(x, y, z), axis=-1)))
        up = turned[..., 1] * np.sin(ELEVATION) + turned[..., 2] * np.cos(ELEVATION)
        return np.stack([turned[..., 0], up, np.zeros_like(up)], axis=-1) + self.home

    def depth(self, x: ArrayLike, y: ArrayLike) -> Array:
        """How far away a place of the floor is; larger is farther."""
        z = np.full(np.broadcast(x, y).shape, self.ranges[2][0])
        return self._turned(self._box(np.stack(np.broadcast_arrays(x, y, z), axis=-1)))[..., 1]

    def move_home(self, home: ArrayLike) -> Self:
        """Put the middle of the floor at a point of the frame."""
        self.home = np.asarray(home, float)
        return self.turn(float(np.degrees(self.azimuth)))

    def turn(self, azimuth: float) -> Self:
        """Draw it turned by so many degrees."""
        self.azimuth = np.radians(azimuth)
        (x0, x1), (y0, y1), (z0, _) = self.ranges
        outline = self.point([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], z0)
        self.floor.set_points_as_corners(outline)
        light = np.clip(self._turned(self.normals) @ LIGHT, 0, 1)
        order = np.argsort(-self.depth(self.middles[:, 0], self.middles[:, 1]), kind="stable")
        outlines = self.point(*self.corners.T)
        curves = straight(np.stack([outlines, outlines[self.following]], axis=1))  # four points a corner
        fills, edges = _shades(light)
        for cell, n in zip(self.cells, order.tolist(), strict=True):
            cell.points = curves[4 * self.starts[n] : 4 * self.starts[n + 1]]
            cell.fill_rgbas, cell.stroke_rgbas = fills[n : n + 1], edges[n : n + 1]
            cell.middle = self.middles[n]
        return self

    # ---- parts ------------------------------------------------------------------------------------------

    def axes(self, names: tuple[str, str, str] = ("x", "y", "z")) -> VGroup:
        """Ticks, tick labels and names along the two near edges of the floor and the left upright edge."""
        (x0, x1), (y0, y1), (z0, z1) = self.ranges
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        near = min(corners, key=lambda c: float(self.depth(*c)))
        left = min(corners, key=lambda c: float(self.point(c[0], c[1], z0)[0]))
        made = VGroup()
        edges = (
            (lambda v: self.point(v, near[1], z0), (x0, x1), names[0]),
            (lambda v: self.point(near[0], v, z0), (y0, y1), names[1]),
        )
        marks: list[list[Array]] = []
        for at, (low, high), name in edges:
            start, end = at(low), at(high)
            way = (end - start) / np.linalg.norm(end - start)
            out = np.array([way[1], -way[0], 0.0]) * (1 if (way[1], -way[0])[1] < 0 else -1)
            step = nice_step(low, high, 4)
            for tick in ticks(low, high, step):
                marks.append([at(tick), at(tick) + out * 0.12])
                made.add(_beside(Formula(numeral(tick), "tick", "muted"), at(tick), out, 0.2))
            made.add(_beside(Formula(name, "label", "muted"), at((low + high) / 2), out, 0.72))
        foot, head = self.point(*left, z0), self.point(*left, z1)
        step = nice_step(z0, z1, 4)
        for tick in ticks(z0, z1, step):
            here = self.point(*left, tick)
            marks.append([here, here + LEFT * 0.12])
            made.add(Formula(numeral(tick), "tick", "muted").next_to(here, LEFT, 0.2))
        made.add(Formula(names[2], "label", "muted").next_to(head, LEFT, 0.2).shift(np.array([0, 0.22, 0])))
        lines = Segments([*marks, [foot, head]], "axis", 2.5)
        return VGroup(lines, *_apart(made))

    def curve(
        self, x: ArrayLike, y: ArrayLike, z: ArrayLike, role: str = "function", width: float = 6
    ) -> VMobject:
        """A line through numbers of the function, broken where it leaves the box or has no height."""
        x, y, z = (np.asarray(v, float) for v in np.broadcast_arrays(x, y, z))
        z0, z1 = self.ranges[2]
        slack = 1e-9 * (z1 - z0)
        inside = np.isfinite(z) & (z >= z0 - slack) & (z <= z1 + slack)
        points = self.point(x, y, np.where(inside, z, z0))
        pairs = np.stack([points[:-1], points[1:]], axis=1)[inside[:-1] & inside[1:]]
        return Segments(pairs, role, width)

    def wall(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, role: str = "function") -> VMobject:
        """What stands upright between a line as `curve` draws it and the floor."""
        x, y, z = (np.asarray(v, float) for v in np.broadcast_arrays(x, y, z))
        z0, z1 = self.ranges[2]
        height = np.clip(np.where(np.isfinite(z), z, z0), z0, z1)
        top, bottom = self.point(x, y, height), self.point(x, y, z0)
        made = VMobject(stroke_width=0).set_fill(mixed("background", role, 0.45), opacity=0.9)
        made.set_points_as_corners([*top, *bottom[::-1], top[0]])
        layout.mark(made, backdrop=True)
        return made

    def before(self, axis: int, value: float) -> VGroup:
        """The cells that hide the cut at x = value (axis 0) or y = value (axis 1) from the viewer."""
        behind = self.depth(*([value, 0.0] if axis == 0 else [0.0, value]))
        step = 1e-3 * (self.ranges[axis][1] - self.ranges[axis][0])
        ahead = self.depth(*([value + step, 0.0] if axis == 0 else [0.0, value + step]))
        sign = 1 if ahead < behind else -1
        return VGroup(*(cell for cell in self.cells if (cell.middle[axis] - value) * sign > 0))

    def visible(self, x: float, y: float, z: float, azimuth: float) -> bool:
        """Whether nothing of the surface would stand between a point and the viewer at an azimuth in degrees."""
        (x0, x1), (y0, y1), (z0, z1) = self.ranges
        width, height = self.size
        towards = np.array([-np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))])
        along = np.linspace(0.04, 1.6, 120) * width
        xs = x + along * towards[0] * (x1 - x0) / width
        ys = y + along * towards[1] * (y1 - y0) / width
        sight = z + along * np.tan(ELEVATION) * (z1 - z0) / height
        there = (xs >= x0) & (xs <= x1) & (ys >= y0) & (ys <= y1)
        with np.errstate(all="ignore"):
            ground = np.asarray(self.f(xs, ys), float)
        return not bool((there & (ground > sight) & (ground <= z1)).any())


def _beside(label: Formula, at: Array, out: Array, gap: float) -> Formula:
    """A label clear of an edge, in the direction `out` of it."""
    half = np.array([label.width / 2, label.height / 2, 0])
    label.move_to(at + out * (gap + float(np.abs(out) @ half)))
    return label


def _apart(labels: VGroup) -> list[Formula]:
    """The labels without those tick labels that come too near to one placed before."""
    names = [label for label in labels if label.size > 30]
    kept: list[Formula] = list(names)
    for label in labels:
        gap = [np.abs(label.get_center() - other.get_center())[:2] for other in kept]
        room = [
            np.array([label.width + other.width, label.height + other.height]) / 2 + 0.06 for other in kept
        ]
        if label not in names and all((g > r).any() for g, r in zip(gap, room, strict=True)):
            kept.append(label)
    return kept


def _shades(light: Array) -> tuple[Array, Array]:
    """Fill and edge of cells, RGBA: the function's colour towards the ground, by how much light each gets."""
    dark = contrast(current().theme.background, "#000000") < 4
    share = 0.28 + 0.62 * light if dark else 0.85 - 0.62 * light
    opaque = np.ones((len(light), 1))
    fill, edge = (blend("background", "function", s[:, None]) / 255 for s in (share, share * 0.72))
    return np.hstack([fill, opaque]), np.hstack([edge, opaque])
