"""The errors of difference quotients against h, on logarithmic axes, with a legend that tells the best h."""

from __future__ import annotations

import math

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Mobject, VGroup

from derivviz.animation.frame import enlarged, pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import Segments, dot
from derivviz.animation.logplane import LogPlane
from derivviz.animation.numerals import plain
from derivviz.animation.placing import place
from derivviz.animation.typeset import Formula
from derivviz.calculus.expression import Expression
from derivviz.calculus.rounding import Errors, Precision, Way, errors, quotient
from derivviz.errors import UsageError

QUOTIENTS: dict[str, tuple[Way, Precision, str]] = {
    "forward": ("forward", np.float64, "loss"),
    "backward": ("backward", np.float64, "muted"),
    "central": ("central", np.float64, "positive"),
    "float32": ("forward", np.float32, "negative"),
    "central32": ("central", np.float32, "negative"),
}
"""Name, way, precision and colour role of the quotients."""

_TOLD = {
    "forward": ("forward", "전진차분"),
    "backward": ("backward: the same", "후진차분: 비슷하다"),
    "central": ("central", "중앙차분"),
    "float32": ("both, in float32", "float32의 전진, 중앙"),
}
_LEAST, _MOST = 1e-16, 10.0  # ends of the axis of errors


class ErrorPlot:
    """Curves of |quotient − f′(a)|/|f′(a)|, and what is written beside them.

    Parameters
    ----------
    lesson
        Whose language it speaks.
    function, at
        f and a; f′(a) is not 0.

    Raises
    ------
    UsageError
        Where no digits get lost, or none can be counted.
    DerivvizError
        Where f has no derivative.

    Attributes
    ----------
    errors : dict of str to Errors
        By the names in `QUOTIENTS`.
    plane : LogPlane
        The axes.
    curves : dict of str to Segments
        The errors, from h = 1 down.
    best : dict of str to VGroup
        A dot at the best h of each.
    entries : dict of str to (VGroup, VGroup)
        The legend: the name of a curve; below it the h of theory and the best one.
    rays : VGroup
        The laws of the forward quotient's two errors, ∝ h and ∝ 1/h.
    """

    def __init__(self, lesson: Lesson, function: Expression, at: float) -> None:
        self.lesson, self.function, self.at = lesson, function, at
        self.errors = {
            name: errors(function, at, way, precision) for name, (way, precision, _) in QUOTIENTS.items()
        }
        self.slope = self.errors["forward"].slope
        self._check(function, at)
        words = self.lesson.words
        self.plane = LogPlane(
            (-16, 0),
            (-16, 1),
            *pick(wide=(6.6, 4.3), tall=(6.1, 5.4), square=(9.9, 4.6)),
            Formula("h", "label", "parameter"),
            words(en="relative error", ko="상대오차", size="label", fill="muted"),
        )
        self.plane.move_to(pick(wide=[-6.75, -0.25, 0], tall=[-3.75, 2.5, 0], square=[-5.6, 1.75, 0]), LEFT)
        self.curves = {name: self._curve(name) for name in QUOTIENTS}
        self.best = {name: self._best(name) for name in QUOTIENTS}
        self.entries = {name: self._entry(name, number) for number, name in enumerate(_TOLD)}
        found, size = self.errors["forward"], abs(self.slope)
        self.rays = VGroup(
            self.plane.ray(1, (1.0, (found.truncation or 1.0) / size), "ink"),
            self.plane.ray(-1, (1.0, found.rounding / size), "ink"),
        )

    def _check(self, f: Expression, a: float) -> None:
        """Refuse a place where no digits get lost, or none can be counted."""
        y, example = f(a), "such as 'x*exp(x)' at 1"
        if not 1e-4 < abs(self.slope) < 1e6 or not 1e-3 * abs(self.slope) < abs(y) < 1e6:
            raise UsageError(
                f"{f.text} at x = {plain(a)} has the value {plain(y)} and the slope {plain(self.slope)}: to see "
                f"digits get lost, take a place where neither is 0 nor very large, {example}"
            )
        found = self.errors["forward"]
        if not (found.predicted and 1e-11 < found.h[found.best] < 1e-4 and self.digits("forward") > 4):
            raise UsageError(
                f"At x = {plain(a)} the graph of {f.text} is straight, or too crooked, for the size of a small h "
                f"to matter: take another --function or --at, {example}"
            )

    def laws(self, *avoid: Mobject) -> VGroup:
        """∝ h and ∝ 1/h, each beside its ray and clear of everything here and in `avoid`."""
        names = VGroup(Formula("prop h", "label"), Formula("prop 1 \\/ h", "label"))
        taken = [self.plane, self.rays, *self.curves.values(), *avoid]
        for name, ray in zip(names, self.rays, strict=True):
            spots = ray.points[::4]
            low, high = pick(wide=(-1.4, 1.7), tall=(0.9, 4.5), square=(0.4, 2.9))
            spots = spots[(spots[:, 1] > low) & (spots[:, 1] < high)]  # well inside
            place(name, spots[:: max(1, len(spots) // 10)], taken, (RIGHT, UP, LEFT, DOWN))
            taken.append(name)
        return names

    def relative(self, name: str) -> Errors:
        """The errors of a quotient; its `error` is relative to |f′(a)|."""
        found = self.errors[name]
        return Errors(
            found.h, found.error / abs(self.slope), found.slope, found.truncation, found.rounding, found.order
        )

    def digits(self, name: str) -> int:
        """Right digits at the best h."""
        found = self.relative(name)
        error = float(found.error[found.best])
        return 16 if error == 0 else min(16, int(-math.log10(error)))

    def at_best(self, name: str) -> float:
        """The quotient at its best h."""
        way, precision, _ = QUOTIENTS[name]
        found = self.errors[name]
        return float(quotient(self.function, self.at, found.h[found.best], way, precision))

    def _curve(self, name: str) -> Segments:
        found = self.relative(name)
        line = self.plane.line(found.h, found.error, QUOTIENTS[name][2], 3 if name.endswith("32") else 4)
        if name == "backward":  # every other piece: it would hide, or be hidden by, the forward one
            line.points = line.points.reshape(-1, 4, 3)[::2].reshape(-1, 3)
        return line

    def _best(self, name: str) -> VGroup:
        found = self.relative(name)
        error = np.clip(found.error[found.best], _LEAST, _MOST)
        return dot(self.plane.point(found.h[found.best], error))

    def _entry(self, name: str, number: int) -> tuple[VGroup, VGroup]:
        left, y = pick(
            wide=(1.75, 1.95 - 1.15 * number),
            tall=(-3.4, (-1.15, -2.45, -3.1, -4.4)[number]),
            square=((-5.5, 0.4)[number // 2], -1.95 - 1.45 * (number % 2)),
        )
        ends = [(0.0, 0.14), (0.23, 0.37), (0.46, 0.6)] if name == "backward" else [(0.0, 0.6)]
        pieces = [[[left + a, y, 0], [left + b, y, 0]] for a, b in ends]
        sample = Segments(pieces, QUOTIENTS[name][2], 5)
        en, ko = _TOLD[name]
        words = self.lesson.words(en=en, ko=ko, size=enlarged("label")).next_to(
            [left + 0.6, y, 0], RIGHT, 0.25
        )
        return VGroup(sample, words), self._told(name, left, y - pick(wide=0.56, tall=0.6, square=0.6))

    def _told(self, name: str, left: float, y: float) -> VGroup:
        """The size of h by theory, from ε alone, and the best h found."""
        if name == "backward":
            return VGroup()
        found, precision = self.errors[name], QUOTIENTS[name][1]
        theory = float(np.finfo(precision).eps) ** (1 / (found.order + 1))
        small = pick(wide=30, tall=44, square=32)
        root = "sqrt(epsilon)" if found.order == 1 else "root(3, epsilon)"
        parts = VGroup(
            Formula(f"{root} = {_tens(theory)}", small, "muted"),
            self.lesson.words(en="best:", ko="최적:", size=small, fill="muted"),
            Formula(f"h = {_tens(float(found.h[found.best]))}", small, "parameter"),
        )
        return parts.arrange(RIGHT, buff=0.25).move_to([left, y, 0], LEFT)

    def verify(self) -> None:
        """Claim that curves, best h and laws are drawn where they are."""
        claim = self.lesson.claim
        for name, line in self.curves.items():
            found = self.relative(name)
            for what, mark, n in (
                ("first", line.points[0], 0),
                ("best", self.best[name].get_center(), found.best),
            ):
                h, error = (math.log10(number) for number in self.plane.numbers(mark))
                claim(f"the {what} h of {name}, in decades", h, math.log10(found.h[n]))
                true = math.log10(np.clip(found.error[n], _LEAST, _MOST))
                claim(f"the error at the {what} h of {name}, in decades", error, true)
        for ray, power in zip(self.rays, (1, -1), strict=True):
            claim("the power of h in the law of an error", self.plane.slope_of(ray), power)


def _tens(number: float) -> str:
    """Two digits and a power of ten, always."""
    mantissa, _, power = f"{number:.1e}".partition("e")
    return f"{mantissa} dot 10^({int(power)})".replace("-", "−")
