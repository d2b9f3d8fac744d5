"""Activation checkpointing runs modules twice: they are recorded once, and right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


class Segmented(nn.Module):
    """The middle of it is checkpointed; dropout makes a second look at random numbers show."""

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.middle = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.3), nn.Tanh())
        self.last, self.reentrant = nn.Linear(8, 3), reentrant

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        hidden = self.first(images)
        return self.last(checkpoint(self.middle, hidden, use_reentrant=self.reentrant))


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_recomputed_modules_are_recorded_once(identical: Any, reentrant: bool, whole: bool) -> None:
    inner: list[list[torch.Tensor]] = []

    def make() -> tuple[Any, ...]:
        model = (
            Segmented(reentrant) if not whole else nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        inner.clear()

        def loop(_: Any) -> list[torch.Tensor]:
            outputs = []
            for _ in range(5):
                images = torch.rand(4, 6, requires_grad=True)
                optimizer.zero_grad()
                if whole:
                    output = checkpoint(model, images, use_reentrant=reentrant)
                    first, last = model[0], model[2]
                else:
                    output, first, last = model(images), model.first, model.last
                with torch.no_grad():
                    inner.append(
                        [torch.nn.functional.linear(images, first.weight, first.bias), output.clone()]
                    )
                output.square().sum().backward()
                assert last.bias.grad is not None
                inner[-1].append(last.bias.grad.clone())
                optimizer.step()
                outputs.append(output.detach())
            return outputs

        return model, optimizer, loop

    trace = identical(make, snapshot_every=2)
    names = ("0", "2") if whole else ("first", "last")
    again = trace.attrs.get("recomputed", [])
    # Without reentry the first run has gradients; with it, only the recomputation has.
    assert again == (
        [] if not reentrant else ["0", "1", "2"] if whole else ["middle.0", "middle.1", "middle.2"]
    )
    for step in trace.snapshot_steps:
        snapshot, (first, output, slope) = trace.snapshot(step), inner[step]
        np.testing.assert_array_equal(snapshot.activation[names[0]], first)
        np.testing.assert_array_equal(snapshot.activation[names[1]], output)
        np.testing.assert_allclose(snapshot.activation_grad[names[1]].sum(0), slope, rtol=1e-5)
    assert not any("#" in name for name in trace.snapshot(0).activation)
    for key in trace.keys():  # noqa: SIM118 - a Trace is no dict
        if key.startswith(("activation/", "activation_grad/")) and key.endswith("/mean"):
            assert np.isfinite(trace[key]).all(), key
