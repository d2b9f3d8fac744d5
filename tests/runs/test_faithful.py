"""The faithful preset against what was published, and where it loses its numbers against a computation by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

import derivviz
from derivviz.calculus.score import multiplier, scores
from derivviz.learning import FoodCNN
from derivviz.runs import Progress, Request, food
from derivviz.trace import Trace
from derivviz.trace.diagnosis import diagnose, sentences

PUBLISHED = (47_321_240, 187_678_336, 196_787_136, 213_101_328, 132_383_768)  # losses of the five epochs


@pytest.fixture(scope="module")
def faithful(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """The published run, of which two epochs are enough to explode."""
    path = tmp_path_factory.mktemp("runs") / "faithful.zarr"
    food.train(Request(path, preset="faithful", epochs=2), Progress(lambda line: None, lambda *now: None))
    return derivviz.open_trace(path)


def test_the_published_setting(faithful: Trace) -> None:
    recipe = food.RECIPES["faithful"]
    assert (recipe.epochs, set(recipe.learning_rates.values())) == (5, {0.001})
    assert [len(faithful.snapshot(int(step)).target) for step in faithful.steps] == [32, 18, 32, 18]
    assert faithful["lr/fc1.weight"].tolist() == [0.001] * 4
    first_epoch = np.concatenate([faithful.snapshot(step).target for step in (0, 1)])
    assert np.bincount(first_epoch).tolist() == [10] * 5
    # Glorot: uniform within √(6 / (fan in + fan out)); biases 0.
    weight = faithful.snapshot(0).param["fc2.weight"]
    assert np.abs(weight).max() <= np.sqrt(6 / 37)
    assert np.abs(weight).max() > 0.8 * np.sqrt(6 / 37)
    assert not faithful.snapshot(0).param["fc2.bias"].any()


def test_losses_of_the_published_order(faithful: Trace) -> None:
    last = faithful["loss"][faithful["epoch"] == 2].mean()
    assert min(PUBLISHED) / 10 < last < max(PUBLISHED) * 10


def test_softmax_is_one_hot_and_scores_are_bare_multipliers(faithful: Trace) -> None:
    probabilities = faithful.evaluation.probabilities[-1]
    assert ((probabilities > 0.999).sum(axis=1) == 1).all()
    output = faithful.attrs["diagnosis"]["output"]
    assert (output["one_hot_last"], output["pictures"]) == (1, len(probabilities))
    for p in probabilities:
        best = int(p.argmax())
        found = scores(p, 6)
        assert float(found[best]) == pytest.approx(float(multiplier(best, 6)), rel=1e-6)
        assert np.delete(np.asarray(found, float), best) == pytest.approx(0, abs=1e-6)


def test_the_diagnosis_shows_the_squaring(faithful: Trace) -> None:
    found = faithful.attrs["diagnosis"]
    assert found == diagnose(faithful)
    powers = {power["name"]: power for power in found["powers"]}
    assert (powers["act1"]["input"], powers["act2"]["input"]) == ("conv", "fc1")
    assert powers["act2"]["exponent"] == pytest.approx(2, abs=0.15)
    assert powers["act2"]["coefficient"] > 5
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["fc1"]["growth"] > 50
    assert layers["act2"]["growth"] > layers["fc1"]["growth"] ** 1.5
    assert layers["act2"]["exploded_last"] == 1
    steps = {parameter["name"]: parameter for parameter in found["parameters"]}
    assert steps["fc1.weight"]["effective"][1] == pytest.approx(0.0019, rel=0.01)  # 0.001 · (1 + 18/20)
    assert any("act2 squares what it gets" in line for line in sentences(found))


def test_the_trace_holds_the_sensitivity(faithful: Trace) -> None:
    found = faithful.sensitivity
    assert found.steps.tolist() == [0, 4]
    assert found.saliency.shape == (2, 4, 224, 224)
    assert found.input_norm[-1].min() > 10 * found.input_norm[0].max()  # it explodes as well
    assert (found.checks.error[:, :, 0] < 0.01).all()


def test_an_interrupted_run_is_diagnosed(tmp_path: Path) -> None:
    for n, name in enumerate(("pizza", "salad")):
        (tmp_path / "data" / name).mkdir(parents=True)
        for k in range(3):
            picture = np.full((32, 32, 3), 60 * n + 20 * k, np.uint8)
            Image.fromarray(picture).save(tmp_path / "data" / name / f"{k}.png")

    def interrupt(*now: object) -> None:
        raise KeyboardInterrupt

    request = Request(tmp_path / "run.zarr", tmp_path / "data", preset="faithful")
    with pytest.raises(KeyboardInterrupt):
        food.train(request, Progress(lambda line: None, interrupt))
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace.attrs["finished"] is False
    assert trace.attrs["diagnosis"] == diagnose(trace)
    assert trace.attrs["diagnosis"]["steps"] == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_with_sgd_the_first_tensor_that_is_lost_is_named(seed: int, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = FoodCNN(5, "faithful", side=32)
        images = (torch.rand(50, 3, 32, 32) * 255).round()  # pixels as they come from a file
    target = torch.arange(50) % 5
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    with derivviz.record(model, optimizer, tmp_path / "sgd.zarr", snapshot_every=1) as recorder:
        for _ in range(2):
            for rows in (slice(0, 32), slice(32, 50)):
                loss = functional.cross_entropy(model(images[rows]), target[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
                recorder.diagnose()
    trace = derivviz.open_trace(tmp_path / "sgd.zarr")
    where, step = by_hand(start, images, target)
    found = trace.attrs["diagnosis"]["first_nonfinite"]
    assert (found["where"], found["step"]) == (where, step)
    assert step < 2  # in the first epoch
    assert np.isnan(trace["loss"][-1])
    assert len(trace.steps) == 4


def by_hand(w: dict[str, Any], images: Any, target: Any) -> tuple[str, int]:
    """Forward, backward and step written out; the first tensor with a value that is not finite, and its step.

    In the order of the computation: parameters, forward, backward, update.
    """
    step = 0
    while True:
        for rows in (slice(0, 32), slice(32, 50)):
            x, n = images[rows], len(images[rows])
            z1 = functional.conv2d(x, w["conv.weight"], w["conv.bias"])
            a1 = -6 * z1 * z1 - 12 * z1 + 18
            pooled, index = functional.max_pool2d(a1, 2, return_indices=True)
            flat = pooled.flatten(1)
            z2 = flat @ w["fc1.weight"].T + w["fc1.bias"]
            a2 = -6 * z2 * z2 - 12 * z2 + 18
            logits = a2 @ w["fc2.weight"].T + w["fc2.bias"]
            d_logits = (logits.softmax(1) - functional.one_hot(target[rows], 5)) / n
            d_a2 = d_logits @ w["fc2.weight"]
            d_z2 = d_a2 * (-12 * z2 - 12)
            d_flat = d_z2 @ w["fc1.weight"]
            d_a1 = functional.max_unpool2d(d_flat.view_as(pooled), index, 2, output_size=a1.shape)
            d_z1 = d_a1 * (-12 * z1 - 12)
            gradient = {
                "conv.weight": torch.nn.grad.conv2d_weight(x, w["conv.weight"].shape, d_z1),
                "conv.bias": d_z1.sum((0, 2, 3)),
                "fc1.weight": d_z2.T @ flat,
                "fc1.bias": d_z2.sum(0),
                "fc2.weight": d_logits.T @ a2,
                "fc2.bias": d_logits.sum(0),
            }
            tensors = {f"param/{name}": value for name, value in w.items()}
            forward = {"conv": z1, "act1": a1, "pool": pooled, "flatten": flat, "fc1": z2, "act2": a2}
            tensors |= {f"activation/{name}": value for name, value in (forward | {"fc2": logits}).items()}
            backward = {"fc2": d_logits, "act2": d_a2, "fc1": d_z2, "flatten": d_flat, "pool": d_flat}
            backward |= {"act1": d_a1, "conv": d_z1}
            tensors |= {f"activation_grad/{name}": value for name, value in backward.items()}
            tensors |= {f"grad/{name}": gradient[name] for name in reversed(w)}
            tensors |= {f"update/{name}": 0.001 * gradient[name] for name in w}
            for name, value in tensors.items():
                if not value.isfinite().all():
                    return name, step
            w = {name: value - 0.001 * gradient[name] for name, value in w.items()}
            step += 1


@pytest.mark.slow
def test_all_five_epochs(tmp_path: Path) -> None:
    food.train(
        Request(tmp_path / "run.zarr", preset="faithful"), Progress(lambda line: None, lambda *now: None)
    )
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    means = [trace["loss"][trace["epoch"] == epoch].mean() for epoch in range(1, 6)]
    assert len(trace.steps) == 10
    for mean, published in zip(means, PUBLISHED, strict=True):
        assert published / 20 < mean < published * 20
