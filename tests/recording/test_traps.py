"""What people do to a model while it is recorded: nothing changes, and what is recorded is right."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

STEPS = 5
Make = Callable[..., Any]


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 3))


def adam(model: nn.Module, **options: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=0.01, **options)


def step(model: nn.Module, optimizer: torch.optim.Optimizer, **like: Any) -> torch.Tensor:
    optimizer.zero_grad()
    loss = model(torch.rand(4, 6, **like)).abs().square().sum()
    loss.backward()
    optimizer.step()
    return loss


def test_frozen_parameters_and_groups_added_on_the_way(identical: Make) -> None:
    def make() -> tuple[Any, ...]:
        model = network()
        model[3].requires_grad_(False)
        optimizer = torch.optim.AdamW(model[0].parameters(), lr=0.01)

        def loop(recorder: Any) -> None:
            for n in range(STEPS):
                if n == 3:
                    model[3].requires_grad_(True)
                    optimizer.add_param_group({"params": list(model[3].parameters()), "lr": 0.5})
                step(model, optimizer)

        return model, optimizer, loop

    trace = identical(make)
    assert np.isnan(trace["grad/3.weight/norm"]).tolist() == [True] * 3 + [False] * 2
    np.testing.assert_array_equal(trace["lr/3.bias"], [np.nan] * 3 + [0.5] * 2)
    np.testing.assert_array_equal(trace["lr/0.bias"], [0.01] * STEPS)
    np.testing.assert_array_equal(trace["update/3.weight/max"][:3], 0)


def test_schedulers(identical: Make) -> None:
    rates: list[float] = []

    def make() -> tuple[Any, ...]:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS + 1)
        rates.clear()

        def loop(recorder: Any) -> None:
            for _ in range(STEPS):
                rates.append(optimizer.param_groups[0]["lr"])
                step(model, optimizer)
                scheduler.step()

        return model, optimizer, loop

    np.testing.assert_array_equal(identical(make)["lr/0.weight"], rates)


def test_bfloat16_and_float64(identical: Make) -> None:
    for dtype in (torch.bfloat16, torch.float64):

        def make(dtype: torch.dtype = dtype) -> tuple[Any, ...]:
            model = network().to(dtype)
            optimizer = adam(model)
            return (
                model,
                optimizer,
                lambda _: [step(model, optimizer, dtype=dtype).detach() for _ in range(STEPS)],
            )

        trace = identical(make, overwrite=True)
        assert np.isfinite(trace["grad/0.weight/norm"]).all()
        assert np.isfinite(trace["activation/0/std"]).all()


class Wave(nn.Module):
    """Complex parameters, complex activations, and a transform of them."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(6, 4, dtype=torch.complex64)
        self.weight = nn.Parameter(torch.randn(4, dtype=torch.complex64))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.fft.ifft(self.inner(images) * self.weight.conj())


def test_complex_numbers(identical: Make) -> None:
    norms: list[float] = []

    def make() -> tuple[Any, ...]:
        model = Wave()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        norms.clear()

        def loop(_: Any) -> None:
            for _ in range(STEPS):
                step(model, optimizer, dtype=torch.complex64)
                assert model.weight.grad is not None
                norms.append(float(torch.linalg.vector_norm(model.weight.grad)))

        return model, optimizer, loop

    trace = identical(make)
    np.testing.assert_allclose(trace["grad/weight/norm"], norms, rtol=1e-6)
    # Real and imaginary parts stand side by side.
    assert trace.snapshot(0).param["inner.weight"].shape[-1] == 2
    assert np.isfinite(trace["activation/inner/std"]).all()
    assert np.isfinite(trace["activation_grad/inner/mean"]).all()


def test_sparse_gradients_are_noted(identical: Make) -> None:
    def make() -> tuple[Any, ...]:
        model = nn.Sequential(nn.Embedding(20, 4, sparse=True), nn.Flatten())
        optimizer = torch.optim.SparseAdam(model.parameters(), lr=0.1)

        def loop(_: Any) -> None:
            for _ in range(STEPS):
                optimizer.zero_grad()
                model(torch.randint(20, (6, 2))).square().sum().backward()
                optimizer.step()

        return model, optimizer, loop

    trace = identical(make)
    assert trace.attrs["skipped"] == {"grad/0.weight": "stored as sparse_coo"}
    assert np.isnan(trace["grad/0.weight/norm"]).all()
    assert np.isfinite(trace["param/0.weight/norm"]).all()
    assert (trace["update/0.weight/max"] > 0).all()


