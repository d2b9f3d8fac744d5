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
        model = FoodCNN()
        model(torch.rand(4, 3, 224, 224))
    return model


@pytest.fixture
def trace(network: Any, tmp_path: Path) -> Path:
    from derivviz.learning.saving import save_model

    path = tmp_path / "food.zarr"
    writer = TraceWriter(path, {"classes": DISHES, "preset": "stable"})
    writer.note(model=save_model(network, path))
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

    broken = FoodCNN(preset="faithful")
    broken.fc2.bias.data.fill_(float("nan"))
    save_model(broken, trace)
    writer = TraceWriter(trace, {"classes": DISHES, "preset": "faithful"}, overwrite=True)
    writer.note(model=save_model(broken, trace))
    writer.close()
    result = _invoke("--trace", trace, image)
    assert isinstance(result.exception, DerivvizError)
    assert "--preset stable" in str(result.exception)


@pytest.mark.parametrize("hunger", ["-1", "10.5", "nan"])
def test_hunger_outside_its_range(trace: Path, image: Path, hunger: str) -> None:
    result = _invoke("--trace", trace, "--hunger", hunger, image)
    assert isinstance(result.exception, UsageError)
    assert "0 (full) to 10" in str(result.exception)
