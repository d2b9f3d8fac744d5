"""Folders of frames with boxes, in both kinds of JSON, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from derivviz.errors import UsageError
from derivviz.learning.folder import DataError
from derivviz.learning.frames import read_task, road_task

SHARED = Path(__file__).parents[3] / "shared" / "data" / "road-frames"


def picture(path: Path, size: tuple[int, int] = (320, 160)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (200, 40, 40)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures, four to learn from, with a car in each and a bike in one."""
    boxes: dict[str, Any] = {}
    for n in range(6):
        name = f"{'train' if n < 4 else 'test'}/{n}.png"
        picture(tmp_path / name)
        boxes[name] = [["car", 32, 16, 96, 80]]
    boxes["train/0.png"].append(["bike", 0, 0, 20, 40])
    write(tmp_path, boxes)
    return tmp_path


def write(folder: Path, told: Any) -> None:
    (folder / "boxes.json").write_text(json.dumps(told), encoding="utf-8")


def rewritten(folder: Path, change: Any) -> None:
    told = json.loads((folder / "boxes.json").read_text())
    change(told)
    write(folder, told)


def test_a_simple_json(folder: Path) -> None:
    task = read_task(folder, [], 0)
    assert task.classes == ("car", "bike")
    assert (len(task.train), len(task.test)) == (4, 2)
    assert task.train.counts(2) == [4, 1]
    assert task.test.names == ["test/4.png", "test/5.png"]
    assert task.skipped == ()
    # 320 × 160 becomes 160 × 80, in the middle of 160 × 96.
    np.testing.assert_allclose(task.train.boxes[0], [[16, 16, 48, 48], [0, 8, 10, 28]])
    assert task.train.images.shape == (4, 96, 160, 3)
    assert (task.train.images[0, :8] == 114).all()
    assert (task.train.images[0, 8:88] == (200, 40, 40)).all()


def coco(folder: Path, stem: str, numbers: range, **change: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 320, "height": 160} for n in numbers],
        "categories": [{"id": 7, "name": "car"}, {"id": 9, "name": "bike"}],
        "annotations": [
            {"id": 10 * n, "image_id": n, "category_id": 7, "bbox": [32, 16, 64, 64], "iscrowd": 0}
            for n in numbers
        ],
    } | change
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / "annotations" / f"{stem}.json").write_text(json.dumps(told), encoding="utf-8")
    return told


