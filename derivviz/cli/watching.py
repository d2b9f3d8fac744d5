"""What ``derivviz render --watch`` says while it watches."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from derivviz.rendering.plan import Rendering


def watching(path: Path, once: Callable[[], Rendering], preview: bool) -> None:
    """Render a lesson whenever its file is saved, until Ctrl-C."""
    from derivviz.publishing.watch import watch

    def opened(address: str) -> None:
        click.echo(f"Watching {path}, shown at {address} (Ctrl-C ends)")
        if preview:
            click.launch(address)

    def changed(first: int | None, made: Rendering) -> None:
        now = time.strftime("%H:%M:%S")
        if first is None:
            click.echo(f"{now} nothing that is seen has changed")
        else:
            click.echo(f"{now} shown from {f'beat {first}' if first else 'the start'}")

    def failed(error: Exception) -> None:
        click.echo(f"{type(error).__name__}: {error}", err=True)

    try:
        watch(path, once, opened=opened, changed=changed, failed=failed)
    except KeyboardInterrupt:
        click.echo("No longer watching")
