"""Writing, settling and resuming a trace, held against NumPy."""

from __future__ import annotations

import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from derivviz.errors import UsageError
from derivviz.trace import MissingSeriesError, TraceError, columns, layout
from derivviz.trace.layout import scalar_slug, slug
from derivviz.trace.shards import Shard
from derivviz.trace.writer import TraceWriter, is_trace

Array = np.ndarray[Any, Any]


class Truth:
    """A writer and, beside it, what the trace must hold: one column of each kind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self.committed = 0
        self.wide = 1  # how many tensors there are by now
        self.open()

    def open(self) -> None:
        self.writer = TraceWriter(self.path, {"note": 1}, resume=True)
        self.rows = self.rows[: self.committed]
        assert self.writer.rows.get("step", 0) == self.committed
        self.writer.declare("step/step", dtype=np.int64, rows=4)
        self.writer.declare("step/sometimes", rows=3)
        self.writer.declare("step/stats", ("tensor", "stat"), (6, 2), rows=4)
        self.writer.declare("snapshot/map", ("y", "x"), (2, 2), np.float32)
        self.writer.describe("step", coordinates="tensor")

    def append(self, count: int, sparse: bool) -> None:
        for _ in range(count):
            n = len(self.rows)
            row = {"step": n, "stats": n + np.arange(2.0 * self.wide).reshape(self.wide, 2)}
            if not sparse:
                row["sometimes"] = n / 3
            self.rows.append(row)
            self.writer.append("step", row)
        names = [f"tensor {k}" for k in range(self.wide)]
        self.writer.labels("step/tensor", ("tensor",), names, 6)
        self.writer.append("snapshot", {"map": np.full((2, 2), len(self.rows))})

    def commit(self) -> None:
        self.writer.commit()
        self.committed = len(self.rows)

    def close(self) -> None:
        self.writer.close()
        self.committed = len(self.rows)

    def truncate(self, rows: int) -> None:
        self.writer.truncate("step", rows)
        self.rows = self.rows[:rows]
        self.committed = min(self.committed, rows) if rows >= self.committed else rows

    def check(self) -> None:
        """Hold what plain zarr reads against the truth."""
        rows, group = self.rows[: self.committed], zarr.open_group(str(self.path), mode="r")
        if not rows:
            return
        step = {name: np.asarray(array[...]) for name, array in group["step"].arrays()}
        np.testing.assert_array_equal(step["step"], np.arange(len(rows)))
        np.testing.assert_array_equal(step["sometimes"], [row.get("sometimes", np.nan) for row in rows])
        stats = np.full((len(rows), len(step["tensor"]), 2), np.nan)
        for n, row in enumerate(rows):
            values = row["stats"][: stats.shape[1]]
            stats[n, : len(values)] = values
        np.testing.assert_array_equal(step["stats"], stats)
        assert step["tensor"].tolist() == [f"tensor {k}" for k in range(len(step["tensor"]))]


ACTIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 14), st.booleans()),
    st.tuples(st.just("commit")),
    st.tuples(st.just("close")),
    st.tuples(st.just("kill")),
    st.tuples(st.just("widen")),
    st.tuples(st.just("truncate"), st.floats(0, 1)),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTIONS, min_size=2, max_size=12))
def test_a_trace_is_what_was_appended(actions: list[tuple[Any, ...]]) -> None:
    """Whatever a row of sessions did, ended by closing or by a kill, in files of very few chunks."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SHARD_CHUNKS", 3)
        patch.setattr(layout, "BLOCK_BYTES", 500)
        truth = Truth(Path(folder) / "run.zarr")
        for name, *arguments in actions:
            if name == "append":
                truth.append(*arguments)
            elif name == "commit":
                truth.commit()
            elif name == "widen":
                truth.wide = min(truth.wide + 2, 6)
            elif name == "truncate":
                truth.commit()
                truth.truncate(int(arguments[0] * len(truth.rows)))
            else:
                if name == "close":
                    truth.close()
                else:  # what was written and never committed
                    for column in truth.writer._contents.columns.values():
                        column.write()
                truth.check()
                truth.open()
            truth.check()
            np.testing.assert_array_equal(truth.writer.values("step/step"), np.arange(len(truth.rows)))
        truth.close()
        truth.check()


