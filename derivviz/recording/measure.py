"""What is measured of a tensor: a sample each step, everything in a snapshot.

Nothing here draws from torch's random numbers, or NumPy's global ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

Array = np.ndarray[Any, Any]

SAMPLE = 1024  # values looked at each step; of at most as many, a tensor's statistics are exact
ALL_UNITS = 256  # of at most so many units a sample, a snapshot keeps all …
FEW_UNITS = 64  # … and of more, so many
HISTOGRAM_SAMPLE = 16384
BINS = 64
_SEED = 20_240_229
_BLOCK = 4096


@lru_cache(maxsize=512)
def positions(size: int, count: int, device: torch.device | str = "cpu") -> Tensor:
    """`count` of `size` positions in rising order, the same ones whenever asked; all if there are no more."""
    if size <= count:
        return torch.arange(size, device=device)
    chosen = np.random.default_rng([_SEED, size, count]).choice(size, count, replace=False)
    return torch.from_numpy(np.sort(chosen)).to(device)


def units(size: int, device: torch.device | str = "cpu") -> Tensor:
    """The units of a sample that snapshots keep.

    They depend on the number of units alone. So a layer and the activation after it keep the same ones, and
    the columns kept of a large weight are the units kept of its input.
    """
    return positions(size, size if size <= ALL_UNITS else FEW_UNITS, device)


def sample(tensor: Tensor) -> Tensor:
    """A copy of at most `SAMPLE` of its values, one-dimensional."""
    return torch.take(tensor, positions(tensor.numel(), SAMPLE, tensor.device))


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """The L2 norm of each over its finite values, from every value; NaN where none is finite."""
    if not tensors:
        return []
    squares = torch.stack([_square(t.reshape(-1)).to(tensors[0].device) for t in tensors]).tolist()
    return [
        # Squares that overflow or underflow float32: once more, with the largest value scaled to 1.
        math.sqrt(square) if 1e-32 * t.numel() < square < math.inf else _scaled_norm(t.reshape(-1))
        for t, square in zip(tensors, squares, strict=True)
    ]


def statistics(samples: Sequence[Tensor]) -> Array:
    """All of ``layout.STATS`` but the norm, of each, over its finite values: float64, shape (tensor, 6)."""
    widest = torch.float64 if any(s.dtype == torch.float64 for s in samples) else torch.float32
    values = torch.cat([s.to(samples[0].device, widest) for s in samples]).cpu().numpy().astype(np.float64)
    starts = np.cumsum([0, *(len(s) for s in samples[:-1])])
    finite = np.isfinite(values)
    zeroed = np.where(finite, values, 0.0)
    count = np.add.reduceat(finite.astype(np.float64), starts)
    columns = [
        count,
        np.asarray([len(s) for s in samples]) - count,
        np.add.reduceat(zeroed, starts),
        np.add.reduceat(zeroed**2, starts),
        np.minimum.reduceat(np.where(finite, values, np.inf), starts),
        np.maximum.reduceat(np.where(finite, values, -np.inf), starts),
    ]
    table = np.stack(columns, axis=1)
    table[count == 0, 2:] = np.nan
    return table


def exact(tensor: Tensor) -> Array:
    """All of ``layout.STATS`` over every value, float64, shape (7,)."""
    flat = tensor.reshape(-1)
    low, high = (float(bound) for bound in flat.aminmax())
    lost = 0
    if not (math.isfinite(low) and math.isfinite(high)):
        flat = flat[flat.isfinite()]
        lost = tensor.numel() - flat.numel()
        if not flat.numel():
            return np.array([0, lost, *[np.nan] * 5])
        low, high = (float(bound) for bound in flat.aminmax())
    total = flat.sum().item()
    if not math.isfinite(total):
        total = flat.sum(dtype=torch.float64).item()
    largest = max(-low, high)
    norm = math.sqrt(float(_square(flat))) if largest == 0 or 1e-12 < largest < 1e12 else _scaled_norm(flat)
    return np.array([flat.numel(), lost, total, norm**2, low, high, norm])


def histogram(tensor: Tensor) -> tuple[Array, Array]:
    """Counts, shape (`BINS`,), and edges, shape (`BINS` + 1,), of a fixed sample of the finite values."""
    chosen = torch.take(tensor, positions(tensor.numel(), HISTOGRAM_SAMPLE, tensor.device))
    values = chosen.cpu().to(torch.float64).numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return np.zeros(BINS, np.int64), np.full(BINS + 1, np.nan)
    low, high = values.min(), values.max()
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    bins = ((values - low) * (BINS / (edges[-1] - low))).astype(np.int64)
    return np.bincount(np.minimum(bins, BINS - 1), minlength=BINS), edges


def thumbnail(maps: Tensor, longest: int) -> Tensor:
    """Means over k×k cells of (n, channel, y, x), float32; k is the least that leaves no side above `longest`."""
    cell = -(-max(maps.shape[-2:]) // longest)
    return (
        avg_pool2d(maps.float(), cell, ceil_mode=True, count_include_pad=False) if cell > 1 else maps.float()
    )


def pictures(images: Tensor, longest: int) -> Array:
    """Images (n, 1 or 3, y, x) as uint8 (n, y, x, 3); values outside [0, 1] are scaled into it."""
    small = thumbnail(images.detach() / 255 if images.dtype == torch.uint8 else images.detach(), longest)
    low, high = small.aminmax()
    if low < 0 or high > 1:
        small = (small - low) / (high - low).clamp_min(1e-12)
    small = small[:, :3] if small.shape[1] >= 3 else small[:, :1].expand(-1, 3, -1, -1)
    return (small * 255).round().nan_to_num(0).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def _square(flat: Tensor) -> Tensor:
    """The sum of squares as a float64 scalar: blocks in the tensor's own precision, then exactly enough."""
    flat = flat if flat.dtype in (torch.float32, torch.float64) else flat.float()
    whole = flat.numel() // _BLOCK * _BLOCK
    blocks = torch.linalg.vector_norm(flat[:whole].view(-1, _BLOCK), dim=1)
    rest = torch.linalg.vector_norm(flat[whole:])
    return blocks.to(torch.float64).square().sum() + rest.to(torch.float64).square()


def _scaled_norm(flat: Tensor) -> float:
    largest = _largest(flat)
    if not math.isfinite(largest):
        flat = flat[flat.isfinite()]
        largest = _largest(flat)
    if largest == 0 or math.isnan(largest):
        return largest
    return largest * math.sqrt(float(_square(flat.to(torch.float64) / largest)))


def _largest(flat: Tensor) -> float:
    """The largest absolute value: NaN if there is a NaN or nothing at all."""
    if not flat.numel():
        return math.nan
    low, high = flat.aminmax()
    return max(-float(low), float(high))
