"""The lesson on the factor of the learning rate: what it says of a trace is so, and it sees when it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz.animation.factor import WHOLE
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.lr_factor import factor


@pytest.fixture(scope="module")
def wrapped_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Traces of small networks whose optimizer is wrapped in the factor, by name; each made once."""
    from derivviz.learning import DerivativeFactor

    nn, made = torch.nn, {}

    def plain() -> Any:
        return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))

    def normed() -> Any:
        return nn.Sequential(
            nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 5), nn.LayerNorm(5), nn.Linear(5, 3)
        )

    def deep() -> Any:
        network = nn.Sequential()
        for n in range(6):
            network.add_module(f"a_module_with_a_very_long_name_{n}", nn.Linear(6, 6))
        return network

    def far() -> Any:
        """Means of −2.9, 4 and 0.9: at both zeros of f′, and beyond what the whole curve shows."""
        network = plain()
        with torch.no_grad():
            for parameter, mean in zip(network.parameters(), (-2.9, 4.0, 0.9, 0.0), strict=True):
                parameter.add_(mean)
        return network

    def beyond() -> Any:
        """All means near 4."""
        network = plain()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(4)
        return network

    makes = {
        "plain": (plain, torch.optim.Adam, 1, 0.02),
        "normed": (normed, torch.optim.Adam, 1, 0.02),
        "deep": (deep, torch.optim.AdamW, 2, 0.01),
        "momentum": (plain, lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9), 5, 0.2),
        "far": (far, torch.optim.Adam, 1, 0.05),
        "beyond": (beyond, torch.optim.Adam, 1, 0.001),
    }

    def trace(name: str) -> Path:
        if name not in made:
            network, optimizer, every, rate = makes[name]
            path = tmp_path_factory.mktemp("wrapped") / f"{name}.zarr"
            with torch.random.fork_rng():
                torch.manual_seed(0)
                model = network()
                outer = DerivativeFactor(optimizer(model.parameters(), lr=rate))
                inputs, target = torch.randn(32, 6), torch.arange(32) % 3
                with derivviz.record(model, outer, path, every=every, snapshot_every=every) as recorder:
                    for _ in range(20):
                        loss = nn.functional.cross_entropy(model(inputs), target)
                        outer.zero_grad()
                        loss.backward()
                        outer.step()
                        recorder.log(loss=loss)
            made[name] = path
        return made[name]

    return trace


def told(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson: Any) -> set[str]:
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


def said(planned: Any, language: str) -> str:
    return " ".join(beat.text[language] for beat in planned.beats)


def test_the_food_recommender(walk: Any, food_trace: Any) -> None:
    planned, lesson = walk("lr_factor", trace=food_trace("stable"))
    assert told(planned.problems) == []
    assert 50 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    words = said(planned, "en")
    assert not any("가" <= sign <= "힣" for sign in words)
    assert "All near 0: factor 1.9" in words
    assert "a larger learning rate in disguise" in words
    assert "Adam makes its step" in words
    assert lesson.weight.adam is not None

    # Altered pictures and numbers are found out, each by its own claim.
    assert failed_claims(lesson) == set()
    walk_, point = lesson.shown[0], lesson.walkers.dots[0]
    point.shift([0.2, 0, 0])
    assert failed_claims(lesson) == {f"the mean of {walk_.name} as drawn"}
    point.shift([-0.2, 0.2, 0])
    assert failed_claims(lesson) == {f"the factor of {walk_.name} as drawn"}
    point.shift([0, -0.2, 0])
    lesson.walkers.numbers[0].set_value(1.95)
    assert failed_claims(lesson) == {f"the factor of {walk_.name}"}
    lesson.walkers.numbers[0].set_value(walk_.factor[-1])
    lesson.slope.rotate(0.1)
    assert failed_claims(lesson) == {"the slope on the curve"}
    lesson.slope.rotate(-0.1)
    lesson.weight.adam[:] *= 1.01
    assert failed_claims(lesson) == {"Adam's steps from the gradients, times the factor"}
    lesson.weight.adam[:] /= 1.01
    lesson.ways.lines["without"].shift([0, 0.2, 0])
    assert failed_claims(lesson) == {"the end of the way without factor"}


