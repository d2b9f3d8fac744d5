"""Land seen from above: generated tiles of sea, coast, fields, woods, rock and snow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
_FINE = 2  # made at so many times its size, so that edges come out smooth

Map = NDArray[np.float64]


def terrain(count: int = 1000, seed: int = 0) -> NDArray[np.uint8]:
    """Make tiles.

    Height and moisture are noise whose spectrum falls by a power of the frequency, as that of real land does;
    colour follows from both and from the slope, which a sun in the north-west lights.

    Parameters
    ----------
    seed
        Decides all of it; equal seeds give equal pixels.

    Returns
    -------
    ndarray of uint8, shape (count, 64, 64, 3)
        Rows, columns, RGB in 0…255.
    """
    generator = np.random.default_rng(seed)
    return np.stack([_tile(generator) for _ in range(count)])


def _tile(generator: np.random.Generator) -> NDArray[np.uint8]:
    side = SIDE * _FINE
    height = _noise(side, generator.uniform(1.9, 2.5), generator) + generator.uniform(-0.9, 2.2)
    moisture = _noise(side, 1.8, generator) + generator.normal(0, 0.6)
    dy, dx = np.gradient(height * side / 26)
    light = (1 + 0.8 * dx + 0.8 * dy) / np.sqrt(1 + dx**2 + dy**2)
    color = _land(height, moisture, generator)
    flat = _soft(0.55 - np.hypot(dx, dy), 0.08) * _soft(height - 0.12, 0.05) * _soft(1.5 - height, 0.1)
    if generator.random() < 0.55:
        patchwork = _fields(side, generator)
        tilled = flat * _soft(0.9 - np.abs(moisture), 0.1)
        color += tilled[..., None] * (patchwork - color)
    color *= light.clip(0.35, 1.6)[..., None] ** 0.8
    sea = _soft(-height, 0.015)[..., None]
    depth = np.exp(2.2 * np.minimum(height, 0))[..., None]
    water = depth * np.array([62, 128, 132.0]) + (1 - depth) * np.array([12, 38, 78.0])
    color = color * (1 - sea) + water * sea
    color += generator.normal(0, 4, color.shape) * (1 - 0.7 * sea)
    whole = Image.fromarray(color.clip(0, 255).astype(np.uint8))
    return np.asarray(whole.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.uint8)


def _land(height: Map, moisture: Map, generator: np.random.Generator) -> Map:
    """Colours by height and moisture, from the beach up, shape (y, x, 3)."""
    dry, green = np.array([176, 156, 108.0]), np.array([104, 130, 66.0])
    forest, rock, snow = np.array([42, 74, 40.0]), np.array([120, 110, 100.0]), np.array([238, 240, 244.0])
    line = generator.uniform(2.2, 3.4)  # where snow begins
    color = np.broadcast_to(dry, (*height.shape, 3)).copy()
    for target, share in (
        (green, _soft(moisture + 0.35, 0.25)),
        (forest, _soft(moisture - 0.45, 0.12)),
        (rock, _soft(height - line + 0.8, 0.2)),
        (snow, _soft(height - line, 0.1)),
        (np.array([214, 200, 156.0]), _soft(0.07 - height, 0.02)),  # sand
    ):
        color += share[..., None] * (target - color)
    return color


def _fields(side: int, generator: np.random.Generator) -> Map:
    """A turned patchwork of tilled land, with ploughed lines, shape (y, x, 3)."""
    angle, long, short = generator.uniform(0, np.pi), generator.uniform(20, 36), generator.uniform(9, 18)
    y, x = np.mgrid[:side, :side]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    row = np.floor(across / short).astype(int)
    column = np.floor((along + 11.0 * row) / long).astype(int)
    crops = np.array(
        [(150, 152, 78), (196, 176, 112), (94, 128, 60), (122, 96, 66), (172, 160, 96), (70, 104, 56)]
    )
    kind = generator.integers(0, len(crops), (64, 64))[row % 64, column % 64]
    lines = 6 * np.sin(2 * np.pi * across / 3.1)
    edge = np.minimum(across / short - row, (along + 11.0 * row) / long - column) < 0.06
    return crops[kind] + lines[..., None] - 30.0 * edge[..., None]


def _noise(side: int, power: float, generator: np.random.Generator) -> Map:
    """Noise of variance 1 whose amplitude falls as frequency^−power; not periodic, as it is cut from a larger one."""
    wide = 2 * side
    frequency = np.hypot(np.fft.fftfreq(wide)[:, None], np.fft.rfftfreq(wide)[None, :])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(generator.normal(size=(wide, wide))) * frequency**-power
    values = np.fft.irfft2(spectrum, (wide, wide))
    return np.asarray(values[:side, :side] / values.std())


def _soft(value: Map, width: float) -> Map:
    """0 below, 1 above 0, with a soft step in between."""
    return (0.5 + value / (2 * width)).clip(0, 1)
