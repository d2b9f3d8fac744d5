"""Lessons walked without drawing, and kept for a look at their mobjects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from derivviz import library
from derivviz.animation import Lesson, Stage
from derivviz.look.theme import THEMES
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import Plan, find_scene, plan

TINY = Quality(320, 180, 5)


@pytest.fixture(scope="session")
def lesson_class() -> Callable[[str], type[Lesson]]:
    """The lesson of a name, loaded from its file as ``derivviz render`` does."""
    return lambda name: find_scene(library.load(library.find("scenes", name)))


@pytest.fixture(scope="session")
def walk(lesson_class: Callable[[str], type[Lesson]]) -> Callable[..., tuple[Plan, Any]]:
    """Walks through a lesson at a tiny size; its plan, and the lesson as it stands at the end."""

    def walk(
        name: str,
        language: str = "en",
        theme: str = "dark",
        trace: Any = None,
        aspect: str = "16:9",
        **parameters: str,
    ) -> tuple[Plan, Any]:
        kept: list[Lesson] = []

        class Kept(lesson_class(name)):  # type: ignore[misc]
            def setup(self) -> None:
                kept.append(self)
                super().setup()

        Kept.__module__ = Kept.__base__.__module__  # where its file is found by
        typed = {flag.rstrip("_").replace("_", "-"): text for flag, text in parameters.items()}
        where = None if trace is None else str(trace)
        planned = plan(
            Kept, TINY.shaped(aspect), Stage(language, THEMES[theme], trace=where, parameters=typed)
        )
        return planned, kept[0]

    return walk


@pytest.fixture(scope="session")
def food_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Traces of real, short runs of the food recommender on coloured noise, by preset; each made once."""
    from derivviz.runs import Progress, Request, food

    folder = tmp_path_factory.mktemp("plates")
    generator = np.random.default_rng(0)
    colours = {
        "pizza": (200, 90, 40),
        "chicken": (160, 110, 60),
        "salad": (60, 150, 60),
        "소바 {{x : y}}": (90, 80, 70),
    }
    for name, colour in colours.items():
        (folder / name).mkdir()
        for number in range(4):
            noise = generator.integers(-50, 51, (40, 40, 3)) + colour
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / name / f"{number}.png")
    made: dict[str, Path] = {}

    def trace(preset: str) -> Path:
        if preset not in made:
            path = tmp_path_factory.mktemp("runs") / f"{preset}.zarr"
            quiet = Progress(lambda line: None, lambda done, total, epoch, loss: None)
            food.train(Request(path, folder, preset=preset, epochs=2, seed=1, snapshot_every=1), quiet)
            made[preset] = path
        return made[preset]

    return trace
