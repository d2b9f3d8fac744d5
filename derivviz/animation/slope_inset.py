"""An activation around the point where a unit stands, with its tangent there and the formula of its slope."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, UP, Group

from derivviz.animation.frame import Panel
from derivviz.animation.lines import Segments, dot
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula
from derivviz.calculus.cubic import DERIVATIVE_ZEROS
from derivviz.calculus.nonlinearity import Nonlinearity
from derivviz.look.layer_words import kind_words

WIDTH, HEIGHT = 2.9, 1.5


class SlopeInset(Group):
    """The graph, the point on it and the tangent.

    Parameters
    ----------
    curve
        The activation.
    z, slope
        Where the unit stands, and ∂a/∂z there.
    room
        Where it stands; None for its place in a wide frame.

    Attributes
    ----------
    plane : Plane
        Its horizontal axis is u = shift + rate · z, in which the formula is written.
    graph, point, tangent, law, formula
        The graph, the unit's point, the tangent, and the formulas of a and of ∂a/∂z.
    """

    def __init__(self, curve: Nonlinearity, z: float, slope: float, room: Panel | None = None) -> None:
        self.curve = curve
        u = curve.shift + curve.rate * z
        hill = curve.kind == "DerivativeActivation"
        moved = (curve.rate, curve.shift) != (1.0, 0.0)
        if hill and moved:
            low, high = DERIVATIVE_ZEROS[0] - 0.9, DERIVATIVE_ZEROS[1] + 0.9
        elif hill:
            low, high = sorted((u * 1.3 + 2, -u * 1.3 - 4))
        else:
            reach = max(3.0, 1.3 * abs(u))
            low, high = -reach, reach
        ys = self._height(np.linspace(low, high, 241))
        bottom, top = min(float(ys.min()), 0.0), max(float(ys.max()), 0.0)
        pad = 0.14 * (top - bottom or 1.0)
        names = ("u" if moved else "z", "a")
        size = (WIDTH, HEIGHT) if room is None else (room.width - 0.2, min(2.8, room.height - 2.0))
        self.plane = Plane((low, high), (bottom - pad, top + pad), *size, names, (5, 2))
        self.plane.move_to([5.3, -1.05, 0] if room is None else room.center)
        self.plane.tick_labels.set_opacity(0)
        a = float(self._height(np.array(u)))
        self.graph = self.plane.curve(self._height, role="function", width=5)
        self.point = dot(self.plane.point(u, a), "parameter")
        self.tangent = Segments([self.plane.clip(slope / curve.rate, (u, a), 0.2)], "tangent", 5)
        self.plane.keep_clear(self.graph, self.tangent)
        self.law = Formula(f"a = {curve.formula}", 30, "function").next_to(self.plane, UP, 0.16)
        self.law.align_to(self.plane, LEFT)
        self.formula = Formula(f"frac(partial a, partial z) = {curve.slope}", 34, "tangent")
        self.formula.next_to(self.plane, DOWN, 0.1)
        super().__init__(self.plane, self.law, self.graph, self.point, self.tangent, self.formula)

    def _height(self, u: np.ndarray) -> np.ndarray:
        return self.curve((u - self.curve.shift) / self.curve.rate)

    @property
    def slope(self) -> float:
        """∂a/∂z as the drawn tangent has it."""
        return self.plane.slope_of(self.tangent) * self.curve.rate


def sentences(kind: str) -> dict[str, str]:
    """What is said of the slope of a class of activations, by language."""
    word = kind_words(kind)
    return {
        "DerivativeActivation": {
            "en": "Second: here f′ is the activation itself. So its slope comes from the second derivative, f″.",
            "ko": "둘째, 여기서는 f′이 활성화 함수이다. 그래서 그 기울기에는 이계도함수 f″이 나온다.",
        },
        "Sigmoid": {
            "en": "Second: the slope of the sigmoid where this unit stands. It is never more than 1/4.",
            "ko": "둘째, 이 유닛이 있는 곳에서 시그모이드의 기울기이다. 이 값은 결코 1/4보다 크지 않다.",
        },
        "Tanh": {
            "en": "Second: the slope of tanh where this unit stands. It is never more than 1.",
            "ko": "둘째, 이 유닛이 있는 곳에서 tanh의 기울기이다. 이 값은 결코 1보다 크지 않다.",
        },
        "ReLU": {
            "en": "Second: the slope of ReLU, 1 where z is positive and else 0. A gate for the gradient.",
            "ko": "둘째, ReLU의 기울기이다. z가 양수이면 1, 아니면 0이어서 그래디언트의 문이 된다.",
        },
    }.get(
        kind,
        {
            "en": f"Second: the slope of the activation, {word['en']}, where this unit stands.",
            "ko": f"둘째, 이 유닛이 있는 곳에서 활성화 함수 {word['ko']}의 기울기이다.",
        },
    )
