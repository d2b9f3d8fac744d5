"""Light augmentation: a dish stays the same dish when mirrored, moved, turned and re-lit a little."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

ZOOM = 0.25
TURN = math.radians(15)
SHIFT = 0.15
BRIGHTNESS = 0.2
TINT = 0.05


def augment(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Change each picture of a batch at random.

    Mirrored half of the time, up to 25 % nearer, turned by up to 15°, moved by up to 7.5 % of its side,
    ±20 % of brightness and ±5 % of each colour. What comes in at the border is the mirrored picture.

    Parameters
    ----------
    batch
        float32, shape (n, 3, y, x), in [0, 1].
    generator
        The only source of randomness: the global one stays untouched.

    Returns
    -------
    Tensor
        Like `batch`.
    """

    def symmetric(*shape: int) -> Tensor:
        return 2 * torch.rand(*shape, generator=generator) - 1

    count = len(batch)
    zoom = 1 - ZOOM * torch.rand(count, generator=generator)
    mirror = 1 - 2 * torch.randint(2, (count,), generator=generator).float()
    angle = TURN * symmetric(count)
    grid = torch.zeros(count, 2, 3)
    grid[:, 0, 0] = mirror * zoom * angle.cos()
    grid[:, 0, 1] = -mirror * zoom * angle.sin()
    grid[:, 1, 0] = zoom * angle.sin()
    grid[:, 1, 1] = zoom * angle.cos()
    grid[:, :, 2] = SHIFT * symmetric(count, 2)
    where = functional.affine_grid(grid, list(batch.shape), align_corners=False)
    moved = functional.grid_sample(batch, where, padding_mode="reflection", align_corners=False)
    light = 1 + BRIGHTNESS * symmetric(count, 1, 1, 1)
    tint = 1 + TINT * symmetric(count, 3, 1, 1)
    return (moved * light * tint).clamp(0, 1)
