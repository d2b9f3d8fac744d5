"""Thinning for a picture: every extreme is kept, at its own step, however long the series."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from derivviz.trace.thinning import band, kept, stretches


@pytest.mark.parametrize("rows", [1, 2, 99, 100, 101, 100_000])
def test_stretches_are_equal_and_whole(rows: int) -> None:
    edges = stretches(rows, 100)
    assert (edges[0], edges[-1]) == (0, rows)
    lengths = np.diff(edges)
    assert lengths.min() >= 1
    assert np.ptp(lengths) <= 1
    assert len(lengths) == min(rows, 100)


def test_every_stretch_keeps_its_extremes_and_its_ends() -> None:
    values = np.random.default_rng(0).standard_cauchy(100_000)
    edges = stretches(len(values), 400)
    rows = kept(values, edges)
    assert len(rows) <= 4 * 400
    assert (np.diff(rows) > 0).all()
    for start, end in pairwise(edges):
        own = rows[(rows >= start) & (rows < end)]
        assert {start, end - 1} <= set(own)
        assert values[own].min() == values[start:end].min()
        assert values[own].max() == values[start:end].max()


def test_a_line_through_what_is_kept_fills_the_same_pixels() -> None:
    values = np.cumsum(np.random.default_rng(1).standard_normal(20_000))
    columns = 100
    rows = kept(values, stretches(len(values), columns))

    def filled(rows: np.ndarray) -> np.ndarray:
        """The lowest and the highest point of the line in each column of the picture."""
        x = np.arange(20_000)
        line = np.interp(x, rows, values[rows]).reshape(columns, -1)
        return np.stack([line.min(axis=1), line.max(axis=1)])

    np.testing.assert_allclose(filled(rows), filled(np.arange(20_000)))


def test_what_is_not_finite_is_left_out() -> None:
    values = np.array([np.nan, 3.0, np.inf, 1.0, np.nan, np.nan])
    assert kept(values, stretches(6, 2)).tolist() == [1, 3]
    found = band(values, stretches(6, 3))
    np.testing.assert_array_equal(found.low, [3, 1, np.nan])
    np.testing.assert_array_equal(found.high, [3, 1, np.nan])


def test_bands() -> None:
    found = band(np.array([4.0, 1.0, 2.0, 9.0, 7.0, 8.0]), stretches(6, 2))
    assert [list(row) for row in found] == [[1, 7], [4, 9], [2, 8]]
