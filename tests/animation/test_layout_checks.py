"""What the layout checks find: each picture is clean first, and then broken in one way."""

from __future__ import annotations

import numpy as np
import pytest
from manim import DOWN, LEFT, RIGHT, UP, Line, Square, VGroup

from derivviz.animation import Formula, Number, Words, stage
from derivviz.animation.frame import caption_top
from derivviz.animation.layout import check, label_boxes, mark, touches
from derivviz.animation.lines import Segments
from derivviz.animation.placing import place
from derivviz.animation.stage import Stage
from derivviz.look.theme import PAPER


def found(*mobjects) -> str:
    problems = check(mobjects)
    assert len(problems) <= 1, problems
    return problems[0] if problems else "clean"


def test_an_empty_picture_is_clean():
    assert check([]) == []


@pytest.mark.parametrize("side", [LEFT, RIGHT, UP, DOWN])
def test_a_label_off_the_frame(side):
    label = Formula("f(x)").to_edge(side, buff=0.2)
    assert found(label) == "clean"
    label.shift(side * 0.15)
    told, way = found(label).split(": move it ")
    assert told == "Formula('f(x)') leaves the safe part of the frame"
    amount, direction = way.split()
    label.shift(float(amount) * {"left": LEFT, "right": RIGHT, "up": UP, "down": DOWN}[direction] * 1.1)
    assert found(label) == "clean"


def test_two_labels_on_each_other():
    one, other = Formula("f(x)"), Words("slope").next_to([0, 0, 0], DOWN, 0.6)
    assert found(one, other) == "clean"
    other.move_to(one)
    assert found(one, other).startswith("Formula('f(x)') lies on Words('slope'): place one beside it")


def test_labels_may_stand_in_each_others_gaps():
    """Boxes of glyphs count, not the box of the whole."""
    fraction = Formula("frac(a + b + c + d, {{2 : two}})")
    beside = Formula("x", "label").next_to(fraction.select("two"), RIGHT, 0.15)
    assert fraction.get_bottom()[1] < beside.get_y() < fraction.get_top()[1]
    assert beside.get_right()[0] < fraction.get_right()[0]
    assert found(fraction, beside) == "clean"


def test_a_line_through_a_label():
    label, line = Formula("f(x)"), Line([-1, 1, 0], [1, 1, 0], color="#4C88FA")
    assert found(label, line) == "clean"
    line.shift(DOWN)
    assert found(label, line).startswith("a line (#4C88FA) runs through Formula('f(x)'): move it")


def test_a_bent_line_counts_where_it_runs():
    """A curve around a label has it inside of its box, and does not touch it."""
    label = Formula("f(x)")
    x = np.linspace(-3, 3, 40)
    way = np.column_stack([x, x**2 / 2 - 1, 0 * x])
    bend = Segments(np.stack([way[:-1], way[1:]], axis=1))
    assert found(label, bend) == "clean"
    assert "runs through" in found(label.shift(DOWN), bend)


def test_a_backdrop_may_lie_behind_a_label():
    label, line = Formula("f(x)"), Line([-1, 0, 0], [1, 0, 0])
    assert found(label, line) != "clean"
    assert found(label, mark(line, backdrop=True)) == "clean"
    assert found(label, mark(VGroup(Line([-1, 0, 0], [1, 0, 0])), backdrop=True)) == "clean"


def test_a_label_that_is_too_small():
    label = Formula("f(x)", "tick")
    assert found(label) == "clean"
    label.scale(0.8)
    told = "Formula('f(x)') is drawn at size 22, under the smallest, 28: scale it by "
    assert found(label).startswith(told)
    label.scale(float(found(label).removeprefix(told).split()[0]) + 0.005)
    assert found(label) == "clean"
    assert "size 20" in found(Words("x", 20))


