"""Easy and hard: the focal loss · 쉬운 것과 어려운 것: 초점 손실

A recorded contest of losses: nearly all decisions of a detector are easy, and what they do to its weights is
decided by the derivative of the loss.

기록된 손실들의 대결을 본다. 검출기가 내리는 판단은 거의 모두 쉽다. 쉬운 판단이 가중치에 무엇을 하는지는 손실의
도함수가 정한다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup

from derivviz.animation import Formula, Number, parameter
from derivviz.animation.detections import View, legend, pixels_of
from derivviz.animation.focal import Precisions, Tenths, focal_formula, graph
from derivviz.animation.focal_lesson import KOREAN, PLURALS, ROLES, FocalLesson, spot
from derivviz.animation.frame import pick
from derivviz.animation.lines import dot
from derivviz.animation.placing import place
from derivviz.animation.plane import Plane
from derivviz.calculus.focal import GAMMAS, at_loss, loss, pull
from derivviz.trace.focal import FOCAL, PLAIN, Contest

EASY, SURE, HARD = 0.9, 0.95, 0.2  # from where a decision is called easy; those that are followed
CLEAR = 0.02  # difference of precisions from which one is called better


class Focal(FocalLesson):
    """The family of losses, its derivative, and what it did in a recorded training."""

    requires = ("loss/gamma0", "mass/gamma2/9", "as_if/gamma2/9", "count/9", "objects/gamma2")
    recorded_by = "focal"
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        picture: int = parameter(
            0, "Test picture of the trace, from 1; 0: the one with the largest of the rarest", minimum=0
        )

    def construct(self) -> None:
        self.run = Contest(self.trace)
        self.shown = self.run.picture(self.parameters.picture)
        most, rare = self.run.classes[0], self.run.classes[self.run.rare]
        self.most_en, self.rare_en = (PLURALS.get(name, name) for name in (most, rare))
        self.most_ko, self.rare_ko = (KOREAN.get(name, name) for name in (most, rare))
        self.title()
        self.questions()
        self.imbalance()
        self.cross_entropy()
        self.focus()
        self.derivative()
        self.recorded()
        self.side_by_side()
        self.found()
        self.conclusion()

    # ---- the task ---------------------------------------------------------------------------------------

    def questions(self) -> None:
        run = self.run
        rows, columns = run.places
        self.view = View(self.shown.pixels, spot("picture").size, spot("picture").at)
        self.say(
            en=f"A detector looks at {rows * columns} places of a picture, and asks the same at each.",
            ko=f"검출기는 그림의 {rows * columns}곳을 보고, 곳마다 같은 것을 묻는다.",
        )
        self.play(FadeIn(self.view), run_time=0.8)
        grid = self.view.grid(rows, columns)
        self.play(FadeIn(grid), run_time=1.0)
        asked = self.questions_asked()
        self.play(FadeIn(asked, lag_ratio=0.3), run_time=1.2)
        self.say(
            en=f"That makes {run.decisions:,} decisions. Yes is right in {run.positives:.0f} of them, on average.",
            ko=f"판단은 모두 {run.decisions:,}번이다. 그 가운데 ‘예’가 맞는 것은 평균 {run.positives:.0f}번뿐이다.",
        )
        size = spot("first word").size
        told = self.words(en="decisions a picture", ko="그림 한 장의 판단", fill="muted", size=size)
        self.decisions = self.counted("first", run.decisions, told)
        what = self.words(en="of them: yes", ko="그중 ‘예’", fill="muted", size=size)
        yes = self.counted("second", run.positives, what, "positive")
        self.play(FadeOut(asked), run_time=0.3)
        self.play(FadeIn(self.decisions, told), run_time=0.6)
        self.boxes = self.view.outline(self.shown.boxes, "positive", 3)
        self.play(FadeOut(grid), FadeIn(self.boxes, yes, what), run_time=0.9)
        self.aside = Group(self.decisions, told, yes, what)

    def imbalance(self) -> None:
        many, few = self.run.train_boxes[0], self.run.train_boxes[self.run.rare]
        self.say(
            en=f"And some things are rare: {many:,} {self.most_en} to learn from, but {few:,} {self.rare_en}.",
            ko=f"드문 것도 있다. 학습할 {self.most_ko}: {many:,}개, {self.rare_ko}: {few:,}개.",
        )
        self.rows = self.boxes_of_classes()
        self.play(FadeOut(self.aside), run_time=0.4)
        self.play(FadeIn(self.rows, shift=RIGHT * 0.2), run_time=0.8)
        self.around = Group(self.view, self.boxes, self.rows)

    # ---- the loss ---------------------------------------------------------------------------------------

    def cross_entropy(self) -> None:
        self.say(
            en="Let p be the probability given to the right answer. Cross-entropy charges −ln p.",
            ko="정답에 준 확률을 p라 하자. 교차 엔트로피는 −ln p를 손실로 매긴다.",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        where, below = spot("curves"), spot("loss")
        self.plane = Plane((0, 1), (0, 2.5), *where.sides, ("p", "L"), (10, 5)).move_to(where.at)
        self.curve = graph(self.plane, loss, 0.0, "loss")
        self.formula = Formula("{{L : l}} = -ln p", below.size, l="loss").move_to(below.at)
        self.play(FadeIn(self.plane), FadeIn(self.formula), run_time=0.7)
        self.play(Create(self.curve), run_time=1.2)
        cost, easy = float(loss(SURE, 0)), float(self.run.counts[9])
        self.say(
            en=f"An easy decision, p = {SURE:g}, costs only {cost:.3f}. But {easy:.1%} are easy: p ≥ {EASY:g}.",
            ko=f"p = {SURE:g}인 쉬운 판단의 손실은 {cost:.3f}뿐이다. 하지만 전체의 {easy:.1%}가 p ≥ {EASY:g}이다.",
        )
        self.easy = dot(self.plane.point(SURE, cost), "parameter")
        self.play(FadeIn(self.easy, scale=1.6), run_time=0.6)

    def focus(self) -> None:
        self.say(
            en="Focal loss multiplies it by the γ-th power of 1 − p. The surer, the less it counts.",
            ko="초점 손실은 여기에 1 − p의 γ제곱을 곱한다. 확신할수록 손실이 작아진다.",
        )
        where, (x, y, size, _) = spot("focal loss"), spot("gamma")
        formula = focal_formula(where.size).move_to(where.at)
        self.play(FadeOut(self.formula), FadeIn(formula), run_time=0.6)
        name = Formula("gamma =", size, "parameter").at([x, y, 0])
        gamma = Number(0.0, ".1f", size, "parameter").at([name.get_right()[0] + 0.2, y, 0])
        self.play(FadeIn(name, gamma), run_time=0.4)

        def turn(_: object, alpha: float) -> None:
            self.curve.points = graph(self.plane, loss, 2 * alpha, "loss").points
            self.easy.move_to(self.plane.point(SURE, float(loss(SURE, 2 * alpha))))
            gamma.set_value(2 * alpha)

        self.play(UpdateFromAlphaFunc(VGroup(self.curve, self.easy, gamma), turn), run_time=2.6)
        less = float(loss(SURE, 0) / loss(SURE, 2))
        self.say(
            en=f"With γ = 2 it costs {less:.0f} times less; a hard one, p = {HARD:g}, still more than half.",
            ko=f"γ = 2이면 {less:.0f}분의 1이 된다. p = {HARD:g}인 어려운 판단의 손실은 절반 넘게 남는다.",
        )
        family = VGroup(*(graph(self.plane, loss, g, "loss", 2.5) for g in (0.0, 0.5, 1.0, 5.0)))
        self.play(FadeIn(family), run_time=0.8)
        labels = VGroup()
        for g, sides in ((0.0, (UP + RIGHT,)), (2.0, (DOWN + LEFT,)), (5.0, (DOWN + LEFT,))):
            spots = [self.plane.point(at_loss(height, g), height) for height in np.linspace(0.9, 0.2, 15)]
            label = Formula(f"{g:g}", spot("curves").size, "parameter")
            labels.add(place(label, spots, [self.plane, self.curve, family, labels], sides))
        listed = Formula(", ".join(f"{g:g}" for g in GAMMAS), pick(wide=36, tall=56, square=52), "parameter")
        labels.add(listed.next_to(name, DOWN, 0.45).align_to(name, LEFT))
        self.plane.room_for(*labels)
        self.play(FadeIn(labels), run_time=0.5)
        self.around = Group(self.plane, self.curve, family, labels, self.easy, formula, name, gamma)

    def derivative(self) -> None:
        self.say(
            en="What moves weights is the derivative: how strongly a decision pulls on its logit z.",
            ko="가중치를 움직이는 것은 도함수이다. 판단 하나가 자기 로짓 z를 얼마나 세게 당기는가?",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        where, (x, y, size, _) = spot("curves"), spot("law")
        self.slopes = Plane((0, 1), (0, 1.25), *where.sides, ("p", ""), (10, 5)).move_to(where.at)
        law = "abs((dif {{L : l}}) / (dif z)) = (1 - p)^{{gamma : g}} (1 - p - {{gamma : g}} p ln p)"
        formula = Formula(law, size, l="loss", g="parameter").move_to([x, y, 0])
        pulls = [graph(self.slopes, pull, g, "tangent", width) for g, width in ((0.0, 3.0), (2.0, 6.0))]
        self.play(FadeIn(self.slopes, formula), run_time=0.7)
        self.play(Create(pulls[0]), run_time=0.8)
        self.play(Create(pulls[1]), run_time=0.8)
        labels = VGroup()
        for g, p, sides in ((0.0, 0.62, (UP + RIGHT, RIGHT)), (2.0, 0.45, (DOWN + LEFT, LEFT, DOWN))):
            label = Formula(f"{{{{gamma : g}}}} = {g:g}", where.size, g="parameter")
            spots = [self.slopes.point(x, float(pull(x, g))) for x in np.linspace(p, p + 0.25, 6)]
            labels.add(place(label, spots, [self.slopes, *pulls, labels], sides))
        self.slopes.room_for(*labels)
        self.play(FadeIn(labels), run_time=0.4)
        weak, strong = float(pull(EASY, 0) / pull(EASY, 2)), float(pull(HARD, 2) / pull(HARD, 0))
        self.say(
            en=f"At p = {EASY:g} the pull is {weak:.0f} times weaker. At p = {HARD:g} it is even stronger: "
            f"{strong:.2f} times.",
            ko=f"p = {EASY:g}에서 당기는 힘은 {weak:.0f}분의 1이 되고, p = {HARD:g}에서는 오히려 {strong:.2f}배이다.",
        )
        self.marks = VGroup(*(dot(self.slopes.point(p, float(pull(p, g))), "tangent") for p, g in POINTS))
        table = VGroup()
        for row, p in zip(("first", "second"), (EASY, HARD), strict=True):
            told = f"p = {p:g}: quad {{{{{float(pull(p, 0)):.4f} : t}}}} arrow {{{{{float(pull(p, 2)):.4f} : t}}}}"
            where = spot(f"{row} pull")
            table.add(Formula(told, where.size, t="tangent").move_to(where.at))
        self.risen(formula, "law above")
        self.play(FadeIn(self.marks, scale=1.4), FadeIn(table), run_time=0.7)
        self.around = Group(self.slopes, formula, *pulls, labels, self.marks, table)

    # ---- the recording ----------------------------------------------------------------------------------

    def recorded(self) -> None:
        plain, focal = self.run.as_if(PLAIN), self.run.as_if(FOCAL)
        self.say(
            en=f"Now the recording. By cross-entropy, p ≥ {EASY:g} makes {plain[9]:.0%} of the whole gradient.",
            ko=f"이제 기록을 보자. 교차 엔트로피에서는 p ≥ {EASY:g}인 판단이 그래디언트의 {plain[9]:.0%}를 차지한다.",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        most = 1.15 * max(float(plain.max()), float(focal.max()))
        where = spot("tenths")
        self.tenths = Tenths(plain, most, where.at, where.sides)
        heading = self.words(
            en="share of the gradient, by $p$",
            ko="$p$에 따른 그래디언트의 비율",
            fill="muted",
            size=where.size,
        )
        heading.next_to(self.tenths.plane.frame, UP, 0.2).align_to(self.tenths.plane.frame, LEFT)
        self.weighing = Group(self.tenths, heading)
        self.play(FadeIn(self.tenths, heading), run_time=0.8)
        easy, self.easiest, sign = self.share("easiest", f"$p >= {EASY:g}$", plain[9])
        hard, hardest, other = self.share("hardest", "$p < 0.5$", plain[:5].sum())
        names, signs = [easy, hard], [sign, other]
        self.play(FadeIn(*names, self.easiest, hardest, *signs), run_time=0.6)
        self.say(
            en=f"The very same decisions, weighed with γ = 2: {focal[9]:.1%}. The hard ones take over.",
            ko=f"똑같은 판단들을 γ = 2로 매기면 {focal[9]:.1%}이다. 어려운 판단이 그래디언트를 차지한다.",
        )

        def move(_: object, alpha: float) -> None:
            shares = plain + (focal - plain) * alpha
            self.tenths.show(shares)
            self.easiest.set_value(100 * shares[9])
            hardest.set_value(100 * shares[:5].sum())

        self.play(UpdateFromAlphaFunc(VGroup(self.tenths.bars, self.easiest, hardest), move), run_time=2.6)
        self.around = Group(self.tenths, heading, *names, self.easiest, hardest, *signs)

    def side_by_side(self) -> None:
        run = self.run
        self.say(
            en=f"Does it help? Detectors that differ in γ alone: their average precision on {self.rare_en}.",
            ko=f"도움이 될까? γ만 다른 검출기들이 {self.rare_ko} 검출에서 보인 평균 정밀도이다.",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        series = {arm: run.precision(arm) for arm in run.gammas}
        where = spot("precisions")
        self.chart = Precisions(
            run.steps[run.tested] + 1.0, series, run.gammas, ROLES, where.at, where.sides, where.size
        )
        name = self.words(en="step", ko="스텝", size="tick", fill="muted")
        name.next_to(self.chart.plane.frame, DOWN, pick(wide=0.12, tall=0.55, square=0.12)).align_to(
            self.chart.plane.frame, RIGHT
        )
        self.play(FadeIn(self.chart.plane, name), run_time=0.5)
        self.play(*(Create(line) for line in self.chart.lines.values()), run_time=1.6)
        self.play(FadeIn(self.chart.labels), run_time=0.5)
        self.around = Group(self.chart, name)

    def found(self) -> None:
        run, (one, other) = self.run, (self.run.recall(arm) for arm in (PLAIN, FOCAL))
        count = run.test_boxes[run.rare]
        self.say(
            en=f"With half of the reports right, they find {one:.0%} and {other:.0%} of the {count} {self.rare_en}.",
            ko=f"알린 것의 절반이 맞는 한에서, {self.rare_ko} {count}개 중 {one:.0%}와 {other:.0%}를 찾는다.",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        self.views: dict[str, tuple[View, list[VGroup]]] = {}
        pictures, boxes = Group(), Group()
        for arm, where in ((PLAIN, spot("first view")), (FOCAL, spot("second view"))):
            view = View(self.shown.pixels, where.size, where.at)
            right, wrong, missed = self.shown.judged(arm)
            kinds = ((missed, "ink", 2.0), (wrong, "negative", 3.0), (right, "positive", 3.5))
            drawn = [view.outline(some, role, width) for some, role, width in kinds]
            self.views[arm] = view, drawn
            pictures.add(view, self.titled(view, arm))
            boxes.add(*drawn)
        told = (("found", "찾음"), ("false", "틀림"), ("missed", "놓침"))
        where = spot("legend")
        names = [self.words(en=en, ko=ko, size=where.size, fill="muted") for en, ko in told]
        boxes.add(legend(names, where.at))
        self.play(FadeIn(pictures), run_time=0.7)
        self.play(FadeIn(boxes), run_time=0.8)
        self.around = Group(pictures, boxes)

    def conclusion(self) -> None:
        plain, focal = (float(self.run.precision(arm)[-1]) for arm in (PLAIN, FOCAL))
        self.say(
            en="γ decides who moves the weights: the easy crowd, or the hard few.",
            ko="γ는 무엇이 가중치를 움직일지 정한다. 쉬운 다수인가, 어려운 소수인가?",
        )
        self.play(FadeOut(self.around), run_time=0.5)
        final = focal_formula(spot("end").size).move_to(spot("end").at)
        self.play(FadeIn(final, shift=UP * 0.15), run_time=0.7)
        self.weigh_again()
        en, ko = "both did about as well", "둘이 비슷했다"
        if abs(focal - plain) > CLEAR:
            en = f"{'focal loss' if focal > plain else 'cross-entropy'} did better"
            ko = f"{'초점 손실' if focal > plain else '교차 엔트로피'} 쪽이 나았다"
        self.say(
            en=f"Whether that finds more must be measured. Here, on {self.rare_en}, {en}.",
            ko=f"그래서 더 많이 찾는지는 재 보아야 안다. 이번 {self.rare_ko} 검출에서는 {ko}.",
        )
        self.clear_weighing()
        self.finals = {}
        for n, arm in enumerate((PLAIN, FOCAL)):
            name, self.finals[arm] = self.ended(arm, n)
            self.play(FadeIn(name, self.finals[arm]), run_time=0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        run = self.run
        self.claim("decisions a picture", self.decisions.value, run.decisions)
        self.claim(
            "bars of the gradient", float(np.abs(self.tenths.shares() - run.as_if(FOCAL)).max()), 0.0, 1e-4
        )
        self.claim("the easiest tenth", self.easiest.value, 100 * float(run.as_if(FOCAL)[9]))
        for point, (p, g) in zip(self.marks, POINTS, strict=True):
            x, y = self.slopes.numbers(point.get_center())
            self.claim(f"the pull drawn at p = {p:g}, γ = {g:g}", y, float(pull(x, g)), 1e-3)
        for arm, line in self.chart.lines.items():
            _, y = self.chart.plane.numbers(line.points[-1])
            self.claim(f"the last precision of {arm}", y, float(np.nan_to_num(run.precision(arm)[-1])), 1e-3)
        for arm, (view, drawn) in self.views.items():
            self.claim(f"precision of {arm}", self.finals[arm].value, float(run.precision(arm)[-1]))
            right, wrong, missed = self.shown.judged(arm)
            for what, boxes, outline in zip(
                ("missed", "false", "found"), (missed, wrong, right), drawn, strict=True
            ):
                off = np.abs(pixels_of(view, outline) - boxes)
                self.claim(f"boxes {what} by {arm}", float(off.max(initial=0.0)), 0.0, 1e-2)


POINTS = [(p, g) for p in (EASY, HARD) for g in (0.0, 2.0)]
