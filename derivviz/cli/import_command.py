"""``derivviz import``: an old run's event files become a trace."""

from __future__ import annotations

import time
from pathlib import Path

import click

from derivviz.cli import console
from derivviz.errors import UsageError


@click.command(context_settings=console.HELP)
@click.argument("logdir", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The trace. Default: renders/LOGDIR.zarr."
)
@click.option("--run", help="Which run below LOGDIR, if there are several.")
@click.option(
    "--name", "names", multiple=True, metavar="NAME=TAG", help="Call the scalar TAG so: loss=train/loss."
)
@click.option("--overwrite", is_flag=True, help="Replace an existing trace.")
def command(
    logdir: Path, output: Path | None, run: str | None, names: tuple[str, ...], overwrite: bool
) -> None:
    """Read event files of TensorBoard into a trace.

    LOGDIR is the folder that TensorBoard was pointed at, or one event file. Scalars and histograms are read; figures
    look for a scalar called loss.
    """
    began = time.perf_counter()
    path = Path("renders") / f"{logdir.resolve().name}.zarr" if output is None else output
    called = dict(_pair(word) for word in names)
    from derivviz.integrations.tensorboard import import_events
    from derivviz.trace import open_trace

    with console.progress(f"Reading {logdir}", "bytes") as bar:
        import_events(logdir, path, run=run, names=called, overwrite=overwrite, progress=bar)
    trace = open_trace(path)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    seconds = time.perf_counter() - began
    for what, why in trace.attrs["skipped"].items():
        if what.startswith(tuple(trace.attrs["files"])):
            click.echo(f"Warning: {what}: {why}.", err=True)
    click.echo(
        f"{path}: {console.size(size)}, {len(trace.steps)} steps, {len(trace.keys())} series, "
        f"{len(trace.snapshot_steps)} snapshots in {seconds:.1f} s"
    )
    if "loss" in trace:
        click.echo(f"Next: derivviz figure loss --trace {path}")
    else:
        click.echo(
            "No scalar is called loss: with --name loss=TAG one is, and 'derivviz figure loss' draws it."
        )


def _pair(word: str) -> tuple[str, str]:
    name, equals, tag = word.partition("=")
    if not (name and equals and tag):
        raise UsageError(f"--name {word}: it is NAME=TAG, for example --name loss=train/loss")
    return name, tag
