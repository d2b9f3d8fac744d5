"""Traces elsewhere: fsspec URLs. ``memory://`` stands for all of them; local paths never go that way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from derivviz.errors import DerivvizError
from derivviz.trace import TraceError, open_trace
from derivviz.trace.health import examine
from derivviz.trace.summary import summarize

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def url(whole_trace: Path) -> Iterator[str]:
    """The trace with everything in it, in fsspec's memory."""
    memory = fsspec.filesystem("memory")
    memory.put(f"{whole_trace}/", "/shelf/run.zarr/", recursive=True)
    yield "memory://shelf/run.zarr"
    memory.rm("/shelf", recursive=True)


def test_a_url_reads_like_the_folder(url: str, whole_trace: Path) -> None:
    here, there = open_trace(whole_trace), open_trace(url)
    assert str(there.path) == url
    assert there.keys() == here.keys()
    for key in here:
        np.testing.assert_array_equal(there[key], here[key])
    np.testing.assert_array_equal(there.snapshot(20).param["fc.weight"], here.snapshot(20).param["fc.weight"])
    np.testing.assert_array_equal(there.probe.output, here.probe.output)
    assert there.ranks == here.ranks == (0, 1, 2)
    np.testing.assert_array_equal(there.rank(1)["loss"], here.rank(1)["loss"])
    assert there.bytes_on_disk == here.bytes_on_disk
    told = summarize(there)
    assert {**summarize(here), "path": url} == told
    assert examine(there) == examine(here)


def test_in_xarray(url: str, whole_trace: Path) -> None:
    pytest.importorskip("xarray")
    found = open_trace(url)[20:30].to_xarray()
    assert found.identical(open_trace(whole_trace)[20:30].to_xarray())


def test_a_slash_at_the_end_changes_nothing(url: str) -> None:
    assert len(open_trace(f"{url}/").steps) == 15


def test_file_urls_are_paths(whole_trace: Path) -> None:
    trace = open_trace(whole_trace.as_uri())
    assert trace.path == whole_trace
    assert len(trace.steps) == 15


def test_what_is_not_there(url: str) -> None:
    with pytest.raises(TraceError, match=r"memory://shelf/none is not a trace: it has no zarr\.json"):
        open_trace("memory://shelf/none")


def test_damaged(url: str) -> None:
    memory = fsspec.filesystem("memory")
    [name] = [n for n in memory.find("/shelf/run.zarr/step/loss") if not n.endswith("json")]
    memory.pipe_file(name, b"x" * 200)
    trace = open_trace(url)
    with pytest.raises(TraceError, match=r"memory://shelf/run\.zarr is damaged in 'step/loss"):
        trace["loss"]
    assert np.isfinite(trace["time"]).all()


@pytest.mark.parametrize(
    ("address", "package", "remedy"),
    [
        ("s3://bucket/run.zarr", "s3fs", r"pip install 'derivviz\[s3\]'"),
        ("gs://bucket/run.zarr", "gcsfs", r"pip install 'derivviz\[gs\]'"),
        ("https://example.org/run.zarr", "aiohttp", "pip install aiohttp"),
    ],
)
def test_a_package_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, address: str, package: str, remedy: str
) -> None:
    for name in [name for name in sys.modules if name.startswith(("fsspec.implementations.http", package))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    known = sys.modules["fsspec.registry"]._registry
    monkeypatch.delitem(known, address.partition(":")[0], raising=False)
    with pytest.raises(DerivvizError, match=remedy):
        open_trace(address)


def test_a_protocol_that_nobody_knows() -> None:
    with pytest.raises(DerivvizError, match="no package knows wombat://"):
        open_trace("wombat://somewhere/run.zarr")


def test_paths_do_not_go_through_fsspec(whole_trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("a path went through fsspec")

    monkeypatch.setattr("fsspec.core.url_to_fs", never)
    monkeypatch.setattr("derivviz.trace.place.FsspecStore", never)
    trace = open_trace(whole_trace)
    assert len(trace["loss"]) == 15
    assert trace.rank(1).bytes_on_disk
