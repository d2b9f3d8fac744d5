"""Polynomials through points: the oracle against NumPy's own fit, and points read from files."""

from pathlib import Path

import numpy as np
import pytest

from derivviz.calculus.polynomial import least_squares, read_points, wave
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


def test_the_wave_is_repeatable_and_its_test_points_lie_between():
    one, same, other = wave(9, 0.2, 5), wave(9, 0.2, 5), wave(9, 0.2, 6)
    np.testing.assert_array_equal(one.target, same.target)
    assert not np.array_equal(one.target, other.target)
    assert not set(one.x) & set(one.test_x)
    np.testing.assert_allclose(wave(9, 0, 5).target, np.sin(np.pi * one.x), atol=1e-12)


def test_points_are_read_scaled_and_split(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("\ufeffyear,size\n" + "".join(f"{1990 + k}, {k * k}\n" for k in range(12)), "utf-8")
    points = read_points(file, seed=0)
    assert (len(points.x), len(points.test_x)) == (9, 3)
    everywhere = np.sort(np.concatenate([points.x, points.test_x])) * points.half_width + points.center
    np.testing.assert_allclose(everywhere, 1990 + np.arange(12))
    assert points.x.min() == -1
    assert points.x.max() == 1
    assert points.description == "12 points of points.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "0 different values"),
        ("1,2\n1,3\n2,2\n3,1\n", "3 different values"),
        ("x,t\n1,2\n2,banana\n3,3\n4,4\n", "row 2 is '2, banana'"),
        ("1,2,3\n2,3\n3,4\n4,4\n5,5\n1,2,3\n", "row 5 is '1, 2, 3'"),
        ("1,2\n2,inf\n3,4\n4,4\n5,5\n", "row 2 is '2, inf'"),
        (b"\xff\xfe1\x002", "UTF-8"),
    ],
)
def test_a_file_that_holds_no_points_is_named_with_the_reason(tmp_path: Path, text, said):
    file = tmp_path / "points.csv"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DerivvizError, match=said):
        read_points(file, seed=0)
