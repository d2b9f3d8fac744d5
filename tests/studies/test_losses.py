"""The study of the losses goes on where it was, and its table says what its results hold."""

import csv
from pathlib import Path

import losses
import pytest
from click.testing import CliRunner


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(losses, "ARMS", (losses.ARMS[0], losses.ARMS[2]))
    return tmp_path / "losses.csv"


def run(*words: object) -> str:
    done = CliRunner().invoke(losses.main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_it_goes_on_where_it_was(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("run", "--results", results, "--rounds", 2, "--seeds", 1)
    first = results.read_text()
    monkeypatch.setattr(losses, "play", lambda *arm: pytest.fail("it is there already"))
    run("run", "--results", results, "--rounds", 2, "--seeds", 1)
    assert results.read_text() == first
    with results.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["arm"] for row in rows] == ["GAN, non-saturating", "WGAN-GP"]
    assert [row["discriminator_steps"] for row in rows] == ["2", "10"]
    assert all(0 <= float(row["smallest_share"]) <= 1 / 8 for row in rows)


def test_the_same_seed_plays_the_same_game() -> None:
    one, other = (losses.play(losses.ARMS[0], 2, 3) for _ in range(2))
    assert {k: v for k, v in one.items() if k != "seconds"} == {
        k: v for k, v in other.items() if k != "seconds"
    }


def test_the_table(results: Path, tmp_path: Path) -> None:
    for seed, (modes, good) in enumerate([(4, 0.5), (6, 0.7)]):
        row = losses.play(losses.ARMS[0], 1, seed) | {"modes": str(modes), "good": str(good)}
        losses.append(results, row)
    document = tmp_path / "losses.md"
    document.write_text("before\n<!-- table ring -->\nold\n<!-- end -->\nafter\n")
    run("tables", "--results", results, "--document", document)
    text = document.read_text()
    assert "| GAN, non-saturating | 2 | 1, 1 | 5.0 ± 1.4 |" in text
    assert "| 60.0% ± 14.1% |" in text
    assert "old" not in text
    assert text.endswith("<!-- end -->\nafter\n")
