"""Formulas and words as mobjects: size, selection, colour."""

from __future__ import annotations

import pytest
from manim import UP

from derivviz.animation import Formula, Words, stage
from derivviz.animation.stage import SIZES, Stage, color
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.theme import DARK, PAPER


def fills(formula: Formula) -> list[str]:
    return [g.get_fill_color().to_hex() for g in formula.glyphs]


def test_parts_take_the_colour_of_their_role():
    formula = Formula("a {{b : x}} c", x="parameter")
    assert fills(formula) == [DARK.ink, DARK.parameter, DARK.ink]
    formula.paint(x="tangent")
    assert fills(formula)[1] == DARK.tangent


def test_colours_are_those_of_the_stage():
    stage.enter(Stage(theme=PAPER))
    assert fills(Formula("a")) == [PAPER.ink]
    assert color("loss") == PAPER.loss


def test_select_finds_nested_and_repeated_parts():
    formula = Formula("{{a {{b : in}} : out}} + {{c : in}}")
    assert len(formula.select("out")) == 2
    assert len(formula.select("in")) == 2
    assert formula.select("in")[0] is formula.glyphs[1]


@pytest.mark.parametrize("markup", ["{{a : one}} {{b : two}}", "a"])
def test_an_unknown_part_names_those_there_are(markup):
    with pytest.raises(DerivvizError, match=r"no part is labelled 'z'; labels here: (one, two|none)"):
        Formula(markup).select("z")


def test_painting_an_unknown_part_or_role_is_an_error():
    with pytest.raises(DerivvizError, match="no part is labelled 'y'"):
        Formula("{{a : x}}", y="tangent")
    with pytest.raises(UsageError, match="no colour role 'red'"):
        Formula("{{a : x}}", x="red")


def test_sizes_are_proportional_and_follow_scaling():
    small, large = Formula("x y", "tick"), Formula("x y", "title")
    assert large.height / small.height == pytest.approx(SIZES["title"] / SIZES["tick"])
    assert small.drawn_size == SIZES["tick"]
    assert small.scale(2).drawn_size == pytest.approx(2 * SIZES["tick"])


def test_at_puts_the_baseline_on_a_point():
    formula = Formula("y = x").at([1, 2, 0])
    x = formula.glyphs[2]
    assert x.get_bottom()[1] == pytest.approx(2, abs=0.02)
    assert formula.get_left()[0] == pytest.approx(1, abs=0.06)
    formula.shift(UP)
    assert formula.at([1, 2, 0]).glyphs[2].get_bottom()[1] == pytest.approx(2, abs=0.02)


def test_words_wrap_within_their_width_and_can_be_centred():
    text = "a longer sentence that does not fit on one line"
    wide, narrow = Words(text), Words(text, width=3, centered=True)
    assert wide.height < 0.5 < narrow.height
    assert narrow.width <= 3.01
    left = Words(text, width=3)
    last_line = [min(g.get_left()[0] for g in words.glyphs[-7:]) for words in (narrow, left)]
    assert last_line[0] > last_line[1] + 0.3  # "one line" is the short last line


def test_korean_words_are_glyphs_of_their_own():
    words = Words("*기울기* $f'$")
    assert len({g.glyph for g in words.glyphs}) == len(words.glyphs) - 1  # 기 twice
    assert all(g.has_points() for g in words.glyphs)
