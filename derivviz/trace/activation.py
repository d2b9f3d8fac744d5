"""What five activations make of a recorded network: what arrives at each layer, and what leaves it.

Recorded are, sample by sample, the values z that arrive at an activation and the values a that leave it. Where the
trace also has all weights between the activations, the network is run again in NumPy with every activation in the
place of its own: the same weights, the same inputs. That is so for

- the food recommender, whose trained weights lie beside the trace: its probe pictures go through them, as the trace
  has them, at half their size and enlarged again, so that the sizes differ by some percent from the recorded ones;
- layers that are fully connected and recorded whole, from what arrives at the first activation on.

Elsewhere each activation gets what the recorded network sent to that layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from derivviz.calculus.activation import KEYS, functions
from derivviz.trace.passage import Passage, read_passages, rms, standard
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
KEPT = 4096  # values of a layer that a picture of their distribution rests on
EXACT = 1e-3  # relative error up to which a layer's recorded output is that of its recorded input


@dataclass(frozen=True)
class Layer:
    """What arrives at a layer and leaves it under one activation: values to look at, and the sizes of all.

    Attributes
    ----------
    z, a
        Values, at most `KEPT`.
    sizes
        Root mean squares of all z and of all a; infinite where float64 cannot hold one of them.
    """

    z: Array
    a: Array
    sizes: tuple[float, float]


@dataclass(frozen=True)
class Flow:
    """The five side by side.

    Attributes
    ----------
    step
        After how many training steps the weights are looked at.
    passages, seen
        The activation layers as recorded, in their order, and in which step.
    own
        Which of the five the run has; None for another, or where its layers differ.
    carried
        Whether what leaves a layer was carried on to the next; else each gets what the run sent there.
    enlarged
        Whether it was carried on from pictures smaller than those of the run.
    arms
        By key, the layers.
    recorded
        Recorded sizes of z and a for the same weights and inputs, by layer.
    """

    step: int
    passages: list[Passage]
    seen: int
    own: str | None
    carried: bool
    enlarged: bool
    arms: dict[str, list[Layer]]
    recorded: list[tuple[float, float]]

    def sizes(self, key: str) -> Array:
        """z₁, a₁, z₂, a₂, … of an activation, (2 · layer,); those recorded where it is the run's own."""
        own = self.recorded if key == self.own else [layer.sizes for layer in self.arms[key]]
        return np.array(own).ravel()


def read_flow(trace: Trace) -> Flow:
    """The run's activation layers in the last snapshot that is finite, and the other activations in their place.

    Raises
    ------
    DerivvizError
        When no activation is seen whose input was recorded.
    """
    shot, passages = read_passages(trace)
    keys = {passage.key for passage in passages}
    own = keys.pop() if len(keys) == 1 else None
    recorded = [(rms(passage.z), rms(passage.a)) for passage in passages]
    arms = _through_food(trace, passages)
    if arms is not None:
        probe = trace.probe.activation
        recorded = [(rms(probe[p.source][-1]), rms(probe[p.name][-1])) for p in passages]
        side = int(trace.attrs["model"]["side"])
        enlarged = side != trace.probe.input_image.shape[1]
        return Flow(int(trace.probe.steps[-1]), passages, shot.step, own, True, enlarged, arms, recorded)
    arms = _through_layers(shot, passages)
    if arms is not None:
        return Flow(shot.step, passages, shot.step, own, True, False, arms, recorded)
    each = {key: [_layer(p.z, p.a if p.key == key else p.outputs(key)) for p in passages] for key in KEYS}
    return Flow(shot.step, passages, shot.step, own, False, False, each, recorded)


# ---- run again --------------------------------------------------------------------------------------------


