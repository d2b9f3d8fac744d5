"""A GAN: a generator learns to make what a discriminator cannot tell from the real thing."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from derivviz.errors import UsageError, nearest
from derivviz.learning.game import flat_game
from derivviz.learning.garments import SIDE, garments
from derivviz.learning.losses import discriminator_loss, generator_loss
from derivviz.learning.stock import FASHION, Stock, read_stock
from derivviz.parameters import parameter
from derivviz.runs import Outcome, Progress, Request
from derivviz.runs._match import Match, prepare
from derivviz.runs._player import (
    DISCRIMINATOR,
    GENERATOR,
    Table,
    gradient_norm,
    gradients_of_both,
    optimizer_of,
    options,
    step,
)

TAKES = {
    "data": "A folder of pictures, an IDX or npz file, or 'ring' for points in the plane. Default: drawn garments.",
    "no_cache": "Decode the pictures of --data anew, and keep none for the next run.",
}
LOSSES = ("non-saturating", "saturating")
ROUNDS = (4000, 1200)  # on the ring, of pictures
BATCH = (128, 64)
COMPARED = 5  # rounds from one comparison of the two losses' gradients to the next
BETAS = ((0.9, 0.999), (0.5, 0.999))  # Adam's own; of pictures as in Radford et al., 2016


@dataclass(frozen=True)
class Parameters:
    steps: int = parameter(0, "Steps of the generator; 0: 4000 on the ring, 1200 of pictures.", minimum=0)
    batch_size: int = parameter(0, "Samples a step; 0: 128 on the ring, 64 of pictures.", minimum=0)
    learning_rate: float = parameter(0.001, "Adam's, for both players.", minimum=0, maximum=10)
    generator_loss: str = parameter("non-saturating", "non-saturating or saturating (the minimax game).")


def train(request: Request, progress: Progress) -> Outcome:
    """Play the game of Goodfellow et al., "Generative adversarial nets", 2014, one step of each in turn.

    Every step of either player is a step of the trace, and `player` says whose: 0 the discriminator's, 1 the
    generator's. ``activation/real_logit`` and ``activation/fake_logit`` are the logits of D(x) and D(G(z));
    `real_probability` and `fake_probability` their mean as probabilities. `saturating_gradient` and
    `non_saturating_gradient` are what the gradient of the generator's parameters would be, for the fixed
    latent points, by either loss. The probe shows what becomes of these points. On the ring the evaluation is D
    over a grid, and modes are counted; of pictures `diversity` says how far the samples are apart.

    Raises
    ------
    UsageError
        For a loss that there is not, or epochs.
    DataError
        If the pictures cannot be read.
    TraceError
        If there is something at the path already.
    """
    parameters: Parameters = request.parameters or Parameters()
    match, optimizer = prepared(request, progress)
    progress.say(
        f"{match.rounds} steps of each player, in turn, batches of {match.batch}, Adam at "
        f"{parameters.learning_rate:g}, {parameters.generator_loss} loss of the generator."
    )
    with match.recorded(optimizer, request, run="gan", options=options(parameters)) as recorder:
        play(match, optimizer, recorder, progress, parameters.generator_loss == "saturating")
    return Outcome(match.steps, match.standing(), f"derivviz render gan --trace {request.path}")


def prepared(request: Request, progress: Progress) -> tuple[Match, torch.optim.Optimizer]:
    """The match and its optimizer; raises what `train` does."""
    parameters: Parameters = request.parameters or Parameters()
    if parameters.generator_loss not in LOSSES:
        guess = nearest(parameters.generator_loss, LOSSES, 1)
        hint = f" Did you mean {guess[0]}?" if guess else ""
        raise UsageError(
            f"--generator-loss is {parameters.generator_loss!r}, but it is one of {', '.join(LOSSES)}.{hint}"
        )
    match = prepare(
        request,
        progress,
        lambda: _pictures(request, progress),
        flat_game,
        side=SIDE,
        colors=1,
        rounds=(parameters.steps or ROUNDS[0], parameters.steps or ROUNDS[1]),
        batch=(parameters.batch_size or BATCH[0], parameters.batch_size or BATCH[1]),
        turns=1,
        answer=torch.sigmoid,
    )
    return match, optimizer_of(match.game, parameters.learning_rate, BETAS[0] if match.on_ring else BETAS[1])


def play(
    match: Match, optimizer: torch.optim.Optimizer, table: Table, progress: Progress, saturating: bool
) -> None:
    """All rounds of the game."""
    match.game.train()
    match.look(table, 0)
    for done in range(1, match.rounds + 1):
        play_round(match, optimizer, table, progress, saturating, done)
        match.look(table, done)


def play_round(
    match: Match,
    optimizer: torch.optim.Optimizer,
    table: Table,
    progress: Progress,
    saturating: bool,
    done: int,
) -> None:
    """A step of the discriminator, then one of the generator; with this round, `done` are over."""
    game = match.game
    real, fake = match.real(table), match.fake()
    on_real = table.tag("real_logit", game.discriminator(real))
    on_fake = table.tag("fake_logit", game.discriminator(fake))
    loss = discriminator_loss(on_real, on_fake)
    step(optimizer, loss)
    table.log(
        player=DISCRIMINATOR,
        round=done,
        discriminator_loss=loss,
        real_probability=on_real.detach().sigmoid().mean(),
        fake_probability=on_fake.detach().sigmoid().mean(),
    )
    progress.step(2 * done - 1, match.steps, done, loss.item())

    game.discriminator.requires_grad_(False)
    compared = gradients_of_both(game, match.shown) if done % COMPARED == 1 else None
    on_fake = table.tag("fake_logit", game.discriminator(game(match.latent())))
    loss = generator_loss(on_fake, saturating)
    step(optimizer, loss)
    game.discriminator.requires_grad_(True)
    table.log(
        player=GENERATOR,
        round=done,
        generator_loss=loss,
        fake_probability=on_fake.detach().sigmoid().mean(),
        generator_gradient=gradient_norm(game.generator),
    )
    if compared is not None:
        table.log(saturating_gradient=compared[0], non_saturating_gradient=compared[1])
    progress.step(2 * done, match.steps, done, loss.item())


def _pictures(request: Request, progress: Progress) -> Stock:
    """Fashion-MNIST where the system has it, else drawings."""
    if FASHION.is_file():
        return read_stock(FASHION, SIDE, 1, None, progress.say)
    drawn = garments(seed=request.seed)
    return Stock(drawn, f"{len(drawn)} drawn garments (seed {request.seed})")
