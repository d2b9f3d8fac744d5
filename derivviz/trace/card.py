"""A trace in short, as a notebook shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from derivviz.markup import table
from derivviz.trace.errors import printable

if TYPE_CHECKING:
    from derivviz.trace.reader import Trace

_FACTS = ("created", "command", "seed", "device", "optimizer")
_LONGEST = 80  # characters of a fact
_LOGGED = 12  # series, at the most


def card(trace: Trace) -> str:
    """HTML: where the run comes from, and the first and last value of each series that the loop logged."""
    steps = trace.steps
    span = f", from {steps[0]} to {steps[-1]}" if len(steps) else ""
    facts = [("steps", f"{len(steps)}{span}"), ("snapshots", str(len(trace.snapshot_steps)))]
    facts += [(name, _short(trace.attrs[name])) for name in _FACTS if trace.attrs.get(name) is not None]
    facts.append(("tensors", str(len(trace.tensors()))))
    logged = [(key, *_ends(trace, key)) for key in trace.logged[:_LOGGED]]
    told = table(f"Trace {printable(trace.path)}", (), facts)
    return told + (table("Logged", ("key", "first", "last"), logged) if logged else "")


def _short(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _ends(trace: Trace, key: str) -> tuple[str, str]:
    values = trace[key]
    known = values[np.isfinite(values)]
    return (f"{known[0]:.4g}", f"{known[-1]:.4g}") if len(known) else ("–", "–")
