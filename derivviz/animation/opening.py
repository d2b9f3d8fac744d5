"""Where the stages of a network stand while nothing is written below them, and their way up from there."""

from __future__ import annotations

from manim import DOWN, UP, Animation

from derivviz.animation.frame import body, pick, shape
from derivviz.animation.passing import Passing

DROP = 1.3  # by which the one row of a wide frame is lower


class Opening:
    """Puts a row of stages, or rows, in the middle of the frame; outputs that stand apart fill what is left.

    Parameters
    ----------
    row
        The stages where they are to end; what shows the backward pass stays there.
    """

    def __init__(self, row: Passing) -> None:
        self.row = row
        if shape() == "wide":
            row.ahead.shift(DOWN * DROP)
            return
        self.drops = pick(wide=[DROP], tall=[1.2, 2.7], square=[0.7])[: len(row.lines)]
        for n, drop in enumerate(self.drops):
            row.ahead_in(n).shift(DOWN * drop)
        if row.way.apart:
            bars, edge = row.bars, body(0.3)
            foot = row.lines[-1][0].get_bottom()[1] - 0.4
            self.home = bars.get_center()
            self.grown = min(1.9, edge.width / bars.width, (foot - edge.bottom) / bars.height)
            bars.scale(self.grown).move_to([0, (foot + edge.bottom) / 2, 0])

    def end(self) -> list[Animation]:
        """The way to where everything stays."""
        row = self.row
        if shape() == "wide":
            return [row.ahead.animate.shift(UP * DROP)]
        ways = [row.ahead_in(n).animate.shift(UP * drop) for n, drop in enumerate(self.drops)]
        if row.way.apart:
            ways.append(row.bars.animate.scale(1 / self.grown).move_to(self.home))
        return ways
