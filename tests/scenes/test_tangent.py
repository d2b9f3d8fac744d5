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


def test_a_wrong_difference_quotient_is_found_out(walk, monkeypatch):
    table = __import__("derivviz.animation.slope_table", fromlist=["difference_quotient"])
    monkeypatch.setattr(table, "difference_quotient", lambda f, a, h: (f(a + h) - f(a)) / h + 1e-12)
    planned, _ = walk("tangent", function="x", at="0", from_="2")
    assert [p.kind for p in planned.problems] == ["claim"] * 6
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


def test_the_table_closes_in_from_both_sides(walk):
    _, lesson = walk("tangent")
    assert [row[0].markup for row in lesson.table[1:]] == ["5", "1.1", "1.000001"]
    assert [row[0].markup for row in lesson.table.mirror] == ["0.999999", "0.9", "−3"]
    slopes = [row[1].markup for row in lesson.table.mirror]
    assert slopes == ["3.999999000026122", "3.899999999999997", "0"]
    lesson.table.mirror[1][1].markup = "3.9"
    assert failed_claims(lesson)[0].startswith("the printed slope at h = -0.1")


@pytest.mark.parametrize(
    ("function", "at", "start", "slope", "line"),
    [
        ("x**3 - 3*x", "1", "4", 0.0, "y = -2"),
        ("sin(x)", "0", "2", 1.0, "y = x"),
        ("1/x", "1", "4", -1.0, "y = -x + 2"),
        ("exp(x)", "0", "-2", 1.0, "y = x + 1"),
        ("-x**2", "-1.5", "-4", 3.0, "y = 3 x + frac(9, 4)"),
        ("3 - 3/4*x", "1", None, -0.75, "y = -frac(3 x, 4) + 3"),
        ("exp(10x)", "0.1", None, 10 * np.e, "y approx 27.183 x "),
        ("tan(x)", "0", None, 1.0, "y = x"),
        ("x^2", "100000", None, 2e5, "y = 200000 x − 10^(10)"),
        ("exp(x)", "100", None, np.exp(100), "y approx 2.6881 dot 10^(43) x - 2.6612 dot 10^(45)"),
        ("0.000001x^3", "1", None, 3e-6, "y = 3 dot 10^(-6) x - 2 dot 10^(-6)"),
        ("sin(x)/x", "0", None, 0.0, "y = 1"),
        ("5", "0", "1", 0.0, "y = 5"),
    ],
)
def test_other_functions(walk, function, at, start, slope, line):
    typed = {} if start is None else {"from_": start}
    planned, lesson = walk("tangent", function=function, at=at, **typed)
    assert told(planned.problems) == []
    assert lesson.plane.slope_of(lesson.tangent) == pytest.approx(slope, abs=1e-6, rel=1e-6)
    assert lesson.line.markup.replace("−", "-") == line.replace("−", "-")
    assert planned.duration < 110
    assert lesson.plane.get_top()[1] < 2.93  # names of axes are as far from the title, whatever hangs below


OTHER_SHAPES = ["9:16", "1:1"]


@pytest.mark.parametrize("aspect", OTHER_SHAPES)
@pytest.mark.parametrize(
    "parameters",
    [
        {"function": "x*sin(1/x)", "at": "0"},
        {"function": "|x|/x", "at": "0"},
        {"function": "x**1.5", "at": "0"},
        {"function": "-x**2", "at": "-1.5", "from_": "-4"},
        {"function": "exp(x)", "at": "100"},
        {"function": "sin(x)*exp(-x/3) + ln(x + 5)/(x^2 + 1) - cos(2x)", "at": "1.5"},
    ],
)
def test_other_functions_in_other_shapes(walk, aspect, parameters):
    planned, _ = walk("tangent", "ko", "paper", aspect=aspect, **parameters)
    assert told(planned.problems) == []


@pytest.mark.parametrize("aspect", OTHER_SHAPES)
def test_a_narrower_frame_is_arranged_anew(walk, aspect):
    planned, lesson = walk("tangent", aspect=aspect)
    assert told(planned.problems) == []
    plane, width = lesson.plane.frame, 8 if aspect == "9:16" else 12
    assert plane.width > 0.8 * width
    assert lesson.line.get_top()[1] < plane.get_bottom()[1]  # the column stands below the picture
    assert lesson.line.drawn_size / width > 1.1 * 40 / 14.2  # and can be read better than in 16:9
    assert failed_claims(lesson) == []


