"""Parts of the lesson on the factor of the steps, each where it belongs in the shape of the frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import DL, DOWN, LEFT, UR, VGroup, VMobject
from numpy.typing import ArrayLike

from derivviz.animation.frame import Panel, panels, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import short
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import fitted
from derivviz.animation.slope_table import fit
from derivviz.animation.typeset import Formula, Number
from derivviz.look.names import literal

LAW = "{{w : w}} <- {{w : w}} + {{(1 + abs(f'({{m : m}})) / 20) : f}} thin Delta {{w : w}}"
FACTOR = "{{1 + abs(f'({{m : m}})) / 20 : f}}"


def law() -> Formula:
    """The rule of the step, as large as the frame allows."""
    made = Formula(LAW, pick(wide=64, tall=90, square=110), w="parameter", m="parameter", f="tangent")
    return fit(made.paint(m="parameter"), pick(wide=13.0, tall=7.2, square=10.8))


def opening(lesson: Lesson) -> tuple[Formula, VGroup]:
    """The rule, and below it what its letters mean."""
    size, room = pick(wide=(40, None), tall=(46, 7.0), square=(50, 10.6))
    lines = VGroup(
        lesson.words(
            en="$Delta w$: the optimizer's own step",
            ko="$Delta w$: 옵티마이저가 정한 스텝",
            size=size,
            width=room,
        ),
        lesson.words(
            en="$m$: mean of all numbers of the tensor that $w$ is in",
            ko="$m$: $w$가 속한 텐서의 모든 수의 평균",
            size=size,
            width=room,
        ),
        Formula("f'(m) = -6 m^2 - 12 m + 18", pick(wide=44, tall=60, square=66), "tangent"),
    ).arrange(DOWN, buff=pick(wide=0.4, tall=0.9, square=0.8), aligned_edge=LEFT)
    heights = pick(wide=(0.9, -1.3), tall=(3.3, -1.4), square=(2.5, -1.6))
    return law().move_to([0, heights[0], 0]), lines.move_to([0, heights[1], 0])


def histogram_place() -> tuple[tuple[float, float], list[float]]:
    """Size and middle of the plane of a tensor's values."""
    return pick(
        wide=((7.2, 3.9), [-2.6, -0.1, 0]),
        tall=((6.9, 4.9), [0, 3.2, 0]),
        square=((10.8, 4.2), [0, 2.4, 0]),
    )


def tensor_told(name: str, count: int, mean: float) -> VGroup:
    """A tensor's name, how many numbers it has, and their mean."""
    places = pick(
        wide=((2.1, 1.2), (2.1, 0.3), (2.1, -0.7)),
        tall=((-3.4, -1.3), (-3.4, -2.5), (-3.4, -4.2)),
        square=((-5.3, -2.0), (-5.3, -3.4), (0.3, -2.75)),
    )
    sizes, room = pick(wide=((40, 40, 48), 4.6), tall=((56, 56, 100), 6.8), square=((56, 56, 88), 5.2))
    value = Formula(f"{{{{m : m}}}} = {short(mean, 3)}", sizes[2], m="parameter")
    fit(value, pick(wide=4.6, tall=7.0, square=5.4))
    made = (fitted(literal(name), room, sizes[0]), Number(count, ",.0f", sizes[1]), value)
    return VGroup(*(part.at([x, y, 0]) for part, (x, y) in zip(made, places, strict=True)))


def rule_place() -> tuple[tuple[float, float], list[float]]:
    """Size and middle of the plane of the whole curve."""
    return pick(
        wide=((9.6, 4.7), [0, -0.05, 0]),
        tall=((7.1, 7.2), [0, 2.0, 0]),
        square=((10.9, 6.2), [0, 1.45, 0]),
    )


def rule_told() -> list[Formula]:
    """What the curve is, below it, where there is room."""
    if shape() == "wide":
        return []
    made = Formula(FACTOR, pick(wide=64, tall=100, square=84), f="tangent").paint(m="parameter")
    return [made.move_to([0, pick(wide=0.0, tall=-3.6, square=-3.4), 0])]


def placed(
    make: Callable[[float, float], Plane],
    lines: Callable[[Plane], Sequence[VMobject]],
    size: tuple[float, float],
    middle: ArrayLike,
    room: Panel,
) -> Plane:
    """A plane, made by its width and its height: of this size and there in a wide frame, else filling a panel.

    `lines` are those that will be drawn on it, from which its labels keep clear.
    """
    if shape() == "wide":
        return make(*size).move_to(np.asarray(middle, float))
    # How much of the panel its labels take is known only from a first one.
    trial = make(room.width - 1, room.height - 1)
    trial.keep_clear(*lines(trial))
    low = trial.frame.get_corner(DL) - trial.get_corner(DL)
    high = trial.get_corner(UR) - trial.frame.get_corner(UR)
    width, height, _ = np.array([room.width, room.height, 0]) - low - high
    plane = make(width, height)
    corner = np.array([room.left, room.bottom, 0]) + low
    return plane.shift(corner - plane.frame.get_corner(DL))


def row_place(number: int, count: int) -> tuple[float, float, float, float, float]:
    """Left end, baseline, room for the name, right end and text size of a row of so many."""
    if shape() == "wide":
        return 1.55, 1.75 - 0.62 * number, 3.1, 1.55 + 3.1 + 1.85, 36
    if shape() == "tall":
        return -3.5, -1.75 - min(0.85, 3.2 / max(count - 1, 1)) * number, 4.7, 3.55, 44
    half = (count + 1) // 2
    left = -5.4 if number < half else 0.35
    return left, -2.1 - 1.0 * (number % half), 3.3, left + 5.1, 42


def counter_place() -> tuple[list[float], list[float], float]:
    """Left end of the word, right end of the number, and the size of both."""
    return pick(
        wide=([3.3, 2.55, 0], [6.4, 2.55, 0], 36),
        tall=([-3.5, -0.85, 0], [3.55, -0.85, 0], 44),
        square=([-5.4, -1.1, 0], [-0.3, -1.1, 0], 42),
    )


def reminder() -> list[Formula]:
    """The rule of the step, in the column, where that would be empty below the picture."""
    return [] if shape() == "wide" else [law().move_to(panels().column.center)]


def outcome(mean: float, factor: float, rate: float, own: float) -> tuple[Formula, Formula]:
    """The factor at the mean, and the learning rate times a factor."""
    sizes, heights = pick(
        wide=((64, 52), (1.1, -0.5)), tall=((90, 80), (2.7, -1.5)), square=((110, 90), (2.2, -1.2))
    )
    at = Formula(
        f"{{{{1 + abs(f'({short(mean)})) / 20 : f}}}} = {{{{{short(round(factor, 4))} : f}}}}",
        sizes[0],
        f="tangent",
    )
    product = Formula(
        f"{short(rate, 3)} dot {{{{{short(own, 4)} : f}}}} = {short(rate * own, 3)}", sizes[1], f="tangent"
    )
    room = pick(wide=13.0, tall=7.2, square=11.0)
    for formula, y in zip((at, product), heights, strict=True):
        fit(formula, room).move_to([0, y, 0])
    return at, product
