"""Outputs are held until they are read together: what is recorded of them, and what is left on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))


def recorded(path: Path, train: Any, steps: int = 3) -> Any:
    """Record steps of `train(model)`, which runs forward and backward."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, path, snapshot_every=1):
        for _ in range(steps):
            optimizer.zero_grad()
            train(model)
            optimizer.step()
    return derivviz.open_trace(path), model


def test_an_output_changed_in_place_after_the_model_ran(seeded: Any, tmp_path: Path) -> None:
    images, wanted = torch.randn(3, 6), []

    def train(model: nn.Module) -> None:
        logits = model(images)
        wanted.append(logits.detach().clone())
        logits *= 2
        logits[:, 1] = -1.0
        (logits**2).sum().backward()

    trace, _ = recorded(tmp_path / "run.zarr", train)
    for step in range(3):
        snapshot = trace.snapshot(step)
        np.testing.assert_array_equal(snapshot.activation["2"], wanted[step])
        gradient = 8 * wanted[step]
        gradient[:, 1] = 0
        np.testing.assert_allclose(snapshot.activation_grad["2"], gradient, rtol=1e-6)
        np.testing.assert_allclose(snapshot.output, wanted[step])


def test_what_is_overwritten_at_some_steps_is_never_recorded_wrong(seeded: Any, tmp_path: Path) -> None:
    class Moody(nn.Module):
        """Overwrites an output at its third forward pass, when it is held already."""

        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.forwards = nn.Linear(6, 5), nn.Linear(5, 2), 0

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            hidden = self.first(images)
            self.forwards += 1
            if self.forwards in (3, 5):
                hidden.clamp_(min=100.0)
            return self.second(hidden)

    model, images = Moody(), torch.randn(3, 6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1):
        for _ in range(6):
            model(images).sum().backward()
            optimizer.step()
    trace, hidden = derivviz.open_trace(tmp_path / "run.zarr"), model.first(images).detach()
    lost = np.isnan(trace["activation/first/mean"])
    # The one step that tells of it has no value rather than a wrong one.
    assert lost.tolist() == [False, False, True, False, False, False]
    for step in np.flatnonzero(~lost):
        np.testing.assert_array_equal(trace.snapshot(int(step)).activation["first"], hidden)


def test_a_users_own_retained_gradients_are_left_alone(seeded: Any, tmp_path: Path) -> None:
    images, found = torch.randn(3, 6), []

    def train(model: nn.Sequential) -> None:
        hidden = model[0](images)
        hidden.retain_grad()
        output = model[2](model[1](hidden))
        (output**2).sum().backward()
        found.append((hidden, output))

    trace, _ = recorded(tmp_path / "run.zarr", train)
    for step, (hidden, output) in enumerate(found):
        assert not output.retains_grad
        np.testing.assert_allclose(trace.snapshot(step).activation_grad["0"], hidden.grad, rtol=1e-6)


def test_gradients_of_a_backward_pass_after_the_block_are_kept_nowhere(seeded: Any, tmp_path: Path) -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        for _ in range(2):
            output = model(torch.ones(3, 6))
            output.sum().backward()
            optimizer.step()
        output = model(torch.ones(3, 6))
    output.sum().backward()
    assert not output.retains_grad
    assert len(derivviz.open_trace(tmp_path / "run.zarr").steps) == 2


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_penalty_is_not_taken_for_the_loss(
    seeded: Any, tmp_path: Path, create_graph: bool
) -> None:
    images, wanted = torch.randn(3, 6), []

    def loss_of(model: nn.Sequential, output: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        (slope,) = torch.autograd.grad(output.sum(), given, create_graph=create_graph, retain_graph=True)
        return output.square().sum() + (slope.square().sum() if create_graph else 0)

    def train(model: nn.Sequential) -> None:
        given = images.clone().requires_grad_()
        inner = [model[0](given)]
        inner += [model[1](inner[0])]
        inner += [model[2](inner[1])]
        wanted.append(torch.autograd.grad(loss_of(model, inner[-1], given), inner))
        given = images.clone().requires_grad_()
        loss_of(model, model(given), given).backward()

    trace, _ = recorded(tmp_path / "run.zarr", train)
    for step, gradients in enumerate(wanted):
        for name, gradient in zip("012", gradients, strict=True):
            np.testing.assert_allclose(
                trace.snapshot(step).activation_grad[name], gradient, rtol=1e-5, atol=1e-7
            )


def test_a_snapshot_is_no_view_of_what_is_overwritten_later(seeded: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    images, target = torch.randn(2, 3, 8, 8), torch.tensor([1, 2])
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1) as recorder:
        for _ in range(3):
            given = target.clone()
            recorder.batch(images, given)
            given.zero_()
            model(images).sum().backward()
            optimizer.step()
    trace, maps = derivviz.open_trace(tmp_path / "run.zarr"), model[0](images).detach()
    for step in range(3):
        snapshot = trace.snapshot(step)
        np.testing.assert_array_equal(snapshot.map["0"], maps)
        np.testing.assert_array_equal(snapshot.map["1"], maps.relu())
        assert snapshot.target.tolist() == [1, 2]
