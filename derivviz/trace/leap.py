"""One step of training that moved a layer far: how far it could, how far it did, and what came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derivviz.trace.layers import layers
from derivviz.trace.passage import Passage
from derivviz.trace.reader import Trace


@dataclass(frozen=True)
class Leap:
    """How far one training step moved what a fully connected layer puts out.

    Attributes
    ----------
    step : int
        The step whose update did it.
    inputs : int
        Weights of one unit.
    size, move : float
        Root mean square of the inputs, and of what that step added to the weights.
    before, after : float
        Recorded size of the output in that step and in the next.
    back, ahead : float
        Recorded size, in the next step, of the gradient before and behind the activation.
    """

    step: int
    inputs: int
    size: float
    move: float
    before: float
    after: float
    back: float
    ahead: float

    @property
    def most(self) -> float:
        """The farthest that a step of this size can move an output: Σ|Δw||x| ≤ n · rms(Δw) · rms(x)."""
        return self.inputs * self.size * self.move


def read_leap(trace: Trace, passage: Passage) -> Leap | None:
    """The step after which a fully connected layer's output grew the most; None for other layers."""
    listed = layers(trace)
    at = next((n for n, layer in enumerate(listed) if layer.name == passage.source), 0)
    weight = f"{passage.source}.weight"
    shape: list[int] = next((p.get("shape") or [] for p in trace.parameters if p["name"] == weight), [])
    needed = [f"activation/{passage.source}/rms", f"update/{weight}/rms"]
    if at == 0 or len(shape) != 2 or len(trace.steps) < 2 or not all(key in trace for key in needed):
        return None
    before = listed[at - 1].name
    size = trace[needed[0]]
    grown = np.where(np.diff(trace.steps) == 1, size[1:] / np.maximum(size[:-1], 1e-30), np.nan)
    if not np.isfinite(grown).any() or f"activation/{before}/rms" not in trace:
        return None
    k = int(np.nanargmax(grown))
    series = [
        trace[f"activation/{before}/rms"][k + 1],
        trace[needed[1]][k],
        size[k],
        size[k + 1],
        trace[f"activation_grad/{passage.name}/rms"][k + 1],
        trace[f"activation_grad/{passage.source}/rms"][k + 1],
    ]
    if not np.isfinite(series).all():
        return None
    return Leap(int(trace.steps[k]), int(shape[1]), *(float(value) for value in series))
