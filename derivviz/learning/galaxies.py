"""Twenty-four galaxies: how far away they are and how fast they move away, as they were first measured.

Source: E. Hubble, "A relation between distance and radial velocity among extra-galactic nebulae", Proceedings of the
National Academy of Sciences 15 (1929) 168–173, table 1. His distances are some seven times too short, as was found
later; that speed grows with distance stands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIGHT_YEARS = 3.2616  # in a parsec

_MEGAPARSECS = (
    0.032, 0.034, 0.214, 0.263, 0.275, 0.275, 0.45, 0.5, 0.5, 0.63, 0.8, 0.9,
    0.9, 0.9, 0.9, 1.0, 1.1, 1.1, 1.4, 1.7, 2.0, 2.0, 2.0, 2.0,
)  # fmt: skip
_KILOMETRES_A_SECOND = (
    170, 290, -130, -70, -185, -220, 200, 290, 270, 200, 300, -30,
    650, 150, 500, 920, 450, 500, 500, 960, 500, 850, 800, 1090,
)  # fmt: skip


def galaxies() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances in millions of light years and velocities in 100 km/s, each of shape (24,)."""
    return np.array(_MEGAPARSECS) * LIGHT_YEARS, np.array(_KILOMETRES_A_SECOND) / 100
