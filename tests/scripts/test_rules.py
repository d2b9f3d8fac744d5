"""The figure of the rules: its lines are the derivation, its rules are named, its result is SymPy's."""

import pytest
from matplotlib.figure import Figure

from derivviz.calculus.derivation import derive
from derivviz.calculus.expression import parse
from derivviz.errors import UsageError
from derivviz.figures import page, style
from derivviz.look.math import typst_math

LONG = "(x^2+1)^3*sin(2x)/(x+2) + e^(-x^2)*ln(x^2+3) - sqrt(x^4+cos(3x)) + 5x^3"


def drawn(figure, expression, **more):
    return figure("rules").draw(expression=parse(expression), **more)


def told(artists, kind):
    return [artist.get_label() for name, artist in artists.items() if name.startswith(kind)]


@pytest.mark.parametrize(
    ("expression", "rules"),
    [
        ("(3x^2+8)^3", "chain, sum, constant multiple, power, constant"),
        ("x^2 * sin(3x)", "product, power, chain, constant multiple, derivative of x"),
        ("1/(x^2+1)", "reciprocal, sum, power, constant"),
        ("5", "constant"),
    ],
)
def test_lines_and_rules(figure, expression, rules):
    artists, derivation = drawn(figure, expression), derive(parse(expression))
    lines = told(artists, "line")
    assert lines[0] == f"f'(x) = {typst_math(derivation.steps[0].before)}"
    assert lines[-1] == f"= {typst_math(derivation.result)}"
    assert derivation.confirmed()
    named = [name.removesuffix(" rule") for name in told(artists, "rule")]
    assert [name for name in named if name not in ("arithmetic", "simplification")] == rules.split(", ")


def test_what_a_line_changes_stands_out(figure):
    lines = told(drawn(figure, "x^2 * sin(3x)"), "line")
    assert "{{ 2 x^(2 - 1) : new }}" in lines[2]
    assert "{{ cos(3 x) frac(dif, dif x) (3 x) : new }}" in lines[3]


def test_a_long_derivation_tells_its_parts(figure):
    artists = drawn(figure, LONG)
    lines = told(artists, "line")
    assert 12 < len(lines) < 24
    assert all("=" in line for line in lines)
    assert lines[-1].startswith("f'(x) =")
    height = page(artists, "rules").get_size_inches()[1]
    assert 4 < height < 10


def test_what_fits_on_no_page_is_refused(figure):
    huge = "*".join(f"(x^{n} + sin({n}x))" for n in range(2, 14))
    with pytest.raises(UsageError, match="does not fit on a page: use a shorter expression"):
        drawn(figure, huge)


def test_on_axes_of_ones_own_it_keeps_to_their_size(figure):
    ax = Figure(figsize=(5, 3)).add_subplot()
    small = drawn(figure, "x^2 * sin(3x)", ax=ax)
    assert page(small, "rules") is ax.figure
    assert len(told(small, "line")) == 7


@pytest.mark.parametrize(("language", "rule"), [("en", "chain rule"), ("ko", "연쇄법칙")])
def test_both_languages_and_themes(figure, language, rule):
    for theme in ("paper", "dark"):
        with style(theme, language):
            assert rule in told(drawn(figure, "(3x^2+8)^3", language=language), "rule")
    caption = figure("rules").caption(expression=parse("(3x^2+8)^3"), language=language)
    assert "18*x*(3*x**2 + 8)**2" in caption
    assert rule in caption
