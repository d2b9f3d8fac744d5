"""``derivviz report``: a recorded run becomes a report to hand in."""

from __future__ import annotations

import time
from pathlib import Path

import click

from derivviz.cli.console import HELP, size
from derivviz.errors import UsageError


@click.command(context_settings=HELP)
@click.argument("traces", nargs=-1, required=True, metavar="TRACE [TRACE]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder. Default: renders/NAME-report.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option("--title", default="", help="Title of the report.")
@click.option("--author", default="", help="Who hands it in.")
def command(traces: tuple[str, ...], output: Path | None, lang: str, title: str, author: str) -> Path:
    """Write a report of TRACE, a recorded run, or of two that it compares.

    The folder holds report.pdf, report.html (one file that shows everything) and report.typ, the source of the
    PDF, there to be edited, with the figures and their numbers.
    """
    began = time.perf_counter()
    if len(traces) > 2:
        raise UsageError(f"a report is of one run, or compares two: {len(traces)} were named")
    from derivviz.publishing.report import write
    from derivviz.trace import open_trace

    opened = [open_trace(trace) for trace in traces]
    stem = "-".join(Path(trace.rstrip("/")).stem for trace in traces)
    folder = output or Path("renders") / f"{stem}-report{'' if lang == 'en' else '.' + lang}"
    made = write(opened, folder, language=lang, title=title, author=author)
    for path in (made.pdf, made.html, made.source):
        click.echo(f"{path}  ({size(path.stat().st_size)})")
    click.echo(f"Made in {time.perf_counter() - began:.1f} s")
    return made.html
