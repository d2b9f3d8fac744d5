"""Read TensorBoard's event files into a trace, so that an old run can teach too.

>>> from derivviz.integrations.tensorboard import import_events
>>> import_events("runs/mnist", "mnist.zarr")                                           # doctest: +SKIP
>>> derivviz.open_trace("mnist.zarr")["loss"]                                           # doctest: +SKIP

Scalars become series under their own tags: a row for each step that has any, NaN where a tag has none. ``time``
is the wall time since the first event. A tag that the trace uses itself, ``time``, becomes ``logged/time``.

Histograms become rows of the snapshots and, by their exact sums, series like ``grad/conv1.weight/mean``. What is
exact and what is not is said by ``estimator``. A tag becomes (kind, name) where it says so plainly:

=================================================  ==========================================
``grad/NAME``, ``gradients/NAME``, ``NAME.grad``   grad
``weights/NAME``, ``params/NAME``                  param
``activations/NAME``                               activation
``updates/NAME``                                   update
``NAME.weight``, ``NAME.bias``                     param
everything else                                    histogram, under the whole tag
=================================================  ==========================================

The tags themselves stay in the label ``tag``. Where two events have the same tag and step the later counts, and
what a restarted run says is void is dropped, as TensorBoard does. Pictures, texts and graphs are left out.
The attribute ``nonfinite`` says at which step a scalar first *was* NaN or infinite, by name.
"""

from __future__ import annotations

import datetime
import math
import os
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import derivviz
from derivviz.errors import UsageError, nearest
from derivviz.integrations.events import BINS, Histogram, read_events
from derivviz.integrations.tags import kind_and_name
from derivviz.trace.errors import TraceError
from derivviz.trace.layout import STATS, slug
from derivviz.trace.writer import TraceWriter, is_trace

STEP_ROWS = 64  # rows in a chunk of the step table
_OWN = frozenset({
    "step", "time", "recorder_seconds", "lr", "lr_factor", "param",
    "stats", "stat", "tensor", "kind", "name", "size", "estimator", "tag",
})  # fmt: skip
_REBINNED = "of TensorBoard's buckets, rebinned evenly within each"
_ESTIMATOR = {True: "exact", False: "exact, but sums unknown"}


