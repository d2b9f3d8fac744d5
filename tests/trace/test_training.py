"""A recorded run as a whole: curves, sizes by layer, pictures of the inside, answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.trace import training
from derivviz.trace.writer import TraceWriter


def test_the_recorded_network(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    found = training.layers(trace)
    assert [layer.name for layer in found] == ["conv", "fc1", "fc2"]
    for layer in found:
        both = [trace[f"grad/{layer.name}.{own}/norm"] for own in ("weight", "bias")]
        np.testing.assert_allclose(layer.gradient, np.hypot(*both))
        moved, size = (
            np.hypot(*(trace[f"{kind}/{layer.name}.{own}/norm"] for own in ("weight", "bias")))
            for kind in ("update", "param")
        )
        np.testing.assert_allclose(layer.update, moved / size)
    assert training.curve(trace, "loss").name == "loss"
    np.testing.assert_array_equal(training.curve(trace, "loss").values, trace["loss"])
    assert training.curve(trace, "perplexity") is None


def test_pictures_of_the_inside(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    found = training.weights(trace)
    assert (found.name, found.kind, found.whole) == ("conv.weight", "filters", (4,))
    np.testing.assert_array_equal(found.steps, trace.snapshot_steps)
    last = trace.snapshot(11).param["conv.weight"]
    np.testing.assert_array_equal(found.values[-1], np.moveaxis(last, 1, -1))  # colours last
    assert [found.at(done) for done in (0, 4.9, 5, 12)] == [0, 0, 1, 3]
    # The run was recorded without a probe: maps are of its own batches.
    maps = training.maps(trace)
    assert (maps.name, maps.kind, maps.whole) == ("conv", "maps", (4,))
    np.testing.assert_array_equal(maps.values[0], trace.snapshot(0).map["conv"][0])
    np.testing.assert_array_equal(maps.inputs[2], trace.snapshot(10).images[0])
    assert not maps.same


def test_answers_are_counted_by_truth(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    found, told = training.answers(trace), trace.evaluation
    assert found.counts.shape == (3, 5, 5)
    assert found.counts.sum(axis=(1, 2)).tolist() == [10, 10, 10]
    for n, image in np.ndindex(3, 10):
        assert found.counts[n, told.target[image], told.probabilities[n, image].argmax()] > 0
    right = (told.probabilities.argmax(2) == told.target).mean(axis=1)
    np.testing.assert_allclose(training.held_out(trace).values, right)
    assert found.at(0) is None
    assert found.at(100) == 2


def test_nan_is_no_answer(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    writer.declare("step/step", dtype=np.int64)
    writer.labels("evaluation/target", ("image",), np.array([0, 1, 1]))
    for name, dtype in (("epoch", np.int64), ("step", np.int64)):
        writer.declare(f"evaluation/{name}", dtype=dtype)
    writer.declare("evaluation/probabilities", ("image", "class"), (3, 2))
    p = np.array([[np.nan, np.nan], [0.2, 0.8], [0.9, 0.1]])
    writer.append("evaluation", {"epoch": 1, "step": 7, "probabilities": p})
    writer.append("step", {"step": 6})
    writer.close()
    found = training.answers(open_trace(tmp_path / "run.zarr"))
    assert found.counts[0].tolist() == [[0, 0], [1, 1]]
    assert found.mute.tolist() == [1]
    assert training.held_out(open_trace(tmp_path / "run.zarr")).values.tolist() == [1 / 3]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["conv", "fc1"], ["conv", "fc1"]),
        (["net.body.0", "net.body.2"], ["0", "2"]),
        (["a.0", "b.0", "b.2"], ["a.0", "b.0", "b.2"]),
        (["x.a.0", "x.b.0"], ["a.0", "b.0"]),
        ([], []),
    ],
)
def test_short_names_tell_apart(names: list[str], told: list[str]) -> None:
    assert training.short(names) == told


def test_other_networks(torch, tmp_path: Path) -> None:
    import derivviz

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(6, 80), torch.nn.ReLU(), torch.nn.Linear(80, 1))
        optimizer, x = torch.optim.SGD(model.parameters(), lr=0.1), torch.randn(4, 6)
        with derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=x, snapshot_every=2) as recorder:
            for _ in range(3):
                loss = model(x).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(train_loss=loss)
    trace = open_trace(tmp_path / "run.zarr")
    assert training.curve(trace, "loss").name == "train_loss"
    assert training.answers(trace) is training.held_out(trace) is None
    weights, outputs = training.weights(trace), training.maps(trace)
    assert (weights.name, weights.kind, weights.whole) == ("0.weight", "matrix", (80, 6))
    assert weights.values.shape[2:] == (64, 6)  # of 80 rows so many are shown
    assert (outputs.name, outputs.kind, outputs.whole) == ("0", "answers", (4, 80))
    np.testing.assert_array_equal(outputs.values[-1, 0], trace.probe.activation["0"][-1])
    assert outputs.inputs is None


def test_nothing_but_steps(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    writer.declare("step/step", dtype=np.int64)
    writer.append("step", {"step": 0})
    writer.close()
    trace = open_trace(tmp_path / "run.zarr")
    assert training.layers(trace) == []
    assert training.weights(trace) is training.maps(trace) is training.answers(trace) is None
    assert training.curve(trace, "loss") is None
