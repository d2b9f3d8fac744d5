"""A run that is killed at any instant leaves a readable trace."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import derivviz

SECONDS_BETWEEN_COMMITS = 0.2  # so that a kill comes before, in the middle of and after many

CHILD = f"""
import sys, time, torch, derivviz
import derivviz.recording.recorder
derivviz.recording.recorder.SECONDS_BETWEEN_COMMITS = {SECONDS_BETWEEN_COMMITS}
derivviz.recording.recorder.CHEAP_COMMIT = 1.0
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(6, 20), torch.nn.Tanh(), torch.nn.Linear(20, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
with derivviz.record(model, optimizer, sys.argv[1], snapshot_every=7) as recorder:
    for step in range(10**9):
        optimizer.zero_grad()
        loss = model(torch.full((4, 6), step % 7 / 7)).square().sum()
        loss.backward()
        optimizer.step()
        recorder.log(loss=loss, number=step)
        if step % 5 == 3:
            with torch.no_grad():
                recorder.evaluation(model(torch.zeros(2, 6)).softmax(1), names=["one", "two"])
        print(step, time.monotonic())
        sys.stdout.flush()
"""


def kill_once(path: Path, seconds: float) -> None:
    """Start a training run, kill -9 it, and hold the trace against what the run had said."""
    xarray = pytest.importorskip("xarray")
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        said = [line.split() for line in child.stdout.read().split("\n")[:-1]]
    # Of what was made before the last flush, every row is there; a step during which the machine was busy with
    # something else puts a flush off.
    times = [float(at) for _, at in said]
    pause = max((later - at for at, later in itertools.pairwise(times)), default=0.0)
    last = times[-1] - 1.5 * SECONDS_BETWEEN_COMMITS - pause if times else 0.0
    safe = [int(step) for step, at in said if float(at) < last]
    trace = derivviz.open_trace(path)
    rows = len(trace.steps)
    assert rows > max(safe, default=-1)
    np.testing.assert_array_equal(trace.steps, np.arange(rows))
    if not rows:
        return
    np.testing.assert_array_equal(trace["number"], np.arange(rows))
    assert all(np.isfinite(trace[key]).all() for key in ("loss", "grad/0.weight/norm", "update/2.bias/mean"))
    for step in trace.snapshot_steps[-3:]:
        snapshot = trace.snapshot(int(step))
        dz = snapshot.activation_grad["2"]
        np.testing.assert_allclose(dz.sum(0), snapshot.grad["2.bias"], rtol=1e-5)
        np.testing.assert_array_equal(snapshot.output, snapshot.activation["2"])
    for group in ("step", "snapshot", "snapshot/activation", "snapshot/update", "evaluation"):
        opened = xarray.open_zarr(path, group=group).load()
        assert (
            opened.sizes["step" if group == "step" else "epoch" if group == "evaluation" else "snapshot"] > 0
        )
    assert trace.evaluation.probabilities.shape == (len(trace.evaluation.epochs), 2, 3)
    np.testing.assert_allclose(trace.evaluation.probabilities.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.21, 0.4, 0.8, 1.3])
def test_kill_leaves_a_readable_trace(tmp_path: Path, seconds: float) -> None:
    kill_once(tmp_path / "run.zarr", seconds)


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    chance = random.Random(5)
    for n in range(200):
        kill_once(tmp_path / f"{n}.zarr", chance.uniform(0, 1.5))
