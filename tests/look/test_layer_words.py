"""What layers are called on screen: a word in both languages, or the name of the class, set literally."""

from __future__ import annotations

import pytest

from derivviz.look.layer_words import kind_words
from derivviz.look.prose import plain


@pytest.mark.parametrize(
    ("kind", "en", "ko"),
    [
        ("Conv2d", "convolution", "합성곱"),
        ("DerivativeActivation", "f′", "f′"),
        ("My_Layer#1", "My_Layer#1", "My_Layer#1"),
        ("AVeryLongClassOfMine", "AVeryLongCl…", "AVeryLongCl…"),
    ],
)
def test_words(kind: str, en: str, ko: str) -> None:
    assert {language: plain(word) for language, word in kind_words(kind).items()} == {"en": en, "ko": ko}
