"""Live numbers: what is written, where the signs stand, and what stays put."""

from __future__ import annotations

import numpy as np
import pytest
from manim import LEFT, ORIGIN, RIGHT, UP

from derivviz.animation import Formula, Number
from derivviz.animation.ranking import stress
from derivviz.errors import DerivvizError


def signs(number: Number) -> np.ndarray:
    """Boxes (left, bottom, right, top) of the signs that are drawn, in order."""
    drawn = [g.points[:, :2] for g in number.submobjects if len(g.points) > 1]
    return np.array([[*p.min(axis=0), *p.max(axis=0)] for p in drawn])


@pytest.mark.parametrize(
    ("value", "spec", "written"),
    [
        (4.1, ".2f", "4.10"),
        (-4.126, ".2f", "-4.13"),
        (-0.001, ".2f", "0.00"),
        (-0.0, ".1f", "0.0"),
        (0.0, "+.1f", "+0.0"),
        (1234567.4, ",.0f", "1,234,567"),
        (-1234.5, ",.1f", "-1,234.5"),
        (3, "d", "3"),
        (1e-5, ".1e", "1.0e-05"),
        (0.25, ".0%", "25%"),
        (-0.0001, ".0%", "0%"),
        (float("nan"), ".2f", "nan"),
        (float("-inf"), ".2f", "-inf"),
    ],
)
def test_how_a_value_is_written(value, spec, written):
    number = Number(value, spec)
    assert number.text(value) == written
    assert len(signs(number)) == len(written.replace(",", ""))


def test_digits_stand_as_typst_sets_them():
    number, formula = Number(1023.45, ".2f", 52), Formula("1023.45", 52)
    number.at(formula.pen.points[0])
    formula_boxes = np.array(
        [[*g.points[:, :2].min(axis=0), *g.points[:, :2].max(axis=0)] for g in formula.glyphs]
    )
    own = np.array(signs(number))
    bearing = (
        own[0, 0] - formula_boxes[0, 0]
    )  # a formula's pen stands at its ink, a number's where Typst puts it
    assert own - [bearing, 0, bearing, 0] == pytest.approx(formula_boxes, abs=2e-3)


def test_every_digit_is_equally_wide():
    """So that the signs behind a counting digit stand still."""
    last = [signs(Number(10 * digit + 3, ".0f"))[1] for digit in range(1, 10)]
    assert np.ptp(last, axis=0) == pytest.approx(0, abs=1e-6)


def test_a_comma_is_a_thin_space_and_a_space_is_a_space():
    plain, thin = signs(Number(1234, ".0f")), signs(Number(1234, ",.0f"))
    gap = thin[1, 0] - plain[1, 0]
    digit = plain[2, 0] - plain[1, 0]
    assert 0.1 * digit < gap < 0.6 * digit
    padded = signs(Number(3.5, "7.2f"))
    assert len(padded) == 3 + 1
    assert padded[0, 0] == pytest.approx(signs(Number(3.5))[0, 0] + 3 * digit, abs=0.02)


@pytest.mark.parametrize(("anchor", "share"), [(LEFT, 0.0), (ORIGIN, 0.5), (RIGHT, 1.0)])
def test_the_anchored_end_stays(anchor, share):
    number = Number(1, ".0f", anchor=anchor).at([2.0, -1.0, 0])
    digit = signs(Number(11, ".0f"))[1, 0] - signs(Number(11, ".0f"))[0, 0]
    for value, count in ((8, 1), (8888, 4), (88, 2)):
        drawn = signs(number.set_value(value))
        middle = (drawn[0, 0] + drawn[-1, 2]) / 2
        assert middle == pytest.approx(2.0 + (0.5 - share) * count * digit, abs=0.01)
        assert drawn[:, 1].min() == pytest.approx(-1.0, abs=0.02)


def test_moved_numbers_count_on_where_they_are():
    number = Number(3.25).at([0, 0, 0])
    before = signs(number)
    number.shift(2 * RIGHT + UP)
    number.set_value(7.5).set_value(3.25)
    assert signs(number) == pytest.approx(before + np.array([2, 1, 2, 1]))


def test_a_copy_counts_by_itself():
    number = Number(1.0)
    other = number.copy().set_value(-22.5)
    assert number.value == 1.0
    assert len(signs(number)) == 4
    assert len(signs(other)) == 6


def test_shorter_values_leave_no_sign_behind():
    number = Number(-1234.56)
    assert len(signs(number)) == 8
    assert len(signs(number.set_value(1))) == 4


def test_too_many_signs_are_an_error():
    number = Number(1, ".0f", width=4)
    assert len(signs(number.set_value(9999))) == 4
    with pytest.raises(DerivvizError, match="12345 has more signs than the 4"):
        number.set_value(12345)


def test_stress_keeps_the_left_end_and_passes():
    """A multiplier that is stressed does not grow onto the × before it."""
    number = Number(-0.87, anchor=RIGHT)
    start = signs(number)
    animation = stress(number, 1.15)
    animation.begin()
    animation.interpolate(0.5)
    largest = signs(number)
    assert largest[0, 0] == pytest.approx(start[0, 0])
    assert largest[-1, 2] - largest[0, 0] == pytest.approx(1.15 * (start[-1, 2] - start[0, 0]))
    animation.finish()
    np.testing.assert_allclose(signs(number), start, atol=1e-9)