KINDS = [
    ("|x|", "0", "corner", "corner at P", "꺾인 점", 2),
    ("x^(2/3)", "0", "cusp", "a cusp", "첨점", 2),
    ("cbrt(x)", "0", "vertical", "vertical tangent, the line x = 0", "수직인 직선 x = 0", 2),
    ("|x|/x", "0", "jump", "f jumps at P", "불연속이다", 0),
    ("x*sin(1/x)", "0", "oscillation", "keeps swinging", "계속 흔들린다", 0),
    ("sqrt(x)", "0", "end", "domain ends at P", "정의역의 끝점", 1),
    ("x**1.5", "0", "end", "domain ends at P", "정의역의 끝점", 1),
]


@pytest.mark.parametrize(("function", "at", "kind", "en", "ko", "lines"), KINDS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_point_without_a_derivative_is_told_as_what_it_is(
    walk, language, function, at, kind, en, ko, lines
):
    planned, lesson = walk("tangent", language, function=function, at=at)
    assert told(planned.problems) == []
    assert lesson.f.kind == kind
    english, korean = (" ".join(beat.text[way] for beat in planned.beats) for way in ("en", "ko"))
    assert en in english
    assert ko in korean
    assert "read off numbers" not in english
    assert not hasattr(lesson, "tangent")
    assert len(lesson.sides) == lines
    assert failed_claims(lesson) == []


def test_a_corner_has_two_half_tangents(walk):
    planned, lesson = walk("tangent", function="|x^2 - 1|", at="1")
    assert told(planned.problems) == []
    assert "there is no tangent and no derivative" in planned.beats[-1].text["en"]
    assert [lesson.plane.slope_of(lesson.sides[way]) for way in (-1, 1)] == pytest.approx([-2, 2])
    lesson.sides[1].rotate(0.01)
    assert failed_claims(lesson)[0].startswith("slope from the right")


def test_a_vertical_tangent_stands_upright(walk):
    _, lesson = walk("tangent", function="cbrt(x - 1)", at="1")
    for side in lesson.sides.values():
        assert np.ptp(side.points[:, 0]) == pytest.approx(0, abs=1e-9)
        assert np.ptp(side.points[:, 1]) > 0.5
    lesson.sides[-1].rotate(0.01)
    assert failed_claims(lesson)[0].startswith("the upright line on the left")


def test_where_the_domain_ends_no_line_is_drawn_beyond_it(walk):
    planned, lesson = walk("tangent", "ko", function="x**1.5", at="0", from_="2")
    assert list(lesson.sides) == [1]
    assert lesson.plane.slope_of(lesson.sides[1]) == pytest.approx(0)
    assert any("왼쪽에는 Q가 움직일 곡선이 없다" in beat.text["ko"] for beat in planned.beats)
    assert "from both sides" in planned.beats[-1].text["en"]


def test_limits_that_algebra_does_not_find_are_told_as_read_off(walk):
    planned, lesson = walk("tangent", function="cbrt(|x|)*sin(1/x)", at="0")
    assert not lesson.f.proven
    assert "read off numbers" in planned.beats[-2].text["en"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"function": "1/x", "at": "0"}, "1/x has no value at x = 0: choose another --at"),
        ({"function": "1/x", "at": "0"}, "From the left it goes to −∞. From the right it goes to +∞."),
        ({"function": "ln(x)", "at": "-1"}, "no value at or beside x = -1: choose another --at"),
        ({"function": "sin(1/x)", "at": "0"}, "From the left it has no limit"),
        ({"function": "tan(x)", "at": "0", "from_": "4"}, "tan(x) breaks off: choose another --from, as 1"),
        (
            {"function": "sin(50x)", "at": "0", "from_": "5"},
            "too often to be followed: choose another --from",
        ),
        ({"function": "exp(10x)", "at": "0", "from_": "5"}, "changes too much to be seen in one picture"),
        ({"function": "sqrt(x)", "at": "1", "from_": "-1"}, "no value at x = -1: choose another --from"),
        ({"at": "5", "from_": "5"}, "P and Q are both at x = 5"),
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
