"""Boxes around things in pictures, from JSON: COCO's, or by the name of each picture a list of boxes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derivviz.learning.folder import DataError, text

Box = tuple[str, float, float, float, float]
"""The name of a category, then left, top, right and bottom in pixels."""
Skipped = list[tuple[str, str]]

WANTED = (
    "--data wants a folder of pictures with a JSON of their boxes: COCO's (images, annotations, categories), or "
    '{"train/1.jpg": [["vehicle", left, top, right, bottom], …], …}'
)
_TEST = ("test", "val")


@dataclass(frozen=True)
class Marked:
    """A picture and its boxes.

    Attributes
    ----------
    test
        Whether its name, or that of its JSON, says that it is for testing.
    """

    name: str
    path: Path
    boxes: list[Box]
    test: bool


def read_annotations(folder: Path) -> tuple[list[Marked], Skipped]:
    """Every picture that a JSON in `folder`, or in its sub-folder ``annotations``, tells boxes of.

    Returns
    -------
    marked
        Also pictures that are told to have no box.
    skipped
        (name, reason) of pictures that are named and not there.

    Raises
    ------
    DataError
        If there is no such folder, no JSON of boxes, a broken one, or one whose parts contradict each other.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise DataError(f"{str(folder)!r} {what}. {WANTED}.")
    files = [*sorted(folder.glob("*.json")), *sorted((folder / "annotations").glob("*.json"))]
    if not files:
        raise DataError(f"There is no JSON in {str(folder)!r}. {WANTED}.")
    whole = [
        file for file in files if file.stem.startswith("instances")
    ]  # beside COCO's captions and keypoints
    names = _Names(folder)
    marked: list[Marked] = []
    for file in whole or files:
        told = _parsed(file)
        marked += _of_coco(file, told, names) if "annotations" in told else _of_names(file, told, names)
    if not any(one.boxes for one in marked):
        first = f" First {names.missing[0][0]}: {names.missing[0][1]}." if names.missing else ""
        raise DataError(
            f"The JSON in {str(folder)!r} tells of no box in a picture that is there.{first} {WANTED}."
        )
    return marked, names.missing


class _Names:
    """Finds the files that a JSON names: by their path below the folder, or anywhere in it by their last name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            self._by_name.setdefault(path.name, []).append(path)
        self.missing: Skipped = []

    def find(self, name: str) -> Path | None:
        direct = self._folder / name
        if direct.is_file():
            return direct
        found = self._by_name.get(Path(name).name, [])
        if len(found) == 1:
            return found[0]
        why = f"there are {len(found)} files of that name" if found else "there is no such file"
        self.missing.append((text(name), why))
        return None


def _parsed(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{str(file)!r} cannot be read: {error}") from None
    except RecursionError:
        raise DataError(f"{str(file)!r} is nested too deeply. {WANTED}.") from None
    except json.JSONDecodeError as error:
        raise DataError(
            f"{str(file)!r} is broken JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from None
    if not isinstance(told, dict):
        raise DataError(f"{str(file)!r} holds a {type(told).__name__} and no boxes by picture. {WANTED}.")
    return told


def _of_names(file: Path, told: dict[str, Any], names: _Names) -> list[Marked]:
    marked = []
    for name, boxes in told.items():
        if not isinstance(boxes, list):
            raise DataError(f"{str(file)!r} has no list of boxes for {name!r}. {WANTED}.")
        read = [
            _box(file, name, box[0], box[1:])
            if isinstance(box, list) and box
            else _box(file, name, None, box)
            for box in boxes
        ]
        path = names.find(name)
        if path is not None:
            marked.append(Marked(text(name), path, read, Path(name).parts[0].startswith(_TEST)))
    return marked


def _of_coco(file: Path, told: dict[str, Any], names: _Names) -> list[Marked]:
    rows = {part: told.get(part) for part in ("images", "annotations", "categories")}
    for part, listed in rows.items():
        if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
            raise DataError(f"{str(file)!r} has annotations, but no list of {part}. {WANTED}.")
    images, annotations, categories = (listed or [] for listed in rows.values())
    by_number = {row.get("id"): row.get("name") for row in categories}
    boxes: dict[Any, list[Box]] = {row.get("id"): [] for row in images}
    for row in annotations:
        number, image, box = row.get("category_id"), row.get("image_id"), row.get("bbox")
        which = f"annotation {row.get('id', '?')}"
        if number not in by_number:
            known = ", ".join(f"{key} ({name})" for key, name in list(by_number.items())[:10])
            raise DataError(
                f"{str(file)!r}: {which} is of category {number!r}, but there are {known or 'none'}."
            )
        if image not in boxes:
            raise DataError(f"{str(file)!r}: {which} is of image {image!r}, which is not among its images.")
        if row.get("iscrowd"):
            continue  # one box around many
        _, left, top, width, height = _box(file, which, by_number[number], box)
        boxes[image].append((str(by_number[number]), left, top, left + width, top + height))
    marked = []
    for row in images:
        name = row.get("file_name")
        if not isinstance(name, str):
            raise DataError(f"{str(file)!r}: image {row.get('id')!r} has no file_name.")
        path = names.find(name)
        if path is not None:
            told_by = any(part.startswith(_TEST) for part in (*file.stem.split("_"), *Path(name).parts[:-1]))
            marked.append(Marked(text(name), path, boxes[row.get("id")], told_by))
    return marked


def _box(file: Path, where: str, name: Any, numbers: Any) -> Box:
    sound = isinstance(numbers, list) and len(numbers) == 4
    if not sound or not all(type(n) in (int, float) and math.isfinite(n) for n in numbers):
        raise DataError(
            f"{str(file)!r}: {where} has {numbers!r} where the four numbers of a box should be. {WANTED}."
        )
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"{str(file)!r}: {where} has a box of {name!r}, which is no name of a category.")
    left, top, third, fourth = map(float, numbers)
    return text(name.strip()), left, top, third, fourth
