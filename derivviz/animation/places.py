"""The slopes of a score by place of the input, before the training and after it: maps, or bars by input."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from manim import Group, Mobject
from numpy.typing import NDArray

from derivviz.animation.frame import pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.saliency import CELLS, Bars, Blend, Map, beneath
from derivviz.animation.sensed import Sensed
from derivviz.animation.sensed_frame import Spot, height_in, looks
from derivviz.animation.typeset import Formula
from derivviz.trace.sensitivity import coarse

FEATURES = 7  # inputs that are no pixels, at the most, that are shown


class Places:
    """A picture of the slopes for each look, and the input before them.

    Attributes
    ----------
    law
        The derivative by place, above or beside them.
    input
        The picture that the slopes are of; None where there is none.
    looks
        A group a look: a `Map` or `Bars`, and what is written with it.
    order
        Of inputs that are no pixels, those that are shown; None of pictures.
    """

    def __init__(self, lesson: Lesson, sensed: Sensed) -> None:
        self.sensed = sensed
        self.law = Formula("(partial F) / (partial x_i)", pick(wide=46, tall=72, square=72), "tangent")
        self.law.move_to([0, 2.2, 0])
        self.input: Blend | None = None
        self.looks: list[Group] = []
        self.order: NDArray[np.int64] | None = None
        if sensed.pictured:
            self._maps(lesson)
        else:
            self._bars(lesson)
        # What was enlarged, how many times, and where its middle belongs.
        self._settled: list[tuple[Mobject, float, NDArray[np.float64]]] = []

    def _maps(self, lesson: Lesson) -> None:
        sensed, images = self.sensed, self.sensed.images
        spots = looks(len(sensed.rows), images is not None)
        self.law.move_to(spots.law if images is not None else [0, spots.law[1], 0])

        def height(pixels: NDArray[np.float64], side: float) -> float:
            return height_in(pixels, pick(wide=inf, tall=side, square=side), side)

        if images is not None:
            shown = images[sensed.shown]
            self.input = Blend(shown, shown, height(shown, spots.input_side)).move_to(spots.input)
        for spot, row, values in zip(spots.maps, sensed.rows, sensed.saliency, strict=True):
            drawn = Map(coarse(values, CELLS), height(values, spots.map_side)).move_to(spot)
            words = lesson.words(**sensed.told(row), size="label", fill="muted")
            if shape() != "wide" and words.width > spots.map_side:
                words = lesson.words(
                    **sensed.told(row), size="label", fill="muted", width=spots.map_side, centered=True
                )
            self.looks.append(Group(drawn, beneath(words, drawn)))

    def _bars(self, lesson: Lesson) -> None:
        sensed, values = self.sensed, self.sensed.saliency
        self.order = np.argsort(-np.abs(values[-1]), kind="stable")[:FEATURES]
        names = [f"$x_({i + 1})$" for i in self.order]
        several, gaps = len(sensed.rows) > 1, max(len(names) - 1, 1)
        self.law.set_y(pick(wide=2.2, tall=5.05, square=3.9))
        for n, row in enumerate(sensed.rows):
            left, width, top, pitch, above = pick(  # of the bars, and how far above them their name stands
                wide=(-6.6 + 7.0 * n if several else -3.1, 6.2, 0.75, 0.52, 0.55),
                tall=(-3.7, 7.4, 2.7 - 4.55 * n, min(0.75, 2.94 / gaps) if several else 1.0, 0.7),
                square=(
                    -5.7 + 6.1 * n if several else -4.0,
                    5.3 if several else 8.0,
                    1.6,
                    min(1.0, 5.2 / gaps),
                    0.8,
                ),
            )
            bars = Bars(
                names, values[:, self.order], left, left + width, top, pitch, ("positive", "negative")
            )
            words = lesson.words(**sensed.told(row), size="label", fill="muted").at([left, top + above, 0])
            look = Group(bars.show(values[n, self.order]), words)
            if bars.power:
                tens = Formula(f"times 10^({bars.power})".replace("-", "−"), "label", "muted")
                look.add(tens.at([left + width - tens.width, top + above, 0]))
            self.looks.append(look)

    def enlarge(self) -> None:
        """Let formula and input fill a narrow frame, as long as they are alone in it."""
        if shape() == "wide":
            return
        law, middle, side = pick(
            wide=((0, 0, 0), (0, 0, 0), 0.0),
            tall=((0, -3.6, 0), (0, 1.75, 0), 7.2),
            square=((4.2, 0.2, 0), (-1.85, 0.2, 0), 7.7),
        )
        parts: list[tuple[Mobject, float, Spot]] = [(self.law, 2.0, (0, 0.4, 0))]
        if self.input is not None:
            by = side / max(self.input.width, self.input.height)
            parts = [(self.law, 1.4, law), (self.input, by, middle)]
        for part, by, spot in parts:
            self._settled.append((part, by, part.get_center()))
            part.scale(by).move_to(spot)
        if self.input is not None:
            self.input.fit()

    def settle(self) -> list[Any]:
        """Bring them where they belong; nothing in a wide frame."""
        return [part.animate.scale(1 / by).move_to(middle) for part, by, middle in self._settled]

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
