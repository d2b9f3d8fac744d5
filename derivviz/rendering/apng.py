"""An animated PNG: every colour, and half-transparent edges, in what browsers show as a picture.

A picture holds what differs from the one before, in a rectangle; the rest of that is transparent and packs to almost
nothing. Source of the format: PNG specification, third edition (W3C 2025), chunks acTL, fcTL and fdAT.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from derivviz.rendering.encode import Frame, Packed
from derivviz.rendering.join import Parts
from derivviz.rendering.quality import Quality

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA = 6  # the colour type
REPLACE, OVER = 0, 1  # how a picture is laid on the one before


def apng(parts: Parts, path: Path, quality: Quality) -> None:
    """The packed frames of all parts, one after the other, for ever."""
    rate = min(Packed.RATE, quality.frame_rate)
    count, before = 0, None
    with path.open("wb") as file:
        file.write(SIGNATURE)
        _chunk(file, b"IHDR", struct.pack(">2I5B", quality.width, quality.height, 8, RGBA, 0, 0, 0))
        control = file.tell()
        _chunk(file, b"acTL", struct.pack(">2I", 0, 0))  # how many pictures is known in the end
        for part, _ in parts:
            for frame, held in Packed.read(part, quality):
                picture, (x, y), blend = _difference(frame, before)
                high, wide = picture.shape[:2]
                told = struct.pack(
                    ">5I2H2B", max(0, 2 * count - 1), wide, high, x, y, held, rate, 0, blend
                )  # of the first picture the pixels have no number
                _chunk(file, b"fcTL", told)
                if before is None:
                    _chunk(file, b"IDAT", _packed(picture))
                else:
                    _chunk(file, b"fdAT", struct.pack(">I", 2 * count) + _packed(picture))
                count, before = count + 1, frame
        _chunk(file, b"IEND", b"")
        file.seek(control)
        _chunk(file, b"acTL", struct.pack(">2I", count, 0))


def _difference(frame: Frame, before: Frame | None) -> tuple[Frame, tuple[int, int], int]:
    """What to lay on the frame before: pixels, the place of their left upper corner, and how.

    Where it is laid over, what has not changed is transparent; what has is opaque, or was on nothing.
    """
    if before is None:
        return frame, (0, 0), REPLACE
    changed = (frame != before).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        rows = columns = np.zeros(1, int)  # the same again: a picture has a pixel at the least
    place = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    able = ~changed | (frame[..., 3] == 255) | (before[..., 3] == 0)
    corner = (int(columns[0]), int(rows[0]))
    if not able[place].all():
        return frame[place], corner, REPLACE
    return np.where(changed[place][..., None], frame[place], np.uint8(0)), corner, OVER


def _packed(picture: Frame) -> bytes:
    """Rows of pixels, each after the number of its filter: none."""
    rows = picture.reshape(len(picture), -1)
    return zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 6)


def _chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
