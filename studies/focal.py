"""Focal loss against cross-entropy: what does it do to the precision of each class, of the rarest above all?

    python studies/focal.py run       every contest that the results do not hold yet
    python studies/focal.py tables    the tables of docs/focal.md, from the results

On one seed all losses get the same scenes, first weights and batches. The lines of a contest are appended to
``focal.csv`` beside this file when it is over, so an interrupted study goes on where it was. Detector, scenes
and settings are the defaults of ``derivviz record focal``; only the test is larger.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch
from document import fill, markdown

from derivviz.learning.frames import road_task
from derivviz.runs._contest import Contest, Loss
from derivviz.runs.focal import Parameters

HERE = Path(__file__).parent
RESULTS = HERE / "focal.csv"
DOCUMENT = HERE.parent / "docs" / "focal.md"
SEEDS = 5
SCENES, TEST_SCENES = Parameters().scenes, 400
Row = dict[str, str]

# Lin et al. weigh the positives by 0.75 in their best cross-entropy, by 0.25 with γ = 2 (table 1).
ARMS = {
    "plain": ("cross-entropy", Loss(0, None)),
    "balanced": ("cross-entropy, α = 0.75", Loss(0, 0.75)),
    "focal": ("focal loss, γ = 2, α = 0.25", Loss(2, 0.25)),
    "unweighted": ("focal loss, γ = 2, without α", Loss(2, None)),
}

CONTESTS = (("plain", "focal"), ("balanced", "unweighted"))  # trained at once, the first for all seeds first


def contest(names: Sequence[str], seed: int, steps: int) -> list[Row]:
    """Train some arms on one seed; a line an arm and class."""
    start = time.process_time()
    defaults = Parameters()
    task = road_task(SCENES, TEST_SCENES, seed)
    losses = {name: ARMS[name][1] for name in names}
    held = Contest(
        task, losses, seed=seed, steps=steps, batch=defaults.batch_size, rate=defaults.learning_rate
    )
    for _ in range(steps):
        held.step(*held.draw())
    seconds = time.process_time() - start
    learnt, seen = (frames.counts(len(task.classes)) for frames in (task.train, task.test))
    return [
        {
            "seed": str(seed),
            "steps": str(steps),
            "arm": arm,
            "class": name,
            "train_boxes": str(learnt[k]),
            "test_boxes": str(seen[k]),
            "average": f"{one.average:.5g}",
            "strict": f"{one.strict:.5g}",
            "recall": f"{one.recall:.5g}",
            "seconds": f"{seconds:.4g}",
        }
        for arm, precisions in held.test().items()
        for k, (name, one) in enumerate(zip(task.classes, precisions, strict=True))
    ]


def read(path: Path) -> list[Row]:
    """The lines of the contests that are over."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def append(path: Path, rows: Sequence[Row]) -> None:
    """Add a contest to the file."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def values(rows: Sequence[Row], steps: int, arm: str, name: str, what: str = "average") -> dict[int, float]:
    """A number by seed."""
    return {
        int(row["seed"]): float(row[what])
        for row in rows
        if (row["steps"], row["arm"], row["class"]) == (str(steps), arm, name)
    }


def table(rows: Sequence[Row]) -> str:
    """One line an arm and number of steps: mean ± standard deviation over the seeds."""
    classes = list(dict.fromkeys(row["class"] for row in rows))
    rare = classes[-1]
    heads = (
        *("", "seeds", "steps", *(f"AP of {name}" for name in classes)),
        *(f"{rare}: found, half being right", f"stricter AP of {classes[0]}"),
    )
    lines: list[Sequence[str]] = [heads, ("---",) * len(heads)]
    for steps in sorted({int(row["steps"]) for row in rows}):
        for arm, (title, _) in ARMS.items():
            each = [values(rows, steps, arm, name) for name in classes]
            if len(each[-1]) > 1:
                more = (
                    values(rows, steps, arm, rare, "recall"),
                    values(rows, steps, arm, classes[0], "strict"),
                )
                shown = (_spread(one) for one in (*each, *more))
                lines.append((title, str(len(each[-1])), str(steps), *shown))
    return markdown(lines)


def paired(rows: Sequence[Row]) -> str:
    """Each arm minus plain cross-entropy on the same seeds: mean ± standard error, and in how many it is higher."""
    classes = list(dict.fromkeys(row["class"] for row in rows))
    heads = ("minus cross-entropy", "steps", *classes, f"higher for {classes[-1]}")
    lines: list[Sequence[str]] = [heads, ("---",) * len(heads)]
    for steps in sorted({int(row["steps"]) for row in rows}):
        for arm, (title, _) in list(ARMS.items())[1:]:
            pairs = [(values(rows, steps, arm, name), values(rows, steps, "plain", name)) for name in classes]
            gaps = [
                np.array([one[seed] - plain[seed] for seed in one if seed in plain]) for one, plain in pairs
            ]
            if len(gaps[-1]) > 1:
                told = (f"{g.mean():+.3f} ± {g.std(ddof=1) / math.sqrt(len(g)):.3f}" for g in gaps)
                lines.append((title, str(steps), *told, f"{(gaps[-1] > 0).sum()} of {len(gaps[-1])}"))
    return markdown(lines)


def _spread(by_seed: dict[int, float]) -> str:
    found = np.array(list(by_seed.values()))
    return f"{found.mean():.3f} ± {found.std(ddof=1):.3f}"


@click.group()
def main() -> None:
    """Hold the contests of the study, or write its tables."""


@main.command("run")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, show_default="beside this file")
@click.option("--steps", default=Parameters().steps, show_default=True, help="Training steps.")
@click.option("--seeds", default=SEEDS, show_default=True)
def run_command(results: Path, steps: int, seeds: int) -> None:
    """Hold whatever contest the results do not have yet."""
    torch.set_num_threads(1)
    for names in CONTESTS:
        for seed in range(seeds):
            keys = {(row["seed"], row["steps"], row["arm"]) for row in read(results)}
            if (str(seed), str(steps), names[0]) in keys:
                continue
            rows = contest(names, seed, steps)
            append(results, rows)
            rare = rows[-1]["class"]
            told = ", ".join(
                f"{row['arm']} {float(row['average']):.3f}" for row in rows if row["class"] == rare
            )
            click.echo(f"seed {seed}: AP of {rare}: {told}")


@main.command()
@click.option("--results", type=click.Path(path_type=Path, exists=True), default=RESULTS)
@click.option("--document", type=click.Path(path_type=Path, exists=True), default=DOCUMENT)
def tables(results: Path, document: Path) -> None:
    """Write the tables into the document, between their markers."""
    rows = read(results)
    fill(document, {"focal": table(rows), "paired": paired(rows)})


if __name__ == "__main__":
    main()
