"""The lesson of partial derivatives: its claims, other functions, level points, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from manim import UP

from derivviz.errors import UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_lesson(walk, language, theme):
    planned, lesson = walk("partial_derivative", language, theme)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert "{{ 3 : m }}" in lesson.laws[0].markup
    assert "x + 4 y = {{ 5 : m }}" in lesson.laws[1].markup

    # The picture is read back: moved things are found out.
    assert failed_claims(lesson) == []
    lesson.gradient.rotate(0.05, about_point=lesson.gradient.get_start())
    assert failed_claims(lesson) == [
        "part of the gradient along x",
        "part of the gradient along y",
        "contour line and gradient at a right angle",
    ]
    lesson.gradient.rotate(-0.05, about_point=lesson.gradient.get_start())
    lesson.gradient.scale(1.1, about_point=lesson.gradient.get_start())
    assert "length of the gradient" in failed_claims(lesson)
    lesson.slices["x"].tangent.rotate(0.01)
    assert failed_claims(lesson)[0] == "slope along x"
    lesson.map_p.shift(UP * 0.1)
    assert "y of P on the map" in failed_claims(lesson)
    lesson.steps[0].stretch(1.1, 0)
    assert "a step downhill" in failed_claims(lesson)


OTHERS = [
    ("sin(x)cos(y)", ("0.5", "0.5"), "ko", "dark"),
    ("exp(-x^2-y^2)", ("-0.7", "0.4"), "en", "paper"),
    ("2x - 3y + 1", ("0", "0"), "en", "dark"),
    ("1/(x^2 + y^2)", ("1", "0.5"), "ko", "paper"),
    ("log(xy)", ("1", "2"), "en", "dark"),
    ("1000000x^2 - y", ("3", "-200"), "en", "dark"),
    ("0.000001*x*y", ("-3", "2"), "ko", "dark"),
    ("y/x", ("1", "1"), "en", "dark"),
    ("sqrt(4 - x^2 - y^2)", ("1", "1"), "ko", "paper"),
    ("|x| - cbrt(y)", ("1", "-1"), "en", "paper"),
    ("(x^2+1)^3*sin(2x)/(y+5) + e^(-x^2)*ln(y^2+3) - sqrt(x^4+cos(3y)+2)", ("1", "1"), "en", "dark"),
]


@pytest.mark.parametrize(
    ("function", "at", "language", "theme"),
    OTHERS[:2] + [pytest.param(*other, marks=pytest.mark.slow) for other in OTHERS[2:]],
)
def test_other_functions(walk, function, at, language, theme):
    planned, lesson = walk("partial_derivative", language, theme, function=function, at_x=at[0], at_y=at[1])
    assert told(planned.problems) == []
    assert planned.duration < 110
    drawn = (lesson.gradient.get_end() - lesson.gradient.get_start())[:2] / lesson.scale
    assert drawn == pytest.approx(lesson.f.gradient(*map(float, at)), rel=1e-5)


@pytest.mark.parametrize(
    ("function", "kind", "language"),
    [
        ("x^2 - y^2", "saddle", "en"),
        pytest.param("xy", "saddle", "ko", marks=pytest.mark.slow),
        pytest.param("x^2 + 3y^2", "minimum", "en", marks=pytest.mark.slow),
        pytest.param("exp(-x^2-y^2)", "maximum", "ko", marks=pytest.mark.slow),
        pytest.param("x^4 + y^4", "undecided", "en", marks=pytest.mark.slow),
        ("7", "undecided", "ko"),
    ],
)
def test_level_points_are_told_as_such(walk, function, kind, language):
    planned, lesson = walk("partial_derivative", language, function=function, at_x="0", at_y="0")
    assert told(planned.problems) == []
    assert lesson.level_point.kind == kind
    assert not hasattr(lesson, "gradient")
    assert "level there" in " ".join(beat.text["en"] for beat in planned.beats)
    signs = {"saddle": {-1, 1}, "minimum": {1}, "maximum": {-1}, "undecided": {0}}
    assert {int(np.sign(bend)) for bend, _ in lesson.level_point.bends} == signs[kind]


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk, aspect):
    planned, lesson = walk("partial_derivative", "ko", "paper", aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []
    ground, slopes = lesson.map.frame, lesson.slopes.plane.frame
    assert lesson.formula.get_bottom()[1] > lesson.terrain.get_top()[1]
    if aspect == "9:16":
        assert lesson.terrain.get_bottom()[1] > ground.get_top()[1]  # above each other, across the frame
        assert min(lesson.terrain.width, ground.width) > 0.7 * 8
        assert lesson.slices["x"].plane.frame.width > 0.7 * 8
        # The line between formula and slopes is never empty.
        assert lesson.slopes.get_top()[1] < lesson.laws.get_bottom()[1]
        assert lesson.laws.get_top()[1] < lesson.formula.get_bottom()[1]
    else:
        assert lesson.terrain.get_right()[0] < ground.get_left()[0]
        assert lesson.terrain.height > 0.4 * 12
        assert ground.height > 0.4 * 12
        assert lesson.laws.get_bottom()[1] > max(ground.get_top()[1], slopes.get_top()[1])


@pytest.mark.parametrize(
    ("aspect", "function", "at"),
    [
        ("1:1", "1000000x^2 - y", ("3", "-200")),
        ("9:16", "x^2 + 3y^2", ("0", "0")),
        pytest.param("9:16", OTHERS[-1][0], ("1", "1"), marks=pytest.mark.slow),
        pytest.param("1:1", OTHERS[-1][0], ("1", "1"), marks=pytest.mark.slow),
        pytest.param("9:16", "0.000001*x*y", ("-3", "2"), marks=pytest.mark.slow),
        pytest.param("1:1", "0.000001*x*y", ("-3", "2"), marks=pytest.mark.slow),
        pytest.param("1:1", "xy", ("0", "0"), marks=pytest.mark.slow),
    ],
)
def test_wide_labels_and_long_formulas_in_other_shapes(walk, aspect, function, at):
    planned, lesson = walk(
        "partial_derivative", "ko", "paper", aspect=aspect, function=function, at_x=at[0], at_y=at[1]
    )
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"function": "1/x + y", "at_x": "0"}, "has no value at (0, 1): choose another --at-x or --at-y"),
        ({"function": "|x| + y", "at_x": "0"}, "has no slope along both axes at (0, 1)"),
        ({"function": "sqrt(x^2 + y^2)", "at_x": "0", "at_y": "0"}, "has no slope"),
        ({"function": "x + z"}, "Unknown name 'z'"),
        ({"function": "9**9**9**9*y"}, "exponent is too large"),
        ({"function": "x^2 +"}, "^"),
        ({"function": "__import__('os')"}, "^"),
        ({"function": "#panic()"}, "^"),
        (
            {"function": " + ".join(f"{n}.125*sin({n}x)*cos({n}y)" for n in range(1, 17))},
            "too long to be drawn",
        ),
        ({"function": "(exp(x) + exp(y))^200"}, "rises too much to show its slope: give a smaller --reach"),
        ({"at_x": "one"}, "--at-x takes a number"),
        ({"at_y": "1e7"}, "--at-y is 1e+07: it must lie in"),
        ({"reach": "0"}, "--reach is 0"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, parameters, words):
    with pytest.raises(UsageError) as error:
        walk("partial_derivative", **parameters)
    assert words in str(error.value)
