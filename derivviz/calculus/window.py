"""Which part of a graph is worth looking at: the x between which it does what it does, and the y it takes there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus import zeros
from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Point, Shape, derivatives
from derivviz.errors import UsageError

Array = NDArray[np.float64]
FEW = 4
MANY = 8
_REACHES = (10.0, 1e3, 1e6)


def window(f: Expression) -> tuple[float, float]:
    """Ends of an interval that shows what is special about f: extrema, inflections, poles, ends of the domain.

    Near 0 before far away, and a few at once where there are many.

    Raises
    ------
    UsageError
        If f has no value at any sample between −10⁶ and 10⁶.
    """
    somewhere = False
    for reach in _REACHES:
        x = zeros.samples(-reach, reach)
        if not np.isfinite(f(x)).any():
            continue
        somewhere = True
        if len(_turns(f, x)) > FEW:
            return _fewer(f, reach)
        shape = Shape(f, -reach, reach)
        if len(shape.breaks) > FEW:
            return _fewer(f, reach)
        if places := _places(shape):
            return _around(shape) if len(places) <= MANY else (-reach, reach)
    if not somewhere:
        raise UsageError(f"{f.text} has no value anywhere near 0: say where to look with --from and --to")
    return -3.0, 3.0


def interval(f: Expression, low: float | None, high: float | None) -> tuple[float, float]:
    """The ends that were given, and those of `window` in place of what was not."""
    if low is not None and high is not None:
        return low, high
    own_low, own_high = window(f)
    return own_low if low is None else low, own_high if high is None else high


def _fewer(f: Expression, reach: float) -> tuple[float, float]:
    """The longest of ever shorter intervals around 0 on which f turns or breaks a few times."""
    far = _turns(f, zeros.samples(-reach, reach))
    for _ in range(30):
        reach *= 0.7
        if len(_turns(f, zeros.samples(-reach, reach))) > FEW:
            continue
        shape = Shape(f, -reach, reach)
        if len(shape.breaks) <= FEW:
            return -reach, reach
    last = far[-min(FEW, len(far)) :]  # as sin(1/x), which turns ever faster: the outermost then
    pad = 0.5 * (last[-1] - last[0])
    return float(last[0] - 0.1 * pad), float(last[-1] + pad)


def _turns(f: Expression, x: Array) -> Array:
    return zeros.crossings(derivatives(f)[0], x)


def _around(shape: Shape) -> tuple[float, float]:
    ends, places = _edges(shape), _places(shape)
    low, high = places[0], places[-1]
    spread = high - low
    if spread == 0 or len(places) == len(ends):
        pad = max(3.0, spread)
    elif ends:
        pad = 2.5 * spread
    else:
        pad = (0.35 if len(places) > 2 else 1.0) * spread
    margin = 0.06 * (spread + pad)  # beyond the domain
    low -= margin if low in ends and low == shape.domain[0][0] else pad
    high += margin if high in ends and high == shape.domain[-1][1] else pad
    return low, high


def _places(shape: Shape) -> list[float]:
    """Everything that happens on the interval, from left to right."""
    points: tuple[Point, ...] = (*shape.extrema, *shape.kinks, *shape.inflections)
    gaps = (one.x for one in shape.breaks)
    return sorted({*(one.x for one in points), *gaps, *shape.zeros, *_edges(shape)})


def _edges(shape: Shape) -> list[float]:
    """Ends of the domain inside the interval."""
    return sorted({x for ends in shape.domain for x in ends if shape.low < x < shape.high})


def heights(values: Array, keep: Iterable[float] = ()) -> tuple[float, float]:
    """Ends of the y-axis for the values of a graph at evenly spaced x, with room above and below.

    Parameters
    ----------
    values
        Heights along the graph, shape (samples,); NaN and infinities count for nothing. Where it runs off, near a
        pole or with a high power, it is cut off.
    keep
        Heights that have to be seen.
    """
    known = np.array([v for v in keep if np.isfinite(v)])
    y = np.concatenate([values[np.abs(values) < 1e300], known])
    if not len(y):
        return -1.0, 1.0
    low, high = np.percentile(y, [15, 85])
    room = 0.4 * (high - low)
    low, high = min(low - room, *known, np.inf), max(high + room, *known, -np.inf)
    if np.ptp(y) <= 2.5 * (high - low):
        low, high = y.min(), y.max()
    else:
        low, high = max(low, y.min()), min(high, y.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)) or high == low:
        half = max(abs(float(high)) / 2, 1.0)
        return float(low) - half, float(high) + half
    pad = 0.1 * (high - low)
    return float(low - pad), float(high + pad)
