"""``derivviz record``: train a network and record every step of it."""

from __future__ import annotations

import time
from pathlib import Path

import click

from derivviz import library
from derivviz.cli import console
from derivviz.cli.grown import GrownCommand, typed
from derivviz.errors import DerivvizError
from derivviz.runs import Progress, Request, check_preset, load, path_of, summaries, takes

NOT_OF_ALL = ("data", "preset", "epochs", "no_cache")


class _RecordCommand(GrownCommand):
    @staticmethod
    def entry(name: str) -> library.Entry:
        return library.read(path_of(name))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        entry: library.Entry | None = ctx.meta.get("entry")
        if entry is None:
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(f"{entry.title['en']}.")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All of them; once a run is named those that it takes, in its own words."""
        entry: library.Entry | None = ctx.meta.get("entry")
        told = dict.fromkeys(NOT_OF_ALL, "") if entry is None else takes(entry.name)
        lines = []
        for option in self.get_params(ctx):
            line = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if line is not None and (option.name not in NOT_OF_ALL or option.name in told):
                lines.append((line[0], told.get(option.name or "") or line[1]))
        with formatter.section("Options"):
            formatter.write_dl(lines)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if "entry" in ctx.meta:
            return
        with formatter.section("Runs"):
            formatter.write_dl([(name.replace("_", "-"), told) for name, told in summaries().items()])
        formatter.write_paragraph()
        formatter.write_text("'derivviz record RUN --help' lists what a run takes.")


@click.command(cls=_RecordCommand, context_settings=console.HELP)
@click.argument("run")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="What to learn from; each run has its own kind. Default: what it brings itself.",
)
@click.option("--preset", help="A way to train that has a name, where the run has some.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the data, for runs that count in them.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The trace. Default: renders/RUN.zarr.")
@click.option("--overwrite", is_flag=True, help="Replace an existing trace.")
@click.option(
    "--snapshot-every", type=click.IntRange(1), help="Steps from one snapshot of exact values to the next."
)
@click.option("--no-cache", is_flag=True, help="Decode the pictures anew, and keep none for the next run.")
@click.pass_context
def command(
    ctx: click.Context,
    run: str,
    data: Path | None,
    preset: str | None,
    seed: int,
    epochs: int | None,
    output: Path | None,
    overwrite: bool,
    snapshot_every: int | None,
    no_cache: bool,
    **parameters: str | None,
) -> None:
    """Train a network and record every step of it.

    'derivviz record food' trains the food recommender on the toy sample that comes along, with --data on
    pictures of your own.
    """
    from derivviz.parameters import fill

    path = Path("renders") / f"{run}.zarr" if output is None else output
    module = load(run)
    check_preset(preset, getattr(module, "PRESETS", ()), run)
    _refuse_existing(path, overwrite)
    own = fill(module.Parameters, typed(ctx, parameters)) if hasattr(module, "Parameters") else None
    cache = None if data is None or no_cache else _cache()
    request = Request(path, data, preset, seed, epochs, snapshot_every, overwrite, own, cache)
    start = time.monotonic()
    done = 0
    try:
        with console.progress(f"Training {run}", "steps") as bar:

            def step(now: int, total: int, epoch: int, loss: float) -> None:
                nonlocal done
                done = now
                bar(now, total)

            outcome = module.train(request, Progress(say=lambda line: click.echo(line, err=True), step=step))
    except KeyboardInterrupt:
        if done:
            click.echo(
                f"Interrupted after {done} steps. What was recorded until then can be read: {path}", err=True
            )
        else:
            click.echo("Interrupted before the first step.", err=True)
        raise click.exceptions.Exit(130) from None
    seconds = time.monotonic() - start
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    click.echo(f"{path}: {console.size(size)}, {outcome.steps} steps in {seconds:.0f} s")
    click.echo(outcome.result)
    for line in _diagnosis(path):
        click.echo(line)
    click.echo(f"Next: {outcome.next_command}")


def _cache() -> Path:
    from derivviz.learning.cache import default_folder

    return default_folder()


def _diagnosis(path: Path) -> list[str]:
    """What the run found out about its own numbers, if it did."""
    from derivviz.trace import open_trace
    from derivviz.trace.diagnosis import sentences

    found = open_trace(path).attrs.get("diagnosis")
    return sentences(found) if isinstance(found, dict) else []


def _refuse_existing(path: Path, overwrite: bool) -> None:
    """Say so before minutes of work, not after."""
    from derivviz.trace.writer import is_trace

    if is_trace(path) and not overwrite:
        raise DerivvizError(f"There is already a trace at {path}. Add --overwrite to replace it, or -o PATH.")
