"""``derivviz slides``: lessons as slides, one a sentence, for manim-slides to present and to convert."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, progress
from derivviz.cli.grown import GrownCommand, typed
from derivviz.cli.render import need_manim
from derivviz.errors import DerivvizError, UsageError

FORMATS = ("html", "pptx", "pdf", "zip")


class _SlidesCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        return library.read(library.find("scenes", name))


@click.command(cls=_SlidesCommand, context_settings=HELP)
@click.argument("lessons", nargs=-1, required=True, metavar="LESSON...")
@click.option(
    "-q",
    "--quality",
    type=click.Choice(list("lmhpk")),
    default="h",
    show_default=True,
    help="480p15, 720p30, 1080p60, 1440p60 or 2160p60.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("slides"), help="Folder of slides."
)
@click.option("--to", "kind", type=click.Choice(FORMATS), help="Also convert them, into one file.")
@click.option("--present", is_flag=True, help="Present them at once.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Language.")
@click.option(
    "--theme", type=click.Choice(["dark", "paper"]), default="dark", show_default=True, help="Colours."
)
@click.option("--trace", type=click.Path(), help="Recorded run that the lessons teach from.")
@click.option(
    "--captions/--no-captions",
    default=False,
    show_default=True,
    help="Draw each sentence; the speaker's notes have it anyway.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes that draw at a time; default: one a core.")
@click.pass_context
def command(
    ctx: click.Context,
    lessons: tuple[str, ...],
    quality: str,
    output: Path,
    kind: str | None,
    present: bool,
    lang: str,
    theme: str,
    trace: str | None,
    captions: bool,
    workers: int | None,
    **parameters: Any,
) -> None:
    """Make slides of LESSONs: one a sentence, which is in the speaker's notes.

    They are written in the format of manim-slides, which presents them and converts them:
    'manim-slides --folder slides present NAME'.
    """
    chosen = typed(ctx, parameters)
    if len(lessons) > 1 and chosen:
        raise UsageError(f"--{next(iter(chosen))} belongs to one lesson: make the slides of each by itself")
    paths = [library.find("scenes", lesson) for lesson in lessons]
    _need_manim_slides(kind, present)
    need_manim()
    from derivviz.animation.stage import Stage
    from derivviz.look.theme import THEMES
    from derivviz.publishing.slides import slides
    from derivviz.publishing.talk import of_lesson
    from derivviz.rendering.quality import QUALITIES
    from derivviz.rendering.render import find_scene, render
    from derivviz.rendering.store import default_folder

    stage = Stage("ko" if lang == "ko" else "en", THEMES[theme], captions, trace, chosen)
    names = []
    for path in paths:
        variant = "".join(f".{word}" for word in (lang, theme) if word not in ("en", "dark"))
        names.append(f"{path.stem}{variant}")
        with tempfile.TemporaryDirectory(prefix="derivviz-") as place:
            with progress(f"Rendering {path.stem}", "frames") as tell:
                scene = find_scene(library.load(path))
                film = Path(place, "film.mp4")
                made = render(
                    scene,
                    film,
                    QUALITIES[quality],
                    stage,
                    workers=workers,
                    cache=default_folder(),
                    progress=tell,
                )
            for problem in made.plan.problems:
                click.echo(f"Warning: {path.name}: {problem}", err=True)
            talk = of_lesson(library.read(path), made, stage)
            background = stage.theme.background
            with progress(f"Cutting {path.stem}", "slides") as tell:
                file = slides(film, talk, output, names[-1], QUALITIES[quality], background, tell)
        click.echo(f"{file}  ({len(talk.beats)} slides)")
    if kind:
        whole = output / f"{names[0] if len(names) == 1 else 'slides'}.{kind}"
        _convert(output, kind, names, whole)
        click.echo(str(whole))
    if present:
        ctx.exit(_manim_slides("present", "--folder", str(output), *names).returncode)


def _convert(folder: Path, kind: str, names: list[str], whole: Path) -> None:
    done = _manim_slides("convert", "--folder", str(folder), "--to", kind, *names, str(whole), quiet=True)
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise DerivvizError(
            f"manim-slides could not write {whole}: {told[-1] if told else 'it did not say why'}"
        )


def _manim_slides(*words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Call manim-slides as a user would."""
    return subprocess.run([sys.executable, "-m", "manim_slides", *words], capture_output=quiet, text=True)


def _need_manim_slides(kind: str | None, present: bool) -> None:
    """Say before anything is drawn what is missing to convert or to present."""
    if (kind or present) and importlib.util.find_spec("manim_slides") is None:
        what = "--present" if present else f"--to {kind}"
        raise DerivvizError(
            f"{what} is done by manim-slides, which is an extra: type  pip install 'derivviz[slides]'"
        )
    if present and not any(importlib.util.find_spec(name) for name in ("PySide6", "PyQt6")):
        raise DerivvizError("to present, manim-slides needs Qt: type  pip install 'manim-slides[pyside6]'")
