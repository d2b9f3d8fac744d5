"""A picture of a recorded run whose classes are ranked by hunger: what moves, and what is claimed of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from manim import (
    DL,
    DR,
    LEFT,
    RIGHT,
    UP,
    RoundedRectangle,
    UpdateFromAlphaFunc,
    ValueTracker,
    VGroup,
    VMobject,
    smooth,
)
from numpy.typing import NDArray

from derivviz.animation.frame import pick, shape
from derivviz.animation.hunger import Photo, Reigns, Slider, Walkers, column, formulas, stands
from derivviz.animation.lesson import Lesson
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import Ranking
from derivviz.animation.reranking import MOST, Ranks, needed, precision, reach, shown
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, df
from derivviz.calculus.score import changes, multiplier, operating_point, scores, worth
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.names import display

Array = NDArray[np.float64]
DEPTH = -100.0  # of the plane at the most: classes of far places leave it


class HungerLesson(Lesson):
    """Picture, bars, f′ and slider of one held-out picture, and the claims about them.

    Attributes
    ----------
    image, pixels, target, all_p
        Number of the picture, the picture, its true class (None where unknown), the probabilities of all classes.
    classes, shown, p
        Names of all classes; those that have a row, in their order, and their probabilities.
    changes
        Each hunger at which the recommendation changes, with the class before and the one after.
    h, share, order, calm
        What moves: hunger; how far points have risen to f′, and bars to their scores; how far the rows have
        gone from the order of the classes to that of the scores; how far they have come to rest.
    """

    def prepare(self, image: int, hunger: float) -> None:
        """Read the picture out of the trace; `image` −1 for the one where hunger matters most.

        Raises
        ------
        DerivvizError
            Where the trace has no pictures, or its network answers NaN.
        UsageError
            For a picture that there is not.
        """
        evaluation = self.trace.evaluation
        if evaluation.thumbnails is None:
            raise DerivvizError(
                f"the trace {self.stage.trace} has no thumbnails of its held-out pictures, which this lesson "
                "shows. 'derivviz record food' records one that has"
            )
        last = evaluation.probabilities[-1]
        able = np.flatnonzero(np.isfinite(last).all(axis=1))
        if not len(able):
            raise DerivvizError(
                f"the network of {self.stage.trace} answers NaN: its training ended in overflow. Record one "
                "that can be asked with 'derivviz record food --preset stable'"
            )
        if image >= len(last):
            raise UsageError(f"--image is {image}, but the pictures of this trace are 0 … {len(last) - 1}")
        if image >= 0 and image not in able:
            raise UsageError(f"the network answers NaN to picture {image}: try --image {able[0]}")
        fit = [int(n) for n in able if len(needed(last[n])) <= MOST]
        if not fit:
            raise DerivvizError(
                f"hunger makes more than {MOST} classes of each picture of {self.stage.trace} the best in turn, too "
                "many for this lesson: the network is as good as untrained. Record one that has learnt for longer"
            )
        if image < 0:
            image = max(fit, key=lambda n: worth(last[n]))
        elif image not in fit:
            raise UsageError(
                f"hunger makes {len(needed(last[image]))} classes of picture {image} the best in turn, and there is "
                f"room for {MOST}: try --image {fit[0]}"
            )
        self.image, self.all_p = image, last[image]
        self.pixels = evaluation.thumbnails[image]
        self.target = None if evaluation.target is None else int(evaluation.target[image])
        known = self.trace.attrs.get("classes") or [f"class {i}" for i in range(len(self.all_p))]
        self.classes = [str(name) for name in known]
        self.shown = shown(self.all_p)
        self.p = self.all_p[self.shown]
        self.changes = changes(self.all_p)
        self.spec = precision(self.p, scores(self.all_p, hunger)[self.shown])

    def best(self, hunger: float) -> int:
        """The class that is recommended."""
        return int(np.argmax(scores(self.all_p, hunger)))

    def name(self, i: int) -> str:
        """A class in the language of the lesson, as markup."""
        return self.choose(**display(self.classes[i]))

    # ---- the picture ------------------------------------------------------------------------------------

    def stops(self, rest: float) -> list[float]:
        """The hungers at which the walk halts: after each change, at both ends, and where it rests."""
        after = [h for h, _, _ in self.changes]
        between = [min(h + 0.45, (h + end) / 2) for h, end in pairwise([*after, 10.0])]
        return [0.0, *between, 10.0, rest]

    def lay_out(self, rest: float) -> None:
        """The plane of f′ with room for the walk, which ends at the hunger `rest`; the points; the slider."""
        ends = operating_point(self.shown, 0.0), operating_point(self.shown, 10.0)
        left, right = float(np.min(ends)), float(np.max(ends))
        foot = max(min(float(df(np.array([left, right])).min()), -20.0), DEPTH) - 6
        edge = -1 + float(np.sqrt((24 - foot) / 6))  # where f′ leaves the plane
        self.plane = Plane(
            (min(left, -3.0) - 0.7, min(right + 0.45, edge)),
            (foot, DERIVATIVE_PEAK[1] + 6),
            *pick(wide=(5.4, 4.75), tall=(6.9, 4.2), square=(5.4, 4.45)),
            names=("x", ""),
            most_ticks=(8, 4),
        )
        where = pick(wide=[-4.25, -0.33, 0.0], tall=[-0.25, 3.05, 0.0], square=[-3.0, 2.4, 0.0])
        framed = self.plane.frame.get_center()
        middle = pick(wide=self.plane.get_center(), tall=framed, square=framed)
        self.plane.shift(np.array(where) - middle)
        self.plane.remove(self.plane.grid)  # the points carry numbers that would lie on it
        self.curve = self.plane.curve(df, role="tangent")
        self.walkers = Walkers(self.plane, self.shown)
        self.plane.keep_clear(self.curve, self.walkers.way(self.stops(rest)))
        self.zeros = VGroup(
            *(
                Formula(f"{x:g}".replace("-", "−"), "tick", "muted").next_to(
                    self.plane.point(x, 0.0), side, 0.13
                )
                for x, side in zip(DERIVATIVE_ZEROS, (DR, DL), strict=True)
            )
        )
        self.slider = Slider(self)
        self.h, self.share, self.order, self.calm = (ValueTracker(0.0) for _ in range(4))
        self.ranks = Ranks(self.all_p, self.shown)
        self.walkers.draw(0.0, 0.0)

    def under_the_hill(self) -> tuple[float, Array]:
        """Size and middle of a square that fits between the curve, the axes and their numbers."""
        foot, home = self.plane.point(-3.2, self.plane.y_range[0]), self.plane.point(0.0, 0.0)
        beside = [t.get_left()[0] for t in self.plane.tick_labels if t.get_y() < home[1] - 0.5]
        room = np.array([min([home[0], *beside]) - 0.12, home[1] - 0.45, 0.0]) - foot
        return float(min(pick(wide=1.65, tall=2.1, square=1.8), *room[:2])), foot + room / 2

    def lift(self, picture: Photo, truth: VGroup) -> None:
        """In a narrow frame the picture, large so far, makes room below it for the chart."""
        if shape() == "wide":
            return
        foot = picture.get_bottom()[1]
        height, y = (4.6, 3.4) if shape() == "tall" else (4.3, 2.6)
        self.play(
            picture.animate.resize(height).move_to([0.0, y, 0.0]),
            truth.animate.shift(UP * (y - height / 2 - foot)),
            run_time=0.8,
        )

    def rows(self) -> Ranking:
        """The chart of the picture, its bars still of no length."""
        names = [self.name(int(i)) for i in self.shown]
        span = reach(self.all_p, self.shown)
        left, right = column()
        end = right - pick(wide=0.92, tall=0.92, square=1.15)
        where = stands(len(names))
        return Ranking(names, self.shown, self.p, span, self.spec, left=left, end=end, **where)

    def crowned(self, chart: Ranking) -> VGroup:
        """The place of what is recommended: a tint behind the top row, and its name above."""
        left, right = column()
        plate = RoundedRectangle(0.1, height=chart.step * 0.98, width=right - left + 0.25, stroke_width=0)
        plate.set_fill(color("positive"), opacity=0.14).move_to([(left + right) / 2, chart.top, 0])
        name = self.words(en="recommended", ko="추천", size="label", fill="positive")
        crown = VGroup(plate, name.next_to(plate, UP, 0.1).set_x(right, RIGHT))
        if len(self.shown) < len(self.classes):
            few, all_ = len(self.shown), len(self.classes)
            told = self.words(
                en=f"{few} of {all_} classes shown",
                ko=f"{all_}개 중 {few}개만 표시",
                size="tick",
                fill="muted",
            )
            crown.add(told.next_to(plate, UP, 0.1).set_x(left, LEFT))
        return crown

    def law_with(self, p: str) -> Formula:
        """The score of class i, with its probability written as `p`."""
        score = self.choose(en="score", ko="점수")
        markup = f'"{score}"_i = {{{{{p} : p}}}} (1 + {{{{f\'(x_i) : f}}}} slash 20)'
        return Formula(markup, 44, f="tangent").move_to(
            [formulas(), pick(wide=1.75, tall=-0.5, square=1.8), 0], LEFT
        )

    # ---- moving -----------------------------------------------------------------------------------------

    def drive(self) -> None:
        """Make place for what moves them: all that is added from now on is drawn anew in every frame."""
        self.driver = VMobject()
        self.add(self.driver)

    def pose(self) -> None:
        """Put points, bars and slider where they are for this hunger."""
        h, share, order = (t.get_value() for t in (self.h, self.share, self.order))
        m = 1 + share * (multiplier(self.shown, h) - 1)
        self.walkers.draw(h, share)
        self.slider.draw(h)
        ranks = self.ranks.at(h, self.calm.get_value())
        self.chart.put((1 - order) * np.arange(len(self.shown)) + order * ranks)
        self.chart.draw(m)
        best = int(np.argmax(self.p * m))
        self.chart.lead(best, "positive" if order > 0.5 else "ink")
        self.walkers.lead(best if order > 0.5 else None)

    def posing(self) -> UpdateFromAlphaFunc:
        """Beside animations of hunger, share, order and calm, and after them: `pose` in every frame."""
        return UpdateFromAlphaFunc(self.driver, lambda driver, alpha: self.pose())

    def go(self, hunger: float, seconds: float) -> None:
        """Walk to another hunger and let the rows come to rest there."""
        self.play(
            self.h.animate.set_value(hunger),
            self.calm.animate(rate_func=lambda t: min(1.0, 4 * t)).set_value(0.0),
            self.posing(),
            run_time=seconds,
            rate_func=smooth,
        )
        if self.order.get_value():
            self.play(self.calm.animate.set_value(1.0), self.posing(), run_time=0.3)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_bars(self, values: Array) -> None:
        """The bars are as long as these values; one that is cut off, as long as there is room."""
        floor = self.chart.floor
        for i, drawn, value in zip(self.shown, self.chart.lengths(), values, strict=True):
            self.claim(f"the bar of {self.classes[i]}", drawn, max(float(value), floor))

    def check_points(self) -> None:
        """The points lie on f′, as far up as they have risen."""
        h, share = self.h.get_value(), self.share.get_value()
        for i, spot in zip(self.shown, self.walkers.dots, strict=True):
            x, y = self.plane.numbers(spot.get_center())
            true = 4 * h / 10 - 3 + 0.3 * float(i)
            self.claim(f"x of {self.classes[i]} at h = {h:g}", x, true)
            height = share * (-6 * true**2 - 12 * true + 18)
            self.claim(f"height of {self.classes[i]} at h = {h:g}", y, height)

    def check_all(self, h: float) -> None:
        """Points, slider, numbers and bars against the formulas and the trace, for hunger `h`."""
        p = self.trace.evaluation.probabilities[-1, self.image]
        true = scores(p, h)
        self.claim("the slider", self.slider.hunger(), h)
        self.claim("the hunger in figures", self.slider.number.value, h)
        self.check_points()
        self.check_bars(true[self.shown])
        for i, row in zip(self.shown, self.chart.rows, strict=True):
            name = self.classes[i]
            self.claim(f"p of {name}", row.p.value, float(p[i]))
            self.claim(f"multiplier of {name}", row.m.value, float(multiplier(i, h)))
            self.claim(f"score of {name}", row.score.value, float(true[i]))
        top = max(range(len(self.shown)), key=lambda k: self.chart.rows[k].y)
        self.claim(f"the recommendation at h = {h:g}", int(self.shown[top]), int(np.argmax(true)), 0)

    def check_picture(self, picture: Photo, reigns: Reigns) -> None:
        """The picture is the trace's, and the recommendation changes where two classes are level."""
        drawn = np.asarray(picture.image.pixel_array)[..., :3].astype(float)
        wrong = np.abs(drawn - np.asarray(self.trace.evaluation.thumbnails)[self.image])
        self.claim("the picture is the one of the trace", float(wrong.max()), 0.0)
        for limit, (_, before, after) in zip(reigns.limits, self.changes, strict=True):
            h = self.slider.hunger(limit)
            pair = scores(self.trace.evaluation.probabilities[-1, self.image], h)[[before, after]]
            self.claim(f"two dishes are level at h = {h:.1f}", float(pair[0]), float(pair[1]))
