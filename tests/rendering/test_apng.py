"""Animated PNGs: what a reader of them sees is what was written, and pictures hold differences only."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from derivviz.rendering.apng import apng
from derivviz.rendering.encode import Packed
from derivviz.rendering.quality import Quality

WIDE, HIGH = 40, 30


def frames_of(transparent: bool) -> list[np.ndarray]:
    """Noise on which a square moves, then comes and goes, then twice the same."""
    rng = np.random.default_rng(0)
    ground = rng.integers(0, 256, (HIGH, WIDE, 4), np.uint8)
    ground[..., 3] = 0 if transparent else 255
    frames = []
    for n in (0, 3, 9, 30, 12, 12):
        frame = ground.copy()
        frame[5:12, n : n + 6] = (200, 10, 10, 255)
        if transparent:
            frame[5:12, n + 6 : n + 8] = (200, 10, 10, 60 + n)
        frames.append(frame)
    return [*frames, ground]


def made(frames: list[np.ndarray], path: Path, transparent: bool = False) -> Path:
    quality = Quality(WIDE, HIGH, 10, transparent)
    parts = []
    for number, chunk in enumerate((frames[:3], frames[3:])):
        segment = Packed(path.with_suffix(f".{number}"), quality, 3 * number)
        for n, frame in enumerate(chunk):
            segment.write(frame, 4 if number and n == len(chunk) - 1 else 1)
        segment.close()
        parts.append((path.with_suffix(f".{number}"), len(chunk)))
    apng(parts, path, quality)
    return path


def seen(picture: np.ndarray) -> np.ndarray:
    """Colours as they are seen: those of what is wholly transparent are none."""
    return np.where(picture[..., 3:] == 0, 0, picture)


@pytest.mark.parametrize("transparent", [False, True])
def test_readers_see_what_was_written(tmp_path: Path, transparent: bool) -> None:
    frames = frames_of(transparent)
    path = made(frames, tmp_path / "a.png", transparent)
    with Image.open(path) as film:
        assert film.n_frames == len(frames)
        assert film.info["loop"] == 0
        times = []
        for n, frame in enumerate(frames):
            film.seek(n)
            times.append(film.info["duration"])
            np.testing.assert_array_equal(seen(np.asarray(film.convert("RGBA"))), seen(frame))
    assert times == [100] * 6 + [400]
    with av.open(str(path), format="apng") as other:
        for frame, picture in zip(frames, other.decode(video=0), strict=True):
            np.testing.assert_array_equal(seen(picture.to_ndarray(format="rgba")), seen(frame))


def test_what_stays_takes_no_room(tmp_path: Path) -> None:
    frames = frames_of(False)
    whole = made(frames[:1] * 4, tmp_path / "one.png").stat().st_size
    moving = made(frames[:4], tmp_path / "four.png").stat().st_size
    assert moving - whole < 0.15 * whole  # three more pictures of noise, in which a square moves


def test_the_stream_holds_together(tmp_path: Path) -> None:
    """Lengths and numbers of the chunks are those of the specification."""
    data = made(frames_of(False), tmp_path / "a.png").read_bytes()
    place, kinds, numbers = 8, [], []
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        kinds.append(kind)
        if kind in (b"fcTL", b"fdAT"):
            numbers.append(int.from_bytes(data[place + 8 : place + 12]))
        if kind == b"acTL":
            assert int.from_bytes(data[place + 8 : place + 12]) == 7
        place += 12 + size
    assert kinds == [b"IHDR", b"acTL", b"fcTL", b"IDAT", *[b"fcTL", b"fdAT"] * 6, b"IEND"]
    assert numbers == list(range(13))
