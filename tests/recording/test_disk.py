"""Disks that are full, folders that go away, files that may not be written."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.recording import recorder
from derivviz.trace import TraceError


def network() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(60, 50), nn.ReLU(inplace=True), nn.Linear(50, 2))
    return model, torch.optim.Adam(model.parameters(), lr=0.01)


def train(
    model: nn.Module, optimizer: torch.optim.Optimizer, steps: int, happens: Callable[[int], None]
) -> None:
    torch.manual_seed(2)
    for step in range(steps):
        happens(step)
        optimizer.zero_grad()
        model(torch.rand(8, 60)).square().sum().backward()
        optimizer.step()


@pytest.fixture
def survives(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Trains with something happening: one warning, the same weights, and a readable trace if there is one."""
    monkeypatch.setattr(recorder, "SECONDS_BETWEEN_COMMITS", 0.0)

    def check(path: Path, happens: Callable[[int], None], moved: Path | None = None, steps: int = 60) -> Any:
        plain = network()
        train(*plain, steps, lambda step: None)
        model, optimizer = network()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with derivviz.record(model, optimizer, path, snapshot_every=1):
                train(model, optimizer, steps, happens)
        assert [str(w.message).startswith(f"The recording in {path} stopped") for w in caught] == [True], (
            caught
        )
        for mine, wanted in zip(model.parameters(), plain[0].parameters(), strict=True):
            assert torch.equal(mine, wanted)
        assert not model._forward_hooks
        return derivviz.open_trace(moved or path)

    return check


def whole(trace: Any) -> None:
    """Every row that is told of can be read."""
    assert 0 < len(trace.steps) < 60
    np.testing.assert_array_equal(trace.steps, np.arange(len(trace.steps)))
    for key in trace.keys():  # noqa: SIM118 - a Trace is no dict
        assert len(trace[key]) == len(trace.steps)
    assert np.isfinite(trace["grad/0.weight/norm"]).all()
    for step in trace.snapshot_steps:
        assert np.isfinite(trace.snapshot(int(step)).activation["0"]).all()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk: Path, survives: Callable[..., Any]) -> None:
    trace = survives(small_disk / "run.zarr", lambda step: None)
    whole(trace)
    assert shutil.disk_usage(small_disk).free < 200_000


def test_files_that_may_grow_no_further(tmp_path: Path, survives: Callable[..., Any]) -> None:
    """The same as a full disk, where mounting is not allowed."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def happens(step: int) -> None:
        if step == 20:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    try:
        trace = survives(tmp_path / "run.zarr", happens)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    whole(trace)


def test_a_folder_that_is_moved_away(tmp_path: Path, survives: Callable[..., Any]) -> None:
    def happens(step: int) -> None:
        if step == 30:
            (tmp_path / "run.zarr").rename(tmp_path / "moved.zarr")

    whole(survives(tmp_path / "run.zarr", happens, moved=tmp_path / "moved.zarr"))
    assert not (tmp_path / "run.zarr").exists()


def test_a_folder_that_is_removed(tmp_path: Path, survives: Callable[..., Any]) -> None:
    def happens(step: int) -> None:
        if step == 30:
            shutil.rmtree(tmp_path / "run.zarr")

    with pytest.raises(TraceError):
        survives(tmp_path / "run.zarr", happens)


def test_a_folder_that_may_not_be_written_any_more(tmp_path: Path, survives: Callable[..., Any]) -> None:
    path, root = tmp_path / "run.zarr", os.geteuid() == 0

    def happens(step: int) -> None:
        if step in (30, 55):
            lost = step == 30
            if root:  # who may write everywhere, and so becomes nobody for a while
                os.seteuid(65534 if lost else 0)
                return
            for each in [path, *path.rglob("*")]:
                if each.is_dir():
                    each.chmod(0o500 if lost else 0o700)

    try:
        trace = survives(path, happens)
    finally:
        if root:
            os.seteuid(0)
    whole(trace)


def test_a_folder_that_may_not_be_made(tmp_path: Path) -> None:
    model, optimizer = network()
    (tmp_path / "mine").mkdir(mode=0o500)
    root = os.geteuid() == 0
    tmp_path.chmod(0o755)
    try:
        if root:
            os.seteuid(65534)
        with pytest.raises(TraceError, match="cannot be made: Permission denied"):
            derivviz.record(model, optimizer, tmp_path / "mine" / "run.zarr").__enter__()
    finally:
        if root:
            os.seteuid(0)
    assert not model._forward_hooks
