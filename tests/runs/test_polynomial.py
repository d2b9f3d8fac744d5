"""Polynomial regression: what its trace must hold for a lesson."""

from pathlib import Path

import numpy as np
import pytest

from derivviz.errors import UsageError
from derivviz.parameters import fill
from derivviz.runs import Progress, Request, polynomial
from derivviz.trace import open_trace

SILENT = Progress(lambda line: None, lambda *now: None)


def run(path: Path, **typed):
    parameters = fill(
        polynomial.Parameters, {name.replace("_", "-"): str(value) for name, value in typed.items()}
    )
    return polynomial.train(
        Request(path, seed=4, snapshot_every=20, parameters=parameters), SILENT
    ), open_trace(path)


def test_every_update_is_the_learning_rate_times_the_slope(tmp_path: Path):
    outcome, trace = run(tmp_path / "run.zarr", degree=2, points=8, steps=60)
    x, target = (np.array(trace.attrs[name]) for name in ("x", "target"))
    snapshot = trace.snapshot(20)
    a = [trace[f"a{k}"][20] for k in range(3)]
    np.testing.assert_allclose(a, snapshot.param["coefficients"].ravel(), rtol=1e-6)
    assert trace["a0"][0] == 0
    assert "a3" not in trace
    f, u = snapshot.activation["model"][:, 0], snapshot.activation_grad["model"][:, 0]
    np.testing.assert_allclose(u, f - target, atol=1e-6)
    slope = [(u * x**i).sum() for i in range(3)]
    np.testing.assert_allclose(snapshot.grad["coefficients"].ravel(), slope, rtol=1e-5, atol=1e-6)
    rate = trace.attrs["learning_rate"]
    np.testing.assert_allclose(snapshot.update["coefficients"].ravel(), -rate * np.array(slope), rtol=1e-5)
    np.testing.assert_allclose(trace["loss"][20], (u @ u) / 2, rtol=1e-5)
    assert trace["train_error"][20] == pytest.approx(2 * trace["loss"][20] / 8)
    assert np.isfinite(trace["test_error"]).all()
    assert outcome.steps == len(trace.steps) == 60
    assert outcome.next_command.startswith("derivviz render polynomial_regression --trace ")
    assert "Squared error" in outcome.result


def test_it_comes_to_least_squares(tmp_path: Path):
    _, trace = run(tmp_path / "run.zarr", degree=1, points=6, steps=400)
    np.testing.assert_allclose(trace.attrs["coefficients"], trace.attrs["least_squares"], atol=1e-6)
    assert trace["loss"][-1] == pytest.approx(trace.attrs["least_error"])


def test_too_large_a_learning_rate_is_recorded_to_its_end(tmp_path: Path):
    _, trace = run(tmp_path / "run.zarr", degree=3, learning_rate=5, steps=400)
    assert trace.attrs["learning_rate"] > trace.attrs["largest_stable_rate"]
    assert not np.isfinite(trace["loss"][-1])
    assert "loss" in trace.attrs["nonfinite"]


def test_points_of_a_file(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("".join(f"{k},{k % 3}\n" for k in range(10)))
    outcome = polynomial.train(Request(tmp_path / "run.zarr", data=file, seed=1), SILENT)
    trace = open_trace(tmp_path / "run.zarr")
    assert outcome.steps == 2000
    assert trace.attrs["half_width"] == 4.5
    assert trace.attrs["data_hash"].startswith("sha256:")


def test_it_has_no_epochs(tmp_path: Path):
    with pytest.raises(UsageError, match="--steps 1000"):
        polynomial.train(Request(tmp_path / "run.zarr", epochs=3), SILENT)
    assert not list(tmp_path.iterdir())


def test_points_of_a_file_bring_their_own_number_and_noise(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("1,2\n2,4\n3,5\n")
    for name, value in (("points", "20"), ("noise", "0.1")):
        own = fill(polynomial.Parameters, {name: value})
        with pytest.raises(UsageError, match="--data brings its own: leave them out"):
            polynomial.train(Request(tmp_path / "run.zarr", data=file, parameters=own), SILENT)
    assert not (tmp_path / "run.zarr").exists()


def test_three_points_leave_none_to_test_on(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("year,size\n1990,2e6\n2000,4e6\n2010,5e6\n")
    said: list[str] = []
    own = fill(polynomial.Parameters, {"degree": "2", "steps": "30"})
    progress = Progress(said.append, lambda *now: None)
    polynomial.train(Request(tmp_path / "run.zarr", data=file, parameters=own), progress)
    trace = open_trace(tmp_path / "run.zarr")
    assert "test_error" not in trace
    assert trace.attrs["test_x"] == []
    assert "nonfinite" not in trace.attrs
    assert (trace.attrs["center"], trace.attrs["target_center"]) == (2000, 3.5e6)
    assert "x from 1990 … 2010, t from 2e+06 … 5e+06" in said[0]
    assert np.diff(trace["loss"]).max() < 0  # the rate that was chosen fits
