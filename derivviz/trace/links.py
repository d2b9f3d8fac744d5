"""What feeds a recorded layer and what follows it, found by the numbers themselves in whatever graph they lie.

For a linear layer z = Wx + b the recorded tensor x is its input for which z comes out right or, where only some
units of x were kept, for which Σ_n ∂L/∂z_j · x_k is the recorded ∂L/∂W_jk. An activation a follows z where
a = φ(z) and ∂L/∂z = ∂L/∂a · φ′(z), value by value, for the φ of its class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.cubic import DERIVATIVE_ZEROS
from derivviz.calculus.nonlinearity import Nonlinearity, hill, known
from derivviz.trace.layers import Layer
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
AGREE = 2e-3  # how far recorded float32 may be from what it should be, as a share of its size


@dataclass(frozen=True)
class After:
    """The activation that follows a layer: its name, and its function at each recorded unit."""

    name: str
    kind: str
    curves: list[Nonlinearity | None]


@dataclass(frozen=True)
class Link:
    """A layer that can be followed: input, output and activation by the names of recorded tensors.

    Attributes
    ----------
    layer : Layer
    x, z : str
        Its input and its output; x is ``image`` where that is the recorded pictures.
    after : After or None
        The activation behind it, if its function is known.
    batch : int
        Samples in the batch, of which the trace keeps 64 at most.
    scale : float
        The recorded gradient of the weight, divided by the sum over the kept samples: 1 where all were kept,
        less where the loop clips gradients; NaN where some were not kept.
    """

    layer: Layer
    x: str
    z: str
    after: After | None
    batch: int
    scale: float


def close(one: Array, other: Array) -> bool:
    """Whether two recorded arrays are the same up to float32."""
    with np.errstate(all="ignore"):
        size = float(np.linalg.norm(other))
        return bool(np.linalg.norm(one - other) <= AGREE * size) if size > 0 else not np.any(one)


def batch_of(shot: Snapshot, name: str) -> int:
    """How many samples the batch had, as far as the output of the module `name` tells."""
    told = shot.statistics.get(f"activation/{name}", {})
    count = told.get("count", np.nan) + told.get("nonfinite", np.nan)
    values = max(int(np.prod(shot.shape[name])), 1)
    return round(count / values) if np.isfinite(count) else len(shot.activation[name])


def linear_link(trace: Trace, shot: Snapshot, found: list[Layer], layer: Layer) -> Link | str:
    """How a linear layer hangs in the network, or the reason for which it cannot be followed."""
    name, weight = layer.name, f"{layer.name}.weight" if layer.name != "model" else "weight"
    if f"{name}#2" in shot.activation:
        return "it runs several times in one forward pass"
    if len(layer.shape) != 1:
        return f"it is applied at each of {int(np.prod(layer.shape[:-1]))} places of a sample"
    if name not in shot.activation_grad or weight not in shot.grad:
        return "no gradient of it was recorded"
    x = _input_of(shot, found, name, weight)
    if x is None:
        return (
            "what it is fed with was not recorded: x = recorder.tag('input of " + name + "', x) in the model "
            "records it"
        )
    summed = np.asarray(shot.activation_grad[name], float).T @ np.asarray(shot.activation[x], float)
    return Link(
        layer,
        x,
        name,
        activation_after(trace, shot, found, name),
        batch_of(shot, name),
        ratio(table(shot.grad[weight], shot, weight, name, x), summed),
    )


def table(values: Any, shot: Snapshot, weight: str, z: str, x: str) -> Array:
    """Values of a weight at the recorded units of z (rows) and x (columns)."""
    values = np.asarray(values, float)
    if shot.rows[weight] is not None:
        return values
    return values[np.ix_(shot.units[z], shot.units[x])]


def ratio(recorded: Array, summed: Array) -> float:
    """By what number `summed` is to be multiplied to be `recorded`; NaN where none does."""
    size = float((summed * summed).sum())
    factor = float((recorded * summed).sum()) / size if size > 0 else np.nan
    if not factor > 0 or not close(factor * summed, recorded):
        return np.nan
    return 1.0 if abs(factor - 1) < AGREE else factor


def _input_of(shot: Snapshot, found: list[Layer], name: str, weight: str) -> str | None:
    """The recorded tensor that a linear layer is fed with: of those that come into question, the last before it."""
    w = np.asarray(shot.param[weight], float)
    features = shot.full[weight][1]
    order = [layer.name for layer in found]
    fitting = [
        other
        for other in shot.activation
        if other != name
        and int(np.prod(shot.shape[other])) == features
        and len(shot.activation[other]) == len(shot.activation[name])
    ]
    at = order.index(name)
    earlier = [n for n in reversed(order[:at]) if n in fitting]
    others = [n for n in fitting if n not in earlier]
    z, grad_z = (np.asarray(kind[name], float) for kind in (shot.activation, shot.activation_grad))
    bias = weight.removesuffix("weight") + "bias"
    b = np.asarray(shot.param[bias], float)[shot.units[name]] if bias in shot.param else np.zeros(z.shape[1])
    whole = len(shot.units[fitting[0]]) == features if fitting else False
    for other in [*earlier, *others]:
        x = np.asarray(shot.activation[other], float)
        if whole and close(x @ table(w, shot, weight, name, other).T + b, z):
            return other
        grad = table(shot.grad[weight], shot, weight, name, other)
        if not whole and np.isfinite(ratio(grad, grad_z.T @ x)):
            return other
    # Where neither can be tried, since not all units nor all samples were kept: the layer right before it.
    many = batch_of(shot, name) > len(z)
    return order[at - 1] if many and not whole and at and order[at - 1] in fitting else None


def activation_after(trace: Trace, shot: Snapshot, found: Iterable[Layer], z: str) -> After | None:
    """The activation whose input is the recorded tensor `z`, if its function is known."""
    value, slope = (np.asarray(kind[z], float) for kind in (shot.activation, shot.activation_grad))
    channel = shot.units[z] // max(int(np.prod(shot.shape[z][1:])), 1)
    for layer in found:
        for name in (layer.name, *(f"{layer.name}#{call}" for call in (2, 3, 4))):
            if name not in shot.activation_grad or shot.shape[name] != shot.shape[z] or name == z:
                continue
            a, grad_a = (np.asarray(kind[name], float) for kind in (shot.activation, shot.activation_grad))
            if a.shape != value.shape or grad_a.shape != slope.shape:
                continue
            curves = _curves(trace, layer, channel, value, a, slope, grad_a)
            there = [unit for unit, curve in enumerate(curves) if curve is not None]
            pairs = [(curve, value[:, unit]) for unit, curve in enumerate(curves) if curve is not None]
            if not pairs:
                continue
            expected = np.stack([curve(column) for curve, column in pairs], axis=1)
            rise = np.stack([curve.rise(column) for curve, column in pairs], axis=1)
            if close(expected, a[:, there]) and close(grad_a[:, there] * rise, slope[:, there]):
                return After(name, layer.kind, curves)
    return None


def _curves(
    trace: Trace, layer: Layer, channel: NDArray[np.int64], z: Array, a: Array, grad_z: Array, grad_a: Array
) -> list[Nonlinearity | None]:
    """The function of a layer at each recorded unit, None where it is not known."""
    if layer.kind != "DerivativeActivation":
        return [known(layer.kind, layer.options)] * len(channel)
    told = trace.attrs.get("activations", {}).get(layer.name, {}) | {"preset": layer.options.get("preset")}
    curves = {
        number: derivative_activation(
            told, int(number), *(kind[:, channel == number] for kind in (z, a, grad_z, grad_a))
        )
        for number in np.unique(channel)
    }
    return [curves[number] for number in channel]


def derivative_activation(
    told: Mapping[str, Any], channel: int, z: Array, a: Array, grad_z: Array, grad_a: Array
) -> Nonlinearity | None:
    """f′ as the activation of one channel, from what the run noted of it or else from its recorded values.

    With u = shift + rate · z it is a = f′(u)/24 = 1 − (u + 1)²/4 and ∂a/∂z = −(u + 1)/2 · rate, so that a and
    the slope, which is ∂L/∂z divided by ∂L/∂a, tell rate and shift from a single sample.

    Parameters
    ----------
    told
        The layer's constants as `DerivativeActivation.constants` tells them, or its preset alone.
    channel
        The number of the channel.
    z, a, grad_z, grad_a : (sample, unit)
        Recorded values of that channel.

    Returns
    -------
    None where the values do not tell.
    """
    low = DERIVATIVE_ZEROS[0]
    if told.get("preset") == "faithful":
        return hill(1.0, 0.0, False)
    if "scale" in told:
        rate = float(told["spread"]) / float(told["scale"][channel])
        return hill(rate, low - float(told["center"][channel]) * rate, True)
    usable = (a > 0) & (a < 0.999) & (grad_a != 0) & (grad_z != 0)
    if not usable.any():
        return None
    best = np.unravel_index(int(np.argmax(np.abs(grad_a) * usable)), a.shape)
    rise, root = grad_z[best] / grad_a[best], 2 * np.sqrt(1 - a[best])  # root = |u + 1|
    rate = 2 * abs(float(rise)) / float(root)
    return hill(rate, float(-1 - np.sign(rise) * root - rate * z[best]), True)
