"""The study from end to end on next to nothing, its folds, and the committed tables against the committed runs."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from experiment import FOLDS, Configuration, fold, run
from plan import PARTS, arms
from recommender import DOCUMENT, HERE, RESULTS, main
from results import chosen, key, read
from tables import table, wilson, write


def test_five_seeds_hold_out_each_picture_once() -> None:
    target = np.repeat(np.arange(5), (10, 20, 27, 27, 18))
    for first in (0, 5, 1000):
        held = [fold(target, seed)[1] for seed in range(first, first + FOLDS)]
        assert sorted(np.concatenate(held)) == list(range(102))
        for part in held:
            assert np.all(np.abs(np.bincount(target[part]) - np.array([2, 4, 5.4, 5.4, 3.6])) < 1)
        training, out = fold(target, first)
        assert sorted([*training, *out]) == list(range(102))
    assert list(fold(target, 0)[1]) != list(fold(target, 5)[1])


def test_equal_seeds_make_equal_runs(photos: Path) -> None:
    configuration = Configuration(side=16, epochs=2, dropout=0.3, average=0.9)
    first, again, other = (run(configuration, photos, seed) for seed in (0, 0, 1))
    assert first.loss == again.loss != other.loss
    assert (first.correct, first.held_out_loss) == (again.correct, again.held_out_loss)


def test_a_run_that_explodes_is_told_and_counts_as_wrong(photos: Path) -> None:
    raw = Configuration(
        activation="f′",
        normalisation="none",
        point=0.0,
        spread=1.0,
        optimizer="SGD",
        rule="uniform",
        rate=1e9,
        side=16,
        epochs=3,
    )
    result = run(raw, photos, 0)
    assert result.diverged == 1
    assert result.loss != result.loss
    assert result.correct == 0


def test_an_interrupted_study_goes_on(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    command = ["run", "--quick", "--data", str(photos), "--results", str(path)]
    done = CliRunner().invoke(main, [*command, "--part", "form"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "form: as it was" in done.output
    before = path.read_text(encoding="utf-8")
    assert CliRunner().invoke(main, command, catch_exceptions=False).exit_code == 0
    assert path.read_text(encoding="utf-8").startswith(before), "finished runs are kept as they are"
    rows = read(path)
    assert all(chosen(arm, rows) is not None for arm in arms(quick=True))


def test_runs_on_other_pictures_are_not_mixed(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    command = ["run", "--quick", "--data", str(photos), "--results", str(path)]
    CliRunner().invoke(main, [*command, "--part", "form"], catch_exceptions=False)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path.write_text(path.read_text(encoding="utf-8").replace(rows[0]["pictures"], "0" * 12), encoding="utf-8")
    refused = CliRunner().invoke(main, command)
    assert refused.exit_code == 1
    assert "--results" in refused.output


def test_the_script_says_what_it_does() -> None:
    script = HERE / "recommender.py"
    done = subprocess.run(
        [sys.executable, script, "run", "--help"], capture_output=True, text=True, check=True
    )
    assert "--quick" in done.stdout


def test_wilson_interval() -> None:
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0, 10)[0] == pytest.approx(0)


def test_the_documents_tables_are_what_the_runs_give(tmp_path: Path) -> None:
    copy = tmp_path / "laboratory.md"
    copy.write_text(DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    write(read(RESULTS), copy)
    assert copy.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8")
    for part in PARTS:
        assert f"<!-- table {part} -->" in copy.read_text(encoding="utf-8")


def test_every_arm_was_trained() -> None:
    rows = read(RESULTS)
    assert [arm.name for arm in arms() if chosen(arm, rows) is None] == []


def test_a_table_is_made_of_its_rows() -> None:
    rows = read(RESULTS)
    arm = next(arm for arm in arms() if arm.part == "activations")
    before = table(rows, "activations")
    found = chosen(arm, rows)
    assert found is not None
    at = key(arm.at(found[0]), 0)
    rows[at] = {**rows[at], "correct": str(int(rows[at]["correct"]) + 1)}
    assert table(rows, "activations") != before
