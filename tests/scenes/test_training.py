"""The lesson that shows a whole run: any trace, any length, in both languages; what it draws is the trace's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from derivviz import open_trace
from derivviz.animation.run_lesson import mistakes, told_apart
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.layout import STATS
from derivviz.trace.writer import TraceWriter

LONG, WORST, BEST = 100_000, 54_321, 77_777  # steps of the long run, and where its extremes are


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes a run of any length of a network of `layers` layers, without training one."""

    def write(
        steps: int, layers: int = 3, classes: int = 0, loss: Any = None, names: Any = None, **noted: Any
    ) -> Path:
        path = tmp_path_factory.mktemp("long") / "run.zarr"
        names = names or [f"body.{n}" for n in range(layers)]
        parameters = [{"name": f"{name}.weight", "shape": [30, 40]} for name in names]
        writer = TraceWriter(path, {"parameters": parameters, **noted})
        for name, dtype in (("step", np.int64), ("time", float), ("loss", float)):
            writer.declare(f"step/{name}", dtype=dtype, rows=8192, name=name)
        tensors = [(kind, f"{name}.weight") for kind in ("grad", "update", "param") for name in names]
        for label, values in (
            ("kind", [k for k, _ in tensors]),
            ("name", [n for _, n in tensors]),
            ("size", [4.0] * len(tensors)),
        ):
            writer.labels(f"step/{label}", ("tensor",), values)
        writer.declare("step/stats", ("tensor", "stat"), (len(tensors), len(STATS)), rows=8192)
        generator = np.random.default_rng(0)
        if loss is None:
            loss = 2 * np.exp(-np.arange(steps) / (steps / 4)) + 0.2 + generator.uniform(0, 0.1, steps)
        norms = 10.0 ** generator.normal(-1, 0.5, (steps, len(tensors)))
        stats = np.zeros((steps, len(tensors), len(STATS)))
        stats[..., STATS.index("count")] = 4
        stats[..., STATS.index("norm")] = norms
        for step in range(steps):
            writer.append(
                "step", {"step": step, "time": 0.01 * step, "loss": loss[step], "stats": stats[step]}
            )
        if classes:
            truth = np.arange(3 * classes) % classes
            writer.labels("evaluation/target", ("image",), truth)
            for name in ("epoch", "step"):
                writer.declare(f"evaluation/{name}", dtype=np.int64)
            writer.declare("evaluation/probabilities", ("image", "class"), (len(truth), classes))
            for epoch in (1, 2):
                p = generator.dirichlet(np.ones(classes), len(truth))
                p[np.arange(len(truth)), truth] += 0.5 * epoch
                row = {
                    "epoch": epoch,
                    "step": steps * epoch // 2,
                    "probabilities": p / p.sum(1, keepdims=True),
                }
                writer.append("evaluation", row)
        writer.close()
        return path

    return write


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_a_recorded_run(walk, tiny_trace: Path, language: str, theme: str) -> None:
    planned, lesson = walk("training", language, theme, trace=tiny_trace, seconds="3")
    assert told(planned.problems) == []
    assert list(lesson.run.panels) == ["loss", "accuracy", "weights", "maps", "layers", "answers"]
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert not any("가" <= sign <= "힣" for sign in words)
    assert "no record of" not in words
    # Its maps are of another picture each time, so no change of them is shown; that of the weights is.
    assert lesson.run.panels["maps"].change is None
    assert lesson.run.panels["weights"].change is not None
    assert failed_claims(lesson) == set()

    panels = lesson.run.panels
    panels["answers"].numbers[0].set_value(9)
    panels["loss"].lines[0].samples[3] += (0, 2, 0)
    panels["weights"].now.pixel_array[0, 0] = 255 - panels["weights"].now.pixel_array[0, 0]
    panels["layers"].dots[0].centers[1] += (0.3, 0, 0)
    assert failed_claims(lesson) >= {
        "answers in the cells",
        "the greatest loss",
        "the first weight at the end, of the largest",
        "the gradient of fc1 at the end, relative",
    }


