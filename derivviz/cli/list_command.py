"""``derivviz list``: what there is to render and to draw, read from the files without running them."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from derivviz import library
from derivviz.cli.console import HELP


@click.command(context_settings=HELP)
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
def command(as_json: bool, lang: str) -> None:
    """Show the lessons, figures, pages and lectures there are: title, one line, and what they need."""
    from derivviz.publishing import page

    kinds = {
        "lessons": library.entries("scenes"),
        "figures": library.entries("scripts"),
        "pages": [library.read(page.path_of(name)) for name in page.summaries()],
        "lectures": library.entries("lectures"),
    }
    if as_json:
        told = {kind: [{**asdict(e), "path": str(e.path)} for e in found] for kind, found in kinds.items()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    _table("Lessons", "derivviz render NAME", kinds["lessons"], lang)
    _table("Figures", "derivviz figure NAME [--trace PATH]", kinds["figures"], lang)
    _table("Pages", "derivviz page NAME [--trace PATH]", kinds["pages"], lang)
    _table("Lectures", "derivviz lecture NAME", kinds["lectures"], lang)


def _table(heading: str, use: str, entries: list[library.Entry], lang: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{heading}  ({use})", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("name", "what it shows", "needs"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        needs = "a trace" if entry.requires else "nothing"
        told = Text.assemble((entry.title[lang], "bold"), "\n", entry.summary[lang])
        table.add_row(Text(entry.name, "bold"), told, needs)
    console = Console()
    console.print(table)
    console.print()
