"""Where the pictures and the formulas of the rules of differentiation stand in each shape of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from manim import DOWN, LEFT, RIGHT, UP, Mobject, VGroup

from derivviz.animation.frame import Panel, body, pick, shape
from derivviz.animation.growing import Growing, cube, in_a_row, machine, pile
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula, Label
from derivviz.animation.working import lettered

T = TypeVar("T", bound=Mobject)
Range = tuple[float, float]
Spot = tuple[float, float, float]
_EQUALS = " = "


def picture() -> Panel:
    """Where the picture of a rule stands: below the rule's name where the frame is not wide."""
    return pick(
        wide=Panel(-6.8, 0.3, -2.7, 2.8),
        tall=Panel(-3.85, 3.85, -0.4, 5.2),
        square=Panel(-5.85, -0.3, -4.5, 4.1),
    )


def column() -> Panel:
    """Where the formulas of a rule stand."""
    return pick(
        wide=Panel(0.9, 6.85, -2.7, 2.0),
        tall=Panel(-3.6, 3.6, -5.1, -0.8),
        square=Panel(0.3, 5.75, -4.5, 4.1),
    )


def named(name: Label) -> Label:
    """The name of a rule where it belongs: over the formulas, or under the title."""
    return name.move_to(pick(wide=[0.9, 2.35, 0], tall=[-3.55, 5.6, 0], square=[-5.55, 4.65, 0]), LEFT)


def rows(markups: Sequence[str], size: float, lift: float, part: tuple[float, float]) -> VGroup:
    """Formulas one below the other in the column.

    Parameters
    ----------
    lift
        How much above the middle in a wide frame.
    part
        Shares of the column's height, from its top, between which they stand in another.
    """
    scale = pick(wide=1.0, tall=1.2, square=1.25)
    made = VGroup(*(lettered(markup, size * scale) for markup in markups))
    made.arrange(DOWN, buff=pick(wide=0.5, tall=0.5, square=0.75), aligned_edge=LEFT)
    if shape() == "wide":
        made.move_to([0.9, 0.1, 0], LEFT)
        return made.shift([0, lift, 0]) if lift else made
    panel = column()
    top, bottom = panel.down(part[0] * panel.height), panel.down(part[1] * panel.height)
    return within(made, Panel(panel.left, panel.right, bottom, top), left=True)


def within(made: T, panel: Panel, *, left: bool = False) -> T:
    """Something in the middle of a panel, or at its left edge, and no larger than it."""
    if made.width > panel.width:
        made.scale_to_fit_width(panel.width)
    if made.height > panel.height:
        made.scale_to_fit_height(panel.height)
    return made.move_to([panel.left, panel.center[1], 0], LEFT) if left else made.move_to(panel.center)


def strip(wide: float, tall: float, square: float, height: float) -> Panel:
    """All across the frame, `height` high around a height that is told for each shape."""
    whole, y = body(pick(wide=0.3, tall=0.4, square=0.4)), pick(wide=wide, tall=tall, square=square)
    return Panel(whole.left, whole.right, y - height / 2, y + height / 2)


def plane(x: Range, y: Range, *, wide: Spot, tall: Spot, square: Spot) -> Plane:
    """A plane of a width and a height, its middle so far to the left (wide) or beside that of the picture."""
    width, height, x_middle = pick(wide=wide, tall=tall, square=square)
    y_middle = 0 if shape() == "wide" else picture().center[1]
    from_left = x_middle if shape() == "wide" else picture().center[0] + x_middle
    return Plane(x, y, width, height).move_to([from_left, y_middle, 0])


def growing_square() -> Growing:
    """The square whose side grows."""
    side = pick(wide=3.2, tall=3.4, square=2.9)
    return Growing(pick(wide=[-5.9, -2.3, 0], tall=[-2.65, 0.15, 0], square=[-5.3, -2.2, 0]), (side, side))


def growing_rectangle() -> Growing:
    """The rectangle whose sides grow."""
    corner = pick(wide=[-6.0, -2.2, 0], tall=[-2.75, 0.2, 0], square=[-5.3, -2.2, 0])
    return Growing(corner, pick(wide=(3.4, 2.8), tall=(3.7, 3.2), square=(2.9, 3.6)))


def growing_cube() -> tuple[VGroup, VGroup, list[Formula]]:
    """Faces, layers, and what each layer adds."""
    near = pick(wide=[-3.9, -0.15, 0], tall=[0, 2.35, 0], square=[-3.05, -0.1, 0])
    faces, layers = cube(near, pick(wide=1.6, tall=1.8, square=2.1), 0.3)
    ways = pick(wide=(LEFT, RIGHT, UP), tall=(LEFT, RIGHT, UP), square=(DOWN, DOWN, UP))
    gains = [
        Formula("x^2 dot dif x", "label", "tangent").next_to(layer, way, 0.1)
        for layer, way in zip(layers, ways, strict=True)
    ]
    return faces, layers, gains