@pytest.mark.parametrize(("aspect", "language", "theme"), [("9:16", "en", "paper"), ("1:1", "ko", "dark")])
def test_a_recorded_run_in_a_narrow_frame(
    walk, tiny_trace: Path, aspect: str, language: str, theme: str
) -> None:
    planned, lesson = walk("training", language, theme, trace=tiny_trace, aspect=aspect, seconds="3")
    assert told(planned.problems) == []
    run, (width, height) = lesson.run, {"9:16": (8, 128 / 9), "1:1": (12, 12)}[aspect]
    pages = [["loss", "accuracy"], ["weights", "maps"], ["layers", "answers"]]
    assert [list(page) for page in run.pages] == pages
    for screen in (run.panels, *run.pages):  # no panel on another, and all of them most of the frame
        boxes = [panel.box for panel in screen.values()]
        assert sum(box.width * box.height for box in boxes) > 0.6 * width * height
        for n, one in enumerate(boxes):
            assert abs(one.left + one.width / 2) + one.width / 2 < width / 2
            for other in boxes[:n]:
                across = max(one.left, other.left) >= min(one.left + one.width, other.left + other.width)
                down = max(one.bottom, other.bottom) >= min(
                    one.bottom + one.height, other.bottom + other.height
                )
                assert across or down
    for name, panel in run.panels.items():
        large = lesson.page_of(name)[name]
        assert large.box.height > 1.3 * panel.box.height
        assert large.heading.size == 1.3 * panel.heading.size
    # What is pointed at at the end is on the pages, which are held against the trace as the board is.
    assert lesson.ringed[1] is run.pages[0]["loss"]
    assert failed_claims(lesson) == set()
    lesson.ringed[0].shift([0, 0.5, 0])
    run.pages[0]["loss"].lines[0].samples[3] += (0, 3, 0)
    run.pages[2]["answers"].numbers[0].set_value(9)
    assert failed_claims(lesson) == {"the worst step", "the greatest loss", "answers in the cells"}


def test_panels_follow_the_run(walk, tiny_trace: Path) -> None:
    _, lesson = walk("training", trace=tiny_trace, seconds="3")
    trace, panels = open_trace(tiny_trace), lesson.run.panels
    for done in (1, 6, 12):
        lesson.run.show(done)
        assert panels["loss"].value(panels["loss"].tip.centers[0]) == pytest.approx(trace["loss"][done - 1])
        assert panels["weights"].looks.steps[panels["weights"].look] <= done
        shown = panels["answers"].row
        assert (shown is None) == (done < trace.evaluation.steps[0])
        gradient = np.hypot(trace["grad/fc2.weight/norm"], trace["grad/fc2.bias/norm"])
        assert panels["layers"].value(0, 2) == pytest.approx(gradient[done - 1])
    assert panels["answers"].answers.counts[panels["answers"].row].sum() == 10


def test_a_hundred_thousand_steps_keep_their_extremes(walk, write: Any) -> None:
    loss = 2 * np.exp(-np.arange(LONG) / 20_000) + np.random.default_rng(0).uniform(0.2, 0.3, LONG)
    loss[WORST], loss[BEST] = 9.5, 0.01
    planned, lesson = walk("training", trace=write(LONG, loss=loss), seconds="3")
    assert told(planned.problems) == []
    panel = lesson.run.panels["loss"]
    line = panel.lines[0].samples
    assert len(line) < 2000
    assert panel.value(line[line[:, 1].argmax()]) == pytest.approx(9.5)
    assert panel.value(line[line[:, 1].argmin()]) == pytest.approx(0.01)
    across = (line[line[:, 1].argmax(), 0] - panel.area.left) / panel.area.width
    assert across * LONG == pytest.approx(WORST, abs=1)
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert "stands for 250 steps" in words
    assert "the worst of all is 9.5, at step 54,321" in words
    assert "100,000 steps" in words
    # Each dot is the median of a stretch; the line around it reaches the least and the greatest of it.
    trace, sizes = open_trace(lesson.stage.trace), lesson.run.panels["layers"]
    lesson.run.show(50_000)
    values = trace["grad/body.1.weight/norm"][49_750:50_000]
    assert sizes.value(0, 1) == pytest.approx(np.median(values))
    band = sizes.bands[1][0]
    assert (band.low[199], band.high[199]) == (values.min(), values.max())


def test_long_names_keep_what_tells_them_apart_in_a_tall_frame(walk, write: Any) -> None:
    names = [f"model.encoder.a_long_name.{n}.attention.query_projection" for n in range(9)]
    planned, lesson = walk("training", trace=write(31, names=names), aspect="9:16", seconds="3")
    assert told(planned.problems) == []
    assert len(lesson.page_of("layers")["layers"].layers) == 8
    with tempconfig({"frame_width": 8.0, "frame_height": 128 / 9}):
        assert told_apart(names)[3] == "3.attentio…projection"
        alike = ["a" * 30 + n + "b" * 30 for n in "12"]
        assert told_apart(alike) == alike
    assert told_apart(names)[3] == "3.attention.query_projection"


