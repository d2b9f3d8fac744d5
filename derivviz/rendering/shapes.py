"""What a frame shows, read off the mobjects as arrays that compare and draw fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter, itemgetter

import numpy as np
from manim import CapStyleType, LineJointType, Mobject, VMobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from manim.mobject.types.point_cloud_mobject import PMobject
from numpy.typing import NDArray

Array = NDArray[np.float64]
_COLOURS = ("fill_rgbas", "stroke_rgbas", "background_stroke_rgbas")
_NUMBERS = ("stroke_width", "background_stroke_width", "joint_type", "cap_style")
_READ = itemgetter("points", *_COLOURS, *_NUMBERS)
_JUDGED = itemgetter(
    *_COLOURS, "points", "background_image", "n_points_per_cubic_curve", "tolerance_for_point_equality"
)
_NONE = np.zeros((1, 4))
_STRANGE = (np.zeros((4, 3)), _NONE, _NONE, _NONE, 0, 0, LineJointType.AUTO, CapStyleType.AUTO)

# Columns of a style: fill, stroke and background stroke as RGBA, their widths, joint and cap.
FILL, STROKE, BACK, WIDTH, BACK_WIDTH, JOINT, CAP = slice(0, 4), slice(4, 8), slice(8, 12), 12, 13, 14, 15


@dataclass(frozen=True)
class Strange:
    """A shape that manim itself has to draw.

    Attributes
    ----------
    evidence
        Everything that its look depends on.
    mobject
        The shape, or a copy of it as it looked.
    """

    evidence: list[bytes]
    mobject: Mobject = field(compare=False)


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
        Those that manim itself has to draw, by their number.
    """

    mobjects: list[Mobject]
    points: Array
    ends: NDArray[np.int64]
    styles: Array
    strange: dict[int, Strange] = field(default_factory=dict)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each shape's points start."""
        return np.concatenate([[0], self.ends])[:-1]

    def __add__(self, over: Shapes) -> Shapes:
        """These, and others over them."""
        count = len(self.mobjects)
        return Shapes(
            self.mobjects + over.mobjects,
            np.concatenate([self.points, over.points]),
            np.concatenate([self.ends, over.ends + len(self.points)]),
            np.concatenate([self.styles, over.styles]),
            self.strange | {count + i: strange for i, strange in over.strange.items()},
        )


def parts(mobjects: Iterable[Mobject]) -> list[Mobject]:
    """Mobjects and all of their parts, in the order of drawing; a part of several mobjects comes several times."""
    found: list[Mobject] = []
    for mobject in mobjects:
        if mobject.submobjects:
            _collect(mobject, found, set())
        else:
            found.append(mobject)
    return found


def _collect(mobject: Mobject, found: list[Mobject], above: set[int]) -> None:
    found.append(mobject)
    above.add(id(mobject))
    for part in mobject.submobjects:
        if not part.submobjects:
            found.append(part)
        elif id(part) not in above:
            _collect(part, found, above)
    above.discard(id(mobject))


def visible(mobjects: Iterable[Mobject], by_depth: bool) -> list[Mobject]:
    """What is drawn of mobjects and in which order: as `Camera.get_mobjects_to_display` has it."""
    each = dict.fromkeys(reversed(parts(mobjects)))  # each once, where it comes last
    found = [part for part in each if len(part.points)][::-1]
    return sorted(found, key=attrgetter("z_index")) if by_depth else found


def gather(mobjects: Sequence[Mobject]) -> Shapes:
    """Read off a list of mobjects, as `visible` gives it, what will be drawn."""
    shown = [m for m in mobjects if _is_drawn(m)]
    if not shown:
        return Shapes([], np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros((0, 16)))
    strange = {i: Strange(_evidence(m), m) for i, m in enumerate(shown) if not _is_plain(m)}
    rows = [_STRANGE if i in strange else _READ(m.__dict__) for i, m in enumerate(shown)]
    points, *colours, widths, backs, joints, caps = zip(*rows, strict=True)
    numbers = [widths, backs, [joint._value_ for joint in joints], [cap._value_ for cap in caps]]
    styles = np.concatenate([*map(np.concatenate, colours), np.array(numbers, float).T], axis=1)
    ends = np.cumsum([*map(len, points)])
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
    try:
        fill, stroke, back, points, image, step, tolerance = _JUDGED(mobject.__dict__)
    except KeyError:
        return False
    return (
        len(fill) == len(stroke) == len(back) == 1
        and len(points) % 4 == 0
        and image is None
        and step == 4
        and tolerance == 1e-6
        and isinstance(mobject, VMobject)
    )


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
