"""A process with everything loaded, which leaves a copy of itself for every render of a file that is edited.

A copy begins where the process stands: libraries imported, sentences and formulas typeset. What it runs of the
file, and of the modules beside it, is gone when it ends, so that every render begins as the first one did.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

from derivviz.errors import DerivvizError
from derivviz.look import typst
from derivviz.rendering.copying import THREADED
from derivviz.rendering.plan import Rendering

SECONDS_TO_END = 5.0  # that a copy has when it is interrupted

Make = Callable[[Callable[[int, Path], None]], Rendering]
"""Renders, and calls its argument with the number of the first beat that changed and a film of it alone."""


@dataclass(frozen=True)
class Glimpsed:
    """The first beat that changed is there: its number, and a copy of its film."""

    beat: int
    film: Path


@dataclass(frozen=True)
class Failed:
    """What went wrong, in words."""

    message: str


@dataclass(frozen=True)
class Learnt:
    """What a render came across.

    Attributes
    ----------
    files
        The modules beside the file that it imported.
    modules
        Names of all other modules that it imported.
    typeset
        What it typeset, as arguments of `derivviz.look.typst.outline`.
    """

    files: frozenset[Path]
    modules: tuple[str, ...] = ()
    typeset: tuple[tuple[str, bool, float | None], ...] = ()

    def prepare(self) -> Iterator[None]:
        """Do the same here, so that the next copy need not; a step at a time."""
        for name in self.modules:
            if name not in sys.modules:
                with suppress(Exception):  # it is the copy's to say
                    import_module(name)
                yield
        for markup in self.typeset:
            with suppress(DerivvizError):
                typst.outline(*markup)
            yield
        gc.collect()
        gc.freeze()  # what is here stays, and a copy that looks through it would only make it its own


Told = Glimpsed | Failed | Learnt | Rendering


def render_here(source: Path, make: Make, folder: Path, tell: Callable[[Told], None]) -> None:
    """Render in this process, and tell what comes of it: what was learnt, then what was made or went wrong.

    Parameters
    ----------
    source
        The file that is rendered.
    make
        Renders it.
    folder
        Where the film of a beat alone is put.
    tell
        Called with each thing that there is to tell.
    """
    before, beside = set(sys.modules), source.absolute().parent
    typst.typeset.clear()

    def glimpse(beat: int, film: Path) -> None:
        kept = folder / "glimpse.part"
        shutil.copyfile(film, kept)
        tell(Glimpsed(beat, kept))

    outcome: Rendering | Failed
    files: set[Path] = set()
    try:
        made = make(glimpse)
        outcome = replace(made, plan=replace(made.plan, sound=None))
    except (Exception, SystemExit) as error:  # whatever is wrong with a file that is being worked on
        outcome = Failed(explained(error, beside))
        files = {file for file, *_ in _places(error, beside)}
    new = {name: _file(sys.modules[name]) for name in list(sys.modules) if name not in before}
    own = {name for name, file in new.items() if file is not None and is_beside(file, beside)}
    files |= {file for name in own if (file := new[name]) is not None}
    modules = [name for name in new if name not in own and not name.startswith("derivviz_loaded_")]
    if any(name in sys.modules for name in THREADED):  # nor may they be in a process that copies itself
        modules = []
    tell(Learnt(frozenset(files), tuple(modules), tuple(typst.typeset)))
    tell(outcome)
    for name in own:  # to be read anew, in case this process renders again
        sys.modules.pop(name, None)


class Copy:
    """A copy of this process that renders.

    Parameters
    ----------
    source, make, folder
        As for `render_here`.
    """

    def __init__(self, source: Path, make: Make, folder: Path) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=_work, args=(source, make, folder, theirs))
        with warnings.catch_warnings():  # as for any copy: no thread of this process matters to it
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        theirs.close()

    def told(self, seconds: float) -> Told | None:
        """The next thing told within so many seconds; None where there is none.

        Raises
        ------
        EOFError
            When there is nothing more to be told.
        """
        if not self.pipe.poll(seconds):
            return None
        found: Told = self.pipe.recv()
        return found

    def end(self) -> None:
        """Wait for its end, interrupting it where it is still at work."""
        if self.process.is_alive() and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGINT)
        self.process.join(SECONDS_TO_END)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


def _work(source: Path, make: Make, folder: Path, pipe: Connection) -> None:
    try:
        signal.signal(signal.SIGINT, _once)
        render_here(source, make, folder, pipe.send)
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _once(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # what is thrown away now is not to be interrupted again
    raise KeyboardInterrupt


# ---- what went wrong, and where -------------------------------------------------------------------------


def explained(error: BaseException, folder: Path) -> str:
    """An error in words, under the lines of the files in a folder that led to it."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).strip()
    told = str(error) if isinstance(error, DerivvizError) else f"{type(error).__name__}: {error}"
    lines = [f"{file.name}:{number}: {text}" for file, number, text in _places(error, folder)]
    return "\n".join([*lines, told])


def _places(error: BaseException, folder: Path) -> list[tuple[Path, int, str]]:
    """The lines of files in a folder that led to an error: file, number and text."""
    found: list[tuple[Path, int, str]] = []
    trace: TracebackType | None = error.__traceback__
    for frame in traceback.extract_tb(trace):
        if is_beside(file := Path(frame.filename), folder):
            found.append((file, frame.lineno or 0, frame.line or ""))
    if isinstance(error, SyntaxError) and error.filename and is_beside(file := Path(error.filename), folder):
        found.append((file, error.lineno or 0, (error.text or "").strip()))
    return found


def is_beside(file: Path, folder: Path) -> bool:
    """Whether a file is one that its user edits: in this folder, and no library that is installed there."""
    return file.is_relative_to(folder) and "site-packages" not in file.parts and file.suffix == ".py"


def _file(module: Any) -> Path | None:
    name = getattr(module, "__file__", None)
    return Path(name) if isinstance(name, str) else None
