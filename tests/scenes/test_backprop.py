"""The lesson on backpropagation, told from traces of several networks: its claims hold, and fail when altered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from manim import ImageMobject

import derivviz
from derivviz import open_trace
from derivviz.animation import Formula
from derivviz.animation.numerals import numeral, short, value
from derivviz.errors import DerivvizError, UsageError


def told(problems) -> list[str]:
    return [str(problem) for problem in problems]


def failed_claims(lesson) -> set[str]:
    """What `verify` finds now, besides what was found before."""
    before = len(lesson.problems)
    lesson.verify()
    return {problem.message.split(":")[0] for problem in lesson.problems[before:]}


def read(markup: str) -> float:
    """The number that a formula is, or NaN."""
    try:
        return value(markup)
    except ValueError:
        return float("nan")


@pytest.fixture(scope="module")
def recorded(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Traces of two steps of small networks, by name, each made once."""
    nn, functional = torch.nn, torch.nn.functional
    folder, made = tmp_path_factory.mktemp("networks"), dict[str, Path]()

    def network(name: str) -> Any:
        if name == "deep":  # sigmoids that lose the gradient, and a hundred classes
            hidden = [each for _ in range(7) for each in (nn.Linear(6, 6), nn.Sigmoid())]
            return nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.Sigmoid(), *hidden, nn.Linear(6, 100))
        if name == "cnn":
            maps = nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.GELU()
            return nn.Sequential(*maps, nn.Flatten(), nn.Linear(32, 2))
        if name == "regression":  # without a picture, a class or a bias
            return nn.Sequential(
                nn.Linear(64, 20, bias=False), nn.BatchNorm1d(20), nn.Tanh(), nn.Linear(20, 1)
            )
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.LeakyReLU(0.2), nn.Linear(20, 3))

    def trace(name: str) -> Path:
        if name in made:
            return made[name]
        path = made[name] = folder / f"{name}.zarr"
        with torch.random.fork_rng():
            torch.manual_seed(1)
            model = network(name)
            images = torch.randint(0, 256, (4 if name == "cnn" else 70, 1, 8, 8)) / 255
            rate = 1e-4 if name == "deep" else 0.1
            optimizer = torch.optim.SGD(model.parameters(), lr=rate)
            with derivviz.record(model, optimizer, path, snapshot_every=1) as recorder:
                if name == "cnn":
                    recorder.note(classes=["a very long name {{of : a}} class", "클래스 둘"])
                for _ in range(2):
                    if name == "regression":
                        loss = functional.mse_loss(model(images.flatten(1)), images.sum((1, 2, 3))[:, None])
                    else:
                        target = torch.arange(len(images)) % {"deep": 100, "cnn": 2}.get(name, 3)
                        recorder.batch(images, target)
                        loss = functional.cross_entropy(model(images), target)
                        recorder.log(loss=loss)
                    optimizer.zero_grad()
                    loss.backward()
                    if name == "clipped":
                        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
                    optimizer.step()
        return path

    return trace


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_recorded_step(walk, food_trace, monkeypatch, language):
    drawn: list[str] = []
    setup = Formula.__init__

    def noting(self, markup, *args, **kwargs):
        drawn.append(markup)
        setup(self, markup, *args, **kwargs)

    monkeypatch.setattr(Formula, "__init__", noting)
    path = food_trace("stable")
    planned, lesson = walk("backprop", language, trace=path)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 112
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    # The numbers on screen are the trace's own, and multiply out as they stand there.
    c, trace = lesson.chain, open_trace(path)
    shot = trace.snapshot(c.step)
    assert c.gradient == pytest.approx(float(shot.grad["fc1.weight"][c.unit, c.column]), rel=1e-6)
    assert c.w + c.change == pytest.approx(
        float(shot.param["fc1.weight"][c.unit, c.column] + shot.update["fc1.weight"][c.unit, c.column]),
        rel=1e-6,
    )
    assert c.x == pytest.approx(float(shot.activation["flatten"][c.sample, c.column]))
    assert c.input == shot.units["flatten"][c.column]
    shown = np.array([read(markup) for markup in drawn])
    true = c.grad_a, c.slope, c.x, c.grad_a * c.slope * c.x
    nearest = [shown[np.nanargmin(np.abs(shown - number))] for number in true]
    assert nearest == pytest.approx(true, rel=6e-3)  # the product has three digits
    assert np.prod(nearest[:3]) == pytest.approx(nearest[3], rel=6e-3)
    assert any("f''(u)" in markup for markup in drawn)  # the slope of the activation f′
    assert any("f'(u)" in markup for markup in drawn)
    assert [
        m for m in lesson.get_mobject_family_members() if isinstance(m, ImageMobject)
    ] == []  # all cleared
    spoken = " ".join(beat.text["en"] for beat in planned.beats)
    assert "sees only 4 × 4 pixels" in spoken
    assert "all 222 × 222 places" in spoken

    # Altered numbers are found out, each by its own claim.
    assert failed_claims(lesson) == set()

    def altered(**changes) -> set[str]:
        lesson.chain = replace(c, **changes)
        found = failed_claims(lesson)
        lesson.chain = c
        return found

    assert "the samples' shares add up to the recorded gradient" in altered(gradient=c.gradient * 1.01)
    assert "the bars add up as the shares do" in altered(
        shares=c.shares + np.abs(c.shares).max() * np.linspace(0, 0.1, len(c.shares))
    )
    for card, name in zip(lesson.factors.cards[1:], ("∂L/∂a", "∂a/∂z", "∂z/∂w"), strict=True):
        figure, written = card[1], card[1].markup
        figure.markup = numeral(value(written) * 1.05)
        assert failed_claims(lesson) == {
            f"{name} on screen is what was recorded",
            "the factors on screen multiply to the product on screen",
        }
        figure.markup = written
    lesson.values.numbers["z"] *= 1.01
    assert failed_claims(lesson) == {"z on screen is what was recorded"}
    lesson.values.numbers["z"] /= 1.01
    factor = lesson.rule.names[2][1]
    factor.markup = numeral(value(factor.markup) + 0.1)
    assert failed_claims(lesson) == {
        "the factor is 1 + |f′(mean w)|/20",
        "rate · factor · step on screen is the recorded update",
    }
    factor.markup = numeral(c.factor)
    loss, mean = lesson.loss_formula, lesson.outputs.loss
    loss.markup = loss.markup.replace(short(mean), short(mean + 0.01))
    assert failed_claims(lesson) == {"L on screen is the recorded loss"}
    loss.markup = loss.markup.replace(short(mean + 0.01), short(mean))
    lesson.weight.set_value(c.w)
    assert failed_claims(lesson) == {"the read-out ends at the new weight"}
    lesson.weight.set_value(c.w + c.change)
    lesson.inset.tangent.rotate(0.05)
    assert failed_claims(lesson) == {"slope of the drawn tangent is ∂a/∂z"}
    lesson.inset.tangent.rotate(-0.05)
    lesson.places.sum.set_value(lesson.places.sum.value * 1.1)
    assert failed_claims(lesson) == {"the sum over places is this sample's share"}
    lesson.places.sum.set_value(lesson.places.sum.value / 1.1)
    lesson.lens.large.stretch_to_fit_height(lesson.lens.large.height * 1.2)
    assert failed_claims(lesson) == {"the frame is as large as the receptive field"}
    lesson.lens.large.stretch_to_fit_height(lesson.lens.large.height / 1.2)
    lesson.plot.dots[0].shift([0, 0.1, 0])
    assert failed_claims(lesson) == {"the point of conv is at the size of its recorded gradient"}


