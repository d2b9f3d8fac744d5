"""A trace from anyone is safe to open: it runs no code, reads nothing outside, and takes no undue memory."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numcodecs import Zstd

from derivviz.trace import TraceError, open_trace
from derivviz.trace.writer import TraceWriter

MOST = 2**26  # bytes that any refusal may take


@pytest.fixture
def copy(whole_trace: Path, tmp_path: Path) -> Path:
    """A trace of one's own to do harm to."""
    return shutil.copytree(whole_trace, tmp_path / "copy.zarr")


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    root = json.loads((path / "zarr.json").read_bytes())
    edit(root["consolidated_metadata"]["metadata"])
    (path / "zarr.json").write_text(json.dumps(root))


def chunk(path: Path, name: str) -> Path:
    """The one chunk file of an array."""
    [found] = [p for p in (path / name).rglob("*") if p.is_file() and p.name != "zarr.json"]
    return found


def plain_chunks(path: Path, content: bytes, size: int = 15) -> None:
    """Make ``step/loss`` an array of one plain chunk of `size` float64, with this content."""

    def edit(nodes: dict[str, Any]) -> None:
        nodes["step/loss"]["chunk_grid"]["configuration"]["chunk_shape"] = [size]
        codecs = [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {}},
        ]
        nodes["step/loss"]["codecs"] = codecs
        nodes["step/loss"]["chunk_key_encoding"] = {"name": "v2", "configuration": {"separator": "."}}

    change(path, edit)
    chunk(path, "step/loss").unlink()
    (path / "step/loss/0").write_bytes(content)


