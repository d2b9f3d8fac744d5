"""``derivviz render``: a lesson becomes a video."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from derivviz import library
from derivviz.cli import beside, voicing
from derivviz.cli.console import HELP, progress, seldom_collecting, size
from derivviz.cli.files import target
from derivviz.cli.grown import GrownCommand, typed
from derivviz.cli.watching import watching
from derivviz.errors import DerivvizError, UsageError

if TYPE_CHECKING:
    from derivviz.rendering.plan import Rendering

FORMATS = ("mp4", "gif", "webm", "mov", "pngs", "png", "svg", "pdf")
SINGLE = FORMATS[-3:]  # formats of one moment
ASPECTS = ("16:9", "9:16", "1:1")
LEAST, MOST = 16, 16384  # pixels along a side


class _Resolution(click.ParamType):
    name = "WIDTHxHEIGHT"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        found = re.fullmatch(r"(\d+)[xX×,](\d+)", str(value).replace(" ", ""))
        if found is None:
            self.fail(f"{value!r} is no size: write it like 1280x720.", param, ctx)
        width, height = int(found[1]), int(found[2])
        if not all(LEAST <= side <= MOST for side in (width, height)):
            self.fail(f"{value}: each side is {LEAST} to {MOST} pixels long.", param, ctx)
        return width, height


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
@click.option("--resolution", type=_Resolution(), help="Size in pixels instead of that of -q.")
@click.option("--fps", type=click.IntRange(1, 240), help="Frames a second instead of those of -q.")
@click.option("--aspect", type=click.Choice(ASPECTS), help="Shape of the frame, for lessons laid out for it.")
@click.option("-p", "--preview", is_flag=True, help="Open the file when it is done.")
@click.option(
    "--watch",
    is_flag=True,
    help="Render whenever the file is saved, and show it on a page that reloads; -q l unless chosen.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="Default: that of -o, or mp4. pngs is a folder of all frames; png, svg and pdf are one moment.",
)
@click.option(
    "-t", "--transparent", is_flag=True, help="Leave the background out: webm, mov, pngs, png, svg, pdf."
)
@click.option("--time", "second", type=click.FloatRange(0), help="Moment of a png, svg or pdf, in seconds.")
@click.option("--beat", type=click.IntRange(1), help="Moment of a png, svg or pdf: the end of this beat.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["dark", "paper"]), default="dark", show_default=True, help="Colours."
)
@click.option("--trace", type=click.Path(), help="Recorded run that the lesson teaches from.")
@click.option("--captions/--no-captions", default=True, show_default=True, help="Draw each beat's sentence.")
@click.option(
    "--reading-speed",
    type=click.FloatRange(1, 100),
    help="Characters a second that a viewer reads; default: 17 in English, 9 in Korean.",
)
@click.option(
    "--with",
    "kinds",
    type=beside.Kinds(),
    default=(),
    help=f"Files to write beside the film, with commas between: {', '.join(beside.KINDS)}, or all.",
)
@click.option(
    "--voice",
    type=click.Path(path_type=Path),
    help="A recording of the sentences, each with a pause behind it.",
)
@click.option(
    "--marks",
    type=click.Path(path_type=Path),
    help="CSV of where they start in it, instead of its pauses: beat,start in seconds.",
)
@click.option(
    "--voice-engine",
    metavar="[NAME]",
    is_flag=False,
    flag_value=voicing.OFFLINE,
    help="Have the sentences read aloud: by espeak-ng, or by a service of manim-voiceover.",
)
@click.option("--strict", is_flag=True, help="Make a failed claim or layout check an error.")
@click.option("--workers", type=click.IntRange(1), help="Processes that draw at a time; default: one a core.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="A dask scheduler, as tcp://host:8786, whose workers draw instead."
)
@click.option(
    "--cache/--no-cache",
    default=True,
    show_default=True,
    help="Take what did not change from earlier renders.",
)
@click.option(
    "--clear-cache",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, asked: _clear(ctx) if asked else None,
    help="Remove all that was kept of earlier renders, and stop.",
)
@click.pass_context
def command(
    ctx: click.Context,
    lesson: str,
    scene: str | None,
    quality: str,
    resolution: tuple[int, int] | None,
    fps: int | None,
    aspect: str | None,
    preview: bool,
    watch: bool,
    output: Path | None,
    kind: str | None,
    transparent: bool,
    second: float | None,
    beat: int | None,
    lang: str,
    theme: str,
    trace: str | None,
    captions: bool,
    reading_speed: float | None,
    kinds: tuple[str, ...],
    voice: Path | None,
    marks: Path | None,
    voice_engine: str | None,
    strict: bool,
    workers: int | None,
    scheduler: str | None,
    cache: bool,
    **parameters: Any,
) -> Path:
    """Animate LESSON: a name that 'derivviz list' shows, or the path of a file of your own.

    SCENE names the class when a file has several. A file of your own is Python and is run as such:
    render only files that you would run yourself.

    An mp4, webm or mov has its sentences as subtitles in both languages, which players show when they are
    asked to, and by themselves under --no-captions; and a chapter for each sentence.
    """
    path = library.find("scenes", lesson)
    moment = _moment(second, beat)
    if moment and not kind and (output is None or output.suffix[1:].lower() not in FORMATS):
        kind = "png"
    variants = {lang: "en", theme: "dark", (aspect or "16:9").replace(":", "x"): "16x9", moment: ""}
    where = target(path, output, kind, FORMATS, variants)
    if moment and where.suffix[1:].lower() not in SINGLE:
        raise UsageError(f"--time and --beat choose one moment: add --format {', '.join(SINGLE[:-1])} or pdf")
    if watch and (where.suffix.lower() != ".mp4" or transparent):
        raise UsageError("--watch shows an mp4 in the browser: leave --format and --transparent out")
    if watch and ctx.get_parameter_source("quality") is click.core.ParameterSource.DEFAULT:
        quality = "l"
    voicing.check(where, voice, marks, voice_engine)
    need_manim()
    ctx.with_resource(seldom_collecting())
    from derivviz.animation.stage import Stage
    from derivviz.look.theme import THEMES
    from derivviz.rendering import patches
    from derivviz.rendering.render import find_scene, render
    from derivviz.rendering.stills import Moment
    from derivviz.rendering.store import default_folder

    size_and_rate = _quality(quality, resolution, fps, aspect, transparent)
    language: Literal["en", "ko"] = "ko" if lang == "ko" else "en"
    stage = Stage(language, THEMES[theme], captions, trace, typed(ctx, parameters), reading_speed)

    def once(glimpse: Callable[[int, Path], None] | None = None) -> Rendering:
        found = find_scene(library.load(path), scene)
        beside.check(found, where, kinds)
        with tempfile.TemporaryDirectory(prefix="derivviz-") as clips:
            told = voicing.with_voice(
                found, size_and_rate, stage, Path(clips), voice=voice, marks=marks, engine=voice_engine
            )
            with progress(f"Rendering {path.stem}", "frames") as tell:
                made = render(
                    found,
                    where,
                    size_and_rate,
                    told,
                    moment=Moment(second, beat),
                    strict=strict,
                    workers=workers,
                    scheduler=scheduler,
                    cache=default_folder() if cache else None,
                    progress=tell,
                    glimpse=glimpse,
                )
            written: list[Path] = []
            if where.suffix[1:].lower() in beside.FILMS:
                made, written = beside.publish(found, made, path, size_and_rate, told, kinds)
        if not patches.known():
            click.echo(
                f"Note: made with manim's own, slower code: derivviz knows {patches.SERIES}x only", err=True
            )
        for problem in made.plan.problems:
            click.echo(f"Warning: {problem}", err=True)
        length = "" if where.suffix[1:].lower() in SINGLE else f", {made.duration:.1f} s long"
        click.echo(f"{made.path}  ({size(made.size)}{length}, {size_and_rate}, made in {made.seconds:.1f} s)")
        for file in written:
            click.echo(f"{file}  ({size(file.stat().st_size)})")
        return made

    if watch:
        watching(path, once, preview)
        return where
    made = once()
    if preview:
        click.launch(str(made.path))
    return made.path


def _clear(ctx: click.Context) -> None:
    from derivviz.rendering.store import clear, default_folder

    folder = default_folder()
    click.echo(f"Removed {size(clear(folder))} of earlier renders from {folder}")
    ctx.exit()


def _moment(second: float | None, beat: int | None) -> str:
    """The moment that was asked for, as a part of a file name; empty for none."""
    if second is not None and beat is not None:
        raise UsageError("--time and --beat both choose a moment: name one of them")
    if second is not None:
        return f"{second:g}s"
    return f"beat{beat}" if beat is not None else ""


def _quality(
    letter: str, resolution: tuple[int, int] | None, fps: int | None, aspect: str | None, transparent: bool
) -> Any:
    """The size and rate of a letter, with whatever was asked for instead."""
    from derivviz.rendering.quality import QUALITIES

    chosen = QUALITIES[letter]
    width, height = resolution or (chosen.width, chosen.height)
    chosen = replace(
        chosen,
        width=width,
        height=height,
        frame_rate=fps or chosen.frame_rate,
        transparent=transparent,
    )
    if aspect is None:
        return chosen
    if resolution is None:
        return chosen.shaped(aspect)
    if chosen.aspect != aspect:
        fitting = chosen.shaped(aspect)
        raise UsageError(
            f"--resolution {width}x{height} is not {aspect}: leave one of them out, "
            f"or type --resolution {fitting.width}x{fitting.height}"
        )
    return chosen


def need_manim() -> None:
    """Say what to install where manim is missing."""
    if importlib.util.find_spec("manim") is None:
        raise DerivvizError(
            "rendering needs manim, which is an extra: type  pip install 'derivviz[render]'\n"
            "(in a checkout:  make install).  'derivviz doctor' checks every part that a render needs."
        )
