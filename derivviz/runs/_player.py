"""A step of a player, and what it is written down by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from derivviz.learning.game import Game
from derivviz.learning.losses import generator_loss

DISCRIMINATOR, GENERATOR = 0, 1  # the series `player` of the trace


class Table(Protocol):
    """What a game is written down by: a `Recorder`, or nothing at all."""

    def log(self, step: int | None = None, **scalars: float | Tensor) -> None:
        """Scalars of a step."""

    def tag(self, name: str, tensor: Tensor) -> Tensor:
        """The tensor, seen."""

    def batch(self, images: Tensor, target: Tensor | None = None) -> None:
        """The real samples of a step."""

    def evaluation(self, probabilities: Tensor, *, epoch: int | None = None) -> None:
        """The field of the discriminator."""


class Nobody:
    """A table that writes nothing down."""

    def log(self, step: int | None = None, **scalars: float | Tensor) -> None: ...
    def batch(self, images: Tensor, target: Tensor | None = None) -> None: ...
    def evaluation(self, probabilities: Tensor, *, epoch: int | None = None) -> None: ...
    def tag(self, name: str, tensor: Tensor) -> Tensor:
        return tensor


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """So many threads of torch for the block: for small matrices a second one costs more than it brings."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def optimizer_of(game: Game, rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> torch.optim.Adam:
    """One Adam for both; whoever has no gradient in a step stays, with its moments, as it is."""
    players = game.discriminator, game.generator
    groups = [{"params": list(player.parameters())} for player in players]
    return torch.optim.Adam(groups, lr=rate, betas=betas)


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def gradient_norm(player: nn.Module) -> Tensor:
    """Euclidean norm of the gradient of all its parameters."""
    return nn.utils.get_total_norm([p.grad for p in player.parameters() if p.grad is not None])


def gradients_of_both(game: Game, latent: Tensor) -> tuple[Tensor, Tensor]:
    """Norm of the gradient of all the generator's parameters by the saturating loss, and by the other one.

    Both at the same weights and latent points, so that nothing but the loss tells them apart. In evaluation
    mode, which the recorder leaves alone, and without a trace in the parameters' own gradients.
    """
    training, parameters = game.training, list(game.generator.parameters())
    game.eval()
    logits = game.discriminator(game.generator(latent))
    losses = (generator_loss(logits, saturating) for saturating in (True, False))
    slopes = [torch.autograd.grad(loss, parameters, retain_graph=True) for loss in losses]
    game.train(training)
    return nn.utils.get_total_norm(slopes[0]), nn.utils.get_total_norm(slopes[1])


def options(parameters: Any) -> dict[str, Any]:
    """The run's own options, for the trace."""
    return dataclasses.asdict(parameters)
