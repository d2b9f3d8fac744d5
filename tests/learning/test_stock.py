"""Pictures without labels: what is read, what is refused, and what is drawn where there are none."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from derivviz.learning.folder import DataError
from derivviz.learning.game import Game, flat_game, picture_game, ring_game
from derivviz.learning.garments import KINDS, garments
from derivviz.learning.stock import Stock, read_stock
from derivviz.learning.terrain import terrain

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
IDX = struct.pack(">IIII", 0x803, 5, 28, 28) + PIXELS.tobytes()


def read(path: Path, side: int = 28, colors: int = 1) -> Stock:
    return read_stock(path, side, colors, None, lambda line: None)


@pytest.mark.parametrize("kind", ["idx", "idx.gz", "npz"])
def test_files_of_pictures(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"pictures.{kind}"
    if kind == "npz":
        np.savez(file, labels=np.zeros(5, np.uint8), x_train=PIXELS)
    else:
        file.write_bytes(gzip.compress(IDX) if kind == "idx.gz" else IDX)
    stock = read(file)
    assert np.array_equal(stock.images[..., 0], PIXELS)
    assert stock.description == f"5 pictures of the file pictures.{kind}"
    assert read(file, side=16, colors=3).images.shape == (5, 16, 16, 3)


def test_a_folder_at_any_depth(tmp_path: Path) -> None:
    for k, name in enumerate(("a.png", "deep/b.png", "deep/er/c.png")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 32), (90 * k, 20, 30)).save(tmp_path / name)
    (tmp_path / "deep" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    stock = read(tmp_path, side=16, colors=3)
    assert stock.images.shape == (3, 16, 16, 3)
    assert stock.images[:, 0, 0, 0].tolist() == [0, 90, 180]
    assert [name for name, _ in stock.skipped] == ["deep/broken.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.idx", IDX[:-1], "cut short: 3919 of 3920 bytes"),
        ("labels.idx", struct.pack(">II", 0x801, 5) + bytes(20), "neither an npz file nor IDX"),
        ("none.idx", struct.pack(">IIII", 0x803, 0, 28, 28), "0 × 28 × 28"),
        ("huge.idx", struct.pack(">IIII", 0x803, 2**31, 2**31, 2**31), "2147483648 × "),
        ("broken.gz", gzip.compress(IDX)[:200], "cannot be read"),
        ("bad.npz", b"no archive", "cannot be read"),
    ],
)
def test_bad_files_are_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as refusal:
        read(tmp_path / name)
    assert name in str(refusal.value)


def test_an_archive_without_pictures(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", labels=np.zeros(3, np.int64))
    with pytest.raises(DataError, match="it holds labels, but no array"):
        read(tmp_path / "a.npz")


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no"):
        read(tmp_path / "missing")
    with pytest.raises(DataError, match="0 pictures found"):
        read(tmp_path)


def test_what_is_drawn_lies_around_zero() -> None:
    stock = Stock(PIXELS[..., None], "")
    batch = stock.draw(40, torch.Generator().manual_seed(0))
    assert batch.shape == (40, 1, 28, 28)
    known = {bytes(image) for image in PIXELS}
    drawn = {((image + 1) * 127.5).round().to(torch.uint8).numpy().tobytes() for image in batch}
    assert drawn == known


def test_garments_and_terrain_are_the_same_for_the_same_seed() -> None:
    kinds = len(KINDS)
    for make, shape in ((garments, (kinds, 28, 28, 1)), (terrain, (kinds, 64, 64, 3))):
        made = make(kinds, seed=3)
        assert made.shape == shape
        assert made.dtype == np.uint8
        assert np.array_equal(made, make(kinds, seed=3))
        assert not np.array_equal(made, make(kinds, seed=4))
        assert len({bytes(image) for image in made}) == kinds


def test_garments_are_light_on_black_and_within_the_frame() -> None:
    made = garments(40)[..., 0].astype(float)
    edge = np.concatenate([made[:, 0], made[:, -1], made[:, :, 0], made[:, :, -1]], axis=1)
    assert edge.mean() < 12
    assert ((made > 60).mean(axis=(1, 2)) > 0.1).all()


@pytest.mark.parametrize("make", [flat_game, picture_game])
@pytest.mark.parametrize(("side", "colors"), [(28, 1), (64, 3), (16, 3)])
def test_the_players_of_pictures_fit_each_other(
    make: Callable[[int, int, int], Game], side: int, colors: int
) -> None:
    game = make(0, side, colors)
    made = game(game.draw(2, torch.Generator().manual_seed(0)))
    assert made.shape == (2, colors, side, side)
    assert made.abs().max() <= 1
    assert game.discriminator(made).shape == (2, 1)


def test_other_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="side is 30"):
        picture_game(0, 30, 1)


def test_first_weights_follow_the_seed_and_leave_the_global_generator() -> None:
    def weights(game: Game) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for p in game.parameters()])

    state = torch.get_rng_state()
    assert torch.equal(weights(ring_game(1)), weights(ring_game(1)))
    assert not torch.equal(weights(ring_game(1)), weights(ring_game(2)))
    assert torch.equal(torch.get_rng_state(), state)