def test_coco(tmp_path: Path) -> None:
    for n in range(6):
        picture(tmp_path / ("train2017" if n < 4 else "val2017") / f"{n}.png")
    coco(tmp_path, "instances_train2017", range(4))
    coco(tmp_path, "instances_val2017", range(4, 6))
    (tmp_path / "annotations" / "captions_train2017.json").write_text('{"images": [], "annotations": [{}]}')
    task = read_task(tmp_path, [], 0)
    assert (len(task.train), len(task.test)) == (4, 2)
    assert task.classes == ("car",)
    np.testing.assert_allclose(task.test.boxes[0], [[16, 16, 48, 48]])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"category_id": 8}, "annotation 5 is of category 8, but there are 7 \\(car\\), 9 \\(bike\\)"),
        ({"image_id": 77}, "annotation 5 is of image 77, which is not among its images"),
        ({"bbox": [1, 2, 3]}, "annotation 5 has \\[1, 2, 3\\]"),
        ({"bbox": [1, 2, 3, None]}, "the four numbers of a box"),
    ],
)
def test_coco_that_contradicts_itself(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    for n in range(6):
        picture(tmp_path / f"{n}.png")
    wrong = {"id": 5, "image_id": 0, "category_id": 7, "bbox": [0, 0, 9, 9]} | change
    coco(tmp_path, "boxes", range(6), annotations=[wrong])
    with pytest.raises(DataError, match=told):
        read_task(tmp_path, [], 0)


def test_without_a_split_the_seed_decides(folder: Path) -> None:
    names = [f"{n}.png" for n in range(10)]
    for name in names:
        picture(folder / name)
    write(folder, {name: [["car", 0, 0, 50, 50]] for name in names})
    tested = [read_task(folder, [], seed).test.names for seed in range(6)]
    assert all(len(one) == 2 for one in tested)
    assert len({tuple(one) for one in tested}) > 1
    assert tested[0] == read_task(folder, [], 0).test.names


def test_boxes_are_cut_at_the_edge_and_left_out_beyond_it(folder: Path) -> None:
    def change(told: Any) -> None:
        told["train/0.png"] = [["car", -20, 16, 32, 80], ["car", 400, 0, 420, 20], ["car", 50, 50, 40, 60]]

    rewritten(folder, change)
    task = read_task(folder, [], 0)
    np.testing.assert_allclose(task.train.boxes[0], [[0, 16, 16, 48]])
    assert task.skipped == (
        ("train/0.png", "the box of car at 400, 0, 420, 20 lies outside the picture"),
        ("train/0.png", "the box of car at 50, 50, 40, 60 has no area"),
    )


def test_pictures_that_are_missing_or_broken_are_named(folder: Path) -> None:
    (folder / "train" / "1.png").unlink()
    (folder / "train" / "2.png").write_bytes(b"no picture")
    whole = (folder / "train" / "3.png").read_bytes()
    (folder / "train" / "3.png").write_bytes(whole[: len(whole) // 2])
    picture(folder / "train" / "6.png")
    rewritten(folder, lambda told: told.update({"train/6.png": [["car", 0, 0, 9, 9]]}))
    task = read_task(folder, [], 0)
    assert task.train.names == ["train/0.png", "train/6.png"]
    reasons = dict(task.skipped)
    assert reasons["train/1.png"] == "there is no such file"
    assert "broken or no picture" in reasons["train/2.png"]
    assert "broken or no picture" in reasons["train/3.png"]


def test_chosen_categories(folder: Path) -> None:
    task = read_task(folder, ["bike", "car"], 0)
    assert task.classes == ("car", "bike")
    only = read_task(folder, ["car"], 0)
    assert only.classes == ("car",)
    assert only.train.counts(1) == [4]
    with pytest.raises(UsageError, match=r"'bikes', but the boxes are of car, bike. Did you mean bike\?"):
        read_task(folder, ["bikes"], 0)


def test_classes_are_ordered_by_what_is_learnt_from(folder: Path) -> None:
    def change(told: Any) -> None:
        for name in ("test/4.png", "test/5.png"):
            told[name] = [["bike", 0, 0, 20, 40]] * 9

    rewritten(folder, change)
    task = read_task(folder, [], 0)
    assert task.classes == ("car", "bike")
    assert task.train.counts(2) == [4, 1]
    assert task.test.counts(2) == [0, 18]


def test_of_many_categories_the_most_frequent_are_learnt(folder: Path) -> None:
    def change(told: Any) -> None:
        told["train/0.png"] = [[f"thing {k}", 0, 0, 20, 40] for k in range(8) for _ in range(k + 1)]

    rewritten(folder, change)
    task = read_task(folder, [], 0)
    assert len(task.classes) == 8
    assert task.classes[0] == "thing 7"
    assert any(name == "thing 0" and "--classes" in why for name, why in task.skipped)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{", "broken JSON: .*line 1, column 2"),
        ("[1]", "holds a list and no boxes by picture"),
        ('{"a.png": 3}', "no list of boxes for 'a.png'"),
        ('{"a.png": [["car", 1, 2, 3]]}', "the four numbers of a box"),
        ('{"a.png": [["car", 1, 2, 3, "4"]]}', "the four numbers of a box"),
        ('{"a.png": [["car", 1, 2, 3, NaN]]}', "the four numbers of a box"),
        ('{"a.png": [[4, 1, 2, 3, 4]]}', "a box of 4, which is no name"),
        ('{"a.png": [7]}', "the four numbers of a box"),
        (
            '{"a.png": [["car", 1, 2, 3, 4]]}',
            "no box in a picture that is there.*a.png: there is no such file",
        ),
        ('{"annotations": 3}', "no list of images"),
        ("{}", "no box in a picture"),
        ("[" * 100_000, "nested too deeply|broken JSON"),
        ("\xff", "cannot be read"),
    ],
)
def test_broken_json(folder: Path, written: str, told: str) -> None:
    (folder / "boxes.json").write_bytes(written.encode("latin-1"))
    with pytest.raises(DataError, match=told):
        read_task(folder, [], 0)


def test_no_folder_no_json_nothing_to_learn_from(folder: Path) -> None:
    with pytest.raises(DataError, match=r"does not exist. --data wants a folder"):
        read_task(folder / "none", [], 0)
    with pytest.raises(DataError, match=r"is no folder"):
        read_task(folder / "boxes.json", [], 0)
    (folder / "train" / "0.png").unlink()
    rewritten(folder, lambda told: [told.pop(f"train/{n}.png") for n in (1, 2)])
    with pytest.raises(DataError, match=r"1 pictures to learn from.*first train/0.png"):
        read_task(folder, [], 0)
    (folder / "boxes.json").unlink()
    with pytest.raises(DataError, match=r"There is no JSON in"):
        read_task(folder, [], 0)


def test_generated_roads() -> None:
    task = road_task(8, 8, seed=1)
    assert task.classes == ("vehicle", "pedestrian", "bicycle")
    assert (len(task.train), len(task.test)) == (8, 8)
    assert not np.array_equal(task.train.images, task.test.images)
    assert not np.array_equal(task.train.images[0], road_task(8, 8, seed=2).train.images[0])


def test_real_frames() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"there are no frames in {SHARED}")
    task = read_task(SHARED, ["vehicle", "bike"], 0)
    assert (len(task.train), len(task.test)) == (200, 50)
    assert task.classes == ("vehicle", "bike")
    assert task.train.counts(2) == [382, 42]
    assert task.skipped == ()