def test_torch_func_beside_training(identical: Make) -> None:
    """Gradients sample by sample, between the backward pass and the step."""
    truth: list[torch.Tensor] = []

    def make() -> tuple[Any, ...]:
        model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
        optimizer = adam(model)
        truth.clear()

        def of_one(parameters: Any, image: torch.Tensor) -> torch.Tensor:
            return functional_call(model, parameters, (image[None],)).square().sum()

        def loop(_: Any) -> list[Any]:
            found = []
            for _ in range(STEPS):
                images = torch.rand(4, 6)
                optimizer.zero_grad()
                truth.append(model[0](images).detach())
                model(images).square().sum().backward()
                parameters = {name: p.detach() for name, p in model.named_parameters()}
                found.append(vmap(grad(of_one), (None, 0))(parameters, images))
                optimizer.step()
            return found

        return model, optimizer, loop

    trace = identical(make, snapshot_every=1)
    for n in range(STEPS):
        np.testing.assert_array_equal(trace.snapshot(n).activation["0"], truth[n])
        assert trace.snapshot(n).activation_grad["0"].shape == (4, 8)
    assert trace.attrs["skipped"]["activation/0"] == "inside a transformation of torch.func"


def test_copies_and_files_during_recording(identical: Make) -> None:
    def make() -> tuple[Any, ...]:
        model = network()
        optimizer = adam(model)

        def loop(_: Any) -> list[Any]:
            found: list[Any] = []
            for _ in range(STEPS):
                step(model, optimizer)
                file = io.BytesIO()
                torch.save({"model": model, "optimizer": optimizer}, file)
                file.seek(0)
                twins = torch.load(file, weights_only=False), copy.deepcopy((model, optimizer))
                for twin, its in ((twins[0]["model"], twins[0]["optimizer"]), twins[1]):
                    found.append(step(twin, its).detach())
                    found.append(twin.state_dict())
            return found

        return model, optimizer, loop

    trace = identical(make)
    assert len(trace.steps) == STEPS


def test_fused_foreach_and_memory_formats(identical: Make) -> None:
    for options in ({"fused": True}, {"foreach": True}, {"foreach": False}):

        def make(options: Any = options) -> tuple[Any, ...]:
            model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
            model = model.to(memory_format=torch.channels_last)
            optimizer = adam(model, **options)

            def loop(_: Any) -> None:
                for _ in range(STEPS):
                    images = torch.rand(2, 3, 24, 24).to(memory_format=torch.channels_last)
                    optimizer.zero_grad()
                    model(images).square().mean().backward()
                    optimizer.step()

            return model, optimizer, loop

        trace = identical(make, overwrite=True)
        assert trace.snapshot(3).activation["0"].shape == (2, 64)
        assert trace["activation/0/min"][0] < 0 == trace["activation/2/min"][0]


def test_a_part_that_runs_after_the_model_itself(identical: Make) -> None:
    """A GAN whose forward is the generator's: its discriminator runs after it, or without it."""
    inputs: list[torch.Tensor] = []

    def make() -> tuple[Any, ...]:
        game = _Game(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Sequential(nn.Linear(3, 8), nn.Tanh()))
        optimizer = adam(game)

        def loop(recorder: Any) -> None:
            inputs.clear()
            for number in range(2 * STEPS):
                made = game(torch.rand(4, 2)) if number % 2 else torch.rand(4, 3)
                inputs.append(made.detach())
                optimizer.zero_grad()
                recorder.tag("judged", game.judge(made)).square().mean().backward()
                optimizer.step()

        return game, optimizer, loop

    trace = identical(make, snapshot_every=1)
    for number, made in enumerate(inputs):
        found = trace.snapshot(number)
        weight, bias = (found.param[f"judge.0.{name}"] for name in ("weight", "bias"))
        expected = np.tanh(made.numpy() @ weight.T + bias)
        for name in ("judge.1", "judged"):
            np.testing.assert_allclose(found.activation[name], expected, atol=1e-6)
            np.testing.assert_allclose(found.activation_grad[name], 2 * expected / expected.size, atol=1e-6)
        assert np.isfinite(found.activation["maker.0"]).all() == bool(number % 2)
    assert np.isfinite(trace["activation/judge.1/mean"]).all()


class _Game(nn.Module):
    def __init__(self, maker: nn.Module, judge: nn.Module) -> None:
        super().__init__()
        self.maker, self.judge = maker, judge

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.maker(z)
        return made
