"""Faults of the recorder stay with the recorder."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.recording import gathering, held, pace, probe, recorder, run, sampling, tables, watch
from derivviz.trace import TraceError, columns, writer


def network() -> tuple[nn.Module, torch.optim.Optimizer]:
    # What an in-place activation follows is read at once, the rest when the forward pass is over.
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(inplace=True), nn.Linear(5, 2))
    return model, torch.optim.Adam(model.parameters(), lr=0.1)


def train(model: nn.Module, optimizer: torch.optim.Optimizer) -> torch.Tensor:
    optimizer.zero_grad()
    loss = model(torch.ones(3, 6)).square().sum()
    loss.backward()
    optimizer.step()
    return loss


def hooks_of(model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    of_modules = sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()
    )
    return of_modules + len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, None])
def test_hooks_are_gone_and_the_trace_is_whole(tmp_path: Path, error: type[BaseException] | None) -> None:
    model, optimizer = network()
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr")
    with pytest.raises(error) if error else contextlib.nullcontext(), block as recording:
        assert hooks_of(model, optimizer) > 0
        for _ in range(3):
            recording.log(loss=train(model, optimizer))
        if error:
            raise error
    assert hooks_of(model, optimizer) == 0
    assert derivviz.open_trace(tmp_path / "run.zarr")["loss"].shape == (3,)
    train(model, optimizer)


OWNERS = [
    watch.Watch, held.Held, gathering.Gathering, sampling.Sheet, sampling.Plan, tables.Tables, run.Run,
    probe.Probe, pace.Pace, pace.Budget, writer.TraceWriter, columns.Column, columns.Labels,
]  # fmt: skip
FUNCTIONS = [
    (gathering, ["norms", "exact", "pictures", "maps", "chosen_units"]),
    (run, ["pictures", "provenance", "session"]),
    (probe, ["pictures", "chosen_units", "maps"]),
    (sampling, ["pick", "joined"]),
    (tables, ["plan"]),
    (watch, ["obstacle", "first_tensor", "in_backward", "in_transform", "unscaled", "overflowed"]),
    (columns, ["replace_file"]),
]
PLACES = [
    (owner, name)
    for owner in OWNERS
    for name, value in vars(owner).items()
    if inspect.isfunction(value) and not name.startswith("__") and name != "detach"
] + [(module, name) for module, names in FUNCTIONS for name in names]
# Called before training only, or for what this training does not have; most of it is tested elsewhere.
NEVER = {
    "Watch.attach", "Watch._attach", "Watch._read_scale", "watch.unscaled", "sampling.pick",
    "Run._must_match", "Run._drop", "run.provenance", "run.session", "Budget._choose", "Budget.cost",
    "TraceWriter._resume", "TraceWriter.describe", "TraceWriter.values", "TraceWriter.truncate",
    "Column.extend", "Column.read", "Column.go_on", "Column.forget", "Column._open", "Labels.metadata",
    "Tables._declare_step", "Tables._declare_piece",
}  # fmt: skip


def place(owner: Any, name: str) -> str:
    return f"{owner.__name__.rpartition('.')[2]}.{name}"


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[place(*each) for each in PLACES])
def test_a_fault_stops_the_recording_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    broken = failed = False
    original = getattr(owner, name)
    # Those that write meet what a full disk says, the others an error of their own.
    writes = owner in (writer.TraceWriter, columns.Column, columns.Labels, columns)
    error = OSError(28, "No space left on device") if writes else RuntimeError("broken")

    def fail(*args: Any, **kwargs: Any) -> Any:
        nonlocal failed
        if broken:
            failed = True
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, fail)
    monkeypatch.setattr(recorder, "SECONDS_BETWEEN_COMMITS", 0.0)

    def loop(recording: Any, broken_from: int) -> list[torch.Tensor]:
        nonlocal broken
        torch.manual_seed(1)
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(64, 40))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        block = recording and recording(model, optimizer)
        with block or contextlib.nullcontext() as told:
            for step in range(5):
                broken = step >= broken_from
                images = torch.rand(3, 3, 6, 6)
                if told:
                    told.batch(images, torch.zeros(3, dtype=torch.long))
                optimizer.zero_grad()
                loss = model(images).square().sum()
                loss.backward()
                optimizer.step()
                if told:
                    told.log(loss=loss)
                    told.note(step=step)
                    told.evaluation(torch.ones(2, 2), images=images[:2])
        broken = False
        assert hooks_of(model, optimizer) == 0
        return list(model.parameters())

    def recording(model: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
        options: Any = {"budget": 0.5} if owner is pace.Budget or name == "flush" else {"snapshot_every": 2}
        options |= {"probe": torch.ones(1, 3, 6, 6)}
        if name == "sensitivity":
            options |= {"sensitivity_every": 1}
        return derivviz.record(model, optimizer, tmp_path / "run.zarr", **options)

    plain = loop(None, 9)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recorded = loop(recording, 2)
    assert failed or place(owner, name) in NEVER
    assert len(caught) == failed, [str(each.message) for each in caught]
    assert all(str(each.message).startswith(("The recording in ", "The trace ")) for each in caught)
    assert all(map(torch.equal, plain, recorded))
    monkeypatch.undo()
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    for key in trace.keys():  # noqa: SIM118 - a Trace is no dict
        assert len(trace[key]) == len(trace.steps)
    np.testing.assert_array_equal(trace.steps, np.arange(len(trace.steps)))


def test_a_removed_folder_is_survived(tmp_path: Path) -> None:
    model, optimizer = network()
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1)
    with pytest.warns(RuntimeWarning, match="stopped"), block:  # noqa: PT031 - anywhere in the loop
        train(model, optimizer)
        (tmp_path / "run.zarr").rename(tmp_path / "elsewhere")
        for _ in range(100):
            train(model, optimizer)
    assert not (tmp_path / "run.zarr").exists()


def test_warnings_as_errors_do_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, optimizer = network()
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):  # pytest is set to make warnings errors
        monkeypatch.setattr(gathering.Gathering, "before", None)
        train(model, optimizer)
    assert "The training goes on" in capsys.readouterr().err


def test_copies_are_not_recorded(tmp_path: Path) -> None:
    model, optimizer = network()
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        twin = copy.deepcopy(model)
        file = io.BytesIO()
        torch.save(model, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=False)
        for other in (twin, loaded):
            other(torch.full((3, 6), 1e9)).sum().backward()
        train(model, optimizer)
    assert derivviz.open_trace(tmp_path / "run.zarr")["activation/0/max"][0] < 100


def test_a_link_to_a_trace_stays_and_leads_to_the_new_one(tmp_path: Path) -> None:
    model, optimizer = network()
    (tmp_path / "latest.zarr").symlink_to(tmp_path / "run.zarr")
    for number, path in enumerate((tmp_path / "run.zarr", tmp_path / "latest.zarr")):
        with derivviz.record(model, optimizer, path, overwrite=True) as recording:
            recording.note(round=number)
            train(model, optimizer)
    assert (tmp_path / "latest.zarr").is_symlink()
    assert derivviz.open_trace(tmp_path / "run.zarr").attrs["round"] == 1


def test_an_existing_trace_is_never_overwritten_unasked(tmp_path: Path) -> None:
    model, optimizer = network()
    path = tmp_path / "run.zarr"
    for overwrite in (False, True):
        with derivviz.record(model, optimizer, path, overwrite=overwrite) as recording:
            recording.note(round=overwrite)
            train(model, optimizer)
    assert derivviz.open_trace(path).attrs["round"] is True
    with pytest.raises(TraceError, match="overwrite=True"):
        derivviz.record(model, optimizer, path).__enter__()
    assert hooks_of(model, optimizer) == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    for path in (other, other / "thesis.txt"):
        with pytest.raises(TraceError, match="not a trace"):
            derivviz.record(model, optimizer, path, overwrite=True).__enter__()
    with pytest.raises(TraceError, match="cannot be made"):
        derivviz.record(model, optimizer, other / "thesis.txt" / "run.zarr").__enter__()
    assert (other / "thesis.txt").read_text() == "years of work"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.compile's own
def test_wrong_use_is_told(tmp_path: Path) -> None:
    model, optimizer = network()
    with pytest.raises(UsageError, match=r"torch\.nn\.Module"):
        derivviz.record(optimizer, model, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"torch\.optim\.Optimizer"):
        derivviz.record(model, 0.1, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="compiled"):
        derivviz.record(torch.compile(model), optimizer, tmp_path)
    with pytest.raises(UsageError, match="every"):
        derivviz.record(model, optimizer, tmp_path, every=0)
