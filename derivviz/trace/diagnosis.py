"""How a run's numbers grew, in which layers, and how far each step went: read off its trace alone.

Where :mod:`derivviz.trace.health` names what is probably wrong, a diagnosis measures: the size of each
layer's output, the power of its input that an activation makes of it, dead and exploded units, the step
that each parameter really took, and how sure the network is of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.health import EXPLODING, USUAL_RATIO, Examination
from derivviz.trace.powers import powers
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot
from derivviz.trace.store import Array
from derivviz.trace.units import FEWEST_SAMPLES, dead_share

# A probability above this is one-hot: the gradient p − y of the cross-entropy at the logits is then below
# a thousandth, or above 0.999 where the class is wrong. Our choice.
ONE_HOT = 0.999
_LOOKED_AT = 4  # snapshots, from either end


def diagnose(trace: Trace, examination: Examination | None = None) -> dict[str, Any]:
    """Measure a run. What the trace does not hold is left out or None; JSON can say all of it.

    Parameters
    ----------
    examination : of the same trace, if there is one already; it has read the statistics

    Returns
    -------
    steps : how many steps it was made of
    layers
        of each module its ``rms_first`` and ``rms_last`` (of the first and last step in which it is finite),
        ``growth`` (their ratio), ``rms_largest``, ``lost`` (first step without a finite value), and of
        its recorded units the share that is ``dead`` (zero for every sample) or ``exploded`` (rms over the
        samples at least 100, and 100 times that of the first layer's output, or not finite), at the first
        and at the last snapshot; where it has few samples, at the next ones as well
    powers : see :func:`derivviz.trace.powers.powers`
    parameters
        of each its ``shape``, ``lr``, ``factor``, ``effective`` (lr · factor) and ``ratio`` (norm of the update / norm
        of the parameter), each as [smallest, median, largest] over the steps
    output
        ``rms_first``, ``rms_last`` of the network's outputs, and of the ``pictures`` looked at the share whose
        largest softmax probability exceeds 0.999, ``one_hot_first`` and ``one_hot_last``
    first_nonfinite : the tensor and the step in which NaN or infinity first appeared
    thresholds : the numbers that shares were counted by
    """
    looked = Examination(trace) if examination is None else examination
    lost = looked.first_nonfinite()
    rms = {name.partition("/")[2]: values for name, values in looked.rms.items()}
    return {
        "steps": len(trace.steps),
        "layers": _layers(trace, rms),
        "powers": powers(trace, rms),
        "parameters": _parameters(trace, looked),
        "output": _output(trace),
        "first_nonfinite": None if lost is None else asdict(lost),
        "thresholds": {"exploded": EXPLODING, "one_hot": ONE_HOT, "usual_ratio": USUAL_RATIO},
    }


def sentences(diagnosis: dict[str, Any]) -> list[str]:
    """What is most worth knowing of it, in words: a line each, none where there is nothing to say."""
    told = []
    lost = diagnosis["first_nonfinite"]
    if lost:
        told.append(f"NaN or infinity first in {lost['where']}, step {lost['step']}.")
        gone = [layer for layer in diagnosis["layers"] if layer["lost"] is not None]
        if gone and not lost["where"].startswith("activation/"):
            first = min(gone, key=lambda layer: layer["lost"])
            told.append(
                f"The first layer without a finite output: {first['name']}, from step {first['lost']} on."
            )
    layers = [layer for layer in diagnosis["layers"] if layer["rms_last"]]
    if layers:
        largest = max(layers, key=lambda layer: layer["rms_largest"])
        grown = f", {largest['growth']:.3g} times the first" if largest["growth"] else ""
        told.append(
            f"Largest output: {largest['name']}, rms {largest['rms_first']:.3g} in the first step and "
            f"{largest['rms_last']:.3g} in the last{grown}."
        )
    for power in diagnosis["powers"]:
        if power["exponent"] is not None and (power["reference"] or {}).get("exponent") == 2:
            told.append(
                f"{power['name']} squares what it gets: rms(a) ~ rms(z)^{power['exponent']:.2f} "
                f"for rms(z) from {power['input_rms'][0]:.3g} to {power['input_rms'][1]:.3g}."
            )
    for what in ("dead", "exploded"):
        worst = max(diagnosis["layers"], key=lambda layer: layer[f"{what}_last"] or 0, default=None)
        if worst and (worst[f"{what}_last"] or 0) > 0:
            told.append(
                f"Of the units of {worst['name']}, {worst[f'{what}_last']:.0%} are {what} at the end."
            )
    # Biases begin at 0 and are few; a layer is judged by its weights.
    steps = [p for p in diagnosis["parameters"] if p["ratio"] and len(p["shape"] or ()) > 1]
    if steps:
        far = max(steps, key=lambda p: p["ratio"][1])
        told.append(
            f"Longest steps: {far['name']}, {far['ratio'][1]:.2g} of its norm (median; "
            f"{USUAL_RATIO:g} is usual)."
        )
    output = diagnosis["output"]
    if output and output["one_hot_last"] is not None:
        told.append(
            f"Softmax is one-hot (p > {ONE_HOT:g}) for {output['one_hot_last']:.0%} of the {output['of']}."
        )
    return told


def _layers(trace: Trace, rms: dict[str, Array]) -> list[dict[str, Any]]:
    types = {module["name"]: module.get("type") for module in trace.modules}
    order = {name: n for n, name in enumerate(types)}
    units = _units(trace)
    found = []
    for name in sorted(rms, key=lambda name: order.get(name.partition("#")[0], len(order))):
        values = rms[name]
        seen = np.flatnonzero(np.isfinite(values))
        first, last = (float(values[seen[n]]) if len(seen) else None for n in (0, -1))
        gone = np.flatnonzero(~np.isfinite(values[seen[-1] :])) + seen[-1] if len(seen) else []
        found.append(
            {
                "name": name,
                "type": types.get(name.partition("#")[0]),
                "rms_first": first,
                "rms_last": last,
                "growth": last / first if first and last is not None else None,
                "rms_largest": float(np.nanmax(values)) if len(seen) else None,
                "lost": int(trace.steps[gone[0]]) if len(gone) else None,
                **{
                    f"{what}_{end}": units[end][what].get(name)
                    for what in ("dead", "exploded")
                    for end in units
                },
            }
        )
    return found


def _units(trace: Trace) -> dict[str, dict[str, dict[str, float]]]:
    """Shares of dead and of exploded units by layer, at the first and at the last snapshots."""
    ends = {"first": trace.snapshot_steps, "last": trace.snapshot_steps[::-1]}
    return {end: unit_shares(_pooled(trace, steps)) for end, steps in ends.items()}


def _pooled(trace: Trace, steps: Array) -> dict[str, Array]:
    """Outputs of each layer in the first of these snapshots, and in the next ones where it has too few samples."""
    shots: list[Snapshot] = []
    for step in steps[:_LOOKED_AT]:
        shots.append(trace.snapshot(int(step)))
        if sum(shot.samples for shot in shots) >= FEWEST_SAMPLES:
            break
    names = list(shots[0].activation) if shots else []
    return {name: np.concatenate([shot.activation[name] for shot in shots]) for name in names}


def unit_shares(outputs: Mapping[str, Array]) -> dict[str, dict[str, float]]:
    """Shares of the recorded units of each layer that are ``dead``, and ``exploded`` [1].

    Parameters
    ----------
    outputs : of each layer, in their order, shape (sample, unit)
    """
    dead: dict[str, float] = {}
    exploded: dict[str, float] = {}
    base: float | None = None
    for name, recorded in outputs.items():
        values = recorded.astype(np.float64)
        if values.ndim != 2 or not values.size:
            continue
        with np.errstate(all="ignore"):
            size = np.sqrt(np.mean(values**2, axis=0))
        if base is None:
            base = float(np.sqrt(np.mean(size**2)))
        limit = EXPLODING * max(1.0, base) if np.isfinite(base) else EXPLODING
        exploded[name] = float((~(size < limit)).mean())
        if len(values) >= FEWEST_SAMPLES:
            dead[name] = dead_share(values)
    return {"dead": dead, "exploded": exploded}


def _parameters(trace: Trace, looked: Examination) -> list[dict[str, Any]]:
    found = []
    for about in trace.parameters:
        name = about["name"]
        lr, factor = _series(trace, f"lr/{name}"), _series(trace, f"lr_factor/{name}")
        weight, update = looked.norm.get(f"param/{name}"), looked.norm.get(f"update/{name}")
        with np.errstate(all="ignore"):
            # A bias begins at 0, and a frozen weight or a skipped step has no update: neither has a ratio.
            ratio = (
                None if weight is None or update is None else np.where(update > 0, update / weight, np.nan)
            )
        told = {
            "lr": _range(lr),
            "factor": _range(factor),
            "effective": _range(None if lr is None or factor is None else lr * factor),
            "ratio": _range(ratio),
        }
        if any(told.values()):
            found.append({"name": name, "shape": about.get("shape"), **told})
    return found


def _series(trace: Trace, key: str) -> Array | None:
    return np.asarray(trace[key]) if key in trace else None


def _range(values: Array | None) -> list[float] | None:
    """Smallest, median and largest of the finite values."""
    finite = values[np.isfinite(values)] if values is not None else np.zeros(0)
    return [float(finite.min()), float(np.median(finite)), float(finite.max())] if len(finite) else None


def _output(trace: Trace) -> dict[str, Any] | None:
    """The size of the logits, and how many softmax probabilities are all but 0 and 1."""
    steps = trace.snapshot_steps
    kept = len(steps) and "snapshot/output" in trace.arrays
    ends = [trace.snapshot(int(steps[n])).output for n in (0, -1)] if kept else []
    told: dict[str, Any] = {}
    for end, logits in zip(("first", "last"), ends, strict=False):
        finite = logits[np.isfinite(logits)].astype(np.float64)
        told[f"rms_{end}"] = float(np.sqrt(np.mean(finite**2))) if len(finite) else None
    told |= _one_hot(trace, ends)
    return told or None


def _one_hot(trace: Trace, ends: list[Array]) -> dict[str, Any]:
    """Of held-out pictures, if there are; else of the batches of the first and last snapshot, if they had classes."""
    try:
        found = trace.evaluation
        if found.probabilities.shape[2] < 2:  # no classes: the field of a discriminator, say
            return {"of": None, "pictures": None, "one_hot_first": None, "one_hot_last": None}
        pairs, of = [found.probabilities[0], found.probabilities[-1]], "held-out pictures"
    except MissingSeriesError:
        if "snapshot/target" not in trace.arrays or not ends or ends[0].ndim != 2 or ends[0].shape[1] < 2:
            return {"of": None, "pictures": None, "one_hot_first": None, "one_hot_last": None} if ends else {}
        pairs, of = [_softmax(logits) for logits in ends], "last recorded batch"
    shares = [_share(p) for p in pairs]
    return {"of": of, "pictures": len(pairs[-1]), "one_hot_first": shares[0], "one_hot_last": shares[1]}


def _share(probabilities: Array) -> float | None:
    """Share of the rows with a probability above `ONE_HOT`, of those that are finite."""
    finite = probabilities[np.isfinite(probabilities).all(axis=1)]
    return float((finite.max(axis=1) > ONE_HOT).mean()) if len(finite) else None


def _softmax(logits: Array) -> Array:
    with np.errstate(all="ignore"):
        exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
