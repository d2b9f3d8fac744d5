"""The samples of two games over the same modes, held against each other as bars."""

from __future__ import annotations

from manim import LEFT, FadeIn, FadeOut, Group, VGroup

from derivviz.animation.arena import Bars
from derivviz.animation.frame import Panel, pick, shape
from derivviz.animation.game_frame import facts, shares
from derivviz.animation.lesson import Lesson
from derivviz.animation.typeset import Words
from derivviz.trace.game import Served


def told_of(lesson: Lesson, served: Served) -> tuple[VGroup, VGroup]:
    """What narrow frames say below the bars of a plain GAN: at once, and once they are looked at."""
    fair = f"{served.nearest.mean():g}"
    if shape() == "wide":
        return VGroup(), VGroup()
    if shape() == "tall":
        return VGroup(), VGroup(shares(lesson, served, LEFT, every=False)[0])
    total, share, least = facts(
        lesson,
        (f"{served.nearest.sum()}", "negative", "points", "점의 개수"),
        (fair, "muted", "dashed: a fair share", "점선: 공평한 몫"),
        (f"{served.nearest.min()}", "negative", "the fewest in one", "가장 적은 곳"),
    )
    return VGroup(total, share), VGroup(least)


class Rivals(Group):
    """The samples of two games over the same modes: bars above each other, or side by side in a square frame.

    Parameters
    ----------
    gan, own
        What the two games' samples do for the modes.
    steps
        How many each game had.

    Attributes
    ----------
    bars
        Those of the plain GAN and those of WGAN-GP.
    """

    def __init__(self, lesson: Lesson, gan: Served, own: Served, steps: int) -> None:
        top = float(max(own.nearest.max(), gan.nearest.max()))
        corners, size = pick(
            wide=([[0.7, 0.45, 0], [0.7, -2.2, 0]], (5.9, 1.9)),
            tall=([[-3.5, 1.1, 0], [-3.5, -4.6, 0]], (7.0, 2.9)),
            square=([[-5.7, -0.75, 0], [0.3, -0.75, 0]], (5.4, 4.6)),
        )
        self.bars = [
            Bars(corner, size, served, "negative", top)
            for corner, served in zip(corners, (gan, own), strict=True)
        ]
        self.names = VGroup(*(Words(name, pick(wide=30, tall=50, square=50)) for name in ("GAN", "WGAN-GP")))
        starts = pick(
            wide=([-0.35, 1.4, 0], [-0.35, -1.25, 0]),
            tall=([-3.5, 5.35, 0], [-3.5, -0.35, 0]),
            square=([-5.7, 4.4, 0], [0.3, 4.4, 0]),
        )
        for name, start in zip(self.names, starts, strict=True):
            name.move_to(start, *([] if shape() == "wide" else [LEFT]))
        told = [
            (
                (f"{served.nearest.min()}", "negative", "fewest", "최소"),
                (f"{served.good_share:.0%}", "negative", "inside", "무리 안"),
            )
            for served in (gan, own)
        ]
        # Of each game, how many samples the mode with the fewest has, and which share of all is good.
        numbers, self._steps = VGroup(), VGroup()
        if shape() == "tall":
            for two, y in zip(told, (5.1, -0.6), strict=True):
                numbers.add(*facts(lesson, *two, room=Panel(-0.8, 3.7, y, y + 1)))
        elif shape() == "square":
            numbers.add(*facts(lesson, *told[0], *told[1]))
            self._steps.add(facts(lesson, (f"{steps}", "ink", "steps each", "저마다 밟은 스텝")))
        self._smallest, self._inside = VGroup(*numbers[::2]), VGroup(*numbers[1::2])
        super().__init__(self.names, *self.bars, self._steps)

    def show_smallest(self, lesson: Lesson) -> None:
        """In narrow frames, say how many samples the mode with the fewest has in each game."""
        if self._steps:
            lesson.play(FadeOut(self._steps), run_time=0.3)
        if self._smallest:
            lesson.play(FadeIn(self._smallest), run_time=0.6)

    def show_inside(self, lesson: Lesson) -> None:
        """In narrow frames, say which share of the samples of each game is good."""
        if self._inside:
            lesson.play(FadeIn(self._inside), run_time=0.6)

    def at_last(self) -> Group:
        """What of it stands in the end."""
        return Group(self.names, *self.bars, self._smallest, self._inside)
