"""The finished runs of the study: a CSV file, one line a run, and how a rate is chosen from them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from pathlib import Path

from experiment import TUNING, Configuration, Result
from plan import Arm, Rate

Row = dict[str, str]
Rows = dict[tuple[str, ...], Row]


def key(configuration: Configuration, seed: int) -> tuple[str, ...]:
    """What tells one run from another, as the CSV writes it."""
    return (*(str(value) for value in astuple(configuration)), str(seed))


def read(path: Path) -> Rows:
    """The finished runs of a results file by `key`; none if there is no file."""
    if not path.exists():
        return {}
    names = [field.name for field in fields(Configuration)]
    with path.open(encoding="utf-8", newline="") as file:
        return {(*(row[name] for name in names), row["seed"]): row for row in csv.DictReader(file)}


def append(path: Path, configuration: Configuration, seed: int, pictures: str, result: Result) -> Row:
    """Add a finished run to the file, and return its row."""
    row = {
        **{name: str(value) for name, value in asdict(configuration).items()},
        "seed": str(seed),
        "pictures": pictures,
        **{n: f"{v:.5g}" if isinstance(v, float) else str(v) for n, v in asdict(result).items()},
    }
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    return row


def tuning(arm: Arm) -> range:
    """The seeds on which the rate of an arm is chosen."""
    return range(TUNING, TUNING + arm.tuning_seeds)


def merit(rows: Sequence[Row]) -> tuple[int, float]:
    """By what a rate is chosen: the most pictures right, then the least held-out loss."""
    loss = sum(float(row["held_out_loss"]) for row in rows)
    return sum(int(row["correct"]) for row in rows), -loss if loss == loss else float("-inf")


def chosen(arm: Arm, rows: Rows) -> tuple[Rate, list[Row]] | None:
    """The rate that an arm chose and its reported runs, or None while some are missing."""
    tried: dict[Rate, list[Row]] = {}
    for rate in arm.rates if len(arm.rates) > 1 else ():
        found = [rows.get(key(arm.at(rate), seed)) for seed in tuning(arm)]
        if None in found:
            return None
        tried[rate] = [row for row in found if row is not None]
    best = max(tried, key=lambda rate: merit(tried[rate])) if tried else arm.rates[0]
    reported = [rows.get(key(arm.at(best), seed)) for seed in range(arm.seeds)]
    return None if None in reported else (best, [row for row in reported if row is not None])
