"""What a trace tells of a network's sensitivity, as a lesson needs it."""

from __future__ import annotations

from contextlib import suppress
from unicodedata import east_asian_width

import numpy as np

from derivviz.animation.lesson import Lesson
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.names import display
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.sensitivity import Checks, Line
from derivviz.trace.store import Array

WIDEST = 16  # letters of a name
MOST = 6  # scores, at the most, that are shown


class Sensed:
    """The sensitivity that was measured before the training and after it.

    Parameters
    ----------
    lesson
        Whose trace it is, and whose language it speaks.
    picture
        Number of the probe input, from 1, whose slopes are shown.

    Raises
    ------
    DerivvizError
        The trained network answers NaN.
    UsageError
        There are not so many probe inputs.

    Attributes
    ----------
    shown
        Number of that input, from 0.
    rows
        Which looks are shown: the first and the last, or the only one.
    count
        How many outputs the network has.
    images
        The inputs as pictures, uint8, (probe, y, x, 3); None where they are none.
    path, checks
        As in the trace; None where they were not measured.
    chosen, names
        Of the outputs those that are shown, and how they are called.
    output
        Of these, (point, chosen), by the trained network: along the path, or at the one input.
    slope, steep
        Of these along the path, (point, chosen), and which is the steepest anywhere; without one, no points.
    """

    def __init__(self, lesson: Lesson, picture: int) -> None:
        self.lesson, trace = lesson, lesson.trace
        self.found = found = trace.sensitivity
        self.target = found.target
        output = found.output
        if not np.isfinite(output[-1]).all():
            raise DerivvizError(
                f"the network of {lesson.stage.trace} answers NaN: its training ended in overflow. Record one that "
                "can be asked with 'derivviz record food'"
            )
        self.shown, probes = picture - 1, output.shape[1]
        if picture > probes:
            raise UsageError(
                f"--picture is {picture}, but this trace has {probes} probe inputs: type a number up to {probes}"
            )
        self.count = int(output.shape[2])
        self.rows = [0, -1] if len(found.steps) > 1 and np.isfinite(output[0]).all() else [-1]
        self.saliency = found.saliency[self.rows, self.shown].astype(np.float64)
        self.pictured = self.saliency.ndim == 3
        self.images: Array | None = None
        self.path: Line | None = None
        self.checks: Checks | None = None
        with suppress(MissingSeriesError):
            self.images = trace.probe.input_image if self.pictured else None
        with suppress(MissingSeriesError):
            self.path = found.path
        with suppress(MissingSeriesError):
            checks = found.checks
            numbers = np.stack([checks.derivative[-1, self.shown], checks.quotient[-1, self.shown]])
            if np.isfinite(numbers).all() and numbers[0, 1:].any():
                self.checks = checks
        self._choose()

    def _choose(self) -> None:
        if self.path is None:
            output = self.found.output[-1, [self.shown]].astype(np.float64)
            slope = np.zeros((0, self.count))
            first = []
        else:
            output, slope = (of[-1].astype(np.float64) for of in (self.path.output, self.path.slope))
            first = [int(np.abs(slope).max(axis=0).argmax())]
        rank = np.argsort(-output.max(axis=0), kind="stable")
        first += [int(output[0].argmax()), int(output[-1].argmax()), *rank.tolist()]
        self.chosen = sorted(list(dict.fromkeys(first))[:MOST])
        self.output, self.slope = output[:, self.chosen], slope[:, self.chosen]
        self.steep = self.chosen.index(first[0])
        self.names = [self.lesson.choose(**self.name(n)) for n in self.chosen]

    def name(self, n: int) -> dict[str, str]:
        """An output in both languages, as markup."""
        known = self.lesson.trace.attrs.get("classes")
        if isinstance(known, list) and n < len(known):
            return display(cut(str(known[n])))
        if self.count == 1:
            return {"en": "the output", "ko": "출력"}
        return {"en": f"class {n}", "ko": f"클래스 {n}"}

    def turn(self) -> dict[str, str]:
        """What becomes of the answer, the largest output, on the way."""
        assert self.path is not None
        t, best = self.path.t, self.path.output[-1].argmax(axis=1)
        first, last = int(best[0]), int(best[-1])
        between = [int(n) for n in best if n not in (first, last)]
        if between:
            at, name = float(t[best == between[0]].mean()), self.name(between[0])
            return {
                "en": f"Around t~=~{at:.2f} its answer is {name['en']}, as at neither end.",
                "ko": f"t~=~{at:.2f} 부근에서 답은 {name['ko']}, 양 끝 어디의 답도 아니다.",
            }
        one, other = self.name(first), self.name(last)
        if first != last:
            at = float(t[best == last][0])
            return {
                "en": f"At t~=~{at:.2f} its answer changes: {one['en']}, then {other['en']}.",
                "ko": f"t~=~{at:.2f}에서 답이 바뀐다: {one['ko']} → {other['ko']}.",
            }
        return {
            "en": f"The input has become another one. The answer is {one['en']} all the way.",
            "ko": f"입력이 다른 것이 되었는데 답은 처음부터 끝까지 {one['ko']}, 그대로이다.",
        }

    def told(self, row: int) -> dict[str, str]:
        """When a look was, and the slopes of which output it shows."""
        name = self.name(int(self.target[row, self.shown]))
        when = ("before", "학습 전") if row == 0 else ("trained", "학습 후")
        return {"en": f"{when[0]}: {name['en']}", "ko": f"{when[1]}: {name['ko']}"}

    def dim(self, row: int) -> float:
        """The share of all sensitivity that the less sensitive half of the places has."""
        values = self.saliency[row]
        ascending = np.sort(np.abs(values[np.isfinite(values)]).ravel())
        return float(ascending[: len(ascending) // 2].sum() / (ascending.sum() or 1.0))


def cut(name: str) -> str:
    """The beginning of a name that would be too wide; letters of East Asia are as wide as two others."""
    widths = np.cumsum([2 if east_asian_width(letter) in "WF" else 1 for letter in name])
    return (
        name if not len(name) or widths[-1] <= WIDEST else f"{name[: int((widths < WIDEST).sum())].rstrip()}…"
    )
