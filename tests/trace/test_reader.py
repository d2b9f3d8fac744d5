"""Reading a trace."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import derivviz
from derivviz.errors import DerivvizError
from derivviz.trace import MissingSeriesError, TraceError
from derivviz.trace.layout import VERSION

MODULES = ["conv", "act1", "pool", "flatten", "fc1", "act2", "fc2"]


def test_series(tiny_trace: Path) -> None:
    trace = derivviz.open_trace(tiny_trace)
    assert trace.steps.tolist() == list(range(12))
    assert trace.snapshot_steps.tolist() == [0, 5, 10, 11]
    assert trace["epoch"].tolist() == [1.0] * 4 + [2.0] * 4 + [3.0] * 4
    assert trace["loss"][-1] < trace["loss"][0]
    assert (trace["lr/fc1.weight"] == 0.01).all()
    np.testing.assert_allclose(trace["lr_factor/conv.bias"], 1.1)
    assert (np.diff(trace["time"]) > 0).all()
    assert {f"activation_grad/{name}/rms" for name in MODULES} <= set(trace.keys())
    for key in trace.keys():  # noqa: SIM118 - a Trace is no dict
        assert trace[key].shape == (12,), key
        assert np.isfinite(trace[key]).all(), key


def test_what_the_run_says_of_itself(tiny_trace: Path) -> None:
    attrs = derivviz.open_trace(tiny_trace).attrs
    assert (attrs["format"], attrs["version"], attrs["preset"]) == ("derivviz-trace", VERSION, "test")
    assert attrs["classes"][0] == "pizza"
    assert [module["name"] for module in attrs["modules"]] == MODULES
    assert attrs["modules"][0] == {
        "name": "conv",
        "type": "Conv2d",
        "parameters": ["weight", "bias"],
        "output_shape": [4, 22, 22],
    }
    assert {"name": "fc1.weight", "shape": [16, 484]} in attrs["parameters"]


def test_snapshot(tiny_trace: Path) -> None:
    snapshot = derivviz.open_trace(tiny_trace).snapshot(5)
    assert snapshot.step == 5
    assert snapshot.images.shape == (4, 24, 24, 3)
    assert snapshot.images.dtype == np.uint8
    assert snapshot.target.tolist() == [0, 1, 2, 3, 4] * 2
    np.testing.assert_array_equal(snapshot.output, snapshot.activation["fc2"])
    assert list(snapshot.activation) == MODULES
    assert snapshot.activation["act1"].shape == (10, 64)  # of 1,936 units, 64
    assert snapshot.activation["act2"].shape == (10, 16)  # all
    assert snapshot.shape["conv"] == (4, 22, 22)
    assert snapshot.map["conv"].shape == snapshot.grad_map["conv"].shape == (4, 4, 22, 22)
    assert snapshot.param["conv.weight"].shape == (4, 3, 3, 3)
    assert snapshot.columns["conv.weight"] is None
    np.testing.assert_array_equal(snapshot.units["act1"], snapshot.units["conv"])
    # The first sample of a small map is not averaged: the chosen units are in it.
    whole = snapshot.map["act1"][0].reshape(-1)
    np.testing.assert_array_equal(whole[snapshot.units["act1"]], snapshot.activation["act1"][0])
    counts, edges = snapshot.histogram["activation/act1"]
    assert 1024 < counts.sum() <= 2048  # of 19,360
    assert edges[0] >= -1
    assert edges[-1] <= 1


def test_chain_multiplies_out(tiny_trace: Path) -> None:
    """∂L/∂w = Σ ∂L/∂a · φ′(z) · x, from recorded numbers alone, is the recorded gradient."""
    trace = derivviz.open_trace(tiny_trace)
    for step in trace.snapshot_steps:
        s = trace.snapshot(step)
        dz = s.activation_grad["act2"] * (1 - np.tanh(s.activation["fc1"]) ** 2)
        np.testing.assert_allclose(dz, s.activation_grad["fc1"], rtol=1e-4, atol=1e-8)
        np.testing.assert_array_equal(s.columns["fc1.weight"], s.units["flatten"])
        gradient = s.grad["fc1.weight"]
        assert gradient.shape == (16, 64)
        assert np.abs(gradient).max() > 1e-4
        np.testing.assert_allclose(dz.T @ s.activation["flatten"], gradient, rtol=1e-4, atol=1e-8)


def test_evaluation(tiny_trace: Path) -> None:
    evaluation = derivviz.open_trace(tiny_trace).evaluation
    assert evaluation.probabilities.shape == (3, 10, 5)
    np.testing.assert_allclose(evaluation.probabilities.sum(-1), 1, rtol=1e-5)
    assert evaluation.epochs.tolist() == [1, 2, 3]
    assert evaluation.target is not None
    assert evaluation.target.tolist() == [0, 1, 2, 3, 4] * 2
    assert evaluation.names is not None
    assert evaluation.names[3] == "picture 3"
    assert evaluation.thumbnails is not None
    assert evaluation.thumbnails.shape == (10, 24, 24, 3)


@pytest.mark.parametrize(
    ("key", "hint"),
    [("lsos", "loss"), ("grad/fc1.weigth/norm", "grad/fc1.weight/norm"), ("lr/fc1", "lr/fc1.bias")],
)
def test_a_wrong_key_names_the_nearest(tiny_trace: Path, key: str, hint: str) -> None:
    trace = derivviz.open_trace(tiny_trace)
    assert key not in trace
    with pytest.raises(KeyError) as caught:
        trace[key]
    assert isinstance(caught.value, DerivvizError)
    assert hint in str(caught.value)
    assert "\\n" not in str(caught.value)


def test_a_wrong_snapshot_names_the_nearest(tiny_trace: Path) -> None:
    trace = derivviz.open_trace(tiny_trace)
    with pytest.raises(MissingSeriesError, match=r"Step 7 has no snapshot.*5, 10, 11"):
        trace.snapshot(7)
    with pytest.raises(MissingSeriesError, match="Nearest: conv"):
        trace.snapshot(0).activation["con"]


def test_reading_needs_no_torch(tiny_trace: Path) -> None:
    code = (
        "import sys, derivviz; trace = derivviz.open_trace(sys.argv[1]); trace['loss'];"
        "trace.snapshot(0).activation['conv']; trace.evaluation;"
        "assert not {'torch', 'matplotlib', 'manim', 'pandas', 'xarray'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(tiny_trace)], check=True)


def test_xarray_opens_every_group(tiny_trace: Path) -> None:
    xarray = pytest.importorskip("xarray")
    trace = derivviz.open_trace(tiny_trace)
    root = json.loads((tiny_trace / "zarr.json").read_bytes())
    groups = {n for n, m in root["consolidated_metadata"]["metadata"].items() if m["node_type"] == "group"}
    assert groups >= {"step", "snapshot", "snapshot/activation", "snapshot/grad_map", "evaluation"}
    for consolidated in (None, False):  # after closing, each array's own metadata says the same
        opened = {g: xarray.open_zarr(tiny_trace, group=g, consolidated=consolidated).load() for g in groups}
        step = opened["step"]
        np.testing.assert_array_equal(step["loss"].sel(step=3), trace["loss"][3])
        assert {"kind", "name", "size", "estimator"} <= set(step.coords)
        np.testing.assert_array_equal(
            step["stats"].sel(tensor="grad/fc1.weight", stat="norm"), trace["grad/fc1.weight/norm"]
        )
        np.testing.assert_array_equal(
            opened["snapshot/activation"]["act1"][1], trace.snapshot(5).activation["act1"]
        )
        assert opened["snapshot/activation"]["step"].values.tolist() == [0, 5, 10, 11]


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no trace at"):
        derivviz.open_trace(tmp_path / "nothing")
    with pytest.raises(TraceError, match=r"no zarr\.json"):
        derivviz.open_trace(tmp_path)
    (tmp_path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    with pytest.raises(TraceError, match="does not say format"):
        derivviz.open_trace(tmp_path)
    with pytest.raises(TraceError, match="is a file"):
        derivviz.open_trace(tmp_path / "zarr.json")
    (tmp_path / "zarr.json").write_text("{")
    with pytest.raises(TraceError, match="damaged"):
        derivviz.open_trace(tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["attributes", "min_reader"], VERSION + 1, f"takes a reader of version {VERSION + 1}"),
        (["attributes", "version"], "1", "version is '1'"),
        (["consolidated_metadata"], None, "damaged"),
        (["consolidated_metadata", "metadata", "step/loss", "data_type"], "object", "'object'"),
        (["consolidated_metadata", "metadata", "step/loss", "shape"], [10**15], "claims the shape"),
        (
            ["consolidated_metadata", "metadata", "step/loss", "codecs"],
            [{"name": "numcodecs.pickle"}],
            "pickle",
        ),
        (["consolidated_metadata", "metadata", "../../x"], {"node_type": "group"}, "out of the folder"),
    ],
)
def test_a_tampered_trace_is_refused(
    tiny_trace: Path, tmp_path: Path, path: list[str], value: object, says: str
) -> None:
    copy = shutil.copytree(tiny_trace, tmp_path / "copy.zarr")
    root = json.loads((copy / "zarr.json").read_bytes())
    place = root
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    (copy / "zarr.json").write_text(json.dumps(root))
    with pytest.raises(TraceError, match=says):
        derivviz.open_trace(copy)


def test_damaged_data_says_so(tiny_trace: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_trace, tmp_path / "copy.zarr")
    [shard] = [p for p in (copy / "step" / "loss").rglob("*") if p.is_file() and p.name != "zarr.json"]
    content = bytearray(shard.read_bytes())
    content[-60:] = b"x" * 60
    shard.write_bytes(content)
    trace = derivviz.open_trace(copy)
    with pytest.raises(TraceError, match="damaged in 'step/loss'"):
        trace["loss"]
    assert np.isfinite(trace["accuracy"]).all()
