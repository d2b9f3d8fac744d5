"""A writer that dies anywhere leaves a trace that opens, with whole rows, and that can be gone on with."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr

from derivviz.trace.writer import TraceWriter

# Row i holds numbers that follow from i alone, so that any number of whole rows is told from a torn one.
COMMON = """
import numpy as np
from derivviz.trace.writer import TraceWriter

def go_on(writer, rows):
    writer.declare("step/step", dtype=np.int64, rows=4)
    writer.declare("step/loss", rows=4)
    writer.declare("sample/value", ("tensor", "unit"), (5, 2), np.float32, rows=4)
    writer.declare("snapshot/step", dtype=np.int64)
    writer.labels("sample/name", ("tensor",), ["a", "b", "c"], 5)
    for i in range(writer.rows.get("step", 0), rows):
        writer.append("step", {"step": i, "loss": i / 2})
        writer.append("sample", {"value": i + np.arange(6).reshape(3, 2)})
        if i % 5 == 0:
            writer.append("snapshot", {"step": i})
"""
# From an existing trace of 10 rows, all that a writer does: resume, append, commit, drop rows, settle.
LIFE = """
def life(path):
    writer = TraceWriter(path, {}, resume=True)
    go_on(writer, 14)
    writer.commit()
    go_on(writer, 17)
    for table in ("step", "sample"):
        writer.truncate(table, 11)
    go_on(writer, 13)
    writer.close()
"""
# Lets forks of itself live up to one more operation on files each time, and end there in each of these ways.
ENDS = ("killed", "torn", "interrupted", "full")
DRIVER = (
    COMMON
    + LIFE
    + """
import errno, os, shutil, sys, traceback
from pathlib import Path

base, out, first, stride, ends = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
count = 0

def ends_at(number, end):
    def hook(event, arguments):
        global count
        opened = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wa+x")
        if not (opened or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir")):
            return
        count += 1
        if end == "full" and count >= number and opened and "w" in arguments[1]:
            raise OSError(errno.ENOSPC, "No space left on device")
        if count != number or end == "full":
            return
        if end == "interrupted":
            raise KeyboardInterrupt
        if end == "torn" and opened:
            with os.fdopen(os.open(arguments[0], os.O_WRONLY | os.O_CREAT), "wb") as file:
                file.seek(0, os.SEEK_END if "r" in arguments[1] else os.SEEK_SET)
                file.write(b"torn")
        os._exit(9)
    sys.addaudithook(hook)

def child(number, end, path):
    ends_at(number, end)
    try:
        life(path)
    except (KeyboardInterrupt, Exception):
        if count < number:
            traceback.print_exc()
            os._exit(1)
    os._exit(9 if count >= number else 0)

number, status = first, 9
while status == 9:
    for end in ends:
        path = out / f"{number}-{end}"
        shutil.copytree(base, path)
        fork = os.fork()
        if not fork:
            child(number, end, path)
        status = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        if status != 9:
            break
    number += stride
print(number - stride)
sys.exit(status)
"""
)
RUNNING = (
    COMMON
    + """
import sys
writer = TraceWriter(sys.argv[1], {}, resume=True)
for rows in range(writer.rows.get("step", 0), 10**9, 3):
    go_on(writer, rows)
    writer.commit()
    print(rows, flush=True)
    if rows % 20 > 16:
        writer.close()
        writer = TraceWriter(sys.argv[1], {}, resume=True)
"""
)
scope: dict[str, object] = {}
exec(COMMON + LIFE, scope)


def go_on(writer: TraceWriter, rows: int) -> None:
    scope["go_on"](writer, rows)  # type: ignore[operator]


def check(path: Path) -> int:
    """Hold a trace against the truth, with nothing but xarray; its number of steps."""
    xarray = pytest.importorskip("xarray")
    root = zarr.open_group(str(path), mode="r", use_consolidated=True)
    assert root.attrs["format"] == "derivviz-trace"
    step, sample, snapshot = (
        xarray.open_zarr(path, group=group).load() for group in ("step", "sample", "snapshot")
    )
    rows = np.arange(step.sizes["step"])
    np.testing.assert_array_equal(step.step, rows)
    np.testing.assert_array_equal(step.loss, rows / 2)
    rows = np.arange(sample.sizes["step"])
    np.testing.assert_array_equal(sample.value, rows[:, None, None] + np.arange(6).reshape(3, 2))
    assert sample.name.values.tolist() == ["a", "b", "c"]
    assert (snapshot.step % 5 == 0).all()
    return int(step.sizes["step"])


def files(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


def make(path: Path, settled: bool) -> Path:
    """A trace of ten steps: closed, or killed after it had written something that nobody committed."""
    writer = TraceWriter(path, {})
    go_on(writer, 10)
    writer.commit()
    if settled:
        writer.close()
    else:
        go_on(writer, 19)
        for column in writer._contents.columns.values():
            column.write()
    return path


def die_everywhere(tmp_path: Path, settled: bool, first: int, stride: int) -> None:
    base, out = make(tmp_path / "base", settled), tmp_path / "dead"
    assert check(base) == 10
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(base), str(out), str(first), str(stride), *ENDS],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100, "there are more operations than that"
    whole = shutil.copytree(base, tmp_path / "whole")
    scope["life"](whole)  # type: ignore[operator]
    assert check(whole) == 13
    for dead in sorted(out.iterdir()):
        assert check(dead) in (10, 11, 13, 14, 17), dead.name
        scope["life"](dead)  # type: ignore[operator]
        assert check(dead) == 13, dead.name
        assert files(dead) == files(whole), dead.name


@pytest.mark.parametrize("settled", [False, True])
def test_dying_at_any_operation_tears_nothing(tmp_path: Path, settled: bool) -> None:
    die_everywhere(tmp_path, settled, 3, 29)


@pytest.mark.slow
@pytest.mark.parametrize("settled", [False, True])
def test_dying_at_every_operation_tears_nothing(tmp_path: Path, settled: bool) -> None:
    die_everywhere(tmp_path, settled, 1, 1)


def kill_once(base: Path, path: Path, seconds: float) -> None:
    shutil.copytree(base, path)
    with subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(path)], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(seconds)
        run.send_signal(signal.SIGKILL)
        said = run.stdout.read().split("\n")[:-1]
    rows = check(path)
    assert rows >= int(said[-1]) if said else rows >= 10
    writer = TraceWriter(path, {}, resume=True)
    go_on(writer, rows + 3)
    writer.close()
    assert check(path) == rows + 3


@pytest.mark.parametrize("seconds", [0.0, 0.13, 0.31])
def test_a_kill_at_any_instant_loses_no_commit(tmp_path: Path, seconds: float) -> None:
    kill_once(make(tmp_path / "base", True), tmp_path / "killed", seconds)


@pytest.mark.slow
def test_kills_at_random_instants(tmp_path: Path) -> None:
    base, chance = make(tmp_path / "base", True), random.Random(3)
    for n in range(60):
        kill_once(base, tmp_path / str(n), chance.uniform(0, 0.4))
