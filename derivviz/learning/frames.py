"""Pictures with boxes around what is to be found: generated roads, or a folder of frames with a JSON of boxes."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from derivviz.errors import UsageError, nearest
from derivviz.learning.annotations import Marked, read_annotations
from derivviz.learning.detection import Boxes
from derivviz.learning.folder import DataError
from derivviz.learning.roads import CLASSES, HEIGHT, WIDTH, Scene, roads

MOST_CLASSES = 8
FEWEST = 2
_TEST_SHARE = 0.2  # where the names of files say nothing of a test
_PAD = 114  # grey beside a picture of another shape


@dataclass(frozen=True)
class Frames:
    """Pictures of one size.

    Attributes
    ----------
    images
        uint8, shape (n, y, x, 3).
    boxes, labels
        Of each picture: left, top, right and bottom in pixels, shape (object, 4), and numbers of the classes.
    names
        What the pictures are called.
    """

    images: NDArray[np.uint8]
    boxes: list[Boxes]
    labels: list[NDArray[np.int64]]
    names: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def counts(self, classes: int) -> list[int]:
        """How many boxes there are of each class."""
        return np.bincount(np.concatenate(self.labels), minlength=classes).tolist()


@dataclass(frozen=True)
class Task:
    """What a detector learns from, and what it is tested on.

    Attributes
    ----------
    classes
        Their names, the most frequent in training first.
    skipped
        (name, reason) of everything that was left out.
    """

    classes: tuple[str, ...]
    train: Frames
    test: Frames
    description: str
    skipped: tuple[tuple[str, str], ...] = ()


def road_task(train: int, test: int, seed: int) -> Task:
    """Generated roads; training and test have different seeds."""
    learnt, tested = roads(train, 2 * seed), roads(test, 2 * seed + 1)
    return Task(CLASSES, _of_scenes(learnt), _of_scenes(tested), f"{train + test} generated road scenes")


def _of_scenes(scenes: Sequence[Scene]) -> Frames:
    return Frames(
        np.stack([scene.image for scene in scenes]),
        [scene.boxes for scene in scenes],
        [scene.labels for scene in scenes],
        [f"scene {number}" for number in range(len(scenes))],
    )


def read_task(folder: Path, classes: Sequence[str], seed: int) -> Task:
    """Read a folder of frames with their boxes; each is brought to 160 × 96 pixels, its shape kept.

    Where the names of pictures or of JSON files say train and test (or val), they decide; else a fifth of the
    pictures, chosen by `seed`, is for testing.

    Parameters
    ----------
    classes
        Names of the categories to find; none for the most frequent, eight at most.

    Raises
    ------
    DataError
        If there is no such folder, no JSON of boxes in it or a broken one, or nothing to learn from.
    UsageError
        For a category that there is not.
    """
    marked, skipped = read_annotations(folder)
    tested = _tested(marked, seed)
    learnt = [one for one, is_test in zip(marked, tested, strict=True) if not is_test]
    chosen = _classes(marked, learnt, classes)
    told = [
        (
            str(name),
            f"{count} boxes: only the {MOST_CLASSES} most frequent categories are learnt; --classes names others",
        )
        for name, count in _frequencies(marked)
        if not classes and name not in chosen
    ]
    frames: dict[bool, list[tuple[str, NDArray[np.uint8], Boxes, NDArray[np.int64]]]] = {False: [], True: []}
    for one, is_test in zip(marked, tested, strict=True):
        try:
            image, scale, shift = _fitted(one.path)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            skipped.append((one.name, f"broken or no picture ({(str(error).splitlines() or ['?'])[0]})"))
            continue
        boxes, labels, left_out = _inside(one, chosen, scale, shift)
        skipped += left_out
        frames[is_test].append((one.name, image, boxes, labels))
    for is_test, what in ((False, "learn from"), (True, "test on")):
        if len(frames[is_test]) < FEWEST or not any(len(boxes) for _, _, boxes, _ in frames[is_test]):
            why = (
                f" {len(skipped)} things were left out; first {skipped[0][0]}: {skipped[0][1]}."
                if skipped
                else ""
            )
            raise DataError(
                f"There are {len(frames[is_test])} pictures to {what} in {str(folder)!r}, too few with boxes.{why}"
            )
    train, test = (_joined(frames[is_test]) for is_test in (False, True))
    about = f"{len(train) + len(test)} frames of the folder {folder.resolve().name}"
    return Task(chosen, train, test, about, tuple(skipped + told))


def _classes(marked: Sequence[Marked], learnt: Sequence[Marked], wanted: Sequence[str]) -> tuple[str, ...]:
    """The categories to find, by default the most frequent, in the order of their frequency in training."""
    known = [name for name, _ in _frequencies(marked)]
    for name in wanted:
        if name not in known:
            guess = nearest(name, known, 1)
            hint = f" Did you mean {guess[0]}?" if guess else ""
            raise UsageError(f"--classes names {name!r}, but the boxes are of {', '.join(known)}.{hint}")
    seen = dict(_frequencies(learnt))
    return tuple(sorted(wanted or known[:MOST_CLASSES], key=lambda name: -seen.get(name, 0)))


def _frequencies(marked: Sequence[Marked]) -> list[tuple[str, int]]:
    return Counter(sorted(name for one in marked for name, *_ in one.boxes)).most_common()


def _tested(marked: Sequence[Marked], seed: int) -> NDArray[np.bool_]:
    said = [one.test for one in marked]
    if any(said) and not all(said):
        return np.array([bool(one) for one in said])
    order = np.random.default_rng(seed).permutation(len(marked))
    return order < max(1, round(_TEST_SHARE * len(marked)))


def _fitted(path: Path) -> tuple[NDArray[np.uint8], float, tuple[int, int]]:
    """A picture inside 160 × 96 pixels; how many pixels one of its own became, and where its corner lies."""
    with warnings.catch_warnings(), Image.open(path) as image:
        warnings.simplefilter("ignore")
        # Boxes are told in pixels as they are stored: the camera's orientation is not applied.
        scale = min(WIDTH / image.width, HEIGHT / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        small = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    shift = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    whole = Image.new("RGB", (WIDTH, HEIGHT), (_PAD, _PAD, _PAD))
    whole.paste(small, shift)
    return np.asarray(whole, np.uint8), scale, shift


def _inside(
    one: Marked, classes: Sequence[str], scale: float, shift: tuple[int, int]
) -> tuple[Boxes, NDArray[np.int64], list[tuple[str, str]]]:
    """The boxes of known classes in pixels of the fitted picture, cut at its edges."""
    left_out, boxes, labels = [], [], []
    limits = np.array([shift, (WIDTH - shift[0], HEIGHT - shift[1])], float)
    for name, *edges in one.boxes:
        if name not in classes:
            continue
        box = np.array(edges).reshape(2, 2) * scale + shift
        cut = box.clip(*limits)
        if (cut[1] <= cut[0]).any():
            told = ", ".join(f"{edge:g}" for edge in edges)
            why = "has no area" if (box[1] <= box[0]).any() else "lies outside the picture"
            left_out.append((one.name, f"the box of {name} at {told} {why}"))
            continue
        boxes.append(cut.reshape(4))
        labels.append(classes.index(name))
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.int64), left_out


def _joined(rows: Sequence[tuple[str, NDArray[np.uint8], Boxes, NDArray[np.int64]]]) -> Frames:
    names, images, boxes, labels = zip(*rows, strict=True)
    return Frames(np.stack(images), list(boxes), list(labels), list(names))
