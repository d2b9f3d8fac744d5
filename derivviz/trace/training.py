"""A recorded run as a whole: loss, accuracy, the size of gradients and steps, weights, maps, answers. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace
from derivviz.trace.store import Array

MOST_LOOKS = 60  # of a picture that changes; of more snapshots, that many are read
MOST_TILES = 16  # filters and maps, at the most, that are shown
MOST_SIDE = 64  # rows and columns, at the most, of a weight matrix as a picture


class Curve(NamedTuple):
    """A number that goes on through the run: `values` at `steps`, both of shape (n,), logged as `name`."""

    name: str
    steps: Array
    values: Array


class Layer(NamedTuple):
    """What a layer's parameters, all together, get at each recorded step; shapes (step,).

    gradient : ‖∂L/∂w‖, Euclidean norm
    update : ‖Δw‖/‖w‖ [1], how far the step moves them, compared with their own norm before it
    """

    name: str
    gradient: Array
    update: Array


class Looks(NamedTuple):
    """Pictures of the network's inside, again and again.

    name : of the parameter or module
    kind : ``"filters"``, ``"matrix"``, ``"maps"`` or ``"answers"`` (a row an input, a column a unit)
    steps : how many steps were over at each look, int64, shape (look,)
    values : (look, tile, y, x) or, of filters over three colours, (look, tile, y, x, 3)
    whole : how many tiles there are, of which some are shown; of a matrix or of answers its (rows, columns)
    inputs : the pictures that maps are of, uint8, (look, y, x, 3), or one for all of them; None of others
    same : whether all looks are at the same, so that what differs is the network
    """

    name: str
    kind: str
    steps: Array
    values: Array
    whole: tuple[int, ...]
    inputs: Array | None = None
    same: bool = True

    def at(self, done: float) -> int:
        """Number of the look that shows the network after so many steps."""
        return max(int(np.searchsorted(self.steps, done, side="right")) - 1, 0)


class Answers(NamedTuple):
    """The held-out inputs by truth and answer, evaluation by evaluation.

    steps : how many steps were over, int64, shape (row,)
    counts : int64, shape (row, truth, answer)
    mute : how many got no answer, because a probability was NaN, int64, shape (row,)
    """

    steps: Array
    counts: Array
    mute: Array

    def at(self, done: float) -> int | None:
        """Number of the last evaluation by then; None before the first."""
        n = int(np.searchsorted(self.steps, done, side="right")) - 1
        return None if n < 0 else n


def has_epochs(trace: Trace) -> bool:
    """Whether epochs are numbered; some loops log what share of the epochs is done, step by step."""
    return "epoch" in trace and all(
        float(number).is_integer() for number in trace["epoch"] if number == number
    )


def curve(trace: Trace, word: str) -> Curve | None:
    """What the loop logged as `word`, or else the first that has it in its name; None where nothing has.

    Only the steps at which it was logged; the first value that was not finite, if there was one, is among them.
    """
    keys = [key for key in trace.logged if word in key.casefold()]
    for key in sorted(keys, key=lambda key: key != word):
        values, lost = trace[key], (trace.attrs.get("nonfinite") or {}).get(key)
        there = np.isfinite(values) | np.isinf(values) | (trace.steps == lost)
        if np.isfinite(values).any():
            return Curve(key, trace.steps[there], values[there])
    return None


def held_out(trace: Trace) -> Curve | None:
    """The share of held-out inputs told right [1], after how many steps."""
    found = answers(trace)
    if found is None:
        return None
    right = np.trace(found.counts, axis1=1, axis2=2)
    return Curve("held out", found.steps, right / (found.counts.sum((1, 2)) + found.mute))


def answers(trace: Trace) -> Answers | None:
    """Truth against answer, or None where no held-out inputs with known classes were evaluated."""
    try:
        found = trace.evaluation
    except MissingSeriesError:
        return None
    p, truth = found.probabilities, found.target
    if truth is None or p.ndim != 3 or p.shape[2] < 2 or not len(p):
        return None
    steps = found.steps
    if steps is None:
        if not has_epochs(trace):
            return None
        ends = [trace.steps[trace["epoch"] <= e].max(initial=trace.steps[0]) for e in found.epochs]
        steps = np.array(ends) + 1
    count = p.shape[2]
    known = np.isfinite(p).all(axis=2) & (truth >= 0) & (truth < count)
    cells = np.where(known, truth * count + p.argmax(axis=2), 0)
    made = [np.bincount(row[there], minlength=count * count) for row, there in zip(cells, known, strict=True)]
    return Answers(np.asarray(steps), np.array(made).reshape(-1, count, count), (~known).sum(axis=1))


def layers(trace: Trace) -> list[Layer]:
    """The layers with parameters, in the order of the model, of which gradients were recorded."""
    found = []
    for name, own in _owned(trace):
        kinds = [_together(trace, [f"{kind}/{p}/norm" for p in own]) for kind in ("grad", "update", "param")]
        gradient, update, size = kinds
        if gradient is None or not np.isfinite(gradient).any():
            continue
        with np.errstate(all="ignore"):
            share = np.full_like(gradient, np.nan) if update is None or size is None else update / size
        found.append(Layer(name, gradient, share))
    return found


def short(names: Sequence[str]) -> list[str]:
    """Names of modules by as few of their last parts as tell them apart."""
    parts = [name.split(".") for name in names]
    for count in range(1, max(map(len, parts), default=1)):
        tails = [".".join(each[-count:]) for each in parts]
        if len(set(tails)) == len(set(names)):
            return tails
    return list(names)


def _owned(trace: Trace) -> Iterable[tuple[str, list[str]]]:
    """Layers and the names of their parameters; by their names alone where the trace tells of no modules."""
    names = [parameter["name"] for parameter in trace.parameters]
    if not names:
        names = [key.partition("/")[2] for key in trace.tensors() if key.startswith("grad/")]
    own: dict[str, list[str]] = {}
    for name in names:
        own.setdefault(name.rpartition(".")[0] or name, []).append(name)
    return own.items()


def _together(trace: Trace, keys: list[str]) -> Array | None:
    """The norm of several tensors as one, step by step; None where there is none of them."""
    known = [key for key in keys if key in trace]
    if not known:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(np.sqrt(sum(np.nan_to_num(v, nan=0.0) ** 2 for v in trace.columns(known).values())))


def weights(trace: Trace) -> Looks | None:
    """The first filters of the network, or else its first weight matrix; None where no snapshot has one."""
    steps = _spread(trace.snapshot_steps)
    if not len(steps):
        return None
    first = trace.snapshot(int(steps[0])).param
    shapes = {parameter["name"]: tuple(parameter.get("shape") or ()) for parameter in trace.parameters}
    chosen = None
    for name in first:
        value = first[name]
        if value.ndim == 4 and value.shape[2] * value.shape[3] > 1:
            chosen = name
            break
        if value.ndim > 1 and min(value.shape[0], value[0].size) > 1 and chosen is None:
            chosen = name
    if chosen is None:
        return None
    values = [trace.snapshot(int(step)).param[chosen] for step in steps]
    if values[0].ndim == 4:
        some = np.array([v[:MOST_TILES] for v in values])
        tiles = np.moveaxis(some, 2, -1) if some.shape[2] == 3 else some[:, :, 0]
        return Looks(chosen, "filters", steps, tiles, (values[0].shape[0],))
    flat = np.array([v.reshape(len(v), -1)[:MOST_SIDE, :MOST_SIDE] for v in values])
    whole = shapes.get(chosen) or values[0].shape
    return Looks(
        chosen, "matrix", steps, flat[:, None], (int(whole[0]), int(np.prod(whole[1:], dtype=np.int64)))
    )


def maps(trace: Trace) -> Looks | None:
    """What the first convolution makes of a picture, or else a layer of the inputs that it was shown again and again.

    A run without such inputs has the maps of its own batches, each of another picture.
    """
    probe = None
    with suppress(MissingSeriesError):
        probe = trace.probe
    if probe is not None and len(probe.map):
        name = next(iter(probe.map))
        found, rows = probe.map[name], _rows(len(probe.steps))
        shown = None
        with suppress(MissingSeriesError):
            shown = probe.input_image[:1]
        channels = (_channels(trace, name, found),)
        return Looks(name, "maps", probe.steps[rows], found[rows, 0, :MOST_TILES], channels, shown)
    steps = _spread(trace.snapshot_steps)
    if len(steps) and len(trace.snapshot(int(steps[0])).map):
        shots = [trace.snapshot(int(step)) for step in steps]
        name = next(iter(shots[0].map))
        tiles = np.array([shot.map[name][0, :MOST_TILES] for shot in shots])
        inputs = None
        with suppress(MissingSeriesError):
            inputs = np.array([shot.images[0] for shot in shots])
        channels = (_channels(trace, name, shots[0].map[name][None]),)
        return Looks(name, "maps", steps, tiles, channels, inputs, same=False)
    if probe is None:
        return None
    for name in probe.activation:
        if any(p.startswith(f"{name}.") for p in (each["name"] for each in trace.parameters)):
            values = probe.activation[name][_rows(len(probe.steps)), :, :MOST_SIDE]
            if values.shape[2] > 1:
                whole = (values.shape[1], int(np.prod(probe.shape[name], dtype=np.int64)))
                return Looks(name, "answers", probe.steps[_rows(len(probe.steps))], values[:, None], whole)
    return None


def _channels(trace: Trace, name: str, found: Array) -> int:
    """How many maps a module has; as many as were kept where the trace does not tell."""
    shapes = [module.get("output_shape") for module in trace.modules if module["name"] == name]
    return int(shapes[0][0]) if shapes and shapes[0] else int(found.shape[2])


def _rows(count: int) -> Array:
    """Of so many rows `MOST_LOOKS`, evenly, with the first and the last."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_LOOKS)).round().astype(int))


def _spread(steps: Array) -> Array:
    return np.asarray(steps[_rows(len(steps))] if len(steps) else steps)
