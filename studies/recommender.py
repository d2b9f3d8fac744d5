"""The study behind the preset ``stable``: f′ against other activations, the factor, and each part of the recipe.

    python studies/recommender.py run --data PHOTOS      every run that the results do not hold yet
    python studies/recommender.py tables                 the tables of docs/laboratory.md, from the results

PHOTOS has one sub-folder a class. A run is one line of ``recommender.csv`` beside this file, appended when
it is done, so an interrupted study goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import click
import torch
from experiment import Configuration, load, run
from plan import PARTS, Arm, arms
from results import Row, append, chosen, key, read, tuning
from tables import write

HERE = Path(__file__).parent
RESULTS = HERE / "recommender.csv"
DOCUMENT = HERE.parent / "docs" / "laboratory.md"


class Study:
    """Runs that are made once and kept in a CSV file.

    Parameters
    ----------
    results
        The CSV file. Its runs must be of the same pictures.
    data
        The folder of pictures.

    Raises
    ------
    click.ClickException
        If the file holds runs on other pictures.
    """

    def __init__(self, results: Path, data: Path) -> None:
        self.results, self.data, self.rows = results, data, read(results)
        pictures = load(data)
        self.pictures = hashlib.sha256(pictures.images.tobytes() + pictures.target.tobytes()).hexdigest()[:12]
        others = {row["pictures"] for row in self.rows.values()} - {self.pictures}
        if others:
            raise click.ClickException(
                f"{results} holds runs on other pictures ({', '.join(sorted(others))}; these are {self.pictures}): "
                "choose another file with --results."
            )

    def run(self, configuration: Configuration, seeds: Iterable[int]) -> None:
        """Train a configuration for each seed that is missing."""
        for seed in seeds:
            at = key(configuration, seed)
            if at not in self.rows:
                result = run(configuration, self.data, seed)
                self.rows[at] = append(self.results, configuration, seed, self.pictures, result)

    def measure(self, arm: Arm) -> tuple[tuple[str, float], list[Row]]:
        """Choose the arm's rate on its tuning seeds, then train its reported seeds."""
        for rate in arm.rates if len(arm.rates) > 1 else ():
            self.run(arm.at(rate), tuning(arm))
        tuned, reported = chosen(arm.without_report(), self.rows), None
        if tuned is not None:
            self.run(arm.at(tuned[0]), range(arm.seeds))
            reported = chosen(arm, self.rows)
        assert reported is not None, "all its runs are there now"
        return reported


@click.group()
def main() -> None:
    """Train the arms of the study, or write its tables."""


@main.command("run")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, show_default="beside this file")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part; repeatable.")
@click.option("--quick", is_flag=True, help="Two arms a part, tiny pictures, one epoch: does it run at all?")
@click.option("--threads", default=1, show_default=True, help="Of torch. The committed results used one.")
def run_command(data: Path, results: Path, parts: tuple[str, ...], quick: bool, threads: int) -> None:
    """Train whatever the results do not hold yet."""
    torch.set_num_threads(threads)
    study = Study(results, data)
    for arm in arms(quick):
        if parts and arm.part not in parts:
            continue
        (rule, rate), rows = study.measure(arm)
        right, shown = (sum(int(row[name]) for row in rows) for name in ("correct", "held_out"))
        click.echo(f"{arm.part}: {arm.name}, {rule} rate {rate:g}: {right} of {shown} right")


@main.command()
@click.option("--results", type=click.Path(path_type=Path, exists=True), default=RESULTS)
@click.option("--document", type=click.Path(path_type=Path, exists=True), default=DOCUMENT)
def tables(results: Path, document: Path) -> None:
    """Write the tables into the document, between their markers."""
    write(read(results), document)


if __name__ == "__main__":
    main()
