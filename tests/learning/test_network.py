"""The network has the published shape, and its file brings it back exactly, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from derivviz.learning import FoodCNN
from derivviz.learning.network import predict
from derivviz.learning.saving import FILE, ModelError, load_model, save_model


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
    config = save_model(model, tmp_path)
    rebuilt = load_model(tmp_path, config)
    assert not rebuilt.training
    probabilities = predict(rebuilt, images)
    assert torch.equal(probabilities, predict(model.eval(), images))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(20))


def test_what_cannot_be_rebuilt_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"derivviz record food -o renders/food.zarr"):
        load_model(tmp_path, None)
    config = save_model(_trained(), tmp_path)
    with pytest.raises(ModelError, match="'Other'"):
        load_model(tmp_path, {**config, "network": "Other"})
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path, {**config, "classes": 4})
    (tmp_path / FILE).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path, config)
