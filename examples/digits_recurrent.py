"""Handwritten digits read row by row: f′ in the place of tanh in an RNN, an LSTM and a GRU.

python examples/digits_recurrent.py --cell lstm

What makes up the state can be any number, and there tanh gives way to f′: the new state of the RNN, the
candidate of LSTM and GRU, and what the LSTM shows of its memory. The gates stay sigmoid. A gate is a share:
it has to lie between 0 (forget all) and 1 (keep all), and to get from one to the other without turning back,
while f′ comes down again behind its peak: the more the gate were told to open, the more it would shut.
"""

from __future__ import annotations

from typing import Any

import click
import torch
from digits import Activation, compare, options
from torch import Tensor, nn

from derivviz.learning import DerivativeActivation

PIXELS, HIDDEN = 8, 64  # a row, the state


class RNN(nn.Module):
    """h ← a(W x + U h + b), for rows x (n, pixels) and a state h (n, hidden)."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.input = nn.Linear(PIXELS, HIDDEN)
        self.recurrent = nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.activation = activation(HIDDEN)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return self.activation(self.input(x) + self.recurrent(h)), c


class LSTM(nn.Module):
    """c ← σ(f) c + σ(i) a(g), h ← σ(o) a(c), with gates i, f, o and the candidate g from x and h."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.input = nn.Linear(PIXELS, 4 * HIDDEN)
        self.recurrent = nn.Linear(HIDDEN, 4 * HIDDEN, bias=False)
        self.candidate = activation(HIDDEN)
        self.output = activation(HIDDEN)
        nn.init.ones_(self.input.bias[HIDDEN : 2 * HIDDEN])  # at first it remembers

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, o, g = (self.input(x) + self.recurrent(h)).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * self.candidate(g)
        return o.sigmoid() * self.output(c), c


class GRU(nn.Module):
    """h ← σ(z) h + (1 − σ(z)) a(n), with gates r, z and the candidate n from x and σ(r) U h."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.input = nn.Linear(PIXELS, 3 * HIDDEN)
        self.recurrent = nn.Linear(HIDDEN, 3 * HIDDEN, bias=False)
        self.candidate = activation(HIDDEN)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        x_r, x_z, x_n = self.input(x).chunk(3, dim=1)
        h_r, h_z, h_n = self.recurrent(h).chunk(3, dim=1)
        n = self.candidate(x_n + (x_r + h_r).sigmoid() * h_n)
        return n.lerp(h, (x_z + h_z).sigmoid()), c


CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


class Reader(nn.Module):
    """Logits (n, 10) from the state after the last row of images (n, rows, pixels)."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell
        self.readout = nn.Linear(HIDDEN, 10)

    def forward(self, images: Tensor) -> Tensor:
        h = c = torch.zeros(len(images), HIDDEN)
        for row in images.unbind(1):
            h, c = self.cell(row, h, c)
        logits: Tensor = self.readout(h)
        return logits


@click.command(help=__doc__)
@click.option("--cell", type=click.Choice(list(CELLS)), default="rnn", show_default=True)
@options("digits_recurrent", epochs=15)
def main(cell: str, **chosen: Any) -> None:
    compare(lambda a: Reader(CELLS[cell](a)), DerivativeActivation, lambda _: nn.Tanh(), **chosen)


if __name__ == "__main__":
    main()
