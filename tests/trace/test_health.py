"""What went wrong in a run: each fault made in a real training, and none found in a healthy one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import derivviz
from derivviz.trace.health import Finding, examine

Train = Callable[..., list[Finding]]


@pytest.fixture
def train(seeded: Any, tmp_path: Path) -> Train:
    """Records some steps of a network on two blobs, and examines the trace."""
    torch = seeded

    def train(
        *layers: Any, steps: int = 24, lr: float = 0.05, spoil: Callable[[int, Any, Any], Any] | None = None
    ) -> list[Finding]:
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.SGD(network.parameters(), lr=lr)
        target = torch.arange(32) % 2
        images = torch.randn(32, 8) + 2.0 * target[:, None]
        path = tmp_path / "run.zarr"
        with derivviz.record(network, optimizer, path, snapshot_every=4) as recorder:
            for step in range(steps):
                batch = images if spoil is None else spoil(step, images, network)
                loss = torch.nn.functional.cross_entropy(network(batch), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
        return examine(derivviz.open_trace(path))

    return train


def kinds(findings: list[Finding]) -> list[str]:
    return sorted({finding.kind for finding in findings})


def linear(torch: Any, *sizes: int, between: Callable[[], Any]) -> list[Any]:
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), between()]
    return layers[:-1]


@pytest.mark.parametrize("name", ["ReLU", "Tanh", "GELU"])
def test_a_healthy_run(train: Train, torch: Any, name: str) -> None:
    assert train(*linear(torch, 8, 16, 16, 2, between=getattr(torch.nn, name)), lr=0.02) == []


def test_the_recommender_in_small(tiny_trace: Path) -> None:
    """Adam at 0.01 does throw its weights about, an eighth of their norm a step; nothing else is wrong."""
    found = examine(derivviz.open_trace(tiny_trace))
    assert [(f.kind, f.where) for f in found] == [("update-ratio", "update/fc1.weight")]


def test_the_first_value_that_is_not_finite(train: Train, torch: Any) -> None:
    def spoil(step: int, images: Any, network: Any) -> Any:
        if step == 9:
            with torch.no_grad():
                network[2].weight[0, 0] = float("nan")
        return images

    found = train(*linear(torch, 8, 16, 16, 2, between=torch.nn.ReLU), lr=0.02, spoil=spoil)[0]
    assert (found.kind, found.where, found.step, found.value) == ("nonfinite", "param/2.weight", 9, 1)
    assert "param/2.weight is the first to lose finite values: in step 9" in found.sentence


def test_of_one_step_the_origin_is_named(train: Train, torch: Any) -> None:
    """A picture that is not finite spoils everything in the same step; the first layer had it first."""

    def spoil(step: int, images: Any, network: Any) -> Any:
        return images * float("inf") if step == 5 else images

    found = train(*linear(torch, 8, 16, 16, 2, between=torch.nn.Tanh), lr=0.02, spoil=spoil)[0]
    assert (found.kind, found.where, found.step) == ("nonfinite", "activation/0", 5)
    assert "more tensors" in found.sentence


def test_on_the_way_back_the_origin_is_the_later_layer(train: Train, torch: Any) -> None:
    passes = 0

    class Spoil(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(context: Any, values: Any) -> Any:
            return values.clone()

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            nonlocal passes
            passes += 1
            return gradient * float("nan") if passes == 6 else gradient

    class Fault(torch.nn.Module):  # type: ignore[misc]
        def forward(self, values: Any) -> Any:
            return Spoil.apply(values)

    layers = [torch.nn.Linear(8, 16), torch.nn.Tanh(), Fault(), torch.nn.Linear(16, 2)]
    found = train(*layers, lr=0.02)[0]
    assert (found.kind, found.where, found.step) == ("nonfinite", "activation_grad/1", 5)


def test_a_loss_that_is_logged_now_and_then_is_no_fault(tmp_path: Path) -> None:
    from derivviz.trace.writer import TraceWriter

    def logged(name: str, losses: list[float], **attributes: object) -> list[Finding]:
        writer = TraceWriter(tmp_path / name, attributes)
        writer.declare("step/step", dtype=int)
        writer.declare("step/loss")
        for step, loss in enumerate(losses):
            writer.append("step", {"step": step, "loss": loss})
        writer.close()
        return examine(derivviz.open_trace(tmp_path / name))

    nan = float("nan")
    assert logged("gaps.zarr", [1, nan, nan, 2, nan, nan, 3, nan, nan]) == []
    assert logged("once.zarr", [1, nan, nan, nan]) == []
    noted = logged("noted.zarr", [1, nan, 2, nan], nonfinite={"loss": 3})
    assert [(f.kind, f.where, f.step) for f in noted] == [("nonfinite", "loss", 3)]
    assert [(f.where, f.step) for f in logged("lost.zarr", [1, 2, nan, nan, nan])] == [("loss", 2)]
    assert [(f.where, f.step) for f in logged("inf.zarr", [1, float("inf"), 2])] == [("loss", 1)]
    assert logged("empty.zarr", []) == []


def test_exploding_in_time(train: Train, torch: Any) -> None:
    def spoil(step: int, images: Any, network: Any) -> Any:
        return images * (1.0 if step < 6 else 10.0 ** (step - 4))

    layers = linear(torch, 8, 16, 16, 2, between=torch.nn.ReLU)
    found = [f for f in train(*layers, lr=1e-4, steps=10, spoil=spoil) if f.where.startswith("grad/")]
    assert [(f.kind, f.step) for f in found] == [("exploding", 6)]
    assert found[0].value > 100


def test_exploding_forward(train: Train, torch: Any) -> None:
    layers = linear(torch, 8, 16, 16, 2, between=torch.nn.ReLU)
    with torch.no_grad():
        layers[2].weight *= 1000
    found = [f for f in train(*layers, lr=1e-9) if f.where.startswith("activation/")]
    assert [(f.kind, f.where, f.step) for f in found] == [("exploding", "activation/2", 0)]


def test_vanishing(train: Train, torch: Any) -> None:
    found = [
        f for f in train(*linear(torch, 8, *[8] * 8, 2, between=torch.nn.Sigmoid)) if f.kind == "vanishing"
    ]
    assert [f.where for f in found] == ["grad/0.weight"]
    assert found[0].value < 1e-3


def test_dead(train: Train, torch: Any) -> None:
    layers = linear(torch, 8, 16, 16, 2, between=torch.nn.ReLU)
    with torch.no_grad():
        layers[0].bias[:12] = -100
    found = [f for f in train(*layers, lr=0.02) if f.kind == "dead"]
    assert [f.where for f in found] == ["activation/1"]
    assert 0.75 <= found[0].value < 1
    assert "are zero for every sample in the snapshots of steps" in found[0].sentence


@pytest.mark.parametrize(("size", "silent"), [(1.0, []), (0.0, ["activation/0.turn"])])
def test_a_recurrent_layer_is_dead_if_every_call_is_and_named_once(
    train: Train, torch: Any, size: float, silent: list[str]
) -> None:
    class Recurrent(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.start, self.turn = torch.nn.Linear(8, 16), torch.nn.Linear(16, 16, bias=False)

        def forward(self, x: Any) -> Any:
            state = torch.zeros(len(x), 16)
            for _ in range(3):
                state = torch.tanh(self.start(x) + self.turn(state)) * size
            return state

    found = train(Recurrent(), torch.nn.Linear(16, 2), lr=0.02)
    assert [f.where for f in found if f.kind == "dead"] == silent


def test_a_layer_behind_dead_ones_is_not_named_as_well(train: Train, torch: Any) -> None:
    layers = [
        *linear(torch, 8, 16, 16, between=torch.nn.ReLU)[:2],
        torch.nn.Dropout(0.0),
        torch.nn.Linear(16, 2),
    ]
    with torch.no_grad():
        layers[0].bias[:] = -100
    assert [f.where for f in train(*layers) if f.kind == "dead"] == ["activation/1"]


@pytest.mark.parametrize(("name", "scale"), [("Tanh", 30), ("Sigmoid", 60), ("Softsign", 3000)])
def test_saturated(train: Train, torch: Any, name: str, scale: float) -> None:
    layers = linear(torch, 8, 16, 2, between=getattr(torch.nn, name))
    with torch.no_grad():
        layers[0].weight *= scale
    found = [f for f in train(*layers, lr=0.001) if f.kind == "saturated"]
    assert [f.where for f in found] == ["activation/1"]
    assert found[0].value > 0.5


def test_the_last_layer_may_be_sure_of_itself(train: Train, torch: Any) -> None:
    layers = [*linear(torch, 8, 16, 2, between=torch.nn.ReLU), torch.nn.Softmax(1)]
    with torch.no_grad():
        layers[2].weight *= 100
    assert "saturated" not in kinds(train(*layers, lr=0.001))


@pytest.mark.parametrize(("lr", "rate"), [(1e-8, "too low"), (8.0, "too high")])
def test_update_ratio(train: Train, torch: Any, lr: float, rate: str) -> None:
    found = [
        f for f in train(*linear(torch, 8, 16, 2, between=torch.nn.Tanh), lr=lr) if f.kind == "update-ratio"
    ]
    assert "update/2.weight" in {f.where for f in found}
    assert all(rate in f.sentence for f in found)
    assert all((f.value < 1e-5 if lr < 1 else f.value > 0.1) for f in found)


def test_a_frozen_weight_is_no_fault(train: Train, torch: Any) -> None:
    layers = linear(torch, 8, 16, 16, 2, between=torch.nn.ReLU)
    layers[0].weight.requires_grad_(False)
    assert train(*layers, lr=0.02) == []
