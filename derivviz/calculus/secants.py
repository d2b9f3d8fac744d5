"""How far from P to put the second point Q at first, and what part of the curve to show around the two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.differentiability import Point
from derivviz.errors import UsageError

Array = NDArray[np.float64]

LEFT, RIGHT = 0.6, 0.3  # of the distance from P to Q, shown beyond them
_SAMPLES = 401
_NOISE, _LEVEL = 1e-12, 1e-9  # of the size of y: rounding, and what is level for the eye
_BEND = 1 / 3  # how much the slope is to change on the way from Q to P, as a share
_NEAREST = 1e-6  # of Q to P, as a share of |a|: nearer, their numbers look alike
_SWINGS = 25  # ups and downs to show where there is no end of them
_TURNS = 12  # most ups and downs between P and Q that one can follow


def first_step(point: Point) -> float:
    """The distance h from P to the second point at first, so that the curve bends visibly between them.

    A round number, 4 wherever that will do; negative where the function ends at P or breaks off after it.

    Raises
    ------
    UsageError
        If the function is whole on no stretch beside P.
    """
    a = float(point.x)
    size = max(4.0, abs(a))
    best: tuple[float, float] | None = None
    for power in range(-6, 9):
        for h in (side * digit * 10.0**power for digit in (1, 2, 4) for side in (1, -1)):
            if abs(h) > 100 * size or complaint(point, h) is not None:
                continue
            turns = _turns(_between(point, h))
            if _swings(point):
                cost = 0.05 * abs(turns - _SWINGS)
            else:
                cost = min((_bend(point, h) - _BEND) ** 2, 0.15) + 0.08 * turns
            cost += 0.004 * np.log10(abs(h) / size) ** 2 + 0.03 * (h < 0)
            if best is None or cost < best[0]:
                best = float(cost), h
    if best is None:
        raise UsageError(
            f"{point.expression.text} is not seen whole on any stretch beside x = {a:g}: choose another --at."
        )
    return best[1]


def complaint(point: Point, h: float) -> str | None:
    """Why Q cannot be at a + h at first, or None: the curve has to lead from there to P, and be seen."""
    a, text = float(point.x), point.expression.text
    y = float(point(a + h))
    if not np.isfinite(y):
        return f"{text} has no value at x = {a + h:.6g}"
    if abs(h) < _NEAREST * abs(a) or a + h / 1e8 == a:
        return f"x = {a + h:.15g} and x = {a:.15g} are too near to each other to be told apart"
    way = _between(point, h)[1:]
    between = f"between x = {a:.6g} and x = {a + h:.6g}, {text}"
    if np.isfinite(way).all() and _turns(way) > _TURNS and not _swings(point):
        return f"{between} goes up and down too often to be followed"
    x = a + h * np.linspace(0, 1, _SAMPLES)[1:]
    if not np.isfinite(way).all() or breaks(
        point, x, way, max(float(np.ptp(way)), _LEVEL * np.abs(way).max())
    ):
        return f"{between} breaks off"
    middle, start = way[_SAMPLES // 2], float(point.y)
    for here, far in ((start, y), (y, start)):
        if 0 < abs(middle - here) < 1e-4 * abs(far - here):
            return f"{between} changes too much to be seen in one picture"
    return None


def step_to(point: Point, start: float | None) -> float:
    """The distance from P to the second point at x = `start`; the best one (`first_step`) for None.

    Raises
    ------
    UsageError
        With the reason, and an x that would do, where the curve does not lead from there to P.
    """
    if start is None:
        return first_step(point)
    a = float(point.x)
    if start == a:
        raise UsageError(f"P and Q are both at x = {a:g}: give --from another x than --at")
    reason = complaint(point, start - a)
    if reason is not None:
        raise UsageError(f"{reason}: choose another --from, as {a + first_step(point):.10g}")
    return start - a


def view(point: Point, h: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges of x and y around P, Q and the curve between them; a pole beside them does not stretch them."""
    a = float(point.x)
    low, high = sorted((a, a + h))
    width = high - low
    x = np.linspace(low - (LEFT - 0.05) * width, high + (RIGHT - 0.23) * width, 400)
    y = point(x)
    y = y[np.isfinite(y)]
    ends = np.array([point(a), point(a + h)])
    way = _between(point, h)
    room = max(float(np.ptp(ends)), float(np.subtract(*np.percentile(y, [90, 10]))))
    bottom = min(max(y.min(), ends.min() - 1.2 * room), way.min())
    top = max(min(y.max(), ends.max() + 0.6 * room), way.max())
    for side in (point.left, point.right):
        if side is not None and side.value.is_finite:  # the other end of a jump
            bottom, top = min(bottom, float(side.value)), max(top, float(side.value))
    if top - bottom <= _LEVEL * max(abs(bottom), abs(top)):  # a level line
        size = max(abs(bottom), abs(top)) or 1.0
        bottom, top = bottom - size, top + size / 2
    pad = 0.08 * (top - bottom)
    return (low - LEFT * width, high + RIGHT * width), (float(bottom - pad), float(top + pad))


def breaks(f: Callable[[Array], Array], x: Array, y: Array, height: float) -> dict[int, float]:
    """Poles and jumps between two samples, by the number of the second: a step that no halving makes small.

    Parameters
    ----------
    f
        A vectorised function.
    x, y
        Samples of it, shape (samples,); NaN where it is of no interest.
    height
        How high the picture is. Steps under a quarter of it are not looked at.
    """
    steep = np.flatnonzero(np.abs(np.diff(y)) > height / 4)
    low, high, below, above = x[steep], x[steep + 1], y[steep], y[steep + 1]
    for _ in range(40 if len(steep) else 0):
        middle = (low + high) / 2
        with np.errstate(all="ignore"):
            value = np.asarray(f(middle), float)
            upper = ~np.isfinite(value) | (np.abs(value - below) > np.abs(above - value))
        low, below = np.where(upper, low, middle), np.where(upper, below, value)
        high, above = np.where(upper, middle, high), np.where(upper, value, above)
    with np.errstate(all="ignore"):
        broken = ~(np.abs(above - below) < height / 8)
        at = (low + high)[broken] / 2
    return {int(n) + 1: float(x) for n, x in zip(steep[broken], at, strict=True)}


def _between(point: Point, h: float) -> Array:
    """The function on the way from P to Q, shape (samples,)."""
    with np.errstate(all="ignore"):
        return np.asarray(point(float(point.x) + h * np.linspace(0, 1, _SAMPLES)), float)


def _swings(point: Point) -> bool:
    """Whether the curve goes up and down however near one looks."""
    size = max(1.0, abs(float(point.x)))
    return point.kind == "oscillation" or (point.filled and _turns(_between(point, 1e-4 * size)[1:]) > _TURNS)


def _bend(point: Point, h: float) -> float:
    """By what share the secants' slopes differ, when Q is h and when it is h/40 away."""
    a = float(point.x)
    far, near = ((point(a + step) - point(a)) / step for step in (h, h / 40))
    size = abs(far) + abs(near)
    return float(abs(far - near) / size) if size else 0.0


def _turns(y: Array) -> int:
    """How often samples change between rising and falling."""
    noise = _NOISE * np.abs(y).max() if np.isfinite(y).all() else 0.0
    steps = np.diff(y)
    steps = np.sign(steps[np.abs(steps) > noise])
    return int((steps[1:] != steps[:-1]).sum())
