"""kill -9 at random instants, many times: the test's own run and the test's own checks, counted.

The test starts a new interpreter for each kill. Here a server that has imported torch, and runs no thread
yet, is forked instead (``multiprocessing``'s fork server), which is ten times faster.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import random
import shutil
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from derivviz.recording import recorder

TEST = Path(__file__).parents[1] / "tests" / "recording" / "test_kill.py"
FLUSH = 0.5  # seconds between flushes in most runs: more of them to hit than as it is by default
FLUSHES = 4  # a kill comes at most so many flushes after the first step
MOST_STEPS = 400  # of every other run, so that closing the trace is hit as well


@dataclass
class Killed:
    """How one trace was left.

    Attributes
    ----------
    said : steps that the run had said were done
    rows : steps in the trace
    lost : seconds of the run that are not in the trace
    flush : seconds between two flushes
    files : in its folder
    opened : whether plain xarray opened its steps; of a trace without one yet, its root
    ended : whether the run was over before the kill
    wrong : what a check of the test found
    """

    said: int = 0
    rows: int = 0
    lost: float = 0.0
    flush: float = 0.0
    files: int = 0
    opened: bool = False
    ended: bool = False
    wrong: str = ""


def _train(path: str, steps: int, flush: float, out: Connection) -> None:
    """The test's run, in a forked process whose standard output is `out`; without end if `steps` is 0."""
    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
    if threads != 1:
        raise RuntimeError(f"the fork server had {threads} threads: its children are not to be trusted")
    os.dup2(out.fileno(), 1)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.argv = ["run", path]
    recorder.SECONDS_BETWEEN_COMMITS = flush
    source = _test().CHILD
    if steps:
        if "10**9" not in source:
            raise RuntimeError(f"{TEST.name} has no 10**9 to shorten")
        source = source.replace("10**9", str(steps))
    exec(compile(source, "run", "exec"), {"__name__": "__main__"})
    print("ended", flush=True)


class Forked:
    """A run that is forked, in the place of the ``subprocess.Popen`` that the test starts."""

    steps = 0
    flush = recorder.SECONDS_BETWEEN_COMMITS
    last: Forked

    def __init__(self, command: list[str], **options: Any) -> None:
        context = multiprocessing.get_context("forkserver")
        reading, writing = context.Pipe(duplex=False)
        self._process = context.Process(target=_train, args=(command[-1], self.steps, self.flush, writing))
        self._process.start()
        writing.close()
        self.times: dict[int, float] = {}
        self.ended = False
        self.stdout = self
        self._file = os.fdopen(os.dup(reading.fileno()))
        reading.close()
        Forked.last = self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join()
        self._process.close()
        self._file.close()

    def send_signal(self, number: int) -> None:
        """Kill it, unless it is over."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def readline(self) -> str:
        """Wait for the first step."""
        return self._file.readline()

    def read(self) -> str:
        """All that it said after the first step, but for the word that it had ended."""
        text = self._file.read()
        self.ended = text.endswith("ended\n")
        text = text.removesuffix("ended\n")
        # What follows the last line break was cut off. A line is the step's number and its time.
        lines = [line.split() for line in text.split("\n")[:-1]]
        self.times = {int(step): float(second) for step, second in lines}
        return text


def kill_some(folder: str, kills: int, seed: int, results: Any) -> None:
    """Kill `kills` runs, one after the other, and put a :class:`Killed` of each into the queue `results`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that shows the progress
    # The first optimizer step imports torch._dynamo, which takes a second.
    multiprocessing.set_forkserver_preload(["__main__", "torch._dynamo", "derivviz.recording"])
    chance = random.Random(seed)
    test = _test()
    test.subprocess = SimpleNamespace(Popen=Forked, PIPE=-1)
    default = recorder.SECONDS_BETWEEN_COMMITS
    for number in range(kills):
        Forked.steps = chance.randrange(50, MOST_STEPS) if number % 2 else 0
        Forked.flush = test.SECONDS_BETWEEN_COMMITS = FLUSH if number % 5 else default
        seconds = chance.uniform(0, FLUSHES * Forked.flush)
        results.put(_kill(test, Path(folder) / f"{seed}-{number}.zarr", seconds))


def _kill(test: Any, path: Path, seconds: float) -> Killed:
    wrong = ""
    try:
        test.kill_once(path, seconds)
    except Exception as fault:  # what the benchmark is there to count
        where = traceback.extract_tb(fault.__traceback__)[-1]
        wrong = f"{type(fault).__name__} at {Path(where.filename).name}:{where.lineno}: {str(fault)[:200]}"
    run = Forked.last
    left = Killed(max(run.times, default=0) + 1, flush=run.flush, ended=run.ended, wrong=wrong)
    left.files = sum(file.is_file() for file in path.rglob("*"))
    try:
        left.rows, left.opened = _rows(path), True
        missing = [second for step, second in run.times.items() if step >= left.rows]
        left.lost = max(run.times.values()) - min(missing) if missing else 0.0
    except Exception as fault:
        left.wrong += f"; xarray: {type(fault).__name__}: {fault}"
    if not left.wrong:
        shutil.rmtree(path)
    return left


def _rows(path: Path) -> int:
    import xarray

    if "step" not in xarray.open_datatree(path, engine="zarr").children:
        return 0  # nothing was committed yet
    return int(xarray.open_zarr(path, group="step").load().sizes["step"])


def _test() -> Any:
    spec = importlib.util.spec_from_file_location("test_kill", TEST)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
