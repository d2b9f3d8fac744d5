"""``derivviz figure``: a recorded run becomes a figure for print."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from derivviz import library
from derivviz.cli.console import HELP, size
from derivviz.cli.files import target
from derivviz.errors import UsageError

FORMATS = ("pdf", "svg", "png")


@click.command(context_settings=HELP)
@click.argument("figure")
@click.option("--trace", type=click.Path(path_type=Path), help="Recorded run that is drawn.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: that of -o, or pdf.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["paper", "dark"]), default="paper", show_default=True, help="Colours."
)
def command(
    figure: str, trace: Path | None, kind: str | None, output: Path | None, lang: str, theme: str
) -> None:
    """Draw FIGURE: a name that 'derivviz list' shows, or the path of a file of your own.

    A file of your own is Python and is run as such: draw only figures that you would run yourself.
    """
    began = time.perf_counter()
    path = library.find("scripts", figure)
    entry = library.read(path)
    where = target(path, output, kind, FORMATS, {lang: "en", theme: "paper"})
    if trace is None:
        raise UsageError(
            f"the figure {entry.name!r} is drawn from a recorded run. Record one with "
            f"'derivviz record {entry.recorded_by}', then type "
            f"'derivviz figure {figure} --trace renders/{entry.recorded_by}.zarr'"
        )
    from derivviz.figures import check, page, save, style
    from derivviz.trace import open_trace

    recorded = open_trace(trace)
    check(recorded, entry.requires, entry.name, entry.recorded_by)
    module = library.load(path)
    if not callable(getattr(module, "draw", None)):
        raise UsageError(
            f"{path} draws nothing: a figure has a function draw(trace, *, ax=None, language='en')"
        )
    with style(theme, lang):
        drawn = page(module.draw(recorded, language=lang), entry.name)
        save(drawn, where, title=entry.title[lang], summary=entry.summary[lang])
    click.echo(f"{where}  ({size(where.stat().st_size)}, made in {time.perf_counter() - began:.1f} s)")


def run_script(file: str) -> None:
    """What ``python scripts/NAME.py TRACE`` does: ``derivviz figure``, with all of its options."""
    from derivviz.cli import main

    sys.argv = ["derivviz", "figure", file, "--trace", *sys.argv[1:]]
    main()
