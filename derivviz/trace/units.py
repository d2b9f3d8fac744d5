"""Units that say nothing: dead ones, and activations that are stuck at their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from derivviz.trace.reader import Trace
from derivviz.trace.store import Array

Kind = Literal["nonfinite", "exploding", "vanishing", "dead", "saturated", "update-ratio"]
KINDS: tuple[Kind, ...] = ("nonfinite", "exploding", "vanishing", "dead", "saturated", "update-ratio")

# Share of a layer's units: default of the rule DeadRelu of Amazon SageMaker Debugger.
DEAD = 0.5
# |tanh| > 0.97 (Karpathy, "Building makemore", part 3), as a share of the activation's range; how many
# values must be there is our choice: most of them.
SATURATED, MOSTLY = 0.015, 0.5
_BOUNDS = {
    **{"Tanh": (-1.0, 1.0), "Softsign": (-1.0, 1.0), "Hardtanh": (-1.0, 1.0)},
    **{"Sigmoid": (0.0, 1.0), "Hardsigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0)},
}
_LAST_SNAPSHOTS = 3
FEWEST_SAMPLES = 16  # with fewer, a unit may well be silent by chance


@dataclass(frozen=True)
class Finding:
    """Something that is probably wrong.

    Attributes
    ----------
    kind
        nonfinite, exploding, vanishing, dead, saturated or update-ratio.
    where
        ``KIND/NAME`` of the tensor, or the key of what was logged.
    step
        The step in which it is first seen.
    value
        The number that is out of bounds: what it counts or compares, the sentence says.
    sentence
        All of it in words.
    """

    kind: Kind
    where: str
    step: int
    value: float
    sentence: str


def units(trace: Trace) -> Iterator[Finding]:
    """Dead and saturated units, of the last snapshots: what is wrong in all of them stays wrong."""
    steps = trace.snapshot_steps[-_LAST_SNAPSHOTS:]
    snapshots = [trace.snapshot(int(step)) for step in steps]
    names = list(snapshots[0].activation) if snapshots else []
    values = {name: np.concatenate([s.activation[name] for s in snapshots]) for name in names}
    values = {name: v for name, v in values.items() if v.ndim == 2 and v.size and len(v) >= FEWEST_SAMPLES}
    dead: dict[str, float] = {}
    for name, value in values.items():
        # A module that is called several times is as dead as its liveliest call: the state of a recurrent
        # network begins at zero.
        module = name.partition("#")[0]
        dead[module] = min(dead_share(value), dead.get(module, 1.0))
    upstream = 0.0
    for name, share in dead.items():
        # What follows a dead layer is silent too; the one that fell silent first is named.
        if share >= DEAD > upstream:
            width = next(value.shape[1] for call, value in values.items() if call.partition("#")[0] == name)
            told = f"{share:.0%} of the {width} recorded units of {name} are zero for every sample"
            yield _finding("dead", name, share, told, steps)
        upstream = share
    types = {module["name"]: str(module.get("type")) for module in trace.modules}
    for name in names[:-1]:  # the last layer is meant to be sure of itself
        bounds = _bounds(types.get(name.partition("#")[0], ""), trace.attrs, name)
        if name not in values or bounds is None or dead[name.partition("#")[0]] >= DEAD:
            continue
        low, high, most = bounds
        share = _outermost(values[name], low, high)
        if share >= most:
            told = f"{share:.0%} of the values of {name} lie at its bounds, {low:g} and {high:g}"
            yield _finding("saturated", name, share, told, steps)


def dead_share(values: Array) -> float:
    """Share of the units that are zero for every sample; values of shape (sample, unit)."""
    return float((values == 0).all(axis=0).mean())


def _finding(kind: Kind, name: str, share: float, told: str, steps: Array) -> Finding:
    numbers = [str(step) for step in steps]
    where = f"step {numbers[0]}"
    if len(numbers) > 1:
        where = f"the snapshots of steps {', '.join(numbers[:-1])} and {numbers[-1]}"
    return Finding(kind, f"activation/{name}", int(steps[0]), share, f"{told} in {where}.")


def _outermost(values: Array, low: float, high: float) -> float:
    """Share of the values within `SATURATED` of the range of a bound."""
    edge = SATURATED * (high - low)
    return float(((values <= low + edge) | (values >= high - edge)).mean())


def _bounds(kind: str, attributes: Mapping[str, Any], name: str) -> tuple[float, float, float] | None:
    """Between which values an activation lies, and the share at them that is too much; None without bounds."""
    if kind != "DerivativeActivation":
        return (*_BOUNDS[kind], MOSTLY) if kind in _BOUNDS else None
    activations = attributes.get("activations")
    about = activations.get(name) if isinstance(activations, dict) else None
    if not isinstance(about, dict) or about.get("preset") != "stable":
        return None
    return (
        0.0,
        1.0,
        0.5 + MOSTLY / 2,
    )  # half of its units are silent by design; most of the other half is too much
