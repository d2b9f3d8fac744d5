"""The study of focal loss goes on where it was, and its tables say what its results hold."""

import csv
from pathlib import Path

import focal
import numpy as np
import pytest
from click.testing import CliRunner


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(focal, "SCENES", 8)
    monkeypatch.setattr(focal, "TEST_SCENES", 8)
    monkeypatch.setattr(focal, "CONTESTS", (("plain", "focal"),))


def run(*words: object) -> str:
    done = CliRunner().invoke(focal.main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_it_goes_on_where_it_was(small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "focal.csv"
    run("run", "--results", results, "--steps", 1, "--seeds", 1)
    first = results.read_text()
    monkeypatch.setattr(focal, "contest", lambda *asked: pytest.fail("it is there already"))
    run("run", "--results", results, "--steps", 1, "--seeds", 1)
    assert results.read_text() == first
    with results.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["arm"], row["class"]) for row in rows] == [
        (arm, name) for arm in ("plain", "focal") for name in ("vehicle", "pedestrian", "bicycle")
    ]
    assert all(0 <= float(row["average"]) <= 1 for row in rows if int(row["test_boxes"]))


def rows(**by_arm: list[float]) -> list[dict[str, str]]:
    return [
        {"seed": str(seed), "steps": "600", "arm": arm, "class": name, "average": str(value)}
        | {"recall": "0.5", "strict": "0.25"}
        for arm, values in by_arm.items()
        for seed, value in enumerate(values)
        for name in ("vehicle", "bicycle")
    ]


def test_the_tables_say_what_the_results_hold() -> None:
    held = rows(plain=[0.2, 0.4, 0.3], focal=[0.1, 0.3, 0.6], balanced=[0.9])
    lines = focal.table(held).splitlines()
    assert len(lines) == 4  # heads, dashes, two arms: one seed is no spread
    assert (
        "| cross-entropy | 3 | 600 | 0.300 ± 0.100 | 0.300 ± 0.100 | 0.500 ± 0.000 | 0.250 ± 0.000 |" in lines
    )
    gaps = np.array([-0.1, -0.1, 0.3])
    told = f"{gaps.mean():+.3f} ± {gaps.std(ddof=1) / np.sqrt(3):.3f}"
    paired = focal.paired(held).splitlines()
    assert len(paired) == 3
    assert told in paired[2]
    assert paired[2].endswith("| 1 of 3 |")


def test_the_document_holds_the_published_results(tmp_path: Path) -> None:
    copy = tmp_path / "focal.md"
    copy.write_text(focal.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    run("tables", "--document", copy)
    assert copy.read_text(encoding="utf-8") == focal.DOCUMENT.read_text(encoding="utf-8")
