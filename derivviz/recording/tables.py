"""Turning what was gathered into the rows of a trace."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from derivviz.recording.gathering import MOST_SAMPLES, SHOWN, Gathering, Key, Piece
from derivviz.recording.probe import MOST_SHOWN
from derivviz.recording.sampling import BINS, FOLLOWED, SAMPLE, SNAPSHOT_SAMPLE, Part, in_float64, plan
from derivviz.trace.layout import KINDS, STATS, scalar_slug, slug
from derivviz.trace.writer import TraceWriter

STEP_ROWS = 64  # rows in a chunk of the step table
PIECE_BYTES, PIECE_ROWS = 2**17, 8  # at most, in a chunk of a snapshot's array: many small ones cost time
_AT_ONCE = 32  # steps whose statistics are made together
_SPARE = 32  # rows of the tensor table kept for what first runs later: a second call, a late layer
_BATCH = {"input_image": ("shown", "y", "x", "rgb"), "target": ("sample",), "output": ("sample", "class")}

Array = np.ndarray[Any, Any]


@dataclass
class _Waiting:
    """A step whose rows are still to be made."""

    gathered: Gathering
    times: dict[str, float]
    scalars: dict[str, Any]
    groups: tuple[tuple[Part, ...], ...]
    values: list[Tensor]


class Tables:
    """The trace's tables, declared as their first row comes.

    Parameters
    ----------
    writer : of a new trace, or of one with the same modules and parameters that is resumed
    modules, parameters : their names; activations of further calls (``act#2``) join as they come
    """

    def __init__(self, writer: TraceWriter, modules: Iterable[str], parameters: Iterable[str]) -> None:
        self._writer = writer
        self._parameters, modules = list(parameters), list(modules)
        by_kind = {kind: modules if kind.startswith("activation") else self._parameters for kind in KINDS}
        keys = [(kind, name) for kind in KINDS for name in by_kind[kind]]
        self._capacity = len(keys) + _SPARE
        self._parts: dict[Key, Part] = {}  # as the labels tell of them
        self._learnt: Any = None
        self._least = SNAPSHOT_SAMPLE
        self._waiting: list[_Waiting] = []
        self._paths: dict[tuple[str, str, str], str] = {}  # of pieces that have an array already
        self._left_out: set[str] = set()
        self._nonfinite: dict[str, int] = dict(writer.attributes.get("nonfinite", {}))
        if "step/kind" in writer:
            keys = [
                (str(kind), str(name))
                for kind, name in zip(writer.values("step/kind"), writer.values("step/name"), strict=True)
            ]
        self._index: dict[Key, int] = {key: n for n, key in enumerate(keys)}
        writer.describe("step", coordinates="kind name call size dtype estimator")
        writer.describe("sample", coordinates="kind name position")
        writer.describe("snapshot", coordinates="step kind name size")
        writer.describe("probe", coordinates="step")
        if "step/step" not in writer:  # so that the table opens from the first moment on
            self._declare_step()
            self._label(SAMPLE)

    @property
    def last(self) -> Gathering | None:
        """The step that the loop may still log of."""
        return self._waiting[-1].gathered if self._waiting else None

    def add(self, gathered: Gathering, times: Mapping[str, float], scalars: Mapping[str, Any]) -> None:
        """Take in a step; its rows are made some steps later, with those of others."""
        if len(self._waiting) >= _AT_ONCE:
            self.flush()
        self._waiting.append(_Waiting(gathered, dict(times), dict(scalars), *gathered.taken()))

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Add to what is logged of the last step."""
        self._waiting[-1].scalars.update(scalars)

    @np.errstate(over="ignore")  # what is beyond float32 becomes infinite, as in a run that diverges
    def flush(self) -> None:
        """Append the rows of all steps taken in."""
        for _, steps in itertools.groupby(self._waiting, lambda step: (step.groups, step.gathered.sampled)):
            self._append(list(steps))
        self._waiting.clear()

    def _append(self, steps: Sequence[_Waiting]) -> None:
        """Append the rows of steps that have the same groups of parts."""
        sampled = steps[0].gathered.sampled
        layout = plan(steps[0].groups, sampled)
        parts = layout.parts
        self._learn(parts, sampled)
        known = [n for n, part in enumerate(parts) if (part.kind, part.name) in self._index]
        where = [self._index[parts[n].kind, parts[n].name] for n in known]
        for step in steps:
            vector = in_float64(step.values)
            table, values = layout.statistics(vector), layout.followed(vector)
            stats = np.full((len(self._index), len(STATS)), np.nan)
            sample = np.full((len(self._index), FOLLOWED), np.nan, np.float32)
            stats[where, :-1], sample[where] = table[known], values[known]
            for key, norm in step.gathered.norms.items():
                stats[self._index[key], -1] = norm
            self._append_step(step, stats, sample)
            if step.gathered.snapshot:
                # Of what was looked at entirely, the statistics are exact already.
                small = [n for n in known if parts[n].size <= sampled]
                exact = np.full((len(self._index), len(STATS)), np.nan)
                rows = [self._index[parts[n].kind, parts[n].name] for n in small]
                exact[rows, :-1], exact[rows, -1] = table[small], np.sqrt(table[small, 3])
                counts, edges = layout.histograms(vector, table)
                self._append_snapshot(step.gathered, exact, where, counts[known], edges[known])

    def _append_step(self, step: _Waiting, stats: Array, sample: Array) -> None:
        writer, gathered = self._writer, step.gathered
        row: dict[str, Any] = {"step": gathered.step, **step.times, "stats": stats}
        for name, found in (("lr", gathered.lr), ("lr_factor", gathered.factor)):
            if self._parameters:
                row[name] = [found.get(parameter, np.nan) for parameter in self._parameters]
        for name, value in step.scalars.items():
            writer.declare(f"step/{scalar_slug(name)}", rows=STEP_ROWS, name=name)
            row[scalar_slug(name)] = number = float(value)
            if not math.isfinite(number) and name not in self._nonfinite:
                # In the series, NaN is also a step that nothing was logged of.
                self._nonfinite[name] = gathered.step
                writer.note(nonfinite=self._nonfinite)
        writer.append("step", row)
        writer.append("sample", {"step": gathered.step, "value": sample})

    def _append_snapshot(
        self, gathered: Gathering, stats: Array, where: Sequence[int], counts: Array, edges: Array
    ) -> None:
        self._declare_snapshot()
        for key, values in gathered.exact.items():
            if key in self._index:
                stats[self._index[key]] = values
        all_counts = np.zeros((len(self._index), BINS), np.int64)
        all_edges = np.full((len(self._index), BINS + 1), np.nan)
        all_counts[where], all_edges[where] = counts, edges
        # Where the model's own forward never ran, only parts of it, there is no output.
        ran = [len(piece.value) for (kind, _), piece in gathered.pieces.items() if kind == "activation"]
        samples = len(gathered.batch["output"]) if "output" in gathered.batch else max(ran, default=0)
        row: dict[str, Any] = {"step": gathered.step, "samples": samples}
        row |= {"stats": stats, "histogram": all_counts, "edges": all_edges}
        row |= {name: self._batch(name, value) for name, value in gathered.batch.items()}
        for (group, _), piece in gathered.pieces.items():
            row[self._piece("snapshot", group, piece)] = piece.value
            row[f"{group}/step"] = gathered.step
        self._writer.append("snapshot", row)

    def append_probe(
        self, step: int, output: Array | None, pieces: Mapping[Key, Piece], images: Array | None
    ) -> None:
        """Append what the model made of the probe before `step`."""
        declare = self._writer.declare
        declare("probe/step", dtype=np.int64)
        row: dict[str, Any] = {"step": step}
        if output is not None:
            declare("probe/output", ("probe", "class"), output.shape, np.float32)
            row["output"] = output
        if images is not None and "probe/input_image" not in self._writer:
            self._writer.labels("probe/input_image", ("probe", "y", "x", "rgb"), images)
        for (group, _), piece in pieces.items():
            row[self._piece("probe", group, piece)] = piece.value
            row[f"{group}/step"] = step
        self._writer.append("probe", row)

    def _declare_step(self) -> None:
        declare = self._writer.declare
        declare("step/step", dtype=np.int64, rows=STEP_ROWS)
        declare("step/time", rows=STEP_ROWS, units="s", long_name="since the recording began")
        declare("step/recorder_seconds", rows=STEP_ROWS, units="s", long_name="of which the recorder took")
        if self._parameters:
            for name in ("lr", "lr_factor"):
                declare(f"step/{name}", ("param",), (len(self._parameters),), rows=STEP_ROWS, units="1")
            if "step/param" not in self._writer:
                self._writer.labels("step/param", ("param",), self._parameters)
        declare("step/stats", ("tensor", "stat"), (self._capacity, len(STATS)), rows=STEP_ROWS)
        declare("sample/step", dtype=np.int64, rows=STEP_ROWS)
        declare("sample/value", ("tensor", "unit"), (self._capacity, FOLLOWED), np.float32, rows=STEP_ROWS)

    def _declare_snapshot(self) -> None:
        declare = self._writer.declare
        declare("snapshot/step", dtype=np.int64)
        declare("snapshot/samples", dtype=np.int64, long_name="samples of the batch that are kept")
        declare("snapshot/stats", ("tensor", "stat"), (self._capacity, len(STATS)), estimator="exact")
        about = f"of at most {SNAPSHOT_SAMPLE} values, spread over the tensor"
        declare("snapshot/histogram", ("tensor", "bin"), (self._capacity, BINS), np.int64, estimator=about)
        declare("snapshot/edges", ("tensor", "edge"), (self._capacity, BINS + 1), estimator=about)

    def _learn(self, parts: Sequence[Part], sampled: int) -> None:
        """Give tensors not seen before a row, and label the rows anew where there is something to tell."""
        if self._learnt is parts:  # of a plan that was here before
            return
        self._learnt = parts
        # A snapshot looks at more values, a budget at fewer: told is the least of what was looked at.
        news = sampled < self._least
        self._least = min(self._least, sampled)
        for part in parts:
            key = part.kind, part.name
            if key not in self._index:
                if len(self._index) >= self._capacity:
                    self._left_out.add(part.name)
                    self._writer.note(left_out=sorted(self._left_out))
                    continue
                self._index[key] = len(self._index)
            # Of batches that differ in size, the largest: the last of an epoch is often smaller.
            if key not in self._parts or part.size > self._parts[key].size:
                self._parts[key] = part
                news = True
        if news:
            self._label(self._least)

    def _label(self, sampled: int) -> None:
        """Say what the rows of the arrays over tensors are."""
        keys = list(self._index)
        parts = [self._parts.get(key, Part(*key, 0, 1, "")) for key in keys]
        common = {
            "tensor": [f"{kind}/{name}" for kind, name in keys],
            "kind": [kind for kind, _ in keys],
            "name": [name for _, name in keys],
        }
        size = {"size": [part.size for part in parts]}
        of_step = {
            "call": [_call(name) for _, name in keys],
            "dtype": [part.dtype for part in parts],
            "estimator": [_estimator(part, sampled) for part in parts],
        }
        where = np.full((len(keys), FOLLOWED), -1)
        for row, part in zip(where, parts, strict=True):
            row[: len(part.followed)] = part.followed
        for group, labels in (
            ("step", common | size | of_step),
            ("snapshot", common | size),
            ("sample", common),
        ):
            for name, values in labels.items():
                self._writer.labels(f"{group}/{name}", ("tensor",), values, self._capacity)
        self._writer.labels("sample/position", ("tensor", "unit"), where, self._capacity)
        for group in ("step", "snapshot"):
            if f"{group}/stat" not in self._writer:
                self._writer.labels(f"{group}/stat", ("stat",), list(STATS))

    def _batch(self, name: str, value: Array) -> Array:
        most = SHOWN if name == "input_image" else MOST_SAMPLES
        dtype = {"u": np.uint8, "i": np.int64}.get(value.dtype.kind, np.float32)
        self._writer.declare(f"snapshot/{name}", _BATCH[name], (most, *value.shape[1:]), dtype)
        return value

    def _piece(self, table: str, group: str, piece: Piece) -> str:
        """Declare the array of a piece, if it is the first one; its path in the table."""
        key = table, group, piece.name
        if key not in self._paths:
            self._paths[key] = f"{group}/{slug(piece.name)}"
            self._declare_piece(table, group, piece)
        return self._paths[key]

    def _declare_piece(self, table: str, group: str, piece: Piece) -> None:
        declare, labels, last = self._writer.declare, self._writer.labels, slug(piece.name)
        self._writer.describe(f"{table}/{group}", coordinates="step")
        declare(f"{table}/{group}/step", dtype=np.int64)
        probing = table == "probe"
        dims = {"sample": "probe", "shown": "probe"} if probing else {"sample": "sample", "shown": "shown"}
        most = {"sample": MOST_SAMPLES, "shown": MOST_SHOWN if probing else SHOWN}
        room = [most.get(dim, size) for dim, size in zip(piece.dims, piece.value.shape, strict=True)]
        named = [dims.get(dim, f"{dim}_{last}") for dim in piece.dims]
        rows = max(1, min(PIECE_BYTES // (4 * math.prod(room) or 1), PIECE_ROWS))
        about = {"name": piece.name, "shape": piece.shape}
        declare(f"{table}/{group}/{last}", named, room, np.float32, rows, **about)
        for dim, indices in piece.chosen.items():
            if f"{table}/{group}/{dim}_{last}" not in self._writer:
                labels(f"{table}/{group}/{dim}_{last}", (f"{dim}_{last}",), indices)


def _call(name: str) -> int:
    """Which call of its module in one forward pass: ``act#2`` is the second."""
    number = name.rpartition("#")[2]
    return int(number) if "#" in name and number.isdigit() else 1


def _estimator(part: Part, sampled: int) -> str:
    """How the statistics of each step were found; `count` says of how many values."""
    if part.size <= sampled:
        return "exact"
    return f"sample of {sampled}" + ("; norm exact" if part.kind == "grad" else "")
