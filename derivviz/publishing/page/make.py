"""A page by its name: found, made, written."""

from __future__ import annotations

import os
import shlex
import tempfile
from fnmatch import filter as matching
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from derivviz import library
from derivviz.errors import DerivvizError, UsageError, nearest

if TYPE_CHECKING:  # the command's --help asks only for names
    from derivviz.trace import Trace

FOLDER = Path(__file__).parent / "subjects"


def summaries() -> dict[str, str]:
    """Name and summary of every page, read without importing any."""
    return {path.stem: library.read(path).summary["en"] for path in sorted(FOLDER.glob("[!_]*.py"))}


def path_of(name: str) -> Path:
    """The file of a page's subject.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    known = [path.stem for path in sorted(FOLDER.glob("[!_]*.py"))]
    stem = name.replace("-", "_")
    if stem not in known:
        guess = nearest(stem, known, 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(f"There is no page {name!r}.{hint} There are: {', '.join(known)}.")
    return FOLDER / f"{stem}.py"


def write(
    name: str,
    path: Path,
    trace: Trace | str | os.PathLike[str] | None = None,
    *,
    language: str = "en",
    theme: str = "paper",
    **typed: str,
) -> Path:
    """Write a page.

    Parameters
    ----------
    name
        Of its subject, as ``tangent``.
    path
        The file: whole, or not at all.
    trace
        A recorded run, where the subject shows one.
    language, theme
        In which it opens.
    typed
        The subject's own parameters, as text, by the names of their options.

    Raises
    ------
    UsageError
        For a page or a parameter that there is not, or where a trace is missing.
    MissingSeriesError
        When the trace has not what the page shows.
    DerivvizError
        When Bokeh is not installed, or the file cannot be written.
    """
    from derivviz.parameters import fill
    from derivviz.publishing.page.shell import Page, source

    entry = library.read(path_of(name))

    module = import_module(f"{__package__}.subjects.{entry.name}")
    own = fill(module.Parameters, {flag.replace("_", "-"): text for flag, text in typed.items()})
    opened = _trace(entry, trace)
    parts = module.parts(own, opened)
    command = ["derivviz", "page", entry.name, *(["--trace", str(opened.path)] if opened else [])]
    command += [word for flag, text in typed.items() for word in (f"--{flag.replace('_', '-')}", text)]
    page = Page(
        entry.name, entry.title, entry.summary, parts.plots, parts.data, parts.functions, shlex.join(command)
    )
    _put(path, source(page, language=language, theme=theme))
    return path


def _trace(entry: library.Entry, trace: Trace | str | os.PathLike[str] | None) -> Trace | None:
    """The trace, opened and looked through for what the page shows."""
    from derivviz.trace import MissingSeriesError, Trace, open_trace

    advice = (
        f"'derivviz record {entry.recorded_by}' records one, then type "
        f"'derivviz page {entry.name} --trace renders/{entry.recorded_by}.zarr'"
    )
    if trace is None:
        if entry.requires:
            raise UsageError(f"the page {entry.name} shows a recorded run: give --trace. {advice}")
        return None
    opened = trace if isinstance(trace, Trace) else open_trace(trace)
    for pattern in entry.requires:
        if pattern not in opened.arrays and not matching(opened.keys(), pattern):
            raise MissingSeriesError(
                f"The trace {opened.path} has no {pattern!r}, which the page {entry.name} shows. {advice}"
            )
    return opened


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".page-", dir=path.parent) as beside:
            made = Path(beside) / path.name
            made.write_text(text, encoding="utf-8")
            os.replace(made, path)
    except OSError as error:
        why = error.strerror or error
        raise DerivvizError(f"{path} cannot be written: {why}. Name another place with -o.") from error
