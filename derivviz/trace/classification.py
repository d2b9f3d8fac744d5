"""What a recorded classifier answered, and the recorded derivative of its loss by each logit, which is p − y.

For logits z of one sample, p = softmax(z), the true class c and the cross-entropy L = −ln p_c

    L = ln Σ_j e^(z_j) − z_c        ∂L/∂z_i = p_i − y_i        with y_i = 1 for i = c, else 0.

Of a batch the loss is a mean, so that each sample's share of the derivative is p − y times a weight, 1 over the
size of the batch. The layer whose recorded gradients are of this form is the one that puts out the logits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
CLOSE = 2e-3  # how near to w·(p − y), relative to its largest entry, the gradient of a sample has to be
NOTHING = 1e-4  # largest |p − y| of a sample that tells nothing: it is rounding by then
MOST_SNAPSHOTS = 60  # that are read for the whole of a run


@dataclass(frozen=True)
class Answers:
    """What a network answered in one recorded step, sample by sample.

    Attributes
    ----------
    step : int
        The recorded step.
    layer : str
        The module that puts out the logits.
    logits, p : (sample, class)
        z and softmax(z); samples whose logits are not finite are left out.
    target : (sample,)
        The true classes: as recorded, or, in a trace without them, those whose logits have a negative gradient;
        samples of which that is not recorded either are left out.
    kept : (unit,)
        The classes whose gradients are recorded.
    gradient : (sample, unit)
        Those recorded gradients ∂L/∂z.
    weight : (sample,)
        How much each sample counts: its gradient is weight · (p − y).
    rows : (sample,)
        Which samples of the snapshot these are.
    images : uint8 (shown, y, x, 3), or None
        Thumbnails of the first samples of the batch, where there are any.
    """

    step: int
    layer: str
    logits: Array
    p: Array
    target: Indices
    kept: Indices
    gradient: Array
    weight: Array
    rows: Indices
    images: NDArray[np.uint8] | None

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.p.shape[1]

    @property
    def y(self) -> Array:
        """1 for the true class of a sample and 0 for the others, shape (sample, class)."""
        return np.eye(self.classes)[self.target]

    @property
    def error(self) -> Array:
        """p − y, shape (sample, class)."""
        return self.p - self.y

    @property
    def losses(self) -> Array:
        """Cross-entropy of each sample, ln Σ e^z − z_c, shape (sample,)."""
        top = self.logits.max(axis=1)
        total = top + np.log(np.exp(self.logits - top[:, None]).sum(axis=1))
        return np.asarray(total - self.logits[np.arange(len(self.target)), self.target])

    @property
    def right(self) -> Array:
        """The probability of the true class of each sample, shape (sample,)."""
        return np.asarray(self.p[np.arange(len(self.target)), self.target])

    @property
    def batch(self) -> int | None:
        """The size B of the batch where every sample counts 1/B; None where they count otherwise."""
        size = float(1 / np.median(self.weight))
        even = np.ptp(self.weight) < 1e-2 * self.weight.max() and abs(size - round(size)) < 1e-2 * size
        return round(size) if even else None

    def image(self, sample: int) -> NDArray[np.uint8] | None:
        """The picture of a sample, where it is one of those that are kept."""
        row = int(self.rows[sample])
        return None if self.images is None or row >= len(self.images) else self.images[row]


def answers(trace: Trace, step: int) -> Answers:
    """The logits of a recorded step and the derivative of the loss by them.

    Raises
    ------
    MissingSeriesError
        When the step has no snapshot, or the network is no classifier that learns by the cross-entropy of a softmax.
    """
    shot = trace.snapshot(step)
    names = [name for name in shot.activation_grad if len(shot.shape[name]) == 1 and shot.shape[name][0] > 1]
    if not names:
        raise MissingSeriesError(
            f"No layer of {trace.path} puts out two or more numbers for each sample, as a classifier does. "
            "'derivviz record food' records one."
        )
    for name in reversed(names):
        found = _of_layer(shot, name)
        if found is not None:
            return found
    raise MissingSeriesError(
        f"In step {step} of {trace.path} the recorded gradient of no layer is p − y, with p the softmax of what that "
        "layer puts out: the network does not learn by the cross-entropy of a softmax, or its numbers are no longer "
        "finite. 'derivviz record food' records a classifier that does."
    )


def steps(trace: Trace) -> Indices:
    """The steps with a snapshot, thinned evenly to `MOST_SNAPSHOTS`; the first and the last are among them."""
    found = np.asarray(trace.snapshot_steps, np.int64)
    if not len(found):
        raise MissingSeriesError(f"The trace {trace.path} has no snapshots, which hold the logits.")
    few = np.unique(np.linspace(0, len(found) - 1, min(len(found), MOST_SNAPSHOTS)).round().astype(int))
    return np.asarray(found[few])


def pulls(trace: Trace) -> tuple[Indices, Array]:
    """Steps, and the mean over their samples of 1 − p of the true class: the pull on its logit.

    Steps at which the numbers are no longer finite are left out.
    """
    where, pull = [], []
    for step in steps(trace):
        try:
            found = answers(trace, int(step))
        except MissingSeriesError:
            continue
        where.append(int(step))
        pull.append(float(np.mean(1 - found.right)))
    return np.array(where, np.int64), np.array(pull)


def telling(trace: Trace) -> Answers:
    """The answers of the first snapshot after a tenth of the run that has any; else of the last that has."""
    early = trace.steps[0] + (trace.steps[-1] - trace.steps[0]) / 10
    known = steps(trace)
    order = [*known[known >= early], *known[known < early][::-1]]
    for step in order[:-1]:
        try:
            return answers(trace, int(step))
        except MissingSeriesError:
            continue
    return answers(trace, int(order[-1]))


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _of_layer(shot: Snapshot, name: str) -> Answers | None:
    """The answers, if the gradients of this layer are w·(p − y) for every sample."""
    logits, kept = _logits(shot, name)
    if logits is None:
        return None
    gradient = np.asarray(shot.activation_grad[name], np.float64)
    rows = np.flatnonzero(np.isfinite(logits).all(axis=1) & np.isfinite(gradient).all(axis=1))
    if not len(rows):
        return None
    logits, gradient = logits[rows], gradient[rows]
    p = softmax(logits)
    try:
        target = np.asarray(shot.target, np.int64)[rows]
    except MissingSeriesError:
        lowest = gradient.argmin(axis=1)
        down = gradient[np.arange(len(rows)), lowest] < 0
        target = np.where(down, kept[lowest], p.argmax(axis=1))
        known = down | ~gradient.any(axis=1)  # else the true class is not among those that are kept
        rows, logits, gradient, p, target = (part[known] for part in (rows, logits, gradient, p, target))
        if not len(rows):
            return None
    if target.min() < 0 or target.max() >= p.shape[1]:
        return None
    error = (p - np.eye(p.shape[1])[target])[:, kept]
    size = np.abs(error).max(axis=1)
    clear = size > NOTHING
    if not clear.any():
        return None
    weight = (gradient * error).sum(axis=1) / np.maximum((error**2).sum(axis=1), 1e-30)
    usual = float(np.median(weight[clear]))
    weight = np.where(clear, weight, usual)
    off = np.abs(gradient - weight[:, None] * error).max(axis=1)
    if usual <= 0 or (weight <= 0).any() or (off > (CLOSE * size + 1e-6) * weight)[clear].any():
        return None
    try:
        images = np.asarray(shot.images)
    except MissingSeriesError:
        images = None
    return Answers(shot.step, name, logits, p, target, kept, gradient, weight, rows, images)


def _logits(shot: Snapshot, name: str) -> tuple[Array | None, Indices]:
    """The logits of all classes, if this layer puts them out, and the classes whose units are kept."""
    units, classes = shot.units[name], shot.shape[name][0]
    kept = np.arange(classes) if units is None else np.asarray(units, np.int64)
    own = np.asarray(shot.activation[name], np.float64)
    if len(kept) == classes:
        return own, kept
    try:
        whole = np.asarray(shot.output, np.float64)
    except MissingSeriesError:
        return None, kept
    if whole.shape != (len(own), classes) or not np.array_equal(whole[:, kept], own, equal_nan=True):
        return None, kept
    return whole, kept
