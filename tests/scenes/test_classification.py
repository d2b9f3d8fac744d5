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
    monkeypatch.setattr(
        logits.Columns, "REACH", property(lambda _: 0.95 + 0.01 * np.random.rand()), raising=True
    )
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
