"""Folders become labelled pictures, are split, and come in batches that the seed decides."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from derivviz.errors import UsageError
from derivviz.learning.augment import augment
from derivviz.learning.dataset import DataError, Pictures, batches, read_folder, split, to_batch


def _folder(root: Path, classes: dict[str, int]) -> Path:
    generator = np.random.default_rng(0)
    for name, count in classes.items():
        (root / name).mkdir(parents=True)
        for k in range(count):
            noise = generator.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(noise).save(root / name / f"{k}.png")
    return root


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return read_folder(_folder(tmp_path, {"pizza": 6, "salad": 5}))


def test_dishes_come_in_the_order_of_the_score_and_others_after_them(tmp_path: Path) -> None:
    names = {"salad": 1, "비빔밥": 1, "Fried-Chicken": 2, "apple pie": 1, "Pizza": 1}
    found = read_folder(_folder(tmp_path, names))
    assert found.classes == ("pizza", "chicken", "salad", "apple pie", "비빔밥")
    assert found.found == ("Pizza", "Fried-Chicken", "salad", "apple pie", "비빔밥")
    assert found.counts == {"pizza": 1, "chicken": 2, "salad": 1, "apple pie": 1, "비빔밥": 1}
    label = dict(zip(found.names, found.target.tolist(), strict=True))
    assert label["Fried-Chicken/1.png"] == 1
    assert label["비빔밥/0.png"] == 4


def test_bad_files_are_named_and_skipped(tmp_path: Path) -> None:
    root = _folder(tmp_path, {"pizza": 2, "salad": 2})
    (root / "pizza" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (root / "salad" / "list.txt").write_text("lettuce")
    (root / "salad" / ".hidden").touch()
    (root / "ORIGIN.csv").touch()
    found = read_folder(root)
    assert len(found.images) == 4
    assert [name for name, _ in found.skipped] == ["pizza/broken.jpg", "salad/list.txt"]
    assert all(reason for _, reason in found.skipped)


def test_names_that_are_no_utf8_are_told_as_text(tmp_path: Path) -> None:
    _folder(tmp_path, {"pizza": 2, "salad": 1})
    korean = os.fsdecode("비빔밥".encode("cp949"))  # as unzip leaves what Korean Windows packed
    (tmp_path / "salad").rename(tmp_path / korean)
    (tmp_path / "pizza" / "1.png").rename(tmp_path / "pizza" / f"{korean}.png")
    found = read_folder(tmp_path)
    for name in (*found.names, *found.classes, *found.found):
        assert name.encode()
    assert len(found.hash) == 64


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        read_folder(tmp_path / "missing")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="one sub-folder a class"):
        read_folder(empty)
    one = _folder(tmp_path / "one", {"pizza": 3})
    with pytest.raises(DataError, match="'pizza'"):
        read_folder(one)
    (one / "salad").mkdir()
    (one / "salad" / "a.jpg").touch()
    with pytest.raises(DataError, match=r"'pizza'.*salad/a\.jpg: the file is empty"):
        read_folder(one)
    broken = tmp_path / "broken"
    (broken / "pizza").mkdir(parents=True)
    (broken / "pizza" / "a.jpg").touch()
    with pytest.raises(DataError, match=r"pizza/a\.jpg: the file is empty"):
        read_folder(broken)


def test_the_hash_is_of_the_content_alone(tmp_path: Path) -> None:
    one = read_folder(_folder(tmp_path / "here", {"pizza": 2, "salad": 2}))
    same = read_folder(_folder(tmp_path / "there", {"pizza": 2, "salad": 2}))
    other = read_folder(_folder(tmp_path / "else", {"pizza": 2, "salad": 3}))
    assert one.hash == same.hash != other.hash


def test_split_is_stratified_complete_and_decided_by_the_seed() -> None:
    target = np.repeat(np.arange(4), [10, 27, 2, 1])
    training, held_out = split(target, seed=3)
    assert sorted([*training, *held_out]) == list(range(len(target)))
    assert np.bincount(target[held_out], minlength=4).tolist() == [2, 5, 1, 0]
    assert split(target, seed=3)[1].tolist() == held_out.tolist()
    assert split(target, seed=4)[1].tolist() != held_out.tolist()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_any_share_is_held_out_and_something_of_each_class_is_left(share: float) -> None:
    target = np.repeat(np.arange(4), [10, 27, 2, 1])
    training, held_out = split(target, 0, share)
    assert sorted([*training, *held_out]) == list(range(len(target)))
    assert set(target[training]) == {0, 1, 2, 3}
    wanted = [min(n - 1, max(1, round(share * n))) if share else 0 for n in (10, 27, 2, 1)]
    assert np.bincount(target[held_out], minlength=4).tolist() == wanted


@pytest.mark.parametrize("share", [-0.1, 1.0, 20, float("nan")])
def test_a_share_outside_its_bounds(share: float) -> None:
    with pytest.raises(UsageError, match=r"between 0 .* and 1"):
        split(np.zeros(4, np.int64), 0, share)


def test_batches_are_the_same_however_many_workers_make_them(pictures: Pictures) -> None:
    state = torch.get_rng_state()
    alone, helped = (batches(pictures, np.arange(11), 4, 3, True, workers) for workers in (0, 2))
    epochs = [(_all(alone), _all(helped)) for _ in range(2)]
    for one, other in epochs:
        for (images, target), (images2, target2) in zip(one, other, strict=True):
            assert torch.equal(images, images2)
            assert torch.equal(target, target2)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_same_picture_is_changed_anew_in_every_batch_and_epoch(pictures: Pictures) -> None:
    same = replace(pictures, images=pictures.images[:1].repeat(11, axis=0))
    loader = batches(same, np.arange(11), 4, 0, True)
    seen = [images[0] for _ in range(2) for images, _ in loader]
    assert len({float(image.sum()) for image in seen}) == len(seen) == 6


def test_pictures_that_are_mapped_from_a_file_make_the_same_batches(
    pictures: Pictures, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", pictures.images)
    mapped = replace(pictures, images=np.load(tmp_path / "a.npy", mmap_mode="r"))
    assert mapped.hash == pictures.hash
    for (images, _), (images2, _) in zip(
        *(batches(p, np.arange(11), 4, 0, True) for p in (pictures, mapped)), strict=True
    ):
        assert torch.equal(images, images2)


def _all(loader: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(loader)


def test_batches_repeat_with_the_seed_and_leave_the_global_generator_alone(pictures: Pictures) -> None:
    indices = np.arange(len(pictures.target))
    state = torch.get_rng_state()
    first, again, other = (_all(batches(pictures, indices, 4, seed, True)) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert [len(target) for _, target in first] == [4, 4, 3]
    for (images, target), (images2, target2) in zip(first, again, strict=True):
        assert torch.equal(images, images2)
        assert torch.equal(target, target2)
    assert not torch.equal(first[0][0], other[0][0])
    assert 0 <= float(first[0][0].min()) <= float(first[0][0].max()) <= 1


def test_without_augmentation_every_picture_comes_once_as_it_is(pictures: Pictures) -> None:
    seen = torch.cat([images for images, _ in batches(pictures, np.arange(11), 4, 0, False)])
    expected = to_batch(pictures.images)
    assert seen.shape == expected.shape == (11, 3, 224, 224)
    assert sorted(seen.sum(dim=(1, 2, 3)).tolist()) == pytest.approx(
        sorted(expected.sum(dim=(1, 2, 3)).tolist())
    )


def test_augmentation_is_light() -> None:
    disc = torch.zeros(8, 3, 64, 64)
    disc[:, :, 24:40, 24:40] = 0.5
    changed = augment(disc, torch.Generator().manual_seed(0))
    assert not torch.equal(changed[0], changed[1])
    # The dish stays whole: between its own area and what the nearest zoom makes of it, at ±25 % of light.
    share = changed.sum(dim=(1, 2, 3)) / disc.sum(dim=(1, 2, 3))
    assert share.min() > 0.75
    assert share.max() < 1.26 / 0.75**2