@pytest.mark.parametrize(
    ("name", "language", "chosen", "spoken"),
    [
        ("deep", "en", {"layer": "9", "unit": "3"}, "has vanished"),
        ("cnn", "ko", {"layer": "3"}, "2 × 2개의 모든 위치"),
        ("regression", "ko", {}, "소실되지도 폭발하지도"),
        ("clipped", "en", {"sample": "1"}, "64 of them recorded one by one"),
    ],
)
def test_networks_of_ones_own(walk, recorded, name, language, chosen, spoken):
    planned, lesson = walk("backprop", language, trace=recorded(name), **chosen)
    assert told(planned.problems) == []
    assert 40 < planned.duration < 112
    assert spoken in " ".join(beat.text[language] for beat in planned.beats)
    for option, number in chosen.items():
        assert (
            str(lesson.chain.link.layer.name if option == "layer" else getattr(lesson.chain, option))
            == number
        )
    if name == "deep":
        assert len(lesson.row.rows) < 7  # of a hundred classes
        assert lesson.outputs.truth in lesson.row.rows
        assert len(lesson.row.shown) < len(lesson.flow)
        assert "layers are drawn" in planned.beats[1].text["en"]
    if name == "regression":
        assert lesson.row.image is None
        assert lesson.chain.slope is None  # a normalization follows, not an activation


