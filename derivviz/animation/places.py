"""The slopes of a score by place of the input, before the training and after it: maps, or bars by input."""

from __future__ import annotations

import numpy as np
from manim import Group
from numpy.typing import NDArray

from derivviz.animation.lesson import Lesson
from derivviz.animation.saliency import CELLS, Bars, Blend, Map, beneath
from derivviz.animation.sensed import Sensed
from derivviz.animation.typeset import Formula
from derivviz.trace.sensitivity import coarse

FEATURES = 7  # inputs that are no pixels, at the most, that are shown
_HEIGHT, _Y, _GAP = 3.1, -0.45, 4.5  # of the maps, and from one to the next


class Places:
    """A picture of the slopes for each look, and the input before them.

    Attributes
    ----------
    input
        The picture that the slopes are of; None where there is none.
    looks
        A group a look: a `Map` or `Bars`, and what is written with it.
    order
        Of inputs that are no pixels, those that are shown; None of pictures.
    """

    def __init__(self, lesson: Lesson, sensed: Sensed) -> None:
        self.sensed = sensed
        self.input: Blend | None = None
        self.looks: list[Group] = []
        self.order: NDArray[np.int64] | None = None
        if sensed.pictured:
            self._maps(lesson)
        else:
            self._bars(lesson)

    def _maps(self, lesson: Lesson) -> None:
        sensed, images = self.sensed, self.sensed.images
        columns = len(sensed.rows) + (images is not None)
        xs = [_GAP * (n - (columns - 1) / 2) for n in range(columns)]
        if images is not None:
            shown = images[sensed.shown]
            self.input = Blend(shown, shown, _HEIGHT).move_to([xs.pop(0), _Y, 0])
        for x, row, values in zip(xs, sensed.rows, sensed.saliency, strict=True):
            drawn = Map(coarse(values, CELLS), _HEIGHT).move_to([x, _Y, 0])
            words = lesson.words(**sensed.told(row), size="label", fill="muted")
            self.looks.append(Group(drawn, beneath(words, drawn)))

    def _bars(self, lesson: Lesson) -> None:
        sensed, values = self.sensed, self.sensed.saliency
        self.order = np.argsort(-np.abs(values[-1]), kind="stable")[:FEATURES]
        names = [f"$x_({i + 1})$" for i in self.order]
        for n, row in enumerate(sensed.rows):
            left = -6.6 + 7.0 * n if len(sensed.rows) > 1 else -3.1
            bars = Bars(names, values[:, self.order], left, left + 6.2, 0.75, 0.52, ("positive", "negative"))
            words = lesson.words(**sensed.told(row), size="label", fill="muted").at([left, 1.3, 0])
            look = Group(bars.show(values[n, self.order]), words)
            if bars.power:
                tens = Formula(f"times 10^({bars.power})".replace("-", "−"), "label", "muted")
                look.add(tens.at([left + 6.2 - tens.width, 1.3, 0]))
            self.looks.append(look)

    def verify(self, lesson: Lesson) -> None:
        """Maps are most vivid where the slopes are largest; bars are as long as the slopes."""
        for look, values in zip(self.looks, self.sensed.saliency, strict=True):
            if self.order is None:
                true = coarse(values, CELLS)
                bright = float(true[look[0].brightest()] >= np.nanpercentile(true, 98.9))
                lesson.claim("the brightest place of a map", bright, 1.0)
            else:
                most = float(np.abs(self.sensed.saliency).max()) or 1.0
                off = np.abs(look[0].values() - values[self.order]).max() / most
                lesson.claim("slopes by input, of the largest", float(off), 0.0, 1e-4)
