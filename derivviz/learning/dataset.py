"""Labelled pictures in memory: from a folder, split into training and held-out, in batches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from derivviz.calculus.score import DISHES
from derivviz.errors import DerivvizError
from derivviz.learning.augment import augment
from derivviz.learning.pictures import PictureError, read_picture

_ALIASES = {"fried_chicken": "chicken"}


class DataError(DerivvizError):
    """A set of pictures that nothing can be learnt from."""


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures, decoded once.

    Attributes
    ----------
    images
        uint8, shape (n, 224, 224, 3): rows, columns, RGB in 0…255.
    target
        int64, shape (n,): the index into `classes`.
    classes
        The dishes in the order of the score (pizza, chicken, hamburger, pasta, salad), then other names
        by alphabet.
    found
        For each class the name under which it was found.
    names
        For each picture its name within the set.
    skipped
        (name, reason) of every file that could not be used.
    description
        What the set is, in words.
    """

    images: NDArray[np.uint8]
    target: NDArray[np.int64]
    classes: tuple[str, ...]
    found: tuple[str, ...]
    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    description: str

    @property
    def hash(self) -> str:
        """SHA-256 of pixels, labels and class names: equal for equal data, wherever it lies."""
        digest = hashlib.sha256("\n".join(self.classes).encode())
        digest.update(self.target.tobytes())
        digest.update(self.images.tobytes())
        return digest.hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """The number of pictures of each class."""
        return {name: int((self.target == i).sum()) for i, name in enumerate(self.classes)}


def read_folder(folder: str | Path) -> Pictures:
    """Read a folder of pictures with one sub-folder a class.

    Parameters
    ----------
    folder
        Holds the sub-folders; a sub-folder's name is the class, its JPEG, PNG and WebP files are the
        pictures.

    Raises
    ------
    DataError
        If the folder is missing, holds no usable picture, or only one class of them.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(
            f"There is no folder {str(folder)!r}. --data wants a folder with one sub-folder a class."
        )
    images: list[NDArray[np.uint8]] = []
    labels: list[str] = []
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    found: dict[str, str] = {}
    for sub in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        canonical = _canonical(_text(sub.name))
        for file in sorted(p for p in sub.iterdir() if p.is_file() and not p.name.startswith(".")):
            name = _text(f"{sub.name}/{file.name}")
            try:
                images.append(read_picture(file))
            except PictureError as error:
                skipped.append((name, str(error)))
                continue
            labels.append(canonical)
            names.append(name)
            found.setdefault(canonical, _text(sub.name))
    _refuse_useless(root, labels, skipped)
    known = [dish for dish in DISHES if dish in found]
    classes = (*known, *sorted(found.keys() - set(known)))
    index = {name: i for i, name in enumerate(classes)}
    return Pictures(
        images=np.stack(images),
        target=np.array([index[label] for label in labels], dtype=np.int64),
        classes=classes,
        found=tuple(found[name] for name in classes),
        names=tuple(names),
        skipped=tuple(skipped),
        description=f"{len(images)} pictures of the folder {root.resolve().name}",
    )


def _text(name: str) -> str:
    """A file name as text that can be written: archives from Korean Windows leave names that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def _canonical(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in DISHES else name


def _refuse_useless(root: Path, labels: Sequence[str], skipped: Sequence[tuple[str, str]]) -> None:
    if not labels:
        why = (
            f" {len(skipped)} files were skipped; first {skipped[0][0]}: {skipped[0][1]}." if skipped else ""
        )
        raise DataError(
            f"No picture found in {str(root)!r}.{why} It must hold one sub-folder a class with JPEG, "
            "PNG or WebP files in it, for example pizza/1.jpg and salad/1.jpg."
        )
    if len(set(labels)) == 1:
        raise DataError(
            f"All pictures in {str(root)!r} are of one class, {labels[0]!r}: there is nothing to tell apart. "
            "Add a second sub-folder with pictures of another dish."
        )


def split(
    target: NDArray[np.int64], seed: int, share: float = 0.2
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split stratified: of every class with two pictures or more, `share` of them (at least one) is held out.

    Returns
    -------
    (training, held_out)
        Sorted indices.
    """
    generator = np.random.default_rng(seed)
    held: list[int] = []
    for label in np.unique(target):
        members = np.flatnonzero(target == label)
        count = min(len(members) - 1, max(1, round(share * len(members))))
        held.extend(generator.permutation(members)[:count].tolist())
    held_out = np.array(sorted(held), dtype=np.int64)
    return np.setdiff1d(np.arange(len(target), dtype=np.int64), held_out), held_out


def to_batch(images: NDArray[np.uint8]) -> Tensor:
    """Turn bytes (n, y, x, 3) into what the network takes: float32 (n, 3, y, x) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).float() / 255


class _Items(Dataset[tuple[NDArray[np.uint8], int]]):
    def __init__(self, pictures: Pictures, indices: NDArray[np.int64]) -> None:
        self.pictures, self.indices = pictures, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: int) -> tuple[NDArray[np.uint8], int]:
        index = self.indices[item]
        return self.pictures.images[index], int(self.pictures.target[index])


class _Collate:
    def __init__(self, generator: torch.Generator | None) -> None:
        self.generator = generator

    def __call__(self, items: list[tuple[NDArray[np.uint8], int]]) -> tuple[Tensor, Tensor]:
        batch = to_batch(np.stack([image for image, _ in items]))
        if self.generator is not None:
            batch = augment(batch, self.generator)
        return batch, torch.tensor([label for _, label in items])


def batches(
    pictures: Pictures, indices: NDArray[np.int64], batch_size: int, seed: int, augmented: bool
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Shuffled batches, the same for the same seed: images float32 (n, 3, 224, 224), labels int64 (n,).

    Parameters
    ----------
    augmented
        Whether each picture is lightly moved, turned, mirrored and re-lit anew in each epoch.
    """
    order = torch.Generator().manual_seed(seed)
    changes = torch.Generator().manual_seed(seed + 1) if augmented else None
    items: Dataset[Any] = _Items(pictures, indices)
    return DataLoader(items, batch_size, shuffle=True, generator=order, collate_fn=_Collate(changes))
