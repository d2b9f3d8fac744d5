"""Sentences in markup as plain text."""

from __future__ import annotations

import pytest

from derivviz.look.prose import plain, together
from derivviz.look.typst import outline, quoted


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("How steep is this curve?", "How steep is this curve?"),
        ("*Bold* and _soft_ words of snake_case.", "Bold and soft words of snake_case."),
        ("5 \\* 3 costs 2 \\$", "5 * 3 costs 2 $"),
        ("a--b --- and so on...", "a–b — and so on…"),
        ("the slope of $P Q$ is $Delta y / Delta x$.", "the slope of PQ is Δy / Δx."),
        ("$x^2$, $x^(10)$ and $a_1$", "x², x¹⁰ and a₁"),
        ("$f'(x) -> oo$", "f′(x) → ∞"),
        ("$frac(1, 2)$ of $alpha$ and $Omega$", "1/2 of α and Ω"),
        ("$-3 <= x$", "−3 ≤ x"),
        ("a {{word : w}} and ${{Delta x : dx}} = 1$", "a word and Δx = 1"),
        ("기울기는 $m$이다.  정말로.", "기울기는 m이다. 정말로."),
        ("", ""),
    ],
)
def test_markup_becomes_what_is_read(markup, text):
    assert plain(markup) == text


@pytest.mark.parametrize(
    "name", ["$100 *_`@ #{x}", 'a "quoted" \\ name', "소바 {{x : y}}", "- + 1. =", "~--..."]
)
def test_names_from_data_stay_as_they_are(name):
    assert plain(f"It bets on {quoted(name)}, {quoted(name)}.") == f"It bets on {name}, {name}."


def test_korean_lines_break_between_words():
    sentence = "미분계수는 접선의 기울기, 곧 할선의 기울기의 극한이다."
    alone = {word: len(outline(word).shapes) for word in sentence.split()}
    for width in (9.0, 10.5, 12.3, 15.0):
        rows: dict[int, int] = {}
        for shape in outline(sentence, width=width).shapes:
            rows[round(shape.origin[1] * 10)] = rows.get(round(shape.origin[1] * 10), 0) + 1
        assert len(rows) > 1
        ends, count = set(), 0
        for word in sentence.split():
            count += alone[word]
            ends.add(count)
        count = 0
        for _, glyphs in sorted(rows.items(), reverse=True):
            count += glyphs
            assert count in ends


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("The easy ones, p ≥ 0.9, cost little.", "The easy ones, p~≥~0.9, cost little."),
        ("So 1 + 1 = 2 = 4 / 2.", "So 1 + 1~=~2~=~4 / 2."),
        ('From $x = 1$ to #"a = b", t = 1.', 'From $x = 1$ to #"a = b", t~=~1.'),
        ("= is a sign; multiplication → addition", "= is a sign; multiplication → addition"),
    ],
)
def test_short_relations_are_not_broken(sentence, kept):
    assert together(sentence) == kept.replace("~", "\N{NO-BREAK SPACE}")
    assert plain(together(sentence)) == plain(sentence)
