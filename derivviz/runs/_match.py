"""What the runs ``gan`` and ``wgan-gp`` share: the data, the two networks, the measure, the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from derivviz.errors import UsageError
from derivviz.learning import ring
from derivviz.learning.game import Game, ring_game
from derivviz.learning.stock import Stock, read_stock
from derivviz.recording import Recorder, record
from derivviz.runs import Progress, Request
from derivviz.runs._player import Table, threads

RING = Path("ring")
LOOKS, PICTURE_LOOKS = 40, 20  # times that a game is looked at, on the ring and of pictures
PROBE_ROWS, PROBE_POINTS = 64, 8  # of latent points on the ring, as the trace keeps 64 rows of a probe
PROBE_PICTURES = 16
JUDGED_PICTURES = 64
GRID, REACH = 41, 3.0  # points a side, and how far they reach from the centre
NAMED = 10

Draw = Callable[[int, torch.Generator], Tensor]


@dataclass
class Match:
    """A game about to be played.

    Attributes
    ----------
    draw
        Gives so many real samples.
    shape
        Of one sample: (2,) on the ring, else (color, y, x).
    rounds, turns, batch
        Steps of the generator, steps of the discriminator before each of them, samples a step.
    answer
        Makes of the discriminator's output what its field shows.
    chance
        Decides the samples of the training; the measure has random numbers of its own.
    """

    game: Game
    draw: Draw
    shape: tuple[int, ...]
    description: str
    rounds: int
    turns: int
    batch: int
    answer: Callable[[Tensor], Tensor]
    seed: int
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        self.chance = torch.Generator().manual_seed(self.seed)
        judging = torch.Generator().manual_seed(self.seed + 1)
        self._judged = self.game.draw(ring.SAMPLES if self.on_ring else JUDGED_PICTURES, judging)
        shown = PROBE_ROWS * PROBE_POINTS if self.on_ring else PROBE_PICTURES
        self.shown = self.game.draw(shown, judging)
        self._look_every = max(1, self.rounds // (LOOKS if self.on_ring else PICTURE_LOOKS))
        self.modes, self.share, self.diversity = 0, 0.0, 0.0
        self._apart = 0.0 if self.on_ring else _apart(self.draw(JUDGED_PICTURES, judging))

    @property
    def on_ring(self) -> bool:
        """Whether samples are points of the plane."""
        return self.shape == (2,)

    @property
    def steps(self) -> int:
        """Steps of both players together."""
        return self.rounds * (self.turns + 1)

    def real(self, table: Table) -> Tensor:
        """Real samples for a step."""
        samples = self.draw(self.batch, self.chance)
        if not self.on_ring:
            table.batch((samples + 1) / 2)
        return samples

    def latent(self) -> Tensor:
        """Latent points for a step."""
        return self.game.draw(self.batch, self.chance)

    def fake(self) -> Tensor:
        """Generated samples that no gradient flows through."""
        with torch.no_grad():
            made: Tensor = self.game.generator(self.latent())
        return made

    def due(self, done: int) -> bool:
        """Whether it is time for a look after so many rounds."""
        return done % self._look_every == 0 or done == self.rounds

    def look(self, table: Table, done: int) -> None:
        """Measure how the game stands after so many rounds, every so many of them and at the end."""
        if not self.due(done):
            return
        samples = self.samples()
        if not self.on_ring:
            self.diversity = _apart(samples) / max(self._apart, 1e-12)
            table.log(diversity=self.diversity)
            return
        with torch.no_grad():
            field = self.answer(self.game.discriminator(grid()))
        self.modes, self.share = ring.modes_covered(samples), ring.good_share(samples)
        tenth = ring.modes_covered(samples, least=ring.TENTH)
        table.log(modes_covered=self.modes, modes_with_a_tenth=tenth, good_share=self.share)
        table.evaluation(field, epoch=done)

    def samples(self) -> Tensor:
        """What the generator now makes of the latent points that it is judged by."""
        with torch.no_grad():
            made: Tensor = self.game.generator(self._judged)
        return made

    def standing(self) -> str:
        """What came out, in words."""
        if not self.on_ring:
            return (
                f"Two samples are {self.diversity:.0%} as far apart as two of the pictures learned from, on "
                "average; the samples of fixed latent points are in the trace, snapshot by snapshot."
            )
        return (
            f"{self.modes} of {ring.MODES} modes covered, {self.share:.1%} of {ring.SAMPLES} samples good "
            f"(within {ring.WITHIN:g} standard deviations of a mode)."
        )

    @contextmanager
    def recorded(
        self, optimizer: torch.optim.Optimizer, request: Request, **about: Any
    ) -> Iterator[Recorder]:
        """Record the block; the trace says `finished` false until it is left without an exception."""
        # One step more than a whole number of rounds: snapshots fall on each player in turn.
        every = request.snapshot_every or self._look_every * (self.turns + 1) + 1
        probe = self.shown.view(PROBE_ROWS, PROBE_POINTS, -1) if self.on_ring else self.shown
        with (
            torch.random.fork_rng(devices=[]),  # what is left out at random is the seed's
            threads(1 if self.on_ring else None),
            record(
                self.game,
                optimizer,
                request.path,
                probe=probe,
                snapshot_every=every,
                steps=self.steps,
                modules=None if self.on_ring else self._layers(),
                overwrite=request.overwrite,
            ) as recorder,
        ):
            torch.manual_seed(self.seed)
            recorder.note(finished=False, **self._about(), **about)
            yield recorder
            recorder.note(finished=True)

    def _layers(self) -> list[type]:
        """The kinds of layers with weights that there are: maps of all the others would make the trace large."""
        kinds = nn.Linear, nn.Conv2d, nn.ConvTranspose2d
        return [kind for kind in kinds if any(isinstance(module, kind) for module in self.game.modules())]

    def _about(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "seed": self.seed,
            "data": self.description,
            "data_skipped": [list(item) for item in self.skipped],
            "rounds": self.rounds,
            "discriminator_steps": self.turns,
            "batch_size": self.batch,
            "players": ["discriminator", "generator"],
            "sample_shape": list(self.shape),
            "latent": self.game.latent,
        }
        if self.on_ring:
            told |= {
                "modes": ring.centers().tolist(),
                "sigma": ring.SIGMA,
                "judged_samples": ring.SAMPLES,
                "probe_latent": self.shown.tolist(),  # probe.output, as (row, 512, 2), is what became of them
                "grid": {"count": GRID, "reach": REACH, "order": "y from below, in each row x from the left"},
            }
        return told


def _apart(samples: Tensor) -> float:
    """Mean Euclidean distance between two samples."""
    return float(torch.pdist(samples.flatten(1)).mean())


def grid() -> Tensor:
    """Points of the plane where the discriminator is asked, shape (41², 2): rows from below, x fastest."""
    axis = torch.linspace(-REACH, REACH, GRID)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def prepare(
    request: Request,
    progress: Progress,
    own: Callable[[], Stock],
    players: Callable[[int, int, int], Game],
    *,
    side: int,
    colors: int,
    rounds: tuple[int, int],
    batch: tuple[int, int],
    **rules: Any,
) -> Match:
    """The match that a request asks for.

    Parameters
    ----------
    own
        The pictures where no others are named.
    players
        Makes the two networks for pictures of a seed, side and colors.
    side, colors
        Of the pictures.
    rounds, batch
        On the ring, and of pictures.

    Raises
    ------
    UsageError
        For numbers that mean nothing here.
    DataError
        If the pictures cannot be read.
    """
    if request.epochs is not None:
        raise UsageError("This run counts steps of the generator, not epochs: write --steps 1000.")
    if request.snapshot_every is not None and request.snapshot_every < 1:
        raise UsageError(f"--snapshot-every is {request.snapshot_every}, but it is 1 at the least.")
    if request.data == RING:
        progress.say(f"Learning from {ring.MODES} Gaussians on a ring.")
        return Match(
            ring_game(request.seed),
            ring.draw,
            (2,),
            f"{ring.MODES} Gaussians on a ring of radius {ring.RADIUS:g}, standard deviation {ring.SIGMA:g}",
            rounds[0],
            batch=batch[0],
            seed=request.seed,
            **rules,
        )
    stock = (
        own() if request.data is None else read_stock(request.data, side, colors, request.cache, progress.say)
    )
    progress.say(f"Learning from {stock.description}.")
    for name, reason in stock.skipped[:NAMED]:
        progress.say(f"Skipped {name}: {reason}.")
    if (more := len(stock.skipped) - NAMED) > 0:
        progress.say(f"Skipped {more} more: the trace names them all, under data_skipped.")
    return Match(
        players(request.seed, side, colors),
        stock.draw,
        (colors, side, side),
        stock.description,
        rounds[1],
        batch=batch[1],
        seed=request.seed,
        skipped=stock.skipped,
        **rules,
    )
