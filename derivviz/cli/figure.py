"""``derivviz figure``: a function or a recorded run becomes a figure for print."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, progress, size
from derivviz.cli.files import target
from derivviz.cli.grown import GrownCommand, typed
from derivviz.errors import DerivvizError, UsageError

STILL = ("pdf", "svg", "png")
FORMATS = (*STILL, "mp4", "webm", "gif", "apng")
WIDTHS = ("column", "text", "page", "poster", "slide")
JOURNALS = ("a4-report", "ieee", "nature")


class _FigureCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        return library.read(library.find("scripts", name))


@click.command(cls=_FigureCommand, context_settings=HELP)
@click.argument("figure")
@click.option("--trace", type=click.Path(path_type=Path), help="Recorded run that is drawn.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="Default: that of -o, or pdf. From mp4 on, the figure goes through its steps.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["paper", "dark"]), default="paper", show_default=True, help="Colours."
)
@click.option(
    "--width",
    type=click.Choice(WIDTHS),
    help="Where it will be seen; default: text, 160 mm, or with --journal column.",
)
@click.option("--journal", type=click.Choice(JOURNALS), help="Whose columns; default: those of an A4 report.")
@click.option("--transparent", is_flag=True, help="Without a ground.")
@click.option(
    "--seconds", type=click.FloatRange(0.2, 600), help="Of a film, from first to last step; default: 8."
)
@click.option("--fps", type=click.IntRange(1, 120), help="Frames a second; default: 30, of gif and apng 15.")
@click.option("--pixels", type=click.IntRange(64, 8192), help="Width of a film; default: 1280.")
@click.option("--workers", type=click.IntRange(1), help="Processes that draw a film; default: one a core.")
@click.option("--alone", is_flag=True, help="Without the files beside it: numbers, caption, snippets.")
@click.pass_context
def command(
    ctx: click.Context,
    figure: str,
    trace: Path | None,
    kind: str | None,
    output: Path | None,
    lang: str,
    theme: str,
    width: str | None,
    journal: str | None,
    transparent: bool,
    seconds: float | None,
    fps: int | None,
    pixels: int | None,
    workers: int | None,
    alone: bool,
    **parameters: Any,
) -> Path:
    """Draw FIGURE: a name that 'derivviz list' shows, or the path of a file of your own.

    As mp4, webm, gif or apng, a figure that has steps goes through them, and ends as it is in print.

    Beside it come its numbers as CSV, and a caption with what to paste into LaTeX, Typst, Quarto and Markdown.

    A file of your own is Python and is run as such: draw only figures that you would run yourself.
    """
    began = time.perf_counter()
    path = library.find("scripts", figure)
    variants: dict[str, str] = {lang: "en", theme: "paper"}
    for chosen in (width, journal):
        if chosen is not None:
            variants[chosen] = ""
    where = target(path, output, kind, FORMATS, variants)
    film = {"seconds": seconds, "frame_rate": fps, "pixels": pixels, "workers": workers}
    film = {name: value for name, value in film.items() if value is not None}
    is_still = where.suffix[1:].lower() in STILL
    if is_still and film:
        raise UsageError("--seconds, --fps, --pixels and --workers are of a film: add --format mp4, or gif")
    if not is_still:
        _need_av()
    from derivviz.figures.drawing import figure as draw

    drawing = draw(
        figure, trace, theme=theme, language=lang, width=width, journal=journal, **typed(ctx, parameters)
    )
    if is_still:
        drawing.save(where, transparent=transparent)
    else:
        from derivviz.rendering.animated import animate

        with progress(f"Drawing {path.stem}", "frames") as tell:
            animate(drawing, where, transparent=transparent, progress=tell, **film)  # type: ignore[arg-type]
    told = f"{where}  ({size(where.stat().st_size)}, made in {time.perf_counter() - began:.1f} s)"
    if not alone:
        told += f"\nBeside it: {' and '.join(file.name for file in drawing.describe(where))}"
    click.echo(told)
    return where


def _need_av() -> None:
    if importlib.util.find_spec("av") is None:
        raise DerivvizError("a film needs PyAV: pip install 'derivviz[render]'")


def run_script(file: str) -> None:
    """What ``python scripts/NAME.py [TRACE]`` does: ``derivviz figure``, with all of its options."""
    from derivviz.cli import main

    words = sys.argv[1:]
    trace = ["--trace"] if words and not words[0].startswith("-") else []
    sys.argv = ["derivviz", "figure", file, *trace, *words]
    main()
