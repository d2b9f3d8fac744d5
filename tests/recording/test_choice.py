"""Which modules and parameters are recorded."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from derivviz.errors import UsageError
from derivviz.recording.choice import choose_modules, choose_parameters, recorded_modules


@pytest.fixture
def model() -> nn.Module:
    model = nn.Sequential()
    model.add_module("stem", nn.Conv2d(3, 4, 3))
    model.add_module("blocks", nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 4)))
    model.add_module("encoder", nn.TransformerEncoderLayer(4, 2, 8))
    model.add_module("head", nn.Linear(4, 2))
    return model


def test_leaves_and_those_with_parameters_of_their_own(model: nn.Module) -> None:
    names = [name for name, _ in recorded_modules(model)]
    assert names[:5] == ["stem", "blocks.0", "blocks.1", "blocks.2", "encoder.self_attn"]
    assert "blocks" not in names
    assert [name for name, _ in recorded_modules(nn.Linear(2, 2))] == ["model"]
    assert list(recorded_modules(nn.Sequential())) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("stem", ["stem"]),
        ("blocks.*", ["blocks.0", "blocks.1", "blocks.2"]),
        ("blocks", ["blocks"]),  # a whole name: also with children
        (nn.GELU, ["blocks.1"]),
        ([nn.Conv2d, "head", "blocks.[02]"], ["stem", "blocks.0", "blocks.2", "head"]),
        (nn.TransformerEncoderLayer, ["encoder"]),
        (("head", "head"), ["head"]),
    ],
)
def test_modules(model: nn.Module, wanted: Any, found: list[str]) -> None:
    assert list(choose_modules(model, wanted)) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("head.*", ["head.weight", "head.bias"]),
        ("*.bias", None),
        (nn.Conv2d, ["stem.weight", "stem.bias"]),
        (["stem.bias", nn.Sequential], None),
    ],
)
def test_parameters(model: nn.Module, wanted: Any, found: list[str] | None) -> None:
    chosen = list(choose_parameters(model, wanted))
    if found is None:
        found = [n for n, _ in model.named_parameters() if wanted != "*.bias" or n.endswith(".bias")]
    assert chosen == found  # in the order of the model, whatever that of the wishes


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("block.0", r"'block\.0'.*Nearest: blocks\.0"),
        ("hed", "Nearest: head"),
        (nn.LSTM, "LSTM.*There are: stem, blocks"),
        (["head", "zzz"], "'zzz'"),
        ("STEM", "'STEM'"),
    ],
)
def test_what_fits_nothing_is_told(model: nn.Module, wanted: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        choose_modules(model, wanted)


def test_parameters_that_fit_nothing_are_told(model: nn.Module) -> None:
    with pytest.raises(UsageError, match=r"No parameter.*'head\.wieght'.*Nearest: head\.weight"):
        choose_parameters(model, "head.wieght")
    with pytest.raises(UsageError, match=r"No parameter.*GELU"):
        choose_parameters(model, nn.GELU)
