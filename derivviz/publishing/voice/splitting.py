"""Where the sentences of a recording begin and end: as marked in a table, or at its longest pauses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from derivviz.errors import DerivvizError
from derivviz.publishing.voice.recording import Recording

WINDOW = 0.02  # seconds over which loudness is taken
SHORTEST_PAUSE = 0.25  # seconds
MARGIN = 0.1  # seconds kept around what is spoken: consonants begin softly

Span = tuple[float, float]


def marked(path: Path, count: int, duration: float) -> list[Span]:
    """Start and end of each sentence, in seconds, from a CSV file with the columns ``beat`` and ``start``.

    A column ``end`` is optional: without it a sentence lasts until the next one starts. ``--with marks`` writes
    such a file for a film.

    Parameters
    ----------
    path
        The file.
    count
        Sentences that there are.
    duration
        Seconds that the recording lasts.

    Raises
    ------
    DerivvizError
        When it is no such table; the message names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DerivvizError(f"{path} is no CSV file that can be read: {error}") from error
    if not rows or not {"beat", "start"} <= rows[0].keys():
        raise DerivvizError(f"{path}: the first line names the columns, beat,start or beat,start,end")
    if len(rows) != count:
        raise DerivvizError(f"{path} has {len(rows)} beats, and the lesson has {count}: a line for each")
    starts = [_seconds(path, line, row, "start") for line, row in enumerate(rows, 2)]
    for line, (row, start, after) in enumerate(zip(rows, starts, [*starts[1:], duration], strict=True), 2):
        if str(row["beat"]).strip() != str(line - 1):
            raise DerivvizError(f"{path}:{line}: beat {row['beat']!r}, but this is beat {line - 1}")
        if not (0 <= start < duration and (start < after or after > duration)):
            raise DerivvizError(
                f"{path}:{line}: it starts at {start:g} s; starts grow from line to line, and the recording ends "
                f"at {duration:g} s"
            )
    ends = [
        min(_seconds(path, line, row, "end"), after) if (row.get("end") or "").strip() else after
        for line, (row, after) in enumerate(zip(rows, [*starts[1:], duration], strict=True), 2)
    ]
    for line, (start, end) in enumerate(zip(starts, ends, strict=True), 2):
        if end <= start:
            raise DerivvizError(f"{path}:{line}: it ends at {end:g} s, and starts at {start:g} s")
    return list(zip(starts, ends, strict=True))


def _seconds(path: Path, line: int, row: dict[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value):
        raise DerivvizError(f"{path}:{line}: {column} {row[column]!r} is no time in seconds")
    return value


def pauses(recording: Recording, count: int) -> list[Span]:
    """Start and end of each sentence, in seconds, when they are parted by the longest pauses.

    What is quiet is told from what is spoken by Otsu's threshold (IEEE Trans. SMC 9, 1979) on the loudness in
    decibels.

    Parameters
    ----------
    recording
        All sentences, one after the other.
    count
        How many there are.

    Raises
    ------
    DerivvizError
        When there are fewer pauses than it takes.
    """
    size = max(1, round(WINDOW * recording.rate))
    whole = len(recording.samples) // size * size
    windows = recording.samples[:whole].reshape(-1, size).astype(float)
    level = 10 * np.log10(np.mean(windows**2, axis=1) + 1.0)
    spoken = np.flatnonzero(level > _otsu(level))
    gaps = np.diff(spoken) - 1
    long = np.flatnonzero(gaps * WINDOW >= SHORTEST_PAUSE)
    if len(long) < count - 1:
        raise DerivvizError(
            f"the lesson has {count} sentences, which takes {count - 1} pauses, and the recording has {len(long)} "
            f"of {SHORTEST_PAUSE:g} s or more: pause longer between sentences, or name their times with --marks"
        )
    parted = np.sort(long[np.argsort(-gaps[long], kind="stable")[: count - 1]])
    first = spoken[np.concatenate([[0], parted + 1]).astype(int)] * WINDOW
    last = (spoken[np.concatenate([parted, [len(spoken) - 1]]).astype(int)] + 1) * WINDOW
    return [
        (max(0.0, float(start) - MARGIN), min(recording.duration, float(end) + MARGIN))
        for start, end in zip(first, last, strict=True)
    ]


def _otsu(level: np.ndarray) -> float:
    """The threshold that parts values into two groups with the least variance within."""
    counts, edges = np.histogram(level, 128)
    middles = (edges[1:] + edges[:-1]) / 2
    below, total = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (total / below - (total[-1] - total) / above) ** 2
    return float(edges[1:][np.nanargmax(between)])
