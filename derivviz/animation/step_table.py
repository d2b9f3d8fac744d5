"""The quotient of smaller and smaller steps: its formula, the table of what it gives, and the list of other ways."""

from __future__ import annotations

from manim import DOWN, LEFT, UP, VGroup

from derivviz.animation.digits import Subtraction, judged
from derivviz.animation.frame import pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.machines import fitted
from derivviz.animation.slope_table import fit
from derivviz.animation.typeset import Formula, Words
from derivviz.calculus.expression import Expression
from derivviz.look.math import typst_math


def formulas(f: Expression, a: str) -> VGroup:
    """The function and its difference quotient at `a`, where they stand beside the table or above it."""
    size, left, width = pick(wide=(46, 1.75, 5.1), tall=(50, -3.4, 6.9), square=(52, 0.6, 5.1))
    function = fitted(
        Formula(f"y = {typst_math(f)}", size, "function"), width, pick(wide=9.0, tall=0.95, square=9.0)
    )
    rule = Formula(f"frac(f({a} + {{{{h : h}}}}) - f({a}), {{{{h : h}}}})", size, "secant", h="parameter")
    side = VGroup(function, fit(rule, width))
    side.arrange(DOWN, buff=pick(wide=0.4, tall=0.25, square=0.4), aligned_edge=LEFT)
    return side.move_to([left, pick(wide=1.3, tall=4.7, square=2.3), 0], LEFT)


def alone(side: VGroup) -> VGroup:
    """The formulas as large as there is room for while nothing stands beside them."""
    largest, width = pick(wide=(1.0, 5.1), tall=(1.9, 7.0), square=(1.8, 9.0))
    return side.scale(min(largest, width / side.width)).move_to(0.4 * UP)


def step_row(power: int, number: float, true: float) -> VGroup:
    """A line of the table: a step 10^−power, even, and what the quotient gives for it."""
    top, pitch = pick(wide=(1.4, 0.53), tall=(2.1, 0.7), square=(3.1, 0.85))
    y = top - pitch * (power / 2 - 1)
    step, right = _columns()
    name = Formula(f"10^(−{power})", _size(), "parameter").at([step, y, 0])
    name.shift([0, y - name.glyphs[0].get_bottom()[1], 0])  # on the line that the 1 of 10 stands on
    width = pick(wide=9.0, tall=5.3, square=4.6)
    return VGroup(name, fit(judged(number, true, _size()), width).at([right, y, 0]))


def step_heads(lesson: Lesson) -> VGroup:
    """What stands over the columns of the table."""
    y = pick(wide=1.95, tall=2.88, square=4.1)
    step, right = _columns()
    quotient = lesson.words(en="quotient", ko="평균변화율", size=_size(), fill="muted")
    return VGroup(Formula("h", _size(), "parameter").at([step, y, 0]), quotient.at([right, y, 0]))


def _columns() -> tuple[float, float]:
    """The left edges of the columns: steps and quotients."""
    return pick(wide=(-6.4, -4.7), tall=(-3.4, -1.7), square=(-5.6, -4.1))


def _size() -> float:
    return pick(wide=36, tall=54, square=46)


def subtracted(lines: tuple[str, str, str], a: str) -> Subtraction:
    """Of the values f(a+h) and f(a), below the formulas or below the table."""
    stack = Subtraction(lines, (f"f({a}+h)", f"f({a})"))
    largest, width = pick(wide=(1.0, 5.1), tall=(1.25, 6.9), square=(1.3, 5.2))
    stack.scale(min(largest, width / stack.width))
    return stack.move_to(pick(wide=[1.65, -1.25, 0], tall=[-3.4, -4.2, 0], square=[0.5, -1.6, 0]), LEFT)


def result(name: Words, number: float, true: float, row: int) -> tuple[Words, Formula]:
    """A line of the list of all ways: the name of one, and beside or below it the slope that it finds."""
    top, pitch = pick(wide=(1.6, 0.72), tall=(4.7, 2.0), square=(3.3, 1.6))
    y = top - pitch * row
    (left, right), down = pick(wide=((-5.2, 0.1), 0.0), tall=((-3.4, -3.4), 0.85), square=((-5.5, -0.2), 0.0))
    size, width = pick(wide=(40, 9.0), tall=(64, 7.0), square=(60, 5.6))
    return name.at([left, y, 0]), fit(judged(number, true, size), width).at([right, y - down, 0])
