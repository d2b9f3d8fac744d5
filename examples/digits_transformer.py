"""Handwritten digits as eight rows that attend to each other: f′ in the place of GELU in a Transformer.

python examples/digits_transformer.py

PyTorch's own encoder takes any module as activation. Its features come last, in (n, rows, features), which
dim=-1 says. Each feature has one mean and one spread over all rows.
"""

from __future__ import annotations

from typing import Any

import click
import torch
from digits import Activation, compare, options
from torch import Tensor, nn

from derivviz.learning import DerivativeActivation

ROWS, PIXELS, WIDTH, INNER = 8, 8, 32, 64


class Transformer(nn.Module):
    """Logits (n, 10) of images (n, rows, pixels): a row is a token."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.embed = nn.Linear(PIXELS, WIDTH)
        self.place = nn.Parameter(0.02 * torch.randn(ROWS, WIDTH))
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    WIDTH, 4, INNER, 0.0, activation(INNER), batch_first=True, norm_first=True
                )
                for _ in range(2)
            )
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.readout = nn.Linear(WIDTH, 10)

    def forward(self, images: Tensor) -> Tensor:
        rows = self.layers(self.embed(images) + self.place)
        logits: Tensor = self.readout(self.norm(rows).mean(1))
        return logits


def derivative(features: int) -> nn.Module:
    return DerivativeActivation(features, dim=-1)


@click.command(help=__doc__)
@options("digits_transformer", epochs=15)
def main(**chosen: Any) -> None:
    compare(Transformer, derivative, lambda _: nn.GELU(), **chosen)


if __name__ == "__main__":
    main()