@pytest.mark.parametrize(
    ("name", "language", "theme", "words"),
    [
        ("normed", "en", "paper", "But 2 tensors have means near 1 or −3"),
        ("far", "ko", "dark", "평균이 f′의 영점인 1이나 −3 근처"),
        ("deep", "ko", "paper", "12개 중 6개를 보인다"),
    ],
)
def test_networks_of_ones_own(
    walk: Any, wrapped_trace: Any, name: str, language: str, theme: str, words: str
) -> None:
    planned, lesson = walk("lr_factor", language, theme, trace=wrapped_trace(name))
    assert told(planned.problems) == []
    assert words in said(planned, language)
    for walk_ in lesson.shown:
        np.testing.assert_allclose(walk_.factor, factor(walk_.mean), rtol=1e-5)


@pytest.mark.parametrize("name", ["far", "beyond"])
def test_means_beyond_the_whole_curve_are_on_the_plane(walk: Any, wrapped_trace: Any, name: str) -> None:
    planned, lesson = walk("lr_factor", trace=wrapped_trace(name))
    assert told(planned.problems) == []
    (left, right), (bottom, top) = lesson.plane.x_range, lesson.plane.y_range
    means = np.concatenate([walk_.mean for walk_ in lesson.shown])
    assert left <= WHOLE[0]
    assert WHOLE[1] < means.max() < right
    ends = [lesson.plane.numbers(end) for end in lesson.slope.points[[0, -1]]]
    at, factor_ = float(lesson.tensor.mean[-1]), float(lesson.tensor.factor[-1])
    assert at > WHOLE[1]
    assert left <= ends[0][0] < at < ends[1][0] <= right + 1e-9  # the tangent, to both sides of the point
    assert bottom <= ends[0][1] < factor_ < ends[1][1] <= top + 1e-9
    if name == "far":
        assert (
            len([t for t in lesson.plane.tick_labels if t.get_y() < lesson.plane.frame.get_bottom()[1]]) > 1
        )


NARROW = [("deep", "9:16", "ko"), ("far", "1:1", "en"), ("momentum", "9:16", "en")]


@pytest.mark.parametrize(
    ("name", "aspect", "language"),
    [
        pytest.param(
            name, aspect, language, marks=() if (name, aspect, language) in NARROW else pytest.mark.slow
        )
        for name in ("plain", "normed", "deep", "momentum", "far")
        for aspect, language in (("9:16", "ko"), ("9:16", "en"), ("1:1", "en"))
    ],
)
def test_planes_across_other_shapes(
    walk: Any, wrapped_trace: Any, name: str, aspect: str, language: str
) -> None:
    planned, lesson = walk("lr_factor", language, "paper", trace=wrapped_trace(name), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    width = 8 if aspect == "9:16" else 12
    for plane in (lesson.whole.plane, lesson.plane, lesson.ways.plane):
        assert plane.frame.width > 0.75 * width
    assert lesson.walkers.rows.get_top()[1] < lesson.plane.frame.get_bottom()[1]


@pytest.mark.slow
@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_gradients_of_many_digits_have_room(walk: Any, food_trace: Any, aspect: str) -> None:
    planned, _ = walk("lr_factor", trace=food_trace("faithful"), aspect=aspect)
    assert told(planned.problems) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", ["plain", "normed", "deep", "momentum", "far"])
def test_every_network_in_both_languages(walk: Any, wrapped_trace: Any, name: str, language: str) -> None:
    planned, lesson = walk("lr_factor", language, trace=wrapped_trace(name))
    assert told(planned.problems) == []
    assert ("Adam makes its step" in said(planned, "en")) == (lesson.weight.adam is not None)
    assert (lesson.weight.adam is None) == (name in ("momentum", "deep"))


@pytest.mark.slow
@pytest.mark.parametrize("parameter", ["0.weight", "0.bias", "2.bias"])
def test_a_chosen_tensor(walk: Any, wrapped_trace: Any, parameter: str) -> None:
    planned, lesson = walk("lr_factor", "ko", trace=wrapped_trace("plain"), parameter=parameter)
    assert told(planned.problems) == []
    assert lesson.weight.parameter == lesson.tensor.name == parameter


def test_what_it_cannot_show_is_told(walk: Any, wrapped_trace: Any, game_trace: Any) -> None:
    with pytest.raises(UsageError, match=r"--parameter is '0.wieght'.*Did you mean '0.weight'"):
        walk("lr_factor", trace=wrapped_trace("plain"), parameter="0.wieght")
    with pytest.raises(DerivvizError, match=r"DerivativeFactor.*derivviz record food"):
        walk("lr_factor", trace=game_trace("gan"))
    with pytest.raises(DerivvizError, match="derivviz record food"):
        walk("lr_factor")
