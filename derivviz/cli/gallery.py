"""``derivviz gallery``: a site of all lessons, figures and pages."""

from __future__ import annotations

import time
from pathlib import Path

import click

from derivviz.cli.console import HELP, progress, size
from derivviz.cli.render import need_manim
from derivviz.errors import UsageError


@click.command(context_settings=HELP)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-q",
    "--quality",
    type=click.Choice(list("lmhpk")),
    default="l",
    show_default=True,
    help="Of films, as for render.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("renders/gallery"),
    show_default=True,
    help="Folder.",
)
@click.option(
    "--traces",
    type=click.Path(path_type=Path),
    default=Path("renders"),
    show_default=True,
    help="Folder of the recorded runs; those that are missing are recorded.",
)
def command(names: tuple[str, ...], quality: str, output: Path, traces: Path) -> Path:
    """Make a site of every lesson, figure and page, or of those called NAME.

    It is plain files that open from a disk. What is there and newer than its sources is not made again.
    """
    began = time.perf_counter()
    if output.is_file():
        raise UsageError(f"-o {output}: a gallery is a folder, and there is a file of that name")
    need_manim()
    from derivviz.publishing import gallery

    topics = gallery.topics(output, traces, quality, names)
    with progress("Making the gallery", "commands") as tell:
        pages = gallery.build(topics, output, tell)
    for page in pages:
        click.echo(f"{page}  ({size(page.stat().st_size)})")
    whole = sum(file.stat().st_size for file in output.iterdir())
    click.echo(f"{len(topics)} topics, {size(whole)}, made in {time.perf_counter() - began:.1f} s")
    return pages[0]
