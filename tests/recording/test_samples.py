"""The values of a few fixed elements of every tensor, at every step; and when an evaluation was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz


def test_sampled_elements_are_those_of_the_tensor(seeded: Any, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    model = nn.Sequential(nn.Linear(300, 70), nn.ReLU(inplace=True), nn.Linear(70, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    truth: list[dict[str, torch.Tensor]] = []
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=4) as recorder:
        for step in range(6):
            images = torch.rand(16 if step != 3 else 5, 300)  # a smaller batch among them
            optimizer.zero_grad()
            now = {f"param/{n}": p.detach().clone() for n, p in model.named_parameters()}
            hidden = model[0](images).detach()
            now |= {"activation/0": hidden, "activation/1": hidden.relu()}
            output = model(images)
            now |= {"activation/2": output.detach(), "activation_grad/2": 2 * output.detach()}
            output.square().sum().backward()
            for name, parameter in model.named_parameters():
                assert parameter.grad is not None
                now[f"grad/{name}"] = parameter.grad.clone()
                now[f"update/{name}"] = -0.1 * parameter.grad
            truth.append(now)
            optimizer.step()
            if step % 3 == 2:
                recorder.evaluation(torch.ones(2, 3) / 3)
    sample = xarray.open_zarr(tmp_path / "run.zarr", group="sample").load()
    labels = sample.tensor.values.tolist()
    assert sample.step.values.tolist() == list(range(6))
    # A snapshot looks at more values, but the elements followed from step to step are the same.
    for step, now in enumerate(truth):
        for name, tensor in now.items():
            row = labels.index(name)
            position = sample.position.values[row]
            there = position >= 0
            flat = tensor[0].reshape(-1) if name.startswith("activation") else tensor.reshape(-1)
            assert there.sum() == min(8, flat.numel())
            wanted = flat[torch.from_numpy(position[there])]
            values = sample.value.values[step, row]
            np.testing.assert_allclose(
                values[there], wanted, rtol=2e-4, atol=1e-7, err_msg=f"{name} at {step}"
            )
            assert np.isnan(values[~there]).all()
    evaluation = xarray.open_zarr(tmp_path / "run.zarr", group="evaluation").load()
    assert evaluation.step.values.tolist() == [3, 6]  # steps made by then
    assert evaluation.epoch.values.tolist() == [1, 2]
