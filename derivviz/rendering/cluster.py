"""Shares of a render for the workers of a dask cluster: plain data goes out, and encoded chunks come back.

Nothing is shared but the network: a worker gets the text of the lesson, draws its share in a process of its own,
and returns the bytes of its chunks. A worker that dies has its share drawn by another.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from manim import Scene

from derivviz.animation.stage import Stage
from derivviz.errors import DerivvizError
from derivviz.rendering import spawn
from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import Walked
from derivviz.rendering.share import Nothing
from derivviz.rendering.store import tools
from derivviz.rendering.walk import walk

SECONDS_TO_ANSWER = 10  # that a scheduler has


@dataclass(frozen=True)
class Errand:
    """A share for a worker elsewhere.

    Attributes
    ----------
    job
        The share; its folder is the worker's own.
    text
        Source of the lesson, whose file the worker need not have.
    tools
        Libraries and code that the bytes depend on.
    """

    job: spawn.Job
    text: bytes
    tools: str


@dataclass(frozen=True)
class Returned:
    """What a worker found or raised, and the files that it made, by name."""

    walked: Walked | None
    raised: BaseException | None
    files: dict[str, bytes]


def spread(
    scheduler: str,
    scene: type[Scene],
    stage: Stage,
    folder: Folder,
    *,
    careful: bool,
    wanted: Collection[int] | None,
    tell: Callable[[int], None],
) -> Walked | None:
    """Have a scene drawn by the workers of a cluster, a share for each of their threads.

    Returns
    -------
    walked
        None when the workers found different things. Where shares were lost, this process has walked, too, to
        know what is missing.

    Raises
    ------
    DerivvizError
        When no scheduler answers, it has no workers, or one of them has other versions than this machine.
    """
    with _executor(scheduler) as (executor, threads, lost):
        jobs = spawn.shares(scene, stage, folder, threads, careful=careful, wanted=wanted)
        text, used = jobs[0].source.read_bytes(), tools()
        waiting: set[Future[Returned]] = {executor.submit(run, Errand(job, text, used)) for job in jobs}
        found: list[Walked] = []
        died = False
        while waiting:
            done, waiting = wait(waiting, spawn.POLL, FIRST_COMPLETED)
            for future in done:
                if isinstance(future.exception(), lost):
                    died = True
                else:
                    found.append(_adopted(future.result(), folder))
            tell(0)
    if died:
        found.append(walk(scene, folder.quality, stage, Nothing(), careful=careful))
    alike = {(walked.chunks, walked.final) for walked in found}
    return found[0] if len(alike) == 1 else None


@contextmanager
def _executor(scheduler: str) -> Iterator[tuple[Any, int, type[Exception]]]:
    """The workers behind a scheduler as an executor, their threads, and what is raised for a share that is lost."""
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise DerivvizError(
            "--scheduler needs dask.distributed, which is an extra: type  pip install 'derivviz[cluster]'"
        ) from error
    try:
        client = Client(scheduler, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise DerivvizError(
            f"there is no dask scheduler at {scheduler}: start one with 'dask scheduler', and its workers with "
            "'dask worker tcp://HOST:8786 --nthreads 1'"
        ) from error
    try:
        try:
            client.wait_for_workers(1, SECONDS_TO_ANSWER)  # one that died may be starting again
        except TimeoutError as error:
            raise DerivvizError(
                f"the scheduler at {scheduler} has no workers: start one with 'dask worker {scheduler} --nthreads 1'"
            ) from error
        yield client.get_executor(pure=False), sum(client.nthreads().values()), KilledWorker
    finally:
        client.close()


def _adopted(returned: Returned, folder: Folder) -> Walked:
    """Take over what a worker made; a chunk counts as whole once its note is there, so notes come last."""
    if returned.raised is not None:
        raise returned.raised
    assert returned.walked is not None
    for name in sorted(returned.files, key=lambda name: name.endswith(".json")):
        path = folder.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(returned.files[name])
    return returned.walked


# ---- on the worker --------------------------------------------------------------------------------------


def run(errand: Errand) -> Returned:
    """Do an errand in a fresh process: the threads of a worker would share manim's settings."""
    with tempfile.TemporaryDirectory(prefix="derivviz-") as place:
        asked, answer = Path(place, "errand"), Path(place, "answer")
        asked.write_bytes(pickle.dumps(errand))
        done = subprocess.run(
            [sys.executable, "-m", __name__, place],
            env={"PYTHONHASHSEED": "0"} | os.environ,  # the same order of sets in every worker
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if not answer.exists():
            raise DerivvizError(f"a worker ended with exit code {done.returncode}:\n{done.stderr[-2000:]}")
        returned: Returned = pickle.loads(answer.read_bytes())
        return returned


def do(errand: Errand, place: Path) -> Returned:
    """Draw a share in a folder of one's own."""
    if errand.tools != tools():
        message = (
            "a worker has other versions of derivviz, manim, av, pycairo, numpy or pillow than this machine: "
            "install the same there, as 'pip freeze' lists them here"
        )
        return Returned(None, DerivvizError(message), {})
    source, made = place / errand.job.source.name, place / "made"
    source.write_bytes(errand.text)
    made.mkdir()
    try:
        walked = spawn.work(replace(errand.job, source=source, folder=made))
    except BaseException as raised:  # asked for by another process, which it is raised in
        return Returned(None, raised, {})
    files = {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    return Returned(walked, None, files)


if __name__ == "__main__":
    from derivviz.rendering import cluster  # by its name, so that what is pickled is found again

    folder = Path(sys.argv[1])
    answer = cluster.do(pickle.loads((folder / "errand").read_bytes()), folder)
    (folder / "answer").write_bytes(pickle.dumps(answer))
