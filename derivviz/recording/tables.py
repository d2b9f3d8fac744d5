"""Turning what was gathered into the rows of a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from derivviz.recording.gathering import MOST_SAMPLES, SHOWN, Gathering, Key, Piece
from derivviz.recording.measure import BINS, HISTOGRAM_SAMPLE, SAMPLE, statistics
from derivviz.trace.layout import KINDS, STATS, slug
from derivviz.trace.writer import TraceWriter

STEP_ROWS = 64  # rows in a chunk of the step table
_SPARE = 32  # rows of the tensor table kept for what first runs later: a second call, a late layer


class Tables:
    """The trace's tables, declared as their first row comes.

    Parameters
    ----------
    modules, parameters : their names; activations of further calls (``act#2``) join as they come
    """

    def __init__(self, writer: TraceWriter, modules: Iterable[str], parameters: Iterable[str]) -> None:
        self._writer = writer
        self._parameters = list(parameters)
        by_kind = {kind: modules if kind.startswith("activation") else self._parameters for kind in KINDS}
        keys = [(kind, name) for kind in KINDS for name in by_kind[kind]]
        self._index: dict[Key, int] = {key: n for n, key in enumerate(keys)}
        self._sizes: dict[str, dict[Key, int]] = {"step": {}, "snapshot": {}}  # as the labels have them
        self._capacity = len(keys) + _SPARE
        self._left_out: set[str] = set()
        writer.describe("step", coordinates="kind name size estimator")
        writer.describe("snapshot", coordinates="step kind name size")

    def step_row(self, gathered: Gathering, times: Mapping[str, float]) -> dict[str, Any]:
        """The row of the step table: everything but the scalars that the loop logs."""
        self._declare_step()
        self._label(gathered.sizes, "step")
        stats = np.full((len(self._index), len(STATS)), np.nan)
        keys = [key for key in gathered.samples if key in self._index]
        if keys:
            where = [self._index[key] for key in keys]
            stats[where, :-1] = statistics([gathered.samples[key] for key in keys])
        for key, norm in gathered.norms.items():
            stats[self._index[key], -1] = norm
        lr = [gathered.lr.get(name, np.nan) for name in self._parameters]
        factor = [gathered.factor.get(name, np.nan) for name in self._parameters]
        return {"step": gathered.step, **times, "stats": stats, "lr": lr, "lr_factor": factor}

    def append_step(self, row: Mapping[str, Any], scalars: Mapping[str, float]) -> None:
        """Append a row of :meth:`step_row` together with what was logged."""
        for name in scalars:
            self._writer.declare(f"step/{slug(name)}", rows=STEP_ROWS, name=name)
        self._writer.append("step", {**row, **{slug(name): value for name, value in scalars.items()}})

    def append_snapshot(self, gathered: Gathering) -> None:
        """Append a snapshot."""
        self._declare_snapshot()
        self._label(gathered.sizes, "snapshot")
        tensors = len(self._index)
        stats, edges = np.full((tensors, len(STATS)), np.nan), np.full((tensors, BINS + 1), np.nan)
        counts = np.zeros((tensors, BINS), np.int64)
        for key, values in gathered.exact.items():
            if key in self._index:
                stats[self._index[key]] = values
                counts[self._index[key]], edges[self._index[key]] = gathered.histograms[key]
        row: dict[str, Any] = {"step": gathered.step, "samples": gathered.kept}
        row |= {"stats": stats, "histogram": counts, "edges": edges}
        row |= {name: self._batch(name, value) for name, value in gathered.batch.items()}
        for (group, _), piece in gathered.pieces.items():
            row |= {f"{group}/step": gathered.step, self._piece(group, piece): piece.value}
        self._writer.append("snapshot", row)

    def _declare_step(self) -> None:
        declare, count = self._writer.declare, len(self._parameters)
        declare("step/step", dtype=np.int64, rows=STEP_ROWS)
        declare("step/time", rows=STEP_ROWS, units="s", long_name="since the recording began")
        declare("step/recorder_seconds", rows=STEP_ROWS, units="s", long_name="of which the recorder took")
        for name in ("lr", "lr_factor"):
            declare(f"step/{name}", ("param",), (max(count, 1),), rows=STEP_ROWS, units="1")
        declare("step/stats", ("tensor", "stat"), (self._capacity, len(STATS)), rows=STEP_ROWS)
        if self._parameters and "step" not in self._writer.rows:
            self._writer.labels("step/param", ("param",), self._parameters)

    def _declare_snapshot(self) -> None:
        declare = self._writer.declare
        declare("snapshot/step", dtype=np.int64)
        declare("snapshot/samples", dtype=np.int64, long_name="samples of the batch that are kept")
        declare("snapshot/stats", ("tensor", "stat"), (self._capacity, len(STATS)), estimator="exact")
        about = f"of at most {HISTOGRAM_SAMPLE} randomly chosen values"
        declare("snapshot/histogram", ("tensor", "bin"), (self._capacity, BINS), np.int64, estimator=about)
        declare("snapshot/edges", ("tensor", "edge"), (self._capacity, BINS + 1), estimator=about)

    def _label(self, sizes: Mapping[Key, int], group: str) -> None:
        """Say in `group` what the rows of its statistics are; tensors not seen before join."""
        for key in sizes:
            if key not in self._index and len(self._index) < self._capacity:
                self._index[key] = len(self._index)
            elif key not in self._index and key[1] not in self._left_out:
                self._left_out.add(key[1])
                self._writer.note(left_out=sorted(self._left_out))
        known = {**self._sizes[group], **sizes}
        if known == self._sizes[group] and f"{group}/stat" in self._writer:
            return
        self._sizes[group] = known
        size = [known.get(key, 0) for key in self._index]
        labels: dict[str, list[Any]] = {
            "tensor": [f"{kind}/{name}" for kind, name in self._index],
            "kind": [kind for kind, _ in self._index],
            "name": [name for _, name in self._index],
            "size": size,
        }
        if group == "step":
            labels["estimator"] = [
                _estimator(kind, n) for (kind, _), n in zip(self._index, size, strict=True)
            ]
        for name, values in labels.items():
            self._writer.labels(f"{group}/{name}", ("tensor",), values, self._capacity)
        self._writer.labels(f"{group}/stat", ("stat",), list(STATS))

    def _batch(self, name: str, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        dims = {
            "input_image": ("shown", "y", "x", "rgb"),
            "target": ("sample",),
            "output": ("sample", "class"),
        }
        most = SHOWN if name == "input_image" else MOST_SAMPLES
        dtype = {"u": np.uint8, "i": np.int64}.get(value.dtype.kind, np.float32)
        self._writer.declare(f"snapshot/{name}", dims[name], (most, *value.shape[1:]), dtype)
        return value

    def _piece(self, group: str, piece: Piece) -> str:
        """Declare the array of a piece and what belongs to it; its path in the table."""
        last = slug(piece.name)
        path = f"snapshot/{group}/{last}"
        if path not in self._writer:
            self._writer.describe(f"snapshot/{group}", coordinates="step")
            self._writer.declare(f"snapshot/{group}/step", dtype=np.int64)
            common = ("sample", "shown")
            dims = [dim if dim in common else f"{dim}_{last}" for dim in piece.dims]
            most = {"sample": MOST_SAMPLES, "shown": SHOWN}
            room = [most.get(dim, size) for dim, size in zip(piece.dims, piece.value.shape, strict=True)]
            self._writer.declare(path, dims, room, np.float32, name=piece.name, shape=piece.shape)
            if piece.chosen is not None:
                dim, indices = piece.chosen
                self._writer.labels(f"snapshot/{group}/{dim}_{last}", (f"{dim}_{last}",), indices)
        return f"{group}/{last}"


def _estimator(kind: str, size: int) -> str:
    """How the statistics of each step were found, for a tensor of `size` elements."""
    if size <= SAMPLE:
        return "exact"
    return f"sample of {SAMPLE}; norm exact" if kind == "grad" else f"sample of {SAMPLE}"
