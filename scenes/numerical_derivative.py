"""The derivative by computer · 컴퓨터로 구하는 미분계수

A smaller step is better, until the digits run out; dual numbers and reverse mode need no step at all.

h를 줄이면 정확해지다가 어느 순간 자릿수가 바닥난다. 이원수와 역방향 모드에는 h가 필요 없다.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from manim import (
    DOWN,
    UP,
    Create,
    FadeIn,
    FadeOut,
    GrowFromCenter,
    Restore,
    VGroup,
    linear,
)

from derivviz.animation import Formula, Lesson, parameter
from derivviz.animation.digits import (
    reading,
    right_digits,
    subtraction,
)
from derivviz.animation.error_plot import ErrorPlot
from derivviz.animation.frame import pick, shape
from derivviz.animation.machines import fitted
from derivviz.animation.numerals import plain, short
from derivviz.animation.step_table import alone, formulas, result, step_heads, step_row, subtracted
from derivviz.animation.tape import Tape, around, column_head, dual_laws
from derivviz.calculus import dual
from derivviz.calculus.expression import Expression
from derivviz.calculus.reverse import walk
from derivviz.calculus.rounding import quotient
from derivviz.look.math import typst_math

POWERS = range(2, 17, 2)  # of the steps 10^−k in the table
LOST = 1e-12  # the step whose subtraction is shown


class NumericalDerivative(Lesson):
    """Difference quotients and their errors, then automatic differentiation."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Expression = parameter("x*exp(x)", "The function of x")
        at: float = parameter(1.0, "The x where its derivative is sought", minimum=-1e3, maximum=1e3)

    def construct(self) -> None:
        self.prepare()
        self.heading = self.title()
        self.smaller_is_better()
        self.until_it_is_not()
        self.cancellation()
        self.two_errors()
        self.other_quotients()
        self.forward_mode()
        self.reverse_mode()
        self.conclusion()

    def prepare(self) -> None:
        """Everything that the pictures say, worked out first."""
        f, a = self.parameters.function, self.parameters.at
        self.f, self.a = f, a
        self.plot = ErrorPlot(self, f, a)
        self.true = self.plot.slope
        self.a_name = short(a) if len(short(a)) < 6 else "a"
        self.graph = walk(f, a)
        self.dual = dual.derivative(f, a)
        self.torch: float | None = None  # what it says, where it is installed
        if find_spec("torch"):
            from derivviz.learning import autograd

            self.torch = autograd.derivative(f, a)
        self.tape = Tape(self.graph)

    # ---- the beats: digits ------------------------------------------------------------------------------

    def smaller_is_better(self) -> None:
        x = plain(self.a)
        self.say(
            en=f"A computer is to find the slope at x = {x}. It takes a small h, and divides.",
            ko=f"컴퓨터로 x = {x}에서의 미분계수를 구하자. 작은 h를 잡아 나눗셈을 한다.",
        )
        side = formulas(self.f, self.a_name)
        self.formula, self.rule = side
        side.save_state()
        if shape() != "wide":
            alone(side)
        self.play(FadeIn(self.formula, self.rule, lag_ratio=0.5), run_time=1.2)
        self.rows = [step_row(k, float(quotient(self.f, self.a, 10.0**-k)), self.true) for k in POWERS]
        self.heads = step_heads(self)
        self.say(
            en="A smaller h gives more right digits. They are green.",
            ko="h가 작을수록 맞는 자리가 많아진다. 맞는 자리는 초록색이다.",
        )
        if shape() != "wide":
            self.play(Restore(side), run_time=0.8)
        self.play(FadeIn(self.heads), run_time=0.4)
        for row in self.rows[:4]:
            self.play(FadeIn(row, shift=UP * 0.1), run_time=0.5)
            self.wait(0.25)

    def until_it_is_not(self) -> None:
        self.say(
            en="So make h smaller still. What do you expect?",
            ko="그렇다면 h를 더 줄여 보자. 어떻게 될까?",
        )
        for row in self.rows[4:-1]:
            self.play(FadeIn(row, shift=UP * 0.1), run_time=0.6)
            self.wait(0.3)
        last = reading(self.rows[-1][1])
        count = right_digits(last, self.true)
        told = (
            ("the slope is 0", "기울기가 0이 된다")
            if last == 0
            else (f"{count or 'none'} of them right", f"맞는 자리가 {count}개이다")
        )
        self.say(
            en=f"The digits get lost again: at h = 10⁻¹⁶ {told[0]}!",
            ko=f"맞는 자리가 다시 사라진다. h = 10⁻¹⁶이면 {told[1]}!",
        )
        self.play(FadeIn(self.rows[-1], shift=UP * 0.1), run_time=0.7)
        self.rows[-1].add(around(self.rows[-1]))
        self.play(Create(self.rows[-1][2]), run_time=0.6)
        self.wait(0.5)

    def cancellation(self) -> None:
        lines = subtraction(self.f(self.a + LOST), self.f(self.a))
        kept = len(lines[2].strip().lstrip("-0."))
        a = self.a_name
        self.say(
            en=f"Why? f({a}+h) and f({a}) agree in nearly all digits. Their difference keeps the rest.",
            ko=f"왜 그럴까? f({a}+h)와 f({a})는 거의 모든 자리가 같아서, 빼면 남는 자리가 거의 없다.",
        )
        stack = subtracted(lines, a)
        self.play(FadeIn(stack.operands), run_time=0.8)
        self.wait(0.6)
        self.play(Create(stack.bar), FadeIn(stack.result), run_time=0.8)
        self.say(
            en=f"16 digits go in and {kept} come out. Dividing by h = 10⁻¹² brings none of them back.",
            ko=f"h = 10⁻¹²이면 16자리 수에서 {kept}자리만 남는다. h로 나누어도 돌아오지 않는다.",
        )
        self.wait(0.4)
        self.lost = stack

    # ---- the beats: errors ------------------------------------------------------------------------------

    def two_errors(self) -> None:
        self.say(
            en="Now the error of every h at once. Each step on the axes is a power of ten.",
            ko="이제 모든 h의 오차를 한꺼번에 그린다. 두 축의 눈금은 10의 거듭제곱이다.",
        )
        plot = self.plot
        self.play(FadeOut(*self.rows, self.heads, self.lost, self.formula, self.rule), run_time=0.5)
        self.play(FadeIn(plot.plane), run_time=0.6)
        self.draw("forward", 2.2)
        self.say(
            en="Large h cuts off the bend: an error like h. Small h loses digits: an error like 1/h.",
            ko="h가 크면 절단 오차가 h에 비례하고, h가 작으면 반올림 오차가 1/h에 비례한다.",
        )
        self.laws = plot.laws(self.heading)
        for name, ray in zip(self.laws, plot.rays, strict=True):
            self.play(Create(ray), FadeIn(name), run_time=0.9)
        digits = plot.digits("forward")
        self.say(
            en=f"The best h lies between, near the root of the machine's ε: {digits} right digits of 16.",
            ko=f"가장 좋은 h는 그 사이, 기계 ε의 제곱근 부근이다. 16자리 중 {digits}자리가 맞는다.",
        )
        self.crown("forward")
        self.wait(0.6)

    def draw(self, name: str, seconds: float) -> None:
        """A curve, from h = 1 down, and its name in the legend."""
        named = [FadeIn(self.plot.entries[name][0])] if name in self.plot.entries else []
        self.play(Create(self.plot.curves[name]), *named, run_time=seconds, rate_func=linear)

    def crown(self, name: str) -> None:
        """A dot at the best h, and both h in the legend."""
        self.play(GrowFromCenter(self.plot.best[name]), FadeIn(self.plot.entries[name][1]), run_time=0.7)

    def other_quotients(self) -> None:
        plot = self.plot
        self.say(
            en="Backward, from the other side: just as good.",
            ko="반대쪽으로 재는 후진차분도 마찬가지이다.",
        )
        self.play(FadeOut(plot.rays, self.laws), run_time=0.4)
        self.draw("backward", 1.2)
        told = {
            "en": f"an error like h², and {plot.digits('central')} digits",
            "ko": f"오차가 h²에 비례하고 {plot.digits('central')}자리가 맞는다",
        }
        if plot.errors["central"].truncation == 0:
            told = {"en": "here it is exact, but for rounding", "ko": "여기서는 반올림 오차뿐이다"}
        self.say(
            en=f"Central, from both sides at once, the bend cancels: {told['en']}.",
            ko=f"양쪽을 함께 쓰는 중앙차분에서는 굽은 정도가 상쇄된다. {told['ko']}.",
        )
        self.play(FadeOut(plot.curves["backward"]), run_time=0.3)
        self.draw("central", 1.8)
        self.crown("central")
        digits = sorted({plot.digits("float32"), plot.digits("central32")})
        self.say(
            en=f"In float32, in which networks are trained, only {' to '.join(map(str, digits))} digits are left.",
            ko=f"신경망 학습에 쓰는 float32에서는 {', '.join(f'{n}자리' for n in digits)}밖에 남지 않는다.",
        )
        self.draw("float32", 1.2)
        self.draw("central32", 1.2)
        self.play(GrowFromCenter(plot.best["central32"]), run_time=0.3)
        self.crown("float32")
        self.wait(0.6)

    # ---- the beats: automatic differentiation -----------------------------------------------------------

    def forward_mode(self) -> None:
        self.say(
            en="Can we do without h? Take a number ε that is not 0, but whose square is 0.",
            ko="h 없이 할 수는 없을까? 0은 아니지만 제곱하면 0이 되는 수 ε을 생각하자.",
        )
        laws = dual_laws().move_to(pick(wide=0, tall=0.4, square=0.2) * UP)
        self.wipe()
        self.play(FadeIn(laws[0]), run_time=0.7)
        self.wait(0.5)
        self.play(FadeIn(laws[1]), run_time=0.7)
        self.say(
            en="Dual numbers a + bε have the product rule built in: ε carries the slope along.",
            ko="이원수 a + bε에는 곱의 미분법이 들어 있다. 무엇을 계산하든 ε의 계수가 미분계수이다.",
        )
        self.play(FadeIn(laws[2]), run_time=0.8)
        self.wait(0.8)
        self.say(
            en="So run the program as it is, only start with x + ε. Every line finds its own slope.",
            ko="프로그램은 그대로 두고 x + ε에서 시작하자. 줄마다 제 미분계수를 함께 구한다.",
        )
        self.play(FadeOut(laws), run_time=0.4)
        small = Formula(f"y = {typst_math(self.f)}", pick(wide=46, tall=56, square=52))
        fitted(small, pick(wide=5.1, tall=7.0, square=5.6), pick(wide=0.95, tall=1.1, square=1.1))
        small.move_to(pick(wide=[4.25, 2.9, 0], tall=[0, 5.35, 0], square=[0, 4.3, 0]))
        tape = self.tape
        self.tape_heads = VGroup(
            column_head(self, 0, en="program", ko="프로그램"),
            column_head(self, 1, en="forward $arrow.b$", ko="순방향 $arrow.b$"),
        )
        self.play(FadeIn(small, self.tape_heads), run_time=0.5)
        for number, (name, line) in enumerate(zip(tape.names, tape.duals, strict=True)):
            extra = [tape.dots[0], tape.dots[1]] if len(tape.dots) and number == 3 else []
            self.play(FadeIn(name, line, *extra, shift=UP * 0.1), run_time=0.6)
            self.wait(0.2)
        self.boxes = VGroup(around(tape.duals[-1]))
        self.play(Create(self.boxes[0]), run_time=0.5)
        self.wait(0.4)

    def reverse_mode(self) -> None:
        tape = self.tape
        self.say(
            en="Reverse mode walks the same lines back: how does y change with each of them?",
            ko="역방향 모드는 같은 줄을 거슬러 오른다. 각 줄의 값이 변하면 y는 얼마나 변할까?",
        )
        head = column_head(self, 2, en="backward $arrow.t$", ko="역방향 $arrow.t$")
        self.tape_heads.add(head)
        self.play(FadeIn(head), run_time=0.4)
        for number, line in reversed(list(enumerate(tape.backs))):
            extra = [tape.dots[2]] if len(tape.dots) and number == 3 else []
            self.play(FadeIn(line, *extra, shift=DOWN * 0.1), run_time=0.7)
            self.wait(0.3)
        several = len(self.graph.shares(self.graph.x)) > 1
        self.say(
            en="x is used more than once, and what comes back is added up: the same slope."
            if several
            else "At x stands the same slope.",
            ko=("x는 여러 번 쓰였으니 돌아온 값을 더한다. " if several else "")
            + "x 줄에 같은 미분계수가 나온다.",
        )
        self.boxes.add(around(tape.backs[0]))
        self.play(Create(self.boxes[1]), run_time=0.6)
        self.say(
            en="One walk back serves all inputs, even a million weights. This is back-propagation.",
            ko="한 번만 거슬러 오르면 입력이 백만 개여도 모두 나온다. 이것이 역전파이다.",
        )
        self.wait(0.4)

    def conclusion(self) -> None:
        self.say(
            en="No h, no cut-off, no lost digits: exact to the last digits that the machine has.",
            ko="h도, 절단도, 사라지는 자리도 없다. 기계가 가진 마지막 자리까지 정확하다.",
        )
        self.wipe()
        told = [
            ("forward difference", "전진차분", self.plot.at_best("forward")),
            ("central difference", "중앙차분", self.plot.at_best("central")),
            ("dual numbers", "이원수", self.dual.slope),
            ("reverse mode", "역방향 모드", self.graph.x.gradient),
        ]
        if self.torch is not None:
            told.append(("PyTorch", "PyTorch", self.torch))
        self.results = []
        for row, (en, ko, number) in enumerate(told):
            name = self.words(en=en, ko=ko, size=pick(wide="body", tall=46, square=46))
            name, shown = result(name, number, self.true, row)
            self.results.append((number, shown))
            self.play(FadeIn(name, shown, shift=UP * 0.1), run_time=0.6)
        self.say(
            en="So do all neural networks get their gradients: by the chain rule, not by small steps.",
            ko="모든 신경망은 이렇게 그래디언트를 구한다. 작은 h가 아니라 연쇄법칙으로.",
        )
        self.wait(1.0)

    def wipe(self) -> None:
        """Take everything off the board but title and caption."""
        leaving = [part for part in self.mobjects if part not in (self.heading, self._caption)]
        self.play(*(FadeOut(part) for part in leaving), run_time=0.5)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Digits, errors, laws, and the derivatives as drawn, against SymPy, float64 itself and torch."""
        f, a, plot = self.f, self.a, self.plot
        true = f.derivative()(a)
        self.claim("the derivative that all is held against", self.true / true, 1, 1e-9)
        for power, row in zip(POWERS, self.rows, strict=True):
            shown = (f(a + 10.0**-power) - f(a)) / 10.0**-power
            self.claim(f"the quotient at h = 1e-{power}", reading(row[1]) / true, shown / true, 1e-14)
        plot.verify()
        for what, slope in zip(("last line", "first line"), self.tape.slopes(), strict=True):
            self.claim(f"the slope on the {what} of the program", slope / true, 1, 5e-4)
        for number, (told, shown) in enumerate(self.results):
            self.claim("a slope as printed", reading(shown) / true, told / true, 1e-14)
            if number >= 2:  # without a step
                self.claim("a slope found without h", told / self.true, 1, 1e-9)
