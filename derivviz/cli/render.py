"""``derivviz render``: a lesson becomes a video."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, progress, size
from derivviz.cli.files import target
from derivviz.cli.grown import GrownCommand, typed
from derivviz.errors import DerivvizError

FORMATS = ("mp4", "gif", "webm", "mov", "png")


class _RenderCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        return library.read(library.find("scenes", name))


@click.command(cls=_RenderCommand, context_settings=HELP)
@click.argument("lesson")
@click.argument("scene", required=False)
@click.option(
    "-q",
    "--quality",
    type=click.Choice(list("lmhpk")),
    default="h",
    show_default=True,
    help="480p15, 720p30, 1080p60, 1440p60 or 2160p60.",
)
@click.option("-p", "--preview", is_flag=True, help="Open the file when it is done.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="Default: that of -o, or mp4. png is the last frame."
)
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["dark", "paper"]), default="dark", show_default=True, help="Colours."
)
@click.option("--trace", type=click.Path(), help="Recorded run that the lesson teaches from.")
@click.option("--captions/--no-captions", default=True, show_default=True, help="Draw each beat's sentence.")
@click.option("--strict", is_flag=True, help="Make a failed claim or layout check an error.")
@click.option("--workers", type=click.IntRange(1), help="Processes that draw at a time; default: one a core.")
@click.pass_context
def command(
    ctx: click.Context,
    lesson: str,
    scene: str | None,
    quality: str,
    preview: bool,
    output: Path | None,
    kind: str | None,
    lang: str,
    theme: str,
    trace: str | None,
    captions: bool,
    strict: bool,
    workers: int | None,
    **parameters: Any,
) -> Path:
    """Animate LESSON: a name that 'derivviz list' shows, or the path of a file of your own.

    SCENE names the class when a file has several. A file of your own is Python and is run as such:
    render only files that you would run yourself.
    """
    path = library.find("scenes", lesson)
    where = target(path, output, kind, FORMATS, {lang: "en", theme: "dark"})
    _need_manim()
    from derivviz.animation.stage import Stage
    from derivviz.look.theme import THEMES
    from derivviz.rendering import patches
    from derivviz.rendering.quality import QUALITIES
    from derivviz.rendering.render import find_scene, render

    stage = Stage("ko" if lang == "ko" else "en", THEMES[theme], captions, trace, typed(ctx, parameters))
    found = find_scene(library.load(path), scene)
    with progress(f"Rendering {path.stem}", "frames") as tell:
        made = render(found, where, QUALITIES[quality], stage, strict=strict, workers=workers, progress=tell)
    if not patches.known():
        click.echo(
            f"Note: made with manim's own, slower code: derivviz knows {patches.SERIES}x only", err=True
        )
    for problem in made.plan.problems:
        click.echo(f"Warning: {path.name}: {problem}", err=True)
    length = "" if where.suffix == ".png" else f", {made.duration:.1f} s long"
    click.echo(
        f"{made.path}  ({size(made.size)}{length}, {QUALITIES[quality]}, made in {made.seconds:.1f} s)"
    )
    if preview:
        click.launch(str(made.path))
    return made.path


def _need_manim() -> None:
    if importlib.util.find_spec("manim") is None:
        raise DerivvizError(
            "rendering needs manim, which is an extra: type  pip install 'derivviz[render]'\n"
            "(in a checkout:  make install).  'derivviz doctor' checks every part that a render needs."
        )
