"""The classification lesson on traces of any classifier, and what it sees when it says something false."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derivviz.animation import logits
from derivviz.errors import UsageError
from derivviz.trace import MissingSeriesError

NAMES = ("a_b", "#1 *x* $", "소바 {{x : y}}", "[tea]", "one more name that is far too long for its row")


@pytest.mark.parametrize(
    ("made", "language", "theme"),
    [
        ({"classes": 2, "images": True}, "ko", "dark"),
        ({"classes": 5, "names": NAMES, "images": True}, "en", "paper"),
        ({"classes": 5, "names": NAMES, "target": False}, "ko", "paper"),
        ({"classes": 100}, "en", "dark"),
        ({"classes": 3, "size": 1e6}, "en", "paper"),
    ],
)
def test_it_passes_its_checks(
    walk: Any, classifier_trace: Any, made: dict[str, Any], language: str, theme: str
) -> None:
    planned, lesson = walk("classification", language, theme, trace=classifier_trace(**made))
    assert planned.problems == ()
    assert 55 <= planned.duration <= 90
    assert (lesson.photo is not None) == made.get("images", False)
    told = " ".join(beat.text["en"] for beat in planned.beats)
    assert f"one of {made['classes']} names" in told
    assert ("less the largest" in told) == ("size" in made)
    assert len(lesson.note) == (made["classes"] > logits.MOST)


@pytest.mark.parametrize(
    ("aspect", "made", "language", "theme"),
    [
        ("9:16", {"classes": 5, "names": NAMES, "images": True}, "en", "paper"),
        ("1:1", {"classes": 100}, "ko", "dark"),
        pytest.param("9:16", {"classes": 3, "size": 1e6}, "ko", "dark", marks=pytest.mark.slow),
        pytest.param("9:16", {"classes": 100}, "en", "paper", marks=pytest.mark.slow),
        pytest.param("1:1", {"classes": 2, "images": True}, "en", "paper", marks=pytest.mark.slow),
        pytest.param("1:1", {"classes": 5, "names": NAMES}, "en", "paper", marks=pytest.mark.slow),
    ],
)
def test_a_narrower_frame_is_arranged_anew(
    walk: Any, classifier_trace: Any, aspect: str, made: dict[str, Any], language: str, theme: str
) -> None:
    planned, lesson = walk("classification", language, theme, trace=classifier_trace(**made), aspect=aspect)
    assert planned.problems == ()
    width, height = (8, 14.2) if aspect == "9:16" else (12, 12)
    curve, columns = lesson.curve.plane.frame, lesson.columns
    for below in (lesson.bars, lesson.law):
        assert below.get_top()[1] < curve.get_bottom()[1]
    assert lesson.ends[1].get_top()[1] < lesson.ends[0].get_bottom()[1]
    assert lesson.chart.plane.frame.height > 0.6 * height
    assert columns.recorded.get_right()[0] - columns.names.get_left()[0] > 0.8 * width
    numbers, bars = columns.recorded[0], columns.bars[0]
    if aspect == "9:16":  # each class has two lines, and the columns the frame
        assert lesson.gap.line.height > 0.7 * height
        assert bars.get_center()[1] == pytest.approx(numbers.get_center()[1], abs=0.05)
        assert numbers.get_top()[1] < columns.difference[0].get_bottom()[1]
        assert columns.get_top()[1] > curve.get_center()[1]
    else:
        assert columns.get_top()[1] < curve.get_bottom()[1]
        assert lesson.charge.get_left()[0] > curve.get_right()[0]


def test_the_drawn_derivative_is_that_of_autograd(torch: Any, walk: Any, classifier_trace: Any) -> None:
    """What the bars show, from the logits that the lesson showed, by torch."""
    _, lesson = walk("classification", trace=classifier_trace(5, names=NAMES, images=True), sample="2")
    z = torch.tensor(lesson.z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(lesson.row))
    (slopes,) = torch.autograd.grad(loss, z)
    np.testing.assert_allclose(lesson.columns.drawn(), slopes.numpy(), atol=1e-5)
    shown = [number.value for number in lesson.columns.recorded]
    np.testing.assert_allclose(shown, slopes.numpy(), atol=1e-5)
    assert lesson.loss == pytest.approx(loss.item())
    assert lesson.found.rows[lesson.n] == 1


def test_it_sees_when_the_picture_says_something_false(
    walk: Any, classifier_trace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = logits.Bars.show
    monkeypatch.setattr(logits.Bars, "show", lambda bars, values: right(bars, np.asarray(values) * 1.001))
    drawn = logits.Columns.drawn
    monkeypatch.setattr(logits.Columns, "drawn", lambda columns: drawn(columns.stretch(1.01, 0)))
    planned, _ = walk("classification", trace=classifier_trace(5, names=NAMES, images=True))
    told = [problem.message for problem in planned.problems if problem.kind == "claim"]
    for what in ("the logit of", "e to the logit of", "p of", "p − y of"):
        assert any(message.startswith(what) for message in told), what


def test_what_there_is_not_is_told(walk: Any, classifier_trace: Any) -> None:
    trace = classifier_trace(2, images=True)
    with pytest.raises(UsageError, match=r"--sample is 9, but of step 2 the trace has 8 samples.*1 … 8"):
        walk("classification", trace=trace, sample="9")
    with pytest.raises(MissingSeriesError, match="Step 3 has no snapshot"):
        walk("classification", trace=trace, step="3")
    with pytest.raises(MissingSeriesError, match="derivviz record food"):
        walk("classification", trace=classifier_trace(5, "multi_margin_loss"))
