"""Copies, colours, boxes and outlines of mobjects: manim's own arithmetic, to the last bit, in less Python.

`patches` puts it in the place of manim's while a scene is rendered. Most of what a live number or a mobject under
`always_redraw` costs is here: all of it is made anew for every frame, and aligned with what was there before.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any

import numpy as np
from manim import BLACK, ManimColor, Mobject, VMobject
from manim.mobject.types import vectorized_mobject
from manim.utils.bezier import subdivide_bezier

# Kinds of values that are never changed, but only replaced; more are added as they are met.
_SHARED: set[type] = {int, float, bool, str, bytes, type(None), type, types.FunctionType}
_SHARED |= {np.float64, ManimColor}
_RGBAS, _SUBPATHS = VMobject.generate_rgbas_array, VMobject.get_subpaths_from_points
_CRITICAL_POINT = Mobject.get_critical_point


# ---- copies and colours ---------------------------------------------------------------------------------


def deepcopy(self: Mobject, clone_from_id: dict[int, Any]) -> Mobject:
    """A copy of everything but what is never changed: numbers, names, and the outline read from an SVG."""
    made: Mobject = object.__new__(type(self))
    clone_from_id[id(self)] = made
    own = made.__dict__
    own.update(self.__dict__)
    for name, value in self.__dict__.items():
        if type(value) not in _SHARED:
            own[name] = _copied(value, clone_from_id)
    made.original_id = str(id(self))
    return made


def _copied(value: Any, clone_from_id: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in _SHARED:
        return value
    if (known := clone_from_id.get(id(value))) is not None:
        return known
    clone: Any
    if kind is np.ndarray and not value.dtype.hasobject:
        clone = clone_from_id[id(value)] = value.copy(order="K")
    elif kind is list:
        clone = clone_from_id[id(value)] = []
        if value:
            clone.extend([_copied(each, clone_from_id) for each in value])
    elif kind is dict:
        clone = clone_from_id[id(value)] = {}
        clone.update({_copied(k, clone_from_id): _copied(v, clone_from_id) for k, v in value.items()})
    elif getattr(kind, "__deepcopy__", None) is deepcopy:
        clone = deepcopy(value, clone_from_id)
    elif issubclass(kind, (Enum, PurePath)) or kind.__module__.startswith("svgelements"):
        _SHARED.add(kind)
        clone = value
    else:
        clone = copy.deepcopy(value, clone_from_id)
    return clone


def generate_rgbas_array(self: VMobject, color: Any, opacity: Any) -> Any:
    """A colour with an opacity, as an array; anything else manim's own code takes."""
    if type(color) not in _ONE_COLOUR or type(opacity) not in _ONE_NUMBER or self.get_sheen_factor():
        return _RGBAS(self, color, opacity)
    made = np.empty((1, 4))
    made[0, :3] = (BLACK if color is None else color)._internal_value[:3]
    made[0, 3] = 0.0 if opacity is None else opacity
    return made


_ONE_COLOUR, _ONE_NUMBER = (ManimColor, type(None)), (float, int, type(None))
_COLOURS = (
    "fill_rgbas",
    "stroke_rgbas",
    "background_stroke_rgbas",
    "stroke_width",
    "background_stroke_width",
    "sheen_direction",
    "sheen_factor",
)


def interpolate_color(self: VMobject, mobject1: VMobject, mobject2: VMobject, alpha: float) -> VMobject:
    """Colours and widths on the way from one mobject to another."""
    rest = 1 - alpha
    for name in _COLOURS:
        end = getattr(mobject2, name)
        if alpha == 1.0:
            value = end.copy() if isinstance(end, np.ndarray) else end
        else:
            value = rest * getattr(mobject1, name) + alpha * end
        setattr(self, name, value)
    return self


# ---- boxes ----------------------------------------------------------------------------------------------


def get_points_defining_boundary(self: VMobject) -> Any:
    """The ends of every curve of a mobject and its parts."""
    ends = [_anchors(part) for part in self.get_family()]
    ends = [points for points in ends if len(points)]
    return np.concatenate(ends) if ends else np.array(())


