"""Where the parts of a lesson on descent stand in each shape of the frame, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from manim import DOWN, LEFT, ORIGIN, RIGHT, UL, VGroup

from derivviz.animation.descent import narrowed
from derivviz.animation.descent_map import rules
from derivviz.animation.frame import Shape, pick, shape
from derivviz.animation.lines import Segments
from derivviz.animation.typeset import Formula, Label
from derivviz.look import descent_words
from derivviz.trace.descent import Descent


class Place(NamedTuple):
    """A rectangle of the frame by its middle and its sides, in units of the frame."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> list[float]:
        """As manim's `move_to` takes it."""
        return [self.x, self.y, 0]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.width, self.height


_PLACES: dict[str, dict[Shape, Place]] = {
    "fit": {
        "wide": Place(-3.5, -0.4, 5.6, 4.2),
        "tall": Place(0.2, 3.25, 6.6, 4.6),
        "square": Place(-2.8, 0.1, 4.7, 8.0),
    },
    "curve beside it": {
        "wide": Place(3.85, -0.4, 5.4, 4.2),
        "tall": Place(0.2, -2.55, 6.6, 3.9),
        "square": Place(3.05, -0.3, 4.9, 7.2),
    },
    "curve alone": {
        "wide": Place(0.0, -0.4, 7.0, 4.2),
        "tall": Place(0.2, 0.0, 6.6, 8.8),
        "square": Place(0.2, -0.3, 10.0, 7.2),
    },
    "curve": {
        "wide": Place(-2.75, -0.25, 6.6, 4.7),
        "tall": Place(0.2, 2.35, 6.7, 6.1),
        "square": Place(0.2, 1.7, 10.3, 5.4),
    },
    "map": {
        "wide": Place(0.2, -0.25, 11.0, 11.0 / 2.6),
        "tall": Place(-1.5, 0.4, 9.75 / 2.6, 9.75),
        "square": Place(0.0, 2.2, 10.6, 10.6 / 2.6),
    },
    "law of the map": {
        "wide": Place(0.0, 0.0, 1.0, 1.0),
        "tall": Place(2.4, 0.7, 2.7, 1.0),
        "square": Place(0.0, -2.5, 11.0, 1.0),
    },
    "race": {
        "wide": Place(-1.6, -0.35, 8.4, 4.5),
        "tall": Place(-0.05, 2.0, 6.6, 6.9),
        "square": Place(-1.6, 0.1, 7.1, 8.0),
    },
    "last fit": {
        "wide": Place(-2.7, -0.3, 7.6, 4.7),
        "tall": Place(0.2, 1.7, 6.7, 7.4),
        "square": Place(0.2, 1.3, 10.3, 6.3),
    },
    "last law": {
        "wide": Place(4.5, 0.6, 5.0, 1.0),
        "tall": Place(0.0, -3.7, 7.2, 1.0),
        "square": Place(0.0, -3.5, 11.0, 1.0),
    },
}
_LINES: dict[str, dict[Shape, tuple[float, float, float, float]]] = {  # left end, height, text size, width
    "slope": {
        "wide": (1.2, 1.85, 48, 5.6),
        "tall": (-3.6, -1.95, 64, 7.2),
        "square": (-5.6, -2.5, 60, 5.5),
    },
    "rule": {
        "wide": (1.2, 0.75, 52, 5.6),
        "tall": (-3.6, -3.1, 70, 7.2),
        "square": (0.2, -2.5, 64, 5.5),
    },
    "law": {
        "wide": (1.2, -0.4, 44, 5.6),
        "tall": (-3.6, -4.3, 50, 7.2),
        "square": (-5.6, -3.8, 64, 11.2),
    },
}


def place(name: str) -> Place:
    """Where a part stands."""
    return _PLACES[name][shape()]


def rate_places() -> list[Place]:
    """Where the curves of four learning rates stand: in a row, or two by two."""
    return pick(
        wide=[Place(x, 0.2, 2.75, 2.9) for x in (-5.1, -1.7, 1.7, 5.1)],
        tall=[Place(x, y, 3.3, 3.35) for y in (3.45, -2.35) for x in (-1.95, 1.95)],
        square=[Place(x, y, 4.9, 2.9) for y in (2.65, -2.2) for x in (-2.95, 2.95)],
    )


def written(line: str, markup: str, **roles: str) -> Formula:
    """A formula on its line beside the curve or below it, no wider than the room there."""
    x, y, size, width = _LINES[line][shape()]
    return narrowed(Formula(markup, size, **roles), width).move_to([x, y, 0], LEFT)


def alone(formula: Formula) -> Formula:
    """A formula while it is the only one below the curve."""
    return formula.scale(1.5).move_to(pick(wide=[0, 0, 0], tall=[0, -3.1, 0], square=[0, -3.1, 0]))


def in_letters(run: Descent, more: str, size: float, spot: Place) -> list[Formula]:
    """The equation of the line, or else the loss, where a place would be empty: in a wide frame nowhere."""
    if shape() == "wide":
        return []
    x, value = descent_words.letters(run)
    if run.points is None:
        made = Formula("E({{w_1 : w}}, {{w_2 : w}})", size, w="parameter")
    else:
        made = Formula(f"{value} = {{{{w : w}}}} {x} {more}", size, w="parameter")
    return [narrowed(made, spot.width).move_to(spot.middle)]


def ways(names: Mapping[str, Label]) -> dict[str, VGroup | Formula]:
    """The rules of the ways down the map: in a corner, or under their names, below each other in a tall frame."""
    made: dict[str, VGroup | Formula] = {}
    told = rules(stacked=shape() == "tall")
    corners = iter([1.1, y, 0] for y in (5.3, 1.9, -1.5))
    for name, rule in told.items():
        if shape() == "wide":
            made[name] = rule.move_to([6.85, 2.75, 0], RIGHT)
            continue
        narrowed(rule.scale(pick(wide=1, tall=1, square=1.8)), pick(wide=0.0, tall=2.7, square=11.0))
        under = VGroup(names[name], rule).arrange(
            DOWN, buff=0.4, aligned_edge=pick(wide=LEFT, tall=LEFT, square=ORIGIN)
        )
        made[name] = under.move_to(next(corners), UL) if shape() == "tall" else under.move_to([0, -2.5, 0])
    return made


def keys(names: Sequence[Label], roles: Sequence[str]) -> list[VGroup]:
    """Names below each other, behind a piece of the line that each belongs to: where none fits beside them."""
    made = []
    for number, (name, role) in enumerate(zip(names, roles, strict=True)):
        y = -2.75 - 0.95 * number
        piece = Segments([[[-3.0, y, 0], [-1.9, y, 0]]], role, 8)
        made.append(VGroup(piece, name.move_to([-1.5, y, 0], LEFT)))
    return made
