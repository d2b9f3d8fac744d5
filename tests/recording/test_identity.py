"""Recording changes nothing: weights, buffers, optimizer state and random numbers, bit by bit."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import derivviz

STEPS = 7


def adam(model: Any) -> Any:
    return torch.optim.Adam(model.parameters(), lr=0.01)


def plain_step(model: Any, optimizer: Any, step: int) -> None:
    optimizer.zero_grad()
    loss = model(torch.rand(8, 3, 12, 12)).square().mean()
    loss.backward()
    optimizer.step()


def convolutional() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(400, 20),
    )


class Recurrent(nn.Module):
    """An LSTM that returns tuples, an activation used twice, attention, and a layer never used."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(36, 8, batch_first=True)
        self.act = nn.Tanh()
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.unused = nn.Linear(3, 3)
        self.head = nn.Linear(8, 5)

    def forward(self, images: Any) -> Any:
        sequence, _ = self.lstm(images.reshape(len(images), -1, 36))
        sequence = self.act(sequence)
        sequence = self.attention(sequence, sequence, sequence)[0]
        return self.head(self.act(sequence).mean(1))


def closure_step(model: Any, optimizer: Any, step: int) -> None:
    images = torch.rand(8, 3, 12, 12)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = model(images).square().mean()
        loss.backward()
        return loss

    optimizer.step(closure)


def accumulating_step(model: Any, optimizer: Any, step: int) -> None:
    optimizer.zero_grad(set_to_none=step % 2 == 0)
    for _ in range(3):
        (model(torch.rand(4, 3, 12, 12)).square().mean() / 3).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()


def checkpointed_step(model: Any, optimizer: Any, step: int) -> None:
    from torch.utils.checkpoint import checkpoint

    optimizer.zero_grad()
    output = checkpoint(model, torch.rand(8, 3, 12, 12), use_reentrant=False)
    output.square().mean().backward()
    optimizer.step()


def evaluating_step(model: Any, optimizer: Any, step: int) -> None:
    plain_step(model, optimizer, step)
    model.eval()
    with torch.no_grad():
        model(torch.rand(5, 3, 12, 12))
    model(torch.rand(5, 3, 12, 12))
    model.train()
    with torch.inference_mode():
        model(torch.rand(5, 3, 12, 12))
    torch.save(model, io.BytesIO())
    copy.deepcopy(model)(torch.rand(2, 3, 12, 12))


def scaled_step(model: Any, optimizer: Any, step: int) -> None:
    """Mixed precision on the CPU; the optimizer is not called where the gradients overflowed."""
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(torch.rand(8, 3, 12, 12)).float().square().mean()
    (loss * (1e30 if step == 2 else 8.0)).backward()
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad /= 8.0
    if step != 2:
        optimizer.step()


def exploding_step(model: Any, optimizer: Any, step: int) -> None:
    optimizer.zero_grad()
    scale = [1.0, 1e25, float("inf"), float("nan")][min(step, 3)]
    (model(torch.rand(8, 3, 12, 12)).mean() * scale).backward()
    optimizer.step()


def lbfgs(model: Any) -> Any:
    return torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)


def momentum(model: Any) -> Any:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True)


def factored(model: Any) -> Any:
    learning = pytest.importorskip("derivviz.learning")
    return learning.DerivativeFactor(torch.optim.Adam(model.parameters(), lr=0.001))


@pytest.mark.parametrize("build", [convolutional, Recurrent], ids=["convolutional", "recurrent"])
@pytest.mark.parametrize(
    ("make_optimizer", "train"),
    [
        (adam, plain_step),
        (momentum, plain_step),
        (factored, plain_step),
        (lbfgs, closure_step),
        (adam, accumulating_step),
        (adam, checkpointed_step),
        (adam, evaluating_step),
        (adam, scaled_step),
        (adam, exploding_step),
    ],
    ids=lambda f: f.__name__,
)
def test_bit_identity(
    tmp_path: Path,
    state_digest: Callable[[Any, Any], str],
    build: Callable[[], Any],
    make_optimizer: Callable[[Any], Any],
    train: Callable[[Any, Any, int], None],
) -> None:
    digests = []
    for recorded in (False, True):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            model = build()
            optimizer = make_optimizer(model)
            path = tmp_path / "run.zarr"
            block = (
                derivviz.record(model, optimizer, path, snapshot_every=3)
                if recorded
                else contextlib.nullcontext()
            )
            with block:
                for step in range(STEPS):
                    train(model, optimizer, step)
            digests.append(state_digest(model, optimizer))
    assert digests[0] == digests[1]
    trace = derivviz.open_trace(path)
    assert "stopped" not in trace.attrs
    assert len(trace.steps) == STEPS - (train is scaled_step)
    for step in trace.snapshot_steps:
        assert trace.snapshot(step).activation
