"""Pictures without labels, all of one size: from a folder, an IDX or an npz file."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from derivviz.learning.cache import Say, decode
from derivviz.learning.folder import DataError, text

FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
"""Where the Debian package dataset-fashion-mnist puts the pictures."""
FEWEST = 2
_IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
_IDX_BYTES_3 = b"\x00\x00\x08\x03"  # magic number: unsigned bytes in three dimensions
_LARGEST = 2**31  # bytes of an unpacked file


@dataclass(frozen=True)
class Stock:
    """Pictures to draw from.

    Attributes
    ----------
    images
        uint8, shape (n, y, x, color), one colour or three.
    description
        What they are, in words.
    skipped
        (name, reason) of every file that could not be used.
    """

    images: NDArray[np.uint8]
    description: str
    skipped: tuple[tuple[str, str], ...] = ()

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Some of them at random, with replacement: float32 (count, color, y, x) in −1…1."""
        chosen = torch.randint(len(self.images), (count,), generator=generator)
        pixels = torch.from_numpy(np.ascontiguousarray(self.images[chosen.numpy()]))
        return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def read_stock(path: str | Path, side: int, colors: int, cache: Path | None, say: Say) -> Stock:
    """Read pictures and bring them to one size.

    Parameters
    ----------
    path
        A folder, in which pictures are looked for at any depth; an IDX file of bytes (n, y, x), packed by
        gzip or not; or an npz file whose first array of bytes (n, y, x) or (n, y, x, 3) counts.
    side
        Width and height that they are brought to, in pixels.
    colors
        1 for grey, 3 for RGB.
    cache
        The folder where decoded pictures of a folder are kept; None to keep none.
    say
        Told how far a long decoding is.

    Raises
    ------
    DataError
        If there is no such file, or no picture in it.
    """
    path = Path(path)
    if path.is_dir():
        return _of_folder(path, side, colors, cache, say)
    if not path.exists():
        raise DataError(
            f"There is no {str(path)!r}. --data wants a folder of pictures, an IDX or an npz file; or 'ring'."
        )
    try:
        images = _of_npz(path) if path.suffix == ".npz" else _of_idx(path)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{str(path)!r} cannot be read: {error}") from None
    if len(images) < FEWEST:
        raise DataError(f"{str(path)!r} holds {len(images)} pictures: there is nothing to learn from.")
    fitting = _fitted(images, side, colors)
    return Stock(fitting, f"{len(fitting)} pictures of the file {text(path.name)}")


def _of_folder(folder: Path, side: int, colors: int, cache: Path | None, say: Say) -> Stock:
    files = sorted(
        file for file in folder.rglob("*") if file.suffix.lower() in _IMAGES and not file.name.startswith(".")
    )
    decoded = decode(folder, files, side, cache, say)
    skipped = tuple(
        (text(str(file.relative_to(folder))), reason)
        for file, reason in zip(files, decoded.reasons, strict=True)
        if reason is not None
    )
    if len(decoded.images) < FEWEST:
        why = (
            f" {len(skipped)} files were skipped; first {skipped[0][0]}: {skipped[0][1]}." if skipped else ""
        )
        raise DataError(
            f"{len(decoded.images)} pictures found in {str(folder)!r}: there is nothing to learn from.{why}"
        )
    images = _fitted(decoded.images, side, colors)
    return Stock(images, f"{len(images)} pictures of the folder {text(folder.resolve().name)}", skipped)


def _of_npz(path: Path) -> NDArray[np.uint8]:
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            images = file[name]
            if images.dtype == np.uint8 and (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)):
                return np.asarray(images)
        names = ", ".join(file.files) or "nothing"
    raise ValueError(f"it holds {names}, but no array of bytes (n, y, x) or (n, y, x, 3)")


def _of_idx(path: Path) -> NDArray[np.uint8]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        head = file.read(16)
        if head[:4] != _IDX_BYTES_3 or len(head) < 16:
            raise ValueError("it is neither an npz file nor IDX of bytes in three dimensions")
        shape = [int.from_bytes(head[4 + 4 * k : 8 + 4 * k], "big") for k in range(3)]
        size = math.prod(shape)
        if not 0 < size <= _LARGEST:
            raise ValueError(f"its header tells of {' × '.join(map(str, shape))} bytes")
        body = file.read(size)
    if len(body) < size:
        raise ValueError(f"it is cut short: {len(body)} of {size} bytes")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _fitted(images: NDArray[np.uint8], side: int, colors: int) -> NDArray[np.uint8]:
    """Brought to (n, side, side, colors); what fits already stays as it is."""
    if images.ndim == 3:
        images = images[..., None]
    if images.shape[1:] == (side, side, colors):
        return images
    made = np.empty((len(images), side, side, colors), np.uint8)
    for row, image in zip(made, images, strict=True):
        picture = Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image)
        picture = picture.resize((side, side), Image.Resampling.BICUBIC).convert(
            "L" if colors == 1 else "RGB"
        )
        row[:] = np.asarray(picture).reshape(side, side, colors)
    return made
