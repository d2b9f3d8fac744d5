"""Sensitivity beside the training: it leaves no mark, and the trace holds what was measured."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.learning import sensitivity as measures
from derivviz.recording import sensitivity as recorded
from derivviz.trace import MissingSeriesError

STEPS = 6


class Marked(nn.Module):
    """Dropout, batch norm, an activation in place, a buffer changed in forward, and all random generators."""

    calls: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.act = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(4 * 36, 5)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        noise = random.random() + np.random.random() + torch.rand(()).item()
        return self.head(self.drop(self.act(self.norm(self.conv(images)))).flatten(1)) + 0 * noise


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "POINTS", 4)
    monkeypatch.setattr(recorded, "SAMPLES", 3)
    monkeypatch.setattr(recorded, "PATH_POINTS", 5)


def training(model: nn.Module, probe: Any, **options: Any) -> Any:
    def make() -> tuple[Any, ...]:
        for module in model.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        if isinstance(model, Marked):
            model.calls.zero_()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

        def loop(recorder: Any) -> list[torch.Tensor]:
            losses = []
            for _ in range(STEPS):
                optimizer.zero_grad(set_to_none=False)
                loss = model(torch.rand(4, 3, 8, 8)).square().mean()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return losses

        return model, optimizer, loop, {"probe": probe, "sensitivity_every": 2, **options}

    return make


@pytest.fixture
def probe() -> torch.Tensor:
    return torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(4))


def test_it_leaves_no_mark(identical: Any, probe: torch.Tensor) -> None:
    model = Marked()
    trace = identical(training(model, probe))
    assert "skipped" not in trace.attrs or not trace.attrs["skipped"]
    found = trace.sensitivity
    assert found.steps.tolist() == [0, 2, 4, 6]
    assert (found.seconds > 0).all()
    assert len(trace.steps) == STEPS
    assert trace.snapshot(0).activation["conv"].shape[0] == 4  # the batch, not the probe
    assert not any(module._forward_hooks for module in model.modules())
    assert all(p.requires_grad for p in model.parameters())


def test_the_trace_holds_what_was_measured(identical: Any, probe: torch.Tensor) -> None:
    model = Marked()
    trace = identical(training(model, probe))
    found = trace.sensitivity
    model.eval()
    target = model(probe).argmax(1)
    assert found.target[-1].tolist() == target.tolist()
    np.testing.assert_allclose(found.output[-1], model(probe).detach(), rtol=1e-6)
    gradient = measures.saliency(model, probe, target)
    np.testing.assert_allclose(found.saliency[-1], gradient.abs().amax(1), rtol=1e-5)
    attribution = measures.integrated_gradients(model, probe, target, points=4)
    np.testing.assert_allclose(
        found.integrated_gradients[-1], attribution.values.sum(1), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(found.difference[-1], attribution.difference, rtol=1e-5)
    np.testing.assert_allclose(
        found.integrated_gradients[-1].sum((1, 2)) - found.difference[-1],
        found.completeness_error[-1],
        atol=1e-5,
    )
    assert found.smooth_grad.shape == found.saliency.shape == (4, 3, 8, 8)
    norms = measures.jacobian_norms(model, probe, dict(model.named_modules()))
    np.testing.assert_allclose(found.input_norm[-1], norms.input)
    np.testing.assert_allclose(found.jacobian_norm["conv"][-1], norms.layers["conv"])
    assert list(found.jacobian_norm) == ["conv", "norm", "act", "drop", "head"]
    assert found.checks.directions == ["gradient", "random 1", "random 2"]
    assert found.checks.error.max() < 1e-2
    assert (found.checks.error[:, :, 0] < 1e-4).all()
    way = found.path
    np.testing.assert_allclose(way.output[-1][[0, -1]], model(probe[:2]).detach(), rtol=1e-5)
    np.testing.assert_allclose(way.probability.sum(-1), 1)
    np.testing.assert_allclose(way.probability_slope.sum(-1), 0, atol=1e-12)
    p = torch.tensor(way.output[-1, 2]).requires_grad_()
    softmax = torch.autograd.functional.jvp(lambda z: z.softmax(0), p, torch.tensor(way.slope[-1, 2]))[1]
    np.testing.assert_allclose(way.probability_slope[-1, 2], softmax, rtol=1e-8)
    assert trace[:3].sensitivity.steps.tolist() == [0, 2]
    assert trace[:3].sensitivity.saliency.shape[0] == 2


def test_xarray_opens_it(identical: Any, probe: torch.Tensor) -> None:
    pytest.importorskip("xarray")
    trace = identical(training(Marked(), probe))
    table = trace.to_xarray("sensitivity").load()
    assert table.saliency.dims == ("snapshot", "probe", "y", "x")
    assert table.saliency.units == "logit per unit of input"
    assert table.integrated_gradients.units == "logit"
    assert table.jacobian_norm.sel(module="head").shape == (4, 3)
    assert table.t.values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert table.attrs["estimator"] == "exact"
    assert table.attrs["differences"]["dtype"] == "float64"


def test_without_captum_the_rest_is_measured(
    identical: Any, probe: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "find_spec", lambda name: None)
    found = identical(training(Marked(), probe)).sensitivity
    assert np.isfinite(found.saliency).all()
    assert np.isfinite(found.input_norm).all()
    for name in ("integrated_gradients", "smooth_grad", "completeness_error"):
        with pytest.raises(MissingSeriesError, match=r"Captum is not installed.*derivviz\[sensitivity\]"):
            getattr(found, name)


def test_inputs_that_are_no_pictures(identical: Any) -> None:
    class Table(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(192, 3)

        def forward(self, x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
            return self.head(x.flatten(1)) * scale

    model = Table()
    found = identical(training(model, {"x": torch.rand(1, 192), "scale": 2.0})).sensitivity
    assert found.saliency.shape == (4, 1, 192)
    np.testing.assert_allclose(found.saliency[-1, 0], 2 * model.head.weight[found.target[-1, 0]].detach())
    with pytest.raises(MissingSeriesError, match="one probe input alone"):
        _ = found.path


def test_a_model_without_derivatives_is_recorded_all_the_same(identical: Any) -> None:
    class Steps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(192, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x.flatten(1).round().detach())

    trace = identical(training(Steps(), torch.rand(2, 192)))
    assert "sensitivity" in trace.attrs["skipped"]
    assert len(trace.steps) == STEPS
    with pytest.raises(MissingSeriesError, match=r"sensitivity_every=100.*derivviz\[sensitivity\]"):
        _ = trace.sensitivity


def test_a_model_that_is_nan(identical: Any, probe: torch.Tensor) -> None:
    model = Marked()
    make = training(model, probe)

    def spoiled() -> Any:
        parts = make()
        with torch.no_grad():
            model.head.weight[0, 0] = float("nan")
        return parts

    trace = identical(spoiled)
    assert np.isnan(trace.sensitivity.input_norm[1:]).all()
    assert np.isnan(trace.sensitivity.path.probability).all()


def test_resumed(seeded: Any, tmp_path: Path, probe: torch.Tensor) -> None:
    model = Marked()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    rows, outputs = [], []
    for first in (None, 3):  # the second makes steps 3 … 5 anew
        options: dict[str, Any] = {
            "probe": probe,
            "sensitivity_every": 2,
            "resume": True,
            "first_step": first,
        }
        with derivviz.record(model, optimizer, tmp_path / "run.zarr", **options):
            for _ in range(STEPS if first is None else 4):
                optimizer.zero_grad()
                model(torch.rand(4, 3, 8, 8)).square().mean().backward()
                optimizer.step()
        rows.append(derivviz.open_trace(tmp_path / "run.zarr").sensitivity)
        outputs.append(rows[-1].output)
    assert rows[0].steps.tolist() == [0, 2, 4, 6]
    assert rows[1].steps.tolist() == [0, 2, 4, 6, 7]
    same = (outputs[0][:4] == outputs[1][:4]).all(axis=(1, 2))
    assert same.tolist() == [True, True, False, False]  # from step 3 on the weights are others


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sensitivity_every": 2}, "probe=x0"),
        ({"sensitivity_every": 0, "probe": torch.rand(2, 3)}, "1 at the least"),
        ({"sensitivity_every": 2, "probe": torch.tensor([[1, 2]])}, "floating numbers"),
        ({"sensitivity_every": 2, "probe": (torch.rand(2, 3), torch.rand(2, 3))}, "one tensor"),
    ],
)
def test_wrong_requests_say_what_is_right(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(UsageError, match=message):
        derivviz.record(model, torch.optim.SGD(model.parameters(), lr=0.1), tmp_path / "x.zarr", **wrong)


def test_leaving_early_does_not_wait_for_it(seeded: Any, tmp_path: Path, probe: torch.Tensor) -> None:
    model = Marked()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    options: dict[str, Any] = {"probe": probe, "sensitivity_every": 100}
    block = derivviz.record(model, optimizer, tmp_path / "x.zarr", **options)
    with pytest.raises(KeyboardInterrupt), block:  # noqa: PT012
        model(torch.rand(4, 3, 8, 8)).square().mean().backward()
        optimizer.step()
        raise KeyboardInterrupt
    assert derivviz.open_trace(tmp_path / "x.zarr").sensitivity.steps.tolist() == [0]
