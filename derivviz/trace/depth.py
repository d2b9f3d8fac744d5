"""How large the gradient is at each layer of a recorded network: what vanishes or explodes on the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import DerivvizError
from derivviz.trace.layers import layers
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]
FEW = 4  # layers with weights, below which the others are shown too
VANISHED, EXPLODED = 1e-2, 1e2  # the first layer's gradient as a share of the last one's


@dataclass(frozen=True)
class Depth:
    """The size of ∂L/∂z at each layer in one step.

    Attributes
    ----------
    step : int
    names, kinds : list of str
        Of the layers, from the input on.
    sizes : (layer,)
        ‖∂L/∂z‖₂ over the whole batch, exact.
    """

    step: int
    names: list[str]
    kinds: list[str]
    sizes: Array

    @property
    def ratio(self) -> float:
        """The first layer's gradient as a share of the last one's."""
        return float(self.sizes[0] / self.sizes[-1]) if self.sizes[-1] > 0 else np.nan

    @property
    def factor(self) -> float:
        """By what each layer multiplied the gradient, in the geometric mean."""
        return float(self.ratio ** (1 / max(len(self.sizes) - 1, 1)))

    @property
    def verdict(self) -> str:
        """``vanishing``, ``exploding`` or ``steady``."""
        if self.ratio < VANISHED:
            return "vanishing"
        return "exploding" if self.ratio > EXPLODED else "steady"


def read_depth(trace: Trace, step: int) -> Depth:
    """The size of the gradient at each layer in a step with a snapshot.

    They are those of the layers that have weights; where those are fewer than four, those of all that change it.

    Raises
    ------
    MissingSeriesError
        When the step has no snapshot.
    DerivvizError
        When it has finite gradients of fewer than two layers.
    """
    statistics = trace.snapshot(step).statistics
    sizes: dict[str, tuple[str, float, bool]] = {}
    for layer in layers(trace):
        told = statistics.get(f"activation_grad/{layer.name}", {})
        if (
            told.get("nonfinite", np.nan) == 0
            and np.isfinite(told["norm"])
            and layer.kind not in ("Flatten", "Identity")
        ):
            sizes[layer.name] = (layer.kind, told["norm"], layer.size > 0)
    weighted = {name: each for name, each in sizes.items() if each[2]}
    shown = weighted if len(weighted) >= FEW else sizes
    if len(shown) < 2:
        raise DerivvizError(
            f"step {step} of {trace.path} has finite gradients of {len(shown)} layers, and it takes two to compare: "
            "choose another --step, or record the modules with their gradients (derivviz.record watches them all)"
        )
    kinds, norms, _ = zip(*shown.values(), strict=True)
    return Depth(step, list(shown), list(kinds), np.array(norms, float))
