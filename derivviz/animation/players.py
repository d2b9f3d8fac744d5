"""Who plays against whom in a GAN: what goes into the generator and the discriminator, and what they play for."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group

from derivviz.animation.arena import arrow
from derivviz.animation.frame import enlarged, pick
from derivviz.animation.game_frame import facts
from derivviz.animation.growing import machine
from derivviz.animation.lesson import Lesson
from derivviz.animation.typeset import Formula


class Players:
    """z → G → G(z), and x or G(z) → D → a number from 0 to 1; beside a board, or below it.

    Parameters
    ----------
    count
        How many samples G makes.
    answers
        The least and the largest of D's before the game; a square frame says both in large numbers.

    Attributes
    ----------
    generator, discriminator
        The two parts, with their arrows.
    value
        The sum that D makes large and G makes small.
    """

    def __init__(self, lesson: Lesson, count: int, answers: tuple[float, float]) -> None:
        size = enlarged("formula")
        z, g = Formula("z", size, "parameter"), machine("G", "function")
        made, x = Formula("G(z)", size, "negative"), Formula("x", size, "positive")
        d, answer = machine("D", "function"), Formula("0 ... 1", "label", "muted")
        spots = pick(
            wide=((-0.15, 1.35), (1.35, 1.35), (3.3, 1.35), (3.3, -0.35), (5.0, 0.5), (6.4, 0.5)),
            tall=((-3.35, -1.3), (-1.8, -1.3), (0.2, -1.3), (0.2, -2.7), (1.95, -2.0), (3.3, -2.0)),
            square=((1.75, 4.4), (1.75, 2.8), (1.75, 1.1), (4.75, 1.1), (3.25, -0.6), (4.9, -0.6)),
        )
        for part, (across, up) in zip((z, g, made, x, d, answer), spots, strict=True):
            part.move_to([across, up, 0])
        way = pick(wide=RIGHT, tall=RIGHT, square=DOWN)
        corners = pick(wide=LEFT, tall=LEFT, square=UP), pick(wide=UP, tall=UP, square=LEFT)
        into = [corners[0] + corners[1], corners[0] - corners[1]]
        self.generator = Group(
            z,
            g,
            made,
            *(arrow(a.get_edge_center(way), b.get_edge_center(-way)) for a, b in ((z, g), (g, made))),
        )
        self.discriminator = Group(
            x,
            d,
            answer,
            arrow(made.get_edge_center(way), d.get_corner(into[0])),
            arrow(x.get_edge_center(way), d.get_corner(into[1])),
            arrow(d.get_right(), answer.get_left()),
        )
        self._low = pick(wide=0.0, tall=1.05, square=0.0)  # until the value comes, in the middle of its room
        for part in (self.generator, self.discriminator):
            part.shift(DOWN * self._low)
        self._numbers = Group()
        if pick(wide=False, tall=False, square=True):
            self._numbers.add(
                *facts(
                    lesson,
                    (f"{count}", "negative", "samples", "샘플"),
                    (f'{answers[0]:.2f} "…" {answers[1]:.2f}', "positive", "D, untrained", "배우기 전의 D"),
                )
            )
            self.generator.add(self._numbers[0])
            self.discriminator.add(self._numbers[1])
        turn = pick(wide="", tall="\\ & ", square="")
        start = pick(wide="", tall="& ", square="")
        value = f"{start}min_G max_D thick E[ln {{{{D(x) : r}}}}] {turn}+ E[ln(1 - {{{{D(G(z)) : f}}}})]"
        size, middle = pick(wide=(40, [3.05, -1.75, 0]), tall=(54, [0, -4.15, 0]), square=(58, [0, -3.1, 0]))
        self.value = Formula(value, size, r="positive", f="negative").move_to(middle)

    def show_value(self, lesson: Lesson) -> None:
        """Write it below the rest, which makes room."""
        if self._low:
            rise = (part.animate.shift(UP * self._low) for part in (self.generator, self.discriminator))
            lesson.play(*rise, run_time=0.6)
        if len(self._numbers):
            lesson.play(FadeOut(self._numbers), run_time=0.4)
            self.generator.remove(self._numbers[0])
            self.discriminator.remove(self._numbers[1])
        lesson.play(FadeIn(self.value, shift=UP * 0.15), run_time=0.8)

    def everything(self) -> Group:
        """All of it."""
        return Group(self.generator, self.discriminator, self.value)