def pile_unit() -> float:
    """Units of the frame for one of the numbers that are piled up."""
    return pick(wide=0.68, tall=0.7, square=0.95)


def piles(parts: Sequence[tuple[float, str]]) -> tuple[VGroup, VGroup]:
    """Every second part piled up, and all of them."""
    unit, width = pile_unit(), pick(wide=1.3, tall=1.3, square=1.0)
    lefts = pick(wide=(-6.0, -3.8), tall=(-3.3, -1.1), square=(-5.75, -4.2))
    foot = pick(wide=-2.3, tall=0.2, square=-3.5)
    before, after = (
        pile([left, foot, 0], width, [(height * unit, role) for height, role in shown])
        for left, shown in zip(lefts, (parts[::2], parts), strict=True)
    )
    return before, after


def machines() -> tuple[VGroup, VGroup, VGroup, VGroup]:
    """The machine inside and the one outside, both in their row with x, u and y, and the arrows."""
    outer, inner = worked_by("u^2", "positive"), worked_by("3 x^2 + 8", "function")
    x, u, y = (Formula(letter, pick(wide=52, tall=64, square=64)) for letter in "xuy")
    way, gap, buff = pick(wide=(RIGHT, 1.0, 0.18), tall=(DOWN, 0.62, 0.08), square=(RIGHT, 1.0, 0.18))
    row, ways = in_a_row(x, inner, u, outer, y, way=way, gap=gap, buff=buff)
    VGroup(row, ways).move_to(pick(wide=[0, 1.1, 0], tall=[-0.8, 2.52, 0], square=[0, 2.5, 0]))
    return inner, outer, row, ways


def worked_by(markup: str, role: str) -> VGroup:
    """A machine."""
    return machine(markup, role, pick(wide=40, tall=52, square=52))


def rated(markup: str, box: VGroup) -> Formula:
    """How fast a machine works, below it or right of it."""
    made = lettered(markup, pick(wide=36, tall=50, square=48))
    way, gap = pick(wide=(DOWN, 0.2), tall=(RIGHT, 0.35), square=(DOWN, 0.3))
    return made.next_to(box, way, gap)


def alone(made: VGroup) -> VGroup:
    """Put formulas into the middle of the frame."""
    return made.move_to([0, 0, 0]) if shape() == "wide" else within(_grown(made), strip(0, 0.3, 0.2, 5.0))


def argued(reason: VGroup) -> None:
    """Put an argument beside what follows from it, or above it."""
    if shape() == "wide":
        reason.move_to([-6.7, -0.1, 0], LEFT)
    else:
        within(_grown(reason), strip(0, 2.7, 1.85, 4.4))


def checked(example: VGroup) -> None:
    """Put an example below the argument, where it is not beside it."""
    if shape() != "wide":
        within(_grown(example), strip(0, -2.6, -2.6, 3.0))


def chained(start: str, end: str, number: int) -> Formula:
    """The first (0) or the second (1) derivative by the chain rule, on two lines in a tall frame."""
    y = pick(wide=(-0.75, -2.0), tall=(-1.65, -4.1), square=(-1.0, -3.0))[number]
    if shape() == "tall":
        broken = f"{start.replace(_EQUALS, ' & = ', 1)} \\ & {end}"
        return within(lettered(broken, 47), strip(0, y, 0, 2.2))
    made = lettered(f"{start} {end}")
    return made.move_to([0, y, 0]) if shape() == "wide" else within(_grown(made), strip(0, 0, y, 1.8))


def _grown(made: T) -> T:
    """As wide as a frame that is not wide, if it is not half as large again then."""
    room = strip(0, 0, 0, 0).width
    return made.scale(min(1.4, room / made.width))


def seven(told: Sequence[VGroup]) -> VGroup:
    """The seven rules on one board."""
    cuts = pick(wide=(0, 3, 5, 7), tall=(0, 2, 4, 5, 6, 7), square=(0, 2, 4, 6, 7))
    gap = pick(wide=1.2, tall=0.5, square=1.2)
    made = VGroup(*(VGroup(*told[a:b]).arrange(RIGHT, buff=gap) for a, b in pairwise(cuts)))
    if shape() == "wide":
        return made.arrange(DOWN, buff=0.35).move_to([0, -0.1, 0])
    made.arrange(DOWN, buff=pick(wide=0.35, tall=0.85, square=0.6))
    return within(_grown(made), body(0.4))
