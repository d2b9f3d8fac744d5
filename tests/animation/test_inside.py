"""Pictures of a network's inside: how tiles are put together."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.animation.inside import tiled


@pytest.mark.parametrize(
    ("tiles", "size"),
    [
        ((1, 64, 2), (64, 64)),  # a matrix of few columns, or of few rows, fills a square
        ((1, 2, 64), (64, 64)),
        ((2, 64, 2), (768, 50)),  # no column is left empty
        ((16, 3, 3), (102, 102)),
        ((3, 3, 3), (50, 50)),
    ],
)
def test_tiles_fill_their_picture(tiles: tuple[int, int, int], size: tuple[int, int]) -> None:
    assert tiled(np.zeros((*tiles, 3), np.uint8)).shape[:2] == size
