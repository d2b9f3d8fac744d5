"""Mixed precision: gradients come scaled, and steps are skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

STEPS, OVERFLOWING = 7, (2, 5)


def make_loop(truth: list[dict[str, Any]], fused: bool, given: bool, wrap: Any = None) -> Callable[..., Any]:
    def make() -> tuple[Any, ...]:
        model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, fused=fused)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12, growth_interval=2)
        truth.clear()

        def loop(recorder: Any) -> list[Any]:
            found = []
            for n in range(STEPS):
                images = torch.rand(4, 6)
                weights = [p.detach().clone() for p in model.parameters()]
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16):
                    output = wrap(model, images) if wrap else model(images)
                loss = output.float().square().mean() * (1e38 if n in OVERFLOWING else 1.0)
                scale = scaler.get_scale()
                scaler.scale(loss).backward()
                gradients = [p.grad / scale for p in model.parameters() if p.grad is not None]
                scaler.step(optimizer)
                scaler.update()
                same = all(map(torch.equal, weights, model.parameters()))
                assert same == (n in OVERFLOWING)
                if not same:
                    inner = 2 * output.float().detach() / output.numel()
                    truth.append({"scale": scale, "gradients": gradients, "last": inner})
                found.append((loss.detach(), scale))
            return found

        return model, optimizer, loop, {"scaler": scaler} if given else {}

    return make


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("given", [True, False])
def test_gradients_are_those_of_the_loss_itself(identical: Any, fused: bool, given: bool) -> None:
    truth: list[dict[str, Any]] = []
    trace = identical(make_loop(truth, fused, given), snapshot_every=2)
    # A skipped step is none: some fused optimizers are called for it all the same.
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert len(trace.steps) == len(truth)
    for row, wanted in enumerate(truth):
        for name, gradient in zip(names, wanted["gradients"], strict=True):
            norm = gradient.double().norm().item()
            assert trace[f"grad/{name}/norm"][row] == pytest.approx(norm, rel=1e-5)
            assert trace[f"grad/{name}/max"][row] == pytest.approx(gradient.max().item(), rel=1e-5)
        if given:
            largest = wanted["last"].abs().max().item()
            recorded = max(trace["activation_grad/2/max"][row], -trace["activation_grad/2/min"][row])
            assert recorded == pytest.approx(largest, rel=0.01)  # bfloat16
    if given:
        np.testing.assert_array_equal(trace["loss_scale"], [wanted["scale"] for wanted in truth])
        assert trace["skipped"].tolist() == [0, 0, 1, 0, 1]
    for step in trace.snapshot_steps:
        np.testing.assert_allclose(
            trace.snapshot(int(step)).grad["2.bias"], truth[int(step)]["gradients"][3], rtol=1e-5
        )


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_checkpointed_model_is_unscaled_too(identical: Any, reentrant: bool) -> None:
    from torch.utils.checkpoint import checkpoint

    def wrap(model: Any, images: Any) -> Any:
        return checkpoint(model, images.requires_grad_(), use_reentrant=reentrant)

    truth: list[dict[str, Any]] = []
    trace = identical(make_loop(truth, False, True, wrap))
    np.testing.assert_array_equal(trace["loss_scale"], [wanted["scale"] for wanted in truth])
    for row, wanted in enumerate(truth):
        largest = wanted["last"].abs().max().item()
        recorded = max(trace["activation_grad/2/max"][row], -trace["activation_grad/2/min"][row])
        assert recorded == pytest.approx(largest, rel=0.01)
