"""A recorded game of two networks as a lesson or a figure needs it: rounds, samples, fields, modes. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace
from derivviz.trace.store import Array

DISCRIMINATOR, GENERATOR = 0, 1  # the series `player`
GOOD = 3.0  # standard deviations from a mode up to which a sample is good, as the run counts them


class Served(NamedTuple):
    """What samples do for the modes.

    nearest : how many samples have this mode as their nearest, int64, shape (mode,)
    good : how many of these are good, that is within three standard deviations of it
    """

    nearest: Array
    good: Array

    @property
    def held(self) -> int:
        """How many modes have a tenth of the good samples that would be their fair share, or more."""
        fair = self.nearest.sum() / len(self.nearest)
        return int((self.good >= fair / 10).sum())

    @property
    def smallest(self) -> float:
        """Share of the samples that the mode with the fewest has, in 0…1."""
        return float(self.nearest.min() / self.nearest.sum())

    @property
    def good_share(self) -> float:
        """Share of the samples that are good, in 0…1."""
        return float(self.good.sum() / self.nearest.sum())


@dataclass(frozen=True)
class Game:
    """A trace of the run ``gan`` or ``wgan-gp``.

    Attributes
    ----------
    trace
        The whole of it.
    turns
        Steps of the discriminator in a round, before the generator's one.
    on_ring
        Whether samples are points of the plane; else pictures.
    """

    trace: Trace

    @property
    def turns(self) -> int:
        return int(self.trace.attrs["discriminator_steps"])

    @property
    def on_ring(self) -> bool:
        return list(self.trace.attrs["sample_shape"]) == [2]

    def curve(self, key: str, player: int | None = None) -> tuple[Array, Array]:
        """Rounds and values of a logged series, where it has any; only those of a player's steps, if one is named."""
        values = self.trace[key]
        there = np.isfinite(values)
        if player is not None:
            there &= self.trace["player"] == player
        return self.trace["round"][there], values[there]

    @cached_property
    def sample_rounds(self) -> Array:
        """How many rounds were over when the fixed latent points were shown, int64, shape (row,)."""
        return np.asarray(self.trace.probe.steps // (self.turns + 1))

    @cached_property
    def samples(self) -> Array:
        """What became of the fixed latent points: points (row, sample, 2), or pictures (row, sample, y, x, color).

        Pictures have values in 0…1.
        """
        shown, output = len(self.trace.probe.steps), self.trace.probe.output
        if self.on_ring:
            return np.asarray(output.reshape(shown, -1, 2))
        colors, high, wide = self.trace.attrs["sample_shape"]
        pictures = output.reshape(shown, -1, colors, high, wide)
        return np.asarray(np.moveaxis((pictures + 1) / 2, 2, 4).clip(0, 1))

    @cached_property
    def modes(self) -> Array:
        """Where the modes of the ring lie, shape (mode, 2)."""
        return np.array(self.trace.attrs["modes"], float)

    @property
    def reach(self) -> float:
        """How far the field goes from the centre."""
        return float(self.trace.attrs["grid"]["reach"])

    def field(self, round: int) -> tuple[int, Array]:
        """The discriminator's answer over the grid at the look nearest to a round: (its round, rows from below)."""
        found = self.trace.evaluation
        n = int(np.abs(found.epochs - round).argmin())
        side = int(self.trace.attrs["grid"]["count"])
        return int(found.epochs[n]), found.probabilities[n, :, 0].reshape(side, side)

    def served(self, samples: Array) -> Served:
        """How samples, shape (n, 2), are spread over the modes."""
        away = np.linalg.norm(samples[:, None] - self.modes, axis=2)
        nearest, count = away.argmin(1), len(self.modes)
        good = away.min(1) <= GOOD * float(self.trace.attrs["sigma"])
        return Served(np.bincount(nearest, minlength=count), np.bincount(nearest[good], minlength=count))

    @property
    def rival(self) -> dict[str, Any] | None:
        """The plain GAN that played beside WGAN-GP on the ring: `rounds`, `steps`, `samples` (n, 2)."""
        found = self.trace.attrs.get("gan")
        return None if found is None else {**found, "samples": np.array(found["samples"], float)}

    def snapshots(self, player: int) -> list[int]:
        """Steps of that player that have a snapshot."""
        steps, players = self.trace.steps, self.trace["player"]
        return [int(s) for s in self.trace.snapshot_steps if players[np.searchsorted(steps, s)] == player]


def read_game(trace: Trace) -> Game:
    """The game that a trace holds.

    Raises
    ------
    MissingSeriesError
        It is of another run.
    """
    lacking = {"sample_shape", "discriminator_steps"} - trace.attrs.keys()
    if lacking or "player" not in trace or "round" not in trace:
        raise MissingSeriesError(
            f"The trace {trace.path} is not of a GAN. 'derivviz record gan --data ring' and 'derivviz record wgan-gp "
            "--data ring' record one."
        )
    return Game(trace)


class Sure(NamedTuple):
    """The round in which the gradient of the saturating loss was shortest beside that of the other one.

    round : its number, from 1
    probability : mean of D(G(z)) in the generator's step of that round
    saturating, other : norms of the gradient of all of G's weights, by ln(1 − D) and by −ln D
    """

    round: int
    probability: float
    saturating: float
    other: float

    @property
    def ratio(self) -> float:
        """How many times longer the other gradient is."""
        return self.other / self.saturating


def surest(trace: Trace) -> Sure:
    """Where D was surest of G's samples, by what that did to the gradients.

    Raises
    ------
    MissingSeriesError
        The two gradients were not recorded, or are 0.
    """
    short, long = trace["saturating_gradient"], trace["non_saturating_gradient"]
    ratio = np.divide(long, short, out=np.full(len(short), -np.inf), where=short > 0)
    n = int(np.where(np.isfinite(ratio), ratio, -np.inf).argmax())
    if not np.isfinite(ratio[n]):
        raise MissingSeriesError(
            f"The trace {trace.path} has no gradients by both losses that could be compared."
        )
    probability = float(trace["fake_probability"][n])
    return Sure(int(trace["round"][n]), probability, float(short[n]), float(long[n]))


def binned(at: Array, values: Array, most: int) -> tuple[Array, Array]:
    """A long curve as the means of `most` equal stretches at the most, so that noise leaves the course to see."""
    if len(at) <= most:
        return at.astype(float), values
    parts = np.array_split(np.arange(len(at)), most)
    return np.array([at[p].mean() for p in parts]), np.array([values[p].mean() for p in parts])
