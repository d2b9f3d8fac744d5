"""Recording is tested with one thread, and against the same training without it."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz


@pytest.fixture(scope="session", autouse=True)
def _one_thread(torch: Any) -> None:
    """Asking for torch sets it up."""


class Silent:
    """What a loop talks to while nothing is recorded."""

    def log(self, **scalars: Any) -> None:
        """Nothing."""

    def batch(self, images: Any, target: Any = None) -> None:
        """Nothing."""

    def evaluation(self, probabilities: Any, **labels: Any) -> None:
        """Nothing."""

    def tag(self, name: str, tensor: Any) -> Any:
        """The tensor as it is."""
        return tensor


def digest(torch: Any, *parts: Any) -> str:
    """SHA-256 of every number in nested dicts, lists and tensors."""
    found = hashlib.sha256()

    def add(part: Any) -> None:
        if isinstance(part, torch.Tensor):
            found.update(str((part.dtype, tuple(part.shape), part.layout)).encode())
            dense = part.detach().to_dense() if part.layout is not torch.strided else part.detach()
            found.update(dense.resolve_conj().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        elif isinstance(part, np.ndarray):
            found.update(part.tobytes())
        elif isinstance(part, dict):
            for key, value in part.items():
                found.update(repr(key).encode())
                add(value)
        elif isinstance(part, list | tuple):
            for value in part:
                add(value)
        else:
            found.update(repr(part).encode())

    add(parts)
    return found.hexdigest()


@pytest.fixture
def state_digest(torch: Any) -> Callable[[Any, Any], str]:
    """SHA-256 of a model, its optimizer and all random numbers."""

    def of(model: Any, optimizer: Any) -> str:
        rng = torch.get_rng_state(), random.getstate(), np.random.get_state()
        return digest(torch, model.state_dict(), optimizer.state_dict(), rng)

    return of


@pytest.fixture
def identical(torch: Any, tmp_path: Path) -> Callable[..., Any]:
    """Trains twice, without recording and with it, and holds the one against the other bit by bit.

    ``identical(make, **options)``: ``make()`` gives a model, its optimizer, the loop, and options of
    ``derivviz.record`` that are made anew each time. The loop takes the recorder (or a :class:`Silent` one);
    whatever it returns must be the same too. The trace is what comes back.
    """

    def check(make: Callable[[], tuple[Any, ...]], **options: Any) -> Any:
        path, digests = tmp_path / "run.zarr", []
        options = {"snapshot_every": 3} | options
        for recorded in (False, True):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(3)
                random.seed(4)
                np.random.seed(5)
                model, optimizer, loop, *own = make()
                options |= own[0] if own else {}
                block = derivviz.record(model, optimizer, path, **options) if recorded else None
                with block or contextlib.nullcontext(Silent()) as recorder:
                    returned = loop(recorder)
                gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
                scaler = options.get("scaler")
                digests.append(
                    [
                        digest(torch, model.state_dict()),
                        digest(torch, optimizer.state_dict(), scaler and scaler.state_dict()),
                        digest(torch, gradients),
                        digest(torch, torch.get_rng_state(), random.getstate(), np.random.get_state()),
                        digest(torch, returned),
                    ]
                )
        assert digests[0] == digests[1], "weights, optimizer, gradients, random numbers or what is returned"
        trace = derivviz.open_trace(path)
        assert "stopped" not in trace.attrs, trace.attrs["stopped"]
        return trace

    return check
