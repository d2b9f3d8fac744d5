"""GAN against WGAN-GP on the ring of eight Gaussians: how many modes, how many good samples, at what cost.

    python studies/losses.py run       every game that the results do not hold yet
    python studies/losses.py tables    the table of docs/losses.md, from the results

A game is one line of ``losses.csv`` beside this file, appended when it is over, so an interrupted study goes
on where it was. All play with the networks and the defaults of ``derivviz record … --data ring``.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from document import fill, markdown

from derivviz.learning import ring
from derivviz.runs import Progress, Request, gan, wgan_gp
from derivviz.runs._match import RING
from derivviz.runs._player import Nobody

HERE = Path(__file__).parent
RESULTS = HERE / "losses.csv"
DOCUMENT = HERE.parent / "docs" / "losses.md"
ROUNDS = 1000  # steps of the generator
SEEDS = 5
Row = dict[str, str]


@dataclass(frozen=True)
class Arm:
    """A line of the table: which game, and `longer` times the rounds of the others."""

    name: str
    saturating: bool | None  # None for WGAN-GP
    longer: int = 1


# A round of WGAN-GP has six steps, five of the critic; one of a GAN has two.
ARMS = (
    Arm("GAN, non-saturating", False),
    Arm("GAN, saturating (minimax)", True),
    Arm("WGAN-GP", None),
    Arm("GAN, non-saturating, as many steps in all as WGAN-GP", False, longer=3),
)


def play(arm: Arm, rounds: int, seed: int) -> Row:
    """Play one game, and judge its generator by 2,500 samples."""
    silent = Progress(lambda line: None, lambda *now: None)
    start = time.process_time()
    if arm.saturating is None:
        request = Request(Path(), RING, seed=seed, parameters=wgan_gp.Parameters(steps=rounds))
        match, optimizer = wgan_gp.prepared(request, silent)
        wgan_gp.play(match, optimizer, Nobody(), silent, request.parameters.penalty)
    else:
        request = Request(Path(), RING, seed=seed, parameters=gan.Parameters(steps=rounds * arm.longer))
        match, optimizer = gan.prepared(request, silent)
        gan.play(match, optimizer, Nobody(), silent, arm.saturating)
    seconds = time.process_time() - start
    samples = match.samples()
    away, nearest = torch.cdist(samples, ring.centers()).min(1)
    shares = torch.bincount(nearest, minlength=ring.MODES) / len(samples)
    return {
        "arm": arm.name,
        "rounds": str(rounds),
        "seed": str(seed),
        "generator_steps": str(match.rounds),
        "discriminator_steps": str(match.rounds * match.turns),
        "modes": str(ring.modes_covered(samples)),
        "modes_tenth": str(ring.modes_covered(samples, least=ring.TENTH)),
        "good": f"{ring.good_share(samples):.5g}",
        "smallest_share": f"{float(shares.min()):.5g}",
        "away": f"{float(away.median()):.5g}",
        "seconds": f"{seconds:.4g}",
    }


def read(path: Path) -> dict[tuple[str, str, str], Row]:
    """The games that are over, by arm, rounds and seed."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["arm"], row["rounds"], row["seed"]): row for row in csv.DictReader(file)}


def append(path: Path, row: Row) -> None:
    """Add a game to the file."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def table(rows: dict[tuple[str, str, str], Row]) -> str:
    """One line an arm and number of rounds: mean ± standard deviation over the seeds."""
    heads = (
        *("", "seeds", "steps of G, of D", "modes with a good sample", "modes with a tenth of their share"),
        *("good samples", "smallest share of a mode", "median distance to a mode", "CPU s"),
    )
    lines: list[Sequence[str]] = [heads, ("---",) * len(heads)]
    for rounds in sorted({int(key[1]) for key in rows}):
        for arm in ARMS:
            found = [row for key, row in rows.items() if key[:2] == (arm.name, str(rounds))]
            if len(found) < 2:
                continue
            steps = f"{found[0]['generator_steps']}, {found[0]['discriminator_steps']}"
            modes = (_spread(found, name, "{:.1f}") for name in ("modes", "modes_tenth"))
            shares = (_spread(found, name, "{:.1%}") for name in ("good", "smallest_share"))
            away, seconds = _spread(found, "away", "{:.2f}"), _spread(found, "seconds", "{:.0f}")
            lines.append((arm.name, str(len(found)), steps, *modes, *shares, away, seconds))
    return markdown(lines)


def _spread(rows: Sequence[Row], name: str, form: str) -> str:
    values = np.array([float(row[name]) for row in rows])
    return f"{form.format(values.mean())} ± {form.format(values.std(ddof=1))}"


@click.group()
def main() -> None:
    """Play the games of the study, or write its table."""


@main.command("run")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, show_default="beside this file")
@click.option("--rounds", default=ROUNDS, show_default=True, help="Steps of the generator.")
@click.option("--seeds", default=SEEDS, show_default=True)
def run_command(results: Path, rounds: int, seeds: int) -> None:
    """Play whatever the results do not hold yet."""
    torch.set_num_threads(1)
    for seed in range(seeds):
        for arm in ARMS:
            if (arm.name, str(rounds), str(seed)) not in read(results):
                row = play(arm, rounds, seed)
                append(results, row)
                click.echo(
                    f"{arm.name}, seed {seed}: {row['modes_tenth']} modes, {float(row['good']):.1%} good"
                )


@main.command()
@click.option("--results", type=click.Path(path_type=Path, exists=True), default=RESULTS)
@click.option("--document", type=click.Path(path_type=Path, exists=True), default=DOCUMENT)
def tables(results: Path, document: Path) -> None:
    """Write the table into the document, between its markers."""
    fill(document, {"ring": table(read(results))})


if __name__ == "__main__":
    main()
