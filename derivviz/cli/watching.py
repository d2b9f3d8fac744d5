"""What ``derivviz render --watch`` says while it watches."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from derivviz.publishing.warm import Make
    from derivviz.rendering.plan import Rendering


def watching(path: Path, once: Make, preview: bool) -> None:
    """Render a lesson whenever its file is saved, until Ctrl-C."""
    from derivviz.publishing.watch import watch

    def opened(address: str) -> None:
        click.echo(f"Watching {path}, shown at {address} (Ctrl-C ends)")
        if preview:
            click.launch(address)

    def glimpsed(beat: int) -> None:
        say(f"{f'beat {beat}' if beat else 'the start'} is shown, the whole film follows")

    def changed(first: int | None, made: Rendering) -> None:
        if first is None:
            say("nothing that is seen has changed")
        else:
            say(f"shown from {f'beat {first}' if first else 'the start'}")

    def failed(message: str) -> None:
        click.echo(message, err=True)

    def say(what: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')} {what}")

    try:
        watch(path, once, opened=opened, glimpsed=glimpsed, changed=changed, failed=failed)
    except KeyboardInterrupt:
        click.echo("No longer watching")
