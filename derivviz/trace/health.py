"""What went wrong in a run, read off its trace alone.

A finding is a hint where to look, not a verdict: each rule has a threshold, and its source stands beside it.
Phenomena: vanishing, saturation – Glorot & Bengio, "Understanding the difficulty of training deep
feedforward neural networks", 2010; exploding – Pascanu, Mikolov & Bengio, "On the difficulty of training
recurrent neural networks", 2013; dead units – Lu et al., "Dying ReLU and initialization", 2019.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derivviz.trace.reader import Trace
from derivviz.trace.store import Array
from derivviz.trace.units import Finding, units

# Gradient clipping cuts at half to ten times the usual norm (Pascanu et al., section 3.2); this is ten times that.
EXPLODING = 100.0
# Norm of the gradient, first layer to last: parameter β₁ of AutoTrainer (Zhang et al., ICSE 2021).
VANISHING = 1e-3
# Norm of the update to norm of the weight: "somewhere around 1e-3" (Karpathy, notes of CS231n on babysitting
# the learning process); that is the middle, and two orders of magnitude to either side pass.
USUAL_RATIO, RATIO_MARGIN = 1e-3, 100.0

_AT_ONCE = 2**28  # bytes of statistics that are read at once


def examine(trace: Trace) -> list[Finding]:
    """What is probably wrong with a run, the worst kind first; an empty list if nothing is.

    Raises
    ------
    TraceError : the trace is damaged.
    """
    return list(Examination(trace).findings())


class Examination:
    """One look through the statistics of a trace; the rules then work on series in memory.

    Attributes
    ----------
    rms : of each ``activation/NAME``, shape (step,)
    norm : of each ``param/NAME``, ``grad/NAME`` and ``update/NAME``, shape (step,)
    """

    def __init__(self, trace: Trace) -> None:
        self._trace, self._steps = trace, trace.steps
        self._layers = [module["name"] for module in trace.modules]
        # Biases begin at 0 and have few elements; a layer is judged by its weights.
        self._weights = [p["name"] for p in trace.parameters if len(p.get("shape") or ()) > 1]
        self._lost: dict[str, tuple[int, float]] = {}  # tensor → row of the first step, how many values
        self.norm: dict[str, Array] = {}
        self.rms: dict[str, Array] = {}
        self._read()
        self._read_snapshots()

    def findings(self) -> Iterator[Finding]:
        """All of them, in the order of `KINDS`."""
        if not len(self._steps):
            return
        if (lost := self.first_nonfinite()) is not None:
            yield lost
        yield from self._growing_forward()
        yield from self._growing_in_time()
        yield from self._vanishing()
        yield from units(self._trace)
        yield from self._ratios()

    def _read(self) -> None:
        tensors = self._trace.tensors()
        block = max(1, _AT_ONCE // max(1, 3 * 8 * len(self._steps)))
        for start in range(0, len(tensors), block):
            names = tensors[start : start + block]
            read = self._trace.columns(
                [f"{name}/{stat}" for name in names for stat in ("nonfinite", "norm", "rms")]
            )
            for name in names:
                lost = read[f"{name}/nonfinite"]
                rows = np.flatnonzero(lost > 0)
                if len(rows):
                    self._lost[name] = int(rows[0]), float(lost[rows[0]])
                if name.startswith("activation/"):
                    self.rms[name] = read[f"{name}/rms"]
                elif not name.startswith("activation_grad/"):
                    self.norm[name] = read[f"{name}/norm"]

    def _read_snapshots(self) -> None:
        """A step looks at some values of a large tensor, and may miss the one that is lost; a snapshot at all."""
        for step in self._trace.snapshot_steps:
            row = int(np.searchsorted(self._steps, step))
            lost = self._trace.snapshot(int(step)).nonfinite
            for name in [name for name, count in lost.items() if count > 0]:
                if name not in self._lost or row <= self._lost[name][0]:
                    self._lost[name] = row, lost[name]
            if any(count > 0 for count in lost.values()):
                return

    def _order(self) -> list[str]:
        """Every tensor in the order in which a step computes it: forward, backward, update."""
        known = self._trace.tensors()

        def place(tensor: str) -> tuple[int, int]:
            kind, _, name = tensor.partition("/")
            order = self._layers if kind.startswith("activation") else self._parameters
            at = order.index(name.partition("#")[0]) if name.partition("#")[0] in order else len(order)
            stage = ("param", "activation", "activation_grad", "grad", "update")
            backward = kind in ("activation_grad", "grad")
            return stage.index(kind) if kind in stage else len(stage), -at if backward else at

        return sorted(known, key=place)

    @property
    def _parameters(self) -> list[str]:
        return [p["name"] for p in self._trace.parameters]

    def first_nonfinite(self) -> Finding | None:
        """NaN or infinity: the tensor that had it first, and of one step the one that is computed first."""
        first = {name: row for name, (row, _) in self._lost.items()}
        for key in self._trace.logged:
            row = self._said_lost(key)
            if row is None:
                row = _lost(self._trace[key])
            if row is not None:
                first[key] = row
        if not first:
            return None
        order = self._order()
        rank = {tensor: n for n, tensor in enumerate(order)}
        forward = sum(tensor.startswith(("param/", "activation/")) for tensor in order)
        where = min(first, key=lambda name: (first[name], rank.get(name, forward - 0.5)))
        step = int(self._steps[first[where]])
        many = self._lost[where][1] if where in self._lost else 1.0
        others = sum(row == first[where] for row in first.values()) - 1
        also = f", and with it {others} more {'tensor' if others == 1 else 'tensors'}" if others else ""
        what = f"{many:.0f} of the values looked at are" if where in rank else "it is"
        return Finding(
            "nonfinite",
            where,
            step,
            many,
            f"{where} is the first to lose finite values: in step {step} {what} NaN or infinite{also}.",
        )

    def _said_lost(self, key: str) -> int | None:
        """The row of the first step in which NaN or infinity was logged, as the recorder has noted it."""
        said = self._trace.attrs.get("nonfinite")
        step = said.get(key) if isinstance(said, dict) else None
        rows: Array = np.flatnonzero(self._steps == (step if type(step) is int else -1))
        return int(rows[0]) if len(rows) else None

    def _growing_forward(self) -> Iterator[Finding]:
        """A layer whose output is `EXPLODING` times as large as that of every layer before it, and large."""
        largest = np.full(len(self._steps), np.nan)
        found: Finding | None = None
        for layer in self._layers:
            rms = self.rms.get(f"activation/{layer}")
            if rms is None:
                continue
            with np.errstate(all="ignore"):
                growth = rms / largest
            rows = np.flatnonzero((growth >= EXPLODING) & (rms >= EXPLODING))
            if len(rows) and (found is None or self._steps[rows[0]] < found.step):
                step, times = int(self._steps[rows[0]]), float(growth[rows[0]])
                found = Finding(
                    "exploding",
                    f"activation/{layer}",
                    step,
                    times,
                    f"The output of {layer} is {times:.3g} times as large as that of any layer before it "
                    f"in step {step}: rms {rms[rows[0]]:.3g}.",
                )
            largest = np.fmax(largest, rms)
        if found is not None:
            yield found

    def _growing_in_time(self) -> Iterator[Finding]:
        """A gradient whose norm is `EXPLODING` times the usual: the geometric mean of all steps before."""
        norms = {name: norm for name, norm in self.norm.items() if name.startswith("grad/")}
        if not norms:
            return
        total = np.sqrt(np.nansum([np.square(norm) for norm in norms.values()], axis=0))
        growth = _growth(total)
        rows = np.flatnonzero(growth >= EXPLODING)
        if not len(rows):
            return
        each = {name: float(_growth(norm)[rows[0]]) for name, norm in norms.items()}
        where = max(each, key=lambda name: each[name])
        step, times = int(self._steps[rows[0]]), float(growth[rows[0]])
        yield Finding(
            "exploding",
            where,
            step,
            times,
            f"The norm of the gradient is {times:.3g} times the usual in step {step}: {total[rows[0]]:.3g}. "
            f"That of {where.partition('/')[2]} grew most, {each[where]:.3g}-fold.",
        )

    def _vanishing(self) -> Iterator[Finding]:
        """A first layer that learns next to nothing: its gradient beside the largest of the later ones."""
        norms = [(name, self.norm[f"grad/{name}"]) for name in self._weights if f"grad/{name}" in self.norm]
        norms = [(name, norm) for name, norm in norms if np.isfinite(norm).any()]
        if len(norms) < 2:
            return
        name, early = norms[0]
        late_name, late = max(norms[1:], key=lambda pair: float(np.nanmedian(pair[1])))
        with np.errstate(all="ignore"):
            ratio = early / late
        seen = np.isfinite(ratio)
        if not seen.any() or (value := float(np.median(ratio[seen]))) >= VANISHING:
            return
        step = int(self._steps[np.flatnonzero(seen & (ratio < VANISHING))[0]])
        yield Finding(
            "vanishing",
            f"grad/{name}",
            step,
            value,
            f"Gradients fade on the way back: the norm of {name}'s is {value:.2g} of {late_name}'s (median).",
        )

    def _ratios(self) -> Iterator[Finding]:
        """Weights that a step hardly moves, or throws about."""
        for name in self._weights:
            weight, update = self.norm.get(f"param/{name}"), self.norm.get(f"update/{name}")
            if weight is None or update is None:
                continue
            with np.errstate(all="ignore"):
                ratio = update / weight
            moved = np.isfinite(ratio) & (update > 0)  # a frozen weight, or a skipped step, is no fault
            if not moved.any():
                continue
            value = float(np.median(ratio[moved]))
            low, high = USUAL_RATIO / RATIO_MARGIN, USUAL_RATIO * RATIO_MARGIN
            if low <= value <= high:
                continue
            out = moved & ((ratio < low) if value < low else (ratio > high))
            step = int(self._steps[np.flatnonzero(out)[0]])
            far, rate = ("less", "low") if value < low else ("more", "high")
            yield Finding(
                "update-ratio",
                f"update/{name}",
                step,
                value,
                f"A step changes {name} by {value:.2g} of its norm (median), far {far} than the usual "
                f"{USUAL_RATIO:g}: the learning rate may be too {rate}.",
            )


def _lost(values: Array) -> int | None:
    """The row from which on a logged number is infinite or, in a trace that does not say, NaN; or None.

    What was not logged is NaN as well. So NaN counts only if there was a number in every step before, and
    none ever follows; and, as a run may break off before it has logged its last step, if it is not alone.
    """
    infinite, numbers = np.flatnonzero(np.isinf(values)), np.flatnonzero(np.isfinite(values))
    if len(infinite):
        return int(infinite[0])
    dense = 1 < len(numbers) == numbers[-1] + 1 < len(values) - 1 if len(numbers) else False
    return len(numbers) if dense else None


def _growth(norms: Array) -> Array:
    """How many times as large each norm is as the geometric mean of those before it; 0 for the first."""
    with np.errstate(all="ignore"):
        logs = np.log(norms)
        known = np.isfinite(logs)
        logs[~known] = 0
        usual = (np.cumsum(logs) - logs) / (np.cumsum(known) - known)
        return np.where(known & np.isfinite(usual), np.exp(logs - usual), 0)
