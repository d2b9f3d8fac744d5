"""The study's files import one another by name, as its script does."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

STUDIES = Path(__file__).parents[2] / "studies"
sys.path.insert(0, str(STUDIES))
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of seven small coloured pictures."""
    root = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for name, color in {"pizza": (230, 180, 60), "salad": (60, 160, 50)}.items():
        (root / name).mkdir()
        for k in range(7):
            noise = generator.integers(-30, 31, (24, 24, 3)) + color
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(root / name / f"{k}.png")
    return root
