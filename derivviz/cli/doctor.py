"""``derivviz doctor``: what a render needs, what of it is missing, and what to type."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from derivviz.cli.console import HELP


@click.command(short_help="Check every part that a render needs.", context_settings=HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> None:
    """Check every part that a render needs, and say how to mend what is missing.

    Asks nothing and changes nothing. Exit code 1 if something is missing.
    """
    from derivviz.rendering.doctor import examine

    parts = examine(Path("renders"))
    ok = all(part.ok for part in parts)
    if as_json:
        click.echo(json.dumps({"ok": ok, "parts": [asdict(p) for p in parts]}, ensure_ascii=False, indent=2))
        sys.exit(not ok)

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for part in parts:
        state = Text("ok", "green") if part.ok else Text("missing", "bold red")
        table.add_row(state, part.name, Text(part.detail))
    console = Console()
    console.print(table)
    for remedy in dict.fromkeys(part.remedy for part in parts if not part.ok):
        names = ", ".join(part.name for part in parts if part.remedy == remedy)
        # In one piece, however narrow the window: it is there to be copied.
        console.print(Text.assemble("\n", (names, "bold"), ":\n  ", remedy), soft_wrap=True)
    sys.exit(not ok)
