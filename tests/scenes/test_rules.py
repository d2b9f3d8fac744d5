"""The lesson of the rules: the sources' examples, any expression step by step, claims that can fail."""

from __future__ import annotations

import pytest
from manim import UP

from derivviz.animation.working import PALETTE
from derivviz.calculus.derivation import derive
from derivviz.calculus.expression import parse
from derivviz.calculus.tree import size
from derivviz.errors import UsageError

GALLERY = (
    "(x^2+1)^3*sin(2x)/(x+2) + e^(-x^2)*ln(x^2+3) - sqrt(x^4+cos(3x)) + 5x^3",
    "(sin(x^2)+x*e^x)*(ln(x^2+1)-3x^3)*(cos(2x)+sqrt(x+5))*(x^2+7x-4)",
    "(x^5-3x^4+2x^2-7x+1)*sin(3x+2)/((x^2+4)*(e^(2x)+cos(x)))",
    "sin(cos(sin(cos(x^2+1)+x)*x)+ln(x^2+2))^3*e^(sin(x)/x) + sqrt(sqrt(x+1)+1)",
    "(x^2+1)*(x^3-2)*(x^4+3x)*(x^5-x+1)*(2x^6+5)*(x-7)",
    "((x+1)/(x-1) + (x^2+2)/(x^2-2))/((x+3)/(x-3) - sin(x)/(cos(x)+2))",
    "1/(1+1/(1+1/(1+1/(x^2+1)))) + 1/(2+1/(3+1/(4+x)))",
    "x^(sin(x)) + (cos(x)+2)^(x^2+1) - (x^2+1)^(1/x) + 2^(x*ln(x))",
    "tan(3x+1)*atan(x^2)*asin(x/5) - sinh(2x)*cosh(x)/tanh(x+1) + |x^3-2x|",
    "5x^9 - 4x^8 + 3x^7 - 2x^6 + x^5 - 9x^4 + 8x^3 - 7x^2 + 6x - 5",
    "e^(x^2)*sin(x)*cos(x)*ln(x)*sqrt(x)*tan(x)*x^5*(x+1)^4/(x^2+3)^2",
    "(((x^2+1)^2+1)^2+x)^2 + cbrt(x^5+ln(x+sqrt(x^2+1))) - e^(-(x-1)^2/2)",
)


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> list[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return [problem.message.split(":")[0] for problem in lesson.problems[before:]]


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_seven_rules(walk, language, theme):
    planned, lesson = walk("rules", language, theme)
    assert told(planned.problems) == []
    assert 60 < planned.duration < 120
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    # The sources' examples, their slips mended: (3x²+8)² gives 36x³ + 96x, and the cube 18x(3x²+8)².
    shown = {text: row.markup for text, row in lesson.worked.items()}
    assert list(shown) == [
        "5", "x^5", "3x^2", "3x^2 + 2x^4", "x^3 * x^4", "x^3 / x^2", "(3x^2 + 8)^2", "(3x^2 + 8)^3"
    ]  # fmt: skip
    assert "{{36 x^3 + 96 x : d}}" in shown["(3x^2 + 8)^2"]
    assert "{{18 x (3 x^2 + 8)^2 : d}}" in shown["(3x^2 + 8)^3"]
    assert "{{7 x^6 : d}}" in shown["x^3 * x^4"]

    # The pictures are read back: moved things are found out.
    assert failed_claims(lesson) == []
    lesson.slopes[1].rotate(0.01)
    lesson.level.rotate(0.01)
    lesson.rectangle.grow(0.4, 0.7)
    lesson.piles[1][1].stretch(1.1, 1)
    lesson.worked["x^5"].markup = "(x^5)' = {{4 x^5 : d}}"
    assert failed_claims(lesson) == [
        "slope of a constant",
        "slope at x = 1",
        "height of the blue part of the pile",
        "derivative of x^5 as written",
    ]
    lesson.rectangle.top.shift(UP).stretch(1.2, 0)
    assert "strips of the rectangle" in failed_claims(lesson)


@pytest.mark.parametrize(
    ("expression", "language", "theme", "rules"),
    [
        ("(3x^2+8)^3", "en", "paper", ["chain"]),
        ("sin(x^2)*e^x", "ko", "dark", ["product", "chain"]),
        ("ln(sqrt(x^2+1))", "en", "dark", ["chain", "chain"]),
        ("x^x", "ko", "paper", ["logarithmic differentiation", "product"]),
        ("|x^2-1|", "en", "paper", ["chain"]),
        ("-2x^3 - 6x^2 + 18x", "ko", "dark", ["sum"]),
        ("x", "en", "dark", []),
    ],
)
def test_an_expression_step_by_step(walk, expression, language, theme, rules):
    planned, lesson = walk("rules", language, theme, expression=expression)
    assert told(planned.problems) == []
    assert planned.duration < 45
    assert lesson.board.derivation.result == derive(parse(expression)).result
    steps = [step.rule.name for step in lesson.board.derivation.steps]
    assert [name for name in steps if name in ("sum", "product", "chain", "logarithmic differentiation")][
        : len(rules)
    ] == rules
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
@pytest.mark.parametrize("expression", ["sin(x^2)*e^x", "x^x", GALLERY[9]])
def test_an_expression_in_other_shapes(walk, aspect, expression):
    planned, lesson = walk("rules", "ko", "paper", aspect=aspect, expression=expression)
    assert told(planned.problems) == []
    board, half = lesson.board, 4 if aspect == "9:16" else 6
    assert board.box.width / 2 < half - 0.1
    if aspect == "9:16":  # f, f′ and the check below each other, over most of the frame
        assert board.function.get_center()[1] - board.check.get_center()[1] > 8
    assert failed_claims(lesson) == []


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk, aspect):
    planned, lesson = walk("rules", aspect=aspect)
    assert told(planned.problems) == []
    picture, formula = lesson.rectangle, lesson.worked["x^3 * x^4"]
    squared, cubed = (lesson.worked[f"(3x^2 + 8)^{n}"] for n in (2, 3))
    if aspect == "9:16":
        assert formula.get_top()[1] < picture.get_bottom()[1]
        assert squared.height > 1.5  # on two lines
    else:
        assert formula.get_left()[0] > picture.get_right()[0]
        assert max(squared.width, cubed.width) > 10
    assert failed_claims(lesson) == []


