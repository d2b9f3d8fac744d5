"""Traces of other versions: what a reader may ignore, and what it must refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz.trace import Trace, TraceError, open_trace
from derivviz.trace.layout import VERSION

Edit = Callable[[Callable[[dict[str, Any]], None]], Trace]


@pytest.fixture
def edited(whole_trace: Path, tmp_path: Path) -> Edit:
    """Opens a copy whose root metadata was changed."""

    def edited(change: Callable[[dict[str, Any]], None]) -> Trace:
        copy = tmp_path / "copy.zarr"
        shutil.copytree(whole_trace, copy, dirs_exist_ok=True)
        root = json.loads((copy / "zarr.json").read_bytes())
        change(root)
        (copy / "zarr.json").write_text(json.dumps(root))
        return open_trace(copy)

    return edited


def _version(root: dict[str, Any], version: object, least: object = None) -> None:
    root["attributes"].pop("min_reader", None)
    root["attributes"]["version"] = version
    if least is not None:
        root["attributes"]["min_reader"] = least


def test_the_first_version_names_no_reader(edited: Edit) -> None:
    assert len(edited(lambda root: _version(root, 1)).steps) == 15


def test_newer_but_readable(edited: Edit) -> None:
    """What this version does not know is left aside: a table, a kind, an attribute, a type, a codec."""

    def later(root: dict[str, Any]) -> None:
        _version(root, VERSION + 7, VERSION)
        nodes = root["consolidated_metadata"]["metadata"]
        like = nodes["step/loss"]
        nodes["moment"] = {"zarr_format": 3, "node_type": "group", "attributes": {}}
        nodes["moment/first"] = {**like, "data_type": "bfloat16"}
        nodes["step/packed"] = {**like, "codecs": [{"name": "zfpy", "configuration": {}}]}
        nodes["step/loss"]["attributes"]["colour"] = "red"
        root["attributes"]["mood"] = {"good": True}

    trace = edited(later)
    assert trace["loss"][0] == 1 / 10
    assert "packed" not in trace
    assert set(trace.unknown) == {"moment/first", "step/packed"}
    assert "zfpy" in trace.unknown["step/packed"]
    assert trace.attrs["mood"] == {"good": True}


def test_a_kind_that_is_new(whole_trace: Path, tmp_path: Path) -> None:
    from derivviz.trace.layout import STATS
    from derivviz.trace.writer import TraceWriter

    writer = TraceWriter(tmp_path / "new.zarr", {})
    writer.declare("step/step", dtype=np.int64)
    writer.declare("step/stats", ("tensor", "stat"), (1, 8))
    for name, value in (("kind", "curvature"), ("name", "fc")):
        writer.labels(f"step/{name}", ("tensor",), [value])
    writer.labels("step/size", ("tensor",), [4])
    # A statistic more, and in another order: they go by name.
    writer.labels("step/stat", ("stat",), ["median", *reversed(STATS)])
    writer.append("step", {"step": 3, "stats": [[99, 5, 4, 3, 2, 1, 0, 8]]})
    writer.close()
    table = open_trace(tmp_path / "new.zarr")["curvature/fc"]
    assert (table["norm"], table["max"], table["min"], table["nonfinite"]) == (5, 4, 3, 0)


@pytest.mark.parametrize(
    ("version", "least", "says"),
    [
        (VERSION + 1, None, rf"layout version {VERSION + 1}.*pip install --upgrade derivviz"),
        (VERSION + 9, VERSION + 1, f"takes a reader of version {VERSION + 1}"),
        ("2", None, "version is '2'"),
        (True, None, "version is True"),
        (0, None, "version is 0"),
        (VERSION, "1", "version is '1'"),
        (VERSION, 0, "version is 0"),
    ],
)
def test_what_this_version_cannot_read(edited: Edit, version: object, least: object, says: str) -> None:
    with pytest.raises(TraceError, match=says):
        edited(lambda root: _version(root, version, least))


def test_a_codec_that_this_version_should_know_is_refused(edited: Edit) -> None:
    def change(root: dict[str, Any]) -> None:
        root["consolidated_metadata"]["metadata"]["step/loss"]["codecs"] = [{"name": "numcodecs.pickle"}]

    with pytest.raises(TraceError, match="pickle"):
        edited(change)
