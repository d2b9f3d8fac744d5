"""Where the recorder's time goes: every function of derivviz.recording and derivviz.trace with a clock.

A clock around each function of the recorder, and around nothing else, distorts less than a profiler, which
also slows the training down. Built-in functions (``torch.take``) count for the function that calls them.
"""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from rich.table import Column, Table
from workloads import workload

from derivviz.recording import record

WARM = 60  # steps; by then all files are there
ROOMS = ("derivviz.recording", "derivviz.trace")


@dataclass
class Clock:
    """CPU seconds and calls of each function, without what the functions that it calls took."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _inner: list[float] = field(default_factory=list)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, timed."""

        @functools.wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            start = time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                taken = time.thread_time() - start
                self.seconds[name] += taken - self._inner.pop()
                self.calls[name] += 1
                if self._inner:
                    self._inner[-1] += taken

        return timed


def instrument(clock: Clock) -> None:
    """Put the clock around every function and method of the recorder's rooms, wherever it is known."""
    modules = [m for name, m in sys.modules.items() if name.startswith(ROOMS)]
    timed: dict[Any, Any] = {}
    for module in modules:
        for owner in (module, *(c for c in vars(module).values() if inspect.isclass(c))):
            if inspect.isclass(owner) and owner.__module__ != module.__name__:
                continue
            for name, found in list(vars(owner).items()):
                ours = str(getattr(found, "__module__", "")).startswith(ROOMS)
                if not (ours and inspect.isfunction(found)) or inspect.isgeneratorfunction(found):
                    continue
                room = found.__module__.rpartition(".")[2]
                wrapped = timed.setdefault(found, clock.around(f"{room}.{found.__qualname__}", found))
                _set(owner, name, wrapped)


def _set(owner: ModuleType | type, name: str, value: Any) -> None:
    if not (inspect.isclass(owner) and name in ("__init_subclass__", "__class_getitem__")):
        setattr(owner, name, value)


def profile(name: str, steps: int, folder: Path) -> Table:
    """Train the model `name` with a recorder; a table of its functions, costliest first.

    Parameters
    ----------
    steps : to time, rounded up to whole tens, after `WARM` to get warm
    """
    torch.set_num_threads(1)
    clock = Clock()
    instrument(clock)
    load = workload(name)
    blocks = max(1, -(-steps // 10))
    ordinary: dict[str, float] = defaultdict(float)
    snapshots: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    training = recorder_seconds = 0.0
    with record(load.model, load.optimizer, folder / "profile.zarr") as recorder:
        for number in range(WARM + 10 * blocks):
            clock.seconds.clear()
            clock.calls.clear()
            start = time.process_time()
            recorder.log(loss=load.step())
            taken = time.process_time() - start
            if number < WARM:
                continue
            training += taken
            for function, seconds in clock.seconds.items():
                recorder_seconds += seconds
                calls[function] += clock.calls[function]
                (ordinary if number % 10 else snapshots)[function] += seconds
    steps = 10 * blocks
    plain = (training - recorder_seconds) / steps * 1e3
    title = f"{name}: recorder {recorder_seconds / steps * 1e3:.3f} ms a step; training {plain:.1f} ms"
    numbers = ("calls a step", "ordinary, µs", "snapshot, µs", "mean, µs", "%")
    function = Column("own time of", no_wrap=True, min_width=36)
    table = Table(function, *(Column(name, justify="right") for name in numbers), title=title)
    mean = {f: (ordinary[f] + snapshots[f]) / steps * 1e6 for f in calls}
    for function in sorted(mean, key=lambda f: -mean[f])[:40]:
        table.add_row(
            function,
            f"{calls[function] / steps:.1f}",
            f"{ordinary[function] / (9 * blocks) * 1e6:.0f}",
            f"{snapshots[function] / blocks * 1e6:.0f}",
            f"{mean[function]:.0f}",
            f"{mean[function] / plain / 10:.2f}",
        )
    total = [sum(part.values()) for part in (ordinary, snapshots)]
    table.add_section()
    table.add_row(
        "all",
        f"{sum(calls.values()) / steps:.0f}",
        f"{total[0] / (9 * blocks) * 1e6:.0f}",
        f"{total[1] / blocks * 1e6:.0f}",
        f"{sum(total) / steps * 1e6:.0f}",
        f"{sum(total) / steps / plain * 1e5:.2f}",
    )
    return table
