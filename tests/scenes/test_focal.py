"""The lesson on focal loss, told from small contests: its claims hold, and fail when the numbers are altered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from derivviz import open_trace
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.focal import FOCAL, PLAIN, Contest

Record = Callable[..., Path]


@pytest.fixture(scope="session")
def contest_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Traces of short contests on frames of some classes, or on generated roads; each made once."""
    from derivviz.runs import Progress, Request, focal

    made: dict[tuple[str, ...], Path] = {}

    def frames(folder: Path, classes: tuple[str, ...]) -> Path:
        generator, told = np.random.default_rng(0), {}
        for n in range(12):
            pixels = generator.integers(60, 120, (48, 80, 3)).astype(np.uint8)
            pixels[10:30, 20:50] = (200, 60, 40)
            name = f"{'test' if n < 4 else 'train'}/{n}.png"
            (folder / name).parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / name)
            some = classes if n % 4 == 0 else classes[:1]
            told[name] = [[one, 20 + k, 10 + k, 50 + k, 30 + k] for k, one in enumerate(some)]
        (folder / "boxes.json").write_text(json.dumps(told))
        return folder

    def trace(*classes: str, steps: int = 3) -> Path:
        if classes not in made:
            folder = tmp_path_factory.mktemp("contest")
            own = focal.Parameters(steps=steps, batch_size=2, scenes=8, test_scenes=8)
            data = frames(folder, classes) if classes else None
            request = Request(folder / "focal.zarr", data, seed=1, parameters=own)
            focal.train(request, Progress(lambda line: None, lambda *now: None))
            made[classes] = request.path
        return made[classes]

    return trace


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_generated_roads(walk, contest_trace: Record, language: str, theme: str) -> None:
    path = contest_trace()
    planned, lesson = walk("focal", language, theme, trace=path)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    assert all("{" not in text for beat in planned.beats for text in beat.text.values())

    run = Contest(open_trace(path))
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert f"{run.as_if(PLAIN)[9]:.0%}" in words
    assert f"{run.as_if(FOCAL)[9]:.1%}" in words
    rare = run.classes[run.rare]
    assert f"{run.train_boxes[run.rare]:,} {rare}s" in words
    assert not any("가" <= sign <= "힣" for sign in words)
    assert failed_claims(lesson) == set()

    # Altered numbers are found out, each by its own claim.
    lesson.tenths.show(lesson.tenths.shares()[::-1])
    assert failed_claims(lesson) == {"bars of the gradient"}
    lesson.tenths.show(run.as_if(FOCAL))
    lesson.easiest.set_value(50.0)
    lesson.decisions.set_value(959)
    assert failed_claims(lesson) == {"the easiest tenth", "decisions a picture"}
    lesson.easiest.set_value(100 * run.as_if(FOCAL)[9])
    lesson.decisions.set_value(run.decisions)
    lesson.marks[0].shift([0, 0.1, 0])
    assert failed_claims(lesson) == {"the pull drawn at p = 0.9, γ = 0"}
    lesson.marks[0].shift([0, -0.1, 0])
    lesson.chart.lines["gamma1"].shift([0, 0.2, 0])
    assert failed_claims(lesson) == {"the last precision of gamma1"}
    lesson.chart.lines["gamma1"].shift([0, -0.2, 0])
    lesson.views["gamma0"][1][0].shift([0.1, 0, 0])
    assert failed_claims(lesson) == {"boxes missed by gamma0"}


@pytest.mark.parametrize(("aspect", "language", "theme"), [("9:16", "en", "paper"), ("1:1", "ko", "dark")])
def test_a_narrower_frame_is_arranged_anew(
    walk, contest_trace: Record, aspect: str, language: str, theme: str
) -> None:
    planned, lesson = walk("focal", language, theme, trace=contest_trace(), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    width = 8 if aspect == "9:16" else 12
    for plane, below in ((lesson.view.rim, lesson.rows), (lesson.plane.frame, lesson.formula)):
        assert plane.width > 0.7 * width
        assert below.get_top()[1] < plane.get_bottom()[1]
    assert lesson.tenths.plane.frame.get_center()[1] < 0  # the last formula stands above it
    views = [view.rim for view, _ in lesson.views.values()]
    assert views[1].get_top()[1] < views[0].get_bottom()[1]  # one below the other


CLASSES = [
    ("car",),
    ("car", "bike"),
    ("자동차", "버스", "이륜차"),
    ("a very long name of a kind of thing that is seen on roads", "x"),
    ("one", "two", "three", "four", "five", "six", "seven", "#let $x$ {{a : b}}"),
]


@pytest.mark.slow
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_other_classes(
    walk, contest_trace: Record, classes: tuple[str, ...], aspect: str, language: str
) -> None:
    planned, lesson = walk("focal", language, trace=contest_trace(*classes), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()


@pytest.mark.slow
def test_the_words_follow_who_did_better(
    walk, contest_trace: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Contest.precision
    for focal, plain, said in ((0.5, 0.3, "focal loss did better"), (0.3, 0.5, "cross-entropy did better")):
        ends = {FOCAL: focal, PLAIN: plain}

        def precision(
            self: Contest, arm: str, number: int | None = None, ends: dict[str, float] = ends
        ) -> np.ndarray:
            return np.full_like(read(self, arm, number), ends.get(arm, 0.2))

        monkeypatch.setattr(Contest, "precision", precision)
        planned, _ = walk("focal", trace=contest_trace())
        assert told(planned.problems) == []
        assert said in planned.beats[-1].text["en"]


@pytest.mark.slow
def test_a_chosen_picture(walk, contest_trace: Record) -> None:
    run = Contest(open_trace(contest_trace()))
    _, lesson = walk("focal", trace=contest_trace(), picture="2")
    np.testing.assert_array_equal(lesson.shown.pixels, run.pictures[1].pixels)
    with pytest.raises(UsageError, match=r"--picture is 60, but .* has 8 test pictures"):
        walk("focal", trace=contest_trace(), picture="60")


def test_another_trace_is_told_what_to_record(walk, tiny_trace: Path) -> None:
    with pytest.raises(DerivvizError, match="derivviz record focal"):
        walk("focal", trace=tiny_trace)
    with pytest.raises(DerivvizError, match="derivviz record focal"):
        walk("focal")


def test_what_is_judged_right() -> None:
    from derivviz.trace.focal import Picture

    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], float)
    seen = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [20, 0, 30, 10]], float)
    found = {"gamma0": (seen, np.array([0, 0, 0]))}
    picture = Picture(np.zeros((12, 40, 3), np.uint8), boxes, np.array([0, 1]), found)
    right, wrong, missed = picture.judged("gamma0")
    assert right.tolist() == [
        seen[0].tolist()
    ]  # the surest one; the second comes too late, the third is of another class
    assert wrong.tolist() == seen[1:].tolist()
    assert missed.tolist() == [boxes[1].tolist()]
