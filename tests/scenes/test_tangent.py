"""The tangent lesson: the published numbers, its claims, other functions, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from manim import UP

from derivviz.animation import Formula
from derivviz.errors import UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message for problem in lesson.problems[before:]]


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("ko", "dark"), ("en", "paper"), ("ko", "paper")]
)
def test_the_published_lesson(walk, monkeypatch, language, theme):
    drawn: list[str] = []
    setup = Formula.__init__

    def noting(self, markup, *args, **kwargs):
        drawn.append(markup)
        setup(self, markup, *args, **kwargs)

    monkeypatch.setattr(Formula, "__init__", noting)
    planned, lesson = walk("tangent", language, theme)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 90
    assert len(planned.beats) >= 8
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    # As Python prints them: slope 8, then for Q at 1.1 and at 1.000001 (mission: 4.1 and 4.000000999759834).
    assert [row[1].markup for row in lesson.table[1:]] == ["8", "4.100000000000001", "4.000000999759834"]
    for number in ("8", "4.100000000000001", "4.000000999759834", "1.1", "1.000001"):
        assert number in drawn
    assert any("{{ 8 : m }}" in markup for markup in drawn)
    assert any("Delta y" in markup and "36 - 4" in markup and "5 - 1" in markup for markup in drawn)
    assert "y = 4 x" in drawn[-1] or any(markup.replace(" ", "") == "y=4x" for markup in drawn)
    notations = " ".join(drawn)
    assert all(sign in notations for sign in ("dot(y)", "f'(1)", "frac(dif y, dif x)"))
    assert any("lim_" in markup and "{{ 4 : t }}" in markup for markup in drawn)

    # The picture is read back: moved things are found out.
    assert failed_claims(lesson) == []
    lesson.tangent.rotate(0.01)
    assert failed_claims(lesson)[0].startswith("slope of the tangent")
    lesson.tangent.rotate(-0.01)
    assert failed_claims(lesson) == []
    lesson.p.shift(0.02 * UP)
    assert [claim.split(":")[0] for claim in failed_claims(lesson)] == ["P lies on the curve"]
    lesson.p.shift(0.02 * np.array([1, -1, 0]))
    assert [claim.split(":")[0] for claim in failed_claims(lesson)] == ["x of P"]
    lesson.p.shift([-0.02, 0, 0])
    lesson.table[2][1].markup = "4.1"
    assert failed_claims(lesson) == [
        "the printed slope at h = 0.1: the picture says 4.1, but it is 4.100000000000001"
    ]


def test_a_wrong_difference_quotient_is_found_out(lesson_class, walk, monkeypatch):
    scene = lesson_class("tangent")
    module = __import__("sys").modules[scene.__module__]
    monkeypatch.setattr(module, "difference_quotient", lambda f, a, h: (f(a + h) - f(a)) / h + 1e-12)
    monkeypatch.setattr("derivviz.library.load", lambda path: module)
    planned, _ = walk("tangent", function="x", at="0", from_="2")
    assert [p.kind for p in planned.problems] == ["claim"] * 3
    assert all("the printed slope" in p.message for p in planned.problems)


def test_the_drawn_secant_is_read_back_while_it_moves(walk, monkeypatch):
    from derivviz.animation.lines import Dashed

    way = Dashed.set_ends
    slip = np.array([0, 0.01, 0])
    monkeypatch.setattr(Dashed, "set_ends", lambda self, a, b: way(self, a, np.asarray(b) + slip))
    planned, _ = walk("tangent", function="sin(x)", at="0", from_="2")
    assert {p.message.split(" at ")[0] for p in planned.problems if p.kind == "claim"} == {
        "slope of the secant"
    }


@pytest.mark.parametrize(
    ("function", "at", "start", "slope"),
    [
        ("x**3 - 3*x", "1", "4", 0.0),
        ("sin(x)", "0", "2", 1.0),
        ("1/x", "1", "4", -1.0),
        ("exp(x)", "0", "-2", 1.0),
        ("-x**2", "-1.5", "-4", 3.0),
    ],
)
def test_other_functions(walk, function, at, start, slope):
    planned, lesson = walk("tangent", function=function, at=at, from_=start)
    assert told(planned.problems) == []
    assert lesson.plane.slope_of(lesson.tangent) == pytest.approx(slope, abs=1e-6)


def test_a_corner_has_no_tangent(walk):
    planned, lesson = walk("tangent", function="|x|", at="0", from_="2")
    assert told(planned.problems) == []
    assert "there is no tangent at P" in planned.beats[-1].text["en"]
    assert "접선도 미분계수도 없다" in planned.beats[-1].text["ko"]
    assert not hasattr(lesson, "tangent")
    assert [lesson.plane.slope_of(lesson.sides[way]) for way in (-1, 1)] == pytest.approx([-1, 1])
    assert failed_claims(lesson) == []
    lesson.sides[1].rotate(0.01)
    assert failed_claims(lesson)[0].startswith("slope from the right")


def test_where_the_domain_ends_no_line_is_drawn_beyond_it(walk):
    planned, lesson = walk("tangent", "ko", function="x**1.5", at="0", from_="2")
    assert told(planned.problems) == []
    assert list(lesson.sides) == [1]
    assert lesson.plane.slope_of(lesson.sides[1]) == pytest.approx(0)
    assert planned.beats[-2].text["ko"] == "기울기는 P의 왼쪽에서 극한이 없고, 오른쪽에서 0에 가까워진다."
    assert "takes the same limit from both sides" in planned.beats[-1].text["en"]


def test_a_vertical_tangent_is_told_as_such(walk):
    planned, lesson = walk("tangent", function="cbrt(x)", at="0", from_="4")
    assert told(planned.problems) == []
    assert "stands upright" in planned.beats[-1].text["en"]
    assert not any("not look like a straight line" in beat.text["en"] for beat in planned.beats)
    for side in lesson.sides.values():
        assert np.ptp(side.points[:, 0]) == pytest.approx(0, abs=1e-9)
        assert np.ptp(side.points[:, 1]) > 0.5


def test_a_straight_line_and_a_level_one(walk):
    planned, lesson = walk("tangent", function="5", at="0", from_="1")
    assert told(planned.problems) == []
    assert lesson.plane.slope_of(lesson.tangent) == pytest.approx(0)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"function": "1/x", "at": "0"}, "1/x has no value at x = 0: choose another --at"),
        ({"function": "sqrt(x)", "at": "1", "from_": "-1"}, "no value at x = -1: choose another --from"),
        ({"at": "5"}, "P and Q are both at x = 5"),
        ({"at": "one"}, "--at takes a number, not 'one'"),
        ({"at": "1e7"}, "--at is 1e+07: it must lie in"),
        ({"from_": "inf"}, "--from takes a finite number"),
        ({"function": "x**2 +"}, "^"),
        ({"function": "y + 1"}, "^"),
        ({"function": "__import__('os').system('touch here')"}, "^"),
        ({"function": '#panic("x")'}, "^"),
        ({"function": "{{x : h}}"}, "^"),
        ({"function": ""}, ""),
        ({"functoin": "x"}, "Did you mean --function?"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, parameters, words):
    with pytest.raises(UsageError) as error:
        walk("tangent", **parameters)
    assert words in str(error.value)
