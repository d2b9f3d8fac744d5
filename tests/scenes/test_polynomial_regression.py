"""The lesson of polynomial regression: told from any trace of the run, its claims the trace's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.animation.regression import Scatter
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.regression import read_regression

RUNS: dict[str, dict[str, Any]] = {
    "cubic": {"steps": 300},
    "line": {"degree": 1, "seed": 3},
    "parabola": {"degree": 2, "points": 3},
    "fifth": {"degree": 5, "steps": 2, "seed": 2},
    "ninth": {"degree": 9},
    "level": {"degree": 0, "points": 2},
    "diverged": {"degree": 3, "learning_rate": 0.3},
    "lost": {"degree": 5, "learning_rate": 1000, "steps": 200},
    "still": {"learning_rate": 0, "steps": 3},
    "one": {"steps": 1},
    "quiet": {"noise": 0, "points": 30},
    "crowd": {"points": 300, "degree": 4},
    "many": {"degree": 20, "points": 40},
    "years": {
        "data": [(1990 + k, 2e6 + 1e6 * np.sin(k / 3) + 4e5 * (k % 3)) for k in range(24)],
        "degree": 4,
    },
    "three": {"data": [(1, 2), (2, 1), (3, 4)], "degree": 2},
    "same": {"data": [(k, 5) for k in range(8)]},
}
QUICK = (("cubic", "en"), ("ninth", "ko"), ("lost", "en"), ("three", "ko"), ("years", "ko"))
NARROW = (("cubic", "9:16"), ("cubic", "1:1"), ("ninth", "9:16"), ("years", "1:1"))
Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def recorded(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Traces of short runs by name, each made once."""
    from derivviz.parameters import fill
    from derivviz.runs import Progress, Request, polynomial

    folder = tmp_path_factory.mktemp("regressions")
    quiet = Progress(lambda line: None, lambda *now: None)

    def make(name: str) -> Path:
        path = folder / f"{name}.zarr"
        if not path.exists():
            options = {"steps": 60} | RUNS[name]
            points, seed, data = options.pop("data", None), options.pop("seed", 0), None
            if points is not None:
                data = folder / f"{name}.csv"
                data.write_text("x,t\n" + "".join(f"{x},{t}\n" for x, t in points))
            typed = {flag.replace("_", "-"): str(value) for flag, value in options.items()}
            own = fill(polynomial.Parameters, typed)
            request = Request(path, data=data, seed=seed, snapshot_every=100, parameters=own)
            polynomial.train(request, quiet)
        return path

    return make


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


def said(planned: Any, language: str = "en") -> str:
    return " ".join(beat.text[language] for beat in planned.beats)


@pytest.fixture(scope="module")
def walked(walk: Any, recorded: Make) -> Callable[..., tuple[Any, Any]]:
    """Walks through the lesson on a run, each made once: to be looked at, not to be changed."""
    return cache(
        lambda name, language="en": walk(
            "polynomial_regression", language, {"en": "dark", "ko": "paper"}[language], trace=recorded(name)
        )
    )


@pytest.mark.parametrize(
    ("name", "language"),
    [
        pytest.param(name, language, marks=() if (name, language) in QUICK else pytest.mark.slow)
        for name in RUNS
        for language in ("en", "ko")
    ],
)
def test_any_run_in_both_languages_and_themes(walked, name: str, language: str) -> None:
    planned, lesson = walked(name, language)
    assert told(planned.problems) == []
    assert 80 < planned.duration < 115
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert failed_claims(lesson) == set()