@pytest.mark.parametrize(("aspect", "rows"), [("9:16", 3), ("1:1", 2)])
def test_a_narrow_frame_is_filled_where_a_trace_lacks_panels(
    walk, write: Any, aspect: str, rows: int
) -> None:
    planned, lesson = walk(
        "training", "ko", "paper", trace=write(100, layers=40, classes=10), aspect=aspect, seconds="3"
    )
    assert told(planned.problems) == []
    panels = lesson.run.panels
    assert list(panels) == ["loss", "accuracy", "layers", "answers"]
    assert len({round(panel.box.bottom, 6) for panel in panels.values()}) == rows
    shown = lesson.run.pages[1]["layers"].layers
    assert 5 < len(shown) < 40


def test_no_error_is_called_the_most_frequent_among_equals() -> None:
    def said(*errors: tuple[int, int]) -> str:
        wrong = np.zeros((3, 3), int)
        for error in errors:
            wrong[error] += 1
        return str(mistakes(wrong, lambda n: dict.fromkeys(("en", "ko"), "abc"[n]))["en"])

    assert said((0, 1)) == "The most frequent error: a taken for b, once."
    assert said((0, 1), (2, 1)) == "No error was made twice."
    assert said((0, 1), (2, 1), (2, 1)) == "The most frequent error: c taken for b, 2 times."
    assert said((0, 1), (0, 1), (2, 1), (2, 1)) == "A most frequent error: a taken for b, 2 times."


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_a_trace_lacks_is_left_out_and_said(walk, write: Any, language: str) -> None:
    planned, lesson = walk("training", language, trace=write(300), seconds="3")
    assert told(planned.problems) == []
    assert list(lesson.run.panels) == ["loss", "layers"]
    said = next(beat.text for beat in planned.beats if "no record of" in beat.text["en"])
    assert "accuracy, weights, what a layer answers, held-out answers" in said["en"]
    assert "정확도, 가중치, 층의 출력, 검증 데이터에 대한 답" in said["ko"]
    assert failed_claims(lesson) == set()


@pytest.mark.parametrize(
    ("steps", "options"),
    [
        (1, {}),
        (100, {"layers": 40, "classes": 10}),
        (20, {"loss": np.r_[1.0, 10.0 ** np.arange(12), np.full(7, np.nan)], "nonfinite": {"loss": 13}}),
        *(
            pytest.param(steps, options, marks=pytest.mark.slow)
            for steps, options in (
                (2, {"layers": 1, "classes": 2}),
                (1001, {"layers": 5, "classes": 100}),
                (
                    31,
                    {
                        "names": [
                            f"model.encoder.a_long_name.{n}.attention.query_projection" for n in range(9)
                        ]
                    },
                ),
                (21, {"loss": np.linspace(1, 2, 21)}),
                (20, {"loss": np.full(20, 0.5)}),
                (20, {"loss": np.linspace(-3e7, -5e7, 20)}),
            )
        ),
    ],
)
def test_any_run_lays_out(walk, write: Any, steps: int, options: dict[str, Any]) -> None:
    language = ("en", "ko")[steps % 2]
    planned, lesson = walk("training", language, trace=write(steps, **options), seconds="3")
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    words = " ".join(beat.text["en"] for beat in planned.beats)
    if "nonfinite" in options:
        assert "At step 13 the loss is no longer a finite number" in words
    if options.get("layers") == 40:
        shown = len(lesson.run.panels["layers"].layers)
        assert f"{shown} of 40" in lesson.run.panels["layers"].heading.markup
        assert shown < 40


def test_steps_that_were_skipped_are_told(walk, tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    for name, dtype in (("step", np.int64), ("time", float), ("loss", float)):
        writer.declare(f"step/{name}", dtype=dtype, name=name)
    for step in range(0, 50, 5):
        writer.append("step", {"step": step, "time": 0.1, "loss": 1 / (step + 1)})
    writer.close()
    planned, _ = walk("training", trace=tmp_path / "run.zarr", seconds="3")
    assert "one step in 5 was recorded" in planned.beats[0].text["en"]
    assert "46 steps" in planned.beats[0].text["en"]


def test_nothing_to_watch(walk, tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.zarr", {})
    for name, dtype in (("step", np.int64), ("time", float)):
        writer.declare(f"step/{name}", dtype=dtype, name=name)
    writer.append("step", {"step": 0, "time": 0.1})
    writer.close()
    with pytest.raises(DerivvizError, match=r"nothing to watch.*recorder\.log"):
        walk("training", trace=tmp_path / "run.zarr")
    with pytest.raises(DerivvizError, match="derivviz record food"):
        walk("training")
    with pytest.raises(UsageError, match="seconds"):
        walk("training", trace=tmp_path / "run.zarr", seconds="1")
