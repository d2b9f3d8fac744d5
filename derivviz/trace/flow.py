"""One sample on its way through a recorded network: values ahead, gradients back, outputs and loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.trace.convolution import has_images
from derivviz.trace.layers import Layer, layers
from derivviz.trace.links import batch_of, close
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Passed:
    """What one layer put out for one sample, and the gradient that came back to it.

    Attributes
    ----------
    layer : Layer
    names : tuple of str
        The recorded tensors with these values: a Flatten after it has the same.
    ahead, back : (channel, y, x) or (unit,)
        Feature maps, or values at the recorded units; `back` is ∂L/∂ahead, None where it was not recorded.
    """

    layer: Layer
    names: tuple[str, ...]
    ahead: Array
    back: Array | None

    @property
    def is_map(self) -> bool:
        """Whether it is feature maps."""
        return self.ahead.ndim == 3


@dataclass(frozen=True)
class Outputs:
    """What the network said of one sample.

    Attributes
    ----------
    values : (class,)
        Probabilities where the loss is the cross-entropy of recorded true classes, else what it put out.
    truth : int or None
        The true class, if the values are probabilities.
    names : list of str
        Of the classes.
    losses : (sample,) or None
        −ln p of the true class, of every recorded sample.
    loss : float
        The recorded loss of the step, NaN if there is none.
    batch : int
        Samples in the batch.
    """

    values: Array
    truth: int | None
    names: list[str]
    losses: Array | None
    loss: float
    batch: int


def passed(trace: Trace, shot: Snapshot, sample: int, also: str = "", before: str = "") -> list[Passed]:
    """What the layers put out for a sample, in the order of the model; equal outputs in a row are one.

    Parameters
    ----------
    also, before
        A recorded tensor that is no layer's output (``recorder.tag``), to stand before that of a layer.
    """
    found: list[Passed] = []
    for layer in layers(trace):
        name = layer.name
        if name not in shot.activation or len(shot.activation[name]) <= sample:
            continue
        if found and _same(shot, found[-1].names[-1], name):
            found[-1] = Passed(found[-1].layer, (*found[-1].names, name), found[-1].ahead, found[-1].back)
            continue
        maps = len(layer.shape) == 3 and name in shot.map and sample < len(shot.map[name])
        ahead, back = (shot.map, shot.grad_map) if maps else (shot.activation, shot.activation_grad)
        gradient = np.asarray(back[name][sample], float) if name in back else None
        found.append(Passed(layer, (name,), np.asarray(ahead[name][sample], float), gradient))
    if also in shot.activation and not any(also in each.names for each in found):
        own = Layer(also, also, tuple(shot.shape[also]))
        back = shot.activation_grad
        gradient = np.asarray(back[also][sample], float) if also in back else None
        at = next((n for n, each in enumerate(found) if before in each.names), len(found))
        found.insert(at, Passed(own, (also,), np.asarray(shot.activation[also][sample], float), gradient))
    return found


def _same(shot: Snapshot, one: str, other: str) -> bool:
    """Whether two recorded outputs have the same values in the same order."""
    first, second = shot.activation[one], shot.activation[other]
    return first.shape == second.shape and bool(np.array_equal(first, second))


def outputs(trace: Trace, shot: Snapshot, sample: int) -> Outputs:
    """What the network said of a sample, and the loss."""
    at = int(np.flatnonzero(trace.steps == shot.step)[0])
    loss = float(trace["loss"][at]) if "loss" in trace else np.nan
    last = [layer.name for layer in layers(trace) if layer.name in shot.activation][-1]
    batch = batch_of(shot, last)
    try:
        put_out = np.asarray(shot.output, float)
    except KeyError:
        put_out = np.asarray(shot.activation[last], float)
    count = put_out.shape[1]
    told = trace.attrs.get("classes")
    fits = isinstance(told, list) and len(told) == count
    names = (
        [str(name) for name in told] if fits and isinstance(told, list) else [str(n) for n in range(count)]
    )
    target = _classes(shot, count)
    if target is not None and last in shot.activation_grad and np.isfinite(put_out).all():
        logs = put_out - put_out.max(axis=1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
        back = np.asarray(shot.activation_grad[last], float)
        own = np.exp(logs) - np.eye(count)[target]  # p − y, of which cross-entropy's mean gives 1/batch
        kept = np.asarray(shot.units[last])
        if back.shape[0] == len(own) and kept.max(initial=0) < count and close(own[:, kept] / batch, back):
            losses = -logs[np.arange(len(logs)), target]
            if len(losses) == batch:
                loss = float(losses.mean())
            return Outputs(np.exp(logs[sample]), int(target[sample]), names, losses, loss, batch)
    return Outputs(put_out[sample], None, names, None, loss, batch)


def _classes(shot: Snapshot, count: int) -> NDArray[np.int64] | None:
    """The true classes of the recorded samples, if they are some of `count` classes."""
    try:
        target = np.asarray(shot.target)
    except KeyError:
        return None
    return target if len(target) and target.min() >= 0 and target.max() < count else None


def pictures(shot: Snapshot, sample: int) -> NDArray[np.uint8] | None:
    """The picture of a sample, (y, x, 3), if it was recorded."""
    return np.asarray(shot.images[sample]) if has_images(shot) and sample < len(shot.images) else None
