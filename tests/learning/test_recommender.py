"""A saved network, asked: the file alone is enough, and every bad question gets an answer in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from derivviz.calculus.score import DISHES, scores
from derivviz.errors import UsageError
from derivviz.learning import FoodCNN, Recommender
from derivviz.learning.pictures import PictureError
from derivviz.learning.saving import FILE, ModelError, save_model

SIDE = 20


@pytest.fixture(scope="module")
def model() -> FoodCNN:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FoodCNN(5, side=SIDE)
        model(torch.rand(8, 3, SIDE, SIDE))  # calibrates
    return model


@pytest.fixture
def recommender(model: FoodCNN) -> Recommender:
    return Recommender(model, DISHES)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "lunch.png")
    return tmp_path / "lunch.png"


def test_one_file_is_enough(recommender: Recommender, image: Path, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    recommender.save(tmp_path / "friend.safetensors")
    loaded = Recommender.load(tmp_path / "friend.safetensors")
    assert torch.equal(torch.get_rng_state(), state)
    assert loaded.classes == DISHES
    assert loaded.side == SIDE
    assert loaded.recommend(image, 6) == recommender.recommend(image, 6)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["friend.safetensors", "lunch.png"]


def test_the_score_is_that_of_the_formula(recommender: Recommender, image: Path) -> None:
    p = recommender.probabilities([image])[0]
    assert p.sum() == pytest.approx(1, abs=1e-6)
    for hunger in (0, 3.7, 10):
        answer = recommender.recommend(image, hunger)
        assert [row.score for row in answer.rows] == pytest.approx(scores(p, hunger).tolist())
        assert answer.best.dish == DISHES[int(np.argmax(scores(p, hunger)))]


def test_files_images_and_arrays_are_the_same_picture(recommender: Recommender, image: Path) -> None:
    opened = Image.open(image)
    found = recommender.probabilities([str(image), image, opened, np.asarray(opened)])
    assert (found == found[0]).all()
    assert recommender.probabilities([]).shape == (0, 5)


def test_names_in_any_script_travel(model: FoodCNN, tmp_path: Path) -> None:
    names = ("비빔밥", "كسكس", "🍕", "[b] {{x}}", "a" * 300)
    Recommender(model, names).save(tmp_path / "a.safetensors")
    assert Recommender.load(tmp_path / "a.safetensors").classes == names
    with pytest.raises(UsageError, match="2 names were given for the 5 classes"):
        Recommender(model, ("a", "b"))


def test_every_picture_that_cannot_be_used_is_named(
    recommender: Recommender, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    wrong = [image, tmp_path / "bad.jpg", tmp_path / "none.png", np.zeros((20, 20))]
    with pytest.raises(PictureError) as caught:
        recommender.probabilities(wrong)
    told = str(caught.value)
    assert "bad.jpg: its content is no JPEG" in told
    assert "none.png: there is no such file" in told
    assert "picture 3: uint8 (y, x, 3) is wanted, not float64 (20, 20)" in told
    assert "lunch.png" not in told


def test_a_network_that_overflowed(image: Path) -> None:
    broken = FoodCNN(5, "faithful", side=SIDE)
    broken.fc2.bias.data.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"answers NaN.*preset faithful.*--preset stable"):
        Recommender(broken, DISHES).recommend(image, 6)


def test_a_trace_holds_the_same_file_and_older_traces_are_read(
    model: FoodCNN, image: Path, tmp_path: Path
) -> None:
    names = ["a", "b", "c", "d", "e"]
    config = save_model(model, tmp_path, names)
    new = Recommender.load(tmp_path)
    assert new.classes == tuple(names)
    # derivviz 0.1 wrote the numbers alone into the file, the rest into the trace.
    save_file(load_file(tmp_path / FILE), tmp_path / FILE)
    attributes = {"model": config, "classes": names, "activations": {"act1": model.act1.constants()}}
    (tmp_path / "zarr.json").write_text(json.dumps({"attributes": attributes}))
    old = Recommender.load(tmp_path)
    assert old.classes == tuple(names)
    assert old.recommend(image, 2) == new.recommend(image, 2)
    (tmp_path / "zarr.json").unlink()
    with pytest.raises(ModelError, match="Give the trace"):
        Recommender.load(tmp_path / FILE)


def _rewritten(path: Path, **changes: Any) -> None:
    with safe_open(path, "pt") as opened:
        about = json.loads(opened.metadata()["derivviz"])
    about.update(changes)
    save_file(load_file(path), path, {"derivviz": json.dumps(about)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "Other"}, "'Other'"),
        ({"version": 2}, "version 2"),
        ({"config": {"classes": 10**12, "preset": "stable", "side": 224}}, "cannot be read"),
        ({"config": {"classes": 5, "preset": "wild", "side": 20}}, "'wild'"),
        ({"config": {"what": 5}}, "cannot be read"),
        ({"config": 7}, "cannot be read"),
        ({"classes": ["a"]}, "1 names of 5 classes"),
        ({"classes": 5}, "cannot be read"),
        ({"activations": {"act1": {"peak": 25}}}, "f′ of act1 had peak 25, in this derivviz 24"),
        ({"activations": {"act9": {"peak": 24}}}, "cannot be read"),
    ],
)
def test_a_file_of_another_kind_says_so(
    recommender: Recommender, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "a.safetensors"
    recommender.save(path)
    _rewritten(path, **changes)
    with pytest.raises(ModelError, match=message):
        Recommender.load(path)


def test_what_is_no_network_at_all(recommender: Recommender, tmp_path: Path) -> None:
    (tmp_path / "food.zarr").mkdir()
    with pytest.raises(ModelError, match=r"Did you mean .*food\.zarr\?"):
        Recommender.load(tmp_path / "fod.zarr")
    with pytest.raises(ModelError, match="no trained network"):
        Recommender.load(tmp_path / "food.zarr")
    path = tmp_path / "a.safetensors"
    recommender.save(path)
    whole = path.read_bytes()
    for damaged in (b"", b"\xff" * 100, whole[:-1], whole[: len(whole) // 2], whole[:4]):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match="cannot be read"):
            Recommender.load(path)
    for metadata in ("[]", "7", "{", '"text"'):
        save_file({"a": torch.zeros(1)}, path, {"derivviz": metadata})
        with pytest.raises(ModelError):
            Recommender.load(path)


def test_where_nothing_can_be_written(recommender: Recommender, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be written"):
        recommender.save(tmp_path / "none" / "a.safetensors")
