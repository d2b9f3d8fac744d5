"""Gradient descent · 경사하강법

Down a recorded loss by its slope alone: along a curve, at four learning rates, then over a landscape, where momentum
and Adam take the same start.

기록된 손실을 기울기만 보고 내려간다. 곡선 위에서 학습률 네 가지를 견주고, 두 매개변수의 지형에서는 모멘텀과 Adam이
같은 곳에서 출발한다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    UP,
    Create,
    FadeIn,
    FadeOut,
    Group,
    GrowArrow,
    GrowFromCenter,
    Indicate,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
)

from derivviz.animation import Formula, Lesson, Number, parameter
from derivviz.animation.descent import Fit, Path, Rate, Stand, curve_plane, narrowed, race_of, signed, symbols
from derivviz.animation.descent_map import map_axes, map_of, visible
from derivviz.animation.descent_shapes import alone, in_letters, keys, place, rate_places, ways, written
from derivviz.animation.directions import arrow
from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.gliding import places
from derivviz.animation.hillside import along, right_angle
from derivviz.animation.lines import dot
from derivviz.animation.numerals import bracket, short
from derivviz.animation.race import apart
from derivviz.animation.stage import color
from derivviz.look import descent_words as told
from derivviz.trace.descent import ACROSS, ALONG, Descent

ROLES = {"descent": "tangent", "momentum": "parameter", "adam": "ink"}


class GradientDescent(Lesson):
    """Steepest descent along a curve and over a landscape, its learning rate, momentum and Adam."""

    requires = ("loss/good", "loss/descent", "loss/momentum", "loss/adam")
    recorded_by = "descent"
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        steps: int = parameter(5, "Steps along the curve that are told in numbers", minimum=1, maximum=8)

    def construct(self) -> None:
        self.run = Descent(self.trace)
        self.w = symbols(self.run)[0]
        self.title()
        self.the_loss()
        self.the_slope()
        self.more_steps()
        self.four_rates()
        self.the_map()
        self.steepest()
        self.others()
        self.the_race()
        self.conclusion()

    # ---- along the curve --------------------------------------------------------------------------------

    def the_loss(self) -> None:
        """Where the curve comes from: one line after another, and what it misses."""
        run, first = self.run, float(self.run.walks["good"].places[0, 0])
        low, high = run.curve_range
        self.say(**told.question(run))
        spot = place("curve alone" if run.points is None else "curve beside it")
        self.curve = curve_plane(run, *spot.size, (self.w, "E")).move_to(spot.middle)
        self.curve.keep_clear(self.curve.curve(run.curve))
        graph = self.curve.curve(run.curve, (low, low + 1e-6 * (high - low)), "loss")
        here = dot(self.on_curve(first), "loss")
        size, top = enlarged("body"), round(spot.y + spot.height / 2 + 0.75, 9)
        w = Number(first, f".{places(high - low)}f", size, "parameter")
        e = Number(float(run.curve(np.array(first))), ",.4g", size, "loss")
        names = Formula(f"{self.w} =", size, "parameter"), Formula("E =", size, "loss")
        for name, number, x in zip(names, (w, e), (spot.x - 2.35, spot.x + 0.45), strict=True):
            number.at([name.at([x, top, 0]).get_right()[0] + 0.18, top, 0])
        moving, shown = VGroup(here, w, e, graph), Group(self.curve, here, w, e, *names)
        if run.points is None:
            self.play(FadeIn(shown), run_time=0.6)
        else:
            beside = place("fit")
            self.fit = Fit(*run.points, *beside.size, told.letters(run)).move_to(beside.middle)
            self.fit.set(first, run.still).misses.set_stroke(opacity=0)
            moving.add(self.fit)
            law = in_letters(run, "", 110, spot)
            self.play(FadeIn(self.fit.plane, self.fit.dots, *law), run_time=0.8)
            self.play(Create(self.fit.line), run_time=0.6)
        self.say(**told.loss(run))
        if run.points is not None:
            self.play(self.fit.misses.animate.set_stroke(opacity=1), *map(FadeOut, law), run_time=0.5)
            self.play(FadeIn(shown), run_time=0.6)

        def turn(start: float, end: float, drawing: bool, seconds: float) -> None:
            def move(_: object, alpha: float) -> None:
                now = start + alpha * (end - start)
                here.move_to(self.on_curve(now))
                w.set_value(now)
                e.set_value(float(run.curve(np.array(now))))
                if run.points is not None:
                    self.fit.set(now, run.still)
                if drawing and alpha > 0:
                    graph.points = self.curve.curve(run.curve, (low, now), "loss").points

            self.play(UpdateFromAlphaFunc(moving, move), run_time=seconds)

        self.add(graph, here)
        turn(first, low, False, 0.7)
        turn(low, high, True, 2.8)
        turn(high, first, False, 0.8)
        self.around = Group(moving, shown)

    def on_curve(self, weight: float) -> np.ndarray:
        return self.curve.point(weight, self.run.curve(np.array(weight)))

    def the_slope(self) -> None:
        run, walk = self.run, self.run.walks["good"]
        self.say(
            en="Training never sees this curve. It feels only the slope where it stands.",
            ko="학습은 이 곡선 전체를 보지 못한다. 서 있는 곳의 기울기만 느낀다.",
        )
        self.play(FadeOut(self.around), run_time=0.4)
        spot = place("curve")
        self.curve = curve_plane(run, *spot.size, (self.w, "E")).move_to(spot.middle)
        self.graph = self.curve.curve(run.curve, role="loss")
        self.stand = Stand(self.curve, run.curve).at(walk.places[0, 0], walk.gradients[0, 0])
        self.curve.keep_clear(self.graph, *self.stand.tangents(walk, self.parameters.steps + 1))
        self.play(FadeIn(self.curve, self.graph, self.stand), run_time=0.8)
        self.slope = self.slope_of(0) if shape() == "wide" else alone(self.slope_of(0))
        self.play(FadeIn(self.slope, shift=UP * 0.15), run_time=0.6)
        drawn = self.curve.slope_of(self.stand.tangent)
        self.claim("slope of the first tangent", drawn, float(walk.gradients[0, 0]), 1e-5)
        self.say(
            en="So step against the slope. The learning rate η says how far.",
            ko="그러니 기울기의 반대쪽으로 한 걸음 간다. 얼마나 갈지는 학습률 η가 정한다.",
        )
        rule = f"{{{{{self.w} : w}}}} arrow.l {{{{{self.w} : w}}}} - eta {{{{E'({self.w}) : t}}}}"
        self.rule, self.law = written("rule", rule, w="parameter", t="tangent"), self.law_of(0)
        if shape() != "wide":
            self.play(self.slope.animate.become(self.slope_of(0)), run_time=0.6)
        self.play(FadeIn(self.rule, shift=UP * 0.15), run_time=0.7)
        self.play(FadeIn(self.law, shift=UP * 0.15), run_time=0.6)
        self.take(0, 1.8)

    def slope_of(self, step: int) -> Formula:
        """E′ at the place of a step."""
        slope = short(self.run.walks["good"].gradients[step, 0])
        return written("slope", f"{{{{E'({self.w}) : t}}}} = {{{{{slope} : t}}}}", t="tangent")

    def law_of(self, step: int) -> Formula:
        """The update of a step in its own numbers."""
        walk = self.run.walks["good"]
        before, after = (short(walk.places[n, 0]) for n in (step, step + 1))
        slope = bracket(walk.gradients[step, 0])
        numbers = f"{{{{{before} : w}}}} - {short(walk.rate)} dot {{{{{slope} : t}}}} = {{{{{after} : w}}}}"
        return written("law", numbers, w="parameter", t="tangent")

    def take(self, step: int, seconds: float) -> None:
        """One step: first the weight along its axis, then the walker after it along the curve."""
        walk, foot = self.run.walks["good"], self.curve.y_range[0]
        way = Path(self.curve.point(walk.places[step : step + 2, 0], foot), "parameter", 8, 0.04).show(0)
        self.play(UpdateFromAlphaFunc(way, lambda m, alpha: m.show(alpha)), run_time=seconds * 0.4)
        self.play(self.stand.go(*walk.places[step + 1], *walk.gradients[step + 1]), run_time=seconds * 0.6)
        self.remove(way)
        self.stood = step + 1

    def more_steps(self) -> None:
        if self.parameters.steps == 1:
            return
        self.say(**told.again(self.run.walks["good"], self.parameters.steps - 1))
        for step in range(1, self.parameters.steps):
            slope, law = self.slope_of(step), self.law_of(step)
            self.play(FadeOut(self.slope, self.law), run_time=0.12)
            self.play(FadeIn(slope, law), run_time=0.2)
            self.slope, self.law = slope, law
            self.take(step, 1.2 if step < 3 else 0.7)

    def four_rates(self) -> None:
        """The same start at four learning rates, and which of them are too large."""
        run = self.run
        walks = [run.walks[name] for name in ALONG]
        self.say(**told.timid(*walks[:2]))
        self.play(FadeOut(self.curve, self.graph, self.stand, self.slope, self.rule, self.law), run_time=0.5)
        self.rates = [
            Rate(run, walk, self.w, spot.middle, spot.size)
            for walk, spot in zip(walks, rate_places(), strict=True)
        ]
        self.play(FadeIn(*self.rates), run_time=0.6)
        self.play(*(rate.path.walk() for rate in self.rates[:2]), run_time=3.0)
        for words, rate in zip(
            (told.bold(walks[2]), told.reckless(walks[3], walks[2])), self.rates[2:], strict=True
        ):
            self.say(**words)
            self.play(rate.path.walk(), run_time=3.2)
        self.say(**told.border(run))
        factors = VGroup(*(rate.factor for rate in self.rates))
        self.play(FadeIn(factors, lag_ratio=0.3), run_time=1.4)
        self.wait(0.6)

    # ---- over the landscape -----------------------------------------------------------------------------

    def the_map(self) -> None:
        run = self.run
        self.say(**told.landscape(run))
        self.play(
            FadeOut(*(part for rate in self.rates for part in (rate, rate.path, rate.factor))), run_time=0.5
        )
        spot = place("map")
        self.map, self.axes = map_of(run, spot.size).move_to(spot.middle), list(map_axes(run, spot.size))
        walk = run.walks["descent"]
        self.start = dot(self.on_map(walk.places[:1])[0])
        self.lowest = dot(self.on_map(run.bottom.place[None])[0], "loss")
        self.letters = in_letters(run, "+ {{b : w}}", 100, place("law of the map"))
        self.play(FadeIn(self.map, *self.letters), run_time=0.9)
        self.play(GrowFromCenter(self.lowest), run_time=0.5)
        self.play(GrowFromCenter(self.start), run_time=0.5)

    def on_map(self, places: np.ndarray) -> np.ndarray:
        """Points of the frame for places, shape (n, 2)."""
        return self.map.point(*places[:, self.axes].T)

    def steepest(self) -> None:
        run, walk = self.run, self.run.walks["descent"]
        self.say(**told.way_down(walk))
        at = self.on_map(walk.places[:1])[0]
        way = self.on_map(walk.places[:1] - walk.gradients[:1])[0] - at
        self.minus = arrow(at, 1.5 * way / np.linalg.norm(way), "tangent", 7)
        self.contour = self.map.highlighted(float(walk.losses[0]), "ink", 3)
        marks = [self.contour]
        if run.one_scale:
            marks.append(right_angle(at, way))
            self.claim(
                "cosine between gradient and contour line", along(self.contour, at, way[:2]), 0.0, 0.02
            )
        size, width = pick(wide=("body", None), tall=(42, 2.7), square=(52, None))
        names = {
            name: self.words(**told.NAMES[name], size=size, fill=ROLES[name], width=width) for name in ACROSS
        }
        self.rules = ways(names)
        self.play(Create(self.contour), *map(FadeOut, self.letters), run_time=0.8)
        self.play(GrowArrow(self.minus), FadeIn(self.rules["descent"], *marks[1:]), run_time=0.9)
        self.add(self.start)
        self.wait(0.5)
        self.play(FadeOut(self.minus, *marks), run_time=0.4)
        self.paths = {name: self.path_of(name) for name in ACROSS}
        self.play(self.paths["descent"].walk(), run_time=4.5)
        self.say(**told.valley(run))
        self.play(Indicate(self.lowest, 1.5, color("loss")), run_time=0.9)

    def path_of(self, name: str) -> Path:
        """What of a recorded walk lies on the map, to where it first leaves it."""
        return Path(self.on_map(visible(self.run.walks[name].places, self.run.ranges)), ROLES[name])

    def others(self) -> None:
        """The same start with a memory, and with a measure for each weight."""
        run = self.run
        shown = "descent"
        for name, words in (
            ("momentum", told.momentum(*(run.walks[name] for name in ("momentum", "descent")))),
            ("adam", told.adam()),
        ):
            self.say(**words)
            gone = [FadeOut(self.rules.pop(shown))] if shape() != "tall" else []
            self.play(*gone, self.paths[shown].fading(), run_time=0.4)
            self.play(FadeIn(self.rules[name]), run_time=0.4)
            self.play(self.paths[name].walk(), run_time=4.0)
            shown = name

    def the_race(self) -> None:
        run = self.run
        self.say(**told.race(run))
        gone = [self.map, self.start, self.lowest, *self.rules.values(), *self.paths.values()]
        self.play(FadeOut(*gone), run_time=0.5)
        word = self.words(en="step", ko="스텝", size="tick", fill="muted")
        spot = place("race")
        self.chart = race_of(run, spot.size, word).move_to(spot.middle)
        size = pick(wide="label", tall=54, square="label")
        names = [self.words(**told.NAMES[name], size=size, fill=ROLES[name]) for name in ACROSS]
        below = keys(names, [ROLES[name] for name in ACROSS]) if shape() == "tall" else []
        self.play(FadeIn(self.chart, *below), run_time=0.6)
        self.lines = {name: self.chart.line(run.walks[name].above, ROLES[name]) for name in ACROSS}
        self.play(*(Create(line, rate_func=linear) for line in self.lines.values()), run_time=3.0)
        if not below:
            apart(names, [line.points[-1] for line in self.lines.values()])
            self.play(FadeIn(*names), run_time=0.5)
        self.around = Group(self.chart, *self.lines.values(), *(below or names))

    def conclusion(self) -> None:
        run = self.run
        self.say(**told.conclusion(run))
        if run.points is None:
            return
        self.play(FadeOut(self.around), run_time=0.5)
        x, value = told.letters(run)
        spot, beside = place("last fit"), place("last law")
        self.fit = Fit(*run.points, *spot.size, (x, value)).move_to(spot.middle)
        start, end = run.walks[run.best].places[[0, -1]]
        self.fit.plane.keep_clear(self.fit.set(*end).line)
        self.fit.set(*start)
        size = pick(wide=48, tall=84, square=80)
        markup = f"{value} = {{{{{short(end[0], 3)} : w}}}} {x} {signed(end[1])}"
        law = narrowed(Formula(markup, size, w="parameter", b="parameter"), beside.width)
        law.move_to(beside.middle)
        letters = in_letters(run, "+ {{b : w}}", size, beside)
        self.play(FadeIn(self.fit, *letters), run_time=0.6)
        self.play(self.fit.learn(run.walks[run.best].places), run_time=3.0)
        if letters:
            self.play(FadeOut(*letters), run_time=0.3)
        self.play(FadeIn(law, shift=UP * 0.15), run_time=0.6)
        self.wait(0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        run, walk = self.run, self.run.walks["good"]
        self.claim("where the walker stands", self.stand.place, float(walk.places[self.stood, 0]))
        drawn = self.curve.slope_of(self.stand.tangent)
        self.claim("slope of its tangent", drawn, float(walk.gradients[self.stood, 0]), 1e-4)
        before, after = walk.places[self.stood - 1 : self.stood + 1, 0]
        told_by_law = before - walk.rate * float(walk.gradients[self.stood - 1, 0])
        self.claim("what the law gives", after, told_by_law, 1e-5)
        for name, rate in zip(ALONG, self.rates, strict=True):
            true = run.walks[name].places[: rate.shown, 0]
            read = np.array([rate.plane.numbers(point) for point in rate.path.places])
            self.claim(f"places at the rate '{name}'", float(np.abs(read[:, 0] - true).max()), 0.0, 1e-4)
            off = np.abs(read[:, 1] - run.walks[name].losses[: rate.shown]) / np.ptp(rate.plane.y_range)
            self.claim(f"losses at the rate '{name}'", float(off.max()), 0.0, 1e-4)
        for name, path in self.paths.items():
            read = np.array([self.map.numbers(point) for point in path.places])
            true = visible(run.walks[name].places, run.ranges)[:, self.axes]
            self.claim(f"places of {name}", float(np.abs(read - true).max()), 0.0, 1e-4)
            shown = self.chart.loss_at(self.lines[name].points[-1])
            least, most = (10.0**power for power in self.chart.decades)
            self.claim(
                f"last loss of {name}", shown, float(np.clip(run.walks[name].above[-1], least, most)), 1e-5
            )
