"""What the factor 1 + |f′(mean w)|/20 did to the steps of a recorded run.

For a parameter tensor w with mean m the run stepped w ← w + c Δw, c = 1 + |f′(m)|/20. Recorded are m, c and
the whole update c Δw, so the step Δw without the factor is the update divided by c. Where the optimizer is
Adam, the same Δw follows a second time, from the recorded gradients alone:

    m_t = β₁ m_{t−1} + (1 − β₁) g_t,   v_t = β₂ v_{t−1} + (1 − β₂) g_t²,
    Δw_t = −η_t m_t/(1 − β₁ᵗ) / (√(v_t/(1 − β₂ᵗ)) + ε)

(Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import df
from derivviz.errors import DerivvizError, UsageError, nearest
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]
LOOKED_AT = 64  # numbers of a tensor, at the least, that a step's mean rests on if it has more
IDLE = 1.1  # factors below leave a step nearly as it was
SAME = 1e-3  # relative difference up to which two ways to the same steps agree: the trace has float32


def factor(mean: ArrayLike) -> Array:
    """The rule: 1 + |f′(m)|/20 of means of any shape [1]."""
    return np.asarray(1 + np.abs(df(np.asarray(mean, float))) / 20)


@dataclass(frozen=True)
class Walk:
    """A parameter tensor through the run.

    Attributes
    ----------
    name, size
        Of the tensor; how many numbers it has.
    mean, factor : (step,)
        Its mean before each recorded step, and the factor that it got [1]. Of a large tensor the recorder looks
        at some numbers only between snapshots, so that its mean is an estimate; the factor is always exact.
    error : float
        Four standard errors of that estimate; 0 where all numbers are looked at.
    """

    name: str
    size: int
    mean: Array
    factor: Array
    error: float = 0.0

    @property
    def reach(self) -> float:
        """How far apart its largest and its smallest factor are."""
        return float(np.ptp(self.factor))

    @property
    def idle(self) -> bool:
        """Whether its factor is as good as 1 for at least half of the run: its mean is near a zero of f′."""
        return float(np.median(self.factor)) < IDLE


@dataclass(frozen=True)
class Weight:
    """One weight through the run, as recorded, and what its steps would be without the factor.

    Attributes
    ----------
    parameter, position
        The tensor, and which of its numbers.
    steps : (step,)
        Numbers of the recorded steps.
    value, gradient, update, rate, factor : (step,)
        The weight before the step, ∂L/∂w, after − before, the learning rate, the factor.
    adam : (step,) or None
        Adam's steps from the gradients; None where steps are missing, or where they are not Adam's.
    """

    parameter: str
    position: int
    steps: NDArray[np.int64]
    value: Array
    gradient: Array
    update: Array
    rate: Array
    factor: Array
    adam: Array | None

    @property
    def bare(self) -> Array:
        """The optimizer's step before it was multiplied: update / factor."""
        return np.asarray(self.update / self.factor)

    def path(self, constant: float = 1.0) -> Array:
        """Where the same steps Δw, each times one `constant`, would have led from the first value, (step + 1,).

        Between recorded steps that are not neighbours the factor is taken to be that of the first.
        """
        moves = np.append(np.diff(self.value), self.update[-1]) / self.factor
        return np.concatenate([self.value[:1], self.value[0] + constant * np.cumsum(moves)])

    @property
    def recorded(self) -> Array:
        """Where it was before each recorded step, and after the last, (step + 1,)."""
        return np.append(self.value, self.value[-1] + self.update[-1])

    @property
    def telling(self) -> int:
        """The step, but for the first, in which it moved the farthest, as an index."""
        return int(np.abs(self.update[1:]).argmax()) + 1 if len(self.update) > 1 else 0