@pytest.mark.parametrize(
    ("name", "aspect", "language", "theme", "chosen"),
    [
        ("cnn", "9:16", "ko", "paper", {"layer": "3"}),  # the chain goes from one row to the next
        ("clipped", "9:16", "en", "dark", {"sample": "1"}),
        ("cnn", "1:1", "en", "paper", {"layer": "0"}),
        pytest.param("deep", "9:16", "en", "dark", {"layer": "9"}, marks=pytest.mark.slow),
        pytest.param("deep", "1:1", "ko", "dark", {"layer": "1"}, marks=pytest.mark.slow),
        pytest.param("regression", "9:16", "ko", "dark", {}, marks=pytest.mark.slow),
        pytest.param("regression", "1:1", "en", "paper", {}, marks=pytest.mark.slow),
    ],
)
def test_networks_in_other_shapes(walk, recorded, name, aspect, language, theme, chosen):
    planned, lesson = walk("backprop", language, theme, trace=recorded(name), aspect=aspect, **chosen)
    assert told(planned.problems) == []
    row, width = lesson.row, 8 if aspect == "9:16" else 12
    assert row.width > 0.85 * width  # the network takes the frame's width, what is written the room below
    foot = min(stage.label.get_bottom()[1] for stage in row.stages)
    assert foot > (-0.6 if aspect == "9:16" else 1.0)
    assert row.bars.get_bottom()[1] > (-1.5 if aspect == "9:16" else -2.5)
    standing = row.bars[-1]  # the line that all outputs stand on: what goes to them ends there
    assert lesson.path[-1].points[-1] == pytest.approx(standing.get_center())
    assert all(row.bars[n][0].get_left()[0] == pytest.approx(standing.get_x()) for n in range(len(row.rows)))
    levels = {round(float(stage.rim.get_y()), 6) for stage in row.stages}
    assert len(levels) == (2 if (name, aspect) in {("cnn", "9:16"), ("deep", "9:16")} else 1)
    for stages in row.lines:  # from left to right in every row
        xs = [stage.rim.get_x() for stage in stages]
        assert xs == sorted(xs)
    if name == "cnn":
        assert lesson.places.map.width > 0.45 * width


def test_a_weight_that_does_not_move(walk, recorded):
    """A gradient can be so small that the step is lost: the lesson says so."""
    planned, lesson = walk("backprop", trace=recorded("deep"), layer="1")
    assert told(planned.problems) == []
    assert lesson.chain.change == 0
    assert any("does not move" in beat.text["en"] for beat in planned.beats)


def test_a_trace_whose_gradient_was_altered_is_found_out(walk, recorded, monkeypatch):
    from derivviz.trace.reader import Trace

    read = Trace.snapshot

    def altered(self, step):
        shot = read(self, step)
        shot.grad = {**shot.grad, "0.weight": np.asarray(shot.grad["0.weight"]) * 1.05}
        return shot

    monkeypatch.setattr(Trace, "snapshot", altered)
    planned, _ = walk("backprop", trace=recorded("cnn"), layer="0")
    claims = {p.message.split(":")[0] for p in planned.problems if p.kind == "claim"}
    assert claims == {"the samples' shares add up to the recorded gradient"}


@pytest.mark.parametrize(("aspect", "language"), [("9:16", "en"), ("1:1", "ko")])
def test_a_recorded_step_in_other_shapes(walk, food_trace, aspect, language):
    planned, lesson = walk("backprop", language, "paper", trace=food_trace("stable"), aspect=aspect)
    assert told(planned.problems) == []
    assert failed_claims(lesson) == set()
    card = lesson.factors.cards[1][1]
    card.markup = numeral(value(card.markup) * 1.05)
    assert "∂L/∂a on screen is what was recorded" in failed_claims(lesson)


def test_the_published_preset(walk, food_trace):
    planned, lesson = walk("backprop", "ko", trace=food_trace("faithful"), step="0")
    assert [p for p in told(planned.problems) if p.startswith("claim")] == []
    assert lesson.chain.step == 0
    assert lesson.chain.curve.formula == "f'(z)"
    assert any("폭발하여" in beat.text["ko"] for beat in planned.beats)


def test_without_a_trace_the_commands_are_told(walk):
    with pytest.raises(DerivvizError) as error:
        walk("backprop")
    assert "derivviz record food" in str(error.value)
    assert "derivviz render backprop --trace renders/food.zarr" in str(error.value)


def test_what_cannot_be_followed_is_told(walk, food_trace):
    with pytest.raises(DerivvizError, match="999"):
        walk("backprop", trace=food_trace("stable"), step="999")
    with pytest.raises(UsageError, match="--step is -2"):
        walk("backprop", trace=food_trace("stable"), step="-2")
    with pytest.raises(UsageError, match="--step takes a whole number"):
        walk("backprop", trace=food_trace("stable"), step="first")
    with pytest.raises(UsageError, match=r"'conv' cannot be followed: .* recorded smaller .* can: fc1, fc2"):
        walk("backprop", trace=food_trace("stable"), layer="conv")
    with pytest.raises(UsageError, match="--input 1 of the layer 'fc1' was not recorded"):
        walk("backprop", trace=food_trace("stable"), input="1")


def test_a_run_of_another_kind_is_told(walk, game_trace):
    """Two players that run by turns have no layer that one sample goes through once."""
    with pytest.raises(DerivvizError, match="no layer whose weights can be followed"):
        walk("backprop", trace=game_trace("gan"))
