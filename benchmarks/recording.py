"""What recording costs: in CPU time, bytes, seconds of reading, and what a ``kill -9`` loses.

Run it with ``python benchmarks/recording.py``; ``pip install -e '.[bench]'`` brings the others that it is
held against. ``--only kill --kills 1000`` is the long run of kills, ``--profile mlp`` says where the
recorder's time goes. Everything runs on one thread, models take turns with an unrecorded twin, and what is
compared are ratios of CPU time, so that a busy machine does harm to neither side.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
import numpy as np
from contestants import CONTESTANTS
from cost import BLOCK, Cost, measure_apart
from kills import Killed, kill_some
from profiling import profile
from reading import READERS, times, write_long_trace
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Column, Table
from workloads import MODELS

PARTS = ("cost", "disk", "read", "kill")
STEPS = {"mlp": 400, "transformer": 120, "food": 80, "conv4": 40}
# The ratios of the others are far from 1, so fewer steps tell enough.
PEER_STEPS = {"mlp": 60, "transformer": 20, "food": 20, "conv4": 10}
TARGETS = {"mlp": 1.05, "transformer": 1.02, "food": 1.02, "conv4": 1.02}
READS = 5
console = Console(width=None if sys.stdout.isatty() else 140)  # wide enough for a log


@click.command()
@click.option("--only", default="cost,disk,read,kill", help="parts: cost, disk, read, kill")
@click.option("--models", default=",".join(MODELS), help="of: " + ", ".join(MODELS))
@click.option("--contestants", default=",".join(CONTESTANTS), help="of: " + ", ".join(CONTESTANTS))
@click.option("--steps", type=click.IntRange(BLOCK), help=f"with derivviz, instead of {STEPS}")
@click.option("--peer-steps", type=click.IntRange(BLOCK), help=f"with the others, instead of {PEER_STEPS}")
@click.option("--rows", default=100_000, show_default=True, help="steps in the trace that is read")
@click.option("--kills", default=40, show_default=True)
@click.option("--profile", "profiled", type=click.Choice(list(MODELS)), help="only say where the time goes")
def main(
    only: str,
    models: str,
    contestants: str,
    steps: int | None,
    peer_steps: int | None,
    rows: int,
    kills: int,
    profiled: str | None,
) -> None:
    """Measure, and print what was found."""
    for library in ("OMP", "OPENBLAS", "MKL"):  # in the processes that are started
        os.environ[f"{library}_NUM_THREADS"] = "1"
    if profiled:
        with tempfile.TemporaryDirectory() as folder:
            console.print(profile(profiled, steps or STEPS[profiled] // 2, Path(folder)))
        return
    parts, chosen = _chosen(only, PARTS), _chosen(models, MODELS)
    if {"cost", "disk"} & set(parts):
        rounds = {
            (contestant, model): (steps or STEPS[model])
            if contestant == "derivviz"
            else (peer_steps or PEER_STEPS[model])
            for contestant in _chosen(contestants, CONTESTANTS)
            for model in chosen
        }
        costs = run_costs(rounds)
        table = Table("", *(Column(model, justify="right") for model in chosen))
        if "cost" in parts:
            add_costs(table, costs, chosen)
        if "disk" in parts:
            add_sizes(table, costs, chosen)
        console.print(table)
    if {"read", "kill"} & set(parts):
        table = Table("", Column(justify="right"), Column(justify="right"), show_header=False)
        if "read" in parts:
            add_reading(table, rows)
        if "kill" in parts:
            add_kills(table, run_kills(kills))
        console.print(table)


def _chosen(wanted: str, known: Iterable[str]) -> list[str]:
    every = list(known)
    names = [name.strip() for name in wanted.split(",")]
    if unknown := [name for name in names if name not in every]:
        raise click.UsageError(f"there is no {unknown[0]!r}; there are: {', '.join(every)}")
    return names


def run_costs(rounds: dict[tuple[str, str], int]) -> dict[tuple[str, str], Cost]:
    """Each contestant on each model, in a process of its own, one after the other; Ctrl-C leaves out the rest."""
    costs = {pair: Cost(failed="not run") for pair in rounds}
    with Progress(*Progress.get_default_columns(), console=console, transient=True) as progress:
        task = progress.add_task("", total=len(rounds))
        try:
            for (contestant, model), steps in rounds.items():
                progress.update(task, description=f"{contestant}, {model}")
                costs[contestant, model] = measure_apart(model, contestant, -(-steps // BLOCK))
                progress.advance(task)
        except KeyboardInterrupt:
            pass
    return costs


def add_costs(table: Table, costs: dict[tuple[str, str], Cost], models: list[str]) -> None:
    """CPU time with recording ÷ without: over all steps ± standard error; median of blocks; wall."""
    plain = [[x for (_, one), c in costs.items() if one == model for x in c.plain] for model in models]
    steps = [f"{np.median(p) / BLOCK * 1e3:.1f} ms" if p else "–" for p in plain]
    table.add_section()
    table.add_row("[b]CPU time ÷ without recording[/b], a step without", *steps)
    table.add_row("  target", *(f"≤ {TARGETS[model]:.2f}" for model in models))
    details = {
        "median of blocks, quartiles": _quartiles,
        "wall time": lambda cost: f"{np.divide(*np.sum(cost.wall, 0)[::-1]):.3f}",
        "open + close, once": lambda cost: f"{(cost.open + cost.close) * 1e3:.0f} ms",
        "first steps, more than plain": lambda cost: f"{cost.warm * 1e3:.0f} ms in {cost.warm_steps}",
        "started processes, a step": lambda cost: f"{cost.other / cost.steps * 1e3:.1f} ms",
    }
    for contestant in dict.fromkeys(contestant for contestant, _ in costs):
        mine = [costs[contestant, model] for model in models]
        table.add_row(f"  {contestant}", *(c.failed or _mean(c) for c in mine))
        for label, show in details.items():
            texts = ["" if c.failed else show(c) for c in mine]
            if any(texts) and (label[0] != "s" or max(c.other for c in mine) > 0.1):
                table.add_row(f"    {label}", *texts, style="dim")


def _mean(cost: Cost) -> str:
    mean, error = cost.mean_ratio()
    return f"{mean:.3f}" if np.isnan(error) else f"{mean:.3f} ± {error:.3f}"


def _quartiles(cost: Cost) -> str:
    low, middle, high = np.percentile(cost.ratios, [25, 50, 75])
    return f"{middle:.3f} ({low:.3f}…{high:.3f})"


def add_sizes(table: Table, costs: dict[tuple[str, str], Cost], models: list[str]) -> None:
    """Bytes on disk for each step, of all files together."""
    table.add_section()
    table.add_row("[b]kB a step on disk[/b] (files)")
    for contestant in dict.fromkeys(contestant for contestant, _ in costs):
        shown = []
        for cost in (costs[contestant, model] for model in models):
            size = f"{cost.size / cost.steps / 1e3:.1f} ({cost.files})" if cost.files else "writes none"
            shown.append(cost.failed or size)
        table.add_row(f"  {contestant}", *shown)


def add_reading(table: Table, rows: int) -> None:
    """Milliseconds to open a long trace and read one series, imports not counted."""
    table.add_section()
    with tempfile.TemporaryDirectory() as folder, Progress(console=console, transient=True) as progress:
        path = Path(folder) / "long.zarr"
        task = progress.add_task(f"writing {rows} steps", total=rows)
        for written in write_long_trace(path, rows):
            progress.update(task, completed=written)
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        table.add_row(
            f"[b]Read one series of {rows:,} steps × 40 tensors[/b]", f"{size / 1e6:.0f} MB", "≤ 100 ms"
        )
        for reader in READERS:
            warm = np.array([times(path, reader) for _ in range(READS)]) * 1e3
            cold = np.array([times(path, reader, cold=True) for _ in range(READS)]) * 1e3
            both = [f"{np.median(found.sum(1)):.0f} ms" for found in (warm, cold)]
            table.add_row(f"  {reader}", f"{both[0]} warm", f"{both[1]} cold")


def run_kills(kills: int) -> list[Killed]:
    """Kill runs in two processes at once; Ctrl-C ends it early, and what is there is counted."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[Killed] = context.Queue()
    folder, found = tempfile.mkdtemp(prefix="kills"), []
    share = [kills - kills // 2, kills // 2]
    workers = [context.Process(target=kill_some, args=(folder, n, k, results)) for k, n in enumerate(share)]
    columns = [*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("kill -9", total=kills)
        try:
            for worker in workers:
                worker.start()
            while len(found) < kills:
                try:
                    found.append(results.get(timeout=1))
                except queue.Empty:
                    if not any(worker.is_alive() for worker in workers):
                        break
                wrong = sum(bool(one.wrong) for one in found)
                progress.update(task, completed=len(found), description=f"kill -9, {wrong} wrong")
        except KeyboardInterrupt:
            for worker in workers:
                worker.terminate()
    if any(one.wrong for one in found):
        console.print(f"The traces with something wrong were left in {folder}.")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def add_kills(table: Table, found: list[Killed]) -> None:
    """How the killed runs were left."""
    table.add_section()
    table.add_row(f"[b]kill -9 at a random instant, {len(found):,} times[/b]")
    if not found:
        return
    table.add_row("  opened in plain xarray", f"{sum(one.opened for one in found):,}")
    table.add_row("  torn, or wrong in any other check", f"{sum(bool(one.wrong) for one in found):,}")
    lost = [max(0, one.said - one.rows) for one in found if one.opened]
    table.add_row("  steps lost: median, most", f"{np.median(lost or [0]):.0f}", f"{max(lost, default=0)}")
    flushes = [one.lost / one.flush for one in found if one.opened]
    table.add_row("  of one flush", f"{np.median(flushes or [0]):.2f}", f"{max(flushes, default=0):.2f}")
    table.add_row("  before the first commit", f"{sum(one.opened and not one.rows for one in found):,}")
    table.add_row("  already closed", f"{sum(one.ended for one in found):,}")
    steps = [one.said for one in found]
    table.add_row("  steps made", f"{np.median(steps):.0f}", f"{max(steps)}")
    files = [one.files for one in found]
    table.add_row("  files in the trace", f"{np.median(files):.0f}", f"{max(files)}")
    for one in [one for one in found if one.wrong][:5]:
        lost = f"{one.lost:.2f} s lost, {one.flush} s a flush"
        table.add_row(f"  [red]{escape(one.wrong)}[/red]", f"{one.rows} of {one.said} steps", lost)


if __name__ == "__main__":
    main()
