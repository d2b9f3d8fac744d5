"""How much is recorded, and how often: as asked, or as much as a share of the training time pays for."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Any

from derivviz.recording.gathering import Gathering
from derivviz.recording.sampling import SAMPLE

SAMPLES = (4096, 1024, 256, 64)
_FEW = 256  # the other sample size that is tried while calibrating
INTERVALS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_ENOUGH = 8  # steps of each sample size


@dataclass
class Pace:
    """Which steps are recorded, which are snapshots, and how many values are looked at of each tensor.

    Attributes
    ----------
    every, snapshot_every : steps from one to the next
    last : number of the run's last step, a snapshot as well; None if it is not known
    sample : values looked at of each tensor
    """

    every: int
    snapshot_every: int
    last: int | None = None
    sample: int = SAMPLE

    def wanted(self, step: int) -> tuple[bool, bool]:
        """Whether `step` is recorded, and whether it is a snapshot."""
        snapshot = step % self.snapshot_every == 0 or step == self.last
        return snapshot or step % self.every == 0, snapshot


@dataclass
class Budget:
    """Finds a pace that costs at most `share` of the training time, from the first steps of it.

    The cost of a step with n values looked at is taken as a + b·n, from two n tried in turn. Half of the
    budget goes to the steps, the rest to the snapshots. Only when the smallest sample is still too dear are
    steps left out.

    Attributes
    ----------
    settled : whether the pace is set
    told : what was chosen, for the trace
    """

    share: float
    settled: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    _at: tuple[float, float, bool] | None = None  # time, the recorder's seconds, snapshot: of the step before
    _training: list[float] = field(default_factory=list)
    _steps: dict[int, list[float]] = field(default_factory=lambda: {SAMPLE: [], _FEW: []})
    _snapshots: list[float] = field(default_factory=list)  # a snapshot's step, and the one that writes it

    def observe(self, pace: Pace, step: Gathering, now: float, recorder_seconds: float) -> bool:
        """Take note of a step that is over, and set the pace once enough is known; whether it was set."""
        if self._at is not None:
            then, seconds, after_snapshot = self._at
            self._training.append(now - then - (recorder_seconds - seconds))
            if after_snapshot and self._snapshots:
                self._snapshots[-1] += recorder_seconds - seconds
            elif step.snapshot:
                self._snapshots.append(recorder_seconds - seconds)
            elif not after_snapshot:
                self._steps[step.sampled].append(recorder_seconds - seconds)
        self._at = now, recorder_seconds, step.snapshot
        pace.sample = SAMPLE if len(self._steps[SAMPLE]) < _ENOUGH else _FEW
        self.settled = all(len(costs) >= _ENOUGH for costs in self._steps.values()) and bool(self._snapshots)
        if self.settled:
            self._choose(pace)
            self._began = now, recorder_seconds
        return self.settled

    def cost(self, now: float, recorder_seconds: float) -> float:
        """The share of the training time that was spent since the pace was set."""
        spent = recorder_seconds - self._began[1]
        return spent / max(now - self._began[0] - spent, 1e-9)

    def _choose(self, pace: Pace) -> None:
        training = statistics.median(self._training)
        budget = self.share * training
        many, few = (statistics.fmean(self._steps[n]) for n in (SAMPLE, _FEW))
        each = max(many - few, 0.0) / (SAMPLE - _FEW)
        cost = {n: max(few - each * _FEW, 0.0) + each * n for n in SAMPLES}
        pace.sample = next((n for n in SAMPLES if cost[n] <= budget / 2), SAMPLES[-1])
        pace.every = max(1, math.ceil(cost[pace.sample] / (budget / 2)))
        snapshot = max(min(self._snapshots) - 2 * few, 0.0)  # rather too much: not every step was that cheap
        left = budget - cost[pace.sample] / pace.every
        interval = next((n for n in INTERVALS if snapshot / n <= left), INTERVALS[-1])
        pace.snapshot_every = -(-interval // pace.every) * pace.every  # snapshots are recorded steps
        self.told = {
            "share": self.share,
            "sample": pace.sample,
            "every": pace.every,
            "snapshot_every": pace.snapshot_every,
            "training_seconds_a_step": training,
            "step_seconds": cost[pace.sample],
            "snapshot_seconds": snapshot,
        }
