"""``derivviz export``: the step table of a trace as a file for other tools."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivviz.cli.console import HELP, size
from derivviz.cli.files import target
from derivviz.errors import DerivvizError, UsageError

if TYPE_CHECKING:
    from derivviz.trace import Trace

FORMATS = ("csv", "parquet", "npz")


@click.command(context_settings=HELP)
@click.argument("trace")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: that of -o, or csv.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or a folder.")
@click.option(
    "--keys", multiple=True, metavar="PATTERN", help="Only these, e.g. --keys loss --keys 'grad/*/norm'."
)
def command(trace: str, kind: str | None, output: Path | None, keys: tuple[str, ...]) -> None:
    """Write the step table of TRACE: a row a recorded step, a column a key.

    TRACE is a folder or a URL (s3://, gs://, https://). The keys are those of trace[key] in Python: what the
    loop logged, lr/PARAM, lr_factor/PARAM, and KIND/NAME/STAT.
    """
    from derivviz.trace import MissingSeriesError, open_trace
    from derivviz.trace.writer import is_trace

    began = time.perf_counter()
    if output is not None and is_trace(output):
        raise UsageError(f"-o {output} is a trace itself: name a file, or another folder.")
    where = target(Path(trace.rstrip("/")), output, kind, FORMATS, {})
    recorded = open_trace(trace)
    try:
        columns = recorded.columns(keys or "*")
    except MissingSeriesError as error:
        raise UsageError(f"--keys: {error}") from error
    _save(where, recorded, columns)
    shape = f"{len(recorded.steps)} steps × {len(columns)} keys"
    click.echo(
        f"{where}  ({size(where.stat().st_size)}, {shape}, made in {time.perf_counter() - began:.1f} s)"
    )


def _save(where: Path, trace: Trace, columns: dict[str, Any]) -> None:
    """Write beside the file and rename, so that there is all of it or what was there before."""
    kind = where.suffix[1:].lower()
    beside = where.with_name(f".{where.name}.{os.getpid()}.part")
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        if kind == "npz":
            _npz(beside, {"step": trace.steps, **columns})
        else:
            _frame(beside, kind, trace, columns)
        beside.replace(where)
    except OSError as error:
        raise DerivvizError(f"{where} cannot be written: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)


def _frame(path: Path, kind: str, trace: Trace, columns: dict[str, Any]) -> None:
    from derivviz.trace.conversion import need, to_pandas

    need("pandas", f"A {kind} file")
    if kind == "parquet":
        need("pyarrow", "A parquet file", "'derivviz[parquet]'")
        to_pandas(trace.steps, columns, trace.attrs).to_parquet(path, engine="pyarrow")
    else:
        to_pandas(trace.steps, columns, trace.attrs).to_csv(path)


def _npz(path: Path, columns: dict[str, Any]) -> None:
    """As ``numpy.savez`` does, which has no room for a key named ``file``."""
    from numpy.lib import format as npy

    from derivviz.trace.layout import slug

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, values in columns.items():
            # Unpacked, a member becomes a file: of names that lead elsewhere nothing is left that does.
            parts = [slug(part) if part in ("", ".", "..") else part for part in key.split("/")]
            with archive.open("/".join(parts) + ".npy", "w", force_zip64=True) as member:
                npy.write_array(member, values, allow_pickle=False)
