"""A run that goes on: its trace is that of a run that was never interrupted."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.trace import TraceError


def network(width: int = 5) -> tuple[nn.Sequential, torch.optim.Optimizer]:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, 2))
    return model, torch.optim.Adam(model.parameters(), lr=0.1)


def images(step: int) -> torch.Tensor:
    return torch.linspace(-1, 1, 18).reshape(3, 6) * (1 + step)


def train(path: Path, pair: tuple[nn.Module, torch.optim.Optimizer], steps: range, **options: Any) -> None:
    model, optimizer = pair
    with derivviz.record(model, optimizer, path, snapshot_every=4, probe=images(3), **options) as recorder:
        for step in steps:
            optimizer.zero_grad()
            loss = model(images(step)).square().sum()
            loss.backward()
            optimizer.step()
            recorder.log(loss=loss)
            if step % 5 == 4:
                with torch.no_grad():
                    recorder.evaluation(model(images(0)).softmax(1))


def assert_same(one: Path, other: Path, without: tuple[str, ...] = ("time", "recorder_seconds")) -> None:
    """All tables, value by value."""
    xarray = pytest.importorskip("xarray")
    for group in (
        "step",
        "sample",
        "snapshot",
        "probe",
        "evaluation",
        "snapshot/activation",
        "probe/activation",
    ):
        mine, wanted = (
            xarray.open_zarr(p, group=group).load().drop_vars(without, errors="ignore") for p in (one, other)
        )
        xarray.testing.assert_identical(mine, wanted)


@pytest.mark.parametrize("stops", [(10,), (4, 5, 15), (1,), (64, 65)])
def test_a_resumed_run_is_as_if_never_interrupted(
    seeded: Any, tmp_path: Path, stops: tuple[int, ...]
) -> None:
    total = 70 if stops[0] > 20 else 20
    train(tmp_path / "whole.zarr", network(), range(total))
    pair = network()
    ends = (0, *stops, total)
    for start, stop in itertools.pairwise(ends):
        train(tmp_path / "parts.zarr", pair, range(start, stop), resume=True)
    trace = derivviz.open_trace(tmp_path / "parts.zarr")
    assert trace.steps.tolist() == list(range(total))
    assert (np.diff(trace["time"]) > 0).all()
    assert (np.diff(trace["recorder_seconds"]) >= 0).all()
    assert [session["first_step"] for session in trace.attrs["sessions"]] == list(ends[:-1])
    # The probe was shown at the end of each part as well.
    xarray = pytest.importorskip("xarray")
    shown = xarray.open_zarr(tmp_path / "parts.zarr", group="probe").step.values
    assert shown.tolist() == sorted({*range(0, total, 4), *ends[1:]})
    for group in ("step", "sample", "snapshot", "evaluation", "snapshot/activation"):
        mine, wanted = (
            xarray.open_zarr(tmp_path / name, group=group)
            .load()
            .drop_vars(["time", "recorder_seconds"], errors="ignore")
            for name in ("parts.zarr", "whole.zarr")
        )
        xarray.testing.assert_identical(mine, wanted)


def test_steps_made_anew_replace_those_recorded(seeded: Any, tmp_path: Path) -> None:
    """Weights are saved after 12 steps, the run goes on to 17 and breaks; it goes on from the file."""
    train(tmp_path / "whole.zarr", network(), range(20))
    model, optimizer = network()
    train(tmp_path / "parts.zarr", (model, optimizer), range(12))
    torch.save((model.state_dict(), optimizer.state_dict()), tmp_path / "weights.pt")
    train(tmp_path / "parts.zarr", (model, optimizer), range(12, 17), resume=True)
    model, optimizer = network()
    weights, moments = torch.load(tmp_path / "weights.pt")
    model.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    train(tmp_path / "parts.zarr", (model, optimizer), range(12, 20), resume=True, first_step=12)
    assert_same(tmp_path / "parts.zarr", tmp_path / "whole.zarr")
    assert [s["first_step"] for s in derivviz.open_trace(tmp_path / "parts.zarr").attrs["sessions"]] == [
        0,
        12,
        12,
    ]


def test_first_step_numbers_what_comes(seeded: Any, tmp_path: Path) -> None:
    train(tmp_path / "new.zarr", network(), range(100, 103), first_step=100)
    assert derivviz.open_trace(tmp_path / "new.zarr").steps.tolist() == [100, 101, 102]
    train(tmp_path / "new.zarr", network(), range(200, 202), first_step=200, resume=True)
    assert derivviz.open_trace(tmp_path / "new.zarr").steps.tolist() == [100, 101, 102, 200, 201]
    train(tmp_path / "new.zarr", network(), range(2), first_step=0, resume=True)
    assert derivviz.open_trace(tmp_path / "new.zarr").steps.tolist() == [0, 1]


def test_another_model_is_refused(seeded: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"
    train(path, network(), range(3))
    files = {file.relative_to(path) for file in path.rglob("*") if file.is_file()}
    pair = network(width=7)
    with pytest.raises(TraceError, match=r"another model.*0\.weight.*same model, or name another path"):
        train(path, pair, range(3, 5), resume=True)
    assert not pair[0]._forward_hooks
    with pytest.raises(TraceError, match=r"another choice.*0"):
        train(path, network(), range(3, 5), resume=True, modules="2")
    with pytest.raises(UsageError, match="one of them"):
        train(path, network(), range(3), resume=True, overwrite=True)
    assert derivviz.open_trace(path).steps.tolist() == [0, 1, 2]
    assert {file.relative_to(path) for file in path.rglob("*") if file.is_file()} == files  # laid out anew
    train(path, network(), range(3, 5), resume=True)
    assert derivviz.open_trace(path).steps.tolist() == [0, 1, 2, 3, 4]


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
import torch, test_resume
torch.set_num_threads(1)
from derivviz.recording import recorder
recorder.SECONDS_BETWEEN_COMMITS = 0.0
original = torch.Tensor.backward
def backward(self, *args, **kwargs):
    backward.calls += 1
    if backward.calls == 14:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, *args, **kwargs)
backward.calls = 0
torch.Tensor.backward = backward
import pathlib
test_resume.train(pathlib.Path(sys.argv[2]), test_resume.network(), range(20))
"""


def test_a_killed_run_goes_on(seeded: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"
    done = subprocess.run([sys.executable, "-c", CHILD, str(Path(__file__).parent), str(path)], check=False)
    assert done.returncode == -9
    kept = len(derivviz.open_trace(path).steps)
    assert 0 < kept <= 13
    train(tmp_path / "whole.zarr", network(), range(20))
    # There is no saved weight but those of the beginning: everything is made anew.
    pair = network()
    for step in range(kept):
        pair[1].zero_grad()
        pair[0](images(step)).square().sum().backward()
        pair[1].step()
    train(path, pair, range(kept, 20), resume=True)
    trace, whole = derivviz.open_trace(path), derivviz.open_trace(tmp_path / "whole.zarr")
    assert trace.steps.tolist() == list(range(20))
    for key in ("loss", "grad/0.weight/norm", "update/2.bias/mean", "activation/1/std"):
        np.testing.assert_array_equal(trace[key], whole[key])
