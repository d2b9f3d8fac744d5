"""Sentences in markup as plain text."""

from __future__ import annotations

import pytest

from derivviz.look.prose import plain
from derivviz.look.typst import quoted


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
