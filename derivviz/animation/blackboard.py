"""A whole derivation told beat by beat: the question, each rule, the numbers, the result in its box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from manim import UP, Create, FadeIn, FadeOut, RoundedRectangle

from derivviz.animation.frame import pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.morph import Morph
from derivviz.animation.numerals import short
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Words
from derivviz.animation.working import Working, function
from derivviz.calculus.derivation import Step, derive
from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import size
from derivviz.errors import UsageError
from derivviz.look.rule_words import TELLINGS, Beat, beats, name_of, sentence, telling

_MOST_NODES = 60
_NAMED = 4  # rules that one sentence names
_STEP = 1e-5  # of the measured slope
_CLOSE = 1e-7  # how well it must agree, relative


class Blackboard:
    """Tells the derivation of an expression in a lesson.

    Parameters
    ----------
    lesson
        Whose title stands already.
    expression
        What is derived, of 60 nodes at the most.

    Attributes
    ----------
    function, result
        f at the top, and f′ as it stands in the end.
    measured
        An x, and the slope of f measured there over a small step; None where no x would do.
    """

    def __init__(self, lesson: Lesson, expression: Expression) -> None:
        if (nodes := size(expression.tree)) > _MOST_NODES:
            raise UsageError(
                f"--expression is made of {nodes} parts, and the blackboard takes {_MOST_NODES}: "
                "differentiate a part of it alone"
            )
        self.lesson, self.derivation = lesson, derive(expression)
        derivation = self.derivation
        middle, height = pick(wide=(0.25, 2.4), tall=(1.1, 4.6), square=(0.6, 4.2))
        self.working = Working(lesson, derivation, np.array([0, middle, 0]), height)
        self.rules_y = pick(wide=-1.95, tall=-3.35, square=-3.2)  # middle of the rule that is at work
        self.measured = self.measure()

    def tell(self) -> None:
        """The whole of it."""
        steps = self.derivation.steps
        rules = [step for step in steps if TELLINGS[step.rule.name].formula]
        told: Counter[str] = Counter()
        self.question()
        for beat in beats(rules):
            self.one(beat, told)
        self.finish(steps[len(rules) :])

    def question(self) -> None:
        """f large, then at the top, and d/dx f in the middle."""
        self.lesson.say(
            en="How does this function change? We take it apart, one rule at a time.",
            ko="이 함수는 어떻게 변할까? 미분법을 하나씩 써서 풀어 보자.",
        )
        terms = {path[1:]: number for path, number in self.working.terms.items()}
        large = function(self.derivation.function.tree, terms, 64, 3.5).move_to([0, 0.5, 0])
        small = function(
            self.derivation.function.tree, terms, *pick(wide=(42, 1.25), tall=(56, 2.0), square=(56, 1.7))
        )
        small.move_to([0, pick(wide=2.3, tall=4.7, square=3.8), 0])
        self.lesson.play(FadeIn(large, shift=UP * 0.15), run_time=0.9)
        self.lesson.wait(1.0)
        self.function = small
        self.lesson.play(Morph(large, small), run_time=0.9)
        self.lesson.play(FadeIn(self.working.formula, shift=UP * 0.15), run_time=0.8)

    def one(self, beat: Beat, told: Counter[str]) -> None:
        """A rule that takes a function apart, then the quick ones after it, in the same breath."""
        if beat.big:
            self.lesson.say(**sentence(telling(beat.big), told[beat.big.rule.name]))
            told[beat.big.rule.name] += 1
            self.working.name_rules([beat.big], self.rules_y)
            self.working.apply([beat.big], 1.5)
        else:
            names = list(dict.fromkeys(tuple(name_of(step.rule).values()) for step in beat.quick))
            shown, more = names[:_NAMED], len(names) > _NAMED
            self.lesson.say(
                en=f"These follow at once: {', '.join(en for en, _ in shown)}{' and more' * more}.",
                ko=f"다음은 공식대로 바로 미분한다: {', '.join(ko for _, ko in shown)}{' 등' * more}.",
            )
        if beat.quick:
            self.working.name_rules(beat.quick, self.rules_y)
            for steps in chunks(beat.quick, 3):
                self.working.apply(steps, 1.1)

    def finish(self, ends: Sequence[Step]) -> None:
        """Numbers worked out, the result in its box, and whether SymPy and a measured slope agree."""
        working = self.working
        self.lesson.play(FadeOut(working.card), run_time=0.3)
        for step in ends:
            self.lesson.say(**sentence(telling(step), 0))
            middle, height = pick(wide=(-0.25, 3.6), tall=(0.1, 6.6), square=(0.0, 5.2))
            working.conclude(step, np.array([0, middle, 0]), height)
        self.lesson.say(
            en="This is the derivative. SymPy, on its own, finds the same.",
            ko="이것이 도함수이다. SymPy로 따로 구해도 같다.",
        )
        self.result: Formula = working.formula
        self.box = RoundedRectangle(
            corner_radius=0.15,
            width=self.result.width + 0.5,
            height=self.result.height + 0.45,
            stroke_color=color("tangent"),
            stroke_width=4,
        ).move_to(self.result)
        self.lesson.play(Create(self.box), run_time=0.9)
        self.compare()

    def compare(self) -> None:
        """The slope of f at one x, measured over a small step, beside what the result says."""
        if self.measured is None:
            return
        x, rise = self.measured
        at, slope = short(x), short(self.derivation.result(x), 5)
        self.check: Words = self.lesson.words(
            en=f"at $x = {at}$:  measured slope ${short(rise, 5)}$,  $f'({at}) = {slope}$",
            ko=f"$x = {at}$에서 잰 기울기 ${short(rise, 5)}$,  $f'({at}) = {slope}$",
            size=pick(wide=36, tall=43, square=45),
            fill="muted",
            width=pick(wide=None, tall=7.2, square=None),
            centered=pick(wide=False, tall=True, square=False),
        ).move_to([0, pick(wide=-2.45, tall=-4.3, square=-3.7), 0])
        self.lesson.play(FadeIn(self.check, shift=UP * 0.15), run_time=0.6)
        self.lesson.wait(1.0)

    def measure(self) -> tuple[float, float] | None:
        """An x where the central difference and the result agree, and that difference."""
        f, slope = self.derivation.function, self.derivation.result
        for x in (1.0, 2.0, 0.5, -1.0, 3.0):
            rise = (f(x + _STEP) - f(x - _STEP)) / (2 * _STEP)
            if abs(rise - slope(x)) < _CLOSE * max(1, abs(rise)):  # false for NaN
                return x, rise
        return None


def chunks(steps: tuple[Step, ...], most: int) -> list[tuple[Step, ...]]:
    """Steps in at most so many runs of about one length."""
    each = -(-len(steps) // most)
    return [steps[n : n + each] for n in range(0, len(steps), each)]
