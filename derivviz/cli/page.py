"""``derivviz page``: a subject as one interactive HTML file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, size
from derivviz.cli.files import target
from derivviz.cli.grown import GrownCommand, typed


class _PageCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        from derivviz.publishing.page import path_of

        return library.read(path_of(name))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from derivviz.publishing.page import summaries

        with formatter.section("Pages"):
            formatter.write_dl(list(summaries().items()))


@click.command(cls=_PageCommand, context_settings=HELP)
@click.argument("page")
@click.option("--trace", type=click.Path(path_type=Path), help="Recorded run that it shows.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="At first.")
@click.option(
    "--theme", type=click.Choice(["paper", "dark"]), default="paper", show_default=True, help="At first."
)
@click.pass_context
def command(
    ctx: click.Context,
    page: str,
    trace: Path | None,
    output: Path | None,
    lang: str,
    theme: str,
    **parameters: Any,
) -> Path:
    """Make PAGE, an interactive HTML file that needs neither network nor Python to be opened.

    It is used with mouse, touch or keyboard, and switches between English and Korean, light and dark.
    """
    began = time.perf_counter()
    from derivviz.publishing.page import path_of, write

    where = target(path_of(page), output, None, ["html"], {lang: "en", theme: "paper"})
    write(page, where, trace, language=lang, theme=theme, **typed(ctx, parameters))
    click.echo(
        f"{where}  ({size(where.stat().st_size)}, made in {time.perf_counter() - began:.1f} s)\n"
        "Open it in a browser: it needs nothing else."
    )
    return where