def _layer(z: Array, a: Array) -> Layer:
    z, a = (values if np.isfinite(values).all() else np.full_like(values, np.inf) for values in (z, a))
    every = -(-z.size // KEPT)
    return Layer(z.ravel()[::every], a.ravel()[::every], (rms(z), rms(a)))


def _through_layers(shot: Snapshot, passages: list[Passage]) -> dict[str, list[Layer]] | None:
    """Fully connected layers from the first activation on; None where they are not recorded whole."""
    links: list[Callable[[Array], Array]] = []
    for here, there in pairwise(passages):
        link = _link(shot, here, there)
        if link is None:
            return None
        links.append(link)
    if not links:
        return None
    arms = {}
    for key in KEYS:
        z, found = passages[0].z, []
        for n, passage in enumerate(passages):
            if key == passage.key == "scaled" and passage.constants is None:
                a = passage.a  # its constants are not in the trace, but what it made of z is
            elif key == "scaled":
                known = passage.constants if passage.key == "scaled" else None
                center, scale = (each[passage.feature] for each in known or standard(z, passage.feature))
                a = functions()[key]((z - center) / scale)
            else:
                with np.errstate(all="ignore"):
                    a = functions()[key](z)
            found.append(_layer(z, a))
            if n < len(links):
                z = links[n](a)
        arms[key] = found
    return arms


def _link(shot: Snapshot, here: Passage, there: Passage) -> Callable[[Array], Array] | None:
    """Wx + b from one activation's output to what arrives at the next, if that is what was recorded."""
    name = there.source
    if f"{name}.weight" not in shot.param:
        return None
    weight = np.asarray(shot.param[f"{name}.weight"], float)
    if weight.shape != (there.z.shape[1], here.a.shape[1]) or len(here.z) != len(there.z):
        return None
    bias = np.asarray(shot.param.get(f"{name}.bias", np.zeros(len(weight))), float)
    if bias.shape != (len(weight),):
        return None  # a part of a large weight, and of the values on both sides, is recorded: not all of it

    def link(a: Array) -> Array:
        with np.errstate(all="ignore"):  # raw f′ squares twelve times over what float64 can hold
            return np.asarray(a @ weight.T + bias)

    return link if rms(link(here.a) - there.z) <= EXACT * rms(there.z) else None


def _through_food(trace: Trace, passages: list[Passage]) -> dict[str, list[Layer]] | None:
    """The probe pictures through the trained weights of a food recommender; None for other traces."""
    about = trace.attrs.get("model") or {}
    file = Path(str(trace.path), str(about.get("file", "")))
    if (
        len(passages) != 2
        or about.get("network") != "FoodCNN"
        or not file.is_file()
        or "probe/input_image" not in trace.arrays
    ):
        return None
    from safetensors.numpy import load_file

    weights = load_file(file)
    if not all(np.isfinite(each).all() for each in weights.values()):
        return None  # the run ended in NaN
    side, pictures = int(about["side"]), trace.probe.input_image
    times = side // pictures.shape[1]
    if pictures.shape[1] * times != side:
        return None
    x = pictures.repeat(times, 1).repeat(times, 2).transpose(0, 3, 1, 2).astype(np.float32) / 255
    windows = sliding_window_view(x, (3, 3), axis=(2, 3))
    z = np.einsum("ncyxij,ocij->noyx", windows, weights["conv.weight"], optimize=True)
    first = np.asarray(z + weights["conv.bias"][:, None, None], float)
    pooled = (first.shape[-1] // 2) * 2
    arms = {}
    for key in KEYS:
        a = _applied(key, first, passages[0].constants)
        flat = a[..., :pooled, :pooled].reshape(*a.shape[:2], pooled // 2, 2, pooled // 2, 2).max((3, 5))
        second = flat.reshape(len(a), -1) @ weights["fc1.weight"].T.astype(float) + weights["fc1.bias"]
        arms[key] = [_layer(first, a), _layer(second, _applied(key, second, passages[1].constants))]
    return arms


def _applied(key: str, z: Array, constants: tuple[Array, Array] | None) -> Array:
    """An activation of (sample, feature, …); the scaled f′ by constants, or by this batch as its first."""
    shape = (1, -1) + (1,) * (z.ndim - 2)
    if constants is None:
        over = tuple(n for n in range(z.ndim) if n != 1)
        spread = z.std(axis=over)
        constants = z.mean(axis=over), np.where(spread > 0, spread, 1.0)
    center, scale = (each.reshape(shape) for each in constants)
    return functions()[key]((z - center) / scale if key == "scaled" else z)
