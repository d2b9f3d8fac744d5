"""Faults of the recorder stay with the recorder."""

from __future__ import annotations

import contextlib
import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.recording import gathering, held, run, sampling, tables, watch
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


PLACES = [
    (watch.Watch, "_forward_begins"),
    (watch.Watch, "_module_ran"),
    (watch.Watch, "_gradient"),
    (watch.Watch, "_forward_ends"),
    (watch.Watch, "_before_step"),
    (watch.Watch, "_after_step"),
    (gathering.Gathering, "tensor"),
    (gathering.Gathering, "outputs"),
    (gathering.Gathering, "_together"),
    (gathering.Gathering, "vector"),
    (gathering.Gathering, "images"),
    (tables.Tables, "add"),
    (tables.Tables, "flush"),
    (run.Run, "step"),
    (run.Run, "evaluation"),
    (run.Run, "probe"),
    (held.Held, "take"),
    (held.Held, "outputs"),
    (held.Held, "gradients"),
    (sampling.Sheet, "take"),
    (sampling.Plan, "statistics"),
    (sampling.Plan, "histograms"),
    (writer.TraceWriter, "append"),
    (writer.TraceWriter, "commit"),
    (columns.Column, "put"),
    (columns.Column, "write"),
    (columns, "replace_file"),
    (run, "pictures"),
    (gathering, "norms"),
    (gathering, "pictures"),
]


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _, name in PLACES])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("broken")], ids=["disk", "bug"]
)
def test_a_fault_stops_the_recording_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: Exception
) -> None:
    broken = False
    original = getattr(owner, name)

    def fail(*args: Any, **kwargs: Any) -> Any:
        if broken:
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, fail)

    def loop(model: nn.Module, optimizer: torch.optim.Optimizer, recording: Any, broken_from: int) -> None:
        nonlocal broken
        for step in range(5):
            broken = step >= broken_from
            images = torch.ones(3, 3, 4, 4)
            if recording:
                recording.batch(images, torch.zeros(3, dtype=torch.long))
            loss = train(model, optimizer)
            if recording:
                recording.log(loss=loss)
                recording.evaluation(torch.ones(2, 2), images=images[:2])

    torch.manual_seed(1)
    plain = network()
    loop(*plain, None, 9)
    torch.manual_seed(1)
    model, optimizer = network()
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=2, probe=torch.ones(1, 6))
    with pytest.warns(RuntimeWarning, match="The recording in .* stopped") as caught, block as recording:
        loop(model, optimizer, recording, 2)
    assert len(caught) == 1
    assert hooks_of(model, optimizer) == 0
    for mine, wanted in zip(model.parameters(), plain[0].parameters(), strict=True):
        assert torch.equal(mine, wanted)
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
