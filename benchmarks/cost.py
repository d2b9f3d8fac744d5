"""What recording costs: a recorded and a plain model of the same kind, stepped in turn in one process.

``python benchmarks/cost.py MODEL CONTESTANT BLOCKS`` prints the :class:`Cost` as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from contestants import CONTESTANTS, Step
from workloads import workload

MOST_MEMORY = 8 * 2**30
BLOCK = 10  # steps; one of them is a snapshot
WARM_BLOCKS, WARM_SECONDS = 4, 3.0  # at least, before the first that counts: by then all files are there


@dataclass
class Cost:
    """What one contestant costs on one model; times in seconds.

    Attributes
    ----------
    plain, recorded : CPU seconds of each block of `BLOCK` steps; those of `recorded` with all threads
    wall : wall seconds, (block, 2), plain and recorded
    open, close : CPU seconds before the first step and after the last one
    warm : CPU seconds that the first steps took more than plain ones, until all files are there
    warm_steps : how many those are
    other : CPU seconds of processes that were started
    size, files : bytes and number of what was written
    failed : why it did not run
    """

    plain: list[float] = field(default_factory=list)
    recorded: list[float] = field(default_factory=list)
    wall: list[tuple[float, float]] = field(default_factory=list)
    open: float = 0.0
    warm: float = 0.0
    warm_steps: int = 0
    close: float = 0.0
    other: float = 0.0
    size: int = 0
    files: int = 0
    failed: str = ""

    @property
    def steps(self) -> int:
        """Steps that were recorded, those for getting warm among them."""
        return len(self.recorded) * BLOCK + self.warm_steps

    @property
    def ratios(self) -> np.ndarray:
        """CPU time of each block against the plain block beside it, (block,)."""
        return np.asarray(self.recorded) / np.asarray(self.plain)

    def mean_ratio(self) -> tuple[float, float]:
        """The ratio over all blocks together, and its standard error."""
        mean = sum(self.recorded) / sum(self.plain)
        ratios = self.ratios
        return mean, float(ratios.std(ddof=1) / np.sqrt(len(ratios))) if len(ratios) > 1 else float("nan")


def measure_apart(model: str, contestant: str, blocks: int) -> Cost:
    """:func:`measure` in a fresh interpreter.

    Because torchlens wraps torch's functions for good (and refuses children of multiprocessing), and wandb
    leaves threads.
    """
    run = [sys.executable, __file__, model, contestant, str(blocks)]
    done = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return Cost(failed=f"dies (exit {done.returncode})")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def measure(model: str, contestant: str, blocks: int) -> Cost:
    """Run `contestant` on the model of that name, for `blocks` blocks of `BLOCK` steps.

    The plain model is in the same process, and the two take turns step by step, because machines drift: a
    ratio needs both under the same conditions.
    """
    torch.set_num_threads(1)
    cost = Cost()
    plain, recorded = workload(model), workload(model)
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        try:
            start = time.process_time()
            with CONTESTANTS[contestant](recorded, folder) as step:
                cost.open = time.process_time() - start
                began = time.perf_counter()
                while cost.warm_steps < WARM_BLOCKS * BLOCK or time.perf_counter() - began < WARM_SECONDS:
                    block = _block(lambda: plain.step().item(), step)
                    cost.warm += block[1] - block[0]
                    cost.warm_steps += BLOCK
                for _ in range(blocks):
                    block = _block(lambda: plain.step().item(), step)
                    cost.plain.append(block[0])
                    cost.recorded.append(block[1])
                    cost.wall.append((block[2], block[3]))
                start = time.process_time()
            cost.close = time.process_time() - start
        except ModuleNotFoundError as missing:
            cost.failed = f"absent: {missing.name}"
        except Exception as fault:  # a peer that cannot do this model is told of, not fatal
            cost.failed = f"fails: {type(fault).__name__}: {str(fault).splitlines()[0][:60]}"
        written = [path for path in folder.rglob("*") if path.is_file()]
        cost.size, cost.files = sum(path.stat().st_size for path in written), len(written)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost.other = children.ru_utime + children.ru_stime
    return cost


def _block(plain: Step, step: Step) -> tuple[float, float, float, float]:
    """CPU seconds of the plain and of the recorded steps, and their wall seconds.

    A plain step runs in this thread alone. So all other CPU time of the process was the contestant's, also
    where a thread of its own still writes while the plain model has its turn.
    """
    alone = 0.0
    wall = [0.0, 0.0]
    began = time.process_time()
    for turn in range(BLOCK):
        for which in (0, 1) if turn % 2 else (1, 0):
            start, own = time.perf_counter(), time.thread_time()
            (step if which else plain)()
            if not which:
                alone += time.thread_time() - own
            wall[which] += time.perf_counter() - start
    return alone, time.process_time() - began - alone, wall[0], wall[1]


if __name__ == "__main__":
    # One that holds on to every step's tensors fails by itself, before the machine runs out of memory.
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    print("\n" + json.dumps(asdict(measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
