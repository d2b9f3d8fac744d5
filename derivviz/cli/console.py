"""What every long command shares: progress that suits a terminal or a log, and sizes that read well."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HELP = {"help_option_names": ["-h", "--help"]}  # of every command, also when it is run by itself
COLLECT_EVERY = 50_000  # new objects, where Python takes some hundreds
LOG_EVERY = 10.0  # seconds between plain lines when nobody watches


def size(count: float) -> str:
    """Bytes as people write them."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for garbage less often: most of what a render makes, manim's modules above all, stays."""
    youngest, *older = gc.get_threshold()
    gc.set_threshold(COLLECT_EVERY, *older)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a plain line now and then elsewhere; call it with (done, total).

    A total of 0 is one that is not known yet.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(what, unit)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def _lines(what: str, unit: str) -> Callable[[int, int], None]:
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > LOG_EVERY:
            last = time.monotonic()
            of = f" of {total}" if total else ""
            print(f"{what}: {done}{of} {unit}", file=sys.stderr, flush=True)

    return tell
