"""What is held is let go, and does not grow with the steps."""

from __future__ import annotations

import gc
import math
import os
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import derivviz
from derivviz.recording import recorder
from derivviz.recording.hooks import obstacle


class Leaky(nn.Module):
    """Keeps weak references to the tensors between its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.act, self.last = nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 3)
        self.seen: list[weakref.ref[Any]] = []
        self.failing = False

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        hidden = self.first(images)
        self.seen.append(weakref.ref(hidden))
        if self.failing:
            raise ArithmeticError
        hidden = self.act(hidden)
        self.seen.append(weakref.ref(hidden))
        return self.last(hidden)


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_tensor_of_the_graph_outlives_its_step(seeded: Any, tmp_path: Path, create_graph: bool) -> None:
    model = Leaky()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    given = torch.rand(4, 6, requires_grad=True)
    gc.collect()
    gc.disable()  # nothing may need the collector
    try:
        block = derivviz.record(
            model, optimizer, tmp_path / "run.zarr", snapshot_every=2, probe=torch.rand(2, 6)
        )
        with block as recording:
            for _ in range(4):
                optimizer.zero_grad()
                loss = model(given).square().sum()
                if create_graph:  # gradients of outputs that hold the graph, which holds the outputs
                    found = torch.autograd.grad(loss, list(model.parameters()), create_graph=True)
                    for parameter, gradient in zip(model.parameters(), found, strict=True):
                        parameter.grad = gradient.detach()
                    del found, gradient
                else:
                    loss.backward()
                recording.log(loss=loss)
                del loss
                optimizer.step()
                assert [ref() for ref in model.seen if ref() is not None] == []
    finally:
        gc.enable()


def test_no_tensor_is_kept_after_an_error_or_after_the_block(seeded: Any, tmp_path: Path) -> None:
    model = Leaky()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr")  # which is still there afterwards
    with block:
        for _ in range(3):
            model(torch.rand(4, 6)).sum().backward()
            optimizer.step()
        model.failing = True
        with pytest.raises(ArithmeticError):
            model(torch.rand(4, 6))
        model.failing = False
        model.eval()
        model(torch.rand(4, 6))
        with torch.no_grad():
            model(torch.rand(4, 6))
        model.train()
        model(torch.rand(4, 6))  # without a step
    gc.collect()
    assert [ref() for ref in model.seen if ref() is not None] == []


def resident() -> int:
    """Bytes of memory that the process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_does_not_grow_with_the_steps(
    seeded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SECONDS_BETWEEN_COMMITS", math.inf)  # counted in steps, below: no clock
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    block = derivviz.record(
        model, optimizer, tmp_path / "run.zarr", snapshot_every=10, probe=torch.rand(2, 6)
    )

    def steps(count: int) -> None:
        for n in range(count):
            optimizer.zero_grad()
            loss = model(torch.rand(4, 6)).square().sum()
            recording.tag("loss", loss).backward()
            optimizer.step()
            recording.log(loss=loss, number=n)
            if n % 50 == 49:  # every 50th step commits what came before it, the last one of each call too
                recording._next_commit = -math.inf
                recording.evaluation(torch.ones(2, 3) / 3)
                recording.note(last=n)

    with block as recording:
        steps(300)
        gc.collect()
        tracemalloc.start()
        try:
            before, rss = tracemalloc.get_traced_memory()[0], resident()
            steps(900)
            gc.collect()
            grown, held = tracemalloc.get_traced_memory()[0] - before, resident() - rss
        finally:
            tracemalloc.stop()
    # An index entry for each chunk, at most; 900 rows of statistics alone would be 1 MB.
    assert grown < 400_000
    assert held < 30_000_000


def test_a_step_holds_little_more_than_without_recording(seeded: Any, tmp_path: Path) -> None:
    """Counted in live tensor elements at the end of the forward pass: outputs are held anyway, for backward."""
    model = nn.Sequential(*[nn.Linear(256, 256) for _ in range(6)])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images = torch.rand(512, 256)

    def peak(recording: Any) -> int:
        most = 0
        for _ in range(6):
            optimizer.zero_grad()
            loss = model(images).square().sum()
            loss.backward()
            live = {
                t.untyped_storage().data_ptr(): t.untyped_storage().nbytes()
                for t in gc.get_objects()
                # Other tests may have left tensors of other sorts, without memory to point at.
                if type(t) in (torch.Tensor, nn.Parameter) and obstacle(t) is None
            }
            most = max(most, sum(live.values()))
            optimizer.step()
        return most

    plain = peak(None)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=3) as recording:
        recorded = peak(recording)
    # Six outputs and their gradients, of 0.5 MB each, and the samples of the steps whose rows are not made yet.
    assert recorded - plain < 2 * 6 * 512 * 256 * 4 + 6_000_000
