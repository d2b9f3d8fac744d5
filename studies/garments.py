"""GAN against WGAN-GP on drawn garments: how far what they generate is from the real ones.

    python studies/garments.py run       every game that the results do not hold yet
    python studies/garments.py tables    the table of docs/losses.md, from the results

The measure is the Fréchet distance of two Gaussians, fitted to what a small classifier, trained here on the eight
kinds of garments, has in its last hidden layer. It is made as the FID is, but with other features: its numbers
say nothing beside a published FID. Both games have the same networks, first weights, batches and number of
optimizer steps. A game is one line of ``garments.csv`` beside this file, appended when it is over.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from document import fill, markdown
from losses import append
from torch import Tensor

from derivviz.learning.frechet import Judge, frechet_distance, trained_judge
from derivviz.learning.game import Game, flat_game
from derivviz.learning.garments import KINDS, SIDE, garments
from derivviz.learning.stock import Stock
from derivviz.runs import Progress, Request, gan, wgan_gp
from derivviz.runs._match import Match, prepare
from derivviz.runs._player import Nobody, optimizer_of

HERE = Path(__file__).parent
RESULTS = HERE / "garments.csv"
DOCUMENT = HERE.parent / "docs" / "losses.md"
ROUNDS = 150  # of WGAN-GP: 900 steps; a GAN plays three times as many
SEEDS, COUNT, BATCH = 5, 2000, 64
ARMS = ("other garments", "untrained generator", "GAN, non-saturating", "WGAN-GP")
SILENT = Progress(lambda line: None, lambda *now: None)
Row = dict[str, str]


def pictures(seed: int, count: int = COUNT) -> tuple[Tensor, Tensor]:
    """Drawn garments in −1…1, shape (count, 1, 28, 28), and their kinds."""
    drawn = torch.from_numpy(garments(count, seed=seed)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return drawn, torch.arange(count) % len(KINDS)


def played(arm: str, rounds: int, seed: int) -> Game:
    """The game of an arm after its rounds; both start from the same weights."""
    if arm == "untrained generator":
        return flat_game(seed, SIDE, 1)
    torch.manual_seed(seed)  # decides the units that are left out
    if arm == "WGAN-GP":
        match = _match(seed, rounds, turns=5)
        wgan_gp.play(match, optimizer_of(match.game, 0.0001, wgan_gp.BETAS), Nobody(), SILENT, 10.0)
    else:
        match = _match(seed, 3 * rounds, turns=1)
        gan.play(match, optimizer_of(match.game, 0.001, gan.BETAS[1]), Nobody(), SILENT, saturating=False)
    return match.game


def _match(seed: int, rounds: int, turns: int) -> Match:
    stock: Callable[[], Stock] = lambda: Stock(garments(COUNT, seed=seed), "garments")  # noqa: E731
    return prepare(
        Request(Path(), seed=seed), SILENT, stock, flat_game,
        side=SIDE, colors=1, rounds=(rounds, rounds), batch=(BATCH, BATCH), turns=turns, answer=lambda score: score,
    )  # fmt: skip


def measure(arm: str, rounds: int, seed: int, judge: Judge) -> Row:
    """How far an arm's pictures are from real ones that nobody learned from."""
    start = time.process_time()
    if arm == "other garments":
        made, _ = pictures(2000 + seed)
    else:
        game = played(arm, rounds, seed).eval()
        with torch.no_grad():
            made = game.generator(game.draw(COUNT, torch.Generator().manual_seed(seed + 1)))
    seconds = time.process_time() - start
    real, _ = pictures(1000 + seed)
    sure = judge(made).softmax(1)
    kinds = torch.bincount(sure.argmax(1), minlength=len(KINDS)) / len(made)
    return {
        "arm": arm,
        "rounds": str(rounds),
        "seed": str(seed),
        "distance": f"{frechet_distance(judge.features(real), judge.features(made)).item():.5g}",
        "smallest_kind": f"{float(kinds.min()):.5g}",
        "seconds": f"{seconds:.4g}",
    }


def read(path: Path) -> list[Row]:
    """The games that are over."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(rows: list[Row]) -> str:
    """One line an arm: mean ± standard deviation over the seeds."""
    heads = (
        "",
        "seeds",
        "steps in all",
        "Fréchet distance of the judge's features",
        "share of the rarest kind",
        "CPU s",
    )
    lines: list[tuple[str, ...]] = [heads, ("---",) * len(heads)]
    for rounds in sorted({int(row["rounds"]) for row in rows}):
        for arm in ARMS:
            found = [row for row in rows if row["arm"] == arm and row["rounds"] == str(rounds)]
            if len(found) < 2:
                continue
            trained = arm in ARMS[2:]
            spread = {
                key: np.array([float(row[key]) for row in found])
                for key in ("distance", "smallest_kind", "seconds")
            }
            told = [
                f"{form.format(values.mean())} ± {form.format(values.std(ddof=1))}"
                for form, values in zip(("{:.1f}", "{:.1%}", "{:.0f}"), spread.values(), strict=True)
            ]
            lines.append(
                (
                    arm,
                    str(len(found)),
                    str(6 * rounds) if trained else "",
                    *told[:2],
                    told[2] if trained else "",
                )
            )
    return markdown(lines)


@click.group()
def main() -> None:
    """Play the games of the study, or write its table."""


@main.command("run")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, show_default="beside this file")
@click.option("--rounds", default=ROUNDS, show_default=True, help="Steps of WGAN-GP's generator.")
@click.option("--seeds", default=SEEDS, show_default=True)
def run_command(results: Path, rounds: int, seeds: int) -> None:
    """Play whatever the results do not hold yet."""
    torch.set_num_threads(1)
    learned, kinds = pictures(3000)
    judge = trained_judge(learned, kinds)
    unseen, truth = pictures(3001)
    right = float((judge(unseen).argmax(1) == truth).double().mean())
    click.echo(f"The judge tells {right:.1%} of garments right that it has not seen.")
    for seed in range(seeds):
        for arm in ARMS:
            if any(
                (row["arm"], row["rounds"], row["seed"]) == (arm, str(rounds), str(seed))
                for row in read(results)
            ):
                continue
            row = measure(arm, rounds, seed, judge)
            append(results, row)
            click.echo(
                f"{arm}, seed {seed}: distance {row['distance']}, rarest kind {float(row['smallest_kind']):.1%}"
            )


@main.command()
@click.option("--results", type=click.Path(path_type=Path, exists=True), default=RESULTS)
@click.option("--document", type=click.Path(path_type=Path, exists=True), default=DOCUMENT)
def tables(results: Path, document: Path) -> None:
    """Write the table into the document, between its markers."""
    fill(document, {"garments": table(read(results))})


if __name__ == "__main__":
    main()
