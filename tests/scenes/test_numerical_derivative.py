"""The lesson of the derivative by computer: digits, errors, both modes, other functions, bad input."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from manim import DOWN

from derivviz.animation.digits import judged, reading, right_digits, split, subtraction
from derivviz.errors import DerivvizError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_lesson(walk, torch, language, theme):
    planned, lesson = walk("numerical_derivative", language, theme)
    assert told(planned.problems) == []
    assert 60 < planned.duration < 115
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    right = [right_digits(reading(row[1]), 2 * math.e) for row in lesson.rows]
    assert right[:4] == sorted(right[:4])  # first the digits come,
    assert right[3] == max(right) == 8
    assert right[4:] == sorted(right[4:], reverse=True)  # then they go,
    assert right[-1] == 0  # and at 1e−16 nothing is left: 1 + h is 1
    assert reading(lesson.rows[-1][1]) == 0
    assert any("the slope is 0" in beat.text["en"] for beat in planned.beats)

    names = [number for number, _ in lesson.results]
    assert names[2:] == pytest.approx([2 * math.e] * 3, rel=1e-14)  # dual numbers, reverse mode, torch
    assert lesson.tape.slopes() == pytest.approx((5.437, 5.437))
    assert lesson.tape.names[1].markup.replace(" ", "") == "a=e^({{x:arg}})"
    assert failed_claims(lesson) == []

    lesson.rows[2][1].markup = lesson.rows[2][1].markup.replace("5.4", "5.5", 1)
    lesson.plot.curves["central"].shift(0.01 * DOWN)
    lesson.plot.best["forward"].shift(0.05 * DOWN)
    lesson.plot.rays[0].rotate(0.02)
    lesson.tape.backs[0].markup = "{{5.4 : t}}"
    lesson.results[3] = (5.43656365, lesson.results[3][1])
    assert failed_claims(lesson) == [
        "the quotient at h = 1e-6",
        "the error at the best h of forward, in decades",
        "the error at the first h of central, in decades",
        "the power of h in the law of an error",
        "the slope on the first line of the program",
        "a slope as printed",
        "a slope found without h",
    ]


@pytest.mark.parametrize(
    ("function", "at", "language", "theme"),
    [
        ("sin(x)", "1", "ko", "dark"),
        ("x^2+2x+1", "1", "en", "paper"),  # a parabola: the central difference is exact
        ("1/(1+exp(-x))", "0.5", "ko", "paper"),
        ("cos(x)", "-2.5", "en", "dark"),
        ("x^(1/3)", "-2", "ko", "dark"),
        ("sin(x^2)*exp(-x)/(x^2+1)", "0.7", "en", "paper"),  # more operations than rows
        ("x^x", "1.5", "en", "dark"),
    ],
)
def test_other_functions(walk, torch, function, at, language, theme):
    planned, lesson = walk("numerical_derivative", language, theme, function=function, at=at)
    assert told(planned.problems) == []
    assert planned.duration < 115
    assert failed_claims(lesson) == []
    assert lesson.torch == pytest.approx(lesson.dual.slope, rel=1e-12)
    beats = " ".join(beat.text["en"] for beat in planned.beats)
    assert ("here it is exact" in beats) == (function == "x^2+2x+1")


@pytest.mark.parametrize(
    ("aspect", "function", "at"),
    [
        ("9:16", "1/(1+exp(-x))", "0.5"),
        ("9:16", "sin(x^2)*exp(-x)/(x^2+1)", "0.7"),
        ("1:1", "cos(x)", "-2.5"),
        pytest.param("1:1", "sin(x^2)*exp(-x)/(x^2+1)", "0.7", marks=pytest.mark.slow),
        pytest.param("9:16", "x^5 - 4x^4 + 3x^3 - 2x^2 + x - 7", "1.25", marks=pytest.mark.slow),
    ],
)
def test_other_functions_in_other_shapes(walk, torch, aspect, function, at):
    planned, lesson = walk("numerical_derivative", "ko", "paper", aspect=aspect, function=function, at=at)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk, torch, aspect):
    planned, lesson = walk("numerical_derivative", aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []
    width = 8 if aspect == "9:16" else 12
    axes, legend = lesson.plot.plane.axes, lesson.plot.entries["float32"][1]
    assert axes.width > 0.75 * width
    assert legend.get_top()[1] < axes.get_bottom()[1]  # below the picture, not beside it
    top, rows = lesson.rows[0].get_top()[1], lesson.rows
    assert top - rows[-1].get_bottom()[1] > (0.35 if aspect == "9:16" else 0.5) * lesson.camera.frame_height
    assert rows[0][1].drawn_size / width > 1.4 * 36 / 14.2  # and can be read better than in 16:9
    assert lesson.results[0][1].drawn_size / width > 1.6 * 40 / 14.2
    if aspect == "9:16":
        assert lesson.tape.backs[0].get_top()[1] < lesson.tape.duals[0].get_bottom()[1]


def test_without_torch_its_line_is_left_out(walk, lesson_class, monkeypatch):
    module = sys.modules[lesson_class("numerical_derivative").__module__]
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setattr("derivviz.library.load", lambda path: module)
    planned, lesson = walk("numerical_derivative")
    assert told(planned.problems) == []
    assert lesson.torch is None
    assert len(lesson.results) == 4


@pytest.mark.parametrize(
    ("function", "at", "words"),
    [
        ("sin(x)", "0", "the value 0 and the slope 1"),  # nothing cancels where f is 0
        ("x^2", "0", "the slope 0"),
        ("2x+1", "1", "straight"),
        ("5", "1", "the slope 0"),
        ("|x|", "0", "no derivative at x = 0"),
        ("1/x", "0", "no value at x = 0"),
        ("exp(x)", "100", "very large"),
        ("x^", "1", "^"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, function, at, words):
    with pytest.raises(DerivvizError) as error:
        walk("numerical_derivative", function=function, at=at)
    assert words in str(error.value)


def test_digits_are_told_apart():
    assert split(5.4365645, 5.43656365691809) == ("5.43656", "4500000000", "")
    assert split(0.0, 5.4) == ("", "0.000000000000000", "")
    assert split(-12.5, 12.5)[0] == ""
    assert split(1.5e-9, 1.4e-9) == ("1", ".500000000000000", " dot 10^(−9)")
    assert right_digits(0.54032, 0.5403023) == 4
    assert split(0.4999999969612645, 0.5)[0] == "0.49999999"  # but for a carry
    assert split(1.9999987, 2.0)[0] == "1.99999"
    assert split(2.0000003, 1.9999999999)[0] == "2.000000"
    assert split(0.46, 0.5)[0] == split(-0.4999, 0.5)[0] == split(9.99, 10.0)[0] == ""
    assert right_digits(0.001, 0.002) == 0
    assert reading(judged(-0.25, -0.25)) == -0.25
    first, second, rest = subtraction(2.718281828464482, 2.718281828459045)
    assert (first, second, rest) == ("2.718281828464482", "2.718281828459045", "0.000000000005437")
    assert np.ptp([len(text) for text in subtraction(-10.5, 9.25)]) == 0
