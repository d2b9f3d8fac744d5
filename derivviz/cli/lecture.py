"""``derivviz lecture``: lessons strung together into one film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from derivviz import library
from derivviz.cli.console import HELP, progress, size
from derivviz.cli.render import ASPECTS, need_manim
from derivviz.errors import UsageError


@click.command(context_settings=HELP)
@click.argument("lecture")
@click.option(
    "-q", "--quality", type=click.Choice(list("lmhpk")), help="As for render; default: the lecture's."
)
@click.option(
    "--aspect",
    type=click.Choice(ASPECTS),
    help="Shape of the film, which all its lessons must be laid out for; default: the lecture's.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write in; default: renders.")
@click.option(
    "--lang", type=click.Choice(["en", "ko"]), multiple=True, help="Language; default: those of the lecture."
)
@click.option("--theme", type=click.Choice(["dark", "paper"]), help="Colours; default: those of the lecture.")
@click.option(
    "--captions/--no-captions", default=None, help="Draw the sentences; default: as the lecture says."
)
@click.option("--strict", is_flag=True, help="Make a failed claim or layout check an error.")
@click.option(
    "--locked", is_flag=True, help="Make the very bytes that the lock beside the film says, or nothing."
)
@click.option(
    "--cache/--no-cache",
    default=True,
    show_default=True,
    help="Take what did not change from earlier renders; --locked never does.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes that draw at a time; default: one a core.")
@click.option("-p", "--preview", is_flag=True, help="Open the film when it is done.")
def command(
    lecture: str,
    output: Path | None,
    lang: tuple[str, ...],
    strict: bool,
    locked: bool,
    cache: bool,
    workers: int | None,
    preview: bool,
    **chosen: Any,
) -> None:
    """Make one film of the lessons that LECTURE strings together: a name that 'derivviz list' shows, or a TOML file.

    Beside the film go subtitles, a list of chapters, a transcript, a storyboard, a poster, and a lock: versions
    and hashes from which the same bytes come out again. docs/lectures.md describes the file.
    """
    path = library.find("lectures", lecture)
    from derivviz.publishing.lecture import read

    told = replace(read(path), **{key: value for key, value in chosen.items() if value is not None})
    if output is not None and (output.is_file() or output.suffix):
        raise UsageError(f"-o {output}: a lecture is several files; name a folder for them")
    need_manim()
    from derivviz.publishing.make import make
    from derivviz.publishing.production import Production
    from derivviz.rendering.crew import cores
    from derivviz.rendering.store import default_folder

    for language in lang or told.languages:
        words = {language: "en", told.theme: "dark", told.aspect.replace(":", "x"): "16x9"}
        variant = "".join(f".{word}" for word, usual in words.items() if word != usual)
        film = (output or Path("renders")) / f"{path.stem}{variant}.mp4"
        with progress(f"Rendering {film.stem}", "frames") as tell:
            made = make(
                Production(told, "ko" if language == "ko" else "en"),
                film,
                workers=workers or cores(),
                strict=strict,
                locked=locked,
                cache=default_folder() if cache and not locked else None,
                progress=tell,
            )
        for problem in made.problems:
            click.echo(f"Warning: {problem}", err=True)
        if made.differs:
            click.echo("Note: not as the earlier lock said (then → now):", err=True)
            for difference in made.differs:
                click.echo(f"  {difference}", err=True)
        for file in made.files:
            length = f", {made.duration:.1f} s long" if file == film else ""
            click.echo(f"{file}  ({size(file.stat().st_size)}{length})")
        if preview:
            click.launch(str(film))
