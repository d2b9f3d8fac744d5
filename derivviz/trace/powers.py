"""What power of its input's size an activation's output has: 2 for raw f′, 1 for a ReLU.

The input of an activation is the output of the layer before it. A trace does not say which that is, so it is
found in the values: the nearest layer of the same shape from whose recorded units those of the activation
follow as a curve of few bends, unit by unit, over the samples of a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot
from derivviz.trace.store import Array

SQUARE = 6.0  # f′(x) = −6x² − 12x + 18 is about −6x² …
LARGE = 10.0  # … from where 6x² is five times 12x; below, 18 and 12x still count
LEAST_SPAN = 2.0  # times as large as the smallest has the largest input to be, or its steps tell no power
_LINES = frozenset({"ReLU", "LeakyReLU", "Identity"})  # φ(cz) = c φ(z) for c > 0
# GELU, SiLU and f′ turn once, and so does f′ where it is cut off at its zeros.
_MOST_BENDS = 2
_FEWEST_SAMPLES = 6
_CANDIDATES = 6  # layers that are tried
_LOOKED_AT = 4  # snapshots: the last batch of an epoch may be a single sample


def powers(trace: Trace, rms: Mapping[str, Array]) -> list[dict[str, Any]]:
    """For each activation the slope of log rms(a) over log rms(z), across the steps.

    Parameters
    ----------
    rms : of the outputs of each module, shape (step,)

    Returns
    -------
    name, type, input : of the activation, and the name of its input
    exponent : least-squares slope [1]; None where the input hardly changes in size
    coefficient : median of rms(a) / rms(z)^p, with the power p of the reference
    points : steps that the slope rests on. Of raw f′ those with rms(z) ≥ 10 alone: nearer to 0 it is no square
    input_rms : smallest and largest rms(z) of those
    reference : what theory says, the exponent and, where there is one, the least coefficient: of raw f′,
        rms(6z²) = 6 √mean(z⁴) ≥ 6 rms(z)²; None of functions without a power
    """
    types = {module["name"]: str(module.get("type")) for module in trace.modules}
    found = []
    for name, source in inputs(trace).items():
        if name not in rms or source not in rms:
            continue
        kind = types.get(name.partition("#")[0], "")
        reference = _reference(kind, trace.attrs, name)
        found.append({"name": name, "type": kind, "input": source} | _fit(rms[source], rms[name], reference))
    return found


def inputs(trace: Trace) -> dict[str, str]:
    """Activation → the module whose output it takes, of those where the recorded values show it."""
    shot = _clearest(trace)
    if shot is None:
        return {}
    weighty = {module["name"] for module in trace.modules if module.get("parameters")}
    names = list(shot.activation)
    inner = {name for name in names if not any(other.startswith(f"{name}.") for other in names if name)} - {
        ""
    }
    layers = [name for name in names if name.partition("#")[0] in weighty and name in inner]
    place = {name: n for n, name in enumerate(names)}
    found = {}
    for name in names:
        if name.partition("#")[0] in weighty or name not in inner:
            continue
        values, whole = shot.activation[name], shot.shape[name]
        same = [layer for layer in layers if shot.shape[layer] == whole]
        # A layer of the model's list before the activation rather than one after it, the nearest first.
        same.sort(key=lambda layer: (place[layer] > place[name], abs(place[layer] - place[name])))
        for layer in same[:_CANDIDATES]:
            if follows(shot.activation[layer], values):
                found[name] = layer
                break
    return found


def follows(z: Array, a: Array) -> bool:
    """Whether each unit's values in `a` lie on a curve of few bends over those in `z`; (sample, unit) both."""
    if z.shape != a.shape or z.ndim != 2 or len(z) < _FEWEST_SAMPLES or not z.size:
        return False
    if not (np.isfinite(z).all() and np.isfinite(a).all()):
        return False
    order = np.argsort(z, axis=0, kind="stable")
    z, a = (np.take_along_axis(values.astype(np.float64), order, axis=0) for values in (z, a))
    step = np.diff(a, axis=0)
    step[np.abs(step) <= 1e-5 * np.maximum(np.abs(a[1:]), np.abs(a[:-1]))] = 0  # rounding
    bends = [np.count_nonzero(np.diff(signs[signs != 0])) for signs in np.sign(step).T]
    alive = np.ptp(a, axis=0) > 0
    return bool(alive.any()) and float(np.mean(np.array(bends)[alive] <= _MOST_BENDS)) > 0.9


def _clearest(trace: Trace) -> Snapshot | None:
    """Of the last snapshots without NaN and infinities in their activations, the one with the most samples."""
    found: list[Snapshot] = []
    for step in trace.snapshot_steps[::-1]:
        shot = trace.snapshot(int(step))
        lost: Iterator[float] = (n for name, n in shot.nonfinite.items() if name.startswith("activation/"))
        if not any(n > 0 for n in lost):
            found.append(shot)
        if len(found) == _LOOKED_AT:
            break
    return max(found, key=lambda shot: shot.samples, default=None)


def _reference(kind: str, attributes: Mapping[str, Any], name: str) -> dict[str, float] | None:
    if kind in _LINES:
        return {"exponent": 1.0}
    about = attributes.get("activations")
    own = about.get(name.partition("#")[0]) if isinstance(about, dict) else None
    if kind == "DerivativeActivation" and isinstance(own, dict) and own.get("preset") == "faithful":
        return {"exponent": 2.0, "coefficient": SQUARE}
    return None


def _fit(z: Array, a: Array, reference: Mapping[str, float] | None) -> dict[str, Any]:
    least = LARGE if reference and "coefficient" in reference else 0.0
    with np.errstate(all="ignore"):
        seen = np.isfinite(z) & np.isfinite(a) & (z > least) & (a > 0)
    z, a = z[seen], a[seen]
    told: dict[str, Any] = {"exponent": None, "coefficient": None, "points": len(z)}
    told["input_rms"] = [float(z.min()), float(z.max())] if len(z) else None
    if len(z) > 1 and z.max() >= LEAST_SPAN * z.min():
        told["exponent"] = float(np.polyfit(np.log(z), np.log(a), 1)[0])
    if len(z) and reference:
        told["coefficient"] = float(np.median(a / z ** reference["exponent"]))
    return told | {"reference": None if reference is None else dict(reference)}
