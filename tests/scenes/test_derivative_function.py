"""The lesson of the derivative as a function: the published cubic, other functions, claims that can fail."""

from __future__ import annotations

import pytest

from derivviz.animation.gliding import Glide
from derivviz.animation.slope_words import bends
from derivviz.calculus.expression import parse
from derivviz.calculus.shape import Shape
from derivviz.errors import UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


def spoken(planned, language: str = "en") -> str:
    return " ".join(beat.text[language] for beat in planned.beats)


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_published_cubic(walk, language, theme):
    planned, lesson = walk("derivative_function", language, theme)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 90
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert [name.markup for name in lesson.names] == ["(−3, −54)", "(1, 10)"]
    assert [name.markup for name in lesson.bend_names] == ["(−1, −22)", "(−1, 24)"]
    written = [line.markup.replace(" ", "") for line in lesson.formulas]
    assert written == ["f(x)=-2x^3-6x^2+18x", "f'(x)=-6x^2-12x+18", "f''(x)=-12x-12"]
    marks = " ".join(part.markup for row in lesson.notations for part in row[1:])
    assert all(sign in marks for sign in ("dot(y)", "dot.double(y)", "f'(x)", "f''(x)", "dif^2 y"))
    signs = [column[1].markup for column in lesson.table[1][1:]]
    assert signs == ["-", "0", "+", "0", "-"]
    assert [column[2].markup for column in lesson.table[1][2::2]] == ["−54", "10"]

    # The picture is read back: moved things are found out.
    assert failed_claims(lesson) == []
    lesson.tops[0].shift([0, 0.02, 0])
    assert failed_claims(lesson) == ["f at a point of f"]
    lesson.tops[0].shift([0, -0.02, 0])
    lesson.feet[1].shift([0.02, 0, 0])
    assert failed_claims(lesson) == ["x of a zero of f′"]
    lesson.feet[1].shift([-0.02, 0.02, 0])
    assert failed_claims(lesson) == ["a zero of f′ is drawn on the axis"]
    lesson.feet[1].shift([0, -0.02, 0])
    lesson.turns[1][0].shift([0.3, 0, 0])
    found = failed_claims(lesson)
    assert found[0] == "a point of inflection stands above the turn of f′"
    assert any(claim.startswith("f″ changes its sign") for claim in found)


def test_a_false_tangent_and_a_false_dot_are_found_out_on_the_way(walk, monkeypatch):
    stand = Glide.at

    def slip(self, x):
        stand(self, x)
        self.tangent.rotate(0.01)
        self.reading.shift([0, 0.03, 0])
        return self

    monkeypatch.setattr(Glide, "at", slip)
    planned, _ = walk("derivative_function", function="x^2", from_="-2", to="2")
    kinds = {p.message.split(" at x")[0] for p in planned.problems if p.kind == "claim"}
    assert kinds == {"slope of the tangent", "height of the dot"}


@pytest.mark.parametrize(
    ("function", "language", "theme", "words"),
    [
        ("sin(3x)", "en", "paper", "Look straight below every summit and every valley"),
        ("x^3", "ko", "dark", "f′의 부호가 바뀌지 않는다"),
        ("|x|", "en", "dark", "there is a corner and no tangent: f′ leaps from −1 to 1"),
        ("cbrt(x)", "en", "dark", "the tangent stands upright"),
        ("1/(x^2-1)", "ko", "paper", "곡선이 끊겨 기울기가 없다"),
        ("log(x)", "en", "paper", "f′ is nowhere zero here"),
        ("exp(-x^2)", "en", "dark", "f′ turns 2 times"),
        ("5", "ko", "dark", "모든 기울기가 0이어서"),
        ("2x+1", "en", "dark", "f′ is a level line"),
        ("x^x", "ko", "paper", "f의 극소점 바로 아래"),
        ("sin(x)/x", "en", "dark", "f′ turns"),
    ],
)
def test_other_functions(walk, function, language, theme, words):
    planned, lesson = walk("derivative_function", language, theme, function=function)
    assert told(planned.problems) == []
    assert words in spoken(planned, language)
    assert 40 < planned.duration < 90
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
@pytest.mark.parametrize("function", ["sin(3x)", "|x|", "1/(x^2-1)", "5", "x^x"])
def test_other_functions_in_other_shapes(walk, aspect, function):
    planned, lesson = walk("derivative_function", "ko", "paper", aspect=aspect, function=function)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk, aspect):
    planned, lesson = walk("derivative_function", aspect=aspect)
    assert told(planned.problems) == []
    assert lesson.heading.height < 0.7  # on one line
    f, slope, _ = lesson.formulas
    foot = lesson.below.frame.get_bottom()[1]
    if aspect == "9:16":  # all is below the planes, which are as wide as the frame
        assert lesson.above.frame.width > 0.9 * 8
        assert max(part.get_top()[1] for part in (f, lesson.legend, lesson.table)) < foot
    else:  # each formula stands beside its plane, and the key to the colours stays with them
        assert lesson.above.frame.height > 4
        assert f.get_bottom()[1] > lesson.above.frame.get_bottom()[1] > slope.get_bottom()[1] > foot
        assert lesson.legend in lesson.mobjects
    assert [line.markup for line in lesson.column.zeros] == ["f'(−3) = f'(1) = 0"]
    assert failed_claims(lesson) == []


def test_most_steep_is_only_said_where_it_is_so(walk):
    planned, _ = walk("derivative_function")
    assert "f climbs most steeply at x = −1" in spoken(planned)
    planned, _ = walk("derivative_function", function="x^3")
    assert "steep" not in spoken(planned)


@pytest.mark.slow
def test_large_and_small_scales(walk):
    for function in ("exp(10x)", "sin(1000x)", "x^2 + 1000000"):
        planned, _ = walk("derivative_function", function=function)
        assert told(planned.problems) == [], function


def test_a_range_that_is_given_is_taken(walk):
    _, lesson = walk("derivative_function", function="x^2", from_="-1", to="3")
    assert lesson.above.x_range == lesson.below.x_range == (-1.0, 3.0)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"from_": "1", "to": "0"}, "give --to a larger number than --from"),
        ({"function": "sin(x)", "from_": "-300", "to": "300"}, "choose --from and --to nearer to each other"),
        ({"function": "sqrt(x)", "from_": "-3", "to": "-1"}, "has no value between -3 and -1"),
        ({"function": "sqrt(-1-x^2)"}, "say where to look with --from and --to"),
        ({"function": "x^2 +"}, "^"),
        ({"to": "wide"}, "--to takes a number, not 'wide'"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, parameters, words):
    with pytest.raises(UsageError) as error:
        walk("derivative_function", **parameters)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("|x-1|", "f does not bend"), ("2x+1", "f′ is a level line"), ("exp(x)", "It does not pass zero")],
)
def test_what_is_told_where_there_is_no_inflection(text, words):
    assert words in bends(Shape(parse(text), -2.0, 2.0))["en"]
