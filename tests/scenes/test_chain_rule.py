"""The lesson of the chain rule: the sources' cube, other compositions, claims that can fail, bad input."""

from __future__ import annotations

from itertools import pairwise

import pytest
from manim import UP

from derivviz.animation.numerals import value
from derivviz.errors import UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_cube_of_the_sources(walk, language, theme):
    planned, lesson = walk("chain_rule", language, theme)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert "g∘f is read from the inside: first f, then g" in planned.beats[1].text["en"]
    assert "not at x" in next(b.text["en"] for b in planned.beats if "limit" in b.text["en"])

    assert [value(cell.markup) for cell in lesson.slopes[:3]] == [6, 363, 2178]
    rows = [[value(cell.markup) for cell in cells[:3]] for _, cells in lesson.nudges.rows]
    assert rows == [[6.3, 384.2, 2420], [6.03, 365, 2201], [6.003, 363.2, 2180]]
    assert [value(f.markup) for f in lesson.net.numbers] == [1, 1, 3, 11, 1331]
    assert [value(f.markup) for f in lesson.net.gradients] == [2178, 1089, 363, 363, 1]
    assert [f.markup for f in lesson.net.factors] == ["times 2", "times 3", "times 1", "times 363"]

    # The pictures are read back: moved things are found out.
    assert failed_claims(lesson) == []
    lesson.graphs[1].tangent.rotate(0.01)
    lesson.net.gradients[0].markup = "2179.5"
    lesson.slopes[0].markup = "6.01"
    lesson.nudges.rows[1][1][1].markup = "366.9"
    lesson.nudges.numbers[-1].set_value(1332.0)
    assert failed_claims(lesson) == [
        "y as drawn",
        "the rate of 3*x**2 + 8",
        "the tangent of x**3",
        "the product for a nudge of 0.01",
        "dy/dx in the graph",
        "the derivative before the node x**2",
    ]
    lesson.net.numbers[2].markup = "3.01"
    lesson.graphs[0].shift(UP)  # a whole graph may stand anywhere
    assert failed_claims(lesson)[-2:] == ["the derivative before the node x**2", "the value of the node 3*x"]


@pytest.mark.parametrize(
    ("function", "at", "language", "theme", "machines", "nodes", "slope"),
    [
        ("sin(x^2)", "1", "ko", "dark", 2, 2, 1.0806046),
        ("sqrt(1+x^2)", "2", "en", "paper", 2, 3, 0.8944272),
        ("exp(-x^2)", "0.7", "en", "dark", 2, 3, -0.8576767),
        ("ln(cos(x))", "1", "ko", "paper", 2, 2, -1.5574077),
        ("((x+1)^2+1)^3", "1", "en", "dark", 3, 4, 300),
        ("1/(1+exp(-x))", "0.5", "ko", "dark", 3, 4, 0.2350037),
        ("|x^2-1|", "-3", "en", "paper", 2, 3, -6),
        ("e^(x*sin(x))", "1", "ko", "paper", 2, 2, 3.2054057),
        ("sqrt(1-x^2)", "0.95", "en", "dark", 2, 3, -3.0424349),  # nudged to the left: the domain ends at 1
    ],
)
def test_other_compositions(walk, function, at, language, theme, machines, nodes, slope):
    planned, lesson = walk("chain_rule", language, theme, function=function, at=at)
    assert told(planned.problems) == []
    assert planned.duration < 110
    assert len(lesson.row.boxes) == machines
    assert len(lesson.net.row.boxes) == nodes
    assert value(lesson.net.gradients[0].markup) == pytest.approx(slope, rel=5e-4)
    limit = next(beat.text["en"] for beat in planned.beats if "limit" in beat.text["en"])
    assert ("not at x" in limit) == (not limit.endswith(f"= {at}."))
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
@pytest.mark.parametrize(
    ("function", "at"), [("((x+1)^2+1)^3", "1"), ("e^(x*sin(x))", "1"), ("sqrt(1-x^2)", "0.95")]
)
def test_other_compositions_in_other_shapes(walk, aspect, function, at):
    planned, lesson = walk("chain_rule", "ko", "paper", aspect=aspect, function=function, at=at)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []


def test_in_a_tall_frame_the_machines_stand_below_each_other(walk):
    planned, lesson = walk("chain_rule", aspect="9:16")
    assert told(planned.problems) == []
    for row in (lesson.row, lesson.net.row):
        letters, boxes = list(row.letters), list(row.boxes)
        parts = [part for pair in zip(letters, boxes, strict=False) for part in pair] + letters[-1:]
        assert all(a.get_bottom()[1] > b.get_top()[1] for a, b in pairwise(parts))
        assert {round(part.get_x(), 6) for part in parts} == {0.0}
    for number, letter in zip(lesson.nudges.numbers, lesson.row.letters, strict=True):
        assert number.get_right()[0] < letter.get_left()[0]
        assert abs(number.get_y() - letter.get_y()) < 0.2
    assert lesson.row.height > 5.5  # the chain is large,
    assert lesson.nudges.rows[0][1].get_top()[1] < lesson.row.get_bottom()[1]  # and its table below it
    lesson.net.gradients[0].markup = "2179.5"
    assert failed_claims(lesson)[0] == "dy/dx in the graph"


def test_where_operations_are_too_many_the_machines_are_the_nodes(walk):
    planned, lesson = walk("chain_rule", function="(-3*sin(2x)+1)^2", at="0.3")
    assert told(planned.problems) == []
    assert len(lesson.net.row.boxes) == len(lesson.row.boxes) == 3


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"function": "x*sin(x)"}, "no composition: it is a product"),
        ({"function": "x^3"}, "no composition"),
        ({"function": "5"}, "x does not occur"),
        ({"function": "ln(x-5)"}, "has no value at x = 1: choose another --at"),
        ({"function": "|x^2-1|"}, "no derivative at x = 1: choose another --at"),
        ({"function": "(0*x+2)^2"}, "cannot be nudged"),
        ({"at": "1000"}, "too long to be shown"),
        ({"function": f"sin({'+'.join(f'x^{n}' for n in range(2, 19))})", "at": "0.5"}, "too long"),
        ({"function": "(x +"}, "^"),
        ({"at": "one"}, "--at takes a number"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, parameters, words):
    with pytest.raises(UsageError) as error:
        walk("chain_rule", **parameters)
    assert words in str(error.value)
