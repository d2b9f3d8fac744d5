"""``derivviz recommend`` from the outside, on a small recorded network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from derivviz.cli.recommend import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.writer import TraceWriter

DISHES = ["pizza", "chicken", "hamburger", "pasta", "salad"]


def _invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def network(torch: Any) -> Any:
    from derivviz.learning import FoodCNN

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FoodCNN(side=32)
        model(torch.rand(4, 3, 32, 32))
    return model


@pytest.fixture
def trace(network: Any, tmp_path: Path) -> Path:
    from derivviz.learning.saving import save_model

    path = tmp_path / "food.zarr"
    writer = TraceWriter(path, {"classes": DISHES, "preset": "stable"})
    writer.note(model=save_model(network, path, DISHES))
    writer.close()
    return path


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "lunch [1].png"
    noise = np.random.default_rng(0).integers(0, 256, (240, 224, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_json_explains_every_score(trace: Path, image: Path) -> None:
    result = _invoke("--trace", trace, "--hunger", 6, "--json", image, image)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["hunger"] == 6
    assert [item["image"] for item in answer["images"]] == [str(image)] * 2
    rows = answer["images"][0]["dishes"]
    assert [row["dish"] for row in rows] == DISHES
    assert sum(row["p"] for row in rows) == pytest.approx(1, abs=1e-5)
    # The published multipliers at hunger 6: chicken 2.05, pasta 1.69, salad 1.43.
    assert [round(row["factor"], 2) for row in rows] == [2.15, 2.05, 1.9, 1.69, 1.43]
    for i, row in enumerate(rows):
        assert row["x"] == pytest.approx(4 * 6 / 10 - 3 + 0.3 * i)
        assert row["slope"] == pytest.approx(-6 * row["x"] ** 2 - 12 * row["x"] + 18)
        assert row["score"] == pytest.approx(row["p"] * row["factor"])
    best = max(rows, key=lambda row: row["score"])
    assert answer["images"][0]["recommended"] == best["dish"]


def test_hunger_changes_the_scores(trace: Path, image: Path) -> None:
    full, starving = (
        json.loads(_invoke("--trace", trace, "--hunger", h, "--json", image).stdout)["images"][0]["dishes"]
        for h in (0, 10)
    )
    assert full[0]["factor"] == pytest.approx(1)
    assert full[4]["factor"] > starving[4]["factor"]


def test_the_table_names_picture_and_dish(trace: Path, image: Path) -> None:
    result = _invoke("--trace", trace, image)
    assert result.exit_code == 0, result.output
    assert "lunch [1].png" in result.stdout
    assert "2.15" in result.stdout
    assert "Recommended: " in result.stdout


def test_every_unreadable_picture_is_named(trace: Path, image: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    result = _invoke("--trace", trace, image, tmp_path / "bad.jpg", tmp_path / "none.png")
    assert isinstance(result.exception, DerivvizError)
    message = str(result.exception)
    assert "bad.jpg: its content is no JPEG" in message
    assert "none.png: there is no such file" in message


def test_a_trace_without_network_says_what_records_one(tiny_trace: Path, image: Path) -> None:
    result = _invoke("--trace", tiny_trace, image)
    assert isinstance(result.exception, DerivvizError)
    assert "derivviz record food" in str(result.exception)


def test_a_network_that_overflowed_is_refused(network: Any, trace: Path, image: Path) -> None:
    from derivviz.learning import FoodCNN
    from derivviz.learning.saving import save_model

    broken = FoodCNN(preset="faithful", side=32)
    broken.fc2.bias.data.fill_(float("nan"))
    save_model(broken, trace)
    result = _invoke("--trace", trace, image)
    assert isinstance(result.exception, DerivvizError)
    assert "--preset stable" in str(result.exception)


@pytest.mark.parametrize("hunger", ["-1", "10.5", "nan"])
def test_hunger_outside_its_range(trace: Path, image: Path, hunger: str) -> None:
    result = _invoke("--trace", trace, "--hunger", hunger, image)
    assert isinstance(result.exception, UsageError)
    assert "0 (full) to 10" in str(result.exception)


def test_the_file_of_the_network_alone_answers_the_same(trace: Path, image: Path, tmp_path: Path) -> None:
    alone = tmp_path / "friend.safetensors"
    alone.write_bytes((trace / "model.safetensors").read_bytes())
    by_trace, by_file = (
        json.loads(_invoke(option, path, "--json", image).stdout)
        for option, path in (("--trace", trace), ("--model", alone))
    )
    assert by_trace["images"] == by_file["images"]
    assert by_file["model"] == str(alone)
    result = _invoke("--trace", trace, "--model", alone, image)
    assert isinstance(result.exception, UsageError)
    assert "one of them" in str(result.exception)


def test_without_a_network_it_says_what_records_one(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = _invoke(image)
    assert isinstance(result.exception, DerivvizError)
    assert "derivviz record food -o renders/food.zarr" in str(result.exception)


def test_any_dish_is_explained_in_either_language(trace: Path, image: Path) -> None:
    result = _invoke("--trace", trace, "--hunger", 2.5, "--dish", "파스타", "--lang", "ko", image)
    assert "파스타: 배고픔 2.5에서 x = 4·2.5/10 − 3 + 0.3·3 = −1.1이고" in result.stdout
    result = _invoke("--trace", trace, "--dish", "pizzza", image)
    assert isinstance(result.exception, UsageError)
    assert "Did you mean 'pizza'" in str(result.exception)
    assert result.stdout == ""


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_answer_as_a_picture(trace: Path, image: Path, tmp_path: Path, kind: str) -> None:
    drawn = tmp_path / "made" / f"answer.{kind}"
    result = _invoke("--trace", trace, "--picture", drawn, "--lang", "ko", "--theme", "dark", image)
    assert result.exit_code == 0, result.output
    assert drawn.stat().st_size > 5000
    assert result.stdout.splitlines()[-1] == str(drawn)


def test_each_of_several_images_gets_a_picture(trace: Path, image: Path, tmp_path: Path) -> None:
    result = _invoke("--trace", trace, "--picture", tmp_path / "a.png", "--json", image, image)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a-1.png").read_bytes() == (tmp_path / "a-2.png").read_bytes()
    assert len(json.loads(result.stdout)["images"]) == 2


def test_a_picture_of_another_kind(trace: Path, image: Path, tmp_path: Path) -> None:
    result = _invoke("--trace", trace, "--picture", tmp_path / "a.gif", image)
    assert isinstance(result.exception, UsageError)
    assert ".png, .pdf, .svg" in str(result.exception)


def test_many_classes_with_names_of_any_kind(torch: Any, image: Path, tmp_path: Path) -> None:
    from derivviz.learning import FoodCNN, Recommender

    names = ["비빔밥", "[bold]", "x" * 300, *(f"class {k}" for k in range(57))]
    Recommender(FoodCNN(60, side=32), names).save(tmp_path / "many.safetensors")
    drawn = tmp_path / "many.png"
    result = _invoke("--model", tmp_path / "many.safetensors", "--picture", drawn, image)
    assert result.exit_code == 0, result.output
    assert "highest scores of 60" in result.stdout
    assert "Negative factor at this hunger" in result.stdout
    assert drawn.is_file()
    answer = json.loads(_invoke("--model", tmp_path / "many.safetensors", "--json", image).stdout)
    assert [row["dish"] for row in answer["images"][0]["dishes"]] == names
