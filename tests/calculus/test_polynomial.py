"""Polynomials through points: the oracle against NumPy's own fit, and points read from files."""

from pathlib import Path

import numpy as np
import pytest

from derivviz.calculus.polynomial import (
    chosen_rate,
    largest_stable_rate,
    least_squares,
    read_points,
    typical_miss,
    wave,
)
from derivviz.errors import DerivvizError


@pytest.mark.parametrize("degree", [0, 1, 3, 9])
def test_least_squares_is_numpys_and_where_the_slope_is_0(degree):
    points = wave(12, 0.2, seed=1)
    found = least_squares(points.x, points.target, degree)
    fitted = np.polynomial.Polynomial.fit(points.x, points.target, degree, domain=[-1, 1]).coef
    np.testing.assert_allclose(found, fitted, rtol=1e-6)
    missed = np.polynomial.polynomial.polyval(points.x, found) - points.target
    slope = [(missed * points.x**i).sum() for i in range(degree + 1)]
    np.testing.assert_allclose(slope, 0, atol=1e-9)


def test_the_ridge_is_where_the_slope_of_both_parts_is_0():
    points = wave(10, 0.3, seed=2)
    found = least_squares(points.x, points.target, 9, ridge=0.1)
    missed = np.polynomial.polynomial.polyval(points.x, found) - points.target
    slope = [(missed * points.x**i).sum() for i in range(10)] + 0.1 * found
    np.testing.assert_allclose(slope, 0, atol=1e-9)
    assert np.abs(found).max() < np.abs(least_squares(points.x, points.target, 9)).max()


def test_the_wave_is_repeatable_and_its_test_points_lie_inside():
    one, same, other = wave(9, 0.2, 5), wave(9, 0.2, 5), wave(9, 0.2, 6)
    np.testing.assert_array_equal(one.target, same.target)
    assert not np.array_equal(one.target, other.target)
    assert (one.x.min(), one.x.max()) == (-1, 1)
    assert np.abs(one.test_x).max() < 1
    assert not set(one.x) & set(one.test_x)
    assert len(set(np.diff(one.x))) == 8  # unevenly, as measured points lie
    np.testing.assert_allclose(wave(9, 0, 5).target, np.sin(np.pi * one.x), atol=1e-12)


def test_points_are_read_scaled_and_split(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("\ufeffyear,size\n" + "".join(f"{1990 + k}, {k * k}\n" for k in range(12)), "utf-8")
    points = read_points(file, seed=0)
    assert (len(points.x), len(points.test_x)) == (9, 3)
    everywhere = np.sort(np.concatenate([points.x, points.test_x])) * points.half_width + points.center
    np.testing.assert_allclose(everywhere, 1990 + np.arange(12))
    assert (points.x.min(), points.x.max()) == (-1, 1)
    assert (points.target.min(), points.target.max()) == (-1, 1)
    sizes = (
        np.concatenate([points.target, points.test_target]) * points.target_half_width + points.target_center
    )
    np.testing.assert_allclose(np.sort(sizes), np.arange(12) ** 2, atol=1e-9)
    assert points.description == "12 points of points.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "0 points and no two different values"),
        ("1,2\n1,3\n", "2 points and no two different values"),
        ("x,t\n\n1,2\n2,banana\n3,3\n", "line 4 is '2, banana'"),
        ("1,banana\n2,3\n3,4\n", "line 1 is '1, banana'"),
        ("2,3\n3,4\n1,2,3\n", "line 3 is '1, 2, 3'"),
        ("x;t\n1;2\n2;3\n", "line 2 is '1;2', but each line is two numbers with a comma between them"),
        ("1,2\n2,inf\n3,4\n", "line 2 is '2, inf'"),
        ("1,2\n2,1e300\n3,4\n", "line 2 is '2, 1e300'"),
        (b"\xff\xfe1\x002", "UTF-8"),
    ],
)
def test_a_file_that_holds_no_points_is_named_with_the_reason(tmp_path: Path, text, said):
    file = tmp_path / "points.csv"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DerivvizError, match=said):
        read_points(file, seed=0)


def test_too_few_points_to_hold_any_out_and_points_of_one_height(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("1,5\n2,5\n3,5\n")
    points = read_points(file, seed=0)
    assert (len(points.x), len(points.test_x)) == (3, 0)
    np.testing.assert_array_equal(points.target, 0)
    assert np.isnan(typical_miss(points.test_x, points.test_target, np.ones(2)))


@pytest.mark.parametrize(("count", "degree"), [(2, 1), (10, 3), (40, 9), (900, 2)])
def test_the_chosen_rate_is_well_below_the_largest_stable_one_and_short(count, degree):
    x = wave(count, 0.1, seed=0).x
    rate = chosen_rate(x, degree)
    assert 0.15 < rate / largest_stable_rate(x, degree) <= 0.3
    assert len(f"{rate:e}".split("e")[0].rstrip("0")) == 2  # one digit and the point


def test_the_typical_miss_of_a_line():
    x, t = np.array([-1.0, 0, 1]), np.array([0.0, 0, 3])
    assert typical_miss(x, t, np.array([1.0, 1])) == pytest.approx(np.sqrt(2 / 3))  # misses 0, 1, −1
