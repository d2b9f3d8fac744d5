"""The runs that ``derivviz record`` knows: one file a run, found by its name.

A run module has ``train(request, progress) -> Outcome``, a frozen dataclass ``Parameters`` whose fields become
options, and ``PRESETS`` (names, the default first) where it has some. What it takes of the options that not all
runs take it says in ``TAKES``, each with its line of help: ``data``, ``preset``, ``epochs``, ``no_cache``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from derivviz.errors import UsageError, nearest


@dataclass(frozen=True)
class Request:
    """What a run is asked for.

    Attributes
    ----------
    path
        The trace to make.
    data
        A folder to learn from; None for what the run brings itself.
    preset
        One of the run's presets; None for the first.
    seed
        Decides weights, split, order of batches and augmentation.
    epochs, snapshot_every
        None for what the preset finds right.
    overwrite
        Whether an existing trace is replaced.
    parameters
        The run's own `Parameters`; None for their defaults.
    cache
        The folder that keeps decoded pictures between runs; None to keep none.
    """

    path: Path
    data: Path | None = None
    preset: str | None = None
    seed: int = 0
    epochs: int | None = None
    snapshot_every: int | None = None
    overwrite: bool = False
    parameters: Any = None
    cache: Path | None = None


@dataclass(frozen=True)
class Progress:
    """How a run tells what it does: `say` a line; `step` (done, total, epoch, loss) after each step."""

    say: Callable[[str], None]
    step: Callable[[int, int, int, float], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    steps
        How many were made.
    result
        What came out, in a sentence.
    next_command
        What to type next.
    """

    steps: int
    result: str
    next_command: str


def path_of(name: str) -> Path:
    """The file of a run.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    known = summaries()
    stem = name.replace("-", "_")
    if stem not in known:
        guess = nearest(stem, known, 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(f"There is no run {name!r}.{hint} There are: {', '.join(known)}.")
    return Path(__file__).parent / f"{stem}.py"


def summaries() -> dict[str, str]:
    """Name and first docstring line of every run, read without importing any."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    docs = {file.stem: ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) for file in files}
    return {name: (doc or "").partition("\n")[0] for name, doc in docs.items()}


def takes(name: str) -> dict[str, str]:
    """What a run takes of the options that not all runs take, each with its help, read without importing it.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    for line in ast.parse(path_of(name).read_text(encoding="utf-8")).body:
        match line:
            case ast.Assign(targets=[ast.Name(id="TAKES")], value=value):
                return dict(ast.literal_eval(value))
    return {}


def load(name: str) -> ModuleType:
    """The module of a run; this is what imports torch.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    return import_module(f"{__name__}.{path_of(name).stem}")


def check_preset(preset: str | None, presets: Sequence[str], run: str) -> None:
    """Refuse a preset that is not one of a run's.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if preset is None or preset in presets:
        return
    if not presets:
        raise UsageError(f"The run {run} has no presets: leave --preset out.")
    guess = nearest(preset, presets, 1)
    hint = f" Did you mean {guess[0]!r}?" if guess else ""
    raise UsageError(
        f"There is no preset {preset!r} of the run {run}.{hint} There are: {', '.join(presets)}."
    )
