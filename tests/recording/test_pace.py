"""A budget: how much is recorded, and how often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.recording.gathering import Gathering
from derivviz.recording.pace import INTERVALS, SAMPLES, Budget, Pace

seconds = st.floats(1e-6, 1.0)


def calibrated(
    share: float, training: float, fixed: float, each: float, snapshot: float
) -> tuple[Pace, Budget]:
    """A run with steps that take so long; n values cost `fixed` + n · `each`."""
    pace, budget = Pace(1, INTERVALS[0]), Budget(share)
    now = spent = 0.0
    for step in range(400):
        recorded, is_snapshot = pace.wanted(step)
        now += training
        if not recorded:
            continue
        gathering = Gathering(step, is_snapshot, pace.sample)
        cost = fixed + each * pace.sample + (snapshot if is_snapshot else 0.0)
        now, spent = now + cost, spent + cost
        if budget.observe(pace, gathering, now, spent):
            break
    assert budget.settled
    return pace, budget


@given(
    share=st.floats(0.001, 0.5), training=seconds, fixed=seconds, each=st.floats(0, 1e-4), snapshot=seconds
)
def test_what_is_chosen_is_within_the_share(
    share: float, training: float, fixed: float, each: float, snapshot: float
) -> None:
    pace, budget = calibrated(share, training, fixed, each, snapshot)
    assert pace.sample in SAMPLES
    assert pace.snapshot_every % pace.every == 0
    cost = (fixed + each * pace.sample) / pace.every + snapshot / pace.snapshot_every
    # Attainable unless the rarest of snapshots are still too dear.
    attainable = snapshot / INTERVALS[-1] <= share * training / 2
    assert cost <= share * training * 1.01 or not attainable
    if pace.every > 1:  # steps are left out only where the smallest sample is too dear
        assert pace.sample == SAMPLES[-1]
    told = budget.told
    assert (told["sample"], told["every"], told["snapshot_every"]) == (
        pace.sample,
        pace.every,
        pace.snapshot_every,
    )


def test_cheap_recording_is_left_as_it_is() -> None:
    pace, _ = calibrated(share=0.02, training=1.0, fixed=1e-4, each=1e-8, snapshot=1e-3)
    assert (pace.sample, pace.every, pace.snapshot_every) == (SAMPLES[0], 1, INTERVALS[0])


def test_dear_recording_leaves_steps_out() -> None:
    pace, _ = calibrated(share=0.02, training=1e-2, fixed=1e-3, each=0.0, snapshot=1e-2)
    assert pace.sample == SAMPLES[-1]
    assert pace.every in (10, 11)
    assert pace.snapshot_every >= 100


@pytest.mark.parametrize("share", [0, 1, -0.1, 2])
def test_a_share_is_between_nothing_and_all(tmp_path: Path, share: float) -> None:
    model = nn.Linear(2, 2)
    with pytest.raises(UsageError, match="no share"):
        derivviz.record(model, torch.optim.SGD(model.parameters(), lr=0.1), tmp_path, budget=share)


def test_a_run_with_a_budget(identical: Any) -> None:
    def make() -> tuple[Any, ...]:
        model = nn.Sequential(nn.Linear(60, 200), nn.Dropout(0.1), nn.Linear(200, 3))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

        def loop(recorder: Any) -> None:
            for _ in range(300):
                optimizer.zero_grad()
                model(torch.rand(8, 60)).square().sum().backward()
                optimizer.step()

        return model, optimizer, loop

    trace = identical(make, budget=0.02, steps=300)
    told = trace.attrs["budget"]
    assert told["share"] == 0.02
    assert 0 < told["cost"] < 10
    assert told["training_seconds_a_step"] > 0
    # Every step until it was settled; afterwards as far apart as it tells, and the last.
    settled = int(np.flatnonzero(np.diff(trace.steps) > 1)[0]) if told["every"] > 1 else len(trace.steps)
    after = [step for step in range(settled + 1, 300) if step % told["every"] == 0] + [299]
    assert sorted({*range(settled + 1), *after}) == trace.steps.tolist()
    kept = [step for step in trace.snapshot_steps if step > settled]
    assert kept == [
        step for step in range(settled + 1, 300) if step % told["snapshot_every"] == 0 or step == 299
    ]
