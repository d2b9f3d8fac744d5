"""What is measured over every value of a tensor: exact norms, exact statistics, thumbnails."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

Array = np.ndarray[Any, Any]

UNITS = 64  # of at most so many units, a snapshot keeps all, and of more, so many
_SEED = 20_240_229  # never a global generator's
_CACHED = 2**17  # values that fit a core's cache
_CHUNK = 2**18  # values whose squares float32 adds up exactly enough


@lru_cache(maxsize=1024)
def units(size: int) -> Array:
    """The units of a sample that snapshots keep.

    They depend on the number of units alone. So a layer and the activation after it keep the same ones, and
    the rows and columns kept of a large weight are the units kept of its output and its input.
    """
    if size <= UNITS:
        return np.arange(size)
    return np.sort(np.random.default_rng([_SEED, size]).choice(size, UNITS, replace=False))


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """The L2 norm of each over its finite values, from every value; NaN where none is finite."""
    if not tensors:
        return []
    chunks: list[Tensor] = []
    counts = []
    for tensor in tensors:
        parts = _wide(tensor.reshape(-1)).split(_CHUNK) if tensor.numel() > _CHUNK else [_wide(tensor)]
        chunks += parts
        counts.append(len(parts))
    found = iter(_foreach_norm(chunks))
    squares = [sum(norm * norm for norm in itertools.islice(found, count)) for count in counts]
    return [
        # Squares that overflow or underflow float32: once more, with the largest value scaled to 1.
        math.sqrt(square) if 1e-32 * t.numel() < square < math.inf else _scaled_norm(_wide(t.reshape(-1)))
        for t, square in zip(tensors, squares, strict=True)
    ]


def exact(tensor: Tensor) -> Array:
    """All of ``layout.STATS`` over every value of `tensor`.

    Chunk by chunk, so that memory is gone through once.

    Returns
    -------
    float64, shape (7,)
    """
    flat = tensor.reshape(-1)
    size = _CACHED if flat.device.type == "cpu" else max(flat.numel(), 1)
    found: list[Tensor] = []
    for chunk in flat.split(size):
        values = _wide(chunk)
        found += *values.aminmax(), values.sum(), torch.dot(values, values)
    numbers = torch.stack(found).tolist()
    low, high = min(numbers[::4]), max(numbers[1::4])
    total, square = sum(numbers[2::4]), sum(numbers[3::4])
    largest = max(-low, high)
    # Of what is not finite, the sum is not either.
    if math.isfinite(total) and (largest == 0 or 1e-12 < largest < 1e12):
        return np.array([flat.numel(), 0, total, square, low, high, math.sqrt(square)])
    return _carefully(flat)


def _carefully(flat: Tensor) -> Array:
    """The same in float64, of what float32 cannot square or add up, or what is not all finite."""
    finite = flat[flat.isfinite()].double()
    lost = flat.numel() - finite.numel()
    if not finite.numel():
        return np.array([0, lost, *[np.nan] * 5])
    norm = _scaled_norm(finite)
    return np.array([finite.numel(), lost, float(finite.sum()), norm**2, *map(float, finite.aminmax()), norm])


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


def _wide(flat: Tensor) -> Tensor:
    return flat if flat.dtype in (torch.float32, torch.float64) else flat.float()


def _foreach_norm(chunks: list[Tensor]) -> list[float]:
    """The norm of each; tensors may be of several devices and types."""
    if len({(chunk.device, chunk.dtype) for chunk in chunks}) > 1:
        return [float(torch.linalg.vector_norm(chunk)) for chunk in chunks]
    # What torch.nn.utils.clip_grad_norm_ does as well: one call for all.
    found: list[float] = torch.stack(torch._foreach_norm(chunks)).tolist()
    return found


def _scaled_norm(flat: Tensor) -> float:
    largest = _largest(flat)
    if not math.isfinite(largest):
        flat = flat[flat.isfinite()]
        largest = _largest(flat)
    if largest == 0 or math.isnan(largest):
        return largest
    return largest * float(torch.linalg.vector_norm(flat.to(torch.float64) / largest))


def _largest(flat: Tensor) -> float:
    """The largest absolute value: NaN if there is a NaN or nothing at all."""
    if not flat.numel():
        return math.nan
    low, high = flat.aminmax()
    return max(-float(low), float(high))
