"""How kinds of layers are called on screen and in print, as markup."""

from __future__ import annotations

from derivviz.look.typst import quoted

_WORDS = {
    "Conv1d": ("convolution", "합성곱"),
    "Conv2d": ("convolution", "합성곱"),
    "Conv3d": ("convolution", "합성곱"),
    "Linear": ("linear", "선형"),
    "MaxPool2d": ("pooling", "풀링"),
    "AvgPool2d": ("pooling", "풀링"),
    "AdaptiveAvgPool2d": ("pooling", "풀링"),
    "Flatten": (
        "input",
        "입력",
    ),  # what it puts out is drawn only where nothing before it has the same values
    "BatchNorm1d": ("norm", "정규화"),
    "BatchNorm2d": ("norm", "정규화"),
    "LayerNorm": ("norm", "정규화"),
    "Embedding": ("embedding", "임베딩"),
    "DerivativeActivation": ("$f'$", "$f'$"),
    "Tanh": ("tanh", "tanh"),
    "Sigmoid": ("sigmoid", "시그모이드"),
    "Softplus": ("softplus", "softplus"),
}
LONGEST = 12  # characters of a class that has no word of its own


def kind_words(kind: str) -> dict[str, str]:
    """The word for a class of layers, by language; a class without one is called by its name."""
    if kind in _WORDS:
        en, ko = _WORDS[kind]
        return {"en": en, "ko": ko}
    name = quoted(kind if len(kind) <= LONGEST else f"{kind[: LONGEST - 1]}…")
    return {"en": name, "ko": name}
