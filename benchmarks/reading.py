"""How long it takes to open a long trace and to read one series of it, in a fresh process each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from derivviz.trace.layout import KINDS, STATS
from derivviz.trace.writer import TraceWriter

STEP_ROWS = 64  # in a chunk, as the recorder has it
NAMES = [f"layer{n}" for n in range(8)]  # of each kind, so 40 tensors
SERIES = "grad/layer3"

READERS = {
    "derivviz.open_trace": f"""
import json, sys, time
import derivviz
derivviz.open_trace
started = time.perf_counter()
trace = derivviz.open_trace(sys.argv[1])
opened = time.perf_counter()
series = trace["{SERIES}/norm"]
read = time.perf_counter()
print(json.dumps([opened - started, read - opened, len(series), float(series[-1])]))
""",
    "xarray.open_zarr": f"""
import json, sys, time
import xarray, zarr
started = time.perf_counter()
table = xarray.open_zarr(sys.argv[1], group="step")
opened = time.perf_counter()
series = table["stats"].sel(tensor="{SERIES}", stat="norm").values
read = time.perf_counter()
print(json.dumps([opened - started, read - opened, len(series), float(series[-1])]))
""",
}


def write_long_trace(path: Path, steps: int) -> Iterator[int]:
    """Write a trace of made-up numbers as the recorder lays it out; yields the steps written so far."""
    writer = TraceWriter(path, {"modules": [], "parameters": []})
    labels = {"tensor": [f"{kind}/{name}" for kind in KINDS for name in NAMES]}
    labels |= {"kind": [kind for kind in KINDS for _ in NAMES], "name": NAMES * len(KINDS)}
    count = len(labels["tensor"])
    writer.describe("step", coordinates="kind name size")
    writer.declare("step/step", dtype=np.int64, rows=STEP_ROWS)
    for name in ("time", "recorder_seconds", "loss"):
        writer.declare(f"step/{name}", rows=STEP_ROWS, name=name)
    for name in ("lr", "lr_factor"):
        writer.declare(f"step/{name}", ("param",), (len(NAMES),), rows=STEP_ROWS)
    writer.declare("step/stats", ("tensor", "stat"), (count, len(STATS)), rows=STEP_ROWS)
    for label, values in labels.items():
        writer.labels(f"step/{label}", ("tensor",), values)
    writer.labels("step/size", ("tensor",), [100_000] * count)
    writer.labels("step/stat", ("stat",), list(STATS))
    writer.labels("step/param", ("param",), NAMES)
    noise = np.random.default_rng(1)
    for step in range(steps):
        if step % STEP_ROWS == 0:
            stats = noise.standard_normal((STEP_ROWS, count, len(STATS)))
            writer.commit()
            yield step
        row = {"step": step, "time": step / 100, "recorder_seconds": step / 1e4, "loss": 1 / (step + 1)}
        rates = {"lr": np.full(len(NAMES), 1e-3), "lr_factor": np.ones(len(NAMES))}
        writer.append("step", row | rates | {"stats": stats[step % STEP_ROWS]})
    writer.close()
    yield steps


def times(path: Path, reader: str, cold: bool = False) -> tuple[float, float]:
    """Seconds to open the trace and to read the series, without the imports.

    Parameters
    ----------
    cold : ask the system to forget the files first
    """
    if cold:
        for file in path.rglob("*"):
            if file.is_file():
                _forget(file)
    run = [sys.executable, "-c", READERS[reader], str(path)]
    opened, read, length, last = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    if not (length and np.isfinite(last)):
        raise ValueError(f"{reader} read {length} values, the last {last}")
    return opened, read


def _forget(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
