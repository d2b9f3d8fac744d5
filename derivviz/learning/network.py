"""The recommender's network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from derivviz.learning.activation import DerivativeActivation, Preset
from derivviz.learning.pictures import SIDE

CHANNELS = 16
HIDDEN = 32


class FoodCNN(nn.Module):
    """Convolution → f′ → pooling → linear → f′ → linear, on 224×224 RGB pictures.

    Modules by name: ``conv`` (3→16, 3×3, valid) · ``act1`` · ``pool`` (2×2 maximum) · ``flatten`` ·
    ``fc1`` (→32) · ``act2`` · ``fc2`` (→classes). Weights start after Glorot (uniform), biases at 0, as
    published.

    Parameters
    ----------
    classes
        Number of dishes.
    preset
        Of both activations, see `DerivativeActivation`.
    side
        Width and height of a picture in pixels; 224 as published, smaller ones make quick tests.
    activation
        Another activation in the place of f′, for comparisons: called with the number of channels (or
        units), it makes the module. Such a network has no preset and is not for `save_model`.
    """

    def __init__(
        self,
        classes: int = 5,
        preset: Preset = "stable",
        side: int = SIDE,
        activation: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "classes": classes,
            "preset": preset if activation is None else None,
            "side": side,
        }
        make = activation or (lambda features: DerivativeActivation(features, preset))
        pooled = (side - 2) // 2
        self.conv = nn.Conv2d(3, CHANNELS, kernel_size=3)
        self.act1 = make(CHANNELS)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(CHANNELS * pooled * pooled, HIDDEN)
        self.act2 = make(HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, classes)
        for layer in (self.conv, self.fc1, self.fc2):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, 3, side, side) in [0, 1]."""
        maps = self.pool(self.act1(self.conv(images)))
        logits: Tensor = self.fc2(self.act2(self.fc1(self.flatten(maps))))
        return logits


def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities (n, classes) of images (n, 3, side, side), a few at a time so that memory stays small.

    The model must be in evaluation mode.
    """
    with torch.no_grad():
        return torch.cat([functional.softmax(model(part), dim=1) for part in images.split(16)])
