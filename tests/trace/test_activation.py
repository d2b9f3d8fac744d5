"""A recorded network under other activations: run again in NumPy, it is the network that torch would run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import open_trace
from derivviz.calculus.activation import KEYS
from derivviz.errors import DerivvizError
from derivviz.trace.activation import read_flow
from derivviz.trace.leap import read_leap
from derivviz.trace.passage import read_passages, rms

Record = Callable[..., Any]


@pytest.fixture
def record(seeded: Any, tmp_path: Path) -> Record:
    """Records some steps of a network on fixed inputs, with a snapshot at each."""

    def record(network: Any, inputs: Any, steps: int = 1, rate: float = 1e-2) -> Any:
        optimizer = seeded.optim.Adam(network.parameters(), lr=rate)
        target = seeded.arange(len(inputs)) % 3
        with derivviz.record(
            network, optimizer, tmp_path / "run.zarr", snapshot_every=1, overwrite=True
        ) as recorder:
            for _ in range(steps):
                loss = seeded.nn.functional.cross_entropy(network(inputs), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
        return open_trace(tmp_path / "run.zarr")

    return record


def chain(torch: Any, activation: Callable[[], Any], depth: int = 3) -> Any:
    layers = []
    for _ in range(depth):
        layers += [torch.nn.Linear(12, 12), activation()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(12, 3))


def modules(torch: Any) -> dict[str, Callable[[], Any]]:
    from derivviz.learning.activation import DerivativeActivation

    return {
        "relu": torch.nn.ReLU,
        "tanh": torch.nn.Tanh,
        "gelu": torch.nn.GELU,
        "raw": lambda: DerivativeActivation(preset="faithful"),
        "scaled": lambda: DerivativeActivation(12),
    }


@pytest.mark.parametrize("own", KEYS)
def test_run_again_it_is_torchs_network_with_another_activation(
    seeded: Any, record: Record, own: str
) -> None:
    """Every arm is held against torch: the same weights in a network that has that activation."""
    torch, made = seeded, modules(seeded)
    inputs, network = torch.randn(16, 12), chain(seeded, made[own])
    weights = {name: value.clone() for name, value in network.state_dict().items() if "." in name}
    trace = record(network, inputs)
    flow = read_flow(trace)
    assert (flow.carried, flow.enlarged, flow.own, flow.seen) == (True, False, own, 0)
    np.testing.assert_allclose(flow.sizes(own), np.ravel(flow.recorded), rtol=1e-12)
    for key in KEYS:
        other = chain(torch, made[key])
        other.load_state_dict(
            {n: v for n, v in weights.items() if n.endswith(("weight", "bias"))}, strict=False
        )
        values, sizes = inputs, []
        for layer in list(other)[:-1]:
            values = layer(values)  # the scaled f′ takes its constants from this, its first batch
            sizes.append(rms(values.detach().numpy()))
        computed = [layer.sizes for layer in flow.arms[key]]
        np.testing.assert_allclose(np.ravel(computed), sizes, rtol=2e-4, err_msg=key)


def test_recorded_outputs_are_those_of_the_recorded_inputs(seeded: Any, record: Record) -> None:
    for key, make in modules(seeded).items():
        network = chain(seeded, make, depth=1)
        _, (passage,) = read_passages(record(network, seeded.randn(32, 12)))
        assert (passage.key, passage.source, passage.name) == (key, "0", "1")
        np.testing.assert_allclose(passage.outputs(key), passage.a, rtol=1e-4, atol=1e-4 * rms(passage.a))


def test_the_food_recommenders_network_is_run_again(torch: Any, tmp_path: Path) -> None:
    """Its pictures are 24 pixels wide, so the trace has them whole, and the sizes are the recorded ones."""
    from derivviz.learning.network import FoodCNN
    from derivviz.learning.saving import save_model

    for preset in ("faithful", "stable"):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = FoodCNN(3, preset, side=24)
            images, target = torch.rand(12, 3, 24, 24).mul(255).round() / 255, torch.arange(12) % 3
            optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
            path = tmp_path / f"{preset}.zarr"
            with derivviz.record(network, optimizer, path, probe=images[:4], snapshot_every=1) as recorder:
                for _ in range(2):
                    loss = torch.nn.functional.cross_entropy(network(images), target)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                constants = {n: m.constants() for n, m in network.named_children() if n.startswith("act")}
                recorder.note(activations=constants, model=save_model(network, path, ["a", "b", "c"]))
        flow = read_flow(open_trace(path))
        own = {"faithful": "raw", "stable": "scaled"}[preset]
        assert (flow.own, flow.carried, flow.enlarged) == (own, True, False)
        values, sizes = images[:4], []
        with torch.no_grad():
            for name, module in network.eval().named_children():
                values = module(values)
                if name in ("conv", "act1", "fc1", "act2"):
                    sizes.append(rms(values.numpy()))
        np.testing.assert_allclose(np.ravel([layer.sizes for layer in flow.arms[own]]), sizes, rtol=1e-4)

        # A run that ended in NaN is looked at where it was finite.
        with torch.no_grad():
            network.fc1.weight.fill_(torch.nan)
        save_model(network, path, ["a", "b", "c"])
        flow = read_flow(open_trace(path))
        assert (flow.own, flow.carried) == (own, False)
        assert np.isfinite(flow.sizes(own)).all()


def test_where_weights_are_missing_each_layer_gets_what_was_recorded(seeded: Any, record: Record) -> None:
    torch = seeded
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3),
        torch.nn.SiLU(),
        torch.nn.Conv2d(4, 100, 3),
        torch.nn.SiLU(),
        torch.nn.Flatten(),
    )
    flow = read_flow(record(network, torch.randn(8, 1, 8, 8)))
    assert (flow.carried, flow.own) == (False, None)
    for n, passage in enumerate(flow.passages):
        assert passage.feature.max() < (4, 100)[n]
        for key in KEYS:
            assert flow.arms[key][n].sizes == (rms(passage.z), rms(passage.outputs(key)))


def test_what_float64_cannot_hold_is_infinite(seeded: Any, record: Record) -> None:
    flow = read_flow(record(chain(seeded, seeded.nn.GELU, depth=12), seeded.randn(16, 12)))
    assert np.isinf(flow.sizes("raw")[-1])
    assert all(np.isfinite(flow.sizes(key)).all() for key in KEYS if key != "raw")


def test_a_leap_is_bounded_by_what_a_step_can_do(seeded: Any, record: Record) -> None:
    from derivviz.learning.activation import DerivativeActivation

    torch = seeded
    network = chain(torch, lambda: DerivativeActivation(preset="faithful"), depth=2)
    trace = record(network, torch.randn(16, 12).abs(), steps=4, rate=0.3)
    _, passages = read_passages(trace)
    leap = read_leap(trace, passages[-1])
    size = trace[f"activation/{passages[-1].source}/rms"]
    k = int(np.argmax(size[1:] / size[:-1]))
    assert (leap.step, leap.inputs, leap.before, leap.after) == (k, 12, size[k], size[k + 1])
    shot, after = trace.snapshot(k), trace.snapshot(k + 1)
    moved = np.asarray(shot.update["2.weight"], float)
    assert leap.move == pytest.approx(rms(moved), rel=1e-4)
    assert leap.size == pytest.approx(rms(after.activation["1"]), rel=1e-4)
    farthest = np.abs(np.asarray(after.activation["1"], float) @ moved.T).max(axis=1)
    assert rms(farthest) <= leap.most * 12**0.5
    assert read_leap(trace, passages[0]) is None  # nothing comes before the first layer


def test_a_run_without_activations_is_told(seeded: Any, record: Record) -> None:
    torch = seeded
    plain = torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3))
    with pytest.raises(DerivvizError, match=r"shows no activation that takes.*derivviz record food"):
        read_flow(record(plain, torch.randn(16, 12)))


def test_a_layer_of_which_a_part_is_recorded_is_not_run_again(seeded: Any, record: Record) -> None:
    """128 wide, a layer has 64 × 64 of its weights in the trace, but all 128 of its bias."""
    nn = seeded.nn
    wide = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 3))
    trace = record(wide, seeded.randn(16, 4))
    assert trace.snapshot(0).param["2.weight"].shape == (64, 64)
    flow = read_flow(trace)
    assert (flow.carried, len(flow.passages)) == (False, 2)
