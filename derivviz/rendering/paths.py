"""The paths of shapes, given to Cairo in one call for each shape instead of one for each curve."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.rendering.shapes import Shapes

Array = NDArray[np.float64]
_MAPS = Path("/proc/self/maps")
_MOVE, _CURVE, _CLOSE = (0, 2), (2, 4), (3, 1)  # kind of a piece of Cairo's path, and its length in pairs


class Paths:
    """The curves of some shapes, cut where one does not begin at the end of the one before."""

    def __init__(self, shapes: Shapes, which: Sequence[int]) -> None:
        every = shapes.points.reshape(-1, 8)
        spans = np.stack([shapes.starts, shapes.ends], axis=1)[which] // 4
        self.curves = np.concatenate([every[:0], *(every[first:end] for first, end in spans.tolist())])
        ends = np.cumsum(spans[:, 1] - spans[:, 0])
        firsts, lasts = self.curves[:, :2], self.curves[:, 6:]
        cut = np.ones(len(self.curves) + 1, bool)
        cut[1:-1] = ~_near(lasts[:-1], firsts[1:])
        cut[ends] = True
        self.edges = np.flatnonzero(cut)
        self.closed = _near(firsts[self.edges[:-1]], lasts[self.edges[1:] - 1])
        self.runs = np.searchsorted(self.edges, [0, *ends])
        if APPEND is not None:
            self.pairs, self.borders = self._packed()

    def trace(self, k: int, context: Any) -> None:
        """Make the path of the k-th of them the current one."""
        context.new_path()
        if APPEND is None:
            self._trace_each(k, context)
            return
        first, end = self.borders[k], self.borders[k + 1]
        data = _Path(0, self.pairs.ctypes.data + first * self.pairs.strides[0], end - first)
        APPEND(_pointer(context), ctypes.byref(data))

    def _trace_each(self, k: int, context: Any) -> None:
        for run in range(self.runs[k], self.runs[k + 1]):
            rows = self.curves[self.edges[run] : self.edges[run + 1]].tolist()
            context.move_to(*rows[0][:2])
            for _ in starmap(context.curve_to, [row[2:] for row in rows]):
                pass
            if self.closed[run]:
                context.close_path()

    def _packed(self) -> tuple[Array, list[int]]:
        """All paths as Cairo keeps them, pairs of numbers of shape (pairs, 2), and where each shape's begin.

        A piece is a pair of integers, its kind and length, and then its points.
        """
        lengths = np.diff(self.edges)
        sizes = 2 + 4 * lengths + self.closed
        begins = np.concatenate([[0], np.cumsum(sizes)])
        pairs = np.zeros((int(begins[-1]), 2))
        kinds = pairs.view(np.int32).reshape(-1, 4)
        moves, closes = begins[:-1], begins[1:][self.closed] - 1
        curves = np.repeat(moves + 2 - 4 * self.edges[:-1], lengths) + 4 * np.arange(len(self.curves))
        kinds[moves, :2], kinds[curves, :2], kinds[closes, :2] = _MOVE, _CURVE, _CLOSE
        pairs[moves + 1] = self.curves[self.edges[:-1], :2]
        pairs[curves[:, None] + [1, 2, 3]] = self.curves[:, 2:].reshape(-1, 3, 2)
        return pairs, begins[self.runs].tolist()


def _near(a: Array, b: Array) -> NDArray[np.bool_]:
    """Points that manim takes for one: `VMobject.consider_points_equals_2d`."""
    return np.asarray((np.abs(a - b) <= 1e-6 + 1e-5 * np.abs(b)).all(axis=1))


class _Path(ctypes.Structure):
    """Cairo's ``cairo_path_t``."""

    _fields_ = (("status", ctypes.c_int), ("data", ctypes.c_void_p), ("count", ctypes.c_int))


def _append() -> Any:
    """The function ``cairo_append_path`` of the library that pycairo has loaded; None where that is not known.

    Only Linux says which one it is, and a context must never be handed to another.
    """
    try:
        loaded = {line.split()[-1] for line in _MAPS.read_text().splitlines() if "/libcairo.so" in line}
        (path,) = loaded
        found = ctypes.CDLL(path).cairo_append_path
    except (OSError, ValueError, AttributeError):
        return None
    found.argtypes, found.restype = (ctypes.c_void_p, ctypes.POINTER(_Path)), None
    return found


def _pointer(context: Any) -> int | None:
    """Where Cairo's own context is: the first thing that a context of pycairo holds."""
    return ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value


APPEND = _append()  # looked for once, and not by every worker