@pytest.mark.parametrize(
    ("name", "aspect"),
    [
        pytest.param(name, aspect, marks=() if (name, aspect) in NARROW else pytest.mark.slow)
        for name in RUNS
        for aspect in ("9:16", "1:1")
    ],
)
def test_any_run_in_other_shapes(walk, recorded: Make, name: str, aspect: str) -> None:
    language, theme = {"9:16": ("en", "paper"), "1:1": ("ko", "dark")}[aspect]
    planned, lesson = walk("polynomial_regression", language, theme, trace=recorded(name), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    plane, width = lesson.scatter.plane.frame, 8 if aspect == "9:16" else 12
    assert plane.width > 0.85 * width
    for below in (lesson.updates, lesson.stems, lesson.compared, lesson.chart):
        assert below.get_top()[1] < plane.get_bottom()[1]


def test_the_thread_of_the_default(walked, recorded: Make) -> None:
    planned, lesson = walked("cubic")
    run = read_regression(open_trace(recorded("cubic")))
    words = said(planned)
    for topic in (
        "regression",
        "classification",
        "chain rule",
        "learning rate",
        "least squares",
        "over-fitting",
    ):
        assert topic in words.lower()
    assert f"E is {run.loss[1]:.4g} instead of {run.loss[0]:.4g}" in words
    # The U: the best degree is neither the lowest nor the highest, and 9 is far worse, which the ridge mends.
    degree, least = run.best_degree
    assert 1 < degree < 9
    assert run.tested[-1] > 5 * least
    assert run.tested[0] > 1.2 * least
    assert run.mended < 1.1 * least
    assert run.learnt[-1] < 1e-9
    assert lesson.area == pytest.approx(run.loss[0], rel=1e-4)
    assert "scaled" not in words


def test_another_coefficient_is_looked_at(walk, recorded: Make) -> None:
    path = recorded("cubic")
    planned, lesson = walk("polynomial_regression", "ko", "paper", trace=path, coefficient="3")
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    run = read_regression(open_trace(path))
    assert lesson.products.shown == pytest.approx(run.slopes(run.coefficients[0])[3], rel=1e-3)
    assert "x³배만큼" in said(planned, "ko")
    with pytest.raises(UsageError, match="this run has a_0 to a_3; type --coefficient 3"):
        walk("polynomial_regression", trace=path, coefficient="4")


def test_sentences_say_what_happened(walked) -> None:
    lost, three, years = (said(walked(*which)[0]) for which in QUICK[2:])
    assert "It grew: the step was too long." in lost
    assert "overshoots" in lost
    assert "Lost at step 1." in lost
    assert "No point was held out to tell." in three
    assert "Degree 2 runs through every point" in three
    assert "it has never seen" not in three
    assert "Both were scaled" in years


@pytest.mark.slow
def test_sentences_of_other_runs(walked) -> None:
    crowd = said(walked("crowd")[0])
    assert "24 of 300 shown" in crowd
    assert "no over-fitting" in crowd
    assert "Nothing changed." in said(walked("still")[0])
    assert "the same to within" in said(walked("line")[0])


def test_altered_numbers_are_found_out(walk, recorded: Make) -> None:
    _, lesson = walk("polynomial_regression", trace=recorded("cubic"))
    lesson.area *= 1.01
    lesson.products.slope.markup = "1"
    lesson.updates.shown[2] = (lesson.updates.shown[2][0] + 1, lesson.updates.shown[2][1])
    lesson.stems.stems.points[4:8, 1] += 0.01
    lesson.compared.shown[3] = (0.0, lesson.compared.shown[3][1])
    lesson.chart.lines["tested"][2][-1].move(lesson.chart.lines["tested"][2][-1].centers + 0.02)
    lesson.scatter.show(lesson.calm + 0.1)
    lesson.calm = lesson.calm + 0.01
    assert {
        "half the area of the first squares",
        "the sum for a_1",
        "the slope of a_2",
        "the stem of a_1",
        "a_3 of descent",
        "miss of degree 3, tested",
        "the last curve at 0",
        "the slopes with a ridge",
    } <= failed_claims(lesson)


def test_the_squares_are_square_and_the_curve_is_where_it_is(recorded: Make) -> None:
    run = read_regression(open_trace(recorded("years")))
    scatter = Scatter(run, [1, 0, 0], (6.0, 4.7))
    scatter.show(run.coefficients[0])
    corners = scatter.squares.points.reshape(-1, 16, 3)[:, ::4]
    wide, high = (np.ptp(corners[..., way], axis=1) for way in (0, 1))
    np.testing.assert_allclose(wide, high, atol=1e-9)
    assert scatter.half_area() == pytest.approx(run.error(run.coefficients[0]), rel=1e-9)
    a = np.array([0.1, 0.5, -0.3])
    scatter.show(a)
    assert scatter.height(0.3) == pytest.approx(0.1 + 0.15 - 0.027, abs=1e-3)


def test_a_run_that_was_killed_ends_with_its_last_step(recorded: Make) -> None:
    trace = open_trace(recorded("cubic"))
    finished = read_regression(trace)
    del trace.attrs["coefficients"]
    killed = read_regression(trace)
    assert killed.steps == finished.steps
    np.testing.assert_array_equal(killed.coefficients[-1], finished.coefficients[-2])


def test_a_trace_of_something_else_is_refused(walk, tiny_trace) -> None:
    with pytest.raises(DerivvizError, match="derivviz record polynomial"):
        walk("polynomial_regression", trace=tiny_trace)
