"""What is typed behind ``derivviz`` on a command line, typed in a cell; and lessons written in one."""

from __future__ import annotations

import keyword
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivviz.errors import DerivvizError
from derivviz.notebook.shown import Shown

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

FOLDER = Path("renders/notebook")  # where the files of cells go
CELL = "%%derivviz NAME [options of derivviz render]"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Teach a notebook ``%derivviz`` and ``%%derivviz``; what ``%load_ext derivviz`` calls."""
    shell.register_magic_function(line, "line", "derivviz")  # type: ignore[arg-type]  # a decorator hides
    shell.register_magic_function(cell, "cell", "derivviz")  # type: ignore[arg-type]  # that it has a self


def line(text: str) -> Shown | None:
    """Run a command: ``%derivviz figure loss --trace renders/food.zarr``. The cell shows what it made."""
    return run(shlex.split(text))


def cell(text: str, source: str) -> Shown | None:
    """Render the lesson, or any manim scene, that the cell holds: ``%%derivviz my_lesson -q l``.

    The first word is the name of the lesson, as the name of its file would be. The cell is a file of its own:
    it sees nothing of the notebook's variables, and imports what it needs.
    """
    name, *options = shlex.split(text) or [""]
    if not name.isidentifier() or keyword.iskeyword(name):
        raise _told(f"a lesson in a cell wants a name, such as my_lesson: type  {CELL}")
    path = FOLDER / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return run(["render", str(path), *options])


def run(words: list[str]) -> Shown | None:
    """Do what the command line does with these words, but report errors as a cell does."""
    from derivviz.cli import cli

    try:
        made = cli.main(args=words, prog_name="derivviz", standalone_mode=False)
    except click.ClickException as error:
        raise _told(error.format_message()) from None
    except DerivvizError as error:
        raise _told(str(error)) from None
    return Shown(made) if isinstance(made, Path) else None


def _told(message: str) -> Any:
    """An error that stops the notebook, and is shown without a traceback."""
    from IPython.core.error import UsageError

    return UsageError(message)
