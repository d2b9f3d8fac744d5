"""The food run on a few small pictures: what its trace must hold for the lessons, and what the presets do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from derivviz.calculus.cubic import d2f
from derivviz.errors import UsageError
from derivviz.learning.network import predict
from derivviz.learning.pictures import read_picture
from derivviz.learning.saving import read_model
from derivviz.runs import Outcome, Progress, Request, food, load, summaries
from derivviz.trace import Trace, open_trace

COLORS = {"fried_chicken": (160, 90, 30), "pizza": (230, 180, 60), "salad": (60, 160, 50)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of five small pictures, and a broken one."""
    root = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for name, color in COLORS.items():
        (root / name).mkdir()
        for k in range(5):
            noise = generator.integers(-30, 31, (32, 32, 3)) + color
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(root / name / f"{k}.png")
    (root / "pizza" / "broken.jpg").write_bytes(b"no picture")
    return root


def _train(request: Request) -> tuple[Outcome, list[str], list[int]]:
    said: list[str] = []
    steps: list[int] = []
    progress = Progress(said.append, lambda done, total, epoch, loss: steps.append(done))
    return food.train(request, progress), said, steps


@pytest.fixture(scope="module")
def recorded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trace, Outcome, list[str]]:
    path = tmp_path_factory.mktemp("runs") / "food.zarr"
    outcome, said, steps = _train(Request(path, folder, epochs=2, seed=3))
    assert steps == list(range(1, outcome.steps + 1))
    return open_trace(path), outcome, said


def test_the_run_is_found_by_its_file() -> None:
    assert "recommender" in summaries()["food"]
    assert load("food") is food
    with pytest.raises(UsageError, match="Did you mean 'food'"):
        load("foot")


def test_it_says_what_it_chose_and_skipped(recorded: tuple[Trace, Outcome, list[str]]) -> None:
    said = "\n".join(recorded[2])
    assert "Skipped pizza/broken.jpg" in said
    assert "pizza 5, chicken 5, salad 5" in said
    assert "seed 3" in said
    assert "12 pictures to train, 3 held out" in said


def test_the_trace_tells_the_run(recorded: tuple[Trace, Outcome, list[str]]) -> None:
    trace, outcome, _ = recorded
    assert outcome.steps == len(trace.steps) == 4
    assert trace["epoch"].tolist() == [1, 1, 2, 2]
    assert np.isfinite(trace["loss"]).all()
    # The last batch holds 4 of the 12 pictures, and counts for no more.
    assert outcome.result.startswith(f"Loss {(2 * trace['loss'][2] + trace['loss'][3]) / 3:.4g} ")
    rate = food.RECIPES["stable"].learning_rates["fc1"]
    assert trace["lr/fc1.weight"] == pytest.approx([rate, rate, rate, 0.75 * rate])
    mean = trace["param/fc2.weight/mean"]
    assert trace["lr_factor/fc2.weight"] == pytest.approx(1 + np.abs(-6 * mean**2 - 12 * mean + 18) / 20)
    attrs = trace.attrs
    assert attrs["classes"] == ["pizza", "chicken", "salad"]
    assert attrs["classes_found"] == ["pizza", "fried_chicken", "salad"]
    assert attrs["preset"] == "stable"
    assert attrs["seed"] == 3
    assert attrs["finished"] is True
    assert len(attrs["data_hash"]) == 64
    found = trace.evaluation
    assert found.probabilities.shape == (2, 3, 3)
    right = (found.probabilities[-1].argmax(axis=1) == found.target).mean()
    assert right == pytest.approx(attrs["held_out_accuracy"])
    assert f"{right:.0%} of the held-out pictures" in outcome.result


