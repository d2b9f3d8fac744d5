"""Typst markup as outlines: parts and their labels, layout, errors, and text that stays text."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivviz.look.fonts import FontError
from derivviz.look.outlines import Outline, Shape
from derivviz.look.parts import TypesetError
from derivviz.look.typst import compile_svg, outline, quoted


def labels(made: Outline) -> list[tuple[str, ...]]:
    return [shape.labels for shape in made.shapes]


def same_layout(one: Outline, other: Outline) -> bool:
    return (
        [s.glyph for s in one.shapes] == [s.glyph for s in other.shapes]
        and np.allclose([s.origin for s in one.shapes], [s.origin for s in other.shapes], atol=1e-4)
        and np.allclose([one.width, one.height], [other.width, other.height], atol=1e-4)
    )


def boxes(shapes: list[Shape]) -> np.ndarray:
    ends = [(s.curves.reshape(-1, 2).min(axis=0), s.curves.reshape(-1, 2).max(axis=0)) for s in shapes]
    return np.array(ends).reshape(-1, 4)


# ---- parts and labels -----------------------------------------------------------------------------------


def test_a_part_carries_its_label_and_nothing_else_does():
    assert labels(outline("a {{b : one}} c", math=True)) == [(), ("one",), ()]


def test_parts_nest_with_the_innermost_label_first():
    assert labels(outline("{{a {{b : in}} c : out}}", math=True)) == [("out",), ("in", "out"), ("out",)]


def test_a_label_may_repeat():
    made = outline("frac({{x : x}}, {{x : x}} + 1)", math=True)
    assert labels(made).count(("x",)) == 2


def test_parts_of_words_and_of_math_inside_words():
    made = outline("go {{$x$ : x}} {{on : word}}")
    assert labels(made) == [(), (), ("x",), ("word",), ("word",)]


def test_a_bar_belongs_to_the_part_that_draws_it():
    made = outline("{{frac(a, b) : q}} + c", math=True)
    bars = [shape for shape in made.shapes if not shape.glyph]
    assert [bar.labels for bar in bars] == [("q",)]
    assert len(bars[0].curves) == 4  # a filled rectangle, so that it never thins away


@pytest.mark.parametrize("body", ["a, b", "f(a, b), c", "a; b", 'x, "p, q", y', "{1, 2}, 3"])
def test_a_comma_in_a_part_is_a_sign(body):
    assert same_layout(outline(f"({{{{{body} : p}}}})", math=True), outline(f"({body})", math=True))


@pytest.mark.parametrize(
    ("labelled", "plain"),
    [
        ("frac({{Delta y : dy}}, {{Delta x : dx}}) {{= : eq}} {{2 x : m}}", "frac(Delta y, Delta x) = 2 x"),
        ("{{f'({{1 : at}}) : d}} = lim_({{h : h}} -> 0) q", "f'(1) = lim_(h -> 0) q"),
        ("{{x : b}}^{{2 : e}} {{- : s}} {{x : b}}", "x^2 - x"),
        ("sqrt({{a + {{b : b}} : ab}})", "sqrt(a + b)"),
        ("{{dif : d}} y", "dif y"),
    ],
)
def test_labels_leave_the_layout_as_it_is(labelled, plain):
    made = outline(labelled, math=True)
    assert same_layout(made, outline(plain, math=True))
    assert any(labels(made))


def test_the_baseline_is_the_line_that_glyphs_stand_on():
    plain, tall = outline('"00"', math=True), outline("x_1 0 + frac(1, 2)", math=True)
    assert plain.baseline == pytest.approx(plain.shapes[0].origin[1])
    assert -tall.height < tall.baseline < 0
    letter = next(s for s in tall.shapes if s.glyph == outline("x", math=True).shapes[0].glyph)
    assert tall.baseline == pytest.approx(letter.origin[1], abs=1e-3)


def test_shapes_lie_within_the_size_and_upright():
    made = outline("*Hy* frac", width=None)
    found = boxes(list(made.shapes))
    assert found[:, 0].min() > -0.1
    assert found[:, 2].max() < made.width + 0.1
    h, y = boxes([made.shapes[0]])[0], boxes([made.shapes[1]])[0]
    assert y[1] < h[1] - 0.1  # the y hangs below the baseline: upwards is positive


def test_words_break_at_the_width():
    text = "one two three four five six"
    one, many = outline(text), outline(text, width=6)
    assert many.height > 2 * one.height
    assert many.width <= 6.001


# ---- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["🍕", "\U0010fffd", "\u1111", "☃", "\x00", "\x1b"])
def test_a_character_that_no_font_draws_is_named(sign):
    with pytest.raises(FontError, match=f"U\\+{ord(sign):04X}"):
        outline(f"a {sign} b")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("{{a : b", "never closed"),
        ("{{a}}", "body : label"),
        ("{{a : two words}}", "body : label"),
        ("{{a : }}", "body : label"),
        ("frac(a, b", "Typst could not set"),
        ("undefinedfunction(1)", "Typst could not set"),
    ],
)
def test_broken_markup_is_told(markup, words):
    with pytest.raises(TypesetError, match=words):
        outline(markup, math=True)


def test_a_warning_is_an_error():
    with pytest.raises(TypesetError, match="warned"):
        compile_svg('#set text(font: "No Such Family")\na')


# ---- text from data -------------------------------------------------------------------------------------

RISKY = st.text(st.sampled_from('#$\\"{}[]:*_`<>@/=-+~^&%;,. \tabx'), max_size=12)


@settings(max_examples=60, deadline=None)
@given(RISKY)
def test_quoted_text_is_set_sign_by_sign(text):
    made = outline(quoted(text))
    assert labels(made) == [()] * len(made.shapes)
    # New Computer Modern draws none of these; ligatures of Pretendard join only arrows and the like.
    assert len(made.shapes) <= len(text.replace(" ", "").replace("\t", ""))
    assert bool(made.shapes) == bool(text.strip())


@settings(max_examples=40, deadline=None)
@given(RISKY)
def test_quoted_text_stays_within_its_part(text):
    made = outline(f"{{{{ {quoted(text)} : name }}}} z {{{{ y : last }}}}", math=True)
    assert labels(made)[-2:] == [(), ("last",)]
    assert set(labels(made)[:-2]) <= {("name",)}


@pytest.mark.parametrize("text", ["{{ a : b }}", "{{", "}} : x }}", "$x$", '"); panic("', "#panic()", "\\"])
def test_quoted_text_is_no_markup(text):
    assert len(outline(quoted(text)).shapes) == len(text.replace(" ", ""))


def test_decomposed_hangul_is_composed():
    """File names on macOS come decomposed (NFD)."""
    name = "피자"
    assert same_layout(outline(quoted(unicodedata.normalize("NFD", name))), outline(quoted(name)))


def test_korean_glyphs_are_really_drawn():
    made = outline("할선에서 접선으로")
    glyphs = [shape.glyph for shape in made.shapes]
    assert len(glyphs) == 8
    assert len(set(glyphs)) == 7  # 선 twice: no two others share the empty box
    assert (boxes(list(made.shapes))[:, 2:] - boxes(list(made.shapes))[:, :2] > 0.4).all()


def test_korean_in_a_formula():
    made = outline('f(x) = "기울기"', math=True)
    word = outline("기울기")
    assert [s.glyph for s in made.shapes[-3:]] == [s.glyph for s in word.shapes]
