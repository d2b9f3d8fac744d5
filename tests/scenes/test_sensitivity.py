"""The lesson on sensitivity: told from any trace that measured it; its numbers are the trace's, and true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.animation.sensed import cut
from derivviz.errors import DerivvizError, UsageError

DISHES = ["pizza", "chicken", "salad"]


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


@pytest.fixture(scope="module")
def record(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Traces of a few steps of small networks on pictures, rows of numbers or sequences; each made once."""
    import derivviz

    made: dict[str, Path] = {}

    def record(shape: tuple[int, ...], outputs: int, probes: int = 2, **noted: Any) -> Path:
        key = f"{shape} {outputs} {probes} {noted}"
        if key not in made:
            made[key] = tmp_path_factory.mktemp("sensed") / "run.zarr"
            nn = torch.nn
            with torch.random.fork_rng():
                torch.manual_seed(len(made))
                inside = [nn.Conv2d(3, 3, 3), nn.Tanh(), nn.Flatten()] if len(shape) == 3 else [nn.Flatten()]
                size = 3 * (shape[1] - 2) * (shape[2] - 2) if len(shape) == 3 else int(np.prod(shape))
                model = nn.Sequential(*inside, nn.Linear(size, 8), nn.Tanh(), nn.Linear(8, outputs))
                x, target = torch.rand(6, *shape), torch.arange(6) % outputs
                optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
                options = {"probe": x[:probes], "sensitivity_every": 4}
                with derivviz.record(model, optimizer, made[key], **options) as recorder:
                    recorder.note(**noted)
                    for _ in range(4):
                        loss = nn.functional.cross_entropy(model(x), target)
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
        return made[key]

    return record


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ko", "paper")])
def test_pictures(walk, record, language: str, theme: str) -> None:
    path = record((3, 16, 16), 3, classes=DISHES)
    planned, lesson = walk("sensitivity", language, theme, trace=path)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert not any("가" <= sign <= "힣" for sign in words)
    assert failed_claims(lesson) == set()

    found = open_trace(path).sensitivity
    derivative = found.checks.derivative[-1, 0]
    ratio = abs(derivative[0]) / np.sqrt((derivative[1:] ** 2).mean())
    assert lesson.table.ratio == pytest.approx(ratio)
    assert f"{format(ratio, ',.0f' if ratio >= 10 else '.1f')} times less" in words
    slopes = found.path.slope[-1]
    steep = np.unravel_index(np.abs(slopes).argmax(), slopes.shape)
    assert f"at t~=~{found.path.t[steep[0]]:.2f}" in words
    assert DISHES[steep[1]] in next(b.text["en"] for b in planned.beats if "Steepest" in b.text["en"])

    lesson.blend.show(0.5)
    lesson.tangent.points[-1] += (0, 0.3, 0)
    lesson.above.lines[lesson.sensed.steep].points[-1] += (0, 0.5, 0)
    lesson.shade.stretch(1.5, 1)
    lesson.bars.bars[0].stretch(2, 0, about_point=[lesson.bars.zero, 0, 0])
    lesson.sums[1].markup = "1000"
    lesson.table.rows[1][1].markup = "1000"
    lesson.places.looks[0][0].image.pixel_array[...] = 0
    assert failed_claims(lesson) == {
        "the picture at the end of the way",
        "the slope of the tangent",
        "the score at t = 1",
        "the shaded area, of the true one",
        "the last scores, of the largest",
        "the change of the score",
        "slopes by direction, relative",
        "the brightest place of a map",
    }


