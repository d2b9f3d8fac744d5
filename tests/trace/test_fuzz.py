"""Whatever is damaged in a trace, every read works or raises TraceError: nothing else, and not for long."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from derivviz.trace import Trace, TraceError, open_trace
from derivviz.trace.summary import summarize

MOST = 300 * 2**20  # bytes: store.FREE, and what lies around it
LONGEST = 20.0  # seconds


def _mutated(data: st.DataObject, content: bytes) -> bytes | None:
    """The content of a file after something went wrong with it; None if it is gone."""
    kind = data.draw(st.sampled_from(["flip", "truncate", "delete", "replace", "insert", "digit"]))
    if kind == "delete":
        return None
    if kind == "replace":
        return data.draw(st.binary(max_size=200))
    at = data.draw(st.integers(0, max(len(content) - 1, 0)))
    if kind == "truncate" or not content:
        return content[:at]
    if kind == "insert":
        return content[:at] + data.draw(st.binary(min_size=1, max_size=20)) + content[at:]
    if kind == "digit":  # in the metadata: a number that is still one
        digits = [n for n, byte in enumerate(content) if chr(byte).isdigit()]
        at = digits[at % len(digits)] if digits else at
        return (
            content[:at]
            + data.draw(st.sampled_from([b"9", b"0", b"99999999", b"-1", b"null"]))
            + content[at + 1 :]
        )
    return content[:at] + bytes([content[at] ^ 1 << data.draw(st.integers(0, 7))]) + content[at + 1 :]


def read_some(path: Path, chance: random.Random) -> None:
    """Some of all public reads, each of which may fail, and each only with a TraceError."""
    try:
        trace = open_trace(path)
    except TraceError:
        return
    for read in chance.sample(list(_reads(trace)), 5):
        with contextlib.suppress(TraceError):
            read()


def _reads(trace: Trace) -> Iterator:  # type: ignore[type-arg]
    yield lambda: repr(trace)
    yield lambda: trace.columns("*")
    yield lambda: [trace[key] for key in list(trace)[:6] + trace.tensors()[:2]]
    yield lambda: trace[12:30].columns("loss")
    yield lambda: [trace.sampled(tensor) for tensor in trace.tensors()]
    yield lambda: [np.asarray(part) for part in trace.evaluation.probabilities]
    yield lambda: [trace.probe.output, trace.probe.input_image]
    yield lambda: [dict(mapping) for mapping in (trace.probe.activation, trace.probe.map, trace.probe.units)]
    yield lambda: [trace.rank(k).columns("*") for k in trace.ranks]
    for step in _some(trace):
        for what in ("activation", "activation_grad", "map", "grad_map", "param", "grad", "update", "units"):
            yield lambda what=what, step=step: dict(getattr(trace.snapshot(step), what))
        yield lambda step=step: [dict(trace.snapshot(step).columns), dict(trace.snapshot(step).shape)]
        for what in ("samples", "images", "target", "output"):
            yield lambda what=what, step=step: getattr(trace.snapshot(step), what)
        yield lambda step=step: dict(trace.snapshot(step).histogram)
    yield lambda: summarize(trace)
    for group in ("step", "sample", "snapshot", "snapshot/activation", "probe", "evaluation"):
        yield lambda group=group: _load(trace.to_xarray(group))
    yield lambda: trace.to_pandas()


def _load(dataset: Any) -> None:
    """Read it all. This is xarray's own doing, and so are the errors; but memory is not to be taken for it."""
    with contextlib.suppress(Exception):
        dataset.load()


def _some(trace: Trace) -> list[int]:
    try:
        return [int(step) for step in trace.snapshot_steps[:1]]
    except TraceError:
        return []


@pytest.fixture(scope="module", params=["closed", "tiny"])
def healthy(request: pytest.FixtureRequest, whole_trace: Path, tiny_trace: Path) -> Path:
    """A trace with every table, and one of a real run."""
    return whole_trace if request.param == "closed" else tiny_trace


@pytest.mark.filterwarnings("ignore::UserWarning")  # zarr on attributes that it does not know
@pytest.mark.filterwarnings("ignore::xarray.SerializationWarning")
@pytest.mark.parametrize("rounds", [20, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_damaged_trace_reads_or_says_so(healthy: Path, rounds: int) -> None:
    pytest.importorskip("xarray")
    pytest.importorskip("pandas")
    files = sorted(p.relative_to(healthy) for p in healthy.rglob("*") if p.is_file())
    # Half of the harm goes to the root: all that is read hangs on it.
    choice = st.one_of(st.just(Path("zarr.json")), st.sampled_from(files))

    # Not shrunk: what is drawn names the file and the harm, and that is small enough.
    phases, checks = [Phase.generate], list(HealthCheck)

    @settings(max_examples=rounds, deadline=None, phases=phases, suppress_health_check=checks, database=None)
    @given(st.data())
    def damage(data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(shutil.copytree(healthy, Path(folder) / "run.zarr", copy_function=_link))
            for file in data.draw(st.lists(choice, min_size=1, max_size=3)):
                if (path / file).exists():
                    content = _mutated(data, (path / file).read_bytes())
                    (path / file).unlink()
                    if content is not None:
                        (path / file).write_bytes(content)
            began = time.monotonic()
            tracemalloc.start()
            try:
                read_some(path, random.Random(data.draw(st.integers(0, 2**32))))
                assert tracemalloc.get_traced_memory()[1] < MOST
            finally:
                tracemalloc.stop()
            assert time.monotonic() - began < LONGEST

    damage()


def _link(source: str, target: str) -> str:
    """Many copies of one trace: hard links, broken up where harm is done."""
    Path(target).hardlink_to(source)
    return target


def test_unharmed_everything_reads(healthy: Path) -> None:
    """Otherwise the test above would pass on a reader that always refuses."""
    trace = open_trace(healthy)
    failed = []
    for n, read in enumerate(_reads(trace)):
        try:
            read()
        except KeyError:  # what that trace does not hold
            failed.append(n)
    assert len(failed) < 10
