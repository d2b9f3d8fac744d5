"""The lesson on activations: what it says of a trace is so, and it sees when it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz.animation.flow import DOTS, Card
from derivviz.animation.numerals import short
from derivviz.calculus.activation import functions
from derivviz.errors import DerivvizError, UsageError


@pytest.fixture(scope="module")
def network_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Traces of some steps of small networks, by name; each made once."""
    from derivviz.learning.activation import DerivativeActivation

    nn, made = torch.nn, {}

    def chain(activation: Callable[[], Any], depth: int) -> Any:
        layers = [part for _ in range(depth) for part in (nn.Linear(12, 12), activation())]
        return nn.Sequential(*layers, nn.Linear(12, 3))

    def published() -> Any:
        return DerivativeActivation(preset="faithful")

    makes = {
        "relu": lambda: (chain(nn.ReLU, 1), 500 * torch.randn(16, 12), 0.01),
        "deep": lambda: (chain(nn.GELU, 12), torch.randn(16, 12), 0.01),
        "published": lambda: (chain(published, 2), torch.randn(16, 12).abs(), 0.3),
        "wide": lambda: (
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.SiLU(), nn.Conv2d(4, 8, 3), nn.SiLU(), nn.Flatten()),
            torch.randn(16, 1, 8, 8),
            0.01,
        ),
    }

    def trace(name: str) -> Path:
        if name not in made:
            path = tmp_path_factory.mktemp("networks") / f"{name}.zarr"
            with torch.random.fork_rng():
                torch.manual_seed(0)
                network, inputs, rate = makes[name]()
                optimizer = torch.optim.Adam(network.parameters(), lr=rate)
                with derivviz.record(network, optimizer, path, snapshot_every=2) as recorder:
                    for _ in range(3):
                        loss = nn.functional.cross_entropy(network(inputs), torch.arange(16) % 3)
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
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


def test_the_published_preset_explodes(walk: Any, food_trace: Any) -> None:
    planned, lesson = walk("activation", trace=food_trace("faithful"))
    assert told(planned.problems) == []
    assert 55 < planned.duration < 110
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)
    words = " ".join(beat.text["en"] for beat in planned.beats)
    assert not any("가" <= sign <= "힣" for sign in words)
    assert "as recorded" in words
    flow = lesson.flow
    assert (flow.own, flow.carried, flow.enlarged) == ("raw", True, True)
    assert short(float(flow.recorded[-1][1]), 3) == lesson.finals["raw"].markup

    # Altered pictures are found out, each by its own claim.
    assert failed_claims(lesson) == set()
    lesson.clouds["tanh"].shift([0, 0.1, 0])
    assert failed_claims(lesson) == {"the dots behind tanh"}
    lesson.clouds["tanh"].shift([0, -0.1, 0])
    lesson.ladder.parts["gelu"][3][1].shift([0, 0.05, 0])
    assert failed_claims(lesson) == {"the ladder of gelu"}
    lesson.ladder.parts["gelu"][3][1].shift([0, -0.05, 0])
    markup = lesson.finals["scaled"].markup
    lesson.finals["scaled"].markup = "0.5"
    assert failed_claims(lesson) == {"the last size of scaled"}
    lesson.finals["scaled"].markup = markup
    lesson.taming.cloud.shift([0.05, 0, 0])
    assert failed_claims(lesson) == {"u of the dots"}
    lesson.taming.cloud.shift([-0.05, 0, 0])
    kept = flow.recorded[:]
    flow.recorded[1] = (kept[1][0] * 1.5, kept[1][1])
    assert "the run again in NumPy has the recorded sizes" in failed_claims(lesson)
    flow.recorded[:] = kept
    passage = flow.passages[0]
    passage.a[:] *= 1.01
    assert failed_claims(lesson) == {"the recorded output of act1 is that of its input"}


