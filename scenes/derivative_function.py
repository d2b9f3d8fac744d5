"""The derivative as a function · 도함수

The slope read off at every point draws a new curve below the old one, and that curve tells how the old one runs.

점마다 읽은 기울기가 아래에 새 곡선을 그리고, 그 곡선이 원래 곡선의 모양을 말해 준다.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from manim import (
    LEFT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    MoveToTarget,
    VGroup,
    linear,
)

from derivviz.animation import Formula, Lesson, parameter
from derivviz.animation import slope_words as words
from derivviz.animation.frame import pick
from derivviz.animation.gliding import Glide, areas, coloured, places
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed, Segments, dot
from derivviz.animation.numerals import short
from derivviz.animation.slope_column import SlopeColumn, stacked
from derivviz.animation.stacked import written
from derivviz.animation.variation import legend, notations, variation
from derivviz.calculus.expression import Expression
from derivviz.calculus.shape import Point, Shape
from derivviz.calculus.window import heights, interval

NAMED = 4  # so many points have their numbers beside them


class DerivativeFunction(Lesson):
    """f above, f′ below: what the one says about the other, for any function."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("-2x^3 - 6x^2 + 18x", "The function of x")
        start: float | None = parameter(
            None,
            "x where the planes begin; chosen to fit if left out",
            flag="from",
            minimum=-1e6,
            maximum=1e6,
        )
        end: float | None = parameter(
            None, "x where the planes end; chosen to fit if left out", flag="to", minimum=-1e6, maximum=1e6
        )

    def construct(self) -> None:
        self.heading = self.title()
        self.prepare()
        self.the_question()
        self.the_reading()
        self.the_glide()
        self.the_zeros()
        self.the_signs()
        self.the_bend()
        self.the_notations()
        self.the_end()

    # ---- the mathematics --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The shape of the graph, and the planes that show it."""
        p = self.parameters
        self.shape = Shape(p.function, *interval(p.function, p.start, p.end))
        self.f, self.slope, self.bend = self.shape.f, self.shape.slope, self.shape.bend
        s, x = self.shape, np.linspace(self.shape.low, self.shape.high, 801)
        marked = [one.y for one in (*s.extrema, *s.inflections, *s.kinks)]
        steep = [s.value(self.slope, one.x) for one in s.inflections]
        y_ranges = heights(self.f(x), marked), heights(self.slope(x), [0.0, *steep])
        self.column = SlopeColumn()
        self.planes = stacked((s.low, s.high), y_ranges, [self.heading])
        self.above, self.below = self.planes.above, self.planes.below
        self.glide = Glide(self.f, self.slope, self.above, self.below)
        self.curve = self.above.curve(self.f)
        whole = self.below.curve(self.slope)
        level = [Point(x, s.value(self.f, x)) for x in s.zeros]
        corners = [one for one in s.extrema if not one.smooth]
        self.points = sorted((*level, *corners), key=lambda one: one.x)
        link = self.planes.link
        self.links = VGroup(*(link(one.x, one.y, 0.0) for one in level))
        self.levels = VGroup(*(self.glide.level(one) for one in level))
        self.bend_links = VGroup(*(link(one.x, one.y, self.slope(one.x)) for one in s.inflections))
        self.first, self.last = self.glide.visible()
        here = self.above.point(self.first, self.f(self.first))
        start = Segments([self.glide.ends(here, self.slope(self.first))])
        narrow = pick(wide=[], tall=[start], square=[start])  # where it may come upon a number of the axis
        self.above.keep_clear(self.curve, *self.links, *self.levels, *narrow)
        self.below.keep_clear(whole, *self.links)
        links = [*self.links, *self.bend_links, *self.levels, start]
        self.planes.name(self.above, "f", "function", self.curve, links)

    # ---- the beats --------------------------------------------------------------------------------------

    def the_question(self) -> None:
        self.say(
            en="The slope of a curve changes from point to point. Can we see all slopes at once?",
            ko="곡선의 기울기는 점마다 다르다. 모든 점의 기울기를 한눈에 볼 수 있을까?",
        )
        waiting = pick(wide=[], tall=[self.below], square=[self.below])  # no half of the frame is empty
        self.play(FadeIn(self.above, *waiting), run_time=0.6)
        self.formulas = self.column.formulas
        draw = Create(self.curve), FadeIn(*self.planes.labels[self.above])
        if not waiting:
            self.play(*draw, run_time=1.6, rate_func=linear)
        self.write(0, self.f, "function")
        if waiting:
            self.play(*draw, run_time=1.6, rate_func=linear)

    def write(self, number: int, g: Expression, role: str) -> None:
        """Add f (0), f′ (1) or f″ (2) to the formulas, if it is short enough to be read."""
        name = f"f{number * chr(39)}(x)"
        line = written(name, g, role, self.column.width, self.column.height)
        if line is None:
            return
        self.column.put(line, number)
        if number == 0:
            self.column.before_all(line)
        self.play(FadeIn(line, shift=UP * 0.1), run_time=0.6)

    def the_reading(self) -> None:
        self.say(
            en="Lay a tangent, read off its slope, and draw a dot that high, straight below.",
            ko="접선을 긋고 기울기를 읽어, 바로 아래에 그 값을 높이로 하는 점을 찍자.",
        )
        moved = [MoveToTarget(line) for line in self.formulas if line.target is not None]
        if self.below not in self.mobjects:
            moved.append(FadeIn(self.below))
        if moved:
            self.play(*moved, run_time=0.6)
        spans = self.shape.high - self.shape.low, float(np.ptp(self.below.y_range)) / 10
        start = self.first, self.slope(self.first)
        self.readings = self.column.readings(self, start, [places(span) for span in spans])
        self.x_number, self.m_number = self.readings[1:]
        self.glide.at(self.first)
        self.play(GrowFromCenter(self.glide.point), FadeIn(self.readings[:2]), run_time=0.6)
        self.play(Create(self.glide.tangent), FadeIn(self.m_number), run_time=0.7)
        self.play(FadeIn(self.glide.drop), GrowFromCenter(self.glide.reading), run_time=0.7)
        self.check_reading()

    def the_glide(self) -> None:
        self.say(
            en="Glide along the curve. The dots of all slopes draw a curve of their own: f′, the derivative.",
            ko="접선을 곡선을 따라 움직이면 점들이 새 곡선을 그린다. 이것이 도함수 f′이다.",
        )
        self.add(self.glide.trail, self.glide)
        self.x_number.add_updater(lambda m: m.set_value(self.glide.x))
        self.m_number.add_updater(lambda m: m.set_value(self.slope(self.glide.x)) if self.seen() else m)
        for start, end in pairwise(np.linspace(self.first, self.last, 4)):
            self.play(self.glide.go(float(start), float(end)), run_time=2.2)
            self.check_reading()
        self.glide.leave(self.shape.high)
        for number in (self.x_number, self.m_number):
            number.clear_updaters()
        links = [*self.links, *self.bend_links, self.glide]
        self.planes.name(self.below, "f'", "tangent", self.glide.trail, links)
        self.play(FadeOut(self.readings), *map(FadeIn, self.planes.labels[self.below]), run_time=0.3)
        self.write(1, self.slope, "tangent")
        told = words.gaps(self.shape)
        if told:
            self.say(**told)
            self.show_gaps()
        self.play(FadeOut(self.glide), run_time=0.3)

    def seen(self) -> bool:
        """Whether the tangent is on the picture."""
        return self.glide.tangent.get_stroke_opacity() > 0

    def show_gaps(self) -> None:
        spots = [self.above.point(one.x, one.y) for one in self.shape.kinks[:NAMED]]
        marks = VGroup(*(dot(spot) for spot in spots))
        y1, y2 = self.above.y_range[1], self.below.y_range[0]
        for one in self.shape.breaks[:6]:
            line = Dashed(self.above.point(one.x, y1), self.below.point(one.x, y2), "muted", 3, 0.1, 0.1)
            marks.add(mark(line, backdrop=True))
        self.gaps = marks
        self.play(FadeIn(marks), run_time=0.7)

    def the_zeros(self) -> None:
        self.say(**words.zeros(self.shape))
        self.tops = VGroup(*(dot(self.above.point(one.x, one.y)) for one in self.points))
        self.feet = VGroup(*(dot(self.below.point(x, 0.0), "tangent") for x in self.shape.zeros))
        self.names: list[Formula] = []
        if not self.points:
            return
        self.play(*(GrowFromCenter(top) for top in self.tops), run_time=0.6)
        if len(self.levels):
            self.play(Create(self.levels), run_time=0.6)
        if len(self.points) <= NAMED:
            self.name_points()
        self.add(self.tops)
        if len(self.feet):
            self.play(*(Create(link) for link in self.links), run_time=1.0)
            self.add(self.tops)
            found = self.column.put_zeros(self.shape.zeros)
            self.play(*(GrowFromCenter(foot) for foot in self.feet), *map(FadeIn, found), run_time=0.6)
        self.wait(0.8)

    def name_points(self) -> None:
        """Write their numbers beside the points of f, where there is room."""
        for one in self.points:
            label = Formula(f"({short(one.x, 3)}, {short(one.y, 3)})", "label")
            avoid = [self.curve, self.levels, self.links, self.tops, self.formulas]
            if self.planes.write(self.above, label, self.above.point(one.x, one.y), avoid):
                self.names.append(label)
        if self.names:
            self.play(FadeIn(*self.names), run_time=0.5)

    def the_signs(self) -> None:
        self.say(**words.signs(self.shape))
        self.areas = areas(self.below, self.slope, self.shape.stretches)
        painted = coloured(self.above, self.f, self.shape.stretches)
        self.legend = legend(self, self.shape)
        table = variation(self.shape, self.column.width)
        self.column.put_signs(self.legend, table)
        self.add(self.areas)
        self.bring_to_back(self.areas)
        leaving = [*self.column.giving_way, *self.column.zeros]
        self.play(FadeIn(self.areas), *map(FadeOut, leaving), run_time=0.8)
        self.play(FadeOut(self.curve), FadeIn(painted), FadeIn(self.legend), run_time=1.0)
        self.curve = painted
        self.add(self.levels, self.tops)
        self.table = VGroup()
        if table is not None:
            self.table = table
            rules, columns = table
            self.play(FadeIn(rules, columns[0]), run_time=0.5)
            for column in columns[1:]:
                self.play(FadeIn(column), run_time=max(0.15, 1.6 / len(columns)))
        self.wait(0.6)

    def the_bend(self) -> None:
        self.say(**words.bends(self.shape))
        bent = self.shape.inflections
        gone = pick(wide=[self.legend], tall=[self.legend], square=[])
        self.play(FadeOut(self.levels, self.table, *gone, *self.names), run_time=0.4)
        self.planes.erase(self.names)
        if self.column.giving_way:
            self.play(*map(FadeIn, self.column.giving_way), run_time=0.4)
        upper = VGroup(*(dot(self.above.point(one.x, one.y)) for one in bent))
        lower = VGroup(*(dot(self.below.point(one.x, self.slope(one.x)), "tangent") for one in bent))
        self.turns = VGroup(upper, lower)
        self.bend_names: list[Formula] = []
        if bent:
            self.play(*(GrowFromCenter(point) for point in lower), run_time=0.7)
            self.play(*(Create(link) for link in self.bend_links), run_time=0.7)
            self.play(*(GrowFromCenter(point) for point in upper), run_time=0.7)
        self.write(2, self.bend, "ink")
        if 0 < len(bent) <= 2:
            self.name_bends()
        self.wait(0.8)

    def name_bends(self) -> None:
        """Numbers of the points of inflection, and of the slope there."""
        for one in self.shape.inflections:
            for plane, y, role in ((self.above, one.y, "ink"), (self.below, self.slope(one.x), "tangent")):
                label = Formula(f"({short(one.x, 3)}, {short(y, 3)})", "label", role)
                avoid = [self.curve, self.glide.trail, self.formulas, self.tops, self.feet, self.turns]
                avoid += [self.links, self.bend_links]
                if self.planes.write(plane, label, plane.point(one.x, y), avoid):
                    self.bend_names.append(label)
        if self.bend_names:
            self.play(FadeIn(*self.bend_names), run_time=0.6)

    def the_notations(self) -> None:
        self.say(
            en="Newton, Lagrange and Leibniz each wrote this function and its derivative in their own way.",
            ko="뉴턴, 라그랑주, 라이프니츠는 도함수와 그 도함수를 저마다의 기호로 적었다.",
        )
        room = self.column.room_for_notations()
        rows = notations(self, room.height)
        rows.move_to([room.left, room.center[1], 0], LEFT)
        self.notations = rows
        if self.column.giving_way:
            self.play(*map(FadeOut, self.column.giving_way), run_time=0.4)
        for row in rows:
            self.play(FadeIn(row, shift=UP * 0.15), run_time=0.6)
        self.wait(0.5)

    def the_end(self) -> None:
        self.say(
            en="Read f′, and you know how f runs: its sign says up or down, its sign changes mark the turns.",
            ko="f′을 읽으면 f의 모양이 보인다. 부호는 증가와 감소를, 부호가 바뀌는 곳은 극값을 알려 준다.",
        )
        gone = [FadeOut(*self.bend_names)] if self.bend_names else []
        self.play(*gone, FadeIn(self.glide.at(self.first)), run_time=0.4)
        self.planes.erase(self.bend_names)
        self.play(self.glide.go(self.first, self.last, leaving=False), run_time=4.5)
        self.play(FadeOut(self.glide), *([FadeIn(*self.names)] if self.names else []), run_time=0.5)
        self.planes.restore(self.above, self.names)
        self.wait(1.0)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_reading(self) -> None:
        """The tangent and the dot below it, where both are seen."""
        x = self.glide.x
        if not self.seen():
            return
        m = self.slope(x)
        self.claim(f"slope of the tangent at x = {x:g}", self.above.slope_of(self.glide.tangent), m)
        if self.below.y_range[0] <= m <= self.below.y_range[1]:
            at, height = self.below.numbers(self.glide.reading.get_center())
            self.claim("the dot stands straight below", at, x)
            span = float(np.ptp(self.below.y_range))
            self.claim(f"height of the dot at x = {x:g}, in spans", height / span, m / span)

    def verify(self) -> None:
        for top, one in zip(self.tops, self.points, strict=True):
            x, y = self.above.numbers(top.get_center())
            self.claim("x of a point of f", x, one.x)
            self.claim("f at a point of f", y, self.shape.value(self.f, one.x))
        span, step = float(np.ptp(self.below.y_range)), 1e-3 * (self.shape.high - self.shape.low)
        for foot, zero in zip(self.feet, self.shape.zeros, strict=True):
            x, y = self.below.numbers(foot.get_center())
            self.claim("x of a zero of f′", x, zero)
            self.claim("a zero of f′ is drawn on the axis", y / span, 0.0)
            chord = (self.f(zero + step) - self.f(zero - step)) / (2 * step)
            self.claim(f"slope of f across x = {zero:g}, in spans", chord / span, 0.0, 1e-3)
        for upper, lower in zip(*self.turns, strict=True):
            x, y = self.below.numbers(lower.get_center())
            self.claim(
                "a point of inflection stands above the turn of f′",
                self.above.numbers(upper.get_center())[0],
                x,
            )
            self.claim(f"f′ at the turn x = {x:g}, in spans", y / span, self.slope(x) / span)
            turned = self.bend(x - step) * self.bend(x + step) < 0
            self.claim(f"f″ changes its sign at x = {x:g}", float(turned), 1.0)