def refused(action: Callable[[], object], says: str) -> None:
    """`action` raises a TraceError, and before it does takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(TraceError, match=says):
            action()
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def frame(declared: int | None) -> bytes:
    """A Zstandard frame that declares a content size, or none, whatever it holds."""
    block = b"\x01\x00\x00"
    if declared is None:
        return b"\x28\xb5\x2f\xfd" + bytes([0x00, 0x58]) + block
    return b"\x28\xb5\x2f\xfd" + bytes([0xE0]) + struct.pack("<Q", declared) + block


def test_the_form_of_these_tests_reads(copy: Path) -> None:
    plain_chunks(copy, Zstd().encode(np.arange(15.0)))
    assert open_trace(copy)["loss"].tolist() == list(range(15))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (frame(2**40), "a chunk of 1099511627776 bytes where 120 belong"),
        (frame(121), "121 bytes where 120"),
        (frame(None), "does not say how large it is"),
        (b"", "no Zstandard frame"),
        (b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" * 3, "no Zstandard frame"),  # a skippable one
        (Zstd().encode(Zstd().encode(np.zeros(15))), "where 120 belong"),
        (frame(120), "damaged in 'step/loss'"),
        (b"x" * 10_000, "10000 bytes, and at most 632"),
    ],
)
def test_a_frame_is_asked_for_its_size_before_it_is_unpacked(copy: Path, content: bytes, says: str) -> None:
    plain_chunks(copy, content)
    refused(lambda: open_trace(copy)["loss"], says)


def test_a_frame_inside_a_shard_too(whole_trace: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(whole_trace, tmp_path / "copy.zarr")
    path = chunk(copy, "snapshot/samples")
    content = bytearray(path.read_bytes())
    offset = len(content)
    content += frame(2**40)
    content[:16] = struct.pack("<QQ", offset, len(frame(2**40)))
    path.write_bytes(content)
    refused(lambda: open_trace(copy).snapshot(10).samples, "a chunk of 1099511627776 bytes where 8 belong")


@pytest.mark.parametrize("entry", [(2**63, 10), (0, 2**62), (2**64 - 1, 5), (40, 2**40)])
def test_an_index_that_points_nowhere(copy: Path, entry: tuple[int, int]) -> None:
    path = chunk(copy, "snapshot/samples")
    content = bytearray(path.read_bytes())
    content[:16] = struct.pack("<QQ", *entry)
    path.write_bytes(content)
    refused(lambda: open_trace(copy).snapshot(10).samples, "damaged in 'snapshot/samples")


def test_a_text_chunk_that_claims_many(copy: Path) -> None:
    name = chunk(copy, "step/name")
    name.write_bytes(Zstd().encode(struct.pack("<I", 2**28) + b"\0" * 40))
    refused(lambda: open_trace(copy).keys(), "does not hold 6 of them")
    name.write_bytes(Zstd().encode(b"\0" * 2**25))
    refused(lambda: open_trace(copy).keys(), "33554432 bytes of text")


@pytest.mark.parametrize("size", [2**32, 2**27])
def test_an_array_of_nothing_is_not_made(copy: Path, size: int) -> None:
    change(copy, lambda nodes: nodes["step/loss"].update(shape=[size]))
    change(copy, lambda nodes: nodes["step/step"].update(shape=[size]))
    shutil.rmtree(copy / "step" / "step")
    refused(lambda: open_trace(copy)["loss"], "of which nothing is there")
    refused(lambda: open_trace(copy).to_xarray(), "of which nothing is there")


def test_nor_one_of_many_tiny_chunks(copy: Path) -> None:
    def edit(nodes: dict[str, Any]) -> None:
        nodes["step/step"]["shape"] = [2**24]
        nodes["step/step"]["chunk_grid"]["configuration"]["chunk_shape"] = [1]
        nodes["step/step"]["codecs"] = nodes["step/kind"]["codecs"][1:]
        nodes["step/step"]["codecs"] = [{"name": "bytes", "configuration": {"endian": "little"}}]

    change(copy, edit)
    refused(lambda: open_trace(copy).steps, "of which nothing is there")


@pytest.mark.parametrize(
    "edit",
    [
        lambda nodes: nodes["step/loss"].update(shape=[2**60]),
        lambda nodes: nodes["step/loss"].update(shape=[-1]),
        lambda nodes: nodes["step/loss"].update(shape=[True]),
        lambda nodes: nodes["step/loss"].update(shape=[1.5]),
        lambda nodes: nodes["step/loss"].update(shape=[2] * 64, dimension_names=["d"] * 64),
        lambda nodes: nodes["step/loss"].update(dimension_names=None),
        lambda nodes: nodes["step/loss"].update(codecs=[]),
        lambda nodes: nodes["step/loss"].update(attributes=[1]),
        lambda nodes: nodes["step/loss"].pop("chunk_grid"),
        lambda nodes: nodes["step/name"]["codecs"].append(nodes["step/name"]["codecs"][1]),
        lambda nodes: nodes["snapshot/step"]["codecs"][0]["configuration"].update(chunk_shape=[0]),
        lambda nodes: nodes["snapshot/step"]["chunk_grid"]["configuration"].update(chunk_shape=[2**40]),
        lambda nodes: nodes["snapshot/step"].update(node_type="array", data_type=["int64"]),
        lambda nodes: nodes.update({"a/../../b": nodes["step/loss"]}),
        lambda nodes: nodes.update({"/etc": nodes["step/loss"]}),
        lambda nodes: nodes.update({"step\\..\\..\\x": nodes["step/loss"]}),
        lambda nodes: nodes.update({"step/lo\0ss": nodes["step/loss"]}),
        lambda nodes: nodes.update(step=7),
    ],
)
def test_metadata_that_lies(copy: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    change(copy, edit)
    refused(lambda: open_trace(copy), "damaged or not made by derivviz")


def test_endless_metadata(copy: Path) -> None:
    (copy / "zarr.json").write_text("[" * 200_000)
    refused(lambda: open_trace(copy), "zarr.json cannot be read")
    with (copy / "zarr.json").open("wb") as file:
        file.truncate(2**33)  # a hole: it takes nothing on disk
    refused(lambda: open_trace(copy), "8589934592 bytes, and at most")


def test_a_link_that_leads_out(copy: Path, tmp_path: Path) -> None:
    path = chunk(copy, "step/loss")
    outside = tmp_path / "secret"
    shutil.move(path, outside)
    path.symlink_to(outside)
    refused(lambda: open_trace(copy)["loss"], r"leads out of the trace; if you trust it, copy it: cp -rL")
    (copy / "step" / "loss").rename(tmp_path / "elsewhere")
    (copy / "step" / "loss").symlink_to(tmp_path / "elsewhere")
    refused(lambda: open_trace(copy)["loss"], "leads out of the trace")


def test_a_link_inside_and_a_link_to_the_trace_are_followed(copy: Path, tmp_path: Path) -> None:
    path = chunk(copy, "step/loss")
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")
    (tmp_path / "latest.zarr").symlink_to(copy)
    assert open_trace(tmp_path / "latest.zarr")["loss"][0] == 1 / 10


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_would_never_end(copy: Path) -> None:
    path = chunk(copy, "step/loss")
    path.unlink()
    os.mkfifo(path)
    refused(lambda: open_trace(copy)["loss"], "no plain file")
    (copy / "zarr.json").unlink()
    os.mkfifo(copy / "zarr.json")
    refused(lambda: open_trace(copy), "no plain file")


def test_names_never_become_paths(tmp_path: Path) -> None:
    """A name that leads elsewhere is a name like any other, for the writer and for the reader."""
    before = set(tmp_path.iterdir())
    writer = TraceWriter(tmp_path / "odd.zarr", {})
    writer.declare("step/step", dtype=np.int64)
    writer.declare("step/stats", ("tensor", "stat"), (1, 7))
    writer.labels("step/kind", ("tensor",), ["grad"])
    writer.labels("step/name", ("tensor",), ["../../etc/passwd"])
    writer.labels("step/size", ("tensor",), [4])
    writer.append("step", {"step": 0, "stats": np.ones((1, 7))})
    writer.close()
    trace = open_trace(tmp_path / "odd.zarr")
    assert trace["grad/../../etc/passwd/norm"].tolist() == [1.0]
    assert set(tmp_path.iterdir()) - before == {tmp_path / "odd.zarr"}


def test_what_a_terminal_would_obey_is_spelled_out(copy: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202eab\nError: all is well"
    change(copy, lambda nodes: nodes["step/loss"]["attributes"].update(name=evil))
    trace = open_trace(copy)
    assert trace[evil][0] == 1 / 10
    with pytest.raises(TraceError) as caught:
        trace[evil + "x"]
    told = str(caught.value)
    assert "\\x1b" in told
    assert "\\u202e" in told
    assert all(character.isprintable() for character in told)


def test_a_trace_that_was_sorted_anew_since(tmp_path: Path) -> None:
    """The end of a run replaces files. Rows of nothing would be a lie, so it says to open the trace again."""
    writer = TraceWriter(tmp_path / "live.zarr", {})
    writer.declare("step/step", dtype=np.int64, rows=4)
    writer.declare("step/loss", rows=4)
    for step in range(8):
        writer.append("step", {"step": step, "loss": step / 2})
    writer.commit()
    before = open_trace(tmp_path / "live.zarr")
    assert len(before.steps) == 8
    writer.close()
    with pytest.raises(TraceError, match="has changed since it was opened: open it again"):
        before["loss"]
    assert open_trace(tmp_path / "live.zarr")["loss"][-1] == 3.5
