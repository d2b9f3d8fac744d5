"""Labelled pictures in memory: from a folder, split into training and held-out, in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from derivviz.calculus.score import DISHES, UNREACHABLE
from derivviz.errors import UsageError
from derivviz.learning.augment import augment
from derivviz.learning.cache import Say, decode
from derivviz.learning.folder import DataError, deeper, inventory, text
from derivviz.learning.pictures import KINDS, SIDE

STRONG = 4.0
"""The largest class over the smallest, from where a set is called unbalanced."""

_LISTED = 12  # classes, at the most, that a sentence names


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
    merged
        The names of sub-folders that are the same class, such as Pizza and pizza.
    """

    images: NDArray[np.uint8]
    target: NDArray[np.int64]
    classes: tuple[str, ...]
    found: tuple[str, ...]
    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    description: str
    merged: tuple[tuple[str, ...], ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of pixels, labels and class names: equal for equal data, wherever it lies."""
        digest = hashlib.sha256("\n".join(self.classes).encode())
        digest.update(self.target.tobytes())
        for image in self.images:  # one by one: they may be more than memory holds
            digest.update(image.tobytes())
        return digest.hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """The number of pictures of each class."""
        return {name: int((self.target == i).sum()) for i, name in enumerate(self.classes)}

    @property
    def majority(self) -> tuple[str, float]:
        """The class with most pictures and its share of all [1]: what always naming it would get right."""
        name = max(self.counts, key=lambda key: self.counts[key])
        return name, self.counts[name] / len(self.target)

    @property
    def summary(self) -> str:
        """How many pictures of what there are, and how often guessing is right."""
        counts = [f"{name} {count}" for name, count in self.counts.items()]
        name, share = self.majority
        return f"{self.description}: {_some(counts)}. Always naming {name} would be right {share:.0%} of the time."

    @property
    def remarks(self) -> list[str]:
        """What somebody who learns from this set should know about it."""
        said = [f"The folders {' and '.join(names)} are one class." for names in self.merged]
        smallest = min(self.counts, key=lambda key: self.counts[key])
        name, share = self.majority
        if self.counts[name] >= STRONG * self.counts[smallest]:
            said.append(
                f"The classes are unbalanced: {name} has {self.counts[name]} pictures, {smallest} "
                f"{self.counts[smallest]}. An accuracy near {share:.0%} is worth nothing here; more pictures of "
                f"{smallest} help most."
            )
        if single := [name for name, count in self.counts.items() if count == 1]:
            said.append(f"A class with one picture has none to hold out: {_some(single)}.")
        if len(self.classes) > UNREACHABLE:
            said.append(
                f"The score was made for five dishes: from {self.classes[UNREACHABLE]} on (i ≥ {UNREACHABLE}) "
                "its multiplier is negative at every hunger, so these are predicted, but never recommended."
            )
        return said


def read_folder(
    folder: str | Path, *, side: int = SIDE, cache: Path | None = None, say: Say | None = None
) -> Pictures:
    """Read a folder of pictures with one sub-folder a class.

    Parameters
    ----------
    folder
        Holds the sub-folders; a sub-folder's name is the class, the picture files in it are its pictures. Two
        names are one class if only case, the way letters are composed, spaces, hyphens or underscores differ;
        the five dishes are known by their Korean names as well.
    side
        Width and height that the pictures are brought to, in pixels.
    cache
        The folder where decoded pictures are kept (see `derivviz.learning.cache.default_folder`); None to
        decode all of them into memory.
    say
        Told how far a long decoding is.

    Raises
    ------
    DataError
        If the folder is missing, holds no usable picture, or only one class of them.
    """
    root = Path(folder)
    found = inventory(root)
    decoded = decode(root, [file for file, _, _ in found.files], side, cache, say or (lambda line: None))
    images, skipped = decoded.images, list(found.skipped)
    labels: list[str] = []
    names: list[str] = []
    for (_, name, label), reason in zip(found.files, decoded.reasons, strict=True):
        if reason is None:
            labels.append(label)
            names.append(name)
        else:
            skipped.append((name, reason))
    _refuse_useless(root, labels, skipped)
    there = set(labels)
    skipped.extend(
        (" and ".join(folders), "no picture in it can be used")
        for label, folders in found.folders.items()
        if label not in there
    )
    known = [dish for dish in DISHES if dish in there]
    classes = (*known, *sorted(there - set(known)))
    index = {name: i for i, name in enumerate(classes)}
    return Pictures(
        images=images,
        target=np.array([index[label] for label in labels], dtype=np.int64),
        classes=classes,
        found=tuple(found.folders[name][0] for name in classes),
        names=tuple(names),
        skipped=tuple(skipped),
        description=f"{len(images)} pictures of the folder {text(root.resolve().name)}",
        merged=tuple(tuple(names) for names in found.folders.values() if len(names) > 1),
    )


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    return ", ".join(words[:_LISTED]) + more


def _refuse_useless(root: Path, labels: Sequence[str], skipped: Sequence[tuple[str, str]]) -> None:
    why = f" {len(skipped)} files were skipped; first {skipped[0][0]}: {skipped[0][1]}." if skipped else ""
    if not labels:
        inner = deeper(root)
        hint = f" The classes lie one level deeper? Try --data {inner}" if inner else ""
        raise DataError(
            f"No picture found in {str(root)!r}.{why} It must hold one sub-folder a class with picture files "
            f"({', '.join(KINDS)}) in it, for example pizza/1.jpg and salad/1.jpg.{hint}"
        )
    if len(set(labels)) == 1:
        raise DataError(
            f"All pictures in {str(root)!r} are of one class, {labels[0]!r}: there is nothing to tell apart.{why} "
            "Add a second sub-folder with pictures of another dish."
        )


def split(
    target: NDArray[np.int64], seed: int, share: float = 0.2
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split stratified: of every class with two pictures or more, `share` of them (at least one) is held out.

    Parameters
    ----------
    target
        Class of each picture, shape (n,).
    seed
        Decides which of them.
    share
        In 0…1, without 1; of 0 nothing is held out. One picture of each class is always left to learn from.

    Returns
    -------
    (training, held_out)
        Sorted indices.

    Raises
    ------
    UsageError
        For a share outside 0…1.
    """
    if not 0 <= share < 1:
        raise UsageError(
            f"The held-out share is {share:g}, but it lies between 0 (nothing) and 1. Try --held-out 0.2."
        )
    generator = np.random.default_rng(seed)
    held: list[int] = []
    for label in np.unique(target):
        members = np.flatnonzero(target == label)
        count = min(len(members) - 1, max(1, round(share * len(members)))) if share else 0
        held.extend(generator.permutation(members)[:count].tolist())
    held_out = np.array(sorted(held), dtype=np.int64)
    return np.setdiff1d(np.arange(len(target), dtype=np.int64), held_out), held_out


def to_batch(images: NDArray[np.uint8]) -> Tensor:
    """Turn bytes (n, y, x, 3) into what the network takes: float32 (n, 3, y, x) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).float() / 255


Item = tuple[NDArray[np.uint8], int, int]  # picture, class, seed of its batch's augmentation


class _Items(Dataset[Item]):
    def __init__(self, pictures: Pictures, indices: NDArray[np.int64]) -> None:
        self.pictures, self.indices = pictures, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: tuple[int, int]) -> Item:
        place, seed = item
        index = self.indices[place]
        return self.pictures.images[index], int(self.pictures.target[index]), seed


class _Order(Sampler[tuple[int, int]]):
    """Where each picture comes in an epoch, and a seed. Both are drawn here, in the process that trains.

    A generator in the collating function would be copied into each worker: the pictures would depend on how
    many workers there are, and each epoch would repeat the first.
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.order, self.changes = (torch.Generator().manual_seed(seed + k) for k in (0, 1))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = torch.randperm(self.count, generator=self.order)
        seeds = torch.randint(2**62, (self.count,), generator=self.changes)
        return iter(zip(order.tolist(), seeds.tolist(), strict=True))


def _collate(items: list[Item], augmented: bool) -> tuple[Tensor, Tensor]:
    batch = to_batch(np.stack([image for image, _, _ in items]))
    if augmented:
        batch = augment(batch, torch.Generator().manual_seed(items[0][2]))
    return batch, torch.tensor([label for _, label, _ in items])


def batches(
    pictures: Pictures,
    indices: NDArray[np.int64],
    batch_size: int,
    seed: int,
    augmented: bool,
    workers: int = 0,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Shuffled batches, the same for the same seed: images float32 (n, 3, 224, 224), labels int64 (n,).

    Parameters
    ----------
    augmented
        Whether each picture is lightly moved, turned, mirrored and re-lit anew in each epoch.
    workers
        Processes that make the batches; however many, the batches are the same.
    """
    items: Dataset[Any] = _Items(pictures, indices)
    return DataLoader(
        items,
        batch_size,
        sampler=_Order(len(indices), seed),
        collate_fn=partial(_collate, augmented=augmented),
        num_workers=workers,
        # Otherwise the loader draws its workers' seed from the global generator, which decides the weights.
        generator=torch.Generator().manual_seed(seed),
    )