def fill(writer: TraceWriter, rows: int, tensors: int = 3) -> None:
    writer.declare("step/step", dtype=np.int64, rows=64)
    writer.declare("step/loss", rows=64, name="loss")
    writer.declare("step/stats", ("tensor", "stat"), (tensors + 2, 7), rows=64)
    writer.labels("step/tensor", ("tensor",), [f"t{n}" for n in range(tensors)], tensors + 2)
    for n in range(writer.rows.get("step", 0), rows):
        writer.append("step", {"step": n, "loss": n / 7, "stats": np.full((tensors, 7), n / 3)})


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A closed trace of 200 steps."""
    writer = TraceWriter(tmp_path / "run.zarr", {"command": "first"})
    fill(writer, 200)
    writer.close()
    return writer.path


def contents(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def metadata(path: Path, array: str) -> dict[str, Any]:
    return dict(json.loads((path / "zarr.json").read_bytes())["consolidated_metadata"]["metadata"][array])


def test_closing_lays_a_series_together(made: Path) -> None:
    group = zarr.open_group(str(made), mode="r")
    assert group["step/stats"].chunks == (200, 1, 7)
    assert group["step/loss"].chunks == (200,)
    data = sorted(name for name in contents(made) if not name.endswith("zarr.json"))
    assert data == ["step/loss/0", "step/stats/0.0.0", "step/step/0", "step/tensor/c/0"]
    # The files alone, without the consolidated metadata, tell the same.
    alone = zarr.open_group(str(made / "step"), mode="r")
    np.testing.assert_array_equal(alone["loss"][...], np.arange(200) / 7)


def test_a_long_trace_is_settled_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "BLOCK_BYTES", 2000)
    writer = TraceWriter(tmp_path / "run.zarr", {})
    fill(writer, 200)
    writer.close()
    shape, rows = (200, 3, 7), layout.settled_rows((200, 3, 7), np.dtype(float))
    assert rows * math.prod(shape[1:]) * 8 <= 2000
    assert len(list((writer.path / "step" / "stats").glob("*.0.0"))) == math.ceil(200 / rows)
    stats = zarr.open_group(str(writer.path), mode="r")["step/stats"][:, 1, 3]
    np.testing.assert_array_equal(stats, np.arange(200) / 3)


def test_resuming_restores_what_the_writer_knew(made: Path) -> None:
    writer = TraceWriter(made, {"command": "second", "host": "new"}, resume=True)
    assert writer.resumed
    assert writer.rows == {"step": 200}
    assert (writer.attributes["command"], writer.attributes["host"]) == ("first", "new")
    assert "step/stats" in writer
    assert writer.values("step/tensor").tolist() == ["t0", "t1", "t2"]
    np.testing.assert_array_equal(writer.values("step/stats")[:, 1, 3], np.arange(200) / 3)
    with pytest.raises(MissingSeriesError, match="step/stats"):
        writer.values("step/stat")
    assert not list((made / "step" / "stats").glob("*.0.0")), "the journal is all there is now"
    fill(writer, 203)
    writer.close()
    np.testing.assert_array_equal(zarr.open_group(str(made), mode="r")["step/loss"][...], np.arange(203) / 7)


def test_resuming_makes_what_is_not_there(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {}, resume=True)
    assert not writer.resumed
    assert is_trace(writer.path)
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo").touch()
    with pytest.raises(TraceError, match="not a trace"):
        TraceWriter(tmp_path / "holiday", {}, resume=True)
    with pytest.raises(UsageError, match="choose one"):
        TraceWriter(tmp_path / "run.zarr", {}, overwrite=True, resume=True)


def test_another_model_is_not_appended_to(made: Path) -> None:
    writer = TraceWriter(made, {}, resume=True)
    writer.declare("step/stats", ("tensor", "stat"), (99, 7), rows=8)
    writer.append("step", {"stats": np.ones((9, 7))})
    assert writer.values("step/stats").shape == (201, 5, 7), "as much as there was room for"
    for dims, dtype in ((("tensor",), np.float64), ((), np.int64)):
        with pytest.raises(TraceError, match="another model"):
            writer.declare("step/loss", dims, [1] * len(dims), dtype)
    with pytest.raises(TraceError, match="another model"):
        writer.labels("step/step", ("step",), [1])


def test_a_closed_writer_takes_no_more(made: Path) -> None:
    writer = TraceWriter(made, {}, resume=True)
    writer.close()
    before = contents(made)
    with pytest.raises(TraceError, match="resume=True"):
        writer.append("step", {"step": 200})
    writer.close()
    assert contents(made) == before


@pytest.mark.parametrize("key", ["version", "min_reader"])
def test_another_version_is_not_appended_to(made: Path, key: str) -> None:
    root = json.loads((made / "zarr.json").read_bytes())
    root["attributes"][key] += 1 if key == "version" else -1
    root["attributes"]["min_reader"] = max(root["attributes"]["min_reader"], 1)
    if key == "min_reader":
        root["attributes"]["min_reader"] = 2
    (made / "zarr.json").write_text(json.dumps(root))
    before = contents(made)
    with pytest.raises(TraceError, match="appends to version"):
        TraceWriter(made, {}, resume=True)
    assert contents(made) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def change(array: str, key: str, value: Any) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        root = json.loads((path / "zarr.json").read_bytes())
        root["consolidated_metadata"]["metadata"][array][key] = value
        (path / "zarr.json").write_text(json.dumps(root))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: cut(path / "step" / "stats" / "0.0.0"),
        lambda path: (path / "step" / "loss" / "0").unlink(),
        lambda path: (path / "step" / "tensor" / "c" / "0").write_bytes(b"nonsense"),
        change("step/loss", "shape", [150]),
        change("step/loss", "attributes", {"journal_chunk": [64, 2]}),
        change("step/loss", "fill_value", 0.0),
        change("step/loss", "dimension_names", ["stop"]),
    ],
)
def test_a_damaged_trace_is_left_alone(made: Path, damage: Callable[[Path], None]) -> None:
    damage(made)
    before = contents(made)
    with pytest.raises(TraceError, match=r"run\.zarr (is damaged|cannot be resumed)"):
        TraceWriter(made, {}, resume=True)
    assert contents(made) == before


def test_a_damaged_journal_is_left_alone(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    fill(writer, 70)
    writer.commit()
    cut(tmp_path / "run.zarr" / "step" / "stats" / "c" / "0" / "0" / "0")
    before = contents(writer.path)
    with pytest.raises(TraceError, match="is damaged"):
        TraceWriter(writer.path, {}, resume=True)
    assert contents(writer.path) == before


def test_frequent_commits_do_not_fill_the_disk(tmp_path: Path) -> None:
    """A chunk that is written anew with each of its 64 rows leaves room that the next ones take."""
    rng, size = np.random.default_rng(0), {}
    for every in (1, 64):
        writer = TraceWriter(tmp_path / f"{every}.zarr", {})
        writer.declare("step/stats", ("tensor", "stat"), (5, 7), rows=64)
        for n in range(640):
            writer.append("step", {"stats": rng.normal(size=(5, 7))})
            if n % every == 0:
                writer.commit()
        writer.commit()
        size[every] = (writer.path / "step" / "stats" / "c" / "0" / "0" / "0").stat().st_size
        assert zarr.open_group(str(writer.path), mode="r")["step/stats"].shape == (640, 5, 7)
    assert size[1] < 2 * size[64]


def test_a_chunk_is_not_written_where_a_reader_may_still_look(tmp_path: Path) -> None:
    shard, written, rng = Shard(tmp_path, "c/0", 4), [], np.random.default_rng(0)
    for n in range(120):
        slot, data = n // 30, bytes([n]) * int(rng.integers(1, 20))
        shard.write({slot: data})
        written.append((slot, data, shard._index[slot].tolist()))
        content = shard.path.read_bytes()
        for _, data, (offset, length) in written[-3:]:
            assert content[offset : offset + length] == data, n
    assert dict(Shard(tmp_path, "c/0", 4).load().read(range(4))) == {slot: data for slot, data, _ in written}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files")
def test_a_short_write_is_noticed(tmp_path: Path) -> None:
    """A file system that takes a part of what it is given: the limit lies inside of the next chunk."""
    import resource

    rng = np.random.default_rng(0)
    writer = TraceWriter(tmp_path / "run.zarr", {})
    writer.declare("step/stats", ("stat",), (700,), rows=64)
    for _ in range(64):
        writer.append("step", {"stats": rng.normal(size=700)})
    writer.commit()
    size = (writer.path / "step" / "stats" / "c" / "0" / "0").stat().st_size
    for _ in range(64):
        writer.append("step", {"stats": rng.normal(size=700)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            writer.commit()
        assert (writer.path / "step" / "stats" / "c" / "0" / "0").stat().st_size == size + 1000
        with pytest.raises(OSError, match="too large"):
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert zarr.open_group(str(writer.path), mode="r")["step/stats"].shape == (64, 700)
    writer.close()  # there is room again
    stats = zarr.open_group(str(writer.path), mode="r")["step/stats"]
    assert stats.shape == (128, 700)
    assert np.isfinite(stats[...]).all()


@pytest.mark.parametrize("where", ["settle.replace_file", "contents.Contents.commit"])
def test_no_room_to_settle_leaves_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    fill(writer, 100)
    writer.commit()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"derivviz.trace.{where}", full)
        patch.setattr(writer, "commit", lambda: None)
        with pytest.raises(TraceError, match=r"is complete, but .*: No space left"):
            writer.close()
    assert (writer.path / "step" / "loss" / "c" / "0").exists()
    assert not (writer.path / "step" / "loss" / "0").exists()
    assert metadata(writer.path, "step/loss")["chunk_key_encoding"]["name"] == "default"
    for consolidated in (True, False):
        group = zarr.open_group(str(writer.path), mode="r", use_consolidated=consolidated)
        np.testing.assert_array_equal(group["step/loss"][...], np.arange(100) / 7)
    writer.close()
    assert not (writer.path / "step" / "loss" / "c").exists()
    np.testing.assert_array_equal(
        zarr.open_group(str(writer.path), mode="r")["step/loss"][...], np.arange(100) / 7
    )


@pytest.mark.parametrize("committed", [0, 4, 6])
@pytest.mark.parametrize("lost", [1, 4, 20])
def test_what_a_kill_left_never_comes_to_light(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: int, lost: int
) -> None:
    """Rows that were written and not committed, in the chunk under way, the next one, the next shard."""
    monkeypatch.setattr(columns, "SHARD_CHUNKS", 3)
    truth = Truth(tmp_path / "run.zarr")
    if committed:
        truth.append(committed, False)
        truth.commit()
    truth.append(lost, False)
    for column in truth.writer._contents.columns.values():
        column.write()
    truth.open()
    truth.append(30, True)
    truth.close()
    truth.check()


def test_ranks_are_traces_of_their_own(made: Path) -> None:
    rank = TraceWriter(made / "rank1", {})
    fill(rank, 5)
    rank.close()
    TraceWriter(made, {}, resume=True).close()
    assert zarr.open_group(str(made / "rank1"), mode="r")["step/loss"].shape == (5,)
    assert zarr.open_group(str(made), mode="r")["step/loss"].shape == (200,)
    TraceWriter(made, {}, overwrite=True)
    assert not (made / "rank1").exists()


@given(st.text(max_size=12), st.text(max_size=12))
def test_names_never_meet_on_disk(one: str, other: str) -> None:
    try:
        one.encode(), other.encode()
    except UnicodeEncodeError:
        return
    assert (slug(one).lower() == slug(other).lower()) == (one == other)
    assert (scalar_slug(one) == scalar_slug(other)) == (one == other)
    for name in (slug(one), scalar_slug(one)):
        assert name not in ("", ".", "..", "c", "zarr.json")
        assert not set(name) & set('/\\:*?"<>| \0')


def test_names_that_mean_something_elsewhere() -> None:
    assert slug("layer.0.weight") == "layer.0.weight"
    assert scalar_slug("F1") == "F1"
    assert slug("W") != "W"
    assert slug("W").lower() != slug("w").lower()
    assert slug("Conv2d_1a").startswith("Conv2d_1a~")
    for device in ("aux", "con", "nul.weight", "COM1", "lpt9.x"):
        assert scalar_slug(device)[0] == "%"
    assert slug("auxiliary") == "auxiliary"
    assert slug("ends.")[-1] != "."
    assert len(slug("A" * 300)) <= 100
    assert slug("A" * 300) != slug("A" * 301)


def test_overwriting_leaves_nothing(made: Path) -> None:
    with pytest.raises(TraceError, match="resume=True to append"):
        TraceWriter(made, {})
    shutil.copytree(made, made.parent / "copy.zarr")
    TraceWriter(made, {}, overwrite=True)
    assert set(contents(made)) == {"zarr.json"}
