"""Where two networks play: the plane with its modes, samples and the discriminator's field; or a sheet of pictures."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import RESAMPLING_ALGORITHMS, Arrow, Circle, Group, ImageMobject, Rectangle, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.blend import rgb
from derivviz.animation.frame import enlarged
from derivviz.animation.growing import Block
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Dashed
from derivviz.animation.network import picture
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.trace.game import Served

Array = NDArray[np.float64]
_ROUND = 0.5522847498  # handle of a quarter circle, in radii
_STRENGTH = 0.55  # of the green where it is strongest, so that dots stand out on it


class Cloud(VMobject):
    """Many dots as one mobject, cheap enough to be moved every frame."""

    def __init__(self, points: ArrayLike, role: str = "function", radius: float = 0.045) -> None:
        super().__init__(stroke_width=0, fill_opacity=1, fill_color=color(role))
        self.radius = radius
        corners = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], float)
        after = np.roll(corners, -1, axis=0)
        quarters = [corners, corners + _ROUND * after, after + _ROUND * corners, after]
        self._circle = np.stack(quarters, axis=1).reshape(-1, 2)
        mark(self, backdrop=True)
        self.move(points)

    def move(self, points: ArrayLike) -> Self:
        """Put the dots at points of the frame, shape (n, 3)."""
        self.centers = np.asarray(points, float).reshape(-1, 3)
        ring = np.column_stack([self._circle * self.radius, np.zeros(len(self._circle))])
        self.points = (self.centers[:, None] + ring).reshape(-1, 3)
        return self


class Arena(Group):
    """A square of the plane around its origin.

    Parameters
    ----------
    side
        On the frame, in manim's units.
    reach
        How far it goes from the origin, in units of the plane.
    modes
        Centres of the clusters of real points, shape (mode, 2): rings are drawn around them.
    middle
        Where on the frame its own middle is.
    """

    def __init__(self, side: float, reach: float, modes: Array, middle: ArrayLike) -> None:
        self.side, self.reach = side, reach
        self.rim = mark(
            Rectangle(width=side, height=side, stroke_color=color("axis"), stroke_width=1.5), backdrop=True
        )
        super().__init__(self.rim)
        self.move_to(np.asarray(middle, float))
        self.rings = VGroup(
            *(Circle(0.17, stroke_color=color("ink"), stroke_width=2.5).move_to(p) for p in self.point(modes))
        )
        mark(self.rings, backdrop=True)
        self.add(self.rings)

    def point(self, xy: ArrayLike) -> Array:
        """Points of the frame, shape (…, 3), for points of the plane, (…, 2)."""
        flat = np.asarray(xy, float) * (self.side / 2 / self.reach)
        return np.concatenate([flat, np.zeros((*flat.shape[:-1], 1))], axis=-1) + self.rim.get_center()

    def numbers(self, points: ArrayLike) -> Array:
        """What `point` undoes, for `verify`."""
        flat = np.asarray(points, float) - self.rim.get_center()
        return np.asarray(flat[..., :2] * (2 * self.reach / self.side))

    def inside(self, xy: Array) -> Array:
        """Those of the points of the plane that lie in the square, moved to its edge where they do not."""
        return np.clip(xy, -self.reach, self.reach)

    def field(self, values: Array, low: float, high: float) -> ImageMobject:
        """A picture of values over the square, rows from below: the ground's colour at `low`, green at `high`."""
        image = ImageMobject(self.pixels(values, low, high))
        image.set_resampling_algorithm(RESAMPLING_ALGORITHMS["bicubic"])
        image.stretch_to_fit_height(self.side).stretch_to_fit_width(self.side)
        return image.move_to(self.rim)

    def pixels(self, values: Array, low: float, high: float) -> NDArray[np.uint8]:
        """The field's colours from the top, RGBA."""
        share = np.clip((values[::-1] - low) / max(high - low, 1e-12), 0, 1)[..., None]
        ground, top = rgb("background"), rgb("positive")
        mixed = np.round(ground + _STRENGTH * share * (top - ground)).astype(np.uint8)
        return np.dstack([mixed, np.full(mixed.shape[:2], 255, np.uint8)])


def sheet(pictures: Array, columns: int, side: float, gap: int = 2) -> ImageMobject:
    """Pictures, shape (n, y, x, 1 or 3) in 0…1, in rows of so many, as one picture so wide."""
    bytes_ = sheet_pixels(pictures, columns, gap)
    return picture(bytes_, side * bytes_.shape[0] / bytes_.shape[1], side)


def sheet_pixels(pictures: Array, columns: int, gap: int = 2) -> NDArray[np.uint8]:
    """The same as RGB bytes."""
    count, high, wide, colors = pictures.shape
    rows = -(-count // columns)
    made = np.empty((rows * (high + gap) - gap, columns * (wide + gap) - gap, 3), np.uint8)
    made[:] = rgb("background")
    shown = np.repeat(pictures, 3, axis=3) if colors == 1 else pictures
    for n, one in enumerate(np.round(shown * 255).astype(np.uint8)):
        top, left = n // columns * (high + gap), n % columns * (wide + gap)
        made[top : top + high, left : left + wide] = one
    return made


class Bars(VGroup):
    """A bar a mode: how many samples are nearest to it, and, filled, how many of these are good.

    Parameters
    ----------
    corner
        The lower left one; numbers of the modes go below it.
    size
        Width of all of them, and height of the largest.
    served
        What is drawn. A dashed line shows the fair share.
    role
        Colour of the samples.
    top
        The count that is as high as `size` says; by default the largest.
    """

    def __init__(
        self, corner: ArrayLike, size: tuple[float, float], served: Served, role: str, top: float = 0.0
    ) -> None:
        super().__init__()
        at, (width, height) = np.asarray(corner, float), size
        fair = float(served.nearest.mean())
        self.unit = height / (top or max(float(served.nearest.max()), fair))
        step = width / len(served.nearest)
        self.hollow, self.filled = VGroup(), VGroup()
        for n, counts in enumerate(zip(served.nearest, served.good, strict=True)):
            left = at + np.array([step * (n + 0.17), 0, 0])
            for group, counted in zip((self.hollow, self.filled), counts, strict=True):
                group.add(Block(left, (0.66 * step, counted * self.unit), role, 1))
            self.hollow[-1].set_fill(opacity=0).set_stroke(color(role), 2.5)
            mark(self.hollow[-1], backdrop=True)
            number = Formula(str(n + 1), enlarged("tick"), "muted")
            self.add(number.move_to(at + np.array([step * (n + 0.5), -0.3, 0])))
        y = fair * self.unit
        self.fair = Dashed(at + np.array([0, y, 0]), at + np.array([width, y, 0]), "muted", 2.5, 0.12, 0.1)
        self.add(self.hollow, self.filled, mark(self.fair, backdrop=True))

    def verify(self, lesson: Lesson, served: Served) -> None:
        """The bars are as high as the counts."""
        for what, group, true in (
            ("nearest", self.hollow, served.nearest),
            ("good", self.filled, served.good),
        ):
            for n, (bar, count) in enumerate(zip(group, true, strict=True)):
                lesson.claim(f"{what} samples of mode {n + 1}", bar.sides[1] / self.unit, float(count), 1e-3)


def arrow(start: ArrayLike, end: ArrayLike, role: str = "axis", width: float = 4) -> Arrow:
    """An arrow from one part of a diagram to another, its tip of the same size whatever its length."""
    made = Arrow(start, end, buff=0.15, color=color(role), stroke_width=width, tip_length=0.18)
    return mark(made, backdrop=True)
