"""What moves the answer · 무엇이 답을 움직이는가

Move an input and watch a recorded network's scores: their slopes along the way, the slope for every pixel at once,
and how little a random change does beside one along the gradient.

입력을 움직이며 기록된 신경망의 점수를 지켜본다. 길을 따라 잰 기울기와 모든 픽셀의 기울기를 보고, 그래디언트 방향에
견주면 아무 방향의 변화가 얼마나 미미한지 본다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, RIGHT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear, smooth

from derivviz.animation import Formula, Lesson, Number, parameter
from derivviz.animation.frame import body, enlarged, pick
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot
from derivviz.animation.numerals import plain, value
from derivviz.animation.places import Places
from derivviz.animation.saliency import Bars, Blend, Directions, Slider
from derivviz.animation.sensed import Sensed
from derivviz.animation.sensed_frame import height_in, opening
from derivviz.animation.ways import graphs, sums

SECONDS = 7.0  # that the way from one input to the other takes
AGREE = 0.02  # relative difference of two ways of measuring up to which they are said to agree
LOST = 20.0  # times that the gradient outdoes random directions from where these are noise
ROUGH = 0.15  # share of the largest change from where an area is called rough


class SensitivityLesson(Lesson):
    """From one direction in which the input moves, to all of them, to the one that counts."""

    aspects = ("16:9", "9:16", "1:1")
    requires = ("time",)  # of any run; what has no sensitivity is told by the trace itself how to record it

    @dataclass(frozen=True)
    class Parameters:
        picture: int = parameter(1, "Probe input whose slopes are shown at last, from 1", minimum=1)

    def construct(self) -> None:
        self.sensed = Sensed(self, self.parameters.picture)
        self.title()
        self.start()
        if self.sensed.path is None:
            self.no_path()
        else:
            self.walk()
            self.turning()
            self.graphs()
            self.steepest()
            self.add_up()
        self.every_input()
        if self.sensed.checks is not None:
            self.directions()
        self.conclusion()

    # ---- a way from one input to another ----------------------------------------------------------------

    def start(self) -> None:
        self.say(
            en=f"A trained network looks at {'a picture' if self.sensed.pictured else 'an input'}, and gives scores.",
            ko=f"학습을 마친 신경망이 {'그림' if self.sensed.pictured else '입력'}을 보고 점수를 매긴다.",
        )
        self.at_first = where = opening(len(self.sensed.names), self.sensed.images is not None)
        top = where.pitch / 2 * (len(self.sensed.names) - 1) + where.middle
        head = top + enlarged(0.55)
        self.bars = Bars(self.sensed.names, self.sensed.output, where.left, where.right, top, where.pitch)
        part = len(self.sensed.names) < self.sensed.count
        heading = self.words(
            en=f"score{f', {len(self.sensed.names)} of {self.sensed.count}' if part else ''}",
            ko=f"점수{f' ({self.sensed.count}개 중 {len(self.sensed.names)}개)' if part else ''}",
            size=enlarged("label"),
            fill="muted",
        ).at([where.left, head, 0])
        self.bars.add(heading)
        if self.bars.power:
            tens = Formula(f"times 10^({self.bars.power})".replace("-", "−"), enlarged("label"), "muted")
            self.bars.add(tens.at([heading.get_right()[0] + 0.2, head, 0]))
        self.slider = Slider(where.slider, where.length)
        self.moving = Group(self.bars, self.slider)
        if self.sensed.images is not None:
            ends = [0, 1] if self.sensed.path is not None else [self.sensed.shown] * 2
            first, last = self.sensed.images[ends]
            self.blend = Blend(first, last, height_in(first, *where.most)).move_to(where.picture)
            self.moving.add(self.blend)
            self.play(FadeIn(self.blend, scale=0.95), run_time=0.7)
        self.bars.show(self.sensed.output[0])
        self.play(FadeIn(self.bars), run_time=0.7)

    def at(self, t: float) -> None:
        """Input and scores at a place of the way; between recorded points, scores are on a straight line."""
        self.bars.show(
            np.array([np.interp(t, self.sensed.path.t, column) for column in self.sensed.output.T])
        )
        self.slider.show(t)
        if self.sensed.images is not None:
            self.blend.show(t)

    def no_path(self) -> None:
        why = ("that takes two probe inputs", "입력이 둘 있어야 한다")
        if self.sensed.target.shape[1] > 1:
            why = (
                f"it has too many outputs, {self.sensed.count}",
                f"출력이 {self.sensed.count}개로 너무 많다",
            )
        self.say(
            en=f"This trace has no way from one input to another: {why[0]}. So, one input alone.",
            ko=f"이 기록에는 한 입력에서 다른 입력으로 가는 길이 없다. {why[1]}. 그래서 하나만 본다.",
        )
        self.graph = Group(self.bars)
        if self.sensed.images is not None:
            self.play(FadeOut(self.bars), self.blend.animate.move_to(body(0.0).center), run_time=0.8)
        elif not self.sensed.pictured:
            size, where = self.sensed.saliency.shape[1], self.at_first
            parts = [
                f"x_({n})" if n else "dots" for n in ((1, 2, 0, size) if size > 3 else range(1, size + 1))
            ]
            vector = Formula(f"x = ({', '.join(parts)})", pick(wide=46, tall=72, square=72))
            vector.move_to(np.add(where.slider, [where.length / 2, 0, 0]))
            self.play(FadeIn(vector), run_time=0.6)
            self.graph.add(vector)

    def walk(self) -> None:
        what = (
            ("one picture", "another", "그림") if self.sensed.pictured else ("one input", "another", "입력")
        )
        self.say(
            en=f"Now move it: from {what[0]} straight to {what[1]}, as t goes from 0 to 1. Watch the scores.",
            ko=f"이제 움직여 보자. t가 0에서 1까지 가면 한 {what[2]}에서 다른 {what[2]}으로 곧장 바뀐다.",
        )
        law = "x(t) = (1 - {{t : t}}) x_0 + {{t : t}} x_1"
        self.law = Formula(law, enlarged("label"), t="parameter").at(self.at_first.law)
        self.play(FadeIn(self.slider, self.law), run_time=0.5)
        self.play(
            UpdateFromAlphaFunc(self.moving, lambda _, alpha: self.at(alpha)),
            run_time=SECONDS,
            rate_func=smooth,
        )

    def turning(self) -> None:
        if self.sensed.count > 1:
            self.say(**self.sensed.turn())

    def graphs(self) -> None:
        self.say(
            en="The same way as graphs: the scores above, below the slope of each, from back-propagation.",
            ko="같은 길을 그래프로 그렸다. 위는 점수, 아래는 역전파로 구한 각 점수의 기울기이다.",
        )
        self.play(FadeOut(self.moving, self.law), run_time=0.5)
        sensed = self.sensed
        self.above, self.below = graphs(
            sensed.path.t, sensed.output, sensed.slope, sensed.names, sensed.steep
        )
        size, over = pick(wide=("tick", 0.1), tall=("label", 0.5), square=("label", 0.45))
        heads = (
            self.words(en="score $F$", ko="점수 $F$", size=size, fill="muted"),
            self.words(en="slope $dif F \\/ dif t$", ko="기울기 $dif F \\/ dif t$", size=size, fill="muted"),
        )
        for head, ways in zip(heads, (self.above, self.below), strict=True):
            x, y, _ = ways.plane.point(0.0, ways.plane.y_range[1])
            head.at([x + 0.3, y + over, 0])
        self.heads = VGroup(*heads)
        self.play(FadeIn(self.above.plane, self.heads[0]), run_time=0.4)
        self.play(*(Create(line) for line in self.above.lines), run_time=1.2, rate_func=linear)
        self.play(FadeIn(self.above.labels), run_time=0.4)
        self.play(FadeIn(self.below.plane, self.heads[1]), run_time=0.4)
        self.tangent = Segments([self.ends(0.0)], "tangent", 5)
        self.points = VGroup(dot(), dot(role="tangent"))
        mark(self.tangent, backdrop=True)
        self.play(FadeIn(self.tangent, self.points), run_time=0.3)
        moving = VGroup(self.tangent, self.points, *self.below.lines)
        self.play(
            UpdateFromAlphaFunc(moving, lambda _, alpha: self.glide(alpha, True)),
            run_time=SECONDS,
            rate_func=linear,
        )
        self.play(FadeIn(self.below.labels), run_time=0.4)

    def ends(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        return self.above.tangent(t, self.sensed.steep, self.below.at(t, self.sensed.steep))

    def glide(self, t: float, leaving: bool = False) -> None:
        """The tangent at t, and the slopes up to there."""
        self.tangent.set_ends(*self.ends(t))
        for point, ways in zip(self.points, (self.above, self.below), strict=True):
            point.move_to(ways.plane.point(t, ways.at(t, self.sensed.steep)))
        if leaving:
            self.below.until(t)

    def steepest(self) -> None:
        slopes = self.sensed.slope[:, self.sensed.steep]
        n, name = int(np.abs(slopes).argmax()), self.sensed.name(self.sensed.chosen[self.sensed.steep])
        self.stop, slope = float(self.sensed.path.t[n]), plain(float(slopes[n]), 3)
        self.say(
            en=f"Steepest of all: {name['en']} at t~=~{self.stop:.2f}, with a slope of {slope}.",
            ko=f"가장 가파른 곳은 {name['ko']}, t~=~{self.stop:.2f}이고 기울기는 {slope}이다.",
        )
        moving = VGroup(self.tangent, self.points)
        self.play(
            UpdateFromAlphaFunc(moving, lambda _, alpha: self.glide(1 + alpha * (self.stop - 1))),
            run_time=1.2,
        )

    def add_up(self) -> None:
        t, slope, output = (
            self.sensed.path.t,
            self.sensed.slope[:, self.sensed.steep],
            self.sensed.output[:, self.sensed.steep],
        )
        self.area = float(((slope[1:] + slope[:-1]) / 2 * np.diff(t)).sum())
        self.change = float(output[-1] - output[0])
        rough = abs(self.area - self.change) > ROUGH * float(np.ptp(output))
        self.say(
            en=f"Slopes add up: the area under them is {plain(self.area, 3)}, and the score changes by "
            f"{plain(self.change, 3)}" + (f": {len(t)} points are few." if rough else "."),
            ko=f"기울기를 쌓으면 변화가 된다. 넓이는 {plain(self.area, 3)}, 점수의 변화는 {plain(self.change, 3)}이다"
            + (f". {len(t)}점으로는 거칠다." if rough else "."),
        )
        self.shade = self.below.area(self.sensed.steep)
        self.sums = told = sums(self.change, self.area, self.heads)
        self.play(FadeIn(self.shade), FadeIn(told[2:]), run_time=0.8)
        self.play(FadeIn(told[:2]), run_time=0.5)
        self.graph = Group(self.above, self.below, self.heads, self.tangent, self.points, self.shade, told)

    # ---- every input at once ----------------------------------------------------------------------------

    def every_input(self) -> None:
        sensed = self.sensed
        what, each = (("a picture", "그림"), ("pixel", "픽셀"))
        if not sensed.pictured:
            what, each = (("an input", "입력"), ("number in it", "입력값"))
        self.say(
            en=f"That was one way to change {what[0]}. Now every {each[0]} by itself: how does the score change?"
            if sensed.path is not None
            else f"Change every {each[0]} by itself: how does the score change?",
            ko=f"{what[1]}을 바꾸는 한 가지 길이었다. 이제 {each[1]}을 하나씩 따로 바꾸면 점수가 얼마나 변할까?"
            if sensed.path is not None
            else f"{each[1]}을 하나씩 따로 바꾸면 점수가 얼마나 변할까?",
        )
        self.places = places = Places(self, sensed)
        places.enlarge()
        self.rest = Group(places.law)
        if places.input is not None:
            self.rest.add(places.input)
        if sensed.path is None and places.input is not None:
            to_its_place = self.blend.animate.match_height(places.input).move_to(places.input)
            self.play(to_its_place, FadeIn(places.law), run_time=0.8)
            self.remove(self.blend)
            self.add(places.input)
        else:
            self.play(FadeOut(self.graph), run_time=0.5)
            self.play(FadeIn(self.rest), run_time=0.6)
        en, ko = "where it is vivid, the score depends on the picture.", "뚜렷한 곳일수록 점수가 민감하다."
        if places.order is not None:
            shown, count = len(places.order), sensed.saliency.shape[1]
            en = f"here {shown} of {count}, those that count most." if shown < count else "up or down."
            ko = (
                f"가장 민감한 {shown}개이다 (모두 {count}개)."
                if shown < count
                else "오르기도 하고 내리기도 한다."
            )
        self.say(en=f"One backward pass gives them all; {en}", ko=f"역전파 한 번으로 모두 나온다. {ko}")
        if moves := places.settle():
            self.play(*moves, run_time=0.8)
        for look in places.looks:
            self.rest.add(look)
            self.play(FadeIn(look), run_time=0.9)
        if len(places.looks) > 1 and sensed.pictured:
            before, after = (f"{sensed.dim(n):.0%}" for n in (0, 1))
            self.say(
                en=f"Faint: changes there hardly matter. That half has {after} of it all; before, it had {before}.",
                ko=f"흐린 곳은 바꾸어도 점수가 거의 그대로이다. 흐린 절반의 몫: 학습 전 {before}, 학습 후 {after}.",
            )

    # ---- does it matter which way ------------------------------------------------------------------------

    def directions(self) -> None:
        found, n = self.sensed.checks, self.sensed.shown
        derivative, quotient = found.derivative[-1, n], found.quotient[-1, n]
        self.say(
            en="Does it matter which way one goes? Take directions of length 1, and measure the slope twice.",
            ko="어느 쪽으로 가느냐가 중요할까? 길이가 1인 방향들에서 기울기를 두 가지로 재 보자.",
        )
        inline, fraction = "(F(x + h u) - F(x - h u)) \\/ 2h", "(F(x + h u) - F(x - h u)) / (2h)"
        quotient_law = pick(wide=inline, tall=fraction, square=fraction)
        heads = (
            self.words(en="direction $u$", ko="방향 $u$", size=enlarged("label"), fill="muted"),
            Formula("nabla F dot u", enlarged("label"), "tangent"),
            Formula(quotient_law, pick(wide="tick", tall="label", square="label"), "muted"),
        )
        names = [
            self.words(
                en="along the gradient" if k == 0 else f"random, {k}",
                ko="그래디언트 방향" if k == 0 else f"아무 방향 {k}",
                size=enlarged("body"),
            )
            for k in range(len(found.directions))
        ]
        self.table = Directions(heads, names, derivative, quotient)
        self.play(FadeOut(self.rest), run_time=0.5)
        self.play(FadeIn(self.table.heads), run_time=0.5)
        for row in self.table.rows:
            self.play(FadeIn(row, shift=DOWN * 0.1), run_time=0.7)
        spec = ",.0f" if self.table.ratio >= 10 else ".1f"
        told = format(self.table.ratio, spec)
        agree = float(found.error[-1, n].max()) < AGREE
        self.say(
            en=f"{'Both ways' if agree else 'The two nearly'} agree. And a random direction does {told} times less!",
            ko=f"두 값이 {'거의 같다' if agree else '비슷하다'}. 그런데 아무 방향은 그래디언트의 {told}분의 1이다!",
        )
        large, x, y = pick(wide=(110, 0.3, -2.35), tall=(150, 1.0, -4.0), square=(170, 0.9, -3.2))
        times = Number(self.table.ratio, spec, large, "tangent", anchor=RIGHT, width=12).at([x, y, 0])
        sign = Formula("times", large * 8 / 11, "muted").move_to([x + large / 200, times.get_center()[1], 0])
        self.play(FadeIn(times, sign, shift=UP * 0.1), run_time=0.6)
        self.rest = Group(self.table, times, sign)

    def conclusion(self) -> None:
        many = self.sensed.checks is not None and self.table.ratio > LOST
        self.say(
            en="So noise hardly moves an answer, and a small change that follows the gradient can."
            if many
            else "Of all small changes, the gradient points out the one that moves the answer most.",
            ko="그래서 잡음은 답을 거의 움직이지 못하지만, 그래디언트를 따르는 작은 변화는 움직일 수 있다."
            if many
            else "모든 작은 변화 가운데 답을 가장 많이 움직이는 방향을 그래디언트가 가리킨다.",
        )
        self.play(FadeOut(self.rest), run_time=0.5)
        law = "dif {{F : f}} = {{nabla F : g}} dot dif {{x : x}}"
        large = pick(wide=96, tall=100, square=140)
        self.play(FadeIn(Formula(law, large, f="function", g="tangent", x="parameter"), shift=UP * 0.15))
        self.wait(0.8)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        sensed = self.sensed
        size = float(np.abs(sensed.output).max()) or 1.0
        apart = np.abs(self.bars.values() - sensed.output[-1]).max() / size
        self.claim("the last scores, of the largest", float(apart), 0.0, 1e-4)
        if sensed.path is not None:
            for what, ways, numbers in (
                ("score", self.above, sensed.output),
                ("slope", self.below, sensed.slope),
            ):
                for n in (0, len(sensed.path.t) - 1):
                    point = ways.lines[sensed.steep].points[0 if n == 0 else -1]
                    true = float(numbers[n, sensed.steep])
                    self.claim(
                        f"the {what} at t = {sensed.path.t[n]:g}", ways.plane.numbers(point)[1], true, 1e-4
                    )
            drawn = self.above.plane.slope_of(self.tangent)
            self.claim("the slope of the tangent", drawn / self.below.at(self.stop, sensed.steep), 1.0, 1e-4)
            shaded = self.below.integral(self.shade) / (self.area or 1.0)
            self.claim("the shaded area, of the true one", shaded, float(self.area != 0), 1e-2)
            self.claim("the change of the score", value(self.sums[1].markup), self.change, 5e-3)
            if sensed.images is not None:
                off = np.abs(self.blend.image.pixel_array[..., :3].astype(int) - sensed.images[1]).max()
                self.claim("the picture at the end of the way", float(off), 0.0)
        self.places.verify(self)
        if sensed.checks is not None:
            measured = [of[-1, sensed.shown] for of in (sensed.checks.derivative, sensed.checks.quotient)]
            true = np.stack(measured, axis=1).astype(float)
            off = np.abs(self.table.numbers() - true) / np.maximum(np.abs(true), 1e-30)
            self.claim("slopes by direction, relative", float(off.max()), 0.0, 1e-3)
