"""``derivviz export``: the step table as a file."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from derivviz.cli.export import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace import open_trace
from derivviz.trace.writer import TraceWriter


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def export(*words: object) -> str:
    result = CliRunner().invoke(command, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), "renders/tiny.csv"),
        (("--format", "npz"), "renders/tiny.npz"),
        (("-o", "a.parquet"), "a.parquet"),
        (("-o", "new/", "--format", "csv"), "new/tiny.csv"),
    ],
)
def test_where_it_goes_and_what_is_said(
    tiny_trace: Path, tmp_path: Path, words: tuple[str, ...], name: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    keys = len(open_trace(tiny_trace).keys())
    told = export(tiny_trace, *words)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / name]
    assert re.fullmatch(rf"{name}  \([\d.]+ k?B, 12 steps × {keys} keys, made in [\d.]+ s\)\n", told)


def test_all_formats_say_the_same(tiny_trace: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    trace = open_trace(tiny_trace)
    for kind in ("csv", "parquet", "npz"):
        export(tiny_trace, "-o", f"x.{kind}")
    table, parquet = pandas.read_csv("x.csv", index_col="step"), pandas.read_parquet("x.parquet")
    with np.load("x.npz") as arrays:
        assert arrays["step"].tolist() == table.index.tolist() == parquet.index.tolist() == list(range(12))
        assert set(arrays) - {"step"} == set(table.columns) == set(parquet.columns) == set(trace.keys())
        for key in trace:
            np.testing.assert_array_equal(arrays[key], trace[key])
            np.testing.assert_array_equal(parquet[key], trace[key])
            np.testing.assert_allclose(table[key], trace[key], rtol=1e-15)
    assert parquet.attrs["preset"] == "test"


def test_chosen_keys(tiny_trace: Path) -> None:
    pandas = pytest.importorskip("pandas")
    export(tiny_trace, "-o", "x.csv", "--keys", "loss", "--keys", "grad/*.bias/norm")
    columns = list(pandas.read_csv("x.csv").columns)
    assert sorted(columns) == [
        "grad/conv.bias/norm",
        "grad/fc1.bias/norm",
        "grad/fc2.bias/norm",
        "loss",
        "step",
    ]
    with pytest.raises(UsageError, match=r"--keys: There is no series 'lss'.*Nearest: loss"):
        export(tiny_trace, "--keys", "lss")


def test_a_file_is_replaced_whole_or_not_at_all(tiny_trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("x.npz").write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(
            "numpy.lib.format.write_array", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space"))
        )
        with pytest.raises(DerivvizError, match=r"x\.npz cannot be written: No space"):
            export(tiny_trace, "-o", "x.npz")
    assert Path("x.npz").read_text() == "old"
    assert [p.name for p in Path().iterdir()] == ["x.npz"]
    export(tiny_trace, "-o", "x.npz")
    assert np.load("x.npz")["loss"].shape == (12,)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "a.xlsx"), r"a\.xlsx: the file ends in \.csv, \.parquet, \.npz"),
        (("-o", "a.csv", "--format", "npz"), "disagree"),
    ],
)
def test_wrong_words(tiny_trace: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        export(tiny_trace, *words)


def test_never_into_a_trace(tiny_trace: Path) -> None:
    with pytest.raises(UsageError, match="is a trace itself"):
        export(tiny_trace, "-o", tiny_trace)


@pytest.mark.parametrize(
    ("kind", "package", "remedy"),
    [("csv", "pandas", "pip install pandas"), ("parquet", "pyarrow", r"pip install 'derivviz\[parquet\]'")],
)
def test_without_the_package(
    tiny_trace: Path, monkeypatch: pytest.MonkeyPatch, kind: str, package: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DerivvizError, match=remedy):
        export(tiny_trace, "-o", f"x.{kind}")
    assert not Path(f"x.{kind}").exists()


def test_npz_needs_no_pandas(tiny_trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert export(tiny_trace, "-o", "x.npz").startswith("x.npz")


def test_odd_names(tmp_path: Path) -> None:
    """``file`` is an argument of numpy.savez, and a path that leads out would be one when unpacked."""
    import zipfile

    writer = TraceWriter(tmp_path / "odd.zarr", {})
    writer.declare("step/step", dtype=np.int64)
    for n, name in enumerate(("file", "../../up", "/root")):
        writer.declare(f"step/x{n}", name=name)
    writer.append("step", {"step": 4, "x0": 1.5, "x1": 2.5, "x2": 3.5})
    writer.close()
    export("odd.zarr", "-o", "x.npz")
    assert np.load("x.npz")["file"].tolist() == [1.5]
    for name in zipfile.ZipFile("x.npz").namelist():
        assert not name.startswith("/")
        assert ".." not in name.split("/")


def test_the_run_travels_with_parquet(tiny_trace: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    export(tiny_trace, "-o", "x.parquet", "--keys", "loss")
    about = json.loads(parquet.read_schema("x.parquet").metadata[b"PANDAS_ATTRS"])
    assert about["classes"][0] == "pizza"
