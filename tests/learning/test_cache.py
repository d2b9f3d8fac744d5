"""Decoded once, read many times: the cache is right, safe, small enough, and never in the way."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derivviz.learning import cache as module
from derivviz.learning.dataset import Pictures, read_folder
from derivviz.learning.pictures import PictureError, read_picture

SIDE = 16
Read = Callable[[], Pictures]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for name in ("pizza", "salad"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for k in range(3):
            noise = generator.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "data" / name / f"{k}.png")
    (tmp_path / "data" / "pizza" / "broken.jpg").write_bytes(b"no picture")
    return tmp_path / "data"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def read(data: Path, kept: Path) -> Read:
    return lambda: read_folder(data, side=SIDE, cache=kept)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded, good ones only."""
    names: list[str] = []

    def watched(path: Path, side: int) -> np.ndarray:
        pixels = read_picture(path, side)
        names.append(path.name)
        return pixels

    monkeypatch.setattr(module, "read_picture", watched)
    return names


def _same(one: Pictures, other: Pictures) -> None:
    assert one.hash == other.hash
    assert one.names == other.names
    assert one.skipped == other.skipped


def test_the_second_time_nothing_is_decoded(data: Path, read: Read, decoded: list[str]) -> None:
    plain = read_folder(data, side=SIDE)
    cold = read()
    assert len(decoded) == 12
    warm = read()
    assert len(decoded) == 12
    assert isinstance(warm.images, np.memmap), "mapped, so that it need not fit in memory"
    _same(plain, cold)
    _same(plain, warm)
    assert [name for name, _ in warm.skipped] == ["pizza/broken.jpg"]


def test_only_what_has_changed_is_decoded(data: Path, read: Read, decoded: list[str]) -> None:
    read()
    decoded.clear()
    Image.new("RGB", (SIDE, SIDE), "red").save(data / "salad" / "1.png")
    Image.new("RGB", (SIDE, SIDE), "blue").save(data / "pizza" / "new.png")
    (data / "salad" / "0.png").unlink()
    changed = read()
    assert sorted(decoded) == ["1.png", "new.png"]
    _same(changed, read_folder(data, side=SIDE))
    assert (changed.images[list(changed.names).index("salad/1.png")] == [255, 0, 0]).all()


def test_a_file_that_could_not_be_used_is_tried_again(
    data: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: Path, side: int) -> np.ndarray:
        if path.name == "0.png":
            raise PictureError("it cannot be opened (Permission denied)")
        return read_picture(path, side)

    with monkeypatch.context() as patched:
        patched.setattr(module, "read_picture", locked)
        assert len(read().images) == 4
    _same(read(), read_folder(data, side=SIDE))


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _flip_pixel(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)


def _pickle(file: Path) -> None:
    """An index that promises two pictures more, behind an array that would run code."""
    np.save(file, np.array([{}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [_cut, _flip_pixel, _pickle, lambda f: f.write_bytes(b""), lambda f: f.write_bytes(b"\xff" * 500)],
)
def test_a_damaged_file_is_made_anew_without_a_word(
    data: Path, kept: Path, read: Read, damage: Callable[[Path], object]
) -> None:
    read()
    (file,) = kept.iterdir()
    damage(file)
    said: list[str] = []
    _same(read_folder(data, side=SIDE, cache=kept, say=said.append), read_folder(data, side=SIDE))
    assert said == []
    assert module._load(file, SIDE) is not None


def test_another_decoder_another_side_another_folder(
    data: Path, kept: Path, read: Read, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read()
    monkeypatch.setattr(module, "DECODER", module.DECODER + 1)
    decoded.clear()
    read()
    assert len(decoded) == 6
    read_folder(data, side=2 * SIDE, cache=kept)
    assert len(list(kept.iterdir())) == 2
    data.rename(data.with_name("moved"))
    read_folder(data.with_name("moved"), side=SIDE, cache=kept)
    assert len(list(kept.iterdir())) == 3


def test_numpy_opens_it_and_it_holds_no_pickle(kept: Path, read: Read) -> None:
    images = read().images
    (file,) = kept.iterdir()
    np.testing.assert_array_equal(np.load(file, allow_pickle=False), images)


def test_where_nothing_can_be_kept_it_is_said_and_goes_on(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    found = read_folder(data, side=SIDE, cache=tmp_path / "file" / "cache", say=said.append)
    _same(found, read_folder(data, side=SIDE))
    assert len(said) == 1
    assert "are not kept" in said[0]


def test_a_full_disk_leaves_nothing_behind(data: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    said: list[str] = []
    assert len(read_folder(data, side=SIDE, cache=kept, say=said.append).images) == 6
    assert "No space left" in said[0]
    assert list(kept.iterdir()) == []


def test_the_least_recently_used_goes_first(
    data: Path, kept: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    read()
    (first,) = kept.iterdir()
    old, older = kept / "old.npy", kept / "older.npy"
    abandoned, fresh = kept / ".x.1.part", kept / ".y.2.part"
    for age, file in ((100, old), (200, older), (2 * 24 * 3600, abandoned), (10, fresh)):
        file.write_bytes(b"0" * 1000)
        os.utime(file, (time.time() - age,) * 2)
    monkeypatch.setattr(module, "LIMIT", first.stat().st_size + 1000 + 1000)
    Image.new("RGB", (SIDE, SIDE)).save(data / "pizza" / "0.png")
    read()
    assert {file.name for file in kept.iterdir()} == {first.name, old.name, fresh.name}


def test_a_use_counts_as_recent(kept: Path, read: Read) -> None:
    read()
    (file,) = kept.iterdir()
    os.utime(file, (1, 1))
    read()
    assert file.stat().st_mtime > 1e9


def test_many_at_once(data: Path, kept: Path, read: Read) -> None:
    found: list[Pictures] = []
    threads = [threading.Thread(target=lambda: found.append(read())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({pictures.hash for pictures in found}) == 1
    assert len(list(kept.iterdir())) == 1


def test_long_decoding_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPEAK_AFTER", 0.0)
    said: list[str] = []
    read_folder(data, side=SIDE, say=said.append)
    assert said[0] == "Decoding pictures: 0 of 7."


def test_the_default_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert module.default_folder().parts[-2:] == ("derivviz", "pictures")
