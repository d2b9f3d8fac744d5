"""What is recorded is what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError


class Wide(nn.Module):
    """Layers wide enough to be sampled, one activation used twice, and a layer never used."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.act = nn.ReLU(inplace=True)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(8 * 12 * 12, 20)
        self.fc2 = nn.Linear(20, 4)
        self.unused = nn.Linear(2, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.act(self.fc1(self.flatten(self.act(self.conv(images))))))


def test_recorded_values_are_those_of_autograd(seeded: Any, tmp_path: Path) -> None:
    model, images = Wide(), torch.randn(6, 3, 14, 14)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    parameters = {n: p for n, p in model.named_parameters() if "unused" not in n}
    wanted: list[dict[str, torch.Tensor]] = []
    inner: list[tuple[torch.Tensor, ...]] = []
    before: list[dict[str, torch.Tensor]] = []
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1) as recorder:
        for _ in range(3):
            before.append({n: p.detach().clone() for n, p in parameters.items()})
            z1 = model.conv(images)
            a1 = z1.relu()
            z2 = model.fc1(a1.flatten(1))
            a2 = z2.relu()
            loss = model.fc2(a2).square().sum()
            wanted.append(
                dict(
                    zip(
                        parameters,
                        torch.autograd.grad(loss, list(parameters.values()), retain_graph=True),
                        strict=True,
                    )
                )
            )
            grads = torch.autograd.grad(loss, [z1, a1, z2, a2])
            inner.append(tuple(t.detach() for t in (z1, a1, z2, a2, *grads)))
            optimizer.zero_grad()
            model(images).square().sum().backward()
            optimizer.step()
            recorder.log(loss=loss)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    for step in range(3):
        snapshot = trace.snapshot(step)
        for name, gradient in wanted[step].items():
            columns = snapshot.columns[name]
            kept = gradient if columns is None else gradient[:, columns]
            np.testing.assert_allclose(snapshot.grad[name], kept, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(snapshot.update[name], -0.5 * kept, rtol=1e-3, atol=1e-6)
            start = before[step][name]
            np.testing.assert_array_equal(
                snapshot.param[name], start if columns is None else start[:, columns]
            )
            norm = gradient.double().norm().item()
            np.testing.assert_allclose(trace[f"grad/{name}/norm"][step], norm, rtol=1e-6)
        z1, a1, z2, a2, dz1, da1, dz2, da2 = inner[step]
        # ReLU overwrites its input in place, but what was recorded of conv is what conv put out.
        for name, value, gradient in [
            ("conv", z1, dz1),
            ("act", a1, da1),
            ("fc1", z2, dz2),
            ("act#2", a2, da2),
        ]:
            units = snapshot.units[name]
            np.testing.assert_array_equal(snapshot.activation[name], value.flatten(1)[:, units])
            np.testing.assert_allclose(
                snapshot.activation_grad[name], gradient.flatten(1)[:, units], rtol=1e-5, atol=1e-7
            )
        assert trace["activation/conv/min"][step] < 0 <= trace["activation/act/min"][step]
        assert (trace["activation/act#2/mean"][step]) == pytest.approx(a2.mean().item(), rel=1e-5)
    assert "unused.weight" not in snapshot.grad
    assert np.isnan(trace["grad/unused.weight/norm"]).all()
    assert np.isnan(trace["activation/unused/mean"]).all()
    assert np.isfinite(trace["param/unused.weight/norm"]).all()
    assert trace["loss"].shape == (3,)


def test_sampled_statistics_are_near_and_labelled(seeded: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(300, 400), nn.Tanh(), nn.Linear(400, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        hidden = model[0](torch.randn(50, 300))
        model[2](model[1](hidden)).sum().backward()
        optimizer.step()
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace["activation/0/std"][0] == pytest.approx(hidden.std().item(), rel=0.1)
    assert trace["activation/0/norm"][0] == pytest.approx(hidden.norm().item(), rel=0.1)
    import zarr

    step = zarr.open_group(str(tmp_path / "run.zarr"), mode="r")["step"]
    label = dict(zip(step["tensor"][:], step["estimator"][:], strict=True))
    assert label["activation/0"] == "sample of 2048"  # a snapshot, so more of it is looked at
    assert label["grad/0.weight"] == "sample of 2048; norm exact"
    assert label["param/0.bias"] == "exact"


def test_logging_belongs_to_its_step(seeded: Any, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(
        model, optimizer, tmp_path / "run.zarr", every=2, snapshot_every=4, steps=6
    ) as recorder:
        for step in range(6):
            loss = model(torch.rand(4, 3)).sum()
            recorder.log(before=step)
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                model(torch.rand(4, 3))
            recorder.log(after=step)
            running = torch.tensor(float(step))
            if step >= 4:
                recorder.log(late=running)
            running += 100
        with pytest.raises(UsageError, match="'size'"):
            recorder.log(size=3)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace.steps.tolist() == [0, 2, 4, 5]
    assert trace.snapshot_steps.tolist() == [0, 4, 5]
    assert trace["before"].tolist() == trace["after"].tolist() == [0, 2, 4, 5]
    np.testing.assert_array_equal(trace["late"], [np.nan, np.nan, 4, 5])
    assert "activation/model/mean" in trace


def test_evaluation_is_kept_apart(seeded: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        output = model(torch.ones(4, 3))
        with torch.no_grad():
            model(torch.full((4, 3), 1e6))
        model.eval()
        model(torch.full((4, 3), 1e6))
        model.train()
        output.sum().backward()
        optimizer.step()
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace["activation/0/max"][0] < 10
    np.testing.assert_allclose(trace.snapshot(0).output, output.detach(), rtol=1e-6)


def test_not_a_number_is_recorded(seeded: Any, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 40), nn.Tanh(), nn.Linear(40, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=2) as recorder:
        for scale in (1.0, 1e30, float("inf"), float("nan"), 1.0):
            loss = model(torch.rand(4, 3)).square().sum() * scale
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.log(loss=loss)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert "stopped" not in trace.attrs
    assert not np.isfinite(trace["loss"][-1])
    assert trace["grad/0.weight/nonfinite"][0] == 0
    assert trace["grad/0.weight/nonfinite"][-1] == 120
    assert np.isnan(trace["grad/0.weight/norm"][-1])
    assert np.isnan(trace.snapshot(4).param["0.weight"]).all()


def test_strange_names_stay_inside(seeded: Any, tmp_path: Path) -> None:
    names = ["a/b", "/etc", "zarr", "c", "step", "__x", "unit_c", "합성곱", "x" * 300, "% 2", "C"]
    model = nn.Sequential()
    for name in names:
        model.add_module(name, nn.Linear(3, 3))
    model[0].register_parameter("/", nn.Parameter(torch.zeros(2)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "in" / "run.zarr") as recorder:
        model(torch.rand(2, 3)).sum().backward()
        optimizer.step()
        recorder.log(**{"val/loss": 2.0})
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    trace = derivviz.open_trace(tmp_path / "in" / "run.zarr")
    assert trace["val/loss"].tolist() == [2.0]
    assert list(trace.snapshot(0).activation) == names
    assert trace["activation/a/b/mean"].shape == (1,)
    for name in names:
        assert trace.snapshot(0).activation[name].shape == (2, 3)
    folders = [p for p in (tmp_path / "in" / "run.zarr" / "snapshot" / "activation").iterdir() if p.is_dir()]
    assert len(folders) == 2 * len(names) + 1  # each with its units, and the step
    assert all((folder / "zarr.json").is_file() for folder in folders)


def test_an_evaluation_of_nothing_harms_no_trace(seeded: Any, tmp_path: Path) -> None:
    model = nn.Linear(2, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr") as recorder:
        recorder.evaluation(torch.zeros(0, 3), images=torch.zeros(0, 3, 4, 4))
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        recorder.log(loss=1.0)
    assert derivviz.open_trace(tmp_path / "run.zarr")["loss"].tolist() == [1.0]


def test_scalars_of_a_step_that_is_over(seeded: Any, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr") as recorder:
        for step in range(4):
            assert recorder.step == step
            model(torch.rand(4, 3)).sum().backward()
            optimizer.step()
            model(torch.rand(4, 3)).sum()  # a critic is called once more, when the generator learns
            recorder.log(guessed=step)
            recorder.log(
                step=recorder.step - 1, meant=step, lost=[1.0, float("nan"), 1.0, float("inf")][step]
            )
            recorder.log(step=step + 7, never=1.0)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    np.testing.assert_array_equal(trace["guessed"], [np.nan, 0, 1, 2])
    assert trace["meant"].tolist() == [0, 1, 2, 3]
    assert trace.attrs["nonfinite"] == {"lost": 1}
    assert "never" not in trace


@pytest.mark.parametrize("samples", [5, 0])
def test_an_output_may_be_one_number_a_sample(seeded: Any, samples: int, tmp_path: Path) -> None:
    class Curve(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.scale * x

    model, x = Curve(), torch.arange(float(samples))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=x if samples else None) as recorder:
        model(x).square().sum().backward()
        optimizer.step()
        recorder.log(loss=0.0)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert "stopped" not in trace.attrs
    if samples:
        assert trace.snapshot(0).activation["model"].tolist() == (2 * x)[:, None].tolist()
        assert trace.snapshot(0).activation_grad["model"].tolist() == (4 * x)[:, None].tolist()
        assert trace.probe.output[0].tolist() == (2 * x)[:, None].tolist()
