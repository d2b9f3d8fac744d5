"""The hooks are gone after the block, whatever was raised and wherever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import derivviz
from derivviz.recording import hooks, recorder, run, watch
from derivviz.trace import writer


def network() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))
    return model, torch.optim.Adam(model.parameters(), lr=0.1)


def train(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    model(torch.ones(3, 6)).square().sum().backward()
    optimizer.step()


def hooks_of(model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    of_modules = sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()
    )
    return of_modules + len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks)


PLACES = [
    (watch.Watch, "_forward_begins"),
    (watch.Watch, "_module_ran"),
    (watch.Watch, "_forward_ends"),
    (watch.Watch, "_before_step"),
    (watch.Watch, "_after_step"),
    (writer.TraceWriter, "commit"),
    (writer.TraceWriter, "append"),
    (run.Run, "probe"),
    (run.Run, "close"),
    (writer.TraceWriter, "close"),
    (recorder.Recorder, "_tell_skipped"),
]


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _, name in PLACES])
def test_an_interrupt_within_the_recorder_passes_and_leaves_no_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    monkeypatch.setattr(recorder, "SECONDS_BETWEEN_COMMITS", 0.0)
    model, optimizer = network()
    original, armed = getattr(owner, name), False

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if armed:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, interrupted)
    block = derivviz.record(model, optimizer, tmp_path / "run.zarr", probe=torch.ones(1, 6), snapshot_every=3)
    with pytest.raises(KeyboardInterrupt), block:  # noqa: PT012 - which statement, the place decides
        for step in range(4):
            armed = step == 3
            train(model, optimizer)
    monkeypatch.undo()
    assert hooks_of(model, optimizer) == 0
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace.steps.tolist() == list(range(len(trace.steps)))
    train(model, optimizer)


def test_an_interrupt_while_the_hooks_are_attached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimizer = network()
    made = 0

    class Late(hooks.Hook):
        """The fourth is never made."""

        def __init__(self, *args: Any) -> None:
            nonlocal made
            made += 1
            if made == 4:
                raise KeyboardInterrupt
            super().__init__(*args)

    monkeypatch.setattr(watch, "Hook", Late)
    with pytest.raises(KeyboardInterrupt), derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        pass
    assert hooks_of(model, optimizer) == 0


def test_an_error_in_the_middle_of_a_forward_is_the_loops_own(tmp_path: Path) -> None:
    class Failing(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if images.sum() < 0:
                raise ArithmeticError("of the model itself")
            return images

    model = nn.Sequential(nn.Linear(6, 5), Failing(), nn.Linear(5, 2))
    with torch.no_grad():
        model[0].weight.abs_()
        model[0].bias.abs_()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", snapshot_every=1):
        for step in range(4):
            if step % 2:
                with pytest.raises(ArithmeticError, match="of the model itself"):
                    model(-10 * torch.ones(3, 6))
            train(model, optimizer)
    assert hooks_of(model, optimizer) == 0
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert "stopped" not in trace.attrs
    assert list(trace.snapshot(3).activation) == ["0", "1", "2"]
    assert (trace["activation/0/min"] > 0).all()


def test_a_block_can_be_left_at_any_time_and_entered_elsewhere(tmp_path: Path) -> None:
    """Without a step; within a forward that is never followed by a step; twice on the same model."""
    model, optimizer = network()
    with derivviz.record(model, optimizer, tmp_path / "none.zarr"):
        pass
    with derivviz.record(model, optimizer, tmp_path / "half.zarr"):
        output = model(torch.ones(3, 6))
    output.sum().backward()
    outer = derivviz.record(model, optimizer, tmp_path / "outer.zarr")
    inner = derivviz.record(model, optimizer, tmp_path / "inner.zarr")
    with outer, inner:
        train(model, optimizer)
    assert hooks_of(model, optimizer) == 0
    for name, rows in (("none", 0), ("half", 0), ("outer", 1), ("inner", 1)):
        assert len(derivviz.open_trace(tmp_path / f"{name}.zarr").steps) == rows
