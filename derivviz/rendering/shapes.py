"""What a frame shows, read off the mobjects as arrays that compare and draw fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from manim import Mobject, VMobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from manim.mobject.types.point_cloud_mobject import PMobject
from numpy.typing import NDArray

Array = NDArray[np.float64]
_NONE = np.zeros((1, 4))
_POINT = np.zeros((4, 3))

# Columns of a style: fill, stroke and background stroke as RGBA, their widths, joint and cap.
FILL, STROKE, BACK, WIDTH, BACK_WIDTH, JOINT, CAP = slice(0, 4), slice(4, 8), slice(8, 12), 12, 13, 14, 15


@dataclass
class Shapes:
    """What a frame shows, in the order of drawing, as arrays that compare and draw fast.

    Attributes
    ----------
    mobjects
        The shapes.
    points
        Their points in the plane one after the other, shape (points, 2).
    ends
        Where each one's points end, shape (shapes,).
    styles
        Shape (shapes, 16), by the columns above.
    strange
        By number of a shape that manim itself has to draw: everything that its look depends on.
    """

    mobjects: list[Mobject]
    points: Array
    ends: NDArray[np.int64]
    styles: Array
    strange: dict[int, list[bytes]] = field(default_factory=dict)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each shape's points start."""
        return np.concatenate([[0], self.ends[:-1]])

    def __add__(self, over: Shapes) -> Shapes:
        """These, and others over them."""
        count = len(self.mobjects)
        return Shapes(
            self.mobjects + over.mobjects,
            np.concatenate([self.points, over.points]),
            np.concatenate([self.ends, over.ends + len(self.points)]),
            np.concatenate([self.styles, over.styles]),
            self.strange | {count + i: evidence for i, evidence in over.strange.items()},
        )


def visible(mobjects: Iterable[Mobject], by_depth: bool) -> list[Mobject]:
    """What is drawn of mobjects and in which order: as `Camera.get_mobjects_to_display` has it."""
    found: list[Mobject] = []
    for mobject in mobjects:
        if mobject.submobjects:
            found += [part for part in mobject.get_family() if len(part.points)]
        elif len(mobject.points):
            found.append(mobject)
    found = list(dict.fromkeys(reversed(found)))[::-1]  # each once, where it comes last
    return sorted(found, key=lambda mobject: mobject.z_index) if by_depth else found


def gather(mobjects: Sequence[Mobject]) -> Shapes:
    """Read off a list of mobjects, as `visible` gives it, what will be drawn."""
    shown = [m for m in mobjects if _is_drawn(m)]
    points, fills, strokes, backs, numbers = [], [], [], [], []
    strange = {}
    for i, mobject in enumerate(shown):
        own = mobject.__dict__
        if _is_plain(mobject):
            points.append(own["points"])
            fills.append(own.get("fill_rgbas", _NONE))
            strokes.append(own.get("stroke_rgbas", _NONE))
            backs.append(own.get("background_stroke_rgbas", _NONE))
            widths = own["stroke_width"], own["background_stroke_width"]
            numbers.append((*widths, own["joint_type"].value, own["cap_style"].value))
        else:
            strange[i] = _evidence(mobject)
            points.append(_POINT)
            for column in (fills, strokes, backs):
                column.append(_NONE)
            numbers.append((0, 0, 0, 0))
    if not shown:
        return Shapes([], np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros((0, 16)))
    colours = [np.concatenate(column) for column in (fills, strokes, backs)]
    styles = np.concatenate([*colours, np.array(numbers, float)], axis=1)
    ends = np.cumsum([len(p) for p in points])
    flat = np.concatenate(points)[:, :2]
    if not np.isfinite(flat).all():
        flat = _without_infinite(flat, ends)
    return Shapes(shown, flat, ends, styles, strange)


def _is_drawn(mobject: Mobject) -> bool:
    """Whether manim draws anything of a mobject: of a path without a single whole curve it does not."""
    if isinstance(mobject, VMobject):
        return len(mobject.points) >= mobject.n_points_per_cubic_curve
    return isinstance(mobject, AbstractImageMobject | PMobject)


def _is_plain(mobject: Mobject) -> bool:
    """Whether a mobject is a path of cubic curves in one colour each, as nearly all are."""
    own = mobject.__dict__
    return (
        isinstance(mobject, VMobject)
        and len(own["points"]) % 4 == 0
        and all(len(own.get(name, _NONE)) == 1 for name in _COLOURS)
        and own.get("background_image") is None
        and own["n_points_per_cubic_curve"] == 4
        and own["tolerance_for_point_equality"] == 1e-6
    )


_COLOURS = ("fill_rgbas", "stroke_rgbas", "background_stroke_rgbas")


def _evidence(mobject: Mobject) -> list[bytes]:
    """Copies of every array, number and choice of a mobject."""
    arrays = [v.tobytes() for v in vars(mobject).values() if isinstance(v, np.ndarray)]
    plain = {k: v for k, v in vars(mobject).items() if isinstance(v, int | float | str | bool | Enum)}
    if isinstance(mobject, AbstractImageMobject):
        arrays.append(mobject.get_pixel_array().tobytes())
    return [*arrays, repr(plain).encode()]


def _without_infinite(points: Array, ends: NDArray[np.int64]) -> Array:
    """manim draws nothing of a shape that has a point at infinity."""
    points = points.copy()
    start = 0
    for end in ends:
        if not np.isfinite(points[start:end]).all():
            points[start:end] = 0
        start = end
    return points
