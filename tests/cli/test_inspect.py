"""``derivviz inspect``: what it says of a trace, and how it looks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from derivviz.cli.inspect import command
from derivviz.cli.printing import table
from derivviz.trace import TraceError
from derivviz.trace.layout import STATS
from derivviz.trace.writer import TraceWriter


def inspect(path: object, *words: str, width: int = 80) -> str:
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(command, [str(path), *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def write(path: Path, layers: int = 2, spoiled: int | None = None, **attributes: object) -> Path:
    """A small trace of a network of that many layers; `spoiled` is the row with an infinite activation."""
    names = [f"blocks.{n}.attention.projection" for n in range(layers)]
    about = {
        "modules": [
            {"name": n, "type": "Linear", "parameters": ["weight"], "output_shape": [4]} for n in names
        ],
        "parameters": [{"name": f"{n}.weight", "shape": [4, 4]} for n in names],
    }
    writer = TraceWriter(path, {**about, **attributes})
    writer.declare("step/step", dtype=np.int64)
    writer.declare("step/time", units="s")
    writer.declare("step/recorder_seconds", units="s")
    writer.declare("step/loss", name="loss")
    tensors = [("activation", n) for n in names] + [("grad", f"{n}.weight") for n in names]
    writer.declare("step/stats", ("tensor", "stat"), (len(tensors), len(STATS)))
    writer.labels("step/kind", ("tensor",), [kind for kind, _ in tensors])
    writer.labels("step/name", ("tensor",), [name for _, name in tensors])
    writer.labels("step/size", ("tensor",), [16] * len(tensors))
    for step in range(8):
        stats = np.ones((len(tensors), len(STATS)))
        stats[:, 1] = 0
        if step == spoiled:
            stats[layers // 2, 1] = 3
        times = {"time": step * 2.0, "recorder_seconds": step * 0.02}
        writer.append("step", {"step": step, **times, "loss": 1.0, "stats": stats})
    writer.close()
    return path


def test_all_that_a_run_left(tiny_trace: Path) -> None:
    told = inspect(tiny_trace)
    words = " ".join(told.split())
    assert told.startswith(str(tiny_trace)[:80])
    assert "layout version" in words
    assert "steps 12, from 0 to 11" in words
    assert ", of which the recorder" in words
    for expected in (
        "seed",
        "optimizer Adam",
        "torch ",
        "Linear",
        "fc1",
        "16×484",
        "lr (param 6) [1]",
        "time [s]",
    ):
        assert expected in words, expected
    assert "loss" in told
    assert "No value that was looked at is NaN or infinite." in told
    assert "update-ratio A step changes fc1.weight" in words


def test_the_diagnosis(tiny_trace: Path) -> None:
    from derivviz import open_trace
    from derivviz.trace.diagnosis import diagnose

    told = inspect(tiny_trace, width=120)
    found = diagnose(open_trace(tiny_trace))
    layer = next(layer for layer in found["layers"] if layer["name"] == "fc1")
    row = next(line for line in told.splitlines() if line.startswith("fc1 ") and "×" in line and "→" in line)
    for number in (f"{layer['rms_first']:.4g}", f"{layer['rms_last']:.4g}", f"× {layer['growth']:.3g}"):
        assert number in row
    weight = next(p for p in found["parameters"] if p["name"] == "fc1.weight")
    row = next(line for line in told.splitlines() if line.startswith("fc1.weight") and "×" not in line)
    assert "  ".join(f"{value:.2g}" for value in weight["ratio"]) in row
    assert "0.012" in row  # lr 0.01, factor 1.2
    assert "0% of the held-out pictures at first" in " ".join(told.split())
    assert json.loads(inspect(tiny_trace, "--json"))["diagnosis"] == found
    assert "diagnosis" not in json.loads(inspect(tiny_trace, "--json"))["notes"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("layers", [2, 200])
def test_it_fits(tmp_path: Path, width: int, layers: int) -> None:
    told = inspect(write(tmp_path / "run.zarr", layers), width=width)
    lines = told.splitlines()
    assert max(len(line) for line in lines) <= width
    assert len(lines) < 85
    assert "blocks.0.attention.projection" in told
    assert f"blocks.{layers - 1}.attention.projection" in told
    if layers == 200:
        assert "… 189 more" in told
        assert f"{200 * 16:,} parameters; statistics of 400 tensors" in told


def test_no_number_is_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    heads = ("output of", "rms, first step", "last", "dead, first → last")
    table(
        Console(width=44), "", heads, [("act2", "6.29e+03", "3.951e+04", "88% → 100%")] * 2, right=(1, 2, 3)
    )
    assert capsys.readouterr().out.count("6.29e+03  3.951e+04  88% → 100%") == 2


def test_where_and_when_it_went_wrong(tmp_path: Path) -> None:
    told = inspect(write(tmp_path / "run.zarr", 4, spoiled=5))
    assert "nonfinite  activation/blocks.2.attention.projection is the first to lose" in told
    assert "in step 5 3 of the values" in " ".join(told.split())
    assert "No value" not in told


def test_what_was_not_recorded(tmp_path: Path) -> None:
    odd = {"skipped": {"head": "complex numbers"}, "left_out": ["late"], "stopped": "the disk is full"}
    told = " ".join(inspect(write(tmp_path / "run.zarr", **odd)).split())
    assert "Skipped head: complex numbers" in told
    assert "Left out, for want of room late" in told
    assert "Stopped early the disk is full" in told


def test_json(tmp_path: Path) -> None:
    told = json.loads(inspect(write(tmp_path / "run.zarr", 200, spoiled=5), "--json"))
    assert list(told) == [
        *("path", "version", "bytes", "files", "steps", "snapshots", "evaluations", "probe_rows", "ranks"),
        *("seconds", "recorder_seconds", "recorder_share", "provenance", "sessions", "notes", "groups"),
        *("logged", "modules", "parameters", "elements", "tensors", "not_recorded", "not_understood"),
        *("first_nonfinite", "health", "diagnosis"),
    ]
    assert told["steps"] == {"count": 8, "first": 0, "last": 7}
    assert told["snapshots"] == {"count": 0, "first": None, "last": None}
    assert (told["seconds"], told["recorder_share"]) == (14.0, pytest.approx(0.01))
    assert len(told["modules"]) == 200
    assert told["first_nonfinite"]["where"] == "activation/blocks.100.attention.projection"
    assert told["first_nonfinite"]["step"] == 5
    assert told["health"][0] == told["first_nonfinite"]
    [step] = [group for group in told["groups"] if group["name"] == "step"]
    assert step["rows"] == 8
    assert {"path": "step/time", "name": "time", "dims": [["step", 8]], "units": "s"} in step["arrays"]
    assert told["bytes"] == sum(group["bytes"] for group in told["groups"])
    assert told["logged"] == [{"key": "loss", "count": 8, "first": 1.0, "last": 1.0, "min": 1.0, "max": 1.0}]


def test_names_are_neither_markup_nor_commands(tmp_path: Path) -> None:
    evil = "\x1b[2J[red]x[/red]:smile:"
    path = write(tmp_path / "run.zarr", preset=evil, command=f"{evil}\nsecond line")
    told = inspect(path)
    assert "\x1b" not in told
    assert told.count("\\x1b[2J[red]x[/red]:smile:") == 2
    assert "\x1b" not in inspect(path, "--json")


def test_an_empty_one(tmp_path: Path) -> None:
    TraceWriter(tmp_path / "new.zarr", {}).close()
    assert "none yet" in inspect(tmp_path / "new.zarr")
    assert json.loads(inspect(tmp_path / "new.zarr", "--json"))["seconds"] is None


def test_a_url(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    write(tmp_path / "run.zarr")
    memory = fsspec.filesystem("memory")
    memory.put(f"{tmp_path}/run.zarr/", "/seen/run.zarr/", recursive=True)
    try:
        assert inspect("memory://seen/run.zarr").startswith("memory://seen/run.zarr")
    finally:
        memory.rm("/seen", recursive=True)


def test_what_is_no_trace(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"has no zarr\.json"):
        inspect(tmp_path)
