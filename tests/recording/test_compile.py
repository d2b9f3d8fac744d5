"""torch.compile, after the recorder is attached."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of torch.compile's own
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Linear(8, 3))


BACKENDS = [
    "eager",
    "aot_eager",
    pytest.param(
        "inductor",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler"),
        ],
    ),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("in_place", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_compiled_inside_the_block(identical: Any, backend: str, in_place: bool) -> None:
    inner: list[torch.Tensor] = []

    def make() -> tuple[Any, ...]:
        torch._dynamo.reset()
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        inner.clear()

        def loop(recorder: Any) -> list[torch.Tensor]:
            if in_place:
                model.compile(backend=backend)
            compiled = model if in_place else torch.compile(model, backend=backend)
            losses = []
            for _ in range(3):
                images = torch.rand(4, 6)
                optimizer.zero_grad()
                inner.append(nn.functional.linear(images, model[0].weight, model[0].bias).detach())
                loss = compiled(images).square().sum()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return losses

        return model, optimizer, loop

    trace = identical(make, snapshot_every=1)
    for step in range(3):
        snapshot = trace.snapshot(step)
        np.testing.assert_allclose(snapshot.activation["0"], inner[step], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(snapshot.activation["1"], inner[step].relu(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            snapshot.activation_grad["2"].sum(0), snapshot.grad["2.bias"], rtol=1e-5, atol=1e-6
        )


def test_a_compiled_model_outlives_the_block(seeded: Any, tmp_path: Any) -> None:
    torch._dynamo.reset()
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    images = torch.rand(4, 6)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        compiled = torch.compile(model, backend="eager")
        for _ in range(3):
            compiled(images).sum().backward()
            optimizer.step()
    assert torch.equal(compiled(images), model(images))
    assert len(derivviz.open_trace(tmp_path / "run.zarr").steps) == 3


def test_a_full_graph_admits_no_hooks(seeded: Any, tmp_path: Any) -> None:
    """The first forward pass says so, before anything is trained."""
    torch._dynamo.reset()
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        compiled = torch.compile(model, backend="eager", fullgraph=True)
        with pytest.raises(torch._dynamo.exc.Unsupported, match=r"recording/hooks\.py"):
            compiled(torch.rand(4, 6))
        model(torch.rand(4, 6)).sum().backward()
        optimizer.step()
    assert len(derivviz.open_trace(tmp_path / "run.zarr").steps) == 1
