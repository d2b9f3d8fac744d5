"""The study of drawn garments: its games start alike, its measure knows real from made, its table its results."""

from __future__ import annotations

from pathlib import Path

import garments
import pytest
import torch
from click.testing import CliRunner


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garments, "COUNT", 96)
    monkeypatch.setattr(garments, "BATCH", 8)
    monkeypatch.setattr(garments.pictures, "__defaults__", (96,))


def run(*words: object) -> str:
    done = CliRunner().invoke(garments.main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "garments.csv"
    assert "The judge tells" in run("run", "--results", results, "--rounds", 1, "--seeds", 2)
    rows = garments.read(results)
    assert [row["arm"] for row in rows] == [*garments.ARMS] * 2
    by_arm = {row["arm"]: float(row["distance"]) for row in rows}
    assert by_arm["other garments"] < by_arm["untrained generator"]
    assert all(0 <= float(row["smallest_kind"]) <= 1 / 8 for row in rows)
    monkeypatch.setattr(garments, "measure", lambda *arm: pytest.fail("it is there already"))
    run("run", "--results", results, "--rounds", 1, "--seeds", 2)
    document = tmp_path / "losses.md"
    document.write_text("<!-- table garments -->\nold\n<!-- end -->\n")
    run("tables", "--results", results, "--document", document)
    lines = document.read_text().splitlines()
    assert lines[0] == "<!-- table garments -->"
    assert lines[-1] == "<!-- end -->"
    assert [line.split(" | ")[0] for line in lines[3:-1]] == [f"| {arm}" for arm in garments.ARMS]
    assert [line.split(" | ")[2] for line in lines[3:-1]] == ["", "", "6", "6"]


def test_both_games_start_from_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garments.gan, "play", lambda *given, **named: None)
    monkeypatch.setattr(garments.wgan_gp, "play", lambda *given, **named: None)
    games = [garments.played(arm, 1, 3).state_dict() for arm in garments.ARMS[1:]]
    for other in games[1:]:
        assert all(torch.equal(a, b) for a, b in zip(games[0].values(), other.values(), strict=True))
