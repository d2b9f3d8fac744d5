"""What a recorded descent says of itself: where it arrives, swings and runs away; the ground between its places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.trace.descent import Bottom, Descent, Walk

BOTTOM = Bottom(np.zeros(2), 1.0, np.array([1.0, 9.0]), np.array([[0.0, 1.0], [1.0, 0.0]]))


def walk(*places: tuple[float, float]) -> Walk:
    at = np.array(places, float)
    return Walk(0.1, 0.0, "SGD", at, np.zeros_like(at), 1 + (at**2).sum(1), BOTTOM)


def test_a_walk_that_arrives() -> None:
    one = walk((8, 0), (4, 0), (0.07, 0), (0.3, 0), (0.01, 0), (0.0, 0))
    assert one.arrived == 4  # after 2 it was there, but it left again
    assert not one.swings
    assert not one.diverges
    np.testing.assert_allclose(one.above, [64, 16, 0.0049, 0.09, 0.0001, 0])


def test_a_walk_that_swings_does_so_across_the_valley() -> None:
    assert walk((8, 5), (-6, 4), (4, 3), (-3, 2)).swings
    assert not walk((8, 5), (6, -4), (4, 3), (3, -2)).swings
    assert walk((8, 5), (-6, 4), (4, 3), (-3, 2)).arrived is None


def test_a_walk_that_is_lost() -> None:
    with np.errstate(all="ignore"):
        one = walk((1, 0), (-9, 0), (np.inf, 0), (np.nan, np.nan))
    assert one.diverges
    assert one.left[-1] == np.inf
    assert one.arrived is None


def test_the_ground_ends_where_it_was_recorded(descent_trace: Callable[..., Path]) -> None:
    run = Descent(open_trace(descent_trace()))
    low, high = run.curve_range
    assert np.isnan(run.curve([low - 0.01, high + 0.01])).all()
    assert np.isfinite(run.curve([low, high])).all()
    (a, b), (c, d) = run.ranges
    assert np.isnan(run.surface([a - 0.1, b + 0.1, a, a], [c, c, c - 0.1, d + 0.1])).all()
    np.testing.assert_array_equal(run.surface([a, b], [c, d]), run.heights[[0, -1], [0, -1]])


def test_between_the_places_of_the_grid_it_is_straight(descent_trace: Callable[..., Path]) -> None:
    run = Descent(open_trace(descent_trace()))
    one, other = (np.linspace(*ends, n) for ends, n in zip(run.ranges, run.heights.shape, strict=True))
    middle = run.surface((one[3] + one[4]) / 2, (other[7] + other[8]) / 2)
    assert middle == pytest.approx(run.heights[3:5, 7:9].mean())


def test_contour_lines_are_evenly_apart_on_a_parabola(descent_trace: Callable[..., Path]) -> None:
    run = Descent(open_trace(descent_trace()))
    levels = run.levels(5)
    distances = np.sqrt(levels - run.bottom.loss)
    np.testing.assert_allclose(np.diff(distances), distances[0])
    assert levels[4] == pytest.approx(run.walks["descent"].losses[0], rel=1e-5)


def test_who_is_lowest(descent_trace: Callable[..., Path]) -> None:
    assert Descent(open_trace(descent_trace())).best == "momentum"
