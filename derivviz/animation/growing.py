"""Areas and piles that grow, and machines in a row: the pictures behind the rules of differentiation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from manim import RIGHT, Arrow, Mobject, Polygon, RoundedRectangle, VGroup
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula

_SEAM = 0.03  # units of the frame between neighbours


class Block(Polygon):
    """A filled rectangle, known by its lower left corner and its size."""

    def __init__(
        self, corner: ArrayLike, size: tuple[float, float], role: str, opacity: float = 0.35
    ) -> None:
        super().__init__(*np.eye(3), stroke_width=0)
        self.set_fill(color(role), opacity=opacity)
        self.set_size(corner, size)

    def set_size(self, corner: ArrayLike, size: tuple[float, float]) -> Self:
        """Put it elsewhere; a side is never shorter than a hair, so that it stays a rectangle."""
        x, y = np.asarray(corner, float)[:2]
        w, h = (max(side, 1e-6) for side in size)
        self.set_points_as_corners(
            np.array([[x, y, 0], [x + w, y, 0], [x + w, y + h, 0], [x, y + h, 0], [x, y, 0]])
        )
        return self

    @property
    def sides(self) -> NDArray[np.float64]:
        """Width and height as drawn."""
        return np.asarray(np.ptp(self.points[:, :2], axis=0))

    @property
    def area(self) -> float:
        """Area as drawn, in units of the frame squared."""
        return float(np.prod(self.sides))


class Growing(VGroup):
    """A rectangle u × v, and what it gains when u grows by du and v by dv: two strips and a corner.

    Parameters
    ----------
    corner
        The lower left one.
    size
        u and v, in units of the frame.
    roles
        Colour roles of the rectangle and of what it gains.
    """

    def __init__(
        self, corner: ArrayLike, size: tuple[float, float], roles: tuple[str, str] = ("function", "tangent")
    ) -> None:
        super().__init__()
        self.corner_point, self.size = np.asarray(corner, float), size
        self.body = Block(corner, size, roles[0])
        self.right, self.top = (Block(corner, (0, 0), roles[1], 0.75) for _ in range(2))
        self.corner = Block(corner, (0, 0), roles[1], 0.35)
        self.add(self.body, self.right, self.top, self.corner)
        self.grow(0, 0)

    def grow(self, du: float, dv: float) -> Self:
        """Show it with sides u + du and v + dv."""
        x, y = self.corner_point[:2]
        u, v = self.size
        self.right.set_size([x + u + _SEAM, y], (du, v))
        self.top.set_size([x, y + v + _SEAM], (u, dv))
        self.corner.set_size([x + u + _SEAM, y + v + _SEAM], (du, dv))
        return self


def pile(corner: ArrayLike, width: float, parts: Sequence[tuple[float, str]]) -> VGroup:
    """Heights (units of the frame, with their colour roles) one on another, from the ground up."""
    x, y = np.asarray(corner, float)[:2]
    blocks = VGroup()
    for height, role in parts:
        blocks.add(Block([x, y, 0], (width, height), role, 0.7))
        y += height + _SEAM
    return blocks


def cube(near: ArrayLike, side: float, gain: float) -> tuple[VGroup, VGroup]:
    """The three faces of a cube that one sees, and the layers that it gains on them.

    Parameters
    ----------
    near
        The corner where the three faces meet.
    side, gain
        Of the cube, and the thickness of the layers, in units of the frame.
    """
    edges = np.array([[np.sqrt(3) / 2, 0.5, 0], [-np.sqrt(3) / 2, 0.5, 0], [0, -1, 0]])
    faces, layers = VGroup(), VGroup()
    for n in range(3):  # the face without edge n looks against it
        a, b = np.delete(edges, n, axis=0) * side
        square = np.array([np.zeros(3), a, a + b, b]) + np.asarray(near, float)
        faces.add(Polygon(*square, stroke_color=color("background"), stroke_width=3))
        layers.add(Polygon(*(square - gain * edges[n]), stroke_width=0))
    return faces.set_fill(color("function"), opacity=0.45), layers.set_fill(color("tangent"), opacity=0.75)


def machine(markup: str, role: str, size: float | str = "body") -> VGroup:
    """A function as a machine: its formula in a frame."""
    formula = Formula(markup, size, role)
    frame = RoundedRectangle(
        corner_radius=0.15, width=formula.width + 0.6, height=1.0, stroke_color=color(role), stroke_width=4
    )
    return VGroup(frame, formula.move_to(frame))


def in_a_row(
    *parts: Mobject, way: NDArray[np.float64] = RIGHT, gap: float = 1.0, buff: float = 0.18
) -> tuple[VGroup, VGroup]:
    """Machines, and the letters of what goes in and comes out, in a row, so far apart; and the arrows between them."""
    row = VGroup(*parts).arrange(way, buff=gap)
    arrows = (
        Arrow(a.get_edge_center(way), b.get_edge_center(-way), buff=buff, color=color("axis"), stroke_width=4)
        for a, b in pairwise(parts)
    )
    return row, VGroup(*arrows)
