"""A small detector without anchors: at every place of a grid it says what is there and how far its edges are.

As FCOS does (Tian, Shen, Chen & He, "FCOS: Fully convolutional one-stage object detection", 2019), in small: one
level, no centre-ness. Class scores are independent yes-or-no decisions, nearly all of which are no.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

STRIDE = 4  # pixels from one place of the grid to the next
PRIOR = 0.01  # what every decision says before training, as in Lin et al., 2017, section 4.1
_CENTRE = 1.5  # places from an object's centre that answer for it
_CANDIDATES, _KEPT, _LEAST_SCORE = 200, 50, 0.01
_SAME = 0.5  # overlap from which two boxes of a class are taken for one object
_USUAL = 1.0
_BOUND = 6.0  # of the logarithm of a reach, in strides

Boxes = NDArray[np.float32]


class Detector(nn.Module):
    """Two halvings, a look around at a third one, and back: two heads on a grid of every fourth pixel.

    Parameters
    ----------
    classes
        How many there are.

    Notes
    -----
    Pictures (n, 3, y, x) in 0…1, with sides that 8 divides, become logits (n, classes, y/4, x/4) and reaches
    (n, 4, y/4, x/4): logarithms of how many strides there are from the place to the left, upper, right and
    lower edge.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.near = nn.Sequential(*_block(3, 16, 2), *_block(16, 32, 2))
        self.around = nn.Sequential(
            *_block(32, 64, 2), *_block(64, 64, 1, 2), *_block(64, 64, 1, 4), nn.Conv2d(64, 32, 1)
        )
        self.both = nn.Sequential(*_block(32, 32, 1))
        self.classify = nn.Conv2d(32, classes, 3, padding=1)
        self.reach = nn.Conv2d(32, 4, 3, padding=1)
        self.reach.bias = nn.Parameter(torch.full((4,), _USUAL))
        nn.init.normal_(self.classify.weight, std=0.01)
        self.classify.bias = nn.Parameter(torch.full((classes,), -math.log((1 - PRIOR) / PRIOR)))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        near = self.near(images)
        seen = self.both(near + interpolate(self.around(near), scale_factor=2.0))
        return self.classify(seen), self.reach(seen).clamp(-_BOUND, _BOUND)


def _block(inputs: int, outputs: int, stride: int, dilation: int = 1) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=dilation, dilation=dilation, bias=False)
    return convolution, nn.GroupNorm(8, outputs), nn.ReLU()


@dataclass(frozen=True)
class Aim:
    """What a detector should say at each place of some pictures.

    Attributes
    ----------
    yes
        Shape (n, classes, y, x), 1 where a class is right, uint8.
    edges
        Pixels to the left, upper, right and lower edge, shape (n, 4, y, x), float32; of use where something is.
    """

    yes: Tensor
    edges: Tensor

    def rows(self, chosen: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor]:
        """Those of some pictures, left and right exchanged in the mirrored ones."""
        yes, edges = self.yes[chosen].float(), self.edges[chosen]
        yes[mirrored] = yes[mirrored].flip(-1)
        edges[mirrored] = edges[mirrored].flip(-1)[:, [2, 1, 0, 3]]
        return yes, edges


