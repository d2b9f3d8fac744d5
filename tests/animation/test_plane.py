"""The plane, its ticks, and the lines and curves on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manim import RIGHT, UP

from derivviz.animation import Formula
from derivviz.animation.layout import check, label_boxes, pieces, touches
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.numerals import numeral
from derivviz.animation.plane import Plane, nice_step, ticks

NUMBERS = st.floats(-1e6, 1e6)
SIZES = st.floats(1e-3, 1e5)


PLANE = Plane((-2, 6), (-3, 40))


def dashes(line: Dashed) -> np.ndarray:
    """Ends of the dashes, shape (dashes, 2, 3)."""
    return line.points.reshape(-1, 4, 3)[:, [0, 3]]


# ---- dashed lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0.1, 0.33, 1.0, 2.6, 7.77])
def test_dashes_end_where_the_line_ends(length):
    way = np.array([0.6, 0.8, 0])
    line = Dashed(-2 * way, (length - 2) * way)
    along = (dashes(line) + 2 * way) @ way
    assert along.min() >= -1e-9
    assert along.max() <= length + 1e-9
    spans = along[:, 1] - along[:, 0]
    assert (spans > 0).all()
    assert spans.max() <= line.dash + 1e-9
    assert length - along.max() <= line.gap + 1e-9
    assert along.min() <= line.gap + 1e-9


def test_dashes_do_not_crawl_when_the_line_grows():
    line = Dashed(-3 * RIGHT, 3 * RIGHT)
    before = {round(float(x), 6) for x in dashes(line)[1:-1, 0, 0]}
    line.set_ends(-3.137 * RIGHT, 3.137 * RIGHT)
    after = {round(float(x), 6) for x in dashes(line)[1:-1, 0, 0]}
    assert len(before) > 10
    assert before <= after


def test_dashes_do_not_change_their_number_when_the_line_turns():
    line = Dashed(-2 * RIGHT, 2 * RIGHT)
    count = len(dashes(line))
    line.set_ends(-2 * UP, 2 * UP)
    assert len(dashes(line)) == count
    assert line.points[:, 0] == pytest.approx(0)


def test_a_line_of_no_length_draws_nothing_and_stays_finite():
    line = Dashed(RIGHT, RIGHT)
    assert np.isfinite(line.points).all()


def test_slope_of_a_segment():
    assert Segments([[[0, 0, 0], [2, -3, 0]]]).slope() == -1.5
    assert Dashed(np.zeros(3), np.array([1.0, 2.5, 0])).slope() == pytest.approx(2.5)


# ---- ticks ----------------------------------------------------------------------------------------------


@given(NUMBERS, SIZES, st.integers(2, 12))
def test_ticks_are_nice_and_few(low, size, most):
    step = nice_step(low, low + size, most)
    mantissa = step / 10 ** np.floor(np.log10(step * (1 + 1e-9)))
    assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6
    made = ticks(low, low + size, step)
    assert len(made) <= most + 1
    assert all(low < tick < low + size for tick in made)
    assert len(made) >= size / step - 2


def test_ticks_of_a_known_range():
    assert ticks(-2.2, 6.1, nice_step(-2.2, 6.1, 8)) == [-2, 0, 2, 4, 6]
    assert ticks(0, 1, 0.25) == [0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (-0.5, "−0.5"), (1e-7, "10^(−7)"), (123456.0, "123456"), (2e9, "2 dot 10^(9)")],
)
def test_numerals(value, text):
    assert numeral(value) == text


def test_neighbouring_ticks_never_read_the_same():
    plane = Plane((1_000_000, 1_000_001), (0, 1))
    told = [t.markup for t in plane.tick_labels]
    assert len(set(told)) == len(told) > 4


# ---- the plane ------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(NUMBERS, NUMBERS, st.floats(-2, 2), st.floats(-2, 2))
def test_numbers_undo_point(x, y, right, up):
    plane = PLANE.copy().shift([right, up, 0])
    assert plane.numbers(plane.point(x, y)) == pytest.approx((x, y), rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=12)
@given(NUMBERS, SIZES, NUMBERS, SIZES)
def test_any_window_makes_a_plane(x, width, y, height):
    plane = Plane((x, x + width), (y, y + height))
    assert plane.point(x + width, y + height) == pytest.approx([7.1 / 2, 5.2 / 2, 0], abs=1e-6)
    assert np.isfinite(plane.grid.points).all()


def test_slope_of_a_line_on_the_plane_is_in_the_functions_numbers():
    line = Segments([PLANE.clip(8, (1, 4))])
    assert PLANE.slope_of(line) == pytest.approx(8)
    (xa, ya), (xb, yb) = PLANE.numbers(line.points[0]), PLANE.numbers(line.points[-1])
    assert (xa, ya) == pytest.approx((0.125, -3))
    assert (xb, yb) == pytest.approx((5.5, 40))


@pytest.mark.parametrize("slope", [-1e6, -2.0, 0.0, 1e-9, 3.0, 1e6])
def test_clipped_lines_stay_inside(slope):
    for end in PLANE.clip(slope, (1, 4)):
        x, y = PLANE.numbers(end)
        assert -2 - 1e-6 <= x <= 6 + 1e-6
        assert -3 - 1e-6 <= y <= 40 + 1e-6


def test_reach_shortens_a_line():
    low, high = PLANE.clip(0, (1, 4), reach=0.1)
    assert PLANE.numbers(low)[0] == pytest.approx(0.2)
    assert PLANE.numbers(high)[0] == pytest.approx(1.8)


def test_tick_labels_are_cut_out_of_the_grid_and_nothing_else_is_hidden():
    plane = Plane((-2.2, 6.1), (-3, 40))
    boxes = [label_boxes(t) for t in plane.tick_labels]
    assert len(boxes) >= 6
    way = pieces(plane.grid)
    assert not any(touches(b, [], [way]) for b in boxes)
    whole = Segments(plane._grid_lines())
    assert any(touches(b, [], [pieces(whole)]) for b in boxes)  # they would be crossed if it were not cut
    assert check([plane]) == []


def test_the_grid_makes_room_for_a_label_and_closes_again():
    plane = Plane((-4, 4), (-4, 4))
    label = Formula("f(x)").move_to(plane.point(1, 2))
    assert touches(label_boxes(label), [], [pieces(plane.grid)])
    whole = plane.grid.points
    plane.room_for(label)
    assert not touches(label_boxes(label), [], [pieces(plane.grid)])
    plane.room_for()
    assert plane.grid.points == pytest.approx(whole)


def test_tick_labels_in_the_way_of_lines_are_dropped():
    plane = Plane((-2.2, 6.1), (-3, 40))
    line = Segments([plane.clip(6, (0, 0))])
    steep = Segments(
        [[plane.tick_labels[0].get_corner([-1, 1, 0]), plane.tick_labels[0].get_corner([1, -1, 0])]]
    )
    before = len(plane.tick_labels)
    plane.keep_clear(line, steep)
    assert len(plane.tick_labels) < before
    assert check([plane, line, steep]) == []


def test_axes_cross_at_zero_or_at_the_nearest_edge():
    assert Plane((-1, 1), (-1, 1)).home == (0, 0)
    assert Plane((3, 5), (-9, -2)).home == (3, -2)


@pytest.mark.parametrize("x_range", [(-2, 6), (-5, -1), (1, 5), (-5, 0), (-5, 0.1), (-5, 0.3)])
@pytest.mark.parametrize("y_range", [(-3, 40), (-9, -1), (1, 9), (-9, 0), (-9, 0.2), (-9, 0.6)])
def test_names_and_ticks_of_the_axes_keep_clear_wherever_zero_lies(x_range, y_range):
    assert check([Plane(x_range, y_range, 6.5, 5.0)]) == []


# ---- curves ---------------------------------------------------------------------------------------------


def test_a_curve_goes_through_its_points():
    curve = PLANE.curve(lambda x: x**2 + 2 * x + 1)
    middles = curve.points.reshape(-1, 4, 3) @ np.eye(3)
    along = (middles[:, 0] + 3 * middles[:, 1] + 3 * middles[:, 2] + middles[:, 3]) / 8
    x, y = np.array([PLANE.numbers(p) for p in along]).T
    assert y == pytest.approx((x + 1) ** 2, abs=1e-3)


def test_a_curve_ends_at_the_edge_that_it_leaves_by():
    curve = PLANE.curve(lambda x: x**2 + 2 * x + 1)
    assert PLANE.numbers(curve.points[0]) == pytest.approx((-2, 1))
    assert PLANE.numbers(curve.points[-1]) == pytest.approx((np.sqrt(40) - 1, 40))


@pytest.mark.parametrize("pole", [0.0, 0.01, 0.0249, -1.3])
@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("height", [3, 100])
def test_a_curve_breaks_at_a_pole_and_stays_inside(pole, power, height):
    plane = Plane((-4, 4), (-height, height))
    curve = plane.curve(lambda x: 1 / (x - pole) ** power)
    for start, _, _, end in curve.points.reshape(-1, 4, 3):
        xa, xb = plane.numbers(start)[0], plane.numbers(end)[0]
        assert not xa < pole < xb, "a piece runs over the pole"
    assert curve.points[:, 1].min() >= plane.point(0, -height)[1] - 1e-9
    assert curve.points[:, 1].max() <= plane.point(0, height)[1] + 1e-9
    reached = plane.numbers(curve.points[np.argmax(curve.points[:, 1])])[1]
    assert reached == pytest.approx(height, rel=1e-3)  # it is drawn up to the edge


def test_a_curve_breaks_at_a_jump_but_not_where_it_is_steep():
    plane = Plane((-4, 4), (-1.2, 1.2))
    jump = plane.curve(lambda x: np.where(x > 0.013, 1.0, -1.0))
    assert np.ptp(jump.points.reshape(-1, 4, 3)[:, :, 1], axis=1).max() < 0.1
    for steep in (np.cbrt, lambda x: np.tanh(300 * x)):
        curve = plane.curve(steep)
        ends = curve.points.reshape(-1, 4, 3)
        assert ends[1:, 0] == pytest.approx(ends[:-1, 3])  # one line


def test_a_curve_is_drawn_only_where_it_is_defined():
    plane = Plane((-4, 4), (-1, 3))
    curve = plane.curve(np.sqrt)
    assert [plane.numbers(p)[0] for p in (curve.points[0], curve.points[-1])] == pytest.approx(
        [0, 4], abs=1e-6
    )


def test_a_curve_that_is_nowhere_in_the_plane_draws_nothing():
    assert len(PLANE.curve(lambda x: x + 1e6).points) == 0
    assert len(PLANE.curve(lambda x: np.full_like(x, np.nan)).points) == 0


def test_a_dot_stands_where_it_is_put():
    assert dot([1, 2, 0], "tangent").get_center() == pytest.approx([1, 2, 0])


# ---- the magnifying glass -------------------------------------------------------------------------------


def glass(f, h, torn=False):
    from derivviz.animation.lens import Lens

    lens = Lens(f, 0.0, 1.0, torn=torn)
    lens.show(h, 4.0)
    return lens.curve.points[:, :2] / lens.radius


def test_an_upright_curve_is_seen_in_the_glass_however_near():
    for h in (4.0, 0.1, 1e-6):
        points = glass(np.cbrt, h)
        assert np.hypot(*points.T).max() < 0.99
        assert np.ptp(points[:, 1]) > (0.5 if h > 1 else 1.9)


def test_a_jump_is_no_line_in_the_glass():
    torn = glass(lambda x: np.where(x < 0, -1.0, 1.0) - 1, 0.1, torn=True)
    assert torn[:, 1] == pytest.approx(0)
    assert torn[:, 0].min() == pytest.approx(0)
