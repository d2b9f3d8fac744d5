"""The lesson on gradient descent: its claims hold on any recorded ground, and fail when the picture is altered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.look.prose import plain
from derivviz.trace.descent import Descent

Record = Callable[..., Path]
NOISY = tuple((x, 3 * (-1) ** x + x % 5) for x in range(70))
BROAD = (*((x, x / 10) for x in range(10)), (1000, 5))


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


def words(planned: Any, language: str = "en") -> str:
    return " ".join(plain(beat.text[language]) for beat in planned.beats)


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_the_galaxies(walk, descent_trace: Record, language: str, theme: str) -> None:
    path = descent_trace()
    planned, lesson = walk("gradient_descent", language, theme, trace=path)
    assert told(planned.problems) == []
    assert 60 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    run = Descent(open_trace(path))
    said = words(planned)
    assert f"{run.walks['good'].arrived} are enough" in said
    assert f"2/E″ = {2 / run.curve_bottom.curvatures[0]:.3g}" in said
    assert f"bends {run.bottom.curvatures[1] / run.bottom.curvatures[0]:.2g} times" in said
    assert "zigzags from wall to wall" in said
    assert "momentum is lowest" in said
    assert f"{100 * run.bottom.place[0]:.0f} km/s more" in said
    assert failed_claims(lesson) == set()

    # Altered pictures are found out, each by its own claim.
    lesson.stand.tangent.rotate(0.1)
    assert failed_claims(lesson) == {"slope of its tangent"}
    lesson.stand.tangent.rotate(-0.1)
    lesson.stand.place += 0.1
    assert failed_claims(lesson) == {"where the walker stands"}
    lesson.stand.place -= 0.1
    lesson.rates[2].path.places += [0.02, 0, 0]
    assert failed_claims(lesson) == {"places at the rate 'swinging'"}
    lesson.rates[2].path.places -= [0.02, 0, 0]
    lesson.rates[0].path.places += [0, 0.02, 0]
    assert failed_claims(lesson) == {"losses at the rate 'slow'"}
    lesson.rates[0].path.places -= [0, 0.02, 0]
    lesson.paths["adam"].places += [0.02, 0, 0]
    assert failed_claims(lesson) == {"places of adam"}
    lesson.paths["adam"].places -= [0.02, 0, 0]
    lesson.lines["descent"].shift([0, 0.1, 0])
    assert failed_claims(lesson) == {"last loss of descent"}


@pytest.mark.parametrize(("steps", "language"), [("1", "ko"), ("8", "en")])
def test_fewer_and_more_steps_in_numbers(walk, descent_trace: Record, steps: str, language: str) -> None:
    planned, lesson = walk("gradient_descent", language, trace=descent_trace(), steps=steps)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    assert lesson.stood == int(steps)


@pytest.mark.parametrize(("aspect", "language", "theme"), [("9:16", "en", "paper"), ("1:1", "ko", "dark")])
def test_a_narrower_frame_is_arranged_anew(
    walk, descent_trace: Record, aspect: str, language: str, theme: str
) -> None:
    planned, lesson = walk("gradient_descent", language, theme, trace=descent_trace(), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    ground, width = lesson.map.frame, 8 if aspect == "9:16" else 12
    assert lesson.curve.frame.width > 0.8 * width
    assert lesson.law.get_top()[1] < lesson.curve.frame.get_bottom()[1]  # the numbers stand below the curve
    assert (ground.height > ground.width) == (aspect == "9:16")  # the valley runs down a portrait
    assert max(ground.width, ground.height) > 0.65 * width * (16 / 9 if aspect == "9:16" else 1)
    rows = {round(float(rate.plane.frame.get_center()[1]), 6) for rate in lesson.rates}
    assert len(rows) == 2


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
@pytest.mark.parametrize(
    "options", [{"own": True}, pytest.param({"points": NOISY}, marks=pytest.mark.slow)], ids=["own", "noisy"]
)
def test_other_ground_in_other_shapes(walk, descent_trace: Record, options: Any, aspect: str) -> None:
    planned, lesson = walk("gradient_descent", trace=descent_trace(**options), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()


def test_a_model_of_ones_own(walk, descent_trace: Record) -> None:
    planned, lesson = walk("gradient_descent", trace=descent_trace(own=True))
    assert told(planned.problems) == []
    said = words(planned)
    assert "2.weight[0, 3]" in said
    assert "0.weight[3, 0]" in said
    assert "km/s" not in said
    assert "Near the bottom, each step" in said
    assert failed_claims(lesson) == set()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("points", "options"),
    [
        (((0, 10), (1, 9), (2, 8.2), (3, 7)), {}),
        (((1990, 1e6), (1995, 1.2e6), (2020, 1.9e6)), {}),
        (((0, 1e-7), (1e-4, 3e-7), (2e-4, 5e-7)), {}),  # on a line: the lowest loss is 0
        (NOISY, {}),
        (BROAD, {}),
        ((), {"steps": 12, "rate": 1.95, "momentum": 0.95, "adam_rate": 5}),
        ((), {"steps": 400, "rate": 0.5, "momentum": 0.9}),
    ],
)
def test_other_ground(walk, descent_trace: Record, points: Any, options: Any, language: str) -> None:
    planned, lesson = walk("gradient_descent", language, trace=descent_trace(points=points, **options))
    assert told(planned.problems) == []
    assert 60 < planned.duration < 115
    assert failed_claims(lesson) == set()


@pytest.mark.slow
def test_the_words_follow_the_record(walk, descent_trace: Record) -> None:
    short = words(
        walk("gradient_descent", trace=descent_trace(steps=12, rate=0.9, momentum=0.95, adam_rate=5))[0]
    )
    assert "after 11 steps 72% of the way is left" in short
    assert "after 11 it still swings" in short
    assert "zigzag" not in short
    assert "by now; the bottom is at 139" in short
    long = words(walk("gradient_descent", trace=descent_trace(steps=400, rate=0.5, momentum=0.9))[0])
    assert "it takes 152 steps" in long
    assert "momentum and Adam are lowest" in long
    broad = words(walk("gradient_descent", trace=descent_trace(points=BROAD))[0])
    assert "This valley is broad" in broad


def test_another_trace_is_told_what_to_record(walk, tiny_trace: Path) -> None:
    with pytest.raises(DerivvizError, match="derivviz record descent"):
        walk("gradient_descent", trace=tiny_trace)
    with pytest.raises(DerivvizError, match="derivviz record descent"):
        walk("gradient_descent")


def test_a_path_is_drawn_to_where_it_leaves_the_map() -> None:
    from derivviz.animation.descent_map import visible

    places = np.array([[0, 0], [1, 1], [3, 1], [1, 1]], float)
    assert visible(places, [(0, 2), (0, 2)]).tolist() == [[0, 0], [1, 1]]
    assert visible(places, [(0, 3), (0, 2)]).tolist() == places.tolist()


def test_names_at_one_height_are_put_apart() -> None:
    from derivviz.animation import Words
    from derivviz.animation.race import apart

    labels = [Words("one"), Words("two"), Words("three")]
    apart(labels, [np.array([0, y, 0.0]) for y in (1.0, 1.1, -2.0)])
    heights = [label.get_center()[1] for label in labels]
    assert heights[2] < heights[0] < heights[1]
    assert heights[1] - heights[0] == pytest.approx(0.55)
