"""From probability to recommendation · 확률에서 추천으로

Hunger walks every dish along f′, and the height that it reaches there decides what is recommended.

배고픔이 커지면 음식들이 도함수 f′ 위를 걷고, 그 자리의 높이가 추천을 바꾼다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    DL,
    DOWN,
    DR,
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    LaggedStart,
    RoundedRectangle,
    UpdateFromAlphaFunc,
    ValueTracker,
    VGroup,
    VMobject,
    linear,
    rush_into,
    smooth,
)
from numpy.typing import NDArray

from derivviz.animation import Formula, Lesson, Morph, Number, Words, parameter
from derivviz.animation.hunger import COLUMN, EDGE, Photo, Reigns, Slider, Walkers
from derivviz.animation.lines import Segments
from derivviz.animation.placing import place
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import Indices, Ranking
from derivviz.animation.stage import color
from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, df
from derivviz.calculus.score import (
    DISHES,
    HUNGERS,
    changes,
    course,
    multiplier,
    operating_point,
    scores,
    worth,
)
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.names import display

Array = NDArray[np.float64]
MOST = 6  # rows that fit the picture
SWAP = 0.28  # half the stretch of hunger over which two rows change places
PUBLISHED = {"pasta": 1.69, "chicken": 2.05, "salad": 1.43}  # at h = 6, each of a picture of its own
PUBLISHED_HUNGER = 6.0
PUBLISHED_LOSS = 132_383_768  # of the last epoch of the published log
COUNT = {2: ("two", "두"), 3: ("three", "세"), 4: ("four", "네"), 5: ("five", "다섯"), 6: ("six", "여섯")}


class Score(Lesson):
    """Score adjustment of a held-out picture of a recorded run, and of the published case."""

    requires = ("evaluation",)

    @dataclass(frozen=True)
    class Parameters:
        image: int = parameter(
            -1, "Number of the held-out picture, from 0; -1 is the one where hunger matters most", minimum=-1
        )
        hunger: float = parameter(6.0, "Hunger to rest on at last", minimum=0, maximum=10)

    def construct(self) -> None:
        self.prepare()
        self.title()
        self.the_picture()
        self.the_places()
        self.the_multipliers()
        self.the_walk()
        self.the_fall()
        self.the_rest()
        self.the_explosion()
        self.the_published()
        self.the_riddle()
        self.the_end()

    # ---- what the run gives -----------------------------------------------------------------------------

    def prepare(self) -> None:
        """Picture, probabilities and changes of the recommendation, worked out first."""
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
        image = self.parameters.image
        if image >= len(last):
            raise UsageError(f"--image is {image}, but the pictures of this trace are 0 … {len(last) - 1}")
        if image < 0:
            image = int(able[np.argmax([worth(p) for p in last[able]])])
        elif image not in able:
            raise UsageError(f"the network answers NaN to picture {image}: try --image {able[0]}")
        self.image, self.all_p = image, last[image]
        self.pixels = evaluation.thumbnails[image]
        self.target = None if evaluation.target is None else int(evaluation.target[image])
        known = self.trace.attrs.get("classes") or [f"class {i}" for i in range(len(self.all_p))]
        self.classes = [str(name) for name in known]
        self.shown = shown(self.all_p)
        self.p = self.all_p[self.shown]
        self.changes = changes(self.all_p)

    def best(self, hunger: float) -> int:
        """The class that is recommended."""
        return int(np.argmax(scores(self.all_p, hunger)))

    def name(self, i: int) -> str:
        return self.choose(**display(self.classes[i]))

    # ---- the beats --------------------------------------------------------------------------------------

    def the_picture(self) -> None:
        toy = bool(self.trace.attrs.get("toy_sample"))
        self.say(
            en=f"A trained network sees this picture {'of the toy sample ' if toy else ''}for the first time.",
            ko=f"학습을 마친 신경망이 {'장난감 데이터에서 ' if toy else ''}처음 보는 사진이다.",
        )
        self.picture = Photo(self.pixels, 4.2).move_to([-4.45, 0.25, 0])
        self.truth = VGroup()
        self.play(FadeIn(self.picture, scale=0.95), run_time=0.8)
        verdict = {"en": "", "ko": "이다"}
        first = int(np.argmax(self.all_p))
        if self.target is not None:
            told = display(self.classes[self.target])
            label = self.words(
                en=f"truth: {told['en']}", ko=f"정답: {told['ko']}", size="label", fill="muted"
            )
            self.truth.add(label.next_to(self.picture, DOWN, 0.2))
            self.play(FadeIn(label), run_time=0.4)
            verdict = {"en": ", and it is wrong", "ko": "인데, 틀렸다"}
            if first == self.target:
                verdict = {"en": ", and it is right", "ko": "이고, 맞았다"}

        number = COUNT.get(len(self.all_p), (str(len(self.all_p)), str(len(self.all_p))))
        told = display(self.classes[first])
        self.say(
            en=f"Its answer: {number[0]} probabilities. It bets on {told['en']}{verdict['en']}.",
            ko=f"신경망은 {number[1]} 가지 확률로 답한다. 가장 큰 것은 {told['ko']}{verdict['ko']}.",
        )
        names = [self.name(int(i)) for i in self.shown]
        spec = precision(self.p, scores(self.all_p, self.parameters.hunger)[self.shown])
        span = reach(self.all_p, self.shown)
        self.chart = Ranking(names, self.shown, self.p, span, spec, left=COLUMN, end=EDGE - 0.85)
        self.chart.unfold(0.0)
        self.chart.lead(int(np.argmax(self.p)), "ink")
        self.play(FadeIn(self.chart.labels), run_time=0.5)
        self.play(
            UpdateFromAlphaFunc(
                self.chart.rest, lambda _, alpha: self.chart.put_p(alpha * self.p), rate_func=smooth
            ),
            run_time=1.5,
        )
        self.check_bars(self.p)

    def the_places(self) -> None:
        self.say(
            en="But how hungry are you? Hunger h gives every dish a place on the x-axis.",
            ko="그런데 얼마나 배고픈가? 배고픔 h가 음식마다 x축 위의 자리를 정한다.",
        )
        self.lay_out_plane()
        self.law_x = Formula("x_i = 4 {{h : h}} slash 10 - 3 + 0.3 i", 44, h="parameter")
        self.law_x.move_to([COLUMN, 2.45, 0], LEFT)
        self.slider = Slider(self)
        size, corner = self.under_the_hill()
        self.play(
            FadeOut(self.truth),
            self.picture.animate.resize(size).move_to(corner),
            UpdateFromAlphaFunc(self.chart.rest, lambda _, alpha: self.chart.unfold(alpha), rate_func=smooth),
            run_time=1.2,
        )
        self.play(FadeIn(self.plane, self.zeros, self.slider), run_time=0.7)
        self.bring_to_front(self.picture)
        self.driver = VMobject()  # what is added after it is drawn anew in every frame
        self.add(self.driver)
        self.h, self.share, self.order, self.calm = (ValueTracker(0.0) for _ in range(4))
        self.ranks = Ranks(self.all_p, self.shown)
        self.walkers.draw(0.0, 0.0)
        self.play(FadeIn(self.law_x), FadeIn(self.walkers, shift=DOWN * 0.2), run_time=0.8)
        self.bring_to_front(self.slider.moving, self.chart.rest)
        self.driver.add_updater(lambda _: self.pose())
        self.go(10.0, 1.8)
        self.go(0.0, 1.2)
        self.check_points()

    def lay_out_plane(self) -> None:
        """The plane of f′ with room for all the walk."""
        ends = np.concatenate([operating_point(self.shown, 0.0), operating_point(self.shown, 10.0)])
        self.plane = Plane(
            (float(ends.min()) - 0.7, float(ends.max()) + 0.45),
            (min(float(df(ends).min()), -20.0) - 6, DERIVATIVE_PEAK[1] + 6),
            5.4,
            4.75,
            names=("x", ""),
            most_ticks=(8, 4),
        ).move_to([-4.25, -0.33, 0])
        self.plane.remove(self.plane.grid)  # the points carry numbers that would lie on it
        self.curve = self.plane.curve(df, role="tangent")
        self.plane.keep_clear(self.curve)
        self.walkers = Walkers(self.plane, self.shown)
        self.zeros = VGroup(
            *(
                Formula(f"{x:g}".replace("-", "−"), "tick", "muted").next_to(
                    self.plane.point(x, 0.0), side, 0.13
                )
                for x, side in zip(DERIVATIVE_ZEROS, (DR, DL), strict=True)
            )
        )

    def under_the_hill(self) -> tuple[float, Array]:
        """Size and middle of a square that fits between the curve, the axes and their numbers."""
        foot, home = self.plane.point(-3.2, self.plane.y_range[0]), self.plane.point(0.0, 0.0)
        beside = [t.get_left()[0] for t in self.plane.tick_labels if t.get_y() < home[1] - 0.5]
        room = np.array([min([home[0], *beside]) - 0.12, home[1] - 0.45, 0.0]) - foot
        return float(min(1.65, *room[:2])), foot + room / 2

    def the_multipliers(self) -> None:
        self.say(
            en="There the derivative f′ sets a multiplier: 1 at its zeros, 2.2 at its top.",
            ko="도함수 f′의 값이 배율을 정한다. 0이면 1배, 꼭대기에서는 2.2배이다.",
        )
        self.curve_name = Formula("f'(x) = -6 x^2 - 12 x + 18", "label", "tangent")
        self.curve_name.move_to([-6.85, 2.45, 0], LEFT)
        self.play(Create(self.curve), FadeIn(self.curve_name), run_time=1.2, rate_func=linear)
        self.bring_to_front(self.walkers)
        self.play(FadeIn(self.chart.factors), run_time=0.5)
        self.play(self.share.animate.set_value(1.0), run_time=1.8)
        self.check_points()

        self.say(
            en="Score = probability × multiplier. The highest score is recommended.",
            ko="점수는 확률과 배율의 곱이다. 점수가 가장 높은 음식을 추천한다.",
        )
        self.law = self.law_with("p_i")
        self.crown = self.crowned(self.chart)
        self.play(FadeIn(self.law, shift=UP * 0.15), run_time=0.8)
        self.play(FadeIn(self.crown), run_time=0.4)
        self.bring_to_front(self.chart.rest, self.chart.factors)
        self.play(self.order.animate.set_value(1.0), self.calm.animate.set_value(1.0), run_time=1.2)
        self.check_all(0.0)

    def the_walk(self) -> None:
        ahead = int(self.shown[-1])
        told = display(self.classes[ahead])
        self.say(
            en=f"Now let hunger grow. Number {ahead}, {told['en']}, reaches the top first.",
            ko=f"이제 배고픔을 키워 보자. 맨 앞의 {ahead}번 음식이 가장 먼저 꼭대기에 닿는다.",
        )
        winners = [self.name(i) for i in (self.best(0.0), *(after for _, _, after in self.changes))]
        self.reigns = Reigns(self.slider, [h for h, _, _ in self.changes], winners)
        if not self.changes:
            self.go(10.0, 6.0)
            told = display(self.classes[self.best(0.0)])
            self.say(
                en=f"Here nothing changes: it is {told['en']} all the way, its probability is too large.",
                ko=f"이 사진에서는 끝까지 그대로 {told['ko']}이다. 확률이 너무 크기 때문이다.",
            )
        for k, (h, before, after) in enumerate(self.changes):
            end = self.changes[k + 1][0] if k + 1 < len(self.changes) else 10.0
            stop = min(h + 0.45, (h + end) / 2)
            seconds = max(1.2, (1.1 if k == 0 else 0.75) * (stop - self.h.get_value()))
            if k == 0:
                self.go(stop, seconds)
            new, old = display(self.classes[after]), display(self.classes[before])
            what = ("the recommendation changes", "바뀐다") if k == 0 else ("it changes again", "또 바뀐다")
            self.say(
                en=f"At h = {h:.1f} {what[0]}: {new['en']} instead of {old['en']}.",
                ko=f"h = {h:.1f}에서 추천이 {what[1]}. {old['ko']} 대신 {new['ko']}이다.",
            )
            if k:
                self.go(stop, seconds)
            self.play(
                Indicate(self.chart.labels_of(after), 1.12, color("positive")),
                FadeIn(*self.reigns.until(k)),
                run_time=0.9,
            )
            self.check_all(stop)

    def the_fall(self) -> None:
        factors = multiplier(self.shown, 10.0)
        worst = int(np.argmin(factors))
        told, lowest = (
            display(self.classes[int(self.shown[worst])]),
            f"{factors[worst]:.2f}".replace("-", "−"),
        )
        self.say(
            en=f"First up, first down: at h = 10 {told['en']} is multiplied by {lowest}!",
            ko=f"먼저 오르면 먼저 떨어진다. h = 10에서 {told['ko']}의 배율은 {lowest}이다!",
        )
        self.go(10.0, max(1.0, 0.6 * (10 - self.h.get_value())))
        level = self.plane.point(np.array([0.12, self.plane.x_range[1]]), -20.0)
        self.zero = VGroup(Segments([level], "muted", 3), Formula("times 0", "tick", "muted"))
        scene = [self.plane, self.curve, self.zero[0], self.walkers, self.zeros]
        place(self.zero[1], level[0] + RIGHT * 0.4, scene, (DOWN, UP))
        self.play(FadeIn(self.zero, *self.reigns.until(len(self.changes))), run_time=0.5)
        self.play(Indicate(self.chart.rows[worst].m, 1.15, color("tangent")), run_time=0.9)
        self.check_all(10.0)

    def the_rest(self) -> None:
        h = self.parameters.hunger
        told = display(self.classes[self.best(h)])
        self.say(
            en=f"At h = {h:g} the recommendation for this picture is {told['en']}.",
            ko=f"h = {h:g}일 때 이 사진의 추천은 {told['ko']}이다.",
        )
        self.play(FadeOut(self.zero), run_time=0.3)
        self.go(h, 2.0)
        self.check_all(h)

    def the_explosion(self) -> None:
        self.say(
            en="The original training exploded: a published loss of 132 million.",
            ko="원래 프로젝트의 학습은 폭발했다. 발표된 손실이 1억 3천만을 넘었다.",
        )
        self.driver.clear_updaters()
        self.driver.add_updater(lambda _: self.slider.draw(self.h.get_value()))
        self.play(
            FadeOut(self.crown, self.chart.rest, self.chart.factors, self.picture, self.reigns),
            self.h.animate.set_value(PUBLISHED_HUNGER),
            run_time=0.8,
        )
        head = self.words(en="loss", ko="손실", size="body", fill="muted").at([COLUMN, 0.55, 0])
        self.loss = Number(0, ",.0f", 60, "loss").at([head.get_right()[0] + 0.35, 0.55, 0])
        self.add(self.loss)
        self.play(
            FadeIn(head),
            UpdateFromAlphaFunc(
                self.loss, lambda m, alpha: m.set_value(alpha * PUBLISHED_LOSS), rate_func=rush_into
            ),
            run_time=1.6,
        )
        self.claim("the published loss", self.loss.value, PUBLISHED_LOSS)
        self.say(
            en="Outputs so far apart leave softmax only extremes: p is 1 or 0.",
            ko="출력이 이렇게 벌어지면 소프트맥스가 내는 확률 p는 1 아니면 0이다.",
        )
        either = self.choose(en="or", ko="또는")
        softmax = Formula(f'p_i = frac(e^(z_i), sum_j e^(z_j)) = 1 quad "{either}" quad 0', 50)
        softmax.move_to([COLUMN, -0.75, 0], LEFT)
        self.play(FadeIn(softmax, shift=UP * 0.15), run_time=0.8)
        self.saturated = VGroup(head, self.loss, softmax)

    def the_published(self) -> None:
        self.say(
            en="With p = 1 the multiplier is the score: just as published for h = 6.",
            ko="p = 1이면 배율이 곧 점수이다. h = 6을 넣으면 발표된 점수와 같다.",
        )
        index = np.arange(len(DISHES))
        names = [self.choose(**display(name)) for name in DISHES]
        certain = np.ones(len(DISHES))
        self.table = Ranking(names, index, certain, (0.0, 2.2), ".0f", left=COLUMN, end=4.8, shift=-0.6)
        self.arrivals = Walkers(self.plane, index)
        self.arrivals.draw(PUBLISHED_HUNGER, 1.0)
        bare = self.law_with("1 dot")
        self.play(
            FadeOut(self.saturated, self.walkers), FadeIn(self.arrivals), Morph(self.law, bare), run_time=0.8
        )
        self.law = bare
        self.table.draw(multiplier(index, PUBLISHED_HUNGER))
        self.sources: dict[str, Words] = {}
        for published in (True, False):
            rows = VGroup()
            for name, row in zip(DISHES, self.table.rows, strict=True):
                if (name in PUBLISHED) == published:
                    source = (
                        self.words(en="published", ko="발표값", size="tick")
                        if published
                        else self.words(en="computed", ko="계산값", size="tick", fill="muted")
                    )
                    self.sources[name] = self.note(name, source)
                    rows.add(VGroup(row.labels, row.factors, row.measure, source))
            self.play(
                LaggedStart(*(FadeIn(row, shift=RIGHT * 0.2) for row in rows), lag_ratio=0.5), run_time=1.6
            )
            self.wait(0.3)
        self.check_published()

    def the_riddle(self) -> None:
        self.say(
            en="But the published recommendation was salad, 1.43. Chicken has 2.05!",
            ko="그런데 발표된 추천은 1.43점인 샐러드였다. 치킨이 2.05점인데 왜일까?",
        )
        salad, chicken = DISHES.index("salad"), DISHES.index("chicken")
        chosen = self.note("salad", self.words(en="recommended", ko="추천", size="tick"))
        self.table.lead(salad, "positive")
        self.play(
            FadeOut(self.sources.pop("salad")),
            FadeIn(chosen),
            Indicate(self.table.labels_of(salad), 1.12, color("positive")),
            run_time=1.0,
        )
        higher = self.table.rows[chicken]
        self.play(
            higher.bar.animate.set_fill(color("ink"), opacity=1),
            Indicate(higher.score, 1.3, color("ink")),
            run_time=1.0,
        )

        self.say(
            en="Each score had its own picture. For the salad picture all other p are 0.",
            ko="점수마다 사진이 달랐다. 샐러드 사진에서는 나머지 p가 모두 0이다.",
        )
        alone = np.eye(len(DISHES))[salad]
        whole = self.law_with("p_i")
        self.play(FadeOut(*self.sources.values()), Morph(self.law, whole), run_time=0.6)
        self.law = whole
        self.play(
            UpdateFromAlphaFunc(
                VGroup(self.table.rest, self.table.factors),
                lambda _, alpha: self.table.put_p(1 - alpha * (1 - alone)),
                rate_func=smooth,
            ),
            run_time=1.6,
        )
        self.sources = {"salad": chosen}
        for name, drawn, true in zip(
            DISHES, self.table.lengths(), scores(alone, PUBLISHED_HUNGER), strict=True
        ):
            self.claim(f"the score of {name} for the picture of a salad", drawn, float(true))

    def the_end(self) -> None:
        self.say(
            en="Where a network hesitates, f′ can tip the scales. Where p is 0, it stays 0.",
            ko="신경망이 망설이면 f′이 추천을 바꿀 수 있다. p가 0이면 몇 배를 해도 0이다.",
        )
        self.wait(0.8)
        self.play(
            FadeOut(self.table.rest, self.table.factors, self.arrivals, *self.sources.values()), run_time=0.6
        )
        self.play(
            FadeIn(self.crown, self.reigns, self.picture, self.walkers),
            FadeIn(self.chart.rest, self.chart.factors),
            run_time=0.8,
        )
        self.driver.clear_updaters()
        self.h.set_value(self.parameters.hunger)
        self.driver.add_updater(lambda _: self.pose())
        self.play(Indicate(self.chart.labels_of(self.best(self.parameters.hunger)), 1.12, color("positive")))
        self.wait(0.6)

    # ---- moving -----------------------------------------------------------------------------------------

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

    def go(self, hunger: float, seconds: float) -> None:
        """Walk to another hunger and let the rows come to rest there."""
        self.play(
            self.h.animate.set_value(hunger),
            self.calm.animate(rate_func=lambda t: min(1.0, 4 * t)).set_value(0.0),
            run_time=seconds,
            rate_func=smooth,
        )
        if self.order.get_value():
            self.play(self.calm.animate.set_value(1.0), run_time=0.3)

    def crowned(self, chart: Ranking) -> VGroup:
        """The place of what is recommended: a tint behind the top row, and its name above."""
        plate = RoundedRectangle(0.1, height=chart.step * 0.98, width=EDGE - COLUMN + 0.25, stroke_width=0)
        plate.set_fill(color("positive"), opacity=0.14).move_to([(COLUMN + EDGE) / 2, chart.top, 0])
        name = self.words(en="recommended", ko="추천", size="label", fill="positive")
        return VGroup(plate, name.next_to(plate, UP, 0.1).set_x(EDGE, RIGHT))

    def law_with(self, p: str) -> Formula:
        """The score of dish i, with its probability written as `p`."""
        score = self.choose(en="score", ko="점수")
        markup = f'"{score}"_i = {{{{{p} : p}}}} (1 + {{{{f\'(x_i) : f}}}} slash 20)'
        return Formula(markup, 44, f="tangent").move_to([COLUMN, 1.75, 0], LEFT)

    def note(self, dish: str, words: Words) -> Words:
        """Words at the right end of a row of the published table."""
        return words.at([0, self.table.rows[DISHES.index(dish)].y - 0.1, 0]).set_x(EDGE, RIGHT)

    # ---- claims -----------------------------------------------------------------------------------------

    def check_bars(self, values: Array) -> None:
        for i, drawn, value in zip(self.shown, self.chart.lengths(), values, strict=True):
            self.claim(f"the bar of {self.classes[i]}", drawn, float(value))

    def check_points(self) -> None:
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

    def check_published(self) -> None:
        for i, (name, row) in enumerate(zip(DISHES, self.table.rows, strict=True)):
            true = float(scores(np.eye(len(DISHES))[i], PUBLISHED_HUNGER)[i])
            self.claim(f"the bar of {name} with p = 1", self.table.lengths()[i], true)
            written = float(row.score.text(row.score.value))
            self.claim(f"the score of {name}", written, PUBLISHED.get(name, round(true, 2)), 0)

    def verify(self) -> None:
        self.check_all(self.parameters.hunger)
        drawn = np.asarray(self.picture.image.pixel_array)[..., :3].astype(float)
        wrong = np.abs(drawn - np.asarray(self.trace.evaluation.thumbnails)[self.image])
        self.claim("the picture is the one of the trace", float(wrong.max()), 0.0)
        for limit, (_, before, after) in zip(self.reigns.limits, self.changes, strict=True):
            h = self.slider.hunger(limit)
            pair = scores(self.trace.evaluation.probabilities[-1, self.image], h)[[before, after]]
            self.claim(f"two dishes are level at h = {h:.1f}", float(pair[0]), float(pair[1]))


# ---- the mathematics of the picture ---------------------------------------------------------------------


def shown(p: Array) -> Indices:
    """The dishes that the picture has room for: all that are ever recommended, then the highest scores."""
    value = course(p)
    ever = np.bincount(value.argmax(axis=1), minlength=len(p)) > 0
    best = sorted(range(len(p)), key=lambda i: (not ever[i], -value[:, i].max()))
    return np.sort(np.array(best[:MOST], np.int64))


def reach(p: Array, index: Indices) -> tuple[float, float]:
    """Least and largest score, or probability, that the bars will ever show."""
    value = np.concatenate([course(p), p[None]])[:, index]
    return min(0.0, float(value.min())), float(value.max())


def precision(p: Array, value: Array) -> str:
    """How many decimals tell the two largest probabilities, and the two largest scores, apart: 2 or 3."""
    for numbers in (p, value):
        second, first = np.sort(numbers)[-2:]
        if f"{second:.2f}" == f"{first:.2f}":
            return ".3f"
    return ".2f"


class Ranks:
    """The place of each dish as hunger goes on: 0 for the highest score, gliding where two change places."""

    def __init__(self, p: Array, index: Indices) -> None:
        value = course(p)[:, index]
        self.hard = np.argsort(np.argsort(-value, axis=1, kind="stable"), axis=1).astype(float)
        half = round(SWAP * 100)
        kernel = np.hanning(2 * half + 1) / np.hanning(2 * half + 1).sum()
        padded = np.pad(self.hard, ((half, half), (0, 0)), mode="edge")
        self.soft = np.stack([np.convolve(column, kernel, "valid") for column in padded.T], axis=1)

    def at(self, h: float, calm: float) -> Array:
        """Places at hunger `h`; gliding where `calm` is 0, whole numbers where it is 1."""
        soft = np.array([np.interp(h, HUNGERS, column) for column in self.soft.T])
        return (1 - calm) * soft + calm * self.hard[int(np.clip(round(h * 100), 0, 1000))]


# ---- parts ----------------------------------------------------------------------------------------------
