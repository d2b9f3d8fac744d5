"""Detectors that differ in nothing but their loss, and learn from the same batches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from derivviz.calculus.focal import DECILES, pull
from derivviz.learning.detection import Detector, Found, aim, detect, overlap_loss
from derivviz.learning.frames import Frames, Task
from derivviz.learning.losses import focal_loss
from derivviz.learning.precision import Judge, Precision

_WARM_UP = 20  # steps
_LARGEST_NORM = 10.0  # of a detector's gradient
_AT_ONCE = 16  # pictures of a test

Array = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Loss:
    """γ, and α of the positives; None weighs both with 1."""

    gamma: float
    alpha: float | None


class SideBySide(nn.Module):
    """Detectors by name, all of them with the weights of the same seed."""

    def __init__(self, names: Mapping[str, Loss], classes: int, seed: int) -> None:
        super().__init__()
        self.detectors = nn.ModuleDict()
        with torch.random.fork_rng(devices=[]):
            for name in names:
                torch.manual_seed(seed)
                self.detectors[name] = Detector(classes)

    def forward(self, images: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Logits and reaches of each detector."""
        return {name: detector(images) for name, detector in self.detectors.items()}


@dataclass(frozen=True)
class Tally:
    """What one loss did in one step.

    Attributes
    ----------
    classes, edges
        The two losses: of the decisions, over the number of places where something is; and of the boxes.
    mass
        Sum of |∂classes/∂logit| over the decisions whose p_t lies in each tenth of 0…1, shape (10,).
    count
        How many decisions those are, shape (10,).
    objects
        The share of the mass that is of decisions to be answered with yes.
    as_if
        By name of each loss, the mass that it would have had on the decisions of this detector, shape (10,).
    """

    classes: float
    edges: float
    mass: Array
    count: Array
    objects: float
    as_if: dict[str, Array]


class Contest:
    """A detector for each loss, about to learn.

    Parameters
    ----------
    losses
        By name, as a module may be called.
    seed
        Decides the weights, which are the same for all, the order of the pictures and which are mirrored.
    """

    def __init__(
        self, task: Task, losses: Mapping[str, Loss], *, seed: int, steps: int, batch: int, rate: float
    ) -> None:
        self.task, self.losses, self.batch = task, losses, batch
        self.model = SideBySide(losses, len(task.classes), seed)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=rate)
        self._rates = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda k: min(1, (k + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * k / steps))
        )
        self._chance = torch.Generator().manual_seed(seed)
        height, width = task.train.images.shape[1:3]
        self._aim = aim(task.train.boxes, task.train.labels, len(task.classes), height, width)
        self._judge = Judge(task.test.boxes, task.test.labels, len(task.classes))

    @property
    def positives(self) -> float:
        """How many decisions a training picture has that are to be answered with yes, the mean."""
        return float(self._aim.yes.sum()) / len(self._aim.yes)

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """A batch: pictures in 0…1, what to answer, and the edges; half of them mirrored."""
        chosen = torch.randint(len(self.task.train), (self.batch,), generator=self._chance)
        mirrored = torch.rand(self.batch, generator=self._chance) < 0.5
        images = pixels(self.task.train)[chosen].float() / 255
        images[mirrored] = images[mirrored].flip(-1)
        return images, *self._aim.rows(chosen, mirrored)

    def step(self, images: Tensor, yes: Tensor, edges: Tensor) -> dict[str, Tally]:
        """One step of every detector on one batch."""
        places = max(1, int((yes.amax(1) > 0).sum()))
        said = self.model(images)
        parts: dict[str, tuple[Tensor, Tensor]] = {}
        for name, (logits, reach) in said.items():
            logits.retain_grad()
            loss = self.losses[name]
            of_classes = focal_loss(logits, yes, loss.alpha, loss.gamma, reduction="sum") / places
            parts[name] = of_classes, overlap_loss(reach, edges, yes)
        self.optimizer.zero_grad()
        torch.stack([part for pair in parts.values() for part in pair]).sum().backward()
        for detector in self.model.detectors.values():
            nn.utils.clip_grad_norm_(detector.parameters(), _LARGEST_NORM)
        self.optimizer.step()
        self._rates.step()
        return {
            name: self._tally(logits, yes, places, *(part.item() for part in parts[name]))
            for name, (logits, _) in said.items()
        }

    def _tally(self, logits: Tensor, yes: Tensor, places: int, classes: float, edges: float) -> Tally:
        assert logits.grad is not None
        p_t = torch.sigmoid((2 * yes - 1) * logits.detach()).flatten().double().numpy()
        slope = logits.grad.flatten().abs().double().numpy()
        answer = yes.flatten().numpy() > 0
        where = np.minimum((p_t * DECILES).astype(np.int64), DECILES - 1)
        as_if = {}
        for name, loss in self.losses.items():
            weight = 1.0 if loss.alpha is None else np.where(answer, loss.alpha, 1 - loss.alpha)
            as_if[name] = _sums(where, weight * pull(p_t, loss.gamma) / places)
        whole = float(slope.sum())
        return Tally(
            classes,
            edges,
            _sums(where, slope),
            _sums(where, np.ones_like(p_t)),
            float(slope[answer].sum()) / whole if whole else math.nan,
            as_if,
        )

    def test(self) -> dict[str, list[Precision]]:
        """The precision of each detector and class on the test pictures."""
        return {name: self._judge.judge(self.find(name, self.task.test)) for name in self.losses}

    def find(self, name: str, frames: Frames) -> list[Found]:
        """What one detector finds in some pictures."""
        detector = self.model.detectors[name]
        assert isinstance(detector, Detector)
        parts = pixels(frames).split(_AT_ONCE)
        return [found for part in parts for found in detect(detector, part.float() / 255)]


def pixels(frames: Frames) -> Tensor:
    """Pictures as torch wants them: uint8 (n, 3, y, x), the same memory."""
    return torch.from_numpy(frames.images).permute(0, 3, 1, 2)


def _sums(where: np.ndarray, values: np.ndarray) -> Array:
    return np.bincount(where, values, DECILES).astype(np.float64)
