"""A film as a folder of pictures, one PNG for every frame time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from PIL import Image

from derivviz.rendering.encode import Frame, Parts, Segment
from derivviz.rendering.join import Parts as Chunks
from derivviz.rendering.quality import Quality
from derivviz.rendering.transparency import straight

FAST = 3  # of zlib's levels: flat colours pack well at any, and the higher ones take their time


class Pngs(Segment):
    """Every picture of a chunk, named by its first frame time and how many it lasts."""

    def __init__(self, path: Path, quality: Quality) -> None:
        self.path, self.transparent, self.count = path, quality.transparent, 0
        shutil.rmtree(path, ignore_errors=True)  # of a worker that was killed
        path.mkdir()

    def write(self, frame: Frame, repeat: int = 1, changed: Parts | None = None) -> None:
        picture = Image.fromarray(straight(frame) if self.transparent else frame[..., :3])
        picture.save(self.path / f"{self.count:06d}-{repeat:06d}.png", compress_level=FAST)
        self.count += repeat

    def close(self) -> None:
        return


def pngs(parts: Chunks, path: Path, quality: Quality) -> None:
    """The pictures of all chunks in one folder, numbered from 00000; one that lasts is there as often."""
    number = 0
    for part, _ in parts:
        for picture in sorted(part.glob("*.png")):
            first = path / f"{number:05d}.png"
            shutil.move(picture, first)
            repeat = int(picture.stem.split("-")[1])
            for later in range(number + 1, number + repeat):
                _again(first, path / f"{later:05d}.png")
            number += repeat


def _again(picture: Path, path: Path) -> None:
    try:
        os.link(picture, path)  # takes no room
    except OSError:  # as on disks that know no links
        shutil.copyfile(picture, path)
