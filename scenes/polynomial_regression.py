"""A curve learns: polynomial regression · 곡선이 배운다: 다항식 회귀

A recorded run of steepest descent: how far a polynomial misses each point, what the chain rule makes of it, and
every coefficient's own step. Then what higher degrees do with the same points, and with points never seen.

기록된 경사하강법을 본다. 다항식은 점마다 얼마나 빗나가는가, 연쇄법칙은 거기서 무엇을 얻는가, 계수는 저마다 얼마나
움직이는가. 그리고 차수를 올리면 같은 점에서, 또 본 적 없는 점에서 어떻게 되는가.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, there_and_back
from numpy.polynomial.polynomial import polyval

from derivviz.animation import Formula, Number, parameter
from derivviz.animation import regression_words as words
from derivviz.animation.by_degree import ByDegree
from derivviz.animation.frame import enlarged, pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments
from derivviz.animation.numerals import plain, short
from derivviz.animation.regression import Scatter, Stems
from derivviz.animation.regression_lesson import (
    RegressionLesson,
    chart_place,
    filling,
    read_out_places,
    ridge_places,
    scatter_place,
    stacked,
    stems_place,
    update_places,
)
from derivviz.animation.regression_tables import Compared, Products, Tasks, Updates
from derivviz.calculus.polynomial import RIDGES
from derivviz.trace.regression import read_regression

SECONDS = 6.0  # that the descent takes on screen


class PolynomialRegression(RegressionLesson):
    """Points, squares, the chain rule, the steps; then degrees, points held out, and a ridge."""

    requires = ("loss", "a0")
    recorded_by = "polynomial"
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        coefficient: int = parameter(1, "Which coefficient's slope is multiplied out", minimum=0, maximum=20)

    def construct(self) -> None:
        self.run = read_regression(self.trace)
        self.first = self.run.coefficients[0]
        self.index = words.looked_at(self.run, self.parameters.coefficient)
        self.scatter = Scatter(self.run, *scatter_place())
        self.moving = Group(self.scatter.curve, self.scatter.misses, self.scatter.squares)
        self.aside = Group()
        self.title()
        self.data()
        self.model()
        self.squares()
        self.one_square()
        self.nudge()
        self.product()
        self.numbers()
        self.update()
        self.learn()
        self.compare()
        self.higher()
        if self.run.tested:
            self.unseen()
        self.ridge()
        self.conclusion()

    # ---- what is to be learnt ---------------------------------------------------------------------------

    def data(self) -> None:
        count = len(self.run.x)
        self.say(
            en=f"{count} points. To predict a number t from x is regression; a class, classification.",
            ko=f"점이 {count}개 있다. x에서 수 t를 예측하면 회귀, 클래스를 예측하면 분류이다.",
        )
        self.play(FadeIn(self.scatter.plane), run_time=0.5)
        self.play(FadeIn(self.scatter.learnt), run_time=0.7)
        self.tasks = Tasks(self, self.run)
        self.beside(self.tasks.regression)
        self.wait(0.8)
        self.beside(self.tasks.classification)
        if self.run.ends:
            self.say(
                en="Both were scaled to run from −1 to 1, so that no power of x grows large.",
                ko="x의 거듭제곱이 너무 커지지 않도록 둘 다 −1에서 1까지로 맞췄다.",
            )
            self.beside(self.tasks.scales)

    def model(self) -> None:
        n = self.run.degree
        self.say(
            en=f"The model: a polynomial of degree {n}. All of its coefficients start at 0.",
            ko=f"모델은 {n}차 다항식이다. 계수는 모두 0에서 시작한다.",
        )
        self.turn()
        self.alone(stacked(0, 1.9, f"f(x) = sum_(k=0)^{n} {{{{a_k : a}}}} x^k", 50, a="parameter"))
        self.play(Create(self.scatter.curve), run_time=0.9)

    def squares(self) -> None:
        shown, count = len(self.scatter.shown), len(self.run.x)
        some = (
            (f" ({shown} of {count} shown)", f" (그림에는 {count}개 중 {shown}개)")
            if shown < count
            else ("", "")
        )
        self.say(
            en=f"At each point the curve misses by u. Half the area of all squares is the error E{some[0]}.",
            ko=f"곡선은 점마다 u만큼 빗나간다. 정사각형 넓이의 합의 절반이 오차 E이다{some[1]}.",
        )
        self.play(FadeIn(self.scatter.misses), run_time=0.6)
        self.beside(stacked(1, 0.5, "{{u_j : l}} = f(x_j) - t_j", 46, l="loss"), seconds=0.5)
        grow = UpdateFromAlphaFunc(
            self.scatter.squares, lambda _, t: self.scatter.show(self.first, max(t, 1e-3))
        )
        self.play(grow, run_time=1.2)
        loss = f"{{{{E : l}}}} = frac(1, 2) thick sum_j {{{{u_j^2 : l}}}} = {{{{{short(self.run.loss[0])} : l}}}}"
        self.beside(stacked(2, -1.0, loss, 46, l="loss"))
        self.area = self.scatter.half_area()

    # ---- the chain rule ---------------------------------------------------------------------------------

    def one_square(self) -> None:
        self.say(
            en="How does E change with a coefficient? Link one: half of u² has the slope u.",
            ko="계수에 따라 E는 어떻게 변할까? 첫 고리: u²의 절반은 기울기가 u이다.",
        )
        self.turn()
        link = "frac(dif, dif {{u_j : l}}) thick frac(1, 2) {{u_j^2 : l}} = {{u_j : t}}"
        self.alone(stacked(0, 1.7, link, 50, l="loss", t="tangent"))

    def nudge(self) -> None:
        run, i, plane = self.run, self.index, self.scatter.plane
        inner = np.where(np.abs(run.x) < 0.95, 1.0, 0.01)
        at = float(run.x[np.argmax(inner * np.abs(run.x) * np.abs(run.misses(self.first)))])
        reach = 0.2 * (plane.y_range[1] - plane.y_range[0]) / max(abs(at) ** i, 0.2)
        shift = np.where(
            np.arange(run.degree + 1) == i, reach * (-1 if run.slopes(self.first)[i] > 0 else 1), 0.0
        )
        times = words.times(i)
        self.say(
            en=f"Link two: nudge $a_{i}$. At each x the curve moves {times[0]}, and u with it.",
            ko=f"다음 고리: $a_{i}$을 조금 움직이면 곡선은 x마다 {times[1]} 움직이고, u도 같이 변한다.",
        )
        link = f"frac(partial {{{{u_j : l}}}}, partial {{{{a_{i} : a}}}}) = {{{{{words.power(i)} : t}}}}"
        self.play(FadeOut(self.scatter.squares), run_time=0.3)
        self.beside(stacked(1, 0.05, link, 50, l="loss", a="parameter", t="tangent"))
        rise = mark(Segments(np.zeros((1, 2, 3)), "tangent", 9), backdrop=True).set_z_index(6)
        self.add(rise)

        def move(_: Any, t: float) -> None:
            a = self.first + t * shift
            self.scatter.show(a)
            rise.set_ends(*plane.point(at, [float(polyval(at, one)) for one in (self.first, a)]))

        bending = Group(self.scatter.curve, self.scatter.misses, rise)
        self.play(UpdateFromAlphaFunc(bending, move), run_time=2.8, rate_func=there_and_back)
        self.remove(rise)

    def product(self) -> None:
        self.say(
            en="The chain rule multiplies both at each point; the sum adds all points up.",
            ko="연쇄법칙에 따라 점마다 두 기울기를 곱하고, 모든 점에 대해 더한다.",
        )
        law = "frac(partial {{E : l}}, partial {{a_i : a}}) = sum_j {{u_j : t}} dot {{x_j^i : t}}"
        self.beside(stacked(2, -1.75, law, 54, l="loss", a="parameter", t="tangent"), seconds=0.7)

    def numbers(self) -> None:
        self.say(
            en=f"In numbers, for $a_{self.index}$: a product from each point. Their sum is its slope.",
            ko=f"기록된 수로 보자. 점마다 곱이 하나씩 있고, 그 합이 $a_{self.index}$의 기울기이다.",
        )
        self.turn()
        self.products = filling(Products(self.run, self.first, self.index), 0.1)
        self.play(FadeIn(self.scatter.squares), run_time=0.4)
        self.beside(self.products[0], seconds=0.8)
        self.beside(*self.products[1:])

    # ---- the steps --------------------------------------------------------------------------------------

    def update(self) -> None:
        rate = plain(self.run.rate)
        self.say(
            en=f"Each coefficient goes against its own slope, times the learning rate η = {rate}.",
            ko=f"계수는 저마다 자기 기울기의 η배만큼(학습률 η = {rate}) 반대쪽으로 움직인다.",
        )
        self.turn()
        rule = "{{a_i : a}} arrow.l {{a_i : a}} - eta thick frac(partial {{E : l}}, partial {{a_i : a}})"
        at, room = update_places()
        self.beside(Formula(rule, enlarged(46), a="parameter", l="loss").move_to(at), seconds=0.5)
        self.updates = filling(Updates(self.run), -0.55, room)
        self.beside(self.updates, seconds=0.8)
        self.say(**words.first_step(self.run))
        before, after = self.run.coefficients[:2]
        self.morph(before, after, 1.5)

    def learn(self) -> None:
        run, scatter = self.run, self.scatter
        last = max(run.last, 1)
        self.stems = Stems(run.coefficients[: last + 1], run.best, *stems_place())
        self.say(**words.learning(run, len(self.stems.marks.points) > 0))
        self.turn()
        size = pick(wide=36, tall=46, square=52)
        left, right = read_out_places()
        told = self.words(en="step", ko="스텝", size=size, fill="muted").at(left)
        counter = Number(1, ",.0f", size, width=9).at([told.get_right()[0] + 0.25, left[1], 0])
        name = Formula("E =", size, "loss").at(right)
        spec = ".3f" if not run.diverged and 0.01 <= run.loss[0] < 1e4 else ".3g"
        self.error = Number(run.error(run.at(1)), spec, size, "loss", width=10)
        self.error.at([name.get_right()[0] + 0.2, right[1], 0])
        self.beside(self.stems.show(run.at(1)), told, counter, name, self.error)

        def at(_: Any, t: float) -> None:
            now = 1 + t * (last - 1) if run.diverged else float(last**t)  # ever faster: most happens early
            scatter.show(run.at(now))
            self.stems.show(run.at(now))
            step = float(np.floor(now + 1e-9))  # the numbers are those of a step, the curve glides between
            counter.set_value(step)
            self.error.set_value(run.error(run.at(step)))

        everything = Group(self.moving, self.stems, counter, self.error)
        seconds = min(SECONDS, max(0.5, 1.5 * (last - 1)))
        self.play(UpdateFromAlphaFunc(everything, at), run_time=seconds)
        self.ended = run.coefficients[last]

    def compare(self) -> None:
        run = self.run
        self.say(**words.comparison(run))
        self.turn()
        head = (
            self.words(en="descent", ko="경사하강법", size="label", fill="muted"),
            self.words(en="least squares", ko="최소제곱해", size="label", fill="muted"),
        )
        self.compared = filling(Compared(self.ended, run.best, head), 0.0)
        self.beside(self.compared, self.scatter.dashed(run.best), seconds=0.8)

    # ---- over-fitting -----------------------------------------------------------------------------------

    def higher(self) -> None:
        run, most = self.run, self.run.degrees[-1]
        self.say(
            en=f"Would another degree do better? Least squares of each up to {most}, on the same points.",
            ko=f"차수를 바꾸면 나을까? 같은 점에서 {most}차까지 최소제곱해를 구해 보자.",
        )
        self.chart = ByDegree(run, *chart_place())
        frame = self.chart.plane.frame
        law = "sqrt(2 E \\/ N)"
        heading = self.words(
            en=f"typical miss, ${law}$", ko=f"빗나가는 정도, ${law}$", size="label", fill="muted"
        )
        heading.next_to(frame, UP, 0.15, aligned_edge=LEFT)
        degree = self.words(en="degree", ko="차수", size="tick", fill="muted")
        degree.next_to(frame, DOWN, 0.55, aligned_edge=RIGHT)
        if shape() == "square":
            degree.next_to(self.chart.plane.point(run.degrees[-1] + 0.5, 0), RIGHT, 0.3)
        self.turn()
        self.beside(self.chart, heading, degree)
        before = self.first if run.diverged else self.ended
        for part, a in zip(self.chart.lines["learnt"], run.fits, strict=True):
            self.morph(before, a, 0.6, FadeIn(part))
            self.aside.add(part)
            before = a
        self.say(**words.top_degree(run))
        name = self.words(en="learnt", ko="배운 점", size="label", fill="loss")
        self.beside(self.chart.called("learnt", name), seconds=0.4)

    def unseen(self) -> None:
        run, chart = self.run, self.chart
        self.say(**words.held_out(run))
        self.play(FadeOut(self.scatter.squares, self.scatter.misses), run_time=0.4)
        self.moving = Group(self.scatter.curve)
        self.play(FadeIn(self.scatter.tested), run_time=0.8)
        self.say(**words.the_u(run))
        for part in chart.lines["tested"]:
            self.beside(part, seconds=0.25)
        name = self.words(en="never seen", ko="본 적 없는 점", size="label", fill="positive")
        self.beside(chart.called("tested", name), chart.spot(*run.best_degree), seconds=0.5)

    def ridge(self) -> None:
        run = self.run
        self.say(**words.remedy(run))
        page = Group(*self.aside)
        self.turn()
        cost = "{{E : l}} + frac({{lambda : a}}, 2) thick sum_k {{a_k^2 : a}}"
        slope = "frac(partial {{E : l}}, partial {{a_i : a}}) + {{lambda a_i : t}}"
        size, places = pick(wide=54, tall=65, square=68), ridge_places()
        self.beside(Formula(cost, size, l="loss", a="parameter").move_to(places[0]))
        self.beside(Formula(slope, size, l="loss", a="parameter", t="tangent").move_to(places[1]))
        self.say(**words.calmed(run))
        self.turn()
        self.beside(page, seconds=0.5)
        before, power = run.fits[-1], Group()
        for ridge in (one for one in RIDGES if one <= run.ridge):
            self.remove(power)
            power = Formula(f"{{{{lambda : a}}}} = {short(ridge)}", "label", a="parameter")
            self.add(power.at(ridge_places()[2]))
            after = run.held(ridge)
            self.morph(before, after, 0.45)
            before = after
        self.calm = before
        if run.tested:
            degree, start, end = run.degrees[-1], run.tested[-1], run.mended
            self.mended = self.chart.spot(degree, end)
            self.play(Create(self.chart.drop(degree, start, end)), run_time=0.5)
            self.play(FadeIn(self.mended, scale=1.6), run_time=0.4)

    def conclusion(self) -> None:
        self.say(
            en="Small errors on what was learnt prove little. What counts is what was never seen.",
            ko="배운 점에서 오차가 작다고 좋은 모델은 아니다. 본 적 없는 점에서 작아야 한다.",
        )
        self.wait(0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Hold the picture against the trace, what torch recorded, and NumPy's own fits."""
        run, step = self.run, self.trace.snapshot(int(self.trace.snapshot_steps[0]))
        slopes, steps = (np.asarray(of["coefficients"], float).ravel() for of in (step.grad, step.update))
        if len(self.scatter.shown) == len(run.x):
            self.claim("half the area of the first squares", self.area, float(run.loss[0]), 1e-4)
        self.claim(f"the sum for a_{self.index}", self.products.shown, float(slopes[self.index]), 1e-3)
        self.updates.verify(self, self.first, slopes, steps)
        self.stems.verify(self, self.ended)
        self.compared.verify(self, self.ended, run.best)
        self.chart.verify(self)
        for x in (-0.9, 0.0, 0.9):
            true = float(polyval(x, self.calm))
            if self.scatter.plane.y_range[0] < true < self.scatter.plane.y_range[1]:
                self.claim(f"the last curve at {x:g}", self.scatter.height(x), true, 0.02)
        u = polyval(run.x, self.calm) - run.target
        slopes = np.vander(run.x, len(self.calm), increasing=True).T @ u + run.ridge * self.calm
        self.claim("the slopes with a ridge", float(np.abs(slopes).max()), 0.0, 1e-6)
