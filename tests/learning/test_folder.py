"""Folders in every script and disorder: what becomes a class, what is named and skipped, what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

from derivviz.calculus.score import DISHES, KOREAN, UNREACHABLE, multiplier, name_key
from derivviz.learning.dataset import DataError, read_folder
from derivviz.learning.folder import inventory, text

SIDE = 16


def _fill(folder: Path, count: int = 1, color: str = "red") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        Image.new("RGB", (SIDE, SIDE), color).save(folder / f"{k}.png")
    return folder


def test_names_in_any_script(tmp_path: Path) -> None:
    names = [
        "비빔밥",
        "كسكس",
        "麻婆豆腐",
        "🍕🍟",
        "👨‍🍳 special",
        "[bold]{{x}} $y$ <b>&amp;",
        "a" * 200,
        "...",
    ]
    for name in names:
        _fill(tmp_path / name, 2)
    found = read_folder(tmp_path, side=SIDE)
    visible = [name for name in names if not name.startswith(".")]
    assert found.classes == tuple(sorted(visible))
    assert found.found == found.classes
    assert set(found.counts.values()) == {2}


def test_composed_and_decomposed_letters_are_one_class_and_so_are_other_spellings(tmp_path: Path) -> None:
    for name in (
        normalize("NFC", "비빔밥"),
        normalize("NFD", "비빔밥"),
        "Apple-Pie",
        "apple pie",
        "치킨",
        "chicken",
    ):
        _fill(tmp_path / name)
    found = read_folder(tmp_path, side=SIDE)
    assert found.counts == {"chicken": 2, "Apple-Pie": 2, normalize("NFC", "비빔밥"): 2}
    assert sorted(map(sorted, found.merged)) == sorted(
        map(sorted, [("Apple-Pie", "apple pie"), ("chicken", "치킨"), (normalize("NFD", "비빔밥"), "비빔밥")])
    )
    assert "The folders Apple-Pie and apple pie are one class." in found.remarks


def test_korean_names_of_the_dishes_come_in_the_order_of_the_score(tmp_path: Path) -> None:
    for korean in sorted(KOREAN.values()):
        _fill(tmp_path / korean)
    assert read_folder(tmp_path, side=SIDE).classes == DISHES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Fried Chicken", "chicken", True),
        ("STRASSE", "straße", True),
        (" pizza ", "Pizza", True),
        ("피자", "pizza", True),
        ("a_b", "A-b", True),
        ("Cafe\u0301", "CAF\u00c9", True),
        ("ab", "a b", False),
        ("pizza2", "pizza", False),
        ("- _", "-", False),
    ],
)
def test_which_names_are_one(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) == same
    assert name_key(name_key(one)) == name_key(one)


def test_everything_odd_is_named_and_what_systems_leave_behind_is_not(tmp_path: Path) -> None:
    _fill(tmp_path / "pizza", 2)
    _fill(tmp_path / "salad", 2)
    _fill(tmp_path / "pizza" / "close-ups", 3)
    (tmp_path / "pizza" / "folder.jpg").mkdir()
    (tmp_path / "pizza" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "salad" / "again").symlink_to(tmp_path)
    (tmp_path / "salad" / "x.JPG").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes only").mkdir()
    (tmp_path / "notes only" / "a.txt").write_text("no picture")
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "astray.jpg")
    (tmp_path / "ORIGIN.csv").touch()
    for junk in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"):
        (tmp_path / junk).touch()
        (tmp_path / "pizza" / junk).touch()
    _fill(tmp_path / "__MACOSX", 2)
    found = read_folder(tmp_path, side=SIDE)
    assert found.counts == {"pizza": 2, "salad": 2}
    assert dict(found.skipped) == {
        "astray.jpg": "it lies beside the class folders, in none of them",
        "pizza/close-ups": "a folder within a class: it is not searched",
        "pizza/folder.jpg": "a folder within a class: it is not searched",
        "pizza/gone.png": "a link that leads nowhere",
        "salad/again": "a folder within a class: it is not searched",
        "salad/x.JPG": "the file is empty",
        "empty": "no picture in it can be used",
        "notes only": "no picture in it can be used",
        "notes only/a.txt": found.skipped[[n for n, _ in found.skipped].index("notes only/a.txt")][1],
    }


def test_links_to_pictures_and_folders_are_followed(tmp_path: Path) -> None:
    _fill(tmp_path / "store" / "p", 2)
    data = tmp_path / "data"
    _fill(data / "salad", 1)
    (data / "pizza").symlink_to(tmp_path / "store" / "p")
    (data / "salad" / "more.png").symlink_to(tmp_path / "store" / "p" / "0.png")
    assert read_folder(data, side=SIDE).counts == {"pizza": 2, "salad": 2}


def test_a_locked_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(tmp_path / "pizza"), _fill(tmp_path / "salad"), _fill(tmp_path / "secret")
    scan = os.scandir

    def guarded(path: os.PathLike[str]) -> object:
        if os.fspath(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert ("secret", "the folder cannot be opened (Permission denied)") in read_folder(
        tmp_path, side=SIDE
    ).skipped
    with pytest.raises(DataError, match=r"cannot be opened \(Permission denied\)"):
        read_folder(tmp_path / "secret")


def test_what_is_no_folder_of_classes(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").touch()
    with pytest.raises(DataError, match="Unpack it first"):
        read_folder(tmp_path / "photos.zip")
    with pytest.raises(DataError, match="no folder"):
        read_folder(tmp_path / "photos.zip" / "inside")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DataError, match="cannot be opened"):
        read_folder(tmp_path / "loop")
    _fill(tmp_path / "deep" / "train" / "pizza")
    _fill(tmp_path / "deep" / "train" / "salad")
    with pytest.raises(DataError, match=r"Try --data .*train"):
        read_folder(tmp_path / "deep")
    flat = _fill(tmp_path / "flat", 3)
    with pytest.raises(DataError, match=r"0\.png: it lies beside the class folders"):
        read_folder(flat)


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    _fill(tmp_path / "pizza\n\x1b[31m"), _fill(tmp_path / "salad")
    (tmp_path / "salad" / "a\rb.png").touch()
    found = read_folder(tmp_path, side=SIDE)
    for name in (*found.classes, *found.names, *(n for n, _ in found.skipped), text("a\u2028b")):
        assert all(c.isprintable() for c in name), name


def test_hundreds_of_classes(tmp_path: Path) -> None:
    for k in range(300):
        (tmp_path / f"class {k:03d}").mkdir()
        Image.new("RGB", (SIDE, SIDE)).save(tmp_path / f"class {k:03d}" / "0.png")
    found = read_folder(tmp_path, side=SIDE)
    assert len(found.classes) == 300
    assert len(found.summary) < 400
    assert "and 288 more" in found.summary
    said = " ".join(found.remarks)
    assert "from class 016 on (i ≥ 16)" in said
    assert "A class with one picture has none to hold out" in said
    # What that remark says: the multiplier of place 16 is negative even where it is largest, and of 15 it is not.
    assert multiplier(UNREACHABLE, np.linspace(0, 10, 101)).max() < 0 < multiplier(UNREACHABLE - 1, 0)


def test_imbalance(tmp_path: Path) -> None:
    _fill(tmp_path / "pizza", 8)
    _fill(tmp_path / "salad", 2)
    found = read_folder(tmp_path, side=SIDE)
    assert found.majority == ("pizza", 0.8)
    assert "Always naming pizza would be right 80% of the time" in found.summary
    assert "unbalanced: pizza has 8 pictures, salad 2" in found.remarks[0]
    assert "salad help most" in found.remarks[0]
    (tmp_path / "pizza" / "0.png").unlink()
    assert read_folder(tmp_path, side=SIDE).remarks == []


def test_the_inventory_decodes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pizza").mkdir()
    (tmp_path / "pizza" / "a.jpg").write_text("no picture")
    found = inventory(tmp_path)
    assert [(name, label) for _, name, label in found.files] == [("pizza/a.jpg", "pizza")]
