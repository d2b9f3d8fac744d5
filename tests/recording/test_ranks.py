"""Two processes that train one model: DistributedDataParallel on gloo, started by torchrun."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import derivviz

pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="needs gloo")

SCRIPT = """
import contextlib, hashlib, json, pathlib, sys
import torch, derivviz
from torch import nn, distributed
from torch.nn.parallel import DistributedDataParallel

torch.set_num_threads(1)
distributed.init_process_group("gloo")
rank, folder = distributed.get_rank(), pathlib.Path(sys.argv[1])

def digest(*parts):
    found = hashlib.sha256()
    for part in parts:
        found.update(part.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()

def make():
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.2), nn.Tanh(), nn.Linear(8, 3)))
    torch.manual_seed(10 + rank)
    return model, torch.optim.Adam(model.parameters(), lr=0.01)

def train(model, optimizer, recorder, steps, told):
    for step in steps:
        images = torch.rand(4, 6)
        optimizer.zero_grad()
        output = model(images)
        output.square().sum().backward()
        told.append({
            "hidden": torch.nn.functional.linear(images, model.module[0].weight, model.module[0].bias).max().item(),
            "local": (2 * output).abs().max().item(),
            "norm": model.module[0].weight.grad.double().norm().item(),
        })
        optimizer.step()
        if recorder is not None:
            recorder.log(loss=float(rank))

found = []
for recorded in (False, True):
    model, optimizer = make()
    told = []
    for steps, resume in ((range(6), False), (range(6, 9), True)):
        block = derivviz.record(model, optimizer, folder / "run.zarr", snapshot_every=2, resume=resume)
        with block if recorded else contextlib.nullcontext() as recorder:
            train(model, optimizer, recorder, steps, told)
    state = [v for s in optimizer.state_dict()["state"].values() for v in s.values()]
    found.append([digest(*model.state_dict().values()), digest(*state), digest(torch.get_rng_state())])
(folder / f"told{rank}.json").write_text(json.dumps({"found": found, "told": told}))
distributed.destroy_process_group()
"""


def test_each_process_records_what_it_sees(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    with subprocess.Popen(
        [*command, str(tmp_path / "train.py"), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as processes:
        try:
            output, _ = processes.communicate(timeout=150)
        except BaseException:
            os.killpg(processes.pid, signal.SIGKILL)
            raise
    assert processes.returncode == 0, output
    assert "stopped" not in output
    told: list[Any] = [json.loads((tmp_path / f"told{rank}.json").read_text()) for rank in (0, 1)]
    for each in told:
        plain, recorded = each["found"]
        assert plain == recorded, "weights, optimizer or random numbers"
    assert told[0]["found"][0][0] == told[1]["found"][0][0]
    traces = [
        derivviz.open_trace(tmp_path / "run.zarr"),
        derivviz.open_trace(tmp_path / "run.zarr" / "rank1"),
    ]
    for rank, (trace, its) in enumerate(zip(traces, told, strict=True)):
        assert trace.steps.tolist() == list(range(9))
        assert trace.snapshot_steps.tolist() == [0, 2, 4, 6, 8]
        assert [session["first_step"] for session in trace.attrs["sessions"]] == [0, 6]
        assert (trace["loss"] == rank).all()
        np.testing.assert_allclose(trace["activation/0/max"], [s["hidden"] for s in its["told"]], rtol=1e-5)
        largest = np.maximum(trace["activation_grad/3/max"], -trace["activation_grad/3/min"])
        np.testing.assert_allclose(largest, [s["local"] for s in its["told"]], rtol=1e-5)
    # Parameters are those of process 0, and their gradients the averaged ones.
    np.testing.assert_allclose(
        traces[0]["grad/0.weight/norm"], [s["norm"] for s in told[0]["told"]], rtol=1e-5
    )
    assert "grad/0.weight/norm" not in traces[1]
    assert len(traces[1].snapshot(0).param) == 0
