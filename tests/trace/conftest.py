"""A trace with every table there is, written by hand, so that every number is known; and traces of short runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import open_trace
from derivviz.trace.layout import STATS
from derivviz.trace.writer import TraceWriter

TENSORS = [("activation", "fc"), ("param", "fc.weight"), ("grad", "fc.weight"), ("update", "fc.weight")]
STEPS = range(10, 40, 2)  # recorded: every second step
SNAPSHOTS = (10, 20, 30)


def write_whole(path: Path, *, close: bool = True) -> Path:
    """15 steps 10, 12, … 38; snapshots at 10, 20, 30; probe rows at 10, 20, 30, 39; evaluations after 19, 39."""
    writer = TraceWriter(
        path,
        {
            "modules": [{"name": "fc", "type": "Linear", "parameters": ["weight"], "output_shape": [3]}],
            "parameters": [{"name": "fc.weight", "shape": [3, 4]}],
            "command": "train.py",
            "seed": 7,
            "classes": ["a", "b", "c"],
        },
    )
    writer.describe("step", coordinates="kind name size")
    for name, dtype in (("step", np.int64), ("time", float), ("recorder_seconds", float), ("loss", float)):
        units = {"units": "s"} if name in ("time", "recorder_seconds") else {}
        writer.declare(f"step/{name}", dtype=dtype, rows=4, name=name, **units)
    writer.declare("step/lr", ("param",), (1,), rows=4, units="1")
    writer.declare("step/lr_factor", ("param",), (1,), rows=4, units="1")
    writer.declare("step/stats", ("tensor", "stat"), (6, len(STATS)), rows=4)
    writer.labels("step/param", ("param",), ["fc.weight"])
    writer.declare("sample/step", dtype=np.int64, rows=4)
    writer.declare("sample/value", ("tensor", "unit"), (6, 8), np.float32, rows=4)
    for group in ("step", "sample", "snapshot"):
        writer.labels(f"{group}/tensor", ("tensor",), ["/".join(t) for t in TENSORS], 6)
        writer.labels(f"{group}/kind", ("tensor",), [kind for kind, _ in TENSORS], 6)
        writer.labels(f"{group}/name", ("tensor",), [name for _, name in TENSORS], 6)
    writer.labels("step/size", ("tensor",), [12] * 4, 6)
    writer.labels("snapshot/size", ("tensor",), [12] * 4, 6)
    writer.labels("step/stat", ("stat",), list(STATS))
    writer.labels("snapshot/stat", ("stat",), list(STATS))
    # The activation has three units, so the last five of its places are empty.
    positions = np.where(np.arange(8) < [[3], [8], [8], [8]], np.arange(8) * 10, -1)
    writer.labels("sample/position", ("tensor", "unit"), positions, 6)
    for row, step in enumerate(STEPS):
        stats = np.array([[12, 0, n, 12.0 * (step + n) ** 2, -step, step, step + n] for n in range(4)])
        times = {"time": row * 0.5, "recorder_seconds": row * 0.01}
        writer.append(
            "step", {"step": step, **times, "loss": 1 / step, "lr": [0.1], "lr_factor": [2.0], "stats": stats}
        )
        values = np.where(positions >= 0, step + np.arange(4)[:, None] / 10, np.nan)
        writer.append("sample", {"step": step, "value": values})
    writer.declare("snapshot/step", dtype=np.int64)
    writer.declare("snapshot/samples", dtype=np.int64)
    writer.declare("snapshot/output", ("sample", "class"), (5, 3), np.float32)
    writer.declare("snapshot/histogram", ("tensor", "bin"), (6, 4), np.int64)
    writer.declare("snapshot/edges", ("tensor", "edge"), (6, 5))
    _piece(writer, "snapshot", "activation", "fc", ("sample", "unit_fc"), (5, 3), [3], unit=[0, 1, 2])
    _piece(writer, "snapshot", "param", "fc.weight", ("row_fc.weight", "column_fc.weight"), (3, 4), [3, 4])
    for step in SNAPSHOTS:
        writer.append(
            "snapshot",
            {
                "step": step,
                "samples": 5,
                "output": np.full((5, 3), step),
                "histogram": np.full((4, 4), step),
                "edges": np.arange(5.0) * np.ones((4, 1)),
                "activation/step": step,
                "activation/fc": np.full((5, 3), step),
                "param/step": step,
                "param/fc.weight": np.full((3, 4), step),
            },
        )
    writer.declare("probe/step", dtype=np.int64)
    writer.declare("probe/output", ("probe", "class"), (2, 3), np.float32)
    writer.labels("probe/input_image", ("probe", "y", "x", "rgb"), np.full((2, 4, 4, 3), 200, np.uint8))
    _piece(writer, "probe", "activation", "fc", ("probe", "unit_fc"), (2, 3), [3], unit=[0, 1, 2])
    _piece(
        writer, "probe", "map", "conv", ("probe", "channel_conv", "y_conv", "x_conv"), (2, 1, 2, 2), [1, 4, 4]
    )
    for step in (*SNAPSHOTS, 39):
        writer.append(
            "probe",
            {
                "step": step,
                "output": np.full((2, 3), -step),
                "activation/step": step,
                "activation/fc": np.full((2, 3), step),
                "map/step": step,
                "map/conv": np.full((2, 1, 2, 2), step),
            },
        )
    writer.declare("evaluation/epoch", dtype=np.int64)
    writer.declare("evaluation/step", dtype=np.int64)
    writer.declare("evaluation/probabilities", ("image", "class"), (2, 3), np.float32)
    for epoch, step in ((1, 19), (2, 39)):
        writer.append("evaluation", {"epoch": epoch, "step": step, "probabilities": np.full((2, 3), 1 / 3)})
    if close:
        writer.close()
    else:
        writer.commit()
    return path


def _piece(writer, table, group, name, dims, room, shape, **labels) -> None:
    writer.describe(f"{table}/{group}", coordinates="step")
    writer.declare(f"{table}/{group}/step", dtype=np.int64)
    writer.declare(f"{table}/{group}/{name}", dims, room, np.float32, name=name, shape=shape)
    for what, values in labels.items():
        writer.labels(f"{table}/{group}/{what}_{name}", (f"{what}_{name}",), values)


def write_rank(path: Path) -> None:
    """A trace of a rank other than the first: what it logged."""
    writer = TraceWriter(path, {"modules": [], "parameters": []})
    writer.declare("step/step", dtype=np.int64, rows=4)
    writer.declare("step/loss", rows=4)
    for step in STEPS:
        writer.append("step", {"step": step, "loss": 2 / step})
    writer.close()


@pytest.fixture(scope="session")
def whole_trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a closed trace with every table and with two more ranks."""
    path = write_whole(tmp_path_factory.mktemp("whole") / "whole.zarr")
    write_rank(path / "rank1")
    write_rank(path / "rank2")
    return path


@pytest.fixture(scope="session")
def recorded(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Records three steps of a model on pictures of 4×4 in three channels; the trace."""
    folder = tmp_path_factory.mktemp("chains")
    count = iter(range(1000))

    def record(
        model: Any, *, batch: int = 4, told: bool = True, clip: float | None = None, seed: int = 0
    ) -> Any:
        torch.manual_seed(seed)
        images = torch.randint(0, 256, (batch, 3, 4, 4)) / 255
        target = torch.arange(batch) % 4
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        path = folder / f"{next(count)}.zarr"
        with derivviz.record(model, optimizer, path, snapshot_every=1) as recorder:
            for _ in range(3):
                if told:
                    recorder.batch(images, target)
                loss = torch.nn.functional.cross_entropy(model(images), target)
                optimizer.zero_grad()
                loss.backward()
                if clip is not None:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                recorder.log(loss=loss)
        return open_trace(path)

    return record
