"""The chain rule of one weight, read out of a recorded step.

For the layer z = Wx + b, a = φ(z), a sample n of the batch and the weight w from x_k to z_j

    ∂L/∂w = Σ_n ∂L/∂a_j · ∂a_j/∂z_j · ∂z_j/∂w      with ∂z_j/∂w = x_k,

each factor as recorded for that sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, d2f, df
from derivviz.errors import DerivvizError
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]
SHOWN = 4  # feature maps that a picture of the network has room for


@dataclass(frozen=True)
class Activation:
    """The derivative activation of one unit: a = f′(u)/peak at u = shift + rate · z.

    ``faithful`` has u = z and peak 1; ``stable`` has u = −3 + (z − μ)/(2σ), peak 24, and is 0 outside −3…1.

    Attributes
    ----------
    rate, shift
        du/dz, and u at z = 0.
    peak
        What f′ is divided by.
    bounded
        Whether it is 0 outside of f′'s zeros.
    """

    rate: float
    shift: float
    peak: float
    bounded: bool

    @classmethod
    def of_unit(cls, constants: dict[str, Any], unit: int) -> Activation:
        """From what a run notes of its activations under ``activations``."""
        if constants.get("preset") == "faithful":
            return cls(1.0, 0.0, 1.0, False)
        rate = float(constants["spread"]) / float(constants["scale"][unit])
        return cls(
            rate, DERIVATIVE_ZEROS[0] - float(constants["center"][unit]) * rate, DERIVATIVE_PEAK[1], True
        )

    def __call__(self, u: Array) -> Array:
        """a at operating points u, of any shape."""
        inside = np.clip(u, *DERIVATIVE_ZEROS) if self.bounded else u
        return np.asarray(df(inside) / self.peak)

    def slope(self, u: float) -> float:
        """da/du at u: f″(u)/peak, and 0 where the activation is cut off."""
        low, high = DERIVATIVE_ZEROS
        return 0.0 if self.bounded and not low < u < high else float(d2f(u)) / self.peak


@dataclass(frozen=True)
class Chain:
    """One weight of a linear layer in one recorded step, with everything it hangs on.

    Attributes
    ----------
    step : int
        The recorded step.
    sample, unit, pixel : int
        Row n of the batch, unit j of the layer, and column among the recorded inputs k.
    image : uint8 (y, x, 3)
        The picture of that sample.
    classes : list of str; truth : int; probabilities : (class,)
        What the network said of it.
    losses : (sample,)
        Cross-entropy −ln p of every sample; the run's loss is their mean.
    maps, grad_maps : (4, y, x) by module
        Feature maps and gradients of the `channels` shown.
    channels : list of int
        Those channels; the first is that of the pixel.
    place : (float, float)
        Where the pixel lies on its map, as shares (0…1) of height and width.
    z, a, grad_z, grad_a : (unit,)
        The layer's output, the activation's, and the loss's gradients of both.
    x, w, change : float
        The input, the weight before the step, and by how much the step moved it.
    shares : (sample,)
        Every sample's product of the three factors; they add up to `gradient`.
    gradient : float
        The recorded ∂L/∂w.
    learning_rate, factor, mean_weight : float
        Of the layer's weight in that step.
    activation : Activation
        Of the unit.
    parameters : int
        Number of the network's parameters.
    """

    step: int
    sample: int
    unit: int
    pixel: int
    image: NDArray[np.uint8]
    classes: list[str]
    truth: int
    probabilities: Array
    losses: Array
    maps: dict[str, Array]
    grad_maps: dict[str, Array]
    channels: list[int]
    place: tuple[float, float]
    z: Array
    a: Array
    grad_z: Array
    grad_a: Array
    x: float
    w: float
    change: float
    shares: Array
    gradient: float
    learning_rate: float
    factor: float
    mean_weight: float
    activation: Activation
    parameters: int

    @property
    def u(self) -> float:
        """Where on f′ the unit stands."""
        return float(self.activation.shift + self.activation.rate * self.z[self.unit])

    @property
    def slope(self) -> float:
        """∂a/∂z of the unit: f″(u)/peak · du/dz."""
        return self.activation.slope(self.u) * self.activation.rate

    @property
    def product(self) -> float:
        """The share of this sample: ∂L/∂a · ∂a/∂z · x."""
        return float(self.grad_a[self.unit] * self.slope * self.x)

    @property
    def adam_step(self) -> float:
        """What the optimizer would have moved the weight by at learning rate and factor 1, downhill positive."""
        return -self.change / (self.learning_rate * self.factor)


def read_chain(trace: Trace, step: int | None = None) -> Chain:
    """The weight that one picture pulled on most, in a step that has a snapshot.

    Parameters
    ----------
    trace
        A run of the food recommender, or of a network with its module names.
    step
        A step with a snapshot; by default the first after a tenth of the run.

    Raises
    ------
    DerivvizError
        When the step has no snapshot, or its numbers are no longer finite, or no unit passes a gradient on.
    """
    if step is None:
        later = [int(s) for s in trace.snapshot_steps if s >= trace.steps[-1] / 10]
        step = later[0] if later else int(trace.snapshot_steps[-1])
    shot = trace.snapshot(step)
    x, z, a = (np.asarray(shot.activation[m], float) for m in ("flatten", "fc1", "act2"))
    grad_z, grad_a = (np.asarray(shot.activation_grad[m], float) for m in ("fc1", "act2"))
    constants = trace.attrs.get("activations", {}).get("act2")
    if constants is None:
        raise DerivvizError(
            "the trace notes no derivative activation 'act2', whose slope the chain rule needs: "
            "record a run that has one with 'derivviz record food'"
        )
    units = [Activation.of_unit(constants, j) for j in range(z.shape[1])]
    slopes = np.array(
        [
            [unit.slope(unit.shift + unit.rate * value) * unit.rate for value in column]
            for unit, column in zip(units, z.T, strict=True)
        ]
    ).T
    shares = (grad_a * slopes)[:, :, None] * x[:, None, :]  # sample, unit, pixel
    seen = np.abs(shares[: len(shot.images)])
    if not np.isfinite(seen).all() or not seen.any():
        raise DerivvizError(
            f"in step {step} the gradients are {'no longer finite' if not np.isfinite(seen).all() else 'all zero'}: "
            f"choose another with --step; snapshots: {', '.join(map(str, trace.snapshot_steps[:12]))}"
        )
    n, j, k = (int(i) for i in np.unravel_index(int(seen.argmax()), seen.shape))
    channel, row, column = np.unravel_index(int(shot.units["flatten"][k]), shot.shape["pool"])
    busy = np.argsort(-np.asarray(shot.map["act1"][n]).std(axis=(1, 2)))
    channels = [int(channel), *(int(c) for c in busy if c != channel)][:SHOWN]
    logits = np.asarray(shot.output, float)
    logits -= logits.max(axis=1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    at = int(np.flatnonzero(trace.steps == step)[0])
    modules = ("conv", "act1", "pool")
    return Chain(
        step=step,
        sample=n,
        unit=j,
        pixel=k,
        image=shot.images[n],
        classes=[str(c) for c in trace.attrs["classes"]],
        truth=int(shot.target[n]),
        probabilities=np.exp(logs[n]),
        losses=-logs[np.arange(len(logs)), shot.target],
        maps={m: np.asarray(shot.map[m][n][channels], float) for m in modules},
        grad_maps={m: np.asarray(shot.grad_map[m][n][channels], float) for m in modules},
        channels=channels,
        place=((row + 0.5) / shot.shape["pool"][1], (column + 0.5) / shot.shape["pool"][2]),
        z=z[n],
        a=a[n],
        grad_z=grad_z[n],
        grad_a=grad_a[n],
        x=float(x[n, k]),
        w=float(shot.param["fc1.weight"][j, k]),
        change=float(shot.update["fc1.weight"][j, k]),
        shares=shares[:, j, k],
        gradient=float(shot.grad["fc1.weight"][j, k]),
        learning_rate=float(trace["lr/fc1.weight"][at]),
        factor=float(trace["lr_factor/fc1.weight"][at]),
        mean_weight=float(trace["param/fc1.weight/mean"][at]),
        activation=units[j],
        parameters=sum(int(np.prod(about["shape"])) for about in trace.attrs["parameters"]),
    )
