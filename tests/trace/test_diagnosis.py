"""The diagnosis of runs whose growth, powers, silent units and steps are known beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz.learning import DerivativeActivation
from derivviz.trace import Trace
from derivviz.trace.diagnosis import diagnose, sentences
from derivviz.trace.powers import follows


def by_name(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in found}


@pytest.fixture
def train(seeded: Any, tmp_path: Path) -> Any:
    """Records a model on inputs that are twice as large in each step, with SGD."""
    torch = seeded

    def train(model: Any, steps: int = 6, lr: float = 0.0, **notes: Any) -> Trace:
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        inputs, target = torch.randn(32, 8), torch.arange(32) % 4
        with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=2) as recorder:
            recorder.note(**notes)
            for step in range(steps):
                recorder.batch(inputs, target)
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(inputs * 2.0**step), target).backward()
                optimizer.step()
        return derivviz.open_trace(tmp_path / "run.zarr")

    return train


def test_the_power_of_each_activation(train: Any, torch: Any) -> None:
    class Mixed(torch.nn.Module):
        """Activations that stand elsewhere in the list of modules than in the forward pass."""

        def __init__(self) -> None:
            super().__init__()
            self.relu, self.sigmoid = torch.nn.ReLU(), torch.nn.Sigmoid()
            self.one, self.two, self.three = (torch.nn.Linear(8, 8, bias=False) for _ in range(3))
            self.square = DerivativeActivation(preset="faithful")
            self.head = torch.nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            return self.head(self.square(self.one(x)) + self.relu(self.two(x)) + self.sigmoid(self.three(x)))

    trace = train(Mixed(), steps=9, activations={"square": {"preset": "faithful"}})
    powers = by_name(diagnose(trace)["powers"])
    assert {name: power["input"] for name, power in powers.items()} == {
        "relu": "two",
        "sigmoid": "three",
        "square": "one",
    }
    assert powers["relu"]["exponent"] == pytest.approx(1, abs=1e-3)
    assert powers["relu"]["reference"] == {"exponent": 1}
    assert powers["square"]["exponent"] == pytest.approx(2, abs=0.05)
    # rms(6z²) = 6 √mean(z⁴) is 6 rms(z)² at least
    assert 6 < powers["square"]["coefficient"] < 20
    assert powers["square"]["input_rms"][0] > 10
    assert powers["sigmoid"]["exponent"] < 0.5
    assert powers["sigmoid"]["reference"] is None


def test_an_activation_used_twice(train: Any, torch: Any) -> None:
    class Twice(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.act, self.two = torch.nn.Linear(8, 8), torch.nn.Tanh(), torch.nn.Linear(8, 8)

        def forward(self, x: Any) -> Any:
            return self.act(self.two(self.act(self.one(x))))

    found = by_name(diagnose(train(Twice()))["powers"])
    assert {name: power["input"] for name, power in found.items()} == {"act": "one", "act#2": "two"}


def test_what_does_not_follow_is_no_input(seeded: Any) -> None:
    generator = np.random.default_rng(0)
    z, other = generator.standard_normal((2, 32, 8))
    assert follows(z, np.maximum(z, 0))
    assert follows(z, -6 * z**2 - 12 * z + 18)
    assert follows(z, z / (1 + np.exp(-z)))
    assert not follows(z, np.maximum(z + other, 0))
    assert not follows(z, other)
    assert not follows(z[:4], np.maximum(z[:4], 0))  # too few to tell
    assert not follows(z, np.zeros_like(z))
    assert not follows(z, np.full_like(z, np.nan))


def test_size_and_growth_of_layers(train: Any, torch: Any) -> None:
    trace = train(torch.nn.Sequential(torch.nn.Linear(8, 8, bias=False), torch.nn.ReLU()))
    layers = by_name(diagnose(trace)["layers"])
    for name in ("0", "1"):
        rms = trace[f"activation/{name}/rms"]
        assert (layers[name]["rms_first"], layers[name]["rms_last"]) == (rms[0], rms[-1])
        assert layers[name]["growth"] == pytest.approx(2**5)
        assert layers[name]["lost"] is None
    assert layers["1"]["type"] == "ReLU"


def test_dead_and_exploded_units(train: Any, torch: Any) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    with torch.no_grad():
        model[0].weight[:4], model[0].bias[:4] = 0, -1  # four units that never fire
        model[2].weight[:3] *= 1e4
    layers = by_name(diagnose(train(model, lr=0.0, steps=1))["layers"])
    assert (layers["1"]["dead_last"], layers["1"]["exploded_last"]) == (0.5, 0)
    assert (layers["2"]["dead_last"], layers["2"]["exploded_last"]) == (0, 0.75)
    assert (layers["0"]["dead_first"], layers["0"]["exploded_first"]) == (0, 0)


@pytest.mark.parametrize("batch_size", [16, 8])
def test_a_last_batch_of_one_sample(seeded: Any, batch_size: int, tmp_path: Path) -> None:
    torch = seeded
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    with torch.no_grad():
        model[0].weight[:4], model[0].bias[:4] = 0, -1
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1) as recorder:
        for batch in torch.randn(33, 8).split(batch_size):
            model(batch).sum().backward()
            optimizer.step()
        recorder.diagnose()
    found = derivviz.open_trace(tmp_path / "run.zarr").attrs["diagnosis"]
    assert [power["input"] for power in found["powers"]] == ["0"]
    assert by_name(found["layers"])["1"]["dead_last"] == 0.5


def test_effective_steps(train: Any, torch: Any) -> None:
    model = torch.nn.Linear(8, 4)
    trace = train(model, lr=0.01)
    steps = by_name(diagnose(trace)["parameters"])
    ratio = trace["update/weight/norm"] / trace["param/weight/norm"]
    assert steps["weight"]["ratio"] == [ratio.min(), np.median(ratio), ratio.max()]
    assert steps["weight"]["lr"] == steps["weight"]["effective"] == [0.01, 0.01, 0.01]
    assert steps["weight"]["shape"] == [4, 8]


def test_the_factor_counts(tiny_trace: Path) -> None:
    trace = derivviz.open_trace(tiny_trace)
    found = by_name(diagnose(trace)["parameters"])
    for n, about in enumerate(trace.parameters):
        assert found[about["name"]]["effective"][1] == pytest.approx(0.01 * (1 + n / 10))


def test_one_hot(train: Any, torch: Any) -> None:
    model = torch.nn.Linear(8, 4)
    with torch.no_grad():
        model.weight *= 1e6
    output = diagnose(train(model))["output"]
    assert (output["one_hot_first"], output["one_hot_last"]) == (1, 1)
    assert output["rms_last"] == pytest.approx(
        16 * output["rms_first"], rel=1e-4
    )  # the last snapshot is of step 4
    assert output["pictures"] == 32


def test_held_out_pictures_are_what_is_counted(tiny_trace: Path) -> None:
    output = diagnose(derivviz.open_trace(tiny_trace))["output"]
    assert (output["of"], output["pictures"], output["one_hot_last"]) == ("held-out pictures", 10, 0)


def test_a_run_that_loses_its_numbers(train: Any, torch: Any) -> None:
    act = DerivativeActivation(preset="faithful")
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), act, torch.nn.Linear(8, 8), act, torch.nn.Linear(8, 4))
    trace = train(model, lr=1.0)
    found = diagnose(trace)
    lost = found["first_nonfinite"]
    assert lost is not None
    layers = by_name(found["layers"])
    assert min(layer["lost"] for layer in layers.values() if layer["lost"]) >= lost["step"]
    assert layers["4"]["exploded_last"] == 1
    told = sentences(found)
    assert told[0] == f"NaN or infinity first in {lost['where']}, step {lost['step']}."


def test_one_lost_value_of_many_is_found(train: Any, torch: Any) -> None:
    """A step looks at some of a large tensor, a snapshot at all of it."""
    model = torch.nn.Sequential(torch.nn.Linear(8, 4000), torch.nn.Linear(4000, 4))
    with torch.no_grad():
        model[1].weight[2, 3333] = float("inf")
    lost = diagnose(train(model, steps=1))["first_nonfinite"]
    assert (lost["where"], lost["step"], lost["value"]) == ("param/1.weight", 0, 1)


def test_json_can_say_it(whole_trace: Path, tiny_trace: Path, tmp_path: Path) -> None:
    from derivviz.trace.writer import TraceWriter

    for path in (whole_trace, tiny_trace):
        found = diagnose(derivviz.open_trace(path))
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        assert sentences(found)
    TraceWriter(tmp_path / "empty.zarr", {}).close()
    nothing = diagnose(derivviz.open_trace(tmp_path / "empty.zarr"))
    assert (nothing["steps"], nothing["layers"], nothing["powers"], nothing["parameters"]) == (0, [], [], [])
    assert nothing["output"] is nothing["first_nonfinite"] is None
    assert sentences(nothing) == []


def test_the_recorder_keeps_it(seeded: Any, tmp_path: Path) -> None:
    torch = seeded
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr") as recorder:
        model(torch.rand(4, 3)).sum().backward()
        optimizer.step()
        recorder.diagnose()
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace.attrs["diagnosis"] == diagnose(trace)
    assert trace.attrs["diagnosis"]["steps"] == 1


def test_a_diagnosis_that_fails_costs_nothing(
    seeded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = seeded
    from derivviz.recording import recorder as module

    monkeypatch.setattr(module, "diagnose", lambda trace: 1 / 0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr") as recorder:
        with pytest.warns(RuntimeWarning, match="not diagnosed: ZeroDivisionError"):
            recorder.diagnose()
        model(torch.rand(4, 3)).sum().backward()
        optimizer.step()
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert len(trace.steps) == 1
    assert "stopped" not in trace.attrs
