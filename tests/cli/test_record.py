"""``derivviz record`` from the outside."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from derivviz.cli import record
from derivviz.errors import DerivvizError, UsageError
from derivviz.runs import load, summaries, takes
from derivviz.trace import open_trace

pytestmark = pytest.mark.usefixtures("torch")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of these tests, not the user's."""
    monkeypatch.setattr("derivviz.learning.cache.default_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _invoke(*arguments: object) -> Result:
    return CliRunner().invoke(record.command, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for dish, color in (("pizza", "orange"), ("salad", "green")):
        (tmp_path / "data" / dish).mkdir(parents=True)
        for k in range(3):
            Image.new("RGB", (20 + k, 20), color).save(tmp_path / "data" / dish / f"{k}.jpg")
    (tmp_path / "data" / "salad" / "cut.png").touch()
    return tmp_path / "data"


def test_from_a_folder_to_a_trace(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "food.zarr"
    result = _invoke("food", "--data", folder, "--epochs", 1, "--seed", 5, "-o", path)
    assert result.exit_code == 0, result.output
    assert "Skipped salad/cut.png: the file is empty." in result.stderr
    assert "seed 5" in result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{path}: ")
    assert "1 steps in" in lines[0]
    assert "held-out pictures right" in lines[1]
    assert lines[-1] == f"Next: derivviz render backprop --trace {path}"
    assert open_trace(path).attrs["seed"] == 5

    again = _invoke("food", "--data", folder, "--epochs", 1, "-o", path)
    assert isinstance(again.exception, DerivvizError)
    assert "--overwrite" in str(again.exception)
    assert open_trace(path).attrs["seed"] == 5, "the refused run left the trace alone"
    mistyped = _invoke("food", "--preset", "stabel", "-o", path)
    assert "Did you mean 'stable'" in str(mistyped.exception), (
        "what was typed wrong comes before what is there"
    )
    assert _invoke("food", "--data", folder, "--epochs", 1, "-o", path, "--overwrite").exit_code == 0


@pytest.mark.parametrize("wrong", ["1", "-0.1", "20%"])
def test_a_share_that_cannot_be_held_out(folder: Path, tmp_path: Path, wrong: str) -> None:
    result = _invoke("food", "--data", folder, "-o", tmp_path / "x.zarr", "--held-out", wrong)
    assert isinstance(result.exception, UsageError)
    assert "--held-out" in str(result.exception)


def test_what_is_odd_about_a_folder_is_said_and_recorded(folder: Path, tmp_path: Path) -> None:
    (folder / "PIZZA").mkdir()
    for k in range(9):
        Image.new("RGB", (20, 20), "orange").save(folder / "PIZZA" / f"{k}.png")
    for k in range(20):
        (folder / "salad" / f"note {k}.txt").write_text("no picture")
    path = tmp_path / "food.zarr"
    result = _invoke("food", "--data", folder, "--epochs", 1, "-o", path, "--held-out", 0)
    assert "The folders PIZZA and pizza are one class." in result.stderr
    assert "unbalanced: pizza has 12 pictures, salad 3" in result.stderr
    assert "Always naming pizza would be right 80% of the time" in result.stderr
    assert result.stderr.count("Skipped ") == 11
    assert "Skipped 11 more" in result.stderr
    attrs = open_trace(path).attrs
    assert attrs["data_majority"] == ["pizza", 0.8]
    assert attrs["data_merged"] == [["PIZZA", "pizza"]]
    assert len(attrs["data_skipped"]) == 21
    assert attrs["pictures"] == {"training": 15, "held_out": 0}
    assert "no picture was held out" in result.stdout


def test_one_picture_a_class_leaves_none_to_hold_out_and_is_recorded_whole(
    folder: Path, tmp_path: Path
) -> None:
    for dish in ("pizza", "salad"):
        for k in (1, 2):
            (folder / dish / f"{k}.jpg").unlink()
    path = tmp_path / "food.zarr"
    result = _invoke("food", "--data", folder, "--epochs", 2, "-o", path)
    assert result.exit_code == 0, result.output
    assert "no picture was held out" in result.stdout
    assert len(open_trace(path).steps) == 2
    assert "stopped" not in open_trace(path).attrs


def test_a_folder_that_is_no_trace_is_never_replaced(folder: Path, tmp_path: Path) -> None:
    result = _invoke("food", "--data", folder, "--epochs", 1, "-o", folder, "--overwrite")
    assert isinstance(result.exception, DerivvizError)
    assert (folder / "pizza" / "0.jpg").is_file()


def _fake(monkeypatch: pytest.MonkeyPatch, train: Callable[..., object]) -> None:
    monkeypatch.setattr(
        record, "load", lambda name: SimpleNamespace(train=train, PRESETS=("stable", "faithful"))
    )


@pytest.mark.parametrize(("steps", "message"), [(0, "before the first step"), (3, "after 3 steps")])
def test_interrupt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, steps: int, message: str) -> None:
    def train(request: object, progress: record.Progress) -> None:
        for k in range(steps):
            progress.step(k + 1, 10, 1, 0.5)
        raise KeyboardInterrupt

    _fake(monkeypatch, train)
    result = _invoke("food", "-o", tmp_path / "x.zarr")
    assert result.exit_code == 130
    assert message in result.stderr


def test_what_is_asked_for_reaches_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    asked: list[record.Request] = []

    def train(request: record.Request, progress: record.Progress) -> None:
        asked.append(request)
        raise DerivvizError("enough")

    _fake(monkeypatch, train)
    monkeypatch.chdir(tmp_path)
    _invoke("food")
    _invoke("food", "--preset", "faithful", "--seed", "2", "--epochs", "3", "--snapshot-every", "4")
    assert asked[0] == record.Request(Path("renders/food.zarr"))
    assert asked[1] == record.Request(
        Path("renders/food.zarr"), preset="faithful", seed=2, epochs=3, snapshot_every=4
    )
    _invoke("food", "--data", "photos")
    _invoke("food", "--data", "photos", "--no-cache")
    assert [request.cache for request in asked] == [None, None, cache, None]


def test_an_unknown_run_is_told_those_there_are() -> None:
    result = _invoke("fod")
    assert isinstance(result.exception, UsageError)
    assert "food" in str(result.exception)


def test_help_lists_the_runs_without_torch() -> None:
    import subprocess

    code = (
        "import sys; from click.testing import CliRunner; from derivviz.cli import record, recommend; "
        "out = CliRunner().invoke(record.command, ['--help']).output; print(out); "
        "CliRunner().invoke(recommend.command, ['--help']); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "food recommender" in done.stdout
    assert "--preset" in done.stdout


@pytest.mark.parametrize(
    ("run", "has", "has_not"),
    [
        ("food", ("--data", "--preset", "--epochs", "--held-out", "one sub-folder"), ("--degree", "CSV")),
        ("wgan-gp", ("--data", "ring", "--penalty", "--no-cache"), ("--preset", "--epochs", "sub-folder")),
        ("polynomial", ("--data", "--degree", "CSV"), ("--preset", "--epochs", "--no-cache")),
        ("descent", ("--momentum", "galaxies"), ("--preset", "--epochs", "--no-cache")),
        ("focal", ("--data", "boxes", "--alpha"), ("--preset", "--epochs", "--no-cache")),
    ],
)
def test_help_of_a_run_lists_what_it_takes(run: str, has: tuple[str, ...], has_not: tuple[str, ...]) -> None:
    told = _invoke(run, "--help").output
    assert all(word in told for word in (*has, "--seed", "--output", "--snapshot-every"))
    assert not [word for word in has_not if word in told]
    general = _invoke("--help").output
    assert all(word in general for word in ("--data", "--preset", "--epochs", "--no-cache", f"  {run} "))


def test_what_a_run_says_that_it_takes_are_options() -> None:
    names = {option.name for option in record.command.params}
    for run in summaries():
        assert {"data"} <= set(takes(run)) <= set(record.NOT_OF_ALL) <= names
        assert ("preset" in takes(run)) == bool(getattr(load(run), "PRESETS", ()))
