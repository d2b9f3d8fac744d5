"""A trace in xarray and pandas."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from derivviz.errors import DerivvizError
from derivviz.trace import MissingSeriesError, Trace, open_trace


@pytest.fixture
def trace(whole_trace: Path) -> Trace:
    return open_trace(whole_trace)


def test_xarray(trace: Trace) -> None:
    pytest.importorskip("xarray")
    step = trace.to_xarray()
    assert dict(step.sizes) == {"step": 15, "tensor": 4, "stat": 7, "param": 1}
    assert step["time"].attrs["units"] == "s"
    assert step["lr"].attrs["units"] == "1"
    assert (step.attrs["seed"], step.attrs["command"]) == (7, "train.py")
    np.testing.assert_array_equal(step["loss"].sel(step=12), 1 / 12)
    np.testing.assert_array_equal(
        step["stats"].sel(tensor="grad/fc.weight", stat="norm"), trace["grad/fc.weight/norm"]
    )
    np.testing.assert_array_equal(step["lr_factor"].sel(param="fc.weight"), trace["lr_factor/fc.weight"])


@pytest.mark.parametrize(
    ("group", "sizes"),
    [
        ("sample", {"step": 15, "tensor": 4, "unit": 8}),
        ("snapshot/activation", {"snapshot": 3, "sample": 5, "unit_fc": 3}),
        ("probe", {"snapshot": 4, "probe": 2, "class": 3, "y": 4, "x": 4, "rgb": 3}),
        ("evaluation", {"epoch": 2, "image": 2, "class": 3}),
    ],
)
def test_other_groups(trace: Trace, group: str, sizes: dict[str, int]) -> None:
    pytest.importorskip("xarray")
    found = trace.to_xarray(group)
    assert dict(found.sizes) == sizes
    found.load()
    short = dict(trace[20:30].to_xarray(group).sizes)
    first = next(iter(sizes))
    rows = {"step": 5, "snapshot": 1, "epoch": 0}
    assert short == {**sizes, first: rows[first]}


def test_xarray_names_are_the_true_ones(tiny_trace: Path) -> None:
    pytest.importorskip("xarray")
    trace = open_trace(tiny_trace)
    assert set(trace.snapshot(0).activation) <= set(trace.to_xarray("snapshot/activation").variables)
    assert {"loss", "accuracy"} <= set(trace.to_xarray())


def test_xarray_reads_when_it_is_used(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xarray")
    from derivviz.trace.guard import GuardedStore

    read: list[str] = []
    real = GuardedStore.get

    async def get(self: GuardedStore, key: str, prototype: object, byte_range: object = None) -> object:
        read.append(key)
        return await real(self, key, prototype, byte_range)

    monkeypatch.setattr(GuardedStore, "get", get)
    step = trace.to_xarray()
    assert not any(key.startswith("step/stats/") and not key.endswith("zarr.json") for key in read)
    step["stats"].load()
    assert any(key.startswith("step/stats/") and not key.endswith("zarr.json") for key in read)


def test_no_such_group(trace: Trace) -> None:
    pytest.importorskip("xarray")
    with pytest.raises(MissingSeriesError, match="Nearest: snapshot"):
        trace.to_xarray("snapshots")


def test_pandas(trace: Trace) -> None:
    pytest.importorskip("pandas")
    table = trace.to_pandas()
    assert list(table.columns) == trace.keys()
    assert table.index.name == "step"
    assert table.index.tolist() == trace.steps.tolist()
    assert table.attrs["seed"] == 7
    for key in trace:
        np.testing.assert_array_equal(table[key], trace[key])
    assert trace[20:30].to_pandas("loss").index.tolist() == [20, 22, 24, 26, 28]


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        ("loss", ["loss"]),
        (["grad/*/norm", "loss"], ["loss", "grad/fc.weight/norm"]),
        (
            "update/fc.weight",
            [f"update/fc.weight/{s}" for s in ("mean", "std", "norm", "rms", "min", "max", "nonfinite")],
        ),
        (["l*"], ["loss", "lr/fc.weight", "lr_factor/fc.weight"]),
    ],
)
def test_keys_to_choose(trace: Trace, keys: str | list[str], columns: list[str]) -> None:
    pytest.importorskip("pandas")
    assert sorted(trace.to_pandas(keys).columns) == sorted(columns)


def test_a_pattern_that_means_nothing(trace: Trace) -> None:
    pytest.importorskip("pandas")
    with pytest.raises(MissingSeriesError, match="Nearest: loss"):
        trace.to_pandas(["grad/*", "los"])


@pytest.mark.parametrize("package", ["xarray", "pandas"])
def test_without_the_package(trace: Trace, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DerivvizError, match=f"pip install {package}"):
        getattr(trace, f"to_{package}")()
