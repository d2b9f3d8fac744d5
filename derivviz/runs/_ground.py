"""What the ground of a loss is like where walkers go: its lowest place, its curve, its heights over a rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from derivviz.learning.descent import Loss, curvatures, lowest

CURVE = 241  # places of the curve
ACROSS = 161  # and of the longer side of the rectangle
CHUNK = 512  # of them at once
RATIO = 2.6  # of its sides, as a wide picture has them
REACH = 1.6  # of the curve to either side of its lowest place, over the way from the start to it
HAIR = 1e-9  # of the loss at the start: no deeper than that is rounding
LOOKS = 33  # places between the start and the lowest one that the curvature is measured at
FAR = 2.5  # of that way, beyond which no walker is followed
LEAST = 0.3  # share of the rectangle's height that the walks must fill for both weights to have one scale


@dataclass(frozen=True)
class Ground:
    """Where a walk starts, and the lowest place near it.

    Attributes
    ----------
    start, place
        Of the walks and the lowest, shape (n,).
    height
        The loss at the lowest place.
    curvatures, directions
        Eigenvalues of the Hessian matrix there, the smallest first, and eigenvectors in columns.
    """

    start: Tensor
    place: Tensor
    height: float
    curvatures: Tensor
    directions: Tensor

    def told(self) -> dict[str, Any]:
        """For the trace."""
        return {
            "place": self.place.tolist(),
            "loss": self.height,
            "curvatures": self.curvatures.tolist(),
            "directions": self.directions.T.tolist(),
        }


class Slope:
    """The loss along its first weight, the second being still: a function of a place of shape (1,)."""

    def __init__(self, loss: Loss, still: float) -> None:
        self._loss, self._still = loss, torch.tensor([still], dtype=torch.float64)

    def __call__(self, place: Tensor) -> Tensor:
        return self._loss(torch.cat([place, self._still]))

    def told(self, ground: Ground) -> dict[str, list[float]]:
        """The curve for the trace: places around the lowest one, loss and slope at each."""
        middle, far = float(ground.place), REACH * abs(float(ground.start - ground.place))
        places = torch.linspace(middle - far, middle + far, CURVE, dtype=torch.float64)
        found: dict[str, list[float]] = {"place": places.tolist(), "loss": [], "slope": []}
        for place in places.reshape(-1, 1):
            at = place.clone().requires_grad_()
            value = self(at)
            (slope,) = torch.autograd.grad(value, at)
            found["loss"].append(value.item())
            found["slope"].append(slope.item())
        return found


def sharpest(loss: Loss, ground: Ground) -> float:
    """The largest curvature, in size, on the straight way from the start to the lowest place."""
    found = [ground.curvatures[-1]]
    for share in torch.linspace(0, 1, LOOKS, dtype=torch.float64):
        values, _ = curvatures(loss, ground.place + share * (ground.start - ground.place))
        found.append(values.abs().max())
    return float(torch.stack(found).nan_to_num(0.0).max())


def deeper(loss: Loss, ground: Ground, places: Sequence[Tensor]) -> Ground:
    """The same ground with the lowest place of all: a walker may have found one that is lower than what was known."""
    with torch.no_grad():
        losses = torch.stack([loss(place) for place in places]).nan_to_num(torch.inf)
    least = places[int(losses.argmin())]
    if float(losses.min()) >= ground.height - HAIR * (float(loss(ground.start)) - ground.height):
        return ground
    place = lowest(loss, least)
    if not float(loss(place)) <= float(losses.min()):
        place = least
    values, vectors = curvatures(loss, place)
    return Ground(ground.start, place, float(loss(place)), values, vectors)


@dataclass(frozen=True)
class Stretch:
    """A rectangle of the two weights, and the places in it that the loss is asked at.

    Attributes
    ----------
    ranges
        Of the first and the second weight.
    wide
        Which of them, 0 or 1, lies along its longer side.
    level
        Whether a step of either weight is drawn equally long.
    """

    ranges: tuple[tuple[float, float], tuple[float, float]]
    wide: int
    level: bool

    @property
    def counts(self) -> tuple[int, int]:
        """Places along the first and the second weight."""
        high = round(ACROSS / RATIO)
        return (ACROSS, high) if self.wide == 0 else (high, ACROSS)

    def heights(self, loss: Loss) -> Tensor:
        """The loss at each place, float64, shape (first, second)."""
        one, other = (
            torch.linspace(*ends, count, dtype=torch.float64)
            for ends, count in zip(self.ranges, self.counts, strict=True)
        )
        places = torch.cartesian_prod(one, other)
        with torch.no_grad():
            try:
                found = torch.vmap(loss, chunk_size=CHUNK)(places)
            except RuntimeError:  # not every model can be asked at many places at once
                found = torch.stack([loss(place) for place in places])
        return found.double().reshape(self.counts)

    def told(self) -> dict[str, Any]:
        """For the trace."""
        return {"ranges": self.ranges, "counts": self.counts, "wide": self.wide, "one_scale": self.level}


def stretch(places: Sequence[Tensor], ground: Ground) -> Stretch:
    """The rectangle that shows the walks, unless they run away, and the lowest place."""
    far = FAR * (ground.start - ground.place).abs().max()
    seen = torch.stack([*places, ground.start, ground.place])
    seen = seen[(seen - ground.place).abs().amax(1) <= far]
    low, high = seen.amin(0), seen.amax(0)
    size = (high - low).clamp_min(1e-12 * float(far))
    middle = (low + high) / 2
    wide = int(size.argmax())
    size = size * 1.16
    level = float(size[1 - wide]) * RATIO >= LEAST * float(size[wide])
    if level:
        across = max(float(size[wide]), RATIO * float(size[1 - wide]))
        size[wide], size[1 - wide] = across, across / RATIO
    ends = torch.stack([middle - size / 2, middle + size / 2], dim=1).tolist()
    return Stretch((tuple(ends[0]), tuple(ends[1])), wide, level)
