"""What is in a trace, as plain data: for ``derivviz inspect``, its JSON, and whoever else shows it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from derivviz.trace.diagnosis import diagnose
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.health import Examination
from derivviz.trace.layout import ROW_DIMENSION
from derivviz.trace.reader import Trace
from derivviz.trace.store import Array

_PROVENANCE = ("created", "command", "seed", "device", "optimizer", "git", "data_hash", "versions")
_NOT_RECORDED = ("skipped", "left_out", "stopped")
_OWN = frozenset({"time", "recorder_seconds"})  # what the recorder measures, not what the loop logs
_TOLD_ELSEWHERE = frozenset(
    {*_PROVENANCE, *_NOT_RECORDED, "modules", "parameters", "structure", "format", "version", "min_reader"}
    | {"diagnosis"}  # made anew, as a resumed run may have gone on since
)


def summarize(trace: Trace) -> dict[str, Any]:
    """All that can be said of a trace in short. JSON can say it; a number that there is not is None.

    Raises
    ------
    TraceError : the trace is damaged.
    """
    steps, files = trace.steps, trace.bytes_on_disk
    seconds, recorder = (
        _elapsed(trace[key]) if key in trace else None for key in ("time", "recorder_seconds")
    )
    examination = Examination(trace)
    health = [asdict(finding) for finding in examination.findings()]
    return {
        "path": str(trace.path),
        "version": trace.attrs["version"],
        "bytes": sum(files.values()),
        "files": len(files),
        "steps": _span(steps),
        "snapshots": _span(trace.snapshot_steps),
        "evaluations": _rows(trace, "evaluation"),
        "probe_rows": _rows(trace, "probe"),
        "ranks": list(trace.ranks),
        "seconds": seconds,
        "recorder_seconds": recorder,
        "recorder_share": recorder / seconds if recorder is not None and seconds else None,
        "provenance": {key: trace.attrs.get(key) for key in _PROVENANCE},
        "sessions": trace.attrs.get("sessions") or [],
        "notes": {key: value for key, value in trace.attrs.items() if key not in _TOLD_ELSEWHERE},
        "groups": _groups(trace, files),
        "logged": [_logged(trace, key) for key in trace.logged if key not in _OWN],
        "modules": trace.modules,
        "parameters": trace.parameters,
        "elements": sum(_size(about.get("shape")) for about in trace.parameters),
        "tensors": len(trace.tensors()),
        "not_recorded": {key: trace.attrs[key] for key in _NOT_RECORDED if trace.attrs.get(key)},
        "not_understood": trace.unknown,
        "first_nonfinite": next((found for found in health if found["kind"] == "nonfinite"), None),
        "health": health,
        "diagnosis": diagnose(trace, examination),
    }


def _span(steps: Array) -> dict[str, int | None]:
    ends = (int(steps[0]), int(steps[-1])) if len(steps) else (None, None)
    return {"count": len(steps), "first": ends[0], "last": ends[1]}


def _rows(trace: Trace, table: str) -> int:
    try:
        return len(trace.evaluation.epochs if table == "evaluation" else trace.probe.steps)
    except MissingSeriesError:
        return 0


def _groups(trace: Trace, files: dict[str, int]) -> list[dict[str, Any]]:
    """The tables: their arrays with dimensions and units, and what lies on disk below them."""
    tables = dict.fromkeys((*ROW_DIMENSION, *(name.partition("/")[0] for name in trace.arrays)))
    found: dict[str, dict[str, Any]] = {
        name: {"name": name, "rows": None, "bytes": 0, "arrays": [], "files": []} for name in tables
    }
    for path, size in sorted(files.items()):
        top, _, below = path.partition("/")
        name = top if below and (top in tables or top.startswith("rank")) else "other files"
        group = found.setdefault(name, {"name": name, "rows": None, "bytes": 0, "arrays": [], "files": []})
        group["bytes"] += size
        if name == "other files":
            group["files"].append(path)
    for name, about in trace.arrays.items():
        group = found[name.partition("/")[0]]
        dims = [[dim, size] for dim, size in zip(about.dims, about.shape, strict=True)]
        units = about.attributes.get("units")
        true = str(about.attributes.get("name", name.rpartition("/")[2]))
        group["arrays"].append({"path": name, "name": true, "dims": dims, "units": units})
        if name.partition("/")[2] in ("step", "epoch") and about.shape:
            group["rows"] = about.shape[0]
    return [group for group in found.values() if group["arrays"] or group["files"] or group["bytes"]]


def _logged(trace: Trace, key: str) -> dict[str, Any]:
    values = trace[key]
    numbers = values[np.isfinite(values)]
    told = (
        {"first": numbers[0], "last": numbers[-1], "min": numbers.min(), "max": numbers.max()}
        if len(numbers)
        else {}
    )
    return {"key": key, "count": len(numbers)} | {
        name: float(told[name]) if name in told else None for name in ("first", "last", "min", "max")
    }


def _elapsed(values: Array) -> float | None:
    """What a clock counted that begins anew in each session."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return float(values[-1] + values[:-1][np.diff(values) < 0].sum())


def _size(shape: Any) -> int:
    known = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    return math.prod(shape) if known else 0