def test_where_raw_values_come_from_is_told_with_the_steps_own_numbers(walk: Any, network_trace: Any) -> None:
    planned, lesson = walk("activation", "ko", "paper", trace=network_trace("published"))
    assert told(planned.problems) == []
    assert lesson.flow.own == "raw"
    assert lesson.explosion is not None
    assert f"{lesson.explosion.leap.inputs:,}" in " ".join(beat.text["ko"] for beat in planned.beats)
    assert failed_claims(lesson) == set()
    markup = lesson.explosion.back.markup
    lesson.explosion.back.markup = "{{1 : g}}"
    assert failed_claims(lesson) == {"the gradient on screen"}
    lesson.explosion.back.markup = markup
    lesson.explosion.line.shift([0, 0.1, 0])
    assert failed_claims(lesson) == {"the size after the leap as drawn"}


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("deep", "en", "3 of 12 layers shown"),
        ("wide", "ko", "층마다 이 학습에서 들어온 값"),
    ],
)
def test_networks_of_ones_own(walk: Any, network_trace: Any, name: str, language: str, said: str) -> None:
    planned, lesson = walk("activation", language, trace=network_trace(name))
    assert told(planned.problems) == []
    assert said in " ".join(beat.text[language] for beat in planned.beats)
    assert lesson.explosion is None
    if name == "deep":
        assert np.isinf(lesson.flow.sizes("raw")[-1])
        assert lesson.finals["raw"].markup == "oo"


@pytest.mark.parametrize(
    ("name", "language", "aspect"),
    [("deep", "ko", "9:16"), ("published", "en", "9:16"), ("deep", "en", "1:1")],
)
def test_cards_in_two_rows_in_other_shapes(
    walk: Any, network_trace: Any, name: str, language: str, aspect: str
) -> None:
    planned, lesson = walk("activation", language, "paper", trace=network_trace(name), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    planes = {key: card.plane.frame for key, card in lesson.cards.items()}
    width, height = (8, 8) if aspect == "9:16" else (12, 6)
    assert planes["raw"].get_top()[1] < planes["relu"].get_bottom()[1]  # those that all know above, f′ below
    assert planes["raw"].width > 0.4 * width
    assert lesson.ladder.lines.height > height
    title = lesson.mobjects[0].markup
    assert title.endswith('\\ *#"the activation"*') == (language == "en" and aspect == "9:16")  # on two lines
    if lesson.explosion is not None:
        assert lesson.explosion.product.get_top()[1] < lesson.explosion.plane.frame.get_bottom()[1]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("name", "layer"), [("relu", "1"), ("deep", "7"), ("published", "2"), ("wide", "2")])
def test_other_layers(walk: Any, network_trace: Any, name: str, layer: str, language: str) -> None:
    planned, lesson = walk("activation", language, "paper", trace=network_trace(name), layer=layer)
    assert told(planned.problems) == []
    assert lesson.passage is lesson.flow.passages[int(layer) - 1]
    assert failed_claims(lesson) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "theme", "aspect"),
    [("en", "paper", "16:9"), ("ko", "dark", "16:9"), ("en", "dark", "9:16"), ("ko", "paper", "1:1")],
)
def test_the_stable_preset_stays_calm(
    walk: Any, food_trace: Any, language: str, theme: str, aspect: str
) -> None:
    planned, lesson = walk("activation", language, theme, trace=food_trace("stable"), aspect=aspect)
    assert told(planned.problems) == []
    assert lesson.flow.own == "scaled"
    assert lesson.flow.sizes("scaled").max() < 100 < lesson.flow.sizes("raw").max()


def test_what_it_cannot_show_is_told(walk: Any, network_trace: Any, torch: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--layer is 2, but the trace shows 1: 1\. Type 1 … 1"):
        walk("activation", trace=network_trace("relu"), layer="2")
    network = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    with derivviz.record(network, optimizer, tmp_path / "bare.zarr"):
        network(torch.ones(8, 2)).sum().backward()
        optimizer.step()
    with pytest.raises(DerivvizError, match=r"shows no activation.*derivviz record food"):
        walk("activation", trace=tmp_path / "bare.zarr")
    with pytest.raises(DerivvizError, match="derivviz record food"):
        walk("activation")


@pytest.mark.parametrize("heights", [(-500.0, 40.0), (-2.0, 4.0)])
def test_dots_never_stand_on_a_heading(heights: tuple[float, float]) -> None:
    card = Card(functions()["raw"], 10.0, heights)
    for dots in card.stations(np.linspace(-0.2, 0.2, DOTS)):
        assert dots[:, 1].max() < card.heading.get_bottom()[1]
