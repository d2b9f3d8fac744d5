"""``derivviz figure``: a function or a recorded run becomes a figure for print."""

from __future__ import annotations

import inspect
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, size
from derivviz.cli.files import target
from derivviz.cli.grown import GrownCommand, typed
from derivviz.errors import UsageError
from derivviz.parameters import fill

FORMATS = ("pdf", "svg", "png")


class _FigureCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        return library.read(library.find("scripts", name))


@click.command(cls=_FigureCommand, context_settings=HELP)
@click.argument("figure")
@click.option("--trace", type=click.Path(path_type=Path), help="Recorded run that is drawn.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: that of -o, or pdf.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["paper", "dark"]), default="paper", show_default=True, help="Colours."
)
@click.pass_context
def command(
    ctx: click.Context,
    figure: str,
    trace: Path | None,
    kind: str | None,
    output: Path | None,
    lang: str,
    theme: str,
    **parameters: Any,
) -> None:
    """Draw FIGURE: a name that 'derivviz list' shows, or the path of a file of your own.

    A file of your own is Python and is run as such: draw only figures that you would run yourself.
    """
    began = time.perf_counter()
    path = library.find("scripts", figure)
    entry = library.read(path)
    where = target(path, output, kind, FORMATS, {lang: "en", theme: "paper"})
    if entry.requires and trace is None:
        raise _no_trace(entry, figure)
    from derivviz.figures import check, page, save, style

    drawn_from: list[Any] = []
    if trace is not None:
        from derivviz.trace import open_trace

        drawn_from.append(open_trace(trace))
        check(drawn_from[0], entry.requires, entry.name, entry.recorded_by)
    module = library.load(path)
    if not callable(getattr(module, "draw", None)):
        raise UsageError(
            f"{path} draws nothing: a figure has a function draw(trace, *, ax=None, language='en')"
        )
    if _takes_trace(module) and trace is None:
        raise _no_trace(entry, figure)
    if trace is not None and not _takes_trace(module):
        raise UsageError(f"the figure {entry.name!r} is drawn from no recorded run: leave --trace out")
    own = vars(fill(module.Parameters, typed(ctx, parameters))) if entry.options else {}
    with style(theme, lang):
        drawn = page(module.draw(*drawn_from, **own, language=lang), entry.name)
        save(drawn, where, title=entry.title[lang], summary=entry.summary[lang])
    click.echo(f"{where}  ({size(where.stat().st_size)}, made in {time.perf_counter() - began:.1f} s)")


def _takes_trace(module: ModuleType) -> bool:
    return "trace" in inspect.signature(module.draw).parameters


def _no_trace(entry: library.Entry, figure: str) -> UsageError:
    return UsageError(
        f"the figure {entry.name!r} is drawn from a recorded run. Record one with "
        f"'derivviz record {entry.recorded_by}', then type "
        f"'derivviz figure {figure} --trace renders/{entry.recorded_by}.zarr'"
    )


def run_script(file: str) -> None:
    """What ``python scripts/NAME.py [TRACE]`` does: ``derivviz figure``, with all of its options."""
    from derivviz.cli import main

    words = sys.argv[1:]
    trace = ["--trace"] if words and not words[0].startswith("-") else []
    sys.argv = ["derivviz", "figure", file, *trace, *words]
    main()