def test_the_chain_rule_multiplies_out_from_recorded_numbers(
    recorded: tuple[Trace, Outcome, list[str]],
) -> None:
    trace = recorded[0]
    shot = trace.snapshot(0)
    constants = trace.attrs["activations"]["act2"]
    z, a = (np.float64(shot.activation[name]) for name in ("fc1", "act2"))
    slope = constants["spread"] / np.array(constants["scale"])
    u = constants["low"] + (z - np.array(constants["center"])) * slope
    inside = (u > constants["low"]) & (u < constants["high"])
    assert inside.any()
    assert not inside.all()
    a_expected = np.where(inside, 1 - (u + 1) ** 2 / 4, 0)
    np.testing.assert_allclose(a, a_expected, atol=1e-5)
    da_dz = np.where(inside, d2f(u) / constants["peak"] * slope, 0)
    product = (shot.activation_grad["act2"] * da_dz).T @ shot.activation["flatten"]
    gradient = shot.grad["fc1.weight"]
    np.testing.assert_allclose(product, gradient, atol=1e-4 * np.abs(gradient).max())


def test_the_saved_network_gives_the_recorded_probabilities(
    recorded: tuple[Trace, Outcome, list[str]], folder: Path
) -> None:
    trace = recorded[0]
    model, _ = read_model(trace.path)
    images = np.stack([read_picture(folder / name) for name in trace.evaluation.names])
    probabilities = predict(model, torch.from_numpy(images).permute(0, 3, 1, 2) / 255)
    np.testing.assert_allclose(probabilities, trace.evaluation.probabilities[-1], atol=1e-5)


def test_equal_seeds_make_equal_runs_and_the_global_generator_stays(folder: Path, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    losses = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        _train(Request(tmp_path / name, folder, seed=seed, epochs=1))
        losses.append(open_trace(tmp_path / name)["loss"].tolist())
    assert losses[0] == losses[1] != losses[2]
    assert torch.equal(torch.get_rng_state(), state)


def test_faithful_explodes_and_is_recorded_to_its_end(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "faithful.zarr"
    outcome, said, _ = _train(Request(path, folder, preset="faithful", epochs=2))
    trace = open_trace(path)
    assert "one picture of each class × 10" in said[1]
    assert outcome.steps == len(trace.steps) == 2
    # The published losses are 4.7e7 to 2.1e8. Three classes of noise explode as far.
    worst = np.nanmax(trace["loss"])
    assert 1e6 < worst < 1e12
    # f′ squares the size of what it gets.
    z, a = trace["activation/fc1/rms"], trace["activation/act2/rms"]
    big = z > 50
    assert big.any()
    assert (a[big] > z[big] ** 2).all()
    saturated = trace.evaluation.probabilities[-1].max(axis=1)
    assert (saturated > 0.99).all()


@pytest.mark.slow
def test_faithful_as_published(tmp_path: Path) -> None:
    """Five pictures × 10, batches of 32 and 18, five epochs: losses of the published order, 1e8."""
    path = tmp_path / "faithful.zarr"
    _train(Request(path, preset="faithful"))
    trace = open_trace(path)
    assert len(trace.steps) == 10
    assert [len(trace.snapshot(step).target) for step in (0, 1)] == [32, 18]
    assert 1e7 < np.nanmedian(trace["loss"][1:]) < 1e10


def test_an_interrupted_run_leaves_trace_and_network(folder: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int, epoch: int, loss: float) -> None:
        if done == 2:
            raise KeyboardInterrupt

    path = tmp_path / "stopped.zarr"
    with pytest.raises(KeyboardInterrupt):
        food.train(Request(path, folder, epochs=9), Progress(lambda line: None, interrupt))
    trace = open_trace(path)
    assert trace.steps.tolist() == [0, 1]
    assert trace.attrs["finished"] is False
    read_model(path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"preset": "stabel"}, "Did you mean 'stable'"),
        ({"epochs": 0}, "--epochs is 0"),
        ({"snapshot_every": -1}, "--snapshot-every is -1"),
    ],
)
def test_wrong_requests_say_what_is_right(tmp_path: Path, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _train(Request(tmp_path / "x", **wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()
