"""Where a surface, its slices, its map and what is written about them stand in each shape of the frame."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, Animation, Mobject, UpdateFromAlphaFunc, VGroup, smooth
from numpy.typing import NDArray

from derivviz.animation.contours import ContourMap, levels_around
from derivviz.animation.directions import Directions
from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.hillside import legible
from derivviz.animation.lines import Segments
from derivviz.animation.slices import partial_law
from derivviz.animation.terrain import ELEVATION, Terrain
from derivviz.animation.typeset import Formula
from derivviz.calculus.field import Field, heights
from derivviz.look.math import typst_math

Array = NDArray[np.float64]
Ranges = tuple[tuple[float, float], tuple[float, float]]


def function_formula(f: Field) -> Formula | None:
    """z = the function, as large as it goes; None if it is too long."""
    width, height = pick(wide=(6.1, None), tall=(7.2, 1.45), square=(11.2, 1.35))
    smallest = pick(wide=28.0, tall=28.0 / enlarged(1), square=28.0)
    made = legible(f"z = {typst_math(f.tree)}", f.tree, "z =", width, "function", height, smallest)
    if made is not None and shape() == "square":
        made.scale(min(1.35, width / made.width, height / made.height))
    return made


def told_size() -> float:
    """The text size of the line about the gradient."""
    return pick(wide=40, tall=50, square=58)


class SurfaceFrame:
    """The surface left of its slices and its map, or above them in a tall frame; there and in a square, under
    the formula of the function.

    Parameters
    ----------
    formula
        Of the function; it is put in its place.

    Attributes
    ----------
    edge
        How far to the left and to the right of the frame's middle anything may stand.
    laws, width
        Left end of the line of partial derivatives, shape (3,), and the most that it may be wide.
    slices
        Left, right and lower end of the plane of a slice.
    told
        Left end of the line about the gradient, shape (3,).
    slopes
        Width, height and middle of the plane of slopes against directions.
    """

    def __init__(self, formula: Formula) -> None:
        self.formula, self.edge = formula, pick(wide=6.95, tall=3.85, square=5.8)
        self.width = pick(wide=6.1, tall=7.2, square=11.2)
        left, half = pick(wide=0.75, tall=-3.6, square=-5.5), formula.height / 2
        formula.move_to([left, pick(wide=2.2 + half, tall=5.85 - half, square=4.2), 0], LEFT)
        under = formula.get_bottom()[1]
        self.laws = np.array([left, pick(wide=1.5, tall=-1.0, square=2.8), 0])
        self.slices = pick(wide=(0.55, 6.95, -2.2), tall=(-3.85, 3.85, -4.6), square=(0.3, 5.8, -3.9))
        self.told = np.array(pick(wide=[-6.7, 2.35, 0], tall=[left, under - 0.5, 0], square=[left, 2.8, 0]))
        high = under - 1.5  # from above the ticks to below the line about the gradient
        self.slopes = pick(
            wide=((5.4, 3.9), (-3.4, -0.35)),
            tall=((5.7, high - 0.4), (-0.1, high / 2 + 0.2)),
            square=((4.5, 5.2), (-2.9, -1.0)),
        )

    def alone(self) -> None:
        """Enlarge the formula where slices and map will stand in a tall frame; `Restore` takes it back."""
        self.formula.save_state()
        self.formula.scale(min(1.6, 7.2 / self.formula.width)).move_to([0.0, -2.6, 0.0])

    # ---- the surface ------------------------------------------------------------------------------------

    def terrain(self, f: Field, ranges: Ranges, box: tuple[float, float]) -> Terrain:
        """The surface between two heights; a square frame it fills as long as there is nothing else."""
        side = pick(wide=4.4, tall=4.6, square=5.6)
        up = self.formula.get_bottom()[1] - 3.2  # from the floor's far corner to the formula of a tall frame
        height = pick(wide=2.6, tall=min(2.4, up / np.cos(ELEVATION)), square=3.6)
        home = pick(wide=[-3.35, -1.05, 0], tall=[0.3, 1.5, 0], square=[0.4, -2.0, 0])
        return Terrain(f, *ranges, box, side, height).move_home(home)

    def axes(self, terrain: Terrain, right: float) -> VGroup:
        """Axes of the surface, which moves to the right where they would leave the frame.

        Where it would then reach beyond `right`, and the frame is not a wide one, it becomes smaller.
        """
        axes = terrain.axes()
        shift = max(0.0, -self.edge - axes.get_left()[0])
        over = terrain.get_right()[0] + shift - right
        terrain.move_home(terrain.home + RIGHT * shift)
        if shape() != "wide" and over > 0.01:
            terrain.size = (terrain.size[0] - over, terrain.size[1])
            return self.axes(terrain.move_home(terrain.home), right)
        return axes.shift(RIGHT * shift)

    def aside(self, terrain: Terrain, p: Mobject, at: Array) -> tuple[VGroup, Animation]:
        """The axes of the surface in the left half of a square frame, and its way there, with P on it."""
        (side, height), home = terrain.size, terrain.home
        terrain.size = (3.55, height)
        axes = self.axes(terrain.move_home([-2.6, -2.45, 0]), 0.1)
        end, there = terrain.size[0], terrain.home

        def move(group: Mobject, alpha: float) -> None:
            terrain.size = (side + alpha * (end - side), height)
            terrain.move_home(home + alpha * (there - home))
            p.move_to(terrain.point(at[0], at[1], terrain.f(*at)))

        return axes, UpdateFromAlphaFunc(VGroup(terrain, p), move, rate_func=smooth)

    # ---- the map ----------------------------------------------------------------------------------------

    def map(self, f: Field, at: Array, reach: float, ranges: Ranges, box: tuple[float, float]) -> ContourMap:
        """The map; in a tall frame it shows more of the ground to the left and to the right."""
        size = pick(wide=(4.4, 4.4), tall=(6.8, 4.1), square=(5.1, 5.1))
        middle = pick(wide=[4.05, -0.4, 0], tall=[0.0, -2.75, 0], square=[3.0, -1.0, 0])
        if size[0] > size[1]:
            wider = reach * size[0] / size[1]
            ranges = (at[0] - wider, at[0] + wider), ranges[1]
            box = heights(f, *ranges, f(*at))
        levels = levels_around(float(f(*at)), *box, 14)
        made = ContourMap(
            f, *ranges, levels, size, samples=pick(wide=(161, 161), tall=(265, 161), square=(161, 161))
        )
        if shape() == "square" and made.width > 5.5:  # its labels are wide
            made = ContourMap(f, *ranges, levels, 10.6 - made.width)
        return made.move_to(middle)

    def directions(self, f: Field, at: Array, slope: Array, reach: float, word: str) -> Directions:
        """The plane of slopes against directions, narrower where its labels are wide."""
        size, middle = self.slopes
        made = Directions(f, at, slope, reach, word, size, middle)
        over = made.width - pick(wide=np.inf, tall=2 * self.edge, square=5.8)
        if over > 0:
            made = Directions(f, at, slope, reach, word, (size[0] - over, size[1]), middle)
        made.shift(RIGHT * max(0.0, -self.edge - made.get_left()[0]))
        return made.shift(
            LEFT * max(0.0, made.get_right()[0] - pick(wide=np.inf, tall=self.edge, square=0.1))
        )

    def slopes_kept(self, f: Field, slope: Array) -> VGroup:
        """The partial derivatives as numbers, on the line on which the gradient will be told in a tall frame."""
        laws = VGroup(*(partial_law(f, n, each, 0) for n, each in enumerate(slope)))
        laws.arrange(RIGHT, buff=1.0).scale(min(0.7, self.width / laws.width))
        return laws.move_to(self.told + 0.1 * DOWN, LEFT)

    @staticmethod
    def lifted(terrain: Terrain, runs: list[Array], z: float) -> Segments:
        """A contour line, as runs of (x, y), on the surface: the map may show more of the ground than that."""
        low, high = terrain.ranges[0]
        made = Segments(np.zeros((0, 2, 3)), "ink", 4)
        for x, y in (run.T for run in runs):
            piece = terrain.curve(x, y, np.where((x >= low) & (x <= high), z, np.nan))
            made.points = np.concatenate([made.points, piece.points])
        return made