@pytest.mark.parametrize(
    ("colour", "size", "clean"),
    [
        ("#EEF1F6", "tick", True),
        ("#4A5266", "tick", False),
        ("#6F788C", "tick", False),  # 4.1 : 1: enough for large labels alone
        ("#6F788C", "title", True),
        ("#4A5266", "title", False),
    ],
)
def test_a_label_of_low_contrast(colour, size, clean):
    label = Formula("x", size, colour)
    assert (found(label) == "clean") is clean
    assert clean or f"in {colour} has a contrast of only" in found(label)


def test_contrast_is_that_of_the_stage():
    stage.enter(Stage(theme=PAPER))
    assert found(Formula("x")) == "clean"
    assert "contrast" in found(Formula("x", fill="#FFFFFF"))


def test_invisible_things_are_no_problem():
    label, line = Formula("f(x)"), Line([-1, 0, 0], [1, 0, 0])
    assert found(label, line) != "clean"
    assert found(label.copy().set_opacity(0), line) == "clean"
    assert found(label, line.copy().set_stroke(opacity=0)) == "clean"
    assert found(label, Square(0.8, stroke_width=0, fill_opacity=1)) == "clean"


def test_labels_inside_groups_are_seen():
    assert "lies on" in found(VGroup(VGroup(Formula("a")), Formula("b")))


def test_a_number_is_named_by_what_it_shows():
    number = Number(4.104).at([0, 0, 0])
    line = Line([-1, 0.1, 0], [1, 0.1, 0])
    assert found(number) == "clean"
    assert "runs through Number('4.10')" in found(number, line)


# ---- finding free places --------------------------------------------------------------------------------


def clear(label, *others) -> bool:
    return check([label, *others]) == []


def test_the_preferred_side_is_taken_when_it_is_free():
    label = place(Formula("P"), [0, 0, 0], [], (RIGHT, LEFT))
    assert label.get_left()[0] > 0
    assert abs(label.get_y()) < 0.05


def test_a_label_keeps_clear_of_lines_and_labels():
    lines = [Line([-5, -5, 0], [5, 5, 0]), Line([0, -3, 0], [0, 3, 0]), Line([-3, 0, 0], [3, 0, 0])]
    first = place(Formula("P(1, 4)", "label"), [0, 0, 0], lines)
    second = place(Formula("Q(2, 8)", "label"), [0, 0, 0], [*lines, first])
    assert clear(first, second, *lines)
    for label in (first, second):
        assert np.linalg.norm(label.get_center()) < 2.5  # near what it names
    assert not touches(label_boxes(first), [label_boxes(second)], [], room=0.05)


@pytest.mark.parametrize("corner", [[6.9, 3.8, 0], [-6.9, 3.8, 0], [6.9, -2.85, 0]])
def test_a_label_stays_in_the_frame_and_out_of_the_captions(corner):
    label = place(Formula("P(1, 4)", "label"), corner, [])
    assert clear(label)
    assert label.get_bottom()[1] >= caption_top()


def test_of_several_points_the_first_free_one_is_taken():
    wall = Square(2.6, stroke_width=4)
    fence = [wall, *(Line([-1.3, y, 0], [1.3, y, 0]) for y in np.linspace(-1.3, 1.3, 14))]
    points = [[0, 0, 0], [4, 0, 0], [-4, 0, 0]]
    label = place(Formula("y = x^2", "label"), points, fence)
    assert clear(label, *fence)
    assert np.linalg.norm(label.get_center() - [4, 0, 0]) < 1.5


def test_a_label_does_not_avoid_itself():
    label = Formula("P")
    assert place(label, [0, 0, 0], [label], (RIGHT,)).get_left()[0] == pytest.approx(0.14, abs=0.01)


def test_where_nothing_is_free_the_least_bad_place_is_taken_and_told():
    bars = [Line([-7, y, 0], [7, y, 0]) for y in np.linspace(-4, 4, 60)]
    label = place(Formula("P"), [0, 0, 0], bars)
    assert check([label, *bars])
    assert np.linalg.norm(label.get_center()) < 2
