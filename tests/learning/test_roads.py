"""Generated roads: the same for the same seed, boxes that hold what is drawn, classes far from equally frequent."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.learning.roads import CLASSES, HEIGHT, WIDTH, Scene, roads


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return roads(60, seed=4)


def test_equal_seeds_draw_equal_scenes(scenes: list[Scene]) -> None:
    again = roads(3, seed=4)
    for one, other in zip(again, scenes, strict=False):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.labels, other.labels)
    assert not np.array_equal(roads(1, seed=5)[0].image, scenes[0].image)


def test_boxes_lie_in_the_picture(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.image.shape == (HEIGHT, WIDTH, 3)
        assert scene.image.dtype == np.uint8
        assert scene.boxes.shape == (len(scene.labels), 4)
        assert (scene.boxes >= 0).all()
        assert (scene.boxes[:, 2:] <= [WIDTH, HEIGHT]).all()
        assert (scene.boxes[:, 2:] - scene.boxes[:, :2] >= 2).all()


def test_classes_are_far_from_equally_frequent(scenes: list[Scene]) -> None:
    vehicles, pedestrians, bicycles = np.bincount(np.concatenate([s.labels for s in scenes]), minlength=3)
    assert len(CLASSES) == 3
    assert vehicles > 2 * pedestrians > 2 * bicycles > 0


def test_boxes_have_the_shapes_of_what_is_in_them(scenes: list[Scene]) -> None:
    """People on foot stand upright; vehicles are not much taller than wide."""
    boxes, labels = (np.concatenate([getattr(s, name) for s in scenes]) for name in ("boxes", "labels"))
    wide, high = (boxes[:, 2:] - boxes[:, :2]).T
    whole = (boxes[:, 0] > 0) & (boxes[:, 2] < WIDTH)
    assert (high > 1.5 * wide)[whole & (labels == 1)].all()
    assert (high < 2 * wide)[whole & (labels == 0)].all()


def test_weather_changes(scenes: list[Scene]) -> None:
    sky = np.array([scene.image[:8].mean((0, 1)) for scene in scenes])
    assert (sky[:, 2] - sky[:, 0] > 50).any()  # blue
    assert (np.ptp(sky, axis=1) < 15).any()  # grey