@pytest.mark.parametrize(
    ("shape", "outputs", "options"),
    [
        ((40,), 10, {}),
        pytest.param(
            (5,),
            2,
            {"classes": ["cat {{a : b}}", "a dog with a name that is very long indeed"]},
            marks=pytest.mark.slow,
        ),
        pytest.param((8, 8), 1, {}, marks=pytest.mark.slow),
        pytest.param((3, 12, 20), 12, {}, marks=pytest.mark.slow),
        pytest.param((3, 8, 8), 200, {}, marks=pytest.mark.slow),
        pytest.param((6,), 4, {"probes": 1}, marks=pytest.mark.slow),
    ],
)
def test_other_networks(walk, record, shape: tuple[int, ...], outputs: int, options: dict[str, Any]) -> None:
    for language in ("en", "ko") if outputs > 1 else ("ko",):
        planned, lesson = walk("sensitivity", language, trace=record(shape, outputs, **options))
        assert told(planned.problems) == []
        assert failed_claims(lesson) == set()
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert ("pixel" in words) == (len(shape) == 3)
    if outputs == 200:
        assert "too many outputs, 200" in words
    if options.get("probes") == 1:
        assert "that takes two probe inputs" in words
    if shape == (3, 12, 20):
        assert lesson.blend.get_left()[0] > -7
    if shape == (40,):
        assert "here 7 of 40" in words
        assert lesson.bars.submobjects[-1].markup.startswith("점수 (10개 중 6개)")
        lesson.places.looks[1][0].bars[2].shift([0.4, 0, 0])
        assert failed_claims(lesson) == {"slopes by input, of the largest"}


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_narrower_frame_is_arranged_anew(walk, record, aspect: str) -> None:
    planned, lesson = walk(
        "sensitivity", "ko", "paper", trace=record((3, 16, 16), 3, classes=DISHES), aspect=aspect
    )
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    width = 8 if aspect == "9:16" else 12
    maps = [look[0] for look in lesson.places.looks]
    assert maps[0].width / width > 1.9 * 3.16 / 14.2  # twice as wide a part of the frame as in 16:9
    assert maps[0].get_top()[1] < lesson.places.input.get_bottom()[1]
    assert (
        lesson.below.plane.get_top()[1] < lesson.above.plane.get_bottom()[1] < lesson.heads[0].get_bottom()[1]
    )
    assert lesson.sums.get_right()[0] < width / 2 - 0.12
    assert lesson.table.heads[2].size > 28  # than which it is no larger in 16:9


@pytest.mark.parametrize(
    ("aspect", "shape", "outputs", "options"),
    [
        ("9:16", (40,), 10, {}),
        ("1:1", (40,), 10, {}),
        pytest.param("9:16", (6,), 4, {"probes": 1}, marks=pytest.mark.slow),
        pytest.param("1:1", (3, 12, 20), 12, {}, marks=pytest.mark.slow),
    ],
)
def test_other_networks_in_other_shapes(
    walk, record, aspect: str, shape: tuple[int, ...], outputs: int, options: dict[str, Any]
) -> None:
    planned, lesson = walk(
        "sensitivity", "en", "paper", trace=record(shape, outputs, **options), aspect=aspect
    )
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()


def test_another_probe_input(walk, record) -> None:
    path = record((3, 16, 16), 3, classes=DISHES)
    _, lesson = walk("sensitivity", trace=path, picture="2")
    np.testing.assert_array_equal(lesson.places.input.ends[0], open_trace(path).probe.input_image[1])
    with pytest.raises(UsageError, match="--picture is 3, but this trace has 2 probe inputs"):
        walk("sensitivity", trace=path, picture="3")


@pytest.mark.parametrize(("probes", "outputs", "picture"), [(1, 3, 1), (2, 200, 2)])
def test_an_input_alone_is_shown_with_its_scores(
    walk, record, probes: int, outputs: int, picture: int
) -> None:
    """Where no way leads to another input there is still a picture to what is said."""
    path = record((3, 8, 8), outputs, probes=probes)
    planned, lesson = walk("sensitivity", trace=path, picture=str(picture))
    assert told(planned.problems) == []
    assert "no way from one input to another" in planned.beats[1].text["en"]
    trace = open_trace(path)
    np.testing.assert_array_equal(lesson.blend.ends[0], trace.probe.input_image[picture - 1])
    scores = trace.sensitivity.output[-1, picture - 1]
    np.testing.assert_allclose(lesson.bars.values(), scores[lesson.sensed.chosen], rtol=1e-4)
    assert scores.argmax() in lesson.sensed.chosen
    lesson.bars.bars[0].stretch(2, 0, about_point=[lesson.bars.zero, 0, 0])
    assert failed_claims(lesson) == {"the last scores, of the largest"}


def test_a_trace_without_it_is_told_how_to_record_it(walk, tiny_trace: Path) -> None:
    with pytest.raises(DerivvizError, match="sensitivity_every"):
        walk("sensitivity", trace=tiny_trace)
    with pytest.raises(DerivvizError, match="derivviz record food"):
        walk("sensitivity")


def test_names_are_cut_to_what_fits() -> None:
    assert cut("pizza") == "pizza"
    assert cut("a dog with a very long name") == "a dog with a ve…"
    assert cut("고추장비빔국수와군만두") == "고추장비빔국수…"