def _anchors(part: Any) -> Any:
    if type(part).get_anchors is not VMobject.get_anchors:
        return np.array(part.get_anchors())
    points, step = part.points, part.n_points_per_cubic_curve
    if len(points) == 1:
        return points
    starts, ends = points[::step], points[step - 1 :: step]
    if len(starts) != len(ends):
        return np.array(part.get_anchors())  # which says what is wrong
    both = np.empty((2 * len(starts), points.shape[1]))
    both[::2], both[1::2] = starts, ends
    return both


def get_critical_point(self: Mobject, direction: Any) -> Any:
    """A corner, the middle of an edge, or the middle of the box around a mobject."""
    points = np.asarray(self.get_points_defining_boundary())
    if len(points) == 0:
        return np.zeros(self.dim)
    if type(self).get_extremum_along_dim is not Mobject.get_extremum_along_dim:
        return _CRITICAL_POINT(self, direction)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, way = (low + high) / 2, np.asarray(direction)[: self.dim]
    return np.where(way < 0, low, np.where(way == 0, middle, high))


def reduce_across_dimension(self: Mobject, reduce_func: Callable[..., Any], dim: int) -> Any:
    """The largest or the smallest coordinate of a mobject and its parts; None where there are no points."""
    found = None
    if len(self.points):
        own = self.points[:, dim]
        fast = own.max() if reduce_func is max else own.min() if reduce_func is min else np.nan
        found = reduce_func(own) if np.isnan(fast) else fast
    for part in self.submobjects:
        value = part.reduce_across_dimension(reduce_func, dim)
        if found is None:
            found = value
        elif value is not None:
            found = reduce_func([value, found])
    return found


# ---- outlines -------------------------------------------------------------------------------------------


def consider_points_equals(self: VMobject, p0: Any, p1: Any) -> bool:
    """Whether two points are the same, but for rounding."""
    ours, theirs = np.asarray(p0), np.asarray(p1)
    if ours.ndim > 2 or theirs.ndim != 1 or ours.shape[-1:] != theirs.shape:
        return bool(np.allclose(p0, p1, atol=self.tolerance_for_point_equality))
    near, other = self.tolerance_for_point_equality, theirs.tolist()
    for point in ours.reshape(-1, len(other)).tolist():
        for a, b in zip(point, other, strict=True):
            if a != b and not (isfinite(a - b) and abs(a - b) <= near + 1e-5 * abs(b)):
                return False
    return True


def get_subpaths_from_points(self: VMobject, points: Any) -> list[Any]:
    """The pieces of an outline that hang together."""
    if type(self).consider_points_equals is not consider_points_equals or type(points) is not np.ndarray:
        return _SUBPATHS(self, points)
    step = self.n_points_per_cubic_curve
    pieces = self.get_subpath_split_indices_from_points(points).tolist()
    return [points[start:end] for start, end in pieces if end - start >= step]


def bezier_remap(bezier_tuples: Any, new_number_of_curves: int) -> Any:
    """So many curves instead of fewer, which are split evenly."""
    curves = np.asarray(bezier_tuples)
    times = np.bincount(
        np.arange(new_number_of_curves) * len(curves) // new_number_of_curves, minlength=len(curves)
    )
    ends = np.cumsum(times)
    made = np.empty((new_number_of_curves, *curves.shape[1:]))
    whole = times == 1
    made[ends[whole] - 1] = curves[whole]
    for k in np.flatnonzero(times > 1):
        pieces = subdivide_bezier(curves[k], times[k])
        made[ends[k] - times[k] : ends[k]] = pieces.reshape(-1, *curves.shape[1:])
    return made


REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (Mobject, "__deepcopy__", deepcopy),
    (VMobject, "generate_rgbas_array", generate_rgbas_array),
    (VMobject, "interpolate_color", interpolate_color),
    (Mobject, "get_critical_point", get_critical_point),
    (Mobject, "reduce_across_dimension", reduce_across_dimension),
    (VMobject, "get_points_defining_boundary", get_points_defining_boundary),
    (VMobject, "consider_points_equals", consider_points_equals),
    (VMobject, "get_subpaths_from_points", get_subpaths_from_points),
    (vectorized_mobject, "bezier_remap", bezier_remap),
)
