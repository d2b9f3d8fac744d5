"""What stands in for manim's arithmetic gives the same numbers, to the last bit."""

from __future__ import annotations

import enum
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from manim import (
    BLUE,
    DL,
    ORIGIN,
    RED,
    RIGHT,
    UR,
    Circle,
    DashedLine,
    DecimalNumber,
    Dot,
    Group,
    Line,
    ManimColor,
    Mobject,
    PMobject,
    Scene,
    Square,
    Text,
    ValueTracker,
    VGroup,
    VMobject,
    always_redraw,
)
from manim.utils.bezier import bezier_remap

from derivviz.rendering import arithmetic, patches
from derivviz.rendering.quality import Quality

sys.path.insert(0, str(Path(__file__).parent))
from stock import our_frames, stock_frames

SMALL = Quality(214, 120, 15)
NEARLY = st.sampled_from(
    [0.0, -0.0, 1.0, 1.0 + 5e-7, 1.0 + 2e-6, 1e6, 1e6 + 9, -1e6, np.nan, np.inf, -np.inf]
)


class ReadOut(Scene):
    """A live number whose digits become more and fewer, beside what is drawn anew: dashes, a line, a group."""

    def construct(self) -> None:
        q = ValueTracker(12.0)
        number = always_redraw(
            lambda: DecimalNumber(q.get_value(), num_decimal_places=1, mob_class=Text, font_size=30)
        )
        dashes = always_redraw(lambda: DashedLine(DL, q.get_value() / 8 * RIGHT, color=RED))
        bars = always_redraw(
            lambda: VGroup(*(Square(0.2).shift(n * 0.3 * RIGHT) for n in range(int(q.get_value() / 3) + 1)))
        )
        counter = (
            DecimalNumber(0, mob_class=Text).shift(UR).add_updater(lambda m: m.set_value(-q.get_value()))
        )
        self.add(number, dashes, bars, counter, Line(DL, UR))
        self.play(q.animate.set_value(-3.0), run_time=3)  # three chunks


@pytest.mark.parametrize("jumping", [False, True], ids=["through", "jumping"])
def test_frames_of_live_numbers(jumping):
    assert our_frames(ReadOut, SMALL, jumping=jumping) == stock_frames(ReadOut, SMALL)


@given(arrays(float, (3, 3), elements=NEARLY), arrays(float, 3, elements=NEARLY))
def test_equal_points(points, other):
    line = Line()
    for ours in (points, points[0]):
        assert arithmetic.consider_points_equals(line, ours, other) == VMobject.consider_points_equals(
            line, ours, other
        )


@given(arrays(float, st.tuples(st.integers(0, 18), st.just(3)), elements=NEARLY))
def test_subpaths(points):
    line = Line()
    expected = line.get_subpaths_from_points(points)
    with patches.applied():
        found = line.get_subpaths_from_points(points)
    assert len(found) == len(expected)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(found, expected, strict=True))


@given(st.integers(1, 9), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_curves_are_split(count, more, seed):
    curves = np.random.default_rng(seed).normal(size=(count, 4, 3))
    found = arithmetic.bezier_remap(curves, count + more)
    assert np.array_equal(found, bezier_remap(curves, count + more))


SHAPES = {
    "circle": Circle,
    "group": lambda: VGroup(Square(), VGroup(), Text("a1")).shift(UR),
    "nothing": VGroup,
    "cloud": lambda: PMobject().add_points(np.random.default_rng(0).normal(size=(5, 3))),
    "mixed": lambda: Group(Dot(UR), PMobject().add_points([[1.0, 2.0, 3.0]])),
    "broken": lambda: VMobject().set_points(np.array([[np.nan, 0, 0], [1, 1, 0], [2, 0, 0], [3, 1, 0]])),
}


@pytest.mark.parametrize("name", SHAPES)
def test_boxes(name):
    shape = SHAPES[name]()
    for direction in (ORIGIN, RIGHT, UR, DL, [0, -2, 5]):
        expected = shape.get_critical_point(direction)
        with patches.applied():
            assert np.array_equal(shape.get_critical_point(direction), expected, equal_nan=True)
    for dim in range(3):
        expected = shape.length_over_dim(dim)
        with patches.applied():
            assert np.array_equal(shape.length_over_dim(dim), expected, equal_nan=True)


class Wide(Square):
    """Counts as wider than it is."""

    def get_extremum_along_dim(self, points=None, dim=0, key=0):
        return super().get_extremum_along_dim(points, dim, key) + 5


def test_a_box_of_ones_own():
    expected = Wide().get_corner(UR)
    with patches.applied():
        assert np.array_equal(Wide().get_corner(UR), expected)
    assert not np.array_equal(expected, Square().get_corner(UR))


@pytest.mark.parametrize(
    ("color", "opacity"),
    [
        (RED, 0.3),
        (None, 1),
        (BLUE, None),
        ([RED, BLUE], 0.5),
        (RED, [0.1, 0.9]),
        ("#123456", 0.5),
        ("red", 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("sheen", [0, 0.3])
def test_colours(color, opacity, sheen):
    circle = Circle(sheen_factor=sheen)
    found = arithmetic.generate_rgbas_array(circle, color, opacity)
    expected = VMobject.generate_rgbas_array(circle, color, opacity)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_a_colour_is_not_changed_by_its_array():
    before = RED.to_rgba()
    arithmetic.generate_rgbas_array(Circle(), RED, 0.5)[:] = 7
    assert np.array_equal(RED.to_rgba(), before)


class Side(enum.Enum):
    LEFT = 1


def test_a_copy_is_of_its_own():
    original = VGroup(Circle(), Text("ab"))
    original.known = {"parts": [original[0], Side.LEFT, (1, [2])], ManimColor(RED).to_hex(): original}
    original.again = original.known["parts"]
    with patches.applied():
        clone = original.copy()
    assert clone.known["parts"][0] is clone[0] is not original[0]
    assert clone.again is clone.known["parts"] is not original.again
    assert clone.known["parts"][1] is Side.LEFT
    assert clone.known["parts"][2][1] is not original.again[2][1]
    assert clone.known["#FC6255"] is clone
    assert clone[1].id_to_vgroup_dict["root"][0] is clone[1][0]
    clone[0].shift(RIGHT)
    clone.set_color(BLUE)
    assert np.array_equal(original[0].points, Circle().points)
    assert np.array_equal(original[0].stroke_rgbas, Circle().stroke_rgbas)


def test_a_copy_shares_what_is_in_it_twice():
    class Pair(Mobject):
        """Holds one array under two names."""

    pair = Pair()
    pair.a = pair.b = np.arange(3.0)
    with patches.applied():
        clone = pair.copy()
    assert clone.a is clone.b
    assert clone.a is not pair.a
