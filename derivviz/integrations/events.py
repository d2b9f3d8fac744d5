"""Scalars and histograms out of TensorBoard's event files, read by TensorBoard's own reader.

Not by its EventAccumulator: that one says nothing of what it could not read, holds every bucket of every
histogram in memory, and of a restarted run keeps what it should drop if it was written in the newer form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.errors import DerivvizError

try:
    from google.protobuf.message import DecodeError
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.util.tensor_util import make_ndarray
except ModuleNotFoundError as error:
    raise DerivvizError(
        'TensorBoard is not installed here. This brings it: pip install "derivviz[tensorboard]"'
    ) from error

Array = np.ndarray[Any, Any]
BINS = 64  # as many as a recorder's histograms have
_FRAME = 16  # bytes around each record: its length, and two checksums


@dataclass
class Histogram:
    """What TensorBoard kept of a tensor.

    stats : ``layout.STATS`` of all values, (7,); NaN where TensorBoard did not say
    counts, edges : (`BINS`,) int64 and (`BINS` + 1,), equally wide from the least to the greatest value
    """

    stats: Array
    counts: Array
    edges: Array

    @property
    def size(self) -> int:
        """How many values there were."""
        size = np.nansum(self.stats[:2])
        return int(size) if np.isfinite(size) else 0

    @property
    def summed(self) -> bool:
        """Whether the sums are known."""
        return bool(self.stats[0] == 0 or np.isfinite(self.stats[2]) or self.stats[1] > 0)


@dataclass
class Events:
    """What the event files of one run hold, by tag and step; of two events with the same the later counts."""

    scalars: dict[str, dict[int, float]] = field(default_factory=dict)
    histograms: dict[str, dict[int, Histogram]] = field(default_factory=dict)
    walls: dict[int, float] = field(default_factory=dict)  # when the first event of a step was written [s]
    skipped: dict[str, str] = field(default_factory=dict)  # tags and files, and why they were not read
    _plugins: dict[str, str] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        """Take over what an event says."""
        if event.HasField("session_log") and event.session_log.status == SessionLog.START:
            self._void(event.step)
        for value in event.summary.value:
            if value.HasField("metadata"):  # said only once of each tag
                self._plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
            if self._take(value, event.step):
                self.walls.setdefault(event.step, event.wall_time)
            elif value.tag not in self.scalars and value.tag not in self.histograms:
                self.skipped[value.tag] = "neither a scalar nor a histogram"

    def _take(self, value: Any, step: int) -> bool:
        form, plugin = value.WhichOneof("value"), self._plugins.get(value.tag)
        if form == "simple_value":
            self.scalars.setdefault(value.tag, {})[step] = value.simple_value
        elif form == "histo":
            self.histograms.setdefault(value.tag, {})[step] = from_proto(value.histo)
        elif form == "tensor" and plugin == "scalars":
            self.scalars.setdefault(value.tag, {})[step] = float(make_ndarray(value.tensor).reshape(()))
        elif form == "tensor" and plugin == "histograms":
            buckets = make_ndarray(value.tensor).astype(np.float64).reshape(-1, 3)
            self.histograms.setdefault(value.tag, {})[step] = from_buckets(buckets)
        else:
            return False
        return True

    def _void(self, first: int) -> None:
        """A run that crashed was begun again at the step `first`: what it said of later steps is void."""
        tables: list[dict[int, Any]] = [self.walls, *self.scalars.values(), *self.histograms.values()]
        for rows in tables:
            for step in [step for step in rows if step >= first]:
                del rows[step]
        self.scalars = {tag: rows for tag, rows in self.scalars.items() if rows}
        self.histograms = {tag: rows for tag, rows in self.histograms.items() if rows}


def read_events(files: Sequence[Path], progress: Callable[[int, int], None]) -> Events:
    """Everything in `files`, as far as it can be read; `progress` is called with bytes read and bytes in all."""
    events = Events()
    sizes = [file.stat().st_size for file in files]
    for number, (file, size) in enumerate(zip(files, sizes, strict=True)):
        done = 0
        for record in RawEventFileLoader(str(file)).Load():
            try:
                events.take(Event.FromString(record))
            except (DecodeError, ValueError, TypeError) as error:
                events.skipped[f"{file.name} at byte {done}"] = f"an event that cannot be read: {error}"
            done += len(record) + _FRAME
            progress(sum(sizes[:number]) + done, sum(sizes))
        if done < size:
            events.skipped[file.name] = f"damaged or cut off at byte {done} of {size}; the rest is lost"
    return events


def from_proto(histogram: Any) -> Histogram:
    """A histogram of the older form: buckets that end at given limits, and exact sums."""
    counts, limits = np.array(histogram.bucket, float), np.array(histogram.bucket_limit, float)
    if len(counts) != len(limits):
        raise ValueError(f"a histogram of {len(counts)} buckets with {len(limits)} limits")
    _check(counts)
    low, high = histogram.min, histogram.max
    full = np.flatnonzero(counts)
    if len(full):  # the outermost limits may be ±1e308, or be left out: least and greatest value are known
        first, last = full[0], full[-1]
        low = low if math.isfinite(low) else limits[max(first - 1, 0)]
        high = high if math.isfinite(high) else limits[last]
        edges = np.concatenate([[low], limits[first:last], [high]])
        counts = counts[first : last + 1]
    else:
        counts, edges = np.zeros(0), np.zeros(1)
    count, total, square = histogram.num, histogram.sum, histogram.sum_squares
    if count == 0:
        stats = [0, 0, *[math.nan] * 5]
    elif math.isfinite(total) and math.isfinite(square):
        stats = [count, 0, total, square, histogram.min, histogram.max, math.sqrt(square)]
    else:  # a value that is no number is in the sums, and in no bucket
        lost = max(count - counts.sum(), 1)
        stats = [count - lost, lost, math.nan, math.nan, low, high, math.nan]
    return Histogram(np.array(stats, float), *_rebinned(counts, edges))


def from_buckets(buckets: Array) -> Histogram:
    """A histogram of the newer form: (bucket, [left, right, count]), which says nothing of sums."""
    if not len(buckets):
        return Histogram(np.array([0, 0, *[np.nan] * 5]), *_rebinned(np.zeros(0), np.zeros(1)))
    edges, counts = np.concatenate([buckets[:1, 0], buckets[:, 1]]), buckets[:, 2]
    _check(counts)
    stats = np.array([counts.sum(), np.nan, np.nan, np.nan, edges[0], edges[-1], np.nan])
    return Histogram(stats, *_rebinned(counts, edges))


def _check(counts: Array) -> None:
    if not ((counts >= 0) & (counts < 2**53)).all():
        raise ValueError("a histogram that counts less than nothing, or more than there is")


def _rebinned(counts: Array, edges: Array) -> tuple[Array, Array]:
    """Counts in `BINS` equally wide bins between the outer edges, as if even within each bucket."""
    low, high = float(edges[0]), float(edges[-1])
    if not len(counts) or not math.isfinite(high - low):
        return np.zeros(BINS, np.int64), np.full(BINS + 1, np.nan)
    if high <= low:
        return np.array([round(counts.sum()), *[0] * (BINS - 1)]), np.linspace(low, low + 1, BINS + 1)
    below = np.concatenate([[0], np.cumsum(counts)])
    wanted = np.linspace(low, high, BINS + 1)
    return np.diff(np.rint(np.interp(wanted, np.maximum.accumulate(edges), below)).astype(np.int64)), wanted
