"""The plain GAN that WGAN-GP is held against: on the same ring, from the same seed, with as many steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from derivviz.learning import ring
from derivviz.runs import Progress, Request, gan
from derivviz.runs._match import RING, Match
from derivviz.runs._player import Nobody, Table

_SILENT = Progress(lambda line: None, lambda *now: None)


class PlainGan:
    """A GAN with the non-saturating loss that is played beside a match on the ring, and keeps up with it.

    It has the match's seed, so the same first weights and the same fixed latent points; the same batches; and for
    each step of an optimizer that the match makes, one of its own: with five steps of the critic, three rounds
    a round. Its learning rate is that of the run ``gan``.
    """

    def __init__(self, match: Match) -> None:
        parameters = gan.Parameters(steps=match.steps // 2, batch_size=match.batch)
        request = Request(Path(), RING, seed=match.seed, parameters=parameters)
        self.match, self._optimizer = gan.prepared(request, _SILENT)
        self.match.game.train()
        self._done = 0

    def keep_up(self, steps: int) -> None:
        """Play until it has made so many steps, or one fewer."""
        while self._done < steps // 2:
            self._done += 1
            gan.play_round(self.match, self._optimizer, Nobody(), _SILENT, False, self._done)

    def log(self, table: Table) -> None:
        """How it stands, by the measures of the match."""
        samples = self.match.samples()
        table.log(
            gan_modes_covered=ring.modes_covered(samples),
            gan_modes_with_a_tenth=ring.modes_covered(samples, least=ring.TENTH),
            gan_good_share=ring.good_share(samples),
        )

    def about(self) -> dict[str, Any]:
        """For the trace: how long it played, and what became of the fixed latent points."""
        samples = self.match.game.generator(self.match.shown).detach()
        return {"rounds": self._done, "steps": 2 * self._done, "samples": samples.tolist()}
