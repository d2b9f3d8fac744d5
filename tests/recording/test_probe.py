"""The probe and the filters leave no mark either, and show what the model makes of the inputs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError


class Counting(nn.Module):
    """Dropout, batch norm, a buffer changed in forward, and random numbers of all three generators."""

    calls: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm, self.drop = nn.BatchNorm2d(4), nn.Dropout(0.3)
        self.head = nn.Linear(4 * 36, 5)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, images: torch.Tensor, scale: float = 1.0) -> dict[str, torch.Tensor]:
        self.calls += 1
        noise = random.random() + np.random.random() + torch.rand(()).item()
        hidden = self.drop(self.norm(self.conv(images)).relu_())
        return {"features": hidden, "logits": self.head(hidden.flatten(1)) * scale + 0 * noise}


def training(autocast: bool = False, mapping: bool = True, **options: Any) -> Any:
    def make() -> tuple[Any, ...]:
        model = Counting()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        images = torch.arange(2 * 3 * 8 * 8).reshape(2, 3, 8, 8) / 384
        probe = {"images": images, "scale": 2.0} if mapping else (images, 2.0)

        def loop(recorder: Any) -> list[torch.Tensor]:
            losses = []
            # A region that stays open around the step: autocast remembers weights that it has converted.
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                for _ in range(7):
                    optimizer.zero_grad()
                    loss = model(torch.rand(4, 3, 8, 8))["logits"].float().square().mean()
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.detach())
            return losses

        return model, optimizer, loop, {"probe": probe, **options}

    return make


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("mapping", [False, True])
def test_a_probe_leaves_no_mark(identical: Any, autocast: bool, mapping: bool) -> None:
    trace = identical(training(autocast, mapping))
    assert trace.attrs.get("skipped", {}) == {}
    assert len(trace.steps) == 7


def test_autocast_remembers_nothing_of_a_probe(seeded: Any, tmp_path: Any) -> None:
    """It remembers the weights that it has converted, and a probe's have no gradients."""
    model = nn.Linear(6, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with torch.autocast("cpu", torch.bfloat16):
        with derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=torch.ones(3, 6)):
            pass
        model(torch.ones(3, 6)).sum().backward()
    assert model.weight.grad is not None


def test_a_probe_shows_the_weights_before_the_step(seeded: Any, tmp_path: Any) -> None:
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(inplace=True), nn.Linear(5, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    shown, wanted = torch.rand(3, 6), []
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=shown, snapshot_every=2):
        for step in range(5):
            if step % 2 == 0:
                wanted.append((step, model[0](shown).detach(), model(shown).detach()))
            optimizer.zero_grad()
            model(torch.rand(4, 6)).square().sum().backward()
            optimizer.step()
    wanted.append((5, model[0](shown).detach(), model(shown).detach()))
    xarray = pytest.importorskip("xarray")
    probe = xarray.open_zarr(tmp_path / "run.zarr", group="probe").load()
    assert probe.step.values.tolist() == [0, 2, 4, 5]
    hidden = xarray.open_zarr(tmp_path / "run.zarr", group="probe/activation").load()
    for row, (_, first, output) in enumerate(wanted):
        np.testing.assert_allclose(probe.output[row], output, rtol=1e-6)
        np.testing.assert_allclose(hidden["0"][row], first, rtol=1e-6)


def test_filters_leave_no_mark(identical: Any) -> None:
    trace = identical(training(modules=["conv", nn.Linear], parameters="*.weight"))
    assert set(trace.snapshot(0).activation) == {"conv", "head"}
    assert set(trace.snapshot(0).param) == {"conv.weight", "norm.weight", "head.weight"}
    assert "grad/head.bias/norm" not in trace


def test_a_probe_that_the_model_cannot_take_stops_the_recording_alone(seeded: Any, tmp_path: Any) -> None:
    model = nn.Linear(6, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=torch.ones(3, 7))
    with pytest.warns(RuntimeWarning, match="stopped at step 0"), block:  # noqa: PT031
        model(torch.ones(3, 6)).sum().backward()
        optimizer.step()
    assert model.training
    assert not model._forward_hooks


def test_lazy_layers(identical: Any) -> None:
    def make() -> tuple[Any, ...]:
        model = nn.Sequential(nn.LazyLinear(5), nn.LazyBatchNorm1d(), nn.Linear(5, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def loop(_: Any) -> None:
            for _ in range(5):
                optimizer.zero_grad()
                model(torch.rand(4, 6)).square().sum().backward()
                optimizer.step()

        return model, optimizer, loop

    trace = identical(make)
    assert trace.snapshot(0).param["0.weight"].shape == (5, 6)
    assert np.isfinite(trace["grad/0.weight/norm"]).all()


def test_data_parallel_is_refused(tmp_path: Any) -> None:
    model = nn.DataParallel(nn.Linear(2, 2))
    with pytest.raises(UsageError, match="DistributedDataParallel"):
        derivviz.record(model, torch.optim.SGD(model.parameters(), lr=0.1), tmp_path / "run.zarr")


def test_tags_are_recorded_like_modules(identical: Any) -> None:
    sums: list[torch.Tensor] = []

    def make() -> tuple[Any, ...]:
        model = nn.Linear(6, 6)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        sums.clear()

        def loop(recorder: Any) -> None:
            for _ in range(4):
                optimizer.zero_grad()
                images = torch.rand(4, 6)
                total = recorder.tag("sum", model(images) + images)
                sums.append(total.detach().clone())
                with torch.no_grad():
                    recorder.tag("unseen", total)
                recorder.tag("leaf", images)
                total.square().sum().backward()
                optimizer.step()

        return model, optimizer, loop

    trace = identical(make, snapshot_every=1)
    for step, total in enumerate(sums):
        np.testing.assert_array_equal(trace.snapshot(step).activation["sum"], total)
        np.testing.assert_allclose(trace.snapshot(step).activation_grad["sum"], 2 * total, rtol=1e-6)
    assert "unseen" not in trace.snapshot(0).activation