def import_events(
    logdir: str | Path,
    path: str | Path,
    *,
    run: str | None = None,
    names: Mapping[str, str] | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Read a run's event files and write them as a trace.

    Parameters
    ----------
    logdir : the folder that TensorBoard would be pointed at, or one event file
    path : the trace to make
    run : which run below `logdir`, where there are several: its folder, relative to `logdir`
    names : ``{"loss": "train/loss"}`` calls the scalar of that tag ``loss``, which is what figures look for
    overwrite : replace an existing trace
    progress : is called with (bytes read, bytes in all)

    Returns
    -------
    `path`. The attribute ``skipped`` of the trace lists what was not read, and why.

    Raises
    ------
    UsageError : there are several runs and none is chosen, or no such one, or no such tag.
    TraceError : there is nothing to read, or the trace cannot be made.
    """
    path = Path(path)
    if is_trace(path) and not overwrite:
        raise TraceError(f"There is already a trace at {path}. Name another path, or let it be overwritten.")
    files = _chosen(Path(logdir), run)
    events = read_events(files, progress)
    if not events.scalars and not events.histograms:
        lost = "".join(f" {what}: {why}." for what, why in events.skipped.items())
        raise TraceError(f"The event files in {files[0].parent} hold no scalars and no histograms.{lost}")
    scalars = _named(events.scalars, names or {})
    began = min(events.walls.values())
    about = _provenance(files, events.skipped, began)
    writer = TraceWriter(path, {**about, "nonfinite": _nonfinite(scalars)}, overwrite)
    try:
        tensors = _tensors(events.histograms)
        _write_steps(writer, scalars, tensors, events.walls, began)
        if tensors:
            _write_snapshots(writer, tensors)
        writer.close()
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)  # half of an import is of no use, and it can be done again
        raise
    return path


def runs(logdir: Path) -> dict[str, list[Path]]:
    """The event files of each run below `logdir`, by its folder relative to it, in the order of their names."""
    if logdir.is_file():
        return {".": [logdir]}
    found = {
        Path(folder).relative_to(logdir).as_posix(): [
            Path(folder, name) for name in sorted(names) if "tfevents" in name
        ]
        for folder, _, names in os.walk(logdir)
    }
    return {name: files for name, files in sorted(found.items()) if files}


def _chosen(logdir: Path, run: str | None) -> list[Path]:
    if not logdir.exists():
        raise TraceError(f"There is no {logdir}. Name the folder that TensorBoard was pointed at.")
    found = runs(logdir)
    if not found:
        raise TraceError(
            f"There are no event files in {logdir} or below it; their names hold 'tfevents'. "
            "Name the folder that TensorBoard was pointed at."
        )
    if run is None and len(found) == 1:
        return next(iter(found.values()))
    known = ", ".join(found)
    if run is None:
        raise UsageError(f"There are {len(found)} runs below {logdir}. Choose one with run (--run): {known}.")
    if run not in found:
        raise UsageError(f"There is no run {run!r} below {logdir}. There are: {known}.")
    return found[run]


def _named(scalars: Mapping[str, dict[int, float]], names: Mapping[str, str]) -> dict[str, dict[int, float]]:
    """The scalars under the names that they shall have."""
    for name, tag in names.items():
        if tag not in scalars:
            close = nearest(tag, scalars) or list(scalars)[:3]
            raise UsageError(f"There is no scalar {tag!r} in these event files. Nearest: {', '.join(close)}.")
        if name in scalars and name != tag:
            raise UsageError(f"A scalar of this run is called {name!r} already, so {tag!r} cannot be.")
    called = {tag: name for name, tag in names.items()}
    called |= {tag: f"logged/{tag}" for tag in ("time", "recorder_seconds") if tag not in called}
    return {called.get(tag, tag): values for tag, values in scalars.items()}


def _tensors(histograms: Mapping[str, dict[int, Histogram]]) -> dict[tuple[str, str], Any]:
    """By kind and name, the tag and its histograms; a pair that is taken leaves the later tag as it is."""
    found: dict[tuple[str, str], Any] = {}
    for tag, rows in histograms.items():
        key = kind_and_name(tag)
        found[key if key not in found else ("histogram", tag)] = (tag, rows)
    return found


def _provenance(files: list[Path], skipped: dict[str, str], began: float) -> dict[str, Any]:
    try:
        created = datetime.datetime.fromtimestamp(began, datetime.UTC).isoformat()
    except (ValueError, OverflowError, OSError):  # a wall time of no calendar
        created = None
    return {
        "created": created,
        "imported": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "source": "TensorBoard event files",
        "files": [file.name for file in files],
        "versions": {"derivviz": derivviz.__version__, "tensorboard": version("tensorboard")},
        "skipped": skipped,
    }


def _nonfinite(scalars: Mapping[str, Mapping[int, float]]) -> dict[str, int]:
    """By name, the first step at which a scalar was logged and was NaN or infinite.

    In its series a NaN that was logged looks like a step without a value.
    """
    lost = {
        name: [s for s, value in rows.items() if not math.isfinite(value)] for name, rows in scalars.items()
    }
    return {name: min(steps) for name, steps in lost.items() if steps}


def _write_steps(
    writer: TraceWriter,
    scalars: Mapping[str, Mapping[int, float]],
    tensors: Mapping[tuple[str, str], Any],
    walls: Mapping[int, float],
    began: float,
) -> None:
    """One row for each step at which anything was logged."""
    writer.describe("step", coordinates="kind name size estimator tag")
    writer.declare("step/step", dtype=np.int64, rows=STEP_ROWS)
    writer.declare("step/time", rows=STEP_ROWS, units="s", long_name="since the first event")
    places = {name: slug(f"%{name}" if name in _OWN else name) for name in scalars}
    for name, place in places.items():
        writer.declare(f"step/{place}", rows=STEP_ROWS, name=name)
    if tensors:
        writer.declare("step/stats", ("tensor", "stat"), (len(tensors), len(STATS)), rows=STEP_ROWS)
        _label(writer, "step", tensors)
    for step in sorted(walls):
        row: dict[str, Any] = {"step": step, "time": walls[step] - began}
        row |= {places[name]: values[step] for name, values in scalars.items() if step in values}
        if any(step in rows for _, rows in tensors.values()):
            row["stats"] = _stats(tensors, step)
        writer.append("step", row)


def _write_snapshots(writer: TraceWriter, tensors: Mapping[tuple[str, str], Any]) -> None:
    """One row for each step at which there is a histogram."""
    writer.describe("snapshot", coordinates="step kind name size estimator tag")
    writer.declare("snapshot/step", dtype=np.int64)
    writer.declare("snapshot/stats", ("tensor", "stat"), (len(tensors), len(STATS)))
    room = len(tensors)
    writer.declare("snapshot/histogram", ("tensor", "bin"), (room, BINS), np.int64, estimator=_REBINNED)
    writer.declare("snapshot/edges", ("tensor", "edge"), (room, BINS + 1), estimator=_REBINNED)
    _label(writer, "snapshot", tensors)
    none = Histogram(np.full(len(STATS), np.nan), np.zeros(BINS, np.int64), np.full(BINS + 1, np.nan))
    for step in sorted(set().union(*(rows for _, rows in tensors.values()))):
        found = [rows.get(step, none) for _, rows in tensors.values()]
        row: dict[str, Any] = {"step": step, "stats": np.stack([h.stats for h in found])}
        row |= {"histogram": np.stack([h.counts for h in found]), "edges": np.stack([h.edges for h in found])}
        writer.append("snapshot", row)


def _stats(tensors: Mapping[tuple[str, str], Any], step: int) -> np.ndarray[Any, Any]:
    unknown = np.full(len(STATS), np.nan)
    return np.stack([rows[step].stats if step in rows else unknown for _, rows in tensors.values()])


def _label(writer: TraceWriter, group: str, tensors: Mapping[tuple[str, str], Any]) -> None:
    """Say what the rows of the statistics are."""
    labels: dict[str, list[Any]] = {
        "tensor": [f"{kind}/{name}" for kind, name in tensors],
        "kind": [kind for kind, _ in tensors],
        "name": [name for _, name in tensors],
        "tag": [tag for tag, _ in tensors.values()],
        "size": [int(max(h.size for h in rows.values())) for _, rows in tensors.values()],
        "estimator": [_ESTIMATOR[all(h.summed for h in rows.values())] for _, rows in tensors.values()],
    }
    for name, values in labels.items():
        writer.labels(f"{group}/{name}", ("tensor",), values)
    writer.labels(f"{group}/stat", ("stat",), list(STATS))
