"""A series of any length in a picture of so many columns, with nothing averaged away that stands out."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from derivviz.trace.store import Array


class Band(NamedTuple):
    """What the values of each stretch span; NaN where a stretch has no finite value.

    low, high : the least and the greatest, shape (stretch,)
    middle : the median, shape (stretch,)
    """

    low: Array
    high: Array
    middle: Array


def stretches(rows: int, most: int) -> Array:
    """Edges of as many equal stretches of the rows as there may be: int64, shape (stretch + 1,).

    No more stretches than rows: a short series has each row to itself.
    """
    count = max(1, min(rows, most))
    return np.linspace(0, rows, count + 1).round().astype(np.int64)


def kept(values: Array, edges: Array) -> Array:
    """Rows that draw the line of a series: the first, the least, the greatest and the last of each stretch.

    Drawn in so many columns, the line through them covers the very pixels that the line through all values
    covers, so every extreme is there, at its own step. Rows whose value is not finite are left out.

    Returns
    -------
    int64, ascending, at most four times as many as there are stretches.

    References
    ----------
    U. Jugel, Z. Jerzak, G. Hackenbroich, V. Markl: M4: A Visualization-Oriented Time Series Data Aggregation.
    PVLDB 7 (10), 2014.
    """
    rows: set[int] = set()
    for start, end in pairwise(edges):
        there = start + np.flatnonzero(np.isfinite(values[start:end]))
        if len(there):
            of = values[there]
            rows |= {int(there[n]) for n in (0, of.argmin(), of.argmax(), -1)}
    return np.array(sorted(rows), np.int64)


def band(values: Array, edges: Array) -> Band:
    """The least, the greatest and the median of the finite values of each stretch."""
    made = np.full((3, len(edges) - 1), np.nan)
    for n, (start, end) in enumerate(pairwise(edges)):
        finite = values[start:end][np.isfinite(values[start:end])]
        if len(finite):
            made[:, n] = finite.min(), finite.max(), np.median(finite)
    return Band(*made)
