"""Four models to train and a step of each, alike for every contestant of the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from derivviz.learning import DerivativeFactor, FoodCNN

CLASSES = 10


@dataclass
class Workload:
    """A model, its optimizer and the batch that it sees in every step."""

    model: nn.Module
    optimizer: Optimizer
    inputs: Tensor
    target: Tensor

    def loss(self) -> Tensor:
        """Forward only."""
        return functional.cross_entropy(self.model(self.inputs), self.target)

    def step(self) -> Tensor:
        """One training step, as a tutorial writes it."""
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss


def mlp() -> tuple[nn.Module, Tensor]:
    """784 → 512 → 512 → 10, of the size that MNIST tutorials have."""
    layers = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, CLASSES)]
    return nn.Sequential(*layers), torch.rand(256, 784)


class Transformer(nn.Module):
    """Three encoder layers over sequences of tokens, and a linear head on their mean."""

    def __init__(self, width: int = 128, layers: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1000, width)
        layer = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=4 * width, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (n, class) of tokens (n, position)."""
        logits: Tensor = self.head(self.encoder(self.embedding(tokens)).mean(1))
        return logits


def transformer() -> tuple[nn.Module, Tensor]:
    """A small Transformer with dropout, 20 sequences of 64 tokens."""
    return Transformer(), torch.randint(0, 1000, (20, 64))


def food() -> tuple[nn.Module, Tensor]:
    """The recommender's network: 6.3 million parameters, a feature map of 7.9 million values."""
    return FoodCNN(CLASSES), torch.rand(10, 3, 224, 224)


def conv4() -> tuple[nn.Module, Tensor]:
    """Four blocks of convolution, batch norm, ReLU and pooling on 64×64 pictures."""
    blocks: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128), (128, 128)):
        blocks += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(128 * 16, CLASSES)), torch.rand(112, 3, 64, 64)


MODELS: dict[str, Callable[[], tuple[nn.Module, Tensor]]] = {
    "mlp": mlp,
    "transformer": transformer,
    "food": food,
    "conv4": conv4,
}


def workload(name: str) -> Workload:
    """A fresh one; all of a name begin with the same weights and the same batch."""
    torch.manual_seed(7)
    model, inputs = MODELS[name]()
    target = torch.arange(len(inputs)) % CLASSES
    optimizer: Optimizer = Adam(model.parameters(), lr=1e-4)
    if name == "food":  # the recommender's own optimizer: the one with factors to record
        optimizer = DerivativeFactor(optimizer)
    return Workload(model, optimizer, inputs, target)
