"""The network has the published shape, and its file brings it back exactly, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from derivviz.learning import FoodCNN
from derivviz.learning.network import predict
from derivviz.learning.saving import FILE, ModelError, read_model, save_model


def test_the_published_architecture() -> None:
    model = FoodCNN()
    assert [name for name, _ in model.named_children()] == [
        *("conv", "act1", "pool", "flatten", "fc1", "act2", "fc2"),
    ]
    assert sum(p.numel() for p in model.parameters()) == 3 * 16 * 9 + 16 + 16 * 111**2 * 32 + 32 + 32 * 5 + 5
    assert model(torch.rand(1, 3, 224, 224)).shape == (1, 5)


def test_another_activation(tmp_path: Path) -> None:
    features: list[int] = []

    def make(count: int) -> torch.nn.Module:
        features.append(count)
        return torch.nn.ReLU()

    model = FoodCNN(3, side=20, activation=make)
    assert features == [16, 32]
    assert isinstance(model.act1, torch.nn.ReLU)
    assert isinstance(model.act2, torch.nn.ReLU)
    assert model(torch.rand(2, 3, 20, 20)).shape == (2, 3)
    with pytest.raises(ModelError, match="state_dict"):
        save_model(model, tmp_path)
    assert not list(tmp_path.iterdir())


def _trained(preset: str = "stable") -> FoodCNN:
    torch.manual_seed(0)
    model = FoodCNN(3, preset, side=20)  # type: ignore[arg-type]
    model(torch.rand(8, 3, 20, 20))  # calibrates
    return model


@pytest.mark.parametrize("preset", ["stable", "faithful"])
def test_a_saved_network_predicts_the_same(tmp_path: Path, preset: str) -> None:
    model, images = _trained(preset), torch.rand(20, 3, 20, 20)
    save_model(model, tmp_path)
    rebuilt, _ = read_model(tmp_path)
    assert not rebuilt.training
    probabilities = predict(rebuilt, images)
    assert torch.equal(probabilities, predict(model.eval(), images))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(20))


def test_what_cannot_be_rebuilt_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"derivviz record food -o renders/food.zarr"):
        read_model(tmp_path)
    save_model(_trained(), tmp_path)
    (tmp_path / FILE).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(tmp_path)


def test_a_file_that_says_another_size_than_it_has_names_what_does_not_fit(tmp_path: Path) -> None:
    save_model(_trained(), tmp_path)
    with safe_open(tmp_path / FILE, "pt") as opened:
        about, tensors = opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    wrong = {name: text.replace('"classes": 3', '"classes": 4') for name, text in about.items()}
    save_file(tensors, tmp_path / FILE, wrong)
    with pytest.raises(ModelError, match=r"cannot be read .*fc2"):
        read_model(tmp_path)