def aim(boxes: list[Boxes], labels: list[NDArray[np.int64]], classes: int, height: int, width: int) -> Aim:
    """Which places answer for which boxes.

    Those do that lie in the box and within 1.5 places of its centre, at the least the one where its centre
    lies. Where several objects claim a place, the smallest has it.

    Parameters
    ----------
    boxes
        Of each picture, left, top, right and bottom in pixels, shape (object, 4).
    labels
        Of each picture, numbers of the classes, shape (object,).
    height, width
        Of the pictures, in pixels.
    """
    rows, columns = height // STRIDE, width // STRIDE
    y, x = (np.arange(side) * STRIDE + STRIDE / 2 for side in (rows, columns))
    yes = np.zeros((len(boxes), classes, rows, columns), np.uint8)
    edges = np.ones((len(boxes), 4, rows, columns), np.float32)
    for n, (some, which) in enumerate(zip(boxes, labels, strict=True)):
        area = (some[:, 2] - some[:, 0]) * (some[:, 3] - some[:, 1])
        for k in np.argsort(-area, kind="stable"):
            left, top, right, bottom = some[k]
            cx, cy = (left + right) / 2, (top + bottom) / 2
            across = (np.abs(x - cx) <= _CENTRE * STRIDE) & (x > left) & (x < right)
            down = (np.abs(y - cy) <= _CENTRE * STRIDE) & (y > top) & (y < bottom)
            across[min(int(cx // STRIDE), columns - 1)] = down[min(int(cy // STRIDE), rows - 1)] = True
            here = np.ix_(down, across)
            yes[n][:, down[:, None] & across] = 0
            yes[n, which[k]][here] = 1
            for side, reach in enumerate(
                (x[None] - left, y[:, None] - top, right - x[None], bottom - y[:, None])
            ):
                edges[n, side][here] = np.broadcast_to(np.maximum(reach, 0.5), (rows, columns))[here]
    return Aim(torch.from_numpy(yes), torch.from_numpy(edges))


def overlap_loss(reach: Tensor, edges: Tensor, yes: Tensor) -> Tensor:
    """−ln of intersection over union of the boxes said and true, the mean over the places where something is.

    Source: Yu, Jiang, Wang, Cao & Huang, "UnitBox: An advanced object detection network", 2016.
    """
    here = yes.amax(1) > 0
    said = STRIDE * reach.exp().permute(0, 2, 3, 1)[here]
    true = edges.permute(0, 2, 3, 1)[here]
    shared = torch.minimum(said, true)
    inner = (shared[:, 0] + shared[:, 2]) * (shared[:, 1] + shared[:, 3])
    sizes = [(side[:, 0] + side[:, 2]) * (side[:, 1] + side[:, 3]) for side in (said, true)]
    return -(inner / (sizes[0] + sizes[1] - inner)).log().sum() / max(int(here.sum()), 1)


@dataclass(frozen=True)
class Found:
    """What a detector finds in one picture, the surest first.

    Attributes
    ----------
    boxes, labels, scores
        Shapes (found, 4) in pixels, (found,) and (found,) in 0…1.
    """

    boxes: Boxes
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]


@torch.no_grad()
def detect(detector: Detector, images: Tensor) -> list[Found]:
    """Boxes of pictures (n, 3, y, x): the surest places, each object once."""
    logits, reach = detector(images)
    height, width = images.shape[2:]
    pairs = zip(logits.sigmoid().numpy(), reach.numpy(), strict=True)
    return [_found(scores, far, height, width) for scores, far in pairs]


def _found(scores: NDArray[np.float32], reach: NDArray[np.float32], height: int, width: int) -> Found:
    flat = scores.reshape(-1)
    order = np.argsort(-flat, kind="stable")[:_CANDIDATES]
    order = order[flat[order] > _LEAST_SCORE]
    labels, row, column = np.unravel_index(order, scores.shape)
    l, t, r, b = STRIDE * np.exp(reach[:, row, column])  # noqa: E741
    x, y = column * STRIDE + STRIDE / 2, row * STRIDE + STRIDE / 2
    boxes = np.stack([x - l, y - t, x + r, y + b], axis=1).clip(0, [width, height, width, height])
    kept = apart(boxes, labels)[:_KEPT]
    return Found(boxes[kept].astype(np.float32), labels[kept].astype(np.int64), flat[order][kept])


def apart(boxes: NDArray[np.floating], labels: NDArray[np.integer]) -> list[int]:
    """Of boxes, the surest first, those that overlap no surer one of their class by half (greedy suppression)."""
    overlap = overlaps(boxes, boxes) * (labels[:, None] == labels)
    kept: list[int] = []
    for k in range(len(boxes)):
        if not (overlap[k, kept] > _SAME).any():
            kept.append(k)
    return kept


def overlaps(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of every pair, shape (len(one), len(other))."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    inner = np.prod(np.maximum(high - low, 0), axis=2)
    first, second = ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (one, other))
    return np.asarray(inner / np.maximum(first[:, None] + second[None] - inner, 1e-9), float)
