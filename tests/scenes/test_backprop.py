"""The lesson on backpropagation, told from a trace: its claims hold, and fail when the numbers are altered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from manim import ImageMobject

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
    assert 60 < planned.duration < 180
    assert all(beat.text["en"] and beat.text["ko"] for beat in planned.beats)

    # The numbers on screen are the trace's own, and multiply out as they stand there.
    c, trace = lesson.chain, open_trace(path)
    shot = trace.snapshot(c.step)
    assert c.gradient == pytest.approx(float(shot.grad["fc1.weight"][c.unit, c.pixel]), rel=1e-6)
    assert c.w + c.change == pytest.approx(
        float(shot.param["fc1.weight"][c.unit, c.pixel] + shot.update["fc1.weight"][c.unit, c.pixel]),
        rel=1e-6,
    )
    assert c.x == pytest.approx(float(shot.activation["flatten"][c.sample, c.pixel]))
    shown = np.array([read(markup) for markup in drawn])
    true = c.grad_a[c.unit], c.slope, c.x, c.grad_a[c.unit] * c.slope * c.x
    nearest = [shown[np.nanargmin(np.abs(shown - number))] for number in true]
    assert nearest == pytest.approx(true, rel=6e-3)  # the product has three digits
    assert np.prod(nearest[:3]) == pytest.approx(nearest[3], rel=6e-3)
    assert any("f''(u)" in markup for markup in drawn)  # the slope of the activation f′
    assert any("f'(u)" in markup for markup in drawn)

    # Altered numbers are found out, each by its own claim.
    assert failed_claims(lesson) == set()

    def altered(**changes) -> set[str]:
        lesson.chain = replace(c, **changes)
        found = failed_claims(lesson)
        lesson.chain = c
        return found

    assert "the pictures' shares add up to the recorded gradient" in altered(gradient=c.gradient * 1.01)
    assert "the bars add up as the shares do" in altered(
        shares=c.shares + np.abs(c.shares).max() * np.linspace(0, 0.1, len(c.shares))
    )
    for card, name in zip(lesson.cards[1:], ("∂L/∂a", "∂a/∂z", "∂z/∂w"), strict=True):
        figure, written = card[1], card[1].markup
        figure.markup = numeral(value(written) * 1.05)
        assert failed_claims(lesson) == {
            f"{name} on screen is what was recorded",
            "the factors on screen multiply to the product on screen",
        }
        figure.markup = written
    factor = lesson.rule_names[2][1]
    factor.markup = numeral(value(factor.markup) + 0.1)
    assert failed_claims(lesson) == {
        "the factor is 1 + |f′(mean w)|/20",
        "rate · factor · step on screen is the recorded update",
    }
    factor.markup = numeral(c.factor)
    loss = lesson.loss_formula
    loss.markup = loss.markup.replace(short(c.losses.mean()), short(c.losses.mean() + 0.01))
    assert failed_claims(lesson) == {"L on screen is the recorded loss"}
    loss.markup = loss.markup.replace(short(c.losses.mean() + 0.01), short(c.losses.mean()))
    lesson.weight.set_value(c.w)
    assert failed_claims(lesson) == {"the read-out ends at the new weight"}
    lesson.weight.set_value(c.w + c.change)
    lesson.slope_line.rotate(0.05)
    assert failed_claims(lesson) == {"slope of the drawn tangent is f″"}


def test_a_trace_whose_gradient_was_altered_is_found_out(walk, food_trace, monkeypatch):
    from derivviz.trace.reader import Trace

    read = Trace.snapshot

    def altered(self, step):
        shot = read(self, step)
        shot.grad = {**shot.grad, "fc1.weight": np.asarray(shot.grad["fc1.weight"]) * 1.05}
        return shot

    monkeypatch.setattr(Trace, "snapshot", altered)
    planned, lesson = walk("backprop", trace=food_trace("stable"))
    claims = {p.message.split(":")[0] for p in planned.problems if p.kind == "claim"}
    assert claims == {"the pictures' shares add up to the recorded gradient"}
    assert [m for m in lesson.get_mobject_family_members() if isinstance(m, ImageMobject)]


def test_the_published_preset(walk, food_trace):
    planned, lesson = walk("backprop", "ko", trace=food_trace("faithful"), step="0")
    assert [p for p in told(planned.problems) if p.startswith("claim")] == []
    assert lesson.chain.step == 0
    assert not lesson.chain.activation.bounded


def test_without_a_trace_the_commands_are_told(walk):
    with pytest.raises(DerivvizError) as error:
        walk("backprop")
    assert "derivviz record food" in str(error.value)
    assert "derivviz render backprop --trace renders/food.zarr" in str(error.value)


def test_a_step_without_a_snapshot_names_those_there_are(walk, food_trace):
    with pytest.raises(DerivvizError, match="999"):
        walk("backprop", trace=food_trace("stable"), step="999")
    with pytest.raises(UsageError, match="--step is -2"):
        walk("backprop", trace=food_trace("stable"), step="-2")
    with pytest.raises(UsageError, match="--step takes a whole number"):
        walk("backprop", trace=food_trace("stable"), step="first")


def test_a_run_of_another_kind_is_told(walk, tiny_trace):
    """A recorded network without derivative activations has not what the lesson shows."""
    with pytest.raises(DerivvizError, match="derivviz record food"):
        walk("backprop", trace=tiny_trace)
