"""Ways down one loss: steepest descent at four learning rates, momentum and Adam, each step recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from derivviz.calculus.polynomial import read_points
from derivviz.errors import DerivvizError, UsageError
from derivviz.learning.descent import Loss, Together, Walkers, curvatures, lowest
from derivviz.learning.galaxies import galaxies
from derivviz.parameters import parameter
from derivviz.recording import record
from derivviz.runs import Outcome, Progress, Request
from derivviz.runs._ground import Ground, Slope, deeper, sharpest, stretch

TAKES = {"data": "A CSV file of two columns, x and t. Default: 24 galaxies (Hubble, 1929)."}
# In units of 1/λ: the careful ones of the largest λ on the way, the others of that at the bottom.
RATES = {"slow": 0.03, "good": 0.35, "swinging": 1.9, "diverging": 2.05}
SNAPSHOTS = 10
DIGITS = 3  # of a learning rate
WIDTH, HEIGHT = (
    5.0,
    10.0,
)  # x and t of a file are scaled to 0 … 5 and 0 … 10, so that the valley is one to see
FLAT = 1e-9  # a start whose slope is no more than this share of the curvature times the way is at the bottom
QUIET = Progress(lambda line: None, lambda done, total, epoch, loss: None)


@dataclass(frozen=True)
class Parameters:
    steps: int = parameter(60, "Steps of each walk.", minimum=12, maximum=2000)
    rate: float = parameter(
        1.8,
        "Learning rate in the landscape, times its largest curvature: 2 diverges.",
        minimum=0.05,
        maximum=1.95,
    )
    momentum: float = parameter(
        0.7, "Share β of its last step that momentum keeps.", minimum=0.1, maximum=0.95
    )
    adam_rate: float | None = parameter(
        None, "Adam's learning rate; by default a twentieth of the way.", minimum=1e-9, maximum=1e9
    )


def train(request: Request, progress: Progress) -> Outcome:
    """Fit a line by several optimizers at once: E = ½ Σ_j (w x_j + b − t_j)², over w alone and over w and b.

    Raises
    ------
    UsageError
        For epochs.
    DerivvizError
        If the points cannot be read, or leave nothing to learn.
    TraceError
        If there is something at the path already.
    """
    if request.epochs is not None:
        raise UsageError("Descent counts steps, not epochs: write --steps 60.")
    x, target, about = _points(request)
    at, t = torch.from_numpy(x), torch.from_numpy(target)

    def error(place: Tensor) -> Tensor:
        return (place[0] * at + place[1] - t).square().sum() / 2

    start, curve_start = _starts(x, target)
    progress.say(f"Fitting a line to {about['data']}, which starts level at {start[1]:.4g}.")
    return descend(
        error,
        start,
        request.path,
        curve_start=(curve_start, 0.0),
        parameters=request.parameters,
        snapshot_every=request.snapshot_every,
        overwrite=request.overwrite,
        data=(x, target),
        about={**about, "seed": request.seed, "x": x.tolist(), "target": target.tolist()},
        progress=progress,
    )


def descend(
    loss: Loss,
    start: Tensor | tuple[float, float],
    path: str | Path,
    *,
    names: tuple[str, str] = ("w", "b"),
    curve_start: tuple[float, float] | None = None,
    parameters: Parameters | None = None,
    snapshot_every: int | None = None,
    overwrite: bool = False,
    data: Any = None,
    about: Mapping[str, Any] | None = None,
    progress: Progress = QUIET,
) -> Outcome:
    """Walk down a loss of two weights in several ways, and record every step of each.

    Four walks change the first weight alone, at four learning rates; three change both: steepest descent,
    steepest descent with momentum, Adam. Learning rates go by the curvature at the lowest place nearby. The
    trace has the weights, gradients and updates of every step, the losses, and the ground: E and its slope
    along the curve (attribute ``curve``), and E on the grid ``grid`` as an evaluation.

    >>> function, start = two_weights(model, lambda m: mse_loss(m(x), y), "0.weight[0, 0]", "2.weight[0, 3]")
    >>> descend(function, start, "mine.zarr")                                  # doctest: +SKIP

    Parameters
    ----------
    loss
        Of a tensor of shape (2,): a scalar, with two derivatives. `derivviz.learning.descent.two_weights`
        makes one of a model.
    start
        Where all begin, shape (2,).
    names
        Of the two weights.
    curve_start
        Where the walks along the first weight begin, and where the second one stays; by default `start`.
    data
        What is learnt from, to be told by its SHA-256.
    about
        Further attributes of the trace.

    Raises
    ------
    DerivvizError
        If there is no lowest place near the start, or the start is one.
    TraceError
        If there is something at the path already.
    """
    own = parameters or Parameters()
    start = torch.as_tensor(start, dtype=torch.float64)
    first, still = curve_start or (float(start[0]), float(start[1]))
    slope = Slope(loss, still)
    curve = _bottom(slope, torch.tensor([first], dtype=torch.float64), names[:1])
    ground = _bottom(loss, start, names)
    walks = _walks(own, (sharpest(slope, curve), sharpest(loss, ground)), curve, ground)
    losses: dict[str, Loss] = {
        name: slope if told["along"] == "curve" else loss for name, told in walks.items()
    }
    starts = {name: curve.start if told["along"] == "curve" else start for name, told in walks.items()}
    model = Walkers(losses, starts)
    optimizer = Together([_optimizer(model.place[name], told) for name, told in walks.items()])
    with record(
        model,
        optimizer,
        path,
        snapshot_every=snapshot_every or max(1, own.steps // SNAPSHOTS),
        steps=own.steps,
        data=data,
        overwrite=overwrite,
    ) as recorder:
        recorder.note(
            run="descent",
            finished=False,
            names=list(names),
            still=still,
            walks=walks,
            curve_bottom=curve.told(),
            **(about or {}),
        )
        paths = []
        for step in range(1, own.steps + 1):
            paths.append([model.place[name].detach().clone() for name in walks])
            found = model()
            optimizer.zero_grad()
            found.sum().backward()
            optimizer.step()
            told = dict(zip(walks, found.tolist(), strict=True))
            recorder.log(None, **{f"loss/{name}": value for name, value in told.items()})
            progress.step(step, own.steps, step, told["descent"])
        over = [place for row in paths for place in row if len(place) == 2]
        ground = deeper(loss, ground, over)
        seen = stretch(over, ground)
        recorder.evaluation(seen.heights(loss).reshape(-1, 1), epoch=0)
        recorder.note(bottom=ground.told(), curve=slope.told(curve), grid=seen.told(), finished=True)
    left = {name: told[name] - ground.height for name in ("descent", "momentum", "adam")}
    result = (
        f"After {own.steps} steps the loss is above its lowest value, {ground.height:.4g}, by {left['descent']:.2g} "
        f"with steepest descent, {left['momentum']:.2g} with momentum, {left['adam']:.2g} with Adam."
    )
    return Outcome(own.steps, result, f"derivviz render gradient_descent --trace {path}")


def _points(request: Request) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    if request.data is None:
        x, target = galaxies()
        return x, target, {"data": "24 galaxies (Hubble, 1929)", "subject": "galaxies"}
    read = read_points(request.data, request.seed)
    x, target = np.append(read.x, read.test_x), np.append(read.target, read.test_target)
    if np.ptp(target) < 1e-9 * float(np.abs(target).max(initial=1e-300)):
        raise DerivvizError(
            f"All t of {request.data.name} are the same: there is nothing to learn from them."
        )
    order = np.argsort(x, kind="stable")
    return _spread(x[order], WIDTH), _spread(target[order], HEIGHT), {"data": read.description}


def _spread(values: np.ndarray, size: float) -> np.ndarray:
    """The same numbers from 0 to `size`."""
    return (values - values.min()) / np.ptp(values) * size


def _starts(x: np.ndarray, target: np.ndarray) -> tuple[Tensor, float]:
    """Where w and b begin, and where w does that goes alone: well away from the bottom of either ground."""
    reach = float(np.abs(target).max())
    level = [torch.tensor([0.0, float(t)], dtype=torch.float64) for t in (target.max(), target.min())]
    powers = np.stack([x, np.ones_like(x)], axis=1)
    best = np.linalg.lstsq(powers, target, rcond=None)[0]
    gentle = np.linalg.eigh(powers.T @ powers)[1][:, 0]
    start = max(level, key=lambda place: abs(float((place.numpy() - best) @ gentle)))
    alone = float(x @ target / (x @ x))
    steep = reach / float(np.abs(x).max())
    return start, 0.0 if abs(alone) > 0.2 * steep else -steep


def _bottom(loss: Loss, start: Tensor, names: tuple[str, ...]) -> Ground:
    """The lowest place near the start, and how the ground curves there."""
    what = " and ".join(names)
    place = lowest(loss, start)
    height = float(loss(place))
    values, vectors = curvatures(loss, place)
    if not (
        np.isfinite(height) and torch.isfinite(place).all() and float(values[0]) > 1e-7 * float(values[-1])
    ):
        raise DerivvizError(
            f"The loss has no lowest place over {what} near the start: take other weights, other data, or a loss "
            "that punishes large weights."
        )
    above = float(loss(start)) - height
    way = float((start - place).norm())
    if not above > FLAT * max(1e-300, float(values[0])) * way**2 or way == 0:
        raise DerivvizError(f"The start is the lowest place over {what}: begin somewhere else.")
    return Ground(start, place, height, values, vectors)


def _walks(
    own: Parameters, sharp: tuple[float, float], curve: Ground, ground: Ground
) -> dict[str, dict[str, Any]]:
    """What walks there are: along what, by which optimizer, at what rate."""
    bends = {name: sharp[0] if share < 1 else float(curve.curvatures[-1]) for name, share in RATES.items()}
    rate = rounded(own.rate / sharp[1])
    adam = own.adam_rate or rounded(float((ground.start - ground.place).abs().max()) / 20)
    made: dict[str, dict[str, Any]] = {
        name: {
            "along": "curve",
            "optimizer": "SGD",
            "learning_rate": rounded(share / bends[name]),
            "momentum": 0.0,
        }
        for name, share in RATES.items()
    }
    over = {"along": "surface", "optimizer": "SGD", "learning_rate": rate}
    made["descent"] = {**over, "momentum": 0.0}
    made["momentum"] = {**over, "momentum": own.momentum}
    made["adam"] = {"along": "surface", "optimizer": "Adam", "learning_rate": adam, "momentum": 0.0}
    return made


def rounded(rate: float) -> float:
    """A learning rate as one writes it down, so that what is shown of it is all of it."""
    return float(f"{rate:.{DIGITS}g}")


def _optimizer(place: Tensor, told: Mapping[str, Any]) -> torch.optim.Optimizer:
    if told["optimizer"] == "Adam":
        return torch.optim.Adam([place], lr=told["learning_rate"])
    return torch.optim.SGD([place], lr=told["learning_rate"], momentum=told["momentum"])
