"""Where the planes of f and f′ stand, and what is written beside them, or below them in a tall frame."""

from __future__ import annotations

from collections.abc import Sequence

from manim import DOWN, LEFT, RIGHT, Mobject, VGroup

from derivviz.animation.frame import Panel, Panels, above, beside, enlarged, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import short
from derivviz.animation.stacked import Range, Stacked
from derivviz.animation.typeset import Formula, Number


def divided() -> Panels:
    """The planes one under the other, and their column."""
    column = Panel(2.05, 6.9, -2.75, 2.72)
    wide = Panels(Panel(-6.8, 1.2, -2.7, 2.67), column, *column.rows())
    return pick(wide=wide, tall=above(-1.6), square=beside(0.6))


def stacked(x_range: Range, y_ranges: tuple[Range, Range], around: Sequence[Mobject]) -> Stacked:
    """The two planes where they stand."""
    picture = divided().picture
    if shape() == "wide":
        return Stacked(x_range, y_ranges, -6.8, 8.0, around)
    between = picture.bottom + 0.1, picture.top - 0.15
    return Stacked(x_range, y_ranges, picture.left + 0.1, picture.width - 0.3, around, between)


class SlopeColumn:
    """The formulas of f, f′ and f″, and what comes and goes between them.

    A wide frame has the formulas at the top and the rest below. In a square, f stands beside its plane, and f′ and
    f″ beside theirs. A tall frame has room for the formulas or for the rest: `giving_way` are those that leave.

    Attributes
    ----------
    formulas
        Those that are written down.
    zeros
        The line that says where f′ is 0, if it is written.
    """

    def __init__(self) -> None:
        self.panels = divided()
        self.formulas, self._upper, self._lower = VGroup(), VGroup(), VGroup()
        self.zeros: list[Formula] = []

    @property
    def width(self) -> float:
        """Of a formula, at most."""
        return round(self.panels.column.width, 9)

    @property
    def height(self) -> float | None:
        """Of a formula, at most, where every one of the three has its place."""
        return self.panels.column.height / 3 - 0.1 if shape() == "tall" else None

    @property
    def giving_way(self) -> list[VGroup]:
        """The formulas, where nothing else has room beside them."""
        return [self.formulas] if shape() == "tall" and len(self.formulas) else []

    def put(self, line: Formula, number: int) -> None:
        """Add f (0), f′ (1) or f″ (2) to the formulas."""
        column = self.panels.column
        before = pick(wide=self.formulas, tall=self.formulas, square=self._lower if number else self._upper)
        free = self._below(before, pick(wide=column, tall=column, square=self._half(number)), 0.3)
        thirds = column.down((number + 0.5) * column.height / 3)
        middle = thirds if shape() == "tall" else free.top - line.height / 2
        line.move_to([column.left, middle, 0], LEFT)
        self.formulas.add(line)
        (self._lower if number else self._upper).add(line)

    def before_all(self, line: Formula) -> None:
        """In a tall frame, have the first formula large in the middle of the column, until something joins it."""
        if shape() == "tall":
            line.generate_target()
            line.scale_to_fit_width(min(self.width, 1.5 * line.width)).move_to(self.panels.column.center)

    def readings(self, lesson: Lesson, start: tuple[float, float], places: Sequence[int]) -> VGroup:
        """The names of x and of the slope, and live numbers that begin at `start` and have so many places."""
        size = pick(wide=40, tall=66, square=64)
        roles = "parameter", "tangent"
        x_number, m_number = (
            Number(value, f".{digits}f", size, role, width=18)
            for value, digits, role in zip(start, places, roles, strict=True)
        )
        names = VGroup(
            Formula("x =", size, "parameter"),
            lesson.words(en="slope $=$", ko="기울기 $=$", fill="tangent", size=size),
        ).arrange(DOWN, buff=0.35, aligned_edge=RIGHT)
        column = self.panels.column
        under = self._below(self._upper, column, 0.3)
        middle = pick(wide=0.35, tall=under.center[1], square=self.panels.second.center[1])
        names.move_to([column.left, middle, 0], LEFT)
        for name, number in zip(names, (x_number, m_number), strict=True):
            number.at([names.get_right()[0] + 0.2, name.pen.points[0][1], 0])
        return VGroup(names, x_number, m_number)

    def put_zeros(self, zeros: Sequence[float]) -> list[Formula]:
        """That f′ is 0 there, below its formula: where a frame has room for it, and if these are short numbers."""
        exact = all(float(f"{x:.3g}") == round(x, 9) for x in zeros)
        line = Formula(" = ".join([*(f"f'({short(x, 3)})" for x in zeros), "0"]), enlarged(50), "tangent")
        if shape() != "wide" and exact and line.width <= self.width:
            column, room = self.panels.column, self._below(self._lower, self.panels.second, 0.3)
            middle = column.down(column.height * 5 / 6) if shape() == "tall" else room.center[1]
            self.zeros = [line.move_to([column.left, middle, 0], LEFT)]
        return self.zeros

    def put_signs(self, legend: VGroup, table: VGroup | None) -> None:
        """Put what the colours mean, and the table of signs."""
        left = self.panels.column.left
        if shape() == "wide":
            top = self.formulas.get_bottom()[1] - 0.35
            legend.move_to([left, top - legend.height / 2, 0], LEFT)
            y = (legend.get_bottom()[1] - 0.25 - 2.75) / 2
            if table is not None:
                lowest = legend.get_bottom()[1] - 0.3 - table.height / 2
                table.move_to([left, min(y, lowest), 0], LEFT)
            return
        if shape() == "tall":
            both = VGroup(legend, *([table] if table is not None else []))
            both.arrange(DOWN, buff=0.4, aligned_edge=LEFT)
            if both.height > self.panels.column.height:
                both.scale_to_fit_height(self.panels.column.height)
            both.move_to([left, self.panels.column.center[1], 0], LEFT)
            return
        legend.move_to([left, self._below(self._upper, self.panels.first, 0.35).center[1], 0], LEFT)
        if table is not None:
            table.move_to([left, self._below(self._lower, self.panels.second, 0.35).center[1], 0], LEFT)

    def room_for_notations(self) -> Panel:
        """What the formulas leave free, and all of the column where they give way."""
        column = self.panels.column
        if shape() == "tall":
            return column
        if shape() == "square":
            return self._below(self._lower, self.panels.second, 0.35)
        top = self.formulas.get_bottom()[1] - 0.35 if len(self.formulas) else 2.7
        return Panel(column.left, column.right, column.bottom, top)

    def _half(self, number: int) -> Panel:
        return self.panels.second if number else self.panels.first

    @staticmethod
    def _below(group: VGroup, panel: Panel, gap: float) -> Panel:
        top = group.get_bottom()[1] - gap if len(group) else panel.top
        return Panel(panel.left, panel.right, panel.bottom, top)
