"""What the tests of all hooks share: an empty working directory, one thread, a small network, a digest."""

from __future__ import annotations

import hashlib
import pickle
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeded: Any) -> Iterator[Path]:
    """The working directory, empty; torch with one thread and the seed 0; Ctrl-C as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    interrupt = signal.getsignal(signal.SIGINT)
    yield tmp_path
    signal.signal(signal.SIGINT, interrupt)


@pytest.fixture
def make_net(torch: Any) -> Callable[[], Any]:
    """Makes a network that draws random numbers and keeps running means, always with the same weights."""

    def make() -> Any:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            nn = torch.nn
            return nn.Sequential(
                nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2)
            )

    return make


@pytest.fixture
def data(torch: Any) -> tuple[Any, Any]:
    """Sixteen rows and their classes."""
    generator = torch.Generator().manual_seed(2)
    return torch.rand(16, 3, generator=generator), torch.arange(16) % 2


@pytest.fixture
def plain(torch: Any, make_net: Callable[[], Any], data: tuple[Any, Any]) -> Callable[..., Any]:
    """The gradients and losses that a plain loop without dropout finds: a list of (gradients by name, loss)."""

    def run(steps: int, parts: int = 1, size: int = 4) -> list[tuple[dict[str, Any], float]]:
        net, (x, y) = make_net(), data
        net[3].p = 0.0
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        found = []
        for step in range(steps):
            optimizer.zero_grad()
            total = 0.0
            for part in range(parts):
                rows = [(step * parts + part) * size % 16 + n for n in range(size)]
                loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows]) / parts
                loss.backward()
                total += loss.item()
            found.append(({name: p.grad.clone().numpy() for name, p in net.named_parameters()}, total))
            optimizer.step()
        return found

    return run


@pytest.fixture
def digest(torch: Any) -> Callable[..., str]:
    """SHA-256 of what is given and of torch's random numbers."""

    def of(*states: Any) -> str:
        told = hashlib.sha256(torch.get_rng_state().numpy().tobytes())
        for state in states:
            told.update(pickle.dumps(torch.utils._pytree.tree_map(as_bytes, state)))
        return told.hexdigest()

    def as_bytes(value: Any) -> Any:
        return value.detach().numpy().tobytes() if isinstance(value, torch.Tensor) else value

    return of


@pytest.fixture
def hooks_of() -> Callable[..., int]:
    """How many hooks there are on a module, its parts and an optimizer."""

    def count(module: Any, optimizer: Any = None) -> int:
        of_modules = sum(
            len(part._forward_hooks) + len(part._forward_pre_hooks) + len(part._backward_hooks)
            for part in module.modules()
        )
        if optimizer is None:
            return of_modules
        return (
            of_modules + len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks)
        )

    return count


@pytest.fixture
def same_gradients() -> Callable[[Any, Any], None]:
    """Holds the snapshots of every step against what `plain` found."""

    def check(trace: Any, expected: list[tuple[dict[str, Any], float]]) -> None:
        for step, (gradients, _) in enumerate(expected):
            for name, gradient in gradients.items():
                np.testing.assert_allclose(
                    trace.snapshot(step).grad[f"net.{name}"], gradient, rtol=1e-5, atol=1e-8
                )

    return check
