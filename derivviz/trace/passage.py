"""Activation layers as recorded: what arrives at them and what leaves them, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.activation import functions
from derivviz.errors import DerivvizError
from derivviz.trace.layers import layers
from derivviz.trace.powers import inputs
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
OWN = {"ReLU": "relu", "Tanh": "tanh", "GELU": "gelu"}
NONE = ("Dropout", "Identity", "LayerNorm", "RMSNorm", "Flatten")  # elementwise as it may look, no activation


@dataclass(frozen=True)
class Passage:
    """An activation layer as recorded in one step.

    Attributes
    ----------
    name, source
        The activation, and the layer whose output it takes.
    kind, key
        Its class, and which of the five it is; None for another.
    z, a : (sample, unit)
        What arrives and what leaves.
    feature : (unit,)
        To which channel or unit of the layer each belongs.
    constants
        Of the scaled f′: its center and scale by feature; None where they are not known.
    """

    name: str
    source: str
    kind: str
    key: str | None
    z: Array
    a: Array
    feature: NDArray[np.int64]
    constants: tuple[Array, Array] | None

    def outputs(self, key: str) -> Array:
        """What an activation makes of z; the scaled f′ standardises by its own constants, or by these values."""
        return functions()["scaled"](self.standardised) if key == "scaled" else functions()[key](self.z)

    @property
    def standardised(self) -> Array:
        """(z − μ)/σ, with each feature's own μ and σ, (sample, unit)."""
        center, scale = self.constants or standard(self.z, self.feature)
        return np.asarray((self.z - center[self.feature]) / scale[self.feature])


def read_passages(trace: Trace) -> tuple[Snapshot, list[Passage]]:
    """The activations whose input was recorded, in the last snapshot in which they are finite.

    Raises
    ------
    DerivvizError
        When there is none.
    """
    kinds = {module["name"]: str(module.get("type", "")) for module in trace.modules}
    found = {
        name: source
        for name, source in inputs(trace).items()
        if not kinds.get(name.partition("#")[0], "").startswith(NONE)
    }
    if not found:
        raise DerivvizError(
            f"the trace {trace.path} shows no activation that takes the output of a recorded layer: make activations "
            "modules of the network (torch.nn.ReLU, derivviz.learning.DerivativeActivation, …), each right after a "
            "layer, and record batches of six samples or more; 'derivviz record food' does"
        )
    shot = _last_finite(trace, list(found))
    return shot, [_passage(trace, shot, name, source) for name, source in found.items()]


def rms(values: Any) -> float:
    """Root mean square of values of any shape."""
    numbers = np.asarray(values, float)
    largest = float(np.abs(numbers).max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean(np.square(numbers / largest))))  # squares must not overflow


def standard(z: Array, feature: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean and standard deviation of each feature over (sample, unit); 1 for one that does not vary."""
    count = int(feature.max()) + 1
    center, scale = np.zeros(count), np.ones(count)
    for k in np.unique(feature):
        values = z[:, feature == k]
        center[k], spread = values.mean(), values.std()
        scale[k] = spread if spread > 0 else 1.0
    return center, scale


def _last_finite(trace: Trace, names: Sequence[str]) -> Snapshot:
    shots = [trace.snapshot(int(step)) for step in trace.snapshot_steps[::-1]]
    whole = [s for s in shots if not any(s.nonfinite.get(f"activation/{name}", 0) > 0 for name in names)]
    most = max(s.samples for s in whole)
    return next(s for s in whole if s.samples == most)  # the last batch of an epoch may be smaller


def _passage(trace: Trace, shot: Snapshot, name: str, source: str) -> Passage:
    bare = name.partition("#")[0]
    kind = next((str(m.get("type", "")) for m in trace.modules if m["name"] == bare), "")
    shape, unit = shot.shape[name], np.asarray(shot.units[name], np.int64)
    # (features,), (channel, y, x), or (token, features).
    feature = unit % int(shape[-1]) if len(shape) == 2 else unit // int(np.prod(shape[1:]))
    about = (trace.attrs.get("activations") or {}).get(bare) or {}
    key = OWN.get(kind)
    options = next((layer.options for layer in layers(trace) if layer.name == bare), {})
    if options.get("approximate") == "tanh":
        key = None  # another GELU
    if kind == "DerivativeActivation":
        preset = about.get("preset") or options.get("preset")
        key = {"faithful": "raw", "stable": "scaled"}.get(str(preset))
    constants = None
    if key == "scaled" and "center" in about:
        constants = np.array(about["center"], float), np.array(about["scale"], float)
    z, a = (np.asarray(shot.activation[each], float) for each in (source, name))
    return Passage(name, source, kind, key, z, a, feature, constants)