def test_a_wrong_result_is_found_out(walk):
    _, lesson = walk("rules", expression="(3x^2+8)^3")
    assert failed_claims(lesson) == []
    lesson.board.result.remove(lesson.board.result.glyphs[-1])
    assert failed_claims(lesson) == ["signs of the result as drawn"]
    x, rise = lesson.board.measured
    lesson.board.measured = x, rise + 1
    assert "measured slope at x = 1" in failed_claims(lesson)


def test_every_term_keeps_its_colour_from_the_function_to_the_result(walk):
    _, lesson = walk("rules", expression="-2x^3 - 6x^2 + 18x")
    for formula in (lesson.board.function, lesson.board.result):
        colours = [{glyph.get_fill_color().to_hex() for glyph in formula.select(f"t{n}")} for n in range(3)]
        expected = [{lesson.stage.theme.color(role)} for role in PALETTE[:3]]
        assert colours == expected


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(GALLERY)))
def test_thirty_to_forty_five_nodes_are_legible(walk, number):
    assert 30 <= size(parse(GALLERY[number]).tree) <= 45
    language, theme = (("en", "dark"), ("ko", "paper"))[number % 2]
    planned, lesson = walk("rules", language, theme, expression=GALLERY[number])
    assert told(planned.problems) == []
    assert len(planned.beats) <= 20
    assert planned.duration < 130
    assert lesson.board.derivation.confirmed()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("3x +* 2", r"\^"),
        ("9**9**9**9", "exponent is too large"),
        ("__import__('os')", "Unknown name"),
        ("*".join(f"(x + {n})" for n in range(40)), "made of 121 parts, and the blackboard takes 60"),
        ("10^99*x^3", "too long to be drawn legibly: use shorter numbers"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(walk, expression, words):
    with pytest.raises(UsageError, match=words):
        walk("rules", expression=expression)