def read_walks(trace: Trace) -> list[Walk]:
    """The tensors whose factor was recorded, in the model's order; steps that are not finite are left out.

    Raises
    ------
    DerivvizError
        When none was, or when the optimizer was not wrapped in ``DerivativeFactor``.
    """
    sizes = {p["name"]: math.prod(p.get("shape") or ()) for p in trace.parameters}
    found = []
    for key in trace:
        kind, _, name = key.partition("/")
        if kind != "lr_factor" or f"param/{name}/mean" not in trace:
            continue
        mean, factors = trace[f"param/{name}/mean"], trace[key]
        known = np.isfinite(mean) & np.isfinite(factors)
        if known.any():
            size, spread = sizes.get(name, 0), trace[f"param/{name}/std"][known]
            error = 0.0 if size <= LOOKED_AT else 4 * float(spread.max()) / math.sqrt(LOOKED_AT)
            found.append(Walk(name, size, mean[known], factors[known], error))
    if not found:
        raise MissingSeriesError(
            f"the trace {trace.path} has no factors of learning rates: wrap the optimizer in "
            "derivviz.learning.DerivativeFactor, or type 'derivviz record food'"
        )
    if all((walk.factor == 1).all() for walk in found):
        raise DerivvizError(
            "every factor of this run is 1: its optimizer was not wrapped in DerivativeFactor, so f′ moved no "
            "learning rate. A run where it does: derivviz record food"
        )
    return found


def read_weight(trace: Trace, walks: list[Walk], name: str = "") -> Weight:
    """The followed weight that came the farthest, of a tensor or of the one whose factor moved the most.

    Raises
    ------
    UsageError
        When no tensor has that name.
    DerivvizError
        When the trace follows no single weights, or none of that tensor is finite and moved.
    """
    names = [walk.name for walk in walks]
    if name and name not in names:
        guess = nearest(name, names, 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(f"--parameter is {name!r}, which is none of the {len(names)} of this trace.{hint}")
    # One whose factor is 1 would show nothing.
    order = [name] if name else [w.name for w in sorted(walks, key=lambda w: (w.idle, -w.reach))]
    for each in order:
        weight = _farthest(trace, each)
        if weight is not None:
            return weight
    raise DerivvizError(
        f"no weight of {name or 'this run'} that the trace follows ever moved by a finite step: "
        + ("leave out --parameter" if name else "record another run with 'derivviz record food'")
    )


def first_histogram(trace: Trace, name: str) -> tuple[int, Array, Array] | None:
    """Of a tensor in the first snapshot: row of that step, counts and edges; None where there is none."""
    try:
        step = int(trace.snapshot_steps[0])
        counts, edges = (np.asarray(part, float) for part in trace.snapshot(step).histogram[f"param/{name}"])
    except (IndexError, MissingSeriesError):
        return None
    rows = np.flatnonzero(trace.steps == step)
    known = len(rows) and np.isfinite(edges).all() and counts.sum() > 0
    return (int(rows[0]), counts, edges) if known else None


def adam_steps(gradients: Array, rates: Array, betas: tuple[float, float] = (0.9, 0.999)) -> Array:
    """Adam's steps Δw for the gradients of one weight from the first step on, shape (step,)."""
    steps, m, v = np.empty(len(gradients)), 0.0, 0.0
    for n, (g, rate) in enumerate(zip(gradients, rates, strict=True)):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        mean, spread = m / (1 - betas[0] ** (n + 1)), math.sqrt(v / (1 - betas[1] ** (n + 1)))
        steps[n] = -rate * mean / (spread + 1e-8)
    return steps


def _farthest(trace: Trace, name: str) -> Weight | None:
    sampled = {kind: trace.sampled(f"{kind}/{name}") for kind in ("param", "grad", "update")}
    value, gradient, update = (np.asarray(each.values, float) for each in sampled.values())
    rate, factors = trace[f"lr/{name}"], trace[f"lr_factor/{name}"]
    known = np.isfinite(np.column_stack([value, gradient, update, rate, factors])).all(axis=1)
    if not known.any() or not update[known].any():
        return None
    last = len(known) if known.all() else int(np.argmin(known))  # up to the first that is not finite
    if last == 0:
        return None
    steps, value, gradient, update = trace.steps[:last], value[:last], gradient[:last], update[:last]
    rate, factors = rate[:last], factors[:last]
    k = int(np.abs(value[-1] + update[-1] - value[0]).argmax())
    adam = None
    if steps[0] == 0 and (np.diff(steps) == 1).all():
        adam = adam_steps(gradient[:, k], rate)
        if np.abs(adam * factors - update[:, k]).max() > SAME * np.abs(update[:, k]).max():
            adam = None
    position = int(sampled["param"].positions[k])
    return Weight(name, position, steps, value[:, k], gradient[:, k], update[:, k], rate, factors, adam)
