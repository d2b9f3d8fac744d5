"""Handwritten digits by two hidden layers: f′ in the place of ReLU.

python examples/digits_mlp.py
"""

from __future__ import annotations

from typing import Any

import click
from digits import Activation, compare, options
from torch import nn

from derivviz.learning import DerivativeActivation

HIDDEN = 64


def network(activation: Activation) -> nn.Module:
    """64 pixels → 64 → 64 → 10 logits."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, HIDDEN),
        activation(HIDDEN),
        nn.Linear(HIDDEN, HIDDEN),
        activation(HIDDEN),
        nn.Linear(HIDDEN, 10),
    )


@click.command(help=__doc__)
@options("digits_mlp", epochs=20)
def main(**chosen: Any) -> None:
    compare(network, DerivativeActivation, lambda _: nn.ReLU(), **chosen)


if __name__ == "__main__":
    main()
