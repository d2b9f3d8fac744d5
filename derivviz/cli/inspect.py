"""``derivviz inspect``: what is in a trace, where it comes from, and what is wrong with the run."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from derivviz.cli.console import HELP, size
from derivviz.cli.diagnosis import show_diagnosis
from derivviz.cli.printing import grid, line, number, shape, short, table

if TYPE_CHECKING:
    from rich.console import Console


@click.command(context_settings=HELP)
@click.argument("trace")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def command(trace: str, as_json: bool) -> None:
    """Show what is in TRACE, a recorded run: a folder or a URL (s3://, gs://, https://).

    Its tables and their size, where it comes from, how large the output of each layer grew and how far each
    parameter stepped, where it first lost finite numbers, and what else looks wrong: exploding or vanishing
    gradients, dead or saturated units, updates that are too large or too small.
    """
    from derivviz.trace import open_trace
    from derivviz.trace.summary import summarize

    told = summarize(open_trace(trace))
    if as_json:
        click.echo(json.dumps(plain(told), ensure_ascii=True, indent=2))
    else:
        show(told)


def plain(value: Any) -> Any:
    """`value` without the NaN and infinities that JSON has no word for."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


def show(told: dict[str, Any]) -> None:
    """Print a summary for people."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    console.print(line(told["path"], "bold"))
    on_disk = f"{size(told['bytes'])} in {told['files']} files, " if told["files"] else ""
    console.print(f"{on_disk}layout version {told['version']}")
    _facts(console, told)
    _tables(console, told)
    _missing(console, told)
    show_diagnosis(console, told["diagnosis"])
    _health(console, told)


def _facts(console: Console, told: dict[str, Any]) -> None:
    source = told["provenance"]
    rows: list[tuple[str, Any]] = [("steps", _steps(told["steps"]))]
    if told["seconds"] is not None:
        took = f"{_time(told['seconds'])}"
        if told["recorder_share"] is not None:
            took += f", of which the recorder {told['recorder_share']:.1%}"
        rows.append(("time", took))
    if told["ranks"] != [0]:
        rows.append(("ranks", ", ".join(map(str, told["ranks"]))))
    if len(told["sessions"]) > 1:
        rows.append(("sessions", f"{len(told['sessions'])}: it was resumed"))
    rows += [(key, source[key]) for key in ("created", "command", "seed", "device", "optimizer")]
    versions = source["versions"]
    if isinstance(versions, dict):
        rows.append(("versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    rows += [(key, _hash(source[name])) for key, name in (("git", "git"), ("data hash", "data_hash"))]
    rows += [(key, value) for key, value in told["notes"].items() if isinstance(value, str | int | float)]
    console.print(grid([(key, short(value)) for key, value in rows if value is not None and value != ""]))


def _tables(console: Console, told: dict[str, Any]) -> None:
    keys = {entry["key"] for entry in told["logged"]}
    groups = [
        (
            group["name"],
            "" if group["rows"] is None else str(group["rows"]),
            size(group["bytes"]) if told["files"] else "",
            _what(group, keys),
        )
        for group in told["groups"]
    ]
    table(console, "Tables", ("table", "rows", "on disk", "holds"), groups, right=(1, 2))
    logged = [
        (entry["key"], *(number(entry[name]) for name in ("first", "last", "min", "max")))
        for entry in told["logged"]
    ]
    table(console, "Logged", ("key", "first", "last", "min", "max"), logged, right=(1, 2, 3, 4))
    shapes = {p["name"]: shape(p.get("shape")) for p in told["parameters"]}
    modules = []
    for module in told["modules"]:
        own = module.get("parameters")
        names = [f"{module['name']}.{name}" if module["name"] else str(name) for name in own or []]
        weights = ", ".join(shapes[name] for name in names if name in shapes)
        modules.append(
            (module["name"] or ".", str(module.get("type", "")), shape(module.get("output_shape")), weights)
        )
    title = f"Modules  ({told['elements']:,} parameters; statistics of {told['tensors']} tensors)"
    table(console, title, ("module", "type", "output of one sample", "parameters"), modules)


def _missing(console: Console, told: dict[str, Any]) -> None:
    lines = []
    for key, value in told["not_recorded"].items():
        what = {"skipped": "Skipped", "left_out": "Left out, for want of room", "stopped": "Stopped early"}[
            key
        ]
        lines.append(
            (
                what,
                short(", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value),
            )
        )
    if told["not_understood"]:
        names = ", ".join(told["not_understood"])
        lines.append(("Not understood", short(f"{names} (written by a newer version)")))
    if lines:
        console.print()
        console.print(line("Not recorded", "bold"))
        console.print(grid(lines))


def _health(console: Console, told: dict[str, Any]) -> None:
    console.print()
    console.print(line("Health", "bold"))
    rows = [] if told["first_nonfinite"] else [("finite", "No value that was looked at is NaN or infinite.")]
    if not told["health"]:
        rows.append(("", "Nothing looks wrong."))
    kinds: dict[str, list[str]] = {}
    for finding in told["health"]:
        kinds.setdefault(finding["kind"], []).append(finding["sentence"])
    for kind, sentences in kinds.items():
        rows += [(kind if n == 0 else "", sentence) for n, sentence in enumerate(sentences[:3])]
        if len(sentences) > 3:
            rows.append(("", f"… and {len(sentences) - 3} more; --json lists them"))
    console.print(grid(rows))


def _what(group: dict[str, Any], logged: set[str]) -> str:
    """What a table holds: its arrays with their further dimensions and units, its sub-groups with a count."""
    name, told, below = group["name"], [], Counter[str]()
    for array in group["arrays"]:
        parents = array["path"].split("/")[1:-1]
        rows, *others = [f"{dim} {count}" for dim, count in array["dims"]] or [""]
        if rows.partition(" ")[0] not in ("step", "snapshot", "epoch") or array["path"] == f"{name}/step":
            continue  # labels
        if parents:
            below[parents[0]] += array["name"] != "step"
        elif array["name"] not in logged:
            shape, units = f" ({' × '.join(others)})" if others else "", array["units"]
            told.append(f"{array['name']}{shape}{f' [{units}]' if units else ''}")
    told += [f"{part} of {count}" for part, count in below.items()]
    if name.startswith("rank"):
        return "a trace of its own, of that rank"
    return ", ".join(told) or short(group["files"], 60)


def _hash(value: object) -> str:
    return f"{str(value).removeprefix('sha256:')[:12]}…" if value else ""


def _steps(span: dict[str, Any]) -> str:
    return f"{span['count']}, from {span['first']} to {span['last']}" if span["count"] else "none yet"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
    )
